//! From a request of the classic protocol to the group it is about.

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::StrBytes;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::leave_group_response::MemberResponse;
use kr_wire::messages::list_groups_response::ListedGroup;
use kr_wire::messages::{
    JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, SyncGroupRequest, SyncGroupResponse,
};
use kr_wire::time::Now;

use crate::appends::Completion;
use crate::group::{self, ClassicGroup, Joining, Waiter};
use crate::request::{Caller, GroupResponse};
use crate::shard::{Group, GroupShard};

impl GroupShard {
    /// Finds or makes the group to join. One that is new to the log is written at once, and one that is
    /// left of another protocol is deleted with it.
    pub(crate) fn join(&mut self, request: &JoinGroupRequest, caller: Caller, waiter: Waiter, now: Now) {
        let joining = Joining::new(request, caller, waiter);
        let id: Arc<str> = request.group_id.as_str().into();
        let leftovers = match self.groups.get_mut(&id) {
            Some(Group::Classic(group)) => return group.join(joining, &mut self.fx, now),
            Some(Group::Other(group)) if !group.is_disposable() => {
                return joining.refuse("", ErrorCode::INCONSISTENT_GROUP_PROTOCOL, &mut self.fx);
            }
            None if !joining.member_id.is_empty() => {
                let id = joining.member_id.clone();
                return joining.refuse(&id, ErrorCode::UNKNOWN_MEMBER_ID, &mut self.fx);
            }
            Some(Group::Other(group)) => group.tombstones(),
            None => Vec::new(),
        };
        let mut group = ClassicGroup::new(id.clone(), now.wall_ms);
        group.join(joining, &mut self.fx, now);
        if group.is_unused() {
            // It was refused: whatever was there stays.
            return;
        }
        let mut records = leftovers;
        records.push(group.record_of_new());
        self.groups.insert(id.clone(), Group::Classic(group));
        self.fx.append(records, Completion::NewGroup(id), now);
    }

    /// Lets a classic group take a SyncGroup.
    pub(crate) fn sync(&mut self, request: &SyncGroupRequest, waiter: Waiter, now: Now) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(request.group_id.as_str()) {
            return group.sync(request, waiter, &mut self.fx, now);
        }
        let error = ErrorCode::UNKNOWN_MEMBER_ID;
        let response = SyncGroupResponse::default().with_error_code(error.0);
        self.fx.reply(waiter.token, GroupResponse::Sync(response));
    }

    /// Takes members out of a classic group; one answer each.
    pub(crate) fn leave(
        &mut self,
        request: &LeaveGroupRequest,
        api_version: i16,
        now: Now,
    ) -> Vec<MemberResponse> {
        let members = group::leaving(request, api_version);
        if let Some(Group::Classic(group)) = self.groups.get_mut(request.group_id.as_str()) {
            return group.leave(&members, &mut self.fx, now);
        }
        let unknown = |member: &MemberIdentity| {
            MemberResponse::default()
                .with_member_id(member.member_id.clone())
                .with_group_instance_id(member.group_instance_id.clone())
                .with_error_code(ErrorCode::UNKNOWN_MEMBER_ID.0)
        };
        members.iter().map(unknown).collect()
    }

    /// The groups whose state and type pass the filters, in either case of letters.
    pub(crate) fn list(&self, request: &ListGroupsRequest) -> Vec<ListedGroup> {
        let passes = |filter: &[StrBytes], value: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        self.groups
            .iter()
            .map(|(id, group)| group.list(id))
            .filter(|group| {
                passes(&request.states_filter, &group.group_state)
                    && passes(&request.types_filter, &group.group_type)
            })
            .collect()
    }
}

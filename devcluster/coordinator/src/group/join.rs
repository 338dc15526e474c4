//! JoinGroup: who may join a classic group, and what that starts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::JoinGroupRequest;
use kr_wire::messages::JoinGroupResponse;
use kr_wire::messages::join_group_response::JoinGroupResponseMember;
use kr_wire::time::Now;

use super::{ClassicGroup, Member, Phase, Protocol, Waiter, Waiting};
use crate::appends::{Completion, Replacement};
use crate::effects::{Effects, append_error};
use crate::request::{Caller, GroupResponse, join_error};

/// From this version on a member without an id gets one and joins again with it (KIP-394).
const MEMBER_ID_REQUIRED_FROM: i16 = 4;
/// From this version on the leader can be told not to assign (KIP-814).
const SKIP_ASSIGNMENT_FROM: i16 = 9;

/// A JoinGroup request, parsed.
#[derive(Debug)]
pub(crate) struct Joining {
    pub(crate) waiter: Waiter,
    pub(crate) member_id: Arc<str>,
    pub(crate) instance_id: Option<Arc<str>>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    pub(crate) protocol_type: String,
    pub(crate) protocols: Vec<Protocol>,
}

impl Joining {
    /// Takes what a group keeps out of a request; copied, so that the frame can go.
    pub(crate) fn new(request: &JoinGroupRequest, caller: Caller, waiter: Waiter) -> Self {
        let millis = |ms: i32| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        // Version 0 had one timeout for both.
        let rebalance_ms = match waiter.api_version {
            0 => request.session_timeout_ms,
            _ => request.rebalance_timeout_ms,
        };
        let protocols = request.protocols.iter().map(|protocol| Protocol {
            name: protocol.name.to_string(),
            metadata: Bytes::copy_from_slice(&protocol.metadata),
        });
        Self {
            waiter,
            member_id: request.member_id.as_str().into(),
            instance_id: request.group_instance_id.as_deref().map(Arc::from),
            client_id: caller.client_id,
            client_host: caller.client_host,
            session_timeout: millis(request.session_timeout_ms),
            rebalance_timeout: millis(rebalance_ms),
            protocol_type: request.protocol_type.to_string(),
            protocols: protocols.collect(),
        }
    }

    /// Answers with an error.
    pub(crate) fn refuse(&self, member_id: &str, error: ErrorCode, fx: &mut Effects) {
        let response = join_error(member_id, error, self.waiter.api_version);
        fx.reply(self.waiter.token, GroupResponse::Join(response));
    }

    fn into_member(self, id: Arc<str>) -> Member {
        Member {
            id,
            instance_id: self.instance_id,
            client_id: self.client_id,
            client_host: self.client_host,
            session_timeout: self.session_timeout,
            rebalance_timeout: self.rebalance_timeout,
            protocols: self.protocols,
            assignment: Bytes::new(),
            is_new: true,
            waiting: Waiting::Join(self.waiter),
        }
    }
}

impl ClassicGroup {
    /// Answers a JoinGroup or parks it until the join phase ends.
    pub(crate) fn join(&mut self, joining: Joining, fx: &mut Effects, now: Now) {
        if !self.has_room_for(&joining.member_id, fx.config.max_size) {
            self.drop_member(&joining.member_id, fx);
            joining.refuse("", ErrorCode::GROUP_MAX_SIZE_REACHED, fx);
        } else if !self.supports(&joining) {
            joining.refuse(&joining.member_id, ErrorCode::INCONSISTENT_GROUP_PROTOCOL, fx);
        } else if !joining.member_id.is_empty() {
            self.join_again(joining, fx, now);
        } else if let Some(instance) = &joining.instance_id {
            let id = fx.member_id(instance);
            match self.static_members.get(instance).cloned() {
                Some(old_id) => self.replace_static_member(joining, &old_id, id, fx, now),
                None => self.add_member(joining, id, fx, now),
            }
        } else {
            let id = fx.member_id(&joining.client_id);
            if joining.waiter.api_version < MEMBER_ID_REQUIRED_FROM {
                return self.add_member(joining, id, fx, now);
            }
            fx.start_session(&self.id, &id, joining.session_timeout, now.mono);
            joining.refuse(&id, ErrorCode::MEMBER_ID_REQUIRED, fx);
            self.pending.insert(id);
        }
    }

    /// A JoinGroup with a member id.
    fn join_again(&mut self, joining: Joining, fx: &mut Effects, now: Now) {
        let id = joining.member_id.clone();
        if self.pending.contains(&id) && joining.instance_id.is_none() {
            return self.add_member(joining, id, fx, now);
        }
        if let Err(error) = self.check_member(&id, joining.instance_id.as_deref()) {
            return joining.refuse(&id, error, fx);
        }
        let is_unchanged =
            self.members.get(&id).is_some_and(|member| member.supports_exactly(&joining.protocols));
        let is_leader = self.is_leader(&id);
        match self.phase {
            // The member did not get the answer to its last JoinGroup: give it again.
            Phase::CompletingRebalance { .. } if is_unchanged => {
                let response = self.joined(&id, false);
                fx.reply(joining.waiter.token, GroupResponse::Join(response));
            }
            // Only the leader may ask for a rebalance without a change: it watches the topics.
            Phase::Stable { .. } if is_unchanged && !is_leader => {
                let response = self.joined(&id, false);
                fx.reply(joining.waiter.token, GroupResponse::Join(response));
            }
            Phase::PreparingRebalance { .. } | Phase::CompletingRebalance { .. } | Phase::Stable { .. } => {
                self.update_member(&id, joining, fx);
                self.rebalance_or_complete_join(fx, now);
            }
            Phase::Empty => joining.refuse(&id, ErrorCode::UNKNOWN_MEMBER_ID, fx),
        }
    }

    /// Whether the group is not full, or the member has its place already. While members are joining,
    /// those that wait count, so that the last to rejoin a group that is too large are left out.
    fn has_room_for(&self, member_id: &str, max_size: usize) -> bool {
        let known = self.members.get(member_id);
        match self.phase {
            Phase::Empty => true,
            Phase::PreparingRebalance { .. } => {
                known.is_some_and(Member::is_joining)
                    || self.members.values().filter(|member| member.is_joining()).count() < max_size
            }
            Phase::CompletingRebalance { .. } | Phase::Stable { .. } => {
                known.is_some() || self.members.len() < max_size
            }
        }
    }

    /// Whether every member would still have a protocol in common.
    fn supports(&self, joining: &Joining) -> bool {
        if self.is_empty() {
            return !joining.protocol_type.is_empty() && !joining.protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(&joining.protocol_type)
            && joining
                .protocols
                .iter()
                .any(|protocol| self.members.values().all(|m| m.supports(&protocol.name)))
    }

    fn add_member(&mut self, joining: Joining, id: Arc<str>, fx: &mut Effects, now: Now) {
        if let Phase::PreparingRebalance { initial: Some(initial) } = &mut self.phase {
            initial.member_added = true;
        }
        let protocol_type = joining.protocol_type.clone();
        self.add(joining.into_member(id.clone()), &protocol_type);
        // It does not know its id and cannot send heartbeats; if its client is gone, this ends it.
        fx.start_session(&self.id, &id, fx.config.new_member_join_timeout, now.mono);
        self.rebalance_or_complete_join(fx, now);
    }

    /// Parks a JoinGroup of a member and takes over what changed.
    fn update_member(&mut self, id: &str, joining: Joining, fx: &mut Effects) {
        let Some(member) = self.members.get_mut(id) else { return };
        member.protocols = joining.protocols;
        member.session_timeout = joining.session_timeout;
        member.rebalance_timeout = joining.rebalance_timeout;
        member.wait(Waiting::Join(joining.waiter), fx);
    }

    /// A static member came back without its member id: it takes the place of its former self.
    fn replace_static_member(
        &mut self,
        joining: Joining,
        old_id: &str,
        new_id: Arc<str>,
        fx: &mut Effects,
        now: Now,
    ) {
        let leader_before = self.leader.clone();
        let Some(before) = self.rename_static_member(old_id, &new_id, fx) else { return };
        self.update_member(&new_id, joining, fx);
        if let Some(member) = self.members.get(&new_id) {
            fx.start_session(&self.id, &new_id, member.session_timeout, now.mono);
        }
        match self.phase {
            Phase::Stable { .. } if self.select_protocol() == self.protocol => {
                let record = self.record(self.recorded());
                let replacement = Replacement { group: self.id.clone(), before, new_id, leader_before };
                fx.append(vec![record], Completion::StaticMember(Box::new(replacement)), now);
            }
            // The leader may be assigning to the old id at this moment: start over.
            Phase::Stable { .. } | Phase::CompletingRebalance { .. } => {
                self.prepare_rebalance(fx, now);
            }
            Phase::PreparingRebalance { .. } | Phase::Empty => self.maybe_complete_join(fx, now),
        }
    }

    /// Gives a static member a new id and fences whoever still waits under the old one; returns the
    /// member as it was, with nothing parked.
    fn rename_static_member(&mut self, old_id: &str, new_id: &Arc<str>, fx: &mut Effects) -> Option<Member> {
        let mut before = self.members.remove(old_id)?;
        before.refuse(ErrorCode::FENCED_INSTANCE_ID, fx);
        fx.end_session(&self.id, &before.id);
        if let Some(instance) = &before.instance_id {
            self.static_members.insert(instance.clone(), new_id.clone());
        }
        if self.is_leader(old_id) {
            self.leader = Some(new_id.clone());
        }
        if let Phase::CompletingRebalance { unsynced, .. } | Phase::Stable { unsynced } = &mut self.phase
            && unsynced.0.remove(old_id)
        {
            unsynced.0.insert(new_id.clone());
        }
        self.members.insert(new_id.clone(), Member { id: new_id.clone(), ..before.clone() });
        Some(before)
    }

    /// The record of a static member's new id is replicated, or failed to be: then it is undone.
    pub(crate) fn static_member_stored(
        &mut self,
        replacement: Replacement,
        result: Result<(), ErrorCode>,
        fx: &mut Effects,
        now: Now,
    ) {
        let Replacement { before, new_id, leader_before, .. } = replacement;
        // In a rebalance that began meanwhile the member waits with the others, and is recorded with
        // them.
        let (Some(member), Phase::Stable { .. }) = (self.members.get(&new_id), &self.phase) else {
            return;
        };
        let Waiting::Join(waiter) = member.waiting else { return };
        let Err(error) = result else {
            let response = self.static_member_joined(&new_id, waiter, leader_before);
            return self.answer_join(&new_id, response, fx);
        };
        let response = join_error("", append_error(error), waiter.api_version);
        self.answer_join(&new_id, response, fx);
        if error == ErrorCode::REQUEST_TIMED_OUT {
            // The record may still be replicated; the client asks again and gets another id.
            return;
        }
        let old_id = before.id.clone();
        self.rename_static_member(&new_id, &old_id, fx);
        fx.start_session(&self.id, &old_id, before.session_timeout, now.mono);
        self.members.insert(old_id, before);
    }

    /// The answer to a static member that came back in a stable group. A leader that cannot be told to
    /// skip the assignment is told that its former self still leads.
    fn static_member_joined(
        &self,
        id: &str,
        waiter: Waiter,
        leader_before: Option<Arc<str>>,
    ) -> JoinGroupResponse {
        let is_leader = self.is_leader(id);
        if waiter.api_version >= SKIP_ASSIGNMENT_FROM {
            return self.joined(id, is_leader);
        }
        self.joined(id, false)
            .with_members(Vec::new())
            .with_leader(leader_before.as_deref().unwrap_or_default().to_owned().into())
    }

    fn answer_join(&mut self, id: &str, response: JoinGroupResponse, fx: &mut Effects) {
        if let Some(member) = self.members.get_mut(id) {
            member.answer_join(response, fx);
        }
    }

    /// The answer to a member of the current generation; the leader gets everybody's metadata.
    pub(super) fn joined(&self, id: &str, skip_assignment: bool) -> JoinGroupResponse {
        let members = if self.is_leader(id) { self.subscriptions() } else { Vec::new() };
        JoinGroupResponse::default()
            .with_member_id(id.to_owned().into())
            .with_generation_id(self.generation)
            .with_protocol_type(self.protocol_type.clone().map(Into::into))
            .with_protocol_name(self.protocol.clone().map(Into::into))
            .with_leader(self.leader.as_deref().unwrap_or_default().to_owned().into())
            .with_skip_assignment(skip_assignment)
            .with_members(members)
    }

    fn subscriptions(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let member = |member: &Member| {
            JoinGroupResponseMember::default()
                .with_member_id(member.id.to_string().into())
                .with_group_instance_id(member.instance_id.as_ref().map(|id| id.to_string().into()))
                .with_metadata(member.metadata(protocol))
        };
        self.members.values().map(member).collect()
    }
}

//! A classic group as DescribeGroups and ListGroups show it.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::GroupId;
use kr_wire::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kr_wire::messages::list_groups_response::ListedGroup;

use super::{ClassicGroup, Member, Phase};

/// From this version on an unknown group is an error.
const GROUP_ID_NOT_FOUND_FROM: i16 = 6;

impl ClassicGroup {
    /// The group with its members; subscriptions are shown while it is stable.
    pub(crate) fn describe(&self) -> DescribedGroup {
        let protocol = match self.phase {
            Phase::Stable { .. } => self.protocol.as_deref(),
            _ => None,
        };
        let member = |member: &Member| {
            DescribedGroupMember::default()
                .with_member_id(member.id.to_string().into())
                .with_group_instance_id(member.instance_id.as_ref().map(|id| id.to_string().into()))
                .with_client_id(member.client_id.clone().into())
                .with_client_host(member.client_host.clone().into())
                .with_member_metadata(protocol.map(|p| member.metadata(p)).unwrap_or_default())
                .with_member_assignment(member.assignment.clone())
        };
        DescribedGroup::default()
            .with_group_id(GroupId(self.id.to_string().into()))
            .with_group_state(self.phase.name().into())
            .with_protocol_type(self.protocol_type.clone().unwrap_or_default().into())
            .with_protocol_data(protocol.unwrap_or_default().to_owned().into())
            .with_members(self.members.values().map(member).collect())
    }

    /// The group in one line.
    pub(crate) fn list(&self) -> ListedGroup {
        ListedGroup::default()
            .with_group_id(GroupId(self.id.to_string().into()))
            .with_protocol_type(self.protocol_type.clone().unwrap_or_default().into())
            .with_group_state(self.phase.name().into())
            .with_group_type("classic".into())
    }
}

/// The answer for a group that does not exist, or is not a classic one: dead, and an error since v6.
pub(crate) fn describe_unknown(id: GroupId, api_version: i16) -> DescribedGroup {
    let dead = DescribedGroup::default().with_group_state("Dead".into());
    if api_version < GROUP_ID_NOT_FOUND_FROM {
        return dead.with_group_id(id);
    }
    let message = format!("group {} is not found among the classic groups", id.as_str());
    dead.with_group_id(id)
        .with_error_code(ErrorCode::GROUP_ID_NOT_FOUND.0)
        .with_error_message(Some(message.into()))
}

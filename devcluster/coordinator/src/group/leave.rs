//! LeaveGroup: members leave on their own, or an administrator takes them out (KIP-345).

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::LeaveGroupRequest;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::leave_group_response::MemberResponse;
use kr_wire::time::Now;

use super::ClassicGroup;
use crate::effects::Effects;

impl ClassicGroup {
    /// Takes out the members that are named, by id or by instance id alone; one answer each.
    pub(crate) fn leave(
        &mut self,
        members: &[MemberIdentity],
        fx: &mut Effects,
        now: Now,
    ) -> Vec<MemberResponse> {
        let mut any_left = false;
        let responses = members.iter().map(|identity| {
            let result = self.leave_one(identity, fx);
            any_left |= result.is_ok();
            MemberResponse::default()
                .with_member_id(identity.member_id.clone())
                .with_group_instance_id(identity.group_instance_id.clone())
                .with_error_code(result.err().unwrap_or(ErrorCode::NONE).0)
        });
        let responses = responses.collect();
        if any_left {
            self.after_departure(fx, now);
        }
        responses
    }

    fn leave_one(&mut self, identity: &MemberIdentity, fx: &mut Effects) -> Result<(), ErrorCode> {
        let instance_id = identity.group_instance_id.as_deref();
        let member_id: Arc<str> = match identity.member_id.as_str() {
            "" => {
                let member = instance_id.and_then(|instance| self.static_members.get(instance));
                member.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?.clone()
            }
            id => id.into(),
        };
        if self.pending.contains(&member_id) && instance_id.is_none() {
            self.remove(&member_id);
            fx.end_session(&self.id, &member_id);
            return Ok(());
        }
        self.check_member(&member_id, instance_id)?;
        self.drop_member(&member_id, fx);
        Ok(())
    }
}

/// The members a LeaveGroup names: before v3 there was one, in a field of its own.
pub(crate) fn leaving(request: &LeaveGroupRequest, api_version: i16) -> Vec<MemberIdentity> {
    match api_version {
        ..3 => vec![MemberIdentity::default().with_member_id(request.member_id.clone())],
        _ => request.members.clone(),
    }
}

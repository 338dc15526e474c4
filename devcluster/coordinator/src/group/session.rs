//! Heartbeats, and what happens without them.

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::HeartbeatRequest;
use kr_wire::time::Now;

use super::{ClassicGroup, Phase, Waiting};
use crate::effects::Effects;

impl ClassicGroup {
    /// Takes a heartbeat; the error tells the member what it must do next.
    pub(crate) fn heartbeat(&mut self, request: &HeartbeatRequest, fx: &mut Effects, now: Now) -> ErrorCode {
        let instance_id = request.group_instance_id.as_deref();
        if let Err(error) = self.check_member(&request.member_id, instance_id) {
            return error;
        }
        if request.generation_id != self.generation {
            return ErrorCode::ILLEGAL_GENERATION;
        }
        self.keep_alive(&request.member_id, fx, now);
        match self.phase {
            Phase::Empty => ErrorCode::UNKNOWN_MEMBER_ID,
            Phase::PreparingRebalance { .. } => ErrorCode::REBALANCE_IN_PROGRESS,
            Phase::CompletingRebalance { .. } | Phase::Stable { .. } => ErrorCode::NONE,
        }
    }

    /// A sign of life of a member: its session starts anew.
    pub(crate) fn keep_alive(&self, member_id: &str, fx: &mut Effects, now: Now) {
        if let Some(member) = self.members.get(member_id) {
            fx.start_session(&self.id, &member.id, member.session_timeout, now.mono);
        }
    }

    /// Starts the sessions of all members, after loading. A group larger than it may be now is
    /// rebalanced, which leaves out the last to rejoin.
    pub(crate) fn loaded(&mut self, fx: &mut Effects, now: Now) {
        for member in self.members.values() {
            fx.start_session(&self.id, &member.id, member.session_timeout, now.mono);
        }
        if self.members.len() > fx.config.max_size {
            self.prepare_rebalance(fx, now);
        }
    }

    /// The session of a member, or of an id that was handed out, is over.
    pub(crate) fn session_is_over(&mut self, member_id: &Arc<str>, fx: &mut Effects, now: Now) {
        if self.pending.contains(member_id) {
            self.remove(member_id);
            return self.maybe_complete_join(fx, now);
        }
        let Some(member) = self.members.get(member_id) else { return };
        // Who waits for us cannot be blamed; the session starts anew with the answer. A member that
        // joins for the first time is the exception: nothing else would end it if its client is gone.
        if !member.is_new && member.waiting != Waiting::Nothing {
            return;
        }
        self.drop_member(member_id, fx);
        self.after_departure(fx, now);
    }

    /// Takes a member out and answers what it waits for.
    pub(super) fn drop_member(&mut self, member_id: &str, fx: &mut Effects) {
        if let Some(mut member) = self.remove(member_id) {
            member.refuse(ErrorCode::UNKNOWN_MEMBER_ID, fx);
            fx.end_session(&self.id, &member.id);
        }
    }

    /// Members are gone: the others must share the work anew.
    pub(super) fn after_departure(&mut self, fx: &mut Effects, now: Now) {
        match self.phase {
            Phase::Stable { .. } | Phase::CompletingRebalance { .. } => self.prepare_rebalance(fx, now),
            Phase::PreparingRebalance { .. } => self.maybe_complete_join(fx, now),
            Phase::Empty => {}
        }
    }

    /// Answers everything that waits in the group with an error.
    pub(crate) fn refuse_all(&mut self, error: ErrorCode, fx: &mut Effects) {
        for member in self.members.values_mut() {
            member.refuse(error, fx);
        }
    }
}

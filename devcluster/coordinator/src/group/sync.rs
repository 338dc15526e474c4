//! SyncGroup: the leader's assignment is stored, then every member gets its part.

use std::sync::Arc;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::{SyncGroupRequest, SyncGroupResponse};
use kr_wire::time::Now;

use super::{ClassicGroup, Phase, Waiter, Waiting};
use crate::appends::{AppendId, Completion};
use crate::effects::{Effects, append_error};
use crate::request::GroupResponse;
use crate::timers::Timer;

impl ClassicGroup {
    /// Answers a SyncGroup, or parks it until the assignment is stored.
    pub(crate) fn sync(&mut self, request: &SyncGroupRequest, waiter: Waiter, fx: &mut Effects, now: Now) {
        let response = match self.check_sync(request) {
            Err(error) => SyncGroupResponse::default().with_error_code(error.0),
            Ok(()) if self.is_stable() => {
                self.synced(&request.member_id, fx);
                self.assignment_of(&request.member_id)
            }
            Ok(()) => return self.await_assignment(request, waiter, fx, now),
        };
        fx.reply(waiter.token, GroupResponse::Sync(response));
    }

    fn check_sync(&self, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        self.check_member(&request.member_id, request.group_instance_id.as_deref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let differs = |sent: Option<&str>, ours: &Option<String>| {
            sent.is_some_and(|sent| ours.as_deref() != Some(sent))
        };
        if differs(request.protocol_type.as_deref(), &self.protocol_type)
            || differs(request.protocol_name.as_deref(), &self.protocol)
        {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        match self.phase {
            Phase::Empty => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            Phase::PreparingRebalance { .. } => Err(ErrorCode::REBALANCE_IN_PROGRESS),
            Phase::CompletingRebalance { .. } | Phase::Stable { .. } => Ok(()),
        }
    }

    fn is_stable(&self) -> bool {
        matches!(self.phase, Phase::Stable { .. })
    }

    fn await_assignment(&mut self, request: &SyncGroupRequest, waiter: Waiter, fx: &mut Effects, now: Now) {
        if let Some(member) = self.members.get_mut(request.member_id.as_str()) {
            member.wait(Waiting::Sync(waiter), fx);
        }
        self.synced(&request.member_id, fx);
        if self.is_leader(&request.member_id) {
            self.store_assignment(request, fx, now);
        }
    }

    /// Writes the assignment; members the leader left out get none.
    fn store_assignment(&mut self, request: &SyncGroupRequest, fx: &mut Effects, now: Now) {
        let assigned = |id: &str| {
            // The last one counts where a member is named twice.
            let found = request.assignments.iter().rev().find(|a| a.member_id.as_str() == id);
            found.map(|a| Bytes::copy_from_slice(&a.assignment)).unwrap_or_default()
        };
        let assignments: Vec<(Arc<str>, Bytes)> =
            self.members.keys().map(|id| (id.clone(), assigned(id))).collect();
        let mut recorded = self.recorded();
        for (member, (_, assignment)) in recorded.members.iter_mut().zip(&assignments) {
            member.assignment = assignment.clone();
        }
        let record = self.record(recorded);
        let waiting = Completion::Assignment { group: self.id.clone(), assignments };
        let id = fx.append(vec![record], waiting, now);
        if let Phase::CompletingRebalance { storing, .. } = &mut self.phase {
            *storing = Some(id);
        }
    }

    /// The assignment is replicated: hand it out. Or it failed to be: the members sync in vain and join
    /// again. Of no effect once the group has moved on.
    pub(crate) fn assignment_stored(
        &mut self,
        append: AppendId,
        assignments: Vec<(Arc<str>, Bytes)>,
        result: Result<(), ErrorCode>,
        fx: &mut Effects,
        now: Now,
    ) {
        let Phase::CompletingRebalance { unsynced, storing } = &mut self.phase else { return };
        if *storing != Some(append) {
            return;
        }
        if let Err(error) = result {
            self.drop_assignments(append_error(error), fx, now);
            return self.prepare_rebalance(fx, now);
        }
        let unsynced = std::mem::replace(unsynced, super::Unsynced(Default::default()));
        self.enter(Phase::Stable { unsynced }, now.wall_ms);
        for (id, assignment) in assignments {
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.assignment = assignment;
            let response = self.assignment_of(&id);
            self.answer_sync(&id, response, fx, now);
        }
    }

    /// Takes assignments back and answers those that wait for them with an error.
    pub(super) fn drop_assignments(&mut self, error: ErrorCode, fx: &mut Effects, now: Now) {
        for id in self.members.keys().cloned().collect::<Vec<_>>() {
            if let Some(member) = self.members.get_mut(&id) {
                member.assignment = Bytes::new();
            }
            let response = SyncGroupResponse::default().with_error_code(error.0);
            self.answer_sync(&id, response, fx, now);
        }
    }

    /// The time to sync is up: members that did not are dropped and the others join again.
    pub(crate) fn sync_time_is_up(&mut self, fx: &mut Effects, now: Now) {
        let (Phase::CompletingRebalance { unsynced, .. } | Phase::Stable { unsynced }) = &self.phase else {
            return;
        };
        let late: Vec<_> = unsynced.0.iter().cloned().collect();
        if late.is_empty() {
            return;
        }
        for id in &late {
            if let Some(mut member) = self.remove(id) {
                member.refuse(ErrorCode::UNKNOWN_MEMBER_ID, fx);
            }
            fx.end_session(&self.id, id);
        }
        self.prepare_rebalance(fx, now);
    }

    /// Answers a parked SyncGroup; the session, which does not run while it is parked, starts anew.
    fn answer_sync(&mut self, id: &Arc<str>, response: SyncGroupResponse, fx: &mut Effects, now: Now) {
        if let Some(member) = self.members.get_mut(id)
            && member.answer_sync(response, fx)
        {
            fx.start_session(&self.id, id, member.session_timeout, now.mono);
        }
    }

    fn assignment_of(&self, id: &str) -> SyncGroupResponse {
        let assignment = self.members.get(id).map(|m| m.assignment.clone()).unwrap_or_default();
        SyncGroupResponse::default()
            .with_protocol_type(self.protocol_type.clone().map(Into::into))
            .with_protocol_name(self.protocol.clone().map(Into::into))
            .with_assignment(assignment)
    }

    fn synced(&mut self, id: &str, fx: &mut Effects) {
        if let Phase::CompletingRebalance { unsynced, .. } | Phase::Stable { unsynced } = &mut self.phase {
            unsynced.0.remove(id);
            if unsynced.0.is_empty() {
                fx.timers.cancel(&Timer::Sync(self.id.clone()));
            }
        }
    }
}

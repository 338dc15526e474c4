//! What a leader does besides answering: appends, the high watermark, its timers.

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

use crate::high_watermark::{majority_end, may_advance};
use crate::mutants::mutant;
use crate::output::Output;
use crate::raft::Raft;
use crate::rpc::Response;
use crate::state::State;

impl Raft {
    /// Takes note of appended proposals: waiting fetches get them, a flush begins.
    pub(crate) fn on_appended(&mut self, epoch: LeaderEpoch, end: Offset) {
        match &self.state {
            State::Leader(leader) if leader.epoch == epoch && end >= self.log.end => {}
            _ => {
                let at = self.log.end;
                return self.fail(format!("append of epoch {epoch} up to {end} does not follow on {at}"));
            }
        }
        self.log.append(epoch, end);
        self.want_flush();
        self.answer_fetches_with_records();
        // With this bug planted a flush is not needed for the high watermark to move.
        if mutant!(self.config, leader_counts_unflushed) {
            self.advance_high_watermark();
        }
    }

    /// Raises the high watermark as far as a majority allows and tells whom it concerns.
    pub(crate) fn advance_high_watermark(&mut self) {
        let own_end =
            if mutant!(self.config, leader_counts_unflushed) { self.log.end } else { self.log.flushed };
        let State::Leader(leader) = &mut self.state else { return };
        let Some(end) = majority_end(leader.progress.voter_ends(self.config.node_id, own_end)) else {
            return;
        };
        let end = end.min(self.log.end);
        let epoch_start =
            if mutant!(self.config, hw_ignores_own_epoch) { Offset(-1) } else { leader.epoch_start };
        if !may_advance(leader.high_watermark, end, epoch_start) {
            return;
        }
        let is_first = leader.high_watermark.replace(end).is_none();
        let (epoch, epoch_start) = (leader.epoch, leader.epoch_start);
        self.raise_high_watermark(end);
        if is_first {
            self.emit(Output::BecameLeader { epoch, epoch_start });
        }
        self.answer_fetches_with_high_watermark();
    }

    /// Notes what is committed; it never falls.
    pub(crate) fn raise_high_watermark(&mut self, to: Offset) {
        if to > self.high_watermark {
            self.high_watermark = to;
            self.emit(Output::HighWatermark(to));
        }
    }

    /// Notes that a voter fetched: enough of them put off the resignation.
    pub(crate) fn hear_voter(&mut self, voter: NodeId) {
        if voter == self.config.node_id || !self.config.voters.contains(voter) {
            return;
        }
        let deadline = self.now.mono + self.check_quorum_timeout();
        let needed = self.config.voters.majority() - usize::from(self.is_voter());
        if let State::Leader(leader) = &mut self.state
            && leader.check_quorum.hears(voter, needed)
            && leader.check_quorum.deadline.is_some()
        {
            leader.check_quorum.deadline = Some(deadline);
        }
    }

    /// Acts on a leader's timers; `true` if that ended its leadership.
    pub(crate) fn expire_leader(&mut self) -> bool {
        let now = self.now.mono;
        let next_begin = now + self.begin_interval();
        let next_check = now + self.check_quorum_timeout();
        let keeps_leading = mutant!(self.config, keeps_leading_alone);
        let State::Leader(leader) = &mut self.state else { return false };
        if leader.check_quorum.deadline.is_some_and(|deadline| deadline <= now) {
            if !keeps_leading {
                self.become_resigned();
                return true;
            }
            leader.check_quorum.deadline = Some(next_check);
        }
        if leader.begin_deadline <= now {
            leader.begin_deadline = next_begin;
            leader.untold.extend(self.config.voters.others(self.config.node_id));
            leader.progress.expire(now, self.config.timers.observer_session);
        }
        for (id, _) in leader.unpark(|parked| parked.deadline <= now) {
            let response = Response::Fetch(self.fetch_accepted());
            self.emit(Output::Reply { id, response });
        }
        false
    }
}

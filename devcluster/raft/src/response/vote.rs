//! Vote responses: count, and act on the majority (KIP-595, KIP-996).

use crate::output::Peer;
use crate::raft::Raft;
use crate::rpc::VoteResponse;
use crate::state::State;

impl Raft {
    /// Counts an answer of this state's election; `false` if it has none to count.
    pub(super) fn on_vote_response(&mut self, peer: Peer, pre_vote: bool, response: &VoteResponse) -> bool {
        let Peer::Node(voter) = peer else { return false };
        if response.head.error.is_some() {
            return false;
        }
        match &mut self.state {
            State::Prospective(state) if pre_vote => {
                state.tally.record(voter, response.granted);
                if state.tally.is_won() {
                    self.become_candidate();
                } else if state.tally.is_lost() {
                    self.stop_being_prospective();
                }
            }
            State::Candidate(state) if !pre_vote => {
                state.tally.record(voter, response.granted);
                if state.tally.is_won() {
                    self.become_leader();
                } else if !response.granted {
                    self.hasten_next_election();
                }
            }
            _ => {}
        }
        true
    }

    /// Goes back to the leader, if one is known, or to looking for one.
    pub(crate) fn stop_being_prospective(&mut self) {
        let State::Prospective(state) = &self.state else { return };
        let (epoch, leader) = (state.epoch, state.leader);
        self.failed_hints = self.failed_hints.saturating_add(1);
        match leader {
            Some(id) if !self.config.voters.endpoints(id).is_empty() => {
                let endpoints = self.config.voters.endpoints(id).to_vec();
                self.become_follower(epoch, id, endpoints);
            }
            _ => self.become_unattached(epoch, leader),
        }
    }

    /// With eager elections, two candidates that met do not wait for their whole timeouts.
    fn hasten_next_election(&mut self) {
        if self.config.timers.hint_stagger.is_none() {
            return;
        }
        let deadline = self.now.mono + self.draw_backoff();
        if let State::Candidate(state) = &mut self.state {
            state.election_deadline = state.election_deadline.min(deadline);
        }
    }
}

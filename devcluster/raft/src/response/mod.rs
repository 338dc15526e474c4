//! What answers to our requests mean, one file per API, and what all answers have in common.

mod fetch;
mod fetch_snapshot;
mod quorum_epoch;
mod vote;

use crate::calls::Asked;
use crate::event::{CallError, CallId};
use crate::output::Peer;
use crate::raft::Raft;
use crate::rpc::{Head, Refusal, Response};
use crate::state::State;

/// What remains to be done with an answer once its head is dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Its body counts; it may still have an error.
    Read,
    /// Nothing; the peer may be asked again after a pause.
    Nothing,
}

impl Raft {
    /// Handles the answer to a call that is still wanted.
    pub(crate) fn on_answer(&mut self, call: CallId, peer: Peer, asked: Asked, response: Response) {
        let generation = self.calls.generation();
        let is_useful = match self.read_head(peer, response.head()) {
            Rest::Nothing => false,
            Rest::Read => match (asked, response) {
                (Asked::Vote { pre_vote }, Response::Vote(response)) => {
                    self.on_vote_response(peer, pre_vote, &response)
                }
                (Asked::BeginQuorumEpoch, Response::BeginQuorumEpoch(head)) => {
                    self.on_begin_quorum_epoch_response(peer, &head)
                }
                (Asked::EndQuorumEpoch, Response::EndQuorumEpoch(head)) => {
                    self.on_end_quorum_epoch_response(peer, &head)
                }
                (Asked::Fetch { offset, last_epoch }, Response::Fetch(response)) => {
                    self.on_fetch_response(call, (offset, last_epoch), &response)
                }
                (Asked::FetchSnapshot { snapshot }, Response::FetchSnapshot(response)) => {
                    self.on_fetch_snapshot_response(call, snapshot, &response)
                }
                _ => false,
            },
        };
        // A new state starts with all peers ready.
        if generation != self.calls.generation() {
            return;
        }
        if is_useful {
            self.calls.succeeded(peer);
        } else {
            self.pause(peer);
        }
    }

    /// Handles the end of a call without an answer.
    pub(crate) fn on_call_failed(&mut self, peer: Peer, asked: Asked, error: CallError) {
        if error == CallError::UnsupportedVersion
            && asked == (Asked::Vote { pre_vote: true })
            && let State::Prospective(_) = self.state
        {
            // The peer predates KIP-996: only a real election gets an answer from it.
            return self.become_candidate();
        }
        self.pause(peer);
        if let Peer::Node(node) = peer
            && error == CallError::Disconnected
        {
            self.on_peer_lost(node);
        }
    }

    /// Follows the answer's epoch and leader (Kafka: `maybeHandleCommonResponse`).
    fn read_head(&mut self, peer: Peer, head: &Head) -> Rest {
        let (epoch, own_epoch) = (head.epoch, self.state.epoch());
        if head.error == Some(Refusal::InvalidRequest) {
            self.fail(format!("a peer found a request of epoch {own_epoch} invalid"));
            return Rest::Nothing;
        }
        // Errors of the whole request come without leader and epoch.
        if head.error.is_some_and(Refusal::is_top_level)
            || epoch < own_epoch
            || head.error == Some(Refusal::UnknownLeaderEpoch)
        {
            return Rest::Nothing;
        }
        if !self.is_consistent_leader(head.leader, epoch) {
            let leader = head.leader.map_or_else(|| "nobody".to_owned(), |leader| leader.to_string());
            self.fail(format!("a peer takes {leader} for the leader of epoch {epoch}, which cannot be"));
            return Rest::Nothing;
        }
        self.follow_message(head.leader, epoch, head.endpoints.clone());
        match head.error {
            Some(Refusal::NotLeaderOrFollower) => self.suspect_resigned_leader(peer),
            Some(Refusal::FencedLeaderEpoch | Refusal::BrokerNotAvailable | Refusal::InvalidVoterKey) => {}
            _ if epoch > own_epoch && head.error.is_some() => {}
            _ => return Rest::Read,
        }
        Rest::Nothing
    }

    /// A leader that denies being it has resigned or restarted: as good as a broken connection.
    fn suspect_resigned_leader(&mut self, peer: Peer) {
        if let State::Follower(follower) = &self.state
            && peer == Peer::Node(follower.leader)
        {
            let leader = follower.leader;
            self.on_peer_lost(leader);
        }
    }
}

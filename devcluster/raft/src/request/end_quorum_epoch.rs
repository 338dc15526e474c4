//! EndQuorumEpoch requests: the leader resigns and names its successors, best first (KIP-595).

use std::time::Duration;

use kr_wire::ids::NodeId;

use crate::raft::Raft;
use crate::rpc::{EndQuorumEpochRequest, Head, Refusal, ReplicaKey};
use crate::state::State;

impl Raft {
    /// Stands for election soon, the sooner the better this replica is placed.
    pub(crate) fn on_end_quorum_epoch_request(&mut self, request: &EndQuorumEpochRequest) -> Head {
        let result = self.accept_resignation(request);
        self.head(result.err())
    }

    fn accept_resignation(&mut self, request: &EndQuorumEpochRequest) -> Result<(), Refusal> {
        self.check_cluster(request.cluster_id.as_deref())?;
        self.check_voter_request(request.epoch, request.leader)?;
        if request.leader == self.config.node_id
            || !self.is_consistent_leader(Some(request.leader), request.epoch)
        {
            return Err(Refusal::InvalidRequest);
        }
        self.follow_message(Some(request.leader), request.epoch, Vec::new());
        let backoff = successor_backoff(
            &request.successors,
            self.config.node_id,
            self.config.timers.election_backoff_max,
        );
        let until = self.now.mono + backoff;
        let takes_hints = self.config.timers.hint_stagger.is_some();
        if let State::Follower(follower) = &mut self.state
            && follower.leader == request.leader
        {
            follower.fetch_deadline = until;
            // Kafka goes on to deny pre-votes until the timer; without a leader that only costs time.
            if takes_hints {
                follower.suspected_until = Some(until);
            }
        }
        Ok(())
    }
}

/// Returns how long a voter waits for better successors: the first not at all, the last half of the
/// longest, each other half of the next one's time; an unlisted voter the longest (Kafka:
/// `strictExponentialElectionBackoffMs`).
fn successor_backoff(successors: &[ReplicaKey], own: NodeId, longest: Duration) -> Duration {
    match successors.iter().position(|key| key.id == own) {
        None => longest,
        Some(0) => Duration::ZERO,
        Some(position) => {
            let halvings = u32::try_from(successors.len() - position).unwrap_or(u32::MAX);
            longest / 2u32.pow(halvings.min(31))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff_ms(own: i32, of: i32) -> u128 {
        let successors: Vec<_> = (0..of).map(|id| ReplicaKey::of(NodeId(id))).collect();
        successor_backoff(&successors, NodeId(own), Duration::from_millis(1000)).as_millis()
    }

    #[test]
    fn first_successor_does_not_wait() {
        assert_eq!(backoff_ms(0, 4), 0);
    }

    #[test]
    fn later_successors_wait_twice_as_long_each() {
        assert_eq!([backoff_ms(1, 4), backoff_ms(2, 4), backoff_ms(3, 4)], [125, 250, 500]);
    }

    #[test]
    fn unlisted_voter_waits_longest() {
        assert_eq!(backoff_ms(9, 4), 1000);
        assert_eq!(backoff_ms(9, 0), 1000);
    }
}

//! Answers to peers' requests, one file per API, and the checks they share.

mod begin_quorum_epoch;
mod end_quorum_epoch;
mod fetch;
mod fetch_snapshot;
mod vote;

use kr_wire::ids::{LeaderEpoch, NodeId};

use crate::raft::Raft;
use crate::rpc::{Endpoint, Head, Refusal, ReplicaKey};
use crate::state::State;

/// Epochs by which a sender may be ahead. No replica misses that many elections, and one frame that lies about its
/// epoch must not use up all there are.
const MAX_EPOCH_JUMP: i32 = 1 << 20;

impl Raft {
    /// Builds what every answer carries.
    pub(crate) fn head(&self, error: Option<Refusal>) -> Head {
        let election = self.state.election(self.own_key());
        let endpoints = election.leader.map_or(&[][..], |leader| self.endpoints(leader)).to_vec();
        Head { error, leader: election.leader, epoch: election.epoch, endpoints }
    }

    /// Checks the cluster id, which may be absent.
    fn check_cluster(&self, cluster_id: Option<&str>) -> Result<(), Refusal> {
        match cluster_id {
            Some(id) if *id != *self.config.cluster_id => Err(Refusal::InconsistentClusterId),
            _ => Ok(()),
        }
    }

    /// Checks Vote, BeginQuorumEpoch and EndQuorumEpoch.
    fn check_voter_request(&self, epoch: LeaderEpoch, sender: NodeId) -> Result<(), Refusal> {
        let known = self.state.epoch();
        if epoch < known {
            Err(Refusal::FencedLeaderEpoch)
        } else if sender.0 < 0 || epoch.0.saturating_sub(known.0) > MAX_EPOCH_JUMP {
            Err(Refusal::InvalidRequest)
        } else {
            Ok(())
        }
    }

    /// Checks what only a leader answers: Fetch and FetchSnapshot.
    fn check_leader_request(&self, epoch: LeaderEpoch) -> Result<(), Refusal> {
        if epoch < self.state.epoch() {
            Err(Refusal::FencedLeaderEpoch)
        } else if epoch > self.state.epoch() {
            Err(Refusal::UnknownLeaderEpoch)
        } else if !matches!(self.state, State::Leader(_)) {
            Err(if self.stopping.is_some() {
                Refusal::BrokerNotAvailable
            } else {
                Refusal::NotLeaderOrFollower
            })
        } else {
            Ok(())
        }
    }

    /// Checks whom the sender takes this replica for.
    fn check_addressee(&self, voter: Option<ReplicaKey>) -> Result<(), Refusal> {
        match voter {
            Some(key) if !key.matches(self.own_key()) => Err(Refusal::InvalidVoterKey),
            _ => Ok(()),
        }
    }

    /// Whether a message may be right about who leads (Kafka: `hasConsistentLeader`).
    pub(crate) fn is_consistent_leader(&self, leader: Option<NodeId>, epoch: LeaderEpoch) -> bool {
        let Some(leader) = leader else { return true };
        let known = self.state.election(self.own_key()).leader.filter(|_| epoch == self.state.epoch());
        if leader == self.config.node_id {
            // Nobody else can know of a leadership of ours that we do not.
            epoch < self.state.epoch() || known == Some(leader)
        } else {
            known.is_none_or(|known| known == leader)
        }
    }

    /// Follows a message to its epoch and leader (Kafka: `KafkaRaftClient.maybeTransition`).
    ///
    /// The message must be consistent and not of an older epoch.
    pub(crate) fn follow_message(
        &mut self,
        leader: Option<NodeId>,
        epoch: LeaderEpoch,
        offered: Vec<Endpoint>,
    ) {
        let own = self.config.node_id;
        let reachable = leader.filter(|leader| *leader != own).and_then(|leader| {
            let known = self.config.voters.endpoints(leader);
            let endpoints = if offered.is_empty() { known.to_vec() } else { offered };
            (!endpoints.is_empty()).then_some((leader, endpoints))
        });
        let is_higher = epoch > self.state.epoch();
        match (reachable, &mut self.state) {
            (Some((leader, endpoints)), _) if is_higher => self.become_follower(epoch, leader, endpoints),
            (None, _) if is_higher => self.become_unattached(epoch, leader),
            (Some((leader, endpoints)), State::Unattached(_) | State::Candidate(_)) => {
                self.become_follower(epoch, leader, endpoints);
            }
            (Some((leader, endpoints)), State::Prospective(state)) if state.leader.is_none() => {
                self.become_follower(epoch, leader, endpoints);
            }
            (Some((_, endpoints)), State::Follower(state)) if endpoints.len() > state.endpoints.len() => {
                state.endpoints = endpoints;
            }
            _ => {}
        }
    }
}

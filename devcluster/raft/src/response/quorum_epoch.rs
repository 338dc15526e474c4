//! BeginQuorumEpoch and EndQuorumEpoch responses: who has heard (KIP-595).

use crate::output::Peer;
use crate::raft::Raft;
use crate::rpc::Head;
use crate::state::State;

impl Raft {
    /// Notes that a voter knows its leader.
    pub(super) fn on_begin_quorum_epoch_response(&mut self, peer: Peer, head: &Head) -> bool {
        if let (State::Leader(leader), Peer::Node(voter)) = (&mut self.state, peer)
            && head.error.is_none()
        {
            leader.untold.remove(&voter);
            return true;
        }
        false
    }

    /// Notes that a voter knows its leader is gone.
    pub(super) fn on_end_quorum_epoch_response(&mut self, peer: Peer, head: &Head) -> bool {
        if let (State::Resigned(resigned), Peer::Node(voter)) = (&mut self.state, peer)
            && head.error.is_none()
        {
            resigned.unacknowledged.remove(&voter);
            return true;
        }
        false
    }
}

//! What is kept on disk of an election: the content of the quorum-state file.
//!
//! The text of the file is `kr_wire::quorum_state`'s business.

use kr_wire::ids::{LeaderEpoch, NodeId};

use crate::rpc::ReplicaKey;

/// Epoch, and in it the leader and our vote as far as there are (KIP-595, `quorum-state`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Election {
    /// Never falls.
    pub epoch: LeaderEpoch,
    /// Leader of the epoch.
    pub leader: Option<NodeId>,
    /// Whom this node gave its vote in the epoch.
    pub voted: Option<ReplicaKey>,
}

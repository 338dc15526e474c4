//! Prospective: asks whether it would be elected, before it disturbs anyone (KIP-996).
//!
//! Nothing of it is persistent; vote and leader are those of the state before.

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::Mono;

use crate::rpc::ReplicaKey;
use crate::vote::Tally;

/// In the epoch of the state before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prospective {
    pub(crate) epoch: LeaderEpoch,
    /// Whom to follow again if the others still hear it.
    pub(crate) leader: Option<NodeId>,
    pub(crate) voted: Option<ReplicaKey>,
    pub(crate) election_deadline: Mono,
    pub(crate) tally: Tally,
}

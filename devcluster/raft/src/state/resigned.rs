//! Resigned: led this epoch and leads it no more; tells the others until a timer expires.
//!
//! A leader that restarts lands here, for it may have forgotten what it promised as leader.

use std::collections::BTreeSet;

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::Mono;

use crate::rpc::ReplicaKey;

/// On disk it looks like a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resigned {
    pub(crate) epoch: LeaderEpoch,
    pub(crate) election_deadline: Mono,
    /// Furthest first; empty after a restart.
    pub(crate) successors: Vec<ReplicaKey>,
    /// Voters that have not answered EndQuorumEpoch.
    pub(crate) unacknowledged: BTreeSet<NodeId>,
}

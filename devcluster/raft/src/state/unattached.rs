//! Unattached: an epoch without a leader that could be reached.
//!
//! Voters and observers ask around for the leader; a voter stands for election when its timer expires.

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::Mono;

use crate::rpc::ReplicaKey;

/// Persistent but for the timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unattached {
    pub(crate) epoch: LeaderEpoch,
    /// Known by id, but not where it listens.
    pub(crate) leader: Option<NodeId>,
    pub(crate) voted: Option<ReplicaKey>,
    /// Observers have none: they are never elected.
    pub(crate) election_deadline: Option<Mono>,
}

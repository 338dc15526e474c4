//! Follower: fetches from the leader of its epoch.

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::Mono;

use crate::rpc::{Endpoint, ReplicaKey};
use crate::snapshot::Download;

/// Persistent but for timers, endpoints and the snapshot under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Follower {
    pub(crate) epoch: LeaderEpoch,
    pub(crate) leader: NodeId,
    /// Never empty: without endpoints there is nothing to follow.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) voted: Option<ReplicaKey>,
    /// A voter gives the leader up here; put off by each successful fetch.
    pub(crate) fetch_deadline: Mono,
    /// When to give the leader up because its connection broke.
    pub(crate) suspected_until: Option<Mono>,
    /// Whether a fetch succeeded since this state was entered.
    pub(crate) has_fetched: bool,
    /// The snapshot being fetched instead of records.
    pub(crate) download: Option<Download>,
}

impl Follower {
    /// Whether the leader is alive as far as this replica can tell.
    pub(crate) fn hears_leader(&self) -> bool {
        self.has_fetched && self.suspected_until.is_none()
    }

    /// Returns when a voter gives the leader up.
    pub(crate) fn patience(&self) -> Mono {
        self.suspected_until.map_or(self.fetch_deadline, |until| until.min(self.fetch_deadline))
    }
}

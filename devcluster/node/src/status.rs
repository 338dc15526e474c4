//! What a node says of itself to its supervisor, without going through the protocol.

use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset};

use crate::config::Roles;

/// A node's place in the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumStatus {
    /// State of the raft machine: `leader`, `follower`, `candidate` and so on.
    pub state: &'static str,
    /// The leader it knows of.
    pub leader: Option<NodeId>,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// High watermark of `__cluster_metadata`, if known.
    pub high_watermark: Option<Offset>,
    /// End of its metadata log.
    pub log_end: Offset,
    /// End of what it has applied.
    pub applied: Offset,
}

/// A broker's life and load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerStatus {
    /// Epoch of its registration, once registered.
    pub epoch: Option<BrokerEpoch>,
    /// Whether the controller keeps it out of service, as far as the broker knows.
    pub fenced: bool,
    /// Partitions that it hosts.
    pub partitions: usize,
    /// Partitions that it leads.
    pub leading: usize,
    /// Partitions that it leads with an ISR smaller than the replica set.
    pub under_replicated: usize,
}

/// A node seen from inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// `node.id`
    pub node_id: NodeId,
    /// `process.roles`
    pub roles: Roles,
    /// Its place in the quorum (brokers observe it).
    pub quorum: QuorumStatus,
    /// Whether it is the active controller and has caught up with its own epoch.
    pub active_controller: bool,
    /// Its life as a broker, if it is one.
    pub broker: Option<BrokerStatus>,
}

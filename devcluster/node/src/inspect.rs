//! A node's insides, read-only, for the simulator's checks.
//!
//! Only there with the feature `inspect`: no driver decides anything by it.

use kr_log::Log;
use kr_metadata::Image;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionId, TopicId};

use crate::node::Node;
use crate::replica::partition::Partition;

/// A look into a node between two events.
#[derive(Clone, Copy)]
pub struct Inspection<'a> {
    node: &'a Node,
}

/// One replica as its node sees it.
#[derive(Clone, Copy)]
pub struct ReplicaView<'a> {
    partition: &'a Partition,
}

impl Node {
    /// Opens the node for reading.
    pub fn inspect(&self) -> Inspection<'_> {
        Inspection { node: self }
    }
}

impl<'a> Inspection<'a> {
    /// State of the raft machine.
    pub fn quorum(&self) -> kr_raft::Status {
        self.node.quorum.raft.status()
    }

    /// Epoch, leader and vote, as they must be on disk.
    pub fn election(&self) -> kr_raft::Election {
        self.node.quorum.raft.election()
    }

    /// The log of `__cluster_metadata`.
    pub fn metadata_log(&self) -> &'a Log {
        &self.node.quorum.log
    }

    /// High watermark of `__cluster_metadata` as far as this node knows.
    pub fn committed(&self) -> Offset {
        self.node.quorum.committed()
    }

    /// End of what is in [`Inspection::image`].
    pub fn applied(&self) -> Offset {
        self.node.quorum.applied()
    }

    /// The published metadata.
    pub fn image(&self) -> &'a Image {
        self.node.quorum.image()
    }

    /// Epoch under which the broker is registered in this run.
    pub fn broker_epoch(&self) -> Option<BrokerEpoch> {
        self.node.broker.as_ref().and_then(|broker| broker.lifecycle.epoch())
    }

    /// The replicas that the broker hosts, by topic id and partition.
    pub fn replicas(&self) -> impl Iterator<Item = ReplicaView<'a>> + use<'a> {
        let broker = self.node.broker.as_ref();
        broker
            .into_iter()
            .flat_map(|broker| broker.replicas.iter())
            .map(|partition| ReplicaView { partition })
    }

    /// The group coordinators that take requests.
    pub fn coordinators(&self) -> impl Iterator<Item = CoordinatorView<'a>> + use<'a> {
        self.node.broker.as_ref().into_iter().flat_map(|broker| broker.groups.loaded())
    }
}

/// A group coordinator that has loaded.
#[derive(Clone, Copy)]
pub struct CoordinatorView<'a> {
    /// Which partition of `__consumer_offsets` it coordinates.
    pub partition: PartitionId,
    /// The leader epoch that it belongs to.
    pub epoch: LeaderEpoch,
    /// Its groups and offsets.
    pub shard: &'a kr_coordinator::GroupShard,
}

impl<'a> ReplicaView<'a> {
    /// Name of its topic.
    pub fn topic(&self) -> &'a str {
        &self.partition.topic
    }

    /// Id of its topic, and its index.
    pub fn key(&self) -> (TopicId, PartitionId) {
        (self.partition.key.topic, self.partition.key.partition)
    }

    /// Its log.
    pub fn log(&self) -> &'a Log {
        &self.partition.log
    }

    /// Its high watermark.
    pub fn high_watermark(&self) -> Offset {
        self.partition.high_watermark()
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        self.partition.is_leader()
    }

    /// Epoch of the leader that it knows of.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.partition.assignment.leader_epoch
    }

    /// Epoch of the registration that it knows of.
    pub fn partition_epoch(&self) -> i32 {
        self.partition.assignment.partition_epoch
    }

    /// Whether a replica counts for a leader's high watermark: in the ISR, or asked to be.
    pub fn counts(&self, id: NodeId) -> bool {
        self.partition.maximal_isr_contains(id)
    }
}

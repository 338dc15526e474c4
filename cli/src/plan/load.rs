//! What each broker carries while a plan grows.

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;

use super::{Picture, PlanPartition, Weigh};

/// Weight of the replicas of each broker.
#[derive(Clone, Debug)]
pub(super) struct Load {
    weigh: Weigh,
    carried: BTreeMap<NodeId, u64>,
}

impl Load {
    /// What the brokers of a picture carry.
    pub(super) fn of_picture(picture: &Picture, weigh: Weigh) -> Self {
        let mut load = Self { weigh, carried: picture.brokers.keys().map(|id| (*id, 0)).collect() };
        for partition in picture.partitions.values() {
            for node in &partition.replicas {
                load.add(*node, partition);
            }
        }
        load
    }

    /// What one replica of a partition weighs. Never nothing: empty replicas are spread, too.
    pub(super) fn weight(&self, partition: &PlanPartition) -> u64 {
        match self.weigh {
            Weigh::Count => 1,
            Weigh::Bytes => partition.bytes.unwrap_or(0).max(1),
        }
    }

    /// What a broker carries.
    pub(super) fn of(&self, node: NodeId) -> u64 {
        self.carried.get(&node).copied().unwrap_or(0)
    }

    /// Notes a new replica.
    pub(super) fn add(&mut self, node: NodeId, partition: &PlanPartition) {
        let weight = self.weight(partition);
        *self.carried.entry(node).or_default() += weight;
    }

    /// Notes that a replica is gone.
    pub(super) fn take(&mut self, node: NodeId, partition: &PlanPartition) {
        let weight = self.weight(partition);
        let carried = self.carried.entry(node).or_default();
        *carried = carried.saturating_sub(weight);
    }
}

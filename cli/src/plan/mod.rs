//! Plans which replicas to move where. Pure: a picture of the cluster goes in, moves come out.
//!
//! Every planner moves as little as it can: a replica that may stay stays, in its place in the list, so that
//! the preferred leader changes only where it must. New replicas go to a rack that the partition does not use
//! yet, if there is one, then to the broker that carries least. The same picture always gives the same plan.
//!
//! - [`drain`]: takes every replica off some brokers
//! - [`add`]: gives new brokers their fair share
//! - [`rebalance`]: evens the load out
//! - [`replication`]: changes how many replicas there are
//! - [`racks`]: spreads replicas over racks
//! - [`leaders`]: evens preferred leaders out; moves no data

mod brokers;
mod file;
mod leaders;
mod load;
mod rack;
mod replication;

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

pub use brokers::{add, drain, rebalance};
pub use file::{FileError, Wanted, read_file, write_file};
pub use leaders::leaders;
pub use rack::racks;
pub use replication::replication;

use load::Load;

/// What evens out: how many replicas a broker has, or how many bytes they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Weigh {
    /// Replicas count one each
    #[default]
    Count,
    /// Replicas count their bytes
    Bytes,
}

/// A broker as the planners see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanBroker {
    /// Its rack.
    pub rack: Option<String>,
    /// Whether it may be given replicas: alive, and not on its way out.
    pub is_usable: bool,
}

/// A partition as the planners see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPartition {
    /// Replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// Replicas in sync.
    pub isr: Vec<NodeId>,
    /// Bytes of one replica; none when it is not known.
    pub bytes: Option<u64>,
}

/// The picture: all brokers, and all partitions, also those that are not to be moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Brokers by id, dead ones that still hold replicas included.
    pub brokers: BTreeMap<NodeId, PlanBroker>,
    /// Partitions by name.
    pub partitions: BTreeMap<TopicPartition, PlanPartition>,
}

/// New replicas of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The partition.
    pub partition: TopicPartition,
    /// Its replicas now.
    pub from: Vec<NodeId>,
    /// Its replicas afterwards.
    pub to: Vec<NodeId>,
    /// Bytes that each new replica copies; none when it is not known.
    pub bytes: Option<u64>,
}

impl Move {
    /// Brokers that get a replica.
    pub fn adding(&self) -> impl Iterator<Item = NodeId> {
        self.to.iter().copied().filter(|node| !self.from.contains(node))
    }

    /// Brokers that lose their replica.
    pub fn removing(&self) -> impl Iterator<Item = NodeId> {
        self.from.iter().copied().filter(|node| !self.to.contains(node))
    }
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A broker that is not there.
    #[error("there is no broker {0}")]
    UnknownBroker(NodeId),
    /// A partition would have fewer usable brokers than replicas.
    #[error("{partition} needs {wanted} brokers, and only {usable} may be used")]
    TooFew {
        /// The partition.
        partition: TopicPartition,
        /// Replicas wanted.
        wanted: usize,
        /// Brokers that may be used.
        usable: usize,
    },
}

/// What a plan costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Replicas that are copied.
    pub replicas: usize,
    /// Bytes that are copied; none when some of them are not known.
    pub bytes: Option<u64>,
    /// Bytes copied to each broker, as far as they are known.
    pub incoming: BTreeMap<NodeId, u64>,
    /// Bytes read from each broker, taking the preferred leader for the source, as far as they are known.
    pub outgoing: BTreeMap<NodeId, u64>,
}

/// Adds up what moves cost.
pub fn cost(moves: &[Move]) -> Cost {
    let mut cost = Cost { bytes: Some(0), ..Cost::default() };
    for change in moves {
        for node in change.adding() {
            cost.replicas += 1;
            cost.bytes = cost.bytes.zip(change.bytes).map(|(sum, bytes)| sum.saturating_add(bytes));
            let bytes = change.bytes.unwrap_or(0);
            *cost.incoming.entry(node).or_default() += bytes;
            if let Some(source) = change.from.first() {
                *cost.outgoing.entry(*source).or_default() += bytes;
            }
        }
    }
    cost
}

impl Picture {
    /// Brokers that may be given replicas.
    fn usable(&self) -> BTreeSet<NodeId> {
        self.brokers.iter().filter(|(_, broker)| broker.is_usable).map(|(id, _)| *id).collect()
    }

    fn rack(&self, node: NodeId) -> Option<&str> {
        self.brokers.get(&node)?.rack.as_deref()
    }

    /// Refuses brokers that are not there.
    fn check(&self, brokers: &BTreeSet<NodeId>) -> Result<(), PlanError> {
        match brokers.iter().find(|id| !self.brokers.contains_key(id)) {
            Some(unknown) => Err(PlanError::UnknownBroker(*unknown)),
            None => Ok(()),
        }
    }

    /// The best broker for one more replica: a rack of its own first, then the least load, then the lowest id.
    fn best(&self, taken: &[NodeId], among: &BTreeSet<NodeId>, load: &Load) -> Option<NodeId> {
        let racks: BTreeSet<&str> = taken.iter().filter_map(|node| self.rack(*node)).collect();
        let shares = |node: NodeId| self.rack(node).is_some_and(|rack| racks.contains(rack));
        let free = among.iter().copied().filter(|node| !taken.contains(node));
        free.min_by_key(|node| (shares(*node), load.of(*node), *node))
    }
}

/// The moves between the picture and new lists of replicas; those that change nothing are left out.
fn moves(picture: &Picture, wanted: BTreeMap<TopicPartition, Vec<NodeId>>) -> Vec<Move> {
    let changed = wanted.into_iter().filter_map(|(partition, to)| {
        let now = picture.partitions.get(&partition)?;
        let (from, bytes) = (now.replicas.clone(), now.bytes);
        (from != to).then_some(Move { partition, from, to, bytes })
    });
    changed.collect()
}

#[cfg(test)]
mod tests;

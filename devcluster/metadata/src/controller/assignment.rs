//! Replicas of new partitions: placed by the controller, or checked when the caller names them.

use std::collections::BTreeSet;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, PartitionId, TopicId};
use kr_wire::metadata_records::{LeaderRecoveryState, PartitionRecord};

use super::{Controller, Refusal};
use crate::features::gate;
use crate::image::Broker;
use crate::placement::{Placer, UsableBroker};

fn invalid(message: String) -> Refusal {
    Refusal::new(ErrorCode::INVALID_REPLICA_ASSIGNMENT, message)
}

impl Controller {
    /// A placer over all brokers but those that are shutting down.
    pub(super) fn placer(&mut self) -> Placer {
        let usable = |b: &Broker| UsableBroker { id: b.id, rack: b.rack.clone(), fenced: b.fenced };
        let brokers: Vec<UsableBroker> =
            self.image.brokers().filter(|b| !b.in_controlled_shutdown).map(usable).collect();
        Placer::new(brokers, &mut self.rng)
    }

    /// Places partitions; an error is INVALID_REPLICATION_FACTOR.
    pub(super) fn place(
        &mut self,
        placer: &mut Placer,
        partitions: usize,
        replicas: usize,
    ) -> Result<Vec<Vec<NodeId>>, Refusal> {
        placer
            .place(partitions, replicas, &mut self.rng)
            .map_err(|error| Refusal::new(ErrorCode::INVALID_REPLICATION_FACTOR, error.to_string()))
    }

    /// Checks the replicas that a caller names for a partition.
    pub(super) fn check_assignment(&self, replicas: &[NodeId], size: Option<usize>) -> Result<(), Refusal> {
        if replicas.is_empty() {
            return Err(invalid("the list of replicas is empty".to_owned()));
        }
        let mut seen = BTreeSet::new();
        for id in replicas {
            if self.image.broker(*id).is_none() {
                return Err(invalid(format!("broker {id} is not registered")));
            }
            if !seen.insert(*id) {
                return Err(invalid(format!("broker {id} is named twice for one partition")));
            }
        }
        match size {
            Some(size) if size != replicas.len() => Err(invalid(format!(
                "{} replicas are named where the other partitions have {size}",
                replicas.len()
            ))),
            _ => Ok(()),
        }
    }

    /// The active ones among replicas, which are the first ISR.
    pub(super) fn active_of(&self, replicas: &[NodeId]) -> Vec<NodeId> {
        replicas.iter().copied().filter(|id| self.is_active(*id)).collect()
    }

    /// The record of a new partition: its first in-sync replica leads.
    pub(super) fn new_partition(
        &self,
        topic_id: TopicId,
        index: i32,
        replicas: Vec<NodeId>,
        isr: Vec<NodeId>,
    ) -> PartitionRecord {
        let directories: Vec<DirectoryId> = if self.metadata_version() >= gate::DIRECTORIES {
            replicas.iter().map(|id| self.default_directory(*id)).collect()
        } else {
            Vec::new()
        };
        PartitionRecord {
            partition_id: PartitionId(index),
            topic_id,
            leader: isr.first().copied(),
            replicas,
            isr,
            removing_replicas: Vec::new(),
            adding_replicas: Vec::new(),
            leader_recovery_state: LeaderRecoveryState::Recovered,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: 0,
            directories,
            eligible_leader_replicas: None,
            last_known_elr: None,
        }
    }
}

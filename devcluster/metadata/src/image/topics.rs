//! Topics and their partitions as the metadata log describes them.
//!
//! Two maps, by id and by name, behind `Arc`: a published image shares everything that a later one did not
//! touch. Elections and validation are the controller's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, PartitionId, TopicId};
use kr_wire::metadata_records::{LeaderChange, LeaderRecoveryState, PartitionChangeRecord, PartitionRecord};

use super::ReplayError;

/// A partition's registration (Kafka: `PartitionRegistration`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// All replicas, the preferred leader first.
    pub replicas: Box<[NodeId]>,
    /// Directory of each replica, in the order of `replicas` and of the same length (KIP-858).
    pub directories: Box<[DirectoryId]>,
    /// In-sync replicas.
    pub isr: Box<[NodeId]>,
    /// Replicas a reassignment will remove.
    pub removing: Box<[NodeId]>,
    /// Replicas a reassignment adds.
    pub adding: Box<[NodeId]>,
    /// Replicas outside the ISR that hold all committed records (KIP-966).
    pub elr: Box<[NodeId]>,
    /// The leader that a leaderless partition had last (KIP-966).
    pub last_known_elr: Box<[NodeId]>,
    /// The leader, if there is one.
    pub leader: Option<NodeId>,
    /// Counts changes of the leader.
    pub leader_epoch: LeaderEpoch,
    /// Counts changes of the registration.
    pub partition_epoch: i32,
    /// Whether the leader came from an unclean election and has not yet recovered (KIP-704).
    pub recovering: bool,
}

impl Partition {
    /// The directory that a replica was assigned to, if the broker is one.
    pub fn directory(&self, broker: NodeId) -> Option<DirectoryId> {
        let index = self.replicas.iter().position(|r| *r == broker)?;
        self.directories.get(index).copied()
    }

    /// Whether a reassignment is under way.
    pub fn is_reassigning(&self) -> bool {
        !self.adding.is_empty() || !self.removing.is_empty()
    }

    /// The first replica, which preferred elections choose.
    pub fn preferred_leader(&self) -> Option<NodeId> {
        self.replicas.first().copied()
    }

    /// Whether the broker is among the replicas.
    pub fn is_replica(&self, broker: NodeId) -> bool {
        self.replicas.contains(&broker)
    }
}

/// A topic and all its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Identity, which a new topic of the same name does not share.
    pub id: TopicId,
    /// Name.
    pub name: Arc<str>,
    /// Partitions by index, from 0 without gaps.
    pub partitions: BTreeMap<PartitionId, Arc<Partition>>,
}

/// All topics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topics {
    by_id: Arc<BTreeMap<TopicId, Arc<Topic>>>,
    by_name: Arc<BTreeMap<Arc<str>, TopicId>>,
}

impl Topics {
    pub(crate) fn get(&self, id: TopicId) -> Option<&Arc<Topic>> {
        self.by_id.get(&id)
    }

    pub(crate) fn id(&self, name: &str) -> Option<TopicId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn by_id(&self) -> &Arc<BTreeMap<TopicId, Arc<Topic>>> {
        &self.by_id
    }

    pub(crate) fn by_name(&self) -> &BTreeMap<Arc<str>, TopicId> {
        &self.by_name
    }

    fn topic_mut(&mut self, id: TopicId) -> Result<&mut Topic, ReplayError> {
        let topic = Arc::make_mut(&mut self.by_id).get_mut(&id).ok_or(ReplayError::UnknownTopic { id })?;
        Ok(Arc::make_mut(topic))
    }

    pub(super) fn create(&mut self, name: &str, id: TopicId) -> Result<(), ReplayError> {
        if self.by_name.contains_key(name) || self.by_id.contains_key(&id) {
            return Err(ReplayError::TopicExists { name: name.to_owned(), id });
        }
        let name: Arc<str> = Arc::from(name);
        let topic = Topic { id, name: Arc::clone(&name), partitions: BTreeMap::new() };
        Arc::make_mut(&mut self.by_id).insert(id, Arc::new(topic));
        Arc::make_mut(&mut self.by_name).insert(name, id);
        Ok(())
    }

    pub(super) fn remove(&mut self, id: TopicId) -> Result<Arc<Topic>, ReplayError> {
        if !self.by_id.contains_key(&id) {
            return Err(ReplayError::UnknownTopic { id });
        }
        let topic = Arc::make_mut(&mut self.by_id).remove(&id).ok_or(ReplayError::UnknownTopic { id })?;
        Arc::make_mut(&mut self.by_name).remove(&topic.name);
        Ok(topic)
    }

    pub(super) fn put(&mut self, record: &PartitionRecord) -> Result<(), ReplayError> {
        let partition = registration(record)?;
        let topic = self.topic_mut(record.topic_id)?;
        topic.partitions.insert(record.partition_id, Arc::new(partition));
        Ok(())
    }

    pub(super) fn change(&mut self, record: &PartitionChangeRecord) -> Result<(), ReplayError> {
        let (id, index) = (record.topic_id, record.partition_id);
        let topic = self.topic_mut(id)?;
        let Entry::Occupied(mut slot) = topic.partitions.entry(index) else {
            return Err(ReplayError::UnknownPartition { id, partition: index });
        };
        let changed = merge(slot.get(), record)?;
        slot.insert(Arc::new(changed));
        Ok(())
    }

    /// Clears ELR and last known ELR of one topic, or of all with an empty name.
    pub(super) fn clear_elr(&mut self, name: &str) -> Result<(), ReplayError> {
        let has_elr = |p: &Arc<Partition>| !p.elr.is_empty() || !p.last_known_elr.is_empty();
        let ids: Vec<TopicId> = if name.is_empty() {
            let touched = |t: &&Arc<Topic>| t.partitions.values().any(has_elr);
            self.by_id.values().filter(touched).map(|t| t.id).collect()
        } else {
            vec![self.id(name).ok_or_else(|| ReplayError::UnknownTopicName { name: name.to_owned() })?]
        };
        for id in ids {
            for partition in self.topic_mut(id)?.partitions.values_mut().filter(|p| has_elr(p)) {
                let partition = Arc::make_mut(partition);
                partition.elr = Box::default();
                partition.last_known_elr = Box::default();
            }
        }
        Ok(())
    }
}

/// What a PartitionRecord says.
fn registration(record: &PartitionRecord) -> Result<Partition, ReplayError> {
    let list = |nodes: &Option<Vec<NodeId>>| nodes.clone().unwrap_or_default().into_boxed_slice();
    Ok(Partition {
        replicas: record.replicas.clone().into_boxed_slice(),
        directories: directories(record.replicas.len(), &record.directories)
            .ok_or_else(|| mismatch(record.topic_id, record.partition_id))?,
        isr: record.isr.clone().into_boxed_slice(),
        removing: record.removing_replicas.clone().into_boxed_slice(),
        adding: record.adding_replicas.clone().into_boxed_slice(),
        elr: list(&record.eligible_leader_replicas),
        last_known_elr: list(&record.last_known_elr),
        leader: record.leader,
        leader_epoch: record.leader_epoch,
        partition_epoch: record.partition_epoch,
        recovering: record.leader_recovery_state == LeaderRecoveryState::Recovering,
    })
}

/// A partition after a change. The partition epoch always moves, the leader epoch with every word on the leader.
pub(crate) fn merge(before: &Partition, record: &PartitionChangeRecord) -> Result<Partition, ReplayError> {
    let list =
        |new: &Option<Vec<NodeId>>, old: &[NodeId]| -> Box<[NodeId]> { new.as_deref().unwrap_or(old).into() };
    let replicas = list(&record.replicas, &before.replicas);
    let resized = match &record.directories {
        Some(given) => directories(replicas.len(), given),
        None if before.directories.iter().all(|d| *d == DirectoryId::MIGRATING) => {
            directories(replicas.len(), &[])
        }
        None => directories(replicas.len(), &before.directories),
    };
    Ok(Partition {
        directories: resized.ok_or_else(|| mismatch(record.topic_id, record.partition_id))?,
        replicas,
        isr: list(&record.isr, &before.isr),
        removing: list(&record.removing_replicas, &before.removing),
        adding: list(&record.adding_replicas, &before.adding),
        elr: list(&record.eligible_leader_replicas, &before.elr),
        last_known_elr: list(&record.last_known_elr, &before.last_known_elr),
        leader: match record.leader {
            LeaderChange::Keep => before.leader,
            LeaderChange::Clear => None,
            LeaderChange::Set(leader) => Some(leader),
        },
        leader_epoch: match record.leader {
            LeaderChange::Keep => before.leader_epoch,
            LeaderChange::Clear | LeaderChange::Set(_) => before.leader_epoch.next(),
        },
        partition_epoch: before.partition_epoch.wrapping_add(1),
        recovering: record
            .leader_recovery_state
            .map_or(before.recovering, |state| state == LeaderRecoveryState::Recovering),
    })
}

/// Directories for so many replicas; none given stands for MIGRATING everywhere, a wrong number for nothing.
fn directories(replicas: usize, given: &[DirectoryId]) -> Option<Box<[DirectoryId]>> {
    if given.is_empty() {
        return Some(vec![DirectoryId::MIGRATING; replicas].into_boxed_slice());
    }
    (given.len() == replicas).then(|| given.into())
}

fn mismatch(id: TopicId, partition: PartitionId) -> ReplayError {
    ReplayError::Directories { id, partition }
}

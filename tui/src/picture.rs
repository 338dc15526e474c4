//! What is known of the cluster, put together from answers: the last word on each thing.
//!
//! Answers of brokers may be older than what is known: a partition is never taken back to a lower leader epoch,
//! nor the quorum. Ages, screens and rates are the model's.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::{NodeId, PartitionId};

use crate::event::{Change, IsrChange};
use crate::snapshot::{Broker, Cluster, Observation, Partition, Quorum, QuorumReplica, TopicColumns, Topics};

/// The picture; cheap to clone as long as topics do not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Who is there; none before the first answer.
    pub cluster: Option<Cluster>,
    /// The quorum; none before the first answer and where there is none.
    pub quorum: Option<Quorum>,
    /// Topics by name.
    pub topics: BTreeMap<Arc<str>, Arc<TopicColumns>>,
    /// Whether all topics were seen once.
    pub has_all_topics: bool,
}

impl Picture {
    /// Takes an answer in. What it says about other things than cluster, quorum and topics is not kept here.
    pub fn observe(&mut self, seen: &Observation) {
        match seen {
            Observation::Cluster(seen) => self.cluster = Some(seen.value.clone()),
            Observation::Quorum(seen) => {
                if let Ok(quorum) = &seen.value
                    && self.quorum.as_ref().is_none_or(|known| quorum.epoch >= known.epoch)
                {
                    self.quorum = Some(quorum.clone());
                }
            }
            Observation::Topics(seen) => self.observe_topics(&seen.value),
            _ => {}
        }
    }

    /// How many partitions are known.
    pub fn partitions(&self) -> usize {
        self.topics.values().map(|topic| topic.len()).sum()
    }

    fn observe_topics(&mut self, seen: &Topics) {
        let merged = |known: Option<&Arc<TopicColumns>>, fresh: &Arc<TopicColumns>| match known {
            Some(known) => newer(known, fresh),
            None => Arc::clone(fresh),
        };
        if seen.is_complete {
            let all = seen.topics.iter();
            self.topics = all
                .map(|topic| (Arc::clone(&topic.name), merged(self.topics.get(&topic.name), topic)))
                .collect();
            self.has_all_topics = true;
            return;
        }
        for topic in &seen.topics {
            let topic = merged(self.topics.get(&topic.name), topic);
            self.topics.insert(Arc::clone(&topic.name), topic);
        }
        for name in &seen.gone {
            self.topics.remove(name);
        }
    }

    /// Does to the picture what an event says. Of new topics and brokers an event tells little: their partitions
    /// have no leaders and replicas until an answer comes.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Leader { place, to, to_epoch, .. } => {
                self.change_partition(&place.topic, place.partition, |row| {
                    row.leader = *to;
                    row.epoch = *to_epoch;
                });
            }
            Change::IsrShrink(IsrChange { place, to, epoch, .. })
            | Change::IsrExpand(IsrChange { place, to, epoch, .. }) => {
                self.change_partition(&place.topic, place.partition, |row| {
                    row.isr.clone_from(to);
                    row.epoch = *epoch;
                });
            }
            Change::Replicas { place, to, .. } => {
                self.change_partition(&place.topic, place.partition, |row| row.replicas.clone_from(to));
            }
            Change::TopicCreated { topic, partitions } => self.grow(topic, *partitions, true),
            Change::PartitionsAdded { topic, to, .. } => self.grow(topic, *to, false),
            Change::TopicDeleted { topic } => {
                self.topics.remove(topic);
            }
            Change::Fence(change) => self.change_broker(change.broker, |broker| broker.is_fenced = true),
            Change::Unfence(change) => self.change_broker(change.broker, |broker| broker.is_fenced = false),
            Change::Registered(change) => self.register(change.broker),
            Change::Unregistered(change) => {
                if let Some(cluster) = &mut self.cluster {
                    cluster.brokers.retain(|broker| broker.id != change.broker);
                }
            }
            Change::Controller { to, to_epoch, .. } => {
                if let Some(quorum) = &mut self.quorum {
                    (quorum.leader, quorum.epoch) = (*to, *to_epoch);
                }
            }
            Change::Voters { to, .. } => {
                if let Some(quorum) = &mut self.quorum {
                    set_voters(&mut quorum.voters, to);
                }
            }
            Change::Feature { name, to, .. } => {
                if let Some(cluster) = self.cluster.as_mut().filter(|_| &**name == "metadata.version") {
                    cluster.metadata_version = *to;
                }
            }
            Change::Shutdown(_) | Change::Config { .. } | Change::Group { .. } | Change::Blind { .. } => {}
        }
    }

    fn change_partition(&mut self, topic: &Arc<str>, partition: PartitionId, change: impl FnOnce(&mut Row)) {
        let Some(known) = self.topics.get_mut(topic) else { return };
        let mut change = Some(change);
        let mut fresh = TopicColumns::new(Arc::clone(topic), known.id, known.is_internal);
        for (id, row) in known.partitions() {
            let mut row = Row::of(row);
            if id == partition
                && let Some(change) = change.take()
            {
                change(&mut row);
            }
            fresh.push(row.borrow());
        }
        *known = Arc::new(fresh);
    }

    fn grow(&mut self, topic: &Arc<str>, partitions: u32, is_new: bool) {
        let known = if is_new { None } else { self.topics.get(topic) };
        let mut fresh = TopicColumns::new(
            Arc::clone(topic),
            known.and_then(|known| known.id),
            known.map_or_else(|| topic.starts_with("__"), |known| known.is_internal),
        );
        for (_, row) in known.iter().flat_map(|known| known.partitions()) {
            fresh.push(row);
        }
        while u32::try_from(fresh.len()).is_ok_and(|len| len < partitions) {
            fresh.push(Row::default().borrow());
        }
        self.topics.insert(Arc::clone(topic), Arc::new(fresh));
    }

    fn change_broker(&mut self, id: NodeId, change: impl FnOnce(&mut Broker)) {
        let brokers = self.cluster.iter_mut().flat_map(|cluster| &mut cluster.brokers);
        if let Some(broker) = brokers.into_iter().find(|broker| broker.id == id) {
            change(broker);
        }
    }

    fn register(&mut self, id: NodeId) {
        let Some(cluster) = &mut self.cluster else { return };
        if let Err(at) = cluster.brokers.binary_search_by_key(&id, |broker| broker.id) {
            let broker = Broker { id, address: "".into(), rack: None, is_fenced: false, epoch: None };
            cluster.brokers.insert(at, broker);
        }
    }
}

fn set_voters(voters: &mut Vec<QuorumReplica>, ids: &[NodeId]) {
    voters.retain(|voter| ids.contains(&voter.id));
    for id in ids {
        if let Err(at) = voters.binary_search_by_key(id, |voter| voter.id) {
            let voter = QuorumReplica {
                id: *id,
                directory: None,
                end: None,
                last_fetch: None,
                last_caught_up: None,
                address: None,
            };
            voters.insert(at, voter);
        }
    }
}

/// A partition that owns its lists.
#[derive(Clone, Debug, Default)]
struct Row {
    leader: Option<NodeId>,
    epoch: Option<kr_wire::ids::LeaderEpoch>,
    replicas: Vec<NodeId>,
    isr: Vec<NodeId>,
    offline: Vec<NodeId>,
}

impl Row {
    fn of(row: Partition<'_>) -> Self {
        let (replicas, isr, offline) = (row.replicas.to_vec(), row.isr.to_vec(), row.offline.to_vec());
        Self { leader: row.leader, epoch: row.epoch, replicas, isr, offline }
    }

    fn borrow(&self) -> Partition<'_> {
        let Self { leader, epoch, replicas, isr, offline } = self;
        Partition { leader: *leader, epoch: *epoch, replicas, isr, offline }
    }
}

/// Keeps of each partition the one with the higher leader epoch; the known topic when nothing is new.
fn newer(known: &Arc<TopicColumns>, fresh: &Arc<TopicColumns>) -> Arc<TopicColumns> {
    if Arc::ptr_eq(known, fresh) || known == fresh {
        return Arc::clone(known);
    }
    let is_older = |id: PartitionId, row: &Partition<'_>| {
        known.partition(id).is_some_and(|known| known.epoch.is_some() && row.epoch < known.epoch)
    };
    let is_same_topic = known.id == fresh.id;
    if !is_same_topic || !fresh.partitions().any(|(id, row)| is_older(id, &row)) {
        return Arc::clone(fresh);
    }
    let mut merged = TopicColumns::new(Arc::clone(&fresh.name), fresh.id, fresh.is_internal);
    for (id, row) in fresh.partitions() {
        match known.partition(id) {
            Some(known) if is_older(id, &row) => merged.push(known),
            _ => merged.push(row),
        }
    }
    Arc::new(merged)
}

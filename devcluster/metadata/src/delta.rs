//! What differs between two published images, for a broker to act on.
//!
//! Found by comparing, not by recording: whatever two images share is skipped by pointer, so the cost is that
//! of what changed, and an aborted transaction or a loaded snapshot needs no special case.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::{NodeId, PartitionId, TopicId};

use crate::image::{Image, Partition, ResourceType, Topic};

/// A partition that is new or has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDelta {
    /// Its topic.
    pub topic_id: TopicId,
    /// The topic's name.
    pub topic: Arc<str>,
    /// Its index.
    pub partition: PartitionId,
    /// What it was; nothing if it is new.
    pub before: Option<Arc<Partition>>,
    /// What it is.
    pub after: Arc<Partition>,
}

/// The difference between two images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Topics that are new, by id.
    pub created: Vec<TopicId>,
    /// Topics that are gone, as they were. A topic that was created again stands here and in `created`.
    pub deleted: Vec<Arc<Topic>>,
    /// Partitions that are new or changed, by topic id and index.
    pub partitions: Vec<PartitionDelta>,
    /// Brokers that registered, changed or are gone.
    pub brokers: Vec<NodeId>,
    /// Controllers that registered anew.
    pub controllers: Vec<NodeId>,
    /// Resources whose dynamic configuration changed. Deleting a topic counts.
    pub configs: Vec<(ResourceType, String)>,
    /// Whether a feature level changed.
    pub features: bool,
    /// Whether client quotas changed.
    pub quotas: bool,
    /// Whether ACLs changed.
    pub acls: bool,
    /// Whether SCRAM credentials changed.
    pub scram: bool,
    /// Whether delegation tokens changed.
    pub tokens: bool,
    /// Whether producer ids were allocated.
    pub producer_ids: bool,
}

impl Delta {
    /// Compares two images.
    pub fn between(old: &Image, new: &Image) -> Self {
        let mut delta = Self {
            brokers: changed_keys(old.broker_map(), new.broker_map()),
            controllers: changed_keys(old.controller_map(), new.controller_map()),
            configs: old.configs().difference(new.configs()),
            features: old.features() != new.features(),
            quotas: !same(old.quotas(), new.quotas()),
            acls: !same(old.acls(), new.acls()),
            scram: !same(old.scram(), new.scram()),
            tokens: !same(old.tokens(), new.tokens()),
            producer_ids: old.next_producer_id() != new.next_producer_id(),
            ..Self::default()
        };
        if !old.shares_topics(new) {
            delta.compare_topics(old, new);
        }
        delta
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn compare_topics(&mut self, old: &Image, new: &Image) {
        let (old, new) = (old.topic_map(), new.topic_map());
        self.deleted.extend(old.iter().filter(|(id, _)| !new.contains_key(id)).map(|(_, t)| Arc::clone(t)));
        for (id, topic) in new {
            match old.get(id) {
                Some(before) if Arc::ptr_eq(before, topic) => {}
                Some(before) => self.compare_partitions(Some(before), topic),
                None => {
                    self.created.push(*id);
                    self.compare_partitions(None, topic);
                }
            }
        }
    }

    fn compare_partitions(&mut self, before: Option<&Topic>, topic: &Topic) {
        for (index, after) in &topic.partitions {
            let before = before.and_then(|t| t.partitions.get(index));
            if before.is_some_and(|b| Arc::ptr_eq(b, after) || b == after) {
                continue;
            }
            self.partitions.push(PartitionDelta {
                topic_id: topic.id,
                topic: Arc::clone(&topic.name),
                partition: *index,
                before: before.cloned(),
                after: Arc::clone(after),
            });
        }
    }
}

fn same<K: PartialEq, V: PartialEq>(old: &BTreeMap<K, V>, new: &BTreeMap<K, V>) -> bool {
    std::ptr::eq(old, new) || old == new
}

fn changed_keys<V: PartialEq>(old: &BTreeMap<NodeId, Arc<V>>, new: &BTreeMap<NodeId, Arc<V>>) -> Vec<NodeId> {
    if std::ptr::eq(old, new) {
        return Vec::new();
    }
    let gone = old.keys().filter(|id| !new.contains_key(id));
    let set = new
        .iter()
        .filter(|(id, value)| !old.get(id).is_some_and(|v| Arc::ptr_eq(v, value) || v == *value))
        .map(|(id, _)| id);
    gone.chain(set).copied().collect()
}

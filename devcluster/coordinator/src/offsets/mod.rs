//! The offsets groups committed: what is replicated, and what is on its way.
//!
//! A reader sees replicated offsets only. A commit or deletion is staged under the append that carries
//! it and takes effect when that append settles; commits of open transactions wait for their marker.

mod commit;
mod delete;
mod expiry;
mod fetch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use kr_wire::group_records::{GroupRecord, KeyValue, OffsetCommitKey, OffsetCommitValue};
use kr_wire::ids::{PartitionId, ProducerId};

use crate::appends::AppendId;

pub use fetch::{join_offset_fetch, split_offset_fetch};

/// A partition whose offset a group commits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OffsetKey {
    pub(crate) group: Arc<str>,
    pub(crate) topic: Arc<str>,
    pub(crate) partition: PartitionId,
}

impl OffsetKey {
    /// The record of an offset, or of its deletion.
    pub(crate) fn record(&self, value: Option<OffsetCommitValue>) -> KeyValue {
        let key = OffsetCommitKey {
            group: self.group.to_string(),
            topic: self.topic.to_string(),
            partition: self.partition,
        };
        GroupRecord::OffsetCommit(key, value).encode()
    }
}

impl From<OffsetCommitKey> for OffsetKey {
    fn from(key: OffsetCommitKey) -> Self {
        let OffsetCommitKey { group, topic, partition } = key;
        Self { group: group.into(), topic: topic.into(), partition }
    }
}

#[derive(Clone, Debug, Default)]
struct Slot {
    committed: Option<OffsetCommitValue>,
    /// On the way to the log, oldest first; `None` deletes.
    staged: VecDeque<(AppendId, Option<OffsetCommitValue>)>,
}

type Topics = BTreeMap<Arc<str>, BTreeMap<PartitionId, Slot>>;

/// The offsets of the groups of one shard.
#[derive(Debug, Default)]
pub(crate) struct Offsets {
    groups: BTreeMap<Arc<str>, Topics>,
    staged: BTreeMap<AppendId, Vec<OffsetKey>>,
    open: BTreeMap<ProducerId, Vec<(OffsetKey, Option<OffsetCommitValue>)>>,
}

impl Offsets {
    /// The replicated offset of a partition.
    pub(crate) fn committed(&self, group: &str, topic: &str, at: PartitionId) -> Option<&OffsetCommitValue> {
        self.groups.get(group)?.get(topic)?.get(&at)?.committed.as_ref()
    }

    /// The replicated offsets of a group by topic and partition, ascending.
    pub(crate) fn of_group(
        &self,
        group: &str,
    ) -> impl Iterator<Item = (&Arc<str>, PartitionId, &OffsetCommitValue)> {
        let slots = self.groups.get(group).into_iter().flatten();
        slots.flat_map(|(topic, partitions)| {
            partitions.iter().filter_map(move |(at, slot)| Some((topic, *at, slot.committed.as_ref()?)))
        })
    }

    /// Partitions for which the group has an offset once everything on the way is replicated.
    pub(crate) fn keys_of_group(&self, group: &str) -> Vec<OffsetKey> {
        let Some((group, topics)) = self.groups.get_key_value(group) else { return Vec::new() };
        let mut keys = Vec::new();
        for (topic, partitions) in topics {
            for (partition, slot) in partitions {
                let last = slot.staged.back().map(|(_, value)| value.is_some());
                if last.unwrap_or(slot.committed.is_some()) {
                    let (group, topic) = (group.clone(), topic.clone());
                    keys.push(OffsetKey { group, topic, partition: *partition });
                }
            }
        }
        keys
    }

    /// Groups that have offsets.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &Arc<str>> {
        self.groups.keys()
    }

    /// Whether an open transaction commits the partition's offset.
    pub(crate) fn is_unstable(&self, group: &str, topic: &str, at: PartitionId) -> bool {
        self.open
            .values()
            .flatten()
            .any(|(key, _)| key.partition == at && &*key.group == group && &*key.topic == topic)
    }

    /// Partitions of the group that an open transaction commits.
    pub(crate) fn unstable(&self, group: &str) -> BTreeSet<&OffsetKey> {
        let open = self.open.values().flatten().map(|(key, _)| key);
        open.filter(|key| &*key.group == group).collect()
    }

    /// Notes what an append will commit, or delete (`None`), once it is replicated.
    pub(crate) fn stage(&mut self, append: AppendId, changes: Vec<(OffsetKey, Option<OffsetCommitValue>)>) {
        let mut keys = Vec::with_capacity(changes.len());
        for (key, value) in changes {
            self.slot(&key).staged.push_back((append, value));
            keys.push(key);
        }
        self.staged.entry(append).or_default().extend(keys);
    }

    /// Lets what an append carries take effect, or forgets it.
    pub(crate) fn settle(&mut self, append: AppendId, replicated: bool) {
        for key in self.staged.remove(&append).unwrap_or_default() {
            let slot = self.slot(&key);
            while let Some(index) = slot.staged.iter().position(|(id, _)| *id == append) {
                let Some((_, value)) = slot.staged.remove(index) else { break };
                if replicated {
                    slot.committed = value;
                }
            }
            self.prune(&key);
        }
    }

    /// Sets or deletes a replicated offset; one of a transaction waits for its end.
    pub(crate) fn replay(
        &mut self,
        key: OffsetKey,
        value: Option<OffsetCommitValue>,
        producer: Option<ProducerId>,
    ) {
        if let Some(producer) = producer {
            self.open.entry(producer).or_default().push((key, value));
            return;
        }
        self.slot(&key).committed = value;
        self.prune(&key);
    }

    /// A transaction ended: its offsets count, or never were.
    pub(crate) fn end_transaction(&mut self, producer: ProducerId, committed: bool) {
        for (key, value) in self.open.remove(&producer).unwrap_or_default() {
            if committed {
                self.replay(key, value, None);
            }
        }
    }

    fn slot(&mut self, key: &OffsetKey) -> &mut Slot {
        let topics = self.groups.entry(key.group.clone()).or_default();
        topics.entry(key.topic.clone()).or_default().entry(key.partition).or_default()
    }

    /// Removes a slot that holds nothing, and what is empty above it.
    fn prune(&mut self, key: &OffsetKey) {
        let Some(topics) = self.groups.get_mut(&key.group) else { return };
        let Some(partitions) = topics.get_mut(&key.topic) else { return };
        let is_empty = |slot: &Slot| slot.committed.is_none() && slot.staged.is_empty();
        if partitions.get(&key.partition).is_some_and(is_empty) {
            partitions.remove(&key.partition);
        }
        if partitions.is_empty() {
            topics.remove(&key.topic);
        }
        if topics.is_empty() {
            self.groups.remove(&key.group);
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::Offset;

    use super::*;

    fn key(partition: i32) -> OffsetKey {
        let partition = PartitionId(partition);
        OffsetKey { group: "g".into(), topic: "t".into(), partition }
    }

    fn at(offset: i64) -> OffsetCommitValue {
        OffsetCommitValue { offset: Offset(offset), ..Default::default() }
    }

    fn offset(offsets: &Offsets) -> Option<i64> {
        offsets.committed("g", "t", PartitionId(0)).map(|committed| committed.offset.0)
    }

    #[test]
    fn a_commit_is_seen_once_it_is_replicated() {
        let mut offsets = Offsets::default();
        offsets.stage(AppendId(0), vec![(key(0), Some(at(5)))]);
        assert_eq!(offset(&offsets), None);
        offsets.settle(AppendId(0), true);
        assert_eq!(offset(&offsets), Some(5));
    }

    #[test]
    fn a_failed_commit_leaves_the_one_before() {
        let mut offsets = Offsets::default();
        offsets.replay(key(0), Some(at(1)), None);
        offsets.stage(AppendId(0), vec![(key(0), Some(at(5)))]);
        offsets.stage(AppendId(1), vec![(key(0), Some(at(7)))]);
        offsets.settle(AppendId(0), false);
        assert_eq!(offset(&offsets), Some(1));
        offsets.settle(AppendId(1), true);
        assert_eq!(offset(&offsets), Some(7));
    }

    #[test]
    fn the_last_of_two_commits_in_one_append_counts() {
        let mut offsets = Offsets::default();
        offsets.stage(AppendId(0), vec![(key(0), Some(at(5))), (key(0), Some(at(6)))]);
        offsets.settle(AppendId(0), true);
        assert_eq!(offset(&offsets), Some(6));
    }

    #[test]
    fn a_deleted_offset_leaves_nothing() {
        let mut offsets = Offsets::default();
        offsets.replay(key(0), Some(at(1)), None);
        offsets.stage(AppendId(0), vec![(key(0), None)]);
        assert!(offsets.keys_of_group("g").is_empty());
        assert_eq!(offsets.groups().count(), 1);
        offsets.settle(AppendId(0), true);
        assert_eq!(offsets.groups().count(), 0);
    }

    #[test]
    fn offsets_of_a_transaction_count_when_it_commits() {
        let mut offsets = Offsets::default();
        offsets.replay(key(0), Some(at(3)), Some(ProducerId(1)));
        offsets.replay(key(0), Some(at(4)), Some(ProducerId(2)));
        assert!(offsets.is_unstable("g", "t", PartitionId(0)));
        offsets.end_transaction(ProducerId(2), false);
        assert_eq!(offset(&offsets), None);
        offsets.end_transaction(ProducerId(1), true);
        assert_eq!(offset(&offsets), Some(3));
        assert!(!offsets.is_unstable("g", "t", PartitionId(0)));
    }
}

//! The beginning and the end of a shard: records are replayed, and what waits is sent away.

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::{GroupRecord, LegacyOffsetCommitValue, OffsetCommitValue};
use kr_wire::ids::ProducerId;
use kr_wire::primitives::DecodeError;
use kr_wire::time::Now;

use crate::group::ClassicGroup;
use crate::mutants::mutant;
use crate::offsets::{OffsetKey, Offsets};
use crate::other::{Belongs, OtherGroup};
use crate::settle::answer;
use crate::shard::{Group, GroupShard, Life, Replayed};

impl GroupShard {
    /// Takes a record of the partition, in log order. Types it does not know are skipped, as Kafka does.
    ///
    /// # Errors
    /// A malformed record, which changes nothing.
    pub fn replay(&mut self, record: Replayed<'_>) -> Result<(), DecodeError> {
        let Replayed { key, value, producer } = record;
        let Some(decoded) = GroupRecord::decode(key, value)? else { return Ok(()) };
        if let Some(belongs) = Belongs::of(&decoded) {
            self.replay_other(belongs, key, value);
            return Ok(());
        }
        match decoded {
            GroupRecord::OffsetCommit(..) if mutant!(self.fx.config, offsets_not_reloaded) => {}
            GroupRecord::OffsetCommit(key, value) => {
                self.offsets.replay(OffsetKey::from(key), value, producer);
            }
            GroupRecord::LegacyOffsetCommit(key, value) => {
                self.offsets.replay(OffsetKey::from(key), value.map(modern), producer);
            }
            GroupRecord::GroupMetadata(key, Some(mut value)) => {
                if mutant!(self.fx.config, generation_not_reloaded) {
                    value.generation = 0;
                }
                let id: Arc<str> = key.group_id.into();
                let group = ClassicGroup::restore(id.clone(), value);
                self.groups.insert(id, Group::Classic(group));
            }
            GroupRecord::GroupMetadata(key, None) => {
                if let Some(Group::Classic(_)) = self.groups.get(key.group_id.as_str()) {
                    self.groups.remove(key.group_id.as_str());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the end of a transaction: its offsets count if it committed.
    pub fn replay_end_transaction(&mut self, producer: ProducerId, committed: bool) {
        self.offsets.end_transaction(producer, committed);
    }

    /// All records are replayed: the shard starts to coordinate, and the sessions of its members start.
    pub fn loaded(&mut self, now: Now) {
        self.life = Life::Active;
        self.adopt_offsets(now);
        for group in self.groups.values_mut() {
            if let Group::Classic(group) = group {
                group.loaded(&mut self.fx, now);
            }
        }
        self.schedule_expiry(now);
    }

    /// Another broker coordinates from now on: answers everything that waits, and whatever still
    /// comes, with NOT_COORDINATOR.
    pub fn unload(&mut self) {
        self.life = Life::Unloaded;
        let error = Err(ErrorCode::NOT_COORDINATOR);
        for group in self.groups.values_mut() {
            if let Group::Classic(group) = group {
                group.refuse_all(ErrorCode::NOT_COORDINATOR, &mut self.fx);
            }
        }
        for waiting in self.fx.appends.abandon() {
            if let Some((token, response)) = answer(waiting, error) {
                self.fx.reply(token, response);
            }
        }
        self.groups.clear();
        self.offsets = Offsets::default();
        self.fx.timers.clear();
    }

    /// Makes groups for offsets that have none: a group that only holds offsets has no record.
    pub(crate) fn adopt_offsets(&mut self, now: Now) {
        for id in self.offsets.groups() {
            let group = || Group::Classic(ClassicGroup::new(id.clone(), now.wall_ms));
            self.groups.entry(id.clone()).or_insert_with(group);
        }
    }

    fn replay_other(&mut self, belongs: Belongs, key: &[u8], value: Option<&[u8]>) {
        let Belongs { kind, group: id, member } = belongs;
        let mut group = match self.groups.remove(&id) {
            Some(Group::Other(group)) if group.kind == kind => group,
            // What is deleted are remains of a protocol the group has left.
            Some(group) if value.is_none() => {
                self.groups.insert(id, group);
                return;
            }
            _ => OtherGroup::new(kind),
        };
        group.replay(key, value, member);
        if !group.is_gone() {
            self.groups.insert(id, Group::Other(group));
        }
    }
}

/// An offset from before 0.9 in today's form.
fn modern(legacy: LegacyOffsetCommitValue) -> OffsetCommitValue {
    OffsetCommitValue {
        offset: legacy.offset,
        metadata: legacy.metadata,
        commit_timestamp: legacy.commit_timestamp,
        ..Default::default()
    }
}

//! Expiry: offsets of groups nobody uses are deleted after `offsets.retention.minutes`, and empty groups
//! without offsets with them (KIP-211).

use std::sync::Arc;

use kr_wire::group_records::OffsetCommitValue;
use kr_wire::time::Now;

use super::OffsetKey;
use crate::appends::Completion;
use crate::group::Phase;
use crate::shard::{Group, GroupShard};

/// From when on an offset's age counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AgeFrom {
    /// The group's members left at this wall clock.
    Departure(i64),
    /// The offset was committed.
    Commit,
}

impl GroupShard {
    /// Deletes what expired, one append per group.
    pub(crate) fn expire(&mut self, now: Now) {
        // Deletions that were not replicated left their offsets behind.
        self.adopt_offsets(now);
        let ids: Vec<Arc<str>> = self.groups.keys().cloned().collect();
        for id in ids {
            self.expire_group(&id, now);
        }
    }

    fn expire_group(&mut self, id: &Arc<str>, now: Now) {
        let Some(group) = self.groups.get(id) else { return };
        let known = self.offsets.keys_of_group(id);
        let doomed: Vec<OffsetKey> = match age_from(group) {
            None => Vec::new(),
            Some(age_from) => {
                let is_expired = |key: &OffsetKey| {
                    !group.is_subscribed_to(&key.topic)
                        && !self.offsets.is_unstable(&key.group, &key.topic, key.partition)
                        && self
                            .offsets
                            .committed(&key.group, &key.topic, key.partition)
                            .is_some_and(|c| self.is_expired(c, age_from, now))
                };
                known.iter().filter(|key| is_expired(key)).cloned().collect()
            }
        };
        let mut records: Vec<_> = doomed.iter().map(|key| key.record(None)).collect();
        let is_last = doomed.len() == known.len() && self.offsets.unstable(id).is_empty();
        if is_last && group.is_disposable() {
            records.extend(group.tombstones(id));
            self.groups.remove(id);
        }
        if records.is_empty() {
            return;
        }
        let append = self.fx.append(records, Completion::Nothing, now);
        self.offsets.stage(append, doomed.into_iter().map(|key| (key, None)).collect());
    }

    fn is_expired(&self, committed: &OffsetCommitValue, from: AgeFrom, now: Now) -> bool {
        if let Some(expire_at) = committed.expire_timestamp {
            return now.wall_ms >= expire_at;
        }
        let since = match from {
            AgeFrom::Departure(at) => at,
            AgeFrom::Commit => committed.commit_timestamp,
        };
        let retention = self.fx.config.offsets_retention.as_millis();
        let retention = i64::try_from(retention).unwrap_or(i64::MAX);
        now.wall_ms.saturating_sub(since) >= retention
    }
}

/// Whether offsets of the group can expire at its moment, and from when their age counts.
fn age_from(group: &Group) -> Option<AgeFrom> {
    let group = match group {
        Group::Classic(group) => group,
        Group::Other(group) => return group.is_empty().then_some(AgeFrom::Commit),
    };
    // Nobody ever joined: the group is a name for offsets.
    if group.protocol_type().is_none() {
        return Some(AgeFrom::Commit);
    }
    match group.phase() {
        Phase::Empty => Some(group.phase_since_ms().map_or(AgeFrom::Commit, AgeFrom::Departure)),
        // Topics the members do not consume any more.
        Phase::Stable { .. } if group.is_of_consumers() && group.knows_subscriptions() => {
            Some(AgeFrom::Commit)
        }
        _ => None,
    }
}

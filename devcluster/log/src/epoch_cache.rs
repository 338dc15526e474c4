//! Which leader epoch began at which offset (KIP-101, KIP-279; Kafka's `LeaderEpochFileCache`).
//!
//! Pure: the file `leader-epoch-checkpoint` is read and written by the log.

use kr_wire::ids::{LeaderEpoch, Offset};

/// The start offsets of leader epochs, both strictly ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochCache {
    entries: Vec<EpochStart>,
}

/// An epoch and the offset of its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Offset of its first record.
    pub start: Offset,
}

/// Where an epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch found: the one asked for or the largest one below it.
    pub epoch: LeaderEpoch,
    /// Offset after its last record.
    pub end: Offset,
}

impl EpochCache {
    /// Takes entries as a file holds them; later ones win over earlier ones that they contradict.
    pub fn from_entries(entries: impl IntoIterator<Item = EpochStart>) -> Self {
        let mut cache = Self::default();
        for entry in entries {
            cache.assign(entry.epoch, entry.start);
        }
        cache
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[EpochStart] {
        &self.entries
    }

    /// The newest epoch.
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.entries.last().map(|entry| entry.epoch)
    }

    /// Notes that an epoch begins at an offset; drops entries that contradict it. Returns whether anything
    /// changed.
    pub fn assign(&mut self, epoch: LeaderEpoch, start: Offset) -> bool {
        if self.entries.last().is_some_and(|last| last.epoch == epoch && start >= last.start) {
            return false;
        }
        while self.entries.last().is_some_and(|last| last.epoch >= epoch || last.start >= start) {
            self.entries.pop();
        }
        self.entries.push(EpochStart { epoch, start });
        true
    }

    /// Finds where an epoch ends in this log, whose end is `log_end` (OffsetForLeaderEpoch); `None` when the
    /// epoch is newer than all or nothing is known.
    ///
    /// For an epoch older than all, the answer is that epoch and the start of the oldest known.
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end: Offset) -> Option<EpochEnd> {
        let latest = self.latest()?;
        if epoch == latest {
            return Some(EpochEnd { epoch, end: log_end });
        }
        // The first entry above the epoch asked for; none means the epoch is newer than all.
        let higher = self.entries.partition_point(|entry| entry.epoch <= epoch);
        let end = self.entries.get(higher)?.start;
        let found = match higher.checked_sub(1) {
            Some(at) => self.entries[at].epoch,
            None => epoch,
        };
        Some(EpochEnd { epoch: found, end })
    }

    /// The epoch of the record at an offset.
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let after = self.entries.partition_point(|entry| entry.start <= offset);
        after.checked_sub(1).map(|at| self.entries[at].epoch)
    }

    /// Drops entries that begin at or after an offset. Returns whether anything changed.
    pub fn truncate_from_end(&mut self, offset: Offset) -> bool {
        let keep = self.entries.partition_point(|entry| entry.start < offset);
        let changed = keep < self.entries.len();
        self.entries.truncate(keep);
        changed
    }

    /// Drops entries that ended before an offset; the one in which it lies begins there from now on. Returns
    /// whether anything changed.
    pub fn truncate_from_start(&mut self, offset: Offset) -> bool {
        let below = self.entries.partition_point(|entry| entry.start <= offset);
        let Some(last) = below.checked_sub(1) else { return false };
        let changed = last > 0 || self.entries[last].start < offset;
        self.entries[last].start = offset;
        self.entries.drain(..last);
        changed
    }

    /// Forgets everything. Returns whether anything changed.
    pub fn clear(&mut self) -> bool {
        let changed = !self.entries.is_empty();
        self.entries.clear();
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> EpochCache {
        EpochCache::from_entries(
            entries
                .iter()
                .map(|(epoch, start)| EpochStart { epoch: LeaderEpoch(*epoch), start: Offset(*start) }),
        )
    }

    fn end(cache: &EpochCache, epoch: i32) -> Option<(i32, i64)> {
        cache.end_offset_for(LeaderEpoch(epoch), Offset(100)).map(|found| (found.epoch.0, found.end.0))
    }

    #[test]
    fn epoch_that_is_latest_is_not_assigned_again_at_a_later_offset() {
        let mut epochs = cache(&[(1, 0), (2, 10)]);
        assert!(!epochs.assign(LeaderEpoch(2), Offset(10)));
        assert!(!epochs.assign(LeaderEpoch(2), Offset(15)));
        assert_eq!(epochs, cache(&[(1, 0), (2, 10)]));
    }

    #[test]
    fn assigned_epoch_removes_what_it_contradicts() {
        let mut epochs = cache(&[(1, 0), (3, 10), (5, 20)]);
        assert!(epochs.assign(LeaderEpoch(4), Offset(15)));
        assert_eq!(epochs, cache(&[(1, 0), (3, 10), (4, 15)]));
        assert!(epochs.assign(LeaderEpoch(6), Offset(10)));
        assert_eq!(epochs, cache(&[(1, 0), (6, 10)]));
        assert!(epochs.assign(LeaderEpoch(6), Offset(5)));
        assert_eq!(epochs, cache(&[(1, 0), (6, 5)]));
    }

    #[test]
    fn end_offset_follows_kafkas_table() {
        let epochs = cache(&[(2, 0), (4, 10), (7, 30)]);
        assert_eq!(end(&epochs, 7), Some((7, 100)), "latest ends at the log end");
        assert_eq!(end(&epochs, 8), None, "newer than all");
        assert_eq!(end(&epochs, 1), Some((1, 0)), "older than all");
        assert_eq!(end(&epochs, 2), Some((2, 10)));
        assert_eq!(end(&epochs, 3), Some((2, 10)), "unknown: the largest below");
        assert_eq!(end(&epochs, 5), Some((4, 30)));
        assert_eq!(end(&EpochCache::default(), 0), None);
    }

    #[test]
    fn truncation_from_the_end_drops_epochs_that_begin_there() {
        let mut epochs = cache(&[(1, 0), (2, 10), (3, 20)]);
        assert!(epochs.truncate_from_end(Offset(10)));
        assert_eq!(epochs, cache(&[(1, 0)]));
        assert!(!epochs.truncate_from_end(Offset(10)));
    }

    #[test]
    fn truncation_from_the_start_keeps_the_epoch_it_cuts() {
        let mut epochs = cache(&[(1, 0), (2, 10), (3, 20)]);
        assert!(epochs.truncate_from_start(Offset(15)));
        assert_eq!(epochs, cache(&[(2, 15), (3, 20)]));
        assert!(!epochs.truncate_from_start(Offset(10)));
        assert!(epochs.truncate_from_start(Offset(20)));
        assert_eq!(epochs, cache(&[(3, 20)]));
    }

    #[test]
    fn epoch_of_an_offset_is_the_last_one_that_began_before() {
        let epochs = cache(&[(1, 5), (2, 10)]);
        assert_eq!(epochs.epoch_of(Offset(4)), None);
        assert_eq!(epochs.epoch_of(Offset(9)), Some(LeaderEpoch(1)));
        assert_eq!(epochs.epoch_of(Offset(10)), Some(LeaderEpoch(2)));
    }
}

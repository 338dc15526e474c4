//! What the machine remembers of the log: ends, epochs, snapshots. The records are the driver's.
//!
//! It changes when the machine emits the output that changes the log, so both agree whenever the driver
//! has drained the outputs.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use kr_wire::ids::{LeaderEpoch, Offset};

use crate::config::Stored;
use crate::epochs::Epochs;

/// Identity of a snapshot (KIP-630): everything below `end` is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId {
    /// First offset not contained.
    pub end: Offset,
    /// Epoch of the record before `end`.
    pub epoch: LeaderEpoch,
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.end, self.epoch)
    }
}

/// A snapshot on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    /// Its identity.
    pub id: SnapshotId,
    /// Its size in bytes.
    pub size: i64,
}

/// Where an epoch ends: the first offset after its last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Exclusive.
    pub end: Offset,
}

/// Where a fetching replica stands relative to this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its log is a prefix of ours: records follow.
    Prefix,
    /// Its log differs from ours after this point at the latest.
    Diverged(EpochEnd),
    /// Ours begins after its end: only this snapshot helps.
    NeedsSnapshot(SnapshotId),
}

/// Ends, epochs and snapshots of the log.
#[derive(Clone, Debug)]
pub(crate) struct LogView {
    /// Log start offset.
    pub(crate) start: Offset,
    /// Log end offset.
    pub(crate) end: Offset,
    /// Everything below is on disk.
    pub(crate) flushed: Offset,
    epochs: Epochs,
    snapshots: BTreeMap<SnapshotId, i64>,
}

impl LogView {
    /// Takes over what is on disk.
    pub(crate) fn new(stored: &Stored) -> Self {
        Self {
            start: stored.log_start,
            end: stored.log_end.max(stored.log_start),
            flushed: stored.flushed.clamp(stored.log_start, stored.log_end.max(stored.log_start)),
            epochs: Epochs::new(&stored.epochs),
            snapshots: stored
                .snapshots
                .iter()
                .filter(|snapshot| snapshot.id.end >= stored.log_start && snapshot.id.end > Offset::ZERO)
                .map(|snapshot| (snapshot.id, snapshot.size))
                .collect(),
        }
    }

    /// Returns the epoch of the last record, that of the snapshot before an empty log, or 0.
    pub(crate) fn last_epoch(&self) -> LeaderEpoch {
        self.epochs.latest().or_else(|| self.snapshot_at_start().map(|id| id.epoch)).unwrap_or_default()
    }

    /// Whether a log that ends with this epoch and offset has all that this one has.
    pub(crate) fn is_covered_by(&self, last_epoch: LeaderEpoch, end: Offset) -> bool {
        (last_epoch, end) >= (self.last_epoch(), self.end)
    }

    /// Returns where an epoch ends here (Kafka: `KafkaMetadataLog.endOffsetForEpoch`).
    pub(crate) fn end_of_epoch(&self, epoch: LeaderEpoch) -> EpochEnd {
        match self.epochs.end_of(epoch, self.end) {
            None => EpochEnd { epoch: self.last_epoch(), end: self.end },
            Some(found) => match self.snapshot_at_start() {
                Some(id) if found.end == self.start => EpochEnd { epoch: id.epoch, end: found.end },
                _ => found,
            },
        }
    }

    /// Judges a fetch position (KIP-595 log reconciliation, KIP-630 when to fetch a snapshot).
    pub(crate) fn standing(&self, offset: Offset, last_epoch: LeaderEpoch) -> Standing {
        let latest = self.latest_snapshot();
        if let Some(latest) = latest
            && offset == Offset::ZERO
        {
            return Standing::NeedsSnapshot(latest);
        }
        if self.start == Offset::ZERO && offset == Offset::ZERO {
            return Standing::Prefix;
        }
        if let (Some(earliest), Some(latest)) = (self.snapshots.keys().next(), latest)
            && (offset < self.start
                || (offset == self.start && last_epoch != earliest.epoch)
                || last_epoch < earliest.epoch)
        {
            return Standing::NeedsSnapshot(latest);
        }
        let ours = self.end_of_epoch(last_epoch);
        if ours.epoch != last_epoch || ours.end < offset {
            Standing::Diverged(ours)
        } else {
            Standing::Prefix
        }
    }

    /// Returns where to cut this log when the leader's differs after `leader`
    /// (Kafka: `ReplicatedLog.truncateToEndOffset`).
    pub(crate) fn truncation_point(&self, leader: EpochEnd) -> Offset {
        if leader.epoch == LeaderEpoch(0) {
            return leader.end.min(self.end);
        }
        let ours = self.end_of_epoch(leader.epoch);
        if ours.epoch == leader.epoch { ours.end.min(leader.end) } else { ours.end }
    }

    /// Notes records of one epoch up to `end`.
    pub(crate) fn append(&mut self, epoch: LeaderEpoch, end: Offset) {
        self.epochs.assign(epoch, self.end);
        self.end = end;
    }

    /// Notes that records from `to` on are gone.
    pub(crate) fn truncate(&mut self, to: Offset) {
        self.end = to;
        self.flushed = self.flushed.min(to);
        self.epochs.truncate_end(to);
    }

    /// Whether the record before the snapshot's end is of the snapshot's epoch, so that all before it are
    /// the snapshot's too.
    pub(crate) fn agrees_with(&self, snapshot: SnapshotId) -> bool {
        match snapshot.end.cmp(&self.start) {
            Ordering::Less => true,
            Ordering::Equal => self.end == self.start || self.epochs.latest() >= Some(snapshot.epoch),
            Ordering::Greater => {
                snapshot.end <= self.end && self.epochs.at(snapshot.end - 1) == Some(snapshot.epoch)
            }
        }
    }

    /// Notes that the log was replaced by a snapshot that is known already.
    pub(crate) fn restart(&mut self, snapshot: SnapshotId) {
        self.start = snapshot.end;
        self.end = snapshot.end;
        self.flushed = snapshot.end;
        self.epochs.clear();
        self.snapshots.retain(|id, _| id.end >= snapshot.end);
    }

    /// Notes that the log was replaced by a snapshot.
    pub(crate) fn install(&mut self, snapshot: Snapshot) {
        self.restart(snapshot.id);
        self.snapshots.retain(|id, _| *id > snapshot.id);
        self.snapshots.insert(snapshot.id, snapshot.size);
    }

    /// Notes a snapshot of our own.
    pub(crate) fn add_snapshot(&mut self, snapshot: Snapshot) {
        self.snapshots.insert(snapshot.id, snapshot.size);
    }

    /// Notes that records and snapshots below `start` are gone.
    pub(crate) fn move_start(&mut self, start: Offset) {
        self.start = start.max(self.start).min(self.end);
        self.epochs.truncate_start(self.start);
        let start = self.start;
        self.snapshots.retain(|id, _| id.end >= start);
    }

    /// Returns the newest snapshot.
    pub(crate) fn latest_snapshot(&self) -> Option<SnapshotId> {
        self.snapshots.keys().next_back().copied()
    }

    /// Returns a snapshot's size in bytes.
    pub(crate) fn snapshot_size(&self, id: SnapshotId) -> Option<i64> {
        self.snapshots.get(&id).copied()
    }

    fn snapshot_at_start(&self) -> Option<SnapshotId> {
        self.snapshots.keys().find(|id| id.end == self.start).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(end: i64, epoch: i32) -> SnapshotId {
        SnapshotId { end: Offset(end), epoch: LeaderEpoch(epoch) }
    }

    fn log(start: i64, end: i64, epochs: &[(i32, i64)], snapshots: &[SnapshotId]) -> LogView {
        LogView::new(&Stored {
            log_start: Offset(start),
            log_end: Offset(end),
            flushed: Offset(end),
            epochs: epochs.iter().map(|(e, o)| (LeaderEpoch(*e), Offset(*o))).collect(),
            snapshots: snapshots.iter().map(|id| Snapshot { id: *id, size: 10 }).collect(),
            ..Stored::default()
        })
    }

    fn standing(log: &LogView, offset: i64, epoch: i32) -> Standing {
        log.standing(Offset(offset), LeaderEpoch(epoch))
    }

    fn diverged(epoch: i32, end: i64) -> Standing {
        Standing::Diverged(EpochEnd { epoch: LeaderEpoch(epoch), end: Offset(end) })
    }

    #[test]
    fn position_in_the_same_epoch_is_a_prefix() {
        let log = log(0, 20, &[(1, 0), (3, 10)], &[]);
        assert_eq!(standing(&log, 0, 0), Standing::Prefix);
        assert_eq!(standing(&log, 10, 1), Standing::Prefix);
        assert_eq!(standing(&log, 20, 3), Standing::Prefix);
    }

    #[test]
    fn position_beyond_its_epoch_diverges_at_the_epochs_end() {
        let log = log(0, 20, &[(1, 0), (3, 10)], &[]);
        assert_eq!(standing(&log, 12, 1), diverged(1, 10));
        assert_eq!(standing(&log, 21, 3), diverged(3, 20));
    }

    #[test]
    fn position_in_an_unknown_epoch_diverges_at_the_epoch_below() {
        assert_eq!(standing(&log(0, 20, &[(1, 0), (3, 10)], &[]), 12, 2), diverged(1, 10));
    }

    #[test]
    fn position_before_the_log_start_needs_the_latest_snapshot() {
        let log = log(10, 20, &[(1, 10), (3, 15)], &[id(10, 1), id(16, 3)]);
        assert_eq!(standing(&log, 9, 1), Standing::NeedsSnapshot(id(16, 3)));
        assert_eq!(standing(&log, 10, 0), Standing::NeedsSnapshot(id(16, 3)));
        assert_eq!(standing(&log, 0, 0), Standing::NeedsSnapshot(id(16, 3)));
        assert_eq!(standing(&log, 10, 1), Standing::Prefix);
        assert_eq!(standing(&log, 12, 1), Standing::Prefix);
    }

    #[test]
    fn epoch_older_than_all_snapshots_needs_a_snapshot() {
        let log = log(10, 20, &[(3, 10)], &[id(10, 2)]);
        assert_eq!(standing(&log, 14, 1), Standing::NeedsSnapshot(id(10, 2)));
    }

    #[test]
    fn empty_log_after_a_snapshot_ends_with_the_snapshots_epoch() {
        let mut log = log(0, 20, &[(1, 0)], &[]);
        log.install(Snapshot { id: id(50, 4), size: 10 });
        assert_eq!((log.last_epoch(), log.end), (LeaderEpoch(4), Offset(50)));
        assert_eq!(standing(&log, 50, 4), Standing::Prefix);
    }

    #[test]
    fn log_disagrees_with_a_snapshot_beyond_its_end_or_of_another_epoch() {
        let log = log(0, 20, &[(1, 0), (3, 10)], &[]);
        assert!(log.agrees_with(id(20, 3)) && log.agrees_with(id(10, 1)));
        assert!(!log.agrees_with(id(21, 3)));
        assert!(!log.agrees_with(id(15, 4)) && !log.agrees_with(id(10, 3)));
    }

    #[test]
    fn truncation_point_is_the_earlier_end_of_a_shared_epoch() {
        let log = log(0, 20, &[(1, 0), (2, 10)], &[]);
        let point =
            |epoch, end| log.truncation_point(EpochEnd { epoch: LeaderEpoch(epoch), end: Offset(end) });
        assert_eq!(point(2, 15), Offset(15));
        assert_eq!(point(2, 25), Offset(20));
        assert_eq!(point(1, 7), Offset(7));
        assert_eq!(point(0, 5), Offset(5));
    }

    #[test]
    fn truncation_point_without_the_leaders_epoch_is_the_end_of_the_epoch_below() {
        let log = log(0, 20, &[(1, 0), (4, 10)], &[]);
        assert_eq!(log.truncation_point(EpochEnd { epoch: LeaderEpoch(3), end: Offset(18) }), Offset(10));
    }
}

//! Leader epochs of the log and where each begins, and from them where two logs diverge.
//!
//! Mirrors the leader-epoch-checkpoint, which the log itself keeps on disk.

use kr_wire::ids::{LeaderEpoch, Offset};

use crate::log_view::EpochEnd;

/// Epochs with records, oldest first; epochs and start offsets both rise (Kafka: `LeaderEpochFileCache`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epochs {
    entries: Vec<(LeaderEpoch, Offset)>,
}

impl Epochs {
    /// Takes over what was stored, entry by entry, so that a damaged list still rises.
    pub(crate) fn new(stored: &[(LeaderEpoch, Offset)]) -> Self {
        let mut epochs = Self::default();
        for (epoch, start) in stored {
            epochs.assign(*epoch, *start);
        }
        epochs
    }

    /// Returns the epoch of the last record.
    pub(crate) fn latest(&self) -> Option<LeaderEpoch> {
        self.entries.last().map(|(epoch, _)| *epoch)
    }

    /// Returns the epoch of the record at an offset; `None` before the first.
    pub(crate) fn at(&self, offset: Offset) -> Option<LeaderEpoch> {
        let above = self.entries.partition_point(|(_, start)| *start <= offset);
        above.checked_sub(1).map(|at| self.entries[at].0)
    }

    /// Notes that `epoch` has a record at `start`; entries that contradict it go.
    pub(crate) fn assign(&mut self, epoch: LeaderEpoch, start: Offset) {
        if let Some((latest, latest_start)) = self.entries.last()
            && *latest == epoch
            && start >= *latest_start
        {
            return;
        }
        while self.entries.last().is_some_and(|(last, from)| *last >= epoch || *from >= start) {
            self.entries.pop();
        }
        self.entries.push((epoch, start));
    }

    /// Returns the largest epoch not above the asked one and where it ends; `None` above all epochs.
    ///
    /// Below all epochs the asked one is taken to end where the first begins.
    pub(crate) fn end_of(&self, epoch: LeaderEpoch, log_end: Offset) -> Option<EpochEnd> {
        let latest = self.latest()?;
        if epoch > latest {
            return None;
        }
        let above = self.entries.partition_point(|(entry, _)| *entry <= epoch);
        let end = self.entries.get(above).map_or(log_end, |(_, start)| *start);
        let epoch = above.checked_sub(1).map_or(epoch, |at| self.entries[at].0);
        Some(EpochEnd { epoch, end })
    }

    /// Forgets epochs that begin at `to` or later.
    pub(crate) fn truncate_end(&mut self, to: Offset) {
        self.entries.retain(|(_, start)| *start < to);
    }

    /// Forgets epochs that end before `from`; the one that contains it then begins there.
    pub(crate) fn truncate_start(&mut self, from: Offset) {
        let kept = self.entries.partition_point(|(_, start)| *start <= from);
        if let Some(last) = kept.checked_sub(1) {
            self.entries.drain(..last);
            self.entries[0].1 = from;
        }
    }

    /// Forgets everything: the log is empty.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(entries: &[(i32, i64)]) -> Epochs {
        Epochs::new(&entries.iter().map(|(e, o)| (LeaderEpoch(*e), Offset(*o))).collect::<Vec<_>>())
    }

    fn end_of(epochs: &Epochs, epoch: i32) -> Option<(i32, i64)> {
        epochs.end_of(LeaderEpoch(epoch), Offset(30)).map(|end| (end.epoch.0, end.end.0))
    }

    #[test]
    fn end_of_latest_epoch_is_the_log_end() {
        assert_eq!(end_of(&epochs(&[(1, 0), (4, 10)]), 4), Some((4, 30)));
    }

    #[test]
    fn end_of_missing_epoch_is_that_of_the_largest_below() {
        assert_eq!(end_of(&epochs(&[(1, 0), (4, 10)]), 3), Some((1, 10)));
    }

    #[test]
    fn end_of_epoch_below_all_is_the_first_start() {
        assert_eq!(end_of(&epochs(&[(4, 10)]), 2), Some((2, 10)));
    }

    #[test]
    fn end_of_epoch_above_all_is_unknown() {
        assert_eq!(end_of(&epochs(&[(4, 10)]), 5), None);
        assert_eq!(end_of(&Epochs::default(), 0), None);
    }

    #[test]
    fn assign_keeps_the_first_offset_of_an_epoch() {
        let mut cache = epochs(&[(1, 0)]);
        cache.assign(LeaderEpoch(1), Offset(5));
        assert_eq!(cache, epochs(&[(1, 0)]));
    }

    #[test]
    fn assign_removes_entries_that_contradict() {
        let mut cache = epochs(&[(1, 0), (2, 10), (3, 20)]);
        cache.assign(LeaderEpoch(2), Offset(5));
        assert_eq!(cache, epochs(&[(1, 0), (2, 5)]));
    }

    #[test]
    fn truncation_drops_epochs_on_either_side() {
        let mut cache = epochs(&[(1, 0), (2, 10), (3, 20)]);
        cache.truncate_end(Offset(20));
        assert_eq!(cache, epochs(&[(1, 0), (2, 10)]));
        cache.truncate_start(Offset(15));
        assert_eq!(cache, epochs(&[(2, 15)]));
    }
}

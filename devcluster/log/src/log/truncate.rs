//! Losing records: from the end when another leader has others, from the start when they were deleted.

use kr_wire::ids::Offset;

use super::Log;
use crate::error::LogError;
use crate::layout::FileKind;
use crate::segment::Segment;

impl Log {
    /// Drops everything from an offset on: whole batches, so that the log may end below the offset. An offset
    /// at or after the log end drops only epochs that begin there.
    ///
    /// **Durability:** the recovery point goes back; the node writes its checkpoint before anything is
    /// appended.
    pub fn truncate_to(&mut self, offset: Offset) -> Result<(), LogError> {
        if offset < self.first_segment_base() {
            return self.truncate_fully_and_start_at(offset);
        }
        let mut epochs_end = offset;
        if offset < self.end {
            self.forget_after_truncation(offset);
            let keep = self.segment_of(offset) + 1;
            if self.segments.len() > keep {
                // From the end, and for good before the cut: a crash must not leave a hole between segments.
                while self.segments.len() > keep {
                    self.remove_last_segment()?;
                }
                self.dir.sync()?;
            }
            let interval = self.config.index_interval_bytes;
            let active = self.segments.last_mut().expect("a log has at least one segment");
            // The next flush must reach the cut file even if another segment begins right here.
            self.recovery_point = self.recovery_point.min(active.base);
            active.truncate(&self.dir, offset, interval)?;
            self.end = active.next;
            self.start = self.start.min(self.end);
            self.drop_snapshots_above(self.end)?;
            self.rebuild_producers(self.end)?;
            epochs_end = self.end;
        }
        if self.epochs.truncate_from_end(epochs_end) {
            self.epochs_file.changed();
            self.save_epochs()?;
        }
        Ok(())
    }

    /// Drops everything and continues at an offset, which may be above or below what there was.
    ///
    /// **Durability:** as [`Log::truncate_to`].
    pub fn truncate_fully_and_start_at(&mut self, offset: Offset) -> Result<(), LogError> {
        self.make_dir()?;
        self.forget_after_truncation(offset);
        self.recovery_point = self.recovery_point.min(self.first_segment_base());
        while !self.segments.is_empty() {
            if let Err(error) = self.remove_last_segment() {
                // A log has a segment, whatever happens: this one was not removed.
                if self.segments.is_empty() {
                    self.segments.push(Segment::new(self.end, self.seen.wall_ms));
                }
                return Err(error);
            }
        }
        let gone = self.dir.sync();
        let mut segment = Segment::new(offset, self.seen.wall_ms);
        let created = gone.and_then(|()| segment.create(&self.dir)).and_then(|()| self.dir.sync());
        self.segments.push(segment);
        (self.start, self.end) = (offset, offset);
        self.recovery_point = offset;
        self.names += 1;
        self.drop_snapshots_above(Offset(-1))?;
        self.producers = Default::default();
        if self.epochs.clear() {
            self.epochs_file.changed();
        }
        created?;
        self.save_epochs()
    }

    /// Raises the log start offset, at most to the log end; never lowers it. Segments below go with the next
    /// [`Log::retain`].
    ///
    /// **Durability:** none; the node writes `log-start-offset-checkpoint`.
    pub fn advance_start(&mut self, offset: Offset) -> Result<(), LogError> {
        let offset = offset.min(self.end);
        if offset <= self.start {
            return Ok(());
        }
        self.start = offset;
        self.changed = true;
        if self.epochs.truncate_from_start(offset) {
            self.epochs_file.changed();
        }
        Ok(())
    }

    fn forget_after_truncation(&mut self, offset: Offset) {
        self.tail.clear();
        self.truncations += 1;
        self.changed = true;
        self.recovery_point = self.recovery_point.min(offset);
    }

    fn remove_last_segment(&mut self) -> Result<(), LogError> {
        let Some(last) = self.segments.last() else { return Ok(()) };
        // The batches first: index files without them are removed at load, batches without an index are
        // recovered.
        for kind in FileKind::OF_SEGMENT {
            self.dir.remove(&self.dir.file(last.base, kind))?;
        }
        self.segments.pop();
        self.names += 1;
        if let Some(last) = self.segments.last() {
            self.end = last.next;
        }
        Ok(())
    }

    /// Removes producer snapshots above an offset.
    pub(super) fn drop_snapshots_above(&mut self, offset: Offset) -> Result<(), LogError> {
        while let Some(newest) = self.snapshots.last().copied().filter(|newest| *newest > offset) {
            self.dir.remove(&self.dir.file(newest, FileKind::ProducerSnapshot))?;
            self.snapshots.pop();
            self.names += 1;
        }
        Ok(())
    }
}

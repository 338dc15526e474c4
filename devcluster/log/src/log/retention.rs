//! Deleting old segments: by age, by size, below the log start offset (KIP-107; Kafka: `deleteOldSegments`).

use kr_wire::ids::Offset;
use kr_wire::time::Now;

use super::{DeletedSegment, Doomed, Log};
use crate::error::{IoContext, LogError};
use crate::layout::{FileKind, Leftover};

impl Log {
    /// Takes out segments that are too old, too many bytes or below the log start offset, of records below
    /// the high watermark only; an active segment that goes is replaced by an empty one. Their files get the
    /// suffix `.deleted` and are removed after a delay. Removes the files of earlier calls, forgets idle
    /// producers.
    pub fn retain(&mut self, high_watermark: Offset, now: Now) -> Result<Vec<DeletedSegment>, LogError> {
        self.seen = now;
        self.reap(now)?;
        self.producers.forget_ended_below(high_watermark);
        self.producers.expire(now.wall_ms, self.config.producer_expiration);
        let count = self.deletable(high_watermark, now)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        if count == self.segments.len() {
            self.roll_to(self.end, now)?;
        }
        let mut deleted = Vec::with_capacity(count);
        for _ in 0..count {
            deleted.push(self.delete_first_segment(now)?);
        }
        self.advance_start(self.first_segment_base())?;
        self.drop_old_snapshots()?;
        Ok(deleted)
    }

    /// How many of the first segments may go.
    fn deletable(&self, high_watermark: Offset, now: Now) -> Result<usize, LogError> {
        let by_policy = self.config.cleanup.delete;
        let mut excess = match self.config.retention_bytes {
            Some(limit) if by_policy => self.size_bytes().saturating_sub(limit),
            _ => 0,
        };
        let mut count = 0;
        for (at, segment) in self.segments.iter().enumerate() {
            let next = self.segments.get(at + 1).map(|next| next.base);
            let end = next.unwrap_or(self.end);
            if end > high_watermark || (next.is_none() && segment.is_empty()) {
                break;
            }
            let below_start = next.is_some_and(|next| next <= self.start);
            let too_large = excess > 0 && excess >= segment.size();
            let may_go = below_start || too_large || (by_policy && self.is_too_old(at, now)?);
            if !may_go {
                break;
            }
            excess = excess.saturating_sub(segment.size());
            count += 1;
        }
        Ok(count)
    }

    fn is_too_old(&self, at: usize, now: Now) -> Result<bool, LogError> {
        let Some(limit) = self.config.retention_age else { return Ok(false) };
        Ok(self.segments[at].age(&self.dir, now.wall_ms)?.is_some_and(|age| age > limit))
    }

    fn delete_first_segment(&mut self, now: Now) -> Result<DeletedSegment, LogError> {
        let first = self.segments.first().expect("a log has at least one segment");
        let deleted = DeletedSegment { base_offset: first.base, bytes: first.size() };
        // The batches last: a crash in between leaves a segment that is recovered and deleted again.
        for kind in FileKind::OF_SEGMENT.into_iter().rev() {
            let path = self.dir.file(first.base, kind);
            if !self.dir.disk.exists(&path) {
                continue;
            }
            let mut name = path.clone().into_os_string();
            name.push(Leftover::Deleted.suffix());
            self.dir.disk.rename(&path, name.as_ref()).at("rename", &path)?;
            self.doomed.push(Doomed { at: now.mono + self.config.file_delete_delay, path: name.into() });
        }
        self.segments.remove(0);
        self.names += 1;
        self.changed = true;
        // The cache may hold its batches; they are below the log start offset from now on.
        Ok(deleted)
    }

    /// Removes producer snapshots below the first segment, but for the newest.
    fn drop_old_snapshots(&mut self) -> Result<(), LogError> {
        let first = self.first_segment_base();
        while self.snapshots.len() > 1 && self.snapshots[0] < first {
            self.dir.remove(&self.dir.file(self.snapshots[0], FileKind::ProducerSnapshot))?;
            self.snapshots.remove(0);
            self.names += 1;
        }
        Ok(())
    }

    /// Removes the files of deleted segments whose delay is over.
    pub fn reap(&mut self, now: Now) -> Result<(), LogError> {
        let (due, later) =
            std::mem::take(&mut self.doomed).into_iter().partition(|doomed| doomed.at <= now.mono);
        self.doomed = later;
        let due: Vec<Doomed> = due;
        due.iter().try_for_each(|doomed| self.dir.remove(&doomed.path))
    }
}

//! Reading: batches by offset, records by timestamp, aborted transactions.

use bytes::Bytes;
use kr_wire::batch::{Batch, Limit};
use kr_wire::ids::Offset;

use super::{AbortedTransaction, FoundTimestamp, Log};
use crate::error::{IoContext, LogError, ReadError};
use crate::layout::FileKind;
use crate::piece::Piece;
use crate::segment::Segment;
use crate::tail_cache::Span;

impl Log {
    /// Reads whole batches from the one that holds `from`, at most `max_bytes` of them; with `at_least_one`
    /// the first whatever its size. Batches that end above `below` are left out.
    ///
    /// Recent batches come from memory. What comes from disk is of one segment: there may be more.
    ///
    /// **Errors:** [`ReadError::OffsetOutOfRange`] unless `from` is in log start..=log end.
    pub fn read(
        &self,
        from: Offset,
        max_bytes: usize,
        at_least_one: bool,
        below: Offset,
    ) -> Result<Bytes, ReadError> {
        let piece = self.slice(Span { from, below, max_bytes, at_least_one }, usize::MAX)?;
        Ok(piece.into_bytes().at("read", &self.dir.path)?)
    }

    /// The same; batches on disk that make at least `in_file_from` bytes stay there: only for what will not be
    /// truncated before it is sent.
    ///
    /// **Errors:** as [`Log::read`]'s.
    pub fn slice(&self, span: Span, in_file_from: usize) -> Result<Piece, ReadError> {
        let Span { from, below, .. } = span;
        if from < self.start || from > self.end {
            return Err(ReadError::OffsetOutOfRange { from, start: self.start, end: self.end });
        }
        if from >= below.min(self.end) {
            return Ok(Piece::default());
        }
        if let Some(bytes) = self.tail.read(span) {
            return Ok(bytes.into());
        }
        for segment in &self.segments[self.segment_of(from)..] {
            if let Some(piece) = segment.slice(&self.dir, &span, in_file_from)? {
                return Ok(piece);
            }
        }
        Ok(Piece::default())
    }

    /// Finds the first record with this timestamp or a later one, below an offset (ListOffsets).
    pub fn offset_for_timestamp(
        &self,
        timestamp_ms: i64,
        below: Offset,
    ) -> Result<Option<FoundTimestamp>, LogError> {
        for segment in &self.segments[self.segment_of(self.start)..] {
            let Some((largest, _)) = segment.largest(&self.dir)? else { continue };
            if largest < timestamp_ms {
                continue;
            }
            let from = segment.before(&self.dir, timestamp_ms)?.max(self.start);
            let is_it = |timestamp: i64| timestamp >= timestamp_ms;
            if let Some(found) = self.first_record(segment, from, timestamp_ms, is_it)? {
                return Ok(Some(found).filter(|found| found.offset < below));
            }
        }
        Ok(None)
    }

    /// Finds the first record with the largest timestamp; `None` when it is not below an offset, or has no
    /// timestamp.
    pub fn max_timestamp_offset(&self, below: Offset) -> Result<Option<FoundTimestamp>, LogError> {
        let mut largest: Option<(i64, Offset, &Segment)> = None;
        for segment in &self.segments {
            if let Some((timestamp, offset)) = segment.largest(&self.dir)?
                && largest.is_none_or(|(found, ..)| timestamp > found)
            {
                largest = Some((timestamp, offset, segment));
            }
        }
        let Some((timestamp, offset, segment)) = largest.filter(|(timestamp, ..)| *timestamp >= 0) else {
            return Ok(None);
        };
        let found = self.first_record(segment, offset, timestamp, |found| found == timestamp)?;
        Ok(found.filter(|found| found.offset < below))
    }

    /// The first record of the log whose timestamp fits, in the batches of a segment from the one that holds
    /// `from`. Batches whose largest timestamp is below `at_least` are not looked into.
    fn first_record(
        &self,
        segment: &Segment,
        from: Offset,
        at_least: i64,
        fits: impl Fn(i64) -> bool,
    ) -> Result<Option<FoundTimestamp>, LogError> {
        let mut next = segment.find(&self.dir, from)?.map(|(position, _)| position);
        while let Some(position) = next {
            let found = segment.find_timestamp(&self.dir, position, at_least)?;
            let Some((position, header)) = found else { return Ok(None) };
            next = Some(position + header.size as u64);
            let bytes = segment.batch_at(&self.dir, position, &header)?;
            let corrupt = |error: kr_wire::batch::BatchError| {
                let path = self.dir.file(segment.base, FileKind::Log);
                LogError::corrupt(&path, format!("batch at offset {}: {error}", header.base_offset))
            };
            let batch = Batch::parse(&bytes).map_err(corrupt)?;
            let payload = batch.payload(Limit::default()).map_err(corrupt)?;
            for record in payload.records() {
                let record = record.map_err(corrupt)?;
                if fits(record.timestamp_ms) && record.offset >= self.start {
                    return Ok(Some(FoundTimestamp {
                        offset: record.offset,
                        timestamp_ms: record.timestamp_ms,
                        epoch: header.partition_leader_epoch,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// Aborted transactions with records in `from..to`, by their markers' offsets (READ_COMMITTED fetches).
    pub fn aborted_transactions(
        &self,
        from: Offset,
        to: Offset,
    ) -> Result<Vec<AbortedTransaction>, LogError> {
        let mut found = Vec::new();
        for segment in &self.segments[self.segment_of(from)..] {
            let all = segment.aborted(&self.dir)?;
            for aborted in &all[all.partition_point(|aborted| aborted.last_offset < from)..] {
                if aborted.first_offset < to {
                    found.push(*aborted);
                }
                // All transactions that were open below `to` have ended.
                if aborted.last_stable_offset >= to {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}

//! Finding and reading batches in a segment, by offset and by timestamp.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kr_wire::batch::{Batch, BatchHeader};
use kr_wire::ids::Offset;

use super::{Index, Segment, relative};
use crate::dir::Dir;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::index::{Moment, Sealed};
use crate::layout::FileKind;
use crate::piece::{FileRange, Piece};
use crate::scan::{self, Scan};
use crate::tail_cache::Span;

impl Segment {
    /// Finds the first batch that ends after an offset: its position and header.
    pub(crate) fn find(&self, dir: &Dir, offset: Offset) -> Result<Option<(u64, BatchHeader)>, LogError> {
        if self.is_empty() {
            return Ok(None);
        }
        let path = dir.file(self.base, FileKind::Log);
        let file = self.file(dir)?;
        let relative = relative(self.base, offset);
        let from = match &self.index {
            Index::Building(building) => building.position_of(relative),
            Index::Sealed(sealed) => {
                self.sealed_index(dir, sealed)?.position_of(relative).at("search the index of", &path)?
            }
        };
        let wanted = |header: &BatchHeader| header.next_offset() > offset;
        let found = search(file.as_ref(), &path, u64::from(from), self.size, wanted);
        match found {
            // The index does not lead to a batch: look without it.
            Err(LogError::Corrupt { .. }) if from > 0 => search(file.as_ref(), &path, 0, self.size, wanted),
            found => found,
        }
    }

    /// Finds the first batch with a timestamp at or above one, from a position on.
    pub(crate) fn find_timestamp(
        &self,
        dir: &Dir,
        from: u64,
        timestamp: i64,
    ) -> Result<Option<(u64, BatchHeader)>, LogError> {
        let path = dir.file(self.base, FileKind::Log);
        search(self.file(dir)?.as_ref(), &path, from, self.size, |header| header.max_timestamp >= timestamp)
    }

    /// Finds the batches of a span, as far as they are in this segment: where they are in the file. `None` when
    /// it has none at or after the span's start.
    fn locate(&self, dir: &Dir, span: &Span) -> Result<Option<Range<u64>>, LogError> {
        let Some((from, first)) = self.find(dir, span.from)? else { return Ok(None) };
        if first.next_offset() > span.below || (first.size > span.max_bytes && !span.at_least_one) {
            return Ok(Some(from..from));
        }
        let mut end = self.size;
        if span.below < self.next
            && let Some((position, _)) = self.find(dir, span.below)?
        {
            // The batch that holds it ends above it.
            end = position;
        }
        let reach = from.saturating_add(first.size.max(span.max_bytes) as u64);
        if reach < end {
            end = self.end_within(dir, from, reach)?;
        }
        Ok(Some(from..end))
    }

    /// End of the last batch that ends at or below a position; batches are looked at from another on.
    fn end_within(&self, dir: &Dir, from: u64, reach: u64) -> Result<u64, LogError> {
        let path = dir.file(self.base, FileKind::Log);
        let file = self.file(dir)?;
        let position = u32::try_from(reach).unwrap_or(u32::MAX);
        let near = match &self.index {
            Index::Building(building) => building.position_up_to(position),
            Index::Sealed(sealed) => {
                self.sealed_index(dir, sealed)?.position_up_to(position).at("search the index of", &path)?
            }
        };
        let walk = |start: u64| {
            let mut end = start;
            let beyond = |header: &BatchHeader| {
                let next = end + header.size as u64;
                let is_beyond = next > reach;
                if !is_beyond {
                    end = next;
                }
                is_beyond
            };
            search(file.as_ref(), &path, start, self.size, beyond).map(|_| end)
        };
        match walk(from.max(near.into())) {
            // The index does not lead to a batch: look without it.
            Err(LogError::Corrupt { .. }) if u64::from(near) > from => walk(from),
            end => end,
        }
    }

    /// The batches of a span, as far as they are in this segment; `None` when it has none at or after its
    /// start. Those of at least `in_file_from` bytes stay in the file.
    pub(crate) fn slice(
        &self,
        dir: &Dir,
        span: &Span,
        in_file_from: usize,
    ) -> Result<Option<Piece>, LogError> {
        let Some(Range { start, end }) = self.locate(dir, span)? else { return Ok(None) };
        let Ok(len) = usize::try_from(end - start) else { return Ok(None) };
        if len == 0 {
            return Ok(Some(Piece::default()));
        }
        let piece = Piece::File(FileRange::new(Arc::clone(self.file(dir)?), start, len));
        if len >= in_file_from {
            return Ok(Some(piece));
        }
        let bytes = piece.into_bytes().at("read", &dir.file(self.base, FileKind::Log))?;
        Ok(Some(bytes.into()))
    }

    /// Reads the batch at a position.
    pub(crate) fn batch_at(
        &self,
        dir: &Dir,
        position: u64,
        header: &BatchHeader,
    ) -> Result<Vec<u8>, LogError> {
        let mut bytes = vec![0; header.size];
        let path = dir.file(self.base, FileKind::Log);
        let read = self.file(dir)?.read_at(&mut bytes, position).at("read", &path)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Largest timestamp, with the last offset of the batch that has it.
    pub(crate) fn largest(&self, dir: &Dir) -> Result<Option<(i64, Offset)>, LogError> {
        let largest = match &self.index {
            Index::Building(building) => building.largest(),
            Index::Sealed(sealed) => {
                let path = dir.file(self.base, FileKind::TimeIndex);
                match self.sealed_index(dir, sealed)?.largest().at("read", &path)? {
                    None if !self.is_empty() => self.largest_of_batches(dir)?,
                    largest => largest,
                }
            }
        };
        Ok(largest.map(|largest| (largest.timestamp, self.base + i64::from(largest.relative))))
    }

    fn largest_of_batches(&self, dir: &Dir) -> Result<Option<Moment>, LogError> {
        let mut largest: Option<Moment> = None;
        self.for_each_header(dir, 0, |_, header| {
            if largest.is_none_or(|largest| header.max_timestamp > largest.timestamp) {
                let relative = relative(self.base, header.last_offset());
                largest = Some(Moment { timestamp: header.max_timestamp, relative });
            }
        })?;
        Ok(largest)
    }

    /// Offset from which to look for a record with this timestamp or a later one.
    pub(crate) fn before(&self, dir: &Dir, timestamp: i64) -> Result<Offset, LogError> {
        let relative = match &self.index {
            Index::Building(building) => building.before(timestamp),
            Index::Sealed(sealed) => {
                let path = dir.file(self.base, FileKind::TimeIndex);
                self.sealed_index(dir, sealed)?.before(timestamp).at("search", &path)?
            }
        };
        Ok(self.base + i64::from(relative))
    }

    /// Calls for each batch from a position on, with its position. Ends at the first that is not whole and
    /// sound.
    pub(crate) fn for_each_header(
        &self,
        dir: &Dir,
        from: u64,
        mut visit: impl FnMut(u64, &BatchHeader),
    ) -> Result<u64, LogError> {
        if self.is_empty() {
            return Ok(0);
        }
        let path = dir.file(self.base, FileKind::Log);
        let mut scan = Scan::new(self.file(dir)?.as_ref(), &path, from, self.size, scan::HEADERS);
        while let Some(Ok(header)) = scan.header()? {
            visit(scan.position(), &header);
            scan.pass(&header);
        }
        Ok(scan.position())
    }

    /// Calls for each batch of a producer that ends after an offset. Ends at the first that is not whole and
    /// sound.
    pub(crate) fn for_each_producer_batch(
        &self,
        dir: &Dir,
        from: Offset,
        mut visit: impl FnMut(&Batch<'_>),
    ) -> Result<(), LogError> {
        let Some((position, _)) = self.find(dir, from)? else { return Ok(()) };
        let path = dir.file(self.base, FileKind::Log);
        let mut scan = Scan::new(self.file(dir)?.as_ref(), &path, position, self.size, scan::HEADERS);
        while let Some(Ok(header)) = scan.header()? {
            if header.producer_id.is_some()
                && let Some(Ok(batch)) = scan.batch()?
            {
                visit(&batch);
            }
            scan.pass(&header);
        }
        Ok(())
    }
    fn sealed_index<'a>(&self, dir: &Dir, cell: &'a OnceLock<Sealed>) -> Result<&'a Sealed, LogError> {
        if let Some(sealed) = cell.get() {
            return Ok(sealed);
        }
        let path = dir.file(self.base, FileKind::OffsetIndex);
        let places = dir.open(self.base, FileKind::OffsetIndex, false)?;
        let moments = dir.open(self.base, FileKind::TimeIndex, false)?;
        let sealed = Sealed::new(places, moments).at("open", &path)?;
        Ok(cell.get_or_init(|| sealed))
    }
    /// Age of the newest record; `None` while there is none.
    pub(crate) fn age(&self, dir: &Dir, now_ms: i64) -> Result<Option<Duration>, LogError> {
        Ok(self.largest(dir)?.map(|(timestamp, _)| {
            // Without a timestamp the segment counts from its loading.
            let from = if timestamp >= 0 { timestamp } else { self.created_ms };
            Duration::from_millis(u64::try_from(now_ms.saturating_sub(from)).unwrap_or(0))
        }))
    }
}

/// Finds the first batch from a position on whose header fits.
fn search(
    file: &dyn DiskFile,
    path: &Path,
    from: u64,
    end: u64,
    mut wanted: impl FnMut(&BatchHeader) -> bool,
) -> Result<Option<(u64, BatchHeader)>, LogError> {
    let mut scan = Scan::new(file, path, from, end, scan::HEADERS);
    while let Some(header) = scan.header()? {
        let header = header
            .map_err(|error| LogError::corrupt(path, format!("at position {}: {error}", scan.position())))?;
        if wanted(&header) {
            return Ok(Some((scan.position(), header)));
        }
        scan.pass(&header);
    }
    Ok(None)
}

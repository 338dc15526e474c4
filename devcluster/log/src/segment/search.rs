//! Finding and reading batches in a segment, by offset and by timestamp.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchHeader};
use kr_wire::ids::Offset;

use super::{Index, Segment, relative};
use crate::dir::Dir;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::index::{Moment, Sealed};
use crate::layout::FileKind;
use crate::scan::{self, Scan};
use crate::tail_cache::{Span, select};

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

    /// Reads the batches of a span, as far as they are in this segment; `None` when it has none at or after
    /// its start.
    pub(crate) fn read(&self, dir: &Dir, span: &Span) -> Result<Option<Bytes>, LogError> {
        let Some((position, first)) = self.find(dir, span.from)? else { return Ok(None) };
        if first.next_offset() > span.below || (first.size > span.max_bytes && !span.at_least_one) {
            return Ok(Some(Bytes::new()));
        }
        let left = usize::try_from(self.size - position).unwrap_or(usize::MAX);
        let mut buffer = vec![0; span.max_bytes.max(first.size).min(left)];
        let path = dir.file(self.base, FileKind::Log);
        let read = self.file(dir)?.read_at(&mut buffer, position).at("read", &path)?;
        buffer.truncate(read);
        let (start, end, _) = select(&buffer, span);
        Ok(Some(Bytes::from(buffer).slice(start..end)))
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
    wanted: impl Fn(&BatchHeader) -> bool,
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

//! One segment: a file of batches, its indexes, its aborted transactions.
//!
//! What a batch means to the log (epochs, producers) is not known here.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchHeader};
use kr_wire::ids::Offset;

use crate::config::LogConfig;
use crate::dir::Dir;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::index::{Building, Moment, Noted, Sealed, transaction};
use crate::layout::FileKind;
use crate::log::AbortedTransaction;
use crate::scan::{self, Scan};
use crate::tail_cache::{Span, select};

/// A run of batches from a base offset on.
#[derive(Debug)]
pub(crate) struct Segment {
    pub base: Offset,
    /// Offset after the last batch; of a sealed segment the base of the next one.
    pub next: Offset,
    /// Bytes of whole batches in the file.
    size: u64,
    /// Opened when needed; made by the first append.
    file: OnceLock<Arc<dyn DiskFile>>,
    /// Whether the file may hold bytes beyond `size`, after a write that failed.
    torn: bool,
    index: Index,
    /// Aborted transactions, read when needed.
    aborted: OnceLock<Vec<AbortedTransaction>>,
    /// Max timestamp of the first batch: the segment's age counts from it.
    first_timestamp: Option<i64>,
    created_ms: i64,
}

#[derive(Debug)]
enum Index {
    Building(Building),
    /// Opened when needed.
    Sealed(OnceLock<Sealed>),
}

/// A batch that is about to be appended, or was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub last_offset: Offset,
    pub bytes: u64,
    pub max_timestamp: i64,
}

impl Placed {
    pub(crate) fn of(header: &BatchHeader) -> Self {
        Self {
            last_offset: header.last_offset(),
            bytes: header.size as u64,
            max_timestamp: header.max_timestamp,
        }
    }
}

/// A file's valid part after recovery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub valid: u64,
    pub file: u64,
}

impl Segment {
    /// An empty segment without files.
    pub(crate) fn new(base: Offset, created_ms: i64) -> Self {
        Self {
            base,
            next: base,
            size: 0,
            file: OnceLock::new(),
            torn: false,
            index: Index::Building(Building::default()),
            aborted: OnceLock::from(Vec::new()),
            first_timestamp: None,
            created_ms,
        }
    }

    /// A segment whose files are complete.
    pub(crate) fn sealed(base: Offset, next: Offset, size: u64, created_ms: i64) -> Self {
        Self {
            next,
            size,
            index: Index::Sealed(OnceLock::new()),
            aborted: OnceLock::new(),
            ..Self::new(base, created_ms)
        }
    }

    /// Bytes of its batches.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.index, Index::Sealed(_))
    }

    /// The file of batches, which exists.
    pub(crate) fn file(&self, dir: &Dir) -> Result<&Arc<dyn DiskFile>, LogError> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = dir.open(self.base, FileKind::Log, false)?;
        Ok(self.file.get_or_init(|| file))
    }

    /// Makes the file if there is none.
    pub(crate) fn create(&mut self, dir: &Dir) -> Result<(), LogError> {
        if self.file.get().is_none() {
            let file = dir.open(self.base, FileKind::Log, true)?;
            self.file.get_or_init(|| file);
        }
        Ok(())
    }

    /// Whether a batch must go to a new segment.
    pub(crate) fn is_full_for(&self, batch: Placed, config: &LogConfig, now_ms: i64) -> bool {
        if self.is_empty() {
            // A new segment would not help, unless the offset is out of this one's reach.
            return !self.reaches(batch.last_offset);
        }
        let age_ms = match self.first_timestamp {
            Some(first) if first >= 0 => batch.max_timestamp.saturating_sub(first),
            _ => now_ms.saturating_sub(self.created_ms),
        };
        let max_age_ms = i64::try_from(config.segment_age.as_millis()).unwrap_or(i64::MAX);
        let index_is_full = match &self.index {
            Index::Building(building) => building.is_full(config.index_max_bytes),
            Index::Sealed(_) => true,
        };
        self.size + batch.bytes > u64::from(config.segment_bytes)
            || age_ms > max_age_ms
            || index_is_full
            || !self.reaches(batch.last_offset)
    }

    /// Whether a run of batches, its bytes summed up, fits in one write; the first of it was found to fit.
    pub(crate) fn takes_run(&self, run: Placed, config: &LogConfig) -> bool {
        self.size + run.bytes <= u64::from(config.segment_bytes) && self.reaches(run.last_offset)
    }

    fn reaches(&self, offset: Offset) -> bool {
        (0..=i64::from(i32::MAX)).contains(&(offset - self.base))
    }

    /// Appends whole batches: one write, then the indexes.
    ///
    /// After an error the segment is as before; what the file holds beyond is cut off before the next append.
    pub(crate) fn append(
        &mut self,
        dir: &Dir,
        bytes: &[u8],
        batches: impl Iterator<Item = Placed>,
        interval_bytes: u32,
    ) -> Result<(), LogError> {
        self.create(dir)?;
        self.mend(dir)?;
        let written = self.file(dir)?.write_at(bytes, self.size);
        if let Err(error) = written {
            self.torn = true;
            return Err(error).at("append to", &dir.file(self.base, FileKind::Log));
        }
        for batch in batches {
            self.note(batch, interval_bytes);
        }
        Ok(())
    }

    /// Cuts off what a failed write left behind.
    pub(crate) fn mend(&mut self, dir: &Dir) -> Result<(), LogError> {
        if self.torn {
            self.file(dir)?.set_len(self.size).at("cut", &dir.file(self.base, FileKind::Log))?;
            self.torn = false;
        }
        Ok(())
    }

    fn note(&mut self, batch: Placed, interval_bytes: u32) {
        let relative = relative(self.base, batch.last_offset);
        if let Index::Building(building) = &mut self.index {
            let noted = Noted {
                position: self.size,
                bytes: batch.bytes,
                relative,
                max_timestamp: batch.max_timestamp,
            };
            building.note(noted, interval_bytes);
        }
        if self.is_empty() {
            self.first_timestamp = Some(batch.max_timestamp);
        }
        self.size += batch.bytes;
        self.next = batch.last_offset + 1;
    }

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

    /// Reads the batches of a span, as far as they are in this segment; `None` when it has none at or after its start.
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

    /// Calls for each batch from a position on, with its position. Ends at the first that is not whole and sound.
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

    /// Calls for each batch of a producer that ends after an offset. Ends at the first that is not whole and sound.
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

    /// Offset after the last batch of a file that holds a segment.
    pub(crate) fn end_of(
        file: &dyn DiskFile,
        path: &Path,
        base: Offset,
        size: u64,
    ) -> Result<Offset, LogError> {
        let mut scan = Scan::new(file, path, 0, size, scan::HEADERS);
        let mut end = base;
        while let Some(Ok(header)) = scan.header()? {
            end = header.next_offset();
            scan.pass(&header);
        }
        Ok(end)
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

    /// Aborted transactions whose markers are in this segment, sorted by their markers.
    pub(crate) fn aborted(&self, dir: &Dir) -> Result<&[AbortedTransaction], LogError> {
        if let Some(aborted) = self.aborted.get() {
            return Ok(aborted);
        }
        let aborted = match dir.read(self.base, FileKind::TransactionIndex)? {
            None => Vec::new(),
            Some(bytes) => transaction::decode(&bytes).ok_or_else(|| {
                LogError::corrupt(
                    &dir.file(self.base, FileKind::TransactionIndex),
                    "it has an unknown layout",
                )
            })?,
        };
        Ok(self.aborted.get_or_init(|| aborted))
    }

    /// Adds an aborted transaction; it gets into its file with the other indexes.
    pub(crate) fn push_aborted(&mut self, dir: &Dir, entry: AbortedTransaction) -> Result<(), LogError> {
        self.aborted(dir)?;
        if let Some(aborted) = self.aborted.get_mut() {
            aborted.push(entry);
        }
        Ok(())
    }

    /// Completes the index files; nothing is appended to the segment from now on.
    pub(crate) fn seal(&mut self, dir: &Dir) -> Result<(), LogError> {
        self.mend(dir)?;
        self.write_indexes(dir)?;
        self.index = Index::Sealed(OnceLock::new());
        Ok(())
    }

    /// Writes the index files as they would be if the segment were sealed.
    pub(crate) fn write_indexes(&mut self, dir: &Dir) -> Result<(), LogError> {
        if let Index::Building(building) = &mut self.index {
            let (places, moments) = building.finish();
            dir.put(self.base, FileKind::OffsetIndex, &places)?;
            dir.put(self.base, FileKind::TimeIndex, &moments)?;
        }
        // Not read means not changed.
        match self.aborted.get().map(Vec::as_slice) {
            None => Ok(()),
            Some([]) => dir.remove(&dir.file(self.base, FileKind::TransactionIndex)),
            Some(aborted) => {
                let content: Vec<u8> = aborted.iter().flat_map(transaction::encode).collect();
                dir.put(self.base, FileKind::TransactionIndex, &content)
            }
        }
    }

    /// Opens a segment that is to be appended to, trusting its index files; returns how much of the file is valid.
    pub(crate) fn load(
        dir: &Dir,
        base: Offset,
        file_size: u64,
        interval_bytes: u32,
        now_ms: i64,
    ) -> Result<(Self, Extent), LogError> {
        let mut segment = Self::sealed(base, base, file_size, now_ms);
        segment.unseal(dir, interval_bytes)?;
        let extent = Extent { valid: segment.size, file: file_size };
        Ok((segment, extent))
    }

    /// Reads the index files back, to append again.
    pub(crate) fn unseal(&mut self, dir: &Dir, interval_bytes: u32) -> Result<(), LogError> {
        if !self.is_sealed() {
            return Ok(());
        }
        let places = dir.read(self.base, FileKind::OffsetIndex)?.unwrap_or_default();
        let moments = dir.read(self.base, FileKind::TimeIndex)?.unwrap_or_default();
        let mut building = Building::parse(&places, &moments);
        let leads_out = building.last_place().is_some_and(|place| u64::from(place.position) >= self.size);
        if leads_out {
            building = Building::default();
        }
        self.index = Index::Building(building);
        self.renote(dir, interval_bytes)
    }

    /// Notes again the batches from the last entry of the index on. Sets size and next offset by what is found.
    fn renote(&mut self, dir: &Dir, interval_bytes: u32) -> Result<(), LogError> {
        let Index::Building(building) = &self.index else { return Ok(()) };
        let from = building.last_place().map_or(0, |place| u64::from(place.position));
        let mut headers = Vec::new();
        self.for_each_header(dir, from, |_, header| headers.push(Placed::of(header)))?;
        self.first_timestamp = None;
        if from > 0 {
            self.first_timestamp = self.find(dir, self.base)?.map(|(_, header)| header.max_timestamp);
        }
        self.next = self.base;
        self.size = from;
        for placed in headers {
            self.note(placed, interval_bytes);
        }
        Ok(())
    }

    /// Cuts off everything from the batch that holds `offset` on.
    pub(crate) fn truncate(
        &mut self,
        dir: &Dir,
        offset: Offset,
        interval_bytes: u32,
    ) -> Result<(), LogError> {
        self.unseal(dir, interval_bytes)?;
        if let Some((position, header)) = self.find(dir, offset)? {
            self.aborted(dir)?;
            if let Some(aborted) = self.aborted.get_mut() {
                aborted.retain(|entry| entry.last_offset < header.base_offset);
            }
            self.cut(dir, position)?;
            if let Index::Building(building) = &mut self.index {
                building.truncate(relative(self.base, header.base_offset), position);
            }
            self.renote(dir, interval_bytes)?;
        }
        Ok(())
    }

    /// Cuts the file.
    pub(crate) fn cut(&mut self, dir: &Dir, size: u64) -> Result<(), LogError> {
        self.file(dir)?.set_len(size).at("cut", &dir.file(self.base, FileKind::Log))?;
        self.size = size;
        self.torn = false;
        Ok(())
    }

    /// Checks every batch of a file, rebuilds the indexes and forgets the transaction index, which `visit` renews.
    /// Ends at the first batch that is not sound or that `visit` refuses; the file is not cut.
    pub(crate) fn recover(
        dir: &Dir,
        base: Offset,
        file_size: u64,
        interval_bytes: u32,
        now_ms: i64,
        mut visit: impl FnMut(&mut Self, &Batch<'_>) -> Result<bool, LogError>,
    ) -> Result<(Self, Extent), LogError> {
        let mut segment = Self::new(base, now_ms);
        dir.remove(&dir.file(base, FileKind::TransactionIndex))?;
        let path = dir.file(base, FileKind::Log);
        let file = Arc::clone(segment.file(dir)?);
        let mut scan = Scan::new(file.as_ref(), &path, 0, file_size, scan::ALL);
        while let Some(Ok(batch)) = scan.batch()? {
            let header = batch.header;
            let in_order = header.base_offset >= segment.next && segment.reaches(header.last_offset());
            if !in_order || batch.verify_crc().is_err() || !visit(&mut segment, &batch)? {
                break;
            }
            segment.note(Placed::of(&header), interval_bytes);
            scan.pass(&header);
        }
        let extent = Extent { valid: scan.position(), file: file_size };
        Ok((segment, extent))
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

/// An offset as an index entry has it. Offsets below the base are at 0, those out of reach at the end.
fn relative(base: Offset, offset: Offset) -> u32 {
    u32::try_from((offset - base).max(0)).unwrap_or(u32::MAX)
}

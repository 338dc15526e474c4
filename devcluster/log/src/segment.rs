//! One segment: a file of batches, its indexes, its aborted transactions.
//!
//! What a batch means to the log (epochs, producers) is not known here.

mod rebuild;
mod search;

use std::sync::{Arc, OnceLock};

use kr_wire::batch::BatchHeader;
use kr_wire::ids::Offset;

use crate::config::LogConfig;
use crate::dir::Dir;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::index::{Building, Noted, Sealed, transaction};
use crate::layout::FileKind;
use crate::log::AbortedTransaction;

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
}

/// An offset as an index entry has it. Offsets below the base are at 0, those out of reach at the end.
fn relative(base: Offset, offset: Offset) -> u32 {
    u32::try_from((offset - base).max(0)).unwrap_or(u32::MAX)
}

//! A metadata log on disk: the segments of a `__cluster_metadata-0` directory, or a checkpoint.
//!
//! Files are read whole, one at a time; every batch's checksum is verified. A log that begins with a snapshot gives
//! the newest snapshot and what comes after it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kr_metadata::snapshot::{Snapshot, SnapshotError};
use kr_wire::batch::{BatchError, Batches};
use kr_wire::compression::Limit;
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::primitives::DecodeError;

/// Ending of the name of a segment.
const SEGMENT: &str = ".log";
/// Ending of the name of a checkpoint.
const CHECKPOINT: &str = ".checkpoint";
/// Digits of an offset in a name.
const OFFSET_DIGITS: usize = 20;

/// Why a metadata log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataLogError {
    /// A file or the directory cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is neither a segment nor a checkpoint.
    #[error("{} holds no metadata log and no checkpoint", path.display())]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
    /// A checkpoint is damaged.
    #[error("cannot read checkpoint {}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SnapshotError,
    },
    /// A batch is damaged.
    #[error("cannot read the batch at byte {at} of {}", path.display())]
    Batch {
        /// The file.
        path: PathBuf,
        /// Where the batch begins.
        at: usize,
        /// What is wrong with it.
        source: BatchError,
    },
    /// A record is malformed.
    #[error("cannot read the record at offset {offset} of {}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The record's offset.
        offset: Offset,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// Records between two files are missing.
    #[error("the records from offset {end} to {start} are missing before {}", path.display())]
    Gap {
        /// Where the file before ends.
        end: Offset,
        /// Where this file begins.
        start: Offset,
        /// The file.
        path: PathBuf,
    },
}

/// A batch of the log that holds records of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct LogBatch {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Epoch of the leader that appended it.
    pub epoch: Option<LeaderEpoch>,
    /// When it was appended, milliseconds since 1970.
    pub appended_ms: i64,
    /// Its records.
    pub records: Vec<MetadataRecord>,
}

/// What a metadata log holds; control records are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataLog {
    /// The newest snapshot, and the offset it stands for (exclusive).
    pub snapshot: Option<(Offset, Vec<MetadataRecord>)>,
    /// The batches behind the snapshot, in order.
    pub batches: Vec<LogBatch>,
    /// The end: one more than the last offset.
    pub end: Offset,
}

impl MetadataLog {
    /// Reads a directory with segments and checkpoints, or one checkpoint.
    ///
    /// # Errors
    /// Files that cannot be read or are damaged, a gap between them. A torn last batch is no error.
    pub fn open(path: &Path) -> Result<Self, MetadataLogError> {
        if !path.is_dir() {
            let end = offset_of(path).unwrap_or_default();
            let snapshot = Some((end, checkpoint(path)?));
            return Ok(Self { snapshot, batches: Vec::new(), end });
        }
        let io = |source| MetadataLogError::Io { path: path.to_owned(), source };
        let (mut segments, mut checkpoints) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(path).map_err(io)? {
            let file = entry.map_err(io)?.path();
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let (segment, snapshot) = (name.ends_with(SEGMENT), name.ends_with(CHECKPOINT));
            match offset_of(&file) {
                Some(offset) if segment => segments.push((offset, file)),
                Some(offset) if snapshot => checkpoints.push((offset, file)),
                _ => {}
            }
        }
        segments.sort();
        checkpoints.sort();
        let mut log = Self::default();
        if let Some((end, file)) = checkpoints.last() {
            log.snapshot = Some((*end, checkpoint(file)?));
            log.end = *end;
        } else if segments.is_empty() {
            return Err(MetadataLogError::Nothing { path: path.to_owned() });
        }
        for (_, file) in &segments {
            log.read_segment(file)?;
        }
        Ok(log)
    }

    /// The records of the snapshot and of the batches up to an offset (exclusive), in order.
    pub fn records_until(&self, end: Offset) -> impl Iterator<Item = &MetadataRecord> {
        let snapshot = self.snapshot.iter().flat_map(|(_, records)| records);
        let batches = self.batches.iter().flat_map(move |batch| {
            let offsets = (batch.base_offset.0..).take_while(move |offset| *offset < end.0);
            batch.records.iter().zip(offsets).map(|(record, _)| record)
        });
        snapshot.chain(batches)
    }

    fn read_segment(&mut self, path: &Path) -> Result<(), MetadataLogError> {
        let bytes = read(path)?;
        let mut batches = Batches::new(&bytes);
        loop {
            let at = batches.position();
            let Some(batch) = batches.next() else { return Ok(()) };
            let broken = |source| MetadataLogError::Batch { path: path.to_owned(), at, source };
            let batch = batch.map_err(broken)?;
            let header = &batch.header;
            if header.next_offset() <= self.end {
                continue;
            }
            if header.base_offset > self.end {
                let (end, start) = (self.end, header.base_offset);
                return Err(MetadataLogError::Gap { end, start, path: path.to_owned() });
            }
            batch.verify_crc().map_err(broken)?;
            self.end = header.next_offset();
            if header.attributes.is_control() {
                continue;
            }
            let payload = batch.payload(Limit::default()).map_err(broken)?;
            let mut records = Vec::new();
            for record in payload.records() {
                let record = record.map_err(broken)?;
                let offset = record.offset;
                let malformed = |source| MetadataLogError::Record { path: path.to_owned(), offset, source };
                let value = record.value.unwrap_or_default();
                records.push(MetadataRecord::decode(value).map_err(malformed)?.0);
            }
            self.batches.push(LogBatch {
                base_offset: header.base_offset,
                epoch: header.partition_leader_epoch,
                appended_ms: header.max_timestamp,
                records,
            });
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, MetadataLogError> {
    fs::read(path).map_err(|source| MetadataLogError::Io { path: path.to_owned(), source })
}

fn checkpoint(path: &Path) -> Result<Vec<MetadataRecord>, MetadataLogError> {
    let snapshot = Snapshot::read(&read(path)?);
    Ok(snapshot.map_err(|source| MetadataLogError::Checkpoint { path: path.to_owned(), source })?.records)
}

/// The offset that a file's name begins with.
fn offset_of(path: &Path) -> Option<Offset> {
    let digits = path.file_name()?.to_str()?.get(..OFFSET_DIGITS)?;
    digits.parse().ok().map(Offset)
}

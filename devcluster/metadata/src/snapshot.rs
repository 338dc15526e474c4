//! A metadata snapshot as bytes: what `<end offset>-<epoch>.checkpoint` and `bootstrap.checkpoint` hold.
//!
//! ```text
//! [control batch: SNAPSHOT_HEADER] [data batches: the image's records] [control batch: SNAPSHOT_FOOTER]
//! ```
//! Offsets count from 0 inside the file, whatever the snapshot's own end offset. Names of files, when to write
//! one, and putting it on disk are the node's.

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchBuilder, BatchError, Batches};
use kr_wire::compression::Limit;
use kr_wire::control::{ControlRecord, SnapshotFooter, SnapshotHeader, control_batch};
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::metadata_records::{FeatureLevelRecord, MetadataRecord};
use kr_wire::primitives::DecodeError;

use crate::features::{METADATA_VERSION, MIN_METADATA_VERSION};
use crate::image::{Image, ReplayError};

/// Most records in one batch of a snapshot.
const BATCH_RECORDS: i32 = 1024;
/// Size at which a batch is closed; a reader takes up to 8 MiB.
const BATCH_BYTES: usize = 1 << 20;

/// Why a snapshot cannot be read. The disk's fault, or the peer's that sent it.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A batch is malformed or damaged.
    #[error("batch {index} of the snapshot cannot be read")]
    Batch {
        /// Number of the batch in the file, from 0.
        index: usize,
        /// What is wrong with it.
        source: BatchError,
    },
    /// A record is malformed.
    #[error("record {offset} of the snapshot cannot be read")]
    Record {
        /// Its offset in the file.
        offset: Offset,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// A record has no value.
    #[error("record {offset} of the snapshot has no value")]
    Empty {
        /// Its offset in the file.
        offset: Offset,
    },
    /// The file does not begin with a header, or does not end with a footer.
    #[error("the snapshot has no {0}")]
    Incomplete(&'static str),
    /// The records contradict each other.
    #[error("the snapshot contradicts itself")]
    Replay(#[from] ReplayError),
}

/// Lays out a snapshot of the records, which must come in the order of [`Image::records`].
///
/// `last_contained_ms` is the append time of the last batch that the snapshot stands for, 0 in a bootstrap
/// checkpoint, in milliseconds since 1970; the batches carry it too.
pub fn write(records: &[MetadataRecord], epoch: LeaderEpoch, last_contained_ms: i64) -> Vec<u8> {
    let version = metadata_version(records);
    let header =
        ControlRecord::SnapshotHeader(SnapshotHeader { last_contained_log_timestamp: last_contained_ms });
    let mut out = control_batch(Offset::ZERO, epoch, last_contained_ms, &[header]).to_vec();
    let mut batch = BatchBuilder::new(Offset(1)).leader_epoch(epoch);
    for record in records {
        let value = record.encode(record.version_for(version));
        let full = batch.count() == BATCH_RECORDS || batch.size() + value.len() > BATCH_BYTES;
        if full && !batch.is_empty() {
            let next = BatchBuilder::new(batch.next_offset()).leader_epoch(epoch);
            out.extend_from_slice(&std::mem::replace(&mut batch, next).build());
        }
        batch.push(last_contained_ms, None, Some(&value), &[]);
    }
    let end = batch.next_offset();
    if !batch.is_empty() {
        out.extend_from_slice(&batch.build());
    }
    let footer = ControlRecord::SnapshotFooter(SnapshotFooter {});
    out.extend_from_slice(&control_batch(end, epoch, last_contained_ms, &[footer]));
    out
}

/// The `metadata.version` that a list of records starts with.
fn metadata_version(records: &[MetadataRecord]) -> i16 {
    let level = |record: &MetadataRecord| match record {
        MetadataRecord::FeatureLevel(FeatureLevelRecord { name, feature_level })
            if name == METADATA_VERSION =>
        {
            Some(*feature_level)
        }
        _ => None,
    };
    records.iter().find_map(level).unwrap_or(MIN_METADATA_VERSION)
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The image's records.
    pub records: Vec<MetadataRecord>,
    /// Control records between header and footer: `kraft.version` and voters of a dynamic quorum.
    pub control: Vec<ControlRecord>,
    /// Append time of the last batch that the snapshot stands for, milliseconds since 1970.
    pub last_contained_ms: i64,
}

impl Snapshot {
    /// Reads all of a snapshot, checking every batch.
    ///
    /// # Errors
    /// A damaged or malformed batch or record, a missing header or footer.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut snapshot = Self::default();
        let mut complete = false;
        let mut batches = Batches::new(bytes);
        for (index, batch) in (&mut batches).enumerate() {
            if complete {
                return Err(SnapshotError::Incomplete("footer at its end"));
            }
            complete = batch
                .and_then(|batch| batch.verify_crc().map(|()| batch))
                .map_err(|source| SnapshotError::Batch { index, source })
                .and_then(|batch| snapshot.take(index, &batch))?;
        }
        if !complete || batches.position() != bytes.len() {
            return Err(SnapshotError::Incomplete("footer"));
        }
        Ok(snapshot)
    }

    /// Takes a batch; says whether it was the footer.
    fn take(&mut self, index: usize, batch: &Batch<'_>) -> Result<bool, SnapshotError> {
        let broken = |source| SnapshotError::Batch { index, source };
        let payload = batch.payload(Limit::default()).map_err(broken)?;
        let mut complete = false;
        for record in payload.records() {
            let record = record.map_err(broken)?;
            let offset = record.offset;
            let malformed = |source| SnapshotError::Record { offset, source };
            if !batch.header.attributes.is_control() {
                let value = record.value.ok_or(SnapshotError::Empty { offset })?;
                self.records.push(MetadataRecord::decode(value).map_err(malformed)?.0);
                continue;
            }
            match ControlRecord::decode(record.key, record.value).map_err(malformed)? {
                ControlRecord::SnapshotHeader(header) if index == 0 => {
                    self.last_contained_ms = header.last_contained_log_timestamp;
                }
                ControlRecord::SnapshotFooter(_) => complete = true,
                other => self.control.push(other),
            }
        }
        if index == 0 && !batch.header.attributes.is_control() {
            return Err(SnapshotError::Incomplete("header"));
        }
        Ok(complete)
    }

    /// The image that the records add up to.
    ///
    /// # Errors
    /// Records that contradict each other.
    pub fn image(&self) -> Result<Image, SnapshotError> {
        let mut image = Image::new();
        for record in &self.records {
            image.apply(record)?;
        }
        Ok(image)
    }
}

/// Reads the records of a snapshot; control records are checked and skipped.
///
/// # Errors
/// Those of [`Snapshot::read`].
pub fn read(bytes: &[u8]) -> Result<Vec<MetadataRecord>, SnapshotError> {
    Snapshot::read(bytes).map(|snapshot| snapshot.records)
}

/// Lays out the snapshot of an image.
pub fn of_image(image: &Image, epoch: LeaderEpoch, last_contained_ms: i64) -> Bytes {
    Bytes::from(write(&image.records(), epoch, last_contained_ms))
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::TopicId;
    use kr_wire::metadata_records::TopicRecord;

    use super::*;
    use crate::bootstrap;

    fn topics(count: u128) -> Vec<MetadataRecord> {
        let topic = |n: u128| {
            let topic_id = TopicId(kr_wire::ids::Uuid::from_u128(n + 1000));
            TopicRecord { name: format!("t{n}"), topic_id }.into()
        };
        bootstrap::records(27).into_iter().chain((0..count).map(topic)).collect()
    }

    #[test]
    fn snapshot_of_many_batches_reads_back() {
        let records = topics(5000);
        let bytes = write(&records, LeaderEpoch(3), 17);
        let read = Snapshot::read(&bytes).unwrap();
        assert_eq!(read.records, records);
        assert_eq!((read.last_contained_ms, read.control), (17, Vec::new()));
        let headers: Vec<_> = Batches::new(&bytes).map(|b| b.unwrap().header).collect();
        assert!(
            headers.iter().all(|h| h.partition_leader_epoch == Some(LeaderEpoch(3)) || h.base_offset.0 >= 0)
        );
        let ends = headers.iter().zip(&headers[1..]);
        assert!(ends.into_iter().all(|(a, b)| a.next_offset() == b.base_offset), "offsets have gaps");
    }

    #[test]
    fn torn_snapshot_is_refused_wherever_it_ends() {
        let bytes = write(&topics(3), LeaderEpoch(0), 0);
        for end in 0..bytes.len() {
            assert!(Snapshot::read(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn damaged_snapshot_is_refused() {
        let bytes = write(&topics(3), LeaderEpoch(0), 0);
        for at in 17..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            // Lengths, offsets and epochs before the CRC of each batch are not covered by it.
            if let Ok(read) = Snapshot::read(&damaged) {
                assert_eq!(read.records, topics(3), "a flip at {at} went unnoticed");
            }
        }
    }

    #[test]
    fn empty_snapshot_has_header_and_footer() {
        let bytes = write(&[], LeaderEpoch(0), 0);
        assert_eq!(Batches::new(&bytes).count(), 2);
        assert_eq!(Snapshot::read(&bytes).unwrap(), Snapshot::default());
    }
}

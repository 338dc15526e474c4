//! The producer snapshot file `<offset>.snapshot`: what a partition knew of its producers at that offset.
//!
//! ```text
//!  0 version (1)         2      per entry, 46 bytes:
//!  2 CRC-32C of 6..      4       0 producer id     8    22 offset delta           4
//!  6 entries             4       8 epoch           2    26 timestamp              8
//! 10 entries, each      46      10 last sequence   4    34 coordinator epoch      4
//!                               14 last offset     8    38 transaction's start    8
//! ```
//!
//! A file that does not read is deleted and the state rebuilt from the log; that is the log's business.

use crate::ids::{Offset, ProducerId};
use crate::primitives::{DecodeError, Decoded, Reader, Writer};

/// The only version Kafka has written since 0.11.
const VERSION: i16 = 1;
/// Where the bytes under the CRC begin.
const COVERED_AT: usize = 6;
const ENTRY_BYTES: usize = 46;

/// What is known of one producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its epoch.
    pub producer_epoch: i16,
    /// Its last batch with data, if one is remembered.
    pub last_batch: Option<LastBatch>,
    /// Timestamp of its last batch or marker, milliseconds since 1970; -1 if unknown.
    pub timestamp: i64,
    /// Epoch of the transaction coordinator that wrote its last marker; -1 if none did.
    pub coordinator_epoch: i32,
    /// First offset of its open transaction.
    pub current_txn_first_offset: Option<Offset>,
}

/// Where a producer's last batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastBatch {
    /// Sequence of its last record.
    pub last_sequence: i32,
    /// Offset of its last record.
    pub last_offset: Offset,
    /// Offset of its last record minus that of its first.
    pub offset_delta: i32,
}

/// Why a snapshot cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerSnapshotError {
    /// Not the layout.
    #[error("producer snapshot is malformed")]
    Malformed(#[from] DecodeError),
    /// The version is not 1.
    #[error("producer snapshot version {0} is not supported")]
    Version(i16),
    /// The checksum does not match.
    #[error("producer snapshot has crc {computed:08x}, its header says {stored:08x}")]
    Crc {
        /// In the header.
        stored: u32,
        /// Of the bytes.
        computed: u32,
    },
}

/// Lays out the file, entries in the given order.
pub fn encode(entries: &[ProducerEntry]) -> Vec<u8> {
    let mut covered = Writer::with_capacity(4 + entries.len() * ENTRY_BYTES, false);
    covered.array(entries, |writer, entry| {
        let none = LastBatch { last_sequence: -1, last_offset: Offset(-1), offset_delta: 0 };
        let last = entry.last_batch.unwrap_or(none);
        writer.i64(entry.producer_id.0);
        writer.i16(entry.producer_epoch);
        writer.i32(last.last_sequence);
        writer.i64(last.last_offset.0);
        writer.i32(last.offset_delta);
        writer.i64(entry.timestamp);
        writer.i32(entry.coordinator_epoch);
        writer.i64(Offset::to_wire(entry.current_txn_first_offset));
    });
    let mut file = Writer::with_capacity(COVERED_AT + covered.len(), false);
    file.i16(VERSION);
    file.u32(crc32c::crc32c(covered.as_slice()));
    file.raw(covered.as_slice());
    file.into_vec()
}

/// Reads the file.
///
/// # Errors
/// [`ProducerSnapshotError`]: another version, a wrong CRC, bytes too few or too many.
pub fn decode(file: &[u8]) -> Result<Vec<ProducerEntry>, ProducerSnapshotError> {
    let mut reader = Reader::new(file, false);
    let version = reader.i16()?;
    if version != VERSION {
        return Err(ProducerSnapshotError::Version(version));
    }
    let stored = reader.u32()?;
    let computed = crc32c::crc32c(&file[COVERED_AT..]);
    if stored != computed {
        return Err(ProducerSnapshotError::Crc { stored, computed });
    }
    let entries = reader.array(read_entry)?;
    reader.finish()?;
    Ok(entries)
}

fn read_entry(reader: &mut Reader<'_>) -> Decoded<ProducerEntry> {
    let producer_id = ProducerId(reader.i64()?);
    let producer_epoch = reader.i16()?;
    let last_sequence = reader.i32()?;
    let last_offset = Offset::from_wire(reader.i64()?);
    let offset_delta = reader.i32()?;
    Ok(ProducerEntry {
        producer_id,
        producer_epoch,
        last_batch: last_offset.map(|last_offset| LastBatch { last_sequence, last_offset, offset_delta }),
        timestamp: reader.i64()?,
        coordinator_epoch: reader.i32()?,
        current_txn_first_offset: Offset::from_wire(reader.i64()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<ProducerEntry> {
        let idempotent = ProducerEntry {
            producer_id: ProducerId(7),
            producer_epoch: 1,
            last_batch: Some(LastBatch { last_sequence: 9, last_offset: Offset(99), offset_delta: 4 }),
            timestamp: 1_700_000_000_000,
            coordinator_epoch: -1,
            current_txn_first_offset: None,
        };
        let transactional = ProducerEntry {
            producer_id: ProducerId(8),
            last_batch: None,
            coordinator_epoch: 3,
            current_txn_first_offset: Some(Offset(50)),
            ..idempotent
        };
        vec![idempotent, transactional]
    }

    #[test]
    fn snapshot_reads_back() {
        let file = encode(&entries());
        assert_eq!(file.len(), 10 + 2 * ENTRY_BYTES);
        assert_eq!(decode(&file), Ok(entries()));
        assert_eq!(decode(&encode(&[])), Ok(vec![]));
    }

    #[test]
    fn snapshot_with_any_changed_or_missing_byte_is_refused() {
        let file = encode(&entries());
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(decode(&changed).is_err(), "byte {at}");
            assert!(decode(&file[..at]).is_err(), "cut at {at}");
        }
    }
}

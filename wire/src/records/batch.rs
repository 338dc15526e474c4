//! The record batch, magic 2: header, iteration over a log's bytes, checks, patches in place.
//!
//! ```text
//!  0 base offset          8     23 last offset delta  4     51 producer epoch  2
//!  8 length after this    4     27 base timestamp     8     53 base sequence   4
//! 12 partition leader     4     35 max timestamp      8     57 record count    4
//! 16 magic (2)            1     43 producer id        8     61 records, maybe compressed
//! 17 CRC-32C of 21..      4
//! 21 attributes           2
//! ```
//!
//! Older magics are not read. Whether a batch may be appended is the log's question.

use std::ops::Range;

use crate::ids::{LeaderEpoch, Offset, ProducerId};
use crate::primitives::{DecodeError, Decoded, Reader};

use super::compression::{Codec, CompressionError};

pub use super::batch_builder::{BatchBuilder, Header};
pub use super::record::{Headers, Limit, Payload, Record, Records};

/// Bytes of a batch's header.
pub const HEADER_BYTES: usize = 61;
/// Bytes in front of what a batch's length field counts.
pub const LENGTH_END: usize = 12;
/// The only magic that is read or written.
pub const MAGIC: i8 = 2;

const LEADER_EPOCH_AT: usize = 12;
const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const MAX_TIMESTAMP_AT: usize = 35;

/// What is wrong with a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The bytes end inside the batch.
    #[error("record batch of {needed} bytes ends after {available}")]
    Truncated {
        /// Bytes the batch takes as far as is known.
        needed: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// The magic is not 2.
    #[error("record batch has magic {0}, only 2 is supported")]
    Magic(i8),
    /// A number in the header is impossible.
    #[error("record batch has {what} {value}")]
    Header {
        /// The field in words.
        what: &'static str,
        /// Its value.
        value: i64,
    },
    /// The checksum does not match.
    #[error("record batch at offset {base_offset} has crc {computed:08x}, its header says {stored:08x}")]
    Crc {
        /// The batch.
        base_offset: Offset,
        /// In the header.
        stored: u32,
        /// Of the bytes.
        computed: u32,
    },
    /// The records cannot be decompressed, or are too many bytes.
    #[error("records of the batch cannot be decompressed")]
    Compression(#[from] CompressionError),
    /// A record is malformed.
    #[error("record {index} of the batch is malformed")]
    Record {
        /// Index of the record in the batch, from 0.
        index: i32,
        /// What is wrong.
        source: DecodeError,
    },
    /// Bytes are left after the last record.
    #[error("{0} bytes are left after the last record of the batch")]
    Trailing(usize),
}

/// What the timestamps of a batch say (Kafka: `message.timestamp.type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    /// When the producer made the record.
    #[default]
    CreateTime,
    /// When the leader appended the batch; the max timestamp holds for all its records.
    LogAppendTime,
}

/// The flags of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(pub i16);

impl Attributes {
    const LOG_APPEND_TIME: i16 = 1 << 3;
    const TRANSACTIONAL: i16 = 1 << 4;
    const CONTROL: i16 = 1 << 5;
    const DELETE_HORIZON: i16 = 1 << 6;

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`CompressionError::Unknown`] for the numbers 5 to 7.
    pub fn codec(self) -> Result<Codec, CompressionError> {
        Codec::from_number((self.0 & 7) as u8)
    }

    /// What the timestamps say.
    pub fn timestamp_type(self) -> TimestampType {
        if self.0 & Self::LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Whether the batch is part of a transaction.
    pub fn is_transactional(self) -> bool {
        self.0 & Self::TRANSACTIONAL != 0
    }

    /// Whether the batch holds control records.
    pub fn is_control(self) -> bool {
        self.0 & Self::CONTROL != 0
    }

    /// Whether the base timestamp is the time at which tombstones may go (KIP-534).
    pub fn has_delete_horizon(self) -> bool {
        self.0 & Self::DELETE_HORIZON != 0
    }

    pub(super) fn with_codec(self, codec: Codec) -> Self {
        Self(self.0 & !7 | i16::from(codec.number()))
    }

    pub(super) fn with_timestamp_type(self, timestamp_type: TimestampType) -> Self {
        match timestamp_type {
            TimestampType::CreateTime => Self(self.0 & !Self::LOG_APPEND_TIME),
            TimestampType::LogAppendTime => Self(self.0 | Self::LOG_APPEND_TIME),
        }
    }

    pub(super) fn transactional(self) -> Self {
        Self(self.0 | Self::TRANSACTIONAL)
    }

    pub(super) fn control(self) -> Self {
        Self(self.0 | Self::CONTROL)
    }
}

/// The header of a batch, as parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record; after compaction possibly of one that is gone.
    pub base_offset: Offset,
    /// Bytes of the whole batch, header included.
    pub size: usize,
    /// Epoch of the leader that appended it; producers send none.
    pub partition_leader_epoch: Option<LeaderEpoch>,
    /// CRC-32C as stored.
    pub crc: u32,
    /// Flags.
    pub attributes: Attributes,
    /// Offset of the last record minus the base offset.
    pub last_offset_delta: i32,
    /// What the records' timestamp deltas count from, milliseconds since 1970.
    pub base_timestamp: i64,
    /// Largest timestamp of the records, milliseconds since 1970.
    pub max_timestamp: i64,
    /// Idempotent or transactional producer.
    pub producer_id: Option<ProducerId>,
    /// Epoch of the producer; -1 without one.
    pub producer_epoch: i16,
    /// Sequence of the first record; none for control batches and coordinators' commits.
    pub base_sequence: Option<i32>,
    /// Records in the batch; compaction may leave none.
    pub count: i32,
}

impl BatchHeader {
    /// Parses the header at the front of `bytes`; the records need not be there.
    ///
    /// # Errors
    /// Fewer than 61 bytes, a magic other than 2, a length, offset, delta or count that cannot be.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(BatchError::Truncated { needed: HEADER_BYTES, available: bytes.len() });
        };
        let magic = header[MAGIC_AT].cast_signed();
        if magic != MAGIC {
            return Err(BatchError::Magic(magic));
        }
        Self::read(header).expect("the fields take 61 bytes").check()
    }

    fn read(header: &[u8; HEADER_BYTES]) -> Decoded<Self> {
        let mut reader = Reader::new(header, false);
        let base_offset = Offset(reader.i64()?);
        let length = reader.i32()?;
        let partition_leader_epoch = LeaderEpoch::from_wire(reader.i32()?);
        reader.i8()?;
        Ok(Self {
            base_offset,
            // A negative length becomes 0, which `check` refuses.
            size: usize::try_from(length).map_or(0, |length| length.saturating_add(LENGTH_END)),
            partition_leader_epoch,
            crc: reader.u32()?,
            attributes: Attributes(reader.i16()?),
            last_offset_delta: reader.i32()?,
            base_timestamp: reader.i64()?,
            max_timestamp: reader.i64()?,
            producer_id: ProducerId::from_wire(reader.i64()?),
            producer_epoch: reader.i16()?,
            base_sequence: Some(reader.i32()?).filter(|sequence| *sequence >= 0),
            count: reader.i32()?,
        })
    }

    fn check(self) -> Result<Self, BatchError> {
        let wrong = |what, value| Err(BatchError::Header { what, value });
        if self.size < HEADER_BYTES {
            return wrong("size", self.size as i64);
        }
        if self.last_offset_delta < 0 {
            return wrong("last offset delta", self.last_offset_delta.into());
        }
        let last_possible = i64::MAX - 1 - i64::from(self.last_offset_delta);
        if !(0..=last_possible).contains(&self.base_offset.0) {
            return wrong("base offset", self.base_offset.0);
        }
        if self.count < 0 {
            return wrong("record count", self.count.into());
        }
        Ok(self)
    }

    /// Offset of the last record.
    pub fn last_offset(&self) -> Offset {
        self.base_offset + i64::from(self.last_offset_delta)
    }

    /// Offset after the last record.
    pub fn next_offset(&self) -> Offset {
        self.last_offset() + 1
    }

    /// Sequence of the last record; sequences wrap from 2147483647 to 0.
    pub fn last_sequence(&self) -> Option<i32> {
        self.base_sequence.map(|first| first.wrapping_add(self.last_offset_delta) & i32::MAX)
    }
}

/// One whole batch, borrowed from the bytes it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Its header.
    pub header: BatchHeader,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Batch<'a> {
    /// Parses the batch at the front of `bytes`; more bytes may follow it. The CRC is not checked.
    ///
    /// # Errors
    /// Those of [`BatchHeader::parse`], and [`BatchError::Truncated`] if the records are not all there.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let header = BatchHeader::parse(bytes)?;
        match bytes.get(..header.size) {
            Some(bytes) => Ok(Self { header, bytes, at: 0 }),
            None => Err(BatchError::Truncated { needed: header.size, available: bytes.len() }),
        }
    }

    /// The batch's bytes, header included.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the batch lies in the bytes it was found in: `shared.slice(batch.range())` is the batch.
    pub fn range(&self) -> Range<usize> {
        self.at..self.at + self.bytes.len()
    }

    /// Compares the stored CRC-32C with the bytes'.
    ///
    /// # Errors
    /// [`BatchError::Crc`].
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        let computed = crc_of(self.bytes);
        if computed == self.header.crc {
            return Ok(());
        }
        Err(BatchError::Crc { base_offset: self.header.base_offset, stored: self.header.crc, computed })
    }

    /// The records' bytes, decompressed if need be; nothing is copied if not.
    ///
    /// # Errors
    /// [`BatchError::Compression`] for an unknown codec, malformed data or more bytes than `limit` allows.
    pub fn payload(&self, limit: Limit) -> Result<Payload<'a>, BatchError> {
        Payload::of(&self.header, &self.bytes[HEADER_BYTES..], limit)
    }
}

/// Walks the batches in a piece of a log, in order.
///
/// Ends at the first batch that is not all there: [`position`](Self::position) says where. A header that is
/// impossible is returned as an error, once, and ends the walk too. CRCs are not checked.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    bytes: &'a [u8],
    at: usize,
    failed: bool,
}

impl<'a> Batches<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, failed: false }
    }

    /// Where the walk is: the end of the last whole batch, in bytes from the front.
    pub fn position(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<Batch<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match Batch::parse(&self.bytes[self.at..]) {
            Ok(batch) => {
                let batch = Batch { at: self.at, ..batch };
                self.at += batch.bytes.len();
                Some(Ok(batch))
            }
            Err(BatchError::Truncated { .. }) => None,
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}

/// CRC-32C over everything from the attributes on.
fn crc_of(batch: &[u8]) -> u32 {
    crc32c::crc32c(&batch[ATTRIBUTES_AT..])
}

/// Gives a batch its place in the log. The CRC does not cover it.
///
/// # Errors
/// [`BatchError::Truncated`] if `batch` is shorter than a header; the same holds for the other patches.
pub fn set_base_offset(batch: &mut [u8], base_offset: Offset) -> Result<(), BatchError> {
    header_of(batch)?[..8].copy_from_slice(&base_offset.0.to_be_bytes());
    Ok(())
}

/// Sets the epoch of the leader that appends a batch. The CRC does not cover it.
pub fn set_leader_epoch(batch: &mut [u8], epoch: LeaderEpoch) -> Result<(), BatchError> {
    header_of(batch)?[LEADER_EPOCH_AT..][..4].copy_from_slice(&epoch.0.to_be_bytes());
    Ok(())
}

/// Sets what the timestamps are and the largest of them, then the CRC. The records keep their deltas.
pub fn set_max_timestamp(
    batch: &mut [u8],
    timestamp_type: TimestampType,
    max_timestamp: i64,
) -> Result<(), BatchError> {
    let header = header_of(batch)?;
    let attributes = Attributes(i16::from_be_bytes([header[ATTRIBUTES_AT], header[ATTRIBUTES_AT + 1]]))
        .with_timestamp_type(timestamp_type);
    header[ATTRIBUTES_AT..][..2].copy_from_slice(&attributes.0.to_be_bytes());
    header[MAX_TIMESTAMP_AT..][..8].copy_from_slice(&max_timestamp.to_be_bytes());
    let crc = crc_of(batch);
    batch[CRC_AT..][..4].copy_from_slice(&crc.to_be_bytes());
    Ok(())
}

fn header_of(batch: &mut [u8]) -> Result<&mut [u8; HEADER_BYTES], BatchError> {
    let available = batch.len();
    batch.first_chunk_mut().ok_or(BatchError::Truncated { needed: HEADER_BYTES, available })
}

/// Checks the CRC-32C of one whole batch.
///
/// # Errors
/// Those of [`Batch::parse`] and [`Batch::verify_crc`].
pub fn verify_crc(batch: &[u8]) -> Result<(), BatchError> {
    Batch::parse(batch)?.verify_crc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(base_offset: i64, values: &[&[u8]]) -> Vec<u8> {
        let mut builder = BatchBuilder::new(Offset(base_offset)).leader_epoch(LeaderEpoch(3));
        for (index, value) in values.iter().enumerate() {
            builder.push(1_000 + index as i64, Some(b"k"), Some(value), &[("h", None)]);
        }
        builder.build().to_vec()
    }

    #[test]
    fn header_says_what_the_builder_was_told() {
        let mut builder = BatchBuilder::new(Offset(10))
            .leader_epoch(LeaderEpoch(4))
            .codec(Codec::Zstd)
            .producer(ProducerId(77), 5, Some(i32::MAX))
            .transactional();
        builder.push(50, None, Some(b"a"), &[]);
        builder.push(40, None, None, &[]);
        let bytes = builder.build();
        let header = BatchHeader::parse(&bytes).unwrap();
        assert_eq!(
            (header.base_offset, header.last_offset(), header.next_offset()),
            (Offset(10), Offset(11), Offset(12))
        );
        assert_eq!((header.base_timestamp, header.max_timestamp, header.count), (50, 50, 2));
        assert_eq!((header.producer_id, header.producer_epoch), (Some(ProducerId(77)), 5));
        assert_eq!((header.base_sequence, header.last_sequence()), (Some(i32::MAX), Some(0)));
        assert_eq!(header.attributes.codec(), Ok(Codec::Zstd));
        assert!(header.attributes.is_transactional() && !header.attributes.is_control());
        assert_eq!(header.size, bytes.len());
        verify_crc(&bytes).unwrap();
    }

    #[test]
    fn records_read_back_with_offsets_timestamps_and_headers() {
        let bytes = batch(7, &[b"one", b"two"]);
        let batch = Batch::parse(&bytes).unwrap();
        let payload = batch.payload(Limit::default()).unwrap();
        let records: Vec<_> = payload.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 2);
        assert_eq!((records[1].offset, records[1].timestamp_ms), (Offset(8), 1_001));
        assert_eq!((records[1].key, records[1].value), (Some(&b"k"[..]), Some(&b"two"[..])));
        assert_eq!(records[1].headers.clone().collect::<Vec<_>>(), [(&b"h"[..], None)]);
        assert_eq!(records.iter().map(|record| record.size).sum::<usize>(), bytes.len() - HEADER_BYTES);
    }

    #[test]
    fn walk_ends_at_a_torn_tail_and_says_where() {
        let whole = [batch(0, &[b"a"]), batch(1, &[b"b", b"c"])].concat();
        for cut in 0..whole.len() {
            let torn = &[&whole, &batch(3, &[b"d"])[..]].concat()[..whole.len() + cut.min(60)];
            let mut walk = Batches::new(torn);
            let found: Vec<_> = walk.by_ref().map(Result::unwrap).collect();
            assert_eq!((found.len(), walk.position()), (2, whole.len()));
            assert_eq!(&torn[found[1].range()], found[1].bytes());
        }
    }

    #[test]
    fn impossible_header_is_one_error_and_ends_the_walk() {
        let mut bytes = [batch(0, &[b"a"]), batch(1, &[b"b"])].concat();
        bytes[MAGIC_AT] = 1;
        let mut walk = Batches::new(&bytes);
        assert_eq!(walk.next(), Some(Err(BatchError::Magic(1))));
        assert_eq!(walk.next(), None);
    }

    #[test]
    fn header_fields_that_cannot_be_are_refused() {
        let good = batch(0, &[b"a"]);
        for (at, bytes, what) in [
            (8, (-1i32).to_be_bytes().to_vec(), "size"),
            (8, 48i32.to_be_bytes().to_vec(), "size"),
            (0, (-1i64).to_be_bytes().to_vec(), "base offset"),
            (0, i64::MAX.to_be_bytes().to_vec(), "base offset"),
            (23, (-1i32).to_be_bytes().to_vec(), "last offset delta"),
            (57, (-1i32).to_be_bytes().to_vec(), "record count"),
        ] {
            let mut bad = good.clone();
            bad[at..at + bytes.len()].copy_from_slice(&bytes);
            let error = BatchHeader::parse(&bad).unwrap_err();
            assert!(matches!(error, BatchError::Header { what: w, .. } if w == what), "{what}: {error}");
        }
    }

    #[test]
    fn place_in_the_log_is_outside_the_crc_and_timestamps_are_inside() {
        let mut bytes = batch(0, &[b"a", b"b"]);
        set_base_offset(&mut bytes, Offset(500)).unwrap();
        set_leader_epoch(&mut bytes, LeaderEpoch(9)).unwrap();
        verify_crc(&bytes).unwrap();
        set_max_timestamp(&mut bytes, TimestampType::LogAppendTime, 2_000).unwrap();
        verify_crc(&bytes).unwrap();
        let batch = Batch::parse(&bytes).unwrap();
        assert_eq!(batch.header.partition_leader_epoch, Some(LeaderEpoch(9)));
        let payload = batch.payload(Limit::default()).unwrap();
        let last = payload.records().last().unwrap().unwrap();
        assert_eq!((last.offset, last.timestamp_ms), (Offset(501), 2_000));
    }

    #[test]
    fn crc_notices_every_changed_bit_after_itself() {
        let good = batch(0, &[b"value"]);
        for at in ATTRIBUTES_AT..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            assert!(verify_crc(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn lies_about_the_number_of_records_end_the_walk_with_an_error() {
        for (count, error) in
            [(1i32, "left after the last record"), (3, "record 2 of the batch is malformed")]
        {
            let mut bytes = batch(0, &[b"a", b"b"]);
            bytes[57..61].copy_from_slice(&count.to_be_bytes());
            bytes[23..27].copy_from_slice(&5i32.to_be_bytes());
            let payload = Batch::parse(&bytes).unwrap().payload(Limit::default()).unwrap();
            let last = payload.records().last().unwrap().unwrap_err();
            assert!(last.to_string().contains(error), "{last}");
        }
    }

    #[test]
    fn unknown_codec_is_refused() {
        let mut bytes = batch(0, &[b"a"]);
        bytes[ATTRIBUTES_AT + 1] = 5;
        let error = Batch::parse(&bytes).unwrap().payload(Limit::default()).unwrap_err();
        assert_eq!(error, BatchError::Compression(CompressionError::Unknown(5)));
    }
}

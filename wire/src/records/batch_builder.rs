//! Builds a record batch from records.
//!
//! Offsets follow each other from the base offset. Limits on size are the caller's: [`BatchBuilder::size`]
//! says how large the batch would be without compression.

use std::borrow::Cow;

use bytes::Bytes;

use crate::ids::{LeaderEpoch, Offset, ProducerId};
use crate::primitives::Writer;

use super::batch::{Attributes, HEADER_BYTES, LENGTH_END, MAGIC, TimestampType};
use super::compression::{self, Codec};

/// A record's header to write: key and value, which may be null.
pub type Header<'a> = (&'a str, Option<&'a [u8]>);

/// Gathers records and lays out their batch.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    base_offset: Offset,
    leader_epoch: Option<LeaderEpoch>,
    codec: Codec,
    attributes: Attributes,
    append_time_ms: Option<i64>,
    producer_id: Option<ProducerId>,
    producer_epoch: i16,
    base_sequence: Option<i32>,
    base_timestamp: i64,
    max_timestamp: i64,
    count: i32,
    records: Writer,
}

impl BatchBuilder {
    /// Starts a batch without compression, producer or leader epoch, with create time.
    pub fn new(base_offset: Offset) -> Self {
        Self {
            base_offset,
            leader_epoch: None,
            codec: Codec::None,
            attributes: Attributes::default(),
            append_time_ms: None,
            producer_id: None,
            producer_epoch: -1,
            base_sequence: None,
            base_timestamp: -1,
            max_timestamp: -1,
            count: 0,
            records: Writer::new(false),
        }
    }

    /// Sets the partition leader epoch.
    pub fn leader_epoch(self, epoch: LeaderEpoch) -> Self {
        Self { leader_epoch: Some(epoch), ..self }
    }

    /// Sets the compression.
    pub fn codec(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }

    /// Sets the sequence without a producer: Kafka's coordinators write 0.
    pub fn base_sequence(self, sequence: i32) -> Self {
        Self { base_sequence: Some(sequence), ..self }
    }

    /// Sets the producer; control batches have no sequence.
    pub fn producer(self, id: ProducerId, epoch: i16, base_sequence: Option<i32>) -> Self {
        Self { producer_id: Some(id), producer_epoch: epoch, base_sequence, ..self }
    }

    /// Marks the batch as part of its producer's transaction.
    pub fn transactional(self) -> Self {
        Self { attributes: self.attributes.transactional(), ..self }
    }

    /// Marks the batch as one of control records.
    pub fn control(self) -> Self {
        Self { attributes: self.attributes.control(), ..self }
    }

    /// Makes the timestamps the time of the append, in milliseconds since 1970.
    pub fn log_append_time(self, append_time_ms: i64) -> Self {
        let attributes = self.attributes.with_timestamp_type(TimestampType::LogAppendTime);
        Self { attributes, append_time_ms: Some(append_time_ms), ..self }
    }

    /// Adds a record after the others; the first one's timestamp is the batch's base timestamp.
    pub fn push(
        &mut self,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[Header<'_>],
    ) {
        if self.count == 0 {
            self.base_timestamp = timestamp_ms;
        }
        self.max_timestamp = self.max_timestamp.max(timestamp_ms);
        let mut body =
            Writer::with_capacity(16 + key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len), false);
        body.i8(0);
        body.varlong(timestamp_ms.wrapping_sub(self.base_timestamp));
        body.varint(self.count);
        write_nullable(&mut body, key);
        write_nullable(&mut body, value);
        body.varint(length(headers.len()));
        for (key, value) in headers {
            write_nullable(&mut body, Some(key.as_bytes()));
            write_nullable(&mut body, *value);
        }
        self.records.varint(length(body.len()));
        self.records.raw(body.as_slice());
        self.count += 1;
    }

    /// Records so far.
    pub fn count(&self) -> i32 {
        self.count
    }

    /// Whether there are no records yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the batch as it stands, if it is not compressed.
    pub fn size(&self) -> usize {
        HEADER_BYTES + self.records.len()
    }

    /// Offset after the last record so far.
    pub fn next_offset(&self) -> Offset {
        self.base_offset + i64::from(self.count)
    }

    /// Lays out the batch. Records that cannot be compressed are left as they are.
    ///
    /// # Panics
    /// Without records: such a batch has no last offset.
    pub fn build(self) -> Bytes {
        assert!(self.count > 0, "a batch without records has no last offset");
        let (codec, records) = match compression::compress(self.codec, self.records.as_slice()) {
            Ok(compressed) => (self.codec, compressed),
            Err(_) => (Codec::None, Cow::Borrowed(self.records.as_slice())),
        };
        let attributes = self.attributes.with_codec(codec);
        let mut covered = Writer::with_capacity(HEADER_BYTES + records.len(), false);
        covered.i16(attributes.0);
        covered.i32(self.count - 1);
        covered.i64(self.base_timestamp);
        covered.i64(self.append_time_ms.unwrap_or(self.max_timestamp));
        covered.i64(ProducerId::to_wire(self.producer_id));
        covered.i16(self.producer_epoch);
        covered.i32(self.base_sequence.unwrap_or(-1));
        covered.i32(self.count);
        covered.raw(&records);

        let mut batch = Writer::with_capacity(HEADER_BYTES + records.len(), false);
        batch.i64(self.base_offset.0);
        batch.i32(length(HEADER_BYTES - LENGTH_END + records.len()));
        batch.i32(LeaderEpoch::to_wire(self.leader_epoch));
        batch.i8(MAGIC);
        batch.u32(crc32c::crc32c(covered.as_slice()));
        batch.raw(covered.as_slice());
        Bytes::from(batch.into_vec())
    }
}

fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("records come from frames, which are far below 2 GiB")
}

fn write_nullable(writer: &mut Writer, bytes: Option<&[u8]>) {
    writer.varint(bytes.map_or(-1, |bytes| length(bytes.len())));
    writer.raw(bytes.unwrap_or_default());
}

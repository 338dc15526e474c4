//! Records as a caller writes and reads them, owned.

use std::sync::Arc;

use bytes::Bytes;
use kr_wire::batch::{Record, TimestampType};
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};

/// A header of a record: any bytes, although Kafka's clients write names in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its name; names may repeat.
    pub key: Bytes,
    /// Its value.
    pub value: Option<Bytes>,
}

/// A record to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// Where to.
    pub topic: Arc<str>,
    /// Which partition; by the key when none is given, or any when there is no key.
    pub partition: Option<PartitionId>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers, in order. Names must be UTF-8.
    pub headers: Vec<Header>,
    /// Milliseconds since 1970; the time of sending when none is given.
    pub timestamp_ms: Option<i64>,
}

impl NewRecord {
    /// Bytes the record takes in a batch, a little more than less.
    pub fn size(&self) -> usize {
        let bytes = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        let headers: usize =
            self.headers.iter().map(|header| header.key.len() + bytes(&header.value) + 10).sum();
        bytes(&self.key) + bytes(&self.value) + headers + 32
    }
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// Where from.
    pub topic: Arc<str>,
    /// Which partition.
    pub partition: PartitionId,
    /// Its offset.
    pub offset: Offset,
    /// Epoch of the leader that wrote it.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Milliseconds since 1970; none when the producer gave none.
    pub timestamp_ms: Option<i64>,
    /// Who set the timestamp.
    pub timestamp_type: TimestampType,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers, in order.
    pub headers: Vec<Header>,
}

/// What all records of a batch have in common.
#[derive(Clone, Debug)]
pub(crate) struct BatchOrigin {
    pub topic: Arc<str>,
    pub partition: PartitionId,
    pub leader_epoch: Option<LeaderEpoch>,
    pub timestamp_type: TimestampType,
}

impl ConsumedRecord {
    /// Copies a record out of its batch.
    pub(crate) fn copied(origin: &BatchOrigin, record: &Record<'_>) -> Self {
        let header = |(key, value): (&[u8], Option<&[u8]>)| Header {
            key: Bytes::copy_from_slice(key),
            value: value.map(Bytes::copy_from_slice),
        };
        Self {
            topic: Arc::clone(&origin.topic),
            partition: origin.partition,
            offset: record.offset,
            leader_epoch: origin.leader_epoch,
            timestamp_ms: (record.timestamp_ms >= 0).then_some(record.timestamp_ms),
            timestamp_type: origin.timestamp_type,
            key: record.key.map(Bytes::copy_from_slice),
            value: record.value.map(Bytes::copy_from_slice),
            headers: record.headers.clone().map(header).collect(),
        }
    }
}

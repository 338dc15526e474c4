//! Records as a caller writes and reads them: owned, or borrowed from the batch they lie in.

use std::sync::Arc;

use bytes::Bytes;
use kr_wire::batch::{Attributes, Headers, Record, TimestampType};
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId, ProducerId};

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

/// What all records of a batch have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchFacts {
    /// Epoch of the leader that wrote it.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Compression, timestamp type, and whether it is part of a transaction.
    pub attributes: Attributes,
    /// The idempotent or transactional producer.
    pub producer_id: Option<ProducerId>,
    /// Epoch of the producer; -1 without one.
    pub producer_epoch: i16,
}

/// A record as it was read, on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumedRecord {
    /// Where from.
    pub topic: Arc<str>,
    /// Which partition.
    pub partition: PartitionId,
    /// Its offset.
    pub offset: Offset,
    /// Milliseconds since 1970; none when the producer gave none.
    pub timestamp_ms: Option<i64>,
    /// Its batch.
    pub batch: BatchFacts,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers, in order.
    pub headers: Vec<Header>,
}

impl ConsumedRecord {
    /// The same, borrowed.
    pub fn borrow(&self) -> RecordRef<'_> {
        RecordRef {
            topic: &self.topic,
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            batch: self.batch,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: HeaderRefs(Source::Owned(self.headers.iter())),
        }
    }
}

/// A record where it lies in its batch.
#[derive(Clone, Debug)]
pub struct RecordRef<'a> {
    /// Where from.
    pub topic: &'a Arc<str>,
    /// Which partition.
    pub partition: PartitionId,
    /// Its offset.
    pub offset: Offset,
    /// Milliseconds since 1970; none when the producer gave none.
    pub timestamp_ms: Option<i64>,
    /// Its batch.
    pub batch: BatchFacts,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: HeaderRefs<'a>,
}

impl<'a> RecordRef<'a> {
    /// Names a record of a batch.
    pub(crate) fn of(
        topic: &'a Arc<str>,
        partition: PartitionId,
        batch: BatchFacts,
        record: Record<'a>,
    ) -> Self {
        Self {
            topic,
            partition,
            offset: record.offset,
            timestamp_ms: (record.timestamp_ms >= 0).then_some(record.timestamp_ms),
            batch,
            key: record.key,
            value: record.value,
            headers: HeaderRefs(Source::Batch(record.headers)),
        }
    }

    /// Who set the timestamp.
    pub fn timestamp_type(&self) -> TimestampType {
        self.batch.attributes.timestamp_type()
    }

    /// Copies the record out of its batch.
    pub fn to_record(&self) -> ConsumedRecord {
        let header = |(key, value): (&[u8], Option<&[u8]>)| Header {
            key: Bytes::copy_from_slice(key),
            value: value.map(Bytes::copy_from_slice),
        };
        ConsumedRecord {
            topic: Arc::clone(self.topic),
            partition: self.partition,
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            batch: self.batch,
            key: self.key.map(Bytes::copy_from_slice),
            value: self.value.map(Bytes::copy_from_slice),
            headers: self.headers.clone().map(header).collect(),
        }
    }
}

/// Walks the headers of a record: name, and value if it has one.
#[derive(Clone, Debug)]
pub struct HeaderRefs<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    Batch(Headers<'a>),
    Owned(std::slice::Iter<'a, Header>),
}

impl<'a> Iterator for HeaderRefs<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Batch(headers) => headers.next(),
            Source::Owned(headers) => headers.next().map(|header| (&*header.key, header.value.as_deref())),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Source::Batch(headers) => headers.size_hint(),
            Source::Owned(headers) => headers.size_hint(),
        }
    }
}

impl ExactSizeIterator for HeaderRefs<'_> {}

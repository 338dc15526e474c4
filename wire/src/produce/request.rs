//! The Produce request.

use bytes::Bytes;

use super::{FIRST_BY_ID, KEY};
use crate::api;
use crate::frame::{Frame, FrameBuilder};
use crate::header::RequestHeader;
use crate::ids::PartitionId;
use crate::message::{EncodeError, StrBytes};
use crate::primitives::{Decoded, Reader};
use crate::topic_ref::{TopicRef, shared_text};

/// Record batches for some partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct ProduceRequest {
    /// The transaction the batches belong to, if any.
    pub transactional_id: Option<StrBytes>,
    /// Who must have the batches before the answer: 0 nobody (and there is no answer), 1 the leader, -1 all
    /// in-sync replicas. Other values are for the handler to refuse (INVALID_REQUIRED_ACKS).
    pub acks: i16,
    /// How long to wait for them.
    pub timeout_ms: i32,
    /// Topics in the sender's order.
    pub topics: Vec<ProduceTopic>,
}

/// A topic of a [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProduceTopic {
    /// By name up to version 12, by id from version 13.
    pub topic: TopicRef,
    /// Partitions in the sender's order.
    pub partitions: Vec<ProducePartition>,
}

/// A partition of a [`ProduceRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProducePartition {
    /// The partition.
    pub index: PartitionId,
    /// Its batches, unchecked; a slice of the frame.
    pub records: Option<Bytes>,
}

impl ProduceRequest {
    /// Reads the body of a request, which must end where the request ends.
    pub fn decode(version: i16, body: &Bytes) -> Decoded<Self> {
        let row = api::row_of_version(KEY, version)?;
        let mut reader = Reader::new(body, row.is_flexible(version));
        let request = Self {
            transactional_id: reader.nullable_string()?.map(|id| shared_text(body, id)),
            acks: reader.i16()?,
            timeout_ms: reader.i32()?,
            topics: reader.array(|reader| ProduceTopic::decode(version, body, reader))?,
        };
        reader.skip_tags()?;
        reader.finish()?;
        Ok(request)
    }

    /// Lays out the request in the header's version; large batches are shared, not copied.
    ///
    /// Errors: a topic is not named as the version names topics.
    pub fn encode(&self, header: &RequestHeader) -> Result<Frame, EncodeError> {
        let version = header.api_version;
        let mut builder = FrameBuilder::new(256);
        header.encode(&mut builder.head);
        builder.head.nullable_string(self.transactional_id.as_deref());
        builder.head.i16(self.acks);
        builder.head.i32(self.timeout_ms);
        builder.head.long_len(Some(self.topics.len()));
        for topic in &self.topics {
            topic.topic.encode(version >= FIRST_BY_ID, (KEY, version), &mut builder.head)?;
            builder.head.long_len(Some(topic.partitions.len()));
            for partition in &topic.partitions {
                builder.head.i32(partition.index.0);
                builder.nullable_bytes(partition.records.as_ref());
                builder.head.no_tags();
            }
            builder.head.no_tags();
        }
        builder.head.no_tags();
        Ok(builder.finish())
    }
}

impl ProduceTopic {
    fn decode(version: i16, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        let topic = TopicRef::decode(version >= FIRST_BY_ID, frame, reader)?;
        let partitions = reader.array(|reader| {
            let index = PartitionId(reader.i32()?);
            let records = reader.nullable_bytes()?.map(|records| frame.slice_ref(records));
            reader.skip_tags()?;
            Ok(ProducePartition { index, records })
        })?;
        reader.skip_tags()?;
        Ok(Self { topic, partitions })
    }
}

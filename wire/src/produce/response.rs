//! The Produce response.

use bytes::Bytes;

use super::{FIRST_BY_ID, KEY};
use crate::api;
use crate::error_code::ErrorCode;
use crate::frame::{Frame, FrameBuilder};
use crate::header;
use crate::ids::{Offset, PartitionId};
use crate::leader_hint::{CurrentLeader, NodeEndpoint};
use crate::message::{EncodeError, StrBytes};
use crate::primitives::{Decoded, Reader, Tags, Writer};
use crate::topic_ref::{TopicRef, shared_text};

/// What became of the batches of a Produce request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProduceResponse {
    /// Topics, as the request named them.
    pub topics: Vec<ProduceTopicResponse>,
    /// How long a quota held the request back.
    pub throttle_time_ms: i32,
    /// Where the leaders named below listen (version 10 on).
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// A topic of a [`ProduceResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct ProduceTopicResponse {
    /// By name up to version 12, by id from version 13.
    pub topic: TopicRef,
    /// Partitions of the request.
    pub partitions: Vec<ProducePartitionResponse>,
}

/// A partition of a [`ProduceResponse`]. A version leaves out the fields it does not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProducePartitionResponse {
    /// The partition.
    pub index: PartitionId,
    /// Success, or why nothing was acknowledged.
    pub error: ErrorCode,
    /// Offset of the first record, or `None` if nothing was appended.
    pub base_offset: Option<Offset>,
    /// Time of the append, only with `message.timestamp.type=LogAppendTime`.
    pub log_append_time_ms: Option<i64>,
    /// Log start offset (version 5 on).
    pub log_start_offset: Option<Offset>,
    /// The records that made the batch fail (version 8 on, KIP-467).
    pub record_errors: Vec<RecordError>,
    /// What happened in words (version 8 on).
    pub error_message: Option<StrBytes>,
    /// The leader, if it is another (version 10 on).
    pub current_leader: CurrentLeader,
}

/// A record that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordError {
    /// Position in the batch, from 0.
    pub batch_index: i32,
    /// Why, in words.
    pub message: Option<StrBytes>,
}

impl ProduceResponse {
    /// Lays out the response.
    ///
    /// Errors: a topic is not named as the version names topics.
    pub fn encode(&self, correlation_id: i32, version: i16) -> Result<Frame, EncodeError> {
        let mut builder = FrameBuilder::new(256);
        header::encode_response_header(KEY, version, correlation_id, &mut builder.head);
        let writer = &mut builder.head;
        writer.set_flexible(header::is_flexible(KEY, version));
        writer.long_len(Some(self.topics.len()));
        for topic in &self.topics {
            topic.topic.encode(version >= FIRST_BY_ID, (KEY, version), writer)?;
            writer.array(&topic.partitions, |writer, partition| partition.encode(version, writer));
            writer.no_tags();
        }
        writer.i32(self.throttle_time_ms);
        let mut tags = Tags::default();
        if version >= 10 {
            NodeEndpoint::add_all_to(&self.node_endpoints, &mut tags, 0);
        }
        writer.tags(tags);
        Ok(builder.finish())
    }

    /// Reads the body of a response, which must end where the response ends.
    pub fn decode(version: i16, body: &Bytes) -> Decoded<Self> {
        let row = api::row_of_version(KEY, version)?;
        let mut reader = Reader::new(body, row.is_flexible(version));
        let topics = reader.array(|reader| {
            let topic = TopicRef::decode(version >= FIRST_BY_ID, body, reader)?;
            let partitions =
                reader.array(|reader| ProducePartitionResponse::decode(version, body, reader))?;
            reader.skip_tags()?;
            Ok(ProduceTopicResponse { topic, partitions })
        })?;
        let throttle_time_ms = reader.i32()?;
        let mut node_endpoints = Vec::new();
        reader.tags(|tag, field| {
            if tag != 0 || version < 10 {
                return Ok(false);
            }
            node_endpoints = NodeEndpoint::decode_all(body, field)?;
            Ok(true)
        })?;
        reader.finish()?;
        Ok(Self { topics, throttle_time_ms, node_endpoints })
    }
}

impl ProducePartitionResponse {
    fn encode(&self, version: i16, writer: &mut Writer) {
        writer.i32(self.index.0);
        writer.i16(self.error.0);
        writer.i64(Offset::to_wire(self.base_offset));
        writer.i64(self.log_append_time_ms.unwrap_or(-1));
        if version >= 5 {
            writer.i64(Offset::to_wire(self.log_start_offset));
        }
        if version >= 8 {
            writer.array(&self.record_errors, |writer, error| {
                writer.i32(error.batch_index);
                writer.nullable_string(error.message.as_deref());
                writer.no_tags();
            });
            writer.nullable_string(self.error_message.as_deref());
        }
        let mut tags = Tags::default();
        if version >= 10 {
            self.current_leader.add_to(&mut tags, 0);
        }
        writer.tags(tags);
    }

    fn decode(version: i16, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        let mut partition = Self {
            index: PartitionId(reader.i32()?),
            error: ErrorCode(reader.i16()?),
            base_offset: Offset::from_wire(reader.i64()?),
            log_append_time_ms: Some(reader.i64()?).filter(|time| *time >= 0),
            ..Self::default()
        };
        if version >= 5 {
            partition.log_start_offset = Offset::from_wire(reader.i64()?);
        }
        if version >= 8 {
            partition.record_errors = reader.array(|reader| {
                let batch_index = reader.i32()?;
                let message = reader.nullable_string()?.map(|text| shared_text(frame, text));
                reader.skip_tags()?;
                Ok(RecordError { batch_index, message })
            })?;
            partition.error_message = reader.nullable_string()?.map(|text| shared_text(frame, text));
        }
        reader.tags(|tag, field| {
            if tag != 0 || version < 10 {
                return Ok(false);
            }
            partition.current_leader = CurrentLeader::decode(field)?;
            Ok(true)
        })?;
        Ok(partition)
    }
}

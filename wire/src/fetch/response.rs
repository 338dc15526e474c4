//! The Fetch response.

use bytes::Bytes;

use super::{FIRST_BY_ID, KEY};
use crate::api;
use crate::error_code::ErrorCode;
use crate::frame::{Frame, FrameBuilder, Piece};
use crate::header;
use crate::ids::{LeaderEpoch, NodeId, Offset, PartitionId, ProducerId};
use crate::leader_hint::{CurrentLeader, NodeEndpoint};
use crate::message::EncodeError;
use crate::primitives::{Decoded, Reader, Tags};
use crate::topic_ref::TopicRef;

/// Record batches of some partitions. A version leaves out the fields it does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchResponse<P = Bytes> {
    /// How long a quota held the request back.
    pub throttle_time_ms: i32,
    /// An error of the session or of the whole request (version 7 on).
    pub error: ErrorCode,
    /// The fetch session, 0 for none (version 7 on).
    pub session_id: i32,
    /// Topics; in a session only those with news.
    pub topics: Vec<FetchTopicResponse<P>>,
    /// Where the leaders named below listen (version 16 on).
    pub node_endpoints: Vec<NodeEndpoint>,
}

/// A topic of a [`FetchResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct FetchTopicResponse<P = Bytes> {
    /// By name up to version 12, by id from version 13.
    pub topic: TopicRef,
    /// Partitions of the topic.
    pub partitions: Vec<FetchPartitionResponse<P>>,
}

/// A partition of a [`FetchResponse`].
#[derive(Clone, Debug, PartialEq)]
pub struct FetchPartitionResponse<P = Bytes> {
    /// The partition.
    pub index: PartitionId,
    /// Success, or why there are no records.
    pub error: ErrorCode,
    /// High watermark, if known.
    pub high_watermark: Option<Offset>,
    /// Last stable offset, if known.
    pub last_stable_offset: Option<Offset>,
    /// Log start offset (version 5 on).
    pub log_start_offset: Option<Offset>,
    /// Where the sender's log leaves the leader's (version 12 on, KIP-595).
    pub diverging_epoch: Option<EpochEndOffset>,
    /// The leader, if it is another; always in the quorum (version 12 on).
    pub current_leader: CurrentLeader,
    /// The snapshot to fetch instead, because the log starts later (version 12 on, KIP-630).
    pub snapshot_id: Option<SnapshotId>,
    /// Aborted transactions in the records; `None` unless committed records were asked for.
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// The replica to read from instead (version 11 on, KIP-392).
    pub preferred_read_replica: Option<NodeId>,
    /// Batches, shared with the log or with the frame.
    pub records: Option<P>,
}

/// The last offset of an epoch, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEndOffset {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Offset after its last record.
    pub end_offset: Offset,
}

/// Name of a snapshot of the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    /// Offset after the last record it covers.
    pub end_offset: Offset,
    /// Epoch of that record.
    pub epoch: LeaderEpoch,
}

/// A transaction whose records the reader must skip from `first_offset` to its abort marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// The producer.
    pub producer_id: ProducerId,
    /// Offset of its first record in the transaction.
    pub first_offset: Offset,
}

impl<P> Default for FetchResponse<P> {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error: ErrorCode::NONE,
            session_id: 0,
            topics: Vec::new(),
            node_endpoints: Vec::new(),
        }
    }
}

impl<P> Default for FetchPartitionResponse<P> {
    fn default() -> Self {
        Self {
            index: PartitionId::default(),
            error: ErrorCode::NONE,
            high_watermark: None,
            last_stable_offset: None,
            log_start_offset: None,
            diverging_epoch: None,
            current_leader: CurrentLeader::default(),
            snapshot_id: None,
            aborted_transactions: None,
            preferred_read_replica: None,
            records: None,
        }
    }
}

impl<P: Piece> FetchResponse<P> {
    /// Lays out the response; large batches are shared, not copied.
    ///
    /// Errors: a topic is not named as the version names topics.
    pub fn encode(&self, correlation_id: i32, version: i16) -> Result<Frame<P>, EncodeError> {
        let mut builder = FrameBuilder::new(512);
        header::encode_response_header(KEY, version, correlation_id, &mut builder.head);
        builder.head.set_flexible(header::is_flexible(KEY, version));
        builder.head.i32(self.throttle_time_ms);
        if version >= 7 {
            builder.head.i16(self.error.0);
            builder.head.i32(self.session_id);
        }
        builder.head.long_len(Some(self.topics.len()));
        for topic in &self.topics {
            topic.topic.encode(version >= FIRST_BY_ID, (KEY, version), &mut builder.head)?;
            builder.head.long_len(Some(topic.partitions.len()));
            for partition in &topic.partitions {
                partition.encode(version, &mut builder);
            }
            builder.head.no_tags();
        }
        let mut tags = Tags::default();
        if version >= 16 {
            NodeEndpoint::add_all_to(&self.node_endpoints, &mut tags, 0);
        }
        builder.head.tags(tags);
        Ok(builder.finish())
    }
}

impl FetchResponse {
    /// Reads the body of a response, which must end where the response ends.
    pub fn decode(version: i16, body: &Bytes) -> Decoded<Self> {
        let row = api::row_of_version(KEY, version)?;
        let mut reader = Reader::new(body, row.is_flexible(version));
        let mut response = Self { throttle_time_ms: reader.i32()?, ..Self::default() };
        if version >= 7 {
            response.error = ErrorCode(reader.i16()?);
            response.session_id = reader.i32()?;
        }
        response.topics = reader.array(|reader| {
            let topic = TopicRef::decode(version >= FIRST_BY_ID, body, reader)?;
            let partitions = reader.array(|reader| FetchPartitionResponse::decode(version, body, reader))?;
            reader.skip_tags()?;
            Ok(FetchTopicResponse { topic, partitions })
        })?;
        reader.tags(|tag, field| {
            if tag != 0 || version < 16 {
                return Ok(false);
            }
            response.node_endpoints = NodeEndpoint::decode_all(body, field)?;
            Ok(true)
        })?;
        reader.finish()?;
        Ok(response)
    }
}

impl<P: Piece> FetchPartitionResponse<P> {
    fn encode(&self, version: i16, builder: &mut FrameBuilder<P>) {
        let writer = &mut builder.head;
        writer.i32(self.index.0);
        writer.i16(self.error.0);
        writer.i64(Offset::to_wire(self.high_watermark));
        writer.i64(Offset::to_wire(self.last_stable_offset));
        if version >= 5 {
            writer.i64(Offset::to_wire(self.log_start_offset));
        }
        writer.nullable_array(self.aborted_transactions.as_deref(), |writer, aborted| {
            writer.i64(aborted.producer_id.0);
            writer.i64(aborted.first_offset.0);
            writer.no_tags();
        });
        if version >= 11 {
            writer.i32(NodeId::to_wire(self.preferred_read_replica));
        }
        builder.nullable_bytes(self.records.as_ref());
        builder.head.tags(self.tags());
    }

    fn tags(&self) -> Tags {
        let mut tags = Tags::default();
        if let Some(diverging) = self.diverging_epoch {
            tags.add(0, |field| {
                field.i32(diverging.epoch.0);
                field.i64(diverging.end_offset.0);
                field.no_tags();
            });
        }
        self.current_leader.add_to(&mut tags, 1);
        if let Some(snapshot) = self.snapshot_id {
            tags.add(2, |field| {
                field.i64(snapshot.end_offset.0);
                field.i32(snapshot.epoch.0);
                field.no_tags();
            });
        }
        tags
    }
}

impl FetchPartitionResponse {
    fn decode(version: i16, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        let mut partition = Self {
            index: PartitionId(reader.i32()?),
            error: ErrorCode(reader.i16()?),
            high_watermark: Offset::from_wire(reader.i64()?),
            last_stable_offset: Offset::from_wire(reader.i64()?),
            ..Self::default()
        };
        if version >= 5 {
            partition.log_start_offset = Offset::from_wire(reader.i64()?);
        }
        partition.aborted_transactions = reader.nullable_array(|reader| {
            let producer_id = ProducerId(reader.i64()?);
            let first_offset = Offset(reader.i64()?);
            reader.skip_tags()?;
            Ok(AbortedTransaction { producer_id, first_offset })
        })?;
        if version >= 11 {
            partition.preferred_read_replica = NodeId::from_wire(reader.i32()?);
        }
        partition.records = reader.nullable_bytes()?.map(|records| frame.slice_ref(records));
        reader.tags(|tag, field| {
            match tag {
                0 => partition.diverging_epoch = EpochEndOffset::decode(field)?,
                1 => partition.current_leader = CurrentLeader::decode(field)?,
                2 => partition.snapshot_id = SnapshotId::decode(field)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(partition)
    }
}

impl EpochEndOffset {
    fn decode(reader: &mut Reader<'_>) -> Decoded<Option<Self>> {
        let epoch = LeaderEpoch::from_wire(reader.i32()?);
        let end_offset = Offset::from_wire(reader.i64()?);
        reader.skip_tags()?;
        Ok(epoch.zip(end_offset).map(|(epoch, end_offset)| Self { epoch, end_offset }))
    }
}

impl SnapshotId {
    fn decode(reader: &mut Reader<'_>) -> Decoded<Option<Self>> {
        let end_offset = Offset::from_wire(reader.i64()?);
        let epoch = LeaderEpoch::from_wire(reader.i32()?);
        reader.skip_tags()?;
        Ok(end_offset.zip(epoch).map(|(end_offset, epoch)| Self { end_offset, epoch }))
    }
}

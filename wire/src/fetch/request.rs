//! The Fetch request.

use bytes::Bytes;

use super::{FIRST_BY_ID, KEY};
use crate::api;
use crate::frame::{Frame, FrameBuilder};
use crate::header::RequestHeader;
use crate::ids::{BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, Offset, PartitionId};
use crate::message::{EncodeError, StrBytes};
use crate::primitives::{DecodeError, Decoded, Reader, Tags, Writer};
use crate::topic_ref::{TopicRef, shared_text};

/// Asks for record batches. A version leaves out the fields it does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// The cluster the sender believes to be in; only the quorum sends it.
    pub cluster_id: Option<StrBytes>,
    /// The replica that fetches, or `None` for a consumer.
    pub replica: Option<FetchReplica>,
    /// How long to wait for `min_bytes`.
    pub max_wait_ms: i32,
    /// The answer waits for this many bytes.
    pub min_bytes: i32,
    /// The answer holds at most this many bytes of records, but at least one batch.
    pub max_bytes: i32,
    /// Whether records of open transactions are wanted.
    pub isolation_level: IsolationLevel,
    /// Fetch session, 0 for none (version 7 on, KIP-227).
    pub session_id: i32,
    /// Epoch in the session: 0 starts one, -1 ends it or does without (version 7 on).
    pub session_epoch: i32,
    /// Topics to fetch, or to change in the session.
    pub topics: Vec<FetchTopic>,
    /// Partitions that leave the session (version 7 on).
    pub forgotten: Vec<ForgottenTopic>,
    /// Rack of a consumer that would read from a close replica, or empty (version 11 on, KIP-392).
    pub rack: StrBytes,
}

/// The replica behind a [`FetchRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchReplica {
    /// The broker or voter.
    pub id: NodeId,
    /// The broker's epoch (version 15 on, KIP-903).
    pub epoch: Option<BrokerEpoch>,
}

/// What a consumer may see of transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IsolationLevel {
    /// Everything below the high watermark.
    #[default]
    ReadUncommitted,
    /// Everything below the last stable offset, with a list of what was aborted.
    ReadCommitted,
}

/// A topic of a [`FetchRequest`].
#[derive(Clone, Debug, PartialEq)]
pub struct FetchTopic {
    /// By name up to version 12, by id from version 13.
    pub topic: TopicRef,
    /// Partitions in the sender's order.
    pub partitions: Vec<FetchPartition>,
}

/// A partition of a [`FetchRequest`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchPartition {
    /// The partition.
    pub index: PartitionId,
    /// The leader's epoch as the sender knows it (version 9 on, KIP-320).
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The first offset wanted; may be negative, which is out of range.
    pub fetch_offset: Offset,
    /// Epoch of the sender's last record (version 12 on, KIP-595).
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// A follower's log start offset (version 5 on).
    pub log_start_offset: Option<Offset>,
    /// At most this many bytes of this partition, but at least one batch of the answer.
    pub max_bytes: i32,
    /// A voter's or observer's directory (version 17 on, KIP-853).
    pub replica_directory: Option<DirectoryId>,
    /// The sender's high watermark: a newer one completes a waiting fetch (version 18 on, KIP-1166).
    pub high_watermark: Option<Offset>,
}

/// Partitions that leave a fetch session.
#[derive(Clone, Debug, PartialEq)]
pub struct ForgottenTopic {
    /// By name up to version 12, by id from version 13.
    pub topic: TopicRef,
    /// The partitions.
    pub partitions: Vec<PartitionId>,
}

impl Default for FetchRequest {
    /// A consumer without a session that asks for nothing, as much as there is, at once.
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica: None,
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            isolation_level: IsolationLevel::default(),
            session_id: 0,
            session_epoch: -1,
            topics: Vec::new(),
            forgotten: Vec::new(),
            rack: StrBytes::new(),
        }
    }
}

impl FetchRequest {
    /// Reads the body of a request, which must end where the request ends.
    pub fn decode(version: i16, body: &Bytes) -> Decoded<Self> {
        let row = api::row_of_version(KEY, version)?;
        let mut reader = Reader::new(body, row.is_flexible(version));
        let reader = &mut reader;
        let mut request = Self::default();
        if version < 15 {
            request.replica = NodeId::from_wire(reader.i32()?).map(|id| FetchReplica { id, epoch: None });
        }
        request.max_wait_ms = reader.i32()?;
        request.min_bytes = reader.i32()?;
        request.max_bytes = reader.i32()?;
        request.isolation_level = IsolationLevel::decode(reader)?;
        if version >= 7 {
            request.session_id = reader.i32()?;
            request.session_epoch = reader.i32()?;
        }
        request.topics = reader.array(|reader| FetchTopic::decode(version, body, reader))?;
        if version >= 7 {
            request.forgotten = reader.array(|reader| ForgottenTopic::decode(version, body, reader))?;
        }
        if version >= 11 {
            request.rack = shared_text(body, reader.string()?);
        }
        reader.tags(|tag, field| {
            match tag {
                0 => request.cluster_id = field.nullable_string()?.map(|id| shared_text(body, id)),
                1 if version >= 15 => request.replica = FetchReplica::decode(field)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        reader.clone().finish()?;
        Ok(request)
    }

    /// Lays out the request in the header's version.
    ///
    /// Errors: a topic is not named as the version names topics.
    pub fn encode(&self, header: &RequestHeader) -> Result<Frame, EncodeError> {
        let version = header.api_version;
        let mut builder = FrameBuilder::new(256);
        let writer = &mut builder.head;
        header.encode(writer);
        if version < 15 {
            writer.i32(NodeId::to_wire(self.replica.map(|replica| replica.id)));
        }
        writer.i32(self.max_wait_ms);
        writer.i32(self.min_bytes);
        writer.i32(self.max_bytes);
        writer.i8(self.isolation_level as i8);
        if version >= 7 {
            writer.i32(self.session_id);
            writer.i32(self.session_epoch);
        }
        writer.long_len(Some(self.topics.len()));
        for topic in &self.topics {
            topic.topic.encode(version >= FIRST_BY_ID, (KEY, version), writer)?;
            writer.array(&topic.partitions, |writer, partition| partition.encode(version, writer));
            writer.no_tags();
        }
        if version >= 7 {
            writer.long_len(Some(self.forgotten.len()));
            for topic in &self.forgotten {
                topic.topic.encode(version >= FIRST_BY_ID, (KEY, version), writer)?;
                writer.array(&topic.partitions, |writer, partition| writer.i32(partition.0));
                writer.no_tags();
            }
        }
        if version >= 11 {
            writer.string(&self.rack);
        }
        writer.tags(self.tags(version));
        Ok(builder.finish())
    }

    fn tags(&self, version: i16) -> Tags {
        let mut tags = Tags::default();
        tags.add_if(self.cluster_id.is_some(), 0, |field| field.nullable_string(self.cluster_id.as_deref()));
        if let Some(replica) = self.replica
            && version >= 15
        {
            tags.add(1, |field| replica.encode(field));
        }
        tags
    }
}

impl FetchReplica {
    fn decode(reader: &mut Reader<'_>) -> Decoded<Option<Self>> {
        let id = NodeId::from_wire(reader.i32()?);
        let epoch = BrokerEpoch::from_wire(reader.i64()?);
        reader.skip_tags()?;
        Ok(id.map(|id| Self { id, epoch }))
    }

    fn encode(self, writer: &mut Writer) {
        writer.i32(self.id.0);
        writer.i64(BrokerEpoch::to_wire(self.epoch));
        writer.no_tags();
    }
}

impl IsolationLevel {
    fn decode(reader: &mut Reader<'_>) -> Decoded<Self> {
        match reader.i8()? {
            0 => Ok(Self::ReadUncommitted),
            1 => Ok(Self::ReadCommitted),
            value => Err(DecodeError::Value {
                at: reader.position(),
                what: "isolation level",
                value: i64::from(value),
            }),
        }
    }
}

impl FetchTopic {
    fn decode(version: i16, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        let topic = TopicRef::decode(version >= FIRST_BY_ID, frame, reader)?;
        let partitions = reader.array(|reader| FetchPartition::decode(version, reader))?;
        reader.skip_tags()?;
        Ok(Self { topic, partitions })
    }
}

impl FetchPartition {
    fn decode(version: i16, reader: &mut Reader<'_>) -> Decoded<Self> {
        let mut partition = Self { index: PartitionId(reader.i32()?), ..Self::default() };
        if version >= 9 {
            partition.current_leader_epoch = LeaderEpoch::from_wire(reader.i32()?);
        }
        partition.fetch_offset = Offset(reader.i64()?);
        if version >= 12 {
            partition.last_fetched_epoch = LeaderEpoch::from_wire(reader.i32()?);
        }
        if version >= 5 {
            partition.log_start_offset = Offset::from_wire(reader.i64()?);
        }
        partition.max_bytes = reader.i32()?;
        reader.tags(|tag, field| {
            match tag {
                0 if version >= 17 => {
                    partition.replica_directory =
                        Some(DirectoryId(field.uuid()?)).filter(|id| !id.0.is_nil());
                }
                1 if version >= 18 => {
                    partition.high_watermark =
                        Some(Offset(field.i64()?)).filter(|hw| *hw != UNKNOWN_HIGH_WATERMARK);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(partition)
    }

    fn encode(&self, version: i16, writer: &mut Writer) {
        writer.i32(self.index.0);
        if version >= 9 {
            writer.i32(LeaderEpoch::to_wire(self.current_leader_epoch));
        }
        writer.i64(self.fetch_offset.0);
        if version >= 12 {
            writer.i32(LeaderEpoch::to_wire(self.last_fetched_epoch));
        }
        if version >= 5 {
            writer.i64(Offset::to_wire(self.log_start_offset));
        }
        writer.i32(self.max_bytes);
        let mut tags = Tags::default();
        if let Some(directory) = self.replica_directory
            && version >= 17
        {
            tags.add(0, |field| field.uuid(directory.0));
        }
        if let Some(high_watermark) = self.high_watermark
            && version >= 18
        {
            tags.add(1, |field| field.i64(high_watermark.0));
        }
        writer.tags(tags);
    }
}

/// Stands for a sender that does not wait for the high watermark.
const UNKNOWN_HIGH_WATERMARK: Offset = Offset(i64::MAX);

impl ForgottenTopic {
    fn decode(version: i16, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        let topic = TopicRef::decode(version >= FIRST_BY_ID, frame, reader)?;
        let partitions = reader.array(|reader| Ok(PartitionId(reader.i32()?)))?;
        reader.skip_tags()?;
        Ok(Self { topic, partitions })
    }
}

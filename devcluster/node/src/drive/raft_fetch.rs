//! Between the raft machine's fetches and the protocol's: the metadata log travels in ordinary Fetch messages.
//!
//! A translation table and nothing else.

use bytes::Bytes;
use kr_raft::{BatchSpan, EpochEnd, FetchRequest, FetchResponse, ReplicaKey, SeenHighWatermark, SnapshotId};
use kr_wire::batch::Batches;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{
    self, EpochEndOffset, FetchPartition, FetchPartitionResponse, FetchReplica, FetchTopic,
    FetchTopicResponse, IsolationLevel,
};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId, TopicId};
use kr_wire::leader_hint::{CurrentLeader, NodeEndpoint};
use kr_wire::message::StrBytes;
use kr_wire::topic_ref::TopicRef;

use super::raft_messages::{METADATA_TOPIC, Refused, head};

/// The first version in which a fetch says how much of the high watermark its sender has seen (KIP-1166).
const FIRST_WITH_HIGH_WATERMARK: i16 = 18;

/// From this version on a fetch names topics by id (KIP-516).
pub(crate) const FIRST_BY_ID: i16 = 13;

/// Writes a fetch of the raft machine.
pub(crate) fn request(r: &FetchRequest) -> fetch::FetchRequest {
    let partition = FetchPartition {
        index: PartitionId(0),
        current_leader_epoch: Some(r.epoch),
        fetch_offset: r.offset,
        last_fetched_epoch: Some(r.last_epoch),
        log_start_offset: None,
        max_bytes: 0,
        replica_directory: r.replica.and_then(|key| key.directory),
        high_watermark: match r.high_watermark {
            SeenHighWatermark::At(offset) => Some(offset),
            SeenHighWatermark::Unknown => Some(Offset(-1)),
            SeenHighWatermark::Unsupported => None,
        },
    };
    fetch::FetchRequest {
        cluster_id: r.cluster_id.as_deref().map(|id| StrBytes::from_string(id.to_owned())),
        replica: r.replica.map(|key| FetchReplica { id: key.id, epoch: None }),
        max_wait_ms: r.max_wait_ms,
        min_bytes: 0,
        max_bytes: r.max_bytes,
        isolation_level: IsolationLevel::ReadUncommitted,
        session_id: 0,
        session_epoch: -1,
        topics: vec![FetchTopic { topic: TopicRef::Id(TopicId::METADATA), partitions: vec![partition] }],
        forgotten: Vec::new(),
        rack: StrBytes::new(),
    }
}

/// Reads a peer's fetch of the metadata log.
pub(crate) fn read_request(r: &fetch::FetchRequest, version: i16) -> Result<FetchRequest, Refused> {
    let [topic] = r.topics.as_slice() else { return Err(Refused::WrongTopic) };
    let is_metadata = match &topic.topic {
        TopicRef::Id(id) => *id == TopicId::METADATA,
        TopicRef::Name(name) => name.as_str() == METADATA_TOPIC,
    };
    let [partition] = topic.partitions.as_slice() else { return Err(Refused::WrongTopic) };
    if !is_metadata || partition.index != PartitionId(0) {
        return Err(Refused::WrongTopic);
    }
    let high_watermark = match partition.high_watermark {
        _ if version < FIRST_WITH_HIGH_WATERMARK => SeenHighWatermark::Unsupported,
        None => SeenHighWatermark::Unsupported,
        Some(offset) if offset.0 < 0 => SeenHighWatermark::Unknown,
        Some(offset) => SeenHighWatermark::At(offset),
    };
    Ok(FetchRequest {
        cluster_id: r.cluster_id.as_ref().map(|id| std::sync::Arc::from(id.as_str())),
        replica: r
            .replica
            .map(|replica| ReplicaKey { id: replica.id, directory: partition.replica_directory }),
        max_wait_ms: r.max_wait_ms,
        max_bytes: r.max_bytes,
        epoch: partition.current_leader_epoch.ok_or(Refused::Invalid)?,
        offset: partition.fetch_offset,
        last_epoch: partition.last_fetched_epoch.ok_or(Refused::Invalid)?,
        high_watermark,
    })
}

/// Writes an answer of the raft machine.
pub(crate) fn response(r: &FetchResponse, topic: TopicRef, records: Bytes) -> fetch::FetchResponse {
    if let Some(error) = r.head.error.filter(|e| e.is_top_level()) {
        return refused(ErrorCode(error.code()));
    }
    let partition = FetchPartitionResponse {
        index: PartitionId(0),
        error: ErrorCode(r.head.error.map_or(0, kr_raft::Refusal::code)),
        high_watermark: r.high_watermark,
        last_stable_offset: None,
        log_start_offset: Some(r.log_start),
        diverging_epoch: r.diverging.map(|d| EpochEndOffset { epoch: d.epoch, end_offset: d.end }),
        current_leader: CurrentLeader { leader: r.head.leader, epoch: Some(r.head.epoch) },
        snapshot_id: r.snapshot.map(|s| fetch::SnapshotId { end_offset: s.end, epoch: s.epoch }),
        aborted_transactions: None,
        preferred_read_replica: None,
        records: Some(records),
    };
    let node_endpoints = match (r.head.leader, r.head.endpoints.first()) {
        (Some(node), Some(endpoint)) => vec![NodeEndpoint {
            node,
            host: StrBytes::from_string(endpoint.host.clone()),
            port: i32::from(endpoint.port),
            rack: None,
        }],
        _ => Vec::new(),
    };
    fetch::FetchResponse {
        topics: vec![FetchTopicResponse { topic, partitions: vec![partition] }],
        node_endpoints,
        ..fetch::FetchResponse::default()
    }
}

/// The answer to a fetch that is refused as a whole.
pub(crate) fn refused(error: ErrorCode) -> fetch::FetchResponse {
    fetch::FetchResponse { error, ..fetch::FetchResponse::default() }
}

/// Reads a peer's answer: what the machine sees of it, and the batches up to the first that is corrupt.
pub(crate) fn read_response(r: fetch::FetchResponse) -> Option<(FetchResponse, Bytes)> {
    let endpoints =
        r.node_endpoints.iter().filter_map(|e| Some((e.host.as_str(), u16::try_from(e.port).ok()?)));
    let partition = r.topics.first().and_then(|topic| topic.partitions.first());
    let seen = partition.map(|p| {
        (p.error.0, NodeId::to_wire(p.current_leader.leader), LeaderEpoch::to_wire(p.current_leader.epoch))
    });
    let head = head(r.error.0, seen, endpoints)?;
    let Some(p) = partition else {
        let nothing = FetchResponse {
            head,
            high_watermark: None,
            log_start: Offset::ZERO,
            diverging: None,
            snapshot: None,
            batches: Vec::new(),
        };
        return Some((nothing, Bytes::new()));
    };
    let records = p.records.clone().unwrap_or_default();
    let (batches, sound) = spans(&records);
    let response = FetchResponse {
        head,
        high_watermark: p.high_watermark,
        log_start: p.log_start_offset.unwrap_or(Offset::ZERO),
        diverging: p.diverging_epoch.map(|d| EpochEnd { epoch: d.epoch, end: d.end_offset }),
        snapshot: p.snapshot_id.map(|s| SnapshotId { end: s.end_offset, epoch: s.epoch }),
        batches,
    };
    Some((response, records.slice(..sound)))
}

/// The sound batches at the front of some bytes, and how many bytes they take.
fn spans(records: &Bytes) -> (Vec<BatchSpan>, usize) {
    let mut spans = Vec::new();
    let mut sound = 0;
    let mut batches = Batches::new(records);
    while let Some(Ok(batch)) = batches.next() {
        if batch.verify_crc().is_err() {
            break;
        }
        let header = &batch.header;
        let Some(epoch) = header.partition_leader_epoch else { break };
        spans.push(BatchSpan { base: header.base_offset, end: header.next_offset(), epoch });
        sound = batches.position();
    }
    (spans, sound)
}

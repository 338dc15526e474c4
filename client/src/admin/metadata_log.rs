//! The metadata log itself, read from a controller: what a broker reads, by one who is none. A fetch with a
//! negative replica id is answered and not counted among the observers (KIP-595, KIP-630).
//!
//! Needs the controllers' listener and CLUSTER_ACTION on the cluster. What is above the high watermark is not
//! committed and may be taken back: that is for the caller to see to.

use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{
    EpochEndOffset, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopic,
    SnapshotId,
};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId, TopicId};
use kr_wire::leader_hint::NodeEndpoint;
use kr_wire::message::StrBytes;
use kr_wire::messages::fetch_snapshot_request::{self, PartitionSnapshot, TopicSnapshot};
use kr_wire::messages::{BrokerId, FetchSnapshotRequest, TopicName};
use kr_wire::topic_ref::TopicRef;

use super::{checked, text};
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::options::Address;
use crate::pool::Lane;
use crate::routing::Route;

/// API key of Fetch.
const FETCH: i16 = 1;

/// The first version in which the metadata log can be fetched (KIP-595).
const FIRST_OF_QUORUM: i16 = 12;

/// The first version that names topics by id.
const BY_ID: i16 = 13;

/// The first version that says how much of the high watermark is known (KIP-1166).
const FIRST_WITH_HIGH_WATERMARK: i16 = 18;

/// The topic of the metadata log.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// What is wanted of the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataLogWanted {
    /// The epoch of the quorum's leader, as far as is known.
    pub epoch: LeaderEpoch,
    /// The offset to begin at.
    pub from: Offset,
    /// The epoch of the record before it. The leader's own epoch will do for any offset its log has.
    pub last_epoch: LeaderEpoch,
    /// The high watermark that is known: a newer one ends the wait (Kafka 4.1 and newer).
    pub high_watermark: Option<Offset>,
    /// How long the controller may wait for something new.
    pub max_wait: Duration,
    /// Bytes at most, but at least one batch.
    pub max_bytes: i32,
}

/// What a controller answers.
#[derive(Clone, Debug)]
pub enum MetadataLogAnswer {
    /// A part of the log, possibly empty; the last batch may be torn, the last ones not committed.
    Part {
        /// Record batches; the first may begin before the offset asked for.
        batches: Bytes,
        /// The high watermark, when the leader knows it already.
        high_watermark: Option<Offset>,
        /// Where the log begins.
        log_start: Offset,
        /// Whether the controller ends a wait when the high watermark moves.
        tells_high_watermark: bool,
    },
    /// The log begins later: its newest snapshot stands for what is gone.
    Snapshot {
        /// The snapshot.
        id: SnapshotId,
        /// Where the log begins.
        log_start: Offset,
    },
    /// The log has no such epoch at that offset.
    Diverged(EpochEndOffset),
    /// Another controller leads, or the same in another epoch.
    Moved {
        /// How it was refused.
        code: ErrorCode,
        /// Who leads, if that is known there.
        leader: Option<NodeId>,
        /// In which epoch.
        epoch: Option<LeaderEpoch>,
        /// Where the leader listens; told by Kafka 3.9 and newer.
        address: Option<Address>,
    },
}

/// A part of a snapshot of the metadata log.
#[derive(Clone, Debug)]
pub struct SnapshotPart {
    /// Bytes from the position asked for on; batches do not end where they end.
    pub bytes: Bytes,
    /// Size of the whole snapshot in bytes.
    pub size: i64,
}

impl Client {
    /// Reads a part of the metadata log from a controller, once.
    pub async fn read_metadata_log(
        &self,
        controller: &Address,
        wanted: &MetadataLogWanted,
    ) -> Result<MetadataLogAnswer, Error> {
        let connection = self.reach(Route::At(controller), Lane::Fetch).await?;
        let version = connection.choose(FETCH, "Fetch")?;
        if version < FIRST_OF_QUORUM {
            let ours = format!("{FIRST_OF_QUORUM} and newer");
            return Err(Error::Unsupported { address: controller.clone(), api: "Fetch", ours });
        }
        let request = fetch_request(wanted, version);
        let wait = self.options().request_timeout + wanted.max_wait;
        let body = connection.exchange(FETCH, version, wait, |header| request.encode(header)).await?;
        let malformed = |source| Error::Malformed { address: controller.clone(), api: "Fetch", source };
        let response = FetchResponse::decode(version, &body).map_err(malformed)?;
        let what = format!("read the metadata log of {controller}");
        response.error.ok().map_err(|code: ErrorCode| Error::broker(what.clone(), code, None))?;
        let endpoints = response.node_endpoints;
        let partition = response.topics.into_iter().flat_map(|topic| topic.partitions).next();
        let partition = partition.ok_or_else(|| Error::Nonsense {
            address: controller.to_string(),
            api: "Fetch",
            reason: "the answer is empty".to_owned(),
        })?;
        answer(&what, partition, &endpoints, version)
    }

    /// Reads a part of a snapshot of the metadata log from the controller that leads, once.
    pub async fn read_metadata_snapshot(
        &self,
        controller: &Address,
        id: SnapshotId,
        epoch: LeaderEpoch,
        position: i64,
        max_bytes: i32,
    ) -> Result<SnapshotPart, Error> {
        let build = |_| {
            let id = fetch_snapshot_request::SnapshotId::default()
                .with_end_offset(id.end_offset.0)
                .with_epoch(id.epoch.0);
            let partition = PartitionSnapshot::default()
                .with_current_leader_epoch(epoch.0)
                .with_snapshot_id(id)
                .with_position(position);
            let topic = TopicSnapshot::default()
                .with_name(TopicName(text(METADATA_TOPIC)))
                .with_partitions(vec![partition]);
            FetchSnapshotRequest::default()
                .with_cluster_id(None)
                .with_replica_id(BrokerId(-1))
                .with_max_bytes(max_bytes)
                .with_topics(vec![topic])
        };
        let wait = self.options().request_timeout;
        let response = self.once(Route::At(controller), Lane::Fetch, wait, build).await?.response;
        let what = format!("read a snapshot of the metadata from {controller}");
        checked(what.clone(), response.error_code, None)?;
        let partition = response.topics.into_iter().flat_map(|topic| topic.partitions).next();
        let partition = partition.ok_or_else(|| Error::Nonsense {
            address: controller.to_string(),
            api: FetchSnapshotRequest::NAME,
            reason: "the answer is empty".to_owned(),
        })?;
        checked(what, partition.error_code, None)?;
        Ok(SnapshotPart { bytes: partition.unaligned_records, size: partition.size })
    }
}

fn fetch_request(wanted: &MetadataLogWanted, version: i16) -> FetchRequest {
    let partition = FetchPartition {
        index: PartitionId(0),
        current_leader_epoch: Some(wanted.epoch),
        fetch_offset: wanted.from,
        last_fetched_epoch: Some(wanted.last_epoch),
        max_bytes: 0,
        // -1 is a high watermark that is not known yet.
        high_watermark: (version >= FIRST_WITH_HIGH_WATERMARK)
            .then(|| wanted.high_watermark.unwrap_or(Offset(-1))),
        ..FetchPartition::default()
    };
    let topic = match version {
        BY_ID.. => TopicRef::Id(TopicId::METADATA),
        _ => TopicRef::Name(StrBytes::from_static_str(METADATA_TOPIC)),
    };
    FetchRequest {
        max_wait_ms: i32::try_from(wanted.max_wait.as_millis()).unwrap_or(i32::MAX),
        max_bytes: wanted.max_bytes,
        topics: vec![FetchTopic { topic, partitions: vec![partition] }],
        ..FetchRequest::default()
    }
}

fn answer(
    what: &str,
    partition: FetchPartitionResponse,
    endpoints: &[NodeEndpoint],
    version: i16,
) -> Result<MetadataLogAnswer, Error> {
    let log_start = partition.log_start_offset.unwrap_or_default();
    match partition.error {
        ErrorCode::NONE => {}
        ErrorCode::NOT_LEADER_OR_FOLLOWER
        | ErrorCode::FENCED_LEADER_EPOCH
        | ErrorCode::UNKNOWN_LEADER_EPOCH
        | ErrorCode::LEADER_NOT_AVAILABLE => {
            let leader = partition.current_leader.leader;
            let endpoint = endpoints.iter().find(|endpoint| Some(endpoint.node) == leader);
            let address = endpoint.and_then(|endpoint| {
                let port = u16::try_from(endpoint.port).ok()?;
                Some(Address { host: endpoint.host.as_str().to_owned(), port })
            });
            let epoch = partition.current_leader.epoch;
            return Ok(MetadataLogAnswer::Moved { code: partition.error, leader, epoch, address });
        }
        code => return Err(Error::broker(what, code, None)),
    }
    Ok(match (partition.snapshot_id, partition.diverging_epoch) {
        (Some(id), _) => MetadataLogAnswer::Snapshot { id, log_start },
        (None, Some(end)) => MetadataLogAnswer::Diverged(end),
        (None, None) => MetadataLogAnswer::Part {
            batches: partition.records.unwrap_or_default(),
            high_watermark: partition.high_watermark,
            log_start,
            tells_high_watermark: version >= FIRST_WITH_HIGH_WATERMARK,
        },
    })
}

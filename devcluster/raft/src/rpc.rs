//! Requests and responses between replicas of the metadata log, freed of the wire's sentinels.
//!
//! Numbers from a peer are as it sent them, so offsets and epochs may be negative; the machine checks
//! them. Topic, partition and listener names stay with the driver.

use std::fmt;
use std::sync::Arc;

use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, Offset};

use crate::log_view::{EpochEnd, SnapshotId};

/// A replica: node id and, when known, the directory that holds its metadata log (KIP-853).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaKey {
    /// `node.id`.
    pub id: NodeId,
    /// Absent (all zero on the wire) from older peers and with kraft.version 0.
    pub directory: Option<DirectoryId>,
}

impl ReplicaKey {
    /// Names a replica whose directory is not known.
    pub fn of(id: NodeId) -> Self {
        Self { id, directory: None }
    }

    /// Whether both may be the same replica: equal ids, and directories equal or one unknown.
    pub fn matches(self, other: Self) -> bool {
        self.id == other.id
            && (self.directory.is_none() || other.directory.is_none() || self.directory == other.directory)
    }
}

impl fmt::Display for ReplicaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)
    }
}

/// Where a node listens for controllers and brokers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Listener name, from `controller.listener.names`.
    pub listener: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// What a replica asks another.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Vote and pre-vote (KIP-595, KIP-996).
    Vote(VoteRequest),
    /// A leader makes itself known (KIP-595).
    BeginQuorumEpoch(BeginQuorumEpochRequest),
    /// A leader steps down (KIP-595).
    EndQuorumEpoch(EndQuorumEpochRequest),
    /// Replication, and discovery of the leader (KIP-595).
    Fetch(FetchRequest),
    /// A part of a snapshot (KIP-630).
    FetchSnapshot(FetchSnapshotRequest),
}

/// Answers, one kind per [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// To a vote or pre-vote.
    Vote(VoteResponse),
    /// To [`Request::BeginQuorumEpoch`].
    BeginQuorumEpoch(Head),
    /// To [`Request::EndQuorumEpoch`].
    EndQuorumEpoch(Head),
    /// To a fetch.
    Fetch(FetchResponse),
    /// To a fetch of a snapshot.
    FetchSnapshot(FetchSnapshotResponse),
}

impl Response {
    /// Returns what every answer carries.
    pub fn head(&self) -> &Head {
        match self {
            Self::Vote(response) => &response.head,
            Self::BeginQuorumEpoch(head) | Self::EndQuorumEpoch(head) => head,
            Self::Fetch(response) => &response.head,
            Self::FetchSnapshot(response) => &response.head,
        }
    }
}

/// What every answer carries: the error, and who leads as far as the answering replica knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Absent for NONE.
    pub error: Option<Refusal>,
    /// Leader of `epoch`, if known.
    pub leader: Option<NodeId>,
    /// Epoch of the answering replica.
    pub epoch: LeaderEpoch,
    /// Of the leader; empty when unknown or when the version has no room. The driver picks the one
    /// that belongs to the listener of the request (NodeEndpoints).
    pub endpoints: Vec<Endpoint>,
}

/// Asks for a vote, or whether one would be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRequest {
    /// Checked when present.
    pub cluster_id: Option<Arc<str>>,
    /// Whom the candidate takes the receiver for (VoterId, VoterDirectoryId; v1).
    pub voter: Option<ReplicaKey>,
    /// Who asks (ReplicaId, ReplicaDirectoryId).
    pub candidate: ReplicaKey,
    /// Bumped and persisted already for a vote; the sender's current epoch for a pre-vote.
    pub epoch: LeaderEpoch,
    /// Epoch of the candidate's last record.
    pub last_epoch: LeaderEpoch,
    /// The candidate's log end offset, exclusive.
    pub last_offset: Offset,
    /// Only asks (KIP-996; v2).
    pub pre_vote: bool,
}

/// Whether the vote was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteResponse {
    /// Error, leader, epoch.
    pub head: Head,
    /// Never together with an error.
    pub granted: bool,
}

/// Says who leads an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginQuorumEpochRequest {
    /// Checked when present.
    pub cluster_id: Option<Arc<str>>,
    /// Whom the leader takes the receiver for (v1).
    pub voter: Option<ReplicaKey>,
    /// The sender.
    pub leader: NodeId,
    /// The leader's epoch.
    pub epoch: LeaderEpoch,
    /// Where it listens (v1); empty means "see the voter set".
    pub endpoints: Vec<Endpoint>,
}

/// Says that a leader steps down, and who should follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndQuorumEpochRequest {
    /// Checked when present.
    pub cluster_id: Option<Arc<str>>,
    /// The sender.
    pub leader: NodeId,
    /// The epoch that ends.
    pub epoch: LeaderEpoch,
    /// Best candidate first: by fetch offset, highest first (PreferredCandidates).
    pub successors: Vec<ReplicaKey>,
}

/// How much of the high watermark a fetching replica has seen (Fetch v18, KIP-1166).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenHighWatermark {
    /// The peer does not say (older version; Long.MAX on the wire): parked fetches wait for records.
    Unsupported,
    /// It knows none yet (-1 on the wire).
    Unknown,
    /// It knows this one.
    At(Offset),
}

impl SeenHighWatermark {
    /// Whether telling `current` would be news.
    pub fn is_behind(self, current: Option<Offset>) -> bool {
        match (self, current) {
            (Self::Unsupported, _) | (_, None) => false,
            (Self::Unknown, Some(_)) => true,
            (Self::At(seen), Some(current)) => seen < current,
        }
    }
}

/// Asks for records after the end of the sender's log; promises all below is flushed if it is a voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Checked when present.
    pub cluster_id: Option<Arc<str>>,
    /// Absent (-1) for a reader that is no replica.
    pub replica: Option<ReplicaKey>,
    /// Milliseconds the answer may wait for something to say.
    pub max_wait_ms: i32,
    /// The driver reads at most this much, but at least one batch.
    pub max_bytes: i32,
    /// CurrentLeaderEpoch: the sender's epoch.
    pub epoch: LeaderEpoch,
    /// The sender's log end offset.
    pub offset: Offset,
    /// Epoch of the sender's last record.
    pub last_epoch: LeaderEpoch,
    /// What the sender knows to be committed.
    pub high_watermark: SeenHighWatermark,
}

/// One record batch of a fetch answer, as its header tells; the driver has checked its CRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpan {
    /// First offset.
    pub base: Offset,
    /// Last offset plus one.
    pub end: Offset,
    /// partitionLeaderEpoch.
    pub epoch: LeaderEpoch,
}

/// Answer to a fetch: records, or a diverging epoch, or a snapshot to fetch, or nothing new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchResponse {
    /// Error, leader, epoch.
    pub head: Head,
    /// Absent (-1) while the leader has committed nothing in its epoch.
    pub high_watermark: Option<Offset>,
    /// The leader's log start offset.
    pub log_start: Offset,
    /// The fetcher's log differs after this point.
    pub diverging: Option<EpochEnd>,
    /// The fetcher must fetch this snapshot first.
    pub snapshot: Option<SnapshotId>,
    /// Whole batches in log order, filled in by the driver of the side that receives them. The driver
    /// leaves out the first batch that is corrupt and all that follow.
    pub batches: Vec<BatchSpan>,
}

/// Asks for bytes of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSnapshotRequest {
    /// Checked when present.
    pub cluster_id: Option<Arc<str>>,
    /// Absent (-1) for a reader that is no replica.
    pub replica: Option<ReplicaKey>,
    /// CurrentLeaderEpoch: the sender's epoch.
    pub epoch: LeaderEpoch,
    /// Which snapshot.
    pub snapshot: SnapshotId,
    /// Byte position to read from.
    pub position: i64,
    /// The driver reads at most this much.
    pub max_bytes: i32,
}

/// Bytes of a snapshot; the driver keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSnapshotResponse {
    /// Error, leader, epoch.
    pub head: Head,
    /// Which snapshot.
    pub snapshot: SnapshotId,
    /// Bytes of the whole snapshot.
    pub size: i64,
    /// Where the bytes begin.
    pub position: i64,
    /// How many there are; filled in by the driver of the side that receives them.
    pub bytes: i64,
}

/// Errors that replicas give each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// INCONSISTENT_CLUSTER_ID 104; belongs at the top level of the answer.
    #[error("cluster id differs")]
    InconsistentClusterId,
    /// INVALID_REQUEST 42.
    #[error("request is invalid")]
    InvalidRequest,
    /// FENCED_LEADER_EPOCH 74: the sender's epoch is older than the receiver's.
    #[error("leader epoch is older than the receiver's")]
    FencedLeaderEpoch,
    /// UNKNOWN_LEADER_EPOCH 75: the sender's epoch is newer than the receiver's.
    #[error("leader epoch is newer than the receiver's")]
    UnknownLeaderEpoch,
    /// NOT_LEADER_OR_FOLLOWER 6.
    #[error("receiver is not the leader")]
    NotLeaderOrFollower,
    /// BROKER_NOT_AVAILABLE 8: the receiver is shutting down.
    #[error("receiver is shutting down")]
    BrokerNotAvailable,
    /// INVALID_VOTER_KEY 125: the request was meant for another replica.
    #[error("request was meant for another voter")]
    InvalidVoterKey,
    /// SNAPSHOT_NOT_FOUND 98.
    #[error("snapshot does not exist")]
    SnapshotNotFound,
    /// POSITION_OUT_OF_RANGE 99.
    #[error("position is outside the snapshot")]
    PositionOutOfRange,
    /// UNSUPPORTED_VERSION 35.
    #[error("version is not supported")]
    UnsupportedVersion,
    /// Any other code a peer sent.
    #[error("error {0}")]
    Other(i16),
}

impl Refusal {
    /// Returns Kafka's number.
    pub fn code(self) -> i16 {
        match self {
            Self::InconsistentClusterId => 104,
            Self::InvalidRequest => 42,
            Self::FencedLeaderEpoch => 74,
            Self::UnknownLeaderEpoch => 75,
            Self::NotLeaderOrFollower => 6,
            Self::BrokerNotAvailable => 8,
            Self::InvalidVoterKey => 125,
            Self::SnapshotNotFound => 98,
            Self::PositionOutOfRange => 99,
            Self::UnsupportedVersion => 35,
            Self::Other(code) => code,
        }
    }

    /// Reads Kafka's number; `None` for 0.
    pub fn from_code(code: i16) -> Option<Self> {
        Some(match code {
            0 => return None,
            104 => Self::InconsistentClusterId,
            42 => Self::InvalidRequest,
            74 => Self::FencedLeaderEpoch,
            75 => Self::UnknownLeaderEpoch,
            6 => Self::NotLeaderOrFollower,
            8 => Self::BrokerNotAvailable,
            125 => Self::InvalidVoterKey,
            98 => Self::SnapshotNotFound,
            99 => Self::PositionOutOfRange,
            35 => Self::UnsupportedVersion,
            other => Self::Other(other),
        })
    }

    /// Whether the error stands at the top level of the answer and not at its partition.
    pub fn is_top_level(self) -> bool {
        self == Self::InconsistentClusterId
    }
}

//! What others may see of a replica: the leader's view for DescribeQuorum, and everyone's own status.

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

use crate::rpc::ReplicaKey;

/// The leader's view of the quorum (DescribeQuorum, KIP-595, KIP-836).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumView {
    /// This node.
    pub leader: NodeId,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Absent while nothing of the epoch is committed.
    pub high_watermark: Option<Offset>,
    /// All voters by id, the leader included.
    pub voters: Vec<ReplicaView>,
    /// Observers that fetched within the observer session, by id.
    pub observers: Vec<ReplicaView>,
}

/// What the leader knows of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaView {
    /// Node and directory.
    pub replica: ReplicaKey,
    /// Its last fetch offset; for the leader its log end offset.
    pub log_end: Option<Offset>,
    /// Milliseconds since 1970 of its last fetch; for the leader now.
    pub last_fetch_ms: Option<i64>,
    /// Milliseconds since 1970 when it last had everything; for the leader now.
    pub last_caught_up_ms: Option<i64>,
}

/// State of a replica without what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Knows no leader it could reach.
    Unattached,
    /// Asks whether it would be elected (KIP-996).
    Prospective,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Fetches from the leader.
    Follower,
    /// Led, and leads no more in the same epoch.
    Resigned,
}

/// A replica's own view of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its state.
    pub role: Role,
    /// Whether it is in the voter set.
    pub is_voter: bool,
    /// Its epoch.
    pub epoch: LeaderEpoch,
    /// Leader of the epoch, if known.
    pub leader: Option<NodeId>,
    /// Everything below is known to be committed.
    pub high_watermark: Offset,
    /// Log end offset.
    pub log_end: Offset,
}

//! Between the raft machine's plain types and the protocol's messages: votes, quorum epochs, snapshots.
//!
//! A translation table and nothing else; Fetch has its own in [`super::raft_fetch`].

use bytes::Bytes;
use kr_raft::{
    BeginQuorumEpochRequest, EndQuorumEpochRequest, Endpoint, FetchSnapshotRequest, FetchSnapshotResponse,
    Head, Refusal, ReplicaKey, Request, Response, SnapshotId, VoteRequest, VoteResponse,
};
use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, Offset, Uuid};
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::{
    self, begin_quorum_epoch_request as begin, begin_quorum_epoch_response as begun,
    end_quorum_epoch_request as end, end_quorum_epoch_response as ended, fetch_snapshot_request as ask,
    fetch_snapshot_response as part, vote_request as vote, vote_response as voted,
};

/// The one topic of the quorum.
pub(crate) const METADATA_TOPIC: &str = "__cluster_metadata";

/// Why a request cannot be given to the raft machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not exactly partition 0 of the metadata topic.
    WrongTopic,
    /// A value that the protocol does not allow.
    Invalid,
}

fn text(value: &str) -> StrBytes {
    StrBytes::from_string(value.to_owned())
}

fn topic_name() -> messages::TopicName {
    StrBytes::from_static_str(METADATA_TOPIC).into()
}

fn directory(id: Uuid) -> Option<DirectoryId> {
    (!id.is_nil()).then_some(DirectoryId(id))
}

fn directory_to_wire(key: ReplicaKey) -> Uuid {
    key.directory.map_or(Uuid::nil(), |d| d.0)
}

fn cluster_id(id: Option<&StrBytes>) -> Option<std::sync::Arc<str>> {
    id.map(|id| std::sync::Arc::from(id.as_str()))
}

/// Takes the one element that a list must have.
fn only<T>(mut list: Vec<T>) -> Result<T, Refused> {
    match (list.pop(), list.is_empty()) {
        (Some(item), true) => Ok(item),
        _ => Err(Refused::WrongTopic),
    }
}

fn only_metadata<T>(name: &messages::TopicName, index: i32, item: T) -> Result<T, Refused> {
    if name.as_str() == METADATA_TOPIC && index == 0 { Ok(item) } else { Err(Refused::WrongTopic) }
}

/// Writes a request of the raft machine; `None` for Fetch.
pub(crate) fn request(request: &Request) -> Option<RequestKind> {
    match request {
        Request::Vote(r) => Some(RequestKind::Vote(vote_request(r))),
        Request::BeginQuorumEpoch(r) => Some(RequestKind::BeginQuorumEpoch(begin_request(r))),
        Request::EndQuorumEpoch(r) => Some(RequestKind::EndQuorumEpoch(end_request(r))),
        Request::FetchSnapshot(r) => Some(RequestKind::FetchSnapshot(snapshot_request(r))),
        Request::Fetch(_) => None,
    }
}

fn vote_request(r: &VoteRequest) -> messages::VoteRequest {
    let mut partition = vote::PartitionData::default();
    partition.replica_epoch = r.epoch.0;
    partition.replica_id = r.candidate.id.0.into();
    partition.replica_directory_id = directory_to_wire(r.candidate);
    partition.voter_directory_id = r.voter.map_or(Uuid::nil(), directory_to_wire);
    partition.last_offset_epoch = r.last_epoch.0;
    partition.last_offset = r.last_offset.0;
    partition.pre_vote = r.pre_vote;
    let mut topic = vote::TopicData::default();
    topic.topic_name = topic_name();
    topic.partitions = vec![partition];
    let mut request = messages::VoteRequest::default();
    request.cluster_id = r.cluster_id.as_deref().map(text);
    request.voter_id = r.voter.map_or(-1, |v| v.id.0).into();
    request.topics = vec![topic];
    request
}

fn begin_request(r: &BeginQuorumEpochRequest) -> messages::BeginQuorumEpochRequest {
    let mut partition = begin::PartitionData::default();
    partition.voter_directory_id = r.voter.map_or(Uuid::nil(), directory_to_wire);
    partition.leader_id = r.leader.0.into();
    partition.leader_epoch = r.epoch.0;
    let mut topic = begin::TopicData::default();
    topic.topic_name = topic_name();
    topic.partitions = vec![partition];
    let mut request = messages::BeginQuorumEpochRequest::default();
    request.cluster_id = r.cluster_id.as_deref().map(text);
    request.voter_id = r.voter.map_or(-1, |v| v.id.0).into();
    request.topics = vec![topic];
    request.leader_endpoints = r
        .endpoints
        .iter()
        .map(|e| {
            let mut endpoint = begin::LeaderEndpoint::default();
            endpoint.name = text(&e.listener);
            endpoint.host = text(&e.host);
            endpoint.port = e.port;
            endpoint
        })
        .collect();
    request
}

fn end_request(r: &EndQuorumEpochRequest) -> messages::EndQuorumEpochRequest {
    let mut partition = end::PartitionData::default();
    partition.leader_id = r.leader.0.into();
    partition.leader_epoch = r.epoch.0;
    partition.preferred_candidates = r
        .successors
        .iter()
        .map(|s| {
            let mut candidate = end::ReplicaInfo::default();
            candidate.candidate_id = s.id.0.into();
            candidate.candidate_directory_id = directory_to_wire(*s);
            candidate
        })
        .collect();
    let mut topic = end::TopicData::default();
    topic.topic_name = topic_name();
    topic.partitions = vec![partition];
    let mut request = messages::EndQuorumEpochRequest::default();
    request.cluster_id = r.cluster_id.as_deref().map(text);
    request.topics = vec![topic];
    request
}

fn snapshot_request(r: &FetchSnapshotRequest) -> messages::FetchSnapshotRequest {
    let mut partition = ask::PartitionSnapshot::default();
    partition.current_leader_epoch = r.epoch.0;
    partition.snapshot_id.end_offset = r.snapshot.end.0;
    partition.snapshot_id.epoch = r.snapshot.epoch.0;
    partition.position = r.position;
    partition.replica_directory_id = r.replica.map_or(Uuid::nil(), directory_to_wire);
    let mut topic = ask::TopicSnapshot::default();
    topic.name = topic_name();
    topic.partitions = vec![partition];
    let mut request = messages::FetchSnapshotRequest::default();
    request.cluster_id = r.cluster_id.as_deref().map(text);
    request.replica_id = r.replica.map_or(-1, |k| k.id.0).into();
    request.max_bytes = r.max_bytes;
    request.topics = vec![topic];
    request
}

/// Reads a request of a peer; `None` if it is not one of the raft machine's.
pub(crate) fn read_request(request: RequestKind) -> Option<Result<Request, Refused>> {
    match request {
        RequestKind::Vote(r) => Some(read_vote(r).map(Request::Vote)),
        RequestKind::BeginQuorumEpoch(r) => Some(read_begin(r).map(Request::BeginQuorumEpoch)),
        RequestKind::EndQuorumEpoch(r) => Some(read_end(r).map(Request::EndQuorumEpoch)),
        RequestKind::FetchSnapshot(r) => Some(read_snapshot(r).map(Request::FetchSnapshot)),
        _ => None,
    }
}

fn read_vote(r: messages::VoteRequest) -> Result<VoteRequest, Refused> {
    let topic = only(r.topics)?;
    let p = only(topic.partitions)?;
    let p = only_metadata(&topic.topic_name, p.partition_index, p)?;
    let candidate = NodeId::from_wire(p.replica_id.0).ok_or(Refused::Invalid)?;
    Ok(VoteRequest {
        cluster_id: cluster_id(r.cluster_id.as_ref()),
        voter: voter(r.voter_id.0, p.voter_directory_id),
        candidate: ReplicaKey { id: candidate, directory: directory(p.replica_directory_id) },
        epoch: LeaderEpoch(p.replica_epoch),
        last_epoch: LeaderEpoch(p.last_offset_epoch),
        last_offset: Offset(p.last_offset),
        pre_vote: p.pre_vote,
    })
}

fn voter(id: i32, directory_id: Uuid) -> Option<ReplicaKey> {
    NodeId::from_wire(id).map(|id| ReplicaKey { id, directory: directory(directory_id) })
}

fn read_begin(r: messages::BeginQuorumEpochRequest) -> Result<BeginQuorumEpochRequest, Refused> {
    let topic = only(r.topics)?;
    let p = only(topic.partitions)?;
    let p = only_metadata(&topic.topic_name, p.partition_index, p)?;
    Ok(BeginQuorumEpochRequest {
        cluster_id: cluster_id(r.cluster_id.as_ref()),
        voter: voter(r.voter_id.0, p.voter_directory_id),
        leader: NodeId::from_wire(p.leader_id.0).ok_or(Refused::Invalid)?,
        epoch: LeaderEpoch(p.leader_epoch),
        endpoints: r
            .leader_endpoints
            .iter()
            .map(|e| Endpoint {
                listener: e.name.as_str().to_owned(),
                host: e.host.as_str().to_owned(),
                port: e.port,
            })
            .collect(),
    })
}

fn read_end(r: messages::EndQuorumEpochRequest) -> Result<EndQuorumEpochRequest, Refused> {
    let topic = only(r.topics)?;
    let p = only(topic.partitions)?;
    let p = only_metadata(&topic.topic_name, p.partition_index, p)?;
    let successors = if p.preferred_candidates.is_empty() {
        p.preferred_successors.iter().map(|id| ReplicaKey::of(NodeId(*id))).collect()
    } else {
        p.preferred_candidates
            .iter()
            .map(|c| ReplicaKey {
                id: NodeId(c.candidate_id.0),
                directory: directory(c.candidate_directory_id),
            })
            .collect()
    };
    Ok(EndQuorumEpochRequest {
        cluster_id: cluster_id(r.cluster_id.as_ref()),
        leader: NodeId::from_wire(p.leader_id.0).ok_or(Refused::Invalid)?,
        epoch: LeaderEpoch(p.leader_epoch),
        successors,
    })
}

fn read_snapshot(r: messages::FetchSnapshotRequest) -> Result<FetchSnapshotRequest, Refused> {
    let topic = only(r.topics)?;
    let p = only(topic.partitions)?;
    let p = only_metadata(&topic.name, p.partition, p)?;
    Ok(FetchSnapshotRequest {
        cluster_id: cluster_id(r.cluster_id.as_ref()),
        replica: voter(r.replica_id.0, p.replica_directory_id),
        epoch: LeaderEpoch(p.current_leader_epoch),
        snapshot: SnapshotId {
            end: Offset(p.snapshot_id.end_offset),
            epoch: LeaderEpoch(p.snapshot_id.epoch),
        },
        position: p.position,
        max_bytes: r.max_bytes,
    })
}

/// Splits an error into its top-level and its partition code.
fn codes(error: Option<Refusal>) -> (i16, i16) {
    match error {
        None => (0, 0),
        Some(e) if e.is_top_level() => (e.code(), 0),
        Some(e) => (0, e.code()),
    }
}

fn node_id_to_wire(id: Option<NodeId>) -> messages::BrokerId {
    NodeId::to_wire(id).into()
}

/// Builds the `NodeEndpoints` of an answer from its head.
macro_rules! endpoints {
    ($module:ident, $head:expr) => {
        match ($head.leader, $head.endpoints.first()) {
            (Some(leader), Some(e)) => {
                let mut endpoint = $module::NodeEndpoint::default();
                endpoint.node_id = leader.0.into();
                endpoint.host = text(&e.host);
                endpoint.port = e.port;
                vec![endpoint]
            }
            _ => Vec::new(),
        }
    };
}

/// Fills in the answer to BeginQuorumEpoch or EndQuorumEpoch, which have the same shape.
macro_rules! epoch_response {
    ($module:ident, $kind:ident, $name:ident, $head:expr) => {{
        let (top, code) = codes($head.error);
        let mut response = messages::$name::default();
        response.error_code = top;
        if top == 0 {
            let mut partition = $module::PartitionData::default();
            partition.error_code = code;
            partition.leader_id = node_id_to_wire($head.leader);
            partition.leader_epoch = $head.epoch.0;
            let mut topic = $module::TopicData::default();
            topic.topic_name = topic_name();
            topic.partitions = vec![partition];
            response.topics = vec![topic];
            response.node_endpoints = endpoints!($module, $head);
        }
        ResponseKind::$kind(response)
    }};
}

/// Writes an answer of the raft machine; `None` for Fetch.
///
/// `bytes` are those of the snapshot for FetchSnapshot.
pub(crate) fn response(response: &Response, bytes: Bytes) -> Option<ResponseKind> {
    match response {
        Response::Vote(r) => Some(vote_response(r)),
        Response::BeginQuorumEpoch(head) => {
            Some(epoch_response!(begun, BeginQuorumEpoch, BeginQuorumEpochResponse, head))
        }
        Response::EndQuorumEpoch(head) => {
            Some(epoch_response!(ended, EndQuorumEpoch, EndQuorumEpochResponse, head))
        }
        Response::FetchSnapshot(r) => Some(snapshot_response(r, bytes)),
        Response::Fetch(_) => None,
    }
}

fn vote_response(r: &VoteResponse) -> ResponseKind {
    let (top, code) = codes(r.head.error);
    let mut response = messages::VoteResponse::default();
    response.error_code = top;
    if top == 0 {
        let mut partition = voted::PartitionData::default();
        partition.error_code = code;
        partition.leader_id = node_id_to_wire(r.head.leader);
        partition.leader_epoch = r.head.epoch.0;
        partition.vote_granted = r.granted;
        let mut topic = voted::TopicData::default();
        topic.topic_name = topic_name();
        topic.partitions = vec![partition];
        response.topics = vec![topic];
        response.node_endpoints = endpoints!(voted, r.head);
    }
    ResponseKind::Vote(response)
}

fn snapshot_response(r: &FetchSnapshotResponse, bytes: Bytes) -> ResponseKind {
    let (top, code) = codes(r.head.error);
    let mut response = messages::FetchSnapshotResponse::default();
    response.error_code = top;
    if top == 0 {
        let mut partition = part::PartitionSnapshot::default();
        partition.error_code = code;
        partition.snapshot_id.end_offset = r.snapshot.end.0;
        partition.snapshot_id.epoch = r.snapshot.epoch.0;
        partition.current_leader.leader_id = node_id_to_wire(r.head.leader);
        partition.current_leader.leader_epoch = r.head.epoch.0;
        partition.size = r.size;
        partition.position = r.position;
        partition.unaligned_records = bytes;
        let mut topic = part::TopicSnapshot::default();
        topic.name = topic_name();
        topic.partitions = vec![partition];
        response.topics = vec![topic];
        response.node_endpoints = endpoints!(part, r.head);
    }
    ResponseKind::FetchSnapshot(response)
}

/// The answer to a request that never reached the raft machine.
pub(crate) fn refused(request: &RequestKind, refused: Refused) -> Option<ResponseKind> {
    let code = Refusal::InvalidRequest.code();
    Some(match request {
        RequestKind::Vote(_) => ResponseKind::Vote(messages::VoteResponse::default().with_error_code(code)),
        RequestKind::BeginQuorumEpoch(_) => ResponseKind::BeginQuorumEpoch(
            messages::BeginQuorumEpochResponse::default().with_error_code(code),
        ),
        RequestKind::EndQuorumEpoch(_) => {
            ResponseKind::EndQuorumEpoch(messages::EndQuorumEpochResponse::default().with_error_code(code))
        }
        RequestKind::FetchSnapshot(_) => {
            // Kafka: UNKNOWN_TOPIC_OR_PARTITION for what is not the metadata partition.
            let code = if refused == Refused::WrongTopic { 3 } else { code };
            ResponseKind::FetchSnapshot(messages::FetchSnapshotResponse::default().with_error_code(code))
        }
        _ => return None,
    })
}

/// An answer of a peer, and the snapshot bytes that came with it. `None` if it is not one of raft's.
pub(crate) fn read_response(response: ResponseKind) -> Option<(Response, Bytes)> {
    Some(match response {
        ResponseKind::Vote(r) => {
            let p = r.topics.first().and_then(|t| t.partitions.first());
            let endpoints = r.node_endpoints.iter().map(|e| (e.host.as_str(), e.port));
            let head =
                head(r.error_code, p.map(|p| (p.error_code, p.leader_id.0, p.leader_epoch)), endpoints)?;
            (Response::Vote(VoteResponse { head, granted: p.is_some_and(|p| p.vote_granted) }), Bytes::new())
        }
        ResponseKind::BeginQuorumEpoch(r) => {
            let p = r.topics.first().and_then(|t| t.partitions.first());
            let endpoints = r.node_endpoints.iter().map(|e| (e.host.as_str(), e.port));
            let head =
                head(r.error_code, p.map(|p| (p.error_code, p.leader_id.0, p.leader_epoch)), endpoints)?;
            (Response::BeginQuorumEpoch(head), Bytes::new())
        }
        ResponseKind::EndQuorumEpoch(r) => {
            let p = r.topics.first().and_then(|t| t.partitions.first());
            let endpoints = r.node_endpoints.iter().map(|e| (e.host.as_str(), e.port));
            let head =
                head(r.error_code, p.map(|p| (p.error_code, p.leader_id.0, p.leader_epoch)), endpoints)?;
            (Response::EndQuorumEpoch(head), Bytes::new())
        }
        ResponseKind::FetchSnapshot(r) => read_snapshot_response(r)?,
        _ => return None,
    })
}

fn read_snapshot_response(r: messages::FetchSnapshotResponse) -> Option<(Response, Bytes)> {
    let endpoints = r.node_endpoints.iter().map(|e| (e.host.as_str(), e.port));
    let p = r.topics.first().and_then(|t| t.partitions.first());
    let seen = p.map(|p| (p.error_code, p.current_leader.leader_id.0, p.current_leader.leader_epoch));
    let head = head(r.error_code, seen, endpoints)?;
    let empty = part::PartitionSnapshot::default();
    let p = p.unwrap_or(&empty);
    let bytes = p.unaligned_records.clone();
    let response = FetchSnapshotResponse {
        head,
        snapshot: SnapshotId {
            end: Offset(p.snapshot_id.end_offset),
            epoch: LeaderEpoch(p.snapshot_id.epoch),
        },
        size: p.size,
        position: p.position,
        bytes: bytes.len() as i64,
    };
    Some((Response::FetchSnapshot(response), bytes))
}

/// Reads what every answer carries; `None` for an answer without error and without partition.
pub(crate) fn head<'a>(
    top: i16,
    partition: Option<(i16, i32, i32)>,
    endpoints: impl Iterator<Item = (&'a str, u16)>,
) -> Option<Head> {
    let endpoints = endpoints
        .map(|(host, port)| Endpoint { listener: "CONTROLLER".to_owned(), host: host.to_owned(), port })
        .collect();
    match (Refusal::from_code(top), partition) {
        (Some(error), _) => Some(Head { error: Some(error), leader: None, epoch: LeaderEpoch(0), endpoints }),
        (None, Some((code, leader, epoch))) => Some(Head {
            error: Refusal::from_code(code),
            leader: NodeId::from_wire(leader),
            epoch: LeaderEpoch(epoch),
            endpoints,
        }),
        (None, None) => None,
    }
}

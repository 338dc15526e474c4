//! The metadata quorum: leader, voters, observers, and how far each has come (KIP-595, KIP-836, KIP-853).

use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, Offset};
use kr_wire::messages::describe_quorum_request::{PartitionData, TopicData};
use kr_wire::messages::describe_quorum_response::{self, ReplicaState};
use kr_wire::messages::{DescribeQuorumRequest, DescribeQuorumResponse, TopicName};

use super::{checked, text};
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::options::Address;
use crate::pool::Lane;
use crate::routing::{Answer, Route};

/// The topic of the metadata log.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// The quorum as its leader sees it.
#[derive(Clone, Debug)]
pub struct QuorumStatus {
    /// The leader, if there is one.
    pub leader: Option<NodeId>,
    /// Its epoch.
    pub leader_epoch: Option<LeaderEpoch>,
    /// Offset below which the metadata is committed.
    pub high_watermark: Option<Offset>,
    /// Controllers that vote, ascending by id.
    pub voters: Vec<QuorumReplica>,
    /// Nodes that read along, ascending by id.
    pub observers: Vec<QuorumReplica>,
    /// Where voters listen; empty on clusters older than 3.9.
    pub nodes: Vec<QuorumNode>,
}

/// A replica of the metadata log.
#[derive(Clone, Debug)]
pub struct QuorumReplica {
    /// The node.
    pub id: NodeId,
    /// Its metadata directory; none on clusters older than 3.9 and with a static quorum.
    pub directory: Option<DirectoryId>,
    /// The end of its log as last told to the leader.
    pub log_end_offset: Option<Offset>,
    /// When it fetched last, milliseconds since 1970 by the leader's clock.
    pub last_fetch_ms: Option<i64>,
    /// When it last had all of the leader's log, milliseconds since 1970 by the leader's clock.
    pub last_caught_up_ms: Option<i64>,
}

/// Where a voter listens.
#[derive(Clone, Debug)]
pub struct QuorumNode {
    /// The node.
    pub id: NodeId,
    /// Name of the listener and its address.
    pub listeners: Vec<(String, Address)>,
}

impl Client {
    /// Describes the metadata quorum. Clusters that use ZooKeeper have none: [`Error::Unsupported`].
    pub async fn describe_quorum(&self) -> Result<QuorumStatus, Error> {
        status(self.request(Route::Any, WHAT, |_| request(), check).await?)
    }

    /// The same, asked of one node and once, on a connection where nothing else waits behind it: without a leader
    /// the answer is long in coming.
    pub async fn describe_quorum_now(&self, route: Route<'_>) -> Result<QuorumStatus, Error> {
        let wait = self.options().request_timeout.min(self.options().timeout);
        let answer = self.once(route, Lane::Forwarded, wait, |_| request()).await?;
        check(&answer.response)?;
        status(answer)
    }
}

/// What is done, for messages.
const WHAT: &str = "describe the metadata quorum";

fn request() -> DescribeQuorumRequest {
    let topic = TopicData::default()
        .with_topic_name(TopicName(text(METADATA_TOPIC)))
        .with_partitions(vec![PartitionData::default()]);
    DescribeQuorumRequest::default().with_topics(vec![topic])
}

fn check(response: &DescribeQuorumResponse) -> Result<(), Error> {
    checked(WHAT, response.error_code, response.error_message.as_ref())?;
    let mut partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    partitions.try_for_each(|p| checked(WHAT, p.error_code, p.error_message.as_ref()))
}

fn status(answer: Answer<DescribeQuorumResponse>) -> Result<QuorumStatus, Error> {
    let response = answer.response;
    let partition = response.topics.iter().flat_map(|topic| &topic.partitions).next();
    let partition = partition.ok_or_else(|| Error::Nonsense {
        address: answer.address.to_string(),
        api: DescribeQuorumRequest::NAME,
        reason: "the answer is empty".to_owned(),
    })?;
    Ok(QuorumStatus {
        leader: NodeId::from_wire(partition.leader_id.0),
        leader_epoch: LeaderEpoch::from_wire(partition.leader_epoch),
        high_watermark: Offset::from_wire(partition.high_watermark),
        voters: replicas(&partition.current_voters),
        observers: replicas(&partition.observers),
        nodes: response.nodes.iter().map(node).collect(),
    })
}

fn replicas(states: &[ReplicaState]) -> Vec<QuorumReplica> {
    let replica = |state: &ReplicaState| QuorumReplica {
        id: NodeId(state.replica_id.0),
        directory: Some(DirectoryId(state.replica_directory_id)).filter(|id| !id.is_reserved()),
        log_end_offset: Offset::from_wire(state.log_end_offset),
        last_fetch_ms: Some(state.last_fetch_timestamp).filter(|ms| *ms >= 0),
        last_caught_up_ms: Some(state.last_caught_up_timestamp).filter(|ms| *ms >= 0),
    };
    let mut replicas: Vec<QuorumReplica> = states.iter().map(replica).collect();
    replicas.sort_by_key(|replica| replica.id);
    replicas
}

fn node(node: &describe_quorum_response::Node) -> QuorumNode {
    let listener = |listener: &describe_quorum_response::Listener| {
        let address = Address { host: listener.host.as_str().to_owned(), port: listener.port };
        (listener.name.as_str().to_owned(), address)
    };
    QuorumNode { id: NodeId(node.node_id.0), listeners: node.listeners.iter().map(listener).collect() }
}

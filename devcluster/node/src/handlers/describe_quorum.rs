//! DescribeQuorum: voters and observers of the metadata log as their leader sees them.
//!
//! versions: 0-2
//! behaviours: answered by the leader of the quorum only; anything but partition 0 of `__cluster_metadata` is
//! unknown; directory ids and the voters' listeners from v2 on
//! kips: 595, 836, 853
//! left out: authorisation

use kr_raft::{QuorumView, ReplicaView};
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::Offset;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::describe_quorum_response::{
    Listener, Node as QuorumNode, PartitionData, ReplicaState, TopicData,
};
use kr_wire::messages::{BrokerId, DescribeQuorumRequest, DescribeQuorumResponse, TopicName};

use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// First version with directory ids, listeners and words for errors.
const FIRST_WITH_NODES: i16 = 2;

/// Handles DescribeQuorum of the controller listener and forwarded ones.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &DescribeQuorumRequest) -> Answer {
    let response = if !asks_for_metadata_log(request) {
        unknown_partitions(request)
    } else {
        match node.quorum.raft.describe() {
            Ok(view) => described(node, &view, ctx.version),
            Err(refusal) => DescribeQuorumResponse::default()
                .with_error_code(refusal.code())
                .with_error_message(Some(StrBytes::from_string(refusal.to_string()))),
        }
    };
    Answer::now(ResponseKind::DescribeQuorum(response))
}

fn asks_for_metadata_log(request: &DescribeQuorumRequest) -> bool {
    match request.topics.as_slice() {
        [topic] => {
            topic.topic_name.as_str() == kr_metadata::topic_name::CLUSTER_METADATA
                && matches!(topic.partitions.as_slice(), [partition] if partition.partition_index == 0)
        }
        _ => false,
    }
}

fn unknown_partitions(request: &DescribeQuorumRequest) -> DescribeQuorumResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            PartitionData::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0)
                .with_error_message(None)
        });
        TopicData::default().with_topic_name(topic.topic_name.clone()).with_partitions(partitions.collect())
    });
    DescribeQuorumResponse::default().with_error_message(None).with_topics(topics.collect())
}

fn described(node: &Node, view: &QuorumView, version: i16) -> DescribeQuorumResponse {
    let replicas = |views: &[ReplicaView]| views.iter().map(|v| replica(v, version)).collect::<Vec<_>>();
    let partition = PartitionData::default()
        .with_error_message(None)
        .with_leader_id(BrokerId(view.leader.0))
        .with_leader_epoch(view.epoch.0)
        .with_high_watermark(Offset::to_wire(view.high_watermark))
        .with_current_voters(replicas(&view.voters))
        .with_observers(replicas(&view.observers));
    let name = TopicName(StrBytes::from_static_str(kr_metadata::topic_name::CLUSTER_METADATA));
    let topic = TopicData::default().with_topic_name(name).with_partitions(vec![partition]);
    let mut response = DescribeQuorumResponse::default().with_error_message(None).with_topics(vec![topic]);
    if version >= FIRST_WITH_NODES {
        response.nodes = view.voters.iter().map(|voter| voter_node(node, voter)).collect();
    }
    response
}

fn voter_node(node: &Node, voter: &ReplicaView) -> QuorumNode {
    let listeners = node.quorum.raft.endpoints(voter.replica.id).iter().map(|endpoint| {
        Listener::default()
            .with_name(StrBytes::from_string(endpoint.listener.clone()))
            .with_host(StrBytes::from_string(endpoint.host.clone()))
            .with_port(endpoint.port)
    });
    QuorumNode::default().with_node_id(BrokerId(voter.replica.id.0)).with_listeners(listeners.collect())
}

fn replica(view: &ReplicaView, version: i16) -> ReplicaState {
    let state = ReplicaState::default()
        .with_replica_id(BrokerId(view.replica.id.0))
        .with_log_end_offset(Offset::to_wire(view.log_end))
        .with_last_fetch_timestamp(view.last_fetch_ms.unwrap_or(-1))
        .with_last_caught_up_timestamp(view.last_caught_up_ms.unwrap_or(-1));
    match view.replica.directory {
        Some(directory) if version >= FIRST_WITH_NODES => state.with_replica_directory_id(directory.0),
        _ => state,
    }
}

#[cfg(test)]
mod tests {
    use kr_raft::ReplicaKey;
    use kr_wire::ids::{DirectoryId, NodeId, Uuid};
    use kr_wire::messages::describe_quorum_request::{
        PartitionData as AskedPartition, TopicData as AskedTopic,
    };

    use super::*;

    fn request(topic: &'static str, partitions: &[i32]) -> DescribeQuorumRequest {
        let partitions =
            partitions.iter().map(|p| AskedPartition::default().with_partition_index(*p)).collect();
        let topic = AskedTopic::default()
            .with_topic_name(TopicName(StrBytes::from_static_str(topic)))
            .with_partitions(partitions);
        DescribeQuorumRequest::default().with_topics(vec![topic])
    }

    #[test]
    fn only_the_metadata_partition_is_known() {
        assert!(asks_for_metadata_log(&request("__cluster_metadata", &[0])));
        for wrong in
            [request("__cluster_metadata", &[1]), request("orders", &[0]), request("__cluster_metadata", &[])]
        {
            assert!(!asks_for_metadata_log(&wrong));
        }
        let answer = unknown_partitions(&request("orders", &[4]));
        assert_eq!(answer.topics[0].partitions[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0);
        assert_eq!(answer.topics[0].partitions[0].partition_index, 4);
    }

    #[test]
    fn directories_are_told_from_version_2_on() {
        let directory = DirectoryId(Uuid::from_u128(77_000));
        let view = ReplicaView {
            replica: ReplicaKey { id: NodeId(3), directory: Some(directory) },
            log_end: None,
            last_fetch_ms: None,
            last_caught_up_ms: Some(5),
        };
        let state = replica(&view, 2);
        assert_eq!(state.replica_directory_id, directory.0);
        assert_eq!(
            (state.log_end_offset, state.last_fetch_timestamp, state.last_caught_up_timestamp),
            (-1, -1, 5)
        );
        assert!(replica(&view, 1).replica_directory_id.is_nil());
    }
}

//! One file per API, and the tables that lead to them.
//!
//! Handlers check and translate; what must be decided about records, replicas, groups or metadata is
//! decided by those. Each file opens with its versions, behaviours and KIPs, and what is left out.

use bytes::Bytes;
use kr_wire::api::ApiKey;
use kr_wire::message::RequestKind;

use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::node::Node;

pub(crate) mod advertised;
pub(crate) mod alter_configs;
pub(crate) mod api_versions;
pub(crate) mod auto_create;
pub(crate) mod delete_records;
pub(crate) mod describe_cluster;
pub(crate) mod describe_configs;
pub(crate) mod describe_log_dirs;
pub(crate) mod describe_quorum;
pub(crate) mod describe_topic_partitions;
pub(crate) mod envelope;
pub(crate) mod fetch;
pub(crate) mod find_coordinator;
pub(crate) mod groups;
pub(crate) mod init_producer_id;
pub(crate) mod led;
pub(crate) mod list_offsets;
pub(crate) mod metadata;
pub(crate) mod metadata_log;
pub(crate) mod offset_for_leader_epoch;
pub(crate) mod produce;
pub(crate) mod refusals;

/// APIs answered on the broker listener, besides those that are forwarded.
const BROKER: &[ApiKey] = &[
    ApiKey::Produce,
    ApiKey::Fetch,
    ApiKey::ListOffsets,
    ApiKey::Metadata,
    ApiKey::OffsetCommit,
    ApiKey::OffsetFetch,
    ApiKey::FindCoordinator,
    ApiKey::JoinGroup,
    ApiKey::Heartbeat,
    ApiKey::LeaveGroup,
    ApiKey::SyncGroup,
    ApiKey::DescribeGroups,
    ApiKey::ListGroups,
    ApiKey::ApiVersions,
    ApiKey::DeleteRecords,
    ApiKey::InitProducerId,
    ApiKey::OffsetForLeaderEpoch,
    ApiKey::DescribeConfigs,
    ApiKey::DescribeLogDirs,
    ApiKey::DeleteGroups,
    ApiKey::OffsetDelete,
    ApiKey::DescribeCluster,
    ApiKey::DescribeTopicPartitions,
];

/// APIs answered on the controller listener; those that brokers forward are served on both.
const CONTROLLER: &[ApiKey] = &[
    ApiKey::Fetch,
    ApiKey::ApiVersions,
    ApiKey::DescribeConfigs,
    ApiKey::Vote,
    ApiKey::BeginQuorumEpoch,
    ApiKey::EndQuorumEpoch,
    ApiKey::AlterPartition,
    ApiKey::Envelope,
    ApiKey::FetchSnapshot,
    ApiKey::DescribeCluster,
    ApiKey::BrokerRegistration,
    ApiKey::BrokerHeartbeat,
    ApiKey::AllocateProducerIds,
    ApiKey::ControllerRegistration,
    ApiKey::AssignReplicasToDirs,
];

/// APIs that only the active controller answers and that clients send to brokers (KIP-590).
const FORWARDED: &[ApiKey] = &[
    ApiKey::CreateTopics,
    ApiKey::DeleteTopics,
    ApiKey::CreatePartitions,
    ApiKey::AlterConfigs,
    ApiKey::IncrementalAlterConfigs,
    ApiKey::ElectLeaders,
    ApiKey::AlterPartitionReassignments,
    ApiKey::ListPartitionReassignments,
    ApiKey::DescribeQuorum,
    ApiKey::UpdateFeatures,
    ApiKey::UnregisterBroker,
];

/// Whether a listener answers an API. What is not served is not advertised.
pub(crate) fn serves(api_key: i16, listener: Listener) -> bool {
    let own = match listener {
        Listener::Broker => BROKER,
        Listener::Controller => CONTROLLER,
    };
    own.iter().chain(FORWARDED).any(|key| *key as i16 == api_key)
}

/// The keys of the APIs that a listener answers, ascending: for the documentation of the protocol.
pub fn served(listener: Listener) -> Vec<i16> {
    kr_wire::api::rows().iter().map(|row| row.key).filter(|key| serves(*key, listener)).collect()
}

/// The two APIs whose frames are not decoded as messages.
pub(crate) fn hot(node: &mut Node, ctx: &Context, body: &Bytes) -> Option<Answer> {
    const PRODUCE: i16 = ApiKey::Produce as i16;
    const FETCH: i16 = ApiKey::Fetch as i16;
    match (ctx.api_key, ctx.listener) {
        (PRODUCE, Listener::Broker) => Some(produce::handle(node, ctx, body)),
        (FETCH, Listener::Broker) => Some(fetch::handle(node, ctx, body)),
        (FETCH, Listener::Controller) => Some(metadata_log::handle(node, ctx, body)),
        _ => None,
    }
}

/// The broker listener's APIs.
pub(crate) fn broker(node: &mut Node, ctx: &Context, request: RequestKind) -> Answer {
    match request {
        RequestKind::ApiVersions(r) => api_versions::handle(node, ctx, &r),
        RequestKind::Metadata(r) => metadata::handle(node, ctx, &r),
        RequestKind::ListOffsets(r) => list_offsets::handle(node, ctx, &r),
        RequestKind::OffsetForLeaderEpoch(r) => offset_for_leader_epoch::handle(node, ctx, &r),
        RequestKind::DeleteRecords(r) => delete_records::handle(node, ctx, &r),
        RequestKind::InitProducerId(r) => init_producer_id::handle(node, ctx, &r),
        RequestKind::FindCoordinator(r) => find_coordinator::handle(node, ctx, &r),
        RequestKind::DescribeConfigs(r) => describe_configs::handle(node, ctx, &r),
        RequestKind::DescribeLogDirs(r) => describe_log_dirs::handle(node, ctx, &r),
        RequestKind::DescribeCluster(r) => describe_cluster::handle(node, ctx, &r),
        RequestKind::DescribeTopicPartitions(r) => describe_topic_partitions::handle(node, ctx, &r),
        request @ (RequestKind::OffsetCommit(_)
        | RequestKind::OffsetFetch(_)
        | RequestKind::JoinGroup(_)
        | RequestKind::Heartbeat(_)
        | RequestKind::LeaveGroup(_)
        | RequestKind::SyncGroup(_)
        | RequestKind::DescribeGroups(_)
        | RequestKind::ListGroups(_)
        | RequestKind::DeleteGroups(_)
        | RequestKind::OffsetDelete(_)) => groups::handle(node, ctx, request),
        _ => Answer::HangUp(format!("API key {} is not a broker's", ctx.api_key)),
    }
}

/// The controller listener's APIs, and forwarded requests.
pub(crate) fn controller(node: &mut Node, ctx: &Context, request: RequestKind) -> Answer {
    if let Some(answer) = node.raft_request(ctx, &request) {
        return answer;
    }
    match request {
        RequestKind::ApiVersions(r) => api_versions::handle(node, ctx, &r),
        RequestKind::Envelope(r) => envelope::handle(node, ctx, &r),
        RequestKind::DescribeCluster(r) => describe_cluster::handle(node, ctx, &r),
        RequestKind::DescribeQuorum(r) => describe_quorum::handle(node, ctx, &r),
        RequestKind::DescribeConfigs(r) => describe_configs::handle(node, ctx, &r),
        request => {
            if let RequestKind::BrokerHeartbeat(heartbeat) = &request {
                node.heard_of(ctx, heartbeat.broker_id.0.into());
            }
            node.controller_request(ctx, request)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_served_api_has_a_row_that_allows_it() {
        for (keys, listener) in [(BROKER, Listener::Broker), (CONTROLLER, Listener::Controller)] {
            for key in keys {
                let row = kr_wire::api::row(*key as i16).expect("served APIs are in the table");
                let allowed = match listener {
                    Listener::Broker => row.broker,
                    Listener::Controller => row.controller,
                };
                assert!(allowed, "{} on {listener:?}", row.name);
            }
        }
        for key in FORWARDED {
            let row = kr_wire::api::row(*key as i16).expect("served APIs are in the table");
            assert!(row.forwardable && row.broker && row.controller, "{}", row.name);
        }
    }
}

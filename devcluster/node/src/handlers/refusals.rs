//! Answers that refuse a whole request, for the APIs that only the active controller answers.
//!
//! Each API has its own place for an error: at the top, or at every item. This file is that table.

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::alter_configs_response::AlterConfigsResourceResponse as AlterResult;
use kr_wire::messages::create_partitions_response::CreatePartitionsTopicResult;
use kr_wire::messages::create_topics_response::CreatableTopicResult;
use kr_wire::messages::delete_topics_response::DeletableTopicResult;
use kr_wire::messages::incremental_alter_configs_response::AlterConfigsResourceResponse as IncrementalResult;
use kr_wire::messages::{
    AllocateProducerIdsResponse, AlterConfigsResponse, AlterPartitionReassignmentsResponse,
    AlterPartitionResponse, AssignReplicasToDirsResponse, BrokerHeartbeatResponse,
    BrokerRegistrationResponse, ControllerRegistrationResponse, CreatePartitionsResponse,
    CreateTopicsResponse, DeleteTopicsResponse, DescribeQuorumResponse, ElectLeadersResponse,
    IncrementalAlterConfigsResponse, ListPartitionReassignmentsResponse, UnregisterBrokerResponse,
    UpdateFeaturesResponse,
};

use crate::dispatch::Answer;

/// Refuses a request, or hangs up if the API has no place for an error.
pub(crate) fn answer(request: &RequestKind, code: ErrorCode, message: &str) -> Answer {
    match refuse(request, code, message) {
        Some(response) => Answer::now(response),
        None => Answer::HangUp(message.to_owned()),
    }
}

/// The answer that refuses a request; `None` if it is not one of the controller's.
pub(crate) fn refuse(request: &RequestKind, code: ErrorCode, message: &str) -> Option<ResponseKind> {
    let text = Some(StrBytes::from_string(message.to_owned()));
    let code = code.0;
    /// An answer with its error at the top, with or without words.
    macro_rules! at_top {
        ($kind:ident, $response:ident) => {
            ResponseKind::$kind($response::default().with_error_code(code))
        };
        ($kind:ident, $response:ident, $text:expr) => {
            ResponseKind::$kind($response::default().with_error_code(code).with_error_message($text))
        };
    }
    Some(match request {
        RequestKind::CreateTopics(_)
        | RequestKind::DeleteTopics(_)
        | RequestKind::CreatePartitions(_)
        | RequestKind::AlterConfigs(_)
        | RequestKind::IncrementalAlterConfigs(_) => by_item(request, code, &text)?,
        RequestKind::ElectLeaders(_) => at_top!(ElectLeaders, ElectLeadersResponse),
        RequestKind::AlterPartitionReassignments(_) => {
            at_top!(AlterPartitionReassignments, AlterPartitionReassignmentsResponse, text)
        }
        RequestKind::ListPartitionReassignments(_) => {
            at_top!(ListPartitionReassignments, ListPartitionReassignmentsResponse, text)
        }
        RequestKind::DescribeQuorum(_) => at_top!(DescribeQuorum, DescribeQuorumResponse, text),
        RequestKind::UpdateFeatures(_) => at_top!(UpdateFeatures, UpdateFeaturesResponse, text),
        RequestKind::UnregisterBroker(_) => at_top!(UnregisterBroker, UnregisterBrokerResponse, text),
        RequestKind::AllocateProducerIds(_) => at_top!(AllocateProducerIds, AllocateProducerIdsResponse),
        RequestKind::AlterPartition(_) => at_top!(AlterPartition, AlterPartitionResponse),
        RequestKind::BrokerRegistration(_) => at_top!(BrokerRegistration, BrokerRegistrationResponse),
        RequestKind::BrokerHeartbeat(_) => at_top!(BrokerHeartbeat, BrokerHeartbeatResponse),
        RequestKind::ControllerRegistration(_) => {
            at_top!(ControllerRegistration, ControllerRegistrationResponse, text)
        }
        RequestKind::AssignReplicasToDirs(_) => at_top!(AssignReplicasToDirs, AssignReplicasToDirsResponse),
        _ => return None,
    })
}

/// The APIs whose errors stand at their items.
fn by_item(request: &RequestKind, code: i16, text: &Option<StrBytes>) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::CreateTopics(r) => {
            let refused = |name: &kr_wire::messages::TopicName| {
                CreatableTopicResult::default()
                    .with_name(name.clone())
                    .with_error_code(code)
                    .with_error_message(text.clone())
                    .with_num_partitions(-1)
                    .with_replication_factor(-1)
                    .with_configs(None)
            };
            let topics = r.topics.iter().map(|t| refused(&t.name)).collect();
            ResponseKind::CreateTopics(CreateTopicsResponse::default().with_topics(topics))
        }
        RequestKind::DeleteTopics(r) => {
            let refused =
                DeletableTopicResult::default().with_error_code(code).with_error_message(text.clone());
            let named = r.topic_names.iter().map(|name| refused.clone().with_name(Some(name.clone())));
            let both =
                r.topics.iter().map(|t| refused.clone().with_name(t.name.clone()).with_topic_id(t.topic_id));
            let responses = named.chain(both).collect();
            ResponseKind::DeleteTopics(DeleteTopicsResponse::default().with_responses(responses))
        }
        RequestKind::CreatePartitions(r) => {
            let refused = |name: &kr_wire::messages::TopicName| {
                CreatePartitionsTopicResult::default()
                    .with_name(name.clone())
                    .with_error_code(code)
                    .with_error_message(text.clone())
            };
            let results = r.topics.iter().map(|t| refused(&t.name)).collect();
            ResponseKind::CreatePartitions(CreatePartitionsResponse::default().with_results(results))
        }
        RequestKind::AlterConfigs(r) => {
            let responses = r
                .resources
                .iter()
                .map(|resource| {
                    AlterResult::default()
                        .with_error_code(code)
                        .with_error_message(text.clone())
                        .with_resource_type(resource.resource_type)
                        .with_resource_name(resource.resource_name.clone())
                })
                .collect();
            ResponseKind::AlterConfigs(AlterConfigsResponse::default().with_responses(responses))
        }
        RequestKind::IncrementalAlterConfigs(r) => {
            let responses = r
                .resources
                .iter()
                .map(|resource| {
                    IncrementalResult::default()
                        .with_error_code(code)
                        .with_error_message(text.clone())
                        .with_resource_type(resource.resource_type)
                        .with_resource_name(resource.resource_name.clone())
                })
                .collect();
            let response = IncrementalAlterConfigsResponse::default().with_responses(responses);
            ResponseKind::IncrementalAlterConfigs(response)
        }
        _ => return None,
    })
}

/// The error of an answer as a whole: the one at its top, or that of its first item.
pub(crate) fn code(response: &ResponseKind) -> Option<ErrorCode> {
    let code = match response {
        ResponseKind::CreateTopics(r) => r.topics.first()?.error_code,
        ResponseKind::DeleteTopics(r) => r.responses.first()?.error_code,
        ResponseKind::CreatePartitions(r) => r.results.first()?.error_code,
        ResponseKind::AlterConfigs(r) => r.responses.first()?.error_code,
        ResponseKind::IncrementalAlterConfigs(r) => r.responses.first()?.error_code,
        ResponseKind::ElectLeaders(r) => r.error_code,
        ResponseKind::AlterPartitionReassignments(r) => r.error_code,
        ResponseKind::ListPartitionReassignments(r) => r.error_code,
        ResponseKind::DescribeQuorum(r) => r.error_code,
        ResponseKind::UpdateFeatures(r) => r.error_code,
        ResponseKind::UnregisterBroker(r) => r.error_code,
        _ => return None,
    };
    Some(ErrorCode(code))
}

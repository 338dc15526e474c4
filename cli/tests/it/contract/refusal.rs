//! How a broker answers who is not authorised to a change, API by API.

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::messages::*;

use super::estate;

const CLUSTER: i16 = ErrorCode::CLUSTER_AUTHORIZATION_FAILED.0;
const TOPIC: i16 = ErrorCode::TOPIC_AUTHORIZATION_FAILED.0;
const GROUP: i16 = ErrorCode::GROUP_AUTHORIZATION_FAILED.0;

/// The refusal of a request that changes something; none for the others.
pub fn of(request: &RequestKind) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::IncrementalAlterConfigs(asked) => estate::altered(asked, CLUSTER).into(),
        RequestKind::AlterReplicaLogDirs(asked) => estate::moved(asked, CLUSTER).into(),
        RequestKind::UpdateFeatures(asked) => estate::updated(asked, CLUSTER).into(),
        RequestKind::UnregisterBroker(_) => {
            UnregisterBrokerResponse::default().with_error_code(CLUSTER).with_error_message(None).into()
        }
        RequestKind::AddRaftVoter(_) => {
            AddRaftVoterResponse::default().with_error_code(CLUSTER).with_error_message(None).into()
        }
        RequestKind::RemoveRaftVoter(_) => {
            RemoveRaftVoterResponse::default().with_error_code(CLUSTER).with_error_message(None).into()
        }
        RequestKind::WriteTxnMarkers(asked) => estate::marked(asked, CLUSTER).into(),
        RequestKind::CreateAcls(asked) => {
            let result = create_acls_response::AclCreationResult::default().with_error_code(CLUSTER);
            CreateAclsResponse::default().with_results(vec![result; asked.creations.len()]).into()
        }
        RequestKind::DeleteAcls(asked) => {
            let result = delete_acls_response::DeleteAclsFilterResult::default().with_error_code(CLUSTER);
            DeleteAclsResponse::default().with_filter_results(vec![result; asked.filters.len()]).into()
        }
        RequestKind::AlterClientQuotas(asked) => estate::quotas_altered(asked, CLUSTER).into(),
        RequestKind::AlterUserScramCredentials(asked) => estate::users_altered(asked, CLUSTER).into(),
        RequestKind::CreateDelegationToken(_) => {
            // The request is not allowed over the connection it came by.
            let code = ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED.0;
            CreateDelegationTokenResponse::default().with_error_code(code).into()
        }
        RequestKind::RenewDelegationToken(_) => {
            let code = ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED.0;
            RenewDelegationTokenResponse::default().with_error_code(code).into()
        }
        RequestKind::ExpireDelegationToken(_) => {
            let code = ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED.0;
            ExpireDelegationTokenResponse::default().with_error_code(code).into()
        }
        RequestKind::ElectLeaders(_) => ElectLeadersResponse::default().with_error_code(CLUSTER).into(),
        RequestKind::AlterPartitionReassignments(_) => {
            let response = AlterPartitionReassignmentsResponse::default().with_error_message(None);
            response.with_error_code(CLUSTER).into()
        }
        other => return of_topics(other).or_else(|| of_groups(other)),
    })
}

fn of_topics(request: &RequestKind) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::CreateTopics(asked) => {
            use create_topics_response::CreatableTopicResult;
            let result = |topic: &create_topics_request::CreatableTopic| {
                let result = CreatableTopicResult::default().with_name(topic.name.clone());
                result.with_error_code(TOPIC).with_error_message(None).with_configs(None)
            };
            CreateTopicsResponse::default().with_topics(asked.topics.iter().map(result).collect()).into()
        }
        RequestKind::DeleteTopics(asked) => {
            use delete_topics_response::DeletableTopicResult;
            let mut names = asked.topic_names.clone();
            names.extend(asked.topics.iter().filter_map(|topic| topic.name.clone()));
            let result = |name: TopicName| {
                let result = DeletableTopicResult::default().with_name(Some(name));
                result.with_error_code(TOPIC).with_error_message(None)
            };
            DeleteTopicsResponse::default().with_responses(names.into_iter().map(result).collect()).into()
        }
        RequestKind::CreatePartitions(asked) => {
            use create_partitions_response::CreatePartitionsTopicResult;
            let result = |topic: &create_partitions_request::CreatePartitionsTopic| {
                let result = CreatePartitionsTopicResult::default().with_name(topic.name.clone());
                result.with_error_code(TOPIC).with_error_message(None)
            };
            let results = asked.topics.iter().map(result).collect();
            CreatePartitionsResponse::default().with_results(results).into()
        }
        RequestKind::DeleteRecords(asked) => {
            use delete_records_response::*;
            let topic = |topic: &delete_records_request::DeleteRecordsTopic| {
                let partition = |wanted: &delete_records_request::DeleteRecordsPartition| {
                    let result = DeleteRecordsPartitionResult::default();
                    result.with_partition_index(wanted.partition_index).with_error_code(TOPIC)
                };
                DeleteRecordsTopicResult::default()
                    .with_name(topic.name.clone())
                    .with_partitions(topic.partitions.iter().map(partition).collect())
            };
            DeleteRecordsResponse::default().with_topics(asked.topics.iter().map(topic).collect()).into()
        }
        _ => return None,
    })
}

fn of_groups(request: &RequestKind) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::OffsetCommit(asked) => {
            use offset_commit_response::*;
            let topic = |topic: &offset_commit_request::OffsetCommitRequestTopic| {
                let partition = |wanted: &offset_commit_request::OffsetCommitRequestPartition| {
                    let result = OffsetCommitResponsePartition::default();
                    result.with_partition_index(wanted.partition_index).with_error_code(GROUP)
                };
                OffsetCommitResponseTopic::default()
                    .with_name(topic.name.clone())
                    .with_partitions(topic.partitions.iter().map(partition).collect())
            };
            OffsetCommitResponse::default().with_topics(asked.topics.iter().map(topic).collect()).into()
        }
        RequestKind::OffsetDelete(_) => OffsetDeleteResponse::default().with_error_code(GROUP).into(),
        RequestKind::DeleteGroups(asked) => {
            use delete_groups_response::DeletableGroupResult;
            let result = |id: &GroupId| {
                DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(GROUP)
            };
            let results = asked.groups_names.iter().map(result).collect();
            DeleteGroupsResponse::default().with_results(results).into()
        }
        RequestKind::LeaveGroup(_) => LeaveGroupResponse::default().with_error_code(GROUP).into(),
        RequestKind::JoinGroup(_) => JoinGroupResponse::default().with_error_code(GROUP).into(),
        RequestKind::InitProducerId(_) => InitProducerIdResponse::default().with_error_code(CLUSTER).into(),
        _ => return None,
    })
}

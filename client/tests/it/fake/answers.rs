//! The usual answers of a fake broker, one function an API.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopicResponse};
use kr_wire::ids::{NodeId, Offset};
use kr_wire::leader_hint::CurrentLeader;
use kr_wire::message::{self, RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::*;
use kr_wire::produce::{
    ProducePartitionResponse, ProduceRequest, ProduceResponse, ProduceTopicResponse, RecordError,
};
use kr_wire::topic_ref::TopicRef;

use super::world::{FakeTopic, TxnStep, World};
use super::{Seen, changes};

/// Answers a request; `None` closes the connection, as brokers do on a version they do not have.
pub fn answer(world: &mut World, seen: &Seen<'_>) -> Option<Vec<u8>> {
    let (key, version) = (seen.header.api_key, seen.header.api_version);
    let (id, body) = (seen.header.correlation_id, seen.body.clone());
    let (min, max) = *world.apis.get(&key)?;
    if !(min..=max).contains(&version) {
        let refused = ApiVersionsResponse::default().with_error_code(ErrorCode::UNSUPPORTED_VERSION.0);
        return (key == 18).then(|| flat(message::encode_response(id, 18, 0, &refused.into()).unwrap()));
    }
    match key {
        0 => return Some(flat(produce(world, seen.node, version, &body)?.encode(id, version).unwrap())),
        1 => return Some(flat(fetch(world, seen.node, version, &body)?.encode(id, version).unwrap())),
        _ => {}
    }
    let response: ResponseKind = match message::decode_request(key, version, body).ok()? {
        RequestKind::ApiVersions(_) => api_versions(world).into(),
        RequestKind::Metadata(request) => metadata(world, &request).into(),
        RequestKind::ListOffsets(request) => list_offsets(world, seen.node, &request).into(),
        RequestKind::InitProducerId(_) => {
            InitProducerIdResponse::default().with_producer_id(ProducerId(world.producer_id())).into()
        }
        RequestKind::AddPartitionsToTxn(request) => add_partitions(world, &request).into(),
        RequestKind::EndTxn(request) => {
            world.transactions.push(TxnStep::Ended { is_commit: request.committed });
            EndTxnResponse::default().into()
        }
        RequestKind::FindCoordinator(request) => find_coordinator(world, &request, version).into(),
        RequestKind::CreateTopics(request) => create_topics(world, &request).into(),
        RequestKind::DeleteTopics(request) => delete_topics(world, &request).into(),
        RequestKind::DeleteRecords(request) => changes::delete_records(world, seen.node, &request).into(),
        RequestKind::DescribeLogDirs(request) => {
            changes::describe_log_dirs(world, seen.node, &request).into()
        }
        RequestKind::CreatePartitions(request) => changes::create_partitions(world, &request).into(),
        RequestKind::ElectLeaders(request) => changes::elect_leaders(world, &request).into(),
        RequestKind::IncrementalAlterConfigs(request) => {
            changes::incremental_alter_configs(world, &request).into()
        }
        RequestKind::AlterPartitionReassignments(request) => {
            changes::alter_reassignments(world, &request).into()
        }
        RequestKind::DescribeProducers(request) => changes::describe_producers(world, &request).into(),
        RequestKind::DescribeConfigs(request) => describe_configs(world, &request).into(),
        RequestKind::DescribeCluster(_) => describe_cluster(world).into(),
        RequestKind::DescribeQuorum(_) => describe_quorum(world).into(),
        RequestKind::ListGroups(_) => list_groups(world, seen.node).into(),
        RequestKind::DescribeGroups(request) => describe_groups(world, &request).into(),
        RequestKind::JoinGroup(request) => join_group(world, &request).into(),
        RequestKind::SyncGroup(request) => sync_group(world, &request).into(),
        RequestKind::Heartbeat(request) => heartbeat(world, &request).into(),
        RequestKind::LeaveGroup(request) => leave_group(world, &request).into(),
        RequestKind::OffsetCommit(request) => offset_commit(world, &request).into(),
        RequestKind::OffsetDelete(request) => offset_delete(world, &request).into(),
        RequestKind::DeleteGroups(request) => delete_groups(world, &request).into(),
        RequestKind::OffsetFetch(request) => offset_fetch(world, &request, version).into(),
        RequestKind::DescribeAcls(_) => DescribeAclsResponse::default().with_error_message(None).into(),
        _ => return None,
    };
    Some(flat(message::encode_response(id, key, version, &response).unwrap()))
}

fn flat(frame: Vec<Bytes>) -> Vec<u8> {
    frame.concat()
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn api_versions(world: &World) -> ApiVersionsResponse {
    let api = |(key, (min, max)): (&i16, &(i16, i16))| {
        api_versions_response::ApiVersion::default()
            .with_api_key(*key)
            .with_min_version(*min)
            .with_max_version(*max)
    };
    let finalized = |(name, level, _, _): &(&str, i16, i16, i16)| {
        api_versions_response::FinalizedFeatureKey::default()
            .with_name(text(name))
            .with_min_version_level(*level)
            .with_max_version_level(*level)
    };
    let supported = |(name, _, min, max): &(&str, i16, i16, i16)| {
        api_versions_response::SupportedFeatureKey::default()
            .with_name(text(name))
            .with_min_version(*min)
            .with_max_version(*max)
    };
    ApiVersionsResponse::default()
        .with_api_keys(world.apis.iter().map(api).collect())
        .with_finalized_features(world.features.iter().map(finalized).collect())
        .with_finalized_features_epoch(3)
        .with_supported_features(world.features.iter().map(supported).collect())
}

fn metadata(world: &World, request: &MetadataRequest) -> MetadataResponse {
    use metadata_response::*;
    let broker = |(id, address): (&i32, &std::net::SocketAddr)| {
        MetadataResponseBroker::default()
            .with_node_id(BrokerId(*id))
            .with_host(text(&address.ip().to_string()))
            .with_port(address.port().into())
    };
    let ids = |nodes: &[i32]| nodes.iter().map(|id| BrokerId(*id)).collect::<Vec<_>>();
    let known = |name: &str, topic: &FakeTopic| {
        let partition = |(index, p): (i32, &super::world::FakePartition)| {
            MetadataResponsePartition::default()
                .with_partition_index(index)
                .with_error_code(if p.leader < 0 { ErrorCode::LEADER_NOT_AVAILABLE.0 } else { 0 })
                .with_leader_id(BrokerId(p.leader))
                .with_leader_epoch(p.epoch)
                .with_replica_nodes(ids(&p.replicas))
                .with_isr_nodes(ids(&p.isr))
        };
        MetadataResponseTopic::default()
            .with_name(Some(TopicName(text(name))))
            .with_topic_id(topic.id)
            .with_is_internal(topic.is_internal)
            .with_partitions((0..).zip(&topic.partitions).map(partition).collect())
    };
    let topics = match &request.topics {
        None => world.topics.iter().map(|(name, topic)| known(name, topic)).collect(),
        Some(wanted) => {
            let one = |wanted: &metadata_request::MetadataRequestTopic| {
                let name = wanted.name.as_ref().unwrap().as_str();
                let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0;
                let missing = || {
                    let name = Some(TopicName(text(name)));
                    MetadataResponseTopic::default().with_name(name).with_error_code(unknown)
                };
                world.topics.get(name).map_or_else(missing, |topic| known(name, topic))
            };
            wanted.iter().map(one).collect()
        }
    };
    MetadataResponse::default()
        .with_cluster_id(Some(text("fake-cluster")))
        .with_controller_id(BrokerId(1))
        .with_brokers(world.brokers.iter().map(broker).collect())
        .with_topics(topics)
}

/// Finds the topic a hot frame names.
fn named<'a>(world: &'a mut World, topic: &TopicRef) -> Option<&'a mut FakeTopic> {
    match topic {
        TopicRef::Name(name) => world.topics.get_mut(name.as_str()),
        TopicRef::Id(id) => world.topics.values_mut().find(|topic| topic.id == id.0),
    }
}

fn produce(world: &mut World, node: i32, version: i16, body: &Bytes) -> Option<ProduceResponse> {
    let request = ProduceRequest::decode(version, body).ok()?;
    let mut topics = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for sent in &topic.partitions {
            let known = named(world, &topic.topic);
            let policy = known.as_ref().and_then(|topic| topic.configs.get("cleanup.policy"));
            let is_compacted = policy.is_some_and(|policy| policy == "compact");
            let known = known.and_then(|topic| topic.partitions.get_mut(sent.index.0 as usize));
            let mut current_leader = CurrentLeader::default();
            let mut record_errors = Vec::new();
            let result = match known {
                None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
                Some(partition) if partition.leader != node => {
                    current_leader = CurrentLeader {
                        leader: Some(NodeId(partition.leader)),
                        epoch: Some(kr_wire::ids::LeaderEpoch(partition.epoch)),
                    };
                    Err(ErrorCode::NOT_LEADER_OR_FOLLOWER)
                }
                Some(partition) => {
                    let batch = sent.records.as_ref()?;
                    record_errors.extend(without_key(batch).filter(|_| is_compacted));
                    if record_errors.is_empty() {
                        partition.append(batch).map_err(ErrorCode)
                    } else {
                        Err(ErrorCode::INVALID_RECORD)
                    }
                }
            };
            partitions.push(ProducePartitionResponse {
                index: sent.index,
                error: result.err().unwrap_or(ErrorCode::NONE),
                base_offset: result.ok().map(Offset),
                log_append_time_ms: None,
                log_start_offset: Some(Offset(0)),
                record_errors,
                error_message: None,
                current_leader,
            });
        }
        topics.push(ProduceTopicResponse { topic: topic.topic.clone(), partitions });
    }
    Some(ProduceResponse { topics, throttle_time_ms: 0, node_endpoints: Vec::new() })
}

/// What a broker says of each record of a batch that a compacted topic does not take.
fn without_key(batch: &Bytes) -> impl Iterator<Item = RecordError> {
    let batch = kr_wire::batch::Batch::parse(batch).unwrap();
    let payload = batch.payload(kr_wire::compression::Limit::default()).unwrap();
    let keys: Vec<bool> = payload.records().map(|record| record.unwrap().key.is_some()).collect();
    let error = |at| RecordError { batch_index: at, message: Some(text("a compacted topic wants a key")) };
    (0..).zip(keys).filter(|(_, has_key)| !has_key).map(move |(at, _)| error(at))
}

fn fetch(world: &mut World, node: i32, version: i16, body: &Bytes) -> Option<FetchResponse> {
    let request = FetchRequest::decode(version, body).ok()?;
    // Before version 15 the replica id comes first; the decoder takes all negative ones for consumers.
    let is_debugger = version < 15 && body.first_chunk() == Some(&(-2i32).to_be_bytes());
    let mut topics = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for wanted in &topic.partitions {
            let known =
                named(world, &topic.topic).and_then(|t| t.partitions.get_mut(wanted.index.0 as usize));
            let (error, records, start, end) = match known {
                None => (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None, 0, 0),
                // Who looks at replicas (-2) is answered by each of them.
                Some(p) if p.leader != node && (!is_debugger || !p.replicas.contains(&node)) => {
                    (ErrorCode::NOT_LEADER_OR_FOLLOWER, None, 0, 0)
                }
                Some(p) if wanted.fetch_offset.0 < p.start || wanted.fetch_offset.0 > p.end() => {
                    (ErrorCode::OFFSET_OUT_OF_RANGE, None, p.start, p.end())
                }
                Some(p) => {
                    let is_after = |batch: &&Bytes| {
                        let header = kr_wire::batch::BatchHeader::parse(batch).unwrap();
                        header.next_offset() > wanted.fetch_offset
                    };
                    let log = p.copies.get(&node).unwrap_or(&p.batches);
                    let batches: Vec<Bytes> = log.iter().filter(is_after).take(2).cloned().collect();
                    (ErrorCode::NONE, Some(Bytes::from(batches.concat())), p.start, p.end())
                }
            };
            partitions.push(FetchPartitionResponse {
                index: wanted.index,
                error,
                high_watermark: Some(Offset(end)),
                last_stable_offset: Some(Offset(end)),
                log_start_offset: Some(Offset(start)),
                diverging_epoch: None,
                current_leader: CurrentLeader::default(),
                snapshot_id: None,
                aborted_transactions: None,
                preferred_read_replica: None,
                records,
            });
        }
        topics.push(FetchTopicResponse { topic: topic.topic.clone(), partitions });
    }
    Some(FetchResponse {
        throttle_time_ms: 0,
        error: ErrorCode::NONE,
        session_id: 0,
        topics,
        node_endpoints: Vec::new(),
    })
}

fn list_offsets(world: &mut World, node: i32, request: &ListOffsetsRequest) -> ListOffsetsResponse {
    use list_offsets_response::*;
    let topic = |topic: &list_offsets_request::ListOffsetsTopic| {
        let known = world.topics.get(topic.name.as_str());
        let partition = |wanted: &list_offsets_request::ListOffsetsPartition| {
            let answer = ListOffsetsPartitionResponse::default().with_partition_index(wanted.partition_index);
            let known = known.and_then(|topic| topic.partitions.get(wanted.partition_index as usize));
            match known {
                None => answer.with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0),
                Some(p) if request.replica_id.0 == -2 && p.replicas.contains(&node) => {
                    let end = p.ends.get(&node).copied().unwrap_or_else(|| p.end());
                    answer.with_offset(if wanted.timestamp == -2 { p.start } else { end }).with_timestamp(-1)
                }
                Some(p) if p.leader != node => answer.with_error_code(ErrorCode::NOT_LEADER_OR_FOLLOWER.0),
                Some(p) if wanted.timestamp == -3 => {
                    let newest = p.batches.iter().map(|batch| {
                        let header = kr_wire::batch::BatchHeader::parse(batch).unwrap();
                        (header.max_timestamp, header.last_offset().0)
                    });
                    let (timestamp, offset) = newest.max().unwrap_or((-1, -1));
                    answer.with_offset(offset).with_timestamp(timestamp)
                }
                Some(p) if wanted.timestamp == -2 => answer.with_offset(p.start).with_timestamp(-1),
                Some(p) => answer.with_offset(p.end()).with_timestamp(-1).with_leader_epoch(p.epoch),
            }
        };
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(topic.partitions.iter().map(partition).collect())
    };
    ListOffsetsResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

fn add_partitions(world: &mut World, request: &AddPartitionsToTxnRequest) -> AddPartitionsToTxnResponse {
    use add_partitions_to_txn_response::*;
    let mut results = Vec::new();
    for topic in &request.v3_and_below_topics {
        let name = topic.name.as_str().to_owned();
        let added = topic.partitions.iter().map(|partition| TxnStep::Added(name.clone(), *partition));
        world.transactions.extend(added);
        let result =
            |partition: &i32| AddPartitionsToTxnPartitionResult::default().with_partition_index(*partition);
        let partitions = topic.partitions.iter().map(result).collect();
        results.push(
            AddPartitionsToTxnTopicResult::default()
                .with_name(topic.name.clone())
                .with_results_by_partition(partitions),
        );
    }
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(results)
}

fn find_coordinator(
    world: &World,
    request: &FindCoordinatorRequest,
    version: i16,
) -> FindCoordinatorResponse {
    let (id, address) = world.brokers.iter().next().unwrap();
    let (host, port) = (text(&address.ip().to_string()), i32::from(address.port()));
    if version < 4 {
        return FindCoordinatorResponse::default()
            .with_node_id(BrokerId(*id))
            .with_host(host)
            .with_port(port);
    }
    let coordinator = |key: &StrBytes| {
        find_coordinator_response::Coordinator::default()
            .with_key(key.clone())
            .with_node_id(BrokerId(*id))
            .with_host(host.clone())
            .with_port(port)
    };
    FindCoordinatorResponse::default()
        .with_coordinators(request.coordinator_keys.iter().map(coordinator).collect())
}

fn create_topics(world: &mut World, request: &CreateTopicsRequest) -> CreateTopicsResponse {
    use create_topics_response::CreatableTopicResult;
    let mut results = Vec::new();
    for topic in &request.topics {
        let name = topic.name.as_str().to_owned();
        let result = CreatableTopicResult::default().with_name(topic.name.clone());
        let exists = world.topics.contains_key(&name).then_some(ErrorCode::TOPIC_ALREADY_EXISTS.0);
        if let Some(code) = world.refuse.get(&name).copied().or(exists) {
            results.push(result.with_error_code(code));
            continue;
        }
        let partitions = if topic.num_partitions < 0 { 1 } else { topic.num_partitions };
        if !request.validate_only {
            world.add_topic(&name, partitions);
            let configs = topic.configs.iter();
            let pair = |c: &create_topics_request::CreatableTopicConfig| {
                (c.name.as_str().to_owned(), c.value.as_ref().unwrap().as_str().to_owned())
            };
            world.topics.get_mut(&name).unwrap().configs = configs.map(pair).collect();
        }
        let id = world.topics.get(&name).map(|topic| topic.id).unwrap_or_default();
        let replicas = world.brokers.len() as i16;
        results
            .push(result.with_topic_id(id).with_num_partitions(partitions).with_replication_factor(replicas));
    }
    CreateTopicsResponse::default().with_topics(results)
}

fn delete_topics(world: &mut World, request: &DeleteTopicsRequest) -> DeleteTopicsResponse {
    use delete_topics_response::DeletableTopicResult;
    let mut names = request.topic_names.clone();
    names.extend(request.topics.iter().filter_map(|topic| topic.name.clone()));
    let result = |name: TopicName| {
        let code = match world.refuse.get(name.as_str()) {
            Some(code) => *code,
            None if world.topics.remove(name.as_str()).is_some() => 0,
            None => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0,
        };
        DeletableTopicResult::default().with_name(Some(name)).with_error_code(code)
    };
    DeleteTopicsResponse::default().with_responses(names.into_iter().map(result).collect())
}

fn describe_configs(world: &World, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    use describe_configs_response::*;
    let entries = |own: &BTreeMap<String, String>| -> Vec<DescribeConfigsResourceResult> {
        let names: BTreeSet<&String> = own.keys().chain(world.config_defaults.keys()).collect();
        let synonym = |name: &str, value: Option<&String>, source| {
            let value = value.map(|value| text(value));
            value.map(|value| {
                DescribeConfigsSynonym::default()
                    .with_name(text(name))
                    .with_value(Some(value))
                    .with_source(source)
            })
        };
        let entry = |name: &String| {
            let (own, default) = (own.get(name), world.config_defaults.get(name));
            let synonyms = [synonym(name, own, 1), synonym(name, default, 5)].into_iter().flatten();
            DescribeConfigsResourceResult::default()
                .with_name(text(name))
                .with_value(own.or(default).map(|value| text(value)))
                .with_config_source(if own.is_some() { 1 } else { 5 })
                .with_synonyms(synonyms.collect())
                .with_documentation(None)
        };
        names.into_iter().map(entry).collect()
    };
    let result = |resource: &describe_configs_request::DescribeConfigsResource| {
        let topic = world.topics.get(resource.resource_name.as_str());
        let is_unknown = resource.resource_type == 2 && topic.is_none();
        let code = if is_unknown { ErrorCode::UNKNOWN_TOPIC_OR_PARTITION } else { ErrorCode::NONE };
        DescribeConfigsResult::default()
            .with_error_code(code.0)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
            .with_configs(topic.map(|topic| entries(&topic.configs)).unwrap_or_default())
    };
    DescribeConfigsResponse::default().with_results(request.resources.iter().map(result).collect())
}

fn describe_cluster(world: &World) -> DescribeClusterResponse {
    let broker = |(id, address): (&i32, &std::net::SocketAddr)| {
        describe_cluster_response::DescribeClusterBroker::default()
            .with_broker_id(BrokerId(*id))
            .with_host(text(&address.ip().to_string()))
            .with_port(address.port().into())
            .with_rack(Some(text("a")))
    };
    DescribeClusterResponse::default()
        .with_cluster_id(text("fake-cluster"))
        .with_controller_id(BrokerId(1))
        .with_brokers(world.brokers.iter().map(broker).collect())
}

fn describe_quorum(world: &World) -> DescribeQuorumResponse {
    use describe_quorum_response::*;
    let voter = |id: &i32| {
        ReplicaState::default()
            .with_replica_id(BrokerId(*id))
            .with_log_end_offset(100 - i64::from(*id))
            .with_last_fetch_timestamp(5000 - 10 * i64::from(*id))
            .with_last_caught_up_timestamp(5000 - 20 * i64::from(*id))
    };
    let partition = PartitionData::default()
        .with_leader_id(BrokerId(1))
        .with_leader_epoch(4)
        .with_high_watermark(98)
        .with_current_voters(world.brokers.keys().map(voter).collect());
    let topic = TopicData::default()
        .with_topic_name(TopicName(text("__cluster_metadata")))
        .with_partitions(vec![partition]);
    DescribeQuorumResponse::default().with_topics(vec![topic])
}

fn list_groups(world: &World, node: i32) -> ListGroupsResponse {
    let group = |(id, group): (&String, &super::world::FakeGroup)| {
        list_groups_response::ListedGroup::default()
            .with_group_id(GroupId(text(id)))
            .with_protocol_type(text("consumer"))
            .with_group_state(text(if group.member.is_some() { "Stable" } else { "Empty" }))
            .with_group_type(text("Classic"))
    };
    let groups = if node == 1 { world.groups.iter().map(group).collect() } else { Vec::new() };
    ListGroupsResponse::default().with_groups(groups)
}

fn describe_groups(world: &World, request: &DescribeGroupsRequest) -> DescribeGroupsResponse {
    use describe_groups_response::*;
    let describe = |id: &GroupId| {
        let described = DescribedGroup::default().with_group_id(id.clone());
        let Some(group) = world.groups.get(id.as_str()) else {
            return described.with_error_code(ErrorCode::GROUP_ID_NOT_FOUND.0);
        };
        let member = |member: &String| {
            DescribedGroupMember::default()
                .with_member_id(text(member))
                .with_client_id(text("tester"))
                .with_client_host(text("/127.0.0.1"))
                .with_member_assignment(group.assignment.clone())
        };
        described
            .with_group_state(text(if group.member.is_some() { "Stable" } else { "Empty" }))
            .with_protocol_type(text("consumer"))
            .with_protocol_data(text("range"))
            .with_members(group.member.iter().map(member).collect())
    };
    DescribeGroupsResponse::default().with_groups(request.groups.iter().map(describe).collect())
}

fn join_group(world: &mut World, request: &JoinGroupRequest) -> JoinGroupResponse {
    let group = world.groups.entry(request.group_id.as_str().to_owned()).or_default();
    if request.member_id.is_empty() {
        return JoinGroupResponse::default()
            .with_error_code(ErrorCode::MEMBER_ID_REQUIRED.0)
            .with_member_id(text("member-1"));
    }
    group.member = Some(request.member_id.as_str().to_owned());
    group.generation += 1;
    group.rebalance = false;
    group.subscription = request.protocols[0].metadata.clone();
    let member = join_group_response::JoinGroupResponseMember::default()
        .with_member_id(request.member_id.clone())
        .with_metadata(group.subscription.clone());
    JoinGroupResponse::default()
        .with_generation_id(group.generation)
        .with_protocol_type(Some(text("consumer")))
        .with_protocol_name(Some(text("range")))
        .with_leader(request.member_id.clone())
        .with_member_id(request.member_id.clone())
        .with_members(vec![member])
}

fn sync_group(world: &mut World, request: &SyncGroupRequest) -> SyncGroupResponse {
    let group = world.groups.get_mut(request.group_id.as_str()).unwrap();
    group.assignment = request.assignments[0].assignment.clone();
    SyncGroupResponse::default()
        .with_protocol_type(Some(text("consumer")))
        .with_protocol_name(Some(text("range")))
        .with_assignment(group.assignment.clone())
}

fn heartbeat(world: &World, request: &HeartbeatRequest) -> HeartbeatResponse {
    let group = &world.groups[request.group_id.as_str()];
    let code = if group.rebalance { ErrorCode::REBALANCE_IN_PROGRESS } else { ErrorCode::NONE };
    HeartbeatResponse::default().with_error_code(code.0)
}

fn leave_group(world: &mut World, request: &LeaveGroupRequest) -> LeaveGroupResponse {
    let group = world.groups.get_mut(request.group_id.as_str()).unwrap();
    let left = |member: &leave_group_request::MemberIdentity| {
        let is_there = group.member.as_deref() == Some(member.member_id.as_str());
        let code = if is_there { ErrorCode::NONE } else { ErrorCode::UNKNOWN_MEMBER_ID };
        leave_group_response::MemberResponse::default()
            .with_member_id(member.member_id.clone())
            .with_group_instance_id(member.group_instance_id.clone())
            .with_error_code(code.0)
    };
    let members: Vec<_> = request.members.iter().map(left).collect();
    if members.iter().any(|member| member.error_code == 0) || request.members.is_empty() {
        group.member = None;
    }
    LeaveGroupResponse::default().with_members(members)
}

fn offset_commit(world: &mut World, request: &OffsetCommitRequest) -> OffsetCommitResponse {
    use offset_commit_response::*;
    let refused = world.refuse_offset.clone();
    let group = world.groups.entry(request.group_id.as_str().to_owned()).or_default();
    // From outside nobody may commit while there is a member.
    let is_outsider = request.generation_id_or_member_epoch < 0 && group.member.is_some();
    let outsider = is_outsider.then_some(ErrorCode::UNKNOWN_MEMBER_ID.0);
    let mut topics = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for partition in &topic.partitions {
            let place = (topic.name.as_str().to_owned(), partition.partition_index);
            let code = outsider.or(refused.get(&place).copied()).unwrap_or(0);
            if code == 0 {
                group.committed.insert(place, partition.committed_offset);
            }
            let answer = OffsetCommitResponsePartition::default();
            partitions.push(answer.with_partition_index(partition.partition_index).with_error_code(code));
        }
        let answer = OffsetCommitResponseTopic::default().with_name(topic.name.clone());
        topics.push(answer.with_partitions(partitions));
    }
    OffsetCommitResponse::default().with_topics(topics)
}

fn offset_delete(world: &mut World, request: &OffsetDeleteRequest) -> OffsetDeleteResponse {
    use offset_delete_response::*;
    let Some(group) = world.groups.get_mut(request.group_id.as_str()) else {
        return OffsetDeleteResponse::default().with_error_code(ErrorCode::GROUP_ID_NOT_FOUND.0);
    };
    let mut topics = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for partition in &topic.partitions {
            let place = (topic.name.as_str().to_owned(), partition.partition_index);
            let code = world.refuse_offset.get(&place).copied().unwrap_or(0);
            if code == 0 {
                group.committed.remove(&place);
            }
            let answer = OffsetDeleteResponsePartition::default();
            partitions.push(answer.with_partition_index(partition.partition_index).with_error_code(code));
        }
        let answer = OffsetDeleteResponseTopic::default().with_name(topic.name.clone());
        topics.push(answer.with_partitions(partitions));
    }
    OffsetDeleteResponse::default().with_topics(topics)
}

fn delete_groups(world: &mut World, request: &DeleteGroupsRequest) -> DeleteGroupsResponse {
    use delete_groups_response::DeletableGroupResult;
    let result = |id: &GroupId| {
        let refused = world.refuse.get(id.as_str()).copied();
        let code = match world.groups.get(id.as_str()) {
            None => ErrorCode::GROUP_ID_NOT_FOUND.0,
            Some(group) if group.member.is_some() => ErrorCode::NON_EMPTY_GROUP.0,
            Some(_) => refused.unwrap_or(0),
        };
        if code == 0 {
            world.groups.remove(id.as_str());
        }
        DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(code)
    };
    DeleteGroupsResponse::default().with_results(request.groups_names.iter().map(result).collect())
}

fn offset_fetch(world: &World, request: &OffsetFetchRequest, version: i16) -> OffsetFetchResponse {
    use offset_fetch_response::*;
    let ids = request.groups.iter().map(|group| group.group_id.clone());
    let group = |id: GroupId| {
        let committed = world.groups.get(id.as_str()).map(|group| &group.committed);
        let topic = |((topic, index), offset): (&(String, i32), &i64)| {
            let partition = OffsetFetchResponsePartitions::default()
                .with_partition_index(*index)
                .with_committed_offset(*offset);
            OffsetFetchResponseTopics::default()
                .with_name(TopicName(text(topic)))
                .with_partitions(vec![partition])
        };
        OffsetFetchResponseGroup::default()
            .with_group_id(id)
            .with_topics(committed.into_iter().flatten().map(topic).collect())
    };
    assert!(version >= 8, "the fake speaks the newer form only");
    OffsetFetchResponse::default().with_groups(ids.map(group).collect())
}

//! Every API that a node advertises is answered in every version: an answer that cannot be said in a version
//! would end the node.

use kr_node::Listener;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages as m;
use kr_wire::messages::{ApiVersionsRequest, BrokerId, GroupId, TopicName};

use crate::solo::Solo;

fn name(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn topic(text: &'static str) -> TopicName {
    TopicName(name(text))
}

/// A topic that exists, and the group's own; created by what asks for them.
fn prepared() -> Solo {
    let mut solo = Solo::start(&[("offsets.topic.replication.factor", "1")]);
    let topics = vec![m::metadata_request::MetadataRequestTopic::default().with_name(Some(topic("orders")))];
    let metadata = m::MetadataRequest::default().with_topics(Some(topics));
    let coordinator = m::FindCoordinatorRequest::default().with_key(name("billing"));
    solo.run_until("both topics are there", |solo| {
        let found = solo.call(Listener::Broker, 3, &RequestKind::FindCoordinator(coordinator.clone()));
        let ResponseKind::FindCoordinator(found) = found else { panic!("unexpected answer") };
        let known = solo.call(Listener::Broker, 12, &RequestKind::Metadata(metadata.clone()));
        let ResponseKind::Metadata(known) = known else { panic!("unexpected answer") };
        found.error_code == 0 && known.topics[0].error_code == 0
    });
    solo
}

/// Requests of an API that reach into its answers: with something that exists and something that does not.
/// `None` for those whose answers other tests look at.
fn requests(api_key: i16, version: i16) -> Vec<RequestKind> {
    let key = m::ApiKey::try_from(api_key).expect("an API");
    match key {
        m::ApiKey::Metadata => metadata(version),
        m::ApiKey::FindCoordinator => find_coordinator(version),
        m::ApiKey::DescribeCluster => describe_cluster(version),
        m::ApiKey::DescribeTopicPartitions => {
            let asked = |t| m::describe_topic_partitions_request::TopicRequest::default().with_name(topic(t));
            let named = m::DescribeTopicPartitionsRequest::default()
                .with_topics(vec![asked("orders"), asked("missing"), asked("__consumer_offsets")])
                .with_response_partition_limit(3);
            vec![
                RequestKind::DescribeTopicPartitions(named),
                RequestKind::DescribeTopicPartitions(m::DescribeTopicPartitionsRequest::default()),
            ]
        }
        m::ApiKey::DescribeConfigs => describe_configs(version),
        m::ApiKey::DescribeQuorum => {
            let partitions = vec![m::describe_quorum_request::PartitionData::default()];
            let asked = |t| {
                let topic = m::describe_quorum_request::TopicData::default().with_topic_name(topic(t));
                let topics = vec![topic.with_partitions(partitions.clone())];
                RequestKind::DescribeQuorum(m::DescribeQuorumRequest::default().with_topics(topics))
            };
            vec![asked("__cluster_metadata"), asked("orders")]
        }
        m::ApiKey::ListOffsets => list_offsets(),
        m::ApiKey::OffsetForLeaderEpoch => offset_for_leader_epoch(version),
        m::ApiKey::DeleteRecords => delete_records(),
        m::ApiKey::DescribeLogDirs => {
            let topics = vec![
                m::describe_log_dirs_request::DescribableLogDirTopic::default()
                    .with_topic(topic("orders"))
                    .with_partitions(vec![0, 9]),
            ];
            let all = m::DescribeLogDirsRequest::default().with_topics(None);
            let some = m::DescribeLogDirsRequest::default().with_topics(Some(topics));
            vec![RequestKind::DescribeLogDirs(all), RequestKind::DescribeLogDirs(some)]
        }
        m::ApiKey::InitProducerId => {
            let plain = m::InitProducerIdRequest::default().with_transactional_id(None);
            let transactional = plain.clone().with_transactional_id(Some(m::TransactionalId(name("t"))));
            vec![RequestKind::InitProducerId(plain), RequestKind::InitProducerId(transactional)]
        }
        m::ApiKey::AlterConfigs | m::ApiKey::IncrementalAlterConfigs => alter_configs(key),
        _ => controllers(key, version),
    }
}

/// Requests that the controller answers.
fn controllers(key: m::ApiKey, version: i16) -> Vec<RequestKind> {
    let names = |n: &[&'static str]| n.iter().map(|t| topic(t)).collect::<Vec<_>>();
    let request = match key {
        m::ApiKey::CreateTopics => {
            let asked = |t, partitions| {
                m::create_topics_request::CreatableTopic::default()
                    .with_name(topic(t))
                    .with_num_partitions(partitions)
                    .with_replication_factor(1)
            };
            let topics = vec![asked("made", 2), asked("orders", 1), asked("not/legal", 1), asked("none", 0)];
            RequestKind::CreateTopics(m::CreateTopicsRequest::default().with_topics(topics))
        }
        m::ApiKey::DeleteTopics if version >= 6 => {
            let asked = |t| m::delete_topics_request::DeleteTopicState::default().with_name(Some(topic(t)));
            let topics = vec![asked("made"), asked("missing")];
            RequestKind::DeleteTopics(m::DeleteTopicsRequest::default().with_topics(topics))
        }
        m::ApiKey::DeleteTopics => {
            let topics = names(&["made", "missing"]);
            RequestKind::DeleteTopics(m::DeleteTopicsRequest::default().with_topic_names(topics))
        }
        m::ApiKey::CreatePartitions => {
            let asked = |t, count| {
                let topic =
                    m::create_partitions_request::CreatePartitionsTopic::default().with_name(topic(t));
                topic.with_count(count).with_assignments(None)
            };
            let topics = vec![asked("orders", 1), asked("missing", 5)];
            RequestKind::CreatePartitions(m::CreatePartitionsRequest::default().with_topics(topics))
        }
        m::ApiKey::ElectLeaders => {
            let asked = |t| {
                m::elect_leaders_request::TopicPartitions::default()
                    .with_topic(topic(t))
                    .with_partitions(vec![0])
            };
            let topics = vec![asked("orders"), asked("missing")];
            RequestKind::ElectLeaders(m::ElectLeadersRequest::default().with_topic_partitions(Some(topics)))
        }
        m::ApiKey::AlterPartitionReassignments => {
            use m::alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic};
            let asked = |t, replicas| {
                let partition = ReassignablePartition::default().with_replicas(replicas);
                ReassignableTopic::default().with_name(topic(t)).with_partitions(vec![partition])
            };
            let topics = vec![asked("orders", None), asked("missing", Some(vec![BrokerId(1)]))];
            let request = m::AlterPartitionReassignmentsRequest::default().with_topics(topics);
            RequestKind::AlterPartitionReassignments(request)
        }
        m::ApiKey::ListPartitionReassignments => {
            let request = m::ListPartitionReassignmentsRequest::default().with_topics(None);
            RequestKind::ListPartitionReassignments(request)
        }
        m::ApiKey::UpdateFeatures => {
            let update = m::update_features_request::FeatureUpdateKey::default()
                .with_feature(name("metadata.version"))
                .with_max_version_level(1000);
            RequestKind::UpdateFeatures(
                m::UpdateFeaturesRequest::default().with_feature_updates(vec![update]),
            )
        }
        m::ApiKey::UnregisterBroker => {
            let request = m::UnregisterBrokerRequest::default().with_broker_id(BrokerId(9));
            RequestKind::UnregisterBroker(request)
        }
        m::ApiKey::AllocateProducerIds => {
            let request = m::AllocateProducerIdsRequest::default().with_broker_id(BrokerId(1));
            RequestKind::AllocateProducerIds(request)
        }
        m::ApiKey::BrokerHeartbeat => {
            let request = m::BrokerHeartbeatRequest::default().with_broker_id(BrokerId(9));
            RequestKind::BrokerHeartbeat(request)
        }
        m::ApiKey::AlterPartition => {
            let request = m::AlterPartitionRequest::default().with_broker_id(BrokerId(1));
            RequestKind::AlterPartition(request)
        }
        m::ApiKey::AssignReplicasToDirs => {
            let request = m::AssignReplicasToDirsRequest::default().with_broker_id(BrokerId(1));
            RequestKind::AssignReplicasToDirs(request)
        }
        m::ApiKey::Vote => RequestKind::Vote(m::VoteRequest::default()),
        m::ApiKey::BeginQuorumEpoch => {
            RequestKind::BeginQuorumEpoch(m::BeginQuorumEpochRequest::default().with_cluster_id(None))
        }
        m::ApiKey::EndQuorumEpoch => {
            RequestKind::EndQuorumEpoch(m::EndQuorumEpochRequest::default().with_cluster_id(None))
        }
        m::ApiKey::FetchSnapshot => RequestKind::FetchSnapshot(m::FetchSnapshotRequest::default()),
        _ => return Vec::new(),
    };
    vec![request]
}

fn metadata(version: i16) -> Vec<RequestKind> {
    let asked = |t| m::metadata_request::MetadataRequestTopic::default().with_name(Some(topic(t)));
    let named = vec![asked("orders"), asked("missing"), asked("not/legal"), asked("__consumer_offsets")];
    let mut named = m::MetadataRequest::default().with_topics(Some(named));
    if version >= 4 {
        named.allow_auto_topic_creation = false;
    }
    named.include_topic_authorized_operations = version >= 8;
    named.include_cluster_authorized_operations = (8..=10).contains(&version);
    let all = m::MetadataRequest::default().with_topics((version == 0).then(Vec::new));
    let mut requests = vec![RequestKind::Metadata(named), RequestKind::Metadata(all)];
    if version >= 10 {
        let by_id = m::metadata_request::MetadataRequestTopic::default()
            .with_topic_id(kr_wire::ids::Uuid::from_u128(99_999))
            .with_name((version < 12).then(|| topic("orders")));
        requests.push(RequestKind::Metadata(m::MetadataRequest::default().with_topics(Some(vec![by_id]))));
    }
    requests
}

fn find_coordinator(version: i16) -> Vec<RequestKind> {
    let kinds: &[i8] = if version >= 1 { &[0, 1] } else { &[0] };
    let asked = kinds.iter().map(|kind| {
        let request = m::FindCoordinatorRequest::default().with_key_type(*kind);
        RequestKind::FindCoordinator(if version >= 4 {
            request.with_coordinator_keys(vec![name("billing"), name("audit")])
        } else {
            request.with_key(name("billing"))
        })
    });
    asked.collect()
}

fn describe_cluster(version: i16) -> Vec<RequestKind> {
    let types: &[i8] = if version >= 1 { &[0, 1, 2] } else { &[1] };
    let asked = types.iter().map(|kind| {
        let request = m::DescribeClusterRequest::default()
            .with_endpoint_type(*kind)
            .with_include_cluster_authorized_operations(true)
            .with_include_fenced_brokers(version >= 2);
        RequestKind::DescribeCluster(request)
    });
    asked.collect()
}

fn describe_configs(version: i16) -> Vec<RequestKind> {
    let resource = |kind: i8, text| {
        m::describe_configs_request::DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name(text))
            .with_configuration_keys(None)
    };
    let resources = vec![
        resource(2, "orders"),
        resource(2, "missing"),
        resource(2, "not/legal"),
        resource(4, "1"),
        resource(4, "2"),
        resource(4, ""),
        resource(8, "1"),
        resource(16, "metrics"),
        resource(32, "billing"),
        resource(77, "x"),
    ];
    let request = m::DescribeConfigsRequest::default()
        .with_resources(resources)
        .with_include_synonyms(true)
        .with_include_documentation(version >= 3);
    vec![RequestKind::DescribeConfigs(request)]
}

fn list_offsets() -> Vec<RequestKind> {
    use m::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
    let asked = |text, partition, timestamp| {
        let partition =
            ListOffsetsPartition::default().with_partition_index(partition).with_timestamp(timestamp);
        ListOffsetsTopic::default().with_name(topic(text)).with_partitions(vec![partition])
    };
    let request = |topics| {
        let request = m::ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(topics);
        RequestKind::ListOffsets(request)
    };
    let mut requests: Vec<RequestKind> =
        (-6..=0).map(|timestamp| request(vec![asked("orders", 0, timestamp)])).collect();
    requests.push(request(vec![asked("orders", 9, -1), asked("missing", 0, -1)]));
    requests.push(request(vec![asked("orders", 0, -1), asked("orders", 0, -2)]));
    requests
}

fn offset_for_leader_epoch(version: i16) -> Vec<RequestKind> {
    use m::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
    let asked = |text, epoch| {
        let partition = OffsetForLeaderPartition::default().with_leader_epoch(epoch);
        OffsetForLeaderTopic::default().with_topic(topic(text)).with_partitions(vec![partition])
    };
    let replica = if version >= 3 { -1 } else { -2 };
    let request = m::OffsetForLeaderEpochRequest::default()
        .with_replica_id(BrokerId(replica))
        .with_topics(vec![asked("orders", 0), asked("orders", 1000), asked("missing", 0)]);
    vec![RequestKind::OffsetForLeaderEpoch(request)]
}

fn delete_records() -> Vec<RequestKind> {
    use m::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
    let asked = |text, offset| {
        let partition = DeleteRecordsPartition::default().with_offset(offset);
        DeleteRecordsTopic::default().with_name(topic(text)).with_partitions(vec![partition])
    };
    let topics = vec![
        asked("orders", -1),
        asked("orders", 1000),
        asked("missing", -1),
        asked("__consumer_offsets", -1),
    ];
    let request = m::DeleteRecordsRequest::default().with_topics(topics).with_timeout_ms(100);
    vec![RequestKind::DeleteRecords(request)]
}

fn alter_configs(key: m::ApiKey) -> Vec<RequestKind> {
    // One that changes a topic, and one with another broker's id, which is refused before it is forwarded.
    let targets = [(2, "orders"), (4, "2")];
    let alter = |(kind, resource)| {
        let resource = m::alter_configs_request::AlterConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name(resource));
        RequestKind::AlterConfigs(m::AlterConfigsRequest::default().with_resources(vec![resource]))
    };
    let incremental = |(kind, resource)| {
        let resource = m::incremental_alter_configs_request::AlterConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name(resource));
        let request = m::IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
        RequestKind::IncrementalAlterConfigs(request)
    };
    if key == m::ApiKey::AlterConfigs {
        targets.into_iter().map(alter).collect()
    } else {
        targets.into_iter().map(incremental).collect()
    }
}

/// The versions that a listener advertises.
fn advertised(solo: &mut Solo, listener: Listener) -> Vec<(i16, i16, i16)> {
    let request = ApiVersionsRequest::default()
        .with_client_software_name(name("tests"))
        .with_client_software_version(name("1"));
    let answer = solo.call(listener, 3, &RequestKind::ApiVersions(request));
    let ResponseKind::ApiVersions(answer) = answer else { panic!("unexpected answer") };
    answer.api_keys.iter().map(|row| (row.api_key, row.min_version, row.max_version)).collect()
}

#[test]
fn every_advertised_version_is_answered() {
    let mut solo = prepared();
    for listener in [Listener::Broker, Listener::Controller] {
        let mut answered = 0;
        for (key, min, max) in advertised(&mut solo, listener) {
            for version in min..=max {
                for request in requests(key, version) {
                    // That it decodes in its version is what `call` asserts.
                    solo.call(listener, version, &request);
                    answered += 1;
                }
            }
        }
        assert!(answered > 10, "{answered} answers on {listener:?}");
    }
}

#[test]
fn groups_are_found_in_every_version() {
    let mut solo = prepared();
    for version in 0..=5 {
        let request = m::JoinGroupRequest::default()
            .with_group_id(GroupId(name("billing")))
            .with_session_timeout_ms(10_000)
            .with_rebalance_timeout_ms(if version >= 1 { 10_000 } else { -1 })
            .with_protocol_type(name("consumer"));
        solo.call(Listener::Broker, version, &RequestKind::JoinGroup(request));
    }
}

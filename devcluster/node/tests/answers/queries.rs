//! Values in answers that clients and tools rely on.

use kr_node::Listener;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic};
use kr_wire::ids::TopicId;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages as m;
use kr_wire::messages::{BrokerId, TopicName};
use kr_wire::produce::{ProducePartition, ProduceRequest, ProduceResponse, ProduceTopic};
use kr_wire::topic_ref::TopicRef;

use crate::solo::{DIALLED, Solo};

fn name(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

fn topic(text: &'static str) -> TopicName {
    TopicName(name(text))
}

macro_rules! answer {
    ($solo:expr, $listener:ident, $version:expr, $kind:ident, $request:expr) => {
        match $solo.call(Listener::$listener, $version, &RequestKind::$kind($request)) {
            ResponseKind::$kind(answer) => answer,
            other => panic!("unexpected {other:?}"),
        }
    };
}

/// What Metadata says of a topic, and `create` when it is missing.
pub fn metadata(solo: &mut Solo, named: &'static str, create: bool) -> m::MetadataResponse {
    let asked = m::metadata_request::MetadataRequestTopic::default().with_name(Some(topic(named)));
    let request =
        m::MetadataRequest::default().with_topics(Some(vec![asked])).with_allow_auto_topic_creation(create);
    answer!(solo, Broker, 12, Metadata, request)
}

/// Creates a topic.
pub fn created(solo: &mut Solo, named: &'static str) {
    solo.run_until("the topic exists", |solo| metadata(solo, named, true).topics[0].error_code == 0);
}

/// Appends `count` records of one timestamp each; returns the base offset.
fn produce(solo: &mut Solo, named: &'static str, timestamps: &[i64]) -> i64 {
    let mut batch = kr_wire::batch::BatchBuilder::new(kr_wire::ids::Offset(0));
    for timestamp in timestamps {
        batch.push(*timestamp, None, Some(b"value"), &[]);
    }
    let request = ProduceRequest {
        acks: -1,
        timeout_ms: 5000,
        topics: vec![ProduceTopic {
            topic: TopicRef::Name(name(named)),
            partitions: vec![ProducePartition { index: 0.into(), records: Some(batch.build()) }],
        }],
        transactional_id: None,
    };
    let bytes = solo.call_raw(Listener::Broker, 0, 9, |header| request.encode(header));
    let (_, length) = kr_wire::header::decode_response_header(0, 9, &bytes).expect("a header");
    let answer = ProduceResponse::decode(9, &bytes.slice(length..)).expect("an answer");
    let partition = &answer.topics[0].partitions[0];
    assert_eq!(partition.error, ErrorCode::NONE);
    partition.base_offset.expect("appended").0
}

fn offset(solo: &mut Solo, timestamp: i64) -> (i64, i64) {
    use m::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
    let partition = ListOffsetsPartition::default().with_timestamp(timestamp);
    let asked = ListOffsetsTopic::default().with_name(topic("orders")).with_partitions(vec![partition]);
    let request = m::ListOffsetsRequest::default().with_replica_id(BrokerId(-1)).with_topics(vec![asked]);
    let answer = answer!(solo, Broker, 10, ListOffsets, request);
    let partition = &answer.topics[0].partitions[0];
    assert_eq!(partition.error_code, 0);
    (partition.offset, partition.timestamp)
}

fn delete_records(solo: &mut Solo, named: &'static str, offset: i64) -> (ErrorCode, i64) {
    use m::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
    let partition = DeleteRecordsPartition::default().with_offset(offset);
    let asked = DeleteRecordsTopic::default().with_name(topic(named)).with_partitions(vec![partition]);
    let request = m::DeleteRecordsRequest::default().with_topics(vec![asked]).with_timeout_ms(1000);
    let answer = answer!(solo, Broker, 2, DeleteRecords, request);
    let partition = &answer.topics[0].partitions[0];
    (ErrorCode(partition.error_code), partition.low_watermark)
}

#[test]
fn metadata_tells_the_address_that_was_dialled_and_creates_topics_that_are_asked_for() {
    let mut solo = Solo::start(&[("num.partitions", "3")]);
    let answer = metadata(&mut solo, "orders", false);
    assert_eq!(answer.topics[0].error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0);
    assert_eq!(metadata(&mut solo, "orders", false).topics[0].error_code, 3, "nobody asked to create it");
    created(&mut solo, "orders");
    let answer = metadata(&mut solo, "orders", false);
    let brokers: Vec<_> = answer.brokers.iter().map(|b| (b.node_id.0, b.host.as_str(), b.port)).collect();
    assert_eq!(brokers, [(1, DIALLED, 9092)]);
    assert_eq!(answer.controller_id, 1);
    assert_eq!(answer.topics[0].partitions.len(), 3);
    assert!(answer.topics[0].partitions.iter().all(|p| p.leader_id == 1 && p.error_code == 0));
}

#[test]
fn topics_are_not_created_when_the_broker_forbids_it() {
    let mut solo = Solo::start(&[("auto.create.topics.enable", "false")]);
    for _ in 0..20 {
        assert_eq!(metadata(&mut solo, "orders", true).topics[0].error_code, 3);
    }
}

#[test]
fn finding_a_coordinator_creates_the_offsets_topic_with_its_configuration() {
    let mut solo =
        Solo::start(&[("offsets.topic.replication.factor", "1"), ("offsets.topic.num.partitions", "4")]);
    let request = m::FindCoordinatorRequest::default().with_coordinator_keys(vec![name("billing")]);
    let first = answer!(solo, Broker, 6, FindCoordinator, request.clone());
    assert_eq!(first.coordinators[0].error_code, ErrorCode::COORDINATOR_NOT_AVAILABLE.0);
    assert_eq!((first.coordinators[0].node_id.0, first.coordinators[0].port), (-1, -1));
    solo.run_until("the coordinator is there", |solo| {
        let answer = answer!(solo, Broker, 6, FindCoordinator, request.clone());
        let found = &answer.coordinators[0];
        found.error_code == 0 && found.node_id == 1 && found.host.as_str() == DIALLED && found.port == 9092
    });
    let known = metadata(&mut solo, "__consumer_offsets", false);
    assert!(known.topics[0].is_internal);
    assert_eq!(known.topics[0].partitions.len(), 4);
    let resource = m::describe_configs_request::DescribeConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(name("__consumer_offsets"))
        .with_configuration_keys(Some(vec![
            name("cleanup.policy"),
            name("compression.type"),
            name("segment.bytes"),
        ]));
    let request = m::DescribeConfigsRequest::default().with_resources(vec![resource]);
    let answer = answer!(solo, Broker, 4, DescribeConfigs, request);
    let mut values: Vec<_> =
        answer.results[0].configs.iter().map(|c| c.value.as_deref().expect("a value")).collect();
    values.sort_unstable();
    assert_eq!(values, ["104857600", "compact", "producer"]);
}

#[test]
fn offsets_are_found_by_their_timestamps() {
    let mut solo = Solo::start(&[]);
    created(&mut solo, "orders");
    assert_eq!((offset(&mut solo, -1), offset(&mut solo, -2)), ((0, -1), (0, -1)));
    assert_eq!((offset(&mut solo, -3), offset(&mut solo, 0)), ((-1, -1), (-1, -1)));
    assert_eq!(produce(&mut solo, "orders", &[1000, 3000, 2000]), 0);
    assert_eq!(produce(&mut solo, "orders", &[2500]), 3);
    assert_eq!(offset(&mut solo, -1), (4, -1));
    assert_eq!(offset(&mut solo, -3), (1, 3000));
    assert_eq!(offset(&mut solo, 1001), (1, 3000));
    assert_eq!(offset(&mut solo, 3001), (-1, -1));
    assert_eq!(offset(&mut solo, -5), (-1, -1));
}

#[test]
fn deleted_records_move_the_start_of_the_partition() {
    let mut solo = Solo::start(&[]);
    created(&mut solo, "orders");
    produce(&mut solo, "orders", &[1, 2, 3, 4]);
    assert_eq!(delete_records(&mut solo, "orders", 5), (ErrorCode::OFFSET_OUT_OF_RANGE, -1));
    assert_eq!(delete_records(&mut solo, "orders", 3), (ErrorCode::NONE, 3));
    assert_eq!(offset(&mut solo, -2), (3, -1));
    assert_eq!(delete_records(&mut solo, "orders", 1), (ErrorCode::NONE, 3), "the start never goes back");
    assert_eq!(delete_records(&mut solo, "orders", -1), (ErrorCode::NONE, 4));
    assert_eq!(delete_records(&mut solo, "missing", -1), (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1));
    assert_eq!(delete_records(&mut solo, "__consumer_offsets", -1).0, ErrorCode::INVALID_TOPIC_EXCEPTION);
}

#[test]
fn epochs_end_at_the_log_end() {
    use m::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
    let mut solo = Solo::start(&[]);
    created(&mut solo, "orders");
    produce(&mut solo, "orders", &[1, 2]);
    let partition = |epoch| OffsetForLeaderPartition::default().with_leader_epoch(epoch);
    let asked = OffsetForLeaderTopic::default().with_topic(topic("orders")).with_partitions(vec![
        partition(0),
        partition(7),
        partition(0).with_current_leader_epoch(7),
    ]);
    let request =
        m::OffsetForLeaderEpochRequest::default().with_replica_id(BrokerId(-1)).with_topics(vec![asked]);
    let answer = answer!(solo, Broker, 4, OffsetForLeaderEpoch, request);
    let ends: Vec<_> = answer.topics[0]
        .partitions
        .iter()
        .map(|p| (ErrorCode(p.error_code), p.leader_epoch, p.end_offset))
        .collect();
    let expected =
        [(ErrorCode::NONE, 0, 2), (ErrorCode::NONE, -1, -1), (ErrorCode::UNKNOWN_LEADER_EPOCH, -1, -1)];
    assert_eq!(ends, expected);
}

#[test]
fn producers_get_different_ids() {
    let mut solo = Solo::start(&[]);
    let request = m::InitProducerIdRequest::default().with_transactional_id(None);
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..2100 {
        let answer = answer!(solo, Broker, 5, InitProducerId, request.clone());
        assert_eq!((answer.error_code, answer.producer_epoch), (0, 0));
        assert!(ids.insert(answer.producer_id.0), "{} was given twice", answer.producer_id.0);
    }
}

#[test]
fn each_listener_describes_its_own_nodes() {
    let mut solo = Solo::start(&[]);
    let brokers = answer!(solo, Broker, 2, DescribeCluster, m::DescribeClusterRequest::default());
    assert_eq!((brokers.error_code, brokers.brokers[0].port, brokers.controller_id.0), (0, 9092, 1));
    let request = m::DescribeClusterRequest::default().with_endpoint_type(2);
    let controllers = answer!(solo, Controller, 2, DescribeCluster, request.clone());
    assert_eq!((controllers.error_code, controllers.brokers[0].port), (0, 9093));
    assert_eq!(controllers.brokers[0].host.as_str(), DIALLED);
    let wrong = answer!(solo, Broker, 2, DescribeCluster, request);
    assert_eq!(wrong.error_code, ErrorCode::MISMATCHED_ENDPOINT_TYPE.0);
}

#[test]
fn the_quorum_is_described_through_a_broker() {
    let mut solo = Solo::start(&[]);
    let partitions = vec![m::describe_quorum_request::PartitionData::default()];
    let asked = m::describe_quorum_request::TopicData::default()
        .with_topic_name(topic("__cluster_metadata"))
        .with_partitions(partitions);
    let request = m::DescribeQuorumRequest::default().with_topics(vec![asked]);
    let answer = answer!(solo, Broker, 2, DescribeQuorum, request);
    let partition = &answer.topics[0].partitions[0];
    assert_eq!((answer.error_code, partition.error_code, partition.leader_id.0), (0, 0, 1));
    assert_eq!(partition.current_voters.len(), 1);
    assert!(partition.high_watermark > 0);
    assert_eq!((answer.nodes[0].node_id.0, answer.nodes[0].listeners[0].port), (1, 9093));
}

#[test]
fn the_log_directory_is_described_with_its_partitions() {
    let mut solo = Solo::start(&[]);
    created(&mut solo, "orders");
    produce(&mut solo, "orders", &[1, 2]);
    let request = m::DescribeLogDirsRequest::default().with_topics(None);
    let answer = answer!(solo, Broker, 4, DescribeLogDirs, request);
    let dir = &answer.results[0];
    assert_eq!((dir.error_code, dir.log_dir.as_str()), (0, "/data/1"));
    assert!(dir.total_bytes > 0 && dir.usable_bytes > 0);
    let orders = dir.topics.iter().find(|t| t.name.as_str() == "orders").expect("hosted");
    assert!(orders.partitions[0].partition_size > 0);
}

#[test]
fn broker_says_nothing_to_clients_before_it_knows_the_metadata_of_its_quorum() {
    let mut solo = Solo::start(&[]);
    solo.restart_without_quorum();
    let request = RequestKind::Metadata(m::MetadataRequest::default().with_topics(None));
    assert!(!solo.is_answered_within(std::time::Duration::from_secs(20), 12, &request));
}

#[test]
fn leader_is_named_under_the_host_that_the_fetcher_dialled() {
    let mut solo = Solo::start(&[]);
    created(&mut solo, "orders");
    solo.restart();
    solo.run_until("a new leader epoch", |solo| {
        metadata(solo, "orders", false).topics[0].partitions[0].leader_epoch > 0
    });
    let id = metadata(&mut solo, "orders", false).topics[0].topic_id;
    let stale = FetchPartition { current_leader_epoch: Some(0.into()), ..FetchPartition::default() };
    let request = FetchRequest {
        topics: vec![FetchTopic { topic: TopicRef::Id(TopicId(id)), partitions: vec![stale] }],
        ..FetchRequest::default()
    };
    let bytes = solo.call_raw(Listener::Broker, 1, 16, |header| request.encode(header));
    let (_, length) = kr_wire::header::decode_response_header(1, 16, &bytes).expect("a header");
    let answer = FetchResponse::decode(16, &bytes.slice(length..)).expect("an answer");
    assert_eq!(answer.topics[0].partitions[0].error, ErrorCode::FENCED_LEADER_EPOCH);
    assert_eq!(answer.node_endpoints[0].host.as_str(), DIALLED);
}

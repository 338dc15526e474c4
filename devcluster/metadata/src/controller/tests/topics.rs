//! Creating and deleting topics, adding partitions.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, TopicId};
use kr_wire::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use kr_wire::messages::create_topics_request::CreatableTopicConfig;
use kr_wire::messages::delete_topics_request::DeleteTopicState;
use kr_wire::messages::{CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest};
use kr_wire::metadata_records::MetadataRecord;

use super::{Bench, assigned, broker_ids, name, nodes, placed, s};
use crate::configs::TOPIC_KEYS;
use crate::image::ResourceType;

fn code(bench: &mut Bench, topic: kr_wire::messages::create_topics_request::CreatableTopic) -> ErrorCode {
    ErrorCode(bench.create(vec![topic]).topics[0].error_code)
}

#[test]
fn topic_is_created_with_its_configs_and_partitions() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    let from = bench.log.len();
    let config = CreatableTopicConfig::default().with_name(s("retention.ms")).with_value(Some(s("60000")));
    let answer = bench.create(vec![placed("orders", 2, 3).with_configs(vec![config])]);
    let result = &answer.topics[0];
    assert_eq!((result.error_code, result.num_partitions, result.replication_factor), (0, 2, 3));
    let topic = bench.image().topic_by_name("orders").unwrap();
    assert_eq!((topic.id, topic.partitions.len()), (TopicId(result.topic_id), 2));
    let kinds: Vec<_> = bench.log[from..].iter().map(MetadataRecord::name).collect();
    assert_eq!(kinds, ["TopicRecord", "ConfigRecord", "PartitionRecord", "PartitionRecord"]);
    for index in 0..2 {
        let partition = bench.partition("orders", index);
        assert_eq!(partition.leader, Some(partition.replicas[0]));
        assert_eq!((partition.leader_epoch.0, partition.partition_epoch), (0, 0));
        let expected: Vec<_> = partition.replicas.iter().map(|id| super::directory(id.0)).collect();
        assert_eq!(*partition.directories, *expected);
    }
    let shown = result.configs.as_ref().unwrap();
    assert_eq!(shown.len(), TOPIC_KEYS.len());
    assert!(shown.is_sorted_by_key(|c| c.name.to_string()));
    let source = |key: &str| shown.iter().find(|c| *c.name == *key).map(|c| c.config_source);
    assert_eq!(
        (source("retention.ms"), source("min.insync.replicas"), source("segment.ms")),
        (Some(1), Some(4), Some(5))
    );
}

#[test]
fn defaults_come_from_the_controllers_properties() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    let answer = bench.create(vec![placed("t", -1, -1)]);
    assert_eq!((answer.topics[0].num_partitions, answer.topics[0].replication_factor), (3, 1));
}

#[test]
fn validation_alone_creates_nothing() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let request =
        CreateTopicsRequest::default().with_topics(vec![placed("t", 1, 1)]).with_validate_only(true);
    let answer = bench.ask(7, |c, call| c.create_topics(&request, call));
    assert_eq!((answer.topics[0].error_code, answer.topics[0].num_partitions), (0, 1));
    assert!(bench.image().topic_by_name("t").is_none());
}

#[test]
fn illegal_and_taken_names_are_refused() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    bench.topic("a.b", &[&[1]]);
    let mut refused = |name: &str| code(&mut bench, placed(name, 1, 1));
    assert_eq!(refused("a b"), ErrorCode::INVALID_TOPIC_EXCEPTION);
    assert_eq!(refused("a.b"), ErrorCode::TOPIC_ALREADY_EXISTS);
    assert_eq!(refused("a_b"), ErrorCode::INVALID_TOPIC_EXCEPTION);
    assert_eq!(refused("__cluster_metadata"), ErrorCode::INVALID_REQUEST);
    assert_eq!(refused("ab"), ErrorCode::NONE);
}

#[test]
fn topic_named_twice_is_refused_once() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let answer = bench.create(vec![placed("t", 1, 1), placed("u", 1, 1), placed("t", 1, 1)]);
    let codes: Vec<_> = answer.topics.iter().map(|t| (t.name.to_string(), ErrorCode(t.error_code))).collect();
    assert_eq!(codes, [("t".to_owned(), ErrorCode::INVALID_REQUEST), ("u".to_owned(), ErrorCode::NONE)]);
}

#[test]
fn impossible_sizes_are_refused() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    assert_eq!(code(&mut bench, placed("t", 0, 1)), ErrorCode::INVALID_PARTITIONS);
    assert_eq!(code(&mut bench, placed("t", 1, 0)), ErrorCode::INVALID_REPLICATION_FACTOR);
    assert_eq!(code(&mut bench, placed("t", 1, 3)), ErrorCode::INVALID_REPLICATION_FACTOR);
    assert_eq!(code(&mut bench, placed("t", 10_001, 1)), ErrorCode::POLICY_VIOLATION);
    assert_eq!(
        code(&mut bench, placed("t", 10_000, 1)),
        ErrorCode::POLICY_VIOLATION,
        "with the topic's record"
    );
    assert_eq!(code(&mut bench, placed("t", 9_999, 1)), ErrorCode::NONE);
}

#[test]
fn bad_configs_are_refused() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let with = |key: &str, value: Option<&str>| {
        let config = CreatableTopicConfig::default().with_name(s(key)).with_value(value.map(s));
        placed("t", 1, 1).with_configs(vec![config])
    };
    for (key, value) in [
        ("no.such.key", Some("1")),
        ("retention.ms", Some("long")),
        ("retention.ms", None),
        ("min.insync.replicas", Some("0")),
        ("cleanup.policy", Some("delete,shred")),
        ("segment.bytes", Some("1024")),
    ] {
        assert_eq!(code(&mut bench, with(key, value)), ErrorCode::INVALID_CONFIG, "{key}={value:?}");
    }
    assert_eq!(code(&mut bench, with("cleanup.policy", Some("compact, delete"))), ErrorCode::NONE);
}

#[test]
fn named_assignments_are_checked() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    for replicas in [&[&[1, 1][..]][..], &[&[1, 9]], &[&[]], &[&[1, 2], &[1]]] {
        assert_eq!(code(&mut bench, assigned("t", replicas)), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    }
    let mut gap = assigned("t", &[&[1], &[2]]);
    gap.assignments[1].partition_index = 2;
    assert_eq!(code(&mut bench, gap), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    let both = assigned("t", &[&[1]]).with_num_partitions(1);
    assert_eq!(code(&mut bench, both), ErrorCode::INVALID_REQUEST);
}

#[test]
fn fenced_replicas_start_outside_the_isr() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.lose(1);
    bench.topic("t", &[&[1, 2, 3]]);
    let partition = bench.partition("t", 0);
    assert_eq!((partition.leader, &*partition.isr), (Some(NodeId(2)), &*nodes(&[2, 3])));
    assert_eq!(code(&mut bench, assigned("u", &[&[1]])), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
}

#[test]
fn partitions_are_added_by_placement_or_by_name() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2]]);
    let mut add = |count: i32, named: Option<&[&[i32]]>| {
        let assignments = named.map(|all| {
            all.iter()
                .map(|ids| CreatePartitionsAssignment::default().with_broker_ids(broker_ids(ids)))
                .collect()
        });
        let topic = CreatePartitionsTopic::default()
            .with_name(name("t"))
            .with_count(count)
            .with_assignments(assignments);
        let request = CreatePartitionsRequest::default().with_topics(vec![topic]);
        ErrorCode(bench.ask(3, |c, call| c.create_partitions(&request, call)).results[0].error_code)
    };
    assert_eq!(add(1, None), ErrorCode::INVALID_PARTITIONS);
    assert_eq!(add(3, Some(&[&[1, 2]])), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(add(2, Some(&[&[1]])), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(add(2, Some(&[&[3, 1]])), ErrorCode::NONE);
    assert_eq!(add(4, None), ErrorCode::NONE);
    assert_eq!(bench.partition("t", 1).replicas, nodes(&[3, 1]).into());
    assert_eq!(bench.partition("t", 3).replicas.len(), 2);
}

#[test]
fn topics_are_deleted_by_name_and_by_id() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    for topic in ["a", "b", "c"] {
        bench.topic(topic, &[&[1]]);
    }
    let id = bench.image().topic_by_name("b").unwrap().id.0;
    let by_name = |n: &str| DeleteTopicState::default().with_name(Some(name(n)));
    let by_id = |id| DeleteTopicState::default().with_name(None).with_topic_id(id);
    let unknown = kr_wire::ids::Uuid::from_u128(4711);
    let request = DeleteTopicsRequest::default().with_topics(vec![
        by_name("a"),
        by_id(id),
        by_name("x"),
        by_id(unknown),
        by_name("c").with_topic_id(id),
        by_id(kr_wire::ids::Uuid::nil()),
    ]);
    let answer = bench.ask(6, |c, call| c.delete_topics(&request, call));
    let codes: Vec<_> = answer.responses.iter().map(|r| ErrorCode(r.error_code)).collect();
    assert_eq!(
        codes,
        [
            ErrorCode::NONE,
            ErrorCode::NONE,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode::UNKNOWN_TOPIC_ID,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INVALID_REQUEST
        ]
    );
    assert_eq!(answer.responses[1].name, Some(name("b")));
    assert_eq!(bench.image().topics_by_name().map(|t| t.name.to_string()).collect::<Vec<_>>(), ["c"]);
}

#[test]
fn topic_named_twice_is_not_deleted() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    bench.topic("a", &[&[1]]);
    let request = DeleteTopicsRequest::default().with_topic_names(vec![name("a"), name("a")]);
    let answer = bench.ask(5, |c, call| c.delete_topics(&request, call));
    assert!(answer.responses.iter().all(|r| ErrorCode(r.error_code) == ErrorCode::INVALID_REQUEST));
    assert!(bench.image().topic_by_name("a").is_some());
}

#[test]
fn deletion_can_be_switched_off() {
    let mut config = Bench::config();
    config.static_config.insert("delete.topic.enable".to_owned(), "false".to_owned());
    let mut bench = Bench::with_config(config, 27, &[]);
    bench.start(&[1]);
    bench.topic("a", &[&[1]]);
    let request = DeleteTopicsRequest::default().with_topic_names(vec![name("a")]);
    for (version, expected) in [(2, ErrorCode::INVALID_REQUEST), (5, ErrorCode::TOPIC_DELETION_DISABLED)] {
        let answer = bench.ask(version, |c, call| c.delete_topics(&request, call));
        assert_eq!(ErrorCode(answer.responses[0].error_code), expected);
    }
}

#[test]
fn deleting_a_topic_forgets_its_configs() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let config = CreatableTopicConfig::default().with_name(s("retention.ms")).with_value(Some(s("60000")));
    bench.create(vec![placed("t", 1, 1).with_configs(vec![config])]);
    assert_eq!(bench.image().configs().get(ResourceType::Topic, "t", "retention.ms"), Some("60000"));
    let request = DeleteTopicsRequest::default().with_topic_names(vec![name("t")]);
    bench.ask(5, |c, call| c.delete_topics(&request, call));
    assert_eq!(bench.image().configs().resource(ResourceType::Topic, "t"), None);
}

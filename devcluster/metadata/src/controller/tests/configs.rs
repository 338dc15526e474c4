//! Changing configuration, and describing it.

use kr_wire::error_code::ErrorCode;
use kr_wire::message::StrBytes;
use kr_wire::messages::alter_configs_request as legacy;
use kr_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kr_wire::messages::{AlterConfigsRequest, IncrementalAlterConfigsRequest};
use kr_wire::metadata_records::MetadataRecord;

use super::{Bench, s};
use crate::configs::Wanted;
use crate::image::ResourceType;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

fn resource(kind: i8, name: &str, ops: &[(&str, i8, Option<&str>)]) -> AlterConfigsResource {
    let op = |(key, op, value): &(&str, i8, Option<&str>)| {
        AlterableConfig::default().with_name(s(key)).with_config_operation(*op).with_value(value.map(s))
    };
    AlterConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(s(name))
        .with_configs(ops.iter().map(op).collect())
}

fn alter(bench: &mut Bench, resources: Vec<AlterConfigsResource>) -> Vec<ErrorCode> {
    let request = IncrementalAlterConfigsRequest::default().with_resources(resources);
    let answer = bench.ask(1, |c, call| c.incremental_alter_configs(&request, call));
    answer.responses.iter().map(|r| ErrorCode(r.error_code)).collect()
}

fn one(bench: &mut Bench, kind: i8, name: &str, ops: &[(&str, i8, Option<&str>)]) -> ErrorCode {
    alter(bench, vec![resource(kind, name, ops)])[0]
}

fn topic_value(bench: &Bench, key: &str) -> Option<String> {
    bench.image().configs().get(ResourceType::Topic, "t", key).map(str::to_owned)
}

fn with_topic() -> Bench {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1, 2]]);
    bench
}

#[test]
fn operations_set_delete_append_and_subtract() {
    let mut bench = with_topic();
    assert_eq!(one(&mut bench, TOPIC, "t", &[("retention.ms", 0, Some("5000"))]), ErrorCode::NONE);
    assert_eq!(topic_value(&bench, "retention.ms").as_deref(), Some("5000"));
    one(&mut bench, TOPIC, "t", &[("retention.ms", 1, None), ("cleanup.policy", 2, Some("compact"))]);
    assert_eq!(topic_value(&bench, "retention.ms"), None);
    assert_eq!(topic_value(&bench, "cleanup.policy").as_deref(), Some("delete,compact"));
    one(&mut bench, TOPIC, "t", &[("cleanup.policy", 3, Some("delete"))]);
    assert_eq!(topic_value(&bench, "cleanup.policy").as_deref(), Some("compact"));
    assert_eq!(one(&mut bench, TOPIC, "t", &[("retention.ms", 2, Some("1"))]), ErrorCode::INVALID_CONFIG);
}

#[test]
fn unchanged_values_of_topics_make_no_records_and_of_brokers_do() {
    let mut bench = with_topic();
    let set = [("retention.ms", 0, Some("5000"))];
    one(&mut bench, TOPIC, "t", &set);
    let records = bench.log.len();
    one(&mut bench, TOPIC, "t", &set);
    assert_eq!(bench.log.len(), records);
    for _ in 0..2 {
        one(&mut bench, BROKER, "1", &[("log.cleaner.threads", 0, Some("2"))]);
    }
    assert_eq!(bench.log.len(), records + 2);
}

#[test]
fn each_resource_fails_alone() {
    let mut bench = with_topic();
    let set: &[(&str, i8, Option<&str>)] = &[("retention.ms", 0, Some("1"))];
    let codes = alter(
        &mut bench,
        vec![
            resource(TOPIC, "missing", set),
            resource(TOPIC, "", set),
            resource(TOPIC, "t", &[("retention.ms", 0, Some("no number"))]),
            resource(BROKER, "9", set),
            resource(BROKER, "one", set),
            resource(77, "x", set),
            resource(BROKER, "", &[("log.retention.ms", 0, Some("1"))]),
        ],
    );
    assert_eq!(
        codes,
        [
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INVALID_CONFIG,
            ErrorCode::BROKER_ID_NOT_REGISTERED,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::NONE
        ]
    );
    let twice = alter(&mut bench, vec![resource(TOPIC, "t", set), resource(TOPIC, "t", set)]);
    assert_eq!(twice, [ErrorCode::INVALID_REQUEST; 2]);
}

#[test]
fn legacy_request_replaces_the_whole_configuration() {
    let mut bench = with_topic();
    one(&mut bench, TOPIC, "t", &[("retention.ms", 0, Some("1")), ("segment.ms", 0, Some("2"))]);
    let config = legacy::AlterableConfig::default().with_name(s("segment.ms")).with_value(Some(s("3")));
    let resource = legacy::AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(s("t"))
        .with_configs(vec![config]);
    let request = AlterConfigsRequest::default().with_resources(vec![resource]);
    let answer = bench.ask(2, |c, call| c.alter_configs(&request, call));
    assert_eq!(answer.responses[0].error_code, 0);
    assert_eq!(topic_value(&bench, "retention.ms"), None);
    assert_eq!(topic_value(&bench, "segment.ms").as_deref(), Some("3"));
}

#[test]
fn changing_the_minimal_isr_clears_eligible_replicas() {
    let mut bench = Bench::with_elr();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1, 2]]);
    bench.lose(2);
    assert_eq!(bench.partition("t", 0).elr.len(), 1);
    one(&mut bench, TOPIC, "t", &[("min.insync.replicas", 0, Some("1"))]);
    assert!(matches!(bench.log.last(), Some(MetadataRecord::ClearElr(r)) if r.topic_name == "t"));
    assert_eq!(bench.partition("t", 0).elr.len(), 0);
}

#[test]
fn minimal_isr_of_the_cluster_stays_with_elr() {
    let mut bench = Bench::with_elr();
    bench.start(&[1]);
    let min_isr = |op, value| [("min.insync.replicas", op, value)];
    assert_eq!(one(&mut bench, BROKER, "1", &min_isr(0, Some("1"))), ErrorCode::INVALID_CONFIG);
    assert_eq!(one(&mut bench, BROKER, "", &min_isr(1, None)), ErrorCode::INVALID_CONFIG);
    assert_eq!(one(&mut bench, BROKER, "", &min_isr(0, Some("1"))), ErrorCode::NONE);
}

#[test]
fn description_names_sources_and_synonyms_from_highest_to_lowest() {
    let mut bench = with_topic();
    one(&mut bench, BROKER, "", &[("min.insync.replicas", 0, Some("3"))]);
    one(&mut bench, TOPIC, "t", &[("max.message.bytes", 0, Some("2000000"))]);
    let scope = bench.controller.scope();
    let keys = [s("min.insync.replicas"), s("max.message.bytes"), s("segment.ms")];
    let wanted = Wanted { keys: Some(&keys), synonyms: true, documentation: true };
    let described = scope.describe(TOPIC, "t", &wanted).unwrap();
    let entry = |key: &str| described.iter().find(|e| *e.name == *key).unwrap();
    let synonyms = |key: &str| -> Vec<(String, String, i8)> {
        let of = |s: &kr_wire::messages::describe_configs_response::DescribeConfigsSynonym| {
            (s.name.to_string(), s.value.as_ref().map(ToString::to_string).unwrap(), s.source)
        };
        entry(key).synonyms.iter().map(of).collect()
    };
    let text = |name: &str, value: &str, source| (name.to_owned(), value.to_owned(), source);
    assert_eq!(described.len(), 3);
    assert_eq!(
        synonyms("min.insync.replicas"),
        ["3", "2", "1"]
            .map(|value| value.to_owned())
            .into_iter()
            .zip([3, 4, 5])
            .map(|(v, source)| text("min.insync.replicas", &v, source))
            .collect::<Vec<_>>()
    );
    assert_eq!(entry("min.insync.replicas").config_source, 3);
    assert_eq!(
        synonyms("max.message.bytes"),
        [text("max.message.bytes", "2000000", 1), text("message.max.bytes", "1048588", 5)]
    );
    // Kafka lists only synonyms from the first key on, and log.roll.ms has no default.
    assert_eq!((synonyms("segment.ms").len(), entry("segment.ms").config_source), (0, 5));
    assert_eq!(entry("segment.ms").value.as_deref(), Some("604800000"));
    assert!(described.iter().all(|e| e.documentation.is_some() && !e.read_only));
}

#[test]
fn description_of_a_broker_hides_secrets_and_says_what_has_no_effect() {
    let mut bench = with_topic();
    one(&mut bench, BROKER, "1", &[("ssl.key.password", 0, Some("hush")), ("my.plugin", 0, Some("x"))]);
    let scope = bench.controller.scope();
    let all = Wanted { documentation: true, ..Wanted::default() };
    let described = scope.describe(BROKER, "1", &all).unwrap();
    let entry = |key: &str| described.iter().find(|e| *e.name == *key).unwrap();
    for secret in ["ssl.key.password", "my.plugin"] {
        assert_eq!((entry(secret).value.clone(), entry(secret).is_sensitive), (None::<StrBytes>, true));
    }
    assert!(entry("ssl.key.password").documentation.as_deref().unwrap().contains("no effect"));
    assert!(entry("num.partitions").read_only);
    assert!(!entry("log.retention.ms").read_only);
    assert_eq!(described.len(), 317);
    let other = scope.describe(BROKER, "2", &all).unwrap_err();
    assert_eq!(other.code, ErrorCode::INVALID_REQUEST);
    assert_eq!(scope.describe(BROKER, "", &all).unwrap().len(), 0);
}

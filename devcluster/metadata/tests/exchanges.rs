//! Questions that were put to Apache Kafka 4.1.2, put to this controller: the answers are the same.
//!
//! The recorded cluster had three nodes with `min.insync.replicas=2` and segments of 1 MiB.

use std::collections::BTreeMap;
use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use kr_metadata::configs::{Scope, Wanted};
use kr_metadata::controller::{Call, Controller, ControllerConfig};
use kr_metadata::{Image, bootstrap, features};
use kr_wire::header::{RequestHeader, decode_response_header};
use kr_wire::ids::{NodeId, Offset, Uuid};
use kr_wire::message::{RequestKind, ResponseKind, StrBytes, decode_request, decode_response};
use kr_wire::messages::broker_registration_request::Feature;
use kr_wire::messages::{BrokerHeartbeatRequest, BrokerId, BrokerRegistrationRequest};
use kr_wire::metadata_records::{ConfigRecord, MetadataRecord};

const RECORDED: &[u8] = include_bytes!("../../../wire/tests/data/wire-4.1.2.jsonl.gz");

/// Version, request and response of every recorded exchange of an API.
fn exchanges(key: i16) -> Vec<(i16, RequestKind, ResponseKind)> {
    let mut text = String::new();
    GzDecoder::new(RECORDED).read_to_string(&mut text).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_api = lines.filter(|line| line["api_key"] == key);
    let decode = |line: serde_json::Value| {
        let version = i16::try_from(line["version"].as_i64().unwrap()).unwrap();
        let (request, response) =
            (hex(line["request"].as_str().unwrap()), hex(line["response"].as_str().unwrap()));
        let (_, body) = RequestHeader::decode(&request).unwrap();
        let request = decode_request(key, version, request.slice(body..)).unwrap();
        let (_, body) = decode_response_header(key, version, &response).unwrap();
        (version, request, decode_response(key, version, response.slice(body..)).unwrap())
    };
    of_api.map(decode).collect()
}

fn hex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn static_config() -> BTreeMap<String, String> {
    let properties = [("min.insync.replicas", "2"), ("log.segment.bytes", "1048576")];
    properties.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn config(resource_type: i8, resource: &str, key: &str, value: &str) -> MetadataRecord {
    ConfigRecord {
        resource_type,
        resource_name: resource.to_owned(),
        name: key.to_owned(),
        value: Some(value.to_owned()),
    }
    .into()
}

#[test]
fn configuration_of_topics_is_described_as_kafka_does() {
    let mut compared = 0;
    for (_, request, response) in exchanges(32) {
        let (RequestKind::DescribeConfigs(request), ResponseKind::DescribeConfigs(response)) =
            (request, response)
        else {
            panic!("not DescribeConfigs");
        };
        for recorded in &response.results {
            let mut image = Image::new();
            image.apply(&config(4, "", "min.insync.replicas", "2")).unwrap();
            // What was set for the topic at that moment is in the answer.
            for entry in recorded.configs.iter().filter(|e| e.config_source == 1) {
                let value = entry.value.as_ref().unwrap();
                image.apply(&config(2, &recorded.resource_name, &entry.name, value)).unwrap();
            }
            let properties = static_config();
            let scope = Scope { configs: image.configs(), node: NodeId(1), static_config: &properties };
            let synonyms = request.include_synonyms;
            let wanted = Wanted { keys: None, synonyms, documentation: request.include_documentation };
            let answer = scope.describe(recorded.resource_type, &recorded.resource_name, &wanted).unwrap();
            assert_eq!(answer, recorded.configs);
            compared += answer.len();
        }
    }
    assert!(compared > 100, "{compared}");
}

/// An active controller with three unfenced brokers.
fn three_brokers() -> Controller {
    let mut static_config = static_config();
    static_config.insert("default.replication.factor".to_owned(), "3".to_owned());
    let config = ControllerConfig { static_config, ..ControllerConfig::default() };
    let mut controller = Controller::new(config, 1);
    let outcome = controller.activate(&bootstrap::records(27), Call::default());
    let mut offset = Offset(0);
    replay(&mut controller, &outcome.records, &mut offset);
    for id in 1..=3 {
        let feature = |(name, min, max): (&'static str, i16, i16)| {
            Feature::default()
                .with_name(StrBytes::from(name))
                .with_min_supported_version(min)
                .with_max_supported_version(max)
        };
        let register = BrokerRegistrationRequest::default()
            .with_broker_id(BrokerId(id))
            .with_features(features::supported().into_iter().map(feature).collect())
            .with_log_dirs(vec![Uuid::from_u128(0xd000 + id as u128)]);
        let call = Call { next_offset: offset, ..Call::default() };
        let registered = controller.register_broker(&register, call);
        replay(&mut controller, &registered.records, &mut offset);
        let beat = BrokerHeartbeatRequest::default()
            .with_broker_id(BrokerId(id))
            .with_broker_epoch(registered.response.broker_epoch)
            .with_current_metadata_offset(offset.0);
        let unfenced = controller.heartbeat(&beat, call);
        replay(&mut controller, &unfenced.records, &mut offset);
    }
    controller
}

fn replay(controller: &mut Controller, records: &[MetadataRecord], offset: &mut Offset) {
    for record in records {
        controller.replay(record, *offset).unwrap();
        *offset += 1;
    }
}

#[test]
fn created_topics_are_answered_as_kafka_does() {
    let mut compared = 0;
    for (version, request, response) in exchanges(19) {
        let (RequestKind::CreateTopics(request), ResponseKind::CreateTopics(mut recorded)) =
            (request, response)
        else {
            panic!("not CreateTopics");
        };
        if recorded.topics.iter().any(|t| t.error_code != 0) {
            continue;
        }
        let call = Call { version, ..Call::default() };
        let mut answer = three_brokers().create_topics(&request, call).response;
        for topic in recorded.topics.iter_mut().chain(&mut answer.topics) {
            topic.topic_id = Uuid::nil();
        }
        recorded.throttle_time_ms = 0;
        assert_eq!(answer, recorded);
        compared += 1;
    }
    assert!(compared > 0);
}

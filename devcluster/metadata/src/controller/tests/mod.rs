//! A controller with a log around it, and what it must do, a file per subject.

mod brokers;
mod configs;
mod elections;
mod feature_levels;
mod lifecycle;
mod partitions;
mod random;
mod topics;

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, Offset, PartitionId, Uuid};
use kr_wire::message::StrBytes;
use kr_wire::messages::broker_registration_request::{Feature, Listener};
use kr_wire::messages::create_topics_request::{CreatableReplicaAssignment, CreatableTopic};
use kr_wire::messages::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerId, BrokerRegistrationRequest,
    BrokerRegistrationResponse, CreateTopicsRequest, CreateTopicsResponse, TopicName,
};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::{Mono, Now};

use super::{Call, Controller, ControllerConfig, Outcome};
use crate::image::{Image, Partition};
use crate::{bootstrap, features};

const SESSION: Duration = Duration::from_secs(9);

/// An active controller and its log.
struct Bench {
    controller: Controller,
    now: Now,
    next_offset: Offset,
    log: Vec<MetadataRecord>,
}

fn s(text: &str) -> StrBytes {
    StrBytes::from(text.to_owned())
}

fn name(text: &str) -> TopicName {
    TopicName(s(text))
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn broker_ids(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

/// The directory of a broker.
fn directory(broker: i32) -> DirectoryId {
    DirectoryId(Uuid::from_u128(0xd000 + broker as u128))
}

impl Bench {
    /// A cluster without brokers, its minimal ISR 2, without ELR.
    fn new() -> Self {
        Self::with_features(27, &[(features::ELR_VERSION, 0)])
    }

    /// As [`Bench::new`] with eligible leader replicas.
    fn with_elr() -> Self {
        Self::with_features(27, &[])
    }

    fn with_features(metadata_version: i16, chosen: &[(&str, i16)]) -> Self {
        Self::with_config(
            ControllerConfig {
                static_config: [("min.insync.replicas", "2"), ("num.partitions", "3")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
                ..Self::config()
            },
            metadata_version,
            chosen,
        )
    }

    fn config() -> ControllerConfig {
        ControllerConfig {
            node_id: NodeId(1),
            cluster_id: "cluster".to_owned(),
            session_timeout: SESSION,
            lost_grace: Some(Duration::from_millis(100)),
            ..ControllerConfig::default()
        }
    }

    fn with_config(config: ControllerConfig, metadata_version: i16, chosen: &[(&str, i16)]) -> Self {
        let now = Now { mono: Mono(1_000_000), wall_ms: 1_700_000_000_000 };
        let controller = Controller::new(config, 7);
        let mut bench = Self { controller, now, next_offset: Offset(1), log: Vec::new() };
        let call = bench.call(0);
        let records = bootstrap::records_with(metadata_version, chosen, &[]);
        let outcome = bench.controller.activate(&records, call);
        bench.append(outcome.records);
        bench
    }

    fn call(&self, version: i16) -> Call {
        Call { version, now: self.now, next_offset: self.next_offset }
    }

    fn append(&mut self, records: Vec<MetadataRecord>) {
        for record in records {
            self.controller.replay(&record, self.next_offset).unwrap();
            self.next_offset += 1;
            self.log.push(record);
        }
    }

    /// Asks, checks that asking changed nothing, appends and replays the records.
    fn ask<R>(&mut self, version: i16, request: impl FnOnce(&mut Controller, Call) -> Outcome<R>) -> R {
        let before = self.controller.image().clone();
        let call = self.call(version);
        let outcome = request(&mut self.controller, call);
        assert_eq!(*self.controller.image(), before, "the request changed the image");
        self.append(outcome.records);
        outcome.response
    }

    fn advance(&mut self, by: Duration) {
        self.now.mono = self.now.mono + by;
        self.now.wall_ms += by.as_millis() as i64;
    }

    /// Ticks until nothing is due.
    fn tick(&mut self) {
        while self.controller.next_deadline().is_some_and(|due| due <= self.now.mono) {
            self.ask(0, Controller::tick);
        }
    }

    fn image(&self) -> &Image {
        self.controller.image()
    }

    fn partition(&self, topic: &str, index: i32) -> Partition {
        self.image().partition_by_name(topic, PartitionId(index)).expect("the partition exists").clone()
    }

    fn epoch(&self, broker: i32) -> BrokerEpoch {
        self.image().broker(NodeId(broker)).expect("the broker is registered").epoch
    }

    fn registration(&self, broker: i32, incarnation: u128) -> BrokerRegistrationRequest {
        let feature = |(name, min, max): (&'static str, i16, i16)| {
            Feature::default()
                .with_name(StrBytes::from(name))
                .with_min_supported_version(min)
                .with_max_supported_version(max)
        };
        BrokerRegistrationRequest::default()
            .with_broker_id(BrokerId(broker))
            .with_cluster_id(s("cluster"))
            .with_incarnation_id(Uuid::from_u128(incarnation))
            .with_listeners(vec![
                Listener::default().with_name(s("PLAINTEXT")).with_host(s("localhost")).with_port(9092),
            ])
            .with_features(features::supported().into_iter().map(feature).collect())
            .with_log_dirs(vec![directory(broker).0])
            .with_previous_broker_epoch(-1)
    }

    fn register(&mut self, request: &BrokerRegistrationRequest) -> BrokerRegistrationResponse {
        self.ask(4, |c, call| c.register_broker(request, call))
    }

    fn beat(&mut self, request: &BrokerHeartbeatRequest) -> BrokerHeartbeatResponse {
        self.ask(1, |c, call| c.heartbeat(request, call))
    }

    /// A heartbeat of a broker that has applied everything and wants to serve.
    fn alive(&self, broker: i32) -> BrokerHeartbeatRequest {
        BrokerHeartbeatRequest::default()
            .with_broker_id(BrokerId(broker))
            .with_broker_epoch(self.epoch(broker).0)
            .with_current_metadata_offset(self.next_offset.0 - 1)
    }

    /// Registers and unfences brokers.
    fn start(&mut self, brokers: &[i32]) {
        for broker in brokers {
            let request = self.registration(*broker, 0x1000 + *broker as u128);
            assert_eq!(self.register(&request).error_code, 0);
            let alive = self.alive(*broker);
            assert!(!self.beat(&alive).is_fenced);
        }
    }

    /// Lets a broker's session end.
    fn lose(&mut self, broker: i32) {
        let unfenced = self.image().brokers().filter(|b| !b.fenced).map(|b| b.id.0);
        for other in unfenced.collect::<Vec<_>>() {
            let alive = self.alive(other);
            self.beat(&alive);
        }
        self.controller.broker_lost(NodeId(broker), self.now);
        self.advance(Duration::from_millis(100));
        self.tick();
        assert!(self.image().broker(NodeId(broker)).is_some_and(|b| b.fenced));
    }

    fn create(&mut self, topics: Vec<CreatableTopic>) -> CreateTopicsResponse {
        let request = CreateTopicsRequest::default().with_topics(topics);
        self.ask(7, |c, call| c.create_topics(&request, call))
    }

    /// Creates a topic with the given replicas per partition.
    fn topic(&mut self, topic: &str, replicas: &[&[i32]]) {
        let response = self.create(vec![assigned(topic, replicas)]);
        assert_eq!(ErrorCode(response.topics[0].error_code), ErrorCode::NONE);
    }
}

/// A topic to place: so many partitions and replicas.
fn placed(topic: &str, partitions: i32, replicas: i16) -> CreatableTopic {
    CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(partitions)
        .with_replication_factor(replicas)
}

/// A topic with its replicas named.
fn assigned(topic: &str, replicas: &[&[i32]]) -> CreatableTopic {
    let assignment = |(index, ids): (i32, &&[i32])| {
        CreatableReplicaAssignment::default().with_partition_index(index).with_broker_ids(broker_ids(ids))
    };
    placed(topic, -1, -1).with_assignments((0..).zip(replicas).map(assignment).collect())
}

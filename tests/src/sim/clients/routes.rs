//! Where partitions are led, as a client knows it from Metadata.

use std::collections::BTreeMap;

use kr_wire::ids::TopicId;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::{MetadataRequest, TopicName};

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply, any_broker, broker_at};
use crate::sim::agenda::MS;

/// A client's picture of the cluster.
#[derive(Debug, Default)]
pub struct Routes {
    leaders: BTreeMap<(String, i32), i32>,
    ids: BTreeMap<String, TopicId>,
    asked: Option<u64>,
    is_stale: bool,
    next_at: u64,
}

/// Least time between two questions.
const PAUSE: u64 = 30 * MS;

impl Routes {
    /// Nothing is known; the first run asks.
    pub fn new() -> Self {
        Self { is_stale: true, ..Self::default() }
    }

    /// The node that leads a partition.
    pub fn leader(&self, topic: &str, partition: i32) -> Option<i32> {
        self.leaders.get(&(topic.to_owned(), partition)).copied()
    }

    /// The id of a topic.
    pub fn id(&self, topic: &str) -> Option<TopicId> {
        self.ids.get(topic).copied()
    }

    /// Something turned out to be wrong: ask again.
    pub fn doubt(&mut self) {
        self.is_stale = true;
    }

    /// Asks if need be.
    pub fn run(&mut self, calls: &mut Calls, around: &mut Surroundings<'_>) {
        if !self.is_stale || self.asked.is_some() || self.next_at > around.agenda.now() {
            return;
        }
        let mut request = MetadataRequest::default();
        let names = around.plan.topics.iter().map(|topic| {
            let mut wanted = MetadataRequestTopic::default();
            wanted.name = Some(TopicName(StrBytes::from_static_str(topic.name)));
            wanted
        });
        request.topics = Some(names.collect());
        request.allow_auto_topic_creation = false;
        let node = any_broker(around);
        self.asked = Some(calls.call(node, 12, &Body::Message(RequestKind::Metadata(request)), around));
        self.next_at = around.agenda.now() + PAUSE;
        self.is_stale = false;
    }

    /// Takes an outcome if it is the answer to a question of ours.
    pub fn settle(&mut self, tag: u64, outcome: &Outcome) -> bool {
        if self.asked != Some(tag) {
            return false;
        }
        self.asked = None;
        let Some(Reply::Message(reply)) = outcome else {
            self.is_stale = true;
            return true;
        };
        let ResponseKind::Metadata(response) = &**reply else { return true };
        let brokers: BTreeMap<i32, i32> = response
            .brokers
            .iter()
            .filter_map(|broker| Some((broker.node_id.0, broker_at(broker.port)?)))
            .collect();
        for topic in &response.topics {
            let Some(name) = &topic.name else { continue };
            if topic.error_code != 0 {
                self.is_stale = true;
                continue;
            }
            self.ids.insert(name.0.to_string(), TopicId(topic.topic_id));
            for partition in &topic.partitions {
                let key = (name.0.to_string(), partition.partition_index);
                match brokers.get(&partition.leader_id.0) {
                    Some(node) => {
                        self.leaders.insert(key, *node);
                    }
                    None => {
                        self.leaders.remove(&key);
                        self.is_stale = true;
                    }
                }
            }
        }
        true
    }
}

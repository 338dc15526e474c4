//! Creates the topics that everyone works with, then goes on creating and deleting others, and changes how much of the
//! topics is kept.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::create_topics_request::CreatableTopic;
use kr_wire::messages::delete_topics_request::DeleteTopicState;
use kr_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kr_wire::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, IncrementalAlterConfigsRequest, TopicName,
};

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply, any_broker};
use crate::sim::agenda::MS;
use crate::sim::plan::Plan;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Task {
    Create {
        name: String,
        partitions: i32,
    },
    Delete {
        name: String,
    },
    /// Sets a property of a topic, or removes it.
    Configure {
        topic: &'static str,
        key: &'static str,
        value: Option<u64>,
    },
}

/// Kafka's number for topics among the resources that have a configuration.
const TOPIC: i8 = 2;

/// Kafka's numbers for what IncrementalAlterConfigs does to a property.
const SET: i8 = 0;
const DELETE: i8 = 1;

/// An administrator.
pub struct Admin {
    pub(super) calls: Calls,
    /// What is to be done, the first first.
    tasks: Vec<Task>,
    flying: BTreeMap<u64, Task>,
    not_before: u64,
    made: u32,
}

impl Admin {
    /// An administrator who begins with the plan's topics.
    pub fn new(plan: &Plan) -> Self {
        let tasks =
            plan.topics.iter().map(|t| Task::Create { name: t.name.to_owned(), partitions: t.partitions });
        Self {
            calls: Calls::default(),
            tasks: tasks.collect(),
            flying: BTreeMap::new(),
            not_before: 0,
            made: 0,
        }
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        if !self.flying.is_empty() || self.not_before > around.agenda.now() {
            return;
        }
        if self.tasks.is_empty() {
            if !around.is_busy {
                return;
            }
            self.invent(around);
        }
        let task = self.tasks.remove(0);
        let (version, request) = match &task {
            Task::Create { name, partitions } => (7, RequestKind::CreateTopics(create(name, *partitions))),
            Task::Delete { name } => (6, RequestKind::DeleteTopics(delete(name))),
            Task::Configure { topic, key, value } => {
                (1, RequestKind::IncrementalAlterConfigs(configure(topic, key, *value)))
            }
        };
        let node = any_broker(around);
        let tag = self.calls.call(node, version, &Body::Message(request), around);
        self.flying.insert(tag, task);
        self.not_before = around.agenda.now() + around.chance.between(100, 800) * MS;
    }

    /// Finds something new to do.
    fn invent(&mut self, around: &mut Surroundings<'_>) {
        if around.plan.retains && around.chance.percent(50) {
            let topic = around.chance.pick(&around.plan.topics).expect("there are topics").name;
            // Segments are closed by age: Kafka takes no smaller size than a MiB.
            let draws = [("segment.ms", 20, 300), ("retention.bytes", 1, 20_000), ("retention.ms", 50, 2000)];
            let (key, low, high) = *around.chance.pick(&draws).expect("there are three");
            let value = around.chance.percent(80).then(|| around.chance.between(low, high));
            self.tasks.push(Task::Configure { topic, key, value });
            return;
        }
        self.made += 1;
        let name = format!("other-{}", self.made);
        self.tasks.push(Task::Create { name: name.clone(), partitions: 1 });
        if around.chance.percent(70) {
            self.tasks.push(Task::Delete { name });
        }
    }

    pub(super) fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        let Some(task) = self.flying.remove(&tag) else { return Ok(()) };
        let code = match &outcome {
            Some(Reply::Message(reply)) => match &**reply {
                ResponseKind::CreateTopics(response) => response.topics.first().map(|topic| topic.error_code),
                ResponseKind::DeleteTopics(response) => {
                    response.responses.first().map(|topic| topic.error_code)
                }
                ResponseKind::IncrementalAlterConfigs(response) => {
                    response.responses.first().map(|resource| resource.error_code)
                }
                _ => None,
            },
            _ => None,
        };
        let code = code.map(ErrorCode);
        let is_done = match (&task, code) {
            (_, None) => false,
            (_, Some(ErrorCode::NONE)) => true,
            // An attempt of which nothing was heard may have succeeded.
            (Task::Create { .. }, Some(ErrorCode::TOPIC_ALREADY_EXISTS)) => true,
            (Task::Delete { .. }, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)) => true,
            (Task::Configure { .. }, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)) => false,
            // Not enough brokers are alive yet.
            (_, Some(ErrorCode::INVALID_REPLICATION_FACTOR)) => false,
            (_, Some(code)) if code.is_retriable() => false,
            (task, Some(code)) => return Err(format!("the cluster refused for good: {task:?}: {code}")),
        };
        if !is_done {
            self.tasks.insert(0, task);
            self.not_before = around.agenda.now() + 50 * MS;
        }
        Ok(())
    }

    pub(super) fn unfinished(&self) -> Option<String> {
        let task = self.tasks.first().or(self.flying.values().next())?;
        Some(format!("the administrator has yet to finish {task:?}"))
    }
}

fn create(name: &str, partitions: i32) -> CreateTopicsRequest {
    let mut topic = CreatableTopic::default();
    topic.name = TopicName(StrBytes::from_string(name.to_owned()));
    topic.num_partitions = partitions;
    topic.replication_factor = 3;
    let mut request = CreateTopicsRequest::default();
    request.topics = vec![topic];
    request.timeout_ms = 1000;
    request
}

fn configure(topic: &'static str, key: &'static str, value: Option<u64>) -> IncrementalAlterConfigsRequest {
    let mut config = AlterableConfig::default();
    config.name = StrBytes::from_static_str(key);
    config.config_operation = if value.is_some() { SET } else { DELETE };
    config.value = value.map(|value| StrBytes::from_string(value.to_string()));
    let mut resource = AlterConfigsResource::default();
    resource.resource_type = TOPIC;
    resource.resource_name = StrBytes::from_static_str(topic);
    resource.configs = vec![config];
    let mut request = IncrementalAlterConfigsRequest::default();
    request.resources = vec![resource];
    request
}

fn delete(name: &str) -> DeleteTopicsRequest {
    let mut topic = DeleteTopicState::default();
    topic.name = Some(TopicName(StrBytes::from_string(name.to_owned())));
    let mut request = DeleteTopicsRequest::default();
    request.topics = vec![topic];
    request.timeout_ms = 1000;
    request
}

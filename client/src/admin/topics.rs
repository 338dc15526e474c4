//! Topics: list, describe, create, delete.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId, TopicId};
use kr_wire::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use kr_wire::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kr_wire::messages::create_topics_response::CreatableTopicResult;
use kr_wire::messages::delete_topics_request::DeleteTopicState;
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::{
    BrokerId, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, MetadataRequest, TopicName,
};

use super::{checked, text};
use crate::Client;
use crate::cluster_view::Topic;
use crate::error::Error;
use crate::retry::{self, Stale, Verdict};
use crate::routing::{Route, Topics, Tries};

/// A topic to create.
#[derive(Clone, Debug, Default)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// Partitions; the cluster's default when none is given (Kafka 2.4 and newer).
    pub partitions: Option<i32>,
    /// Replicas of each partition; the cluster's default when none is given.
    pub replication_factor: Option<i16>,
    /// Replicas by partition, from 0; instead of the two above.
    pub assignments: Vec<Vec<NodeId>>,
    /// Configs by name.
    pub configs: BTreeMap<String, String>,
}

/// A topic as it was, or would be, created.
#[derive(Clone, Debug)]
pub struct CreatedTopic {
    /// Its id; none when it was only tried, or on old clusters.
    pub id: Option<TopicId>,
    /// Partitions; none on clusters older than 2.4.
    pub partitions: Option<i32>,
    /// Replicas of each partition; none on clusters older than 2.4.
    pub replication_factor: Option<i16>,
}

/// Partitions to add to a topic.
#[derive(Clone, Debug, Default)]
pub struct MorePartitions {
    /// The topic.
    pub name: String,
    /// Partitions it is to have in all.
    pub count: i32,
    /// Replicas of each new partition, the preferred leader first; the cluster chooses when empty.
    pub assignments: Vec<Vec<NodeId>>,
}

impl MorePartitions {
    fn to_wire(&self) -> CreatePartitionsTopic {
        let assignment = |nodes: &Vec<NodeId>| {
            let ids = nodes.iter().map(|node| BrokerId(node.0)).collect();
            CreatePartitionsAssignment::default().with_broker_ids(ids)
        };
        let assignments: Vec<_> = self.assignments.iter().map(assignment).collect();
        CreatePartitionsTopic::default()
            .with_name(TopicName(text(&self.name)))
            .with_count(self.count)
            .with_assignments((!assignments.is_empty()).then_some(assignments))
    }
}

/// What became of each topic, in the order in which they were named.
pub type TopicResult<T> = Vec<(String, Result<T, Error>)>;

impl Client {
    /// All topics, ascending by name, those of Kafka itself included.
    pub async fn list_topics(&self) -> Result<Vec<Topic>, Error> {
        let mut tries = Tries::new(self, "list topics");
        loop {
            match self.refresh(Topics::All, tries.wait()).await {
                Ok(_) => return Ok(self.view().topics().cloned().collect()),
                Err(error) => tries.again(error, Route::Any).await?,
            }
        }
    }

    /// Topics by name, as they are now.
    ///
    /// A topic that is unknown is asked for a few times more: brokers hear of a new one with a delay.
    pub async fn describe_topics(&self, names: &[&str]) -> Result<TopicResult<Topic>, Error> {
        let mut tries = Tries::new(self, "describe topics");
        let mut attempt = 0;
        loop {
            let failed = match self.refresh(Topics::Named(names), tries.wait()).await {
                Ok(failed) => failed.into_iter().collect::<BTreeMap<String, ErrorCode>>(),
                Err(error) => {
                    tries.again(error, Route::Any).await?;
                    continue;
                }
            };
            let described = |name: &&str| {
                let known = self.view().topic(name).cloned();
                let code = failed.get(*name).copied().unwrap_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
                let result =
                    known.ok_or_else(|| Error::broker(format!("describe topic \"{name}\""), code, None));
                ((*name).to_owned(), result)
            };
            let results: TopicResult<Topic> = names.iter().map(described).collect();
            let may_appear = |(_, result): &(String, Result<Topic, Error>)| {
                let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                matches!(result, Err(error) if error.code() == Some(unknown)
                    && retry::after_code(unknown, attempt) != Verdict::GiveUp)
            };
            if !results.iter().any(may_appear) {
                return Ok(results);
            }
            tokio::time::sleep(retry::pause(self.options(), attempt, rand::random())).await;
            attempt += 1;
        }
    }

    /// Creates topics, or with `validate_only` says what would be created.
    ///
    /// A topic that fails because of the moment is tried again until the deadline.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        validate_only: bool,
    ) -> Result<TopicResult<CreatedTopic>, Error> {
        let what = if validate_only { "try to create topics" } else { "create topics" };
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        self.change_topics(
            what,
            topics.iter().map(|topic| topic.name.clone()).collect(),
            async |names, wait| {
                let wanted = topics.iter().filter(|topic| names.contains(&topic.name));
                let wanted: Vec<CreatableTopic> = wanted.map(creatable).collect();
                let build = |_| {
                    CreateTopicsRequest::default()
                        .with_topics(wanted.clone())
                        .with_timeout_ms(timeout_ms)
                        .with_validate_only(validate_only)
                };
                let answer = self.once(Route::Controller, crate::pool::Lane::Control, wait, build).await?;
                let version = answer.version;
                let results = answer.response.topics.into_iter().map(|result| {
                    let name = result.name.as_str().to_owned();
                    let what = format!("create topic \"{name}\"");
                    let checked = checked(what, result.error_code, result.error_message.as_ref());
                    (name, checked.map(|()| created(&result, version)))
                });
                Ok(results.collect())
            },
        )
        .await
    }

    /// Adds partitions to topics, or with `validate_only` says whether that would be accepted.
    pub async fn add_partitions(
        &self,
        topics: &[MorePartitions],
        validate_only: bool,
    ) -> Result<TopicResult<()>, Error> {
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let names = topics.iter().map(|topic| topic.name.clone()).collect();
        self.change_topics("add partitions", names, async |names, wait| {
            let wanted = topics.iter().filter(|topic| names.contains(&topic.name));
            let wanted: Vec<CreatePartitionsTopic> = wanted.map(MorePartitions::to_wire).collect();
            let build = |_| {
                CreatePartitionsRequest::default()
                    .with_topics(wanted.clone())
                    .with_timeout_ms(timeout_ms)
                    .with_validate_only(validate_only)
            };
            let answer = self.once(Route::Controller, crate::pool::Lane::Control, wait, build).await?;
            let results = answer.response.results.into_iter().map(|result| {
                let name = result.name.as_str().to_owned();
                let what = format!("add partitions to topic \"{name}\"");
                (name, checked(what, result.error_code, result.error_message.as_ref()))
            });
            Ok(results.collect())
        })
        .await
    }

    /// Topics by their ids (KIP-516; Kafka 3.1 and newer): the name of each that exists.
    ///
    /// Errors: [`Error::Unsupported`] when the cluster cannot look ids up.
    pub async fn topic_names(&self, ids: &[TopicId]) -> Result<Vec<(TopicId, Result<String, Error>)>, Error> {
        let what = "find topics by id";
        self.require::<MetadataRequest>(12).await?;
        let topic = |id: &TopicId| MetadataRequestTopic::default().with_name(None).with_topic_id(id.0);
        let topics: Vec<MetadataRequestTopic> = ids.iter().map(topic).collect();
        let build = |_| {
            MetadataRequest::default().with_topics(Some(topics.clone())).with_allow_auto_topic_creation(false)
        };
        let answer = self.request(Route::Any, what, build, |_| Ok(())).await?;
        let found = answer.response.topics;
        let result = |id: &TopicId| {
            let what = format!("find a topic with id {id}");
            let known = found.iter().find(|topic| topic.topic_id == id.0);
            let code = known.map_or(ErrorCode::UNKNOWN_TOPIC_ID.0, |topic| topic.error_code);
            let name = known.and_then(|topic| topic.name.as_ref()).map(|name| name.as_str().to_owned());
            let missing = || Error::broker(what.clone(), ErrorCode::UNKNOWN_TOPIC_ID, None);
            (*id, checked(what.clone(), code, None).and_then(|()| name.ok_or_else(missing)))
        };
        Ok(ids.iter().map(result).collect())
    }

    /// Deletes topics by name.
    pub async fn delete_topics(&self, names: &[&str]) -> Result<TopicResult<()>, Error> {
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let all = names.iter().map(|name| (*name).to_owned()).collect();
        self.change_topics("delete topics", all, async |names, wait| {
            let build = |version| {
                let request = DeleteTopicsRequest::default().with_timeout_ms(timeout_ms);
                let names = names.iter().map(|name| TopicName(text(name)));
                match version {
                    0..6 => request.with_topic_names(names.collect()),
                    _ => request.with_topics(
                        names.map(|name| DeleteTopicState::default().with_name(Some(name))).collect(),
                    ),
                }
            };
            let answer = self.once(Route::Controller, crate::pool::Lane::Control, wait, build).await?;
            let results = answer.response.responses.into_iter().filter_map(|result| {
                let name = result.name?.as_str().to_owned();
                let what = format!("delete topic \"{name}\"");
                Some((name, checked(what, result.error_code, result.error_message.as_ref())))
            });
            Ok(results.collect())
        })
        .await
    }

    /// Runs a change until every topic has succeeded or failed for good.
    async fn change_topics<T>(
        &self,
        what: &str,
        names: Vec<String>,
        ask: impl AsyncFn(&[String], std::time::Duration) -> Result<Vec<(String, Result<T, Error>)>, Error>,
    ) -> Result<TopicResult<T>, Error> {
        let mut tries = Tries::new(self, what);
        let mut left = names.clone();
        let mut done: BTreeMap<String, Result<T, Error>> = BTreeMap::new();
        let mut attempt = 0;
        loop {
            let mut moment = None;
            match ask(&left, tries.wait()).await {
                Ok(results) => {
                    for (name, result) in results.into_iter().filter(|(name, _)| left.contains(name)) {
                        match result {
                            Err(error) if is_moment(&error, attempt) => moment = Some(error),
                            result => drop(done.insert(name, result)),
                        }
                    }
                    left.retain(|name| !done.contains_key(name));
                    // A topic that the answer leaves out would be asked for forever.
                    if moment.is_none() {
                        for name in left.drain(..) {
                            done.insert(name.clone(), Err(left_out(what, &name)));
                        }
                    }
                }
                Err(error) => moment = Some(error),
            }
            let Some(error) = moment else { break };
            attempt += 1;
            if let Err(error) = tries.again(error, Route::Controller).await {
                if done.is_empty() {
                    return Err(error);
                }
                let error = error.to_string();
                for name in left.drain(..) {
                    let reason = error.clone();
                    done.insert(
                        name.clone(),
                        Err(Error::Records { what: format!("{what}: {name}"), reason }),
                    );
                }
                break;
            }
        }
        Ok(names.into_iter().filter_map(|name| done.remove(&name).map(|result| (name, result))).collect())
    }
}

/// Whether the same request may succeed in a moment. A topic that is unknown stays unknown here.
fn is_moment(error: &Error, attempt: u32) -> bool {
    error.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
        && matches!(retry::after(error, attempt), Verdict::Again(Stale::Nothing | Stale::Metadata))
}

fn left_out(what: &str, name: &str) -> Error {
    Error::Records { what: what.to_owned(), reason: format!("the answer leaves out \"{name}\"") }
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    let is_manual = !topic.assignments.is_empty();
    let configs = topic.configs.iter().map(|(name, value)| {
        CreatableTopicConfig::default().with_name(text(name)).with_value(Some(text(value)))
    });
    let assignments = (0i32..).zip(&topic.assignments).map(|(partition, nodes)| {
        CreatableReplicaAssignment::default()
            .with_partition_index(PartitionId(partition).0)
            .with_broker_ids(nodes.iter().map(|node| BrokerId(node.0)).collect())
    });
    CreatableTopic::default()
        .with_name(TopicName(text(&topic.name)))
        .with_num_partitions(topic.partitions.filter(|_| !is_manual).unwrap_or(-1))
        .with_replication_factor(topic.replication_factor.filter(|_| !is_manual).unwrap_or(-1))
        .with_assignments(assignments.collect())
        .with_configs(configs.collect())
}

fn created(result: &CreatableTopicResult, version: i16) -> CreatedTopic {
    let tells = version >= 5;
    CreatedTopic {
        id: Some(TopicId(result.topic_id)).filter(|id| !id.is_zero()),
        partitions: Some(result.num_partitions).filter(|count| tells && *count >= 0),
        replication_factor: Some(result.replication_factor).filter(|count| tells && *count >= 0),
    }
}

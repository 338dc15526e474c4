//! The way back from each kind of change: how it is now, how it becomes, and the requests that go there.

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::{ConfigEdit, ConfigSource, ConfigTarget, NewTopic, TopicPartition};
use kr_client::safety::Operation;
use kr_client::undo::{ConfigsBefore, OffsetBefore, ReplicasBefore, TopicBefore, Undo};
use kr_wire::ids::{NodeId, PartitionId};

use crate::error::{CliError, Kind};
use crate::output::Failure;
use crate::output::page::list;

/// One thing that is set back.
#[derive(Debug)]
pub struct Step {
    /// What it is.
    pub target: String,
    /// What it is now.
    pub now: String,
    /// What it becomes.
    pub then: String,
    /// Whether it still is as the change left it.
    pub is_as_left: bool,
}

/// The way back from one change.
#[derive(Debug)]
pub struct Way {
    /// The requests it takes.
    pub operations: &'static [Operation],
    /// All that is set back.
    pub steps: Vec<Step>,
}

impl Way {
    /// Looks at what is now.
    pub async fn look(client: &Client, undo: &Undo) -> Result<Self, CliError> {
        let (operations, steps): (&'static [Operation], Vec<Step>) = match undo {
            Undo::Configs { resources } => {
                const ALL: &[Operation] = &[
                    Operation::TOPIC_CONFIG,
                    Operation::BROKER_CONFIG,
                    Operation::BROKER_LOGGER,
                    Operation::GROUP_CONFIG,
                    Operation::CLIENT_METRICS,
                ];
                (ALL, configs(client, resources).await?)
            }
            Undo::DeleteTopics { topics } => (&[Operation::TOPIC_DELETE], created(client, topics).await?),
            Undo::CreateTopics { topics } => (&[Operation::TOPIC_CREATE], deleted(client, topics).await?),
            Undo::Assignment { partitions } => (&[Operation::REASSIGN], replicas(client, partitions).await?),
            Undo::GroupOffsets { group, offsets } => (
                &[Operation::GROUP_OFFSETS_SET, Operation::GROUP_OFFSETS_DELETE],
                super::offsets::look(client, group, offsets).await?,
            ),
            Undo::OffsetsOfGroups { groups } => (
                &[Operation::GROUP_OFFSETS_SET, Operation::GROUP_OFFSETS_DELETE],
                super::offsets::look_at_all(client, groups).await?,
            ),
            Undo::Acls { added, removed } => (
                &[Operation::ACL_ADD, Operation::ACL_REMOVE],
                super::acls::look(client, added, removed).await?,
            ),
            Undo::Quotas { quotas } => (&[Operation::QUOTA_SET], super::quotas::look(client, quotas).await?),
        };
        Ok(Self { operations, steps })
    }

    /// Goes back; returns what failed.
    pub async fn go(&self, client: &Client, undo: &Undo) -> Result<Vec<Failure>, CliError> {
        match undo {
            Undo::Configs { resources } => {
                let changes: Vec<_> =
                    resources.iter().map(|resource| (target(resource), edits(resource))).collect();
                let results = client.alter_configs(&changes, false).await?;
                Ok(failures(results.into_iter().map(|(target, result)| (target.to_string(), result))))
            }
            Undo::DeleteTopics { topics } => {
                let names: Vec<&str> = topics.keys().map(String::as_str).collect();
                let results = client.delete_topics(&names).await?;
                Ok(failures(results.into_iter().map(|(name, result)| (format!("topic \"{name}\""), result))))
            }
            Undo::CreateTopics { topics } => {
                let topics: Vec<NewTopic> = topics.iter().map(new_topic).collect();
                let results = client.create_topics(&topics, false).await?;
                Ok(failures(results.into_iter().map(|(name, result)| (format!("topic \"{name}\""), result))))
            }
            Undo::Assignment { partitions } => {
                let wanted = partitions.iter().map(|partition| {
                    (name(partition), Some(partition.before.iter().copied().map(NodeId).collect()))
                });
                let results = client.alter_reassignments(&wanted.collect()).await?;
                Ok(failures(results.into_iter().map(|(name, result)| (name.to_string(), result))))
            }
            Undo::GroupOffsets { group, offsets } => super::offsets::go(client, group, offsets).await,
            Undo::OffsetsOfGroups { groups } => super::offsets::go_to_all(client, groups).await,
            Undo::Acls { added, removed } => super::acls::go(client, added, removed).await,
            Undo::Quotas { quotas } => super::quotas::go(client, quotas).await,
        }
    }

    /// The way back from going back, where there is one.
    pub fn back(&self, undo: &Undo) -> Option<Undo> {
        let mut undo = undo.clone();
        match &mut undo {
            Undo::Configs { resources } => {
                resources.iter_mut().for_each(|r| std::mem::swap(&mut r.before, &mut r.after));
            }
            Undo::Assignment { partitions } => {
                partitions.iter_mut().for_each(|p| std::mem::swap(&mut p.before, &mut p.after));
            }
            Undo::GroupOffsets { offsets, .. } => offsets.iter_mut().for_each(turn),
            Undo::OffsetsOfGroups { groups } => groups.values_mut().flatten().for_each(turn),
            Undo::Acls { added, removed } => std::mem::swap(added, removed),
            Undo::Quotas { quotas } => {
                quotas.iter_mut().for_each(|q| std::mem::swap(&mut q.before, &mut q.after));
            }
            Undo::DeleteTopics { .. } | Undo::CreateTopics { .. } => return None,
        }
        Some(undo)
    }
}

/// Makes an offset's way back the way forth.
fn turn(offset: &mut OffsetBefore) {
    std::mem::swap(&mut offset.before, &mut offset.after);
    // The epoch and the metadata belonged to the offset before.
    (offset.leader_epoch, offset.metadata) = (None, None);
}

/// The failures among results.
pub fn failures<T>(results: impl IntoIterator<Item = (String, Result<T, kr_client::Error>)>) -> Vec<Failure> {
    let failed = results.into_iter().filter_map(|(target, result)| Some((target, result.err()?)));
    failed.map(|(target, error)| Failure::of(target, &error)).collect()
}

fn target(resource: &ConfigsBefore) -> ConfigTarget {
    let id = || resource.name.parse().map_or(NodeId(-1), NodeId);
    let name = resource.name.clone();
    match resource.resource_type {
        2 => ConfigTarget::Topic(name),
        8 => ConfigTarget::BrokerLogger(id()),
        16 => ConfigTarget::ClientMetrics(name),
        32 => ConfigTarget::Group(name),
        _ if name.is_empty() => ConfigTarget::BrokerDefault,
        _ => ConfigTarget::Broker(id()),
    }
}

fn edits(resource: &ConfigsBefore) -> Vec<ConfigEdit> {
    let edit = |(key, value): (&String, &Option<String>)| match value {
        Some(value) => ConfigEdit::set(key, value),
        None => ConfigEdit::unset(key),
    };
    resource.before.iter().map(edit).collect()
}

async fn configs(client: &Client, resources: &[ConfigsBefore]) -> Result<Vec<Step>, CliError> {
    let mut steps = Vec::new();
    for resource in resources {
        let target = target(resource);
        let own = match &target {
            ConfigTarget::Topic(_) => Some(ConfigSource::Topic),
            ConfigTarget::Broker(_) => Some(ConfigSource::Broker),
            ConfigTarget::BrokerDefault => Some(ConfigSource::BrokerDefault),
            _ => None,
        };
        let entries = client.describe_configs(&target).await?;
        let show = |value: Option<&String>| value.map_or("not set".to_owned(), Clone::clone);
        for (key, before) in &resource.before {
            let entry = entries.iter().find(|entry| entry.name == *key);
            let entry = entry.filter(|entry| own.is_none_or(|own| entry.source == own));
            let now = entry.and_then(|entry| entry.value.as_ref());
            // A loggers' or a group's value says nothing of where it was set.
            let left = resource.after.get(key).and_then(Option::as_ref);
            steps.push(Step {
                target: format!("{key} of {target}"),
                now: show(now),
                then: show(before.as_ref()),
                is_as_left: now == left || (own.is_none() && left.is_none()),
            });
        }
    }
    Ok(steps)
}

async fn created(client: &Client, topics: &BTreeMap<String, Option<String>>) -> Result<Vec<Step>, CliError> {
    let names: Vec<&str> = topics.keys().map(String::as_str).collect();
    let mut steps = Vec::new();
    for (name, topic) in client.describe_topics(&names).await? {
        let Ok(topic) = topic else {
            return Err(CliError::failed(format!("topic \"{name}\" is gone already")));
        };
        let id = topic.id.map(|id| id.to_string());
        let is_same = topics.get(&name).is_some_and(|made| made.is_none() || *made == id);
        steps.push(Step {
            target: format!("topic \"{name}\""),
            now: format!("{} partitions", topic.partitions.len()),
            then: "deleted with all its records".to_owned(),
            is_as_left: is_same,
        });
    }
    Ok(steps)
}

async fn deleted(client: &Client, topics: &[TopicBefore]) -> Result<Vec<Step>, CliError> {
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let now: BTreeMap<_, _> = client.describe_topics(&names).await?.into_iter().collect();
    let step = |topic: &TopicBefore| {
        let exists = now.get(&topic.name).is_some_and(Result::is_ok);
        let partitions = topic.replicas.len();
        Step {
            target: format!("topic \"{}\"", topic.name),
            now: if exists { "exists" } else { "deleted" }.to_owned(),
            then: format!("created with {partitions} partitions, without its records"),
            is_as_left: !exists,
        }
    };
    Ok(topics.iter().map(step).collect())
}

fn new_topic(topic: &TopicBefore) -> NewTopic {
    NewTopic {
        name: topic.name.clone(),
        assignments: topic.replicas.iter().map(|nodes| nodes.iter().copied().map(NodeId).collect()).collect(),
        configs: topic.configs.clone(),
        ..NewTopic::default()
    }
}

fn name(partition: &ReplicasBefore) -> TopicPartition {
    TopicPartition::new(partition.topic.as_str(), PartitionId(partition.partition))
}

async fn replicas(client: &Client, partitions: &[ReplicasBefore]) -> Result<Vec<Step>, CliError> {
    let mut names: Vec<&str> = partitions.iter().map(|partition| partition.topic.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let topics: BTreeMap<_, _> = client.describe_topics(&names).await?.into_iter().collect();
    let under_way = client.list_reassignments(None).await?;
    let mut steps = Vec::new();
    for partition in partitions {
        let name = name(partition);
        let topic = topics.get(&partition.topic).and_then(|topic| topic.as_ref().ok());
        let Some(now) = topic.and_then(|topic| topic.partition(name.partition)) else {
            return Err(CliError::new(Kind::Failed, format!("{name} does not exist any more")));
        };
        let target = under_way.get(&name).map(kr_client::admin::Reassignment::target);
        let replicas: Vec<i32> = target.as_ref().unwrap_or(&now.replicas).iter().map(|node| node.0).collect();
        steps.push(Step {
            is_as_left: replicas == partition.after,
            now: list(&replicas),
            then: list(&partition.before),
            target: name.to_string(),
        });
    }
    Ok(steps)
}

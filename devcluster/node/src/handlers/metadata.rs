//! Metadata: brokers, topics, and who leads their partitions.
//!
//! versions: 0-13
//! behaviours: topics by name or id, or all; nodes that advertise loopback are told under the address that the
//! client dialled; fenced brokers are left out; unknown names are created when broker and client agree;
//! the controller told is one that forwards
//! kips: 4, 36, 112 (offline replicas), 430, 516, 526, 590, 700, 899
//! left out: authorisation (every operation is allowed); creation of `__transaction_state` and
//! `__share_group_state`, whose coordinators are not served

use std::collections::BTreeSet;

use kr_metadata::image::{Image, Partition, Topic};
use kr_metadata::topic_name;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId, TopicId};
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kr_wire::messages::{BrokerId, MetadataRequest, MetadataResponse, TopicName};

use super::advertised::{self, BROKER_LISTENER, CLUSTER_OPERATIONS, TOPIC_OPERATIONS};
use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// First version in which no topics differ from all topics.
const FIRST_WITH_NULL_TOPICS: i16 = 1;
/// First version that knows LISTENER_NOT_FOUND.
const FIRST_WITH_LISTENER_ERRORS: i16 = 6;
/// First version whose topic ids may be used for lookup.
const FIRST_BY_ID: i16 = 12;

/// Handles Metadata.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: &MetadataRequest) -> Answer {
    let asked = match asked(request.topics.as_deref(), ctx.version) {
        Ok(asked) => asked,
        Err(code) => return Answer::now(refused(request, ctx.version, code)),
    };
    let mut topics = Vec::new();
    match asked {
        Asked::All => topics.extend(node.quorum.image().topics_by_name().map(|t| node.topic(t, ctx))),
        Asked::Ids(ids) => topics.extend(ids.into_iter().map(|id| match node.quorum.image().topic(id) {
            Some(topic) => node.topic(topic, ctx),
            None => failed(ErrorCode::UNKNOWN_TOPIC_ID).with_topic_id(id.0).with_name(None),
        })),
        Asked::Names(names) => {
            for name in names {
                let answer = match node.quorum.image().topic_by_name(&name) {
                    Some(topic) => node.topic(topic, ctx),
                    None => node.missing(&name, request.allow_auto_topic_creation),
                };
                topics.push(answer);
            }
        }
    }
    if request.include_topic_authorized_operations {
        for topic in &mut topics {
            topic.topic_authorized_operations = TOPIC_OPERATIONS;
        }
    }
    let mut response = MetadataResponse::default()
        .with_brokers(node.alive_brokers(ctx))
        .with_cluster_id(Some(StrBytes::from_string(node.config.cluster_id.clone())))
        .with_controller_id(BrokerId(NodeId::to_wire(node.controller_for_clients())))
        .with_topics(topics);
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    Answer::now(ResponseKind::Metadata(response))
}

/// What a request wants to know about.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    All,
    Names(Vec<String>),
    Ids(Vec<TopicId>),
}

/// Reads the topics of a request, each once, in the order of the request.
fn asked(topics: Option<&[MetadataRequestTopic]>, version: i16) -> Result<Asked, ErrorCode> {
    let Some(topics) = topics else { return Ok(Asked::All) };
    if topics.is_empty() && version < FIRST_WITH_NULL_TOPICS {
        return Ok(Asked::All);
    }
    let by_id = topics.iter().any(|t| !t.topic_id.is_nil());
    if version < FIRST_BY_ID && (by_id || topics.iter().any(|t| t.name.is_none())) {
        return Err(ErrorCode::INVALID_REQUEST);
    }
    if by_id {
        let mut seen = BTreeSet::new();
        let ids = topics.iter().map(|t| TopicId(t.topic_id)).filter(|id| !id.is_zero() && seen.insert(*id));
        return Ok(Asked::Ids(ids.collect()));
    }
    let mut seen = BTreeSet::new();
    let mut names = Vec::with_capacity(topics.len());
    for topic in topics {
        let name = topic.name.as_ref().ok_or(ErrorCode::INVALID_REQUEST)?;
        if seen.insert(name.as_str()) {
            names.push(name.as_str().to_owned());
        }
    }
    Ok(Asked::Names(names))
}

/// Refuses the whole request: before version 13 an error can only stand at the topics.
fn refused(request: &MetadataRequest, version: i16, code: ErrorCode) -> ResponseKind {
    let topics = request.topics.iter().flatten().map(|topic| {
        // Null names can be told from version 12 on only.
        let name = topic.name.clone().or_else(|| (version < FIRST_BY_ID).then(TopicName::default));
        failed(code).with_name(name).with_topic_id(topic.topic_id)
    });
    ResponseKind::Metadata(MetadataResponse::default().with_topics(topics.collect()))
}

fn failed(code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic::default().with_error_code(code.0)
}

impl Node {
    fn alive_brokers(&self, ctx: &Context) -> Vec<MetadataResponseBroker> {
        let brokers = self.quorum.image().brokers().filter(|b| !b.fenced);
        brokers
            .filter_map(|b| advertised::broker(b, ctx.local.ip()))
            .map(|b| {
                MetadataResponseBroker::default()
                    .with_node_id(BrokerId(b.id.0))
                    .with_host(b.host)
                    .with_port(b.port)
                    .with_rack(b.rack)
            })
            .collect()
    }

    fn topic(&self, topic: &Topic, ctx: &Context) -> MetadataResponseTopic {
        let image = self.quorum.image();
        let partitions =
            topic.partitions.iter().map(|(index, p)| partition(image, *index, p, ctx.version)).collect();
        MetadataResponseTopic::default()
            .with_name(Some(topic_name_of(topic)))
            .with_topic_id(topic.id.0)
            .with_is_internal(topic_name::is_internal(&topic.name))
            .with_partitions(partitions)
    }

    /// Answers for a name that no topic has, and has the topic created if it may be.
    fn missing(&mut self, name: &str, client_allows: bool) -> MetadataResponseTopic {
        let code = if topic_name::check(name).is_err() {
            ErrorCode::INVALID_TOPIC_EXCEPTION
        } else {
            if client_allows && self.settings.auto_create_topics {
                self.auto_create(name);
            }
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        };
        failed(code)
            .with_name(Some(TopicName(StrBytes::from_string(name.to_owned()))))
            .with_is_internal(topic_name::is_internal(name))
    }
}

/// A topic's name as answers carry it.
pub(crate) fn topic_name_of(topic: &Topic) -> TopicName {
    TopicName(StrBytes::from_string(topic.name.to_string()))
}

/// Node ids as answers carry them.
pub(crate) fn broker_ids(ids: &[NodeId]) -> Vec<BrokerId> {
    ids.iter().map(|id| BrokerId(id.0)).collect()
}

/// Replicas that cannot serve: their broker is fenced or unknown, or their directory is gone.
pub(crate) fn offline_replicas(image: &Image, partition: &Partition) -> Vec<BrokerId> {
    let offline = partition.replicas.iter().enumerate().filter(|(place, id)| {
        let Some(broker) = image.broker(**id) else { return true };
        let directory = partition.directories.get(*place);
        broker.fenced
            || broker.endpoint(BROKER_LISTENER).is_none()
            || directory.is_some_and(|d| !broker.has_online_directory(*d))
    });
    offline.map(|(_, id)| BrokerId(id.0)).collect()
}

/// The leader if clients can reach it, or why they cannot.
pub(crate) fn reachable_leader(image: &Image, partition: &Partition) -> Result<NodeId, ErrorCode> {
    let leader = partition.leader.ok_or(ErrorCode::LEADER_NOT_AVAILABLE)?;
    let broker = image.broker(leader).ok_or(ErrorCode::LEADER_NOT_AVAILABLE)?;
    if broker.fenced || broker.endpoint(BROKER_LISTENER).is_none() {
        return Err(ErrorCode::LISTENER_NOT_FOUND);
    }
    Ok(leader)
}

fn partition(
    image: &Image,
    index: PartitionId,
    partition: &Partition,
    version: i16,
) -> MetadataResponsePartition {
    let offline = offline_replicas(image, partition);
    let reachable = |ids: &[NodeId]| -> Vec<BrokerId> {
        // Version 0 has no place for offline replicas: it leaves them out.
        let ids = broker_ids(ids).into_iter();
        if version == 0 { ids.filter(|id| !offline.contains(id)).collect() } else { ids.collect() }
    };
    let replicas = reachable(&partition.replicas);
    let isr = reachable(&partition.isr);
    let (leader, error) = match reachable_leader(image, partition) {
        Ok(leader) if replicas.len() < partition.replicas.len() || isr.len() < partition.isr.len() => {
            (Some(leader), ErrorCode::REPLICA_NOT_AVAILABLE)
        }
        Ok(leader) => (Some(leader), ErrorCode::NONE),
        Err(ErrorCode::LISTENER_NOT_FOUND) if version < FIRST_WITH_LISTENER_ERRORS => {
            (None, ErrorCode::LEADER_NOT_AVAILABLE)
        }
        Err(error) => (None, error),
    };
    MetadataResponsePartition::default()
        .with_error_code(error.0)
        .with_partition_index(index.0)
        .with_leader_id(BrokerId(NodeId::to_wire(leader)))
        .with_leader_epoch(partition.leader_epoch.0)
        .with_replica_nodes(replicas)
        .with_isr_nodes(isr)
        .with_offline_replicas(offline)
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::Uuid;

    use super::*;

    fn named(name: &'static str) -> MetadataRequestTopic {
        MetadataRequestTopic::default().with_name(Some(TopicName(StrBytes::from_static_str(name))))
    }

    fn by_id(id: u128) -> MetadataRequestTopic {
        MetadataRequestTopic::default().with_name(None).with_topic_id(Uuid::from_u128(id))
    }

    #[test]
    fn version_0_asks_for_all_topics_with_an_empty_list() {
        assert_eq!(asked(Some(&[]), 0), Ok(Asked::All));
        assert_eq!(asked(Some(&[]), 1), Ok(Asked::Names(Vec::new())));
        assert_eq!(asked(None, 1), Ok(Asked::All));
    }

    #[test]
    fn a_name_asked_for_twice_is_answered_once() {
        let topics = [named("b"), named("a"), named("b")];
        assert_eq!(asked(Some(&topics), 9), Ok(Asked::Names(vec!["b".to_owned(), "a".to_owned()])));
    }

    #[test]
    fn ids_are_refused_before_version_12() {
        for version in [10, 11] {
            assert_eq!(asked(Some(&[by_id(7)]), version), Err(ErrorCode::INVALID_REQUEST));
            assert_eq!(asked(Some(&[by_id(0)]), version), Err(ErrorCode::INVALID_REQUEST));
        }
        assert_eq!(asked(Some(&[by_id(7)]), 12), Ok(Asked::Ids(vec![TopicId(Uuid::from_u128(7))])));
    }

    #[test]
    fn one_id_makes_the_lookup_go_by_ids_only() {
        let topics = [named("a"), by_id(7)];
        assert_eq!(asked(Some(&topics), 12), Ok(Asked::Ids(vec![TopicId(Uuid::from_u128(7))])));
    }

    #[test]
    fn neither_name_nor_id_is_an_invalid_request() {
        assert_eq!(asked(Some(&[by_id(0)]), 12), Err(ErrorCode::INVALID_REQUEST));
    }
}

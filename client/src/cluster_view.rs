//! What is known of the cluster: brokers, topics, partitions and their leaders. Pure.
//!
//! Brokers learn of changes at different times, so metadata can be older than what is known already. A
//! partition is only replaced by one with the same or a higher leader epoch, unless the topic was created
//! anew (another id; KIP-516), as Kafka's own client does (`Metadata#updateLatestMetadata`).

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, NodeId, PartitionId, TopicId};
use kr_wire::leader_hint::NodeEndpoint;
use kr_wire::messages::MetadataResponse;
use kr_wire::messages::metadata_response::{MetadataResponsePartition, MetadataResponseTopic};

use crate::options::Address;

/// A broker as Metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: NodeId,
    /// Where it listens.
    pub address: Address,
    /// Its rack.
    pub rack: Option<String>,
}

impl Broker {
    /// Reads a broker named with a refusal (KIP-951).
    pub(crate) fn of_endpoint(endpoint: &NodeEndpoint) -> Option<Self> {
        let port = u16::try_from(endpoint.port).ok()?;
        Some(Self {
            id: endpoint.node,
            address: Address { host: endpoint.host.as_str().to_owned(), port },
            rack: endpoint.rack.as_ref().map(|rack| rack.as_str().to_owned()),
        })
    }
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id; none on clusters older than 2.8.
    pub id: Option<TopicId>,
    /// Whether Kafka keeps it for itself.
    pub is_internal: bool,
    /// Its partitions, ascending; ids may have gaps while metadata spreads.
    pub partitions: Vec<Partition>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its index.
    pub id: PartitionId,
    /// The leader, if it has one.
    pub leader: Option<NodeId>,
    /// The leader's epoch; none on clusters older than 2.1.
    pub leader_epoch: Option<LeaderEpoch>,
    /// All replicas, preferred leader first.
    pub replicas: Vec<NodeId>,
    /// Replicas in sync.
    pub isr: Vec<NodeId>,
    /// Replicas that are not alive.
    pub offline: Vec<NodeId>,
}

impl Topic {
    /// Finds a partition.
    pub fn partition(&self, id: PartitionId) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.id == id)
    }

    fn of(topic: &MetadataResponseTopic) -> Option<Self> {
        let name = topic.name.as_ref()?.as_str().to_owned();
        let mut partitions: Vec<Partition> = topic.partitions.iter().map(Partition::of).collect();
        partitions.sort_by_key(|partition| partition.id);
        partitions.dedup_by_key(|partition| partition.id);
        let id = Some(TopicId(topic.topic_id)).filter(|id| !id.is_zero());
        Some(Self { name, id, is_internal: topic.is_internal, partitions })
    }
}

impl Partition {
    fn of(partition: &MetadataResponsePartition) -> Self {
        let nodes = |ids: &[kr_wire::messages::BrokerId]| ids.iter().map(|id| NodeId(id.0)).collect();
        Self {
            id: PartitionId(partition.partition_index),
            leader: NodeId::from_wire(partition.leader_id.0),
            leader_epoch: LeaderEpoch::from_wire(partition.leader_epoch),
            replicas: nodes(&partition.replica_nodes),
            isr: nodes(&partition.isr_nodes),
            offline: nodes(&partition.offline_replicas),
        }
    }
}

/// The picture.
#[derive(Clone, Debug, Default)]
pub struct ClusterView {
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// The broker to send changes to; on KRaft any broker, which passes them on.
    pub controller: Option<NodeId>,
    brokers: BTreeMap<NodeId, Broker>,
    topics: BTreeMap<String, Topic>,
}

impl ClusterView {
    /// Takes a Metadata response in; `is_complete` when it was asked for all topics.
    ///
    /// Returns the topics that were answered with an error instead.
    pub fn update(&mut self, response: &MetadataResponse, is_complete: bool) -> Vec<(String, ErrorCode)> {
        if let Some(id) = &response.cluster_id {
            self.cluster_id = Some(id.as_str().to_owned());
        }
        self.controller = NodeId::from_wire(response.controller_id.0);
        if !response.brokers.is_empty() {
            self.brokers = brokers(response);
        }
        let mut known = std::mem::take(&mut self.topics);
        let mut failed = Vec::new();
        for topic in &response.topics {
            let code = ErrorCode(topic.error_code);
            let Some(fresh) = Topic::of(topic) else { continue };
            // With LEADER_NOT_AVAILABLE and the like the partitions still stand in the answer.
            if !code.is_ok() {
                failed.push((fresh.name.clone(), code));
                if fresh.partitions.is_empty() {
                    known.remove(&fresh.name);
                    continue;
                }
            }
            let merged = match known.remove(&fresh.name) {
                Some(old) => newer(&old, fresh),
                None => fresh,
            };
            self.topics.insert(merged.name.clone(), merged);
        }
        if !is_complete {
            for (name, topic) in known {
                self.topics.entry(name).or_insert(topic);
            }
        }
        failed
    }

    /// Takes a leader in that a broker named with its refusal (KIP-951). Older news is ignored.
    pub fn learn_leader(&mut self, topic: &str, partition: PartitionId, leader: NodeId, epoch: LeaderEpoch) {
        let topic = self.topics.get_mut(topic);
        let Some(known) = topic.and_then(|t| t.partitions.iter_mut().find(|p| p.id == partition)) else {
            return;
        };
        if known.leader_epoch.is_none_or(|known| known < epoch) && self.brokers.contains_key(&leader) {
            known.leader = Some(leader);
            known.leader_epoch = Some(epoch);
        }
    }

    /// Takes a broker's address in.
    pub fn learn_broker(&mut self, broker: Broker) {
        self.brokers.insert(broker.id, broker);
    }

    /// All brokers, ascending by id.
    pub fn brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.values()
    }

    /// Finds a broker.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.brokers.get(&id)
    }

    /// All topics, ascending by name.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.values()
    }

    /// Finds a topic.
    pub fn topic(&self, name: &str) -> Option<&Topic> {
        self.topics.get(name)
    }

    /// The leader of a partition and its epoch, if it has one.
    pub fn leader(&self, topic: &str, partition: PartitionId) -> Option<(NodeId, Option<LeaderEpoch>)> {
        let partition = self.topics.get(topic)?.partition(partition)?;
        Some((partition.leader?, partition.leader_epoch))
    }
}

fn brokers(response: &MetadataResponse) -> BTreeMap<NodeId, Broker> {
    let broker = |broker: &kr_wire::messages::metadata_response::MetadataResponseBroker| {
        let id = NodeId::from_wire(broker.node_id.0)?;
        let port = u16::try_from(broker.port).ok().filter(|port| *port != 0)?;
        let address = Address { host: broker.host.as_str().to_owned(), port };
        let rack = broker.rack.as_ref().map(|rack| rack.as_str().to_owned());
        Some((id, Broker { id, address, rack }))
    };
    response.brokers.iter().filter_map(broker).collect()
}

/// Keeps of each partition the one with the higher leader epoch.
fn newer(old: &Topic, fresh: Topic) -> Topic {
    if old.id != fresh.id {
        return fresh;
    }
    let partitions = fresh.partitions.into_iter().map(|partition| match old.partition(partition.id) {
        Some(known) if known.leader_epoch > partition.leader_epoch => known.clone(),
        _ => partition,
    });
    Topic { partitions: partitions.collect(), ..fresh }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::Uuid;
    use kr_wire::message::StrBytes;
    use kr_wire::messages::metadata_response::MetadataResponseBroker;
    use kr_wire::messages::{BrokerId, TopicName};

    use super::*;

    fn metadata(id: u128, leader: i32, epoch: i32) -> MetadataResponse {
        let partition = MetadataResponsePartition::default()
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(epoch)
            .with_replica_nodes(vec![BrokerId(1), BrokerId(2)]);
        let topic = MetadataResponseTopic::default()
            .with_name(Some(TopicName(StrBytes::from_static_str("t"))))
            .with_topic_id(Uuid::from_u128(id))
            .with_partitions(vec![partition]);
        let broker = |id| {
            MetadataResponseBroker::default()
                .with_node_id(BrokerId(id))
                .with_host(StrBytes::from_static_str("h"))
                .with_port(9092)
        };
        MetadataResponse::default()
            .with_controller_id(BrokerId(1))
            .with_brokers(vec![broker(1), broker(2)])
            .with_topics(vec![topic])
    }

    fn leader(view: &ClusterView) -> Option<(i32, i32)> {
        view.leader("t", PartitionId(0)).map(|(node, epoch)| (node.0, LeaderEpoch::to_wire(epoch)))
    }

    #[test]
    fn metadata_with_an_older_leader_epoch_is_ignored() {
        let mut view = ClusterView::default();
        view.update(&metadata(7, 2, 5), false);
        view.update(&metadata(7, 1, 4), false);
        assert_eq!(leader(&view), Some((2, 5)));
        view.update(&metadata(7, 1, 6), false);
        assert_eq!(leader(&view), Some((1, 6)));
    }

    #[test]
    fn a_topic_created_anew_starts_with_any_epoch() {
        let mut view = ClusterView::default();
        view.update(&metadata(7, 2, 5), false);
        view.update(&metadata(8, 1, 0), false);
        assert_eq!(leader(&view), Some((1, 0)));
    }

    #[test]
    fn a_leader_named_with_a_refusal_counts_only_when_newer_and_known() {
        let mut view = ClusterView::default();
        view.update(&metadata(7, 2, 5), false);
        view.learn_leader("t", PartitionId(0), NodeId(1), LeaderEpoch(5));
        view.learn_leader("t", PartitionId(0), NodeId(9), LeaderEpoch(9));
        assert_eq!(leader(&view), Some((2, 5)));
        view.learn_leader("t", PartitionId(0), NodeId(1), LeaderEpoch(6));
        assert_eq!(leader(&view), Some((1, 6)));
    }

    #[test]
    fn a_topic_that_is_gone_is_forgotten() {
        let mut view = ClusterView::default();
        view.update(&metadata(7, 2, 5), false);
        let mut gone = metadata(7, 2, 5);
        gone.topics[0].error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0;
        gone.topics[0].partitions.clear();
        let failed = view.update(&gone, false);
        assert_eq!(failed, [("t".to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)]);
        assert!(view.topic("t").is_none());
        view.update(&metadata(7, 2, 5), false);
        view.update(&MetadataResponse::default(), false);
        assert!(view.topic("t").is_some());
        view.update(&MetadataResponse::default(), true);
        assert!(view.topic("t").is_none());
    }
}

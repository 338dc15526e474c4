//! Producers of partitions as their replicas know them (DescribeProducers, KIP-664; Kafka 2.8 and newer).

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, Offset, PartitionId};
use kr_wire::messages::describe_producers_request::TopicRequest;
use kr_wire::messages::describe_producers_response::ProducerState;
use kr_wire::messages::{DescribeProducersRequest, TopicName};
use tokio::task::JoinSet;

use super::groups::TopicPartition;
use super::partitions::{PartitionResult, by_topic};
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// An idempotent or transactional producer that wrote to a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveProducer {
    /// Its id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i32,
    /// The sequence of its last record; none when it is not known.
    pub last_sequence: Option<i32>,
    /// When it wrote last, milliseconds since 1970.
    pub last_timestamp_ms: Option<i64>,
    /// The epoch of the coordinator that ended its last transaction.
    pub coordinator_epoch: Option<i32>,
    /// Where its open transaction begins; none when it has none open here.
    pub transaction_start: Option<Offset>,
}

impl Client {
    /// Producers of partitions, ascending by id; the leader is asked, or `broker` when one is named. Every
    /// partition is in the answer. Metadata of the topics must be known.
    pub async fn describe_producers(
        &self,
        partitions: &BTreeSet<TopicPartition>,
        broker: Option<NodeId>,
    ) -> PartitionResult<Vec<ActiveProducer>> {
        let mut results = PartitionResult::new();
        let mut by_broker: BTreeMap<NodeId, BTreeSet<TopicPartition>> = BTreeMap::new();
        for place in partitions {
            let leader = self.view().leader(&place.topic, place.partition).map(|(leader, _)| leader);
            match broker.or(leader) {
                Some(broker) => {
                    by_broker.entry(broker).or_default().insert(place.clone());
                }
                None => {
                    let error = Error::broker(what(place), ErrorCode::LEADER_NOT_AVAILABLE, None);
                    results.insert(place.clone(), Err(error));
                }
            }
        }
        let mut asked = JoinSet::new();
        for (broker, places) in by_broker {
            let client = self.clone();
            asked.spawn(async move { client.producers_on(broker, places).await });
        }
        while let Some(answered) = asked.join_next().await {
            results.extend(answered.unwrap_or_default());
        }
        results
    }

    async fn producers_on(
        self,
        broker: NodeId,
        places: BTreeSet<TopicPartition>,
    ) -> PartitionResult<Vec<ActiveProducer>> {
        let topic = |(name, indexes): (&str, Vec<i32>)| {
            TopicRequest::default().with_name(TopicName(text(name))).with_partition_indexes(indexes)
        };
        let topics: Vec<TopicRequest> = by_topic(&places).into_iter().map(topic).collect();
        let build = |_| DescribeProducersRequest::default().with_topics(topics.clone());
        let call = format!("list the producers of partitions on broker {broker}");
        let answered = self.request(Route::Broker(broker), &call, build, |_| Ok(())).await;
        let mut results = PartitionResult::new();
        let reason = match answered {
            Ok(answer) => {
                for topic in &answer.response.topics {
                    for partition in &topic.partitions {
                        let place =
                            TopicPartition::new(topic.name.as_str(), PartitionId(partition.partition_index));
                        let checked =
                            checked(what(&place), partition.error_code, partition.error_message.as_ref());
                        let mut producers: Vec<_> = partition.active_producers.iter().map(producer).collect();
                        producers.sort_by_key(|producer| producer.id);
                        results.insert(place, checked.map(|()| producers));
                    }
                }
                "the answer leaves it out".to_owned()
            }
            Err(error) => error.to_string(),
        };
        for place in places {
            let refusal = Error::Records { what: what(&place), reason: reason.clone() };
            results.entry(place).or_insert(Err(refusal));
        }
        results
    }
}

fn what(place: &TopicPartition) -> String {
    format!("list the producers of {place}")
}

fn producer(state: &ProducerState) -> ActiveProducer {
    ActiveProducer {
        id: state.producer_id.0,
        epoch: state.producer_epoch,
        last_sequence: Some(state.last_sequence).filter(|number| *number >= 0),
        last_timestamp_ms: Some(state.last_timestamp).filter(|ms| *ms >= 0),
        coordinator_epoch: Some(state.coordinator_epoch).filter(|epoch| *epoch >= 0),
        transaction_start: Offset::from_wire(state.current_txn_start_offset),
    }
}

//! Transactions: list, describe, abort from outside (KIP-664; Kafka 3.0 and newer).

use std::collections::BTreeSet;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::write_txn_markers_request::{WritableTxnMarker, WritableTxnMarkerTopic};
use kr_wire::messages::{
    DescribeTransactionsRequest, ListTransactionsRequest, ProducerId, TopicName, TransactionalId,
    WriteTxnMarkersRequest,
};
use tokio::task::JoinSet;

use super::groups::TopicPartition;
use super::producers::ActiveProducer;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// Which transactions are listed; nothing is all.
#[derive(Clone, Debug, Default)]
pub struct TransactionFilter {
    /// In one of these states: `Ongoing`, `PrepareAbort`, `CompleteCommit` and so on.
    pub states: Vec<String>,
    /// Of one of these producers.
    pub producer_ids: Vec<i64>,
    /// Running for longer than this, in milliseconds (Kafka 3.8 and newer).
    pub longer_than_ms: Option<i64>,
}

/// A transactional id as its coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransactionListing {
    /// The transactional id.
    pub id: String,
    /// The producer that uses it.
    pub producer_id: i64,
    /// Its state, in Kafka's words.
    pub state: String,
    /// The broker that coordinates it.
    pub coordinator: NodeId,
}

/// A transaction as its coordinator knows it.
#[derive(Clone, Debug)]
pub struct TransactionDescription {
    /// The broker that coordinates it; none when it is not known.
    pub coordinator: Option<NodeId>,
    /// Its state, in Kafka's words.
    pub state: String,
    /// The producer that uses the transactional id.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
    /// How long a transaction of it may take, in milliseconds.
    pub timeout_ms: i32,
    /// When the transaction began, milliseconds since 1970; none when there is none.
    pub started_ms: Option<i64>,
    /// Partitions in it.
    pub partitions: BTreeSet<TopicPartition>,
}

/// What brokers said, and which did not.
#[derive(Debug, Default)]
pub struct ListedTransactions {
    /// Ascending by transactional id.
    pub transactions: Vec<TransactionListing>,
    /// Brokers that did not answer, and why.
    pub failures: Vec<(NodeId, Error)>,
}

impl Client {
    /// Lists transactional ids, asking all brokers at once.
    pub async fn list_transactions(&self, filter: &TransactionFilter) -> Result<ListedTransactions, Error> {
        if filter.longer_than_ms.is_some() {
            self.require::<ListTransactionsRequest>(1).await?;
        }
        let brokers: Vec<NodeId> = self.view().brokers().map(|broker| broker.id).collect();
        let mut asked = JoinSet::new();
        for broker in brokers {
            let (client, filter) = (self.clone(), filter.clone());
            asked.spawn(async move { (broker, client.transactions_on(broker, &filter).await) });
        }
        let mut listed = ListedTransactions::default();
        while let Some(answered) = asked.join_next().await {
            match answered {
                Ok((_, Ok(transactions))) => listed.transactions.extend(transactions),
                Ok((broker, Err(error))) => listed.failures.push((broker, error)),
                Err(_) => {}
            }
        }
        listed.transactions.sort();
        listed.failures.sort_by_key(|(broker, _)| *broker);
        Ok(listed)
    }

    async fn transactions_on(
        &self,
        broker: NodeId,
        filter: &TransactionFilter,
    ) -> Result<Vec<TransactionListing>, Error> {
        let what = format!("list the transactions of broker {broker}");
        let build = |version| {
            let request = ListTransactionsRequest::default()
                .with_state_filters(filter.states.iter().map(|state| text(state)).collect())
                .with_producer_id_filters(filter.producer_ids.iter().map(|id| ProducerId(*id)).collect())
                .with_duration_filter(filter.longer_than_ms.filter(|_| version >= 1).unwrap_or(-1));
            request.with_transactional_id_pattern(None)
        };
        let answer = self
            .request(Route::Broker(broker), &what, build, |response| {
                if let Some(state) = response.unknown_state_filters.first() {
                    let message = format!("brokers know no state \"{}\"", state.as_str());
                    return Err(Error::broker(what.clone(), ErrorCode::INVALID_REQUEST, Some(&message)));
                }
                checked(what.clone(), response.error_code, None)
            })
            .await?;
        let listing =
            |state: kr_wire::messages::list_transactions_response::TransactionState| TransactionListing {
                id: state.transactional_id.0.as_str().to_owned(),
                producer_id: state.producer_id.0,
                state: state.transaction_state.as_str().to_owned(),
                coordinator: broker,
            };
        Ok(answer.response.transaction_states.into_iter().map(listing).collect())
    }

    /// Describes a transactional id, asking its coordinator.
    pub async fn describe_transaction(&self, id: &str) -> Result<TransactionDescription, Error> {
        let what = format!("describe transaction \"{id}\"");
        let wanted = TransactionalId(text(id));
        let build = |_| DescribeTransactionsRequest::default().with_transactional_ids(vec![wanted.clone()]);
        let answer = self
            .request(Route::Transaction(id), &what, build, |response| {
                response
                    .transaction_states
                    .iter()
                    .try_for_each(|state| checked(what.clone(), state.error_code, None))
            })
            .await?;
        let address = answer.address;
        let state = answer.response.transaction_states.into_iter().next();
        let state = state.ok_or_else(|| Error::Records {
            what: what.clone(),
            reason: "the answer leaves it out".to_owned(),
        })?;
        let coordinator =
            self.view().brokers().find(|broker| broker.address == address).map(|broker| broker.id);
        let partitions = state.topics.iter().flat_map(|topic| {
            let place = |index: &i32| TopicPartition::new(topic.topic.as_str(), PartitionId(*index));
            topic.partitions.iter().map(place).collect::<Vec<_>>()
        });
        Ok(TransactionDescription {
            coordinator,
            state: state.transaction_state.as_str().to_owned(),
            producer_id: state.producer_id.0,
            producer_epoch: state.producer_epoch,
            timeout_ms: state.transaction_timeout_ms,
            started_ms: Some(state.transaction_start_time_ms).filter(|ms| *ms >= 0),
            partitions: partitions.collect(),
        })
    }

    /// Ends the open transaction of a producer in one partition as aborted, past its coordinator: the leader
    /// writes the marker. Needs the right CLUSTER_ACTION or, from Kafka 3.8 on, ALTER on the cluster.
    pub async fn abort_transaction(
        &self,
        place: &TopicPartition,
        producer: &ActiveProducer,
    ) -> Result<(), Error> {
        let what = format!("abort the transaction of producer {} in {place}", producer.id);
        let topic = WritableTxnMarkerTopic::default()
            .with_name(TopicName(text(&place.topic)))
            .with_partition_indexes(vec![place.partition.0]);
        let epoch = i16::try_from(producer.epoch).map_err(|_| Error::Records {
            what: what.clone(),
            reason: format!("{} is no epoch of a producer", producer.epoch),
        })?;
        let marker = WritableTxnMarker::default()
            .with_producer_id(ProducerId(producer.id))
            .with_producer_epoch(epoch)
            .with_transaction_result(false)
            .with_topics(vec![topic])
            // A producer that never ended a transaction here knows no coordinator's epoch.
            .with_coordinator_epoch(producer.coordinator_epoch.unwrap_or(0));
        let build = |_| WriteTxnMarkersRequest::default().with_markers(vec![marker.clone()]);
        self.request(Route::Leader(&place.topic, place.partition), &what, build, |response| {
            let topics = response.markers.iter().flat_map(|marker| &marker.topics);
            let mut partitions = topics.flat_map(|topic| &topic.partitions);
            partitions.try_for_each(|partition| checked(what.clone(), partition.error_code, None))
        })
        .await?;
        Ok(())
    }
}

//! Transactions of a producer (KIP-98): all records written in one are seen, or none.
//!
//! ```text
//! begin_transaction ──> producer().send ... flush ──> commit | abort
//! ```
//! The oldest form of the protocol is spoken, which brokers from 0.11 to 4.x have: partitions are added by the
//! producer before their first batch. Offsets of groups are not committed here.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::ProducerId;
use kr_wire::message::StrBytes;
use kr_wire::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kr_wire::messages::{
    AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest, ProducerId as WireProducerId, TopicName,
    TransactionalId,
};

use super::partition::Identity;
use super::request::Key;
use super::{Acks, Producer, ProducerOptions};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// A transaction that has begun; dropped, it is aborted by the broker when its timeout is over.
#[derive(Debug)]
pub struct Transaction {
    client: Client,
    scope: Arc<Scope>,
}

/// What a sender knows of its transaction.
#[derive(Debug)]
pub(super) struct Scope {
    pub id: String,
    pub identity: Identity,
    added: Mutex<BTreeSet<Key>>,
}

impl Scope {
    /// The partitions the coordinator knows of.
    pub fn added(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Begins a transaction: aborts an open one of this id, and fences who wrote with it before.
    ///
    /// `timeout` is `transaction.timeout.ms`: the broker aborts a transaction that is open for longer.
    pub async fn begin_transaction(&self, id: &str, timeout: Duration) -> Result<Transaction, Error> {
        let what = format!("begin a transaction as \"{id}\"");
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let build = |_| {
            InitProducerIdRequest::default()
                .with_transactional_id(Some(transactional_id(id)))
                .with_transaction_timeout_ms(millis)
                .with_producer_id(WireProducerId(-1))
                .with_producer_epoch(-1)
        };
        let check = |response: &kr_wire::messages::InitProducerIdResponse| {
            ErrorCode(response.error_code).ok().map_err(|code| Error::broker(&*what, code, None))
        };
        let answer = self.request(Route::Transaction(id), &what, build, check).await?;
        let response = answer.response;
        let identity = Identity { id: ProducerId(response.producer_id.0), epoch: response.producer_epoch };
        let scope = Scope { id: id.to_owned(), identity, added: Mutex::default() };
        Ok(Transaction { client: self.clone(), scope: Arc::new(scope) })
    }
}

impl Transaction {
    /// A producer whose records are part of the transaction; it waits for all replicas whatever the options say.
    pub fn producer(&self, options: ProducerOptions) -> Producer {
        let options = ProducerOptions { acks: Acks::All, idempotent: true, ..options };
        Producer::start(&self.client, options, Some(Arc::clone(&self.scope)))
    }

    /// Makes all records seen. Everything must have been flushed.
    pub async fn commit(self) -> Result<(), Error> {
        self.end(true).await
    }

    /// Makes none of the records seen.
    pub async fn abort(self) -> Result<(), Error> {
        self.end(false).await
    }

    async fn end(self, is_commit: bool) -> Result<(), Error> {
        let Scope { id, identity, .. } = &*self.scope;
        if self.scope.added().is_empty() {
            // The coordinator has never heard of it.
            return Ok(());
        }
        let what = format!("{} the transaction of \"{id}\"", if is_commit { "commit" } else { "abort" });
        let build = |_| {
            EndTxnRequest::default()
                .with_transactional_id(transactional_id(id))
                .with_producer_id(WireProducerId(identity.id.0))
                .with_producer_epoch(identity.epoch)
                .with_committed(is_commit)
        };
        let check = |response: &kr_wire::messages::EndTxnResponse| {
            ErrorCode(response.error_code).ok().map_err(|code| Error::broker(&*what, code, None))
        };
        self.client.request(Route::Transaction(id), &what, build, check).await.map(|_| ())
    }
}

/// Tells the coordinator of partitions before anything is written to them.
pub(super) async fn add_partitions(client: &Client, scope: &Scope, keys: &[Key]) -> Result<(), Error> {
    let what = format!("add partitions to the transaction of \"{}\"", scope.id);
    let mut topics: Vec<AddPartitionsToTxnTopic> = Vec::new();
    for (topic, partition) in keys {
        match topics.last_mut().filter(|last| last.name.as_str() == &**topic) {
            Some(last) => last.partitions.push(partition.0),
            None => topics.push(
                AddPartitionsToTxnTopic::default()
                    .with_name(TopicName(StrBytes::from_string(topic.to_string())))
                    .with_partitions(vec![partition.0]),
            ),
        }
    }
    let build = |_| {
        AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(transactional_id(&scope.id))
            .with_v3_and_below_producer_id(WireProducerId(scope.identity.id.0))
            .with_v3_and_below_producer_epoch(scope.identity.epoch)
            .with_v3_and_below_topics(topics.clone())
    };
    let check = |response: &kr_wire::messages::AddPartitionsToTxnResponse| {
        let results = response.results_by_topic_v3_and_below.iter();
        let mut codes = results.flat_map(|topic| &topic.results_by_partition).map(|p| p.partition_error_code);
        // One refused partition refuses the others with another code, which says less.
        let other = ErrorCode::OPERATION_NOT_ATTEMPTED.0;
        let code = codes.clone().find(|code| *code != 0 && *code != other).or(codes.find(|code| *code != 0));
        code.map_or(Ok(()), |code| Err(Error::broker(&*what, ErrorCode(code), None)))
    };
    client.request(Route::Transaction(&scope.id), &what, build, check).await?;
    scope.added().extend(keys.iter().cloned());
    Ok(())
}

fn transactional_id(id: &str) -> TransactionalId {
    TransactionalId(StrBytes::from_string(id.to_owned()))
}

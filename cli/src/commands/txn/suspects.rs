//! Finds hanging transactions (KIP-664): open in a partition for longer than any transaction may take, and no
//! coordinator will ever end them.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{
    ActiveProducer, TopicPartition, TransactionDescription, TransactionFilter, TransactionListing,
};
use kr_client::{Client, ErrorCode};

use crate::error::CliError;
use crate::output::Failure;

/// A transaction that is open in a partition.
#[derive(Clone, Debug)]
pub struct Open {
    /// The partition.
    pub place: TopicPartition,
    /// Whose transaction it is.
    pub producer: ActiveProducer,
}

/// Why nobody will end a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No coordinator knows the producer.
    NoCoordinator,
    /// The coordinator has given the transactional id a newer producer or epoch since.
    NewerProducer,
    /// The coordinator knows the producer, and nothing of this partition.
    NotInTransaction,
}

impl Reason {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCoordinator => "no-coordinator",
            Self::NewerProducer => "newer-producer",
            Self::NotInTransaction => "not-in-transaction",
        }
    }
}

/// Why an open transaction hangs; `None` when its coordinator will end it. Pure.
pub fn reason(open: &Open, known: Option<&TransactionDescription>) -> Option<Reason> {
    let Some(known) = known else { return Some(Reason::NoCoordinator) };
    // A coordinator knows its partitions until it has written all markers.
    if known.partitions.contains(&open.place) && known.producer_id == open.producer.id {
        return None;
    }
    let is_newer =
        known.producer_id != open.producer.id || i32::from(known.producer_epoch) > open.producer.epoch;
    Some(if is_newer { Reason::NewerProducer } else { Reason::NotInTransaction })
}

/// Transactions open in these partitions whose producer wrote last before `before_ms` (milliseconds since
/// 1970).
pub async fn open_since(
    client: &Client,
    places: &BTreeSet<TopicPartition>,
    before_ms: i64,
    failures: &mut Vec<Failure>,
) -> Vec<Open> {
    let mut found = Vec::new();
    for (place, producers) in client.describe_producers(places, None).await {
        match producers {
            Ok(producers) => found.extend(
                producers
                    .into_iter()
                    .filter(|producer| producer.transaction_start.is_some())
                    .filter(|producer| producer.last_timestamp_ms.is_none_or(|last| last < before_ms))
                    .map(|producer| Open { place: place.clone(), producer }),
            ),
            Err(error) => failures.push(Failure::of(place.to_string(), &error)),
        }
    }
    found
}

/// What coordinators know of the producers of open transactions.
#[derive(Debug, Default)]
pub struct Known {
    listings: BTreeMap<i64, TransactionListing>,
    descriptions: BTreeMap<i64, TransactionDescription>,
    /// Whether every coordinator answered; if not, nobody may be called unknown.
    is_complete: bool,
}

impl Known {
    /// Asks all coordinators.
    pub async fn read(client: &Client, open: &[Open], failures: &mut Vec<Failure>) -> Result<Self, CliError> {
        let ids: BTreeSet<i64> = open.iter().map(|open| open.producer.id).collect();
        let mut known = Self { is_complete: true, ..Self::default() };
        if ids.is_empty() {
            return Ok(known);
        }
        let filter = TransactionFilter { producer_ids: ids.into_iter().collect(), ..Default::default() };
        let listed = client.list_transactions(&filter).await?;
        for (broker, error) in listed.failures {
            failures.push(Failure::of(broker.to_string(), &error));
            known.is_complete = false;
        }
        for listing in listed.transactions {
            match client.describe_transaction(&listing.id).await {
                Ok(found) => drop(known.descriptions.insert(listing.producer_id, found)),
                // It expired between the two questions, so nobody knows it any more.
                Err(error) if error.code() == Some(ErrorCode::TRANSACTIONAL_ID_NOT_FOUND) => continue,
                Err(error) => {
                    failures.push(Failure::of(listing.id.clone(), &error));
                    known.is_complete = false;
                }
            }
            known.listings.insert(listing.producer_id, listing);
        }
        Ok(known)
    }

    /// The transactional id of a producer.
    pub fn transactional_id(&self, producer_id: i64) -> Option<&str> {
        self.listings.get(&producer_id).map(|listing| listing.id.as_str())
    }

    /// Why an open transaction hangs; `None` when it does not, or when a coordinator did not answer.
    pub fn reason(&self, open: &Open) -> Option<Reason> {
        match reason(open, self.descriptions.get(&open.producer.id)) {
            Some(Reason::NoCoordinator) if !self.is_complete => None,
            reason => reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{Offset, PartitionId};

    use super::*;

    fn open(producer_id: i64, epoch: i32) -> Open {
        let producer = ActiveProducer {
            id: producer_id,
            epoch,
            last_sequence: None,
            last_timestamp_ms: None,
            coordinator_epoch: None,
            transaction_start: Some(Offset(5)),
        };
        Open { place: TopicPartition::new("t", PartitionId(0)), producer }
    }

    fn known(producer_id: i64, producer_epoch: i16, partitions: &[i32]) -> TransactionDescription {
        let place = |index: &i32| TopicPartition::new("t", PartitionId(*index));
        TransactionDescription {
            coordinator: None,
            state: "Ongoing".to_owned(),
            producer_id,
            producer_epoch,
            timeout_ms: 60_000,
            started_ms: None,
            partitions: partitions.iter().map(place).collect(),
        }
    }

    #[test]
    fn a_transaction_that_its_coordinator_knows_does_not_hang() {
        assert_eq!(reason(&open(7, 1), Some(&known(7, 1, &[0, 1]))), None);
    }

    /// KIP-664: the three ways in which nobody ends a transaction.
    #[test]
    fn a_transaction_hangs_when_nobody_will_end_it() {
        assert_eq!(reason(&open(7, 1), None), Some(Reason::NoCoordinator));
        assert_eq!(reason(&open(7, 1), Some(&known(7, 2, &[]))), Some(Reason::NewerProducer));
        assert_eq!(reason(&open(7, 1), Some(&known(7, 1, &[1]))), Some(Reason::NotInTransaction));
    }
}

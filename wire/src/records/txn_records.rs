//! The records of `__transaction_state`: the whole state of one transactional id each.
//!
//! What follows from a state is the transaction coordinator's.

use crate::ids::{PartitionId, ProducerId};
use crate::primitives::{Decoded, Reader};

use super::coordinator::{self, ValueVersions, coordinator_records};
use super::schema::structs;
use super::shown::{Show, Shown};

pub use super::coordinator::KeyValue;

coordinator_records! {
    /// One record of a transaction coordinator.
    enum TxnRecord {
        /// State of a transactional id; a tombstone expires it.
        0 TransactionLog(TransactionLogKey, TransactionLogValue) 0..=1, flexible 1;
    }
}

impl TxnRecord {
    /// The version of the value at a level of `transaction.version`: 0 below level 1, else 1.
    pub fn version_for(transaction_version: i16) -> i16 {
        i16::from(transaction_version > 0)
    }
}

structs! {
    /// Names a transactional id.
    struct TransactionLogKey {
        /// The id.
        transactional_id: String;
    }

    /// State of a transactional id.
    struct TransactionLogValue {
        /// Its producer.
        producer_id: ProducerId;
        /// The producer of its last committed transaction (KIP-360).
        previous_producer_id: Option<ProducerId>, since 1, tag 0;
        /// The producer it was last told of (KIP-890).
        next_producer_id: Option<ProducerId>, since 1, tag 1;
        /// Epoch of its producer.
        producer_epoch: i16;
        /// Epoch that goes with the next producer; -1 is none.
        next_producer_epoch: i16 = -1, since 1, tag 3;
        /// Milliseconds.
        transaction_timeout_ms: i32;
        /// 0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort.
        transaction_status: i8;
        /// Partitions of the transaction; none while Empty.
        transaction_partitions: Option<Vec<TransactionPartitions>>;
        /// Milliseconds since 1970.
        transaction_last_update_timestamp_ms: i64;
        /// Milliseconds since 1970; -1 is none.
        transaction_start_timestamp_ms: i64;
        /// `transaction.version` of its client.
        client_transaction_version: i16, since 1, tag 2;
    }

    /// Partitions of a topic in a transaction.
    struct TransactionPartitions {
        /// The topic's name.
        topic: String;
        /// The partitions.
        partition_ids: Vec<PartitionId>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_reads_back() {
        for record in TxnRecord::one_of_each() {
            for version in 0..=1 {
                let (key, value) = record.encode_at(version);
                assert_eq!(TxnRecord::decode(&key, value.as_deref()), Ok(Some(record.clone())));
            }
        }
        assert_eq!(TxnRecord::decode(&[0, 9], None), Ok(None));
    }
}

//! The records of `__share_group_state`: snapshots and updates of share partitions (KIP-932), as of 4.1.
//!
//! The preview of 4.0 laid them out differently and is not read. What the states mean is the share coordinator's.

use crate::ids::{LeaderEpoch, Offset, PartitionId, TopicId};
use crate::primitives::{Decoded, Reader};

use super::coordinator::{self, ValueVersions, coordinator_records};
use super::schema::structs;
use super::shown::{Show, Shown};

pub use super::coordinator::KeyValue;

coordinator_records! {
    /// One record of a share coordinator.
    enum ShareRecord {
        /// The whole state of a share partition.
        0 Snapshot(SharePartitionKey, ShareSnapshotValue) 0..=0, flexible 0;
        /// What changed since the snapshot of the same epoch.
        1 Update(SharePartitionKey, ShareUpdateValue) 0..=0, flexible 0;
    }
}

impl ShareRecord {
    /// Lays out key and value as Kafka 4.1 does.
    pub fn encode(&self) -> KeyValue {
        self.encode_at(0)
    }
}

structs! {
    /// Names a share partition.
    struct SharePartitionKey {
        /// The group.
        group_id: String;
        /// The topic.
        topic_id: TopicId;
        /// The partition.
        partition: PartitionId;
    }

    /// The whole state of a share partition.
    struct ShareSnapshotValue {
        /// Number of the snapshot.
        snapshot_epoch: i32;
        /// Epoch of the state, set when it is made.
        state_epoch: i32;
        /// Epoch of the share partition's leader.
        leader_epoch: LeaderEpoch;
        /// First offset with state.
        start_offset: Option<Offset>;
        /// When the state was made, milliseconds since 1970.
        create_timestamp: i64;
        /// When it was written, milliseconds since 1970.
        write_timestamp: i64;
        /// State by ranges of offsets.
        state_batches: Vec<StateBatch>;
    }

    /// What changed of a share partition.
    struct ShareUpdateValue {
        /// Number of the snapshot it adds to.
        snapshot_epoch: i32;
        /// Epoch of the share partition's leader.
        leader_epoch: LeaderEpoch;
        /// New first offset with state; none keeps it.
        start_offset: Option<Offset>;
        /// New state of ranges of offsets.
        state_batches: Vec<StateBatch>;
    }

    /// State of a range of offsets.
    struct StateBatch {
        /// First offset, inclusive.
        first_offset: Offset;
        /// Last offset, inclusive.
        last_offset: Offset;
        /// 0 available, 2 acknowledged, 4 archived.
        delivery_state: i8;
        /// How often it was delivered.
        delivery_count: i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_reads_back() {
        for record in ShareRecord::one_of_each() {
            let (key, value) = record.encode();
            assert_eq!(ShareRecord::decode(&key, value.as_deref()), Ok(Some(record)));
        }
        assert_eq!(ShareRecord::decode(&[0, 9], None), Ok(None));
    }
}

//! The records of `__cluster_metadata`: all 26 types, each at all its versions.
//!
//! A record's value is framed as uvarint frame version 1, uvarint type id, uvarint record version, body; the
//! body is always flexible. What replaying a record means is the metadata crate's; control records (leader
//! changes, snapshot headers) are [`control`](super::control)'s.

use crate::primitives::{DecodeError, Decoded, Reader, Writer};

use super::schema::Field;
use super::shown::{Show, Shown};

mod changes;
mod fields;

pub use changes::{FencedChange, LeaderChange, LeaderRecoveryState};
pub use fields::{
    AbortTransactionRecord, AccessControlEntryRecord, BeginTransactionRecord, BrokerRegistrationChangeRecord,
    ClearElrRecord, ClientQuotaRecord, ConfigRecord, DelegationTokenRecord, EndTransactionRecord, Endpoint,
    FeatureLevelRecord, FeatureRange, FenceBrokerRecord, NoOpRecord, PartitionChangeRecord, PartitionRecord,
    ProducerIdsRecord, QuotaEntity, RegisterBrokerRecord, RegisterControllerRecord,
    RemoveAccessControlEntryRecord, RemoveDelegationTokenRecord, RemoveTopicRecord,
    RemoveUserScramCredentialRecord, TopicRecord, UnfenceBrokerRecord, UnregisterBrokerRecord,
    UserScramCredentialRecord, ZkMigrationStateRecord,
};

/// The only frame version ever released (0 was the 2.8 preview).
const FRAME_VERSION: u32 = 1;

/// Declares the enum of records from a table of type id, variant, struct and highest version.
macro_rules! metadata_records {
    ($( $(#[$meta:meta])* $id:literal $variant:ident($record:ident) 0..=$last:literal; )*) => {
        /// One record of the metadata log.
        #[derive(Clone, Debug, PartialEq)]
        pub enum MetadataRecord {
            $( $(#[$meta])* $variant($record), )*
        }

        impl MetadataRecord {
            /// Type id of the record (Kafka: `MetadataRecordType`).
            pub fn type_id(&self) -> i16 {
                match self { $( Self::$variant(_) => $id, )* }
            }

            /// The highest version this code can read and write.
            pub fn last_version(&self) -> i16 {
                match self { $( Self::$variant(_) => $last, )* }
            }

            /// Kafka's name of the record.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => stringify!($record), )* }
            }

            /// The record as a tree.
            pub fn show(&self) -> Shown {
                match self { $( Self::$variant(record) => record.show(), )* }
            }

            fn read_body(type_id: u32, version: i16, reader: &mut Reader<'_>) -> Decoded<Self> {
                match type_id {
                    $( $id if version <= $last => Ok(Self::$variant(Field::read(reader, version)?)), )*
                    $( $id )|* => Err(value_error(reader, "version of a metadata record", version)),
                    _ => Err(value_error(reader, "type of a metadata record", type_id)),
                }
            }

            fn write_body(&self, writer: &mut Writer, version: i16) {
                match self { $( Self::$variant(record) => record.write(writer, version), )* }
            }

            /// One default record of every type, in the order of their ids.
            pub fn one_of_each() -> Vec<Self> {
                vec![ $( Self::$variant($record::default()), )* ]
            }
        }

        $(
            impl From<$record> for MetadataRecord {
                fn from(record: $record) -> Self {
                    Self::$variant(record)
                }
            }
        )*
    };
}

metadata_records! {
    /// A broker's process has registered; replaces its earlier registration.
    0 RegisterBroker(RegisterBrokerRecord) 0..=3;
    /// A broker's registration is removed.
    1 UnregisterBroker(UnregisterBrokerRecord) 0..=0;
    /// A topic exists, without partitions yet.
    2 Topic(TopicRecord) 0..=0;
    /// The whole state of a partition.
    3 Partition(PartitionRecord) 0..=2;
    /// One key of a resource's configuration is set or deleted.
    4 Config(ConfigRecord) 0..=0;
    /// What changed of a partition.
    5 PartitionChange(PartitionChangeRecord) 0..=2;
    /// A broker is fenced (written below metadata.version 3.3-IV2).
    7 FenceBroker(FenceBrokerRecord) 0..=0;
    /// A broker is unfenced (written below metadata.version 3.3-IV2).
    8 UnfenceBroker(UnfenceBrokerRecord) 0..=0;
    /// A topic is deleted with its partitions and configuration.
    9 RemoveTopic(RemoveTopicRecord) 0..=0;
    /// A delegation token is created or renewed.
    10 DelegationToken(DelegationTokenRecord) 0..=0;
    /// A user's SCRAM credential is set.
    11 UserScramCredential(UserScramCredentialRecord) 0..=0;
    /// A feature is finalized at a level; 0 removes it.
    12 FeatureLevel(FeatureLevelRecord) 0..=0;
    /// One quota of an entity is set or removed.
    14 ClientQuota(ClientQuotaRecord) 0..=0;
    /// A block of producer ids is allocated.
    15 ProducerIds(ProducerIdsRecord) 0..=0;
    /// What changed of a broker's registration.
    17 BrokerRegistrationChange(BrokerRegistrationChangeRecord) 0..=2;
    /// An ACL is added.
    18 AccessControlEntry(AccessControlEntryRecord) 0..=0;
    /// An ACL is removed.
    19 RemoveAccessControlEntry(RemoveAccessControlEntryRecord) 0..=0;
    /// Nothing; keeps the log moving when idle.
    20 NoOp(NoOpRecord) 0..=0;
    /// State of a migration from ZooKeeper; replayed as nothing.
    21 ZkMigrationState(ZkMigrationStateRecord) 0..=0;
    /// A user's SCRAM credential is removed.
    22 RemoveUserScramCredential(RemoveUserScramCredentialRecord) 0..=0;
    /// A metadata transaction starts (KIP-868).
    23 BeginTransaction(BeginTransactionRecord) 0..=0;
    /// The metadata transaction is published.
    24 EndTransaction(EndTransactionRecord) 0..=0;
    /// The metadata transaction is discarded.
    25 AbortTransaction(AbortTransactionRecord) 0..=0;
    /// A delegation token is removed.
    26 RemoveDelegationToken(RemoveDelegationTokenRecord) 0..=0;
    /// A controller's process has registered (KIP-919).
    27 RegisterController(RegisterControllerRecord) 0..=0;
    /// Eligible leader replicas are forgotten (KIP-966).
    28 ClearElr(ClearElrRecord) 0..=0;
}

fn value_error(reader: &Reader<'_>, what: &'static str, value: impl Into<i64>) -> DecodeError {
    DecodeError::Value { at: reader.position(), what, value: value.into() }
}

impl MetadataRecord {
    /// Frames the record at a version.
    ///
    /// Fields that the version does not have are left out: choose it with [`version_for`](Self::version_for).
    pub fn encode(&self, version: i16) -> Vec<u8> {
        let mut writer = Writer::with_capacity(64, true);
        writer.uvarint(FRAME_VERSION);
        writer.uvarint(u32::from(self.type_id().unsigned_abs()));
        writer.uvarint(u32::from(version.unsigned_abs()));
        self.write_body(&mut writer, version);
        writer.into_vec()
    }

    /// Reads a framed record and says its version.
    ///
    /// Tagged fields it does not know are dropped.
    ///
    /// # Errors
    /// An unknown frame version, type or record version, a malformed body, bytes after it, an empty value.
    pub fn decode(bytes: &[u8]) -> Decoded<(Self, i16)> {
        let mut reader = Reader::new(bytes, true);
        let frame = reader.uvarint()?;
        if frame != FRAME_VERSION {
            return Err(value_error(&reader, "frame version of a metadata record", frame));
        }
        let type_id = reader.uvarint()?;
        let version = reader.uvarint()?;
        let version = i16::try_from(version)
            .map_err(|_| value_error(&reader, "version of a metadata record", version))?;
        let record = Self::read_body(type_id, version, &mut reader)?;
        reader.finish()?;
        Ok((record, version))
    }

    /// Chooses the version to write at a level of `metadata.version`.
    ///
    /// Whether a record may be written at all at that level is the controller's question.
    pub fn version_for(&self, metadata_version: i16) -> i16 {
        match self {
            Self::RegisterBroker(_) => match metadata_version {
                17.. => 3,
                8.. => 2,
                7 => 1,
                _ => 0,
            },
            Self::BrokerRegistrationChange(record) => {
                if metadata_version >= 17 && !record.log_dirs.is_empty() {
                    2
                } else {
                    i16::from(record.in_controlled_shutdown)
                }
            }
            Self::Partition(_) | Self::PartitionChange(_) => match metadata_version {
                23.. => 2,
                17.. => 1,
                _ => 0,
            },
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DirectoryId, NodeId, PartitionId, TopicId, Uuid};

    #[test]
    fn records_have_kafkas_bytes() {
        let no_op = MetadataRecord::from(NoOpRecord::default());
        assert_eq!(no_op.encode(0), [1, 20, 0, 0]);
        let begin = BeginTransactionRecord { name: Some("Bootstrap records".into()) };
        let mut expected = vec![1, 23, 0, 1, 0, 18, 18];
        expected.extend_from_slice(b"Bootstrap records");
        assert_eq!(MetadataRecord::from(begin).encode(0), expected);
    }

    #[test]
    fn tagged_fields_are_written_in_ascending_order_of_tags() {
        let change = PartitionChangeRecord {
            partition_id: PartitionId(1),
            topic_id: TopicId(Uuid::from_u128(7)),
            leader: LeaderChange::Clear,
            directories: Some(vec![DirectoryId::LOST]),
            eligible_leader_replicas: Some(vec![]),
            ..Default::default()
        };
        let bytes = MetadataRecord::from(change.clone()).encode(2);
        // Frame, type, version, partition, topic; then three tags: 1, 6, 8.
        assert_eq!(bytes[23..30], [3, 1, 4, 255, 255, 255, 255]);
        assert_eq!(bytes[30..33], [6, 1, 1]);
        assert_eq!(bytes[33..36], [8, 17, 2]);
        assert_eq!(MetadataRecord::decode(&bytes), Ok((change.into(), 2)));
    }

    #[test]
    fn every_record_reads_back_at_every_version() {
        for record in MetadataRecord::one_of_each() {
            for version in 0..=record.last_version() {
                let bytes = record.encode(version);
                assert_eq!(MetadataRecord::decode(&bytes), Ok((record.clone(), version)));
                let mut longer = bytes.clone();
                longer.push(0);
                assert!(MetadataRecord::decode(&longer).is_err(), "{} takes a byte too many", record.name());
                for end in 0..bytes.len() {
                    assert!(MetadataRecord::decode(&bytes[..end]).is_err(), "{} cut at {end}", record.name());
                }
            }
            let next = record.last_version() + 1;
            assert!(MetadataRecord::decode(&record.encode(next)).is_err(), "{} {next}", record.name());
        }
    }

    #[test]
    fn fields_that_a_version_lacks_are_left_out() {
        let record = RegisterBrokerRecord {
            broker_id: NodeId(3),
            in_controlled_shutdown: true,
            log_dirs: vec![DirectoryId(Uuid::from_u128(500))],
            ..Default::default()
        };
        let (decoded, _) = MetadataRecord::decode(&MetadataRecord::from(record.clone()).encode(1)).unwrap();
        assert_eq!(decoded, RegisterBrokerRecord { log_dirs: vec![], ..record }.into());
    }

    #[test]
    fn unknown_frames_types_and_empty_values_are_refused() {
        for bytes in [&[][..], &[0, 20, 0, 0], &[2, 20, 0, 0], &[1, 6, 0, 0], &[1, 13, 0, 0], &[1, 29, 0, 0]]
        {
            assert!(MetadataRecord::decode(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn unknown_tagged_fields_are_skipped() {
        let (record, _) = MetadataRecord::decode(&[1, 20, 0, 1, 99, 2, 7, 7]).unwrap();
        assert_eq!(record, NoOpRecord::default().into());
    }

    #[test]
    fn version_follows_the_metadata_version() {
        let broker = MetadataRecord::from(RegisterBrokerRecord::default());
        assert_eq!([6, 7, 8, 16, 17, 27].map(|level| broker.version_for(level)), [0, 1, 2, 2, 3, 3]);
        let partition = MetadataRecord::from(PartitionRecord::default());
        assert_eq!([16, 17, 22, 23].map(|level| partition.version_for(level)), [0, 1, 1, 2]);
        let mut change =
            BrokerRegistrationChangeRecord { in_controlled_shutdown: true, ..Default::default() };
        assert_eq!(MetadataRecord::from(change.clone()).version_for(27), 1);
        change.log_dirs = vec![DirectoryId::LOST];
        assert_eq!(MetadataRecord::from(change).version_for(27), 2);
    }
}

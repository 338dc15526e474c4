//! The records of `__cluster_metadata`: all 26 types, each at all its versions.
//!
//! A record's value is framed as uvarint frame version 1, uvarint type id, uvarint record version, body; the
//! body is always flexible. What replaying a record means is the metadata crate's; control records (leader
//! changes, snapshot headers) are [`control`](super::control)'s.

use bytes::Bytes;

use crate::ids::{BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, PartitionId, ProducerId, TopicId, Uuid};
use crate::primitives::{DecodeError, Decoded, Reader, Writer};

use super::schema::{Field, Nullable, structs};

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

structs! {
    /// How to reach a broker or controller by one of its listeners.
    struct Endpoint {
        /// Name of the listener; unique in its list.
        name: String;
        /// Host name or address.
        host: String;
        /// Port.
        port: u16;
        /// 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
        security_protocol: i16;
    }

    /// The levels of a feature that a node supports, both inclusive.
    struct FeatureRange {
        /// Name of the feature; unique in its list.
        name: String;
        /// Lowest level.
        min_supported_version: i16;
        /// Highest level.
        max_supported_version: i16;
    }

    /// A broker's process has registered.
    struct RegisterBrokerRecord {
        /// The broker.
        broker_id: NodeId;
        /// Whether it was a ZooKeeper broker on its way over.
        is_migrating_zk_broker: bool, since 2;
        /// Identity of the process.
        incarnation_id: Uuid;
        /// Offset at which the registration was made.
        broker_epoch: BrokerEpoch;
        /// Its listeners.
        end_points: Vec<Endpoint>;
        /// The features it supports.
        features: Vec<FeatureRange>;
        /// `broker.rack`.
        rack: Option<String>;
        /// Whether it may not lead yet; a fresh registration is fenced.
        fenced: bool = true;
        /// Whether it is leaving in order.
        in_controlled_shutdown: bool, since 1;
        /// Its online directories, ascending; never reserved ids.
        log_dirs: Vec<DirectoryId>, since 3, tag 0;
    }

    /// A broker's registration is removed.
    struct UnregisterBrokerRecord {
        /// The broker.
        broker_id: NodeId;
        /// Epoch of the registration meant.
        broker_epoch: BrokerEpoch;
    }

    /// A topic exists.
    struct TopicRecord {
        /// Name.
        name: String;
        /// Identity.
        topic_id: TopicId;
    }

    /// The whole state of a partition.
    struct PartitionRecord {
        /// Index in its topic.
        partition_id: PartitionId;
        /// Its topic.
        topic_id: TopicId;
        /// Assigned replicas, preferred leader first.
        replicas: Vec<NodeId>;
        /// In-sync replicas.
        isr: Vec<NodeId>;
        /// Replicas a reassignment removes.
        removing_replicas: Vec<NodeId>;
        /// Replicas a reassignment adds.
        adding_replicas: Vec<NodeId>;
        /// Leader, if any.
        leader: Option<NodeId>;
        /// Whether the leader came from an unclean election.
        leader_recovery_state: LeaderRecoveryState, tag 0;
        /// Epoch of the leader.
        leader_epoch: LeaderEpoch;
        /// Number of changes of the partition's state.
        partition_epoch: i32;
        /// Directory of each replica, in the order of `replicas`; empty is "all MIGRATING".
        directories: Vec<DirectoryId>, since 1;
        /// Eligible leader replicas; `None` reads as empty.
        eligible_leader_replicas: Option<Vec<NodeId>>, since 2, tag 1;
        /// The last known ELR; `None` reads as empty.
        last_known_elr: Option<Vec<NodeId>>, since 2, tag 2;
    }

    /// One key of a resource's configuration is set or deleted.
    struct ConfigRecord {
        /// 2 TOPIC, 4 BROKER, 16 CLIENT_METRICS, 32 GROUP.
        resource_type: i8;
        /// Name of the resource; "" with BROKER is the cluster-wide default.
        resource_name: String;
        /// The key.
        name: String;
        /// The value; `None` deletes the key.
        value: Option<String>;
    }

    /// What changed of a partition; absent fields did not.
    struct PartitionChangeRecord {
        /// Index in its topic.
        partition_id: PartitionId;
        /// Its topic.
        topic_id: TopicId;
        /// New ISR.
        isr: Option<Vec<NodeId>>, tag 0;
        /// New leader; anything but [`LeaderChange::Keep`] bumps the leader epoch.
        leader: LeaderChange, tag 1;
        /// New assigned replicas.
        replicas: Option<Vec<NodeId>>, tag 2;
        /// New replicas being removed.
        removing_replicas: Option<Vec<NodeId>>, tag 3;
        /// New replicas being added.
        adding_replicas: Option<Vec<NodeId>>, tag 4;
        /// New recovery state.
        leader_recovery_state: Option<LeaderRecoveryState>, tag 5;
        /// New directory of each replica, in the order of the replicas.
        directories: Option<Vec<DirectoryId>>, since 1, tag 8;
        /// New eligible leader replicas.
        eligible_leader_replicas: Option<Vec<NodeId>>, since 2, tag 6;
        /// New last known ELR.
        last_known_elr: Option<Vec<NodeId>>, since 2, tag 7;
    }

    /// A broker is fenced.
    struct FenceBrokerRecord {
        /// The broker.
        id: NodeId;
        /// Epoch of its registration.
        epoch: BrokerEpoch;
    }

    /// A broker is unfenced.
    struct UnfenceBrokerRecord {
        /// The broker.
        id: NodeId;
        /// Epoch of its registration.
        epoch: BrokerEpoch;
    }

    /// A topic is deleted.
    struct RemoveTopicRecord {
        /// The topic.
        topic_id: TopicId;
    }

    /// A delegation token, without its HMAC (recomputed from the cluster's secret).
    struct DelegationTokenRecord {
        /// Owner, as "Type:name".
        owner: String;
        /// Who asked for it, as "Type:name".
        requester: String;
        /// Who may renew it, as "Type:name".
        renewers: Vec<String>;
        /// Milliseconds since 1970.
        issue_timestamp: i64;
        /// Milliseconds since 1970.
        max_timestamp: i64;
        /// Milliseconds since 1970.
        expiration_timestamp: i64;
        /// Its id.
        token_id: String;
    }

    /// A user's SCRAM credential is set.
    struct UserScramCredentialRecord {
        /// The user.
        name: String;
        /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
        mechanism: i8;
        /// Salt, raw.
        salt: Bytes;
        /// Stored key, raw (32 or 64 bytes).
        stored_key: Bytes;
        /// Server key, raw (32 or 64 bytes).
        server_key: Bytes;
        /// Iterations of the hash.
        iterations: i32;
    }

    /// A feature is finalized at a level.
    struct FeatureLevelRecord {
        /// Name, such as `metadata.version`.
        name: String;
        /// Level; 0 removes the feature.
        feature_level: i16;
    }

    /// One part of the entity a quota is for.
    struct QuotaEntity {
        /// `user`, `client-id` or `ip`.
        entity_type: String;
        /// Its name; `None` is the default entity.
        entity_name: Option<String>;
    }

    /// One quota of an entity is set or removed.
    struct ClientQuotaRecord {
        /// The entity.
        entity: Vec<QuotaEntity>;
        /// Name of the quota, such as `producer_byte_rate`.
        key: String;
        /// Its value.
        value: f64;
        /// Whether the quota is removed.
        remove: bool;
    }

    /// A block of producer ids is allocated.
    struct ProducerIdsRecord {
        /// Who asked.
        broker_id: NodeId;
        /// Epoch of its registration.
        broker_epoch: BrokerEpoch = BrokerEpoch(-1);
        /// The first id that is not allocated yet.
        next_producer_id: ProducerId;
    }

    /// What changed of a broker's registration.
    struct BrokerRegistrationChangeRecord {
        /// The broker.
        broker_id: NodeId;
        /// Epoch of its registration.
        broker_epoch: BrokerEpoch;
        /// Whether it is fenced or unfenced.
        fenced: FencedChange, tag 0;
        /// Whether it starts to leave in order; never taken back but by a new registration.
        in_controlled_shutdown: bool, since 1, tag 1;
        /// All its online directories now; empty is "no change".
        log_dirs: Vec<DirectoryId>, since 2, tag 2;
    }

    /// An ACL.
    struct AccessControlEntryRecord {
        /// Identity, random.
        id: Uuid;
        /// 2 TOPIC, 3 GROUP, 4 CLUSTER, 5 TRANSACTIONAL_ID, 6 DELEGATION_TOKEN, 7 USER.
        resource_type: i8;
        /// Name or prefix.
        resource_name: String;
        /// 3 LITERAL, 4 PREFIXED.
        pattern_type: i8;
        /// Who, as "Type:name".
        principal: String;
        /// From where; "*" is anywhere.
        host: String;
        /// Kafka's number of the operation (2 ALL to 15 TWO_PHASE_COMMIT).
        operation: i8;
        /// 2 DENY, 3 ALLOW.
        permission_type: i8;
    }

    /// An ACL is removed.
    struct RemoveAccessControlEntryRecord {
        /// Which.
        id: Uuid;
    }

    /// Nothing.
    struct NoOpRecord {}

    /// State of a migration from ZooKeeper.
    struct ZkMigrationStateRecord {
        /// 0 NONE, 1 MIGRATION, 2 PRE_MIGRATION, 3 POST_MIGRATION.
        zk_migration_state: i8;
    }

    /// A user's SCRAM credential is removed.
    struct RemoveUserScramCredentialRecord {
        /// The user.
        name: String;
        /// 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
        mechanism: i8;
    }

    /// A metadata transaction starts.
    struct BeginTransactionRecord {
        /// What it is for.
        name: Option<String>, tag 0;
    }

    /// The metadata transaction is published.
    struct EndTransactionRecord {}

    /// The metadata transaction is discarded.
    struct AbortTransactionRecord {
        /// Why.
        reason: Option<String>, tag 0;
    }

    /// A delegation token is removed.
    struct RemoveDelegationTokenRecord {
        /// Its id.
        token_id: String;
    }

    /// A controller's process has registered.
    struct RegisterControllerRecord {
        /// The controller.
        controller_id: NodeId;
        /// Identity of the process.
        incarnation_id: Uuid;
        /// False since 4.0.
        zk_migration_ready: bool;
        /// Its listeners.
        end_points: Vec<Endpoint>;
        /// The features it supports.
        features: Vec<FeatureRange>;
    }

    /// Eligible leader replicas are forgotten.
    struct ClearElrRecord {
        /// Of which topic; "" is all.
        topic_name: String;
    }
}

/// Whether a partition's leader is known to have all committed records (KIP-704).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeaderRecoveryState {
    /// It came from the ISR, or has recovered.
    #[default]
    Recovered,
    /// It came from an unclean election and has not recovered yet.
    Recovering,
}

impl Field for LeaderRecoveryState {
    fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self> {
        Self::read_nullable(reader, version)?.ok_or_else(|| value_error(reader, "leader recovery state", -1))
    }

    fn write(&self, writer: &mut Writer, version: i16) {
        Self::write_nullable(Some(self), writer, version);
    }
}

impl Nullable for LeaderRecoveryState {
    fn read_nullable(reader: &mut Reader<'_>, _: i16) -> Decoded<Option<Self>> {
        match reader.i8()? {
            -1 => Ok(None),
            0 => Ok(Some(Self::Recovered)),
            1 => Ok(Some(Self::Recovering)),
            other => Err(value_error(reader, "leader recovery state", other)),
        }
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, _: i16) {
        writer.i8(match value {
            None => -1,
            Some(Self::Recovered) => 0,
            Some(Self::Recovering) => 1,
        });
    }
}

/// What a [`PartitionChangeRecord`] does to the leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaderChange {
    /// Leader and leader epoch stay (-2 on the wire).
    #[default]
    Keep,
    /// The partition has no leader now (-1).
    Clear,
    /// This broker leads now; it may be the one that did before.
    Set(NodeId),
}

impl Field for LeaderChange {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        match reader.i32()? {
            -2 => Ok(Self::Keep),
            -1 => Ok(Self::Clear),
            id if id >= 0 => Ok(Self::Set(NodeId(id))),
            other => Err(value_error(reader, "leader of a partition change", other)),
        }
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.i32(match self {
            Self::Keep => -2,
            Self::Clear => -1,
            Self::Set(leader) => leader.0,
        });
    }
}

/// What a [`BrokerRegistrationChangeRecord`] does to fencing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FencedChange {
    /// Nothing (0 on the wire).
    #[default]
    Keep,
    /// The broker is fenced (1).
    Fence,
    /// The broker is unfenced (-1).
    Unfence,
}

impl Field for FencedChange {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        match reader.i8()? {
            0 => Ok(Self::Keep),
            1 => Ok(Self::Fence),
            -1 => Ok(Self::Unfence),
            other => Err(value_error(reader, "fencing change", other)),
        }
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.i8(match self {
            Self::Keep => 0,
            Self::Fence => 1,
            Self::Unfence => -1,
        });
    }
}

//! The fields of the metadata log's records: tables only, in the order of Kafka's schemas.
//!
//! Longer than most files because it is one list with one row per field; which records exist and how they are
//! framed is the parent module's.

use bytes::Bytes;

use crate::ids::{BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, PartitionId, ProducerId, TopicId, Uuid};
use crate::records::schema::structs;

use super::{FencedChange, LeaderChange, LeaderRecoveryState};

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

//! The metadata image: what all records up to some offset add up to.
//!
//! Cheap to clone and to share: every part sits behind an `Arc`, and a clone that is changed copies only what
//! it touches. An image does not know its offset, and it decides nothing: it believes valid records.

mod brokers;
mod configs;
mod records;
mod security;
mod topics;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use kr_wire::ids::{BrokerEpoch, NodeId, PartitionId, ProducerId, TopicId, Uuid};
use kr_wire::metadata_records::{
    AccessControlEntryRecord, DelegationTokenRecord, FeatureLevelRecord, MetadataRecord,
    UserScramCredentialRecord,
};

use crate::features;

pub use brokers::{Broker, ControllerNode};
pub use configs::{Configs, ResourceType};
pub use security::QuotaKey;
pub(crate) use topics::merge;
pub use topics::{Partition, Topic};

/// A record that contradicts the image. The log's fault (or ours): fatal for the active controller, counted
/// and skipped by everyone else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// A topic is created whose name or id exists.
    #[error("topic {name:?} with id {id} exists already")]
    TopicExists {
        /// Its name.
        name: String,
        /// Its id.
        id: TopicId,
    },
    /// A record names a topic by an id that does not exist.
    #[error("topic {id} does not exist")]
    UnknownTopic {
        /// The id.
        id: TopicId,
    },
    /// A record names a topic that does not exist.
    #[error("topic {name:?} does not exist")]
    UnknownTopicName {
        /// The name.
        name: String,
    },
    /// A partition changes that does not exist.
    #[error("partition {partition} of topic {id} does not exist")]
    UnknownPartition {
        /// The topic.
        id: TopicId,
        /// The index.
        partition: PartitionId,
    },
    /// The directories of a partition are not as many as its replicas.
    #[error("partition {partition} of topic {id} has not one directory per replica")]
    Directories {
        /// The topic.
        id: TopicId,
        /// The index.
        partition: PartitionId,
    },
    /// A change names a broker, or an epoch of it, that is not registered.
    #[error("broker {id} is not registered with epoch {epoch}")]
    BrokerEpoch {
        /// The broker.
        id: NodeId,
        /// The epoch named.
        epoch: BrokerEpoch,
        /// The epoch registered, if any.
        registered: Option<BrokerEpoch>,
    },
    /// An ACL is removed that does not exist.
    #[error("acl {id} does not exist")]
    UnknownAcl {
        /// Its id.
        id: Uuid,
    },
    /// A SCRAM credential is removed that does not exist.
    #[error("scram credential of user {user:?} does not exist")]
    UnknownCredential {
        /// Whose.
        user: String,
    },
    /// A delegation token is removed that does not exist.
    #[error("delegation token {id:?} does not exist")]
    UnknownToken {
        /// Its id.
        id: String,
    },
    /// A metadata transaction begins inside another, or one ends that did not begin.
    #[error("{record} is out of place: a metadata transaction is {}", if *open { "open" } else { "not open" })]
    Transaction {
        /// The record's name.
        record: &'static str,
        /// Whether a transaction was open.
        open: bool,
    },
}

/// Everything the cluster knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    features: Arc<BTreeMap<String, i16>>,
    registrations: brokers::Registrations,
    topics: topics::Topics,
    configs: Configs,
    security: security::Security,
    next_producer_id: Option<ProducerId>,
    /// The image before the open metadata transaction.
    before: Option<Arc<Image>>,
}

impl Image {
    /// The image of an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one record.
    ///
    /// # Errors
    /// The record contradicts the image, which then stays as it was.
    pub fn apply(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        use MetadataRecord as R;
        match record {
            R::RegisterBroker(r) => self.registrations.register_broker(r),
            R::UnregisterBroker(r) => self.registrations.unregister_broker(r.broker_id, r.broker_epoch)?,
            R::FenceBroker(r) => self.registrations.set_fenced(r.id, r.epoch, true)?,
            R::UnfenceBroker(r) => self.registrations.set_fenced(r.id, r.epoch, false)?,
            R::BrokerRegistrationChange(r) => self.registrations.change_broker(r)?,
            R::RegisterController(r) => self.registrations.register_controller(r),
            R::Topic(r) => self.topics.create(&r.name, r.topic_id)?,
            R::RemoveTopic(r) => {
                let topic = self.topics.remove(r.topic_id)?;
                self.configs.remove_topic(&topic.name);
            }
            R::Partition(r) => self.topics.put(r)?,
            R::PartitionChange(r) => self.topics.change(r)?,
            R::ClearElr(r) => self.topics.clear_elr(&r.topic_name)?,
            R::Config(r) => self.configs.replay(r),
            R::FeatureLevel(r) => self.set_feature(r),
            R::ProducerIds(r) => self.next_producer_id = Some(r.next_producer_id),
            R::AccessControlEntry(r) => self.security.add_acl(r),
            R::RemoveAccessControlEntry(r) => self.security.remove_acl(r.id)?,
            R::UserScramCredential(r) => self.security.set_scram(r),
            R::RemoveUserScramCredential(r) => self.security.remove_scram(r)?,
            R::DelegationToken(r) => self.security.set_token(r),
            R::RemoveDelegationToken(r) => self.security.remove_token(&r.token_id)?,
            R::ClientQuota(r) => self.security.set_quota(r),
            R::NoOp(_) | R::ZkMigrationState(_) => {}
            R::BeginTransaction(_) | R::EndTransaction(_) | R::AbortTransaction(_) => {
                self.transaction(record)?;
            }
        }
        Ok(())
    }

    fn set_feature(&mut self, record: &FeatureLevelRecord) {
        let features = Arc::make_mut(&mut self.features);
        if record.feature_level == 0 {
            features.remove(&record.name);
        } else {
            features.insert(record.name.clone(), record.feature_level);
        }
    }

    fn transaction(&mut self, record: &MetadataRecord) -> Result<(), ReplayError> {
        let out_of_place = |open| ReplayError::Transaction { record: record.name(), open };
        match (record, self.before.take()) {
            (MetadataRecord::BeginTransaction(_), None) => self.before = Some(Arc::new(self.clone())),
            (MetadataRecord::BeginTransaction(_), open) => {
                self.before = open;
                return Err(out_of_place(true));
            }
            (_, None) => return Err(out_of_place(false)),
            (MetadataRecord::AbortTransaction(_), Some(before)) => *self = Arc::unwrap_or_clone(before),
            (_, Some(_)) => {}
        }
        Ok(())
    }

    /// Whether a metadata transaction has begun and not ended: nothing of it may be shown (KIP-868).
    pub fn in_transaction(&self) -> bool {
        self.before.is_some()
    }

    pub(crate) fn before_transaction(&self) -> Option<&Self> {
        self.before.as_deref()
    }

    /// The level of `metadata.version`, unless the log is empty.
    pub fn metadata_version(&self) -> Option<i16> {
        self.features.get(features::METADATA_VERSION).copied()
    }

    /// The finalized level of a feature; 0 if it is off.
    pub fn feature_level(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or(0)
    }

    /// All finalized features, `metadata.version` among them.
    pub fn features(&self) -> &BTreeMap<String, i16> {
        &self.features
    }

    /// Whether eligible leader replicas are tracked (KIP-966).
    pub fn elr_enabled(&self) -> bool {
        self.feature_level(features::ELR_VERSION) > 0
    }

    /// A broker's registration.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.registrations.brokers.get(&id).map(Arc::as_ref)
    }

    /// All registered brokers by id.
    pub fn brokers(&self) -> impl Iterator<Item = &Broker> {
        self.registrations.brokers.values().map(Arc::as_ref)
    }

    /// A controller's registration.
    pub fn controller(&self, id: NodeId) -> Option<&ControllerNode> {
        self.registrations.controllers.get(&id).map(Arc::as_ref)
    }

    /// All registered controllers by id.
    pub fn controllers(&self) -> impl Iterator<Item = &ControllerNode> {
        self.registrations.controllers.values().map(Arc::as_ref)
    }

    /// A topic by id.
    pub fn topic(&self, id: TopicId) -> Option<&Topic> {
        self.topics.get(id).map(Arc::as_ref)
    }

    /// A topic by name.
    pub fn topic_by_name(&self, name: &str) -> Option<&Topic> {
        self.topic(self.topics.id(name)?)
    }

    /// All topics by id.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.by_id().values().map(Arc::as_ref)
    }

    /// All topics by name.
    pub fn topics_by_name(&self) -> impl Iterator<Item = &Topic> {
        self.topics_from_name("")
    }

    /// Topics by name from the first whose name is not below `name`.
    pub fn topics_from_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Topic> {
        let from = (Bound::Included(name), Bound::Unbounded);
        self.topics.by_name().range::<str, _>(from).filter_map(|(_, id)| self.topic(*id))
    }

    /// Number of topics.
    pub fn topic_count(&self) -> usize {
        self.topics.by_id().len()
    }

    /// A partition by topic id.
    pub fn partition(&self, topic: TopicId, partition: PartitionId) -> Option<&Partition> {
        self.topic(topic)?.partitions.get(&partition).map(Arc::as_ref)
    }

    /// A partition by topic name.
    pub fn partition_by_name(&self, topic: &str, partition: PartitionId) -> Option<&Partition> {
        self.topic_by_name(topic)?.partitions.get(&partition).map(Arc::as_ref)
    }

    /// Dynamic configuration.
    pub fn configs(&self) -> &Configs {
        &self.configs
    }

    /// The first producer id that is not allocated yet.
    pub fn next_producer_id(&self) -> ProducerId {
        self.next_producer_id.unwrap_or(ProducerId(0))
    }

    /// ACLs by id.
    pub fn acls(&self) -> &BTreeMap<Uuid, AccessControlEntryRecord> {
        &self.security.acls
    }

    /// SCRAM credentials by mechanism and user.
    pub fn scram(&self) -> &BTreeMap<(i8, String), UserScramCredentialRecord> {
        &self.security.scram
    }

    /// Delegation tokens by id.
    pub fn tokens(&self) -> &BTreeMap<String, DelegationTokenRecord> {
        &self.security.tokens
    }

    /// Client quotas: entity, then key, then value.
    pub fn quotas(&self) -> &BTreeMap<QuotaKey, BTreeMap<String, f64>> {
        &self.security.quotas
    }
}

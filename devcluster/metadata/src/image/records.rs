//! An image as records, in the order of a snapshot.
//!
//! What the image's own `metadata.version` cannot express is left out, as Kafka's `ImageWriter` does.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::{BrokerEpoch, NodeId, TopicId};
use kr_wire::metadata_records::{
    FeatureLevelRecord, LeaderRecoveryState, MetadataRecord, PartitionRecord, ProducerIdsRecord, TopicRecord,
};

use super::{Broker, ControllerNode, Image, Partition, Topic};
use crate::features::{self, gate};

/// A list for a nullable field that is written only when it says something.
fn nullable(nodes: &[NodeId]) -> Option<Vec<NodeId>> {
    (!nodes.is_empty()).then(|| nodes.to_vec())
}

impl Partition {
    /// The record that restores this registration at that `metadata.version`.
    pub fn to_record(&self, topic: &Topic, index: i32, metadata_version: i16) -> PartitionRecord {
        let elr = metadata_version >= gate::ELR;
        let recovering = self.recovering && metadata_version >= gate::LEADER_RECOVERY;
        PartitionRecord {
            partition_id: index.into(),
            topic_id: topic.id,
            replicas: self.replicas.to_vec(),
            isr: self.isr.to_vec(),
            removing_replicas: self.removing.to_vec(),
            adding_replicas: self.adding.to_vec(),
            leader: self.leader,
            leader_recovery_state: if recovering {
                LeaderRecoveryState::Recovering
            } else {
                LeaderRecoveryState::Recovered
            },
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            directories: if metadata_version >= gate::DIRECTORIES {
                self.directories.to_vec()
            } else {
                Vec::new()
            },
            eligible_leader_replicas: nullable(&self.elr).filter(|_| elr),
            last_known_elr: nullable(&self.last_known_elr).filter(|_| elr),
        }
    }
}

impl Image {
    /// The image as the records of a snapshot: features, brokers, controllers, topics each with its partitions,
    /// configs, quotas, producer ids, ACLs, SCRAM credentials, delegation tokens.
    ///
    /// Inside a metadata transaction: what stood before it.
    pub fn records(&self) -> Vec<MetadataRecord> {
        if let Some(before) = &self.before {
            return before.records();
        }
        let version = self.metadata_version().unwrap_or(features::MIN_METADATA_VERSION);
        let partitions: usize = self.topics().map(|t| t.partitions.len() + 1).sum();
        let mut out = Vec::with_capacity(partitions + 64);
        self.feature_records(&mut out);
        for broker in self.brokers() {
            let mut record = broker.to_record();
            if version < gate::DIRECTORIES {
                record.log_dirs.clear();
            }
            record.in_controlled_shutdown &= version >= gate::CONTROLLED_SHUTDOWN;
            out.push(record.into());
        }
        if version >= gate::CONTROLLER_REGISTRATION {
            out.extend(self.controllers().map(|c| c.to_record().into()));
        }
        for topic in self.topics() {
            out.push(TopicRecord { name: topic.name.to_string(), topic_id: topic.id }.into());
            out.extend(topic.partitions.iter().map(|(i, p)| p.to_record(topic, i.0, version).into()));
        }
        out.extend(self.configs.records().map(MetadataRecord::from));
        out.extend(self.security.quota_records().map(MetadataRecord::from));
        if let Some(next_producer_id) = self.next_producer_id {
            let (broker_id, broker_epoch) = (NodeId(-1), BrokerEpoch(-1));
            out.push(ProducerIdsRecord { broker_id, broker_epoch, next_producer_id }.into());
        }
        out.extend(self.acls().values().cloned().map(MetadataRecord::from));
        if version >= gate::SCRAM {
            out.extend(self.scram().values().cloned().map(MetadataRecord::from));
        }
        if version >= gate::DELEGATION_TOKENS {
            out.extend(self.tokens().values().cloned().map(MetadataRecord::from));
        }
        out
    }

    fn feature_records(&self, out: &mut Vec<MetadataRecord>) {
        let level = |(name, level): (&String, &i16)| {
            FeatureLevelRecord { name: name.clone(), feature_level: *level }.into()
        };
        let is_version = |pair: &(&String, &i16)| pair.0 == features::METADATA_VERSION;
        out.extend(self.features.iter().filter(is_version).map(level));
        out.extend(self.features.iter().filter(|pair| !is_version(pair)).map(level));
    }

    /// Whether two images share their topics by pointer, so that none can differ.
    pub(crate) fn shares_topics(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.topics.by_id(), other.topics.by_id())
    }

    pub(crate) fn topic_map(&self) -> &BTreeMap<TopicId, Arc<Topic>> {
        self.topics.by_id()
    }

    pub(crate) fn broker_map(&self) -> &BTreeMap<NodeId, Arc<Broker>> {
        &self.registrations.brokers
    }

    pub(crate) fn controller_map(&self) -> &BTreeMap<NodeId, Arc<ControllerNode>> {
        &self.registrations.controllers
    }
}

//! What takes a change back, as data for the journal: what was before, and what the change left.
//!
//! A way back is only taken while the state is still as the change left it; else somebody else changed it
//! since, and taking it back would undo their work, too. [`Undo::is_lossy`] says when going back loses data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The way back from one change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Undo {
    /// Sets configs back.
    Configs {
        /// One entry a resource.
        resources: Vec<ConfigsBefore>,
    },
    /// Deletes topics that were created.
    DeleteTopics {
        /// Their names and ids, when known.
        topics: BTreeMap<String, Option<String>>,
    },
    /// Creates topics again that were deleted; their records stay lost.
    CreateTopics {
        /// What they were like.
        topics: Vec<TopicBefore>,
    },
    /// Sets committed offsets back.
    GroupOffsets {
        /// The group.
        group: String,
        /// One entry a partition.
        offsets: Vec<OffsetBefore>,
    },
    /// Sets committed offsets of several groups back.
    OffsetsOfGroups {
        /// One entry a partition, by group.
        groups: BTreeMap<String, Vec<OffsetBefore>>,
    },
    /// Gives partitions their replicas back.
    Assignment {
        /// One entry a partition.
        partitions: Vec<ReplicasBefore>,
    },
    /// Removes ACLs that were added, adds those that were removed.
    Acls {
        /// ACLs that exist now and did not before.
        added: Vec<AclEntry>,
        /// ACLs that existed before and do not now.
        removed: Vec<AclEntry>,
    },
    /// Sets quotas back.
    Quotas {
        /// One entry an entity and key.
        quotas: Vec<QuotaBefore>,
    },
}

/// Configs of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigsBefore {
    /// `ConfigResource.Type` on the wire: 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.
    pub resource_type: i8,
    /// Its name; empty for the default of all brokers.
    pub name: String,
    /// What each key was set to on this resource before; null when it was not set there.
    pub before: BTreeMap<String, Option<String>>,
    /// The same after the change.
    pub after: BTreeMap<String, Option<String>>,
}

/// A topic that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicBefore {
    /// Its name.
    pub name: String,
    /// Replicas of each partition, the preferred leader first.
    pub replicas: Vec<Vec<i32>>,
    /// Configs that were set on it.
    pub configs: BTreeMap<String, String>,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetBefore {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// What was committed before; null when nothing was.
    pub before: Option<i64>,
    /// The leader epoch committed with it.
    pub leader_epoch: Option<i32>,
    /// The metadata committed with it.
    pub metadata: Option<String>,
    /// What is committed after the change; null when nothing is.
    pub after: Option<i64>,
}

/// Replicas of a partition, the preferred leader first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicasBefore {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Before.
    pub before: Vec<i32>,
    /// After.
    pub after: Vec<i32>,
}

/// An ACL, in Kafka's numbers (`ResourceType`, `PatternType`, `AclOperation`, `AclPermissionType`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AclEntry {
    /// `ResourceType`.
    pub resource_type: i8,
    /// The name or prefix; `*` for all.
    pub resource_name: String,
    /// `PatternType`: 3 literal, 4 prefixed.
    pub pattern_type: i8,
    /// `User:NAME`.
    pub principal: String,
    /// The host; `*` for all.
    pub host: String,
    /// `AclOperation`.
    pub operation: i8,
    /// `AclPermissionType`: 2 deny, 3 allow.
    pub permission_type: i8,
}

/// A quota.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotaBefore {
    /// Entity type (`user`, `client-id`, `ip`) to name; null for the default.
    pub entity: BTreeMap<String, Option<String>>,
    /// The quota: `producer_byte_rate` and the like.
    pub key: String,
    /// Its value before; null when it was not set.
    pub before: Option<f64>,
    /// Its value after; null when it is not set.
    pub after: Option<f64>,
}

impl Undo {
    /// Whether going back loses records or cannot bring them back.
    pub fn is_lossy(&self) -> bool {
        matches!(self, Self::DeleteTopics { .. } | Self::CreateTopics { .. })
    }
}

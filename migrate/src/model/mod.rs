//! What a cluster keeps in ZooKeeper, as one picture, whatever the source.
//!
//! Each node is read as Kafka 3.9's migration reads it. One that Kafka would fail on stays in its place as an
//! [`Unreadable`], so that a conversion stops where the driver stops and a check can show the evidence. Paths are
//! those below the chroot.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Node, Tree};

mod acls;
mod cluster;
mod configs;
mod json;
mod tokens;
mod topics;

pub use acls::{AclBinding, AclEntries, AclNode, LostAcls};
pub use cluster::{BrokerNode, Controller, MigrationNode, ProducerIdBlock};
pub use configs::{Config, Configs, DEFAULT_ENTITY};
pub use tokens::{Token, TokenNode};
pub use topics::{Assignment, PartitionState, Topic};

/// A node that Kafka's reader of it fails on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {why}")]
pub struct Unreadable {
    /// Path of the node.
    pub path: String,
    /// What is wrong with it, as a predicate: `has no "leader"`.
    pub why: String,
}

/// A node as it is read, or why it cannot be.
pub type Read<T> = Result<T, Unreadable>;

/// Everything of a cluster that a migration looks at.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// `/cluster/id`; `None` when there is no such node.
    pub cluster_id: Option<Read<String>>,
    /// `/brokers/ids`, by the name of the node.
    pub brokers: BTreeMap<String, Read<BrokerNode>>,
    /// `/controller`.
    pub controller: Option<Read<Controller>>,
    /// `/controller_epoch`.
    pub controller_epoch: Option<Read<i32>>,
    /// `/migration`.
    pub migration: Option<Read<MigrationNode>>,
    /// `/latest_producer_id_block`; `None` when there is no block yet.
    pub producer_ids: Option<Read<ProducerIdBlock>>,
    /// `/brokers/topics`.
    pub topics: BTreeMap<String, Read<Topic>>,
    /// `/admin/delete_topics`.
    pub deletions: BTreeSet<String>,
    /// `/admin/reassign_partitions`: whether there is a reassignment of the old kind.
    pub has_reassignment: bool,
    /// `/admin/preferred_replica_election`: whether there is an election of the old kind.
    pub has_preferred_election: bool,
    /// `/config`.
    pub configs: Configs,
    /// `/kafka-acl` and `/kafka-acl-extended`.
    pub acls: Vec<AclNode>,
    /// Nodes with ACLs that no reader looks at.
    pub lost_acls: Vec<LostAcls>,
    /// `/delegation_token/tokens`, by the name of the node.
    pub tokens: BTreeMap<String, TokenNode>,
}

impl Model {
    /// Reads a tree whose root is the cluster's chroot.
    pub fn read(tree: &Tree) -> Self {
        let (acls, lost_acls) = acls::read(tree);
        Self {
            cluster_id: cluster::id(tree),
            brokers: cluster::brokers(tree),
            controller: cluster::controller(tree),
            controller_epoch: cluster::controller_epoch(tree),
            migration: cluster::migration(tree),
            producer_ids: cluster::producer_ids(tree),
            topics: topics::read(tree),
            deletions: tree.children("/admin/delete_topics").map(str::to_owned).collect(),
            has_reassignment: tree.get("/admin/reassign_partitions").is_some(),
            has_preferred_election: tree.get("/admin/preferred_replica_election").is_some(),
            configs: Configs::read(tree),
            acls,
            lost_acls,
            tokens: tokens::read(tree),
        }
    }
}

/// Reads a node, if it is there, with a function that says what is wrong.
fn optional<T>(tree: &Tree, path: &str, read: impl FnOnce(&Node) -> Result<T, String>) -> Option<Read<T>> {
    let node = tree.get(path)?;
    Some(read(node).map_err(|why| Unreadable { path: path.to_owned(), why }))
}

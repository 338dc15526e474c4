//! What Kafka's migration driver makes of a tree: the records, in its order and its batches, or where it stops.
//!
//! ```text
//! waiting   every topic is read, every broker in an assignment must have registered
//! copy      BeginTransaction │ topics, brokers' configurations, users, clients, users' clients, addresses,
//!           producer ids, ACLs, tokens (batches of at least 200 records) │ ZkMigrationState, EndTransaction
//! ```
//! The order among siblings (topics, partitions of a topic, keys of a configuration) is the driver's hash order,
//! which nothing depends on; here it is ascending. Ids of ACLs, random there, count up here. Of what the driver writes
//! back to ZooKeeper afterwards only what stops it is found here.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::metadata_records::{
    BeginTransactionRecord, EndTransactionRecord, FeatureLevelRecord, MetadataRecord, ZkMigrationStateRecord,
};

use crate::model::{Model, Unreadable};

mod acls;
mod batches;
mod configs;
mod quotas;
mod sync;
mod tokens;
mod topics;

use batches::Batches;
pub(crate) use quotas::{ScramCheck, quota_problem};

/// First level of `metadata.version` with transactions (3.6-IV1).
const TRANSACTIONS: i16 = 13;
/// Kafka: `zookeeper.metadata.migration.min.batch.size`.
const MIN_BATCH_RECORDS: usize = 200;
/// `ZkMigrationStateRecord` of a migration whose copy is done.
const MIGRATION: i8 = 1;

/// What a conversion depends on beside the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Level of `metadata.version` that the controllers were formatted with.
    pub metadata_version: i16,
    /// `zookeeper.metadata.migration.min.batch.size`: records at which a batch is closed.
    pub min_batch_records: usize,
    /// Brokers that will have registered; `None` takes for granted that all of an assignment have.
    pub registered: Option<BTreeSet<NodeId>>,
}

impl Default for Settings {
    fn default() -> Self {
        // 3.9-IV0
        Self { metadata_version: 21, min_batch_records: MIN_BATCH_RECORDS, registered: None }
    }
}

/// First level of `metadata.version` at which controllers can migrate (3.4-IV0).
const LOWEST_VERSION: i16 = 8;
/// The last one (3.9-IV0): 4.0 has no ZooKeeper.
const HIGHEST_VERSION: i16 = 21;

impl Settings {
    /// The settings for a `metadata.version` by its name, or a release's; `None` when none can migrate with it.
    pub fn for_version(name: &str) -> Option<Self> {
        let level = kr_metadata::features::version_level(name)?;
        let can_migrate = (LOWEST_VERSION..=HIGHEST_VERSION).contains(&level);
        can_migrate.then(|| Self { metadata_version: level, ..Self::default() })
    }
}

/// How a migration ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is copied, and dual write begins.
    Complete,
    /// Everything is copied, and the synchronisation after it fails again and again: dual write never begins.
    SyncFails(Stop),
    /// The driver tries to begin again and again, and never does.
    Waits(Stop),
    /// The copy is aborted: the controller's process ends, and the next one runs into the same.
    Aborts(Stop),
}

/// What a driver does not get past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Path of the node.
    pub path: String,
    /// What is wrong with it, as a predicate.
    pub why: String,
}

impl From<&Unreadable> for Stop {
    fn from(node: &Unreadable) -> Self {
        Self { path: node.path.clone(), why: node.why.clone() }
    }
}

/// What the driver passes over on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// A partition without a state: a leader and an ISR are invented.
    NoState {
        /// Path of the node that should be there.
        path: String,
    },
    /// A topic that waits to be deleted is left out.
    PendingDeletion {
        /// The topic.
        topic: String,
    },
    /// ACLs of a type that nobody knows, or in a place that nobody reads, are lost.
    LostAcls {
        /// Path of the node above them.
        path: String,
    },
}

/// What a migration makes of a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The copied records, in batches; those before an abort were written, and are taken back.
    pub batches: Vec<Vec<MetadataRecord>>,
    /// How it ends.
    pub outcome: Outcome,
    /// What is passed over.
    pub warnings: BTreeSet<Warning>,
    /// Brokers in assignments and of configurations.
    pub brokers: BTreeSet<NodeId>,
    transactional: bool,
}

impl Conversion {
    /// Everything that the controller appends: the transaction around the batches, and the state's change.
    ///
    /// Empty when the driver waits; without an end when it aborts.
    pub fn appended(&self) -> Vec<Vec<MetadataRecord>> {
        let mut all = Vec::new();
        if matches!(self.outcome, Outcome::Waits(_)) {
            return all;
        }
        if self.transactional {
            all.push(vec![BeginTransactionRecord { name: Some("ZK Migration".to_owned()) }.into()]);
        }
        all.extend(self.batches.iter().cloned());
        if matches!(self.outcome, Outcome::Complete | Outcome::SyncFails(_)) {
            let mut end = vec![ZkMigrationStateRecord { zk_migration_state: MIGRATION }.into()];
            if self.transactional {
                end.push(EndTransactionRecord {}.into());
            }
            all.push(end);
        }
        all
    }
}

impl Conversion {
    /// Number of copied records of each type, by the names in the driver's last words (`TOPIC_RECORD`).
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.batches.iter().flatten() {
            let mut name = String::new();
            for character in record.name().chars() {
                if character.is_uppercase() && !name.is_empty() {
                    name.push('_');
                }
                name.extend(character.to_uppercase());
            }
            *counts.entry(name).or_default() += 1;
        }
        counts
    }

    /// The copied records as a checkpoint, which Kafka's metadata shell and a controller can load.
    pub fn checkpoint(&self, settings: &Settings) -> Vec<u8> {
        let level = FeatureLevelRecord {
            name: "metadata.version".to_owned(),
            feature_level: settings.metadata_version,
        };
        let records: Vec<MetadataRecord> =
            std::iter::once(level.into()).chain(self.batches.iter().flatten().cloned()).collect();
        kr_metadata::snapshot::write(&records, LeaderEpoch(0), 0)
    }
}

/// Converts a cluster's metadata as the driver does.
pub fn convert(model: &Model, settings: &Settings) -> Conversion {
    let mut conversion = Conversion {
        batches: Vec::new(),
        outcome: Outcome::Complete,
        warnings: BTreeSet::new(),
        brokers: BTreeSet::new(),
        transactional: settings.metadata_version >= TRANSACTIONS,
    };
    if let Err(stop) = topics::wait_for_brokers(model, settings) {
        conversion.outcome = Outcome::Waits(stop);
        return conversion;
    }
    let mut batches = Batches::new(settings.min_batch_records);
    let copied = topics::copy(model, &mut batches, &mut conversion)
        .and_then(|()| configs::copy_brokers(model, &mut batches, &mut conversion.brokers))
        .and_then(|()| quotas::copy(model, &mut batches))
        .and_then(|()| tokens::copy_producer_ids(model, &mut batches))
        .and_then(|()| acls::copy(model, &mut batches, &mut conversion.warnings))
        .and_then(|()| tokens::copy(model, &mut batches))
        .and_then(|()| batches.flush());
    if let Err(stop) = copied {
        conversion.outcome = Outcome::Aborts(stop);
    }
    conversion.batches = batches.into_done();
    if conversion.outcome == Outcome::Complete
        && let Some(stop) = sync::stop(&conversion.batches, model)
    {
        conversion.outcome = Outcome::SyncFails(stop);
    }
    conversion
}

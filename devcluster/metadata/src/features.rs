//! What a metadata version allows, and the other features of a cluster: names, levels, defaults.
//!
//! A table and nothing more; who may change a level, and when, is in `controller::features`.

/// Name of the feature that gates all others.
pub const METADATA_VERSION: &str = "metadata.version";
/// Name of the feature of KIP-966: eligible leader replicas.
pub const ELR_VERSION: &str = "eligible.leader.replicas.version";
/// Name of the feature of KIP-848: the consumer rebalance protocol.
pub const GROUP_VERSION: &str = "group.version";
/// Name of the feature of KIP-890: transaction protocol.
pub const TRANSACTION_VERSION: &str = "transaction.version";
/// Name of the feature of KIP-853. It lives in control records, never in a FeatureLevelRecord.
pub const KRAFT_VERSION: &str = "kraft.version";

/// One level of `metadata.version` (Kafka: `MetadataVersion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The feature level.
    pub level: i16,
    /// The release and its internal version, for example `4.1-IV1`.
    pub name: &'static str,
    /// Whether records changed here, so that going back below it loses metadata.
    pub changed: bool,
}

const fn version(level: i16, name: &'static str, changed: bool) -> Version {
    Version { level, name, changed }
}

/// All levels up to the newest one that is known by name, ascending.
pub const VERSIONS: &[Version] = &[
    version(1, "3.0-IV1", true),
    version(2, "3.1-IV0", false),
    version(3, "3.2-IV0", true),
    version(4, "3.3-IV0", false),
    version(5, "3.3-IV1", true),
    version(6, "3.3-IV2", true),
    version(7, "3.3-IV3", true),
    version(8, "3.4-IV0", true),
    version(9, "3.5-IV0", false),
    version(10, "3.5-IV1", false),
    version(11, "3.5-IV2", true),
    version(12, "3.6-IV0", false),
    version(13, "3.6-IV1", true),
    version(14, "3.6-IV2", true),
    version(15, "3.7-IV0", true),
    version(16, "3.7-IV1", false),
    version(17, "3.7-IV2", true),
    version(18, "3.7-IV3", false),
    version(19, "3.7-IV4", false),
    version(20, "3.8-IV0", false),
    version(21, "3.9-IV0", false),
    version(22, "4.0-IV0", false),
    version(23, "4.0-IV1", true),
    version(24, "4.0-IV2", false),
    version(25, "4.0-IV3", false),
    version(26, "4.1-IV0", false),
    version(27, "4.1-IV1", false),
    version(28, "4.2-IV0", false),
    version(29, "4.2-IV1", false),
    version(30, "4.3-IV0", true),
];

/// Lowest `metadata.version` served: 3.3-IV3.
pub const MIN_METADATA_VERSION: i16 = 7;
/// Highest `metadata.version` served, and that of new clusters: 4.1-IV1.
pub const LATEST_METADATA_VERSION: i16 = 27;

/// The first `metadata.version` at which something exists (the gates of Kafka's `MetadataVersion`).
pub mod gate {
    /// LeaderRecoveryState in partition records.
    pub const LEADER_RECOVERY: i16 = 3;
    /// NoOpRecord.
    pub const NO_OP: i16 = 5;
    /// BrokerRegistrationChangeRecord in place of FenceBroker and UnfenceBroker.
    pub const REGISTRATION_CHANGE: i16 = 6;
    /// InControlledShutdown.
    pub const CONTROLLED_SHUTDOWN: i16 = 7;
    /// SCRAM credentials.
    pub const SCRAM: i16 = 11;
    /// From here an ISR shrink does not bump the leader epoch.
    pub const NO_EPOCH_BUMP_ON_SHRINK: i16 = 12;
    /// Metadata transactions (KIP-868).
    pub const TRANSACTIONS: i16 = 13;
    /// Delegation tokens.
    pub const DELEGATION_TOKENS: i16 = 14;
    /// RegisterControllerRecord (KIP-919).
    pub const CONTROLLER_REGISTRATION: i16 = 15;
    /// Directory ids of replicas (KIP-858).
    pub const DIRECTORIES: i16 = 17;
    /// ELR fields of partition records (KIP-966).
    pub const ELR: i16 = 23;
}

/// A feature other than `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name on the wire.
    pub name: &'static str,
    /// Highest level that this node serves; the lowest is always 0. A real 4.1 has 1 for those that are 0 here.
    pub max: i16,
    /// The `metadata.version` below which it may not be enabled.
    pub needs: i16,
    /// (`metadata.version`, level) pairs: the default of a new cluster is that of the last pair reached.
    pub defaults: &'static [(i16, i16)],
    /// Whether a level can be chosen with UpdateFeatures and written as FeatureLevelRecord.
    pub in_log: bool,
}

/// The features of 4.1, by name. What this node does not serve keeps a maximum of 0 and is not announced.
pub const FEATURES: &[Feature] = &[
    Feature { name: ELR_VERSION, max: 1, needs: gate::ELR, defaults: &[(26, 1)], in_log: true },
    Feature { name: GROUP_VERSION, max: 1, needs: 0, defaults: &[(22, 1)], in_log: true },
    Feature { name: KRAFT_VERSION, max: 0, needs: 21, defaults: &[], in_log: false },
    Feature { name: "share.version", max: 0, needs: 0, defaults: &[(28, 1)], in_log: true },
    Feature { name: "streams.version", max: 0, needs: 0, defaults: &[(29, 1)], in_log: true },
    Feature { name: TRANSACTION_VERSION, max: 2, needs: 0, defaults: &[(24, 2)], in_log: true },
];

/// The feature of that name, if it is one of this version's.
pub fn feature(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|f| f.name == name)
}

/// The name of a `metadata.version` level.
pub fn version_name(level: i16) -> Option<&'static str> {
    VERSIONS.iter().find(|v| v.level == level).map(|v| v.name)
}

/// The level of a `metadata.version` name; a release such as `4.1` stands for its last level.
pub fn version_level(name: &str) -> Option<i16> {
    let release = |v: &&Version| v.name.split('-').next() == Some(name);
    let known = || VERSIONS.iter().filter(|v| v.level <= LATEST_METADATA_VERSION);
    known().find(|v| v.name == name).or_else(|| known().rfind(release)).map(|v| v.level)
}

/// Whether leaving `from` for the lower level `to` drops what a record said.
pub fn downgrade_loses_metadata(from: i16, to: i16) -> bool {
    VERSIONS.iter().any(|v| v.changed && to < v.level && v.level <= from)
}

impl Feature {
    /// The level that a new cluster starts with at that `metadata.version`; 0 is off.
    pub fn default_level(&self, metadata_version: i16) -> i16 {
        let reached = |pair: &&(i16, i16)| pair.0 <= metadata_version;
        self.defaults.iter().rev().find(reached).map_or(0, |pair| pair.1)
    }
}

/// What a node of this version supports: name, lowest and highest level (Kafka: `QuorumFeatures`).
///
/// For registrations and ApiVersions. What is not served is not in it.
pub fn supported() -> Vec<(&'static str, i16, i16)> {
    let mut all = vec![(METADATA_VERSION, MIN_METADATA_VERSION, LATEST_METADATA_VERSION)];
    all.extend(FEATURES.iter().filter(|f| f.max > 0).map(|f| (f.name, 0, f.max)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_ascend_without_gap() {
        for (index, version) in VERSIONS.iter().enumerate() {
            assert_eq!(usize::try_from(version.level).unwrap(), index + 1, "{}", version.name);
        }
    }

    #[test]
    fn release_name_stands_for_its_last_level() {
        assert_eq!(version_level("3.9"), Some(21));
        assert_eq!(version_level("4.0"), Some(25));
        assert_eq!(version_level("4.1"), Some(27));
        assert_eq!(version_level("4.1-IV0"), Some(26));
        assert_eq!(version_level("4.3"), None);
        assert_eq!(version_level("nonsense"), None);
    }

    #[test]
    fn defaults_of_a_new_cluster_follow_the_metadata_version() {
        let level = |name, mv| feature(name).unwrap().default_level(mv);
        assert_eq!(level(GROUP_VERSION, 21), 0);
        assert_eq!(level(GROUP_VERSION, 22), 1);
        assert_eq!(level(TRANSACTION_VERSION, 27), 2);
        assert_eq!(level(ELR_VERSION, 25), 0);
        assert_eq!(level(ELR_VERSION, 26), 1);
        assert_eq!(level("share.version", 27), 0);
    }

    #[test]
    fn downgrade_across_a_record_change_loses_metadata() {
        assert!(!downgrade_loses_metadata(27, 25));
        assert!(downgrade_loses_metadata(27, 22));
        assert!(downgrade_loses_metadata(17, 16));
        assert!(!downgrade_loses_metadata(19, 17));
    }
}

//! What the first controller of an empty cluster writes: the content of `bootstrap.checkpoint`.
//!
//! The bytes are those of any [`snapshot`](crate::snapshot); the file is written when a directory is formatted.

use kr_wire::metadata_records::{FeatureLevelRecord, MetadataRecord, UserScramCredentialRecord};

use crate::features::{FEATURES, METADATA_VERSION, gate};

/// The records of a new cluster at that `metadata.version`, every other feature at its default.
pub fn records(metadata_version: i16) -> Vec<MetadataRecord> {
    records_with(metadata_version, &[], &[])
}

/// As [`records`], with levels that were chosen, and users for SCRAM (only from 3.5-IV2 on).
///
/// Order: `metadata.version`, other features above 0 by name, credentials.
pub fn records_with(
    metadata_version: i16,
    chosen: &[(&str, i16)],
    users: &[UserScramCredentialRecord],
) -> Vec<MetadataRecord> {
    let level = |name: &str, feature_level: i16| -> MetadataRecord {
        FeatureLevelRecord { name: name.to_owned(), feature_level }.into()
    };
    let mut records = vec![level(METADATA_VERSION, metadata_version)];
    for feature in FEATURES.iter().filter(|f| f.in_log) {
        let explicit = chosen.iter().find(|(name, _)| *name == feature.name).map(|(_, level)| *level);
        let wanted = explicit.unwrap_or_else(|| feature.default_level(metadata_version));
        if wanted > 0 {
            records.push(level(feature.name, wanted));
        }
    }
    if metadata_version >= gate::SCRAM {
        records.extend(users.iter().cloned().map(MetadataRecord::from));
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(records: &[MetadataRecord]) -> Vec<(&str, i16)> {
        records
            .iter()
            .map(|record| match record {
                MetadataRecord::FeatureLevel(r) => (r.name.as_str(), r.feature_level),
                other => panic!("unexpected {other:?}"),
            })
            .collect()
    }

    #[test]
    fn new_cluster_of_4_1_starts_with_its_default_features() {
        assert_eq!(
            levels(&records(27)),
            [
                ("metadata.version", 27),
                ("eligible.leader.replicas.version", 1),
                ("group.version", 1),
                ("transaction.version", 2),
            ]
        );
    }

    #[test]
    fn chosen_level_replaces_the_default() {
        let chosen = [("eligible.leader.replicas.version", 0), ("share.version", 1)];
        assert_eq!(
            levels(&records_with(27, &chosen, &[])),
            [
                ("metadata.version", 27),
                ("group.version", 1),
                ("share.version", 1),
                ("transaction.version", 2)
            ]
        );
    }
}

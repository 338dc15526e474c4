//! Feature levels by release, and what they need of each other. A table, from Kafka's own (`MetadataVersion`,
//! `Feature`); Kafka prints its with `kafka-features version-mapping`.

/// The feature every other depends on.
pub const METADATA_VERSION: &str = "metadata.version";

/// A level of `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataLevel {
    /// The number.
    pub level: i16,
    /// Kafka's name: `4.1-IV1`.
    pub name: &'static str,
    /// Whether records changed with it, so that there is no way back below it.
    pub changes_metadata: bool,
}

/// All levels, ascending.
pub const METADATA_LEVELS: [MetadataLevel; 30] = [
    level(1, "3.0-IV1", true),
    level(2, "3.1-IV0", false),
    level(3, "3.2-IV0", true),
    level(4, "3.3-IV0", false),
    level(5, "3.3-IV1", true),
    level(6, "3.3-IV2", true),
    level(7, "3.3-IV3", true),
    level(8, "3.4-IV0", true),
    level(9, "3.5-IV0", false),
    level(10, "3.5-IV1", false),
    level(11, "3.5-IV2", true),
    level(12, "3.6-IV0", false),
    level(13, "3.6-IV1", true),
    level(14, "3.6-IV2", true),
    level(15, "3.7-IV0", true),
    level(16, "3.7-IV1", false),
    level(17, "3.7-IV2", true),
    level(18, "3.7-IV3", false),
    level(19, "3.7-IV4", false),
    level(20, "3.8-IV0", false),
    level(21, "3.9-IV0", false),
    level(22, "4.0-IV0", false),
    level(23, "4.0-IV1", true),
    level(24, "4.0-IV2", false),
    level(25, "4.0-IV3", false),
    level(26, "4.1-IV0", false),
    level(27, "4.1-IV1", false),
    level(28, "4.2-IV0", false),
    level(29, "4.2-IV1", false),
    level(30, "4.3-IV0", true),
];

const fn level(level: i16, name: &'static str, changes_metadata: bool) -> MetadataLevel {
    MetadataLevel { level, name, changes_metadata }
}

/// The last level of each release, ascending.
pub const RELEASES: [(&str, i16); 11] = [
    ("3.3", 7),
    ("3.4", 8),
    ("3.5", 11),
    ("3.6", 14),
    ("3.7", 19),
    ("3.8", 20),
    ("3.9", 21),
    ("4.0", 25),
    ("4.1", 27),
    ("4.2", 29),
    ("4.3", 30),
];

/// Other features: name, level, and the `metadata.version` from which on a new cluster has that level.
const DEFAULTS: [(&str, i16, i16); 6] = [
    ("kraft.version", 1, 21),
    ("transaction.version", 2, 24),
    ("group.version", 1, 22),
    ("eligible.leader.replicas.version", 1, 26),
    ("share.version", 1, 28),
    ("streams.version", 1, 29),
];

/// Levels that need another: feature, from this level on, needs, at least this level.
const DEPENDENCIES: [(&str, i16, &str, i16); 1] =
    [("eligible.leader.replicas.version", 1, METADATA_VERSION, 23)];

/// The level of `metadata.version` with this number.
pub fn metadata_level(number: i16) -> Option<&'static MetadataLevel> {
    METADATA_LEVELS.iter().find(|level| level.level == number)
}

/// The level that a release ends with; `4.1`, `4.1.2`, or a level's own name `4.1-IV0`.
pub fn level_of_release(release: &str) -> Option<i16> {
    if let Some(level) = METADATA_LEVELS.iter().find(|level| level.name.eq_ignore_ascii_case(release)) {
        return Some(level.level);
    }
    let mut parts = release.splitn(3, '.');
    let minor = format!("{}.{}", parts.next()?, parts.next()?);
    let is_patch = parts.next().is_none_or(|patch| !patch.is_empty() && patch.parse::<u16>().is_ok());
    RELEASES.iter().find(|(name, _)| *name == minor && is_patch).map(|(_, level)| *level)
}

/// Levels a new cluster has at a level of `metadata.version`, which comes first; 0 is off.
pub fn mapping(metadata_version: i16) -> Vec<(&'static str, i16)> {
    let others = DEFAULTS.map(|(name, level, from)| (name, if metadata_version >= from { level } else { 0 }));
    std::iter::once((METADATA_VERSION, metadata_version)).chain(others).collect()
}

/// What a level of a feature needs.
pub fn dependencies(feature: &str, level: i16) -> Vec<(&'static str, i16)> {
    let needs = DEPENDENCIES.iter().filter(|(name, from, ..)| *name == feature && level >= *from);
    needs.map(|(_, _, needed, least)| (*needed, *least)).collect()
}

/// Whether the table knows a feature.
pub fn is_known(feature: &str) -> bool {
    feature == METADATA_VERSION || DEFAULTS.iter().any(|(name, ..)| *name == feature)
}

/// Whether records changed between two levels of `metadata.version`, so that the higher cannot be left again.
/// Levels that are not in the table count as changes.
pub fn changes_metadata(from: i16, to: i16) -> bool {
    (from + 1..=to).any(|number| metadata_level(number).is_none_or(|level| level.changes_metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_numbered_without_a_gap_and_releases_are_levels() {
        for (number, level) in (1..).zip(METADATA_LEVELS) {
            assert_eq!(level.level, number);
        }
        for (release, number) in RELEASES {
            let name = metadata_level(number).unwrap().name;
            assert!(name.starts_with(&format!("{release}-")), "{name}");
            let next = metadata_level(number + 1);
            assert!(next.is_none_or(|next| !next.name.starts_with(&format!("{release}-"))), "{release}");
        }
    }

    #[test]
    fn releases_are_read_with_and_without_a_patch() {
        assert_eq!(level_of_release("4.1"), Some(27));
        assert_eq!(level_of_release("3.9.2"), Some(21));
        assert_eq!(level_of_release("4.0-IV1"), Some(23));
        for text in ["2.8", "4", "4.1.x", "4.1.", "9.9"] {
            assert_eq!(level_of_release(text), None, "{text}");
        }
    }

    /// As `kafka-features version-mapping --release-version 4.1` of Kafka 4.1.2 prints it.
    #[test]
    fn a_new_cluster_of_4_1_has_these_levels() {
        assert_eq!(
            mapping(27),
            [
                ("metadata.version", 27),
                ("kraft.version", 1),
                ("transaction.version", 2),
                ("group.version", 1),
                ("eligible.leader.replicas.version", 1),
                ("share.version", 0),
                ("streams.version", 0),
            ]
        );
    }

    #[test]
    fn there_is_no_way_back_over_a_change_of_records() {
        assert!(changes_metadata(21, 25));
        assert!(!changes_metadata(23, 27));
        assert!(changes_metadata(30, 31), "what is not known may have changed anything");
    }
}

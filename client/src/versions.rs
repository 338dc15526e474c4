//! Chooses one version from two ranges. Pure.

use std::collections::BTreeMap;

use kr_wire::messages::ApiVersionsResponse;

/// A feature of the cluster, such as `metadata.version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Lowest and highest level this node supports, both inclusive; `None` when it did not say.
    pub supported: Option<(i16, i16)>,
    /// The level in force in the whole cluster; `None` when there is none.
    pub finalized: Option<i16>,
}

/// What one node said about itself in ApiVersions.
#[derive(Clone, Debug, Default)]
pub struct NodeVersions {
    /// Lowest and highest version by API key, both inclusive.
    ranges: BTreeMap<i16, (i16, i16)>,
    /// Features by name.
    pub features: Vec<Feature>,
    /// Metadata offset at which the finalized features were read (KIP-584); `None` if unknown.
    pub finalized_epoch: Option<i64>,
}

impl NodeVersions {
    /// Takes what a node said; of an API named twice the later entry counts.
    pub fn of(response: &ApiVersionsResponse) -> Self {
        let ranges = response.api_keys.iter().map(|api| (api.api_key, (api.min_version, api.max_version)));
        let mut features: BTreeMap<String, Feature> = BTreeMap::new();
        let entry = |name: &str| Feature { name: name.to_owned(), supported: None, finalized: None };
        for key in &response.supported_features {
            let name = key.name.as_str();
            features.entry(name.to_owned()).or_insert_with(|| entry(name)).supported =
                Some((key.min_version, key.max_version));
        }
        for key in &response.finalized_features {
            let name = key.name.as_str();
            features.entry(name.to_owned()).or_insert_with(|| entry(name)).finalized =
                Some(key.max_version_level);
        }
        Self {
            ranges: ranges.collect(),
            features: features.into_values().collect(),
            finalized_epoch: (response.finalized_features_epoch >= 0)
                .then_some(response.finalized_features_epoch),
        }
    }

    /// The range of an API, if the node serves it.
    pub fn range(&self, key: i16) -> Option<(i16, i16)> {
        self.ranges.get(&key).copied()
    }

    /// All APIs the node serves, ascending by key: key, lowest and highest version.
    pub fn ranges(&self) -> impl Iterator<Item = (i16, i16, i16)> {
        self.ranges.iter().map(|(key, (min, max))| (*key, *min, *max))
    }

    /// The highest version both sides speak; `None` if there is none.
    pub fn choose(&self, key: i16, ours: (i16, i16)) -> Option<i16> {
        highest_common(ours, self.range(key)?)
    }
}

/// The highest version in both ranges (ends inclusive).
pub fn highest_common(ours: (i16, i16), theirs: (i16, i16)) -> Option<i16> {
    let highest = ours.1.min(theirs.1);
    (highest >= ours.0.max(theirs.0)).then_some(highest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::our_versions;

    #[test]
    fn highest_common_version_is_chosen() {
        assert_eq!(highest_common((0, 13), (0, 7)), Some(7));
        assert_eq!(highest_common((3, 13), (0, 7)), Some(7));
        assert_eq!(highest_common((3, 13), (0, 2)), None);
        assert_eq!(highest_common((0, 4), (5, 9)), None);
        assert_eq!(highest_common((2, 2), (2, 2)), Some(2));
        assert_eq!(highest_common((0, -1), (0, 5)), None);
    }

    /// Ranges of Apache Kafka 2.1: every API the client needs at least has a version in common.
    #[test]
    fn kafka_2_1_can_be_talked_to() {
        for (key, max, wanted) in [
            (0, 7, 7),
            (1, 10, 10),
            (2, 4, 4),
            (3, 7, 7),
            (8, 6, 6),
            (9, 5, 5),
            (10, 2, 2),
            (11, 3, 3),
            (12, 2, 2),
            (13, 2, 2),
            (14, 2, 2),
            (15, 2, 2),
            (16, 2, 2),
            (18, 2, 2),
            (19, 3, 3),
            (20, 3, 3),
            (22, 1, 1),
            (32, 2, 2),
            (37, 1, 1),
            (42, 1, 1),
        ] {
            assert_eq!(highest_common(our_versions(key), (0, max)), Some(wanted), "api key {key}");
        }
    }
}

//! What a user wants of a cluster, as typed; silence means "as it is, or the default".

use std::collections::BTreeMap;
use std::str::FromStr;

use kr_node::Profile;

/// Most nodes of one cluster: they share a process, and node ids of controllers start above.
pub const MAX_NODES: u32 = 100;

/// How controllers and brokers are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// The first nodes are brokers and controllers at once.
    #[default]
    Combined,
    /// Controllers are nodes of their own, with ids from 101.
    Separate,
}

/// What a user wants of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// The cluster's name, which picks its state.
    pub name: String,
    /// Number of brokers.
    pub nodes: Option<u32>,
    /// Number of controllers.
    pub controllers: Option<u32>,
    /// Combined or separate roles.
    pub layout: Option<Layout>,
    /// Racks, given to the brokers in turn.
    pub racks: Vec<String>,
    /// Port of the first broker, the others follow; 0 takes any free ones.
    pub port: Option<u16>,
    /// Timers.
    pub profile: Option<Profile>,
    /// Kafka properties of every node.
    pub properties: BTreeMap<String, String>,
    /// Whether its state goes when it ends.
    pub ephemeral: bool,
    /// Whether to begin with an empty state.
    pub fresh: bool,
    /// Topics that are to exist once it is ready.
    pub topics: Vec<TopicSpec>,
}

impl Spec {
    /// A cluster of this name with everything by default.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// A topic to create: `NAME[:PARTITIONS[:REPLICATION_FACTOR]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Name of the topic.
    pub name: String,
    /// Number of partitions, or the cluster's default.
    pub partitions: Option<i32>,
    /// Replicas of each partition, or the cluster's default.
    pub replication_factor: Option<i16>,
}

/// A topic that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("topic {0:?} is not of the form NAME[:PARTITIONS[:REPLICATION-FACTOR]]")]
pub struct BadTopic(String);

impl FromStr for TopicSpec {
    type Err = BadTopic;

    fn from_str(text: &str) -> Result<Self, BadTopic> {
        let bad = || BadTopic(text.to_owned());
        let mut parts = text.split(':');
        let name = parts.next().filter(|name| !name.is_empty()).ok_or_else(bad)?.to_owned();
        let partitions = match parts.next() {
            Some(number) => Some(number.parse().ok().filter(|n: &i32| *n > 0).ok_or_else(bad)?),
            None => None,
        };
        let replication_factor = match parts.next() {
            Some(number) => Some(number.parse().ok().filter(|n: &i16| *n > 0).ok_or_else(bad)?),
            None => None,
        };
        if parts.next().is_some() {
            return Err(bad());
        }
        Ok(Self { name, partitions, replication_factor })
    }
}

/// Whether a cluster may have this name: it becomes a directory and a context.
pub fn is_valid_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=64).contains(&name.len()) && name.chars().all(allowed) && !name.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_takes_one_to_three_parts() {
        let topic = |partitions, replication_factor| TopicSpec {
            name: "orders".to_owned(),
            partitions,
            replication_factor,
        };
        assert_eq!("orders".parse(), Ok(topic(None, None)));
        assert_eq!("orders:6".parse(), Ok(topic(Some(6), None)));
        assert_eq!("orders:6:3".parse(), Ok(topic(Some(6), Some(3))));
        for bad in ["", ":6", "orders:", "orders:0", "orders:six", "orders:6:3:1", "orders:6:-1"] {
            assert!(bad.parse::<TopicSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_stay_within_one_directory() {
        for good in ["dev", "a", "my-cluster_2.x"] {
            assert!(is_valid_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "-x", "ü", "a b", &"x".repeat(65)] {
            assert!(!is_valid_name(bad), "{bad}");
        }
    }
}

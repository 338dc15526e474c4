//! Configuration: which keys exist, which value is in force, what DescribeConfigs shows.
//!
//! Precedence, highest first: a topic's own value, dynamic configuration of the broker, dynamic default of the
//! cluster, the node's static properties, the default. Within a broker's tier the synonyms of a key are tried
//! in order. What is set dynamically lives in the image; changing it is the controller's.

mod broker_keys;
mod describe;
mod key;
mod resource_keys;
mod scope;
mod topic_keys;
mod validate;

pub use broker_keys::{broker_key, broker_keys};
pub use describe::Wanted;
pub use key::{BadValue, Key, Kind, Rule, Update, list};
pub use resource_keys::{CLIENT_METRICS_KEYS, GROUP_KEYS};
pub use scope::Scope;
pub use topic_keys::TOPIC_KEYS;
pub use validate::{validate_broker_change, validate_resource, validate_topic};

/// The table entry of a topic key.
pub fn topic_key(name: &str) -> Option<&'static Key> {
    TOPIC_KEYS.iter().find(|key| key.name == name)
}

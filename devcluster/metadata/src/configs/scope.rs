//! One node's view of configuration: which value is in force.

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;

use super::{broker_key, topic_key};
use crate::image::{Configs, ResourceType};

/// Dynamic configuration, seen by a node with static properties.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// What was set dynamically.
    pub configs: &'a Configs,
    /// The node, whose own dynamic values come before those of all.
    pub node: NodeId,
    /// The node's properties by Kafka's names.
    pub static_config: &'a BTreeMap<String, String>,
}

/// Where a value comes from (wire numbers of `ConfigSource` in DescribeConfigs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Topic = 1,
    Broker = 2,
    DefaultBroker = 3,
    Static = 4,
    Default = 5,
    ClientMetrics = 7,
    Group = 8,
}

/// The tiers of a broker's configuration, highest first.
pub(super) const BROKER_TIERS: [Source; 4] =
    [Source::Broker, Source::DefaultBroker, Source::Static, Source::Default];

/// Keys of a broker that give the value of a key, first to last.
pub(super) fn broker_names(key: &str) -> Vec<&str> {
    match broker_key(key) {
        Some(known) if !known.synonyms.is_empty() => {
            std::iter::once(key).chain(known.synonyms.iter().copied()).collect()
        }
        _ => vec![key],
    }
}

impl<'a> Scope<'a> {
    /// What one tier of the broker's configuration says of a key.
    pub(super) fn in_tier(&self, tier: Source, key: &str) -> Option<&'a str> {
        match tier {
            Source::Broker => self.configs.get(ResourceType::Broker, &self.node.to_string(), key),
            Source::DefaultBroker => self.configs.get(ResourceType::Broker, "", key),
            Source::Static => self.static_config.get(key).map(String::as_str),
            Source::Default => broker_key(key).and_then(|k| k.default),
            Source::Topic | Source::ClientMetrics | Source::Group => None,
        }
    }

    /// The first value that any of these broker keys has, with the key that has it.
    fn first_of(&self, names: &[&'a str]) -> Option<(&'a str, &'a str)> {
        BROKER_TIERS.iter().find_map(|tier| {
            names.iter().find_map(|name| self.in_tier(*tier, name).map(|value| (*name, value)))
        })
    }

    /// The value of a broker key that is in force; `None` if nothing gives it one.
    pub fn broker(&self, key: &'a str) -> Option<&'a str> {
        self.first_of(&broker_names(key)).map(|(_, value)| value)
    }

    /// The value of a topic key that is in force, in the topic key's unit; empty for an unknown key.
    ///
    /// A topic without own configuration, or that does not exist, has what the broker gives.
    pub fn topic(&self, topic: &str, key: &str) -> String {
        match self.configs.get(ResourceType::Topic, topic, key) {
            Some(own) => own.to_owned(),
            None => self.topic_default(key),
        }
    }

    /// The value that a topic without own configuration has.
    pub fn topic_default(&self, key: &str) -> String {
        let Some(key) = topic_key(key) else {
            return String::new();
        };
        match self.first_of(key.synonyms) {
            Some((name, value)) => convert_unit(name, value),
            None => key.default.unwrap_or_default().to_owned(),
        }
    }

    /// A topic key as a whole number; the table's default if the value in force is none.
    pub fn topic_i64(&self, topic: &str, key: &str) -> i64 {
        let parse = |value: &str| value.trim().parse().ok();
        let fallback = || topic_key(key)?.default.and_then(parse);
        parse(&self.topic(topic, key)).or_else(fallback).unwrap_or(0)
    }

    /// A topic key as a truth value.
    pub fn topic_bool(&self, topic: &str, key: &str) -> bool {
        self.topic(topic, key).trim().eq_ignore_ascii_case("true")
    }

    /// A broker key as a whole number; the table's default if the value in force is none.
    pub fn broker_i64(&self, key: &'a str) -> i64 {
        let parse = |value: &str| value.trim().parse().ok();
        let fallback = || broker_key(key)?.default.and_then(parse);
        self.broker(key).and_then(parse).or_else(fallback).unwrap_or(0)
    }

    /// A broker key as a truth value.
    pub fn broker_bool(&self, key: &'a str) -> bool {
        self.broker(key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    }
}

/// Turns hours and minutes into the milliseconds of the topic key.
pub(super) fn convert_unit(broker_key: &str, value: &str) -> String {
    let factor: i64 = match broker_key {
        "log.retention.hours" | "log.roll.hours" | "log.roll.jitter.hours" => 3_600_000,
        "log.retention.minutes" => 60_000,
        _ => return value.to_owned(),
    };
    match value.trim().parse::<i64>() {
        Ok(negative) if negative < 0 => "-1".to_owned(),
        Ok(count) => count.saturating_mul(factor).to_string(),
        Err(_) => value.to_owned(),
    }
}

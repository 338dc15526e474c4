//! The configuration keys of brokers (Kafka: `KafkaConfig`), all that a 4.1 broker lists.
//!
//! What nothing here acts on is marked as inert: it is accepted, so that properties of a real cluster fit, and
//! DescribeConfigs says that it has no effect.

mod coordination;
mod process;
mod security;
mod storage;

use super::key::{Key, Kind, Rule, Update};

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    update: Update,
    doc: &'static str,
) -> Key {
    Key { name, kind, default, update, synonyms: &[], rule: Rule::Any, has_effect: true, doc }
}

/// A key that is accepted and shown, and that nothing acts on.
const fn inert(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    update: Update,
    doc: &'static str,
) -> Key {
    Key { has_effect: false, ..key(name, kind, default, update, doc) }
}

const fn ruled(key: Key, rule: Rule) -> Key {
    Key { rule, ..key }
}

/// A key whose value other keys give if it is not set.
const fn named(key: Key, synonyms: &'static [&'static str]) -> Key {
    Key { synonyms, ..key }
}

static PARTS: [&[Key]; 4] = [storage::KEYS, coordination::KEYS, security::KEYS, process::KEYS];

/// All broker keys.
pub fn broker_keys() -> impl Iterator<Item = &'static Key> {
    PARTS.iter().flat_map(|part| part.iter())
}

/// The table entry of a broker key.
pub fn broker_key(name: &str) -> Option<&'static Key> {
    PARTS.iter().find_map(|part| {
        let index = part.binary_search_by_key(&name, |key| key.name).ok()?;
        part.get(index)
    })
}

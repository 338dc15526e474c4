//! Whether configuration may be set: known keys, values of the right form, keys that fit together.
//!
//! The controller checks topics, groups and metrics; what a broker may change at run time is checked by a broker
//! before it forwards the request.

use std::collections::BTreeMap;

use super::key::{BadValue, Key, Update};
use super::{CLIENT_METRICS_KEYS, GROUP_KEYS, Scope, broker_key, list, topic_key};
use crate::image::ResourceType;

fn bad(key: &str, value: &str, reason: impl Into<String>) -> BadValue {
    BadValue { key: key.to_owned(), value: Some(value.to_owned()), reason: reason.into() }
}

/// Checks all of a topic's own configuration as it would be.
///
/// # Errors
/// The first key that is unknown or has a value it cannot take.
pub fn validate_topic(values: &BTreeMap<String, String>, scope: &Scope<'_>) -> Result<(), BadValue> {
    for (name, value) in values {
        let key = topic_key(name).ok_or_else(|| bad(name, value, "Unknown topic config name"))?;
        key.check(value)?;
    }
    let effective = |key: &str| match values.get(key) {
        Some(own) => own.trim().parse::<i64>().ok(),
        None => scope.topic_default(key).trim().parse().ok(),
    };
    if let (Some(min), Some(max)) = (effective("min.compaction.lag.ms"), effective("max.compaction.lag.ms"))
        && min > max
    {
        let value = values.get("min.compaction.lag.ms").cloned().unwrap_or_else(|| min.to_string());
        let reason = format!("must not be larger than max.compaction.lag.ms, which is {max}");
        return Err(bad("min.compaction.lag.ms", &value, reason));
    }
    Ok(())
}

/// Checks all configuration of a group or of a metrics subscription as it would be.
///
/// # Errors
/// The first key that is unknown or has a value it cannot take.
pub fn validate_resource(kind: ResourceType, values: &BTreeMap<String, String>) -> Result<(), BadValue> {
    let (keys, what): (&[Key], &str) = match kind {
        ResourceType::Group => (GROUP_KEYS, "Unknown group config name"),
        ResourceType::ClientMetrics => (CLIENT_METRICS_KEYS, "Unknown client metrics configuration"),
        ResourceType::Topic | ResourceType::Broker | ResourceType::BrokerLogger => return Ok(()),
    };
    for (name, value) in values {
        let key = keys.iter().find(|k| k.name == *name).ok_or_else(|| bad(name, value, what))?;
        key.check(value)?;
    }
    if kind == ResourceType::ClientMetrics {
        const SELECTORS: [&str; 6] = [
            "client_instance_id",
            "client_id",
            "client_software_name",
            "client_software_version",
            "client_source_address",
            "client_source_port",
        ];
        for pattern in list(values.get("match").map_or("", String::as_str)) {
            let selector = pattern.split_once('=').map(|(selector, _)| selector.trim());
            if !selector.is_some_and(|s| SELECTORS.contains(&s)) {
                return Err(bad("match", pattern, "Illegal client matching pattern"));
            }
        }
    }
    Ok(())
}

/// Checks one change of a broker's dynamic configuration, before a broker forwards it; no value deletes the key.
///
/// `cluster_wide` says that the change is for all brokers. Unknown keys pass: they may belong to a plugin.
///
/// # Errors
/// A key that takes effect only after a restart, or only for one broker; a value the key cannot take.
pub fn validate_broker_change(name: &str, value: Option<&str>, cluster_wide: bool) -> Result<(), BadValue> {
    let shown = || value.map(str::to_owned);
    let base = listener_key(name).unwrap_or(name);
    let Some(key) = broker_key(base) else {
        return Ok(());
    };
    let refuse =
        |reason: &str| Err(BadValue { key: name.to_owned(), value: shown(), reason: reason.to_owned() });
    match key.update {
        Update::ReadOnly => return refuse("Cannot update this config dynamically"),
        Update::PerBroker if cluster_wide => {
            return refuse("Cannot update this config at the default cluster level");
        }
        Update::PerBroker | Update::ClusterWide => {}
    }
    value.map_or(Ok(()), |value| key.check(value))
}

/// The key without the prefix that binds it to one listener: `listener.name.<listener>.<key>`.
fn listener_key(name: &str) -> Option<&str> {
    name.strip_prefix("listener.name.")?.split_once('.').map(|(_, key)| key)
}

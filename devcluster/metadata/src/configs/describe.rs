//! DescribeConfigs: every key of a resource with its value, where it comes from, and its synonyms.
//!
//! Which node must answer for a resource is the node's question.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::message::StrBytes;
use kr_wire::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsSynonym};

use super::key::{Key, Update};
use super::scope::{BROKER_TIERS, Source, broker_names, convert_unit};
use super::{CLIENT_METRICS_KEYS, GROUP_KEYS, Scope, TOPIC_KEYS, broker_key, broker_keys};
use crate::controller::Refusal;
use crate::image::ResourceType;

/// What a DescribeConfigs request wants to know of a resource.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The keys; `None` for all.
    pub keys: Option<&'a [StrBytes]>,
    /// Whether to list synonyms.
    pub synonyms: bool,
    /// Whether to explain keys.
    pub documentation: bool,
}

impl Wanted<'_> {
    fn wants(&self, name: &str) -> bool {
        self.keys.is_none_or(|keys| keys.is_empty() || keys.iter().any(|k| &**k == name))
    }

    fn documentation(&self, key: Option<&Key>) -> Option<StrBytes> {
        let key = key.filter(|_| self.documentation)?;
        let remark = if key.has_effect { "" } else { " Accepted for compatibility; has no effect here." };
        Some(StrBytes::from(format!("{}{remark}", key.doc)))
    }
}

type Synonym = (String, Option<String>, Source);

fn synonym_result((name, value, source): Synonym) -> DescribeConfigsSynonym {
    DescribeConfigsSynonym::default()
        .with_name(StrBytes::from(name))
        .with_value(value.map(StrBytes::from))
        .with_source(source as i8)
}

fn result(
    name: &str,
    value: Option<String>,
    source: Source,
    synonyms: Vec<Synonym>,
    key: Option<&Key>,
    wanted: &Wanted<'_>,
) -> DescribeConfigsResourceResult {
    // A key that is not in the table might hold a secret.
    let sensitive = key.is_none_or(Key::is_sensitive);
    let listed = if wanted.synonyms { synonyms } else { Vec::new() };
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from(name.to_owned()))
        .with_value(value.filter(|_| !sensitive).map(StrBytes::from))
        .with_config_source(source as i8)
        .with_is_sensitive(sensitive)
        .with_synonyms(listed.into_iter().map(synonym_result).collect())
        .with_config_type(key.map_or(0, |k| k.kind as i8))
        .with_documentation(wanted.documentation(key))
}

impl<'a> Scope<'a> {
    /// What a broker key's synonyms say, tier by tier, highest first.
    ///
    /// The list starts with the key itself: values that only lesser synonyms have stand after it or not at all,
    /// as a broker shows them.
    fn synonyms(&self, key: &'a str, sensitive: bool) -> Vec<Synonym> {
        let names = broker_names(key);
        let mut found = Vec::new();
        for tier in BROKER_TIERS {
            for name in &names {
                if let Some(value) = self.in_tier(tier, name) {
                    found.push(((*name).to_owned(), (!sensitive).then(|| value.to_owned()), tier));
                }
            }
        }
        found.into_iter().skip_while(|(name, ..)| name != key).collect()
    }

    /// All keys of a topic, which must exist.
    pub fn describe_topic(&self, topic: &str, wanted: &Wanted<'_>) -> Vec<DescribeConfigsResourceResult> {
        TOPIC_KEYS
            .iter()
            .filter(|key| wanted.wants(key.name))
            .map(|key| {
                let own = self.configs.get(ResourceType::Topic, topic, key.name);
                let mut synonyms =
                    key.synonyms.first().map(|first| self.synonyms(first, false)).unwrap_or_default();
                if let Some(own) = own {
                    synonyms.insert(0, (key.name.to_owned(), Some(own.to_owned()), Source::Topic));
                }
                let source = synonyms.first().map_or(Source::Default, |s| s.2);
                result(key.name, Some(self.topic(topic, key.name)), source, synonyms, Some(key), wanted)
            })
            .collect()
    }

    /// All keys of this node as a broker or controller; unknown keys that were set dynamically as well.
    pub fn describe_broker(&self, wanted: &Wanted<'_>) -> Vec<DescribeConfigsResourceResult> {
        let known = broker_keys().map(|key| key.name);
        let own = self.configs.resource(ResourceType::Broker, &self.node.to_string());
        let all = self.configs.resource(ResourceType::Broker, "");
        let set = own.into_iter().chain(all).flat_map(|values| values.keys().map(String::as_str));
        let mut unknown: Vec<&str> = set.filter(|name| broker_key(name).is_none()).collect();
        unknown.sort_unstable();
        unknown.dedup();
        known
            .chain(unknown)
            .filter(|name| wanted.wants(name))
            .map(|name| self.broker_entry(name, wanted))
            .collect()
    }

    fn broker_entry(&self, name: &'a str, wanted: &Wanted<'_>) -> DescribeConfigsResourceResult {
        let key = broker_key(name);
        let synonyms = self.synonyms(name, key.is_none_or(Key::is_sensitive));
        let source = synonyms.first().map_or(Source::Default, |s| s.2);
        // The key's own value, not that of a synonym in another unit.
        let value = BROKER_TIERS.iter().find_map(|tier| self.in_tier(*tier, name)).map(str::to_owned);
        let read_only = key.is_some_and(|k| k.update == Update::ReadOnly);
        result(name, value, source, synonyms, key, wanted).with_read_only(read_only)
    }

    /// What was set dynamically for all brokers.
    pub fn describe_broker_defaults(&self, wanted: &Wanted<'_>) -> Vec<DescribeConfigsResourceResult> {
        let set = self.configs.resource(ResourceType::Broker, "");
        set.into_iter()
            .flatten()
            .filter(|(name, _)| wanted.wants(name))
            .map(|(name, value)| {
                let synonyms = self.synonyms(name, broker_key(name).is_none_or(Key::is_sensitive));
                let key = broker_key(name);
                result(name, Some(value.clone()), Source::DefaultBroker, synonyms, key, wanted)
            })
            .collect()
    }

    fn describe_plain(
        &self,
        kind: ResourceType,
        name: &str,
        keys: &'static [Key],
        wanted: &Wanted<'_>,
    ) -> Vec<DescribeConfigsResourceResult> {
        let source = if kind == ResourceType::Group { Source::Group } else { Source::ClientMetrics };
        keys.iter()
            .filter(|key| wanted.wants(key.name))
            .map(|key| {
                let own = self.configs.get(kind, name, key.name).map(str::to_owned);
                let mut synonyms = Vec::new();
                if let Some(own) = &own {
                    synonyms.push((key.name.to_owned(), Some(own.clone()), source));
                }
                if let (ResourceType::Group, Some(default)) = (kind, key.default) {
                    synonyms.push((key.name.to_owned(), Some(default.to_owned()), Source::Default));
                }
                let from = if own.is_some() { source } else { Source::Default };
                let value = own.or_else(|| key.default.map(str::to_owned));
                result(key.name, value, from, synonyms, Some(key), wanted)
            })
            .collect()
    }

    /// Answers for one resource of a DescribeConfigs request; that a topic exists is the caller's to check.
    ///
    /// # Errors
    /// INVALID_REQUEST for a broker that is not this node, or for a kind that is not described here.
    pub fn describe(
        &self,
        resource_type: i8,
        name: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<DescribeConfigsResourceResult>, Refusal> {
        let invalid = |message: String| Refusal::new(ErrorCode::INVALID_REQUEST, message);
        match ResourceType::from_wire(resource_type) {
            Some(ResourceType::Topic) => Ok(self.describe_topic(name, wanted)),
            Some(ResourceType::Broker) if name.is_empty() => Ok(self.describe_broker_defaults(wanted)),
            Some(ResourceType::Broker) => match name.parse().map(NodeId) {
                Ok(id) if id == self.node => Ok(self.describe_broker(wanted)),
                Ok(_) => Err(invalid(format!(
                    "Unexpected broker id, expected {} or empty string, but received {name}",
                    self.node
                ))),
                Err(_) => Err(invalid(format!("Broker id must be an integer, but it is: {name}"))),
            },
            Some(ResourceType::Group) => {
                Ok(self.describe_plain(ResourceType::Group, name, GROUP_KEYS, wanted))
            }
            Some(ResourceType::ClientMetrics) => {
                Ok(self.describe_plain(ResourceType::ClientMetrics, name, CLIENT_METRICS_KEYS, wanted))
            }
            Some(ResourceType::BrokerLogger) | None => {
                Err(invalid(format!("Unsupported resource type: {resource_type}")))
            }
        }
    }

    /// The configuration of a topic that is about to be created: effective values by name, with their source.
    pub(crate) fn creatable(&self, own: &BTreeMap<String, String>) -> Vec<(&'static Key, String, i8)> {
        let mut keys: Vec<&'static Key> = TOPIC_KEYS.iter().collect();
        keys.sort_unstable_by_key(|key| key.name);
        keys.into_iter()
            .map(|key| {
                if let Some(value) = own.get(key.name) {
                    return (key, value.clone(), Source::Topic as i8);
                }
                for tier in BROKER_TIERS {
                    for name in key.synonyms {
                        if let Some(value) = self.in_tier(tier, name) {
                            return (key, convert_unit(name, value), tier as i8);
                        }
                    }
                }
                (key, key.default.unwrap_or_default().to_owned(), Source::Default as i8)
            })
            .collect()
    }
}

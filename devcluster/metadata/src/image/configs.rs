//! Dynamic configuration: what was set by request, per resource and key.
//!
//! Defaults, static configuration and precedence between them are `crate::configs`'.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::metadata_records::ConfigRecord;

/// A kind of resource that has a configuration (wire numbers of `ConfigResource.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    /// A topic.
    Topic,
    /// A broker or controller by id, or all of them with an empty name.
    Broker,
    /// Loggers of one broker; never stored.
    BrokerLogger,
    /// A client metrics subscription (KIP-714).
    ClientMetrics,
    /// A group.
    Group,
}

impl ResourceType {
    /// Reads the number of the wire.
    pub fn from_wire(number: i8) -> Option<Self> {
        match number {
            2 => Some(Self::Topic),
            4 => Some(Self::Broker),
            8 => Some(Self::BrokerLogger),
            16 => Some(Self::ClientMetrics),
            32 => Some(Self::Group),
            _ => None,
        }
    }

    /// The number of the wire.
    pub fn to_wire(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }
}

type Values = BTreeMap<String, String>;

/// All dynamic configuration. Resources of numbers unknown here are kept, so that a snapshot loses nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configs {
    resources: Arc<BTreeMap<i8, BTreeMap<String, Arc<Values>>>>,
}

impl Configs {
    /// The value set for one key of a resource.
    pub fn get(&self, kind: ResourceType, name: &str, key: &str) -> Option<&str> {
        self.resource(kind, name)?.get(key).map(String::as_str)
    }

    /// All that is set for a resource, by key.
    pub fn resource(&self, kind: ResourceType, name: &str) -> Option<&BTreeMap<String, String>> {
        self.resources.get(&kind.to_wire())?.get(name).map(Arc::as_ref)
    }

    /// Names of the resources of a kind for which anything is set, sorted.
    pub fn names(&self, kind: ResourceType) -> impl Iterator<Item = &str> {
        self.resources.get(&kind.to_wire()).into_iter().flat_map(|by_name| by_name.keys().map(String::as_str))
    }

    /// Sets or deletes a key; a resource without keys is gone.
    pub(super) fn replay(&mut self, record: &ConfigRecord) {
        let resources = Arc::make_mut(&mut self.resources);
        let by_name = resources.entry(record.resource_type).or_default();
        match &record.value {
            Some(value) => {
                let values = by_name.entry(record.resource_name.clone()).or_default();
                Arc::make_mut(values).insert(record.name.clone(), value.clone());
            }
            None => {
                if let Some(values) = by_name.get_mut(&record.resource_name) {
                    Arc::make_mut(values).remove(&record.name);
                    if values.is_empty() {
                        by_name.remove(&record.resource_name);
                    }
                }
            }
        }
        if by_name.is_empty() {
            resources.remove(&record.resource_type);
        }
    }

    /// Forgets what was set for a deleted topic.
    pub(super) fn remove_topic(&mut self, topic: &str) {
        let kind = ResourceType::Topic.to_wire();
        if !self.resources.get(&kind).is_some_and(|by_name| by_name.contains_key(topic)) {
            return;
        }
        let resources = Arc::make_mut(&mut self.resources);
        if let Some(by_name) = resources.get_mut(&kind) {
            by_name.remove(topic);
            if by_name.is_empty() {
                resources.remove(&kind);
            }
        }
    }

    pub(super) fn records(&self) -> impl Iterator<Item = ConfigRecord> {
        let of = |kind: i8, resource: &str, (key, value): (&String, &String)| ConfigRecord {
            resource_type: kind,
            resource_name: resource.to_owned(),
            name: key.clone(),
            value: Some(value.clone()),
        };
        self.resources.iter().flat_map(move |(kind, by_name)| {
            by_name
                .iter()
                .flat_map(move |(name, values)| values.iter().map(move |pair| of(*kind, name, pair)))
        })
    }

    /// Resources whose settings differ, each with its kind.
    pub(crate) fn difference(&self, other: &Self) -> Vec<(ResourceType, String)> {
        if Arc::ptr_eq(&self.resources, &other.resources) {
            return Vec::new();
        }
        let mut changed = Vec::new();
        let none = BTreeMap::new();
        for kind in [
            ResourceType::Topic,
            ResourceType::Broker,
            ResourceType::BrokerLogger,
            ResourceType::ClientMetrics,
            ResourceType::Group,
        ] {
            let old = self.resources.get(&kind.to_wire()).unwrap_or(&none);
            let new = other.resources.get(&kind.to_wire()).unwrap_or(&none);
            let gone = old.keys().filter(|name| !new.contains_key(*name));
            let set = new
                .iter()
                .filter(|(name, values)| {
                    !old.get(*name).is_some_and(|v| Arc::ptr_eq(v, values) || v == *values)
                })
                .map(|(name, _)| name);
            changed.extend(gone.chain(set).map(|name| (kind, name.clone())));
        }
        changed
    }
}

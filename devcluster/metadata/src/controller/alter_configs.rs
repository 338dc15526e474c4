//! IncrementalAlterConfigs (44) and AlterConfigs (33): dynamic configuration changes resource by resource.
//!
//! Keys of brokers are taken as they come: a broker has checked them before forwarding. BROKER_LOGGER never gets
//! here; it is not stored.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::message::StrBytes;
use kr_wire::messages::incremental_alter_configs_request as incremental;
use kr_wire::messages::{
    AlterConfigsRequest, AlterConfigsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse, alter_configs_response, incremental_alter_configs_response,
};
use kr_wire::metadata_records::{ClearElrRecord, ConfigRecord, MetadataRecord};

use super::{Call, Controller, Outcome, Refusal};
use crate::configs::{self, Kind, list, validate_resource, validate_topic};
use crate::image::ResourceType;
use crate::topic_name;

const MIN_ISR: &str = "min.insync.replicas";

/// A resource as requests name it.
type Resource = (i8, StrBytes);

/// What shall become of a key: a value, or nothing.
type Changes = BTreeMap<String, Option<String>>;

fn invalid_config(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::INVALID_CONFIG, message)
}

fn invalid_request(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::INVALID_REQUEST, message)
}

/// Values longer than a plain string of the wire cannot be told to anyone.
pub(super) fn check_length(key: &str, value: &str) -> Result<(), Refusal> {
    if value.len() > i16::MAX as usize {
        return Err(invalid_config(format!("the value of {key} is longer than {} bytes", i16::MAX)));
    }
    Ok(())
}

impl Controller {
    /// Sets, deletes, appends to and subtracts from keys; each resource succeeds or fails alone.
    ///
    /// Errors per resource: INVALID_CONFIG, INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION,
    /// BROKER_ID_NOT_REGISTERED, INVALID_TOPIC_EXCEPTION.
    pub fn incremental_alter_configs(
        &mut self,
        request: &IncrementalAlterConfigsRequest,
        _call: Call,
    ) -> Outcome<IncrementalAlterConfigsResponse> {
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.resources.len());
        let named = |r: &incremental::AlterConfigsResource| (r.resource_type, r.resource_name.clone());
        let times = count(request.resources.iter().map(named));
        for resource in &request.resources {
            let key = named(resource);
            let outcome = once(&times, &key)
                .and_then(|kind| Ok((kind, self.incremental_changes(kind, &key.1, &resource.configs)?)))
                .and_then(|(kind, changes)| self.change_configs(kind, &key.1, &changes));
            let response = incremental_alter_configs_response::AlterConfigsResourceResponse::default()
                .with_error_message(None)
                .with_resource_type(key.0)
                .with_resource_name(key.1);
            responses.push(match outcome {
                Ok(changed) => {
                    records.extend(changed);
                    response
                }
                Err(e) => response.with_error_code(e.code.0).with_error_message(e.text()),
            });
        }
        if request.validate_only {
            records.clear();
        }
        Outcome::atomic(records, IncrementalAlterConfigsResponse::default().with_responses(responses))
    }

    /// Replaces all of a resource's configuration; each resource succeeds or fails alone.
    ///
    /// Errors per resource: those of [`incremental_alter_configs`](Self::incremental_alter_configs).
    pub fn alter_configs(
        &mut self,
        request: &AlterConfigsRequest,
        _call: Call,
    ) -> Outcome<AlterConfigsResponse> {
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.resources.len());
        let times = count(request.resources.iter().map(|r| (r.resource_type, r.resource_name.clone())));
        for resource in &request.resources {
            let key = (resource.resource_type, resource.resource_name.clone());
            let outcome = once(&times, &key).and_then(|kind| {
                let set = |c: &kr_wire::messages::alter_configs_request::AlterableConfig| {
                    let value = c.value.as_ref().ok_or_else(|| null_value(kind, &c.name))?;
                    Ok((c.name.to_string(), Some(value.to_string())))
                };
                let mut changes = resource.configs.iter().map(set).collect::<Result<Changes, Refusal>>()?;
                for old in self.image.configs().resource(kind, &key.1).into_iter().flat_map(BTreeMap::keys) {
                    changes.entry(old.clone()).or_insert(None);
                }
                self.change_configs(kind, &key.1, &changes)
            });
            let response = alter_configs_response::AlterConfigsResourceResponse::default()
                .with_error_message(None)
                .with_resource_type(key.0)
                .with_resource_name(key.1);
            responses.push(match outcome {
                Ok(changed) => {
                    records.extend(changed);
                    response
                }
                Err(e) => response.with_error_code(e.code.0).with_error_message(e.text()),
            });
        }
        if request.validate_only {
            records.clear();
        }
        Outcome::atomic(records, AlterConfigsResponse::default().with_responses(responses))
    }

    /// Turns operations into values, each on what the earlier ones left.
    fn incremental_changes(
        &self,
        kind: ResourceType,
        name: &str,
        operations: &[incremental::AlterableConfig],
    ) -> Result<Changes, Refusal> {
        let mut changes = Changes::new();
        for operation in operations {
            let key = operation.name.to_string();
            let value = || operation.value.as_deref().ok_or_else(|| null_value(kind, &key));
            let changed = match operation.config_operation {
                0 => Some(value()?.to_owned()),
                1 => None,
                2 | 3 => {
                    let Some(known) = key_of(kind, &key).filter(|k| k.kind == Kind::List) else {
                        return Err(invalid_config(format!(
                            "Can't append or subtract on {key}: its type is not LIST"
                        )));
                    };
                    let old = match changes.get(&key) {
                        Some(changed) => changed.as_deref(),
                        None => self.image.configs().get(kind, name, &key),
                    };
                    let old = old.or(known.default).unwrap_or_default();
                    Some(edit_list(old, value()?, operation.config_operation == 2))
                }
                other => return Err(invalid_request(format!("unknown operation {other} for {key}"))),
            };
            changes.insert(key, changed);
        }
        Ok(changes)
    }

    /// Checks what a resource's configuration would be, and says it in records.
    fn change_configs(
        &self,
        kind: ResourceType,
        name: &str,
        changes: &Changes,
    ) -> Result<Vec<MetadataRecord>, Refusal> {
        let current = self.image.configs().resource(kind, name).cloned().unwrap_or_default();
        let mut wanted = current.clone();
        for (key, value) in changes {
            match value {
                Some(value) => {
                    check_length(key, value)?;
                    wanted.insert(key.clone(), value.clone());
                }
                None => {
                    wanted.remove(key);
                }
            }
        }
        self.check_resource(kind, name)?;
        match kind {
            ResourceType::Topic => {
                validate_topic(&wanted, &self.scope()).map_err(|e| invalid_config(e.to_string()))?;
            }
            ResourceType::Group | ResourceType::ClientMetrics => {
                validate_resource(kind, &wanted).map_err(|e| invalid_config(e.to_string()))?;
            }
            ResourceType::Broker => self.check_min_isr(name, changes)?,
            ResourceType::BrokerLogger => {
                return Err(invalid_request("loggers have no stored configuration"));
            }
        }
        // A broker's record is written even without a change: it makes the broker read its key stores again.
        let same = |key: &String, value: &Option<String>| current.get(key) == value.as_ref();
        let changed = changes.iter().filter(|(key, value)| kind == ResourceType::Broker || !same(key, value));
        let mut records: Vec<MetadataRecord> = changed
            .map(|(key, value)| {
                ConfigRecord {
                    resource_type: kind.to_wire(),
                    resource_name: name.to_owned(),
                    name: key.clone(),
                    value: value.clone(),
                }
                .into()
            })
            .collect();
        let min_isr_changed = changes.get(MIN_ISR).is_some_and(|value| !same(&MIN_ISR.to_owned(), value));
        if min_isr_changed && self.image.elr_enabled() {
            // Who is eligible depends on the minimum: start over.
            let topic_name = if kind == ResourceType::Topic { name.to_owned() } else { String::new() };
            records.push(ClearElrRecord { topic_name }.into());
        }
        Ok(records)
    }

    fn check_resource(&self, kind: ResourceType, name: &str) -> Result<(), Refusal> {
        match kind {
            ResourceType::Topic => {
                if name.is_empty() {
                    return Err(invalid_request("Default topic resources are not allowed."));
                }
                topic_name::check(name)
                    .map_err(|e| Refusal::new(ErrorCode::INVALID_TOPIC_EXCEPTION, e.to_string()))?;
                match self.image.topic_by_name(name) {
                    Some(_) => Ok(()),
                    None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into()),
                }
            }
            ResourceType::Broker if name.is_empty() => Ok(()),
            ResourceType::Broker => match name.parse::<i32>() {
                Ok(id) if id >= 0 => {
                    let id = NodeId(id);
                    if self.image.broker(id).is_none() && self.image.controller(id).is_none() {
                        return Err(Refusal::new(
                            ErrorCode::BROKER_ID_NOT_REGISTERED,
                            format!("node {id} is not registered"),
                        ));
                    }
                    Ok(())
                }
                _ => Err(invalid_request(format!("Unable to parse broker name as a base 10 number: {name}"))),
            },
            ResourceType::Group | ResourceType::ClientMetrics if name.is_empty() => {
                Err(invalid_request("Default resources of this type are not allowed."))
            }
            ResourceType::Group | ResourceType::ClientMetrics | ResourceType::BrokerLogger => Ok(()),
        }
    }

    /// With ELR the minimum must be the same for all brokers (KIP-966).
    fn check_min_isr(&self, name: &str, changes: &Changes) -> Result<(), Refusal> {
        match changes.get(MIN_ISR) {
            Some(_) if self.image.elr_enabled() && !name.is_empty() => Err(invalid_config(format!(
                "{MIN_ISR} cannot be set for one broker while eligible leader replicas are enabled"
            ))),
            Some(None) if self.image.elr_enabled() => Err(invalid_config(format!(
                "{MIN_ISR} of the cluster cannot be removed while eligible leader replicas are enabled"
            ))),
            Some(Some(value)) if !value.trim().parse::<i32>().is_ok_and(|min| min >= 1) => {
                Err(invalid_config(format!("{value} is no value for {MIN_ISR}: it must be at least 1")))
            }
            _ => Ok(()),
        }
    }
}

fn count(resources: impl Iterator<Item = Resource>) -> BTreeMap<Resource, usize> {
    let mut times = BTreeMap::new();
    for resource in resources {
        *times.entry(resource).or_default() += 1;
    }
    times
}

/// The kind of a resource that is named once.
fn once(times: &BTreeMap<Resource, usize>, resource: &Resource) -> Result<ResourceType, Refusal> {
    if times.get(resource).is_some_and(|count| *count > 1) {
        return Err(invalid_request("Duplicate resource in request."));
    }
    ResourceType::from_wire(resource.0)
        .ok_or_else(|| invalid_request(format!("unknown resource type {}", resource.0)))
}

fn null_value(kind: ResourceType, key: &str) -> Refusal {
    match kind {
        ResourceType::Topic => invalid_config(format!("Null value not supported for topic configs: {key}")),
        _ => invalid_request(format!("Null value not supported for {key}")),
    }
}

fn key_of(kind: ResourceType, name: &str) -> Option<&'static configs::Key> {
    match kind {
        ResourceType::Topic => configs::topic_key(name),
        ResourceType::Broker | ResourceType::BrokerLogger => configs::broker_key(name),
        ResourceType::Group => configs::GROUP_KEYS.iter().find(|k| k.name == name),
        ResourceType::ClientMetrics => configs::CLIENT_METRICS_KEYS.iter().find(|k| k.name == name),
    }
}

/// Adds elements that are not there, or takes elements away.
fn edit_list(old: &str, elements: &str, append: bool) -> String {
    let mut result: Vec<&str> = list(old).collect();
    for element in list(elements) {
        if !append {
            result.retain(|present| *present != element);
        } else if !result.contains(&element) {
            result.push(element);
        }
    }
    result.join(",")
}

#[cfg(test)]
mod tests {
    use super::edit_list;

    #[test]
    fn append_skips_what_is_there_and_subtract_takes_it_away() {
        assert_eq!(edit_list("compact", "compact, delete", true), "compact,delete");
        assert_eq!(edit_list("", "a", true), "a");
        assert_eq!(edit_list("a,b,c", "b,d", false), "a,c");
    }
}

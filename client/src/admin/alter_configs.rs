//! Changes of configs, key by key (KIP-339; Kafka 2.3 and newer). Keys that are not named stay as they are.

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;
use kr_wire::messages::IncrementalAlterConfigsRequest;
use kr_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use tokio::task::JoinSet;

use super::configs::ConfigTarget;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// What happens to a key (`AlterConfigOp.OpType`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigOp {
    /// Set to this value.
    Set(String),
    /// Set back to what holds without it.
    Unset,
    /// Add these items to a list, with commas between.
    Append(String),
    /// Take these items out of a list, with commas between.
    Subtract(String),
}

impl ConfigOp {
    /// What a key is set to afterwards when it was `before`; none when it is not set.
    pub fn applied_to(&self, before: Option<&str>) -> Option<String> {
        let before = || list_items(before.unwrap_or_default());
        match self {
            Self::Set(value) => Some(value.clone()),
            Self::Unset => None,
            Self::Append(more) => {
                let mut all: Vec<&str> = before().collect();
                for item in list_items(more) {
                    if !all.contains(&item) {
                        all.push(item);
                    }
                }
                Some(all.join(","))
            }
            Self::Subtract(fewer) => {
                let stays = |item: &&str| !list_items(fewer).any(|gone| gone == *item);
                Some(before().filter(stays).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// The items of a config that is a list.
pub fn list_items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEdit {
    /// The key.
    pub name: String,
    /// What happens to it.
    pub op: ConfigOp,
}

impl ConfigEdit {
    /// Sets a key.
    pub fn set(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), op: ConfigOp::Set(value.into()) }
    }

    /// Sets a key back.
    pub fn unset(name: impl Into<String>) -> Self {
        Self { name: name.into(), op: ConfigOp::Unset }
    }

    fn to_wire(&self) -> AlterableConfig {
        let (op, value) = match &self.op {
            ConfigOp::Set(value) => (0, Some(value)),
            ConfigOp::Unset => (1, None),
            ConfigOp::Append(value) => (2, Some(value)),
            ConfigOp::Subtract(value) => (3, Some(value)),
        };
        AlterableConfig::default()
            .with_name(text(&self.name))
            .with_config_operation(op)
            .with_value(value.map(|value| text(value)))
    }
}

/// What became of each target, in the order in which they were given.
pub type AlteredConfigs = Vec<(ConfigTarget, Result<(), Error>)>;

impl Client {
    /// Changes configs, or with `validate_only` says whether they could be changed. A target's edits are made
    /// all or none.
    ///
    /// A broker's configs and loggers are asked of the broker itself, which alone can check them; everything else
    /// goes to the controller in one request.
    pub async fn alter_configs(
        &self,
        changes: &[(ConfigTarget, Vec<ConfigEdit>)],
        validate_only: bool,
    ) -> Result<AlteredConfigs, Error> {
        let mut asked = JoinSet::new();
        for (broker, group) in by_receiver(changes) {
            let client = self.clone();
            asked.spawn(async move { (client.alter_some(broker, &group, validate_only).await, group) });
        }
        let mut results = AlteredConfigs::new();
        while let Some(answered) = asked.join_next().await {
            let Ok((outcome, group)) = answered else { continue };
            match outcome {
                Ok(altered) => results.extend(altered),
                // Without a second receiver the failure is that of the call.
                Err(error) if group.len() == changes.len() => return Err(error),
                Err(error) => {
                    let reason = error.to_string();
                    results.extend(group.into_iter().map(|(target, _)| {
                        let what = format!("change the configs of {target}");
                        (target, Err(Error::Records { what, reason: reason.clone() }))
                    }));
                }
            }
        }
        let place = |target: &ConfigTarget| changes.iter().position(|(wanted, _)| wanted == target);
        results.sort_by_key(|(target, _)| place(target));
        Ok(results)
    }

    async fn alter_some(
        &self,
        broker: Option<NodeId>,
        changes: &[(ConfigTarget, Vec<ConfigEdit>)],
        validate_only: bool,
    ) -> Result<AlteredConfigs, Error> {
        let what = match changes {
            [(target, _)] => format!("change the configs of {target}"),
            _ => "change configs".to_owned(),
        };
        let resources: Vec<AlterConfigsResource> = changes
            .iter()
            .map(|(target, edits)| {
                let (kind, name) = target.resource();
                AlterConfigsResource::default()
                    .with_resource_type(kind)
                    .with_resource_name(text(&name))
                    .with_configs(edits.iter().map(ConfigEdit::to_wire).collect())
            })
            .collect();
        let build = |_| {
            IncrementalAlterConfigsRequest::default()
                .with_resources(resources.clone())
                .with_validate_only(validate_only)
        };
        let route = broker.map_or(Route::Controller, Route::Broker);
        let answer = self.request(route, &what, build, |_| Ok(())).await?;
        let mut responses = answer.response.responses;
        let result = |(target, _): &(ConfigTarget, Vec<ConfigEdit>)| {
            let (kind, name) = target.resource();
            let what = format!("change the configs of {target}");
            let is_its =
                |r: &kr_wire::messages::incremental_alter_configs_response::AlterConfigsResourceResponse| {
                    r.resource_type == kind && r.resource_name.as_str() == name
                };
            let result = match responses.iter().position(is_its) {
                Some(place) => {
                    let response = responses.swap_remove(place);
                    checked(what, response.error_code, response.error_message.as_ref())
                }
                None => Err(Error::Records { what, reason: "the answer leaves it out".to_owned() }),
            };
            (target.clone(), result)
        };
        Ok(changes.iter().map(result).collect())
    }
}

/// Changes by who must be asked.
fn by_receiver(
    changes: &[(ConfigTarget, Vec<ConfigEdit>)],
) -> BTreeMap<Option<NodeId>, Vec<(ConfigTarget, Vec<ConfigEdit>)>> {
    let mut groups = BTreeMap::<Option<NodeId>, Vec<_>>::new();
    for (target, edits) in changes {
        let broker = match target {
            ConfigTarget::Broker(id) | ConfigTarget::BrokerLogger(id) => Some(*id),
            _ => None,
        };
        groups.entry(broker).or_default().push((target.clone(), edits.clone()));
    }
    groups
}

//! Configs of topics and brokers, with where each value comes from.

use std::collections::BTreeMap;
use std::fmt;

use kr_wire::ids::NodeId;
use kr_wire::message::StrBytes;
use kr_wire::messages::describe_configs_request::DescribeConfigsResource;
use kr_wire::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kr_wire::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// What has configs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigTarget {
    /// A topic.
    Topic(String),
    /// A broker.
    Broker(NodeId),
    /// What is set for all brokers while they run.
    BrokerDefault,
    /// Log levels of a broker.
    BrokerLogger(NodeId),
    /// A subscription to metrics of clients (KIP-714).
    ClientMetrics(String),
    /// A group (KIP-848).
    Group(String),
}

impl ConfigTarget {
    /// `ConfigResource.Type` and the name on the wire; empty for the default of all brokers.
    pub fn resource(&self) -> (i8, String) {
        match self {
            Self::Topic(name) => (2, name.clone()),
            Self::Broker(id) => (4, id.to_string()),
            Self::BrokerDefault => (4, String::new()),
            Self::BrokerLogger(id) => (8, id.to_string()),
            Self::ClientMetrics(name) => (16, name.clone()),
            Self::Group(name) => (32, name.clone()),
        }
    }

    /// Who must answer: only a broker itself knows its static configs and its loggers.
    pub fn route(&self) -> Route<'static> {
        match self {
            Self::Broker(id) | Self::BrokerLogger(id) => Route::Broker(*id),
            _ => Route::Any,
        }
    }
}

impl fmt::Display for ConfigTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(name) => write!(f, "topic \"{name}\""),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::BrokerDefault => f.write_str("all brokers"),
            Self::BrokerLogger(id) => write!(f, "the loggers of broker {id}"),
            Self::ClientMetrics(name) => write!(f, "client metrics subscription \"{name}\""),
            Self::Group(name) => write!(f, "group \"{name}\""),
        }
    }
}

/// Where a value comes from (`DescribeConfigsResponse.ConfigSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on the broker while it runs.
    Broker,
    /// Set for all brokers while they run.
    BrokerDefault,
    /// In the broker's file.
    Static,
    /// Nobody set it.
    Default,
    /// The level of a logger of the broker.
    BrokerLogger,
    /// Set on the subscription to client metrics.
    ClientMetrics,
    /// Set on the group.
    Group,
    /// Another number.
    Other(i8),
}

impl ConfigSource {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
            Self::BrokerDefault => "broker-default",
            Self::Static => "static",
            Self::Default => "default",
            Self::BrokerLogger => "broker-logger",
            Self::ClientMetrics => "client-metrics",
            Self::Group => "group",
            Self::Other(_) => "other",
        }
    }
}

/// One config.
#[derive(Clone, Debug)]
pub struct ConfigEntry {
    /// Its name.
    pub name: String,
    /// Its value; none when it is a secret or not set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether the value is kept secret.
    pub is_sensitive: bool,
    /// Whether it cannot be changed while the node runs.
    pub is_read_only: bool,
    /// Everything that would give a value, what counts first; only when asked for.
    pub synonyms: Vec<ConfigSynonym>,
    /// `boolean`, `int`, `list` and so on; only from Kafka 2.6 on.
    pub value_type: Option<&'static str>,
    /// What it is for; only when asked for, and from Kafka 2.6 on.
    pub documentation: Option<String>,
}

/// Another place that gives a config its value when the ones before do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The name there: `log.retention.ms` on a broker for a topic's `retention.ms`.
    pub name: String,
    /// The value there; none when it is a secret or not set.
    pub value: Option<String>,
    /// The place.
    pub source: ConfigSource,
}

/// What is told of each config beyond its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigDetail {
    /// Also what would count if the value were not set.
    pub synonyms: bool,
    /// Also what it is for (Kafka 2.6 and newer).
    pub documentation: bool,
    /// Only these keys; all without.
    pub keys: Option<&'static [&'static str]>,
}

/// What became of each target.
pub type ConfigResult<T> = Vec<(ConfigTarget, Result<T, Error>)>;

impl Client {
    /// Configs of one topic or broker, ascending by name.
    pub async fn describe_configs(&self, target: &ConfigTarget) -> Result<Vec<ConfigEntry>, Error> {
        let mut described =
            self.describe_all_configs(std::slice::from_ref(target), ConfigDetail::default()).await?;
        described.pop().map_or_else(|| Err(left_out(target)), |(_, result)| result)
    }

    /// Configs of many targets, each ascending by name, in the order in which they were named.
    ///
    /// All that any broker can answer for is one request; brokers are asked for their own.
    pub async fn describe_all_configs(
        &self,
        targets: &[ConfigTarget],
        detail: ConfigDetail,
    ) -> Result<ConfigResult<Vec<ConfigEntry>>, Error> {
        let mut described = BTreeMap::new();
        for (route, targets) in by_route(targets) {
            let what = match targets.as_slice() {
                [one] => format!("describe the configs of {one}"),
                many => format!("describe the configs of {} resources", many.len()),
            };
            let resources: Vec<DescribeConfigsResource> =
                targets.iter().map(|target| resource(target, detail)).collect();
            let build = |version| {
                DescribeConfigsRequest::default()
                    .with_resources(resources.clone())
                    .with_include_synonyms(detail.synonyms)
                    .with_include_documentation(detail.documentation && version >= 3)
            };
            // What fails for the moment is asked again only if it is all there is.
            let check = |response: &DescribeConfigsResponse| match response.results.as_slice() {
                [one] => checked(what.clone(), one.error_code, one.error_message.as_ref()),
                _ => Ok(()),
            };
            let answered = self.request(route, &what, build, check).await;
            let answer = match (answered, targets.as_slice()) {
                (Err(error), [one]) => {
                    described.insert((*one).clone(), Err(error));
                    continue;
                }
                (answered, _) => answered?,
            };
            for result in answer.response.results {
                let key = (result.resource_type, result.resource_name.as_str().to_owned());
                let Some(target) = targets.iter().find(|target| target.resource() == key) else { continue };
                described.insert((*target).clone(), entries(target, result));
            }
        }
        let result = |target: &ConfigTarget| {
            (target.clone(), described.remove(target).unwrap_or_else(|| Err(left_out(target))))
        };
        Ok(targets.iter().map(result).collect())
    }
}

/// Targets by who must answer for them.
fn by_route(targets: &[ConfigTarget]) -> Vec<(Route<'static>, Vec<&ConfigTarget>)> {
    let mut routes: Vec<(Route<'static>, Vec<&ConfigTarget>)> = Vec::new();
    for target in targets {
        let route = target.route();
        match routes.iter_mut().find(|(known, _)| *known == route) {
            Some((_, targets)) => targets.push(target),
            None => routes.push((route, vec![target])),
        }
    }
    routes
}

fn left_out(target: &ConfigTarget) -> Error {
    Error::Records { what: "read the answer".to_owned(), reason: format!("it leaves out {target}") }
}

fn resource(target: &ConfigTarget, detail: ConfigDetail) -> DescribeConfigsResource {
    let (kind, name) = target.resource();
    let keys = detail.keys.map(|keys| keys.iter().map(|key| text(key)).collect());
    DescribeConfigsResource::default()
        .with_resource_type(kind)
        .with_resource_name(text(&name))
        .with_configuration_keys(keys)
}

fn entries(target: &ConfigTarget, result: DescribeConfigsResult) -> Result<Vec<ConfigEntry>, Error> {
    let what = format!("describe the configs of {target}");
    checked(what, result.error_code, result.error_message.as_ref())?;
    let mut entries: Vec<ConfigEntry> = result.configs.into_iter().map(entry).collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn entry(config: DescribeConfigsResourceResult) -> ConfigEntry {
    let owned = |text: StrBytes| text.as_str().to_owned();
    let synonym = |synonym: DescribeConfigsSynonym| ConfigSynonym {
        name: owned(synonym.name),
        value: synonym.value.map(owned),
        source: source(synonym.source),
    };
    ConfigEntry {
        name: owned(config.name),
        value: config.value.map(owned),
        source: source(config.config_source),
        is_sensitive: config.is_sensitive,
        is_read_only: config.read_only,
        synonyms: config.synonyms.into_iter().map(synonym).collect(),
        value_type: value_type(config.config_type),
        documentation: config.documentation.map(owned).filter(|text| !text.is_empty()),
    }
}

fn source(number: i8) -> ConfigSource {
    match number {
        1 => ConfigSource::Topic,
        2 => ConfigSource::Broker,
        3 => ConfigSource::BrokerDefault,
        4 => ConfigSource::Static,
        5 => ConfigSource::Default,
        6 => ConfigSource::BrokerLogger,
        7 => ConfigSource::ClientMetrics,
        8 => ConfigSource::Group,
        other => ConfigSource::Other(other),
    }
}

/// `DescribeConfigsResponse.ConfigType`.
fn value_type(number: i8) -> Option<&'static str> {
    Some(match number {
        1 => "boolean",
        2 => "string",
        3 => "int",
        4 => "short",
        5 => "long",
        6 => "double",
        7 => "list",
        8 => "class",
        9 => "password",
        _ => return None,
    })
}

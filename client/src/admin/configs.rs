//! Configs of topics and brokers, with where each value comes from.

use std::fmt;

use kr_wire::ids::NodeId;
use kr_wire::messages::DescribeConfigsRequest;
use kr_wire::messages::describe_configs_request::DescribeConfigsResource;
use kr_wire::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};

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
}

impl Client {
    /// Configs of one topic or broker, ascending by name.
    pub async fn describe_configs(&self, target: &ConfigTarget) -> Result<Vec<ConfigEntry>, Error> {
        let (kind, name) = target.resource();
        let what = format!("describe the configs of {target}");
        let resource = DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(text(&name))
            .with_configuration_keys(None);
        let build = |_| DescribeConfigsRequest::default().with_resources(vec![resource.clone()]);
        let check = |result: &DescribeConfigsResult| {
            checked(what.clone(), result.error_code, result.error_message.as_ref())
        };
        let answer = self
            .request(target.route(), &what, build, |response| response.results.iter().try_for_each(check))
            .await?;
        let results =
            answer.response.results.into_iter().filter(|result| result.resource_name.as_str() == name);
        let mut entries: Vec<ConfigEntry> = results.flat_map(|result| result.configs).map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

fn entry(config: DescribeConfigsResourceResult) -> ConfigEntry {
    let source = match config.config_source {
        1 => ConfigSource::Topic,
        2 => ConfigSource::Broker,
        3 => ConfigSource::BrokerDefault,
        4 => ConfigSource::Static,
        5 => ConfigSource::Default,
        other => ConfigSource::Other(other),
    };
    ConfigEntry {
        name: config.name.as_str().to_owned(),
        value: config.value.map(|value| value.as_str().to_owned()),
        source,
        is_sensitive: config.is_sensitive,
        is_read_only: config.read_only,
    }
}

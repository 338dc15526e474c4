//! What has configs, as it is typed: `TYPE/NAME`.

use kr_client::admin::ConfigTarget;
use kr_wire::ids::NodeId;

/// What has configs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity(pub ConfigTarget);

impl std::str::FromStr for Entity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME";
        let (kind, name) =
            text.split_once('/').ok_or_else(|| format!("`{text}` is not TYPE/NAME: {wanted} is wanted"))?;
        if name.is_empty() {
            return Err(format!("`{text}` has no name: {wanted} is wanted"));
        }
        let id = || name.parse().map(NodeId).map_err(|_| format!("`{name}` is no broker's id"));
        let is_default = matches!(name, "default" | "*");
        Ok(Self(match kind {
            "topic" | "topics" | "t" => ConfigTarget::Topic(name.to_owned()),
            "group" | "groups" | "g" => ConfigTarget::Group(name.to_owned()),
            "broker" | "brokers" | "b" if is_default => ConfigTarget::BrokerDefault,
            "broker" | "brokers" | "b" => ConfigTarget::Broker(id()?),
            "logger" | "loggers" | "broker-logger" | "broker-loggers" => ConfigTarget::BrokerLogger(id()?),
            "client-metrics" => ConfigTarget::ClientMetrics(name.to_owned()),
            _ => return Err(format!("`{kind}` has no configs: {wanted} is wanted")),
        }))
    }
}

/// What stands for a target in rows: `topic/orders`, `broker/1`, `broker/default`.
pub fn name_of(target: &ConfigTarget) -> String {
    match target {
        ConfigTarget::Topic(name) => format!("topic/{name}"),
        ConfigTarget::Group(name) => format!("group/{name}"),
        ConfigTarget::Broker(id) => format!("broker/{id}"),
        ConfigTarget::BrokerDefault => "broker/default".to_owned(),
        ConfigTarget::BrokerLogger(id) => format!("logger/{id}"),
        ConfigTarget::ClientMetrics(name) => format!("client-metrics/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_shown() {
        for text in ["topic/a/b", "group/g", "broker/1", "broker/default", "logger/2", "client-metrics/slow"]
        {
            assert_eq!(name_of(&text.parse::<Entity>().unwrap().0), text);
        }
        for text in ["topic", "topic/", "broker/x", "thing/x"] {
            assert!(text.parse::<Entity>().is_err(), "{text}");
        }
    }
}

//! What the brokers' configs say about authorisation besides the ACLs, as far as they may be read.

use kr_client::Client;
use kr_client::admin::{ConfigTarget, ResourceType};

use super::rules::principal;

/// Settings of the authorizer; `None` is what is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Authorizer {
    /// `allow.everyone.if.no.acl.found`.
    pub allow_everyone: Option<bool>,
    /// Whether `super.users` names anybody: who that is, brokers keep secret.
    pub has_super_users: Option<bool>,
}

impl Authorizer {
    /// Reads the settings of one broker. Brokers hide the values of configs they do not know themselves, and
    /// the authorizer's are among them, so most of the time only their presence is seen.
    pub async fn read(client: &Client) -> Self {
        let Some(broker) = client.view().brokers().next().map(|broker| broker.id) else {
            return Self::default();
        };
        let Ok(configs) = client.describe_configs(&ConfigTarget::Broker(broker)).await else {
            return Self::default();
        };
        let find = |name: &str| configs.iter().find(|config| config.name == name);
        let everyone = find("allow.everyone.if.no.acl.found");
        Self {
            allow_everyone: match everyone {
                // Kafka's default.
                None => Some(false),
                Some(config) => {
                    config.value.as_deref().map(|value| value.trim().eq_ignore_ascii_case("true"))
                }
            },
            has_super_users: Some(find("super.users").is_some()),
        }
    }
}

/// A resource on the command line: `topic:orders`, `group:billing`, `cluster`, `txn:ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its type.
    pub kind: ResourceType,
    /// Its name.
    pub name: String,
}

impl std::str::FromStr for Resource {
    type Err = String;

    /// Reads `TYPE:NAME`; also `TYPE/NAME`, and `cluster` alone.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.find([':', '/']) {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, ""),
        };
        let kind = match kind {
            "txn" => ResourceType::TransactionalId,
            "token" => ResourceType::DelegationToken,
            other => other.parse()?,
        };
        let name = match kind {
            ResourceType::Cluster if name.is_empty() => kr_client::admin::CLUSTER_NAME.to_owned(),
            ResourceType::User if !name.is_empty() => principal(name),
            _ => name.to_owned(),
        };
        if name.is_empty() {
            return Err(format!("`{text}` has no name: {kind}:NAME is wanted"));
        }
        Ok(Self { kind, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_a_type_and_a_name() {
        for (text, kind, name) in [
            ("topic:orders", ResourceType::Topic, "orders"),
            ("topic/a:b", ResourceType::Topic, "a:b"),
            ("cluster", ResourceType::Cluster, "kafka-cluster"),
            ("txn:x", ResourceType::TransactionalId, "x"),
            ("user:alice", ResourceType::User, "User:alice"),
        ] {
            assert_eq!(text.parse(), Ok(Resource { kind, name: name.to_owned() }), "{text}");
        }
        for text in ["topic", "topic:", "orders", "tpoic:x"] {
            assert!(text.parse::<Resource>().is_err(), "{text}");
        }
    }
}

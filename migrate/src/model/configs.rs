//! Configurations of topics, brokers, users, clients and addresses, as they are stored: names encoded, values text.

use std::collections::BTreeMap;

use super::json::{Json, other};
use super::{Read, Unreadable};
use crate::tree::Tree;

/// Name of the node that stands for all entities without one of their own.
pub const DEFAULT_ENTITY: &str = "<default>";

/// The keys of an entity and their values.
pub type Config = BTreeMap<String, String>;

/// Everything below `/config` but notifications; keys are names of nodes.
#[derive(Clone, Debug, Default)]
pub struct Configs {
    /// `/config/topics`.
    pub topics: BTreeMap<String, Read<Config>>,
    /// `/config/brokers`.
    pub brokers: BTreeMap<String, Read<Config>>,
    /// `/config/users`: quotas and SCRAM credentials.
    pub users: BTreeMap<String, Read<Config>>,
    /// `/config/clients`: quotas.
    pub clients: BTreeMap<String, Read<Config>>,
    /// `/config/ips`: quotas.
    pub ips: BTreeMap<String, Read<Config>>,
    /// `/config/users/<user>/clients/<client>`: quotas, by user and client.
    pub user_clients: BTreeMap<(String, String), Read<Config>>,
}

impl Configs {
    pub(super) fn read(tree: &Tree) -> Self {
        let users = entities(tree, "/config/users");
        let mut user_clients = BTreeMap::new();
        for user in users.keys() {
            for (client, config) in entities(tree, &format!("/config/users/{user}/clients")) {
                user_clients.insert((user.clone(), client), config);
            }
        }
        Self {
            topics: entities(tree, "/config/topics"),
            brokers: entities(tree, "/config/brokers"),
            clients: entities(tree, "/config/clients"),
            ips: entities(tree, "/config/ips"),
            users,
            user_clients,
        }
    }
}

fn entities(tree: &Tree, parent: &str) -> BTreeMap<String, Read<Config>> {
    tree.children(parent)
        .map(|name| {
            let path = format!("{parent}/{name}");
            let node = tree.get(&path).expect("it was listed");
            (name.to_owned(), config(node.data.as_deref()).map_err(|why| Unreadable { path, why }))
        })
        .collect()
}

/// Whatever is no JSON object with an object "config" is an empty configuration.
fn config(data: Option<&[u8]>) -> Result<Config, String> {
    let Json::Value(value) = Json::read(data) else { return Ok(Config::new()) };
    let Some(config) = value.get("config").and_then(|config| config.as_object()) else {
        return Ok(Config::new());
    };
    let text = |(key, value): (&String, &serde_json::Value)| {
        let text = value.as_str().ok_or_else(|| other(key, value, "a string"))?;
        Ok((key.clone(), text.to_owned()))
    };
    config.iter().map(text).collect()
}

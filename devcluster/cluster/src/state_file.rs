//! What a cluster keeps between runs: `cluster.json` in its directory.
//!
//! Who runs at the moment is told by the lock, not by this file; its `pid` is only for people.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use kr_log::{Disk, RealDisk};
use kr_node::{Profile, Roles};
use serde::{Deserialize, Serialize};

/// Name of the file.
pub const FILE_NAME: &str = "cluster.json";

const VERSION: u32 = 1;

/// A cluster's identity and shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Name of the cluster.
    pub name: String,
    /// `cluster.id` of its nodes.
    pub cluster_id: String,
    /// Whether it is removed when it ends.
    pub ephemeral: bool,
    /// Timers.
    #[serde(with = "profile_text")]
    pub profile: Profile,
    /// Kafka properties of every node, as the user gave them.
    pub properties: BTreeMap<String, String>,
    /// Its nodes, ordered by id.
    pub nodes: Vec<NodeState>,
    /// The process that ran it last.
    pub pid: Option<u32>,
}

/// A node's place in its cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    /// `node.id`
    pub id: i32,
    /// `process.roles`
    #[serde(with = "roles_text")]
    pub roles: Roles,
    /// `broker.rack`
    pub rack: Option<String>,
    /// Port of the broker listener; 0 for a controller.
    pub broker_port: u16,
    /// Port of the controller listener; 0 for a broker.
    pub controller_port: u16,
}

impl NodeState {
    /// Name of its directory within the cluster's.
    pub fn dir_name(&self) -> String {
        format!("node-{}", self.id)
    }
}

/// Why a state file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not what this program writes.
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    /// A later version of this program wrote it.
    #[error("a newer version of kr wrote it (format {0}, this one reads {VERSION})")]
    Newer(u32),
}

impl State {
    /// A state without nodes.
    pub fn new(name: String, cluster_id: String, profile: Profile, ephemeral: bool) -> Self {
        Self {
            version: VERSION,
            name,
            cluster_id,
            ephemeral,
            profile,
            properties: BTreeMap::new(),
            nodes: Vec::new(),
            pid: None,
        }
    }

    /// Reads the state in a cluster's directory; `None` when there is none.
    pub fn read(dir: &Path) -> Result<Option<Self>, StateError> {
        let text = match fs::read(dir.join(FILE_NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_slice(&text)?;
        if head.version > VERSION {
            return Err(StateError::Newer(head.version));
        }
        Ok(Some(serde_json::from_slice(&text)?))
    }

    /// Replaces the state in a cluster's directory, as a whole or not at all.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        text.push(b'\n');
        // Not synced: a power cut loses a file that `up` can explain, and a sync costs half the start.
        RealDisk::default().put(&dir.join(FILE_NAME), &text, false)
    }

    /// Addresses of the brokers as clients take them, without those of `down`.
    pub fn bootstrap(&self) -> String {
        let brokers = self.nodes.iter().filter(|node| node.roles.is_broker());
        let addresses: Vec<_> = brokers.map(|node| format!("127.0.0.1:{}", node.broker_port)).collect();
        addresses.join(",")
    }

    /// All ports that stay with this cluster.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.nodes.iter().flat_map(|node| [node.broker_port, node.controller_port]).filter(|port| *port != 0)
    }
}

mod roles_text {
    use kr_node::Roles;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(roles: &Roles, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(roles.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Roles, D::Error> {
        let text = String::deserialize(deserializer)?;
        [Roles::Combined, Roles::Broker, Roles::Controller]
            .into_iter()
            .find(|roles| roles.as_str() == text)
            .ok_or_else(|| de::Error::custom(format!("unknown roles {text:?}")))
    }
}

mod profile_text {
    use kr_node::Profile;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(profile: &Profile, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(crate::status::profile_name(*profile))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "fast" => Ok(Profile::Fast),
            "real" => Ok(Profile::Real),
            other => Err(de::Error::custom(format!("unknown profile {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let mut state = State::new("dev".to_owned(), "id".to_owned(), Profile::Fast, false);
        let node = |id, roles, broker_port, controller_port| NodeState {
            id,
            roles,
            rack: (id == 1).then(|| "a".to_owned()),
            broker_port,
            controller_port,
        };
        state.nodes = vec![
            node(1, Roles::Combined, 9092, 19092),
            node(2, Roles::Broker, 9093, 0),
            node(101, Roles::Controller, 0, 19093),
        ];
        state
    }

    #[test]
    fn state_reads_back() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(State::read(dir.path()).expect("readable"), None);
        state().write(dir.path()).expect("written");
        assert_eq!(State::read(dir.path()).expect("readable"), Some(state()));
    }

    #[test]
    fn state_of_a_newer_version_is_named_as_such() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join(FILE_NAME), "{\"version\": 99, \"shape\": \"new\"}").expect("written");
        assert!(matches!(State::read(dir.path()), Err(StateError::Newer(99))));
        fs::write(dir.path().join(FILE_NAME), "{\"version\": 1").expect("written");
        assert!(matches!(State::read(dir.path()), Err(StateError::Damaged(_))));
    }

    #[test]
    fn bootstrap_names_brokers_only() {
        assert_eq!(state().bootstrap(), "127.0.0.1:9092,127.0.0.1:9093");
        assert_eq!(state().ports().collect::<Vec<_>>(), [9092, 19092, 9093, 19093]);
    }
}

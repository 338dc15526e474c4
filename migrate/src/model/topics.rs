//! Topics: ids, assignments and the states of their partitions.

use std::collections::BTreeMap;

use kr_wire::ids::{LeaderEpoch, NodeId, PartitionId, TopicId, Uuid};
use serde_json::{Map, Value};

use super::json::{Fields, Json, int, other};
use super::{Read, Unreadable};
use crate::java;
use crate::tree::{Node, Tree};

/// Where topics are.
const TOPICS: &str = "/brokers/topics";
/// Most characters of a topic id.
const MAX_ID_CHARS: usize = 24;

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topic {
    /// Its id; `None` when the node has none, which stops a migration.
    pub id: Option<TopicId>,
    /// Its partitions, by number; numbers may be missing.
    pub partitions: BTreeMap<PartitionId, Assignment>,
    /// Partitions that have a node and no place in the assignment.
    pub outside: Vec<String>,
}

/// What is known of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Assigned replicas, the preferred leader first; during a reassignment all that take part.
    pub replicas: Vec<NodeId>,
    /// Replicas that a reassignment adds.
    pub adding: Vec<NodeId>,
    /// Replicas that a reassignment removes.
    pub removing: Vec<NodeId>,
    /// Its state; `None` when there is no node, or one that is not JSON.
    pub state: Option<Read<PartitionState>>,
}

/// The state of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// The leader; `None` when the partition is offline.
    pub leader: Option<NodeId>,
    /// Epoch of the leader.
    pub leader_epoch: LeaderEpoch,
    /// In-sync replicas.
    pub isr: Vec<NodeId>,
    /// Whether the leader came from an unclean election and has not recovered.
    pub recovering: bool,
    /// Epoch of the controller that wrote it, ZooKeeper's or, in dual write, KRaft's.
    pub controller_epoch: i32,
    /// Version of the node: the partition epoch.
    pub version: i32,
}

pub(super) fn read(tree: &Tree) -> BTreeMap<String, Read<Topic>> {
    tree.children(TOPICS)
        .map(|name| {
            let path = format!("{TOPICS}/{name}");
            let node = tree.get(&path).expect("it was listed");
            let topic = topic(node, tree, &path);
            (name.to_owned(), topic.map_err(|why| Unreadable { path, why }))
        })
        .collect()
}

fn topic(node: &Node, tree: &Tree, path: &str) -> Result<Topic, String> {
    // Data that is no JSON is taken for a topic without anything.
    let Some(object) = Json::read(node.data.as_deref()).object()? else { return Ok(Topic::default()) };
    let id = object.get("topic_id").map(topic_id).transpose()?;
    let (adding, removing) = (object.object("adding_replicas")?, object.object("removing_replicas")?);
    let mut topic = Topic { id, ..Topic::default() };
    for (key, value) in object.object("partitions")?.into_iter().flatten() {
        let number = java::parse_int(key).ok_or_else(|| format!("has a partition {key:?}"))?;
        let moving = |list: Option<&Map<String, Value>>| {
            list.and_then(|list| list.get(key)).map_or(Ok(Vec::new()), |value| replicas(key, value))
        };
        let assignment = Assignment {
            replicas: replicas(key, value)?,
            adding: moving(adding)?,
            removing: moving(removing)?,
            state: state(tree, &format!("{path}/partitions/{number}/state")),
        };
        topic.partitions.insert(PartitionId(number), assignment);
    }
    let assigned = |name: &str| {
        java::parse_int(name).is_some_and(|number| topic.partitions.contains_key(&PartitionId(number)))
    };
    let nodes = tree.children(&format!("{path}/partitions"));
    topic.outside = nodes.filter(|name| !assigned(name)).map(str::to_owned).collect();
    Ok(topic)
}

fn topic_id(value: &Value) -> Result<TopicId, String> {
    let text = value.as_str().ok_or_else(|| other("topic_id", value, "a string"))?;
    let bytes = java::base64url_decode(text).filter(|_| text.len() <= MAX_ID_CHARS);
    let bytes: Option<[u8; 16]> = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map(|bytes| TopicId(Uuid::from_bytes(bytes))).ok_or_else(|| other("topic_id", value, "an id"))
}

fn replicas(key: &str, value: &Value) -> Result<Vec<NodeId>, String> {
    let ids = value.as_array().and_then(|list| list.iter().map(|id| int(id).map(NodeId)).collect());
    ids.ok_or_else(|| other(key, value, "a list of broker ids"))
}

fn state(tree: &Tree, path: &str) -> Option<Read<PartitionState>> {
    let node = tree.get(path)?;
    let read = Json::read(node.data.as_deref()).object().and_then(|object| {
        let Some(object) = object else { return Ok(None) };
        let recovering = match object.get("leader_recovery_state").map(|value| (value, int(value))) {
            None | Some((_, Some(0))) => false,
            Some((_, Some(1))) => true,
            Some((value, _)) => return Err(other("leader_recovery_state", value, "0 or 1")),
        };
        let isr = object.required("isr")?;
        Ok(Some(PartitionState {
            leader: NodeId::from_wire(object.int("leader")?),
            leader_epoch: LeaderEpoch(object.int("leader_epoch")?),
            isr: replicas("isr", isr)?,
            recovering,
            controller_epoch: object.int("controller_epoch")?,
            version: node.stat.version,
        }))
    });
    read.map_err(|why| Unreadable { path: path.to_owned(), why }).transpose()
}

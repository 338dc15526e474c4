//! The nodes that exist once: cluster id, controller, migration, producer ids; and the brokers' registrations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{Fields, Json};
use super::{Read, optional};
use crate::java;
use crate::tree::{Node, Tree};

/// A broker's registration.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerNode {
    /// Version of the node's format.
    pub version: i32,
    /// `NAME://host:port` of each listener.
    pub endpoints: Vec<String>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Transaction that created the node: the broker epoch.
    pub epoch: i64,
    /// Session that keeps it alive; 0 when it is not ephemeral, as it must be.
    pub session: i64,
}

/// Who the controller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its id.
    pub id: i32,
    /// The epoch of a KRaft controller; -1 for one in ZooKeeper mode.
    pub kraft_epoch: i32,
    /// Whether the node goes away with its owner: true for controllers in ZooKeeper mode only.
    pub is_ephemeral: bool,
}

/// How far a migration has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationNode {
    /// The KRaft controller that wrote it; -1 before the copy.
    pub controller_id: i32,
    /// Its epoch.
    pub controller_epoch: i32,
    /// Offset in the metadata log up to which ZooKeeper agrees; -1 before the copy.
    pub metadata_offset: i64,
    /// Epoch of that offset.
    pub metadata_epoch: i32,
    /// When it was written, milliseconds since 1970.
    pub modified_ms: i64,
}

/// The block of producer ids that was given out last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerIdBlock {
    /// Who asked for it; -1 when a KRaft controller wrote it.
    pub broker: i32,
    /// First id.
    pub start: i64,
    /// Last id.
    pub end: i64,
}

pub(super) fn id(tree: &Tree) -> Option<Read<String>> {
    optional(tree, "/cluster/id", |node| Ok(required(node)?.text("id")?.to_owned()))
}

pub(super) fn brokers(tree: &Tree) -> BTreeMap<String, Read<BrokerNode>> {
    tree.children("/brokers/ids")
        .map(|name| {
            let read = optional(tree, &format!("/brokers/ids/{name}"), broker).expect("it was listed");
            (name.to_owned(), read)
        })
        .collect()
}

fn broker(node: &Node) -> Result<BrokerNode, String> {
    let object = required(node)?;
    let version = object.int("version")?;
    let endpoints = match version {
        1 => vec![format!("PLAINTEXT://{}:{}", object.text("host")?, object.int("port")?)],
        _ => object.array("endpoints")?.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    let rack = object.get("rack").and_then(Value::as_str).map(str::to_owned);
    let (epoch, session) = (node.stat.czxid, node.stat.ephemeral_owner);
    Ok(BrokerNode { version, endpoints, rack, epoch, session })
}

pub(super) fn controller(tree: &Tree) -> Option<Read<Controller>> {
    optional(tree, "/controller", |node| {
        let object = required(node)?;
        let kraft_epoch = if object.contains_key("kraftControllerEpoch") {
            object.int("kraftControllerEpoch")?
        } else {
            -1
        };
        let is_ephemeral = node.stat.ephemeral_owner != 0;
        Ok(Controller { id: object.int("brokerid")?, kraft_epoch, is_ephemeral })
    })
}

pub(super) fn controller_epoch(tree: &Tree) -> Option<Read<i32>> {
    optional(tree, "/controller_epoch", |node| {
        let text = std::str::from_utf8(node.data.as_deref().unwrap_or_default()).unwrap_or("");
        java::parse_int(text).ok_or_else(|| "is not a number".to_owned())
    })
}

pub(super) fn migration(tree: &Tree) -> Option<Read<MigrationNode>> {
    optional(tree, "/migration", |node| {
        let object = required(node)?;
        match object.int("version")? {
            0 => {}
            version => return Err(format!("has version {version}, which is unknown")),
        }
        Ok(MigrationNode {
            controller_id: object.int("kraft_controller_id")?,
            controller_epoch: object.int("kraft_controller_epoch")?,
            metadata_offset: object.long("kraft_metadata_offset")?,
            metadata_epoch: object.int("kraft_metadata_epoch")?,
            modified_ms: node.stat.mtime_ms,
        })
    })
}

pub(super) fn producer_ids(tree: &Tree) -> Option<Read<ProducerIdBlock>> {
    // Null data is a node that was made in advance: no block has been given out.
    tree.get("/latest_producer_id_block")?.data.as_ref()?;
    optional(tree, "/latest_producer_id_block", |node| {
        let object = required(node)?;
        let broker = object.int("broker")?;
        let number = |key| {
            let text = object.text(key)?;
            java::parse_long(text).ok_or_else(|| format!("has {key:?} of {text:?}, which is not a number"))
        };
        let (start, end) = (number("block_start")?, number("block_end")?);
        let length = end.checked_sub(start).and_then(|length| length.checked_add(1));
        if length.is_none_or(|length| i32::try_from(length).is_err()) {
            return Err(format!("has a block from {start} to {end}"));
        }
        Ok(ProducerIdBlock { broker, start, end })
    })
}

/// The JSON object that a node must hold.
fn required(node: &Node) -> Result<serde_json::Map<String, Value>, String> {
    Json::read(node.data.as_deref()).object()?.ok_or_else(|| "is not JSON".to_owned())
}

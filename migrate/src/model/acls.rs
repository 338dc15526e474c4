//! Access control lists of Kafka's resources, literal and prefixed.
//!
//! The name of a type is taken in any case; a type that nobody knows is passed over with its ACLs, which are lost.

use std::collections::{BTreeMap, BTreeSet};

use super::json::{Fields, Json, other};
use super::{Read, Unreadable};
use crate::java;
use crate::tree::Tree;

/// Stores by pattern type: Kafka's number and where it is.
const STORES: [(i8, &str); 2] = [(LITERAL, "/kafka-acl"), (PREFIXED, "/kafka-acl-extended/prefixed")];
const LITERAL: i8 = 3;
const PREFIXED: i8 = 4;

/// Resource types by Kafka's number.
const TYPES: [&str; 8] =
    ["Unknown", "Any", "Topic", "Group", "Cluster", "TransactionalId", "DelegationToken", "User"];
/// Operations by Kafka's number.
const OPERATIONS: [&str; 15] = [
    "Unknown",
    "Any",
    "All",
    "Read",
    "Write",
    "Create",
    "Delete",
    "Alter",
    "Describe",
    "ClusterAction",
    "DescribeConfigs",
    "AlterConfigs",
    "IdempotentWrite",
    "CreateTokens",
    "DescribeTokens",
];
/// Permissions by Kafka's number.
const PERMISSIONS: [&str; 4] = ["Unknown", "Any", "Deny", "Allow"];
/// The number that stands for all: allowed in filters, not in an ACL.
const ANY: i8 = 1;

/// One ACL of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AclBinding {
    /// Who, as "Type:name".
    pub principal: String,
    /// From where; "*" is anywhere.
    pub host: String,
    /// Kafka's number of the operation; 0 is one that nobody knows.
    pub operation: i8,
    /// 2 DENY, 3 ALLOW; 0 is one that nobody knows.
    pub permission: i8,
}

/// The ACLs of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclEntries {
    /// The ACLs, each once, in the order of the node.
    pub bindings: Vec<AclBinding>,
    /// Number of entries that repeat another.
    pub duplicates: usize,
    /// Whether the node holds something that is not JSON, which is taken for nothing.
    pub is_junk: bool,
}

/// The ACLs of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclNode {
    /// Path of the node.
    pub path: String,
    /// Kafka's number of the resource type.
    pub resource_type: i8,
    /// 3 LITERAL, 4 PREFIXED.
    pub pattern_type: i8,
    /// Name or prefix.
    pub name: String,
    /// What is in it.
    pub entries: Read<AclEntries>,
}

/// Resources with ACLs that a migration does not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostAcls {
    /// Path of the node above them.
    pub path: String,
    /// Number of resources.
    pub resources: usize,
}

/// Reads both stores; resources come in the order in which Kafka migrates them.
pub(super) fn read(tree: &Tree) -> (Vec<AclNode>, Vec<LostAcls>) {
    let mut nodes = BTreeMap::new();
    let mut lost = Vec::new();
    for (pattern_type, store) in STORES {
        for type_name in tree.children(store) {
            // The type's proper name is looked up, whatever the node is called.
            let number = number(&TYPES, type_name);
            let proper = format!("{store}/{}", TYPES[usize::from(number.unsigned_abs())]);
            if proper != format!("{store}/{type_name}") {
                let path = format!("{store}/{type_name}");
                let resources = tree.children(&path).count();
                lost.push(LostAcls { path, resources });
            }
            for name in tree.children(&proper) {
                let path = format!("{proper}/{name}");
                let node = tree.get(&path).expect("it was listed");
                let read = match number {
                    ANY => Err("has the type Any".to_owned()),
                    _ => entries(node.data.as_deref()),
                };
                let entries = read.map_err(|why| Unreadable { path: path.clone(), why });
                let order = (number, pattern_type, name.to_owned());
                let name = name.to_owned();
                nodes.insert(order, AclNode { path, resource_type: number, pattern_type, name, entries });
            }
        }
    }
    for pattern in tree.children("/kafka-acl-extended").filter(|name| *name != "prefixed") {
        let path = format!("/kafka-acl-extended/{pattern}");
        let resources =
            tree.children(&path).map(|kind| tree.children(&format!("{path}/{kind}")).count()).sum();
        lost.push(LostAcls { path, resources });
    }
    let mut nodes: Vec<AclNode> = nodes.into_values().collect();
    nodes.sort_by(|a, b| {
        let order = (a.resource_type, a.pattern_type).cmp(&(b.resource_type, b.pattern_type));
        order.then_with(|| java::compare(&b.name, &a.name))
    });
    (nodes, lost)
}

fn entries(data: Option<&[u8]>) -> Result<AclEntries, String> {
    let object = match Json::read(data) {
        Json::Null => return Ok(AclEntries::default()),
        Json::Empty if data.is_some_and(<[u8]>::is_empty) => return Ok(AclEntries::default()),
        json => json.object()?,
    };
    let Some(object) = object else { return Ok(AclEntries { is_junk: true, ..AclEntries::default() }) };
    match object.int("version")? {
        1 => {}
        version => return Err(format!("has version {version}, and 1 is the only one")),
    }
    let mut seen = BTreeSet::new();
    let mut entries = AclEntries::default();
    for value in object.array("acls")? {
        let entry = value.as_object().ok_or_else(|| other("acls", value, "a list of objects"))?;
        let binding = AclBinding {
            principal: principal(entry.text("principal")?)?,
            permission: number(&PERMISSIONS, entry.text("permissionType")?),
            host: entry.text("host")?.to_owned(),
            operation: number(&OPERATIONS, entry.text("operation")?),
        };
        if binding.operation == ANY || binding.permission == ANY {
            return Err("has an entry with the operation or permission Any".to_owned());
        }
        if seen.insert(binding.clone()) {
            entries.bindings.push(binding);
        } else {
            entries.duplicates += 1;
        }
    }
    Ok(entries)
}

/// A principal: a type, a colon, a name.
pub(super) fn principal(text: &str) -> Result<String, String> {
    if text.contains(':') {
        return Ok(text.to_owned());
    }
    Err(format!("has a principal {text:?}, which is not \"Type:name\""))
}

/// Position of a name in a table, in any case; 0 when it is not there.
fn number(table: &[&str], name: &str) -> i8 {
    let found = table.iter().position(|known| *known == name || known.to_uppercase() == name.to_uppercase());
    i8::try_from(found.unwrap_or(0)).expect("tables are short")
}

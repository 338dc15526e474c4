//! Which nodes a fault goes to: `2`, `all`, `@controller`, `@leader:orders-0`, `@rack:a`. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::state_file::NodeState;

/// Nodes by number or by what they are at the moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Every node.
    All,
    /// The node with this id.
    Node(i32),
    /// The active controller.
    Controller,
    /// The leader of a partition.
    Leader(Partition),
    /// The brokers of a rack.
    Rack(String),
}

/// A partition of a topic, written `TOPIC-PARTITION`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    /// Name of the topic.
    pub topic: String,
    /// Index of the partition.
    pub index: i32,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.index)
    }
}

/// Why a target names no node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It cannot be read.
    #[error("target {0:?} is none of NODE, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK")]
    Malformed(String),
    /// There is no such node.
    #[error("there is no node {id}; the nodes are {nodes}")]
    NoNode {
        /// What was asked for.
        id: i32,
        /// The ids that exist.
        nodes: String,
    },
    /// The quorum has no leader at the moment.
    #[error("no controller is active at the moment")]
    NoController,
    /// The partition has no leader at the moment, or does not exist.
    #[error("partition {partition} has no leader{}", .why.as_deref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoLeader {
        /// The partition.
        partition: Partition,
        /// Why, if known.
        why: Option<String>,
    },
    /// No broker is in the rack.
    #[error("no broker is in rack {0:?}")]
    NoRack(String),
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let malformed = || TargetError::Malformed(text.to_owned());
        if let Some(role) = text.strip_prefix('@') {
            return match role.split_once(':') {
                None if role == "controller" => Ok(Self::Controller),
                Some(("leader", partition)) => {
                    let (topic, index) = partition.rsplit_once('-').ok_or_else(malformed)?;
                    let index = index.parse().map_err(|_| malformed())?;
                    if topic.is_empty() {
                        return Err(malformed());
                    }
                    Ok(Self::Leader(Partition { topic: topic.to_owned(), index }))
                }
                Some(("rack", rack)) if !rack.is_empty() => Ok(Self::Rack(rack.to_owned())),
                _ => Err(malformed()),
            };
        }
        if text == "all" {
            return Ok(Self::All);
        }
        text.parse().map(Self::Node).map_err(|_| malformed())
    }
}

/// What is known when targets are resolved.
#[derive(Debug)]
pub struct View<'a> {
    /// The nodes of the cluster.
    pub nodes: &'a [NodeState],
    /// The active controller.
    pub controller: Option<i32>,
    /// Leaders that were looked up, or why there is none.
    pub leaders: &'a BTreeMap<Partition, Result<i32, String>>,
}

/// The nodes that the targets name, all or an error for the first that names none.
pub fn resolve(targets: &[Target], view: &View<'_>) -> Result<BTreeSet<i32>, TargetError> {
    let mut nodes = BTreeSet::new();
    for target in targets {
        match target {
            Target::All => nodes.extend(view.nodes.iter().map(|node| node.id)),
            Target::Node(id) => {
                nodes.insert(existing(*id, view)?);
            }
            Target::Controller => {
                nodes.insert(view.controller.ok_or(TargetError::NoController)?);
            }
            Target::Leader(partition) => {
                let no_leader = |why| TargetError::NoLeader { partition: partition.clone(), why };
                match view.leaders.get(partition) {
                    Some(Ok(leader)) => nodes.insert(*leader),
                    Some(Err(why)) => return Err(no_leader(Some(why.clone()))),
                    None => return Err(no_leader(None)),
                };
            }
            Target::Rack(rack) => {
                let before = nodes.len();
                let there = |node: &&NodeState| node.rack.as_deref() == Some(rack.as_str());
                nodes.extend(view.nodes.iter().filter(there).map(|node| node.id));
                if nodes.len() == before && !view.nodes.iter().any(|node| there(&node)) {
                    return Err(TargetError::NoRack(rack.clone()));
                }
            }
        }
    }
    Ok(nodes)
}

fn existing(id: i32, view: &View<'_>) -> Result<i32, TargetError> {
    if view.nodes.iter().any(|node| node.id == id) {
        return Ok(id);
    }
    let nodes: Vec<_> = view.nodes.iter().map(|node| node.id.to_string()).collect();
    Err(TargetError::NoNode { id, nodes: nodes.join(", ") })
}

#[cfg(test)]
mod tests {
    use kr_node::Roles;

    use super::*;

    fn nodes() -> Vec<NodeState> {
        let node = |id, rack: &str| NodeState {
            id,
            roles: Roles::Combined,
            rack: Some(rack.to_owned()),
            broker_port: 0,
            controller_port: 0,
        };
        vec![node(1, "a"), node(2, "b"), node(3, "a")]
    }

    fn resolved(texts: &[&str]) -> Result<Vec<i32>, TargetError> {
        let targets = texts.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let partition = |index| Partition { topic: "or-ders".to_owned(), index };
        let leaders =
            BTreeMap::from([(partition(0), Ok(3)), (partition(1), Err("it is offline".to_owned()))]);
        let view = View { nodes: &nodes(), controller: Some(2), leaders: &leaders };
        Ok(resolve(&targets, &view)?.into_iter().collect())
    }

    #[test]
    fn targets_name_nodes_by_number_and_by_role() {
        assert_eq!(resolved(&["2"]), Ok(vec![2]));
        assert_eq!(resolved(&["all"]), Ok(vec![1, 2, 3]));
        assert_eq!(resolved(&["@controller", "1"]), Ok(vec![1, 2]));
        assert_eq!(resolved(&["@leader:or-ders-0"]), Ok(vec![3]));
        assert_eq!(resolved(&["1", "@rack:a"]), Ok(vec![1, 3]));
    }

    #[test]
    fn target_without_a_node_says_why() {
        let error = |text: &str| resolved(&[text]).expect_err("no node").to_string();
        assert_eq!(error("4"), "there is no node 4; the nodes are 1, 2, 3");
        assert_eq!(error("@leader:or-ders-1"), "partition or-ders-1 has no leader: it is offline");
        assert_eq!(error("@leader:or-ders-2"), "partition or-ders-2 has no leader");
        assert_eq!(error("@rack:c"), "no broker is in rack \"c\"");
        for malformed in ["", "two", "@leader:orders", "@leader:-0", "@boss", "@rack:", "@controller:1"] {
            assert!(matches!(malformed.parse::<Target>(), Err(TargetError::Malformed(_))), "{malformed}");
        }
    }
}

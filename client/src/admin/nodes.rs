//! All nodes of a cluster in one picture: brokers, controllers, their part in the quorum, and ghosts:
//! controllers that are registered and no longer there, which hold up the upgrade of features.
//!
//! Brokers do not tell which controllers are registered, so a controller is asked, where one can be reached.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::{DirectoryId, NodeId};
use kr_wire::messages::DescribeClusterRequest;
use tokio::task::JoinSet;

use super::checked;
use super::cluster::{ClusterNode, cluster_node};
use super::quorum::{QuorumNode, QuorumStatus};
use crate::Client;
use crate::error::{Error, Fault};
use crate::options::Address;
use crate::pool::Lane;
use crate::routing::Route;
use crate::versions::Feature;

/// `DescribeClusterRequest.EndpointType` of controllers (KIP-919).
pub(crate) const CONTROLLERS: i8 = 2;

/// How long a controller is waited for: often there is no way to them from where clients are.
const CONTROLLER_WAIT: Duration = Duration::from_secs(3);

/// A node's part in the metadata quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumPart {
    /// It leads.
    Leader,
    /// It votes.
    Voter,
    /// It reads along.
    Observer,
}

impl QuorumPart {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Voter => "voter",
            Self::Observer => "observer",
        }
    }
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// What it is as a broker; none when it is not registered as one.
    pub broker: Option<ClusterNode>,
    /// Whether it is registered as a controller; none when no controller could be asked.
    pub is_registered_controller: Option<bool>,
    /// Where it listens as a controller.
    pub controller_address: Option<Address>,
    /// Its part in the quorum; none when it has none.
    pub quorum: Option<QuorumPart>,
    /// Its metadata directory.
    pub directory: Option<DirectoryId>,
    /// Features it supports; none when it was not asked or did not answer.
    pub features: Option<Vec<Feature>>,
}

impl Node {
    fn of(id: NodeId) -> Self {
        Self {
            id,
            broker: None,
            is_registered_controller: None,
            controller_address: None,
            quorum: None,
            directory: None,
            features: None,
        }
    }

    /// Whether it is a controller, as far as that is known: it votes, is registered, or reads along without
    /// being a broker.
    pub fn is_controller(&self) -> bool {
        self.is_registered_controller == Some(true)
            || matches!(self.quorum, Some(QuorumPart::Leader | QuorumPart::Voter))
            || self.quorum.is_some() && self.broker.is_none()
    }

    /// Whether it is registered as a controller and nobody has seen it in the quorum.
    pub fn is_ghost(&self) -> bool {
        self.is_registered_controller == Some(true) && self.quorum.is_none()
    }
}

/// The picture.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// All nodes, ascending by id.
    pub nodes: Vec<Node>,
    /// The quorum; none on clusters with ZooKeeper, and without the right to see it.
    pub quorum: Option<QuorumStatus>,
    /// Whether a controller said which controllers are registered.
    pub knows_controllers: bool,
}

impl Client {
    /// Describes all nodes; `with_features` asks each of them which features it supports.
    pub async fn describe_nodes(&self, with_features: bool) -> Result<Nodes, Error> {
        let cluster = self.describe_cluster().await?;
        let quorum = match self.describe_quorum().await {
            Ok(quorum) => Some(quorum),
            Err(Error::Unsupported { .. }) => None,
            Err(error) if error.fault() == Fault::Denied => None,
            Err(error) => return Err(error),
        };
        let (brokers, controllers) = if self.options().controllers {
            (Vec::new(), Some(cluster.brokers))
        } else {
            let voters = quorum.as_ref().map(|quorum| quorum.nodes.as_slice()).unwrap_or_default();
            (cluster.brokers, self.registered_controllers(voters).await)
        };
        let mut picture = Nodes {
            nodes: merge(&brokers, controllers.as_deref(), quorum.as_ref()),
            knows_controllers: controllers.is_some(),
            quorum,
        };
        if with_features {
            self.ask_for_features(&mut picture.nodes).await;
        }
        Ok(picture)
    }

    /// Controllers that are registered, asked of the voter that answers first; none if none can be reached.
    async fn registered_controllers(&self, voters: &[QuorumNode]) -> Option<Vec<ClusterNode>> {
        let mut asked = JoinSet::new();
        for (_, address) in voters.iter().flat_map(|voter| &voter.listeners) {
            let (client, address) = (self.clone(), address.clone());
            asked.spawn(async move { client.controllers_at(&address).await });
        }
        let answered = async {
            while let Some(answer) = asked.join_next().await {
                match answer {
                    Ok(Ok(controllers)) => return Some(controllers),
                    Ok(Err(error)) => tracing::debug!(%error, "a controller cannot be asked"),
                    Err(_) => {}
                }
            }
            None
        };
        tokio::time::timeout(CONTROLLER_WAIT, answered).await.ok().flatten()
    }

    /// Controllers that are registered, asked of one controller, once.
    async fn controllers_at(&self, address: &Address) -> Result<Vec<ClusterNode>, Error> {
        let build = |_| DescribeClusterRequest::default().with_endpoint_type(CONTROLLERS);
        let answer = self.once(Route::At(address), Lane::Control, CONTROLLER_WAIT, build).await?;
        let response = answer.response;
        checked("list the controllers", response.error_code, response.error_message.as_ref())?;
        Ok(response.brokers.iter().filter_map(|node| cluster_node(node, false)).collect())
    }

    /// Asks each node that can be reached for the features it supports.
    async fn ask_for_features(&self, nodes: &mut [Node]) {
        let mut asked = JoinSet::new();
        for node in nodes.iter() {
            let is_up = node.broker.as_ref().is_some_and(|broker| broker.is_fenced != Some(true));
            let address = match (&node.broker, &node.controller_address) {
                (Some(broker), _) if is_up => broker.address.clone(),
                (_, Some(address)) if !node.is_ghost() => address.clone(),
                _ => continue,
            };
            let (client, id) = (self.clone(), node.id);
            asked.spawn(async move {
                let answered =
                    tokio::time::timeout(CONTROLLER_WAIT, client.node_versions(Route::At(&address))).await;
                (id, answered.ok().and_then(Result::ok))
            });
        }
        let mut found: BTreeMap<NodeId, Vec<Feature>> = BTreeMap::new();
        while let Some(answered) = asked.join_next().await {
            if let Ok((id, Some(versions))) = answered {
                found.insert(id, versions.features);
            }
        }
        for node in nodes {
            node.features = found.remove(&node.id);
        }
    }
}

/// Puts together what brokers, controllers and the quorum say. Pure.
fn merge(
    brokers: &[ClusterNode],
    controllers: Option<&[ClusterNode]>,
    quorum: Option<&QuorumStatus>,
) -> Vec<Node> {
    let mut nodes: BTreeMap<NodeId, Node> = BTreeMap::new();
    for broker in brokers {
        nodes.entry(broker.id).or_insert_with(|| Node::of(broker.id)).broker = Some(broker.clone());
    }
    if let Some(quorum) = quorum {
        for (replicas, part) in
            [(&quorum.observers, QuorumPart::Observer), (&quorum.voters, QuorumPart::Voter)]
        {
            for replica in replicas {
                let node = nodes.entry(replica.id).or_insert_with(|| Node::of(replica.id));
                let is_leader = Some(replica.id) == quorum.leader;
                node.quorum = Some(if is_leader { QuorumPart::Leader } else { part });
                node.directory = replica.directory;
            }
        }
        for voter in &quorum.nodes {
            if let (Some(node), Some((_, address))) = (nodes.get_mut(&voter.id), voter.listeners.first()) {
                node.controller_address = Some(address.clone());
            }
        }
    }
    for controller in controllers.unwrap_or_default() {
        let node = nodes.entry(controller.id).or_insert_with(|| Node::of(controller.id));
        node.is_registered_controller = Some(true);
        node.controller_address.get_or_insert_with(|| controller.address.clone());
    }
    if controllers.is_some() {
        for node in nodes.values_mut() {
            node.is_registered_controller.get_or_insert(false);
        }
    }
    nodes.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::super::quorum::QuorumReplica;
    use super::*;

    fn member(id: i32) -> ClusterNode {
        let address = Address { host: "h".to_owned(), port: 9000 };
        ClusterNode { id: NodeId(id), address, rack: None, is_fenced: Some(false) }
    }

    fn quorum(voters: &[i32], observers: &[i32]) -> QuorumStatus {
        let replica = |id: &i32| QuorumReplica {
            id: NodeId(*id),
            directory: None,
            log_end_offset: None,
            last_fetch_ms: None,
            last_caught_up_ms: None,
        };
        QuorumStatus {
            leader: voters.first().map(|id| NodeId(*id)),
            leader_epoch: None,
            high_watermark: None,
            voters: voters.iter().map(replica).collect(),
            observers: observers.iter().map(replica).collect(),
            nodes: Vec::new(),
        }
    }

    /// Users' complaint 29: a controller that was replaced stays registered.
    #[test]
    fn a_controller_that_is_registered_and_in_no_quorum_is_a_ghost() {
        let controllers = [member(101), member(102), member(103)];
        let nodes = merge(&[member(1)], Some(&controllers), Some(&quorum(&[101, 102], &[1])));
        let ghosts: Vec<i32> = nodes.iter().filter(|node| node.is_ghost()).map(|node| node.id.0).collect();
        assert_eq!(ghosts, [103]);
        let controllers: Vec<i32> = nodes.iter().filter(|n| n.is_controller()).map(|n| n.id.0).collect();
        assert_eq!(controllers, [101, 102, 103]);
    }

    #[test]
    fn without_a_controller_to_ask_nobody_is_called_a_ghost() {
        let nodes = merge(&[member(1), member(2)], None, Some(&quorum(&[1], &[2, 3])));
        assert!(nodes.iter().all(|node| !node.is_ghost() && node.is_registered_controller.is_none()));
        let controllers: Vec<i32> = nodes.iter().filter(|n| n.is_controller()).map(|n| n.id.0).collect();
        // Node 3 reads along and is no broker, so it is a controller that does not vote yet.
        assert_eq!(controllers, [1, 3]);
    }
}

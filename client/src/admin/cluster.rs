//! The cluster as a whole: its id, its brokers, its features.

use kr_wire::ids::NodeId;
use kr_wire::messages::DescribeClusterRequest;
use kr_wire::messages::describe_cluster_response::DescribeClusterBroker;

use super::checked;
use super::nodes::CONTROLLERS;
use crate::Client;
use crate::calls::{Call, our_versions};
use crate::error::Error;
use crate::options::Address;
use crate::pool::Lane;
use crate::routing::{Route, Topics};
use crate::versions::{Feature, NodeVersions};

/// What is known of a cluster.
#[derive(Clone, Debug)]
pub struct ClusterInfo {
    /// Its id.
    pub cluster_id: Option<String>,
    /// The broker that takes changes; on KRaft any broker, which passes them on.
    pub controller: Option<NodeId>,
    /// Its brokers, ascending by id; those that are fenced only if the cluster tells (4.0 and newer).
    pub brokers: Vec<ClusterNode>,
    /// Its features, ascending by name.
    pub features: Vec<Feature>,
}

/// A broker.
#[derive(Clone, Debug)]
pub struct ClusterNode {
    /// Its id.
    pub id: NodeId,
    /// Where it listens.
    pub address: Address,
    /// Its rack.
    pub rack: Option<String>,
    /// Whether it is registered but not in service; none when the cluster does not tell.
    pub is_fenced: Option<bool>,
}

impl Client {
    /// Describes the cluster (DescribeCluster; Metadata on clusters older than 2.8).
    pub async fn describe_cluster(&self) -> Result<ClusterInfo, Error> {
        let what = "describe the cluster";
        let versions = self.node_versions(Route::Any).await?;
        let features = versions.features.clone();
        if versions.range(DescribeClusterRequest::KEY).is_none() {
            self.refresh(Topics::Named(&[]), self.options().request_timeout).await?;
            return Ok(self.of_view(features));
        }
        let of_controllers = self.options().controllers;
        let build = |version| {
            let request = DescribeClusterRequest::default()
                .with_include_fenced_brokers(version >= 2 && !of_controllers);
            if of_controllers { request.with_endpoint_type(CONTROLLERS) } else { request }
        };
        let answer = self
            .request(Route::Any, what, build, |response| {
                checked(what, response.error_code, response.error_message.as_ref())
            })
            .await?;
        let knows_fenced = answer.version >= 2 && !of_controllers;
        let response = answer.response;
        let broker = |broker| cluster_node(broker, knows_fenced);
        let mut brokers: Vec<ClusterNode> = response.brokers.iter().filter_map(broker).collect();
        brokers.sort_by_key(|broker| broker.id);
        Ok(ClusterInfo {
            cluster_id: Some(response.cluster_id.as_str().to_owned()),
            controller: NodeId::from_wire(response.controller_id.0),
            brokers,
            features,
        })
    }

    /// What a node says it serves and which features it has.
    pub async fn node_versions(&self, route: Route<'_>) -> Result<NodeVersions, Error> {
        let connection = self.reach(route, Lane::Control).await?;
        let known = connection.versions().cloned();
        match known {
            Some(versions) => Ok(versions),
            None => connection.handshake(self.options().request_timeout).await.cloned(),
        }
    }

    /// The same, asked anew and once: [`NodeVersions::finalized_epoch`] is the metadata offset that a KRaft broker
    /// has applied, which a first answer does not keep up with.
    pub async fn node_versions_now(&self, route: Route<'_>) -> Result<NodeVersions, Error> {
        let connection = self.reach(route, Lane::Control).await?;
        connection.versions_now(self.options().request_timeout.min(self.options().timeout)).await
    }

    /// Fails with [`Error::Unsupported`] unless a broker serves an API in this version or a newer one.
    pub(crate) async fn require<R: Call>(&self, version: i16) -> Result<(), Error> {
        let connection = self.reach(Route::Any, Lane::Control).await?;
        if connection.versions().is_none() {
            connection.handshake(self.options().request_timeout).await?;
        }
        if connection.choose(R::KEY, R::NAME)? >= version {
            return Ok(());
        }
        let ours = format!("{version} to {}", our_versions(R::KEY).1);
        Err(Error::Unsupported { address: connection.address().clone(), api: R::NAME, ours })
    }

    fn of_view(&self, features: Vec<Feature>) -> ClusterInfo {
        let view = self.view();
        let node = |broker: &crate::cluster_view::Broker| ClusterNode {
            id: broker.id,
            address: broker.address.clone(),
            rack: broker.rack.clone(),
            is_fenced: None,
        };
        ClusterInfo {
            cluster_id: view.cluster_id.clone(),
            controller: view.controller,
            brokers: view.brokers().map(node).collect(),
            features,
        }
    }
}

/// Reads a node of the answer; none when its id or port is none.
pub(super) fn cluster_node(node: &DescribeClusterBroker, knows_fenced: bool) -> Option<ClusterNode> {
    Some(ClusterNode {
        id: NodeId::from_wire(node.broker_id.0)?,
        address: Address { host: node.host.as_str().to_owned(), port: u16::try_from(node.port).ok()? },
        rack: node.rack.as_ref().map(|rack| rack.as_str().to_owned()),
        is_fenced: knows_fenced.then_some(node.is_fenced),
    })
}

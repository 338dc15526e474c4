//! DescribeCluster: the nodes behind a listener: brokers on a broker's, controllers on a controller's.
//!
//! versions: 0-2
//! behaviours: endpoint types; fenced brokers on request (v2); nodes that advertise loopback are told under
//! the address that the client dialled
//! kips: 430, 700, 919, 1073
//! left out: authorisation (every operation is allowed)

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::describe_cluster_response::DescribeClusterBroker;
use kr_wire::messages::{BrokerId, DescribeClusterRequest, DescribeClusterResponse};

use super::advertised::{self, Advertised, CLUSTER_OPERATIONS, CONTROLLER_LISTENER};
use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::node::Node;

/// Wire numbers of Kafka's `EndpointType`.
const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

/// Handles DescribeCluster.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &DescribeClusterRequest) -> Answer {
    let (expected, nodes, controller) = match ctx.listener {
        Listener::Broker => (
            BROKERS,
            node.described_brokers(ctx, request.include_fenced_brokers),
            node.controller_for_clients(),
        ),
        Listener::Controller => (CONTROLLERS, node.described_controllers(ctx), node.quorum.leader()),
    };
    if let Some((code, message)) = mismatch(request.endpoint_type, expected) {
        let response = DescribeClusterResponse::default()
            .with_error_code(code.0)
            .with_error_message(Some(StrBytes::from_string(message)));
        return Answer::now(ResponseKind::DescribeCluster(response));
    }
    let brokers = nodes.into_iter().map(|n| {
        DescribeClusterBroker::default()
            .with_broker_id(BrokerId(n.id.0))
            .with_host(n.host)
            .with_port(n.port)
            .with_rack(n.rack)
            .with_is_fenced(n.fenced)
    });
    let mut response = DescribeClusterResponse::default()
        .with_endpoint_type(expected)
        .with_cluster_id(StrBytes::from_string(node.config.cluster_id.clone()))
        .with_controller_id(BrokerId(NodeId::to_wire(controller)))
        .with_brokers(brokers.collect());
    if request.include_cluster_authorized_operations {
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    }
    Answer::now(ResponseKind::DescribeCluster(response))
}

/// Why a listener cannot answer for endpoints of a type.
fn mismatch(asked: i8, expected: i8) -> Option<(ErrorCode, String)> {
    match asked {
        _ if asked == expected => None,
        BROKERS | CONTROLLERS => Some((
            ErrorCode::MISMATCHED_ENDPOINT_TYPE,
            format!(
                "the request asks for endpoints of type {asked}, this listener has those of type {expected}"
            ),
        )),
        _ => Some((ErrorCode::UNSUPPORTED_ENDPOINT_TYPE, format!("endpoint type {asked} is unknown"))),
    }
}

impl Node {
    fn described_brokers(&self, ctx: &Context, fenced_too: bool) -> Vec<Advertised> {
        let brokers = self.quorum.image().brokers().filter(|b| fenced_too || !b.fenced);
        brokers.filter_map(|b| advertised::broker(b, ctx.local.ip())).collect()
    }

    /// The voters; where each listens is known from its registration, or from the static quorum before that.
    fn described_controllers(&self, ctx: &Context) -> Vec<Advertised> {
        let image = self.quorum.image();
        let voters = self.config.voters.iter().map(|voter| {
            let registered = image.controllers().find(|c| c.id == voter.id);
            let endpoint =
                registered.and_then(|c| c.endpoints.iter().find(|e| e.name == CONTROLLER_LISTENER));
            let (host, port) = endpoint.map_or((&voter.host, voter.port), |e| (&e.host, e.port));
            Advertised {
                id: voter.id,
                host: advertised::host(host, ctx.local.ip()),
                port: i32::from(port),
                rack: None,
                fenced: false,
            }
        });
        voters.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listener_answers_for_its_own_kind_of_endpoints() {
        assert_eq!(mismatch(BROKERS, BROKERS), None);
        assert_eq!(mismatch(CONTROLLERS, CONTROLLERS), None);
        let code = |asked, expected| mismatch(asked, expected).map(|(code, _)| code);
        assert_eq!(code(CONTROLLERS, BROKERS), Some(ErrorCode::MISMATCHED_ENDPOINT_TYPE));
        assert_eq!(code(BROKERS, CONTROLLERS), Some(ErrorCode::MISMATCHED_ENDPOINT_TYPE));
        assert_eq!(code(0, BROKERS), Some(ErrorCode::UNSUPPORTED_ENDPOINT_TYPE));
        assert_eq!(code(3, CONTROLLERS), Some(ErrorCode::UNSUPPORTED_ENDPOINT_TYPE));
    }
}

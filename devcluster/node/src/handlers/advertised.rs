//! Where clients find nodes, and what they may do there: parts that several answers share.
//!
//! A node that advertises a loopback address is told to a client under the address that the client dialled:
//! through a forwarded port or from a container, `localhost` would lead nowhere.

use std::net::IpAddr;

use kr_metadata::image::{Broker, Image};
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::leader_hint::{CurrentLeader, NodeEndpoint};
use kr_wire::message::StrBytes;
use kr_wire::topic_ref::TopicRef;

use crate::dispatch::Context;
use crate::node::Node;

/// Every operation on a cluster, as bits of `AclOperation` (no authoriser: all are allowed, KIP-430).
pub(crate) const CLUSTER_OPERATIONS: i32 = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;
/// Every operation on a topic, as bits of `AclOperation`.
pub(crate) const TOPIC_OPERATIONS: i32 =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;

/// Listener of clients and brokers.
pub(crate) const BROKER_LISTENER: &str = "PLAINTEXT";
/// Listener of controllers.
pub(crate) const CONTROLLER_LISTENER: &str = "CONTROLLER";

/// A node as a client should dial it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Advertised {
    pub(crate) id: NodeId,
    pub(crate) host: StrBytes,
    pub(crate) port: i32,
    pub(crate) rack: Option<StrBytes>,
    pub(crate) fenced: bool,
}

/// The host to tell a client that dialled `local`.
pub(crate) fn host(advertised: &str, local: IpAddr) -> StrBytes {
    let stays_inside = advertised.eq_ignore_ascii_case("localhost")
        || advertised
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback() || ip.is_unspecified());
    let local = local.to_canonical();
    if stays_inside && !local.is_unspecified() {
        StrBytes::from_string(local.to_string())
    } else {
        StrBytes::from_string(advertised.to_owned())
    }
}

/// A registered broker as a client that dialled `local` should dial it; `None` if it has no listener for clients.
pub(crate) fn broker(broker: &Broker, local: IpAddr) -> Option<Advertised> {
    let endpoint = broker.endpoint(BROKER_LISTENER)?;
    Some(Advertised {
        id: broker.id,
        host: host(&endpoint.host, local),
        port: i32::from(endpoint.port),
        rack: broker.rack.clone().map(StrBytes::from_string),
        fenced: broker.fenced,
    })
}

/// A broker that serves clients now; `None` if it is fenced, unknown or has no listener for them.
pub(crate) fn alive_broker(image: &Image, id: NodeId, ctx: &Context) -> Option<Advertised> {
    image.broker(id).filter(|b| !b.fenced).and_then(|b| broker(b, ctx.local.ip()))
}

impl Node {
    /// Who leads a partition according to the metadata, and where, for clients that should go there (KIP-951).
    pub(crate) fn leader_hint(
        &self,
        topic: &TopicRef,
        partition: PartitionId,
        local: IpAddr,
    ) -> (CurrentLeader, Option<NodeEndpoint>) {
        let image = self.quorum.image();
        let known = match topic {
            TopicRef::Id(id) => image.partition(*id, partition),
            TopicRef::Name(name) => image.partition_by_name(name.as_str(), partition),
        };
        let Some(known) = known else { return (CurrentLeader::default(), None) };
        let hint = CurrentLeader { leader: known.leader, epoch: Some(known.leader_epoch) };
        let leader = known.leader.and_then(|id| broker(image.broker(id)?, local));
        let endpoint =
            leader.map(|Advertised { id, host, port, rack, .. }| NodeEndpoint { node: id, host, port, rack });
        (hint, endpoint)
    }

    /// The broker that clients should take for the controller: any will do, because brokers forward.
    ///
    /// It is the active controller itself where that is a broker too, else the first broker that is alive.
    pub(crate) fn controller_for_clients(&self) -> Option<NodeId> {
        let image = self.quorum.image();
        let alive = |id: &NodeId| {
            image.broker(*id).is_some_and(|b| !b.fenced && b.endpoint(BROKER_LISTENER).is_some())
        };
        self.quorum.leader().filter(alive).or_else(|| image.brokers().map(|b| b.id).find(alive))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(advertised: &str, dialled: &str) -> String {
        host(advertised, dialled.parse().expect("an address")).to_string()
    }

    #[test]
    fn loopback_is_told_as_the_address_that_was_dialled() {
        assert_eq!(told("localhost", "192.168.1.5"), "192.168.1.5");
        assert_eq!(told("127.0.0.1", "10.0.0.1"), "10.0.0.1");
        assert_eq!(told("::1", "127.0.0.1"), "127.0.0.1");
        assert_eq!(told("0.0.0.0", "127.0.0.1"), "127.0.0.1");
        assert_eq!(told("localhost", "::ffff:127.0.0.1"), "127.0.0.1");
    }

    #[test]
    fn other_hosts_are_told_as_advertised() {
        assert_eq!(told("kafka.example.org", "127.0.0.1"), "kafka.example.org");
        assert_eq!(told("10.1.2.3", "127.0.0.1"), "10.1.2.3");
    }
}

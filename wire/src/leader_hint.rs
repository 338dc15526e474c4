//! The leader a Produce or Fetch response points to, and how to reach it (KIP-951).
//!
//! Sent with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH so that a client need not ask for metadata first.

use bytes::Bytes;

use crate::ids::{LeaderEpoch, NodeId};
use crate::message::StrBytes;
use crate::primitives::{Decoded, Reader, Tags, Writer};
use crate::topic_ref::shared_text;

/// The leader as the answering node knows it; not sent if neither is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentLeader {
    /// The leader, or `None` while there is none.
    pub leader: Option<NodeId>,
    /// Its epoch, or that of the election under way.
    pub epoch: Option<LeaderEpoch>,
}

impl CurrentLeader {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Decoded<Self> {
        let leader = NodeId::from_wire(reader.i32()?);
        let epoch = LeaderEpoch::from_wire(reader.i32()?);
        reader.skip_tags()?;
        Ok(Self { leader, epoch })
    }

    pub(crate) fn add_to(self, tags: &mut Tags, tag: u32) {
        tags.add_if(self != Self::default(), tag, |field| {
            field.i32(NodeId::to_wire(self.leader));
            field.i32(LeaderEpoch::to_wire(self.epoch));
            field.no_tags();
        });
    }
}

/// Where a node named by a [`CurrentLeader`] listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEndpoint {
    /// The node.
    pub node: NodeId,
    /// Its host on the listener the request came in by.
    pub host: StrBytes,
    /// Its port there.
    pub port: i32,
    /// Its rack, if it has one.
    pub rack: Option<StrBytes>,
}

impl NodeEndpoint {
    pub(crate) fn decode_all(frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Vec<Self>> {
        reader.array(|reader| {
            let endpoint = Self {
                node: NodeId(reader.i32()?),
                host: shared_text(frame, reader.string()?),
                port: reader.i32()?,
                rack: reader.nullable_string()?.map(|rack| shared_text(frame, rack)),
            };
            reader.skip_tags()?;
            Ok(endpoint)
        })
    }

    pub(crate) fn add_all_to(endpoints: &[Self], tags: &mut Tags, tag: u32) {
        tags.add_if(!endpoints.is_empty(), tag, |field| {
            field.array(endpoints, |field: &mut Writer, endpoint| {
                field.i32(endpoint.node.0);
                field.string(&endpoint.host);
                field.i32(endpoint.port);
                field.nullable_string(endpoint.rack.as_deref());
                field.no_tags();
            });
        });
    }
}

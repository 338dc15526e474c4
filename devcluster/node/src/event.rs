//! What a driver tells a node. Each event says who sends it and when.

use std::net::SocketAddr;

use bytes::Bytes;

/// An inbound connection, named by the driver; never reused within one run of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// An outbound connection, named by the node; never reused within one run of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// A flush that was asked for with [`Output::Flush`](crate::Output::Flush).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlushToken(pub u64);

/// Which of a node's listeners a connection came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listener {
    /// Clients and other brokers (`PLAINTEXT`).
    Broker,
    /// Controllers and brokers of the same cluster (`CONTROLLER`).
    Controller,
}

/// Why an outbound connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDownReason {
    /// Nobody listens there.
    Refused,
    /// The peer closed or reset an established connection.
    Closed,
    /// The network or the name is unreachable.
    Unreachable,
}

/// Input of a node.
#[derive(Clone, Debug)]
pub enum Event {
    /// The driver accepted a connection. `local` is the address that the client dialled.
    Accepted {
        /// The new connection.
        conn: ConnId,
        /// Where it was accepted.
        listener: Listener,
        /// Our end, as dialled by the peer.
        local: SocketAddr,
        /// The peer's end.
        remote: SocketAddr,
    },
    /// A complete frame came in, without its four length bytes.
    Frame {
        /// The connection it came in on.
        conn: ConnId,
        /// Request header and body.
        frame: Bytes,
    },
    /// The peer or the driver closed an inbound connection; nothing more comes from it.
    Closed {
        /// The connection that is gone.
        conn: ConnId,
    },
    /// An outbound connection is established.
    LinkUp {
        /// The link of [`Output::Dial`](crate::Output::Dial).
        link: LinkId,
    },
    /// A complete frame came back on an outbound connection, without its four length bytes.
    LinkFrame {
        /// The link it came in on.
        link: LinkId,
        /// Response header and body.
        frame: Bytes,
    },
    /// An outbound connection could not be made or has ended.
    LinkDown {
        /// The link that is gone.
        link: LinkId,
        /// Why.
        reason: LinkDownReason,
    },
    /// Every file of a flush is durable, or the flush failed (which ends the node).
    Flushed {
        /// Which flush.
        token: FlushToken,
        /// The error's text when the disk refused.
        result: Result<(), String>,
    },
    /// The moment of [`Node::next_deadline`](crate::Node::next_deadline) has come.
    Tick,
    /// Begin a controlled shutdown; ends with [`Output::Stopped`](crate::Output::Stopped). Sent again, stop
    /// without waiting for the controller's consent or a successor in the quorum.
    Shutdown,
}

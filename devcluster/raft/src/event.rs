//! Inputs of the machine: what its driver tells it, and who says it first.
//!
//! Nothing here carries record bytes: the driver keeps them and is told what to do with them.

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

use crate::log_view::Snapshot;
use crate::rpc::{Request, Response};

/// Number of a peer's request, chosen by the driver; answers carry it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Number of a request of ours, chosen by the machine; unique in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Number of a flush, chosen by the machine; unique in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlushId(pub u64);

/// Something that happened. Time passes by [`Event::Tick`] and with every other event alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A peer asks; the driver has checked topic, partition, version and authorisation.
    Request {
        /// Comes back in the one `Reply*` output that answers it.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
    /// The connection a request came on is gone: a parked fetch is forgotten, no reply follows.
    RequestGone {
        /// The request nobody waits for any more.
        id: RequestId,
    },
    /// A call ended. Answers to calls the machine has given up are ignored.
    Response {
        /// From [`crate::Output::Call`].
        call: CallId,
        /// The answer, or why there is none.
        result: Result<Response, CallError>,
    },
    /// The driver, as leader, appended batches of records to the log (not yet flushed).
    ///
    /// They must start at [`crate::Raft::leader_position`] and carry its epoch.
    Appended {
        /// Epoch written into the batches.
        epoch: LeaderEpoch,
        /// Log end offset after the append.
        end: Offset,
    },
    /// A flush asked for by [`crate::Output::Flush`] is on disk.
    Flushed {
        /// From the output.
        id: FlushId,
    },
    /// The node finished a snapshot of its own of committed records (KIP-630).
    SnapshotCreated {
        /// Frozen and renamed already.
        snapshot: Snapshot,
    },
    /// The node deleted the head of the log and the snapshots below `start` (KIP-630).
    LogStartMoved {
        /// New log start offset: the end of a snapshot, not above the high watermark.
        start: Offset,
    },
    /// The connection to a node was closed or refused; only a hint, ignored without
    /// [`crate::Timers::hint_stagger`].
    PeerLost {
        /// The node behind the connection.
        node: NodeId,
    },
    /// Give up leadership if it is held in this epoch (Kafka: `RaftClient.resign`).
    Resign {
        /// A later epoch of our own is not resigned.
        epoch: LeaderEpoch,
    },
    /// Stop: hand leadership over first; ends with [`crate::Output::Stopped`].
    Shutdown,
    /// [`crate::Raft::next_deadline`] has come.
    Tick,
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Refused, closed or failed to authenticate: retried after a backoff.
    #[error("connection to the peer was closed or refused")]
    Disconnected,
    /// No answer in the driver's time; the machine has a limit of its own as well.
    #[error("peer did not answer in time")]
    TimedOut,
    /// The peer has no version that can say what was to be said, for example a pre-vote.
    #[error("peer does not support the request's version")]
    UnsupportedVersion,
    /// The answer could not be read.
    #[error("peer's answer was malformed")]
    Malformed,
}

//! Effects the driver performs for the machine, in the order it polls them.
//!
//! Each says what must be durable before it. All but [`Output::Flush`] and [`Output::Call`] are finished
//! when the driver takes the next one.

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

use crate::election::Election;
use crate::event::{CallId, FlushId, RequestId};
use crate::log_view::SnapshotId;
use crate::rpc::{FetchResponse, FetchSnapshotResponse, Request, Response};

/// To whom a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// A node; [`crate::Raft::endpoints`] tells where it listens.
    Node(NodeId),
    /// Entry of [`crate::Config::bootstrap`], counted from 0; whoever it is.
    Bootstrap(usize),
}

/// An effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Write the quorum-state file. Durable (fsync) before any later output is performed: votes and
    /// epochs must survive a crash once anyone has heard of them.
    Persist(Election),
    /// Send a request; exactly one [`crate::Event::Response`] may follow. The machine has a timeout of
    /// its own and then forgets the call.
    Call {
        /// Where to.
        to: Peer,
        /// For the answer.
        id: CallId,
        /// What to send.
        request: Request,
    },
    /// Answer a request.
    Reply {
        /// From [`crate::Event::Request`].
        id: RequestId,
        /// The whole answer.
        response: Response,
    },
    /// Answer a fetch with whole batches read from the log, unflushed and uncommitted ones included.
    ReplyFetch {
        /// From [`crate::Event::Request`].
        id: RequestId,
        /// All but the records.
        response: FetchResponse,
        /// First offset to read.
        from: Offset,
        /// Limit of bytes; one batch goes even when larger.
        max_bytes: i32,
    },
    /// Answer a fetch of a snapshot with bytes read from it.
    ReplyFetchSnapshot {
        /// From [`crate::Event::Request`].
        id: RequestId,
        /// All but the bytes.
        response: FetchSnapshotResponse,
        /// Limit of bytes; never past the end of the snapshot.
        max_bytes: i32,
    },
    /// As new leader, append one control batch with one LEADER_CHANGE record at `offset`.
    AppendLeaderChange {
        /// Goes into the batch.
        epoch: LeaderEpoch,
        /// Log end offset so far; the batch takes exactly this one offset.
        offset: Offset,
        /// The leader: this node.
        leader: NodeId,
        /// All voters.
        voters: Vec<NodeId>,
        /// Those who granted their vote, the leader included.
        granting: Vec<NodeId>,
    },
    /// Append the batches of the fetch answer being handled, as they are, up to `end`.
    ///
    /// The driver holds the bytes of the answer until it has drained the outputs of its event.
    AppendFetched {
        /// The answer's call.
        call: CallId,
        /// Log end offset afterwards; batches at or beyond it are dropped.
        end: Offset,
    },
    /// Remove all records from `to` on. Never below the high watermark.
    Truncate {
        /// New log end offset.
        to: Offset,
    },
    /// Bring the log on disk as it is now, without blocking; answer with [`crate::Event::Flushed`].
    /// At most one is under way.
    Flush {
        /// For the answer.
        id: FlushId,
        /// Log end offset that will be durable.
        up_to: Offset,
    },
    /// Append the bytes of the snapshot answer being handled to the partial snapshot file.
    ///
    /// At position 0 the file is created anew.
    AppendSnapshot {
        /// The answer's call.
        call: CallId,
        /// Which snapshot.
        snapshot: SnapshotId,
        /// Length of the file before.
        position: i64,
    },
    /// Remove the partial snapshot file, if there is one.
    DropSnapshot {
        /// Which snapshot.
        snapshot: SnapshotId,
    },
    /// The partial snapshot is whole: fsync and rename it, drop the whole log and start it anew at the
    /// snapshot's end, load the state from it. Durable before the next output is performed.
    InstallSnapshot {
        /// Which snapshot.
        snapshot: SnapshotId,
    },
    /// At start: the log does not contain what the latest snapshot says was committed, so drop it whole
    /// and begin it anew at the snapshot's end; older snapshots may go. Durable before the next output is
    /// performed.
    RestartLog {
        /// The latest snapshot.
        snapshot: SnapshotId,
    },
    /// Everything below is committed. Only rises.
    HighWatermark(Offset),
    /// Leader or epoch is another one; `None` while there is none.
    LeaderChanged {
        /// This node included.
        leader: Option<NodeId>,
        /// The epoch it leads.
        epoch: LeaderEpoch,
    },
    /// This node leads, and all records of earlier epochs are committed: proposals may begin. Comes
    /// after the [`Output::HighWatermark`] that passes `epoch_start`.
    BecameLeader {
        /// Own epoch.
        epoch: LeaderEpoch,
        /// Offset of its LEADER_CHANGE record.
        epoch_start: Offset,
    },
    /// Leadership is gone. Follows each [`Output::BecameLeader`] once; what was proposed and is not
    /// committed may still be committed or lost.
    LostLeadership {
        /// The epoch that was led.
        epoch: LeaderEpoch,
    },
    /// The shutdown that was asked for is complete; nothing follows.
    Stopped,
    /// The machine cannot go on; nothing follows.
    Fatal {
        /// What was found to be wrong.
        reason: String,
    },
}

//! KRaft consensus as a protocol machine: events in, outputs out, no I/O, no clock.
//!
//! It elects the leader of `__cluster_metadata`, replicates its log and says what is committed
//! (KIP-595, 630, 996, 1166). It never sees records: the driver appends, reads and truncates them.
//!
//! # Contract
//!
//! The driver builds [`Raft::new`] from the disk, then for each event calls [`Raft::handle`] and performs
//! every output of [`Raft::poll_output`] in order before it handles the next event or asks anything else.
//!
//! - [`Output::Persist`], [`Output::InstallSnapshot`]: on disk (fsync) before the next output is performed.
//! - Appends and truncations are synchronous but need not be durable. [`Output::Flush`] makes them so in
//!   the background and is answered by [`Event::Flushed`].
//! - A voter's fetch offset promises that everything below is flushed, so the machine fetches on only
//!   after its flush. A leader counts itself for the high watermark with what it has flushed: Kafka
//!   counts its end offset but flushes before it looks at the next fetch, which is the same order.
//! - A leader appends through [`Raft::leader_position`], [`Event::Appended`]; from [`Output::BecameLeader`]
//!   to [`Output::LostLeadership`]. The event must be the next one handled; several appends may be made
//!   and handled before the outputs are drained.
//! - [`Output::HighWatermark`] is the only sign that records may be applied.
//! - [`Event::PeerLost`] is optional. It makes elections fast where a closed connection means a dead node.
//!
//! # Where to find what
//!
//! States and the ways between them: `state`. Rules: `vote`, `high_watermark`, `epochs`, `log_view` (which
//! position needs what), `progress`, `snapshot`. Answers to peers: `request`; what their answers mean:
//! `response`; whom to ask now: `calling`. Static voters only: the reconfiguration of KIP-853 would go
//! between `voters` and `leading`.

mod calling;
mod calls;
mod config;
mod describe;
mod election;
mod epochs;
mod event;
mod flush;
mod high_watermark;
mod leading;
mod lifecycle;
mod log_view;
mod mutants;
mod output;
mod progress;
mod raft;
mod request;
mod response;
mod rpc;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod timers;
mod vote;
mod voters;

pub use config::{Config, Stored, Timers};
pub use describe::{QuorumView, ReplicaView, Role, Status};
pub use election::Election;
pub use event::{CallError, CallId, Event, FlushId, RequestId};
pub use log_view::{EpochEnd, Snapshot, SnapshotId};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutants;
pub use output::{Output, Peer};
pub use raft::{LeaderPosition, Raft};
pub use rpc::{
    BatchSpan, BeginQuorumEpochRequest, EndQuorumEpochRequest, Endpoint, FetchRequest, FetchResponse,
    FetchSnapshotRequest, FetchSnapshotResponse, Head, Refusal, ReplicaKey, Request, Response,
    SeenHighWatermark, VoteRequest, VoteResponse,
};
pub use voters::{Voter, VoterSet};

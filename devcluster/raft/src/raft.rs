//! The machine: which event in which state goes to which handler. It holds no rule.

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::{Mono, Now};

use crate::config::{Config, Stored};
use crate::describe::{QuorumView, Status};
use crate::event::Event;
use crate::output::Output;
use crate::rpc::{Endpoint, Refusal};

/// One replica of the metadata log; see the crate for the contract.
pub struct Raft {
    _config: Config,
}

/// Where a leader appends next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderPosition {
    /// Goes into the batch as partitionLeaderEpoch.
    pub epoch: LeaderEpoch,
    /// Base offset of the next batch: the log end offset.
    pub next: Offset,
}

impl Raft {
    /// Starts a replica from what is on disk. Outputs may be waiting at once.
    pub fn new(config: Config, _stored: Stored, _seed: u64, _now: Now) -> Self {
        Self { _config: config }
    }

    /// Takes an event. The driver drains [`Raft::poll_output`] before the next one.
    pub fn handle(&mut self, _event: Event, _now: Now) {
        todo!()
    }

    /// Returns the next effect to perform, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        todo!()
    }

    /// Returns when [`Event::Tick`] is due if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Mono> {
        todo!()
    }

    /// Returns where to append, from [`Output::BecameLeader`] until leadership is lost.
    pub fn leader_position(&self) -> Option<LeaderPosition> {
        todo!()
    }

    /// Returns the leader's view of the quorum.
    ///
    /// Errors: [`Refusal::NotLeaderOrFollower`] when this node does not lead.
    pub fn describe(&self) -> Result<QuorumView, Refusal> {
        todo!()
    }

    /// Returns what this replica knows of itself.
    pub fn status(&self) -> Status {
        todo!()
    }

    /// Returns where a voter or the current leader listens; empty if unknown.
    pub fn endpoints(&self, _node: NodeId) -> &[Endpoint] {
        todo!()
    }
}

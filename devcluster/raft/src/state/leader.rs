//! Leader: appends, counts who has what, and answers fetches now or later.
//!
//! Holds the facts; the answers are made in `request::fetch`.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::Mono;

use crate::event::RequestId;
use crate::progress::Progress;
use crate::rpc::SeenHighWatermark;

/// Fetches parked at once; one more is answered with nothing.
pub(crate) const MAX_PARKED: usize = 1024;

/// A fetch with nothing to tell yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) offset: Offset,
    pub(crate) max_bytes: i32,
    pub(crate) seen: SeenHighWatermark,
    pub(crate) deadline: Mono,
}

/// All of it is lost with the leadership.
#[derive(Clone, Debug)]
pub(crate) struct Leader {
    pub(crate) epoch: LeaderEpoch,
    /// Offset of the LEADER_CHANGE record.
    pub(crate) epoch_start: Offset,
    /// Of this epoch; unknown until a majority has the LEADER_CHANGE record.
    pub(crate) high_watermark: Option<Offset>,
    pub(crate) progress: Progress,
    /// When all voters are told again who leads.
    pub(crate) begin_deadline: Mono,
    /// Voters to be told now.
    pub(crate) untold: BTreeSet<NodeId>,
    pub(crate) check_quorum: CheckQuorum,
    pub(crate) parked: BTreeMap<RequestId, Parked>,
}

/// Who was heard since a majority was last heard (Kafka: `LeaderState.checkQuorumTimer`).
#[derive(Clone, Debug)]
pub(crate) struct CheckQuorum {
    /// A leader resigns here; `None` with a single voter.
    pub(crate) deadline: Option<Mono>,
    /// Other voters heard.
    pub(crate) heard: BTreeSet<NodeId>,
}

impl CheckQuorum {
    /// Notes a fetch of another voter; `true` when with it a majority was heard.
    ///
    /// `others_needed`: a majority less the leader itself.
    pub(crate) fn hears(&mut self, voter: NodeId, others_needed: usize) -> bool {
        self.heard.insert(voter);
        let complete = self.heard.len() >= others_needed;
        if complete {
            self.heard.clear();
        }
        complete
    }
}

impl Leader {
    /// Takes out parked fetches that fulfil a condition.
    pub(crate) fn unpark(&mut self, done: impl Fn(&Parked) -> bool) -> Vec<(RequestId, Parked)> {
        let ids: Vec<RequestId> =
            self.parked.iter().filter(|(_, parked)| done(parked)).map(|(id, _)| *id).collect();
        ids.into_iter().filter_map(|id| self.parked.remove_entry(&id)).collect()
    }
}

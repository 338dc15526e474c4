//! Candidate: has voted for itself in a new epoch and asks for votes (KIP-595).

use kr_wire::ids::LeaderEpoch;
use kr_wire::time::Mono;

use crate::vote::Tally;

/// Its vote for itself is persistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) epoch: LeaderEpoch,
    pub(crate) election_deadline: Mono,
    pub(crate) tally: Tally,
}

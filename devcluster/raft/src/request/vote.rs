//! Vote and pre-vote requests (KIP-595, KIP-996).
//!
//! A request of a higher epoch takes this replica there whether or not the vote is granted.

use kr_wire::ids::LeaderEpoch;

use crate::mutants::mutant;
use crate::raft::Raft;
use crate::rpc::{Refusal, VoteRequest, VoteResponse};
use crate::state::State;
use crate::vote::{Ballot, may_grant};

impl Raft {
    /// Answers a request for a vote; a granted one is persisted first.
    pub(crate) fn on_vote_request(&mut self, request: &VoteRequest) -> VoteResponse {
        match self.decide_vote(request) {
            Ok(granted) => VoteResponse { head: self.head(None), granted },
            Err(refusal) => VoteResponse { head: self.head(Some(refusal)), granted: false },
        }
    }

    fn decide_vote(&mut self, request: &VoteRequest) -> Result<bool, Refusal> {
        self.check_cluster(request.cluster_id.as_deref())?;
        self.check_voter_request(request.epoch, request.candidate.id)?;
        check_log_position(request)?;
        if request.epoch > self.state.epoch() {
            self.become_unattached(request.epoch, None);
        }
        self.check_addressee(request.voter)?;
        let ballot = Ballot {
            candidate: request.candidate,
            pre_vote: request.pre_vote,
            is_up_to_date: self.log.is_covered_by(request.last_epoch, request.last_offset)
                || mutant!(self.config, votes_ignore_log),
        };
        let granted = may_grant(&self.state, ballot) || self.may_vote_again(ballot);
        if granted && !request.pre_vote {
            self.add_vote(request.candidate);
        }
        Ok(granted)
    }

    /// Whether the planted bug of voting twice in an epoch applies.
    fn may_vote_again(&self, ballot: Ballot) -> bool {
        mutant!(self.config, votes_twice)
            && ballot.is_up_to_date
            && matches!(self.state, State::Unattached(_) | State::Prospective(_))
    }
}

/// A candidate's last record is older than the epoch it wants; that of a prospective may be of it.
fn check_log_position(request: &VoteRequest) -> Result<(), Refusal> {
    let newest =
        if request.pre_vote { request.epoch } else { LeaderEpoch(request.epoch.0.saturating_sub(1)) };
    if request.last_offset.0 < 0 || request.last_epoch.0 < 0 || request.last_epoch > newest {
        Err(Refusal::InvalidRequest)
    } else {
        Ok(())
    }
}

//! May this replica grant a vote, and has a candidate won: rules only.
//!
//! Source: KIP-595 (votes), KIP-996 (pre-votes).

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;

use crate::rpc::ReplicaKey;
use crate::state::State;
use crate::voters::VoterSet;

/// What a receiver knows of a request for a vote of its own epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ballot {
    /// Who asks.
    pub(crate) candidate: ReplicaKey,
    /// Only asks whether it would be elected.
    pub(crate) pre_vote: bool,
    /// Its log has all that the receiver's has.
    pub(crate) is_up_to_date: bool,
}

/// Whether a replica in this state grants the ballot.
pub(crate) fn may_grant(state: &State, ballot: Ballot) -> bool {
    if ballot.pre_vote { may_grant_pre_vote(state, ballot) } else { may_grant_vote(state, ballot) }
}

fn may_grant_vote(state: &State, ballot: Ballot) -> bool {
    let (voted, leader) = match state {
        State::Unattached(unattached) => (unattached.voted, unattached.leader),
        State::Prospective(prospective) => (prospective.voted, prospective.leader),
        State::Candidate(_) | State::Leader(_) | State::Follower(_) | State::Resigned(_) => return false,
    };
    match (voted, leader) {
        (Some(voted), _) => {
            voted.id == ballot.candidate.id
                && (voted.directory.is_none() || voted.directory == ballot.candidate.directory)
        }
        (None, Some(_)) => false,
        (None, None) => ballot.is_up_to_date,
    }
}

fn may_grant_pre_vote(state: &State, ballot: Ballot) -> bool {
    match state {
        State::Leader(_) => false,
        // Who still hears its leader does not help to depose it.
        State::Follower(follower) => ballot.is_up_to_date && !follower.hears_leader(),
        State::Unattached(_) | State::Prospective(_) | State::Candidate(_) | State::Resigned(_) => {
            ballot.is_up_to_date
        }
    }
}

/// Answers to a request for votes, by voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    answers: BTreeMap<NodeId, Option<bool>>,
    majority: usize,
}

impl Tally {
    /// Starts with the candidate's own vote.
    pub(crate) fn new(voters: &VoterSet, candidate: NodeId) -> Self {
        let answers = voters.ids().map(|id| (id, (id == candidate).then_some(true))).collect();
        Self { answers, majority: voters.majority() }
    }

    /// Notes a voter's answer; its first one stays, strangers do not count.
    pub(crate) fn record(&mut self, voter: NodeId, granted: bool) {
        if let Some(answer @ None) = self.answers.get_mut(&voter) {
            *answer = Some(granted);
        }
    }

    /// Whether a majority granted.
    pub(crate) fn is_won(&self) -> bool {
        self.granting().count() >= self.majority
    }

    /// Whether too many rejected for a majority to be left.
    pub(crate) fn is_lost(&self) -> bool {
        let rejected = self.answers.values().filter(|answer| **answer == Some(false)).count();
        self.answers.len() - rejected < self.majority
    }

    /// Returns who granted, the candidate included, by id.
    pub(crate) fn granting(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.answers.iter().filter(|(_, answer)| **answer == Some(true)).map(|(id, _)| *id)
    }

    /// Returns who has not answered, by id.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.answers.iter().filter(|(_, answer)| answer.is_none()).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voters::Voter;

    fn tally(voters: i32) -> Tally {
        Tally::new(&VoterSet::new((1..=voters).map(|id| (NodeId(id), Voter::default()))), NodeId(1))
    }

    #[test]
    fn single_voter_wins_by_its_own_vote() {
        assert!(tally(1).is_won());
    }

    #[test]
    fn tally_is_won_by_a_majority() {
        let mut tally = tally(4);
        tally.record(NodeId(2), true);
        assert!(!tally.is_won());
        tally.record(NodeId(3), true);
        assert!(tally.is_won());
    }

    #[test]
    fn tally_is_lost_when_no_majority_is_left() {
        let mut tally = tally(3);
        tally.record(NodeId(2), false);
        assert!(!tally.is_lost());
        tally.record(NodeId(3), false);
        assert!(tally.is_lost());
    }

    #[test]
    fn tally_keeps_the_first_answer_and_ignores_strangers() {
        let mut tally = tally(3);
        tally.record(NodeId(2), true);
        tally.record(NodeId(2), false);
        tally.record(NodeId(9), false);
        assert!(tally.is_won() && !tally.is_lost());
        assert_eq!(tally.unanswered().collect::<Vec<_>>(), [NodeId(3)]);
    }
}

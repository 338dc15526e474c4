//! The six states and the ways between them.
//!
//! A transition persists what must be, gives up the calls of the state that is left and answers whom that
//! state kept waiting. When to take one is decided in `raft`, `request` and `response`.
//!
//! ```text
//!  Unattached --timer--> Prospective --majority of pre-votes--> Candidate --majority--> Leader
//!     |  ^                 |   ^  ^                                |                      |
//!     |  '---- rejected ---'   |  '------------ timer ------------'        resign, check-quorum
//!     '-- leader --> Follower -'                                                          v
//!            found       timer        Unattached (epoch + 1) <-----------timer-------- Resigned
//!  from any state: higher epoch --> Follower if its leader can be reached, else Unattached
//! ```

mod candidate;
mod follower;
mod leader;
mod prospective;
mod resigned;
mod unattached;

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::Mono;

pub(crate) use candidate::Candidate;
pub(crate) use follower::Follower;
pub(crate) use leader::{CheckQuorum, Leader, MAX_PARKED, Parked};
pub(crate) use prospective::Prospective;
pub(crate) use resigned::Resigned;
pub(crate) use unattached::Unattached;

use crate::describe::Role;
use crate::election::Election;
use crate::mutants::mutant;
use crate::output::Output;
use crate::progress::Progress;
use crate::raft::Raft;
use crate::rpc::{Endpoint, Refusal, ReplicaKey, Response};
use crate::vote::Tally;

/// Where a replica is (Kafka: `EpochState`).
#[derive(Clone, Debug)]
pub(crate) enum State {
    Unattached(Unattached),
    Prospective(Prospective),
    Candidate(Candidate),
    Leader(Box<Leader>),
    Follower(Follower),
    Resigned(Resigned),
}

impl State {
    /// Returns the epoch, which only rises.
    pub(crate) fn epoch(&self) -> LeaderEpoch {
        match self {
            Self::Unattached(state) => state.epoch,
            Self::Prospective(state) => state.epoch,
            Self::Candidate(state) => state.epoch,
            Self::Leader(state) => state.epoch,
            Self::Follower(state) => state.epoch,
            Self::Resigned(state) => state.epoch,
        }
    }

    /// Returns the state's name.
    pub(crate) fn role(&self) -> Role {
        match self {
            Self::Unattached(_) => Role::Unattached,
            Self::Prospective(_) => Role::Prospective,
            Self::Candidate(_) => Role::Candidate,
            Self::Leader(_) => Role::Leader,
            Self::Follower(_) => Role::Follower,
            Self::Resigned(_) => Role::Resigned,
        }
    }

    /// Returns what of the state belongs on disk; `own` is this replica.
    pub(crate) fn election(&self, own: ReplicaKey) -> Election {
        let (leader, voted) = match self {
            Self::Unattached(state) => (state.leader, state.voted),
            Self::Prospective(state) => (state.leader, state.voted),
            Self::Candidate(_) => (None, Some(own)),
            Self::Leader(_) | Self::Resigned(_) => (Some(own.id), None),
            Self::Follower(state) => (Some(state.leader), state.voted),
        };
        Election { epoch: self.epoch(), leader, voted }
    }

    /// Returns when the state changes by itself; a leader's own timers are not among these.
    fn election_deadline(&self) -> Option<Mono> {
        match self {
            Self::Unattached(state) => state.election_deadline,
            Self::Prospective(state) => Some(state.election_deadline),
            Self::Candidate(state) => Some(state.election_deadline),
            Self::Follower(state) => Some(state.patience()),
            Self::Resigned(state) => Some(state.election_deadline),
            Self::Leader(_) => None,
        }
    }
}

impl Raft {
    /// Goes on in a higher epoch without a leader to follow, or stops being prospective in this one.
    ///
    /// The time left until an election is taken along, so that no stream of requests puts it off.
    pub(crate) fn become_unattached(&mut self, epoch: LeaderEpoch, leader: Option<NodeId>) {
        let voted = self.voted_in(epoch);
        let left = match &self.state {
            State::Prospective(state) if state.epoch == epoch => None,
            state => state.election_deadline(),
        };
        let election_deadline =
            if self.is_voter() { Some(left.unwrap_or_else(|| self.draw_election_deadline())) } else { None };
        self.enter(State::Unattached(Unattached { epoch, leader, voted, election_deadline }));
    }

    /// Asks for pre-votes in the current epoch; a single voter goes straight on.
    pub(crate) fn become_prospective(&mut self) {
        assert!(self.is_voter(), "only voters are elected");
        assert!(
            !matches!(self.state, State::Leader(_) | State::Prospective(_)),
            "no way from {:?} to prospective",
            self.state.role()
        );
        let election = self.state.election(self.own_key());
        let leader = election.leader.filter(|leader| *leader != self.config.node_id);
        let election_deadline = self.draw_election_deadline();
        let tally = Tally::new(&self.config.voters, self.config.node_id);
        let is_won = tally.is_won();
        // A candidate's vote for itself stays: it is a vote of this epoch.
        self.enter(State::Prospective(Prospective {
            epoch: election.epoch,
            leader,
            voted: election.voted,
            election_deadline,
            tally,
        }));
        if is_won {
            self.become_candidate();
        }
    }

    /// Votes for itself in a new epoch and asks for votes; a single voter goes straight on.
    pub(crate) fn become_candidate(&mut self) {
        assert!(matches!(self.state, State::Prospective(_)), "pre-votes come before votes");
        let Some(epoch) = self.epoch_after_this() else { return };
        self.restart_as_candidate(epoch);
    }

    /// Asks for votes in an epoch in which this replica has voted for itself, or is about to.
    pub(crate) fn restart_as_candidate(&mut self, epoch: LeaderEpoch) {
        let election_deadline = self.draw_election_deadline();
        let tally = Tally::new(&self.config.voters, self.config.node_id);
        let is_won = tally.is_won();
        self.enter(State::Candidate(Candidate { epoch, election_deadline, tally }));
        if is_won {
            self.become_leader();
        }
    }

    /// Leads the epoch it was elected in: appends the LEADER_CHANGE record and tells everyone.
    pub(crate) fn become_leader(&mut self) {
        let State::Candidate(candidate) = &self.state else { panic!("only a candidate is elected") };
        assert!(candidate.tally.is_won(), "a leader has a majority of votes");
        let epoch = candidate.epoch;
        let granting = candidate.tally.granting().collect();
        let epoch_start = self.log.end;
        let own = self.config.node_id;
        let single = self.config.voters.len() == 1;
        let leader = Leader {
            epoch,
            epoch_start,
            high_watermark: None,
            progress: Progress::new(&self.config.voters),
            begin_deadline: self.now.mono + self.begin_interval(),
            untold: self.config.voters.others(own).collect(),
            check_quorum: CheckQuorum {
                deadline: (!single).then(|| self.now.mono + self.check_quorum_timeout()),
                heard: BTreeSet::new(),
            },
            parked: BTreeMap::new(),
        };
        self.enter(State::Leader(Box::new(leader)));
        self.announce();
        let voters = self.config.voters.ids().collect();
        self.emit(Output::AppendLeaderChange { epoch, offset: epoch_start, leader: own, voters, granting });
        self.log.append(epoch, epoch_start + 1);
        self.want_flush();
    }

    /// Follows the leader of this or a higher epoch.
    pub(crate) fn become_follower(&mut self, epoch: LeaderEpoch, leader: NodeId, endpoints: Vec<Endpoint>) {
        assert!(leader != self.config.node_id, "nobody follows itself");
        let voted = self.voted_in(epoch);
        if epoch > self.state.epoch() {
            self.failed_hints = 0;
        }
        let fetch_deadline = self.now.mono + self.config.timers.fetch_timeout;
        self.enter(State::Follower(Follower {
            epoch,
            leader,
            endpoints,
            voted,
            fetch_deadline,
            suspected_until: None,
            has_fetched: false,
            download: None,
        }));
    }

    /// Stops leading without leaving the epoch.
    pub(crate) fn become_resigned(&mut self) {
        let State::Leader(leader) = &self.state else { panic!("only a leader resigns") };
        let epoch = leader.epoch;
        let successors = leader.progress.successors(self.config.node_id);
        let election_deadline = self.draw_election_deadline();
        let unacknowledged = self.config.voters.others(self.config.node_id).collect();
        self.enter(State::Resigned(Resigned { epoch, election_deadline, successors, unacknowledged }));
    }

    /// Gives a standard vote in the current epoch; the timer starts anew.
    pub(crate) fn add_vote(&mut self, candidate: ReplicaKey) {
        let deadline = self.draw_election_deadline();
        match &mut self.state {
            State::Unattached(state) => {
                state.voted = Some(candidate);
                state.election_deadline = state.election_deadline.map(|_| deadline);
            }
            State::Prospective(state) => {
                state.voted = Some(candidate);
                state.election_deadline = deadline;
            }
            _ => panic!("{:?} grants no votes", self.state.role()),
        }
        if !mutant!(self.config, vote_not_persisted) {
            self.persist();
        }
    }

    /// Writes down what has changed of epoch, leader and vote.
    pub(crate) fn persist(&mut self) {
        let election = self.state.election(self.own_key());
        if self.persisted != Some(election) {
            self.persisted = Some(election);
            self.emit_persist(election);
        }
    }

    fn voted_in(&self, epoch: LeaderEpoch) -> Option<ReplicaKey> {
        if epoch == self.state.epoch() { self.state.election(self.own_key()).voted } else { None }
    }

    fn enter(&mut self, state: State) {
        let (from, to) = (self.state.epoch(), state.epoch());
        assert!(to >= from, "epoch would fall from {from} to {to}");
        let old = std::mem::replace(&mut self.state, state);
        self.calls.reset();
        self.persist();
        match old {
            State::Leader(leader) => self.leave_leadership(*leader),
            State::Follower(Follower { download: Some(download), .. }) => {
                self.emit(Output::DropSnapshot { snapshot: download.id });
            }
            _ => {}
        }
    }

    fn leave_leadership(&mut self, leader: Leader) {
        for id in leader.parked.into_keys() {
            let response = self.fetch_refused(Refusal::NotLeaderOrFollower);
            self.emit(Output::Reply { id, response: Response::Fetch(response) });
        }
        if leader.high_watermark.is_some() {
            self.emit(Output::LostLeadership { epoch: leader.epoch });
        }
    }
}

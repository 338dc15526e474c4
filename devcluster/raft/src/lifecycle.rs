//! Start from disk, hints, resignation and the end.

use kr_wire::ids::{LeaderEpoch, NodeId};

use crate::election::Election;
use crate::output::{Output, Peer};
use crate::raft::Raft;
use crate::state::{Follower, Resigned, State, Unattached};

impl Raft {
    /// Enters the first state (Kafka: `QuorumState.initialize`).
    pub(crate) fn start(&mut self, stored: Election) {
        if let Some(snapshot) = self.log.latest_snapshot() {
            // Snapshots are on disk before they are announced, records may not be: after a crash the log can
            // end earlier or have an old tail again.
            if !self.log.agrees_with(snapshot) {
                self.log.restart(snapshot);
                self.emit(Output::RestartLog { snapshot });
            }
            self.raise_high_watermark(snapshot.end);
        }
        // Records of a later epoch than the file's mean that the file is old: its vote and leader are void.
        let last_epoch = self.log.last_epoch();
        let election = if last_epoch > stored.epoch {
            Election { epoch: last_epoch, ..Election::default() }
        } else {
            stored
        };
        self.state = State::Unattached(self.first_unattached(election));
        self.want_flush();
        let own = self.own_key();
        let votes_for_itself = election.voted.is_some_and(|voted| voted.matches(own));
        match election.leader {
            Some(leader) if leader == own.id => {
                self.state = State::Resigned(Resigned {
                    epoch: election.epoch,
                    election_deadline: self.draw_election_deadline(),
                    successors: Vec::new(),
                    unacknowledged: self.config.voters.others(own.id).collect(),
                });
            }
            Some(leader) if !self.config.voters.endpoints(leader).is_empty() => {
                self.state = State::Follower(self.first_follower(election, leader));
            }
            _ if votes_for_itself && self.is_voter() => return self.restart_as_candidate(election.epoch),
            _ => {}
        }
        self.persist();
        if self.config.voters.len() == 1 && self.is_voter() {
            // A single voter waits for nobody.
            self.become_prospective();
        }
    }

    fn first_unattached(&mut self, election: Election) -> Unattached {
        let election_deadline = if self.is_voter() {
            let eager = self.draw_stagger(None).map(|delay| self.now.mono + delay);
            Some(eager.unwrap_or_else(|| self.draw_election_deadline()))
        } else {
            None
        };
        Unattached {
            epoch: election.epoch,
            leader: election.leader,
            voted: election.voted,
            election_deadline,
        }
    }

    fn first_follower(&self, election: Election, leader: NodeId) -> Follower {
        Follower {
            epoch: election.epoch,
            leader,
            endpoints: self.config.voters.endpoints(leader).to_vec(),
            voted: election.voted,
            fetch_deadline: self.now.mono + self.config.timers.fetch_timeout,
            suspected_until: None,
            has_fetched: false,
            download: None,
        }
    }

    /// Takes a broken connection to the leader for an expired fetch timer, if so configured.
    pub(crate) fn on_peer_lost(&mut self, node: NodeId) {
        let State::Follower(follower) = &self.state else { return };
        if follower.leader != node {
            return;
        }
        let is_new = follower.suspected_until.is_none();
        let Some(delay) = self.draw_stagger(Some(node)) else { return };
        self.calls.abandon(Peer::Node(node));
        self.pause(Peer::Node(node));
        let until = self.now.mono + delay;
        if let State::Follower(follower) = &mut self.state
            && is_new
        {
            follower.suspected_until = Some(until);
        }
    }

    /// Resigns if this epoch is still led.
    pub(crate) fn on_resign(&mut self, epoch: LeaderEpoch) {
        if let State::Leader(leader) = &self.state
            && leader.epoch == epoch
        {
            self.become_resigned();
        }
    }

    /// Begins to stop; a leader of several voters waits for a successor.
    pub(crate) fn on_shutdown(&mut self) {
        let has_heirs = self.config.voters.len() > 1;
        match self.state {
            State::Leader(_) => self.become_resigned(),
            State::Resigned(_) => {}
            _ => return self.halt(Output::Stopped),
        }
        if !has_heirs {
            return self.halt(Output::Stopped);
        }
        if self.stopping.is_none() {
            self.stopping = Some(self.now.mono + self.config.timers.shutdown_timeout);
        }
    }

    /// Completes a shutdown when another leads or nobody was found in time.
    pub(crate) fn stop_when_succeeded(&mut self) {
        let Some(deadline) = self.stopping else { return };
        if self.reachable_leader().is_some() || deadline <= self.now.mono {
            self.halt(Output::Stopped);
        }
    }
}

//! The machine: which event or timer in which state goes to which handler. It holds no rule.

use std::collections::VecDeque;

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::calls::Calls;
use crate::config::{Config, Stored};
use crate::describe::{QuorumView, Status};
use crate::election::Election;
use crate::event::{CallError, CallId, Event, RequestId};
use crate::flush::Flushes;
use crate::log_view::LogView;
use crate::output::Output;
use crate::rpc::{Endpoint, Refusal, ReplicaKey, Request, Response};
use crate::state::{State, Unattached};

/// Transitions by timers in one turn; each enters a state whose timer lies ahead, so few suffice.
const MAX_STEPS: usize = 8;

/// One replica of the metadata log; the crate's documentation has the contract.
#[derive(Debug)]
pub struct Raft {
    pub(crate) config: Config,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) now: Now,
    pub(crate) state: State,
    /// What the quorum-state file holds once the outputs are performed.
    pub(crate) persisted: Option<Election>,
    pub(crate) log: LogView,
    /// Everything below is known to be committed; outlives states.
    pub(crate) high_watermark: Offset,
    pub(crate) calls: Calls,
    pub(crate) flushes: Flushes,
    /// The bootstrap peer asked last, for taking turns.
    pub(crate) asked_last: usize,
    /// Hints in a row that led to no election.
    pub(crate) failed_hints: u32,
    /// Deadline of a shutdown under way.
    pub(crate) stopping: Option<Mono>,
    announced: (Option<NodeId>, LeaderEpoch),
    outputs: VecDeque<Output>,
    is_halted: bool,
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
    pub fn new(config: Config, stored: Stored, seed: u64, now: Now) -> Self {
        let log = LogView::new(&stored);
        let state = State::Unattached(Unattached {
            epoch: LeaderEpoch(0),
            leader: None,
            voted: None,
            election_deadline: None,
        });
        let mut raft = Self {
            config,
            rng: ChaCha8Rng::seed_from_u64(seed),
            now,
            state,
            persisted: stored.election,
            log,
            high_watermark: Offset::ZERO,
            calls: Calls::default(),
            flushes: Flushes::default(),
            asked_last: 0,
            failed_hints: 0,
            stopping: None,
            announced: (None, LeaderEpoch(0)),
            outputs: VecDeque::new(),
            is_halted: false,
        };
        raft.start(stored.election.unwrap_or_default());
        raft.settle();
        raft
    }

    /// Takes an event. The driver drains [`Raft::poll_output`] before the next one.
    pub fn handle(&mut self, event: Event, now: Now) {
        if self.is_halted {
            return;
        }
        self.now = now;
        match event {
            Event::Request { id, request } => self.on_request(id, request),
            Event::RequestGone { id } => self.on_request_gone(id),
            Event::Response { call, result } => self.on_response(call, result),
            Event::Appended { epoch, end } => self.on_appended(epoch, end),
            Event::Flushed { id } => self.on_flushed(id),
            Event::SnapshotCreated { snapshot } => self.log.add_snapshot(snapshot),
            Event::LogStartMoved { start } => self.log.move_start(start),
            Event::PeerLost { node } => self.on_peer_lost(node),
            Event::Resign { epoch } => self.on_resign(epoch),
            Event::Shutdown => self.on_shutdown(),
            Event::Tick => {}
        }
        self.settle();
    }

    /// Returns the next effect to perform, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns when [`Event::Tick`] is due if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Mono> {
        if self.is_halted { None } else { self.earliest_deadline() }
    }

    /// Returns where to append, from [`Output::BecameLeader`] until leadership is lost.
    pub fn leader_position(&self) -> Option<LeaderPosition> {
        match &self.state {
            State::Leader(leader) if leader.high_watermark.is_some() && !self.is_halted => {
                Some(LeaderPosition { epoch: leader.epoch, next: self.log.end })
            }
            _ => None,
        }
    }

    /// Returns the leader's view of the quorum.
    ///
    /// Errors: [`Refusal::NotLeaderOrFollower`] when this node does not lead.
    pub fn describe(&self) -> Result<QuorumView, Refusal> {
        let State::Leader(leader) = &self.state else { return Err(Refusal::NotLeaderOrFollower) };
        let session = self.config.timers.observer_session;
        Ok(QuorumView {
            leader: self.config.node_id,
            epoch: leader.epoch,
            high_watermark: leader.high_watermark,
            voters: leader.progress.voter_views(self.own_key(), self.log.end, self.now),
            observers: leader.progress.observer_views(self.now.mono, session),
        })
    }

    /// Returns what this replica knows of itself.
    pub fn status(&self) -> Status {
        Status {
            role: self.state.role(),
            is_voter: self.is_voter(),
            epoch: self.state.epoch(),
            leader: self.reachable_leader(),
            high_watermark: self.high_watermark,
            log_end: self.log.end,
        }
    }

    /// Returns what must be on disk once the outputs so far have been carried out.
    pub fn election(&self) -> Election {
        self.state.election(self.own_key())
    }

    /// Returns where a voter or the current leader listens; empty if unknown.
    pub fn endpoints(&self, node: NodeId) -> &[Endpoint] {
        match &self.state {
            State::Follower(follower) if follower.leader == node => &follower.endpoints,
            _ => self.config.voters.endpoints(node),
        }
    }

    fn on_request(&mut self, id: RequestId, request: Request) {
        let response = match request {
            Request::Vote(request) => Response::Vote(self.on_vote_request(&request)),
            Request::BeginQuorumEpoch(request) => {
                Response::BeginQuorumEpoch(self.on_begin_quorum_epoch_request(request))
            }
            Request::EndQuorumEpoch(request) => {
                Response::EndQuorumEpoch(self.on_end_quorum_epoch_request(&request))
            }
            Request::Fetch(request) => return self.on_fetch_request(id, &request),
            Request::FetchSnapshot(request) => return self.on_fetch_snapshot_request(id, &request),
        };
        self.emit(Output::Reply { id, response });
    }

    fn on_response(&mut self, call: CallId, result: Result<Response, CallError>) {
        let Some((peer, asked)) = self.calls.finish(call) else { return };
        match result {
            Ok(response) => self.on_answer(call, peer, asked, response),
            Err(error) => self.on_call_failed(peer, asked, error),
        }
    }

    /// Lets timers act, then asks peers what is to be asked.
    fn settle(&mut self) {
        for _ in 0..MAX_STEPS {
            if self.is_halted || !self.expire() {
                break;
            }
        }
        if self.is_halted {
            return;
        }
        self.announce();
        self.stop_when_succeeded();
        if !self.is_halted {
            self.send_calls();
        }
    }

    /// Acts on one timer that has expired; `false` when none has.
    fn expire(&mut self) -> bool {
        if let Some((peer, asked)) = self.calls.expire(self.now.mono) {
            self.on_call_failed(peer, asked, CallError::TimedOut);
            return true;
        }
        if let State::Leader(_) = self.state {
            return self.expire_leader();
        }
        // A deadline that does not apply to this replica is not among the earliest.
        if self.stopping.is_some_and(|deadline| deadline <= self.now.mono)
            || self.earliest_deadline().is_none_or(|deadline| deadline > self.now.mono)
        {
            return false;
        }
        match &self.state {
            State::Unattached(_) | State::Follower(_) | State::Candidate(_) => self.become_prospective(),
            State::Prospective(_) => self.stop_being_prospective(),
            State::Resigned(_) => {
                let Some(epoch) = self.epoch_after_this() else { return true };
                self.become_unattached(epoch, None);
            }
            State::Leader(_) => return false,
        }
        true
    }

    /// Queues an effect.
    pub(crate) fn emit(&mut self, output: Output) {
        if !self.is_halted {
            self.outputs.push_back(output);
        }
    }

    /// Queues a write of the quorum-state file, in place of one that nothing has followed yet: a vote in a
    /// new epoch is one write and not two.
    pub(crate) fn emit_persist(&mut self, election: Election) {
        match self.outputs.back_mut() {
            Some(Output::Persist(waiting)) => *waiting = election,
            _ => self.emit(Output::Persist(election)),
        }
    }

    /// Ends the machine's life with a last effect.
    pub(crate) fn halt(&mut self, output: Output) {
        self.emit(output);
        self.is_halted = true;
    }

    /// Ends the machine's life because it cannot be trusted any more.
    pub(crate) fn fail(&mut self, reason: String) {
        self.halt(Output::Fatal { reason });
    }

    /// Tells of a leader or an epoch that is new.
    pub(crate) fn announce(&mut self) {
        let current = (self.reachable_leader(), self.state.epoch());
        if self.announced != current {
            self.announced = current;
            let (leader, epoch) = current;
            self.emit(Output::LeaderChanged { leader, epoch });
        }
    }

    /// Whether this replica votes.
    pub(crate) fn is_voter(&self) -> bool {
        self.config.voters.contains(self.config.node_id)
    }

    /// Returns this replica's id and directory.
    pub(crate) fn own_key(&self) -> ReplicaKey {
        ReplicaKey { id: self.config.node_id, directory: Some(self.config.directory_id) }
    }

    /// Returns the leader that this replica follows, or itself when it leads.
    pub(crate) fn reachable_leader(&self) -> Option<NodeId> {
        match &self.state {
            State::Leader(_) => Some(self.config.node_id),
            State::Follower(follower) => Some(follower.leader),
            State::Prospective(prospective) => prospective.leader,
            State::Unattached(_) | State::Candidate(_) | State::Resigned(_) => None,
        }
    }

    /// Returns the next epoch; a peer that drove it to the last number stops the machine.
    pub(crate) fn epoch_after_this(&mut self) -> Option<LeaderEpoch> {
        let epoch = self.state.epoch();
        if epoch.0 == i32::MAX {
            self.fail(format!("epoch {epoch} is the last there is"));
            return None;
        }
        Some(epoch.next())
    }
}

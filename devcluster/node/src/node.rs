//! The node: its parts, and the turn in which an event is handled to the end.
//!
//! Wiring only. Every part decides for itself; what one part produces, the others consume within the same
//! turn ([`Node::settle`]), so that whatever waits is completed as soon as its condition is true.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

use kr_log::{Disk, DiskFile, FlushMark};
use kr_raft::FlushId;
use kr_wire::ids::{DirectoryId, NodeId, Uuid};
use kr_wire::message::ResponseKind;
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::broker::Broker;
use crate::config::{NodeConfig, Settings};
use crate::conns::Conns;
use crate::drive::controller::ControllerDrive;
use crate::drive::raft::Quorum;
use crate::event::{ConnId, Event, FlushToken, LinkDownReason, LinkId};
use crate::forward::Forwards;
use crate::links::{CallReply, CallTag, Ended, Links};
use crate::output::{Level, Output};
use crate::replica::partition::PartitionKey;
use crate::start::StartError;
use crate::status::{BrokerStatus, NodeStatus, QuorumStatus};

/// What a flush was for.
#[derive(Debug)]
pub(crate) enum FlushPurpose {
    /// The metadata log, for the raft machine.
    Metadata { id: FlushId, mark: FlushMark },
    /// A partition's log, so that a later start need not check it again.
    Partition { key: PartitionKey, mark: FlushMark },
}

/// One Kafka node; see the crate for the contract.
pub struct Node {
    pub(crate) config: NodeConfig,
    pub(crate) settings: Settings,
    /// Kafka properties in force: the profile's and the user's.
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) directory: DirectoryId,
    pub(crate) now: Now,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) out: VecDeque<Output>,
    pub(crate) conns: Conns,
    pub(crate) links: Links,
    pub(crate) quorum: Quorum,
    pub(crate) controller: Option<ControllerDrive>,
    pub(crate) broker: Option<Broker>,
    pub(crate) forwards: Forwards,
    /// Names this run of the node as a controller.
    pub(crate) incarnation: Uuid,
    /// Nodes whose connections ended and that have not been heard of since (profile `fast`).
    pub(crate) lost: BTreeSet<NodeId>,
    /// Whether the current leader of the quorum knows this controller.
    pub(crate) registered_controller: bool,
    flushes: BTreeMap<FlushToken, FlushPurpose>,
    next_flush: u64,
    /// Answers that this node gave to itself.
    local_replies: VecDeque<(CallTag, ResponseKind)>,
    life: Life,
}

/// Where a node is in its own life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Running,
    /// The broker hands over its partitions; give up at the deadline.
    /// `alone_since` is when the last controller went away.
    Leaving {
        deadline: Mono,
        alone_since: Option<Mono>,
    },
    /// The quorum machine hands over its leadership.
    Resigning,
    /// Stopped or failed: nothing is handled any more.
    Over,
}

/// How long a controlled shutdown may take before the node stops all the same.
const SHUTDOWN_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// What [`crate::start`] puts together.
pub(crate) struct Parts {
    pub(crate) config: NodeConfig,
    pub(crate) settings: Settings,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) directory: DirectoryId,
    pub(crate) quorum: Quorum,
    pub(crate) controller: Option<ControllerDrive>,
    pub(crate) broker: Option<Broker>,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) now: Now,
}

impl Node {
    /// Loads a node from its directory, which [`crate::format`] has prepared.
    ///
    /// # Errors
    /// When the directory is not this node's, cannot be read, or holds what cannot be recovered.
    pub fn start(config: NodeConfig, disk: Arc<dyn Disk>, seed: u64, now: Now) -> Result<Self, StartError> {
        let parts = crate::start::load(config, disk, ChaCha8Rng::seed_from_u64(seed), now)?;
        let properties = parts.config.effective_properties();
        let mut node = Self {
            links: Links::new(parts.config.node_id),
            config: parts.config,
            settings: parts.settings,
            properties,
            disk: parts.disk,
            directory: parts.directory,
            now: parts.now,
            rng: parts.rng,
            out: VecDeque::new(),
            conns: Conns::default(),
            quorum: parts.quorum,
            controller: parts.controller,
            broker: parts.broker,
            forwards: Forwards::default(),
            incarnation: Uuid::nil(),
            lost: BTreeSet::new(),
            registered_controller: false,
            flushes: BTreeMap::new(),
            next_flush: 0,
            local_replies: VecDeque::new(),
            life: Life::Running,
        };
        node.incarnation = node.random_uuid();
        node.drain_raft();
        node.settle();
        Ok(node)
    }

    /// Handles an event; what follows from it is in [`Node::poll_output`] afterwards.
    pub fn handle(&mut self, event: Event, now: Now) {
        self.now = now;
        if self.life == Life::Over {
            return;
        }
        match event {
            Event::Accepted { conn, listener, local, remote } => {
                self.conns.accepted(conn, listener, local, remote);
            }
            Event::Frame { conn, frame } => self.frame(conn, frame),
            Event::Closed { conn } => self.connection_gone(conn),
            Event::LinkUp { link } => self.links.up(link, now, &mut self.out),
            Event::LinkFrame { link, frame } => {
                let ended = self.links.frame(link, frame, &mut self.out);
                self.calls_ended(ended);
            }
            Event::LinkDown { link, reason } => self.link_down(link, reason),
            Event::Flushed { token, result } => self.flushed(token, result),
            Event::Tick => {}
            Event::Shutdown => self.shut_down(),
        }
        self.settle();
    }

    /// The next effect to carry out, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Event::Tick`] is due if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Mono> {
        let leaving = match self.life {
            Life::Leaving { deadline, alone_since } => {
                let alone = alone_since.map(|since| since + self.settings.quorum_fetch_timeout);
                Some(alone.map_or(deadline, |at| at.min(deadline)))
            }
            Life::Running | Life::Resigning => None,
            Life::Over => return None,
        };
        [
            self.quorum.raft.next_deadline(),
            Some(self.quorum.snapshots.next_deadline()),
            self.links.next_deadline(),
            self.controller.as_ref().and_then(ControllerDrive::next_deadline),
            self.broker.as_ref().and_then(Broker::next_deadline),
            self.forwards.next_deadline(),
            leaving,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What the node says of itself.
    pub fn status(&self) -> NodeStatus {
        let raft = self.quorum.raft.status();
        let committed = self.quorum.committed();
        NodeStatus {
            node_id: self.config.node_id,
            roles: self.config.roles,
            quorum: QuorumStatus {
                state: match raft.role {
                    kr_raft::Role::Unattached => "unattached",
                    kr_raft::Role::Prospective => "prospective",
                    kr_raft::Role::Candidate => "candidate",
                    kr_raft::Role::Leader => "leader",
                    kr_raft::Role::Follower if raft.is_voter => "follower",
                    kr_raft::Role::Follower => "observer",
                    kr_raft::Role::Resigned => "resigned",
                },
                leader: raft.leader,
                epoch: raft.epoch,
                high_watermark: (committed.0 > 0).then_some(committed),
                log_end: self.quorum.log.end_offset(),
                applied: self.quorum.applied(),
            },
            active_controller: self.is_active_controller(),
            broker: self.broker.as_ref().map(|broker| BrokerStatus {
                epoch: broker.lifecycle.epoch(),
                fenced: broker.lifecycle.is_fenced(),
                partitions: broker.replicas.len(),
                leading: broker.replicas.leading(),
                under_replicated: broker.replicas.under_replicated(),
            }),
        }
    }

    /// The leader of a partition according to the metadata that this node has applied.
    pub fn partition_leader(&self, topic: &str, partition: i32) -> Option<NodeId> {
        self.quorum.image().partition_by_name(topic, partition.into())?.leader
    }

    /// Runs every part until none has anything left to do in this turn.
    fn settle(&mut self) {
        if self.quorum.raft.next_deadline().is_some_and(|at| at <= self.now.mono) {
            self.raft_event(kr_raft::Event::Tick);
        }
        let late = self.links.expire(self.now, &mut self.out);
        self.calls_ended(late);
        self.clean_snapshots();
        self.tick_controller();
        self.tick_broker();
        loop {
            let mut moved = self.apply_committed();
            moved |= self.run_controller();
            moved |= self.run_broker();
            while let Some((tag, response)) = self.local_replies.pop_front() {
                let reply = CallReply::Message { response: Box::new(response) };
                self.call_ended(tag, Ok(reply));
                moved = true;
            }
            self.drain_raft();
            if !moved || self.life == Life::Over {
                break;
            }
        }
        self.leave_alone();
    }

    /// Stops without the controller's consent when it takes too long, or when there is no controller any more.
    fn leave_alone(&mut self) {
        let Life::Leaving { deadline, alone_since } = &mut self.life else { return };
        match (self.quorum.leader(), *alone_since) {
            (Some(_), _) => *alone_since = None,
            (None, None) => *alone_since = Some(self.now.mono),
            (None, Some(_)) => {}
        }
        let patience = self.settings.quorum_fetch_timeout;
        let late = *deadline <= self.now.mono;
        if late || alone_since.is_some_and(|since| since + patience <= self.now.mono) {
            self.log(Level::Warn, "stopping without the controller's consent".to_owned());
            self.broker_released();
        }
    }

    fn link_down(&mut self, link: LinkId, reason: LinkDownReason) {
        let Some((purpose, ended)) = self.links.down(link, reason) else { return };
        self.calls_ended(ended);
        if self.settings.hints {
            self.lost.insert(purpose.peer());
            self.raft_event(kr_raft::Event::PeerLost { node: purpose.peer() });
        }
    }

    /// Tells the owners of calls that they have ended.
    pub(crate) fn calls_ended(&mut self, ended: Vec<Ended>) {
        for Ended { tag, result, .. } in ended {
            self.call_ended(tag, result);
        }
    }

    /// An answer of this node to its own request.
    pub(crate) fn local_reply(&mut self, tag: CallTag, response: ResponseKind) {
        self.local_replies.push_back((tag, response));
    }

    /// Asks the driver to make files durable.
    pub(crate) fn flush(&mut self, files: Vec<Arc<dyn DiskFile>>, purpose: FlushPurpose) {
        let token = FlushToken(self.next_flush);
        self.next_flush += 1;
        let urgent = matches!(purpose, FlushPurpose::Metadata { .. });
        self.flushes.insert(token, purpose);
        self.out.push_back(Output::Flush { token, files, urgent });
    }

    fn flushed(&mut self, token: FlushToken, result: Result<(), String>) {
        let Some(purpose) = self.flushes.remove(&token) else { return };
        match (result, purpose) {
            (Ok(()), FlushPurpose::Metadata { id, mark }) => self.metadata_flushed(id, mark),
            (Ok(()), FlushPurpose::Partition { key, mark }) => self.partition_flushed(key, mark),
            // After a failed fsync the pages may be clean and gone: nothing that was promised can be kept.
            (Err(error), FlushPurpose::Metadata { .. }) => {
                self.fatal(format!("cannot flush the metadata log: {error}"));
            }
            (Err(error), FlushPurpose::Partition { .. }) => {
                self.fatal(format!("cannot flush the log of a partition: {error}"));
            }
        }
    }

    /// Begins to leave in order; told a second time, closes the files and is gone.
    fn shut_down(&mut self) {
        if matches!(self.life, Life::Leaving { .. } | Life::Resigning) {
            self.life = Life::Resigning;
            return self.raft_stopped();
        }
        if self.life != Life::Running {
            return;
        }
        self.life = Life::Leaving { deadline: self.now.mono + SHUTDOWN_TIMEOUT, alone_since: None };
        let now = self.now;
        let nobody_to_ask = match &mut self.broker {
            Some(broker) if self.settings.controlled_shutdown => broker.lifecycle.shut_down(now),
            _ => true,
        };
        if nobody_to_ask {
            self.broker_released();
        }
    }

    /// The broker may stop: hand over the quorum's leadership next.
    pub(crate) fn broker_released(&mut self) {
        if matches!(self.life, Life::Leaving { .. }) {
            self.life = Life::Resigning;
            self.raft_event(kr_raft::Event::Shutdown);
        }
    }

    /// The raft machine has stopped: close the files.
    pub(crate) fn raft_stopped(&mut self) {
        if self.life != Life::Resigning {
            return;
        }
        if let Err(error) = self.close_files() {
            return self.fatal(format!("cannot close the logs: {error}"));
        }
        self.life = Life::Over;
        self.out.push_back(Output::Stopped);
    }

    /// Ends the node: it cannot keep its promises any more.
    pub(crate) fn fatal(&mut self, reason: String) {
        if self.life == Life::Over {
            return;
        }
        self.life = Life::Over;
        self.log(Level::Error, reason.clone());
        self.out.push_back(Output::Fatal { reason });
    }

    /// Unwraps what must not fail; a failure ends the node.
    pub(crate) fn must<T, E: Display>(&mut self, result: Result<T, E>, what: &str) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.fatal(format!("cannot write {what}: {error}"));
                None
            }
        }
    }

    pub(crate) fn log(&mut self, level: Level, message: String) {
        self.out.push_back(Output::Log { level, message });
    }

    /// A connection is gone: whatever only it waited for is dropped.
    pub(crate) fn connection_gone(&mut self, conn: ConnId) {
        let (peer, orphans) = self.conns.closed(conn);
        for token in orphans {
            self.raft_event(kr_raft::Event::RequestGone { id: kr_raft::RequestId(token.0) });
            if let Some(broker) = &mut self.broker {
                broker.replicas.fetches.remove(token);
            }
        }
        if let Some(broker) = &mut self.broker {
            broker.forget_early(conn);
        }
        if let Some(broker) = peer.filter(|_| self.settings.hints) {
            self.lost.insert(broker);
            self.broker_lost(broker);
        }
    }

    /// A broker's heartbeat came in: its connection stands for it.
    pub(crate) fn heard_of(&mut self, ctx: &crate::dispatch::Context, broker: NodeId) {
        self.lost.remove(&broker);
        self.conns.heard_of(ctx.token, broker);
    }

    pub(crate) fn random_uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

//! A machine of the cluster: a disk, a clock, and a process that comes and goes.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use kr_log::testing::MemDisk;
use kr_node::{ConnId, Event, LinkId, Node, NodeConfig, Profile, Roles, Voter};
use kr_wire::ids::NodeId;
use kr_wire::time::{Mono, Now};

use super::net::ConnectionId;
use super::plan::Plan;

/// Wall clock at the beginning of every run, in milliseconds since 1970.
const EPOCH_MS: i64 = 1_700_000_000_000;

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// An operation fails, or has failed; what it was to make durable may be gone.
    Failing,
    /// There is no room.
    Full,
}

/// A machine and the node on it.
pub struct Machine {
    /// The node's settings.
    pub config: NodeConfig,
    /// What survives crashes.
    pub disk: MemDisk,
    /// The running process.
    pub node: Option<Node>,
    /// Counts processes.
    pub life: u64,
    /// Whether the machine is on: only then are dead processes' connections refused and reset.
    pub is_on: bool,
    /// While the process stands still, what happens to it waits here.
    pub paused: Option<VecDeque<Event>>,
    /// Number of the disk operation in which the process is to die.
    pub dies_at: Option<u64>,
    /// What is wrong with its disk.
    pub disk_fault: Option<DiskFault>,
    /// Whether an orderly stop is under way.
    pub is_stopping: bool,
    /// Longest flush for now, in microseconds.
    pub flush_max: u64,
    /// The node's connections by its own names.
    pub conns: BTreeMap<ConnId, ConnectionId>,
    /// The node's links by its own names.
    pub links: BTreeMap<LinkId, ConnectionId>,
    /// When the node wants to be woken.
    pub deadline: Option<u64>,
    /// Ticks in a row without the clock moving.
    pub idle_ticks: (u64, u32),
    next_conn: u64,
    skew_ms: i64,
}

impl Machine {
    /// A machine that is on, with an empty disk and no process.
    pub fn new(id: i32, plan: &Plan, skew_ms: i64) -> Self {
        Self {
            config: config(id, plan),
            disk: MemDisk::new(plan.seed.wrapping_mul(31).wrapping_add(id as u64)),
            node: None,
            life: 0,
            is_on: true,
            paused: None,
            dies_at: None,
            disk_fault: None,
            is_stopping: false,
            flush_max: plan.flush_max,
            conns: BTreeMap::new(),
            links: BTreeMap::new(),
            deadline: None,
            idle_ticks: (0, 0),
            next_conn: 0,
            skew_ms,
        }
    }

    /// The moment as this machine's clocks have it.
    pub fn now(&self, at: u64) -> Now {
        // Monotonic clocks of machines have nothing to do with each other.
        let wall_ms = EPOCH_MS + self.skew_ms + (at / 1000) as i64;
        Now { mono: Mono(at + 1_000_000), wall_ms }
    }

    /// Reads when the node wants to be woken.
    pub fn read_deadline(&mut self) {
        self.deadline =
            self.node.as_ref().and_then(Node::next_deadline).map(|mono| mono.0.saturating_sub(1_000_000));
    }

    /// A name for an accepted connection.
    pub fn name_conn(&mut self, connection: ConnectionId) -> ConnId {
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        self.conns.insert(conn, connection);
        conn
    }

    /// Whether the process has died in the middle of a disk operation.
    pub fn has_died(&self) -> bool {
        self.dies_at.is_some_and(|at| self.disk.operations() > at)
    }
}

/// Port of a node's broker listener.
pub fn broker_port(id: i32) -> u16 {
    9000 + id as u16
}

/// Port of a node's controller listener.
pub fn controller_port(id: i32) -> u16 {
    9500 + id as u16
}

/// The node that listens on a port.
pub fn node_of_port(port: u16) -> i32 {
    i32::from(port % 500)
}

fn config(id: i32, plan: &Plan) -> NodeConfig {
    let roles = match (id <= plan.controllers, plan.combined) {
        (true, true) => Roles::Combined,
        (true, false) => Roles::Controller,
        (false, _) => Roles::Broker,
    };
    let voters = (1..=plan.controllers)
        .map(|id| Voter { id: NodeId(id), host: "127.0.0.1".to_owned(), port: controller_port(id) })
        .collect();
    let mut config =
        NodeConfig::new(NodeId(id), "c2ltdWxhdGVkLWNsdXN0ZQ".to_owned(), roles, PathBuf::from("/data"));
    config.host = "127.0.0.1".to_owned();
    config.broker_port = broker_port(id);
    config.controller_port = controller_port(id);
    config.voters = voters;
    config.profile = if plan.patient { Profile::Real } else { Profile::Fast };
    config.properties = properties(plan);
    if let Some(mutant) = plan.mutant {
        mutant.plant(&mut config);
    }
    config
}

fn properties(plan: &Plan) -> BTreeMap<String, String> {
    let mut properties = vec![
        ("min.insync.replicas", "2".to_owned()),
        ("default.replication.factor", "3".to_owned()),
        ("offsets.topic.num.partitions", "2".to_owned()),
        ("offsets.topic.replication.factor", "3".to_owned()),
        ("group.min.session.timeout.ms", "100".to_owned()),
        ("max.incremental.fetch.session.cache.slots", plan.fetch_sessions.to_string()),
        ("auto.create.topics.enable", "false".to_owned()),
        ("replica.high.watermark.checkpoint.interval.ms", "500".to_owned()),
        ("log.flush.offset.checkpoint.interval.ms", "1000".to_owned()),
        ("log.retention.check.interval.ms", "700".to_owned()),
    ];
    if plan.patient {
        // Kafka's proportions, a third of its patience: more happens in the same virtual time.
        properties.extend([
            ("controller.quorum.election.timeout.ms", "300".to_owned()),
            ("controller.quorum.fetch.timeout.ms", "700".to_owned()),
            ("controller.quorum.election.backoff.max.ms", "300".to_owned()),
            ("broker.heartbeat.interval.ms", "300".to_owned()),
            ("broker.session.timeout.ms", "2000".to_owned()),
            ("replica.lag.time.max.ms", "3000".to_owned()),
        ]);
    }
    if let Some(bytes) = plan.snapshot_bytes {
        properties.extend([
            ("metadata.log.max.record.bytes.between.snapshots", bytes.to_string()),
            ("metadata.max.retention.bytes", "1".to_owned()),
        ]);
    }
    properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

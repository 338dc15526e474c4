//! One node of a running cluster: its ports, its thread, and what state it is in.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use kr_log::{DirLock, RealDisk};
use kr_node::{Event, Listener, Node, NodeConfig, NodeStatus, Output, Voter};
use kr_server::{Core, Exit, FlushPool, Limits, NodeHandle, NodeServer, ServerConfig};
use kr_wire::ids::{DirectoryId, NodeId, Uuid};
use kr_wire::time::{Mono, Now};

use crate::logs;
use crate::open_files::Shares;
use crate::place::Place;
use crate::ports::Port;
use crate::state_file::{NodeState, State};

/// What nodes dial and clients are told when they did not dial an address themselves.
const HOST: &str = "127.0.0.1";

/// A running node, as the supervisor holds it.
pub(crate) type Handle = Arc<NodeHandle<NodeStatus>>;

/// What all nodes of a cluster share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) state: State,
    pub(crate) disk: RealDisk,
    pub(crate) flush: FlushPool,
    pub(crate) shares: Shares,
}

impl Site {
    fn config(&self, node: &NodeState) -> NodeConfig {
        let voters = self.state.nodes.iter().filter(|other| other.roles.is_controller());
        let voters = voters.map(|other| Voter {
            id: NodeId(other.id),
            host: HOST.to_owned(),
            port: other.controller_port,
        });
        let mut properties = self.defaults();
        properties.extend(self.state.properties.iter().map(|(name, value)| (name.clone(), value.clone())));
        NodeConfig {
            host: HOST.to_owned(),
            broker_port: node.broker_port,
            controller_port: node.controller_port,
            voters: voters.collect(),
            rack: node.rack.clone(),
            profile: self.state.profile,
            properties,
            ..NodeConfig::new(
                NodeId(node.id),
                self.state.cluster_id.clone(),
                node.roles,
                self.place.dir().join(node.dir_name()),
            )
        }
    }

    /// Replication as production has it, as far as there are brokers for it.
    fn defaults(&self) -> BTreeMap<String, String> {
        let brokers = self.state.nodes.iter().filter(|node| node.roles.is_broker()).count();
        let replicas = brokers.min(3);
        let in_sync = if replicas == 3 { 2 } else { 1 };
        let defaults = [
            ("default.replication.factor", replicas),
            ("min.insync.replicas", in_sync),
            ("offsets.topic.replication.factor", replicas),
            ("transaction.state.log.replication.factor", replicas),
            ("transaction.state.log.min.isr", in_sync),
            ("share.coordinator.state.topic.replication.factor", replicas),
            ("share.coordinator.state.topic.min.isr", in_sync),
        ];
        defaults.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect()
    }
}

/// What a node is doing.
pub(crate) enum HostState {
    Running(Handle),
    Paused(Handle),
    Stopping(Handle),
    Stopped,
    Killed,
    Failed(String),
}

impl HostState {
    /// The word for it.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Running(_) => "running",
            Self::Paused(_) => "paused",
            Self::Stopping(_) => "stopping",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub(crate) fn reason(&self) -> Option<String> {
        match self {
            Self::Failed(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// Its thread, while there is one.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Running(handle) | Self::Paused(handle) | Self::Stopping(handle) => Some(handle),
            Self::Stopped | Self::Killed | Self::Failed(_) => None,
        }
    }
}

/// One node of a running cluster.
pub(crate) struct Host {
    pub(crate) node: NodeState,
    pub(crate) state: HostState,
    /// Counts its runs, so that the end of an earlier one is not taken for the end of this.
    pub(crate) run: u64,
    broker_port: Option<Port>,
    controller_port: Option<Port>,
}

impl Host {
    /// A node that does not run yet; its ports are its own from now on.
    pub(crate) fn new(node: NodeState, broker_port: Option<Port>, controller_port: Option<Port>) -> Self {
        Self { node, state: HostState::Stopped, run: 0, broker_port, controller_port }
    }

    /// Starts it from what is on its disk, an empty directory included.
    pub(crate) fn start(&mut self, site: &Site) -> io::Result<Handle> {
        let mut listeners = Vec::new();
        let ports =
            [(Listener::Broker, &mut self.broker_port), (Listener::Controller, &mut self.controller_port)];
        for (listener, port) in ports {
            let Some(port) = port else { continue };
            listeners.extend(port.listen()?.into_iter().map(|socket| (listener, socket)));
        }
        let config = site.config(&self.node);
        let limits = Limits {
            connections: Limits::from_properties(&config.properties).connections.min(site.shares.connections),
            ..Limits::from_properties(&config.properties)
        };
        let server = ServerConfig {
            name: format!("kr-node-{}", self.node.id),
            listeners,
            limits,
            flush: site.flush.clone(),
            log: logs::sink(&site.place.logs(), &logs::node_log(self.node.id)),
        };
        let disk = site.disk.clone();
        let handle = NodeServer::spawn(server, move |now| LockedNode::start(config, disk, now))?;
        let handle = Arc::new(handle);
        self.run += 1;
        self.state = HostState::Running(handle.clone());
        Ok(handle)
    }

    /// Refuses connections from now on, its ports stay its own.
    pub(crate) fn refuse(&mut self) {
        for port in [&mut self.broker_port, &mut self.controller_port].into_iter().flatten() {
            port.refuse();
        }
    }

    /// Takes note of the end of its thread.
    pub(crate) fn ended(&mut self, exit: Exit) {
        self.refuse();
        self.state = match exit {
            Exit::Stopped => HostState::Stopped,
            Exit::Killed => HostState::Killed,
            Exit::NotStarted(_) | Exit::Fatal(_) | Exit::Panicked(_) => HostState::Failed(exit.to_string()),
        };
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({}, {}, run {})", self.node.id, self.state.as_str(), self.run)
    }
}

/// A node and Kafka's lock of its directory, which keeps other processes away from it.
struct LockedNode {
    node: Node,
    _lock: DirLock,
}

impl LockedNode {
    fn start(config: NodeConfig, disk: RealDisk, now: Now) -> Result<Self, String> {
        let dir = config.log_dir.clone();
        let at = |error: io::Error| format!("{}: {error}", dir.display());
        std::fs::create_dir_all(&dir).map_err(at)?;
        let lock = disk.lock_dir(&dir).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::PermissionDenied => {
                format!("{} is in use by another process", dir.display())
            }
            _ => at(error),
        })?;
        let text = |error: kr_node::StartError| error.to_string();
        kr_node::format(&config, &disk, DirectoryId(random_id())).map_err(text)?;
        let seed = random_id().as_u128() as u64;
        let node = Node::start(config, Arc::new(disk), seed, now).map_err(text)?;
        Ok(Self { node, _lock: lock })
    }
}

impl Core for LockedNode {
    type Status = NodeStatus;

    fn handle(&mut self, event: Event, now: Now) {
        self.node.handle(event, now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.node.poll_output()
    }

    fn next_deadline(&self) -> Option<Mono> {
        self.node.next_deadline()
    }

    fn status(&self) -> NodeStatus {
        self.node.status()
    }
}

/// A random id whose text is a fit argument for any tool: Kafka's never begin with a dash either.
pub(crate) fn random_id() -> Uuid {
    loop {
        let id = Uuid::new_v4();
        if !kr_wire::ids::uuid_text(id).starts_with('-') {
            return id;
        }
    }
}

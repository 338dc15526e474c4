//! What is said of a cluster and its nodes: plain data, as `kr dev status` prints it and the control socket
//! carries it.

use kr_node::{NodeStatus, Profile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state_file::{NodeState, State};

/// A cluster at one moment.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// Name of the cluster.
    pub name: String,
    /// `cluster.id`
    pub cluster_id: String,
    /// `ready`, `not ready` or `down`.
    pub state: String,
    /// Why it is not ready.
    pub reason: Option<String>,
    /// The process that runs it.
    pub pid: Option<u32>,
    /// Milliseconds since it was started.
    pub uptime_ms: Option<u64>,
    /// Addresses for clients.
    pub bootstrap: String,
    /// `fast` or `real`
    pub profile: String,
    /// Whether it is removed when it ends.
    pub ephemeral: bool,
    /// Directory of its state.
    pub data_dir: String,
    /// Id of the active controller.
    pub controller: Option<i32>,
    /// Its nodes, by id.
    pub nodes: Vec<NodeView>,
}

/// A node at one moment.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct NodeView {
    /// `node.id`
    pub id: i32,
    /// `process.roles`
    pub roles: String,
    /// `broker.rack`
    pub rack: Option<String>,
    /// `running`, `paused`, `stopping`, `stopped`, `killed` or `failed`.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// Port of the broker listener.
    pub broker_port: Option<u16>,
    /// Port of the controller listener.
    pub controller_port: Option<u16>,
    /// Its state in the quorum: `leader`, `follower`, `observer` and so on; null when it does not answer.
    pub quorum: Option<String>,
    /// Epoch of the quorum's leader.
    pub epoch: Option<i32>,
    /// High watermark of the metadata log.
    pub high_watermark: Option<i64>,
    /// End of the metadata that it has applied.
    pub applied: Option<i64>,
    /// Whether the controller keeps the broker out of service.
    pub fenced: Option<bool>,
    /// Partitions that it hosts.
    pub partitions: Option<usize>,
    /// Partitions that it leads.
    pub leading: Option<usize>,
    /// Partitions that it leads with an incomplete ISR.
    pub under_replicated: Option<usize>,
}

impl NodeView {
    /// A node of which only its place is known.
    pub fn of(node: &NodeState, state: &str, reason: Option<String>) -> Self {
        let port = |port: u16| (port != 0).then_some(port);
        Self {
            id: node.id,
            roles: node.roles.as_str().to_owned(),
            rack: node.rack.clone(),
            state: state.to_owned(),
            reason,
            broker_port: port(node.broker_port),
            controller_port: port(node.controller_port),
            quorum: None,
            epoch: None,
            high_watermark: None,
            applied: None,
            fenced: None,
            partitions: None,
            leading: None,
            under_replicated: None,
        }
    }

    /// Adds what the node says of itself.
    #[must_use]
    pub fn with(mut self, status: &NodeStatus) -> Self {
        self.quorum = Some(status.quorum.state.to_owned());
        self.epoch = Some(status.quorum.epoch.0);
        self.high_watermark = status.quorum.high_watermark.map(|offset| offset.0);
        self.applied = Some(status.quorum.applied.0);
        if let Some(broker) = &status.broker {
            self.fenced = Some(broker.fenced);
            self.partitions = Some(broker.partitions);
            self.leading = Some(broker.leading);
            self.under_replicated = Some(broker.under_replicated);
        }
        self
    }
}

impl ClusterStatus {
    /// A cluster that nobody runs.
    pub fn down(state: &State, data_dir: String) -> Self {
        Self {
            name: state.name.clone(),
            cluster_id: state.cluster_id.clone(),
            state: "down".to_owned(),
            reason: None,
            pid: None,
            uptime_ms: None,
            bootstrap: state.bootstrap(),
            profile: profile_name(state.profile).to_owned(),
            ephemeral: state.ephemeral,
            data_dir,
            controller: None,
            nodes: state.nodes.iter().map(|node| NodeView::of(node, "stopped", None)).collect(),
        }
    }
}

/// The name of a profile, as typed.
pub fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::Fast => "fast",
        Profile::Real => "real",
    }
}

/// What became of a node that a fault or its heal went to.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct NodeReport {
    /// `node.id`
    pub node: i32,
    /// Its state now, as in [`NodeView::state`].
    pub state: String,
    /// Whether anything changed.
    pub changed: bool,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// A fault of a node, or the heal of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Ends it at once: nothing flushed, nobody told. Healed by `start`.
    Kill,
    /// Controlled shutdown. Healed by `start`.
    Stop,
    /// Starts one that is down.
    Start,
    /// Freezes it with its sockets open. Healed by `resume`.
    Pause,
    /// Lets a frozen one go on.
    Resume,
}

impl Action {
    /// The verb, as typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }
}

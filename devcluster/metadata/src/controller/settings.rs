//! What the controller of one node is told at its start.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::NodeId;

/// Settings of a [`Controller`](super::Controller).
#[derive(Clone, Debug)]
pub struct ControllerConfig {
    /// `node.id` of this controller.
    pub node_id: NodeId,
    /// Id that registering brokers must name.
    pub cluster_id: String,
    /// How long a broker lives without a heartbeat (`broker.session.timeout.ms`).
    pub session_timeout: Duration,
    /// How long a broker lives after its connection closed, unless it is heard of again; `None` takes no hints.
    pub lost_grace: Option<Duration>,
    /// Time between NoOp records (`metadata.max.idle.interval.ms`); `None` writes none.
    pub max_idle: Option<Duration>,
    /// Ids of the quorum's voters: each must be registered before features change.
    pub quorum: Vec<NodeId>,
    /// The node's properties by Kafka's names, for defaults of topics and for decisions.
    pub static_config: BTreeMap<String, String>,
    /// Planted bugs, for tests that must catch them.
    #[cfg(feature = "mutants")]
    pub mutants: Mutants,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self {
            node_id: NodeId(0),
            cluster_id: String::new(),
            session_timeout: Duration::from_secs(9),
            lost_grace: None,
            max_idle: Some(Duration::from_millis(500)),
            quorum: Vec::new(),
            static_config: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            mutants: Mutants::default(),
        }
    }
}

/// Bugs that can be switched on to see tests fail.
#[cfg(feature = "mutants")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutants {
    /// AlterPartition believes a leader whose leader epoch or partition epoch is not the controller's.
    pub alter_partition_ignores_epochs: bool,
}

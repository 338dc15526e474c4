//! A running cluster: what can be asked of it, and how it ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use kr_node::{BrokerStatus, Level};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::dispatcher::{Command, Glance, Notice};
use crate::error::UpError;
use crate::logs;
use crate::lookup;
use crate::place::{Place, PlaceLock};
use crate::readiness::{self, Seen};
use crate::spec::TopicSpec;
use crate::state_file::State;
use crate::status::{Action, ClusterStatus, NodeReport, NodeView, profile_name};
use crate::targets::{self, Partition, Target, TargetError, View};

/// A node that takes longer to say how it is counts as not answering.
const STATUS_PATIENCE: Duration = Duration::from_millis(500);
/// A cluster counts as not ready when it is so for this long.
const STATUS_SETTLE: Duration = Duration::from_millis(100);
/// Pause between two looks while waiting for readiness: far below what a start takes.
const READY_POLL: Duration = Duration::from_millis(1);
/// How long a role may be vacant before a target that names it fails, and the pause between two looks.
const ROLE_PATIENCE: Duration = Duration::from_secs(5);
const ROLE_POLL: Duration = Duration::from_millis(20);
/// A controlled shutdown of all nodes may take this long; who is left is killed and recovers later.
const DOWN_PATIENCE: Duration = Duration::from_secs(10);

/// A cluster that runs in this process. Clones are the same cluster; when the last is dropped, the nodes are
/// killed.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) place: Place,
    pub(crate) state: State,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) started: Instant,
    pub(crate) lock: Mutex<Option<PlaceLock>>,
    pub(crate) ended: watch::Sender<bool>,
}

impl Cluster {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    pub(crate) fn upgrade(inner: &Weak<Inner>) -> Option<Self> {
        inner.upgrade().map(Self::new)
    }

    /// Its identity, nodes and ports.
    pub fn state(&self) -> &State {
        &self.inner.state
    }

    /// Where its files are.
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// Addresses for clients.
    pub fn bootstrap(&self) -> String {
        self.inner.state.bootstrap()
    }

    /// Nodes that end without being asked to, from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.notices.subscribe()
    }

    /// Waits until every running broker is in service and up to date, so that a produce would succeed.
    ///
    /// # Errors
    /// A node failed, or it took longer than `timeout`.
    pub async fn ready(&self, timeout: Duration) -> Result<(), UpError> {
        let began = Instant::now();
        loop {
            let glances = self.look().await;
            if let Some(failed) = glances.iter().find(|glance| glance.state == "failed") {
                let reason = failed.reason.clone().unwrap_or_else(|| "failed".to_owned());
                return Err(UpError::NodeEnded { node: failed.node.id, reason });
            }
            let seen = running(&glances, ask_all(&glances).await);
            let missing = match readiness::missing(&seen) {
                Some(reason) => Some(reason),
                None => self.leaderless(&seen).await,
            };
            let Some(reason) = missing else { return Ok(()) };
            if began.elapsed() >= timeout {
                let name = self.inner.state.name.clone();
                return Err(UpError::NotReady { name, waited: timeout, reason });
            }
            tokio::time::sleep(READY_POLL).await;
        }
    }

    /// A partition that nobody leads who runs, in words. Nodes that are down may lead for a moment longer.
    async fn leaderless(&self, running: &[Seen]) -> Option<String> {
        let broker = |seen: &Seen| Some((seen.id, seen.status.as_ref()?.broker.clone()?));
        let brokers: BTreeMap<i32, BrokerStatus> = running.iter().filter_map(broker).collect();
        if brokers.values().all(|broker| broker.partitions == 0) {
            return None;
        }
        let nodes = self.inner.state.nodes.iter().filter(|node| brokers.contains_key(&node.id));
        let addresses: Vec<_> = nodes.map(|node| format!("127.0.0.1:{}", node.broker_port)).collect();
        lookup::leaderless(&addresses.join(","), &brokers.into_keys().collect()).await
    }

    /// Creates topics that do not exist yet and waits until every broker knows them.
    ///
    /// # Errors
    /// The first topic that cannot be created, and what [`Cluster::ready`] fails with.
    pub async fn create_topics(&self, topics: &[TopicSpec], timeout: Duration) -> Result<(), UpError> {
        if topics.is_empty() {
            return Ok(());
        }
        lookup::create_topics(&self.bootstrap(), topics, timeout).await?;
        self.ready(timeout).await
    }

    /// How the cluster and its nodes are.
    pub async fn status(&self) -> ClusterStatus {
        let began = Instant::now();
        let mut glances = self.look().await;
        let mut seen = ask_all(&glances).await;
        // Nodes are asked one after the other: the first may miss a record that the last has committed.
        while readiness::missing(&running(&glances, seen.clone())).is_some()
            && began.elapsed() < STATUS_SETTLE
        {
            tokio::time::sleep(READY_POLL).await;
            glances = self.look().await;
            seen = ask_all(&glances).await;
        }
        let views = glances.iter().zip(&seen).map(|(glance, seen)| {
            let view = NodeView::of(&glance.node, glance.state, glance.reason.clone());
            seen.status.as_ref().map_or(view.clone(), |status| view.with(status))
        });
        let state = &self.inner.state;
        let mut status = ClusterStatus {
            nodes: views.collect(),
            pid: Some(std::process::id()),
            uptime_ms: Some(self.inner.started.elapsed().as_millis() as u64),
            controller: readiness::controller(&seen),
            ..ClusterStatus::down(state, self.inner.place.dir().display().to_string())
        };
        status.reason = readiness::missing(&running(&glances, seen));
        status.state = if status.reason.is_none() { "ready" } else { "not ready" }.to_owned();
        status.profile = profile_name(state.profile).to_owned();
        status
    }

    /// Does something to the nodes that the targets name at this moment. One report per node; what cannot be
    /// done to a node stands in its report.
    ///
    /// # Errors
    /// A target that names no node; nothing is done then.
    pub async fn act(&self, action: Action, targets: &[Target]) -> Result<Vec<NodeReport>, TargetError> {
        let nodes = self.resolve(targets).await?;
        Ok(self.act_on(action, nodes).await)
    }

    /// The nodes that the targets name at this moment. A role that nobody has, as during an election, is
    /// waited for a little.
    ///
    /// # Errors
    /// The first target that names none.
    pub async fn resolve(&self, targets: &[Target]) -> Result<BTreeSet<i32>, TargetError> {
        let began = Instant::now();
        loop {
            match self.resolve_now(targets).await {
                Err(TargetError::NoController | TargetError::NoLeader { .. })
                    if began.elapsed() < ROLE_PATIENCE =>
                {
                    tokio::time::sleep(ROLE_POLL).await;
                }
                resolved => return resolved,
            }
        }
    }

    async fn resolve_now(&self, targets: &[Target]) -> Result<BTreeSet<i32>, TargetError> {
        let glances = self.look().await;
        let controller = if targets.contains(&Target::Controller) {
            readiness::controller(&ask_all(&glances).await)
        } else {
            None
        };
        let partitions: Vec<Partition> = targets
            .iter()
            .filter_map(|target| match target {
                Target::Leader(partition) => Some(partition.clone()),
                _ => None,
            })
            .collect();
        let mut leaders = BTreeMap::new();
        if !partitions.is_empty() {
            leaders = lookup::leaders(&self.bootstrap(), &partitions).await;
        }
        for leader in leaders.values_mut() {
            // A broker that has not heard of it yet may name a leader that is gone.
            let gone =
                |id: &i32| glances.iter().any(|glance| glance.node.id == *id && glance.handle.is_none());
            if let Some(id) = leader.as_ref().ok().copied().filter(gone) {
                *leader = Err(format!("node {id} led it last and is down"));
            }
        }
        targets::resolve(targets, &View { nodes: &self.inner.state.nodes, controller, leaders: &leaders })
    }

    /// Shuts every node down, those that do not stop in time by force, and gives the cluster up. An ephemeral
    /// cluster is removed. Clones of this value are of no more use.
    pub async fn down(&self) {
        self.act_on_all(Action::Resume).await;
        let stopped = tokio::time::timeout(DOWN_PATIENCE, self.stop_all()).await;
        if stopped.is_err() {
            self.note(Level::Warn, "not every node stopped in time; the rest is killed");
        }
        self.give_up().await;
    }

    /// Ends every node at once, as the death of the process would, and gives the cluster up.
    pub async fn crash(&self) {
        self.give_up().await;
    }

    /// Waits until somebody has brought the cluster down.
    pub async fn ended(&self) {
        let mut ended = self.inner.ended.subscribe();
        // The sender lives in `inner`, so this cannot fail.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Stops brokers while there is a quorum that can take note of it, then the controllers.
    async fn stop_all(&self) {
        let nodes = &self.inner.state.nodes;
        let brokers = nodes.iter().filter(|node| !node.roles.is_controller());
        self.act_on(Action::Stop, brokers.map(|node| node.id).collect()).await;
        self.act_on_all(Action::Stop).await;
    }

    async fn give_up(&self) {
        self.act_on_all(Action::Kill).await;
        let _ = self.ask(Command::End).await;
        let lock = self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        if lock.is_some() {
            let place = &self.inner.place;
            let _ = fs::remove_file(place.control_socket());
            if self.inner.state.ephemeral {
                let _ = place.remove();
            } else {
                // The pid is for people only; a full disk must not keep a cluster from ending.
                let mut state = self.inner.state.clone();
                state.pid = None;
                let _ = state.write(place.dir());
            }
        }
        drop(lock);
        self.inner.ended.send_replace(true);
    }

    fn note(&self, level: Level, message: &str) {
        logs::sink(&self.inner.place.logs(), logs::SUPERVISOR)(level, message);
    }

    async fn act_on_all(&self, action: Action) -> Vec<NodeReport> {
        self.act_on(action, self.inner.state.nodes.iter().map(|node| node.id).collect()).await
    }

    async fn act_on(&self, action: Action, nodes: BTreeSet<i32>) -> Vec<NodeReport> {
        self.ask(|reply| Command::Act { action, nodes, reply }).await.unwrap_or_default()
    }

    async fn look(&self) -> Vec<Glance> {
        self.ask(Command::Look).await.unwrap_or_default()
    }

    /// `None` when the dispatcher is gone, which happens only while the runtime ends.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.inner.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster({}, {})", self.inner.state.name, self.inner.place.dir().display())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let held = self.lock.get_mut().unwrap_or_else(PoisonError::into_inner).is_some();
        if held {
            let _ = fs::remove_file(self.place.control_socket());
        }
    }
}

/// Asks every node how it is; a node that is down, frozen or stuck has no status.
async fn ask_all(glances: &[Glance]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for glance in glances {
        let status = match &glance.handle {
            Some(handle) => handle.status(STATUS_PATIENCE).await,
            None => None,
        };
        seen.push(Seen { id: glance.node.id, status });
    }
    seen
}

/// Those that should answer.
fn running(glances: &[Glance], seen: Vec<Seen>) -> Vec<Seen> {
    let pairs = glances.iter().zip(seen);
    pairs.filter(|(glance, _)| glance.state == "running").map(|(_, seen)| seen).collect()
}

//! The one task that owns the nodes of a running cluster: all commands and all ends in one order.
//!
//! It answers at once or when a node has ended; it never waits for a node itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_node::Level;
use kr_server::{Exit, LogSink};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::host::{Handle, Host, HostState, Site};
use crate::logs;
use crate::state_file::NodeState;
use crate::status::{Action, NodeReport};

/// Commands that may wait: more than a person and a few tests ever have under way.
pub(crate) const COMMANDS: usize = 64;

/// What is asked of the dispatcher.
pub(crate) enum Command {
    /// How every node is.
    Look(oneshot::Sender<Vec<Glance>>),
    /// Do this to these nodes, which exist; answered when it is done.
    Act { action: Action, nodes: BTreeSet<i32>, reply: oneshot::Sender<Vec<NodeReport>> },
    /// Kill what is left, give the ports back, and serve no further.
    End(oneshot::Sender<()>),
    /// A node's thread has ended.
    Ended { node: i32, run: u64, exit: Exit },
}

/// A node as the dispatcher sees it.
#[derive(Clone, Debug)]
pub(crate) struct Glance {
    pub(crate) node: NodeState,
    pub(crate) state: &'static str,
    pub(crate) reason: Option<String>,
    pub(crate) handle: Option<Handle>,
}

/// A node ended without being asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `node.id`
    pub node: i32,
    /// How it ended.
    pub text: String,
}

/// Reports that wait for nodes to end.
struct Waiting {
    nodes: BTreeSet<i32>,
    reports: Vec<NodeReport>,
    reply: oneshot::Sender<Vec<NodeReport>>,
}

pub(crate) struct Dispatcher {
    site: Site,
    hosts: BTreeMap<i32, Host>,
    /// Weak, so that the dispatcher ends when nobody can command it any more.
    commands: mpsc::WeakSender<Command>,
    waiting: Vec<Waiting>,
    notices: broadcast::Sender<Notice>,
    log: LogSink,
}

impl Dispatcher {
    pub(crate) fn new(
        site: Site,
        hosts: Vec<Host>,
        commands: mpsc::WeakSender<Command>,
        notices: broadcast::Sender<Notice>,
    ) -> Self {
        let hosts = hosts.into_iter().map(|host| (host.node.id, host)).collect();
        let log = logs::sink(&site.place.logs(), logs::SUPERVISOR);
        Self { site, hosts, commands, waiting: Vec::new(), notices, log }
    }

    /// Starts every node.
    pub(crate) fn start_all(&mut self) {
        let nodes: Vec<_> = self.hosts.keys().copied().collect();
        for node in nodes {
            self.start(node);
        }
    }

    /// Serves until nobody holds a sender any more; the nodes are killed then.
    pub(crate) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        while let Some(command) = inbox.recv().await {
            match command {
                Command::Look(reply) => drop(reply.send(self.look())),
                Command::Act { action, nodes, reply } => self.act(action, nodes, reply),
                Command::Ended { node, run, exit } => self.ended(node, run, exit),
                Command::End(reply) => {
                    drop(self);
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn look(&self) -> Vec<Glance> {
        let glance = |host: &Host| Glance {
            node: host.node.clone(),
            state: host.state.as_str(),
            reason: host.state.reason(),
            handle: host.state.handle().cloned(),
        };
        self.hosts.values().map(glance).collect()
    }

    fn act(&mut self, action: Action, nodes: BTreeSet<i32>, reply: oneshot::Sender<Vec<NodeReport>>) {
        let mut reports = Vec::new();
        let mut ending = BTreeSet::new();
        for node in nodes {
            let outcome = self.act_on(action, node);
            if matches!(outcome, Ok(Outcome::Ending)) {
                ending.insert(node);
            }
            if !matches!(outcome, Ok(Outcome::Unchanged)) {
                let failed = outcome.as_ref().err().map(|error| format!(": {error}")).unwrap_or_default();
                (self.log)(Level::Info, &format!("{} node {node}{failed}", action.as_str()));
            }
            reports.push(NodeReport {
                node,
                state: self.state_of(node),
                changed: matches!(outcome, Ok(Outcome::Changed | Outcome::Ending)),
                error: outcome.err(),
            });
        }
        if ending.is_empty() {
            // Who asked may be gone.
            let _ = reply.send(reports);
        } else {
            self.waiting.push(Waiting { nodes: ending, reports, reply });
        }
    }

    fn act_on(&mut self, action: Action, node: i32) -> Result<Outcome, String> {
        let host = self.hosts.get_mut(&node).ok_or_else(|| format!("there is no node {node}"))?;
        match (action, &host.state) {
            (
                Action::Kill,
                HostState::Running(handle) | HostState::Paused(handle) | HostState::Stopping(handle),
            ) => {
                let handle = handle.clone();
                host.refuse();
                handle.kill();
                Ok(Outcome::Ending)
            }
            (Action::Stop, HostState::Running(handle)) => {
                let handle = handle.clone();
                handle.shutdown();
                host.state = HostState::Stopping(handle);
                Ok(Outcome::Ending)
            }
            (Action::Stop, HostState::Stopping(_)) => Ok(Outcome::Ending),
            (Action::Pause, HostState::Running(handle)) => {
                let handle = handle.clone();
                handle.pause();
                host.state = HostState::Paused(handle);
                Ok(Outcome::Changed)
            }
            (Action::Resume, HostState::Paused(handle)) => {
                let handle = handle.clone();
                handle.resume();
                host.state = HostState::Running(handle);
                Ok(Outcome::Changed)
            }
            (Action::Start, HostState::Stopped | HostState::Killed | HostState::Failed(_)) => {
                self.start(node);
                match &self.hosts[&node].state {
                    HostState::Failed(reason) => Err(reason.clone()),
                    _ => Ok(Outcome::Changed),
                }
            }
            (Action::Kill | Action::Stop, HostState::Stopped | HostState::Killed | HostState::Failed(_))
            | (Action::Pause, HostState::Paused(_))
            | (Action::Start | Action::Resume, HostState::Running(_)) => Ok(Outcome::Unchanged),
            (Action::Stop | Action::Start, HostState::Paused(_)) => {
                Err(format!("node {node} is paused; resume it first"))
            }
            (Action::Start | Action::Pause | Action::Resume, state) => {
                Err(format!("cannot {} node {node}, which is {}", action.as_str(), state.as_str()))
            }
        }
    }

    fn start(&mut self, node: i32) {
        let Some(host) = self.hosts.get_mut(&node) else { return };
        match host.start(&self.site) {
            Ok(handle) => {
                let mut exit = handle.watch_exit();
                let (commands, run) = (self.commands.clone(), host.run);
                tokio::spawn(async move {
                    let exit = exit.wait_for(Option::is_some).await;
                    let exit = exit.ok().and_then(|exit| exit.clone()).unwrap_or(Exit::Killed);
                    // Without a sender the dispatcher has ended.
                    if let Some(commands) = commands.upgrade() {
                        let _ = commands.send(Command::Ended { node, run, exit }).await;
                    }
                });
            }
            Err(error) => {
                host.refuse();
                host.state = HostState::Failed(format!("could not start: {error}"));
            }
        }
    }

    fn ended(&mut self, node: i32, run: u64, exit: Exit) {
        let Some(host) = self.hosts.get_mut(&node).filter(|host| host.run == run) else { return };
        let was_asked = matches!(exit, Exit::Stopped | Exit::Killed);
        (self.log)(if was_asked { Level::Info } else { Level::Error }, &format!("node {node} {exit}"));
        if !was_asked {
            // Nobody may be listening for notices.
            let _ = self.notices.send(Notice { node, text: exit.to_string() });
        }
        host.ended(exit);
        self.hurry_last();
        let state = self.state_of(node);
        for mut waiting in std::mem::take(&mut self.waiting) {
            if waiting.nodes.remove(&node) {
                for report in waiting.reports.iter_mut().filter(|report| report.node == node) {
                    report.state.clone_from(&state);
                }
            }
            if waiting.nodes.is_empty() {
                let _ = waiting.reply.send(waiting.reports);
            } else {
                self.waiting.push(waiting);
            }
        }
    }

    /// Without a majority of controllers nobody can consent to a shutdown any more: who still asks for it
    /// need not wait.
    fn hurry_last(&self) {
        let controllers = self.hosts.values().filter(|host| host.node.roles.is_controller());
        let (all, alive) = controllers
            .fold((0, 0), |(all, alive), host| (all + 1, alive + usize::from(host.state.handle().is_some())));
        if alive * 2 > all {
            return;
        }
        for host in self.hosts.values() {
            if let HostState::Stopping(handle) = &host.state {
                handle.shutdown();
            }
        }
    }

    fn state_of(&self, node: i32) -> String {
        self.hosts.get(&node).map_or("unknown", |host| host.state.as_str()).to_owned()
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        for host in self.hosts.values() {
            if let Some(handle) = host.state.handle() {
                // Others may hold the handle for a moment longer.
                Arc::clone(handle).kill();
            }
        }
    }
}

enum Outcome {
    Changed,
    Unchanged,
    /// Done when the node has ended.
    Ending,
}

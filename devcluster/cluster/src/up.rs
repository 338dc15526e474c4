//! Bringing a cluster up: look, plan, take ports, write the state, start the nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kr_log::RealDisk;
use kr_log::meta_properties::MetaProperties;
use kr_server::FlushPool;
use tokio::sync::{broadcast, mpsc, watch};

use crate::cluster::{Cluster, Inner};
use crate::control::{self, Remote};
use crate::dispatcher::{COMMANDS, Dispatcher};
use crate::error::UpError;
use crate::host::{Host, Site, random_id};
use crate::open_files;
use crate::place::{Place, PlaceLock};
use crate::plan::{self, NodePlan, Plan, Wish};
use crate::ports::{Port, PortError};
use crate::spec::Spec;
use crate::state_file::{State, StateError};

/// How long to wait for a process that has the lock but does not answer yet, or not any more.
const BUSY_PATIENCE: Duration = Duration::from_secs(10);
const BUSY_POLL: Duration = Duration::from_millis(20);
/// Ends of nodes that a reader of notices may be behind.
const NOTICES: usize = 256;

/// What [`up`] found or did.
#[derive(Debug)]
pub enum Up {
    /// The cluster was started in this process.
    Started(Cluster),
    /// It runs already, in another process.
    Running(Remote),
}

/// Brings a cluster up whose state is below `root`. Its nodes are starting when this returns; see
/// [`Cluster::ready`].
///
/// # Errors
/// See [`UpError`]. Nothing is left running.
pub async fn up(root: &Path, spec: &Spec) -> Result<Up, UpError> {
    let started = Instant::now();
    plan::check(spec)?;
    let place = Place::of(root, &spec.name);
    place.create()?;
    let Some(lock) = lock(&place, &spec.name).await? else {
        return Ok(Up::Running(Remote::new(place.control_socket())));
    };
    let observed = match observe(&place, spec) {
        Ok(observed) => observed,
        Err(error) => {
            if !place.holds_state() {
                place.vacate();
            }
            return Err(error);
        }
    };
    let is_new = observed.is_none();
    let started = begin(root, spec, &place, lock, observed.as_ref(), started);
    if started.is_err() && is_new {
        // A cluster that never was leaves nothing behind; what cannot be removed is in nobody's way.
        let _ = place.remove();
    }
    Ok(Up::Started(started?))
}

/// Plans the cluster and starts it.
fn begin(
    root: &Path,
    spec: &Spec,
    place: &Place,
    lock: PlaceLock,
    observed: Option<&State>,
    started: Instant,
) -> Result<Cluster, UpError> {
    let others = others(root, &spec.name);
    let taken = others.keys().copied().collect();
    let plan = plan::plan(spec, observed, &taken, kr_wire::ids::uuid_text(random_id()))?;
    start(place.clone(), lock, plan, &others, started)
}

/// Takes the lock; `None` when another process has it and answers.
async fn lock(place: &Place, name: &str) -> Result<Option<PlaceLock>, UpError> {
    let began = Instant::now();
    let remote = Remote::new(place.control_socket());
    loop {
        if let Some(lock) = place.lock().map_err(|source| UpError::disk("lock", place.dir(), source))? {
            return Ok(Some(lock));
        }
        if remote.status().await.is_ok() {
            return Ok(None);
        }
        if began.elapsed() > BUSY_PATIENCE {
            return Err(UpError::Busy { name: name.to_owned() });
        }
        tokio::time::sleep(BUSY_POLL).await;
    }
}

/// What is there of the cluster, after what is not wanted was removed.
fn observe(place: &Place, spec: &Spec) -> Result<Option<State>, UpError> {
    let dir = place.dir();
    let state = match place.state() {
        Ok(state) => state,
        // Wiped without being read.
        Err(_) if spec.fresh => None,
        Err(StateError::Io(source)) => return Err(UpError::disk("read", dir, source)),
        Err(error) => return Err(UpError::Foreign { path: dir.to_owned(), why: error.to_string() }),
    };
    let is_leftover = state.as_ref().is_some_and(|state| state.ephemeral);
    let is_ours = state.is_some() || place.holds_state();
    if is_ours && (spec.fresh || is_leftover) {
        place.wipe().map_err(|source| UpError::disk("empty", dir, source))?;
        return Ok(None);
    }
    if state.is_none() {
        let foreign = place.holds_foreign_files().map_err(|source| UpError::disk("read", dir, source))?;
        if let Some(name) = foreign {
            let why = format!("it holds {name} but no {}", crate::state_file::FILE_NAME);
            return Err(UpError::Foreign { path: dir.to_owned(), why });
        }
    }
    Ok(state)
}

/// The ports that stay with other clusters, and with which.
fn others(root: &Path, name: &str) -> BTreeMap<u16, String> {
    let states = Place::all(root).into_iter().filter_map(|place| {
        let state = place.state().ok()??;
        // What is left of an ephemeral cluster that died has no ports.
        (state.name != name && (!state.ephemeral || place.is_running())).then_some(state)
    });
    states
        .flat_map(|state| state.ports().map(|port| (port, state.name.clone())).collect::<Vec<_>>())
        .collect()
}

fn start(
    place: Place,
    lock: PlaceLock,
    plan: Plan,
    others: &BTreeMap<u16, String>,
    started: Instant,
) -> Result<Cluster, UpError> {
    let shares = open_files::raise(plan.nodes.len())?;
    let mut state = plan.state;
    let disk = RealDisk::new(shares.data_files);
    for planned in &plan.nodes {
        check_identity(&place, &state, planned, &disk)?;
    }
    let hosts = take_ports(plan.nodes, others)?;
    state.nodes = hosts.iter().map(|host| host.node.clone()).collect();
    state.pid = Some(std::process::id());
    state.write(place.dir()).map_err(|source| UpError::disk("write", place.dir(), source))?;
    let path = place.control_socket();
    let socket = control::bind(&path).map_err(|source| UpError::disk("listen on", &path, source))?;

    let (commands, inbox) = mpsc::channel(COMMANDS);
    let (notices, _) = broadcast::channel(NOTICES);
    let site = Site { place: place.clone(), state: state.clone(), disk, flush: FlushPool::default(), shares };
    let mut dispatcher = Dispatcher::new(site, hosts, commands.downgrade(), notices.clone());
    dispatcher.start_all();
    tokio::spawn(dispatcher.run(inbox));
    let (ended, _) = watch::channel(false);
    let lock = Mutex::new(Some(lock));
    let inner = Arc::new(Inner { place, state, commands, notices, started, lock, ended });
    tokio::spawn(control::serve(socket, Arc::downgrade(&inner)));
    Ok(Cluster::new(inner))
}

/// Refuses a node directory that was formatted for another node or cluster, before anything is touched.
fn check_identity(place: &Place, state: &State, planned: &NodePlan, disk: &RealDisk) -> Result<(), UpError> {
    let path = place.dir().join(planned.node.dir_name());
    let foreign = |why: String| UpError::Foreign { path: path.clone(), why };
    let Some(meta) = MetaProperties::read(disk, &path).map_err(|error| foreign(error.to_string()))? else {
        return Ok(());
    };
    if let Some(other) = meta.cluster_id.filter(|id| *id != state.cluster_id) {
        return Err(foreign(format!("it belongs to cluster id {other}, this one is {}", state.cluster_id)));
    }
    match meta.node_id {
        Some(other) if other.0 != planned.node.id => Err(foreign(format!("it belongs to node {other}"))),
        _ => Ok(()),
    }
}

fn take_ports(planned: Vec<NodePlan>, others: &BTreeMap<u16, String>) -> Result<Vec<Host>, UpError> {
    // What is promised to somebody must not go to a node that takes whatever is free.
    let mut promised: BTreeSet<u16> = others.keys().copied().collect();
    for plan in &planned {
        promised.extend([plan.broker_port, plan.controller_port].into_iter().filter_map(|wish| match wish {
            Some(Wish::Exactly(port)) => Some(port),
            _ => None,
        }));
    }
    let mut hosts = Vec::new();
    for NodePlan { mut node, broker_port, controller_port } in planned {
        let broker = broker_port.map(|wish| take(wish, &promised, others)).transpose()?;
        let controller = controller_port.map(|wish| take(wish, &promised, others)).transpose()?;
        node.broker_port = broker.as_ref().map_or(0, Port::number);
        node.controller_port = controller.as_ref().map_or(0, Port::number);
        hosts.push(Host::new(node, broker, controller));
    }
    Ok(hosts)
}

fn take(wish: Wish, promised: &BTreeSet<u16>, others: &BTreeMap<u16, String>) -> Result<Port, PortError> {
    let mut refused = Vec::new();
    let mut wish = wish;
    loop {
        let port = Port::reserve(wish).map_err(|error| named(error, others))?;
        if matches!(wish, Wish::Exactly(_)) || !promised.contains(&port.number()) {
            return Ok(port);
        }
        if let Wish::From(_) = wish {
            wish = port.number().checked_add(1).map_or(Wish::Any, Wish::From);
        }
        // Kept until the search is over, so that it is not found again.
        refused.push(port);
    }
}

/// Names the cluster that has the port, which says more than a process id.
fn named(error: PortError, others: &BTreeMap<u16, String>) -> PortError {
    match error {
        PortError::Taken { port, by } => match others.get(&port) {
            Some(name) => PortError::Taken { port, by: Some(format!("cluster \"{name}\"")) },
            None => PortError::Taken { port, by },
        },
        other => other,
    }
}

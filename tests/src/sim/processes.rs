//! Processes: how they start, are given events, have their wishes carried out, and end.

use std::sync::Arc;

use bytes::Bytes;
use kr_log::Piece;
use kr_log::testing::Crash;
use kr_node::{Event, Listener, Node, Output};
use kr_wire::frame::Frame;
use kr_wire::ids::{DirectoryId, Uuid};

use super::agenda::{Item, MS};
use super::checks::End;
use super::clients::strip;
use super::machine::{DiskFault, Machine, node_of_port};
use super::net::{ConnectionId, Dialler, Parcel, Way};
use super::world::{Phase, World};

/// How a process ends when it does not end itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process only; its machine closes its connections.
    Kill,
    /// The machine: what was not flushed is lost, nobody is told.
    Power,
    /// The process gives up because its disk failed; what was not flushed is lost.
    Disk,
}

/// Ticks without time passing after which a node is said to spin.
const MAX_IDLE_TICKS: u32 = 1000;

impl World {
    pub(super) fn start(&mut self, id: i32) {
        let seed = self.chance.any();
        let at = self.agenda.now();
        let machine = self.machines.get_mut(&id).expect("only machines that exist are started");
        if machine.node.is_some() {
            return;
        }
        machine.is_on = true;
        machine.life += 1;
        let life = machine.life;
        self.trace.note(&[at, 1, id as u64]);
        self.trace.line(at, || format!("node {id} starts, life {life}"));
        let directory = DirectoryId(Uuid::from_u128(0x1000 + id as u128));
        let now = machine.now(at);
        let disk = Arc::new(machine.disk.clone());
        let started = kr_node::format(&machine.config, &*disk, directory)
            .and_then(|()| Node::start(machine.config.clone(), disk, seed, now));
        match started {
            Ok(node) => {
                machine.node = Some(node);
                self.after_event(id);
            }
            // It says so and ends; whoever started it tries again later.
            Err(error) if machine.disk_fault == Some(DiskFault::Full) => {
                self.trace.line(at, || format!("node {id} does not start: {error}"));
                self.agenda.after(200 * MS, Item::Start(id));
            }
            Err(error) => self.fail(format!("node {id} does not start: {error}")),
        }
    }

    pub(super) fn stop(&mut self, id: i32) {
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.is_stopping = true;
        }
        self.feed(id, Event::Shutdown);
    }

    pub(super) fn pause(&mut self, id: i32, span: u64) {
        if let Some(machine) = self.machines.get_mut(&id) {
            machine.paused.get_or_insert_default();
        }
        self.agenda.after(span, Item::Resume(id));
    }

    pub(super) fn resume(&mut self, id: i32) {
        let waiting = self.machines.get_mut(&id).and_then(|machine| machine.paused.take());
        for event in waiting.unwrap_or_default() {
            self.feed(id, event);
        }
    }

    /// Ends a process from outside, and plans its return.
    pub(super) fn die(&mut self, id: i32, how: Death) {
        let at = self.agenda.now();
        self.trace.note(&[at, 2, id as u64]);
        self.trace.line(at, || format!("node {id} dies: {how:?}"));
        let Some(machine) = self.machines.get_mut(&id) else { return };
        let crash = match how {
            Death::Kill => Crash::Process,
            Death::Power | Death::Disk if self.chance.percent(50) => Crash::Power,
            Death::Power | Death::Disk => Crash::Torn,
        };
        let is_halfway = machine.dies_at.is_some() || machine.disk_fault.is_some();
        let end = if is_halfway { End::Halfway } else { End::Clean };
        let end = if how == Death::Kill { end } else { End::Lossy };
        machine.disk_fault.take_if(|fault| *fault == DiskFault::Failing);
        machine.disk.crash(crash);
        let is_silent = how == Death::Power && self.chance.percent(60);
        machine.is_on = !is_silent;
        self.gone(id, end, is_silent);
    }

    /// A process is no more: its connections end, and it will be started again.
    fn gone(&mut self, id: i32, end: End, is_silent: bool) {
        let Some(machine) = self.machines.get_mut(&id) else { return };
        machine.node = None;
        machine.deadline = None;
        machine.paused = None;
        machine.dies_at = None;
        machine.is_stopping = false;
        let conns = std::mem::take(&mut machine.conns);
        let links = std::mem::take(&mut machine.links);
        self.checks.ended(id, end);
        if !is_silent {
            for id in conns.into_values() {
                self.close(id, Way::ToDialler);
            }
            for id in links.into_values() {
                self.close(id, Way::ToServer);
            }
        }
        let back = if self.phase != Phase::Chaos { 10 * MS } else { self.chance.between(1, 2500) * MS };
        self.agenda.after(back, Item::Start(id));
    }

    pub(super) fn tick(&mut self, id: i32) {
        let at = self.agenda.now();
        if let Some(machine) = self.machines.get_mut(&id) {
            let (last, count) = machine.idle_ticks;
            machine.idle_ticks = if last == at { (at, count + 1) } else { (at, 0) };
            if machine.idle_ticks.1 > MAX_IDLE_TICKS {
                return self.fail(format!("node {id} asks to be woken again and again without time passing"));
            }
        }
        self.feed(id, Event::Tick);
    }

    /// Gives a node an event, now or when it goes on.
    pub(super) fn feed(&mut self, id: i32, event: Event) {
        let at = self.agenda.now();
        let Some(machine) = self.machines.get_mut(&id) else { return };
        if let Some(waiting) = &mut machine.paused {
            waiting.push_back(event);
            return;
        }
        let now = machine.now(at);
        let Some(node) = &mut machine.node else { return };
        self.trace.note(&[at, 3, id as u64]);
        if let Event::Frame { frame, .. } | Event::LinkFrame { frame, .. } = &event {
            self.trace.bytes(frame);
        }
        self.trace.line(at, || format!("node {id} <- {}", in_words(&event)));
        node.handle(event, now);
        self.after_event(id);
    }

    /// Carries out what a node wants and looks whether it may want it.
    fn after_event(&mut self, id: i32) {
        let Some(machine) = self.machines.get_mut(&id) else { return };
        let mut outputs = Vec::new();
        if let Some(node) = &mut machine.node {
            outputs.extend(std::iter::from_fn(|| node.poll_output()));
        }
        if machine.has_died() {
            // Whatever it still wanted never left the process.
            return self.die(id, Death::Kill);
        }
        machine.read_deadline();
        let gives_up = outputs.iter().any(|output| matches!(output, Output::Fatal { .. }));
        if !machine.disk.will_fail() {
            // What failed did not matter to the node, or ends it now.
            machine.disk_fault.take_if(|fault| *fault == DiskFault::Failing && !gives_up);
        }
        if let Some(node) = &machine.node
            // It is about to end in the middle of something.
            && !gives_up
            && let Err(what) = self.checks.look(id, machine.life, node.inspect(), &machine.disk)
        {
            self.fail(what);
        }
        for output in outputs {
            if self.machines[&id].node.is_some() {
                self.carry_out(id, output);
            }
        }
    }

    fn carry_out(&mut self, id: i32, output: Output) {
        let at = self.agenda.now();
        self.trace.line(at, || format!("node {id} -> {output:?}"));
        let Some(machine) = self.machines.get_mut(&id) else { return };
        match output {
            Output::Send { conn, frame } => {
                if let Some(connection) = machine.conns.get(&conn).filter(|_| !frame.is_empty()) {
                    let pieces: Result<Frame, _> = frame.into_iter().map(Piece::into_bytes).collect();
                    let Ok(frame) = pieces else {
                        // What was announced cannot be read any more: the server gives the connection up.
                        let connection = *connection;
                        machine.conns.remove(&conn);
                        self.close(connection, Way::ToDialler);
                        return self.feed(id, Event::Closed { conn });
                    };
                    let parcel = Parcel::Frame(strip(&frame));
                    self.net.send(*connection, Way::ToDialler, parcel, &mut self.chance, &mut self.agenda);
                }
            }
            Output::Close { conn } => {
                if let Some(connection) = machine.conns.remove(&conn) {
                    self.close(connection, Way::ToDialler);
                }
            }
            Output::Dial { link, port, .. } => {
                let dialler = Dialler::Node { node: id, life: machine.life, link };
                let listener = if port >= 9500 { Listener::Controller } else { Listener::Broker };
                let server = node_of_port(port);
                let connection = self.net.dial(dialler, server, listener, &mut self.chance, &mut self.agenda);
                machine.links.insert(link, connection);
            }
            Output::LinkSend { link, frame } => {
                if let Some(id) = machine.links.get(&link).copied() {
                    self.send_from_node(id, strip(&frame));
                }
            }
            Output::LinkClose { link } => {
                if let Some(connection) = machine.links.remove(&link) {
                    self.close(connection, Way::ToServer);
                }
            }
            Output::Flush { token, files, .. } => {
                let delay = 50 + self.chance.below(machine.flush_max);
                let life = machine.life;
                // The disk may be done long before it says so, or not before the very last moment.
                let is_late = self.chance.percent(50) || machine.disk_fault.is_some();
                let files = if is_late { files } else { sync_now(files) };
                self.agenda.after(delay, Item::Flushed { node: id, life, token, files });
            }
            Output::Log { .. } => {}
            Output::Stopped => {
                if machine.is_stopping {
                    self.gone(id, End::Clean, false);
                } else {
                    self.fail(format!("node {id} stopped although nobody asked it to"));
                }
            }
            Output::Fatal { reason } => match machine.disk_fault {
                Some(DiskFault::Failing) => self.die(id, Death::Disk),
                Some(DiskFault::Full) => self.die(id, Death::Kill),
                None => self.fail(format!("node {id} gave up: {reason}")),
            },
        }
    }

    fn send_from_node(&mut self, id: ConnectionId, frame: Bytes) {
        let Self { net, chance, agenda, .. } = self;
        if let Some(connection) = net.get(id) {
            let (from, to, listener) = (connection.dialler_machine(), connection.server, connection.listener);
            net.maybe_repeat(from, to, listener, &frame, chance, agenda);
        }
        net.send(id, Way::ToServer, Parcel::Frame(frame), chance, agenda);
    }
}

impl Machine {
    /// Whether its process runs and nothing is about to end it.
    pub(super) fn runs_undisturbed(&self) -> bool {
        let is_hale = self.dies_at.is_none() && self.disk_fault.is_none();
        self.node.is_some() && self.paused.is_none() && is_hale && !self.is_stopping
    }
}

fn sync_now(files: Vec<Arc<dyn kr_log::DiskFile>>) -> Vec<Arc<dyn kr_log::DiskFile>> {
    for file in &files {
        // A disk that fails now fails again when it is asked at the end; then it is told.
        if file.sync().is_err() {
            return files;
        }
    }
    Vec::new()
}

fn in_words(event: &Event) -> String {
    let key = |frame: &[u8]| match frame {
        [a, b, c, d, ..] => format!("{}v{}", i16::from_be_bytes([*a, *b]), i16::from_be_bytes([*c, *d])),
        _ => "?".to_owned(),
    };
    match event {
        Event::Frame { conn, frame } => format!("Frame({}, {}, {} bytes)", conn.0, key(frame), frame.len()),
        Event::LinkFrame { link, frame } if frame.len() <= 32 => {
            format!("LinkFrame({}, {frame:02x?})", link.0)
        }
        Event::LinkFrame { link, frame } => format!("LinkFrame({}, {} bytes)", link.0, frame.len()),
        other => format!("{other:?}"),
    }
}

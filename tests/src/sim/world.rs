//! The run: takes the next event, lets it happen, carries out what follows, and holds the invariants.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use kr_log::Piece;
use kr_log::testing::Crash;
use kr_node::{Event, Listener, Node, Output};
use kr_wire::frame::Frame;
use kr_wire::ids::{DirectoryId, Uuid};

use super::Report;
use super::agenda::{Agenda, Item, MS};
use super::chance::Chance;
use super::checks::{Checks, End};
use super::clients::{Admin, Client, Committer, Consumer, Member, Producer, Surroundings, VERSIONS, strip};
use super::machine::{DiskFault, Machine, node_of_port};
use super::net::{ConnectionId, Dialler, Network, Parcel, Way};
use super::plan::{Mode, Plan};
use super::trace::Trace;

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

/// Everything there is in a run.
pub struct World {
    pub(super) plan: Plan,
    pub(super) chance: Chance,
    pub(super) agenda: Agenda,
    pub(super) net: Network,
    pub(super) machines: BTreeMap<i32, Machine>,
    pub(super) clients: Vec<Client>,
    pub(super) checks: Checks,
    pub(super) trace: Trace,
    /// The machine that has lost something and may not have recovered.
    pub(super) has_lost: Option<i32>,
    phase: Phase,
    failure: Option<String>,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Faults happen.
    Chaos,
    /// All faults are over; the cluster recovers from more than it had promised to survive.
    Recovery,
    /// Clients work on, undisturbed.
    Peace,
    /// Clients finish what they have begun.
    Calm,
}

/// How often a client looks for something to do.
const CLIENT_PERIOD: u64 = 10 * MS;

/// Virtual time within which a healed cluster must be well.
const PATIENCE: u64 = 40_000 * MS;

/// How long new clients work before they finish.
const PEACE: u64 = 1500 * MS;

/// Added to the names of clients that come after all faults beyond the promise.
const SECOND_GENERATION: u16 = 100;

/// How often it is looked whether it is.
const LOOK_PERIOD: u64 = 50 * MS;

/// Ticks without time passing after which a node is said to spin.
const MAX_IDLE_TICKS: u32 = 1000;

impl World {
    /// Builds the world of a plan.
    pub fn new(plan: Plan, wordy: bool) -> Self {
        let mut chance = Chance::new(plan.seed);
        let mut agenda = Agenda::default();
        let machines: BTreeMap<i32, Machine> = (1..=plan.nodes)
            .map(|id| {
                let skew = if plan.skewed { chance.between(0, 60_000) as i64 - 30_000 } else { 0 };
                agenda.at(chance.below(50 * MS), Item::Start(id));
                (id, Machine::new(id, &plan, skew))
            })
            .collect();
        let clients = clients(&plan, 0, &mut chance);
        for index in 0..clients.len() {
            agenda.at(chance.below(CLIENT_PERIOD), Item::Client(index));
        }
        agenda.at(300 * MS + chance.below(plan.fault_interval), Item::Fault);
        Self {
            net: Network::new(plan.net.clone()),
            checks: Checks::new(&plan),
            trace: Trace::new(wordy),
            plan,
            chance,
            agenda,
            machines,
            clients,
            has_lost: None,
            phase: Phase::Chaos,
            failure: None,
        }
    }

    /// Runs to the end, to the first failure, or for so many events.
    pub fn run(mut self, steps: Option<u64>) -> Report {
        let steps = steps.unwrap_or(u64::MAX);
        self.run_until(self.plan.chaos, steps);
        if self.goes_on(steps) {
            self.phase = Phase::Recovery;
            self.heal_everything();
            if self.plan.mode == Mode::Beyond {
                self.begin_anew(steps);
            }
            if self.goes_on(steps) {
                self.phase = Phase::Calm;
                self.settle_down(steps, true);
            }
        }
        self.look_at_logs();
        let topics = self.plan.topics.iter();
        let partitions =
            topics.flat_map(|topic| (0..topic.partitions).map(|partition| (topic.name, partition)));
        let records =
            partitions.map(|(topic, partition)| self.checks.committed_end(topic, partition).0).sum();
        Report {
            seed: self.plan.seed,
            hash: self.trace.hash(),
            events: self.trace.events(),
            virtual_us: self.agenda.now(),
            records,
            failure: self.failure,
            lines: self.trace.into_lines(),
        }
    }

    fn goes_on(&self, steps: u64) -> bool {
        self.failure.is_none() && self.trace.events() < steps
    }

    fn run_until(&mut self, until: u64, steps: u64) {
        while self.agenda.now() < until && self.goes_on(steps) {
            self.step(until);
        }
    }

    /// After more faults than were promised to be survived: waits until the cluster is whole, takes what it has left
    /// as what was committed, and lets new clients work for a while.
    fn begin_anew(&mut self, steps: u64) {
        self.settle_down(steps, false);
        if !self.goes_on(steps) {
            return;
        }
        let nodes = self.machines.values().filter_map(|machine| machine.node.as_ref());
        if let Err(what) = self.checks.begin_anew(nodes.map(Node::inspect)) {
            return self.fail(what);
        }
        self.clients = clients(&self.plan, SECOND_GENERATION, &mut self.chance);
        self.phase = Phase::Peace;
        self.run_until(self.agenda.now() + PEACE, steps);
    }

    /// Runs until nothing is missing any more, or for too long; clients may be left out of it.
    fn settle_down(&mut self, steps: u64, with_clients: bool) {
        let limit = self.agenda.now() + PATIENCE;
        while self.goes_on(steps) {
            self.run_until(self.agenda.now() + LOOK_PERIOD, steps);
            let of_clients = || self.clients.iter().find_map(|c| c.unfinished(&self.checks, &self.plan));
            let missing = self.what_is_missing().or_else(|| of_clients().filter(|_| with_clients));
            match missing {
                None => return,
                Some(what) if self.agenda.now() >= limit => {
                    return self
                        .fail(format!("I20: {} s after all faults ended {what}", PATIENCE / MS / 1000));
                }
                Some(_) => {}
            }
        }
    }

    fn look_at_logs(&mut self) {
        let nodes = self.machines.iter().filter_map(|(id, machine)| Some((id, machine.node.as_ref()?)));
        let found = nodes.filter_map(|(id, node)| {
            let what = self.checks.look_at_logs(node.inspect()).err()?;
            Some(format!("{what} (node {id})"))
        });
        if let Some(what) = found.take(1).last() {
            self.fail(what);
        }
    }

    /// Writes into the trace what each replica has, for whoever reads why a run did not end well.
    fn describe_replicas(&mut self) {
        let at = self.agenda.now();
        for (id, machine) in &self.machines {
            let Some(node) = &machine.node else { continue };
            for replica in node.inspect().replicas() {
                let (topic, leads, epoch) = (replica.topic(), replica.leads(), replica.leader_epoch());
                let ((_, index), log) = (replica.key(), replica.log());
                let (start, high_watermark, end) =
                    (log.start_offset(), replica.high_watermark(), log.end_offset());
                let producers: Vec<(i64, i32)> =
                    log.producers().iter().map(|p| (p.producer.0, p.last_sequence)).collect();
                self.trace.line(at, || {
                    format!(
                        "node {id}: {topic}-{index} leads {leads} epoch {epoch} start {start} committed {high_watermark} end {end} \
                         last sequences {producers:?}"
                    )
                });
            }
        }
    }

    /// What a healthy cluster would have and this one has not.
    fn what_is_missing(&self) -> Option<String> {
        let (offset, image) = self.checks.image();
        for (id, machine) in &self.machines {
            let Some(node) = &machine.node else { return Some(format!("node {id} is not up")) };
            let inside = node.inspect();
            if !machine.config.roles.is_broker() {
                continue;
            }
            let broker = image.broker((*id).into()).filter(|broker| !broker.fenced);
            if broker.is_none_or(|broker| Some(broker.epoch) != inside.broker_epoch()) {
                return Some(format!("broker {id} is fenced, or not registered since it started"));
            }
            if inside.applied() < offset && inside.image() != image {
                return Some(format!("node {id} has applied {} of {offset}", inside.applied()));
            }
        }
        for topic in image.topics() {
            for (index, partition) in &topic.partitions {
                let name = format!("{}-{index}", topic.name);
                if partition.leader.is_none() {
                    return Some(format!("{name} has no leader"));
                }
                if partition.isr.len() < partition.replicas.len() {
                    return Some(format!("{name} has the ISR {:?}", partition.isr));
                }
            }
        }
        None
    }

    /// Lets the next event before `until` happen, or moves the clock there.
    fn step(&mut self, until: u64) {
        let ticks = self.machines.iter().filter(|(_, machine)| machine.paused.is_none());
        let tick = ticks.filter_map(|(id, machine)| Some((machine.deadline?, *id))).min();
        let item = self.agenda.next_at();
        match (tick, item) {
            (Some((at, id)), _) if at < until && item.is_none_or(|item| at <= item) => {
                self.agenda.advance(at);
                self.tick(id);
            }
            (_, Some(at)) if at < until => {
                if let Some(item) = self.agenda.take() {
                    self.happen(item);
                }
            }
            _ => self.agenda.advance(until),
        }
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Syn(id) => self.connect(id),
            Item::Arrive(id, way) => {
                if let Some(parcel) = self.net.arrive(id, way) {
                    self.arrive(id, way, parcel);
                }
            }
            Item::Flushed { node, life, token, files } => {
                let is_current = self.machines[&node].life == life;
                let synced = files.iter().try_for_each(|file| file.sync());
                if is_current {
                    let result = synced.map_err(|error| error.to_string());
                    self.feed(node, Event::Flushed { token, result });
                }
            }
            Item::Start(id) => self.start(id),
            Item::Resume(id) => self.resume(id),
            Item::Client(index) => {
                self.agenda.after(CLIENT_PERIOD, Item::Client(index));
                self.with_client(index, |client, around| client.run(around));
            }
            Item::Fault => {
                if self.phase == Phase::Chaos {
                    self.fault();
                }
            }
            Item::Heal(cut) => {
                let at = self.agenda.now();
                self.trace.line(at, || format!("cut {cut} heals"));
                self.net.heal(cut, &mut self.chance, &mut self.agenda);
            }
            Item::Freed(node) => self.free_disk(node),
            Item::Crash { node, life } => {
                let machine = &self.machines[&node];
                if machine.life == life && machine.dies_at.is_some() {
                    self.die(node, Death::Kill);
                }
            }
        }
    }

    fn fail(&mut self, what: String) {
        self.describe_replicas();
        let at = self.agenda.now();
        self.trace.line(at, || format!("FAILED: {what}"));
        self.failure.get_or_insert(what);
    }

    // Processes.

    fn start(&mut self, id: i32) {
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

    fn tick(&mut self, id: i32) {
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
            Output::Flush { token, files } => {
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

    pub(super) fn with_client(
        &mut self,
        index: usize,
        what: impl FnOnce(&mut Client, &mut Surroundings<'_>) -> Result<(), String>,
    ) {
        let mut around = Surroundings {
            index,
            agenda: &mut self.agenda,
            net: &mut self.net,
            chance: &mut self.chance,
            checks: &self.checks,
            plan: &self.plan,
            is_busy: matches!(self.phase, Phase::Chaos | Phase::Peace),
            trace: &mut self.trace,
        };
        let Some(client) = self.clients.get_mut(index) else { return };
        around.trace.note(&[around.agenda.now(), 4, index as u64]);
        if let Err(what) = what(client, &mut around)
            && !self.checks.is_lenient()
        {
            self.fail(format!("{what} (client {index})"));
        }
    }
}

impl Machine {
    /// Whether its process runs and nothing is about to end it.
    pub(super) fn runs_undisturbed(&self) -> bool {
        let is_hale = self.dies_at.is_none() && self.disk_fault.is_none();
        self.node.is_some() && self.paused.is_none() && is_hale && !self.is_stopping
    }
}

/// The clients of a plan; `first` is added to the names of producers.
fn clients(plan: &Plan, first: u16, chance: &mut Chance) -> Vec<Client> {
    let mut clients = vec![Client::Admin(Admin::new(plan)), Client::Committer(Committer::new())];
    let produce_versions = [3, 7, 8, 9, 11, 12, 13];
    let fetch_versions = [4, 7, 11, 12, 13, 16, 17];
    for id in 0..plan.clients.0 {
        let version = *chance.pick(&produce_versions).expect("there are some");
        clients.push(Client::Producer(Producer::new(first + id as u16 + 1, version, plan)));
    }
    for _ in 0..plan.clients.1 {
        let version = *chance.pick(&fetch_versions).expect("there are some");
        clients.push(Client::Consumer(Consumer::new(version, plan)));
    }
    for (member, instance) in [(0, None), (1, None), (2, Some("standing"))] {
        let oldest = usize::from(instance.is_some());
        if member < plan.members {
            let versions = chance.pick(&VERSIONS[oldest..]).expect("there are some");
            clients.push(Client::Member(Member::new(instance, versions)));
        }
    }
    clients
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

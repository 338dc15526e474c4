//! The run: takes the next event, lets it happen, and waits for the end; what a process does with it is in `processes`.

use std::collections::BTreeMap;

use kr_node::{Event, Node};

use super::Report;
use super::agenda::{Agenda, Item, MS};
use super::chance::Chance;
use super::checks::Checks;
use super::clients::{Admin, Client, Committer, Consumer, Member, Producer, Surroundings, VERSIONS};
use super::machine::Machine;
use super::net::Network;
use super::plan::{Mode, Plan};
use super::processes::Death;
use super::trace::Trace;

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
    pub(super) phase: Phase,
    failure: Option<String>,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
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

    pub(super) fn fail(&mut self, what: String) {
        self.describe_replicas();
        let at = self.agenda.now();
        self.trace.line(at, || format!("FAILED: {what}"));
        self.failure.get_or_insert(what);
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

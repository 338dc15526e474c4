//! A few machines whose clocks and messages move only when told: the ground of scenarios.
//!
//! Each node has a clock of its own, so one can lose patience while the others have all the time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kr_wire::ids::{LeaderEpoch, NodeId};
use kr_wire::time::{Mono, Now};

use super::machine::{Answer, Effect, Machine, Record, config};
use super::text;
use crate::{CallError, CallId, Event, FlushId, Output, Peer, Request, RequestId, Role, SnapshotId, Timers};

/// Events in one go before something is taken to run in circles.
const MAX_STEPS: usize = 2000;

/// Node of requests that no machine sent.
const NOBODY: i32 = 0;

#[derive(Clone, Debug)]
enum Body {
    Request(Request),
    Answer(Answer),
    Failure(CallError),
}

/// Something on its way.
#[derive(Clone, Debug)]
struct Message {
    from: i32,
    to: i32,
    call: CallId,
    /// Of the node that asked.
    life: u64,
    body: Body,
}

/// The machines and what is between them.
pub(crate) struct Stage {
    pub(crate) machines: BTreeMap<i32, Machine>,
    clocks: BTreeMap<i32, u64>,
    messages: Vec<Message>,
    askers: BTreeMap<(i32, RequestId), (i32, CallId, u64)>,
    next_request: u64,
    next_value: u64,
    silent: BTreeSet<i32>,
    refusing: BTreeSet<i32>,
    slow_disks: BTreeSet<i32>,
    flushes: BTreeMap<i32, FlushId>,
    pub(crate) log: Vec<String>,
}

impl Stage {
    pub(crate) fn new(voters: &[i32], observers: &[i32], timers: &Timers) -> Self {
        let ids = || voters.iter().chain(observers).copied();
        Self {
            machines: ids().map(|id| (id, Machine::new(config(id, voters, timers.clone())))).collect(),
            clocks: ids().map(|id| (id, 0)).collect(),
            messages: Vec::new(),
            askers: BTreeMap::new(),
            next_request: 0,
            next_value: 0,
            silent: BTreeSet::new(),
            refusing: BTreeSet::new(),
            slow_disks: BTreeSet::new(),
            flushes: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    pub(crate) fn start(&mut self, id: i32) {
        let now = self.now(id);
        let effects = self.machine(id).start(id as u64, now);
        self.perform(id, effects);
    }

    pub(crate) fn crash(&mut self, id: i32) {
        let machine = self.machine(id);
        machine.raft = None;
        machine.disk.crash(true, 0);
        machine.life += 1;
        self.flushes.remove(&id);
        self.messages.retain(|message| message.to != id);
        let waiting: Vec<_> = self.askers.keys().filter(|(node, _)| *node == id).copied().collect();
        for key in waiting {
            let (to, call, life) = self.askers.remove(&key).expect("key was found");
            if to != NOBODY {
                let body = Body::Failure(CallError::Disconnected);
                self.messages.push(Message { from: id, to, call, life, body });
            }
        }
    }

    pub(crate) fn event(&mut self, id: i32, event: Event) {
        let now = self.now(id);
        let effects = self.machine(id).handle(event, &[], now);
        self.perform(id, effects);
    }

    /// Lets a node's time pass, its timers act on the way.
    pub(crate) fn wait(&mut self, id: i32, span: Duration) {
        let until = self.clocks[&id] + span.as_micros() as u64;
        for _ in 0..MAX_STEPS {
            match self.deadline(id).filter(|deadline| *deadline <= until) {
                Some(deadline) => self.tick_at(id, deadline),
                None => return self.set_clock(id, until),
            }
        }
        panic!("timers of {id} run in circles");
    }

    /// Lets a node's time pass until its role changes.
    pub(crate) fn expire(&mut self, id: i32) {
        let before = self.state(id);
        for _ in 0..MAX_STEPS {
            let Some(deadline) = self.deadline(id) else { return };
            self.tick_at(id, deadline);
            if self.state(id) != before {
                return;
            }
        }
        panic!("{id} never loses its patience");
    }

    /// Delivers what is on its way between two nodes, in either direction of the arrow given.
    pub(crate) fn deliver(&mut self, from: i32, to: i32) {
        let (due, rest) = std::mem::take(&mut self.messages)
            .into_iter()
            .partition(|message| message.from == from && message.to == to);
        self.messages = rest;
        for message in due {
            self.receive(message);
        }
    }

    /// Delivers everything, and what follows from it, until nothing is on its way.
    pub(crate) fn deliver_all(&mut self) {
        for _ in 0..MAX_STEPS {
            if self.messages.is_empty() {
                return;
            }
            let message = self.messages.remove(0);
            self.receive(message);
        }
        panic!("messages run in circles");
    }

    /// Loses what is on its way; the askers are told or left waiting.
    pub(crate) fn drop_messages(&mut self, from: i32, to: i32, error: Option<CallError>) {
        let (lost, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.messages)
            .into_iter()
            .partition(|message| message.from == from && message.to == to);
        self.messages = rest;
        for message in lost {
            if let (Body::Request(_), Some(error)) = (&message.body, error) {
                self.receive(Message { from: to, to: from, body: Body::Failure(error), ..message });
            }
        }
    }

    pub(crate) fn silence(&mut self, id: i32) {
        self.silent.insert(id);
    }

    pub(crate) fn refuse(&mut self, id: i32) {
        self.refusing.insert(id);
    }

    pub(crate) fn mend(&mut self, id: i32) {
        self.silent.remove(&id);
        self.refusing.remove(&id);
    }

    pub(crate) fn slow_disk(&mut self, id: i32) {
        self.slow_disks.insert(id);
    }

    pub(crate) fn finish_flush(&mut self, id: i32) {
        if let Some(flush) = self.flushes.remove(&id) {
            self.event(id, Event::Flushed { id: flush });
        }
    }

    pub(crate) fn propose(&mut self, id: i32, count: usize) {
        for _ in 0..count {
            self.next_value += 1;
            let (value, now) = (self.next_value, self.now(id));
            match self.machine(id).propose(value, now) {
                Some(effects) => self.perform(id, effects),
                None => self.log.push(format!("{id}: cannot append")),
            }
        }
    }

    pub(crate) fn snapshot(&mut self, id: i32) {
        let now = self.now(id);
        let effects = self.machine(id).snapshot(now);
        self.perform(id, effects);
    }

    pub(crate) fn trim(&mut self, id: i32) {
        let now = self.now(id);
        let effects = self.machine(id).trim(now);
        self.perform(id, effects);
    }

    /// Asks a node something no machine would; the answer goes to the log only.
    pub(crate) fn ask(&mut self, id: i32, request: Request) {
        let request_id = self.register(id, (NOBODY, CallId(0), 0));
        self.event(id, Event::Request { id: request_id, request });
    }

    pub(crate) fn show(&mut self, id: i32) {
        let machine = &self.machines[&id];
        let line = match &machine.raft {
            None => "down".to_owned(),
            Some(raft) => {
                let log = &machine.disk.log;
                let at_start = machine.disk.snapshots.keys().find(|snapshot| snapshot.end.0 == log.start);
                let last_epoch = log
                    .records
                    .last()
                    .map(|record| record.epoch)
                    .or(at_start.map(|snapshot| snapshot.epoch))
                    .unwrap_or_default();
                text::status(&raft.status(), last_epoch)
            }
        };
        self.log.push(format!("{id}: {line}"));
    }

    pub(crate) fn describe(&mut self, id: i32) {
        let described = self.machines[&id].raft.as_ref().expect("node is up").describe();
        match described {
            Ok(view) => self.log.extend(text::quorum(&view)),
            Err(refusal) => self.log.push(format!("{id}: {refusal}")),
        }
    }

    /// Fills a node's disk: records by epoch, and a snapshot that the log may begin after.
    pub(crate) fn fill(
        &mut self,
        id: i32,
        epochs: &[(i32, usize)],
        snapshot: Option<SnapshotId>,
        start: i64,
    ) {
        let disk = &mut self.machines.get_mut(&id).expect("node exists").disk;
        for (epoch, count) in epochs {
            for at in 0..*count {
                // Equal epochs and positions hold equal records, as they would in a real log.
                let value = (*epoch as u64) << 32 | (at as u64 + 1);
                disk.log.records.push(Record { epoch: LeaderEpoch(*epoch), value });
            }
        }
        if let Some(snapshot) = snapshot {
            let content = disk.log.records[..snapshot.end.0 as usize].to_vec();
            disk.snapshots.insert(snapshot, content);
        }
        disk.log.records.drain(..start as usize);
        disk.log.start = start;
    }

    fn receive(&mut self, message: Message) {
        let Message { from, to, call, life, body } = message;
        if self.silent.contains(&from) || self.silent.contains(&to) {
            return;
        }
        let now = self.now(to);
        match body {
            Body::Request(_) if self.refusing.contains(&to) || self.machines[&to].raft.is_none() => {
                self.messages.push(Message {
                    from: to,
                    to: from,
                    call,
                    life,
                    body: Body::Failure(CallError::Disconnected),
                });
            }
            Body::Request(request) => {
                let id = self.register(to, (from, call, life));
                self.event(to, Event::Request { id, request });
            }
            Body::Answer(answer) if self.machines[&to].life == life => {
                let effects = self.machine(to).answer(call, answer, now);
                self.perform(to, effects);
            }
            Body::Failure(error) if self.machines[&to].life == life => {
                self.log.push(format!("{from} => {to}: {error}"));
                self.event(to, Event::Response { call, result: Err(error) });
            }
            Body::Answer(_) | Body::Failure(_) => {}
        }
    }

    fn perform(&mut self, id: i32, effects: Vec<Effect>) {
        let mut flush = None;
        for effect in effects {
            match effect {
                Effect::Call { to, id: call, request } => {
                    let Peer::Node(to) = to else { panic!("scenarios have no bootstrap servers") };
                    self.log.push(format!("{id} -> {to}: {}", text::request(&request)));
                    let life = self.machines[&id].life;
                    self.messages.push(Message {
                        from: id,
                        to: to.0,
                        call,
                        life,
                        body: Body::Request(request),
                    });
                }
                Effect::Reply { id: request, answer } => {
                    let (to, call, life) =
                        self.askers.remove(&(id, request)).expect("each request is answered once");
                    let whom = if to == NOBODY { "asker".to_owned() } else { to.to_string() };
                    let line = text::response(&answer.response, answer.records.len());
                    self.log.push(format!("{id} => {whom}: {line}"));
                    if to != NOBODY {
                        self.messages.push(Message { from: id, to, call, life, body: Body::Answer(answer) });
                    }
                }
                Effect::Flush { id: flush_id, up_to } => {
                    self.log.push(format!("{id}: flush up to {up_to}"));
                    flush = Some(flush_id);
                }
                Effect::Done(Output::Flush { .. }) => {}
                Effect::Done(output) => self.log.push(format!("{id}: {}", text::output(&output))),
            }
        }
        if let Some(flush) = flush {
            self.flushes.insert(id, flush);
            if !self.slow_disks.contains(&id) {
                self.finish_flush(id);
            }
        }
    }

    fn register(&mut self, node: i32, asker: (i32, CallId, u64)) -> RequestId {
        self.next_request += 1;
        let id = RequestId(self.next_request);
        self.askers.insert((node, id), asker);
        id
    }

    fn state(&self, id: i32) -> Option<(Role, LeaderEpoch, Option<NodeId>)> {
        let status = self.machines[&id].raft.as_ref()?.status();
        Some((status.role, status.epoch, status.leader))
    }

    fn deadline(&self, id: i32) -> Option<u64> {
        Some(self.machines[&id].raft.as_ref()?.next_deadline()?.0)
    }

    fn tick_at(&mut self, id: i32, at: u64) {
        self.set_clock(id, self.clocks[&id].max(at));
        self.event(id, Event::Tick);
    }

    fn set_clock(&mut self, id: i32, at: u64) {
        self.clocks.insert(id, at);
    }

    fn now(&self, id: i32) -> Now {
        let mono = self.clocks[&id];
        Now { mono: Mono(mono), wall_ms: (mono / 1000) as i64 }
    }

    fn machine(&mut self, id: i32) -> &mut Machine {
        self.machines.get_mut(&id).expect("node exists")
    }
}

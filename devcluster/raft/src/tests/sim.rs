//! Many machines, a network and faults by chance, all from one seed; checks what KRaft promises.
//!
//! Time is virtual, in microseconds. Nothing here knows a rule of the protocol beyond its promises: one
//! leader per epoch, one vote per epoch and on disk before it is given, leaders have all that is committed,
//! everyone commits the same, nothing falls, no leader without a majority, and progress after healing. The
//! file is long because faults and checks share the world they act on.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::machine::{Answer, Effect, Machine, Record, config};
use crate::{
    CallError, CallId, Event, FlushId, Mutants, Output, Peer, ReplicaKey, Request, RequestId, Response, Role,
    Timers,
};

const MS: u64 = 1000;

/// What a run is made of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) voters: i32,
    pub(crate) observers: i32,
    pub(crate) timers: Timers,
    pub(crate) mutants: Mutants,
    /// Records per answer: few make followers lag by parts of an epoch.
    pub(crate) portion: usize,
    /// Virtual milliseconds with faults.
    pub(crate) chaos_ms: u64,
}

/// What happens to the network and the nodes, once in a while.
#[derive(Clone, Debug)]
enum Item {
    Request { to: i32, life: u64, from: i32, from_life: u64, call: CallId, request: Request },
    Answer { to: i32, life: u64, call: CallId, result: Result<Answer, CallError> },
    Flushed { node: i32, life: u64, id: FlushId },
    Lost { node: i32, peer: i32 },
    Start { node: i32 },
    Resume { node: i32 },
    Heal,
    Propose,
    Fault,
}

impl Item {
    /// Returns who must be awake for it.
    fn node(&self) -> Option<i32> {
        match self {
            Self::Request { to, .. } | Self::Answer { to, .. } => Some(*to),
            Self::Flushed { node, .. } | Self::Lost { node, .. } => Some(*node),
            _ => None,
        }
    }
}

/// Whom to answer.
struct Asker {
    node: i32,
    life: u64,
    call: CallId,
    /// The candidate and epoch of a vote that is no pre-vote.
    vote: Option<(ReplicaKey, LeaderEpoch)>,
}

/// A world of machines.
pub(crate) struct Sim {
    plan: Plan,
    rng: ChaCha8Rng,
    now: u64,
    pub(crate) machines: BTreeMap<i32, Machine>,
    queue: BTreeMap<(u64, u64), Item>,
    sequence: u64,
    askers: BTreeMap<(i32, RequestId), Asker>,
    cut: BTreeSet<(i32, i32)>,
    paused: BTreeSet<i32>,
    loss_percent: u64,
    flush_max: u64,
    is_chaotic: bool,
    value: u64,
    /// Committed by anyone, from offset 0.
    pub(crate) committed: Vec<Record>,
    leaders: BTreeMap<LeaderEpoch, NodeId>,
    votes: BTreeMap<(NodeId, LeaderEpoch), ReplicaKey>,
    epochs: BTreeMap<NodeId, LeaderEpoch>,
    watermarks: BTreeMap<NodeId, i64>,
    /// By node: when it became leader, and when it was last asked by which voter.
    led_since: BTreeMap<i32, u64>,
    heard: BTreeMap<i32, BTreeMap<i32, u64>>,
    /// Changes with everything that happens.
    pub(crate) trace: u64,
    pub(crate) events: u64,
}

impl Sim {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        let voters: Vec<i32> = (1..=plan.voters).collect();
        let machines = (1..=plan.voters + plan.observers).map(|id| {
            let mut config = config(id, &voters, plan.timers.clone());
            config.mutants = plan.mutants;
            let mut machine = Machine::new(config);
            machine.portion = plan.portion;
            (id, machine)
        });
        let mut sim = Self {
            machines: machines.collect(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            now: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            askers: BTreeMap::new(),
            cut: BTreeSet::new(),
            paused: BTreeSet::new(),
            loss_percent: 0,
            flush_max: 3 * MS,
            is_chaotic: true,
            value: 0,
            committed: Vec::new(),
            leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            epochs: BTreeMap::new(),
            watermarks: BTreeMap::new(),
            led_since: BTreeMap::new(),
            heard: BTreeMap::new(),
            trace: 0xcbf2_9ce4_8422_2325,
            events: 0,
            plan,
        };
        for node in 1..=sim.plan.voters + sim.plan.observers {
            let at = sim.below(20 * MS);
            sim.push(at, Item::Start { node });
        }
        sim.push(5 * MS, Item::Propose);
        sim
    }

    /// Lives through faults, then heals and checks that all agree and go on.
    pub(crate) fn run(&mut self) -> Result<(), String> {
        self.push(self.fault_interval(), Item::Fault);
        self.run_until(self.plan.chaos_ms * MS, |_| false)?;
        self.heal_all();
        let patience = self.now + self.patience();
        self.run_until(patience, Self::is_agreed)?;
        if !self.is_agreed() {
            return Err(format!(
                "no agreement {} ms after healing: {}",
                self.patience() / MS,
                self.picture()
            ));
        }
        let (goal, patience) = (self.committed.len() + 5, self.now + self.patience());
        let everywhere = |sim: &Self| sim.machines.values().all(|machine| machine.applied.len() >= goal);
        self.run_until(patience, everywhere)?;
        if everywhere(self) { Ok(()) } else { Err(format!("no progress: {}", self.picture())) }
    }

    /// Runs until a moment or a condition.
    pub(crate) fn run_until(&mut self, until: u64, done: impl Fn(&Self) -> bool) -> Result<(), String> {
        while !done(self) {
            let tick = self
                .machines
                .iter()
                .filter(|(id, _)| !self.paused.contains(id))
                .filter_map(|(id, machine)| Some((machine.raft.as_ref()?.next_deadline()?.0, *id)))
                .min();
            let next = self.queue.first_key_value().map(|((at, _), _)| *at);
            let at = [tick.map(|(at, _)| at), next].into_iter().flatten().min().unwrap_or(until);
            if at >= until {
                self.now = self.now.max(until);
                return Ok(());
            }
            self.events += 1;
            self.now = self.now.max(at);
            match tick {
                Some((deadline, node)) if next.is_none_or(|next| deadline <= next) => {
                    self.turn(node, |machine, now| machine.handle(Event::Tick, &[], now))?;
                }
                _ => {
                    let (_, item) = self.queue.pop_first().expect("something is next");
                    self.happen(item)?;
                }
            }
        }
        Ok(())
    }

    fn happen(&mut self, item: Item) -> Result<(), String> {
        if item.node().is_some_and(|node| self.paused.contains(&node)) {
            self.push(5 * MS, item);
            return Ok(());
        }
        match item {
            Item::Request { to, life, from, from_life, call, request } => {
                if self.is_down(to, life) {
                    let result = Err(CallError::Disconnected);
                    let at = self.delay();
                    self.push(at, Item::Answer { to: from, life: from_life, call, result });
                    return Ok(());
                }
                if matches!(request, Request::Fetch(_) | Request::FetchSnapshot(_))
                    && from <= self.plan.voters
                {
                    self.heard.entry(to).or_default().insert(from, self.now);
                }
                self.sequence += 1;
                let id = RequestId(self.sequence);
                let vote = match &request {
                    Request::Vote(vote) if !vote.pre_vote => Some((vote.candidate, vote.epoch)),
                    _ => None,
                };
                self.askers.insert((to, id), Asker { node: from, life: from_life, call, vote });
                self.turn(to, |machine, now| machine.handle(Event::Request { id, request }, &[], now))
            }
            Item::Answer { to, life, call, result } => {
                if self.is_down(to, life) {
                    return Ok(());
                }
                self.turn(to, |machine, now| match result {
                    Ok(answer) => machine.answer(call, answer, now),
                    Err(error) => machine.handle(Event::Response { call, result: Err(error) }, &[], now),
                })
            }
            Item::Flushed { node, life, id } => {
                if self.is_down(node, life) {
                    return Ok(());
                }
                self.turn(node, |machine, now| machine.handle(Event::Flushed { id }, &[], now))
            }
            Item::Lost { node, peer } => {
                let event = Event::PeerLost { node: NodeId(peer) };
                self.turn(node, |machine, now| machine.handle(event, &[], now))
            }
            Item::Start { node } => {
                let seed = self.rng.next_u64();
                if self.machines[&node].raft.is_some() {
                    return Ok(());
                }
                self.watermarks.remove(&NodeId(node));
                self.turn(node, |machine, now| machine.start(seed, now))
            }
            Item::Resume { node } => {
                self.paused.remove(&node);
                Ok(())
            }
            Item::Heal => {
                self.cut.clear();
                Ok(())
            }
            Item::Propose => self.propose(),
            Item::Fault if self.is_chaotic => self.fault(),
            Item::Fault => Ok(()),
        }
    }

    /// Appends a record wherever a node thinks it leads.
    fn propose(&mut self) -> Result<(), String> {
        let gap = 1 + self.below(20 * MS);
        self.push(gap, Item::Propose);
        for node in self.ids() {
            self.value += 1;
            let value = self.value;
            if !self.paused.contains(&node) {
                self.turn(node, |machine, now| machine.propose(value, now).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    /// Does something bad, or ends something bad.
    fn fault(&mut self) -> Result<(), String> {
        let gap = 1 + self.below(self.fault_interval());
        self.push(gap, Item::Fault);
        let node = 1 + self.below(self.machines.len() as u64) as i32;
        let span = 1 + self.below(4 * self.fault_interval());
        match self.below(12) {
            0..=1 => self.crash(node, span),
            2 => {
                let leader = self.leaders.last_key_value().map_or(node, |(_, leader)| leader.0);
                self.crash(leader, span);
            }
            3 => {
                let side: BTreeSet<i32> = self.ids().into_iter().filter(|_| self.below(2) == 0).collect();
                for a in self.ids() {
                    for b in self.ids() {
                        if side.contains(&a) != side.contains(&b) && self.below(8) > 0 {
                            self.cut.insert((a, b));
                        }
                    }
                }
                self.push(span, Item::Heal);
            }
            4 => self.cut.clear(),
            5 => {
                self.paused.insert(node);
                self.push(span, Item::Resume { node });
            }
            6 => self.loss_percent = [0, 0, 2, 20][self.below(4) as usize],
            7 => self.flush_max = [MS, 3 * MS, 50 * MS, 300 * MS][self.below(4) as usize],
            8..=10 if self.paused.contains(&node) => {}
            8 => return self.turn(node, Machine::snapshot),
            9 => return self.turn(node, Machine::trim),
            10 => {
                let epoch = self.epochs.get(&NodeId(node)).copied().unwrap_or_default();
                return self.turn(node, |machine, now| machine.handle(Event::Resign { epoch }, &[], now));
            }
            _ => {
                let peer = 1 + self.below(self.machines.len() as u64) as i32;
                self.push(0, Item::Lost { node, peer });
            }
        }
        Ok(())
    }

    /// Kills a machine; the others may notice by their connections.
    pub(crate) fn crash(&mut self, node: i32, restart_in: u64) {
        let (to_last_flush, kept) = (self.below(2) == 0, self.rng.next_u64());
        let machine = self.machines.get_mut(&node).expect("machine exists");
        if machine.raft.take().is_none() {
            return;
        }
        machine.disk.crash(to_last_flush, kept);
        machine.life += 1;
        self.paused.remove(&node);
        self.push(restart_in, Item::Start { node });
        for other in self.ids() {
            if other != node {
                let at = self.delay();
                self.push(at, Item::Lost { node: other, peer: node });
            }
        }
        let gone: Vec<_> = self.askers.keys().filter(|(server, _)| *server == node).copied().collect();
        for key in gone {
            let asker = self.askers.remove(&key).expect("key was found");
            let at = self.delay();
            let result = Err(CallError::Disconnected);
            self.push(at, Item::Answer { to: asker.node, life: asker.life, call: asker.call, result });
        }
    }

    fn heal_all(&mut self) {
        self.is_chaotic = false;
        self.cut.clear();
        self.paused.clear();
        self.loss_percent = 0;
        self.flush_max = 3 * MS;
        for node in self.ids() {
            self.push(0, Item::Start { node });
        }
    }

    /// Lets a machine act, performs what it wants and checks it.
    fn turn(&mut self, node: i32, act: impl FnOnce(&mut Machine, Now) -> Vec<Effect>) -> Result<(), String> {
        let now = Now { mono: Mono(self.now), wall_ms: (self.now / MS) as i64 };
        let effects = act(self.machines.get_mut(&node).expect("machine exists"), now);
        for effect in effects {
            self.effect(node, effect)?;
        }
        self.check(node)
    }

    fn effect(&mut self, node: i32, effect: Effect) -> Result<(), String> {
        let life = self.machines[&node].life;
        match effect {
            Effect::Call { to, id, request } => {
                let Peer::Node(to) = to else { return Err("no bootstrap servers are configured".into()) };
                let to_life = self.machines[&to.0].life;
                if self.is_lost(node, to.0) {
                    // Half of what is lost is noticed.
                    if self.below(2) == 0 {
                        let result = Err(CallError::Disconnected);
                        let at = self.delay();
                        self.push(at, Item::Answer { to: node, life, call: id, result });
                    }
                    return Ok(());
                }
                let at = self.delay();
                self.push(
                    at,
                    Item::Request { to: to.0, life: to_life, from: node, from_life: life, call: id, request },
                );
            }
            Effect::Reply { id, answer } => {
                let Some(asker) = self.askers.remove(&(node, id)) else {
                    return Err(format!("{node} answered {id:?} twice"));
                };
                if let (Response::Vote(vote), Some((candidate, epoch))) = (&answer.response, asker.vote)
                    && vote.granted
                    && self.votes.get(&(NodeId(node), epoch)).is_none_or(|voted| !voted.matches(candidate))
                {
                    return Err(format!("{node} gave {candidate} a vote in {epoch} that is not on disk"));
                }
                if self.is_lost(node, asker.node) {
                    return Ok(());
                }
                let at = self.delay();
                let Asker { node: to, life, call, .. } = asker;
                self.push(at, Item::Answer { to, life, call, result: Ok(answer.clone()) });
                if let Response::Vote(vote) = &answer.response {
                    self.trace(vote.granted as u64);
                }
            }
            Effect::Flush { id, .. } => {
                let at = 1 + self.below(self.flush_max);
                self.push(at, Item::Flushed { node, life, id });
            }
            Effect::Done(output) => self.check_output(node, &output)?,
        }
        Ok(())
    }

    fn check_output(&mut self, node: i32, output: &Output) -> Result<(), String> {
        let id = NodeId(node);
        match output {
            Output::Persist(election) => {
                let epoch = self.epochs.entry(id).or_default();
                if election.epoch < *epoch {
                    return Err(format!("{node} went from epoch {epoch} to {}", election.epoch));
                }
                *epoch = election.epoch;
                if let Some(voted) = election.voted {
                    let vote = self.votes.entry((id, election.epoch)).or_insert(voted);
                    if !vote.matches(voted) {
                        return Err(format!("{node} voted for {vote} and {voted} in {}", election.epoch));
                    }
                }
            }
            Output::AppendLeaderChange { epoch, .. } => {
                let leader = *self.leaders.entry(*epoch).or_insert(id);
                if leader != id {
                    return Err(format!("{leader} and {node} lead epoch {epoch}"));
                }
                self.led_since.insert(node, self.now);
                let log = &self.machines[&node].disk.log;
                for offset in log.start..self.committed.len() as i64 {
                    if log.at(offset) != Some(self.committed[offset as usize]) {
                        return Err(format!(
                            "leader {node} of epoch {epoch} lacks committed offset {offset}"
                        ));
                    }
                }
            }
            Output::HighWatermark(to) => self.check_commit(node, *to)?,
            Output::Fatal { reason } => return Err(format!("{node} failed: {reason}")),
            _ => {}
        }
        Ok(())
    }

    fn check_commit(&mut self, node: i32, to: Offset) -> Result<(), String> {
        let machine = &self.machines[&node];
        let before = self.watermarks.insert(NodeId(node), to.0).unwrap_or(0);
        if to.0 < before || to.0 != machine.applied.len() as i64 {
            return Err(format!("high watermark of {node} went from {before} to {to}"));
        }
        for offset in before as usize..machine.applied.len() {
            let record = machine.applied[offset];
            match self.committed.get(offset) {
                None => self.committed.push(record),
                Some(known) if *known == record => {}
                Some(known) => {
                    return Err(format!("{node} committed {record:?} at {offset}, others {known:?}"));
                }
            }
        }
        Ok(())
    }

    fn check(&mut self, node: i32) -> Result<(), String> {
        let Some(raft) = &self.machines[&node].raft else { return Ok(()) };
        let status = raft.status();
        if status.log_end.0 != self.machines[&node].disk.log.end() {
            return Err(format!("{node} is mistaken about the end of its log"));
        }
        if status.role == Role::Leader && self.is_leader_alone(node) {
            return Err(format!("{node} leads epoch {} without a majority", status.epoch));
        }
        let role = status.role as u64;
        self.trace(self.now);
        self.trace(node as u64);
        self.trace(role << 32 | status.epoch.0 as u64);
        self.trace((status.log_end.0 as u64) << 32 | status.high_watermark.0 as u64);
        Ok(())
    }

    /// Whether a leader has not heard enough voters for twice the time after which it resigns.
    fn is_leader_alone(&self, leader: i32) -> bool {
        let needed = self.plan.voters as usize / 2;
        let since = self.led_since[&leader];
        let mut heard: Vec<u64> =
            self.heard.get(&leader).map_or_else(Vec::new, |heard| heard.values().copied().collect());
        heard.sort_unstable_by(|a, b| b.cmp(a));
        let Some(last) = needed.checked_sub(1) else { return false };
        let majority_at = heard.get(last).copied().unwrap_or(0).max(since);
        self.now - majority_at > 3 * self.plan.timers.fetch_timeout.as_micros() as u64
    }

    fn trace(&mut self, value: u64) {
        self.trace = (self.trace ^ value).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Whether there is one leader and all follow it.
    pub(crate) fn is_agreed(&self) -> bool {
        let mut leaders = BTreeSet::new();
        for machine in self.machines.values() {
            let Some(raft) = &machine.raft else { return false };
            let status = raft.status();
            if !matches!(status.role, Role::Leader | Role::Follower) {
                return false;
            }
            leaders.insert((status.leader, status.epoch));
        }
        leaders.len() == 1
    }

    /// Returns the leader that the most recent epoch has, if it is up and ready.
    pub(crate) fn leader(&self) -> Option<i32> {
        self.machines
            .iter()
            .filter_map(|(id, machine)| {
                let position = machine.raft.as_ref()?.leader_position()?;
                Some((position.epoch, *id))
            })
            .max()
            .map(|(_, id)| id)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now / MS
    }

    /// Ends long delays on the network.
    pub(crate) fn calm(&mut self) {
        self.is_chaotic = false;
    }

    fn picture(&self) -> String {
        let nodes = self.machines.iter().map(|(id, machine)| match &machine.raft {
            Some(raft) => format!("{id} {:?}", raft.status()),
            None => format!("{id} down"),
        });
        nodes.collect::<Vec<_>>().join("; ")
    }

    fn is_down(&self, node: i32, life: u64) -> bool {
        self.machines[&node].raft.is_none() || self.machines[&node].life != life
    }

    fn is_lost(&mut self, from: i32, to: i32) -> bool {
        self.cut.contains(&(from, to)) || self.below(100) < self.loss_percent
    }

    fn ids(&self) -> Vec<i32> {
        self.machines.keys().copied().collect()
    }

    /// Mostly a tenth of a millisecond, sometimes many.
    fn delay(&mut self) -> u64 {
        let longest = if self.is_chaotic && self.below(20) == 0 { 100 * MS } else { MS };
        50 + self.below(longest)
    }

    fn fault_interval(&self) -> u64 {
        self.plan.timers.election_timeout.as_micros() as u64 * 2
    }

    fn patience(&self) -> u64 {
        40 * self.plan.timers.fetch_timeout.as_micros() as u64
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound.max(1)
    }

    fn push(&mut self, after: u64, item: Item) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), item);
    }
}

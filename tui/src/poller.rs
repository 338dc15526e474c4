//! The only holder of the client: asks what the lanes say, follows the metadata log where that is allowed, and
//! tells the core what was seen, what changed and what failed.
//!
//! Decides little: when to ask is [`crate::lanes`]', what an answer means [`convert`]'s, what changed
//! [`crate::infer`]'s and [`crate::observe`]'s. A failure is told like everything else and never ends it.
//!
//! ```text
//!   Intent ──► run ──Start(lane)──► a task with the client ──Answer──► run ──Msg──► core
//!               ▲                                                       │
//!               └── lanes: pace, budget, cancellation ◄── tap, ended ◄──┘
//! ```

mod ask;
pub mod convert;
mod exact;
pub mod observer;
pub mod questions;
mod traffic;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use kr_client::admin::TopicPartition;
use kr_client::{Client, Error, Options};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::Mono;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, sleep_until};

use crate::event::{Change, Event, When};
use crate::infer::{Infer, time_of};
use crate::lanes::{Budget, IdleBeat, Lane, Lanes, Step};
use crate::msg::{Acted, Action, Ask, CallLine, Failure, Focus, Intent, Msg, Traffic};
use crate::recording::{Live, RecordTo};
use crate::snapshot::{Cluster, Gap, Known, Observation, PartitionEnds, Seen, Source, Time};
use ask::Question;
use exact::combine;
use observer::Rest;
use questions::EndsWanted;
use traffic::{Meter, Sum};

/// Answers that may wait to be taken in.
const ANSWERS: usize = 256;

/// How long one request may take here: lanes come round, so that waiting long helps nobody.
const REQUEST_WAIT: Duration = Duration::from_secs(3);

/// How long one question may take with all its requests.
const QUESTION_WAIT: Duration = Duration::from_secs(6);

/// Pauses between attempts to find the cluster.
const CONNECT_PAUSES: [Duration; 3] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3)];

/// How long log start offsets are good for.
const STARTS_FRESH: Duration = Duration::from_secs(15);

/// Leader changes that are remembered, for the history of epochs.
const LED_KEPT: usize = 200_000;

/// What the poller is told.
#[derive(Clone, Debug)]
pub struct PollOptions {
    /// How to reach the cluster, and what may be changed there.
    pub client: Options,
    /// How much may be asked.
    pub budget: Budget,
    /// Whether the metadata log is followed where the cluster allows it.
    pub follow_log: bool,
    /// Where all of it is recorded; nothing is without.
    pub record: Option<RecordTo>,
}

impl PollOptions {
    /// The usual ones for a cluster.
    pub fn new(client: Options) -> Self {
        Self { client, budget: Budget::default(), follow_log: true, record: None }
    }
}

/// Polls until nobody listens any more, and records what it tells.
pub async fn run(options: PollOptions, intents: mpsc::UnboundedReceiver<Intent>, tell: mpsc::Sender<Msg>) {
    let Some(to) = options.record.clone() else { return poll(options, intents, tell).await };
    let path = to.path.clone();
    let mut live = match Live::start(to) {
        Ok(live) => live,
        Err(error) => {
            let failure = Failure {
                at: wall(),
                what: "the recording".into(),
                node: None,
                error: format!("cannot record to {}: {error}", path.display()).into(),
                is_total: false,
            };
            if tell.send(Msg::Failed(failure)).await.is_err() {
                return;
            }
            return poll(options, intents, tell).await;
        }
    };
    let (inner, mut told) = mpsc::channel(ANSWERS);
    let pass_on = async {
        while let Some(mut msg) = told.recv().await {
            if let Msg::Traffic(traffic) = &mut msg {
                traffic.recorded = live.bytes();
            }
            live.record(wall(), &msg);
            if tell.send(msg).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = poll(options, intents, inner) => {}
        () = pass_on => {}
    }
}

async fn poll(options: PollOptions, mut intents: mpsc::UnboundedReceiver<Intent>, tell: mpsc::Sender<Msg>) {
    let meter = Meter::default();
    let mut client_options = options.client.clone();
    client_options.tap = Some(meter.tap());
    client_options.timeout = client_options.timeout.min(QUESTION_WAIT);
    client_options.request_timeout = client_options.request_timeout.min(REQUEST_WAIT);
    client_options.connect_timeout = client_options.connect_timeout.min(REQUEST_WAIT);
    let Some((client, focus)) = connect(&client_options, &mut intents, &tell).await else { return };
    let (answers_in, mut answers) = mpsc::channel(ANSWERS);
    let (log_in, mut log) = mpsc::channel(ANSWERS);
    let mut poller = Poller::new(client.clone(), &options, meter, answers_in, tell);
    poller.focus = focus.unwrap_or_default();
    poller.want_lanes();
    let mut observer = options.follow_log.then(|| tokio::spawn(observer::run(client, log_in)));
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        poller.start_due();
        let deadline = poller.deadline();
        let goes_on = tokio::select! {
            intent = intents.recv() => match intent {
                Some(intent) => poller.wanted(intent).await,
                None => false,
            },
            Some(answer) = answers.recv() => poller.answered(answer).await,
            Some(news) = log.recv(), if observer.is_some() => poller.heard(news).await,
            _ = second.tick() => poller.tell_traffic().await,
            () = sleep_until(deadline) => true,
        };
        if !goes_on {
            break;
        }
    }
    poller.stop();
    if let Some(observer) = observer.take() {
        observer.abort();
    }
}

/// Connects, trying again and saying why it does not work; what is wanted meanwhile is kept. `None` when nobody
/// listens any more.
async fn connect(
    options: &Options,
    intents: &mut mpsc::UnboundedReceiver<Intent>,
    tell: &mpsc::Sender<Msg>,
) -> Option<(Client, Option<Focus>)> {
    let mut focus = None;
    for attempt in 0.. {
        let error = match Client::connect(options.clone()).await {
            Ok(client) => return Some((client, focus)),
            Err(error) => error,
        };
        let failed = Failure {
            at: wall(),
            what: "the cluster".into(),
            node: None,
            error: convert::chain(&error),
            is_total: true,
        };
        tell.send(Msg::Failed(failed)).await.ok()?;
        let pause = sleep(CONNECT_PAUSES[attempt.min(CONNECT_PAUSES.len() - 1)]);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                intent = intents.recv() => match intent? {
                    // What is on the screen stays wanted; single questions are asked again by whoever wants to know.
                    Intent::Focus(wanted) => focus = Some(wanted),
                    Intent::Ask(Ask::Everything) => break,
                    Intent::Ask(_) | Intent::Act(_) => {}
                },
            }
        }
    }
    None
}

/// What a task of a lane learned.
struct Answer {
    lane: Lane,
    serial: u64,
    learned: Result<Learned, Error>,
}

enum Learned {
    Seen(Vec<Observation>),
    Topics(crate::snapshot::Topics, u64),
    Quorum(Box<Known<kr_client::admin::QuorumStatus>>),
    Acted(Acted),
}

/// What a lane is about, for messages.
fn subject(lane: Lane) -> (Arc<str>, Option<NodeId>) {
    match lane {
        Lane::Quorum => ("the quorum".into(), None),
        Lane::Once(_) => ("an answer".into(), None),
        Lane::Pulse(id) => (format!("broker {id}").into(), Some(id)),
        Lane::Shape => ("the brokers".into(), None),
        Lane::Full => ("all topics".into(), None),
        Lane::FocusTopics => ("topics on the screen".into(), None),
        Lane::Ends => ("end offsets".into(), None),
        Lane::Elr => ("eligible replicas".into(), None),
        Lane::Moves => ("reassignments".into(), None),
        Lane::Configs => ("configs".into(), None),
        Lane::GroupDetails => ("groups on the screen".into(), None),
        Lane::GroupList => ("the groups".into(), None),
        Lane::Disks(id) => (format!("log directories of broker {id}").into(), Some(id)),
    }
}

struct Poller {
    client: Client,
    lanes: Lanes,
    beat: IdleBeat,
    infer: Infer,
    focus: Focus,
    meter: Meter,
    sum: Sum,
    calls: Vec<CallLine>,
    budget: Budget,
    answers: mpsc::Sender<Answer>,
    tell: mpsc::Sender<Msg>,
    tasks: BTreeMap<Lane, (u64, AbortHandle)>,
    serial: u64,
    asked: BTreeMap<Lane, Job>,
    began: Instant,
    /// Brokers that answered their last pulse, the steadiest first; and those that did not.
    healthy: VecDeque<NodeId>,
    silent: BTreeSet<NodeId>,
    cluster: Option<Cluster>,
    starts_at: Option<Instant>,
    starts: BTreeMap<TopicPartition, Known<Offset>>,
    /// Who led which epoch since when.
    led: BTreeMap<TopicPartition, BTreeMap<LeaderEpoch, (Option<NodeId>, Time)>>,
    led_count: usize,
    is_exact: bool,
    from_log: Option<Rest>,
    /// Partitions with eligible replicas outside the ISR, as the log had them last.
    had_eligible: BTreeSet<TopicPartition>,
    /// Events of the log up to this time were inferred already, while the log was not to be had.
    inferred_until: Option<Time>,
    last_failures: BTreeMap<Arc<str>, Arc<str>>,
}

/// A question of a person.
#[derive(Clone, Debug)]
enum Job {
    Epochs(TopicPartition),
    Reach(NodeId),
    Config(Arc<str>),
    Act(Action),
}

impl Poller {
    fn new(
        client: Client,
        options: &PollOptions,
        meter: Meter,
        answers: mpsc::Sender<Answer>,
        tell: mpsc::Sender<Msg>,
    ) -> Self {
        Self {
            client,
            lanes: Lanes::new(options.budget, Mono(0)),
            beat: IdleBeat::default(),
            infer: Infer::default(),
            focus: Focus::default(),
            meter,
            sum: Sum::default(),
            calls: Vec::new(),
            budget: options.budget,
            answers,
            tell,
            tasks: BTreeMap::new(),
            serial: 0,
            asked: BTreeMap::new(),
            began: Instant::now(),
            healthy: VecDeque::new(),
            silent: BTreeSet::new(),
            cluster: None,
            starts_at: None,
            starts: BTreeMap::new(),
            led: BTreeMap::new(),
            led_count: 0,
            is_exact: false,
            from_log: None,
            had_eligible: BTreeSet::new(),
            inferred_until: None,
            last_failures: BTreeMap::new(),
        }
    }

    fn now(&self) -> Mono {
        Mono::default() + self.began.elapsed()
    }

    fn deadline(&self) -> tokio::time::Instant {
        let next = self.lanes.next_deadline(self.now());
        tokio::time::Instant::from_std(self.began + (next - Mono::default()))
    }

    fn stop(&mut self) {
        for (_, task) in std::mem::take(&mut self.tasks).into_values() {
            task.abort();
        }
    }

    /// Starts what is due, within the budget.
    fn start_due(&mut self) {
        self.account();
        let now = self.now();
        for step in self.lanes.due(now) {
            self.step(step);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Cancel(lane) => {
                if let Some((_, task)) = self.tasks.remove(&lane) {
                    task.abort();
                }
            }
            Step::Start(lane) => {
                self.serial += 1;
                let (serial, answers) = (self.serial, self.answers.clone());
                let question = self.question(lane);
                let task = tokio::spawn(async move {
                    let learned = question.await;
                    // Nobody to hear it: the end.
                    let _ = answers.send(Answer { lane, serial, learned }).await;
                });
                self.tasks.insert(lane, (serial, task.abort_handle()));
            }
        }
    }

    /// What a lane asks, from what is known now.
    fn question(
        &mut self,
        lane: Lane,
    ) -> impl Future<Output = Result<Learned, Error>> + Send + 'static + use<> {
        let (ends, with_start) = match lane {
            Lane::Ends => (self.ends_wanted(), self.starts_are_due()),
            _ => (Vec::new(), false),
        };
        let job = self.asked.get(&lane).cloned();
        let (led, latest) = match &job {
            Some(Job::Epochs(place)) => {
                (self.led.get(place).cloned().unwrap_or_default(), self.latest_epoch(place))
            }
            _ => (BTreeMap::new(), None),
        };
        let brokers = self.cluster.as_ref().map(|cluster| cluster.brokers.clone());
        Question {
            client: self.client.clone(),
            healthy: self.healthy.iter().copied().collect(),
            focus: self.focus.clone(),
            known: brokers.unwrap_or_default(),
            ends,
            silent: self.silent.clone(),
            with_start,
            job,
            led,
            latest,
        }
        .ask(lane)
    }

    fn latest_epoch(&self, place: &TopicPartition) -> Option<LeaderEpoch> {
        self.infer.picture().topics.get(&place.topic)?.partition(place.partition)?.epoch
    }

    fn ends_wanted(&self) -> Vec<EndsWanted> {
        let topics = &self.infer.picture().topics;
        let wanted = |place: &TopicPartition| {
            let row = topics.get(&place.topic)?.partition(place.partition)?;
            Some(EndsWanted { place: place.clone(), leader: row.leader, replicas: row.replicas.to_vec() })
        };
        self.focus.partitions.iter().filter_map(wanted).collect()
    }

    fn starts_are_due(&mut self) -> bool {
        let are_due = self.starts_at.is_none_or(|at| at.elapsed() >= STARTS_FRESH);
        if are_due {
            self.starts_at = Some(Instant::now());
        }
        are_due
    }

    /// Takes an answer in. False when nobody listens any more.
    async fn answered(&mut self, answer: Answer) -> bool {
        let Answer { lane, serial, learned } = answer;
        match self.tasks.get(&lane) {
            Some((running, _)) if *running == serial => {}
            // It was cancelled when the answer was on its way.
            _ => return true,
        }
        self.tasks.remove(&lane);
        self.asked.remove(&lane);
        let bytes = match &learned {
            Ok(Learned::Topics(_, bytes)) => *bytes,
            _ => 0,
        };
        let is_ok = learned.as_ref().is_ok_and(|learned| !is_unwell(learned));
        self.lanes.ended(lane, is_ok, self.requests_of(lane), bytes, self.now());
        match learned {
            Ok(learned) => {
                self.last_failures.remove(&subject(lane).0);
                self.learned(learned).await
            }
            Err(error) => self.failed(lane, &error).await,
        }
    }

    /// How many requests a lane takes.
    fn requests_of(&self, lane: Lane) -> u32 {
        let brokers = u32::try_from(self.healthy.len()).unwrap_or(1).max(1);
        match lane {
            Lane::Ends => brokers.saturating_mul(2).min(20),
            Lane::GroupList => brokers.min(20),
            Lane::GroupDetails => 3,
            Lane::Shape => 2,
            _ => 1,
        }
    }

    async fn learned(&mut self, learned: Learned) -> bool {
        match learned {
            Learned::Seen(seen) => {
                for observation in seen {
                    if !self.saw(observation).await {
                        return false;
                    }
                }
                true
            }
            Learned::Quorum(status) => {
                let quorum = status.map(|status| convert::quorum(&status));
                if let Ok(known) = &quorum
                    && let Some(high_watermark) = known.high_watermark
                    && self.beat.look(high_watermark.0, self.now())
                {
                    self.lanes.log_moved();
                }
                self.saw(Observation::Quorum(Seen::new(quorum, wall(), Source::Quorum))).await
            }
            Learned::Topics(topics, _) => {
                // The log is ahead of every broker: what a broker says then is older.
                if self.is_exact {
                    return true;
                }
                self.saw(Observation::Topics(Seen::new(topics, wall(), Source::Metadata))).await
            }
            Learned::Acted(acted) => self.tell.send(Msg::Acted(acted)).await.is_ok(),
        }
    }

    /// Tells what was seen, and what changed with it.
    async fn saw(&mut self, mut seen: Observation) -> bool {
        match &mut seen {
            Observation::Cluster(seen) => {
                if let Some(rest) = self.from_log.as_ref().filter(|_| self.is_exact) {
                    combine(&mut seen.value, rest);
                }
                self.cluster = Some(seen.value.clone());
            }
            Observation::Pulses(seen) => {
                for pulse in &seen.value {
                    self.note_pulse(pulse.id, pulse.round_trip.is_ok());
                }
            }
            Observation::Ends(seen) => self.fill_starts(&mut seen.value),
            _ => {}
        }
        let events = self.infer.look(&seen);
        let is_shape = matches!(seen, Observation::Cluster(_) | Observation::Topics(_));
        if !events.is_empty() {
            self.note_led(&events);
            if !self.is_exact {
                self.inferred_until = Some(time_of(&seen));
            }
        }
        if is_shape {
            self.lanes.set_partitions(self.infer.picture().partitions());
            self.want_lanes();
        }
        if self.tell.send(Msg::Observed(seen)).await.is_err() {
            return false;
        }
        events.is_empty() || self.tell.send(Msg::Events(events)).await.is_ok()
    }

    /// Log start offsets are asked for now and then only: in between they are as they were.
    fn fill_starts(&mut self, ends: &mut [PartitionEnds]) {
        if ends.iter().any(|ends| ends.start != Err(Gap::NotAsked)) {
            self.starts = ends.iter().map(|ends| (ends.place.clone(), ends.start.clone())).collect();
            return;
        }
        for ends in ends {
            if let Some(start) = self.starts.get(&ends.place) {
                ends.start = start.clone();
            }
        }
    }

    fn note_pulse(&mut self, id: NodeId, is_ok: bool) {
        if is_ok {
            self.silent.remove(&id);
            if !self.healthy.contains(&id) {
                self.healthy.push_back(id);
            }
        } else {
            self.silent.insert(id);
            self.healthy.retain(|healthy| *healthy != id);
        }
    }

    /// Remembers who led when.
    fn note_led(&mut self, events: &[Event]) {
        for event in events {
            let Change::Leader { place, to, to_epoch: Some(epoch), .. } = &event.change else { continue };
            // An interval does not tell when, and a jump not who led in between: only what is seen is noted.
            let When::At(at) = event.when else { continue };
            if self.led_count >= LED_KEPT
                && let Some((_, forgotten)) = self.led.pop_first()
            {
                self.led_count -= forgotten.len();
            }
            let known = self.led.entry(place.clone()).or_default();
            self.led_count += usize::from(known.insert(*epoch, (*to, at)).is_none());
        }
    }

    async fn failed(&mut self, lane: Lane, error: &Error) -> bool {
        let (what, node) = subject(lane);
        let text = convert::chain(error);
        let is_total = matches!(error, Error::NoBroker { .. });
        if is_total {
            self.infer.lost(&text);
        }
        // The same failure of the same question is told each time: its age is shown.
        self.last_failures.insert(Arc::clone(&what), Arc::clone(&text));
        let failure = Failure { at: wall(), what, node, error: text, is_total };
        self.tell.send(Msg::Failed(failure)).await.is_ok()
    }

    /// Which lanes recur: those of every broker and of what is on the screen.
    fn want_lanes(&mut self) {
        let brokers = self.cluster.iter().flat_map(|cluster| &cluster.brokers);
        let ids: Vec<NodeId> = brokers.filter(|broker| !broker.is_fenced).map(|broker| broker.id).collect();
        let mut wanted: Vec<Lane> = ids.iter().copied().map(Lane::Pulse).collect();
        let focus = &self.focus;
        let mut want = |lane, is_wanted: bool| wanted.extend(is_wanted.then_some(lane));
        want(Lane::FocusTopics, !focus.topics.is_empty() && !self.is_exact);
        want(Lane::Configs, !focus.topics.is_empty());
        want(Lane::Ends, !focus.partitions.is_empty());
        want(Lane::Elr, !focus.partitions.is_empty());
        want(Lane::Moves, focus.moves && !self.is_exact);
        want(Lane::GroupList, focus.group_list);
        want(Lane::GroupDetails, !focus.groups.is_empty());
        if focus.sizes {
            wanted.extend(ids.iter().copied().map(Lane::Disks));
        }
        // Who left is not asked any more, and does not answer for others.
        self.healthy.retain(|id| ids.contains(id));
        for step in self.lanes.want(&wanted) {
            self.step(step);
        }
    }

    /// Takes a wish of the core in.
    async fn wanted(&mut self, intent: Intent) -> bool {
        match intent {
            Intent::Focus(focus) => {
                if focus == self.focus {
                    return true;
                }
                let moved = (&focus.topics, &focus.partitions, &focus.groups)
                    != (&self.focus.topics, &self.focus.partitions, &self.focus.groups);
                self.focus = focus;
                self.starts_at = None;
                if moved {
                    for step in self.lanes.screen_moved() {
                        self.step(step);
                    }
                }
                self.want_lanes();
                true
            }
            Intent::Ask(Ask::Everything) => {
                self.lanes.ask_everything();
                true
            }
            Intent::Ask(Ask::Epochs(place)) => self.ask(Job::Epochs(place)),
            Intent::Ask(Ask::Reach(id)) => self.ask(Job::Reach(id)),
            Intent::Ask(Ask::Config(topic)) => self.ask(Job::Config(topic)),
            Intent::Act(action) => self.ask(Job::Act(action)),
        }
    }

    fn ask(&mut self, job: Job) -> bool {
        let is_under_way = |known: &Job| match (known, &job) {
            (Job::Epochs(left), Job::Epochs(right)) => left == right,
            (Job::Reach(left), Job::Reach(right)) => left == right,
            (Job::Config(left), Job::Config(right)) => left == right,
            _ => false,
        };
        if !self.asked.values().any(is_under_way) {
            let lane = self.lanes.ask_once();
            self.asked.insert(lane, job);
        }
        true
    }

    /// Counts what requests cost.
    fn account(&mut self) {
        let now = self.now();
        for exchange in self.meter.take() {
            let bytes = (exchange.sent_bytes + exchange.received_bytes) as u64;
            self.lanes.spent(1, bytes);
            if let Some(span) = exchange.throttle {
                self.lanes.throttled(span, now);
            }
            self.sum.add(&exchange);
            let node = self.client.view().brokers().find(|b| b.address == exchange.address).map(|b| b.id);
            self.calls.push(CallLine {
                at: wall(),
                what: format!("{} v{}", exchange.name, exchange.version).into(),
                node,
                bytes: exchange.received_bytes as u64,
                took: exchange.took,
                error: exchange.failure.map(Arc::from),
            });
        }
    }

    async fn tell_traffic(&mut self) -> bool {
        self.account();
        let sum = std::mem::take(&mut self.sum);
        let traffic = Traffic {
            requests: sum.requests,
            bytes: sum.bytes,
            budget: self.budget.bytes,
            is_stretched: self.lanes.is_stretched(),
            throttled: sum.throttled,
            is_exact: self.is_exact,
            recorded: None,
            calls: std::mem::take(&mut self.calls),
        };
        self.tell.send(Msg::Traffic(traffic)).await.is_ok()
    }
}

/// Whether an answer says that its lane should slow down, as after a failure.
fn is_unwell(learned: &Learned) -> bool {
    match learned {
        Learned::Quorum(status) => matches!(**status, Err(Gap::Denied(_) | Gap::Unsupported(_))),
        Learned::Seen(seen) => seen.iter().any(|seen| match seen {
            Observation::Pulses(seen) => seen.value.iter().any(|pulse| pulse.round_trip.is_err()),
            Observation::Disks(seen) => seen.value.iter().any(|disks| disks.directories.is_err()),
            Observation::Moving(seen) => seen.value.is_err(),
            _ => false,
        }),
        Learned::Topics(..) | Learned::Acted(_) => false,
    }
}

/// Whether a failure stays: asking again soon would be refused again.
fn is_lasting(error: &Error) -> bool {
    matches!(convert::gap(error), Gap::Denied(_) | Gap::Unsupported(_))
}

/// Asks what a person wants to know, or does what was confirmed.
/// The wall clock.
fn wall() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

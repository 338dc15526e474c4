//! The task behind a producer: takes records in, decides what goes where, handles the answers.
//!
//! Its only state is here; requests run in tasks of their own and come back as [`Landing`]s. Rules of a
//! partition are in [`super::partition`], of error codes in [`crate::retry`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, Offset};
use kr_wire::produce::{ProducePartitionResponse, RecordError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::partition::{BatchRules, Identity, PartitionQueue};
use super::request::{Key, Produced, identify, produce};
use super::spread::Spread;
use super::transaction::{Scope, add_partitions};
use super::{Acks, Command, Pending, ProducerOptions};
use crate::Client;
use crate::error::Error;
use crate::retry::{self, Stale, Verdict};
use crate::routing::Topics;

/// Records taken from the callers' queue at once.
const INTAKE: usize = 4096;

/// What came back from a task.
enum Landing {
    Produced { leader: NodeId, keys: Vec<Key>, outcome: Result<Produced, Error> },
    Identified(Result<Identity, Error>),
    Added(Result<(), Error>),
    Refreshed { topics: Vec<Arc<str>>, failed: Result<Vec<(String, ErrorCode)>, Error> },
}

/// A topic's share of the state.
struct TopicState {
    /// Records that wait for the number of partitions.
    unplaced: Vec<Pending>,
    /// Tries to learn of the topic that failed.
    attempts: u32,
    /// Whose turn it is to get records without a key.
    spread: Spread,
}

impl Default for TopicState {
    fn default() -> Self {
        Self { unplaced: Vec::new(), attempts: 0, spread: Spread::beginning_at(rand::random()) }
    }
}

struct Sender {
    client: Client,
    options: ProducerOptions,
    /// The transaction that all records are part of.
    scope: Option<Arc<Scope>>,
    is_adding: bool,
    /// Why nothing is written any more.
    broken: Option<Arc<Error>>,
    identity: Option<Identity>,
    is_identifying: bool,
    topics: BTreeMap<Arc<str>, TopicState>,
    partitions: BTreeMap<Key, PartitionQueue>,
    /// Topics whose metadata is wanted, and when to ask.
    stale: BTreeSet<Arc<str>>,
    refresh_at: Option<Instant>,
    is_refreshing: bool,
    flights: JoinSet<Landing>,
    in_flight: BTreeMap<NodeId, usize>,
    flushers: Vec<oneshot::Sender<()>>,
}

/// Runs until all handles of the producer are gone.
pub(super) async fn run(
    client: Client,
    options: ProducerOptions,
    scope: Option<Arc<Scope>>,
    mut queue: mpsc::Receiver<Command>,
) {
    let mut sender = Sender {
        client,
        options,
        identity: scope.as_ref().map(|scope| scope.identity),
        scope,
        is_adding: false,
        broken: None,
        is_identifying: false,
        topics: BTreeMap::new(),
        partitions: BTreeMap::new(),
        stale: BTreeSet::new(),
        refresh_at: None,
        is_refreshing: false,
        flights: JoinSet::new(),
        in_flight: BTreeMap::new(),
        flushers: Vec::new(),
    };
    let mut intake = Vec::with_capacity(INTAKE);
    loop {
        let wake_at = sender.dispatch();
        let sleep = async {
            match wake_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            count = queue.recv_many(&mut intake, INTAKE) => {
                if count == 0 {
                    return;
                }
                intake.drain(..).for_each(|command| sender.take_in(command));
            }
            Some(landed) = sender.flights.join_next() => match landed {
                Ok(landing) => sender.land(landing),
                // A request task does not panic and is not cancelled while the sender lives.
                Err(error) => tracing::error!(%error, "a request of the producer was lost"),
            },
            () = sleep => {}
        }
    }
}

impl Sender {
    fn take_in(&mut self, command: Command) {
        match command {
            Command::Send(pending) => self.place(pending),
            Command::Flush(done) => self.flushers.push(done),
            Command::Abandon(done) => {
                self.break_off(&Arc::new(Error::Closed("the producer")));
                self.flushers.push(done);
            }
        }
    }

    /// Puts a record into its partition's queue, or lets it wait for the topic's metadata.
    fn place(&mut self, pending: Pending) {
        if let Some(error) = &self.broken {
            let _ = pending.ticket.reply.send(Err(Arc::clone(error)));
            return;
        }
        let name = Arc::clone(&pending.record.topic);
        let count = self.client.view().topic(&name).map(|topic| topic.partitions.len());
        let topic = self.topics.entry(Arc::clone(&name)).or_default();
        let Some(count) = count.and_then(|count| i32::try_from(count).ok()).filter(|count| *count > 0) else {
            topic.unplaced.push(pending);
            self.want_metadata(name, Duration::ZERO);
            return;
        };
        let partition = match (pending.record.partition, &pending.record.key) {
            (Some(partition), _) => partition,
            (None, key) => {
                let of_key = key.as_ref().and_then(|key| self.options.partitioner.by_key(key, count));
                let has_leader = |id| self.client.view().leader(&name, id).is_some();
                of_key.unwrap_or_else(|| topic.spread.place(pending.record.size(), count, has_leader))
            }
        };
        if !(0..count).contains(&partition.0) {
            let what = format!("write to {name}-{partition}");
            let error = Error::broker(what, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None);
            let _ = pending.ticket.reply.send(Err(Arc::new(error)));
            return;
        }
        self.partitions.entry((name, partition)).or_default().push(pending, Instant::now());
    }

    /// Sends what can be sent; says when to look again.
    fn dispatch(&mut self) -> Option<Instant> {
        let now = Instant::now();
        self.expire(now);
        self.end_flushes();
        let mut wake_at = self.refresh_if_due(now);
        if self.partitions.values().all(PartitionQueue::is_idle) {
            return wake_at;
        }
        if self.options.idempotent && self.identity.is_none() {
            self.identify();
            return wake_at;
        }
        self.add_to_transaction();
        let linger = if self.flushers.is_empty() { self.options.linger } else { Duration::ZERO };
        let mut by_leader: BTreeMap<NodeId, Vec<Key>> = BTreeMap::new();
        for (key, queue) in &self.partitions {
            let Some(ready_at) = queue.ready_at(linger, self.options.batch_max_bytes) else { continue };
            if ready_at > now {
                wake_at = earlier(wake_at, ready_at);
                continue;
            }
            if self.scope.as_ref().is_some_and(|scope| !scope.added().contains(key)) {
                continue;
            }
            match self.client.view().leader(&key.0, key.1) {
                Some((leader, _)) => by_leader.entry(leader).or_default().push(key.clone()),
                None => {
                    self.stale.insert(Arc::clone(&key.0));
                }
            }
        }
        for (leader, keys) in by_leader {
            self.launch(leader, keys, now);
        }
        if !self.stale.is_empty() && self.refresh_at.is_none() {
            self.refresh_at = Some(now + self.client.options().retry_backoff);
        }
        let refresh_at = self.refresh_at.filter(|_| !self.is_refreshing);
        let expiry =
            self.partitions.values().filter_map(PartitionQueue::head).map(|head| head.deadline).min();
        [refresh_at, expiry].into_iter().flatten().fold(wake_at, earlier)
    }

    /// Sends one request after the other to a leader, as many as may be on their way.
    fn launch(&mut self, leader: NodeId, keys: Vec<Key>, now: Instant) {
        let wall_ms = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
        let rules = BatchRules {
            codec: self.options.codec,
            max_bytes: self.options.batch_max_bytes,
            identity: self.identity,
            wall_ms: i64::try_from(wall_ms).unwrap_or(i64::MAX),
            deadline: now + self.options.delivery_timeout,
            is_transactional: self.scope.is_some(),
        };
        let mut keys = keys.into_iter().peekable();
        while keys.peek().is_some() {
            if self.in_flight.get(&leader).copied().unwrap_or(0) >= self.options.in_flight_max {
                return;
            }
            let (mut batches, mut bytes) = (Vec::new(), 0);
            while bytes < self.options.request_max_bytes {
                let Some(key) = keys.next() else { break };
                let Some(batch) = self.partitions.get_mut(&key).and_then(|queue| queue.take(&rules)) else {
                    continue;
                };
                bytes += batch.len();
                batches.push((key, batch));
            }
            if batches.is_empty() {
                return;
            }
            *self.in_flight.entry(leader).or_default() += 1;
            let (client, acks, scope) = (self.client.clone(), self.options.acks, self.scope.clone());
            self.flights.spawn(async move {
                let keys = batches.iter().map(|(key, _)| key.clone()).collect();
                let id = scope.as_ref().map(|scope| &*scope.id);
                let outcome = produce(&client, leader, &batches, acks, id).await;
                Landing::Produced { leader, keys, outcome }
            });
        }
    }

    fn land(&mut self, landing: Landing) {
        match landing {
            Landing::Produced { leader, keys, outcome } => {
                if let Some(count) = self.in_flight.get_mut(&leader) {
                    *count = count.saturating_sub(1);
                }
                self.finish(&keys, outcome);
            }
            Landing::Identified(Ok(identity)) => {
                self.is_identifying = false;
                self.identity = Some(identity);
            }
            Landing::Identified(Err(error)) => {
                self.is_identifying = false;
                self.fail_all(&Arc::new(error));
            }
            Landing::Added(added) => {
                self.is_adding = false;
                if let Err(error) = added {
                    self.break_off(&Arc::new(error));
                }
            }
            Landing::Refreshed { topics, failed } => self.refreshed(&topics, failed),
        }
    }

    /// Handles the answer to one request, partition by partition.
    fn finish(&mut self, keys: &[Key], outcome: Result<Produced, Error>) {
        let produced = match outcome {
            Ok(produced) => produced,
            Err(error) => {
                let error = Arc::new(error);
                for key in keys {
                    self.refused(key, &error, None);
                }
                return;
            }
        };
        for broker in produced.endpoints {
            self.client.view().learn_broker(broker);
        }
        let mut answers = produced.partitions;
        for key in keys {
            let Some(answer) = answers.remove(key) else {
                if self.options.acks == Acks::None {
                    self.acknowledge(key, None);
                } else {
                    let what = format!("write to {}-{}", key.0, key.1);
                    let error =
                        Error::Records { what, reason: "the answer leaves the partition out".to_owned() };
                    self.refused(key, &Arc::new(error), None);
                }
                continue;
            };
            match answer.error {
                // Beyond the last five batches a broker knows only that it has one, not where.
                ErrorCode::NONE | ErrorCode::DUPLICATE_SEQUENCE_NUMBER => {
                    self.acknowledge(key, answer.base_offset);
                }
                code => {
                    if self.blame(key, &answer) {
                        continue;
                    }
                    let what = format!("write to {}-{}", key.0, key.1);
                    let error = Error::broker(what, code, answer.error_message.as_deref());
                    self.refused(key, &Arc::new(error), Some(&answer));
                }
            }
        }
    }

    fn acknowledge(&mut self, key: &Key, base_offset: Option<Offset>) {
        if let Some(queue) = self.partitions.get_mut(key) {
            queue.acknowledge(key.1, base_offset);
        }
    }

    /// Fails the records that the broker names as those it refuses a batch for; false if it names none.
    fn blame(&mut self, key: &Key, answer: &ProducePartitionResponse) -> bool {
        if self.broken.is_some() {
            return false;
        }
        let what = format!("write to {}-{}", key.0, key.1);
        let error = |record: &RecordError| {
            let words = record.message.as_deref().or(answer.error_message.as_deref());
            let at = usize::try_from(record.batch_index).ok()?;
            Some((at, Arc::new(Error::broker(what.clone(), answer.error, words))))
        };
        let blamed: BTreeMap<usize, Arc<Error>> = answer.record_errors.iter().filter_map(error).collect();
        let queue = self.partitions.get_mut(key);
        let is_done = queue.is_some_and(|queue| queue.blame(blamed, Instant::now()));
        if is_done && self.scope.is_some() {
            // The others must not be written without them.
            self.break_off(&Arc::new(Error::Closed("the producer")));
        }
        is_done
    }

    /// Repeats a batch or gives it up.
    fn refused(&mut self, key: &Key, error: &Arc<Error>, answer: Option<&ProducePartitionResponse>) {
        let Some(queue) = self.partitions.get_mut(key) else { return };
        if self.broken.is_some() {
            return queue.fail(error);
        }
        if error.code() == Some(ErrorCode::MESSAGE_TOO_LARGE) && queue.split(Instant::now()) {
            return;
        }
        let attempt = queue.head().map_or(0, |head| head.attempt);
        // A topic that vanishes shows in the metadata, so its codes are not counted here.
        let verdict = match error.code() {
            Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID) => {
                Verdict::Again(Stale::Metadata)
            }
            _ => retry::after(error, attempt),
        };
        let Verdict::Again(stale) = verdict else {
            let is_sequence_lost = matches!(
                error.code(),
                Some(
                    ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
                        | ErrorCode::UNKNOWN_PRODUCER_ID
                        | ErrorCode::INVALID_PRODUCER_EPOCH
                        | ErrorCode::PRODUCER_FENCED
                        | ErrorCode::INVALID_PRODUCER_ID_MAPPING
                )
            );
            queue.fail(error);
            if self.scope.is_some() {
                // What is missing cannot be made up for: the transaction can only be aborted.
                self.break_off(error);
            } else if is_sequence_lost {
                self.identity = None;
            }
            return;
        };
        let leader = answer.map(|answer| answer.current_leader);
        let mut pause = retry::pause(self.client.options(), attempt, rand::random());
        match leader.and_then(|named| Some((named.leader?, named.epoch?))) {
            Some((leader, epoch)) => {
                self.client.view().learn_leader(&key.0, key.1, leader, epoch);
                pause = pause.min(self.client.options().retry_backoff);
            }
            None if stale == Stale::Metadata => self.want_metadata(Arc::clone(&key.0), pause / 2),
            None => {}
        }
        if let Some(queue) = self.partitions.get_mut(key) {
            queue.repeat(Instant::now() + pause);
        }
    }

    /// Gives up batches whose time is over and that are not on their way.
    fn expire(&mut self, now: Instant) {
        let limit = self.options.delivery_timeout;
        let mut is_unsure = false;
        for ((topic, partition), queue) in &mut self.partitions {
            let is_waiting = queue.ready_at(Duration::ZERO, 0).is_some();
            let Some(head) = queue.head().filter(|head| is_waiting && head.deadline <= now) else { continue };
            // The broker may have it; a new identity keeps later sequences from being taken for a gap.
            is_unsure |= head.attempt > 0;
            let what = format!("write to {topic}-{partition}");
            let source = Box::new(Error::broker(what.clone(), ErrorCode::REQUEST_TIMED_OUT, None));
            queue.fail(&Arc::new(Error::TimedOut { what, after: limit, source }));
        }
        if is_unsure && self.scope.is_none() {
            self.identity = None;
        }
    }

    /// Fails everything that is not on its way, and all that comes.
    fn break_off(&mut self, error: &Arc<Error>) {
        self.broken.get_or_insert_with(|| Arc::clone(error));
        self.fail_all(error);
        for queue in self.partitions.values_mut() {
            queue.fail_waiting(error);
        }
        for pending in self.topics.values_mut().flat_map(|topic| std::mem::take(&mut topic.unplaced)) {
            let _ = pending.ticket.reply.send(Err(Arc::clone(error)));
        }
        self.end_flushes();
    }

    /// Tells the coordinator of partitions that have something to send for the first time.
    fn add_to_transaction(&mut self) {
        let Some(scope) = self.scope.clone().filter(|_| !self.is_adding && self.broken.is_none()) else {
            return;
        };
        let keys: Vec<Key> = {
            let added = scope.added();
            let has_news = |(key, queue): &(&Key, &PartitionQueue)| !queue.is_idle() && !added.contains(*key);
            self.partitions.iter().filter(has_news).map(|(key, _)| key.clone()).collect()
        };
        if keys.is_empty() {
            return;
        }
        self.is_adding = true;
        let client = self.client.clone();
        self.flights.spawn(async move { Landing::Added(add_partitions(&client, &scope, &keys).await) });
    }

    fn fail_all(&mut self, error: &Arc<Error>) {
        for queue in self.partitions.values_mut() {
            if queue.ready_at(Duration::ZERO, 0).is_some() {
                queue.fail(error);
                queue.fail_waiting(error);
            }
        }
    }

    fn end_flushes(&mut self) {
        let is_idle = self.partitions.values().all(PartitionQueue::is_idle)
            && self.topics.values().all(|topic| topic.unplaced.is_empty());
        if is_idle {
            for done in self.flushers.drain(..) {
                let _ = done.send(());
            }
        }
    }

    fn identify(&mut self) {
        if !std::mem::replace(&mut self.is_identifying, true) {
            let client = self.client.clone();
            self.flights.spawn(async move { Landing::Identified(identify(&client).await) });
        }
    }

    fn want_metadata(&mut self, topic: Arc<str>, pause: Duration) {
        self.stale.insert(topic);
        let at = Instant::now() + pause;
        self.refresh_at = Some(self.refresh_at.map_or(at, |planned| planned.min(at)));
    }

    fn refresh_if_due(&mut self, now: Instant) -> Option<Instant> {
        let at = self.refresh_at.filter(|_| !self.is_refreshing)?;
        if at > now {
            return Some(at);
        }
        self.refresh_at = None;
        self.is_refreshing = true;
        let topics: Vec<Arc<str>> = std::mem::take(&mut self.stale).into_iter().collect();
        let client = self.client.clone();
        self.flights.spawn(async move {
            let names: Vec<&str> = topics.iter().map(|topic| &**topic).collect();
            let wait = client.options().request_timeout;
            let failed = client.refresh(Topics::Named(&names), wait).await;
            Landing::Refreshed { topics, failed }
        });
        None
    }

    /// Places what waited for the metadata; gives up on topics that do not exist.
    fn refreshed(&mut self, topics: &[Arc<str>], failed: Result<Vec<(String, ErrorCode)>, Error>) {
        self.is_refreshing = false;
        let failed = match failed {
            Ok(failed) => failed.into_iter().collect(),
            Err(error) => {
                tracing::debug!(%error, "metadata stays as it was");
                BTreeMap::new()
            }
        };
        for name in topics {
            let Some(topic) = self.topics.get_mut(name) else { continue };
            let is_known = self.client.view().topic(name).is_some();
            if is_known {
                topic.attempts = 0;
                for pending in std::mem::take(&mut topic.unplaced) {
                    self.place(pending);
                }
                continue;
            }
            let attempt = topic.attempts;
            topic.attempts += 1;
            let pause = retry::pause(self.client.options(), attempt, rand::random());
            let error = failed.get(&**name).map(|code| {
                (
                    retry::after_code(*code, attempt),
                    Error::broker(format!("write to topic \"{name}\""), *code, None),
                )
            });
            match error {
                Some((Verdict::GiveUp, error)) => self.give_up_topic(name, &Arc::new(error)),
                _ => self.want_metadata(Arc::clone(name), pause),
            }
        }
    }

    fn give_up_topic(&mut self, name: &Arc<str>, error: &Arc<Error>) {
        if let Some(topic) = self.topics.remove(name) {
            for pending in topic.unplaced {
                let _ = pending.ticket.reply.send(Err(Arc::clone(error)));
            }
        }
        for ((_, _), queue) in self.partitions.iter_mut().filter(|((topic, _), _)| topic == name) {
            if queue.ready_at(Duration::ZERO, 0).is_some() {
                queue.fail(error);
                queue.fail_waiting(error);
            }
        }
    }
}

fn earlier(at: Option<Instant>, other: Instant) -> Option<Instant> {
    Some(at.map_or(other, |at| at.min(other)))
}

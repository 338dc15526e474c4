//! Reads records of partitions: from given places, to given ends or on and on.
//!
//! One fetch at a time goes to each leader, without a fetch session, and the next one leaves while the
//! records of the last are looked at. A partition whose leader changes is fetched from the new one. Nothing
//! is committed here; membership of groups is in [`crate::group`].

mod chunk;
mod decode;
pub(crate) mod fetch;
mod places;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartitionResponse, IsolationLevel};
use kr_wire::ids::{NodeId, Offset};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Client;
use crate::admin::{At, TopicPartition};
use crate::error::Error;
use crate::retry::{self, Verdict};
use crate::routing::Topics;

pub use chunk::{Chunk, LogMarks, OpenBatch, StoredBatch};
pub use places::{Span, StartAt};

/// How long a replica the leader named is read from before the leader is asked again, `metadata.max.age.ms`.
const PREFERRED_FOR: Duration = Duration::from_secs(300);

/// Options of a consumer, named as Kafka's.
#[derive(Clone, Debug)]
pub struct ConsumerOptions {
    /// `isolation.level`.
    pub isolation: IsolationLevel,
    /// `client.rack`; that of the client when there is none.
    pub rack: Option<String>,
    /// `fetch.max.wait.ms`.
    pub max_wait: Duration,
    /// `fetch.min.bytes`.
    pub min_bytes: i32,
    /// `fetch.max.bytes` of one leader, and about what is kept for the caller before more is fetched.
    pub max_bytes: i32,
    /// `max.partition.fetch.bytes`.
    pub partition_max_bytes: i32,
    /// The largest a batch may become when it is decompressed, in bytes.
    pub batch_max_bytes: usize,
}

impl Default for ConsumerOptions {
    fn default() -> Self {
        Self {
            isolation: IsolationLevel::ReadCommitted,
            rack: None,
            max_wait: Duration::from_millis(500),
            min_bytes: 1,
            max_bytes: 4 * 1024 * 1024,
            partition_max_bytes: 2 * 1024 * 1024,
            batch_max_bytes: 256 * 1024 * 1024,
        }
    }
}

/// A partition being read.
#[derive(Debug)]
struct Reading {
    name: Arc<str>,
    next: Offset,
    until: Option<Offset>,
    is_fetching: bool,
    /// Number of the fetch that brought records last: who waits longest comes first in the next.
    served: u64,
    /// A replica to read from instead of the leader, and until when (KIP-392).
    preferred: Option<(NodeId, Instant)>,
    retry_at: Option<Instant>,
    attempt: u32,
    failing_since: Option<Instant>,
}

impl Reading {
    fn is_done(&self) -> bool {
        self.until.is_some_and(|until| self.next >= until)
    }
}

/// What came back from a leader.
#[derive(Debug)]
struct Landing {
    leader: NodeId,
    places: Vec<TopicPartition>,
    outcome: Result<fetch::Fetched, Error>,
}

/// Reads records; belongs to one task.
#[derive(Debug)]
pub struct Consumer {
    client: Client,
    options: ConsumerOptions,
    readings: BTreeMap<TopicPartition, Reading>,
    flights: JoinSet<Landing>,
    busy: BTreeSet<NodeId>,
    ready: VecDeque<Chunk>,
    ready_bytes: usize,
    served: u64,
    stale_at: Option<Instant>,
}

impl Consumer {
    /// A consumer that reads nothing yet.
    pub fn new(client: &Client, options: ConsumerOptions) -> Self {
        Self {
            client: client.clone(),
            options,
            readings: BTreeMap::new(),
            flights: JoinSet::new(),
            busy: BTreeSet::new(),
            ready: VecDeque::new(),
            ready_bytes: 0,
            served: 0,
            stale_at: None,
        }
    }

    /// Reads these partitions from now on and no others.
    pub fn assign(&mut self, spans: Vec<Span>) {
        self.flights = JoinSet::new();
        self.busy.clear();
        self.ready.clear();
        self.ready_bytes = 0;
        let reading = |span: Span| {
            let Span { place, from, until } = span;
            let name = Arc::clone(&place.topic);
            let state = Reading {
                name,
                next: from,
                until,
                is_fetching: false,
                served: 0,
                preferred: None,
                retry_at: None,
                attempt: 0,
                failing_since: None,
            };
            (place, state)
        };
        self.readings = spans.into_iter().map(reading).collect();
    }

    /// Reads no more of a partition; what was fetched of it is dropped.
    pub fn finish(&mut self, place: &TopicPartition) {
        self.readings.remove(place);
        self.ready.retain(|chunk| chunk.place != *place);
        self.ready_bytes = self.ready.iter().map(Chunk::size).sum();
    }

    /// The partitions being read.
    pub fn assignment(&self) -> impl Iterator<Item = &TopicPartition> {
        self.readings.keys()
    }

    /// The next records; `None` when every partition has reached its end. May be dropped while it waits.
    pub async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        loop {
            let wake_at = self.launch();
            if let Some(chunk) = self.ready.pop_front() {
                self.ready_bytes = self.ready_bytes.saturating_sub(chunk.size());
                return Ok(Some(chunk));
            }
            if self.readings.values().all(Reading::is_done) {
                return Ok(None);
            }
            let sleep = async {
                match wake_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(landed) = self.flights.join_next() => {
                    if let Ok(landing) = landed {
                        self.land(landing).await?;
                    }
                }
                () = sleep => self.refresh().await?,
            }
        }
    }

    /// Sends a fetch to every leader that has none; says when to look again.
    fn launch(&mut self) -> Option<Instant> {
        if self.ready_bytes >= usize::try_from(self.options.max_bytes).unwrap_or(0) {
            return None;
        }
        let now = Instant::now();
        let mut wake_at: Option<Instant> = None;
        let mut by_leader: BTreeMap<NodeId, Vec<fetch::Wanted>> = BTreeMap::new();
        let mut open: Vec<(&TopicPartition, &Reading)> =
            self.readings.iter().filter(|(_, r)| !r.is_done() && !r.is_fetching).collect();
        open.sort_by_key(|(_, reading)| reading.served);
        for (place, reading) in open {
            if let Some(at) = reading.retry_at.filter(|at| *at > now) {
                wake_at = Some(wake_at.map_or(at, |known| known.min(at)));
                continue;
            }
            let leader = self.client.view().leader(&reading.name, place.partition);
            let Some((leader, epoch)) = leader else {
                self.stale_at.get_or_insert(now + self.client.options().retry_backoff);
                continue;
            };
            let preferred = reading.preferred.filter(|(_, until)| *until > now).map(|(replica, _)| replica);
            let leader = preferred.unwrap_or(leader);
            if !self.busy.contains(&leader) {
                let wanted = fetch::Wanted { place: place.clone(), from: reading.next, epoch };
                by_leader.entry(leader).or_default().push(wanted);
            }
        }
        for (leader, wanted) in by_leader {
            self.busy.insert(leader);
            for wanted in &wanted {
                if let Some(reading) = self.readings.get_mut(&wanted.place) {
                    reading.is_fetching = true;
                }
            }
            let (client, options) = (self.client.clone(), self.options.clone());
            self.flights.spawn(async move {
                let places = wanted.iter().map(|wanted| wanted.place.clone()).collect();
                let outcome = fetch::fetch(&client, leader, &wanted, &options).await;
                Landing { leader, places, outcome }
            });
        }
        [self.stale_at, wake_at].into_iter().flatten().min()
    }

    /// Asks who leads the partitions, and gives up on those that are gone.
    async fn refresh(&mut self) -> Result<(), Error> {
        if self.stale_at.is_none_or(|at| at > Instant::now()) {
            return Ok(());
        }
        self.stale_at = None;
        let names: BTreeSet<Arc<str>> = self.readings.values().map(|r| Arc::clone(&r.name)).collect();
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let wait = self.client.options().request_timeout;
        let failed: BTreeMap<String, ErrorCode> = match self.client.refresh(Topics::Named(&names), wait).await
        {
            Ok(failed) => failed.into_iter().collect(),
            Err(error) => {
                tracing::debug!(%error, "metadata stays as it was");
                return Ok(());
            }
        };
        let is_led =
            |place: &TopicPartition| self.client.view().leader(&place.topic, place.partition).is_some();
        let open = self.readings.iter().filter(|(_, reading)| !reading.is_done());
        let leaderless: Vec<TopicPartition> =
            open.map(|(place, _)| place).filter(|place| !is_led(place)).cloned().collect();
        for place in leaderless {
            let code = failed.get(&*place.topic).copied().unwrap_or(ErrorCode::LEADER_NOT_AVAILABLE);
            let error = Error::broker(format!("read {place}"), code, None);
            let attempt = self.readings.get(&place).map_or(0, |reading| reading.attempt);
            if retry::after_code(code, attempt) == Verdict::GiveUp {
                return Err(error);
            }
            if self.postpone(&place, &error) {
                return Err(self.timed_out(error));
            }
        }
        Ok(())
    }

    /// Handles the answer to one fetch, partition by partition.
    async fn land(&mut self, landing: Landing) -> Result<(), Error> {
        self.busy.remove(&landing.leader);
        for place in &landing.places {
            if let Some(reading) = self.readings.get_mut(place) {
                reading.is_fetching = false;
            }
        }
        let fetched = match landing.outcome {
            Ok(fetched) => fetched,
            Err(error) => {
                if retry::after(&error, 0) == Verdict::GiveUp {
                    return Err(error);
                }
                let mut is_over = false;
                for place in &landing.places {
                    is_over |= self.postpone(place, &error);
                }
                return if is_over { Err(self.timed_out(error)) } else { Ok(()) };
            }
        };
        for broker in fetched.endpoints {
            self.client.view().learn_broker(broker);
        }
        for (place, answer) in fetched.partitions {
            if answer.error.is_ok() {
                self.accept(&place, &answer)?;
            } else {
                self.refused(&place, &answer).await?;
            }
        }
        Ok(())
    }

    /// Turns the bytes of a partition into records.
    fn accept(&mut self, place: &TopicPartition, answer: &FetchPartitionResponse) -> Result<(), Error> {
        let Some(reading) = self.readings.get_mut(place) else { return Ok(()) };
        reading.attempt = 0;
        reading.retry_at = None;
        reading.failing_since = None;
        if let Some(replica) = answer.preferred_read_replica {
            reading.preferred = Some((replica, Instant::now() + PREFERRED_FOR));
        }
        let Some(bytes) = answer.records.as_ref().filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        let part = decode::Part {
            place,
            from: reading.next,
            until: reading.until,
            aborted: answer.aborted_transactions.as_deref().unwrap_or_default(),
            batch_max_bytes: self.options.batch_max_bytes,
        };
        let decoded = decode::decode(&part, bytes)?;
        if decoded.next <= reading.next {
            let what = format!("read {place}");
            let reason = format!("the batches sent for offset {} do not reach it", reading.next);
            return Err(Error::Records { what, reason });
        }
        reading.next = decoded.next;
        self.served += 1;
        reading.served = self.served;
        let marks = LogMarks {
            start: answer.log_start_offset,
            last_stable: answer.last_stable_offset,
            high_watermark: answer.high_watermark,
        };
        let chunk = Chunk { place: place.clone(), batches: decoded.batches, next: decoded.next, marks };
        self.ready_bytes += chunk.size();
        self.ready.push_back(chunk);
        Ok(())
    }

    /// Goes on elsewhere, later, or not at all.
    async fn refused(
        &mut self,
        place: &TopicPartition,
        answer: &FetchPartitionResponse,
    ) -> Result<(), Error> {
        let what = format!("read {place}");
        let error = Error::broker(what, answer.error, None);
        if let Some(reading) = self.readings.get_mut(place)
            && reading.preferred.take().is_some()
        {
            // A follower may lag behind or be gone; the leader knows.
            reading.retry_at = None;
            return Ok(());
        }
        if answer.error == ErrorCode::OFFSET_OUT_OF_RANGE {
            return self.reset(place, error).await;
        }
        let attempt = self.readings.get(place).map_or(0, |reading| reading.attempt);
        let code = match answer.error {
            // The broker has not heard of the epoch we know: it will.
            ErrorCode::UNKNOWN_LEADER_EPOCH => ErrorCode::NOT_LEADER_OR_FOLLOWER,
            code => code,
        };
        if retry::after_code(code, attempt) == Verdict::GiveUp {
            return Err(error);
        }
        let named = answer.current_leader;
        if let (Some(leader), Some(epoch)) = (named.leader, named.epoch) {
            self.client.view().learn_leader(&place.topic, place.partition, leader, epoch);
        }
        if self.postpone(place, &error) { Err(self.timed_out(error)) } else { Ok(()) }
    }

    fn timed_out(&self, error: Error) -> Error {
        let after = self.client.options().timeout;
        Error::TimedOut { what: "read records".to_owned(), after, source: Box::new(error) }
    }

    /// Plans another try. True if a partition that is read to an end has failed for the time of a whole call;
    /// one that is followed is tried for ever.
    fn postpone(&mut self, place: &TopicPartition, error: &Error) -> bool {
        tracing::debug!(%place, %error, "fetch again later");
        let Some(reading) = self.readings.get_mut(place) else { return false };
        reading.preferred = None;
        let since = *reading.failing_since.get_or_insert_with(Instant::now);
        let is_over = reading.until.is_some() && since.elapsed() >= self.client.options().timeout;
        let at = Instant::now() + retry::pause(self.client.options(), reading.attempt, rand::random());
        reading.attempt += 1;
        reading.retry_at = Some(at);
        // Whoever leads it may have changed; look before the next try.
        let before = at - self.client.options().retry_backoff / 2;
        self.stale_at = Some(self.stale_at.map_or(before, |known| known.min(before)));
        is_over
    }

    /// The offset is not there: what was before the start of the log is gone, and reading goes on there.
    async fn reset(&mut self, place: &TopicPartition, error: Error) -> Result<(), Error> {
        let wanted = [(place.clone(), At::Earliest)];
        let found = self.client.offsets(&wanted, self.options.isolation).await.remove(place);
        let start = found.transpose()?.and_then(|found| found.offset);
        let Some(reading) = self.readings.get_mut(place) else { return Ok(()) };
        match start {
            Some(start) if start > reading.next => {
                tracing::warn!(%place, from = reading.next.0, to = start.0, "records were deleted");
                reading.next = start;
                Ok(())
            }
            _ => Err(error),
        }
    }
}

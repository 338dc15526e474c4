//! The task that follows the metadata log: finds who leads the quorum, begins at a snapshot or at the beginning,
//! and hands on what is committed. When it loses the leader it looks for the next one and goes on where it was.
//!
//! What the log means is [`crate::observe`]'s. Whether it may be read decides the cluster: a refusal is said once,
//! and the poller goes on without.

use std::time::Duration;

use bytes::BytesMut;
use kr_client::admin::{MetadataLogAnswer, MetadataLogWanted};
use kr_client::{Address, Client, Error};
use kr_wire::batch::Batches;
use kr_wire::fetch::SnapshotId;
use kr_wire::ids::{LeaderEpoch, Offset};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::convert;
use crate::event::Event;
use crate::observe::{Follow, Followed, LogState};
use crate::snapshot::{Broker, Gap, Moving, PartitionElr, Topics};

/// Bytes of one part of a snapshot.
const SNAPSHOT_PART: i32 = 1024 * 1024;

/// The largest snapshot that is taken; 100,000 partitions have about 10 MB.
const SNAPSHOT_BYTES: usize = 256 * 1024 * 1024;

/// Records of the past that are read at most: 100 MB of log have about a million.
const BACKFILL_RECORDS: i64 = 1_000_000;

/// How many epochs below the first batch's are tried for the snapshot at the log's start.
const EPOCH_GUESSES: i32 = 8;

/// Pauses between tries to find the leader.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(5)];

/// How long to wait before a cluster that refused is asked again.
const REFUSED_PAUSE: Duration = Duration::from_secs(120);

/// What the observer has to say.
#[derive(Clone, Debug)]
pub enum FromLog {
    /// Changes, in order; the first ones are of the time before the start.
    Events(Vec<Event>),
    /// The log is followed up to its head: this is everything.
    Caught {
        /// All topics.
        topics: Topics,
        /// The rest.
        rest: Rest,
    },
    /// Something changed.
    Changed {
        /// Topics that did; none if none did.
        topics: Option<Topics>,
        /// The rest, if any of it did.
        rest: Option<Rest>,
    },
    /// The log cannot be followed at the moment, or at all.
    Lost(Gap),
}

/// What the log tells beside topics.
#[derive(Clone, Debug)]
pub struct Rest {
    /// All registered brokers.
    pub brokers: Vec<Broker>,
    /// `metadata.version`.
    pub metadata_version: Option<i16>,
    /// Partitions with eligible replicas outside the ISR.
    pub eligible: Vec<PartitionElr>,
    /// Partitions whose replicas are being changed.
    pub moving: Vec<Moving>,
}

fn rest(state: &LogState) -> Rest {
    Rest {
        brokers: state.brokers(),
        metadata_version: state.metadata_version(),
        eligible: state.eligible(),
        moving: state.moving(),
    }
}

/// Who leads, where, in which epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Leader {
    address: Address,
    epoch: LeaderEpoch,
}

/// Follows the log until nobody listens any more.
pub async fn run(client: Client, tell: mpsc::Sender<FromLog>) {
    let mut observer = Observer { client, tell, leader: None, place: None, failures: 0 };
    loop {
        match observer.go().await {
            Ok(Going::On) => observer.failures = 0,
            Ok(Going::Over) => return,
            Err(error) => {
                observer.leader = None;
                let gap = convert::gap(&error);
                let is_refused = matches!(gap, Gap::Denied(_) | Gap::Unsupported(_));
                let pause = PAUSES[observer.failures.min(PAUSES.len() - 1)];
                observer.failures += 1;
                // A leader that changes is found at once; what takes longer is worth a word.
                if (is_refused || observer.failures > 3)
                    && observer.tell.send(FromLog::Lost(gap)).await.is_err()
                {
                    return;
                }
                sleep(if is_refused { REFUSED_PAUSE } else { pause }).await;
            }
        }
    }
}

enum Going {
    On,
    Over,
}

struct Place {
    follow: Follow,
    state: LogState,
    has_caught_up: bool,
}

struct Observer {
    client: Client,
    tell: mpsc::Sender<FromLog>,
    leader: Option<Leader>,
    place: Option<Place>,
    failures: usize,
}

impl Observer {
    /// Does the next thing.
    async fn go(&mut self) -> Result<Going, Error> {
        let leader = match &self.leader {
            Some(leader) => leader.clone(),
            None => {
                let leader = self.find_leader().await?;
                self.leader = Some(leader.clone());
                if let Some(place) = &mut self.place {
                    place.follow.led_in(leader.epoch);
                }
                leader
            }
        };
        match self.place.take() {
            None => {
                let (follow, state) = self.begin(&leader).await?;
                self.place = Some(Place { follow, state, has_caught_up: false });
                Ok(Going::On)
            }
            Some(place) => self.follow(&leader, place).await,
        }
    }

    /// Asks for the quorum. Brokers tell where voters listen from 3.9 on; who was told controllers asks those.
    async fn find_leader(&self) -> Result<Leader, Error> {
        let status = self.client.describe_quorum().await?;
        let (Some(id), Some(epoch)) = (status.leader, status.leader_epoch) else {
            let what = "follow the metadata log".to_owned();
            return Err(Error::Records { what, reason: "the quorum has no leader".to_owned() });
        };
        let node = status.nodes.iter().find(|node| node.id == id);
        let listed = node.and_then(|node| node.listeners.first()).map(|(_, address)| address.clone());
        let known = || {
            let view = self.client.view();
            let controller = view.broker(id).filter(|_| self.client.options().controllers);
            controller.map(|controller| controller.address.clone())
        };
        match listed.or_else(known) {
            Some(address) => Ok(Leader { address, epoch }),
            None => Err(Error::Unsupported {
                address: self.client.options().bootstrap[0].clone(),
                api: "DescribeQuorum",
                ours: "2, which tells where controllers listen (Kafka 3.9)".to_owned(),
            }),
        }
    }

    /// Finds where to begin: as far back as the log goes, unless that is too far.
    async fn begin(&self, leader: &Leader) -> Result<(Follow, LogState), Error> {
        let at_start = self.fetch(leader, Offset::ZERO, LeaderEpoch(0)).await?;
        let (newest, log_start) = match at_start {
            MetadataLogAnswer::Part { .. } => {
                let follow = Follow::new(leader.epoch, Offset::ZERO, LeaderEpoch(0));
                return Ok((follow, LogState::default()));
            }
            MetadataLogAnswer::Snapshot { id, log_start } => (id, log_start),
            other => return Err(unexpected(&other)),
        };
        // The leader's own epoch is good for every offset of its log but the first.
        let after_start = self.fetch(leader, log_start + 1, leader.epoch).await?;
        if let MetadataLogAnswer::Part { batches, high_watermark, .. } = after_start
            && high_watermark.is_none_or(|end| end - log_start <= BACKFILL_RECORDS)
        {
            let first = Batches::new(&batches).next().and_then(Result::ok);
            let epoch = first.and_then(|batch| batch.header.partition_leader_epoch).unwrap_or(leader.epoch);
            for epoch in (0..=epoch.0).rev().take(usize::try_from(EPOCH_GUESSES).unwrap_or(0)) {
                let id = SnapshotId { end_offset: log_start, epoch: LeaderEpoch(epoch) };
                if let Ok(state) = self.load(leader, id).await {
                    return Ok((Follow::new(leader.epoch, id.end_offset, id.epoch), state));
                }
            }
        }
        let state = self.load(leader, newest).await?;
        Ok((Follow::new(leader.epoch, newest.end_offset, newest.epoch), state))
    }

    async fn fetch(
        &self,
        leader: &Leader,
        from: Offset,
        last_epoch: LeaderEpoch,
    ) -> Result<MetadataLogAnswer, Error> {
        let wanted = MetadataLogWanted {
            epoch: leader.epoch,
            from,
            last_epoch,
            high_watermark: None,
            max_wait: Duration::ZERO,
            max_bytes: 1,
        };
        self.client.read_metadata_log(&leader.address, &wanted).await
    }

    async fn load(&self, leader: &Leader, id: SnapshotId) -> Result<LogState, Error> {
        let what = format!("read the snapshot of the metadata at offset {}", id.end_offset);
        let mut bytes = BytesMut::new();
        loop {
            let position = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let part = self
                .client
                .read_metadata_snapshot(&leader.address, id, leader.epoch, position, SNAPSHOT_PART)
                .await?;
            bytes.extend_from_slice(&part.bytes);
            let size = usize::try_from(part.size).unwrap_or(usize::MAX);
            if bytes.len() >= size {
                break;
            }
            if part.bytes.is_empty() || size > SNAPSHOT_BYTES {
                let reason = format!("it has {size} bytes, of which {} came", bytes.len());
                return Err(Error::Records { what, reason });
            }
        }
        LogState::load(&bytes).map_err(|error| Error::Records { what, reason: error.to_string() })
    }

    /// Fetches once and hands on what came. The place is kept whatever happens.
    async fn follow(&mut self, leader: &Leader, mut place: Place) -> Result<Going, Error> {
        let answer = match self.client.read_metadata_log(&leader.address, &place.follow.wanted()).await {
            Ok(answer) => answer,
            Err(error) => {
                self.place = Some(place);
                return Err(error);
            }
        };
        let batches = match place.follow.take(answer) {
            Followed::Committed(batches) => batches,
            Followed::Moved(answer) => {
                let next = leader_of(&answer);
                let is_same = next.as_ref().is_some_and(|next| next == leader);
                if let Some(next) = &next {
                    place.follow.led_in(next.epoch);
                }
                self.leader = next;
                self.place = Some(place);
                return if is_same { Err(unexpected(&answer)) } else { Ok(Going::On) };
            }
            // The place is gone: begin anew.
            Followed::Snapshot { .. } | Followed::Contradiction(_) => {
                let what = format!("follow the metadata log at offset {}", place.follow.position());
                return Err(Error::Records { what, reason: "the log no longer has that place".to_owned() });
            }
        };
        let mut events = Vec::new();
        for batch in &batches {
            match place.state.take(batch) {
                Ok(more) => events.extend(more),
                Err(error) => {
                    let what = format!("read the metadata log at offset {}", batch.end);
                    return Err(Error::Records { what, reason: error.to_string() });
                }
            }
        }
        let news = news(&mut place, !events.is_empty());
        self.place = Some(place);
        if !events.is_empty() && self.tell.send(FromLog::Events(events)).await.is_err() {
            return Ok(Going::Over);
        }
        if let Some(news) = news
            && self.tell.send(news).await.is_err()
        {
            return Ok(Going::Over);
        }
        Ok(if self.tell.is_closed() { Going::Over } else { Going::On })
    }
}

fn leader_of(answer: &MetadataLogAnswer) -> Option<Leader> {
    let MetadataLogAnswer::Moved { epoch, address, .. } = answer else { return None };
    Some(Leader { address: address.clone()?, epoch: (*epoch)? })
}

/// What is to be said after some batches: everything when the head is reached first, then what changed.
fn news(place: &mut Place, has_events: bool) -> Option<FromLog> {
    if !place.has_caught_up {
        if !place.follow.is_at_head() {
            return None;
        }
        place.has_caught_up = true;
        place.state.take_brokers_changed();
        return Some(FromLog::Caught { topics: place.state.all_topics(), rest: rest(&place.state) });
    }
    let brokers_changed = place.state.take_brokers_changed();
    let topics = place.state.changed_topics();
    if !brokers_changed && topics.is_none() && !has_events {
        return None;
    }
    Some(FromLog::Changed { topics, rest: Some(rest(&place.state)) })
}

fn unexpected(answer: &MetadataLogAnswer) -> Error {
    let reason = match answer {
        MetadataLogAnswer::Moved { code, .. } => format!("another controller leads ({code})"),
        _ => "the controller answers for another place".to_owned(),
    };
    Error::Records { what: "find the beginning of the metadata log".to_owned(), reason }
}

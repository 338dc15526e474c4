//! Copies partitions from their leaders (Kafka: `ReplicaFetcherThread`, KIP-227, KIP-595 truncation on fetch).
//!
//! One fetch session per leader with one request under way. What to do with an answer for a partition is
//! kraft.md E.6's table; the rules of truncation are [`super::partition`]'s.

use std::collections::BTreeMap;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{
    FetchPartition, FetchPartitionResponse, FetchReplica, FetchRequest, FetchResponse, FetchTopic,
    ForgottenTopic, IsolationLevel,
};
use kr_wire::ids::{NodeId, Offset, PartitionId, TopicId};
use kr_wire::message::StrBytes;
use kr_wire::time::Mono;
use kr_wire::topic_ref::TopicRef;

use super::partition::PartitionKey;
use crate::links::{Call, CallBody, CallFailure, CallReply, CallTag, Purpose};
use crate::node::Node;

/// The fetchers of a broker, one per leader that it follows.
#[derive(Debug, Default)]
pub(crate) struct Fetchers {
    by_leader: BTreeMap<NodeId, Fetcher>,
    of_partition: BTreeMap<PartitionKey, NodeId>,
    next_generation: u64,
}

/// What is copied from one leader.
#[derive(Debug, Default)]
struct Fetcher {
    partitions: BTreeMap<PartitionKey, State>,
    /// What the leader's session holds.
    in_session: BTreeMap<PartitionKey, FetchPartition>,
    session_id: i32,
    session_epoch: i32,
    /// Tells the answer to the latest request from those to requests that were given up.
    generation: u64,
    in_flight: bool,
    retry_at: Option<Mono>,
    /// Where the leader listened when it was last dialled.
    address: Option<(String, u16)>,
}

/// How a partition's copying goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fetching,
    /// Not before this moment.
    BackedOff(Mono),
    /// Not before the metadata says something new.
    Fenced,
}

impl Fetchers {
    /// Copies a partition from a leader from now on.
    pub(crate) fn follow(&mut self, key: PartitionKey, leader: NodeId) {
        if self.of_partition.get(&key).is_some_and(|old| *old != leader) {
            self.remove(key);
        }
        self.of_partition.insert(key, leader);
        let fetcher = self.by_leader.entry(leader).or_default();
        fetcher.partitions.insert(key, State::Fetching);
    }

    /// Stops copying a partition.
    pub(crate) fn remove(&mut self, key: PartitionKey) {
        if let Some(leader) = self.of_partition.remove(&key)
            && let Some(fetcher) = self.by_leader.get_mut(&leader)
        {
            fetcher.partitions.remove(&key);
        }
    }

    /// A broker's address is known anew: a dial that waits need not wait any longer.
    pub(crate) fn moved(&mut self, leader: NodeId, address: Option<(String, u16)>) {
        if let Some(fetcher) = self.by_leader.get_mut(&leader) {
            fetcher.retry_at = None;
            fetcher.address = address;
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.by_leader
            .values()
            .filter(|f| !f.in_flight && !f.partitions.is_empty())
            .filter_map(Fetcher::next_deadline)
            .min()
    }
}

impl Fetcher {
    fn next_deadline(&self) -> Option<Mono> {
        if self.retry_at.is_some() {
            return self.retry_at;
        }
        self.partitions
            .values()
            .filter_map(|state| match state {
                State::BackedOff(at) => Some(*at),
                State::Fetching | State::Fenced => None,
            })
            .min()
    }

    fn forget_session(&mut self) {
        self.in_session.clear();
        self.session_id = 0;
        self.session_epoch = 0;
    }
}

impl Node {
    /// Sends every fetch that can be sent; `true` if there was one.
    pub(crate) fn run_fetchers(&mut self) -> bool {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return false };
        let ready: Vec<NodeId> = broker
            .replicas
            .fetchers
            .by_leader
            .iter()
            .filter(|(_, f)| !f.in_flight && f.retry_at.is_none_or(|at| at <= now))
            .filter(|(_, f)| !f.partitions.is_empty())
            .map(|(id, _)| *id)
            .collect();
        let mut sent = false;
        for leader in ready {
            sent |= self.send_fetch(leader);
        }
        sent
    }

    fn send_fetch(&mut self, leader: NodeId) -> bool {
        let address = self
            .quorum
            .image()
            .broker(leader)
            .and_then(|b| b.endpoint("PLAINTEXT"))
            .map(|e| (e.host.clone(), e.port));
        let now = self.now;
        let Some(broker) = &mut self.broker else { return false };
        let epoch = broker.lifecycle.epoch();
        let replicas = &mut broker.replicas;
        let Some(fetcher) = replicas.fetchers.by_leader.get_mut(&leader) else { return false };
        let Some((host, port)) = address else {
            fetcher.retry_at = Some(now.mono + self.settings.replica_fetch_backoff);
            return false;
        };
        let wanted = wanted(fetcher, &replicas.partitions, self.settings.replica_fetch_bytes, now.mono);
        if wanted.is_empty() && fetcher.in_session.is_empty() {
            // The pause is over and there is nothing to ask: what is backed off has its own time.
            fetcher.retry_at = None;
            return false;
        }
        let mut request = changes(fetcher, wanted);
        request.replica = Some(FetchReplica { id: self.config.node_id, epoch });
        request.max_wait_ms = i32::try_from(self.settings.replica_fetch_wait.as_millis()).unwrap_or(i32::MAX);
        request.min_bytes = 1;
        request.max_bytes = self.settings.replica_fetch_response_bytes;
        replicas.fetchers.next_generation += 1;
        fetcher.generation = replicas.fetchers.next_generation;
        fetcher.in_flight = true;
        fetcher.retry_at = None;
        let tag = CallTag::ReplicaFetch { leader, generation: fetcher.generation };
        let timeout = self.settings.replica_fetch_wait + FETCH_GRACE;
        let call = Call { tag, body: CallBody::Fetch(Box::new(request)), timeout };
        let purpose = Purpose::Replica(leader);
        if let Some(ended) = self.links.call(purpose, (&host, port), call, now, &mut self.out) {
            self.call_ended(ended.tag, ended.result);
        }
        true
    }

    /// A leader answered a fetch, or the connection to it is gone.
    pub(crate) fn replica_fetched(
        &mut self,
        leader: NodeId,
        generation: u64,
        result: Result<CallReply, CallFailure>,
    ) {
        let retry_at = self.now.mono + self.settings.replica_fetch_backoff;
        let Some(fetcher) = self.broker.as_mut().and_then(|b| b.replicas.fetchers.by_leader.get_mut(&leader))
        else {
            return;
        };
        if fetcher.generation != generation {
            return;
        }
        fetcher.in_flight = false;
        let response = match result {
            Ok(CallReply::Fetch(response)) => *response,
            _ => {
                fetcher.forget_session();
                fetcher.retry_at = Some(retry_at);
                return;
            }
        };
        if !response.error.is_ok() {
            fetcher.forget_session();
            if response.error != ErrorCode::FETCH_SESSION_ID_NOT_FOUND
                && response.error != ErrorCode::INVALID_FETCH_SESSION_EPOCH
            {
                fetcher.retry_at = Some(retry_at);
            }
            return;
        }
        fetcher.session_id = response.session_id;
        fetcher.session_epoch = match response.session_id {
            0 => 0,
            _ if fetcher.session_epoch == i32::MAX => 1,
            _ => fetcher.session_epoch + 1,
        };
        let is_sessionless = response.session_id == 0;
        self.copy(leader, response);
        // Only now: what was asked for decides what an answer means.
        if is_sessionless
            && let Some(fetcher) =
                self.broker.as_mut().and_then(|b| b.replicas.fetchers.by_leader.get_mut(&leader))
        {
            fetcher.in_session.clear();
        }
    }

    fn copy(&mut self, leader: NodeId, response: FetchResponse) {
        for topic in response.topics {
            let TopicRef::Id(id) = topic.topic else { continue };
            for answer in topic.partitions {
                let key = PartitionKey { topic: id, partition: answer.index };
                self.copy_partition(leader, key, answer);
            }
        }
    }

    fn copy_partition(&mut self, leader: NodeId, key: PartitionKey, answer: FetchPartitionResponse) {
        let now = self.now;
        let backoff = now.mono + self.settings.replica_fetch_backoff;
        let Some(broker) = &mut self.broker else { return };
        let replicas = &mut broker.replicas;
        let Some(fetcher) = replicas.fetchers.by_leader.get_mut(&leader) else { return };
        let Some(asked) = fetcher.in_session.get(&key).copied() else { return };
        if !fetcher.partitions.contains_key(&key) {
            return;
        }
        let Some(partition) = replicas.partitions.get(&key) else { return };
        // The answer belongs to an epoch or a log that is no longer this replica's.
        if asked.current_leader_epoch != Some(partition.assignment.leader_epoch)
            || asked.fetch_offset != partition.log.end_offset()
            || partition.is_leader()
        {
            return;
        }
        let state = match answer.error {
            ErrorCode::NONE => {
                self.copy_records(key, answer);
                return;
            }
            ErrorCode::OFFSET_OUT_OF_RANGE => {
                self.out_of_range(key, &answer);
                State::BackedOff(backoff)
            }
            ErrorCode::FENCED_LEADER_EPOCH => State::Fenced,
            _ => State::BackedOff(backoff),
        };
        let Some(broker) = &mut self.broker else { return };
        if let Some(fetcher) = broker.replicas.fetchers.by_leader.get_mut(&leader) {
            fetcher.partitions.insert(key, state);
        }
    }

    fn copy_records(&mut self, key: PartitionKey, answer: FetchPartitionResponse) {
        let now = self.now;
        #[cfg(feature = "mutants")]
        let by_high_watermark = self.config.mutants.truncate_to_high_watermark;
        let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.touch(key)) else { return };
        let label = format!("{}-{}", partition.topic, key.partition);
        let mut truncated = false;
        let result = (|| {
            if let Some(diverging) = answer.diverging_epoch {
                let to = partition.divergence_point(diverging.epoch, diverging.end_offset);
                #[cfg(feature = "mutants")]
                let to = if by_high_watermark { partition.high_watermark() } else { to };
                truncated = true;
                return partition.truncate(to).map_err(kr_log::AppendError::Storage);
            }
            if let Some(records) = answer.records.filter(|r: &Bytes| !r.is_empty()) {
                partition.log.append_as_follower(&records, partition.assignment.leader_epoch, now)?;
            }
            if let Some(start) = answer.log_start_offset.filter(|s| *s > partition.log.start_offset()) {
                partition.log.advance_start(start)?;
                partition.lift_high_watermark_to_start();
            }
            if let Some(high_watermark) = answer.high_watermark {
                partition.follow_high_watermark(high_watermark);
            }
            Ok(())
        })();
        if truncated {
            // The recovery point may have moved back; a later start must not trust the old one.
            self.checkpoint_recovery_points();
        }
        match result {
            Ok(()) => {}
            Err(kr_log::AppendError::Storage(error)) => {
                self.fatal(format!("cannot write the log of {label}: {error}"));
            }
            // A corrupt or unexpected batch is fetched again.
            Err(error) => {
                self.log(
                    crate::output::Level::Warn,
                    format!("fetched batch of {label} was not appended: {error}"),
                );
            }
        }
    }

    /// The leader has nothing at this replica's end: it lost its tail, or deleted what came after.
    fn out_of_range(&mut self, key: PartitionKey, answer: &FetchPartitionResponse) {
        let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.touch(key)) else { return };
        let label = format!("{}-{}", partition.topic, key.partition);
        let end = partition.log.end_offset();
        let leaders_start = answer.log_start_offset.unwrap_or(Offset::ZERO);
        let result = if leaders_start > end {
            partition.restart_at(leaders_start)
        } else {
            match answer.high_watermark {
                // Even below this log's start: what the leader has lost, it has lost for all.
                Some(leaders) if leaders < end => partition.truncate(leaders),
                _ => Ok(()),
            }
        };
        if let Err(error) = result {
            return self.fatal(format!("cannot write the log of {label}: {error}"));
        }
        self.checkpoint_recovery_points();
    }
}

/// How much longer than asked a leader may take to answer a fetch.
const FETCH_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// What to fetch now, by partition.
fn wanted(
    fetcher: &mut Fetcher,
    partitions: &BTreeMap<PartitionKey, super::partition::Partition>,
    max_bytes: i32,
    now: Mono,
) -> BTreeMap<PartitionKey, FetchPartition> {
    let mut wanted = BTreeMap::new();
    for (key, state) in &mut fetcher.partitions {
        match state {
            State::Fetching => {}
            State::BackedOff(at) if *at <= now => *state = State::Fetching,
            State::BackedOff(_) | State::Fenced => continue,
        }
        let Some(partition) = partitions.get(key) else { continue };
        let request = FetchPartition {
            index: key.partition,
            current_leader_epoch: Some(partition.assignment.leader_epoch),
            fetch_offset: partition.log.end_offset(),
            last_fetched_epoch: partition.log.epochs().latest(),
            log_start_offset: Some(partition.log.start_offset()),
            max_bytes,
            replica_directory: None,
            high_watermark: None,
        };
        wanted.insert(*key, request);
    }
    wanted
}

/// The request that brings the leader's session to what is wanted, and the session as it will be.
fn changes(fetcher: &mut Fetcher, wanted: BTreeMap<PartitionKey, FetchPartition>) -> FetchRequest {
    let mut topics: BTreeMap<TopicId, Vec<FetchPartition>> = BTreeMap::new();
    for (key, partition) in &wanted {
        if fetcher.in_session.get(key) != Some(partition) {
            topics.entry(key.topic).or_default().push(*partition);
        }
    }
    let mut forgotten: BTreeMap<TopicId, Vec<PartitionId>> = BTreeMap::new();
    for key in fetcher.in_session.keys().filter(|key| !wanted.contains_key(key)) {
        forgotten.entry(key.topic).or_default().push(key.partition);
    }
    fetcher.in_session = wanted;
    FetchRequest {
        isolation_level: IsolationLevel::ReadUncommitted,
        session_id: fetcher.session_id,
        session_epoch: fetcher.session_epoch,
        topics: topics
            .into_iter()
            .map(|(id, partitions)| FetchTopic { topic: TopicRef::Id(id), partitions })
            .collect(),
        forgotten: forgotten
            .into_iter()
            .map(|(id, partitions)| ForgottenTopic { topic: TopicRef::Id(id), partitions })
            .collect(),
        rack: StrBytes::new(),
        ..FetchRequest::default()
    }
}

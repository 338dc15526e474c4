//! Fetch of partitions, for consumers and followers.
//!
//! versions: 4-18
//! behaviours: long poll by min bytes and max wait; max bytes in all and per partition, at least one batch;
//! incremental sessions; follower fetch with progress for ISR and high watermark; diverging epochs;
//! consumers may read from followers (v11+); read_committed up to the last stable offset
//! kips: 74, 98, 101, 227, 320, 392 (without a selector, as Kafka's default), 516, 595, 903, 951
//! left out: quotas (no throttling)

use std::net::IpAddr;

use bytes::Bytes;
use kr_log::{Piece, Span};
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{
    AbortedTransaction, EpochEndOffset, FetchPartition, FetchPartitionResponse, FetchReplica, FetchRequest,
    FetchResponse, FetchTopicResponse, IsolationLevel,
};
use kr_wire::ids::Offset;
use kr_wire::time::Mono;
use kr_wire::topic_ref::TopicRef;

use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::node::Node;
use crate::replica::partition::{Partition, PartitionKey};

/// First version in which a consumer may read from a follower (KIP-392).
const FIRST_FROM_FOLLOWER: i16 = 11;
/// First version with the diverging epoch (KIP-595).
const FIRST_WITH_DIVERGING_EPOCH: i16 = 12;
/// First version whose answers say who leads (KIP-951).
const FIRST_WITH_LEADER: i16 = 16;

/// From this size on, records on disk go from the page cache to a consumer without a stop in memory.
const SENT_FROM_FILE_BYTES: usize = 64 * 1024;

/// A fetch that has been understood, and may wait for records.
#[derive(Debug)]
pub(crate) struct FetchWait {
    pub(crate) deadline: Mono,
    version: i16,
    correlation_id: i32,
    /// The address that the fetcher dialled.
    local: IpAddr,
    replica: Option<FetchReplica>,
    isolation: IsolationLevel,
    min_bytes: usize,
    max_bytes: usize,
    session_id: i32,
    incremental: bool,
    targets: Vec<Target>,
}

/// One partition of a fetch.
#[derive(Debug)]
struct Target {
    topic: TopicRef,
    found: Result<PartitionKey, ErrorCode>,
    asked: FetchPartition,
}

impl FetchWait {
    /// Partitions that the fetch waits for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = PartitionKey> + '_ {
        self.targets.iter().filter_map(|t| t.found.ok())
    }

    /// Whether a partition that moved may complete the fetch.
    pub(crate) fn concerns(&self, key: PartitionKey, partition: Option<&Partition>) -> bool {
        let Some(partition) = partition else { return true };
        self.targets.iter().filter(|t| t.found == Ok(key)).any(|t| {
            t.asked.current_leader_epoch.is_some_and(|e| e != partition.assignment.leader_epoch)
                || self.replica.is_some() && !partition.is_leader()
                || self.bound(partition) > t.asked.fetch_offset
        })
    }

    /// Offset below which the fetcher may read.
    fn bound(&self, partition: &Partition) -> Offset {
        match (self.replica, self.isolation) {
            (Some(_), _) => partition.log.end_offset(),
            (None, IsolationLevel::ReadUncommitted) => partition.high_watermark(),
            (None, IsolationLevel::ReadCommitted) => partition.last_stable_offset(),
        }
    }
}

/// Handles a Fetch of the broker listener.
pub(crate) fn handle(node: &mut Node, ctx: &Context, body: &Bytes) -> Answer {
    let request = match FetchRequest::decode(ctx.version, body) {
        Ok(request) => request,
        Err(error) => return Answer::HangUp(format!("unreadable Fetch from {}: {error}", ctx.client)),
    };
    let now = node.now;
    let Some(broker) = &mut node.broker else { return Answer::HangUp("not a broker".to_owned()) };
    let plan = match broker.fetch_sessions.plan(&request, now.mono) {
        Ok(plan) => plan,
        Err(error) => {
            let response = FetchResponse { error, ..FetchResponse::default() };
            return encode(&response, ctx.correlation_id, ctx.version);
        }
    };
    let max_wait = std::time::Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let max_bytes = request.max_bytes.min(node.settings.fetch_max_bytes);
    let targets = plan
        .partitions
        .into_iter()
        .map(|(topic, asked)| Target { found: node.find_partition(&topic, asked.index), topic, asked })
        .collect();
    let wait = FetchWait {
        deadline: now.mono + max_wait,
        version: ctx.version,
        correlation_id: ctx.correlation_id,
        local: ctx.local.ip(),
        replica: request.replica,
        isolation: request.isolation_level,
        min_bytes: usize::try_from(request.min_bytes).unwrap_or(0),
        max_bytes: usize::try_from(max_bytes).unwrap_or(0),
        session_id: plan.session_id,
        incremental: plan.incremental,
        targets,
    };
    if let Some(replica) = wait.replica {
        node.follower_progress(replica, &wait.targets);
    }
    let give_up = max_wait.is_zero() || wait.targets.is_empty();
    if let Some(wait) = node.complete_fetch(ctx.token, wait, give_up)
        && let Some(broker) = &mut node.broker
    {
        broker.replicas.fetches.add(ctx.token, wait);
    }
    Answer::Later
}

fn encode(response: &FetchResponse<Piece>, correlation_id: i32, version: i16) -> Answer {
    Answer::encoded(response.encode(correlation_id, version))
}

impl Node {
    /// Finds a hosted partition by the topic's name or id.
    pub(crate) fn find_partition(
        &self,
        topic: &TopicRef,
        partition: kr_wire::ids::PartitionId,
    ) -> Result<PartitionKey, ErrorCode> {
        let image = self.quorum.image();
        let (known, unknown) = match topic {
            TopicRef::Id(id) => (image.topic(*id), ErrorCode::UNKNOWN_TOPIC_ID),
            TopicRef::Name(name) => {
                (image.topic_by_name(name.as_str()), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
            }
        };
        let known = known.ok_or(unknown)?;
        let key = PartitionKey { topic: known.id, partition };
        if self.broker.as_ref().is_some_and(|b| b.replicas.get(key).is_some()) {
            return Ok(key);
        }
        match known.partitions.get(&partition) {
            Some(_) => Err(ErrorCode::NOT_LEADER_OR_FOLLOWER),
            None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        }
    }

    /// A follower's fetch says how far it is: that moves high watermarks and ISRs.
    fn follower_progress(&mut self, replica: FetchReplica, targets: &[Target]) {
        let now = self.now;
        for target in targets {
            let Ok(key) = target.found else { continue };
            let Some(partition) = self.broker.as_ref().and_then(|b| b.replicas.get(key)) else { continue };
            if check(partition, target, Some(replica), FIRST_WITH_LEADER).is_err()
                || diverging(partition, &target.asked).is_some()
                || target.asked.fetch_offset < partition.log.start_offset()
                || target.asked.fetch_offset > partition.log.end_offset()
            {
                continue;
            }
            let Some(progress) = partition.leader().and_then(|l| l.followers.get(&replica.id)) else {
                continue;
            };
            let moved = progress.log_end != Some(target.asked.fetch_offset)
                || progress.log_start != target.asked.log_start_offset
                || progress.broker_epoch != replica.epoch;
            let out_of_sync = !partition.assignment.isr.contains(&replica.id);
            let Some(broker) = &mut self.broker else { return };
            // A fetch that brings no news touches nobody but the clock.
            let partition = if moved { broker.replicas.touch(key) } else { broker.replicas.untouched(key) };
            let Some(partition) = partition else { continue };
            let asked = &target.asked;
            partition.follower_fetched(
                replica.id,
                asked.fetch_offset,
                asked.log_start_offset,
                replica.epoch,
                now,
            );
            if moved {
                self.advance(key);
            }
            if out_of_sync {
                self.try_expand(key, replica.id);
            }
        }
    }

    /// Answers a fetch if it has enough or must not wait longer; otherwise gives it back.
    pub(crate) fn complete_fetch(
        &mut self,
        token: Token,
        wait: FetchWait,
        give_up: bool,
    ) -> Option<FetchWait> {
        let mut left = wait.max_bytes;
        let mut bytes = 0;
        let mut urgent = give_up;
        let mut answers = Vec::with_capacity(wait.targets.len());
        for target in &wait.targets {
            let answer = self.fetch_partition(&wait, target, left, bytes == 0);
            let size = answer.records.as_ref().map_or(0, Piece::len);
            bytes += size;
            left = left.saturating_sub(size);
            urgent |= !answer.error.is_ok() || answer.diverging_epoch.is_some();
            answers.push(answer);
        }
        if !urgent && bytes < wait.min_bytes {
            return Some(wait);
        }
        let response = self.fetch_response(&wait, answers);
        let answer = encode(&response, wait.correlation_id, wait.version);
        self.answer(token, answer);
        None
    }

    fn fetch_partition(
        &self,
        wait: &FetchWait,
        target: &Target,
        left: usize,
        first: bool,
    ) -> FetchPartitionResponse<Piece> {
        let failed = |error| FetchPartitionResponse {
            index: target.asked.index,
            error,
            records: Some(Piece::default()),
            ..FetchPartitionResponse::default()
        };
        let key = match target.found {
            Ok(key) => key,
            Err(error) => return failed(error),
        };
        let Some(partition) = self.broker.as_ref().and_then(|b| b.replicas.get(key)) else {
            return failed(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        };
        if let Err(error) = check(partition, target, wait.replica, wait.version) {
            return failed(error);
        }
        let mut answer = FetchPartitionResponse {
            index: target.asked.index,
            high_watermark: Some(partition.high_watermark()),
            last_stable_offset: Some(partition.last_stable_offset()),
            log_start_offset: Some(partition.log.start_offset()),
            records: Some(Piece::default()),
            ..FetchPartitionResponse::default()
        };
        if wait.version >= FIRST_WITH_DIVERGING_EPOCH
            && let Some(diverging) = diverging(partition, &target.asked)
        {
            answer.diverging_epoch = Some(diverging);
            return answer;
        }
        let from = target.asked.fetch_offset;
        if from < partition.log.start_offset() || from > partition.log.end_offset() {
            answer.error = ErrorCode::OFFSET_OUT_OF_RANGE;
            return answer;
        }
        let bound = wait.bound(partition);
        if from < bound {
            let max_bytes = usize::try_from(target.asked.max_bytes).unwrap_or(0).min(left);
            let span = Span { from, below: bound, max_bytes, at_least_one: first };
            // What a follower asks for may be truncated while it is on its way.
            let in_file_from = if wait.replica.is_none() { SENT_FROM_FILE_BYTES } else { usize::MAX };
            match partition.log.slice(span, in_file_from) {
                Ok(records) => answer.records = Some(records),
                Err(_) => return failed(ErrorCode::KAFKA_STORAGE_ERROR),
            }
        }
        if wait.replica.is_none() && wait.isolation == IsolationLevel::ReadCommitted {
            answer.aborted_transactions = Some(aborted(partition, from, answer.records.as_ref(), bound));
        }
        answer
    }

    fn fetch_response(
        &mut self,
        wait: &FetchWait,
        answers: Vec<FetchPartitionResponse<Piece>>,
    ) -> FetchResponse<Piece> {
        let mut response = FetchResponse { session_id: wait.session_id, ..FetchResponse::default() };
        for (target, mut answer) in wait.targets.iter().zip(answers) {
            if wait.version >= FIRST_WITH_LEADER && elsewhere(answer.error) {
                let (hint, endpoint) = self.leader_hint(&target.topic, target.asked.index, wait.local);
                answer.current_leader = hint;
                if let Some(endpoint) = endpoint
                    && !response.node_endpoints.iter().any(|e| e.node == endpoint.node)
                {
                    response.node_endpoints.push(endpoint);
                }
            }
            if wait.session_id != 0
                && let Some(broker) = &mut self.broker
                && !broker.fetch_sessions.remember(wait.session_id, wait.incremental, &target.topic, &answer)
            {
                continue;
            }
            match response.topics.last_mut() {
                Some(topic) if topic.topic == target.topic => topic.partitions.push(answer),
                _ => {
                    let topic = target.topic.clone();
                    response.topics.push(FetchTopicResponse { topic, partitions: vec![answer] });
                }
            }
        }
        response
    }
}

/// Whether an error sends the client to another broker.
fn elsewhere(error: ErrorCode) -> bool {
    error == ErrorCode::NOT_LEADER_OR_FOLLOWER || error == ErrorCode::FENCED_LEADER_EPOCH
}

/// Whether this replica may answer the fetcher at all.
fn check(
    partition: &Partition,
    target: &Target,
    replica: Option<FetchReplica>,
    version: i16,
) -> Result<(), ErrorCode> {
    let assignment = &partition.assignment;
    if let Some(epoch) = target.asked.current_leader_epoch {
        if epoch < assignment.leader_epoch {
            return Err(ErrorCode::FENCED_LEADER_EPOCH);
        }
        if epoch > assignment.leader_epoch {
            return Err(ErrorCode::UNKNOWN_LEADER_EPOCH);
        }
    }
    if (replica.is_some() || version < FIRST_FROM_FOLLOWER) && !partition.is_leader() {
        return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    }
    match replica {
        Some(FetchReplica { id, .. }) if !assignment.replicas.contains(&id) => {
            Err(ErrorCode::UNKNOWN_LEADER_EPOCH)
        }
        _ => Ok(()),
    }
}

/// Where the fetcher's log leaves this one's, if it does.
fn diverging(partition: &Partition, asked: &FetchPartition) -> Option<EpochEndOffset> {
    let epoch = asked.last_fetched_epoch?;
    let found = partition.log.epochs().end_offset_for(epoch, partition.log.end_offset());
    match found {
        Some(end) if end.epoch < epoch || end.end < asked.fetch_offset => {
            Some(EpochEndOffset { epoch: end.epoch, end_offset: end.end })
        }
        _ => None,
    }
}

fn aborted(
    partition: &Partition,
    from: Offset,
    records: Option<&Piece>,
    bound: Offset,
) -> Vec<AbortedTransaction> {
    let end = match records {
        Some(Piece::Memory(bytes)) => {
            let last = kr_wire::batch::Batches::new(bytes).filter_map(Result::ok).last();
            last.map_or(from, |batch| batch.header.next_offset()).min(bound)
        }
        // Not looked at: some may be named that end later, which the consumer has no use for yet.
        Some(Piece::File(_)) => bound,
        None => from,
    };
    partition
        .log
        .aborted_transactions(from, end)
        .unwrap_or_default()
        .into_iter()
        .map(|t| AbortedTransaction { producer_id: t.producer, first_offset: t.first_offset })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_leadership_send_a_client_elsewhere() {
        assert!(elsewhere(ErrorCode::NOT_LEADER_OR_FOLLOWER));
        assert!(elsewhere(ErrorCode::FENCED_LEADER_EPOCH));
        assert!(!elsewhere(ErrorCode::OFFSET_OUT_OF_RANGE));
        assert!(!elsewhere(ErrorCode::NONE));
    }
}

//! DeleteRecords: raises the start of partitions, and waits until their replicas have done the same.
//!
//! versions: 0-2
//! behaviours: -1 stands for the high watermark; compacted and internal topics are refused; answered with the
//! low watermark once it reaches the offset asked for, or with REQUEST_TIMED_OUT
//! kips: 107
//! left out: authorisation

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kr_metadata::topic_name;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::Offset;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::delete_records_request::DeleteRecordsPartition;
use kr_wire::messages::delete_records_response::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult};
use kr_wire::messages::{DeleteRecordsRequest, DeleteRecordsResponse};
use kr_wire::time::Mono;

use super::led::Who;
use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::node::Node;
use crate::replica::partition::PartitionKey;

/// Requests that wait for the low watermarks of partitions (Kafka: `DelayedDeleteRecords`).
#[derive(Debug, Default)]
pub(crate) struct DeleteRecordsWaits {
    waits: BTreeMap<Token, Wait>,
    watchers: BTreeSet<(PartitionKey, Token)>,
    deadlines: BTreeSet<(Mono, Token)>,
}

#[derive(Debug)]
struct Wait {
    deadline: Mono,
    response: DeleteRecordsResponse,
    pending: Vec<Pending>,
}

/// A partition of a request that is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pending {
    key: PartitionKey,
    /// What the low watermark must reach.
    offset: Offset,
    /// Topic and partition in the response.
    place: (usize, usize),
}

impl DeleteRecordsWaits {
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    fn add(&mut self, token: Token, wait: Wait) {
        self.watchers.extend(wait.pending.iter().map(|p| (p.key, token)));
        self.deadlines.insert((wait.deadline, token));
        self.waits.insert(token, wait);
    }

    fn remove(&mut self, token: Token) -> Option<Wait> {
        let wait = self.waits.remove(&token)?;
        for pending in &wait.pending {
            self.watchers.remove(&(pending.key, token));
        }
        self.deadlines.remove(&(wait.deadline, token));
        Some(wait)
    }

    fn watching(&self, key: PartitionKey) -> Vec<Token> {
        let all = (key, Token(0))..=(key, Token(u64::MAX));
        self.watchers.range(all).map(|(_, token)| *token).collect()
    }

    fn late(&self, now: Mono) -> Vec<Token> {
        self.deadlines.iter().take_while(|(at, _)| *at <= now).map(|(_, token)| *token).collect()
    }
}

/// Handles DeleteRecords.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: &DeleteRecordsRequest) -> Answer {
    let mut pending = Vec::new();
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in &request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let place = (topics.len(), partitions.len());
            let answer = DeleteRecordsPartitionResult::default()
                .with_partition_index(asked.partition_index)
                .with_low_watermark(-1);
            partitions.push(match node.delete_records(&topic.name, asked) {
                Ok((key, offset)) => {
                    pending.push(Pending { key, offset, place });
                    answer
                }
                Err(code) => answer.with_error_code(code.0),
            });
        }
        topics.push(
            DeleteRecordsTopicResult::default().with_name(topic.name.clone()).with_partitions(partitions),
        );
    }
    let timeout = Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0));
    let response = DeleteRecordsResponse::default().with_topics(topics);
    let wait = Wait { deadline: node.now.mono + timeout, response, pending };
    node.complete_delete_records(ctx.token, wait, timeout.is_zero());
    Answer::Later
}

/// The offset that a request means, if records may be deleted up to it.
fn target(asked: i64, high_watermark: Offset) -> Result<Offset, ErrorCode> {
    match asked {
        -1 => Ok(high_watermark),
        0.. if Offset(asked) <= high_watermark => Ok(Offset(asked)),
        _ => Err(ErrorCode::OFFSET_OUT_OF_RANGE),
    }
}

impl Node {
    /// Raises the start of a partition that this broker leads; returns what its low watermark must reach.
    fn delete_records(
        &mut self,
        topic: &StrBytes,
        asked: &DeleteRecordsPartition,
    ) -> Result<(PartitionKey, Offset), ErrorCode> {
        if topic_name::is_internal(topic) {
            return Err(ErrorCode::INVALID_TOPIC_EXCEPTION);
        }
        let (key, partition) = self.answering_partition(topic, asked.partition_index, -1, Who::Leader)?;
        if !partition.log.config().cleanup.delete {
            return Err(ErrorCode::POLICY_VIOLATION);
        }
        let offset = target(asked.offset, partition.high_watermark())?;
        let partition = self.broker.as_mut().and_then(|b| b.replicas.touch(key));
        let partition = partition.ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)?;
        if let Err(error) = partition.log.advance_start(offset) {
            self.fatal(format!("cannot delete records of {topic}-{}: {error}", asked.partition_index));
            return Err(ErrorCode::KAFKA_STORAGE_ERROR);
        }
        Ok((key, offset))
    }

    /// Answers a request of which nothing is pending any more, or that must not wait longer.
    fn complete_delete_records(&mut self, token: Token, mut wait: Wait, give_up: bool) {
        let pending = std::mem::take(&mut wait.pending);
        for partition in pending {
            let (topic, index) = partition.place;
            let answer = &mut wait.response.topics[topic].partitions[index];
            match self.low_watermark(partition.key) {
                Err(code) => answer.error_code = code.0,
                Ok(low) if low >= partition.offset => answer.low_watermark = low.0,
                Ok(low) if give_up => {
                    answer.low_watermark = low.0;
                    answer.error_code = ErrorCode::REQUEST_TIMED_OUT.0;
                }
                Ok(_) => wait.pending.push(partition),
            }
        }
        if wait.pending.is_empty() {
            self.respond(token, ResponseKind::DeleteRecords(wait.response));
        } else if let Some(broker) = &mut self.broker {
            broker.delete_records.add(token, wait);
        }
    }

    fn low_watermark(&self, key: PartitionKey) -> Result<Offset, ErrorCode> {
        let partition = self.broker.as_ref().and_then(|b| b.replicas.get(key)).filter(|p| p.is_leader());
        let partition = partition.ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)?;
        let image = self.quorum.image();
        Ok(partition.low_watermark(|id| image.broker(id).is_some_and(|b| !b.fenced)))
    }

    /// Something changed about a partition: looks again at the requests that wait for its low watermark.
    pub(crate) fn partition_moved(&mut self, key: PartitionKey) {
        let Some(broker) = &self.broker else { return };
        for token in broker.delete_records.watching(key) {
            self.retry_delete_records(token, false);
        }
    }

    /// Answers the requests whose time is over.
    pub(crate) fn tick_delete_records(&mut self) {
        let Some(broker) = &self.broker else { return };
        for token in broker.delete_records.late(self.now.mono) {
            self.retry_delete_records(token, true);
        }
    }

    fn retry_delete_records(&mut self, token: Token, give_up: bool) {
        let Some(wait) = self.broker.as_mut().and_then(|b| b.delete_records.remove(token)) else { return };
        if self.conns.is_waiting(token) {
            self.complete_delete_records(token, wait, give_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{PartitionId, TopicId};

    use super::*;

    fn key(index: i32) -> PartitionKey {
        PartitionKey { topic: TopicId::METADATA, partition: PartitionId(index) }
    }

    fn wait(deadline: u64, partitions: &[i32]) -> Wait {
        let pending = partitions.iter().map(|p| Pending { key: key(*p), offset: Offset(5), place: (0, 0) });
        Wait {
            deadline: Mono(deadline),
            response: DeleteRecordsResponse::default(),
            pending: pending.collect(),
        }
    }

    #[test]
    fn records_are_deleted_up_to_the_high_watermark_at_most() {
        let high_watermark = Offset(10);
        assert_eq!(target(-1, high_watermark), Ok(Offset(10)));
        assert_eq!(target(0, high_watermark), Ok(Offset(0)));
        assert_eq!(target(10, high_watermark), Ok(Offset(10)));
        assert_eq!(target(11, high_watermark), Err(ErrorCode::OFFSET_OUT_OF_RANGE));
        assert_eq!(target(-2, high_watermark), Err(ErrorCode::OFFSET_OUT_OF_RANGE));
    }

    #[test]
    fn requests_are_found_by_partition_until_they_are_removed() {
        let mut waits = DeleteRecordsWaits::default();
        waits.add(Token(1), wait(100, &[0, 1]));
        waits.add(Token(2), wait(50, &[1]));
        assert_eq!(waits.watching(key(0)), [Token(1)]);
        assert_eq!(waits.watching(key(1)), [Token(1), Token(2)]);
        assert!(waits.watching(key(2)).is_empty());
        assert_eq!(waits.next_deadline(), Some(Mono(50)));
        assert_eq!(waits.late(Mono(50)), [Token(2)]);
        assert!(waits.remove(Token(1)).is_some());
        assert!(waits.watching(key(0)).is_empty());
        assert!(waits.remove(Token(2)).is_some());
        assert_eq!(waits.next_deadline(), None);
    }
}

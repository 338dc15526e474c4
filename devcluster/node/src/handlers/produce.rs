//! Produce: appends batches to the partitions that this broker leads.
//!
//! versions: 3-13
//! behaviours: acks 0, 1 and all; idempotent producers; batches pass through as they are; request order kept
//! kips: 98, 467 (record errors), 516 (topic ids), 951 (leader hints)
//! left out: transactions (a transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
//! because no coordinator can have opened one), quotas (no throttling)

use std::net::IpAddr;

use bytes::Bytes;
use kr_log::AppendError;
use kr_log::Origin;
use kr_wire::batch::BatchHeader;
use kr_wire::compression::Codec;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::message::StrBytes;
use kr_wire::produce::{
    ProducePartition, ProducePartitionResponse, ProduceRequest, ProduceResponse, ProduceTopicResponse,
    RecordError,
};
use kr_wire::topic_ref::TopicRef;

use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::node::Node;
use crate::output::Level;
use crate::replica::partition::{NotWritable, PartitionKey};
use crate::replica::waits::Owner;

/// First version in which zstd may be sent (KIP-110).
const FIRST_WITH_ZSTD: i16 = 7;
/// First version whose answers say who leads (KIP-951).
const FIRST_WITH_LEADER: i16 = 10;

/// Topics that only brokers write.
pub(crate) const INTERNAL_TOPICS: [&str; 3] =
    ["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// A Produce request of which some partitions are not yet replicated.
#[derive(Debug)]
pub(crate) struct ProduceWait {
    version: i16,
    correlation_id: i32,
    /// The address that the producer dialled.
    local: IpAddr,
    response: ProduceResponse,
    missing: usize,
}

/// An append that must be replicated before it is acknowledged.
struct Replicating {
    key: PartitionKey,
    end: Offset,
    epoch: LeaderEpoch,
    place: (usize, usize),
}

/// Handles a Produce of the broker listener.
pub(crate) fn handle(node: &mut Node, ctx: &Context, body: &Bytes) -> Answer {
    let request = match ProduceRequest::decode(ctx.version, body) {
        Ok(request) => request,
        Err(error) => return Answer::HangUp(format!("unreadable Produce from {}: {error}", ctx.client)),
    };
    let refused = match request.acks {
        _ if request.transactional_id.is_some() => Some(ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED),
        -1..=1 => None,
        _ => Some(ErrorCode::INVALID_REQUIRED_ACKS),
    };
    let mut response = ProduceResponse::default();
    let mut replicating = Vec::new();
    for topic in &request.topics {
        let mut answers = Vec::with_capacity(topic.partitions.len());
        for partition in &topic.partitions {
            let place = (response.topics.len(), answers.len());
            let appended = match refused {
                Some(code) => Err(Failure::code(code)),
                None => node.produce(ctx, &topic.topic, partition, request.acks),
            };
            answers.push(match appended {
                Ok((answer, key, epoch, end)) => {
                    replicating.push(Replicating { key, end, epoch, place });
                    answer
                }
                Err(failure) => failure.answer(partition),
            });
        }
        response.topics.push(ProduceTopicResponse { topic: topic.topic.clone(), partitions: answers });
    }
    node.add_leader_hints(ctx.version, ctx.local.ip(), &mut response);
    if request.acks == 0 {
        return node.unanswered(&response);
    }
    if request.acks == 1 || replicating.is_empty() {
        return encode(&response, ctx.correlation_id, ctx.version);
    }
    node.await_replication(ctx, request.timeout_ms, response, &replicating);
    Answer::Later
}

fn encode(response: &ProduceResponse, correlation_id: i32, version: i16) -> Answer {
    Answer::encoded(response.encode(correlation_id, version))
}

impl Node {
    fn produce(
        &mut self,
        ctx: &Context,
        topic: &TopicRef,
        partition: &ProducePartition,
        acks: i16,
    ) -> Result<(ProducePartitionResponse, PartitionKey, LeaderEpoch, Offset), Failure> {
        let key = self.find_partition(topic, partition.index)?;
        let records = partition.records.as_ref().filter(|r| !r.is_empty());
        let records =
            records.ok_or_else(|| Failure::said(ErrorCode::INVALID_RECORD, "the request has no batch"))?;
        check_batch(records, ctx.version)?;
        let now = self.now;
        let Some(partition_state) = self.broker.as_mut().and_then(|b| b.replicas.touch(key)) else {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER.into());
        };
        if INTERNAL_TOPICS.contains(&partition_state.topic.as_str()) && ctx.client_id != "__admin_client" {
            return Err(ErrorCode::INVALID_TOPIC_EXCEPTION.into());
        }
        partition_state.writable(acks == -1).map_err(|why| match why {
            NotWritable::NotLeader => ErrorCode::NOT_LEADER_OR_FOLLOWER,
            NotWritable::NotEnoughReplicas => ErrorCode::NOT_ENOUGH_REPLICAS,
        })?;
        let epoch = partition_state.assignment.leader_epoch;
        let label = format_args!("{}-{}", partition_state.topic, key.partition).to_string();
        let appended = match partition_state.log.append_as_leader(records, epoch, Origin::Client, now) {
            Ok(appended) => appended,
            Err(AppendError::Storage(error)) => {
                self.fatal(format!("cannot write the log of {label}: {error}"));
                return Err(ErrorCode::KAFKA_STORAGE_ERROR.into());
            }
            Err(error) => return Err(Failure::append(&error)),
        };
        self.advance(key);
        let answer = ProducePartitionResponse {
            index: partition.index,
            base_offset: Some(appended.base_offset),
            log_append_time_ms: appended.log_append_time_ms,
            log_start_offset: Some(appended.log_start),
            ..ProducePartitionResponse::default()
        };
        Ok((answer, key, epoch, appended.last_offset + 1))
    }

    fn await_replication(
        &mut self,
        ctx: &Context,
        timeout_ms: i32,
        response: ProduceResponse,
        replicating: &[Replicating],
    ) {
        let timeout = std::time::Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
        let deadline = self.now.mono + timeout;
        let Some(broker) = &mut self.broker else { return };
        let wait = ProduceWait {
            version: ctx.version,
            correlation_id: ctx.correlation_id,
            local: ctx.local.ip(),
            response,
            missing: replicating.len(),
        };
        broker.replicas.produces.insert(ctx.token, wait);
        for Replicating { key, end, epoch, place: (topic, partition) } in replicating {
            let owner = Owner::Produce { token: ctx.token, topic: *topic, partition: *partition };
            broker.replicas.appends.add(*key, *end, *epoch, owner, deadline);
        }
    }

    /// An append is replicated, or will not be acknowledged.
    pub(crate) fn append_decided(&mut self, owner: Owner, code: ErrorCode) {
        match owner {
            Owner::Produce { token, topic, partition } => self.produce_decided(token, topic, partition, code),
            Owner::Group { shard, append } => self.group_append_decided(shard, append, code),
        }
    }

    fn produce_decided(&mut self, token: Token, topic: usize, partition: usize, code: ErrorCode) {
        let Some(broker) = &mut self.broker else { return };
        let Some(wait) = broker.replicas.produces.get_mut(&token) else { return };
        if !code.is_ok() {
            let answer = &mut wait.response.topics[topic].partitions[partition];
            answer.error = code;
            answer.base_offset = None;
            answer.log_append_time_ms = None;
            answer.log_start_offset = None;
        }
        wait.missing -= 1;
        if wait.missing > 0 {
            return;
        }
        let Some(mut wait) = broker.replicas.produces.remove(&token) else { return };
        self.add_leader_hints(wait.version, wait.local, &mut wait.response);
        let answer = encode(&wait.response, wait.correlation_id, wait.version);
        self.answer(token, answer);
    }

    fn add_leader_hints(&self, version: i16, local: IpAddr, response: &mut ProduceResponse) {
        if version < FIRST_WITH_LEADER {
            return;
        }
        let mut endpoints = Vec::new();
        for topic in &mut response.topics {
            for partition in &mut topic.partitions {
                if partition.error != ErrorCode::NOT_LEADER_OR_FOLLOWER {
                    continue;
                }
                let (hint, endpoint) = self.leader_hint(&topic.topic, partition.index, local);
                partition.current_leader = hint;
                endpoints.extend(endpoint);
            }
        }
        endpoints.sort_by_key(|e| e.node);
        endpoints.dedup_by_key(|e| e.node);
        response.node_endpoints = endpoints;
    }

    /// With acks=0 the only way to say that something went wrong is to close the connection.
    fn unanswered(&mut self, response: &ProduceResponse) -> Answer {
        let failed = response.topics.iter().flat_map(|t| &t.partitions).find(|p| !p.error.is_ok());
        match failed {
            Some(partition) => {
                self.log(Level::Debug, format!("a write with acks=0 failed with {}", partition.error));
                Answer::HangUp(format!("a write with acks=0 failed with {}", partition.error))
            }
            None => Answer::Nothing,
        }
    }
}

/// Why a partition's batch was not appended.
struct Failure {
    code: ErrorCode,
    message: Option<String>,
    records: Vec<RecordError>,
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::code(code)
    }
}

impl Failure {
    fn code(code: ErrorCode) -> Self {
        Self { code, message: None, records: Vec::new() }
    }

    fn said(code: ErrorCode, message: &str) -> Self {
        Self { code, message: Some(message.to_owned()), records: Vec::new() }
    }

    fn append(error: &AppendError) -> Self {
        let (code, records) = match error {
            AppendError::Corrupt { .. } => (ErrorCode::CORRUPT_MESSAGE, None),
            AppendError::InvalidRecord { records, .. } => (ErrorCode::INVALID_RECORD, Some(records)),
            AppendError::InvalidTimestamp { records, .. } => (ErrorCode::INVALID_TIMESTAMP, Some(records)),
            AppendError::TooLarge { .. } => (ErrorCode::MESSAGE_TOO_LARGE, None),
            AppendError::LargerThanSegment { .. } => (ErrorCode::RECORD_LIST_TOO_LARGE, None),
            AppendError::OutOfOrderSequence { .. } => (ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, None),
            AppendError::InvalidProducerEpoch { .. } => (ErrorCode::INVALID_PRODUCER_EPOCH, None),
            AppendError::InvalidTxnState { .. } => (ErrorCode::INVALID_TXN_STATE, None),
            AppendError::CoordinatorFenced { .. } => (ErrorCode::TRANSACTION_COORDINATOR_FENCED, None),
            AppendError::UnexpectedOffset { .. } => (ErrorCode::UNKNOWN_SERVER_ERROR, None),
            AppendError::Storage(_) => (ErrorCode::KAFKA_STORAGE_ERROR, None),
        };
        let records = records.into_iter().flatten().map(|r| RecordError {
            batch_index: i32::try_from(r.index).unwrap_or(i32::MAX),
            message: Some(StrBytes::from_string(r.message.clone())),
        });
        Self { code, message: Some(error.to_string()), records: records.collect() }
    }

    fn answer(self, partition: &ProducePartition) -> ProducePartitionResponse {
        ProducePartitionResponse {
            index: partition.index,
            error: self.code,
            record_errors: self.records,
            error_message: self.message.map(StrBytes::from_string),
            ..ProducePartitionResponse::default()
        }
    }
}

/// What the request's version demands of its one batch; the log checks the rest.
fn check_batch(records: &Bytes, version: i16) -> Result<(), Failure> {
    let header = BatchHeader::parse(records)
        .map_err(|error| Failure::said(ErrorCode::CORRUPT_MESSAGE, &error.to_string()))?;
    if version < FIRST_WITH_ZSTD && matches!(header.attributes.codec(), Ok(Codec::Zstd)) {
        return Err(ErrorCode::UNSUPPORTED_COMPRESSION_TYPE.into());
    }
    Ok(())
}

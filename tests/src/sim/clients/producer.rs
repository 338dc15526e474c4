//! An idempotent producer with acks=all: several batches in flight per partition, retried in order until the cluster
//! says yes.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use kr_wire::batch::BatchBuilder;
use kr_wire::compression::Codec;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{Offset, ProducerId};
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::InitProducerIdRequest;
use kr_wire::produce::{ProducePartition, ProduceRequest, ProduceTopic};
use kr_wire::topic_ref::TopicRef;

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply, any_broker};
use super::routes::Routes;
use crate::sim::agenda::MS;
use crate::sim::plan::Plan;
use crate::sim::truth::{split, value};

/// `max.in.flight.requests.per.connection`, here per partition.
const MAX_IN_FLIGHT: usize = 5;

/// `retry.backoff.ms`
const BACKOFF: u64 = 20 * MS;

/// From this version on topics are named by id.
const FIRST_BY_ID: i16 = 13;

struct Batch {
    values: Vec<u64>,
    bytes: Bytes,
    flying: Option<u64>,
}

/// What goes to one partition.
struct Lane {
    topic: &'static str,
    partition: i32,
    counter: u64,
    sequence: i32,
    /// Not acknowledged, in the order of their sequences.
    batches: VecDeque<Batch>,
    /// After a failure nothing is sent until all answers are in: the order must hold.
    is_draining: bool,
    /// Whether the partition knows this producer. Until then one batch is sent at a time, because Kafka takes any
    /// sequence as the first of a producer: with several under way, the second might become the first.
    is_known: bool,
    not_before: u64,
    next_batch_at: u64,
}

/// A producer.
pub struct Producer {
    pub(super) calls: Calls,
    routes: Routes,
    id: u16,
    version: i16,
    identity: Option<(ProducerId, i16)>,
    asked_identity: Option<u64>,
    lanes: Vec<Lane>,
    flying: BTreeMap<u64, usize>,
}

impl Producer {
    /// A producer that has nothing yet; `id` tells its records from those of others.
    pub fn new(id: u16, version: i16, plan: &Plan) -> Self {
        let lanes = plan.topics.iter().flat_map(|topic| {
            (0..topic.partitions).map(|partition| Lane {
                topic: topic.name,
                partition,
                counter: 0,
                sequence: 0,
                batches: VecDeque::new(),
                is_draining: false,
                is_known: false,
                not_before: 0,
                next_batch_at: 0,
            })
        });
        Self {
            calls: Calls::default(),
            routes: Routes::new(),
            id,
            version,
            identity: None,
            asked_identity: None,
            lanes: lanes.collect(),
            flying: BTreeMap::new(),
        }
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        self.routes.run(&mut self.calls, around);
        let Some(identity) = self.identity else {
            if self.asked_identity.is_none() {
                let mut request = InitProducerIdRequest::default();
                request.transactional_id = None;
                let node = any_broker(around);
                let body = Body::Message(RequestKind::InitProducerId(request));
                self.asked_identity = Some(self.calls.call(node, 4, &body, around));
            }
            return;
        };
        for at in 0..self.lanes.len() {
            if around.is_busy {
                self.lanes[at].fill(self.id, identity, around);
            }
            self.send(at, around);
        }
    }

    fn send(&mut self, at: usize, around: &mut Surroundings<'_>) {
        let lane = &mut self.lanes[at];
        let flying = lane.batches.iter().filter(|batch| batch.flying.is_some()).count();
        if lane.is_draining && flying > 0 || lane.not_before > around.agenda.now() {
            return;
        }
        lane.is_draining = false;
        let unsent = lane.batches.iter_mut().filter(|batch| batch.flying.is_none());
        let most = if lane.is_known { MAX_IN_FLIGHT } else { 1 };
        for batch in unsent.take(most.saturating_sub(flying)) {
            let Some(leader) = self.routes.leader(lane.topic, lane.partition) else {
                return self.routes.doubt();
            };
            let topic = match self.routes.id(lane.topic) {
                Some(id) if self.version >= FIRST_BY_ID => TopicRef::Id(id),
                _ => TopicRef::Name(StrBytes::from_static_str(lane.topic)),
            };
            let partition =
                ProducePartition { index: lane.partition.into(), records: Some(batch.bytes.clone()) };
            let request = ProduceRequest {
                transactional_id: None,
                acks: -1,
                timeout_ms: 1000,
                topics: vec![ProduceTopic { topic, partitions: vec![partition] }],
            };
            let tag = self.calls.call(leader, self.version, &Body::Produce(request), around);
            let (sent_at, first) = (around.agenda.now(), batch.values[0]);
            let (topic, partition) = (lane.topic, lane.partition);
            around.trace.line(sent_at, || {
                format!("{topic}-{partition} is sent the batch of {first:x} at node {leader}")
            });
            batch.flying = Some(tag);
            self.flying.insert(tag, at);
        }
    }

    pub(super) fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        if self.routes.settle(tag, &outcome) {
            return Ok(());
        }
        if self.asked_identity == Some(tag) {
            self.asked_identity = None;
            if let Some(Reply::Message(reply)) = outcome
                && let ResponseKind::InitProducerId(response) = *reply
                && response.error_code == 0
            {
                self.identity = Some((ProducerId(response.producer_id.0), response.producer_epoch));
            }
            return Ok(());
        }
        let Some(at) = self.flying.remove(&tag) else { return Ok(()) };
        let (code, base) = match outcome {
            Some(Reply::Produce(response)) => {
                let answer = response.topics.first().and_then(|topic| topic.partitions.first());
                let answer = answer.ok_or("a Produce answer without its partition")?;
                (answer.error, answer.base_offset)
            }
            _ => (ErrorCode::REQUEST_TIMED_OUT, None),
        };
        self.settle_batch(at, tag, code, base, around)
    }

    fn settle_batch(
        &mut self,
        at: usize,
        tag: u64,
        code: ErrorCode,
        base: Option<Offset>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        let lane = &mut self.lanes[at];
        let Some(position) = lane.batches.iter().position(|batch| batch.flying == Some(tag)) else {
            return Ok(());
        };
        if code != ErrorCode::NONE {
            let at = around.agenda.now();
            let first = lane.batches[position].values[0];
            let (topic, partition) = (lane.topic, lane.partition);
            around.trace.line(at, || format!("{topic}-{partition} refuses the batch of {first:x}: {code}"));
        } else {
            let at = around.agenda.now();
            let first = lane.batches[position].values[0];
            let (topic, partition) = (lane.topic, lane.partition);
            around.trace.line(at, || format!("{topic}-{partition} takes the batch of {first:x} at {base:?}"));
        }
        match code {
            // Perhaps before those sent earlier to another leader: the log has them, their answers are late.
            ErrorCode::NONE => {
                let batch = lane.batches.remove(position).expect("its position was just found");
                lane.is_known = true;
                let base = base.ok_or("a batch was acknowledged without an offset")?;
                around.checks.acknowledged(lane.topic, lane.partition, base.0, &batch.values)?;
            }
            // It was acknowledged long ago, and the broker no longer knows where it is.
            ErrorCode::DUPLICATE_SEQUENCE_NUMBER => {
                lane.batches.remove(position);
            }
            // It is committed, and so old that its answer was lost long ago: the log has deleted it and cannot know.
            ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
                if around.plan.retains
                    && lane.batches[position].values.last().is_some_and(|last| {
                        let (producer, counter) = split(*last);
                        around.checks.has(lane.topic, lane.partition, producer, counter)
                    }) =>
            {
                lane.batches.remove(position);
            }
            code if code.is_retriable() || code == ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER => {
                lane.batches[position].flying = None;
                lane.is_draining = true;
                lane.not_before = around.agenda.now() + BACKOFF;
                self.routes.doubt();
            }
            code => {
                return Err(format!("{}-{} refused a batch for good: {code}", lane.topic, lane.partition));
            }
        }
        Ok(())
    }

    pub(super) fn unfinished(&self) -> Option<String> {
        let lane = self.lanes.iter().find(|lane| !lane.batches.is_empty())?;
        let (topic, partition, waiting) = (lane.topic, lane.partition, lane.batches.len());
        Some(format!("producer {} still has {waiting} batches for {topic}-{partition}", self.id))
    }
}

impl Lane {
    /// Makes the next batch if its time has come.
    fn fill(&mut self, producer: u16, (id, epoch): (ProducerId, i16), around: &mut Surroundings<'_>) {
        let now = around.agenda.now();
        if self.batches.len() >= 2 * MAX_IN_FLIGHT || self.next_batch_at > now {
            return;
        }
        let interval = around.plan.batch_interval;
        self.next_batch_at = now + interval / 2 + around.chance.below(interval);
        let codec = if around.chance.percent(10) { Codec::Lz4 } else { Codec::None };
        let mut builder =
            BatchBuilder::new(Offset::ZERO).codec(codec).producer(id, epoch, Some(self.sequence));
        let mut values = Vec::new();
        for _ in 0..around.chance.between(1, 4) {
            self.counter += 1;
            let value = value(producer, self.counter);
            let mut bytes = value.to_be_bytes().to_vec();
            bytes.resize(8 + around.chance.below(64) as usize, b'.');
            builder.push(1_700_000_000_000 + (now / 1000) as i64, None, Some(&bytes), &[]);
            values.push(value);
        }
        self.sequence += values.len() as i32;
        self.batches.push_back(Batch { values, bytes: builder.build(), flying: None });
    }
}

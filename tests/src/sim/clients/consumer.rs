//! A consumer that reads every partition from its beginning, in order, without a group.

use std::collections::BTreeMap;

use kr_wire::batch::Batches;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartition, FetchRequest, FetchTopic};
use kr_wire::ids::Offset;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kr_wire::messages::{ListOffsetsRequest, TopicName};
use kr_wire::topic_ref::TopicRef;

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply};
use super::routes::Routes;
use crate::sim::agenda::MS;
use crate::sim::checks::Checks;
use crate::sim::plan::Plan;
use crate::sim::truth::values_of;

/// A consumer.
pub struct Consumer {
    pub(super) calls: Calls,
    routes: Routes,
    version: i16,
    positions: BTreeMap<(&'static str, i32), i64>,
    /// Fetches under way, by tag: the node and what was asked for.
    flying: BTreeMap<u64, i32>,
    not_before: BTreeMap<i32, u64>,
    /// Positions that are out of range, and the question for the log's start if it is under way.
    lost: BTreeMap<(&'static str, i32), Option<u64>>,
}

/// From this version on topics are named by id.
const FIRST_BY_ID: i16 = 13;

impl Consumer {
    /// A consumer at the beginning of everything.
    pub fn new(version: i16, plan: &Plan) -> Self {
        let all = plan.topics.iter().flat_map(|topic| (0..topic.partitions).map(|p| ((topic.name, p), 0)));
        Self {
            calls: Calls::default(),
            routes: Routes::new(),
            version,
            positions: all.collect(),
            flying: BTreeMap::new(),
            not_before: BTreeMap::new(),
            lost: BTreeMap::new(),
        }
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        self.routes.run(&mut self.calls, around);
        self.look_for_starts(around);
        let mut wanted: BTreeMap<i32, BTreeMap<&'static str, Vec<FetchPartition>>> = BTreeMap::new();
        for ((topic, partition), position) in &self.positions {
            if self.lost.contains_key(&(*topic, *partition)) {
                continue;
            }
            let Some(leader) = self.routes.leader(topic, *partition) else {
                self.routes.doubt();
                continue;
            };
            let partition = FetchPartition {
                index: (*partition).into(),
                current_leader_epoch: None,
                fetch_offset: Offset(*position),
                last_fetched_epoch: None,
                log_start_offset: None,
                max_bytes: 64 * 1024,
                replica_directory: None,
                high_watermark: None,
            };
            wanted.entry(leader).or_default().entry(topic).or_default().push(partition);
        }
        for (node, topics) in wanted {
            let is_early = self.not_before.get(&node).is_some_and(|at| *at > around.agenda.now());
            if !is_early && !self.flying.values().any(|flying| *flying == node) {
                self.fetch(node, topics, around);
            }
        }
    }

    /// Asks where the logs begin of which the positions are out of range.
    fn look_for_starts(&mut self, around: &mut Surroundings<'_>) {
        for ((topic, partition), asked) in self.lost.iter_mut().filter(|(_, asked)| asked.is_none()) {
            let Some(leader) = self.routes.leader(topic, *partition) else {
                self.routes.doubt();
                continue;
            };
            let body = Body::Message(RequestKind::ListOffsets(earliest(topic, *partition)));
            *asked = Some(self.calls.call(leader, LIST_OFFSETS, &body, around));
        }
    }

    /// Takes the start of a log. A position at or above it is fine: the leader did not know yet how far it is
    /// committed.
    fn found_start(
        &mut self,
        key: (&'static str, i32),
        outcome: Outcome,
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        let start = match outcome {
            Some(Reply::Message(reply)) => match *reply {
                ResponseKind::ListOffsets(response) => {
                    let found = response.topics.first().and_then(|topic| topic.partitions.first());
                    let found = found.ok_or("a ListOffsets answer without its partition")?;
                    (found.error_code == 0).then_some(found.offset)
                }
                _ => return Err("an answer to another question".to_owned()),
            },
            _ => None,
        };
        let Some(start) = start else {
            self.lost.insert(key, None);
            self.routes.doubt();
            return Ok(());
        };
        self.lost.remove(&key);
        let position = self.positions.get_mut(&key).ok_or("a partition that was not asked for")?;
        if start > *position {
            around.checks.skipped(key.0, key.1, start)?;
            *position = start;
        }
        Ok(())
    }

    fn fetch(
        &mut self,
        node: i32,
        topics: BTreeMap<&'static str, Vec<FetchPartition>>,
        around: &mut Surroundings<'_>,
    ) {
        let topics = topics.into_iter().map(|(name, partitions)| FetchTopic {
            topic: match self.routes.id(name) {
                Some(id) if self.version >= FIRST_BY_ID => TopicRef::Id(id),
                _ => TopicRef::Name(StrBytes::from_static_str(name)),
            },
            partitions,
        });
        let request = FetchRequest {
            max_wait_ms: around.chance.below(300) as i32,
            min_bytes: 1,
            max_bytes: 1 << 20,
            topics: topics.collect(),
            ..FetchRequest::default()
        };
        let tag = self.calls.call(node, self.version, &Body::Fetch(request), around);
        self.flying.insert(tag, node);
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
        if let Some(key) = self.lost.iter().find(|(_, asked)| **asked == Some(tag)).map(|(key, _)| *key) {
            return self.found_start(key, outcome, around);
        }
        let Some(node) = self.flying.remove(&tag) else { return Ok(()) };
        let Some(Reply::Fetch(response)) = outcome else {
            self.pause(node, around);
            return Ok(());
        };
        if response.error != ErrorCode::NONE {
            self.pause(node, around);
        }
        for topic in &response.topics {
            let name = around.plan.topics.iter().map(|t| t.name).find(|name| match &topic.topic {
                TopicRef::Name(found) => found.as_str() == *name,
                TopicRef::Id(id) => self.routes.id(name) == Some(*id),
            });
            let name =
                name.ok_or_else(|| format!("a Fetch answer with {}, which was not asked for", topic.topic))?;
            for partition in &topic.partitions {
                if partition.error != ErrorCode::NONE {
                    self.refused((name, partition.index.0), partition.error)?;
                    self.pause(node, around);
                    continue;
                }
                self.take(
                    (name, partition.index.0),
                    partition.records.as_deref().unwrap_or_default(),
                    around,
                )?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        key: (&'static str, i32),
        records: &[u8],
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        let position = self.positions.get_mut(&key).ok_or("a partition that was not asked for")?;
        for batch in Batches::new(records) {
            let batch = batch.map_err(|e| format!("bad batch in a Fetch answer: {e}"))?;
            batch.verify_crc().map_err(|e| format!("bad batch in a Fetch answer: {e}"))?;
            let (base, next) = (batch.header.base_offset.0, batch.header.next_offset().0);
            if base > *position {
                return Err(format!("I9: {}-{}: {base} follows {position}", key.0, key.1));
            }
            for (offset, value) in (base..).zip(values_of(&batch)?) {
                if offset >= *position {
                    around.checks.consumed(key.0, key.1, offset, value)?;
                }
            }
            *position = next.max(*position);
        }
        Ok(())
    }

    fn refused(&mut self, key: (&'static str, i32), code: ErrorCode) -> Result<(), String> {
        self.routes.doubt();
        // Records may have been deleted, or a leader that was just elected does not know yet how far the log is
        // committed.
        if code == ErrorCode::OFFSET_OUT_OF_RANGE {
            self.lost.entry(key).or_default();
            return Ok(());
        }
        if code.is_retriable() {
            return Ok(());
        }
        Err(format!("{}-{} refused a fetch for good: {code}", key.0, key.1))
    }

    fn pause(&mut self, node: i32, around: &Surroundings<'_>) {
        self.routes.doubt();
        self.not_before.insert(node, around.agenda.now() + 20 * MS);
    }

    pub(super) fn unfinished(&self, checks: &Checks, plan: &Plan) -> Option<String> {
        for topic in &plan.topics {
            for partition in 0..topic.partitions {
                let end = checks.committed_end(topic.name, partition);
                let position = self.positions.get(&(topic.name, partition)).copied().unwrap_or(0);
                if position != end.0 {
                    let name = topic.name;
                    return Some(format!("a consumer is at {position} of {end} in {name}-{partition}"));
                }
            }
        }
        None
    }
}

/// Version of ListOffsets.
const LIST_OFFSETS: i16 = 7;

/// The timestamp that stands for the log's start.
const EARLIEST: i64 = -2;

fn earliest(topic: &'static str, index: i32) -> ListOffsetsRequest {
    let mut partition = ListOffsetsPartition::default();
    partition.partition_index = index;
    partition.timestamp = EARLIEST;
    let mut topics = ListOffsetsTopic::default();
    topics.name = TopicName(StrBytes::from_static_str(topic));
    topics.partitions = vec![partition];
    let mut request = ListOffsetsRequest::default();
    request.replica_id = (-1).into();
    request.topics = vec![topics];
    request
}

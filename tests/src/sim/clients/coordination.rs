//! What all clients of a group do: find its coordinator, ask it one question at a time, commit offsets and read them
//! back.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kr_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kr_wire::messages::{
    FindCoordinatorRequest, GroupId, OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest,
    OffsetFetchResponse, TopicName,
};

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply, any_broker, broker_at};
use crate::sim::agenda::MS;
use crate::sim::groups::{Place, Tag};

/// Version of OffsetFetch that asks about groups by name.
pub const OFFSET_FETCH: i16 = 8;

/// `retry.backoff.ms`
const BACKOFF: u64 = 30 * MS;

/// The way to a group's coordinator, and the one question that is under way.
pub struct Coordination<Q> {
    pub(super) calls: Calls,
    /// The group.
    pub group: &'static str,
    coordinator: Option<i32>,
    flying: Option<(u64, Asked<Q>)>,
    not_before: u64,
}

enum Asked<Q> {
    Coordinator,
    Other(Q),
}

/// Offsets that were asked for, each with the number of commits that the answer must not miss.
pub type Floors = BTreeMap<Place, usize>;

impl<Q> Coordination<Q> {
    /// Nothing is known.
    pub fn new(group: &'static str) -> Self {
        Self { calls: Calls::default(), group, coordinator: None, flying: None, not_before: 0 }
    }

    /// The coordinator, if it may be asked something now. Finds it if need be.
    pub fn ready(&mut self, around: &mut Surroundings<'_>) -> Option<i32> {
        if self.flying.is_some() || self.not_before > around.agenda.now() {
            return None;
        }
        if self.coordinator.is_none() {
            let mut request = FindCoordinatorRequest::default();
            request.coordinator_keys = vec![StrBytes::from_static_str(self.group)];
            let (node, body) = (any_broker(around), Body::Message(RequestKind::FindCoordinator(request)));
            self.flying = Some((self.calls.call(node, 4, &body, around), Asked::Coordinator));
        }
        self.coordinator
    }

    /// Asks the coordinator.
    pub fn ask(&mut self, question: Q, version: i16, request: RequestKind, around: &mut Surroundings<'_>) {
        let Some(node) = self.coordinator else { return };
        let tag = self.calls.call(node, version, &Body::Message(request), around);
        self.flying = Some((tag, Asked::Other(question)));
    }

    /// Takes an outcome; returns the question that it answers, with the answer if there is one.
    pub fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &Surroundings<'_>,
    ) -> Option<(Q, Option<ResponseKind>)> {
        let (_, asked) = self.flying.take_if(|(flying, _)| *flying == tag)?;
        let reply = match outcome {
            Some(Reply::Message(reply)) => Some(*reply),
            _ => None,
        };
        if reply.is_none() {
            self.doubt(around);
        }
        match (asked, reply) {
            (Asked::Other(question), reply) => return Some((question, reply)),
            (Asked::Coordinator, Some(ResponseKind::FindCoordinator(response))) => {
                let found = response.coordinators.first().filter(|found| found.error_code == 0);
                self.coordinator = found.and_then(|found| broker_at(found.port));
                if self.coordinator.is_none() {
                    self.pause(BACKOFF, around);
                }
            }
            (Asked::Coordinator, _) => {}
        }
        None
    }

    /// The coordinator may be elsewhere: it is looked for after a while.
    pub fn doubt(&mut self, around: &Surroundings<'_>) {
        self.coordinator = None;
        self.pause(BACKOFF, around);
    }

    /// Asks nothing for so many microseconds.
    pub fn pause(&mut self, span: u64, around: &Surroundings<'_>) {
        self.not_before = self.not_before.max(around.agenda.now() + span);
    }

    /// Asks for committed offsets; `question` gets the floors that [`fetched`] wants.
    pub fn fetch(
        &mut self,
        places: &[Place],
        question: impl FnOnce(Floors) -> Q,
        around: &mut Surroundings<'_>,
    ) {
        let Some(node) = self.coordinator else { return };
        let floor = |place: &Place| around.checks.commits_known_to(node, self.group, place);
        let floors = places.iter().map(|place| (place.clone(), floor(place))).collect();
        let request = RequestKind::OffsetFetch(fetch(self.group, places));
        self.ask(question(floors), OFFSET_FETCH, request, around);
    }
}

/// The request that commits tags as offsets of partitions, from a member or from outside the group.
pub fn commit(
    group: &'static str,
    instance: Option<&'static str>,
    tags: &BTreeMap<Place, Tag>,
) -> OffsetCommitRequest {
    let mut request = OffsetCommitRequest::default();
    request.group_id = GroupId(StrBytes::from_static_str(group));
    request.group_instance_id = instance.map(StrBytes::from_static_str);
    for ((topic, index), tag) in tags {
        request.generation_id_or_member_epoch = tag.generation;
        request.member_id = StrBytes::from_string(tag.member.clone());
        let mut partition = OffsetCommitRequestPartition::default();
        partition.partition_index = *index;
        partition.committed_offset = tag.offset;
        partition.committed_metadata = Some(StrBytes::from_string(tag.to_string()));
        let mut topics = OffsetCommitRequestTopic::default();
        topics.name = TopicName(StrBytes::from_string(topic.clone()));
        topics.partitions = vec![partition];
        request.topics.push(topics);
    }
    request
}

/// What became of a commit: the tags that are stored, and the first error.
///
/// # Errors
/// When one was acknowledged that is not committed.
pub fn committed(
    group: &str,
    tags: &BTreeMap<Place, Tag>,
    response: &OffsetCommitResponse,
    around: &Surroundings<'_>,
) -> Result<ErrorCode, String> {
    let mut first = ErrorCode::NONE;
    for (place, tag) in tags {
        let topics = response.topics.iter().filter(|topic| topic.name.as_str() == place.0);
        let mut partitions = topics.flat_map(|topic| &topic.partitions);
        let answer = partitions.find(|partition| partition.partition_index == place.1);
        match ErrorCode(answer.ok_or("an OffsetCommit answer without its partition")?.error_code) {
            ErrorCode::NONE => around.checks.groups.acknowledged(group, place, tag)?,
            code if first == ErrorCode::NONE => first = code,
            _ => {}
        }
    }
    Ok(first)
}

/// The offsets in an answer, or its error.
///
/// # Errors
/// When one is not what is committed.
pub fn fetched(
    group: &str,
    floors: &Floors,
    response: &OffsetFetchResponse,
    around: &Surroundings<'_>,
) -> Result<Result<BTreeMap<Place, i64>, ErrorCode>, String> {
    let answer = response.groups.first().ok_or("an OffsetFetch answer without its group")?;
    if answer.error_code != 0 {
        return Ok(Err(ErrorCode(answer.error_code)));
    }
    let mut found = BTreeMap::new();
    for (place, floor) in floors {
        let topics = answer.topics.iter().filter(|topic| topic.name.as_str() == place.0);
        let mut partitions = topics.flat_map(|topic| &topic.partitions);
        let partition = partitions.find(|partition| partition.partition_index == place.1);
        let partition = partition.ok_or("an OffsetFetch answer without its partition")?;
        if partition.error_code != 0 {
            return Ok(Err(ErrorCode(partition.error_code)));
        }
        let tag = partition.metadata.as_deref().filter(|_| partition.committed_offset >= 0);
        around.checks.groups.fetched(group, place, *floor, tag)?;
        found.insert(place.clone(), partition.committed_offset);
    }
    Ok(Ok(found))
}

fn fetch(group: &'static str, places: &[Place]) -> OffsetFetchRequest {
    let topics = places.iter().map(|(topic, index)| {
        let mut topics = OffsetFetchRequestTopics::default();
        topics.name = TopicName(StrBytes::from_string(topic.clone()));
        topics.partition_indexes = vec![*index];
        topics
    });
    let mut wanted = OffsetFetchRequestGroup::default();
    wanted.group_id = GroupId(StrBytes::from_static_str(group));
    wanted.member_id = None;
    wanted.topics = Some(topics.collect());
    let mut request = OffsetFetchRequest::default();
    request.groups = vec![wanted];
    request
}

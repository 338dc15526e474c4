//! Commits ever larger offsets of a group without members, and reads them back: they must not move by themselves (I14).

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kr_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kr_wire::messages::{
    FindCoordinatorRequest, GroupId, OffsetCommitRequest, OffsetFetchRequest, TopicName,
};

use super::Surroundings;
use super::calls::{Body, Calls, Outcome, Reply, any_broker, broker_at};
use crate::sim::agenda::MS;

const GROUP: &str = "readers";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Coordinator,
    Commit(i64),
    Fetch { from: i32 },
}

/// A client that only commits.
pub struct Committer {
    pub(super) calls: Calls,
    coordinator: Option<i32>,
    flying: Option<(u64, Question)>,
    not_before: u64,
    /// Newest offset that was acknowledged.
    committed: Option<i64>,
    /// Offsets of which nothing was heard: each may be committed at any time.
    unknown: Vec<i64>,
    next: i64,
    /// Whether what was committed last has been read back.
    is_checked: bool,
}

impl Committer {
    /// Nothing is committed.
    pub fn new() -> Self {
        Self {
            calls: Calls::default(),
            coordinator: None,
            flying: None,
            not_before: 0,
            committed: None,
            unknown: Vec::new(),
            next: 1,
            is_checked: true,
        }
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        if self.flying.is_some() || self.not_before > around.agenda.now() {
            return;
        }
        if !around.is_busy && self.is_checked {
            return;
        }
        let Some(coordinator) = self.coordinator else {
            let mut request = FindCoordinatorRequest::default();
            request.coordinator_keys = vec![StrBytes::from_static_str(GROUP)];
            let node = any_broker(around);
            return self.ask(Question::Coordinator, node, 4, RequestKind::FindCoordinator(request), around);
        };
        self.not_before = around.agenda.now() + around.chance.between(20, 200) * MS;
        if around.is_busy && around.chance.percent(60) {
            let offset = self.next;
            self.next += 1;
            self.is_checked = false;
            let request = RequestKind::OffsetCommit(commit(around.plan.topics[0].name, offset));
            self.ask(Question::Commit(offset), coordinator, 8, request, around);
        } else {
            let request = RequestKind::OffsetFetch(fetch(around.plan.topics[0].name));
            self.ask(Question::Fetch { from: coordinator }, coordinator, 8, request, around);
        }
    }

    fn ask(
        &mut self,
        question: Question,
        node: i32,
        version: i16,
        request: RequestKind,
        around: &mut Surroundings<'_>,
    ) {
        let tag = self.calls.call(node, version, &Body::Message(request), around);
        self.flying = Some((tag, question));
    }

    pub(super) fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        let Some((_, question)) = self.flying.take_if(|(flying, _)| *flying == tag) else { return Ok(()) };
        let reply = match outcome {
            Some(Reply::Message(reply)) => Some(*reply),
            _ => None,
        };
        match (question, reply) {
            (Question::Coordinator, Some(ResponseKind::FindCoordinator(response))) => {
                let found = response.coordinators.first().filter(|found| found.error_code == 0);
                self.coordinator = found.and_then(|found| broker_at(found.port));
            }
            (Question::Commit(offset), Some(ResponseKind::OffsetCommit(response))) => {
                let code = response.topics.first().and_then(|t| t.partitions.first()).map(|p| p.error_code);
                self.commit_settled(
                    offset,
                    ErrorCode(code.ok_or("an OffsetCommit answer without its partition")?),
                )?;
            }
            (Question::Fetch { from }, Some(ResponseKind::OffsetFetch(response))) => {
                let group = response.groups.first().ok_or("an OffsetFetch answer without its group")?;
                if group.error_code == 0 {
                    let partition = group.topics.first().and_then(|topic| topic.partitions.first());
                    let partition = partition.ok_or("an OffsetFetch answer without its partition")?;
                    // A coordinator that has been replaced and does not know it yet answers from its memory, in Kafka
                    // too; the new one is told from it by the metadata.
                    if partition.error_code == 0 && !is_coordinator(from, around) {
                        self.coordinator = None;
                    } else {
                        self.fetched(partition.committed_offset, ErrorCode(partition.error_code))?;
                    }
                } else {
                    self.moved(ErrorCode(group.error_code))?;
                }
            }
            (Question::Commit(offset), _) => {
                self.unknown.push(offset);
                self.coordinator = None;
            }
            (_, _) => self.coordinator = None,
        }
        if self.coordinator.is_none() {
            self.not_before = around.agenda.now() + 30 * MS;
        }
        Ok(())
    }

    fn commit_settled(&mut self, offset: i64, code: ErrorCode) -> Result<(), String> {
        match code {
            ErrorCode::NONE => {
                self.committed = Some(offset);
                Ok(())
            }
            // Refused before anything was written, or written and not heard of: only the offset knows.
            code => {
                self.unknown.push(offset);
                if code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION {
                    return Ok(());
                }
                self.moved(code)
            }
        }
    }

    fn fetched(&mut self, offset: i64, code: ErrorCode) -> Result<(), String> {
        if code != ErrorCode::NONE {
            return self.moved(code);
        }
        let found = (offset >= 0).then_some(offset);
        let is_allowed =
            found == self.committed || found.is_some_and(|offset| self.unknown.contains(&offset));
        if !is_allowed {
            return Err(format!(
                "I14: the committed offset is {found:?}, should be {:?} or one of {:?}",
                self.committed, self.unknown
            ));
        }
        self.committed = found;
        self.is_checked = true;
        Ok(())
    }

    fn moved(&mut self, code: ErrorCode) -> Result<(), String> {
        self.coordinator = None;
        if code.is_retriable() {
            Ok(())
        } else {
            Err(format!("the group's coordinator refused for good: {code}"))
        }
    }

    pub(super) fn unfinished(&self) -> Option<String> {
        (!self.is_checked).then(|| "committed offsets have yet to be read back".to_owned())
    }
}

impl Default for Committer {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the group's partition is led by that node, by the newest metadata.
fn is_coordinator(node: i32, around: &Surroundings<'_>) -> bool {
    let (_, image) = around.checks.image();
    let Some(topic) = image.topic_by_name("__consumer_offsets") else { return false };
    let index = kr_coordinator::partition_for(GROUP, topic.partitions.len() as i32);
    topic.partitions.get(&index).is_some_and(|partition| partition.leader == Some(node.into()))
}

fn commit(topic: &'static str, offset: i64) -> OffsetCommitRequest {
    let mut partition = OffsetCommitRequestPartition::default();
    partition.partition_index = 0;
    partition.committed_offset = offset;
    let mut topics = OffsetCommitRequestTopic::default();
    topics.name = TopicName(StrBytes::from_static_str(topic));
    topics.partitions = vec![partition];
    let mut request = OffsetCommitRequest::default();
    request.group_id = GroupId(StrBytes::from_static_str(GROUP));
    request.generation_id_or_member_epoch = -1;
    request.group_instance_id = None;
    request.topics = vec![topics];
    request
}

fn fetch(topic: &'static str) -> OffsetFetchRequest {
    let mut topics = OffsetFetchRequestTopics::default();
    topics.name = TopicName(StrBytes::from_static_str(topic));
    topics.partition_indexes = vec![0];
    let mut group = OffsetFetchRequestGroup::default();
    group.group_id = GroupId(StrBytes::from_static_str(GROUP));
    group.member_id = None;
    group.topics = Some(vec![topics]);
    let mut request = OffsetFetchRequest::default();
    request.groups = vec![group];
    request
}

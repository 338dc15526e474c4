//! A consumer of a classic group: it joins, is assigned partitions, commits offsets of them and reads them back; it
//! leaves, comes back, and now and then commits for a generation that is over, which nobody may believe.

use std::collections::BTreeMap;

use bytes::Bytes;
use kr_client::admin::TopicPartition;
use kr_client::group::protocol::{RANGE, decode_assignment, encode_assignment, encode_subscription, range};
use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::join_group_request::JoinGroupRequestProtocol;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use kr_wire::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, SyncGroupRequest,
};

use super::Surroundings;
use super::calls::{Calls, Outcome};
use super::coordination::{Coordination, Floors, commit, committed, fetched};
use crate::sim::agenda::MS;
use crate::sim::checks::Checks;
use crate::sim::groups::{Place, Tag};
use crate::sim::plan::Plan;

const GROUP: &str = "workers";

/// `rebalance.timeout.ms`: shorter than a client waits for an answer.
const REBALANCE_TIMEOUT_MS: i32 = 900;

/// Versions that clients of some age use of the APIs of groups.
#[derive(Debug)]
pub struct Versions {
    join: i16,
    sync: i16,
    heartbeat: i16,
    leave: i16,
    commit: i16,
}

/// From this version of LeaveGroup on, members are listed.
const LEAVE_LISTS_FROM: i16 = 3;

/// Versions of before KIP-345, of Kafka 2.4 and of Kafka 4.1; static members need one of the last two.
pub const VERSIONS: [Versions; 3] = [
    Versions { join: 2, sync: 1, heartbeat: 1, leave: 1, commit: 3 },
    Versions { join: 5, sync: 3, heartbeat: 3, leave: 3, commit: 7 },
    Versions { join: 9, sync: 5, heartbeat: 4, leave: 5, commit: 9 },
];

enum Question {
    Join,
    Sync {
        generation: i32,
    },
    Heartbeat,
    Leave,
    Fetch(Floors),
    Commit(BTreeMap<Place, Tag>),
    /// A commit for a generation that is over.
    LateCommit,
}

/// How far it is with its membership.
enum Stage {
    Outside,
    /// In a generation, without an assignment; what it assigns, if it leads.
    Joined {
        generation: i32,
        assignments: Vec<SyncGroupRequestAssignment>,
    },
    Assigned {
        generation: i32,
        /// Its partitions with the newest offsets it knows; `None` before they are read.
        positions: BTreeMap<Place, Option<i64>>,
    },
}

/// A member.
pub struct Member {
    coordination: Coordination<Question>,
    versions: &'static Versions,
    instance: Option<&'static str>,
    id: String,
    stage: Stage,
    /// Its newest assignment's member id, generation and partitions.
    last: Option<(String, i32, Vec<Place>)>,
    /// The same of an assignment that is over for certain, because the one behind it is committed.
    former: Option<(String, i32, Vec<Place>)>,
}

impl Member {
    /// A member that has yet to join; a static one has an instance id.
    pub fn new(instance: Option<&'static str>, versions: &'static Versions) -> Self {
        Self {
            coordination: Coordination::new(GROUP),
            versions,
            instance,
            id: String::new(),
            stage: Stage::Outside,
            last: None,
            former: None,
        }
    }

    pub(super) fn calls(&mut self) -> &mut Calls {
        &mut self.coordination.calls
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        if self.coordination.ready(around).is_none() {
            return;
        }
        match &self.stage {
            Stage::Outside => {
                let request = RequestKind::JoinGroup(self.join(around.plan));
                self.coordination.ask(Question::Join, self.versions.join, request, around);
            }
            Stage::Joined { generation, assignments } => {
                let (generation, assignments) = (*generation, assignments.clone());
                let request = RequestKind::SyncGroup(self.sync(generation, assignments));
                self.coordination.ask(Question::Sync { generation }, self.versions.sync, request, around);
            }
            Stage::Assigned { generation, positions } => {
                let unread = positions.iter().filter(|(_, position)| position.is_none());
                let unread: Vec<Place> = unread.map(|(place, _)| place.clone()).collect();
                let generation = *generation;
                if unread.is_empty() {
                    self.work(generation, around);
                } else {
                    self.coordination.fetch(&unread, Question::Fetch, around);
                }
            }
        }
    }

    /// What a member with an assignment does next.
    fn work(&mut self, generation: i32, around: &mut Surroundings<'_>) {
        let pause = around.chance.between(20, 150) * MS;
        self.coordination.pause(pause, around);
        let draw = if around.is_busy { around.chance.below(100) } else { 0 };
        match draw {
            0..=44 => {
                let mut request = HeartbeatRequest::default();
                request.group_id = GroupId(StrBytes::from_static_str(GROUP));
                request.generation_id = generation;
                request.member_id = StrBytes::from_string(self.id.clone());
                request.group_instance_id = self.instance.map(StrBytes::from_static_str);
                let request = RequestKind::Heartbeat(request);
                self.coordination.ask(Question::Heartbeat, self.versions.heartbeat, request, around);
            }
            45..=84 => self.commit(generation, around),
            85..=91 => self.commit_late(around),
            // The process ends and another one takes its place; nobody tells the group.
            92..=94 => {
                self.id.clear();
                self.stage = Stage::Outside;
            }
            // The process stands still, perhaps for longer than its session lasts.
            95..=97 => {
                let span = around.chance.below(around.plan.session_timeout * 3 / 2);
                self.coordination.pause(span, around);
            }
            _ if self.instance.is_none() => {
                let request = RequestKind::LeaveGroup(self.leave());
                self.coordination.ask(Question::Leave, self.versions.leave, request, around);
            }
            // A static member that goes away says nothing.
            _ => {}
        }
    }

    fn commit(&mut self, generation: i32, around: &mut Surroundings<'_>) {
        let Stage::Assigned { positions, .. } = &self.stage else { return };
        let tags: BTreeMap<Place, Tag> = positions
            .iter()
            .map(|(place, position)| {
                let offset = position.map_or(0, |position| position + 1);
                (place.clone(), Tag { member: self.id.clone(), generation, offset })
            })
            .collect();
        if tags.is_empty() {
            return;
        }
        let request = RequestKind::OffsetCommit(commit(GROUP, self.instance, &tags));
        self.coordination.ask(Question::Commit(tags), self.versions.commit, request, around);
    }

    fn commit_late(&mut self, around: &mut Surroundings<'_>) {
        let Some((member, generation, places)) = self.former.clone() else { return };
        let tag = Tag { member, generation, offset: 1_000_000 };
        let tags: BTreeMap<Place, Tag> = places.into_iter().map(|place| (place, tag.clone())).collect();
        if tags.is_empty() {
            return;
        }
        let request = RequestKind::OffsetCommit(commit(GROUP, self.instance, &tags));
        self.coordination.ask(Question::LateCommit, self.versions.commit, request, around);
    }

    pub(super) fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        let Some((question, Some(reply))) = self.coordination.settle(tag, outcome, around) else {
            return Ok(());
        };
        let code = match (question, reply) {
            (Question::Join, ResponseKind::JoinGroup(response)) => self.joined(response, around.plan),
            (Question::Sync { generation }, ResponseKind::SyncGroup(response)) => {
                match ErrorCode(response.error_code) {
                    ErrorCode::NONE => {
                        self.assigned(generation, &response.assignment, around)?;
                        ErrorCode::NONE
                    }
                    code => code,
                }
            }
            (Question::Heartbeat, ResponseKind::Heartbeat(response)) => ErrorCode(response.error_code),
            (Question::Leave, ResponseKind::LeaveGroup(response)) => {
                let member = response.members.first().map(|member| member.error_code).unwrap_or_default();
                let code = if response.error_code == 0 { member } else { response.error_code };
                if code == 0 {
                    self.id.clear();
                    self.stage = Stage::Outside;
                }
                ErrorCode(code)
            }
            (Question::Fetch(floors), ResponseKind::OffsetFetch(response)) => {
                match fetched(GROUP, &floors, &response, around)? {
                    Ok(found) => {
                        self.read(found);
                        ErrorCode::NONE
                    }
                    Err(code) => code,
                }
            }
            (Question::Commit(tags), ResponseKind::OffsetCommit(response)) => {
                let code = committed(GROUP, &tags, &response, around)?;
                if code == ErrorCode::NONE {
                    self.read(tags.into_iter().map(|(place, tag)| (place, tag.offset)).collect());
                }
                code
            }
            (Question::LateCommit, ResponseKind::OffsetCommit(response)) => {
                let partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
                if let Some(taken) = partitions.into_iter().find(|partition| partition.error_code == 0) {
                    let index = taken.partition_index;
                    return Err(format!(
                        "I14: {:?} committed for partition {index} although its generation is over",
                        self.former
                    ));
                }
                return Ok(());
            }
            _ => return Err("an answer to another question".to_owned()),
        };
        self.refused(code, around)
    }

    fn joined(&mut self, response: JoinGroupResponse, plan: &Plan) -> ErrorCode {
        let code = ErrorCode(response.error_code);
        if code == ErrorCode::MEMBER_ID_REQUIRED {
            self.id = response.member_id.to_string();
            return ErrorCode::NONE;
        }
        if code != ErrorCode::NONE {
            return code;
        }
        self.id = response.member_id.to_string();
        let leads = response.leader == response.member_id && !response.skip_assignment;
        let members = response.members.iter().map(|member| member.member_id.to_string());
        let assignments = if leads { assign(members.collect(), plan) } else { Vec::new() };
        self.stage = Stage::Joined { generation: response.generation_id, assignments };
        ErrorCode::NONE
    }

    fn assigned(&mut self, generation: i32, bytes: &Bytes, around: &Surroundings<'_>) -> Result<(), String> {
        around.checks.groups.assigned(GROUP, generation, &self.id, bytes)?;
        let partitions = decode_assignment(bytes).map_err(|e| format!("bad assignment: {e}"))?;
        let places: Vec<Place> =
            partitions.into_iter().map(|p| (p.topic.to_string(), p.partition.0)).collect();
        let now = (self.id.clone(), generation, places.clone());
        if let Some(last) = self.last.replace(now)
            && (last.1 < generation || self.instance.is_some() && last.0 != self.id)
        {
            self.former = Some(last);
        }
        let positions = places.into_iter().map(|place| (place, None)).collect();
        self.stage = Stage::Assigned { generation, positions };
        Ok(())
    }

    fn read(&mut self, offsets: BTreeMap<Place, i64>) {
        if let Stage::Assigned { positions, .. } = &mut self.stage {
            positions.extend(offsets.into_iter().map(|(place, offset)| (place, Some(offset))));
        }
    }

    /// What a member does when it is refused.
    fn refused(&mut self, code: ErrorCode, around: &Surroundings<'_>) -> Result<(), String> {
        match code {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION => self.stage = Stage::Outside,
            // A repeated JoinGroup of a static member fences the one before it.
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID | ErrorCode::GROUP_ID_NOT_FOUND => {
                self.id.clear();
                self.stage = Stage::Outside;
            }
            code if code.is_retriable() => self.coordination.doubt(around),
            code => return Err(format!("the coordinator of {GROUP} refused for good: {code}")),
        }
        Ok(())
    }

    pub(super) fn unfinished(&self, checks: &Checks) -> Option<String> {
        let newest = checks.groups.generation(GROUP);
        match &self.stage {
            Stage::Assigned { generation, positions }
                if *generation == newest && positions.values().all(Option::is_some) =>
            {
                None
            }
            _ => Some(format!("member {:?} of {GROUP} is not in generation {newest}", self.id)),
        }
    }

    fn join(&self, plan: &Plan) -> JoinGroupRequest {
        let topics: Vec<_> = plan.topics.iter().map(|topic| topic.name.into()).collect();
        let mut protocol = JoinGroupRequestProtocol::default();
        protocol.name = StrBytes::from_static_str(RANGE);
        protocol.metadata = encode_subscription(&topics).into();
        let mut request = JoinGroupRequest::default();
        request.group_id = GroupId(StrBytes::from_static_str(GROUP));
        request.session_timeout_ms = (plan.session_timeout / MS) as i32;
        request.rebalance_timeout_ms = REBALANCE_TIMEOUT_MS;
        request.member_id = StrBytes::from_string(self.id.clone());
        request.group_instance_id = self.instance.map(StrBytes::from_static_str);
        request.protocol_type = StrBytes::from_static_str("consumer");
        request.protocols = vec![protocol];
        request.reason = None;
        request
    }

    fn sync(&self, generation: i32, assignments: Vec<SyncGroupRequestAssignment>) -> SyncGroupRequest {
        let mut request = SyncGroupRequest::default();
        request.group_id = GroupId(StrBytes::from_static_str(GROUP));
        request.generation_id = generation;
        request.member_id = StrBytes::from_string(self.id.clone());
        request.group_instance_id = self.instance.map(StrBytes::from_static_str);
        request.protocol_type = (self.versions.sync >= 5).then(|| StrBytes::from_static_str("consumer"));
        request.protocol_name = (self.versions.sync >= 5).then(|| StrBytes::from_static_str(RANGE));
        request.assignments = assignments;
        request
    }

    fn leave(&self) -> LeaveGroupRequest {
        let mut request = LeaveGroupRequest::default();
        request.group_id = GroupId(StrBytes::from_static_str(GROUP));
        let id = StrBytes::from_string(self.id.clone());
        if self.versions.leave < LEAVE_LISTS_FROM {
            request.member_id = id;
            return request;
        }
        let mut member = MemberIdentity::default();
        member.member_id = id;
        member.group_instance_id = None;
        member.reason = None;
        request.members = vec![member];
        request
    }
}

/// Shares out all partitions of all topics.
fn assign(members: Vec<String>, plan: &Plan) -> Vec<SyncGroupRequestAssignment> {
    let topics: Vec<_> = plan.topics.iter().map(|topic| topic.name.into()).collect();
    let members = members.into_iter().map(|member| (member, topics.clone())).collect();
    let partitions = plan.topics.iter().map(|topic| (topic.name.into(), topic.partitions)).collect();
    let share = |(member, share): (String, Vec<TopicPartition>)| {
        let mut assignment = SyncGroupRequestAssignment::default();
        assignment.member_id = StrBytes::from_string(member);
        assignment.assignment = encode_assignment(&share).into();
        assignment
    };
    range(&members, &partitions).into_iter().map(share).collect()
}

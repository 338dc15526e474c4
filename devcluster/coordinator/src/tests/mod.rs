//! Tests of whole rules, through the shard's own interface; and the rig they stand in.

mod encoding;
mod joining;
mod offsets;
mod replaying;
mod sessions;
mod simulation;
mod syncing;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::{GroupMetadataValue, GroupRecord, KeyValue};
use kr_wire::messages::describe_groups_response::DescribedGroup;
use kr_wire::messages::join_group_request::JoinGroupRequestProtocol;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kr_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kr_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use kr_wire::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse,
    OffsetCommitRequest, SyncGroupRequest, SyncGroupResponse, TopicName,
};
use kr_wire::time::{Mono, Now};

use crate::{
    AppendId, Caller, GroupConfig, GroupRequest, GroupResponse, GroupShard, Output, Replayed, Token,
};

const SESSION_MS: i32 = 10_000;
const REBALANCE_MS: i32 = 60_000;

/// A shard with a clock and a log that replicates when it is told to.
struct Rig {
    shard: GroupShard,
    now: Now,
    tokens: u64,
    answers: BTreeMap<Token, GroupResponse>,
    appends: VecDeque<(AppendId, Vec<KeyValue>)>,
    /// Every record handed out whose append did not fail.
    log: Vec<KeyValue>,
}

impl Rig {
    fn new() -> Self {
        Self::with(GroupConfig::default())
    }

    fn with(config: GroupConfig) -> Self {
        let mut rig = Self {
            shard: GroupShard::new(config, 7),
            now: Now { mono: Mono(1_000_000), wall_ms: 1_700_000_000_000 },
            tokens: 0,
            answers: BTreeMap::new(),
            appends: VecDeque::new(),
            log: Vec::new(),
        };
        rig.shard.loaded(rig.now);
        rig
    }

    /// A shard that replays this one's log.
    fn reloaded(&self) -> Self {
        let mut rig = Self { shard: GroupShard::new(GroupConfig::default(), 8), ..Self::new() };
        rig.now = self.now;
        for (key, value) in &self.log {
            let record = Replayed { key, value: value.as_deref(), producer: None };
            rig.shard.replay(record).expect("own records are well formed");
        }
        rig.shard.loaded(rig.now);
        rig
    }

    fn send_as(&mut self, request: GroupRequest, api_version: i16) -> Token {
        let token = Token(self.tokens);
        self.tokens += 1;
        let caller = Caller { client_id: "client".into(), client_host: "/127.0.0.1".into(), api_version };
        self.shard.handle(request, caller, token, self.now);
        self.drain();
        token
    }

    /// Sends a request that must be answered at once.
    fn ask(&mut self, request: GroupRequest, api_version: i16) -> GroupResponse {
        let token = self.send_as(request, api_version);
        self.answers.remove(&token).expect("an answer at once")
    }

    fn drain(&mut self) {
        while let Some(output) = self.shard.poll_output() {
            match output {
                Output::Reply { token, response } => {
                    let before = self.answers.insert(token, response);
                    assert_eq!(before, None, "request {token:?} was answered twice");
                }
                Output::Append { id, records } => self.appends.push_back((id, records)),
            }
        }
    }

    /// Replicates everything that is on its way.
    fn replicate(&mut self) {
        while let Some((id, records)) = self.appends.pop_front() {
            self.log.extend(records);
            self.shard.appended(id, Ok(()), self.now);
            self.drain();
        }
    }

    /// Fails everything that is on its way.
    fn fail(&mut self, error: ErrorCode) {
        for (id, _) in std::mem::take(&mut self.appends) {
            self.shard.appended(id, Err(error), self.now);
        }
        self.drain();
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, ms: u64) {
        let end = self.now.mono + Duration::from_millis(ms);
        while let Some(at) = self.shard.next_deadline().filter(|at| *at <= end) {
            self.set_clock(at.max(self.now.mono));
            self.shard.tick(self.now);
            self.drain();
        }
        self.set_clock(end);
    }

    fn set_clock(&mut self, at: Mono) {
        self.now.wall_ms += i64::try_from((at - self.now.mono).as_millis()).expect("short");
        self.now.mono = at;
    }

    fn is_parked(&self, token: Token) -> bool {
        !self.answers.contains_key(&token)
    }

    fn joined(&mut self, token: Token) -> JoinGroupResponse {
        match self.answers.remove(&token) {
            Some(GroupResponse::Join(response)) => response,
            other => panic!("no answer to JoinGroup but {other:?}"),
        }
    }

    fn synced(&mut self, token: Token) -> SyncGroupResponse {
        match self.answers.remove(&token) {
            Some(GroupResponse::Sync(response)) => response,
            other => panic!("no answer to SyncGroup but {other:?}"),
        }
    }

    fn join(&mut self, join: Join) -> Token {
        let api_version = join.api_version;
        self.send_as(GroupRequest::Join(join.request), api_version)
    }

    /// A JoinGroup that must be refused at once.
    fn join_refused(&mut self, join: Join) -> ErrorCode {
        let token = self.join(join);
        ErrorCode(self.joined(token).error_code)
    }

    /// Gets a member id from the group, and joins with it.
    fn join_with_new_id(&mut self, join: Join) -> (String, Token) {
        let token = self.join(join.clone());
        let response = self.joined(token);
        assert_eq!(ErrorCode(response.error_code), ErrorCode::MEMBER_ID_REQUIRED);
        let id = response.member_id.to_string();
        (id.clone(), self.join(join.member(&id)))
    }

    fn sync(&mut self, member: &str, generation: i32, parts: &[(&str, &str)]) -> Token {
        let assignments = parts.iter().map(|(member, part)| {
            SyncGroupRequestAssignment::default()
                .with_member_id((*member).to_owned().into())
                .with_assignment(Bytes::copy_from_slice(part.as_bytes()))
        });
        let request = SyncGroupRequest::default()
            .with_group_id(group_id("g"))
            .with_generation_id(generation)
            .with_member_id(member.to_owned().into())
            .with_assignments(assignments.collect());
        self.send_as(GroupRequest::Sync(request), 5)
    }

    fn heartbeat(&mut self, member: &str, generation: i32) -> ErrorCode {
        let request = HeartbeatRequest::default()
            .with_group_id(group_id("g"))
            .with_generation_id(generation)
            .with_member_id(member.to_owned().into());
        match self.ask(GroupRequest::Heartbeat(request), 4) {
            GroupResponse::Heartbeat(response) => ErrorCode(response.error_code),
            other => panic!("{other:?}"),
        }
    }

    fn leave(&mut self, members: Vec<MemberIdentity>) -> LeaveGroupResponse {
        let request = LeaveGroupRequest::default().with_group_id(group_id("g")).with_members(members);
        match self.ask(GroupRequest::Leave(request), 5) {
            GroupResponse::Leave(response) => response,
            other => panic!("{other:?}"),
        }
    }

    fn leave_by_id(&mut self, member: &str) -> ErrorCode {
        let member = MemberIdentity::default().with_member_id(member.to_owned().into());
        ErrorCode(self.leave(vec![member]).members[0].error_code)
    }

    fn describe(&mut self, group: &str) -> DescribedGroup {
        match self.ask(GroupRequest::Describe(group_id(group)), 6) {
            GroupResponse::Describe(described) => described,
            other => panic!("{other:?}"),
        }
    }

    fn state(&mut self) -> String {
        self.describe("g").group_state.to_string()
    }

    fn commit(&mut self, commit: Commit) -> Token {
        self.send_as(GroupRequest::OffsetCommit(commit.request), commit.api_version)
    }

    fn committed(&mut self, token: Token) -> ErrorCode {
        match self.answers.remove(&token) {
            Some(GroupResponse::OffsetCommit(response)) => {
                ErrorCode(response.topics[0].partitions[0].error_code)
            }
            other => panic!("no answer to OffsetCommit but {other:?}"),
        }
    }

    /// The offset the group committed for partition 0 of a topic.
    fn fetch(&mut self, group: &str, topic: &str) -> i64 {
        let topic = OffsetFetchRequestTopics::default()
            .with_name(TopicName(topic.to_owned().into()))
            .with_partition_indexes(vec![0]);
        let group =
            OffsetFetchRequestGroup::default().with_group_id(group_id(group)).with_topics(Some(vec![topic]));
        match self.ask(GroupRequest::OffsetFetch { group, require_stable: true }, 9) {
            GroupResponse::OffsetFetch(fetched) => {
                assert_eq!(fetched.error_code, 0);
                fetched.topics[0].partitions[0].committed_offset
            }
            other => panic!("{other:?}"),
        }
    }

    /// Two dynamic members, the first of them leading, in a stable group of generation 1 whose members
    /// have the assignments `one` and `two`.
    fn stable_pair(&mut self) -> (String, String) {
        let (leader, first) = self.join_with_new_id(Join::new());
        let (follower, second) = self.join_with_new_id(Join::new());
        self.replicate();
        self.pass(6_000);
        assert_eq!(self.joined(first).generation_id, 1);
        assert_eq!(self.joined(second).leader.as_str(), leader);
        let second = self.sync(&follower, 1, &[]);
        let first = self.sync(&leader, 1, &[(&leader, "one"), (&follower, "two")]);
        self.replicate();
        assert_eq!(self.synced(first).assignment.as_ref(), b"one");
        assert_eq!(self.synced(second).assignment.as_ref(), b"two");
        (leader, follower)
    }

    /// A static member alone in a stable group of generation 1 with the assignment `one`.
    fn stable_static(&mut self) -> String {
        let token = self.join(Join::new().instance("i"));
        self.replicate();
        self.pass(3_000);
        let id = self.joined(token).member_id.to_string();
        let token = self.sync(&id, 1, &[(&id, "one")]);
        self.replicate();
        self.synced(token);
        id
    }

    /// The last record of a classic group that was handed out.
    fn last_group_record(&self) -> Option<GroupMetadataValue> {
        let on_the_way = self.appends.iter().flat_map(|(_, records)| records);
        let all = self.log.iter().chain(on_the_way);
        all.rev_find_group()
    }
}

/// Looks for the last record of a classic group.
trait LastGroup {
    fn rev_find_group(self) -> Option<GroupMetadataValue>;
}

impl<'a, I: Iterator<Item = &'a KeyValue>> LastGroup for I {
    fn rev_find_group(self) -> Option<GroupMetadataValue> {
        let group = |(key, value): &KeyValue| match GroupRecord::decode(key, value.as_deref()) {
            Ok(Some(GroupRecord::GroupMetadata(_, value))) => Some(value),
            _ => None,
        };
        self.filter_map(group).last().flatten()
    }
}

/// A JoinGroup to be sent; v9, group `g`, a consumer of topic `t` by `range`.
#[derive(Clone)]
struct Join {
    request: JoinGroupRequest,
    api_version: i16,
}

impl Join {
    fn new() -> Self {
        let request = JoinGroupRequest::default()
            .with_group_id(group_id("g"))
            .with_session_timeout_ms(SESSION_MS)
            .with_rebalance_timeout_ms(REBALANCE_MS)
            .with_protocol_type("consumer".into());
        Self { request, api_version: 9 }.protocols(&["range"])
    }

    fn version(mut self, api_version: i16) -> Self {
        self.api_version = api_version;
        self
    }

    fn member(mut self, id: &str) -> Self {
        self.request.member_id = id.to_owned().into();
        self
    }

    fn instance(mut self, id: &str) -> Self {
        self.request.group_instance_id = Some(id.to_owned().into());
        self
    }

    fn protocols(mut self, names: &[&str]) -> Self {
        let protocol = |name: &&str| {
            JoinGroupRequestProtocol::default()
                .with_name((*name).to_owned().into())
                .with_metadata(subscription("t"))
        };
        self.request.protocols = names.iter().map(protocol).collect();
        self
    }

    fn protocol_type(mut self, name: &str) -> Self {
        self.request.protocol_type = name.to_owned().into();
        self
    }

    fn rebalance_timeout(mut self, ms: i32) -> Self {
        self.request.rebalance_timeout_ms = ms;
        self
    }

    fn session_timeout(mut self, ms: i32) -> Self {
        self.request.session_timeout_ms = ms;
        self
    }
}

/// An OffsetCommit to be sent; v9, group `g`, topic `t`, partition 0, from outside the group.
#[derive(Clone)]
struct Commit {
    request: OffsetCommitRequest,
    api_version: i16,
}

impl Commit {
    fn at(offset: i64) -> Self {
        let partition = OffsetCommitRequestPartition::default()
            .with_partition_index(0)
            .with_committed_offset(offset)
            .with_committed_leader_epoch(3)
            .with_committed_metadata(Some("m".into()));
        let topic = OffsetCommitRequestTopic::default()
            .with_name(TopicName("t".into()))
            .with_partitions(vec![partition]);
        let request = OffsetCommitRequest::default()
            .with_group_id(group_id("g"))
            .with_generation_id_or_member_epoch(-1)
            .with_retention_time_ms(-1)
            .with_topics(vec![topic]);
        Self { request, api_version: 9 }
    }

    fn by(mut self, member: &str, generation: i32) -> Self {
        self.request.member_id = member.to_owned().into();
        self.request.generation_id_or_member_epoch = generation;
        self
    }

    fn group(mut self, id: &str) -> Self {
        self.request.group_id = group_id(id);
        self
    }

    fn topic(mut self, name: &str) -> Self {
        self.request.topics[0].name = TopicName(name.to_owned().into());
        self
    }

    fn version(mut self, api_version: i16) -> Self {
        self.api_version = api_version;
        self
    }
}

fn group_id(id: &str) -> GroupId {
    GroupId(id.to_owned().into())
}

/// A consumer's subscription to one topic, v0 of its format.
fn subscription(topic: &str) -> Bytes {
    let mut bytes = vec![0, 0, 0, 0, 0, 1];
    bytes.extend(u16::try_from(topic.len()).expect("short").to_be_bytes());
    bytes.extend(topic.as_bytes());
    bytes.extend((-1i32).to_be_bytes());
    bytes.into()
}

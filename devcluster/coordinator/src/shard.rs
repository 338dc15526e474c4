//! The coordinator of the groups in one `__consumer_offsets` partition: its contract, the table of
//! requests, and what happens when appends settle and deadlines pass. The rules are elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::{GroupRecord, KeyValue, LegacyOffsetCommitValue, OffsetCommitValue};
use kr_wire::ids::{PartitionId, ProducerId};
use kr_wire::messages::delete_groups_response::DeletableGroupResult;
use kr_wire::messages::leave_group_response::MemberResponse;
use kr_wire::messages::list_groups_response::ListedGroup;
use kr_wire::messages::{
    HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, OffsetDeleteResponse,
    SyncGroupRequest, SyncGroupResponse,
};
use kr_wire::primitives::DecodeError;
use kr_wire::time::{Mono, Now};

use crate::appends::{AppendId, Completion, Settled};
use crate::config::GroupConfig;
use crate::effects::{Effects, append_error};
use crate::group::{self, ClassicGroup, Joining, Waiter};
use crate::offsets::{OffsetKey, Offsets};
use crate::other::{Belongs, OtherGroup};
use crate::request::{Caller, GroupRequest, GroupResponse, leave_response};
use crate::timers::Timer;

/// Names a request for its answer; the caller's choice, never reused while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// Partitions by topic name.
pub type TopicPartitions = BTreeMap<String, Vec<PartitionId>>;

/// What a shard wants done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Answer a request; each token is answered exactly once.
    Reply {
        /// The request.
        token: Token,
        /// Its answer.
        response: GroupResponse,
    },
    /// Append records to the partition as one batch, after those handed out before, and tell
    /// [`GroupShard::appended`] the outcome.
    Append {
        /// Names the append.
        id: AppendId,
        /// Keys and values, at least one.
        records: Vec<KeyValue>,
    },
}

/// One record read back from the partition.
#[derive(Clone, Copy, Debug)]
pub struct Replayed<'a> {
    /// The record's key.
    pub key: &'a [u8],
    /// The record's value; a deletion has none.
    pub value: Option<&'a [u8]>,
    /// The producer, if the batch is transactional: the record waits for the transaction's end.
    pub producer: Option<ProducerId>,
}

/// A group of whatever protocol.
#[derive(Clone, Debug)]
pub(crate) enum Group {
    Classic(ClassicGroup),
    Other(OtherGroup),
}

impl Group {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Other(group) => group.is_empty(),
        }
    }

    /// Whether nobody would miss the group but for its offsets.
    pub(crate) fn is_disposable(&self) -> bool {
        match self {
            Self::Classic(group) => group.is_empty(),
            Self::Other(group) => group.is_disposable(),
        }
    }

    /// Whether the group is a classic one of consumers, whose topics can be told.
    pub(crate) fn is_of_consumers(&self) -> bool {
        matches!(self, Self::Classic(group) if group.is_of_consumers())
    }

    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match self {
            Self::Classic(group) => group.is_subscribed_to(topic),
            // Members of other groups may use any topic for all we know.
            Self::Other(group) => !group.is_empty(),
        }
    }

    /// The records that delete the group, its offsets apart.
    pub(crate) fn tombstones(&self, id: &str) -> Vec<KeyValue> {
        match self {
            Self::Classic(_) => vec![group::tombstone(id)],
            Self::Other(group) => group.tombstones(),
        }
    }

    fn list(&self, id: &str) -> ListedGroup {
        match self {
            Self::Classic(group) => group.list(),
            Self::Other(group) => group.list(id),
        }
    }
}

/// An offset from before 0.9 in today's form.
fn modern(legacy: LegacyOffsetCommitValue) -> OffsetCommitValue {
    OffsetCommitValue {
        offset: legacy.offset,
        metadata: legacy.metadata,
        commit_timestamp: legacy.commit_timestamp,
        ..Default::default()
    }
}

/// Where a shard is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// Its records are being replayed.
    Loading,
    /// It coordinates.
    Active,
    /// Another broker does.
    Unloaded,
}

/// The coordinator of the groups in one partition of `__consumer_offsets`.
///
/// Its driver makes one when the broker becomes the partition's leader and replays the partition up to
/// the high watermark ([`replay`](Self::replay), [`replay_end_transaction`](Self::replay_end_transaction),
/// then [`loaded`](Self::loaded)). From then on every [`handle`](Self::handle) is answered by exactly one
/// [`Output::Reply`], at once or later; every [`Output::Append`] wants one [`appended`](Self::appended).
/// After each call the driver drains [`poll_output`](Self::poll_output) and arms
/// [`next_deadline`](Self::next_deadline) for [`tick`](Self::tick). When leadership is lost,
/// [`unload`](Self::unload) answers what still waits; the shard is then dropped.
///
/// Offsets are acknowledged and shown once replicated. Phases of a group change at once; its assignment
/// is handed out once replicated.
#[derive(Debug)]
pub struct GroupShard {
    life: Life,
    pub(crate) groups: BTreeMap<Arc<str>, Group>,
    pub(crate) offsets: Offsets,
    pub(crate) fx: Effects,
}

impl GroupShard {
    /// A shard that loads; until [`loaded`](Self::loaded) it refuses everything with
    /// COORDINATOR_LOAD_IN_PROGRESS. The seed makes its member ids.
    pub fn new(config: GroupConfig, seed: u64) -> Self {
        Self {
            life: Life::Loading,
            groups: BTreeMap::new(),
            offsets: Offsets::default(),
            fx: Effects::new(config, seed),
        }
    }

    /// Takes a record of the partition, in log order. Types it does not know are skipped, as Kafka does.
    ///
    /// # Errors
    /// A malformed record, which changes nothing.
    pub fn replay(&mut self, record: Replayed<'_>) -> Result<(), DecodeError> {
        let Replayed { key, value, producer } = record;
        let Some(decoded) = GroupRecord::decode(key, value)? else { return Ok(()) };
        if let Some(belongs) = Belongs::of(&decoded) {
            self.replay_other(belongs, key, value);
            return Ok(());
        }
        match decoded {
            GroupRecord::OffsetCommit(key, value) => {
                self.offsets.replay(OffsetKey::from(key), value, producer);
            }
            GroupRecord::LegacyOffsetCommit(key, value) => {
                self.offsets.replay(OffsetKey::from(key), value.map(modern), producer);
            }
            GroupRecord::GroupMetadata(key, Some(value)) => {
                let id: Arc<str> = key.group_id.into();
                let group = ClassicGroup::restore(id.clone(), value);
                self.groups.insert(id, Group::Classic(group));
            }
            GroupRecord::GroupMetadata(key, None) => {
                if let Some(Group::Classic(_)) = self.groups.get(key.group_id.as_str()) {
                    self.groups.remove(key.group_id.as_str());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the end of a transaction: its offsets count if it committed.
    pub fn replay_end_transaction(&mut self, producer: ProducerId, committed: bool) {
        self.offsets.end_transaction(producer, committed);
    }

    /// All records are replayed: the shard starts to coordinate, and the sessions of its members start.
    pub fn loaded(&mut self, now: Now) {
        self.life = Life::Active;
        for id in self.offsets.groups() {
            // A group that only holds offsets has no record of its own.
            let group = || Group::Classic(ClassicGroup::new(id.clone(), now.wall_ms));
            self.groups.entry(id.clone()).or_insert_with(group);
        }
        for group in self.groups.values_mut() {
            if let Group::Classic(group) = group {
                group.loaded(&mut self.fx, now);
            }
        }
        self.schedule_expiry(now);
    }

    /// Takes a request.
    pub fn handle(&mut self, request: GroupRequest, caller: Caller, token: Token, now: Now) {
        let api_version = caller.api_version;
        let waiter = Waiter { token, api_version };
        if let Err(error) = self.check(&request) {
            return self.fx.reply(token, request.refuse(error, api_version));
        }
        let response = match request {
            GroupRequest::Join(request) => return self.join(&request, caller, waiter, now),
            GroupRequest::Sync(request) => return self.sync(&request, waiter, now),
            GroupRequest::OffsetCommit(request) => {
                return self.offset_commit(&request, api_version, token, now);
            }
            GroupRequest::OffsetDelete(request) => return self.offset_delete(&request, token, now),
            GroupRequest::Delete(id) => return self.delete_group(&id, token, now),
            GroupRequest::Heartbeat(request) => {
                let error = match self.groups.get_mut(request.group_id.as_str()) {
                    Some(Group::Classic(group)) => group.heartbeat(&request, &mut self.fx, now),
                    _ => ErrorCode::UNKNOWN_MEMBER_ID,
                };
                GroupResponse::Heartbeat(HeartbeatResponse::default().with_error_code(error.0))
            }
            GroupRequest::Leave(request) => {
                let members = self.leave(&request, api_version, now);
                GroupResponse::Leave(leave_response(members, api_version))
            }
            GroupRequest::OffsetFetch { group, require_stable } => {
                GroupResponse::OffsetFetch(self.offset_fetch(&group, require_stable))
            }
            GroupRequest::List(request) => GroupResponse::List(Ok(self.list(&request))),
            GroupRequest::Describe(id) => GroupResponse::Describe(match self.groups.get(id.as_str()) {
                Some(Group::Classic(group)) => group.describe(),
                _ => group::describe_unknown(id, api_version),
            }),
        };
        self.fx.reply(token, response);
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.fx.pop()
    }

    /// Tells the outcome of an append: `Ok` once the high watermark has passed it, the error of the
    /// append otherwise. Outcomes take effect in the order of the appends.
    pub fn appended(&mut self, id: AppendId, result: Result<(), ErrorCode>, now: Now) {
        self.fx.appends.settle(id, result);
        while let Some(Settled { id, waiting, result }) = self.fx.appends.pop_settled() {
            self.fx.timers.cancel(&Timer::Append(id));
            self.offsets.settle(id, result.is_ok());
            if let Some(waiting) = waiting {
                self.complete(id, waiting, result, now);
            }
        }
    }

    /// Lets deadlines up to `now` take effect.
    pub fn tick(&mut self, now: Now) {
        while let Some(timer) = self.fx.timers.pop_due(now.mono) {
            match timer {
                Timer::Append(id) => {
                    if let Some(waiting) = self.fx.appends.stop_waiting(id) {
                        self.give_up(id, waiting, now);
                    }
                }
                Timer::Session { group, member } => {
                    self.with_classic(&group, |group, fx| group.session_is_over(&member, fx, now));
                }
                Timer::Join(group) => {
                    self.with_classic(&group, |group, fx| group.join_time_is_up(fx, now));
                }
                Timer::Sync(group) => {
                    self.with_classic(&group, |group, fx| group.sync_time_is_up(fx, now));
                }
                Timer::Expiry => {
                    self.expire(now);
                    self.schedule_expiry(now);
                }
            }
        }
    }

    /// When [`tick`](Self::tick) is due.
    pub fn next_deadline(&self) -> Option<Mono> {
        self.fx.timers.next_deadline()
    }

    /// Forgets the offsets committed for partitions that were deleted.
    pub fn partitions_deleted(&mut self, topics: &TopicPartitions, now: Now) {
        if self.life == Life::Active {
            self.forget_partitions(topics, now);
        }
    }

    /// Replaces the settings; deadlines that are set stay.
    pub fn set_config(&mut self, config: GroupConfig) {
        self.fx.config = config;
    }

    /// Another broker coordinates from now on: answers everything that waits, and whatever still
    /// comes, with NOT_COORDINATOR.
    pub fn unload(&mut self) {
        self.life = Life::Unloaded;
        let error = Err(ErrorCode::NOT_COORDINATOR);
        for group in self.groups.values_mut() {
            if let Group::Classic(group) = group {
                group.refuse_all(ErrorCode::NOT_COORDINATOR, &mut self.fx);
            }
        }
        for waiting in self.fx.appends.abandon() {
            if let Some((token, response)) = answer(waiting, error) {
                self.fx.reply(token, response);
            }
        }
        self.groups.clear();
        self.offsets = Offsets::default();
        self.fx.timers.clear();
    }

    /// What every request must pass before its rule: the shard coordinates, the group id can be one.
    fn check(&self, request: &GroupRequest) -> Result<(), ErrorCode> {
        match self.life {
            Life::Loading => return Err(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
            Life::Unloaded => return Err(ErrorCode::NOT_COORDINATOR),
            Life::Active => {}
        }
        match request {
            // The others accept the empty id: clients once stored offsets under it.
            GroupRequest::Join(_)
            | GroupRequest::Sync(_)
            | GroupRequest::Heartbeat(_)
            | GroupRequest::Leave(_)
                if request.group_id() == Some("") =>
            {
                return Err(ErrorCode::INVALID_GROUP_ID);
            }
            GroupRequest::Join(request) => {
                let config = &self.fx.config;
                let allowed = config.min_session_timeout..=config.max_session_timeout;
                let session = u64::try_from(request.session_timeout_ms).map(Duration::from_millis);
                if !session.is_ok_and(|session| allowed.contains(&session)) {
                    return Err(ErrorCode::INVALID_SESSION_TIMEOUT);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds or makes the group to join. One that is new to the log is written at once, and one that is
    /// left of another protocol is deleted with it.
    fn join(&mut self, request: &JoinGroupRequest, caller: Caller, waiter: Waiter, now: Now) {
        let joining = Joining::new(request, caller, waiter);
        let id: Arc<str> = request.group_id.as_str().into();
        let leftovers = match self.groups.get_mut(&id) {
            Some(Group::Classic(group)) => return group.join(joining, &mut self.fx, now),
            Some(Group::Other(group)) if !group.is_disposable() => {
                return joining.refuse("", ErrorCode::INCONSISTENT_GROUP_PROTOCOL, &mut self.fx);
            }
            None if !joining.member_id.is_empty() => {
                let id = joining.member_id.clone();
                return joining.refuse(&id, ErrorCode::UNKNOWN_MEMBER_ID, &mut self.fx);
            }
            Some(Group::Other(group)) => group.tombstones(),
            None => Vec::new(),
        };
        let mut group = ClassicGroup::new(id.clone(), now.wall_ms);
        group.join(joining, &mut self.fx, now);
        if group.is_unused() {
            // It was refused: whatever was there stays.
            return;
        }
        let mut records = leftovers;
        records.push(group.record_of_new());
        self.groups.insert(id.clone(), Group::Classic(group));
        self.fx.append(records, Completion::NewGroup(id), now);
    }

    fn sync(&mut self, request: &SyncGroupRequest, waiter: Waiter, now: Now) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(request.group_id.as_str()) {
            return group.sync(request, waiter, &mut self.fx, now);
        }
        let error = ErrorCode::UNKNOWN_MEMBER_ID;
        let response = SyncGroupResponse::default().with_error_code(error.0);
        self.fx.reply(waiter.token, GroupResponse::Sync(response));
    }

    fn leave(&mut self, request: &LeaveGroupRequest, api_version: i16, now: Now) -> Vec<MemberResponse> {
        let members = group::leaving(request, api_version);
        if let Some(Group::Classic(group)) = self.groups.get_mut(request.group_id.as_str()) {
            return group.leave(&members, &mut self.fx, now);
        }
        let unknown = |member: &kr_wire::messages::leave_group_request::MemberIdentity| {
            MemberResponse::default()
                .with_member_id(member.member_id.clone())
                .with_group_instance_id(member.group_instance_id.clone())
                .with_error_code(ErrorCode::UNKNOWN_MEMBER_ID.0)
        };
        members.iter().map(unknown).collect()
    }

    fn list(&self, request: &ListGroupsRequest) -> Vec<ListedGroup> {
        let passes = |filter: &[kr_wire::message::StrBytes], value: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        self.groups
            .iter()
            .map(|(id, group)| group.list(id))
            .filter(|group| {
                passes(&request.states_filter, &group.group_state)
                    && passes(&request.types_filter, &group.group_type)
            })
            .collect()
    }

    fn replay_other(&mut self, belongs: Belongs, key: &[u8], value: Option<&[u8]>) {
        let Belongs { kind, group: id, member } = belongs;
        let mut group = match self.groups.remove(&id) {
            Some(Group::Other(group)) if group.kind == kind => group,
            // What is deleted are remains of a protocol the group has left.
            Some(group) if value.is_none() => {
                self.groups.insert(id, group);
                return;
            }
            _ => OtherGroup::new(kind),
        };
        group.replay(key, value, member);
        if !group.is_gone() {
            self.groups.insert(id, Group::Other(group));
        }
    }

    fn schedule_expiry(&mut self, now: Now) {
        let interval = self.fx.config.offsets_retention_check_interval;
        self.fx.timers.set(Timer::Expiry, now.mono + interval.max(MIN_EXPIRY_INTERVAL));
    }

    fn with_classic(&mut self, id: &str, rule: impl FnOnce(&mut ClassicGroup, &mut Effects)) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(id) {
            rule(group, &mut self.fx);
        }
    }

    /// What waits for an append has waited long enough; the append itself may still succeed.
    fn give_up(&mut self, append: AppendId, waiting: Completion, now: Now) {
        let timed_out = Err(ErrorCode::REQUEST_TIMED_OUT);
        match waiting {
            Completion::Delete(..) => {
                if let Some((token, response)) = answer(waiting, timed_out) {
                    self.fx.reply(token, response);
                }
            }
            _ => self.complete(append, waiting, timed_out, now),
        }
    }

    /// Lets an append's outcome take effect on what waited for it.
    fn complete(&mut self, append: AppendId, waiting: Completion, result: Result<(), ErrorCode>, now: Now) {
        match waiting {
            Completion::NewGroup(id) => {
                if let Err(error) = result {
                    self.take_back_new_group(&id, append_error(error));
                }
            }
            Completion::Assignment { group, assignments } => {
                self.with_classic(&group, |group, fx| {
                    group.assignment_stored(append, assignments, result, fx, now);
                });
            }
            Completion::StaticMember(replacement) => {
                let id = replacement.group.clone();
                self.with_classic(&id, |group, fx| {
                    group.static_member_stored(*replacement, result, fx, now);
                });
            }
            Completion::Delete(token, id, group) => {
                let mut response = DeletableGroupResult::default().with_group_id(id.clone());
                if let Err(error) = result {
                    response.error_code = append_error(error).0;
                    self.groups.entry(id.as_str().into()).or_insert(*group);
                }
                self.fx.reply(token, GroupResponse::Delete(response));
            }
            waiting => {
                if let Some((token, response)) = answer(waiting, result) {
                    self.fx.reply(token, response);
                }
            }
        }
    }

    /// A new group could not be written: nobody is in it.
    fn take_back_new_group(&mut self, id: &str, error: ErrorCode) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(id)
            && group.is_in_first_join()
        {
            group.refuse_all(error, &mut self.fx);
            self.groups.remove(id);
        }
    }
}

/// Shortest pause between two looks for expired offsets.
const MIN_EXPIRY_INTERVAL: Duration = Duration::from_millis(100);

/// The answer to a request that waits for nothing but its append; `None` when no request does.
fn answer(waiting: Completion, result: Result<(), ErrorCode>) -> Option<(Token, GroupResponse)> {
    let error = result.err().map(append_error);
    Some(match waiting {
        Completion::OffsetCommit(token, mut response) => {
            if let Some(error) = error {
                let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| partition.error_code = error.0);
            }
            (token, GroupResponse::OffsetCommit(response))
        }
        Completion::OffsetDelete(token, response) => {
            let refused = |error: ErrorCode| OffsetDeleteResponse::default().with_error_code(error.0);
            (token, GroupResponse::OffsetDelete(error.map_or(response, refused)))
        }
        Completion::Delete(token, id, _) => {
            let error = error.unwrap_or(ErrorCode::NONE);
            let response = DeletableGroupResult::default().with_group_id(id);
            (token, GroupResponse::Delete(response.with_error_code(error.0)))
        }
        Completion::Nothing
        | Completion::NewGroup(_)
        | Completion::Assignment { .. }
        | Completion::StaticMember(_) => return None,
    })
}

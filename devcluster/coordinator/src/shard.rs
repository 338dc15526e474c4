//! The coordinator of the groups in one `__consumer_offsets` partition: its contract, the table of
//! requests and the table of deadlines. The rules are elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::KeyValue;
use kr_wire::ids::{PartitionId, ProducerId};
use kr_wire::messages::HeartbeatResponse;
use kr_wire::messages::list_groups_response::ListedGroup;
use kr_wire::time::{Mono, Now};

use crate::appends::{AppendId, Settled};
use crate::config::GroupConfig;
use crate::effects::Effects;
use crate::group::{self, ClassicGroup, Waiter};
use crate::offsets::Offsets;
use crate::other::OtherGroup;
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

    pub(crate) fn list(&self, id: &str) -> ListedGroup {
        match self {
            Self::Classic(group) => group.list(),
            Self::Other(group) => group.list(id),
        }
    }
}

/// Where a shard is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
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
    pub(crate) life: Life,
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

    /// Sets the next look for expired offsets.
    pub(crate) fn schedule_expiry(&mut self, now: Now) {
        let interval = self.fx.config.offsets_retention_check_interval;
        self.fx.timers.set(Timer::Expiry, now.mono + interval.max(MIN_EXPIRY_INTERVAL));
    }

    /// Runs a rule on a classic group, if it is there.
    pub(crate) fn with_classic(&mut self, id: &str, rule: impl FnOnce(&mut ClassicGroup, &mut Effects)) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(id) {
            rule(group, &mut self.fx);
        }
    }
}

/// Shortest pause between two looks for expired offsets.
const MIN_EXPIRY_INTERVAL: Duration = Duration::from_millis(100);

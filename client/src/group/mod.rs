//! Membership of a classic consumer group (KIP-62): join, share partitions out by range, heartbeat, commit,
//! leave. The consumer protocol (KIP-848) is not here yet.
//!
//! ```text
//! join ──> (leader: share out) ──> sync ──> read and heartbeat ──rebalance──> join ...
//! ```
//! Partitions are given up before each rebalance (the eager protocol). Nothing is committed unless the
//! caller says so.

pub mod protocol;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};
use kr_wire::message::StrBytes;
use kr_wire::messages::join_group_request::JoinGroupRequestProtocol;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kr_wire::messages::sync_group_request::SyncGroupRequestAssignment;
use kr_wire::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, OffsetCommitRequest,
    SyncGroupRequest, TopicName,
};
use tokio::time::Instant;

use crate::Client;
use crate::admin::TopicPartition;
use crate::consume::{Chunk, Consumer, ConsumerOptions, Span, StartAt};
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::{Route, Tries};

/// `protocol.type` of consumers.
const CONSUMER: &str = "consumer";

/// What a member is.
#[derive(Clone, Debug)]
pub struct GroupOptions {
    /// `group.id`.
    pub group: String,
    /// Topics to read.
    pub topics: Vec<Arc<str>>,
    /// Where to begin in partitions without a committed offset.
    pub start: StartAt,
    /// Whether to end where the partitions end when they are assigned.
    pub to_the_end: bool,
    /// `group.instance.id`: a static member (KIP-345, Kafka 2.3), whose partitions wait for it while it is away.
    pub instance_id: Option<String>,
    /// `session.timeout.ms`.
    pub session_timeout: Duration,
    /// `max.poll.interval.ms`, how long others may take to come to a rebalance.
    pub rebalance_timeout: Duration,
    /// How records are read.
    pub consumer: ConsumerOptions,
}

impl GroupOptions {
    /// Options with Kafka's defaults.
    pub fn new(group: impl Into<String>, topics: Vec<Arc<str>>) -> Self {
        Self {
            group: group.into(),
            topics,
            start: StartAt::Earliest,
            to_the_end: false,
            instance_id: None,
            session_timeout: Duration::from_secs(45),
            rebalance_timeout: Duration::from_secs(60),
            consumer: ConsumerOptions::default(),
        }
    }
}

/// What happens to a member.
#[derive(Debug)]
pub enum GroupEvent {
    /// Partitions were assigned; those assigned before are no longer this member's.
    Assigned(Vec<TopicPartition>),
    /// Records of an assigned partition.
    Records(Chunk),
    /// A rebalance begins: what was read can still be committed now.
    Revoking,
    /// No records came for the time of a heartbeat, and the partitions are still this member's.
    Idle,
}

#[derive(Debug)]
enum State {
    Outside,
    Member {
        generation: i32,
        heartbeat_at: Instant,
    },
    /// A rebalance begins, and the caller has not been told.
    Called {
        generation: i32,
    },
    /// The caller has been told of a rebalance and is given its turn.
    Rejoining {
        generation: i32,
    },
}

/// A member of a group; belongs to one task.
#[derive(Debug)]
pub struct GroupConsumer {
    client: Client,
    options: GroupOptions,
    member_id: String,
    state: State,
    consumer: Consumer,
}

impl GroupConsumer {
    /// A member that has not joined yet; it does with the first [`GroupConsumer::next`].
    pub fn new(client: &Client, options: GroupOptions) -> Self {
        let consumer = Consumer::new(client, options.consumer.clone());
        Self { client: client.clone(), options, member_id: String::new(), state: State::Outside, consumer }
    }

    /// What happens next; `None` when all assigned partitions are read to their ends.
    pub async fn next(&mut self) -> Result<Option<GroupEvent>, Error> {
        loop {
            let (generation, heartbeat_at) = match self.state {
                State::Outside | State::Rejoining { .. } => {
                    return self.join().await.map(|partitions| Some(GroupEvent::Assigned(partitions)));
                }
                State::Called { generation } => {
                    self.state = State::Rejoining { generation };
                    return Ok(Some(GroupEvent::Revoking));
                }
                State::Member { generation, heartbeat_at } => (generation, heartbeat_at),
            };
            // Without partitions there is nothing to wait for but the next rebalance.
            let has_work = self.options.to_the_end || self.consumer.assignment().next().is_some();
            tokio::select! {
                chunk = self.consumer.next(), if has_work => return Ok(chunk?.map(GroupEvent::Records)),
                () = tokio::time::sleep_until(heartbeat_at) => {}
            }
            self.heartbeat(generation).await?;
            if let State::Member { .. } = self.state {
                return Ok(Some(GroupEvent::Idle));
            }
        }
    }

    /// Waits with the records at hand, and stays in the group meanwhile. False as soon as they are not this
    /// member's any more, or will not be: then [`GroupConsumer::next`] says what happens.
    pub async fn rest(&mut self, pause: Duration) -> Result<bool, Error> {
        let until = Instant::now() + pause;
        loop {
            let State::Member { generation, heartbeat_at } = self.state else { return Ok(false) };
            if Instant::now() >= heartbeat_at {
                self.heartbeat(generation).await?;
            } else if Instant::now() >= until {
                return Ok(true);
            } else {
                tokio::time::sleep_until(heartbeat_at.min(until)).await;
            }
        }
    }

    fn instance_id(&self) -> Option<StrBytes> {
        self.options.instance_id.as_deref().map(text)
    }

    fn heartbeat_interval(&self) -> Duration {
        (self.options.session_timeout / 3).min(Duration::from_secs(3))
    }

    /// Tells the coordinator that this member lives, and learns of rebalances.
    async fn heartbeat(&mut self, generation: i32) -> Result<(), Error> {
        let interval = self.heartbeat_interval();
        self.state = State::Member { generation, heartbeat_at: Instant::now() + interval };
        let group = GroupId(text(&self.options.group));
        let member = text(&self.member_id);
        let instance = self.instance_id();
        let build = |version| {
            HeartbeatRequest::default()
                .with_group_id(group.clone())
                .with_generation_id(generation)
                .with_member_id(member.clone())
                .with_group_instance_id(instance.clone().filter(|_| version >= 3))
        };
        let code = self.ask("stay in the group", build, |response| response.error_code).await?.0;
        match code {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS => self.state = State::Called { generation },
            ErrorCode::UNKNOWN_MEMBER_ID => {
                self.member_id.clear();
                self.state = State::Outside;
            }
            ErrorCode::ILLEGAL_GENERATION => self.state = State::Outside,
            code => return Err(self.refused("stay in", code)),
        }
        Ok(())
    }

    /// Joins until a rebalance is complete; gives the partitions.
    async fn join(&mut self) -> Result<Vec<TopicPartition>, Error> {
        self.consumer.assign(Vec::new());
        let began = Instant::now();
        loop {
            let joined = self.ask_to_join().await?;
            let code = ErrorCode(joined.error_code);
            match code {
                ErrorCode::NONE => {}
                ErrorCode::MEMBER_ID_REQUIRED => {
                    self.member_id = joined.member_id.as_str().to_owned();
                    continue;
                }
                ErrorCode::UNKNOWN_MEMBER_ID => {
                    self.member_id.clear();
                    self.check_time(began, code)?;
                    continue;
                }
                ErrorCode::REBALANCE_IN_PROGRESS => {
                    self.check_time(began, code)?;
                    tokio::time::sleep(self.client.options().retry_backoff).await;
                    continue;
                }
                code => return Err(self.refused("join", code)),
            }
            self.member_id = joined.member_id.as_str().to_owned();
            let generation = joined.generation_id;
            let shares =
                if joined.leader == joined.member_id { self.share_out(&joined).await? } else { Vec::new() };
            match self.sync(generation, shares).await? {
                Ok(partitions) => {
                    let heartbeat_at = Instant::now() + self.heartbeat_interval();
                    self.state = State::Member { generation, heartbeat_at };
                    self.begin(&partitions).await?;
                    return Ok(partitions);
                }
                Err(code) => {
                    if code == ErrorCode::UNKNOWN_MEMBER_ID {
                        self.member_id.clear();
                    }
                    self.check_time(began, code)?;
                }
            }
        }
    }

    /// A group that never settles ends in an error.
    fn check_time(&self, began: Instant, code: ErrorCode) -> Result<(), Error> {
        let after = self.options.rebalance_timeout + self.client.options().timeout;
        if began.elapsed() < after {
            return Ok(());
        }
        let what = format!("join group \"{}\"", self.options.group);
        Err(Error::TimedOut { what: what.clone(), after, source: Box::new(Error::broker(what, code, None)) })
    }

    async fn ask_to_join(&mut self) -> Result<JoinGroupResponse, Error> {
        let millis = |span: Duration| i32::try_from(span.as_millis()).unwrap_or(i32::MAX);
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(StrBytes::from_static_str(protocol::RANGE))
            .with_metadata(protocol::encode_subscription(&self.options.topics).into());
        let (group, member) = (GroupId(text(&self.options.group)), text(&self.member_id));
        let (session, rebalance) =
            (millis(self.options.session_timeout), millis(self.options.rebalance_timeout));
        let instance = self.instance_id();
        let build = |version| {
            JoinGroupRequest::default()
                .with_group_instance_id(instance.clone().filter(|_| version >= 5))
                .with_group_id(group.clone())
                .with_session_timeout_ms(session)
                .with_rebalance_timeout_ms(if version >= 1 { rebalance } else { -1 })
                .with_member_id(member.clone())
                .with_protocol_type(StrBytes::from_static_str(CONSUMER))
                .with_protocols(vec![protocol.clone()])
        };
        // The coordinator answers when all members have come, or the time for that is over.
        let what = format!("join group \"{}\"", self.options.group);
        let patience = self.options.rebalance_timeout;
        Ok(self.ask_patiently(&what, patience, build, |response| response.error_code).await?.1)
    }

    /// The leader's part: which member reads which partitions.
    async fn share_out(&self, joined: &JoinGroupResponse) -> Result<Vec<SyncGroupRequestAssignment>, Error> {
        let mut members = BTreeMap::new();
        for member in &joined.members {
            let topics = protocol::decode_subscription(&member.metadata).map_err(|error| Error::Records {
                what: format!("share out the partitions of group \"{}\"", self.options.group),
                reason: format!(
                    "member \"{}\" subscribes with what cannot be read: {error}",
                    member.member_id
                ),
            })?;
            members.insert(member.member_id.as_str().to_owned(), topics);
        }
        let mut names: Vec<&str> = members.values().flatten().map(|name| &**name).collect();
        names.sort_unstable();
        names.dedup();
        let described = self.client.describe_topics(&names).await?;
        // A topic that another member wants and that does not exist is that member's matter.
        let counted = described.into_iter().filter_map(|(name, topic)| {
            let count = i32::try_from(topic.ok()?.partitions.len()).ok()?;
            Some((Arc::from(name), count))
        });
        let shares = protocol::range(&members, &counted.collect());
        let share = |(member, partitions): (String, Vec<TopicPartition>)| {
            SyncGroupRequestAssignment::default()
                .with_member_id(text(&member))
                .with_assignment(protocol::encode_assignment(&partitions).into())
        };
        Ok(shares.into_iter().map(share).collect())
    }

    async fn sync(
        &mut self,
        generation: i32,
        shares: Vec<SyncGroupRequestAssignment>,
    ) -> Result<Result<Vec<TopicPartition>, ErrorCode>, Error> {
        let (group, member) = (GroupId(text(&self.options.group)), text(&self.member_id));
        let instance = self.instance_id();
        let build = |version| {
            let request = SyncGroupRequest::default()
                .with_group_id(group.clone())
                .with_group_instance_id(instance.clone().filter(|_| version >= 3))
                .with_generation_id(generation)
                .with_member_id(member.clone())
                .with_assignments(shares.clone());
            match version {
                0..5 => request,
                _ => request
                    .with_protocol_type(Some(StrBytes::from_static_str(CONSUMER)))
                    .with_protocol_name(Some(StrBytes::from_static_str(protocol::RANGE))),
            }
        };
        let what = format!("join group \"{}\"", self.options.group);
        let patience = self.options.rebalance_timeout;
        let (code, response) =
            self.ask_patiently(&what, patience, build, |response| response.error_code).await?;
        match code {
            ErrorCode::NONE => {}
            ErrorCode::REBALANCE_IN_PROGRESS
            | ErrorCode::UNKNOWN_MEMBER_ID
            | ErrorCode::ILLEGAL_GENERATION => return Ok(Err(code)),
            code => return Err(self.refused("join", code)),
        }
        let partitions = protocol::decode_assignment(&response.assignment).map_err(|error| {
            Error::Records { what, reason: format!("the assignment cannot be read: {error}") }
        })?;
        Ok(Ok(partitions))
    }

    /// Begins to read where the group has committed, or where the caller said.
    async fn begin(&mut self, partitions: &[TopicPartition]) -> Result<(), Error> {
        let committed = self.client.committed_offsets(&self.options.group).await?;
        let start = |place: &TopicPartition| match committed.get(place) {
            Some(committed) => StartAt::Offset(committed.offset),
            None => self.options.start,
        };
        let starts: Vec<(TopicPartition, StartAt)> =
            partitions.iter().map(|place| (place.clone(), start(place))).collect();
        let isolation: IsolationLevel = self.options.consumer.isolation;
        let spans: Vec<Span> = self.client.spans(&starts, self.options.to_the_end, isolation).await?;
        self.consumer.assign(spans);
        Ok(())
    }

    /// Commits where reading goes on, as a member of the current generation.
    pub async fn commit(&mut self, positions: &BTreeMap<TopicPartition, Offset>) -> Result<(), Error> {
        let generation = match self.state {
            State::Member { generation, .. }
            | State::Called { generation }
            | State::Rejoining { generation } => generation,
            State::Outside => return Ok(()),
        };
        let mut topics: BTreeMap<&str, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
        for (place, offset) in positions {
            let partition = OffsetCommitRequestPartition::default()
                .with_partition_index(PartitionId(place.partition.0).0)
                .with_committed_offset(offset.0)
                .with_committed_leader_epoch(LeaderEpoch::to_wire(None))
                .with_committed_metadata(Some(StrBytes::default()));
            topics.entry(&place.topic).or_default().push(partition);
        }
        if topics.is_empty() {
            return Ok(());
        }
        let topics: Vec<OffsetCommitRequestTopic> = topics
            .into_iter()
            .map(|(name, partitions)| {
                let name = TopicName(text(name));
                OffsetCommitRequestTopic::default().with_name(name).with_partitions(partitions)
            })
            .collect();
        let (group, member) = (GroupId(text(&self.options.group)), text(&self.member_id));
        let instance = self.instance_id();
        let build = |version| {
            OffsetCommitRequest::default()
                .with_group_id(group.clone())
                .with_group_instance_id(instance.clone().filter(|_| version >= 7))
                .with_generation_id_or_member_epoch(generation)
                .with_member_id(member.clone())
                .with_topics(topics.clone())
        };
        let first_error = |response: &kr_wire::messages::OffsetCommitResponse| {
            let codes = response.topics.iter().flat_map(|topic| &topic.partitions).map(|p| p.error_code);
            codes.into_iter().find(|code| *code != 0).unwrap_or(0)
        };
        match self.ask("commit offsets", build, first_error).await?.0 {
            ErrorCode::NONE => Ok(()),
            code => {
                let what = format!("commit offsets of group \"{}\"", self.options.group);
                Err(Error::broker(what, code, None))
            }
        }
    }

    /// Leaves, so that others get the partitions at once. A failure only means that they wait. A static member
    /// stays until its session ends, which is what makes it static.
    pub async fn leave(mut self) -> Result<(), Error> {
        if self.member_id.is_empty() || self.options.instance_id.is_some() {
            return Ok(());
        }
        let (group, member) = (GroupId(text(&self.options.group)), text(&self.member_id));
        let build = |version| {
            let request = LeaveGroupRequest::default().with_group_id(group.clone());
            match version {
                0..3 => request.with_member_id(member.clone()),
                _ => request.with_members(vec![MemberIdentity::default().with_member_id(member.clone())]),
            }
        };
        self.ask("leave the group", build, |response| response.error_code).await.map(|_| ())
    }

    async fn ask<R: crate::calls::Call>(
        &mut self,
        what: &str,
        build: impl Fn(i16) -> R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Result<(ErrorCode, R::Response), Error> {
        self.ask_patiently(what, Duration::ZERO, build, code).await
    }

    /// Asks the coordinator, whoever it is now, waiting `patience` longer for the answer. Codes that say
    /// something of the membership are the caller's.
    async fn ask_patiently<R: crate::calls::Call>(
        &mut self,
        what: &str,
        patience: Duration,
        build: impl Fn(i16) -> R,
        code: impl Fn(&R::Response) -> i16,
    ) -> Result<(ErrorCode, R::Response), Error> {
        let group = self.options.group.clone();
        let route = Route::Coordinator(&group);
        let mut tries = Tries::new(&self.client, what);
        loop {
            let wait = tries.wait() + patience;
            let error = match self.client.once(route, Lane::Group, wait, &build).await {
                Ok(answer) => {
                    let code = ErrorCode(code(&answer.response));
                    let is_of_membership = matches!(
                        code,
                        ErrorCode::REBALANCE_IN_PROGRESS
                            | ErrorCode::UNKNOWN_MEMBER_ID
                            | ErrorCode::ILLEGAL_GENERATION
                            | ErrorCode::MEMBER_ID_REQUIRED
                    );
                    if code.is_ok() || is_of_membership || !code.is_retriable() {
                        return Ok((code, answer.response));
                    }
                    Error::broker(what, code, None)
                }
                Err(error) => error,
            };
            tries.again(error, route).await?;
        }
    }

    fn refused(&self, verb: &str, code: ErrorCode) -> Error {
        let words = match code {
            ErrorCode::INCONSISTENT_GROUP_PROTOCOL => {
                Some("its members share partitions out in a way this client does not speak (range)")
            }
            _ => None,
        };
        Error::broker(format!("{verb} group \"{}\"", self.options.group), code, words)
    }
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

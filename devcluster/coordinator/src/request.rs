//! What may be asked of a shard and what it answers, one case per API.
//!
//! APIs that name several groups come in per group, since each group may live in another partition;
//! the broker splits the request and joins the answers.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::delete_groups_response::DeletableGroupResult;
use kr_wire::messages::describe_groups_response::DescribedGroup;
use kr_wire::messages::leave_group_response::MemberResponse;
use kr_wire::messages::list_groups_response::ListedGroup;
use kr_wire::messages::offset_commit_request::OffsetCommitRequestTopic;
use kr_wire::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kr_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kr_wire::messages::offset_fetch_response::OffsetFetchResponseGroup;
use kr_wire::messages::{
    GroupId, HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    LeaveGroupResponse, ListGroupsRequest, OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest,
    OffsetDeleteResponse, SyncGroupRequest, SyncGroupResponse,
};

/// Who sent a request, as far as groups care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Client id of the request header; empty when it had none.
    pub client_id: String,
    /// Peer address as Kafka writes it: `/127.0.0.1` (a slash, no port).
    pub client_host: String,
    /// Version of the request, which some rules depend on.
    pub api_version: i16,
}

/// One request to the coordinator of one group, or to one partition's coordinator (`List`).
#[derive(Clone, Debug, PartialEq)]
pub enum GroupRequest {
    /// JoinGroup v0-9.
    Join(JoinGroupRequest),
    /// SyncGroup v0-5.
    Sync(SyncGroupRequest),
    /// Heartbeat v0-4.
    Heartbeat(HeartbeatRequest),
    /// LeaveGroup v0-5; before v3 the single member is in `member_id`.
    Leave(LeaveGroupRequest),
    /// OffsetCommit v2-9, topics that exist only; their `topic_id`, when set, is recorded.
    OffsetCommit(OffsetCommitRequest),
    /// One group of OffsetFetch v1-9.
    OffsetFetch {
        /// The group and the topics asked for; `None` for all.
        group: OffsetFetchRequestGroup,
        /// Whether offsets with an open transaction are refused (v7 and later).
        require_stable: bool,
    },
    /// ListGroups v0-5, for the groups of this partition.
    List(ListGroupsRequest),
    /// One group of DescribeGroups v0-6.
    Describe(GroupId),
    /// One group of DeleteGroups v0-2.
    Delete(GroupId),
    /// OffsetDelete v0.
    OffsetDelete(OffsetDeleteRequest),
}

/// The answer to a [`GroupRequest`], of the same case, fit for the version that was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupResponse {
    /// To `Join`.
    Join(JoinGroupResponse),
    /// To `Sync`.
    Sync(SyncGroupResponse),
    /// To `Heartbeat`.
    Heartbeat(HeartbeatResponse),
    /// To `Leave`.
    Leave(LeaveGroupResponse),
    /// To `OffsetCommit`: the topics of the request.
    OffsetCommit(OffsetCommitResponse),
    /// To `OffsetFetch`.
    OffsetFetch(OffsetFetchResponseGroup),
    /// To `List`: groups of this partition that pass the filters, or why there are none.
    List(Result<Vec<ListedGroup>, ErrorCode>),
    /// To `Describe`; authorised operations are left to the broker.
    Describe(DescribedGroup),
    /// To `Delete`.
    Delete(DeletableGroupResult),
    /// To `OffsetDelete`.
    OffsetDelete(OffsetDeleteResponse),
}

impl GroupRequest {
    /// The group asked about; `None` for `List`.
    pub fn group_id(&self) -> Option<&str> {
        let id = match self {
            Self::Join(request) => &request.group_id,
            Self::Sync(request) => &request.group_id,
            Self::Heartbeat(request) => &request.group_id,
            Self::Leave(request) => &request.group_id,
            Self::OffsetCommit(request) => &request.group_id,
            Self::OffsetFetch { group, .. } => &group.group_id,
            Self::Describe(id) | Self::Delete(id) => id,
            Self::OffsetDelete(request) => &request.group_id,
            Self::List(_) => return None,
        };
        Some(id.as_str())
    }

    /// The answer that refuses this request as a whole with `error`.
    pub fn refuse(&self, error: ErrorCode, api_version: i16) -> GroupResponse {
        match self {
            Self::Join(request) => {
                GroupResponse::Join(join_error(request.member_id.as_str(), error, api_version))
            }
            Self::Sync(_) => GroupResponse::Sync(SyncGroupResponse::default().with_error_code(error.0)),
            Self::Heartbeat(_) => {
                GroupResponse::Heartbeat(HeartbeatResponse::default().with_error_code(error.0))
            }
            Self::Leave(_) => GroupResponse::Leave(LeaveGroupResponse::default().with_error_code(error.0)),
            Self::OffsetCommit(request) => {
                GroupResponse::OffsetCommit(offset_commit_error(&request.topics, error))
            }
            Self::OffsetFetch { group, .. } => GroupResponse::OffsetFetch(
                OffsetFetchResponseGroup::default()
                    .with_group_id(group.group_id.clone())
                    .with_error_code(error.0),
            ),
            Self::List(_) => GroupResponse::List(Err(error)),
            Self::Describe(id) => GroupResponse::Describe(
                DescribedGroup::default().with_group_id(id.clone()).with_error_code(error.0),
            ),
            Self::Delete(id) => GroupResponse::Delete(
                DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(error.0),
            ),
            Self::OffsetDelete(_) => {
                GroupResponse::OffsetDelete(OffsetDeleteResponse::default().with_error_code(error.0))
            }
        }
    }
}

/// A JoinGroup answer with nothing but the member id and an error; before v7 the protocol name may
/// not be null.
pub(crate) fn join_error(member_id: &str, error: ErrorCode, api_version: i16) -> JoinGroupResponse {
    JoinGroupResponse::default()
        .with_member_id(member_id.to_owned().into())
        .with_protocol_name((api_version < 7).then(Default::default))
        .with_error_code(error.0)
}

/// A LeaveGroup answer in the form of the version: before v3 the only member's error is the answer's.
pub(crate) fn leave_response(members: Vec<MemberResponse>, api_version: i16) -> LeaveGroupResponse {
    if api_version >= 3 {
        return LeaveGroupResponse::default().with_members(members);
    }
    let error = members.first().map_or(ErrorCode::NONE.0, |member| member.error_code);
    LeaveGroupResponse::default().with_error_code(error)
}

/// An OffsetCommit answer that gives every partition the same error.
pub(crate) fn offset_commit_error(
    topics: &[OffsetCommitRequestTopic],
    error: ErrorCode,
) -> OffsetCommitResponse {
    let topics = topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(error.0)
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_topic_id(topic.topic_id)
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

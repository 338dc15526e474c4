//! Every answer can be written in every version of its API.

use kr_wire::api::{self, ApiKey};
use kr_wire::error_code::ErrorCode;
use kr_wire::message::{ResponseKind, encode_response};
use kr_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kr_wire::messages::{
    DeleteGroupsResponse, DescribeGroupsResponse, HeartbeatRequest, LeaveGroupRequest, ListGroupsRequest,
    ListGroupsResponse, OffsetDeleteRequest, SyncGroupRequest,
};

use super::{Commit, Join, Rig, group_id};
use crate::{GroupRequest, GroupResponse, join_offset_fetch};

/// The whole answer of an API, as the broker makes it of a shard's.
fn whole(response: GroupResponse, api_version: i16) -> (ApiKey, ResponseKind) {
    match response {
        GroupResponse::Join(response) => (ApiKey::JoinGroup, ResponseKind::JoinGroup(response)),
        GroupResponse::Sync(response) => (ApiKey::SyncGroup, ResponseKind::SyncGroup(response)),
        GroupResponse::Heartbeat(response) => (ApiKey::Heartbeat, ResponseKind::Heartbeat(response)),
        GroupResponse::Leave(response) => (ApiKey::LeaveGroup, ResponseKind::LeaveGroup(response)),
        GroupResponse::OffsetCommit(response) => (ApiKey::OffsetCommit, ResponseKind::OffsetCommit(response)),
        GroupResponse::OffsetDelete(response) => (ApiKey::OffsetDelete, ResponseKind::OffsetDelete(response)),
        GroupResponse::OffsetFetch(group) => {
            let response = join_offset_fetch(vec![group], api_version);
            (ApiKey::OffsetFetch, ResponseKind::OffsetFetch(response))
        }
        GroupResponse::List(groups) => {
            let response = match groups {
                Ok(groups) => ListGroupsResponse::default().with_groups(groups),
                Err(error) => ListGroupsResponse::default().with_error_code(error.0),
            };
            (ApiKey::ListGroups, ResponseKind::ListGroups(response))
        }
        GroupResponse::Describe(group) => {
            let response = DescribeGroupsResponse::default().with_groups(vec![group]);
            (ApiKey::DescribeGroups, ResponseKind::DescribeGroups(response))
        }
        GroupResponse::Delete(result) => {
            let response = DeleteGroupsResponse::default().with_results(vec![result]);
            (ApiKey::DeleteGroups, ResponseKind::DeleteGroups(response))
        }
    }
}

fn encodes(response: GroupResponse, api_version: i16) {
    let (key, response) = whole(response, api_version);
    let encoded = encode_response(1, key as i16, api_version, &response);
    assert!(encoded.is_ok(), "{key:?} v{api_version}: {encoded:?} of {response:?}");
}

/// A request of each API, about a group that has a member.
fn requests(member: &str) -> Vec<(ApiKey, GroupRequest)> {
    let g = || group_id("g");
    let id = || member.to_owned().into();
    let fetch = OffsetFetchRequestGroup::default().with_group_id(g()).with_topics(None);
    let leave = LeaveGroupRequest::default().with_group_id(g()).with_member_id(id());
    let sync = SyncGroupRequest::default().with_group_id(g()).with_member_id(id());
    let heartbeat = HeartbeatRequest::default().with_group_id(g()).with_member_id(id());
    vec![
        (ApiKey::JoinGroup, GroupRequest::Join(Join::new().member(member).request)),
        (ApiKey::SyncGroup, GroupRequest::Sync(sync.with_generation_id(1))),
        (ApiKey::Heartbeat, GroupRequest::Heartbeat(heartbeat.with_generation_id(1))),
        (ApiKey::OffsetCommit, GroupRequest::OffsetCommit(Commit::at(1).by(member, 1).request)),
        (ApiKey::OffsetFetch, GroupRequest::OffsetFetch { group: fetch, require_stable: false }),
        (ApiKey::OffsetDelete, GroupRequest::OffsetDelete(OffsetDeleteRequest::default())),
        (ApiKey::ListGroups, GroupRequest::List(ListGroupsRequest::default())),
        (ApiKey::DescribeGroups, GroupRequest::Describe(g())),
        (ApiKey::DescribeGroups, GroupRequest::Describe(group_id("unknown"))),
        (ApiKey::DeleteGroups, GroupRequest::Delete(g())),
        (ApiKey::LeaveGroup, GroupRequest::Leave(leave)),
    ]
}

#[test]
fn answers_can_be_written_in_every_version() {
    let count = requests("").len();
    for nth in 0..count {
        let key = requests("")[nth].0;
        let row = api::row(key as i16).expect("a row of the table");
        for api_version in row.min..=row.max {
            let mut rig = Rig::new();
            let (_, follower) = rig.stable_pair();
            for member in [follower.as_str(), "unknown"] {
                let (_, request) = requests(member).remove(nth);
                encodes(request.refuse(ErrorCode::NOT_COORDINATOR, api_version), api_version);
                let token = rig.send_as(request, api_version);
                rig.replicate();
                encodes(rig.answers.remove(&token).expect("an answer"), api_version);
            }
        }
    }
}

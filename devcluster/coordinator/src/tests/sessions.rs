//! Heartbeats, sessions, LeaveGroup, and the end of a shard.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::{LeaveGroupRequest, ListGroupsRequest};

use super::{Commit, Join, Rig, group_id};
use crate::{Caller, GroupConfig, GroupRequest, GroupResponse, GroupShard, Output, Token};

#[test]
fn heartbeat_tells_what_to_do_next() {
    let mut rig = Rig::new();
    assert_eq!(rig.heartbeat("x", 0), ErrorCode::UNKNOWN_MEMBER_ID);
    let (id, token) = rig.join_with_new_id(Join::new());
    rig.pass(3_000);
    rig.joined(token);
    assert_eq!(rig.heartbeat(&id, 1), ErrorCode::NONE, "the leader may be assigning");
    assert_eq!(rig.heartbeat(&id, 0), ErrorCode::ILLEGAL_GENERATION);
    rig.join_with_new_id(Join::new());
    assert_eq!(rig.heartbeat(&id, 1), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn member_without_heartbeats_is_removed() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    rig.pass(9_000);
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::NONE);
    rig.pass(1_000);
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(rig.heartbeat(&follower, 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn group_without_heartbeats_becomes_empty_and_is_recorded_so() {
    let mut rig = Rig::new();
    rig.stable_pair();
    rig.pass(70_000);
    assert_eq!(rig.state(), "Empty");
    let recorded = rig.last_group_record().expect("a record of the group");
    assert_eq!((recorded.generation, recorded.protocol_type.as_str()), (2, "consumer"));
    assert_eq!((recorded.protocol, recorded.leader, recorded.members), (None, None, vec![]));
}

#[test]
fn commit_keeps_a_member_alive() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    for offset in 0..4 {
        rig.pass(5_000);
        rig.commit(Commit::at(offset).by(&leader, 1));
        rig.replicate();
        rig.heartbeat(&follower, 1);
    }
    assert_eq!(rig.state(), "Stable");
}

#[test]
fn last_member_that_leaves_empties_the_group() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    assert_eq!(rig.leave_by_id(&follower), ErrorCode::NONE);
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(rig.leave_by_id(&leader), ErrorCode::NONE);
    assert_eq!(rig.state(), "Empty");
    assert_eq!(rig.leave_by_id(&leader), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn leave_answers_each_member() {
    let mut rig = Rig::new();
    let old = rig.stable_static();
    let identity = |id: &str, instance: Option<&str>| {
        MemberIdentity::default()
            .with_member_id(id.to_owned().into())
            .with_group_instance_id(instance.map(|i| i.to_owned().into()))
    };
    let token = rig.join(Join::new());
    let pending = rig.joined(token).member_id.to_string();
    let response = rig.leave(vec![
        identity("x", None),
        identity("", Some("nobody")),
        identity("x", Some("i")),
        identity(&pending, None),
        identity("", Some("i")),
        identity(&old, Some("i")),
    ]);
    let errors: Vec<_> = response.members.iter().map(|m| ErrorCode(m.error_code)).collect();
    assert_eq!(
        errors,
        [
            ErrorCode::UNKNOWN_MEMBER_ID,
            ErrorCode::UNKNOWN_MEMBER_ID,
            ErrorCode::FENCED_INSTANCE_ID,
            ErrorCode::NONE,
            ErrorCode::NONE,
            ErrorCode::UNKNOWN_MEMBER_ID,
        ]
    );
    assert_eq!(response.error_code, 0);
    assert_eq!(rig.state(), "Empty");
}

#[test]
fn leave_of_an_old_client_has_one_member_and_one_error() {
    let mut rig = Rig::new();
    let (leader, _) = rig.stable_pair();
    for error in [ErrorCode::NONE, ErrorCode::UNKNOWN_MEMBER_ID] {
        let request =
            LeaveGroupRequest::default().with_group_id(group_id("g")).with_member_id(leader.clone().into());
        let GroupResponse::Leave(response) = rig.ask(GroupRequest::Leave(request), 2) else {
            panic!("another answer");
        };
        assert_eq!(ErrorCode(response.error_code), error);
        assert_eq!(response.members, []);
    }
}

#[test]
fn leaving_member_gets_an_answer_to_what_it_waits_for() {
    let mut rig = Rig::new();
    let (id, token) = rig.join_with_new_id(Join::new());
    assert_eq!(rig.leave_by_id(&id), ErrorCode::NONE);
    assert_eq!(ErrorCode(rig.joined(token).error_code), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn describe_shows_members_and_their_part() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    let group = rig.describe("g");
    assert_eq!(group.group_state.as_str(), "Stable");
    assert_eq!((group.protocol_type.as_str(), group.protocol_data.as_str()), ("consumer", "range"));
    let member = group.members.iter().find(|m| m.member_id.as_str() == follower).expect("a member");
    assert_eq!(member.member_assignment.as_ref(), b"two");
    assert_eq!(member.member_metadata, super::subscription("t"));
    rig.join(Join::new().member(&leader));
    let group = rig.describe("g");
    assert_eq!((group.protocol_data.as_str(), group.members.len()), ("", 2));
    assert_eq!(group.members[0].member_metadata.len(), 0);
}

#[test]
fn unknown_group_is_dead_and_an_error_since_v6() {
    let mut rig = Rig::new();
    let described = rig.describe("x");
    assert_eq!(ErrorCode(described.error_code), ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(described.group_state.as_str(), "Dead");
    let GroupResponse::Describe(described) = rig.ask(GroupRequest::Describe(group_id("x")), 5) else {
        panic!("another answer");
    };
    assert_eq!((described.error_code, described.group_state.as_str()), (0, "Dead"));
    assert_eq!(described.error_message, None);
}

#[test]
fn list_filters_by_state_and_type_in_either_case() {
    let mut rig = Rig::new();
    rig.stable_pair();
    rig.commit(Commit::at(1).group("simple"));
    rig.replicate();
    let mut list = |states: &[&'static str], types: &[&'static str]| -> Vec<String> {
        let request = ListGroupsRequest::default()
            .with_states_filter(states.iter().map(|s| (*s).into()).collect())
            .with_types_filter(types.iter().map(|s| (*s).into()).collect());
        match rig.ask(GroupRequest::List(request), 5) {
            GroupResponse::List(Ok(groups)) => {
                groups.iter().map(|group| group.group_id.to_string()).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(list(&[], &[]), ["g", "simple"]);
    assert_eq!(list(&["sTABLE"], &[]), ["g"]);
    assert_eq!(list(&["Empty"], &["CLASSIC"]), ["simple"]);
    assert_eq!(list(&[], &["consumer"]), [""; 0]);
}

#[test]
fn loading_shard_refuses_everything() {
    let mut shard = GroupShard::new(GroupConfig::default(), 0);
    let requests = [
        GroupRequest::Join(Join::new().request),
        GroupRequest::OffsetCommit(Commit::at(1).request),
        GroupRequest::Describe(group_id("g")),
    ];
    for (at, request) in (0..).zip(requests) {
        shard.handle(request, Caller::default(), Token(at), Default::default());
    }
    let mut errors = Vec::new();
    while let Some(Output::Reply { response, .. }) = shard.poll_output() {
        errors.push(match response {
            GroupResponse::Join(response) => response.error_code,
            GroupResponse::OffsetCommit(response) => response.topics[0].partitions[0].error_code,
            GroupResponse::Describe(response) => response.error_code,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(errors, [ErrorCode::COORDINATOR_LOAD_IN_PROGRESS.0; 3]);
}

#[test]
fn unload_answers_all_that_waits() {
    let mut rig = Rig::new();
    let (leader, _) = rig.stable_pair();
    let join = rig.join(Join::new().member(&leader));
    let commit = rig.commit(Commit::at(1).group("other"));
    rig.shard.unload();
    rig.drain();
    assert_eq!(ErrorCode(rig.joined(join).error_code), ErrorCode::NOT_COORDINATOR);
    assert_eq!(rig.committed(commit), ErrorCode::NOT_COORDINATOR);
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::NOT_COORDINATOR);
    assert_eq!(rig.shard.next_deadline(), None);
    rig.replicate();
}

//! SyncGroup: assignments are stored, then handed out.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::SyncGroupRequest;

use super::{Join, Rig, group_id};
use crate::{GroupRequest, Token};

/// A pair of which both have joined generation 1 and nobody has synced.
fn assigning_pair(rig: &mut Rig) -> (String, String) {
    let (leader, first) = rig.join_with_new_id(Join::new());
    let (follower, second) = rig.join_with_new_id(Join::new());
    rig.replicate();
    rig.pass(6_000);
    rig.joined(first);
    rig.joined(second);
    (leader, follower)
}

fn error(rig: &mut Rig, token: Token) -> ErrorCode {
    ErrorCode(rig.synced(token).error_code)
}

#[test]
fn assignment_is_handed_out_once_it_is_replicated() {
    let mut rig = Rig::new();
    let (leader, follower) = assigning_pair(&mut rig);
    let first = rig.sync(&leader, 1, &[(&leader, "one")]);
    let second = rig.sync(&follower, 1, &[]);
    assert!(rig.is_parked(first) && rig.is_parked(second));
    let since = rig.now.wall_ms - 1;
    let recorded = rig.last_group_record().expect("a record of the group");
    assert_eq!(recorded.generation, 1);
    assert_eq!(recorded.protocol_type, "consumer");
    assert_eq!(recorded.protocol.as_deref(), Some("range"));
    assert_eq!(recorded.leader.as_deref(), Some(leader.as_str()));
    assert!(recorded.current_state_timestamp.is_some_and(|at| at <= since + 1));
    let member = recorded.members.iter().find(|m| m.member_id == leader).expect("the leader");
    assert_eq!(member.assignment.as_ref(), b"one");
    assert_eq!(member.subscription, super::subscription("t"));
    assert_eq!((member.client_id.as_str(), member.client_host.as_str()), ("client", "/127.0.0.1"));
    assert_eq!((member.session_timeout, member.rebalance_timeout), (10_000, 60_000));
    rig.replicate();
    let synced = rig.synced(first);
    assert_eq!(synced.assignment.as_ref(), b"one");
    assert_eq!(synced.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(synced.protocol_name.as_deref(), Some("range"));
    assert_eq!(rig.synced(second).assignment.as_ref(), b"", "the leader left it out");
    assert_eq!(rig.state(), "Stable");
}

#[test]
fn assignment_that_cannot_be_stored_starts_a_rebalance() {
    let mut rig = Rig::new();
    let (leader, follower) = assigning_pair(&mut rig);
    let second = rig.sync(&follower, 1, &[]);
    let first = rig.sync(&leader, 1, &[(&leader, "one")]);
    rig.fail(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    assert_eq!(error(&mut rig, first), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(error(&mut rig, second), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(rig.state(), "PreparingRebalance");
}

#[test]
fn assignment_that_is_not_replicated_in_time_starts_a_rebalance() {
    let mut rig = Rig::new();
    let (leader, _) = assigning_pair(&mut rig);
    let token = rig.sync(&leader, 1, &[(&leader, "one")]);
    rig.pass(4_999);
    assert!(rig.is_parked(token));
    rig.pass(1);
    assert_eq!(error(&mut rig, token), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    rig.replicate();
    assert_eq!(rig.state(), "PreparingRebalance", "what is replicated late is void");
}

#[test]
fn assignment_of_a_generation_that_is_over_is_void() {
    let mut rig = Rig::new();
    let (leader, follower) = assigning_pair(&mut rig);
    let first = rig.sync(&leader, 1, &[(&leader, "one")]);
    let join = rig.join(Join::new().member(&follower).protocols(&["sticky", "range"]));
    assert_eq!(error(&mut rig, first), ErrorCode::REBALANCE_IN_PROGRESS);
    rig.replicate();
    assert_eq!(rig.state(), "PreparingRebalance");
    assert!(rig.is_parked(join));
}

#[test]
fn later_assignment_of_a_generation_wins() {
    let mut rig = Rig::new();
    let (leader, _) = assigning_pair(&mut rig);
    let first = rig.sync(&leader, 1, &[(&leader, "old")]);
    let second = rig.sync(&leader, 1, &[(&leader, "new")]);
    assert_eq!(error(&mut rig, first), ErrorCode::REBALANCE_IN_PROGRESS);
    rig.replicate();
    assert_eq!(rig.synced(second).assignment.as_ref(), b"new");
}

#[test]
fn sync_in_a_stable_group_gets_the_assignment_again() {
    let mut rig = Rig::new();
    let (_, follower) = rig.stable_pair();
    let token = rig.sync(&follower, 1, &[]);
    assert_eq!(rig.synced(token).assignment.as_ref(), b"two");
}

#[test]
fn sync_is_refused_by_what_is_wrong_with_it() {
    let mut rig = Rig::new();
    let unknown = rig.sync("x", 0, &[]);
    assert_eq!(error(&mut rig, unknown), ErrorCode::UNKNOWN_MEMBER_ID);
    let (leader, follower) = rig.stable_pair();
    let stale = rig.sync(&follower, 0, &[]);
    assert_eq!(error(&mut rig, stale), ErrorCode::ILLEGAL_GENERATION);
    let request = SyncGroupRequest::default()
        .with_group_id(group_id("g"))
        .with_generation_id(1)
        .with_member_id(follower.clone().into());
    let other = request.clone().with_protocol_name(Some("sticky".into()));
    let token = rig.send_as(GroupRequest::Sync(other), 5);
    assert_eq!(error(&mut rig, token), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let other = request.with_protocol_type(Some("connect".into()));
    let token = rig.send_as(GroupRequest::Sync(other), 5);
    assert_eq!(error(&mut rig, token), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    rig.join(Join::new().member(&leader));
    let token = rig.sync(&follower, 1, &[]);
    assert_eq!(error(&mut rig, token), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn member_that_does_not_sync_in_time_is_removed() {
    let mut rig = Rig::new();
    let (leader, follower) = assigning_pair(&mut rig);
    let token = rig.sync(&leader, 1, &[(&leader, "one")]);
    rig.replicate();
    assert_eq!(error(&mut rig, token), ErrorCode::NONE);
    for _ in 0..12 {
        assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::NONE);
        assert_eq!(rig.heartbeat(&follower, 1), ErrorCode::NONE);
        rig.pass(5_000);
    }
    assert_eq!(rig.heartbeat(&follower, 1), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn group_whose_members_never_sync_becomes_empty() {
    let mut rig = Rig::new();
    let (leader, follower) = assigning_pair(&mut rig);
    for _ in 0..12 {
        rig.heartbeat(&leader, 1);
        rig.heartbeat(&follower, 1);
        rig.pass(5_000);
    }
    assert_eq!(rig.state(), "Empty");
}

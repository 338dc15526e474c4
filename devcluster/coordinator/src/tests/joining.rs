//! JoinGroup: who gets in, how long the join phase lasts, who leads.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;

use super::{Join, Rig};
use crate::GroupConfig;

#[test]
fn join_checks_group_id_and_session_timeout() {
    let mut rig = Rig::new();
    let mut nameless = Join::new();
    nameless.request.group_id = super::group_id("");
    assert_eq!(rig.join_refused(nameless), ErrorCode::INVALID_GROUP_ID);
    for ms in [-1, 5_999, 1_800_001] {
        let refused = rig.join_refused(Join::new().session_timeout(ms));
        assert_eq!(refused, ErrorCode::INVALID_SESSION_TIMEOUT, "{ms} ms");
    }
    rig.join_with_new_id(Join::new().session_timeout(6_000));
}

/// KIP-394.
#[test]
fn new_member_is_given_an_id_before_it_may_join() {
    let mut rig = Rig::new();
    let (id, token) = rig.join_with_new_id(Join::new());
    assert!(id.starts_with("client-"));
    assert!(rig.is_parked(token));
    rig.pass(3_000);
    assert_eq!(rig.joined(token).member_id.as_str(), id);
}

#[test]
fn old_client_joins_without_an_id() {
    let mut rig = Rig::new();
    let token = rig.join(Join::new().version(3));
    rig.pass(3_000);
    let joined = rig.joined(token);
    assert_eq!(joined.error_code, 0);
    assert_eq!(joined.leader, joined.member_id);
    assert_eq!(joined.members.len(), 1);
}

#[test]
fn id_that_is_not_used_within_the_session_is_forgotten() {
    let mut rig = Rig::new();
    let token = rig.join(Join::new());
    let id = rig.joined(token).member_id.to_string();
    rig.pass(10_000);
    assert_eq!(rig.join_refused(Join::new().member(&id)), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn member_with_an_id_of_its_own_making_is_unknown() {
    let mut rig = Rig::new();
    assert_eq!(rig.join_refused(Join::new().member("x")), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(rig.state(), "Dead");
    rig.stable_pair();
    assert_eq!(rig.join_refused(Join::new().member("x")), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn refused_join_has_a_protocol_name_before_v7() {
    let mut rig = Rig::new();
    let token = rig.join(Join::new().version(6));
    assert_eq!(rig.joined(token).protocol_name.as_deref(), Some(""));
    let token = rig.join(Join::new().version(7));
    assert_eq!(rig.joined(token).protocol_name, None);
}

#[test]
fn new_group_is_recorded_before_anybody_is_in_it() {
    let mut rig = Rig::new();
    rig.join(Join::new());
    let record = rig.last_group_record().expect("a record of the group");
    assert_eq!((record.generation, record.protocol_type.as_str()), (0, ""));
    assert_eq!(record.current_state_timestamp, Some(rig.now.wall_ms));
    assert_eq!((record.protocol, record.leader, record.members), (None, None, vec![]));
}

#[test]
fn new_group_that_cannot_be_recorded_is_taken_back() {
    let mut rig = Rig::new();
    let token = rig.join(Join::new().version(3));
    rig.fail(ErrorCode::NOT_ENOUGH_REPLICAS);
    let joined = rig.joined(token);
    assert_eq!(ErrorCode(joined.error_code), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(rig.state(), "Dead");
}

#[test]
fn initial_delay_grows_while_members_join() {
    let mut rig = Rig::new();
    let (_, first) = rig.join_with_new_id(Join::new());
    rig.replicate();
    rig.pass(2_999);
    let (_, second) = rig.join_with_new_id(Join::new());
    rig.pass(3_000);
    assert!(rig.is_parked(first), "the second member extends the delay by another 3 s");
    rig.pass(1);
    assert_eq!(rig.joined(first).members.len(), 2);
    assert_eq!(rig.joined(second).members.len(), 0);
}

#[test]
fn initial_delay_ends_at_the_rebalance_timeout() {
    let mut rig = Rig::new();
    let impatient = Join::new().rebalance_timeout(5_000);
    let (_, first) = rig.join_with_new_id(impatient.clone());
    rig.replicate();
    let mut waited = 0;
    while rig.is_parked(first) {
        rig.join_with_new_id(impatient.clone());
        rig.pass(500);
        waited += 500;
    }
    assert_eq!(waited, 5_000);
}

#[test]
fn join_phase_waits_for_ids_that_were_given_out() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    let token = rig.join(Join::new());
    let pending = rig.joined(token).member_id.to_string();
    let first = rig.join(Join::new().member(&leader));
    let second = rig.join(Join::new().member(&follower));
    assert!(rig.is_parked(first));
    let third = rig.join(Join::new().member(&pending));
    assert_eq!(rig.joined(first).members.len(), 3);
    assert_eq!(rig.joined(second).generation_id, 2);
    assert_eq!(rig.joined(third).generation_id, 2);
}

#[test]
fn member_without_a_common_protocol_is_refused() {
    let mut rig = Rig::new();
    rig.stable_pair();
    let error = ErrorCode::INCONSISTENT_GROUP_PROTOCOL;
    assert_eq!(rig.join_refused(Join::new().protocols(&["sticky"])), error);
    assert_eq!(rig.join_refused(Join::new().protocols(&[])), error);
    assert_eq!(rig.join_refused(Join::new().protocol_type("connect")), error);
    let mut empty = Rig::new();
    assert_eq!(empty.join_refused(Join::new().protocol_type("")), error);
    assert_eq!(empty.state(), "Dead");
}

#[test]
fn protocol_with_most_votes_among_common_ones_wins() {
    let mut rig = Rig::new();
    let preferences = [["sticky", "range"], ["range", "sticky"], ["range", "sticky"]];
    let tokens: Vec<_> =
        preferences.iter().map(|names| rig.join_with_new_id(Join::new().protocols(names)).1).collect();
    rig.replicate();
    rig.pass(10_000);
    for token in tokens {
        assert_eq!(rig.joined(token).protocol_name.as_deref(), Some("range"));
    }
}

#[test]
fn full_group_refuses_new_members_only() {
    let mut rig = Rig::with(GroupConfig { max_size: 2, ..GroupConfig::default() });
    let (leader, _) = rig.stable_pair();
    assert_eq!(rig.join_refused(Join::new()), ErrorCode::GROUP_MAX_SIZE_REACHED);
    let token = rig.join(Join::new().member(&leader));
    assert!(rig.is_parked(token));
}

#[test]
fn group_that_is_too_large_after_loading_sheds_the_last_to_rejoin() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    let small = GroupConfig { max_size: 1, ..GroupConfig::default() };
    let mut shard = crate::GroupShard::new(small, 1);
    for (key, value) in &rig.log {
        let record = crate::Replayed { key, value: value.as_deref(), producer: None };
        shard.replay(record).expect("well formed");
    }
    shard.loaded(rig.now);
    rig.shard = shard;
    let token = rig.join(Join::new().member(&follower));
    assert_eq!(rig.join_refused(Join::new().member(&leader)), ErrorCode::GROUP_MAX_SIZE_REACHED);
    rig.pass(60_000);
    assert_eq!(rig.joined(token).leader.as_str(), follower);
}

#[test]
fn follower_that_joins_again_unchanged_stays_in_its_generation() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    let token = rig.join(Join::new().member(&follower));
    let joined = rig.joined(token);
    assert_eq!((joined.generation_id, joined.members.len()), (1, 0));
    assert_eq!(joined.leader.as_str(), leader);
    assert_eq!(rig.state(), "Stable");
}

#[test]
fn changed_member_or_leader_that_joins_again_starts_a_rebalance() {
    let mut rig = Rig::new();
    let (_, follower) = rig.stable_pair();
    let token = rig.join(Join::new().member(&follower).protocols(&["sticky", "range"]));
    assert!(rig.is_parked(token));
    assert_eq!(rig.state(), "PreparingRebalance");

    let mut rig = Rig::new();
    let (leader, _) = rig.stable_pair();
    let token = rig.join(Join::new().member(&leader));
    assert!(rig.is_parked(token));
    assert_eq!(rig.state(), "PreparingRebalance");
}

#[test]
fn lost_answer_of_the_join_phase_is_given_again() {
    let mut rig = Rig::new();
    let (id, token) = rig.join_with_new_id(Join::new());
    rig.pass(3_000);
    let first = rig.joined(token);
    let token = rig.join(Join::new().member(&id));
    assert_eq!(rig.joined(token), first);
    assert_eq!(rig.state(), "CompletingRebalance");
}

#[test]
fn member_that_does_not_rejoin_in_time_is_removed() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    let token = rig.join(Join::new().member(&leader));
    for _ in 0..11 {
        rig.pass(5_000);
        assert_eq!(rig.heartbeat(&follower, 1), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    assert!(rig.is_parked(token));
    rig.pass(5_000);
    assert_eq!(rig.joined(token).members.len(), 1);
    assert_eq!(rig.heartbeat(&follower, 2), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn leader_that_does_not_rejoin_hands_over() {
    let mut rig = Rig::new();
    let (_, follower) = rig.stable_pair();
    let token = rig.join(Join::new().member(&follower).protocols(&["sticky", "range"]));
    rig.pass(60_000);
    let joined = rig.joined(token);
    assert_eq!((joined.leader.as_str(), joined.generation_id), (follower.as_str(), 2));
}

#[test]
fn join_that_is_sent_again_replaces_the_one_that_waits() {
    let mut rig = Rig::new();
    let (id, first) = rig.join_with_new_id(Join::new());
    let second = rig.join(Join::new().member(&id));
    let superseded = rig.joined(first);
    assert_eq!(ErrorCode(superseded.error_code), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(superseded.member_id.as_str(), id);
    rig.pass(3_000);
    assert_eq!(rig.joined(second).error_code, 0);
}

#[test]
fn first_join_of_a_dead_client_ends_after_five_minutes() {
    let mut rig = Rig::new();
    let patient = Join::new().rebalance_timeout(900_000).version(3);
    let first = rig.join(patient.clone());
    rig.pass(3_000);
    let id = rig.joined(first).member_id.to_string();
    let second = rig.join(patient);
    for _ in 0..60 {
        assert!(rig.is_parked(second));
        rig.heartbeat(&id, 1);
        rig.pass(5_000);
    }
    let ended = rig.joined(second);
    assert_eq!(ErrorCode(ended.error_code), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(ended.member_id.as_str(), "");
}

/// KIP-345 and KIP-814.
#[test]
fn static_member_that_comes_back_keeps_its_place_without_a_rebalance() {
    let mut rig = Rig::new();
    let old = rig.stable_static();
    let token = rig.join(Join::new().instance("i"));
    assert!(rig.is_parked(token), "answered once its new id is recorded");
    rig.replicate();
    let joined = rig.joined(token);
    assert_ne!(joined.member_id.as_str(), old);
    assert_eq!((joined.generation_id, &joined.leader), (1, &joined.member_id));
    assert!(joined.skip_assignment);
    assert_eq!(joined.members.len(), 1);
    let id = joined.member_id.to_string();
    let token = rig.sync(&id, 1, &[]);
    assert_eq!(rig.synced(token).assignment.as_ref(), b"one");
    let recorded = rig.last_group_record().expect("a record of the group");
    assert_eq!(recorded.members[0].member_id, id);
    assert_eq!(recorded.members[0].assignment.as_ref(), b"one");
    assert_eq!(rig.heartbeat(&old, 1), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(rig.join_refused(Join::new().member(&old).instance("i")), ErrorCode::FENCED_INSTANCE_ID);
}

#[test]
fn static_leader_of_an_old_client_does_not_learn_that_it_leads() {
    let mut rig = Rig::new();
    let old = rig.stable_static();
    let token = rig.join(Join::new().instance("i").version(8));
    rig.replicate();
    let joined = rig.joined(token);
    assert_eq!(joined.leader.as_str(), old);
    assert_eq!((joined.members.len(), joined.skip_assignment), (0, false));
}

#[test]
fn static_member_keeps_its_old_id_when_the_new_one_is_not_recorded() {
    let mut rig = Rig::new();
    let old = rig.stable_static();
    let token = rig.join(Join::new().instance("i"));
    rig.fail(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert_eq!(ErrorCode(rig.joined(token).error_code), ErrorCode::NOT_COORDINATOR);
    assert_eq!(rig.heartbeat(&old, 1), ErrorCode::NONE);
}

#[test]
fn static_member_that_comes_back_while_the_leader_assigns_starts_over() {
    let mut rig = Rig::new();
    let first = rig.join(Join::new().instance("i"));
    rig.replicate();
    rig.pass(3_000);
    let old = rig.joined(first).member_id.to_string();
    let sync = rig.sync(&old, 1, &[]);
    let second = rig.join(Join::new().instance("i"));
    assert_eq!(ErrorCode(rig.synced(sync).error_code), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(rig.joined(second).generation_id, 2);
    rig.replicate();
    assert_eq!(rig.state(), "CompletingRebalance", "the assignment to the old id is void");
}

#[test]
fn static_member_keeps_its_place_when_it_does_not_rejoin() {
    let mut rig = Rig::new();
    let absent = rig.stable_static();
    let (_, token) = rig.join_with_new_id(Join::new());
    for _ in 0..12 {
        rig.heartbeat(&absent, 1);
        rig.pass(5_000);
    }
    let joined = rig.joined(token);
    assert_eq!((joined.generation_id, joined.members.len()), (2, 2));
    assert_eq!(joined.leader, joined.member_id);
}

#[test]
fn absent_static_members_alone_do_not_make_a_generation() {
    let mut rig = Rig::new();
    let absent = rig.stable_static();
    let (other, _) = rig.join_with_new_id(Join::new().rebalance_timeout(0));
    rig.leave_by_id(&other);
    for _ in 0..30 {
        rig.heartbeat(&absent, 1);
        rig.pass(5_000);
    }
    assert_eq!(rig.state(), "PreparingRebalance");
    assert_eq!(rig.heartbeat(&absent, 1), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn zero_initial_delay_completes_at_the_next_tick() {
    let config = GroupConfig { initial_rebalance_delay: Duration::ZERO, ..GroupConfig::default() };
    let mut rig = Rig::with(config);
    let (_, token) = rig.join_with_new_id(Join::new());
    rig.pass(0);
    assert_eq!(rig.joined(token).generation_id, 1);
}

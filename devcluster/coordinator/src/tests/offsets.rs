//! OffsetCommit, OffsetFetch, OffsetDelete, DeleteGroups and expiry.

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::{GroupRecord, OffsetCommitValue};
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId, TopicId, Uuid};
use kr_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kr_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopic};
use kr_wire::messages::{OffsetDeleteRequest, OffsetFetchRequest, TopicName};

use super::{Commit, Join, Rig, group_id};
use crate::{
    GroupConfig, GroupRequest, GroupResponse, Token, TopicPartitions, join_offset_fetch, split_offset_fetch,
};

const WEEK_MS: u64 = 7 * 24 * 3600 * 1000;

fn commit_value(rig: &Rig) -> OffsetCommitValue {
    let (key, value) = &rig.appends[0].1[0];
    assert_eq!(value.as_ref().map(|v| v[1]), Some(4), "value version");
    match GroupRecord::decode(key, value.as_deref()) {
        Ok(Some(GroupRecord::OffsetCommit(_, Some(value)))) => value,
        other => panic!("{other:?}"),
    }
}

fn delete(rig: &mut Rig, group: &str) -> Token {
    rig.send_as(GroupRequest::Delete(group_id(group)), 2)
}

fn deleted(rig: &mut Rig, token: Token) -> ErrorCode {
    match rig.answers.remove(&token) {
        Some(GroupResponse::Delete(result)) => ErrorCode(result.error_code),
        other => panic!("no answer to DeleteGroups but {other:?}"),
    }
}

/// Deletes the offset of partition 0 of a topic; both errors of the answer.
fn offset_delete(rig: &mut Rig, group: &str, topic: &'static str) -> (ErrorCode, Option<ErrorCode>) {
    let partition = OffsetDeleteRequestPartition::default().with_partition_index(0);
    let topic = OffsetDeleteRequestTopic::default()
        .with_name(TopicName(topic.into()))
        .with_partitions(vec![partition]);
    let request = OffsetDeleteRequest::default().with_group_id(group_id(group)).with_topics(vec![topic]);
    let token = rig.send_as(GroupRequest::OffsetDelete(request), 0);
    rig.replicate();
    match rig.answers.remove(&token) {
        Some(GroupResponse::OffsetDelete(response)) => {
            let partition = response.topics.first().map(|t| ErrorCode(t.partitions[0].error_code));
            (ErrorCode(response.error_code), partition)
        }
        other => panic!("no answer to OffsetDelete but {other:?}"),
    }
}

#[test]
fn commit_is_acknowledged_and_seen_once_it_is_replicated() {
    let mut rig = Rig::new();
    let token = rig.commit(Commit::at(5));
    assert!(rig.is_parked(token));
    assert_eq!(rig.fetch("g", "t"), -1);
    let expected = OffsetCommitValue {
        offset: Offset(5),
        leader_epoch: Some(LeaderEpoch(3)),
        metadata: "m".into(),
        commit_timestamp: rig.now.wall_ms,
        expire_timestamp: None,
        topic_id: None,
    };
    assert_eq!(commit_value(&rig), expected);
    rig.replicate();
    assert_eq!(rig.committed(token), ErrorCode::NONE);
    assert_eq!(rig.fetch("g", "t"), 5);
}

#[test]
fn commit_records_the_topic_id_it_is_given() {
    let mut rig = Rig::new();
    let mut commit = Commit::at(5);
    commit.request.topics[0].topic_id = Uuid::from_u128(7);
    rig.commit(commit);
    assert_eq!(commit_value(&rig).topic_id, Some(TopicId(Uuid::from_u128(7))));
}

#[test]
fn commits_are_acknowledged_in_order() {
    let mut rig = Rig::new();
    let first = rig.commit(Commit::at(1));
    let second = rig.commit(Commit::at(2));
    let (later, _) = rig.appends.pop_back().expect("two appends");
    rig.shard.appended(later, Ok(()), rig.now);
    rig.drain();
    assert!(rig.is_parked(second));
    rig.replicate();
    assert_eq!(rig.committed(first), ErrorCode::NONE);
    assert_eq!(rig.committed(second), ErrorCode::NONE);
    assert_eq!(rig.fetch("g", "t"), 2);
}

#[test]
fn failed_commit_changes_nothing_and_says_why() {
    let mapping = [
        (ErrorCode::NOT_ENOUGH_REPLICAS, ErrorCode::COORDINATOR_NOT_AVAILABLE),
        (ErrorCode::NOT_LEADER_OR_FOLLOWER, ErrorCode::NOT_COORDINATOR),
        (ErrorCode::MESSAGE_TOO_LARGE, ErrorCode::UNKNOWN_SERVER_ERROR),
        (ErrorCode::INVALID_COMMIT_OFFSET_SIZE, ErrorCode::INVALID_COMMIT_OFFSET_SIZE),
    ];
    for (append, answer) in mapping {
        let mut rig = Rig::new();
        rig.commit(Commit::at(1));
        rig.replicate();
        let token = rig.commit(Commit::at(2));
        rig.fail(append);
        assert_eq!(rig.committed(token), answer);
        assert_eq!(rig.fetch("g", "t"), 1);
    }
}

#[test]
fn commit_that_is_not_replicated_in_time_may_still_take_effect() {
    let mut rig = Rig::new();
    let token = rig.commit(Commit::at(1));
    rig.pass(5_000);
    assert_eq!(rig.committed(token), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(rig.fetch("g", "t"), -1);
    rig.replicate();
    assert_eq!(rig.fetch("g", "t"), 1);
}

#[test]
fn commit_is_for_members_of_the_generation() {
    let mut rig = Rig::new();
    let refused = |rig: &mut Rig, commit: Commit| {
        let token = rig.commit(commit);
        rig.committed(token)
    };
    let unknown_group = Commit::at(1).by("x", 1);
    assert_eq!(refused(&mut rig, unknown_group.clone()), ErrorCode::GROUP_ID_NOT_FOUND);
    assert_eq!(refused(&mut rig, unknown_group.version(8)), ErrorCode::ILLEGAL_GENERATION);
    let (leader, follower) = rig.stable_pair();
    assert_eq!(refused(&mut rig, Commit::at(1)), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(refused(&mut rig, Commit::at(1).by("x", 1)), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(refused(&mut rig, Commit::at(1).by(&leader, 0)), ErrorCode::ILLEGAL_GENERATION);
    let first = rig.join(Join::new().member(&leader));
    let token = rig.commit(Commit::at(1).by(&follower, 1));
    rig.replicate();
    assert_eq!(rig.committed(token), ErrorCode::NONE, "before it rejoins");
    rig.join(Join::new().member(&follower));
    assert_eq!(rig.joined(first).generation_id, 2);
    let assigning = Commit::at(1).by(&leader, 2);
    assert_eq!(refused(&mut rig, assigning), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn static_member_that_was_replaced_cannot_commit() {
    let mut rig = Rig::new();
    let old = rig.stable_static();
    rig.join(Join::new().instance("i"));
    rig.replicate();
    let mut commit = Commit::at(1).by(&old, 1);
    commit.request.group_instance_id = Some("i".into());
    let token = rig.commit(commit);
    assert_eq!(rig.committed(token), ErrorCode::FENCED_INSTANCE_ID);
}

#[test]
fn metadata_that_is_too_long_spoils_its_partition_only() {
    let mut rig = Rig::new();
    let mut commit = Commit::at(1);
    let mut long = commit.request.topics[0].partitions[0].clone();
    long.partition_index = 1;
    long.committed_metadata = Some("x".repeat(4097).into());
    commit.request.topics[0].partitions.insert(0, long);
    let token = rig.commit(commit);
    rig.replicate();
    let Some(GroupResponse::OffsetCommit(response)) = rig.answers.remove(&token) else {
        panic!("no answer");
    };
    let partitions = &response.topics[0].partitions;
    assert_eq!(ErrorCode(partitions[0].error_code), ErrorCode::OFFSET_METADATA_TOO_LARGE);
    assert_eq!((partitions[1].partition_index, partitions[1].error_code), (0, 0));
    assert_eq!(rig.fetch("g", "t"), 1);
}

#[test]
fn fetch_of_all_topics_lists_what_is_committed() {
    let mut rig = Rig::new();
    for topic in ["b", "a"] {
        rig.commit(Commit::at(3).topic(topic));
    }
    rig.replicate();
    let request = OffsetFetchRequest::default().with_group_id(group_id("g")).with_topics(None);
    let group = split_offset_fetch(request, 7).remove(0);
    let GroupResponse::OffsetFetch(fetched) =
        rig.ask(GroupRequest::OffsetFetch { group, require_stable: false }, 7)
    else {
        panic!("another answer");
    };
    let old = join_offset_fetch(vec![fetched.clone()], 7);
    assert_eq!(old.groups, []);
    let names: Vec<_> = old.topics.iter().map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    let partition = &old.topics[0].partitions[0];
    assert_eq!((partition.committed_offset, partition.committed_leader_epoch), (3, 3));
    assert_eq!(partition.metadata.as_deref(), Some("m"));
    let new = join_offset_fetch(vec![fetched.clone()], 8);
    assert_eq!((new.groups, new.topics), (vec![fetched], vec![]));
}

#[test]
fn old_fetch_of_named_topics_is_one_group() {
    let topic = OffsetFetchRequestTopic::default()
        .with_name(TopicName("t".into()))
        .with_partition_indexes(vec![0, 1]);
    let request = OffsetFetchRequest::default().with_group_id(group_id("x")).with_topics(Some(vec![topic]));
    let group = split_offset_fetch(request, 1).remove(0);
    assert_eq!(group.topics.as_ref().map(|topics| topics[0].partition_indexes.len()), Some(2));
    let mut rig = Rig::new();
    let GroupResponse::OffsetFetch(fetched) =
        rig.ask(GroupRequest::OffsetFetch { group, require_stable: false }, 1)
    else {
        panic!("another answer");
    };
    let partition = &join_offset_fetch(vec![fetched], 1).topics[0].partitions[1];
    assert_eq!((partition.partition_index, partition.committed_offset), (1, -1));
    assert_eq!((partition.error_code, partition.metadata.as_deref()), (0, Some("")));
}

#[test]
fn open_transaction_makes_offsets_unstable() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(5));
    let records: Vec<_> = rig.appends[0].1.clone();
    let mut shard = crate::GroupShard::new(GroupConfig::default(), 0);
    for (key, value) in &records {
        let producer = Some(kr_wire::ids::ProducerId(9));
        let record = crate::Replayed { key, value: value.as_deref(), producer };
        shard.replay(record).expect("well formed");
    }
    shard.loaded(rig.now);
    rig.shard = shard;
    for (topics, require_stable, expected) in
        [(None, true, Some((-1, ErrorCode::UNSTABLE_OFFSET_COMMIT))), (None, false, None)]
    {
        let group = OffsetFetchRequestGroup::default().with_group_id(group_id("g")).with_topics(topics);
        let GroupResponse::OffsetFetch(fetched) =
            rig.ask(GroupRequest::OffsetFetch { group, require_stable }, 9)
        else {
            panic!("another answer");
        };
        let seen = fetched.topics.first().map(|topic| {
            let partition = &topic.partitions[0];
            (partition.committed_offset, ErrorCode(partition.error_code))
        });
        assert_eq!(seen, expected);
    }
    rig.shard.replay_end_transaction(kr_wire::ids::ProducerId(9), true);
    assert_eq!(rig.fetch("g", "t"), 5);
}

#[test]
fn empty_group_is_deleted_with_its_offsets() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    rig.commit(Commit::at(1).by(&leader, 1));
    rig.replicate();
    let token = delete(&mut rig, "g");
    assert_eq!(deleted(&mut rig, token), ErrorCode::NON_EMPTY_GROUP);
    rig.leave_by_id(&leader);
    rig.leave_by_id(&follower);
    let token = delete(&mut rig, "g");
    rig.replicate();
    assert_eq!(deleted(&mut rig, token), ErrorCode::NONE);
    assert_eq!(rig.fetch("g", "t"), -1);
    let token = delete(&mut rig, "g");
    assert_eq!(deleted(&mut rig, token), ErrorCode::GROUP_ID_NOT_FOUND);
    let mut reloaded = rig.reloaded();
    assert_eq!(reloaded.state(), "Dead");
    assert_eq!(reloaded.fetch("g", "t"), -1);
}

#[test]
fn deletion_covers_commits_that_are_on_their_way() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(1));
    let token = delete(&mut rig, "g");
    rig.replicate();
    assert_eq!(deleted(&mut rig, token), ErrorCode::NONE);
    assert_eq!(rig.fetch("g", "t"), -1);
}

#[test]
fn group_whose_deletion_fails_comes_back() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(1));
    rig.replicate();
    let token = delete(&mut rig, "g");
    rig.fail(ErrorCode::NOT_ENOUGH_REPLICAS);
    assert_eq!(deleted(&mut rig, token), ErrorCode::COORDINATOR_NOT_AVAILABLE);
    assert_eq!(rig.state(), "Empty");
    assert_eq!(rig.fetch("g", "t"), 1);
}

#[test]
fn group_that_is_joined_while_it_is_deleted_starts_anew() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(1));
    rig.replicate();
    let token = delete(&mut rig, "g");
    let (_, join) = rig.join_with_new_id(Join::new());
    rig.replicate();
    assert_eq!(deleted(&mut rig, token), ErrorCode::NONE);
    rig.pass(3_000);
    assert_eq!(rig.joined(join).generation_id, 1);
    assert_eq!(rig.reloaded().state(), "Empty", "the new group's record follows the deletion");
}

/// KIP-496.
#[test]
fn offsets_of_topics_in_use_are_not_deleted() {
    let mut rig = Rig::new();
    let none = ErrorCode::NONE;
    assert_eq!(offset_delete(&mut rig, "g", "t"), (ErrorCode::GROUP_ID_NOT_FOUND, None));
    for topic in ["t", "u"] {
        rig.commit(Commit::at(1).topic(topic));
    }
    rig.replicate();
    rig.stable_pair();
    let in_use = Some(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC);
    assert_eq!(offset_delete(&mut rig, "g", "t"), (none, in_use));
    assert_eq!(offset_delete(&mut rig, "g", "u"), (none, Some(none)));
    assert_eq!(offset_delete(&mut rig, "g", "v"), (none, Some(none)));
    assert_eq!((rig.fetch("g", "t"), rig.fetch("g", "u")), (1, -1));
}

#[test]
fn offsets_of_a_group_of_others_are_deleted_when_it_is_empty() {
    let mut rig = Rig::new();
    let (_, token) = rig.join_with_new_id(Join::new().protocol_type("connect"));
    rig.pass(3_000);
    rig.joined(token);
    assert_eq!(offset_delete(&mut rig, "g", "t"), (ErrorCode::NON_EMPTY_GROUP, None));
    rig.pass(90_000);
    assert_eq!(offset_delete(&mut rig, "g", "t"), (ErrorCode::NONE, Some(ErrorCode::NONE)));
}

#[test]
fn offsets_of_deleted_topics_are_forgotten() {
    let mut rig = Rig::new();
    for topic in ["t", "u"] {
        rig.commit(Commit::at(1).topic(topic));
    }
    rig.replicate();
    let gone = TopicPartitions::from([("t".to_owned(), vec![PartitionId(0)])]);
    rig.shard.partitions_deleted(&gone, rig.now);
    rig.drain();
    rig.replicate();
    assert_eq!((rig.fetch("g", "t"), rig.fetch("g", "u")), (-1, 1));
}

/// KIP-211.
#[test]
fn offsets_expire_a_week_after_the_last_member_left() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    rig.commit(Commit::at(1).by(&leader, 1));
    rig.replicate();
    rig.leave_by_id(&leader);
    rig.leave_by_id(&follower);
    rig.replicate();
    rig.pass(WEEK_MS - 1);
    assert_eq!(rig.fetch("g", "t"), 1);
    rig.pass(600_000);
    rig.replicate();
    assert_eq!(rig.fetch("g", "t"), -1);
    assert_eq!(rig.state(), "Dead");
    assert_eq!(rig.reloaded().state(), "Dead");
}

#[test]
fn offsets_of_a_group_in_use_do_not_expire() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    rig.commit(Commit::at(1).by(&leader, 1));
    rig.replicate();
    let mut passed = 0;
    while passed < WEEK_MS + 600_000 {
        rig.heartbeat(&leader, 1);
        rig.heartbeat(&follower, 1);
        rig.pass(9_000);
        passed += 9_000;
    }
    rig.replicate();
    assert_eq!(rig.fetch("g", "t"), 1);
    assert_eq!(rig.state(), "Stable");
}

#[test]
fn offsets_without_members_expire_a_week_after_their_commit() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(1));
    rig.replicate();
    rig.pass(WEEK_MS / 2);
    rig.commit(Commit::at(1).topic("u"));
    rig.replicate();
    rig.pass(WEEK_MS / 2 + 600_000);
    rig.replicate();
    assert_eq!((rig.fetch("g", "t"), rig.fetch("g", "u")), (-1, 1));
    assert_eq!(rig.state(), "Empty");
}

#[test]
fn commit_may_ask_for_a_retention_of_its_own() {
    let mut rig = Rig::new();
    let mut commit = Commit::at(1).version(4);
    commit.request.retention_time_ms = 60_000;
    rig.commit(commit);
    let value = rig.appends[0].1[0].1.clone().expect("a value");
    assert_eq!(value[..2], [0, 1], "only version 1 has an expiry");
    rig.replicate();
    rig.pass(601_000);
    rig.replicate();
    assert_eq!(rig.fetch("g", "t"), -1);
}

#[test]
fn expiry_that_cannot_be_written_is_tried_again() {
    let mut rig = Rig::new();
    rig.commit(Commit::at(1));
    rig.replicate();
    rig.pass(WEEK_MS);
    rig.pass(600_000);
    rig.fail(ErrorCode::NOT_ENOUGH_REPLICAS);
    assert_eq!(rig.fetch("g", "t"), 1);
    rig.pass(600_000);
    rig.replicate();
    assert_eq!(rig.fetch("g", "t"), -1);
}

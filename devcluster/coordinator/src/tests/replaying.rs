//! Loading: the state rebuilt from records is the state that was.

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::KeyValue;
use kr_wire::messages::ListGroupsRequest;

use super::{Commit, Join, Rig};
use crate::shard::Group;
use crate::{GroupConfig, GroupRequest, GroupResponse, GroupShard, Replayed, partition_for};

/// Partition and record per line, as Apache Kafka 4.1.2 wrote them.
const RECORDED: &str = include_str!("../../testdata/consumer_offsets-4.1.2.txt");

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn recorded() -> Vec<(i32, KeyValue)> {
    let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
    let record = |line: &str| {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("three words");
        let partition = word().parse().expect("a partition");
        let key = unhex(word());
        let value = Some(word()).filter(|text| *text != "-").map(unhex);
        (partition, (key, value))
    };
    lines.map(record).collect()
}

/// A rig whose shard replayed the first `count` of Kafka's records for a partition.
fn load(partition: i32, count: usize) -> Rig {
    let mut rig = Rig::new();
    rig.shard = GroupShard::new(GroupConfig::default(), 0);
    for (_, (key, value)) in recorded().iter().filter(|(p, _)| *p == partition).take(count) {
        let record = Replayed { key, value: value.as_deref(), producer: None };
        rig.shard.replay(record).expect("Kafka's records are well formed");
    }
    rig.shard.loaded(rig.now);
    rig
}

#[test]
fn groups_live_where_kafka_put_them() {
    for (group, partition) in [("kc", 16), ("g1", 42), ("g2", 43)] {
        assert_eq!(partition_for(group, 50).0, partition);
    }
}

#[test]
fn kafkas_classic_group_is_loaded() {
    let mut rig = load(16, 2);
    let group = rig.describe("kc");
    assert_eq!((group.group_state.as_str(), group.protocol_data.as_str()), ("Stable", "range"));
    assert_eq!(group.members[0].client_host.as_str(), "/127.0.0.1");
    assert_eq!(group.members[0].client_id.as_str(), "rdkafka");
    rig.pass(400_000);
    assert_eq!(rig.describe("kc").group_state.as_str(), "Empty", "nobody sends heartbeats");
    let mut rig = load(16, 3);
    assert_eq!(rig.describe("kc").group_state.as_str(), "Empty");
}

#[test]
fn kafkas_offsets_and_deletions_are_loaded() {
    let mut rig = load(42, 6);
    assert_eq!(rig.fetch("g1", "orders"), 30);
    let mut rig = load(42, usize::MAX);
    assert_eq!(rig.fetch("g1", "orders"), -1);
    assert_eq!(rig.describe("g1").group_state.as_str(), "Dead");
}

#[test]
fn classic_group_is_written_as_kafka_wrote_it() {
    for (at, (partition, (key, value))) in recorded().into_iter().enumerate() {
        let is_group = key.starts_with(&[0, 2]) && value.is_some();
        if !is_group {
            continue;
        }
        let mut shard = GroupShard::new(GroupConfig::default(), 0);
        let record = Replayed { key: &key, value: value.as_deref(), producer: None };
        shard.replay(record).expect("well formed");
        let Some(Group::Classic(group)) = shard.groups.values().next() else { panic!("no group") };
        let written = group.record(group.recorded());
        assert_eq!(written, (key, value), "record {at}, partition {partition}");
    }
}

#[test]
fn group_of_another_protocol_is_kept_and_can_be_deleted() {
    let mut rig = load(43, 9);
    let GroupResponse::List(Ok(groups)) = rig.ask(GroupRequest::List(ListGroupsRequest::default()), 5) else {
        panic!("another answer");
    };
    assert_eq!(groups[0].group_type.as_str(), "consumer");
    assert_eq!(rig.fetch("g2", "orders"), 30);
    let mut join = Join::new();
    join.request.group_id = super::group_id("g2");
    assert_eq!(rig.join_refused(join), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let token = rig.commit(Commit::at(1).group("g2"));
    assert_eq!(rig.committed(token), ErrorCode::UNKNOWN_MEMBER_ID);

    let mut rig = load(43, usize::MAX);
    let before = rig.appends.len();
    let token = rig.send_as(GroupRequest::Delete(super::group_id("g2")), 2);
    assert_eq!(rig.appends.len(), before + 1);
    let keys: Vec<u8> = rig.appends[0].1.iter().map(|(key, _)| key[1]).collect();
    assert_eq!(keys, [1, 1, 1, 1, 3, 6], "its offsets and what is left of the group");
    rig.replicate();
    assert!(!rig.is_parked(token));
}

#[test]
fn classic_member_may_take_over_an_empty_group_of_consumers() {
    let mut rig = load(43, usize::MAX);
    let mut join = Join::new();
    join.request.group_id = super::group_id("g2");
    let (_, token) = rig.join_with_new_id(join);
    rig.replicate();
    rig.pass(3_000);
    assert_eq!(rig.joined(token).generation_id, 1);
    assert_eq!(rig.fetch("g2", "orders"), 30);
    let keys: Vec<u8> = rig.log.iter().map(|(key, _)| key[1]).collect();
    assert_eq!(keys, [3, 6, 2]);
}

#[test]
fn unknown_type_is_skipped_and_malformed_record_refused() {
    let mut shard = GroupShard::new(GroupConfig::default(), 0);
    let unknown = Replayed { key: &[0, 99, 1], value: Some(&[1]), producer: None };
    assert_eq!(shard.replay(unknown), Ok(()));
    for (key, value) in [(&[0u8, 2, 0, 9, b'g'][..], None), (&[0, 2, 0, 1, b'g'], Some(&[0u8, 3][..]))] {
        let record = Replayed { key, value, producer: None };
        assert!(shard.replay(record).is_err());
    }
    assert!(shard.groups.is_empty());
}

#[test]
fn members_go_on_under_a_new_coordinator() {
    let mut rig = Rig::new();
    let (leader, follower) = rig.stable_pair();
    rig.commit(Commit::at(9).by(&leader, 1));
    rig.replicate();
    let mut rig = rig.reloaded();
    assert_eq!(rig.heartbeat(&leader, 1), ErrorCode::NONE);
    let token = rig.sync(&follower, 1, &[]);
    assert_eq!(rig.synced(token).assignment.as_ref(), b"two");
    assert_eq!(rig.fetch("g", "t"), 9);
    let token = rig.join(Join::new().member(&follower));
    assert_eq!(rig.joined(token).leader.as_str(), leader);
}

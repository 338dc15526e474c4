//! What is found in looks that were made up.

use std::collections::BTreeMap;

use kr_client::admin::{
    ActiveProducer, CommittedOffset, GroupDescription, GroupMember, GroupType, Offsets, TopicPartition,
};
use kr_wire::ids::{Offset, PartitionId};

use super::findings::{Case, Look, Severity, findings, verdict};
use crate::commands::group::positions::LogRange;

fn place(partition: i32) -> TopicPartition {
    TopicPartition::new("t", PartitionId(partition))
}

fn member(id: &str, partitions: &[i32]) -> GroupMember {
    GroupMember {
        id: id.to_owned(),
        instance_id: None,
        client_id: format!("client-{id}"),
        host: "/10.0.0.1".to_owned(),
        rack: None,
        epoch: None,
        topics: Some(vec!["t".to_owned()]),
        topic_pattern: None,
        is_classic: None,
        assignment: Some(partitions.iter().copied().map(place).collect()),
        target: None,
        tasks: None,
    }
}

/// A stable group of one member that reads partition 0 of one: committed, and the log's bounds.
fn look(at_ms: i64, committed: Option<i64>, start: i64, stable: i64, end: i64) -> Look {
    let offset =
        |offset| CommittedOffset { offset: Offset(offset), leader_epoch: None, metadata: String::new() };
    let offsets: Offsets = committed.map(|committed| (place(0), offset(committed))).into_iter().collect();
    let log = LogRange { start: Some(start), end: Some(end), stable_end: Some(stable) };
    Look {
        at_ms,
        group: GroupDescription {
            id: "g".to_owned(),
            group_type: GroupType::Classic,
            protocol_type: None,
            state: "Stable".to_owned(),
            assignor: None,
            epoch: None,
            assignment_epoch: None,
            coordinator: None,
            members: vec![member("a", &[0])],
            topology: None,
        },
        offsets,
        logs: BTreeMap::from([(place(0), log)]),
    }
}

fn case(first: Look, second: Look) -> Case {
    let subscribed = BTreeMap::from([("t".to_owned(), vec![place(0)])]);
    Case { first, second, subscribed, open: BTreeMap::new() }
}

/// Verdict, and what was found with `!` for problems.
fn told(case: &Case) -> (&'static str, Vec<String>) {
    let found = findings(case);
    let name = |finding: &super::Finding| match finding.severity {
        Severity::Problem => format!("!{}", finding.id),
        Severity::Note => finding.id.to_owned(),
    };
    (verdict(case, &found), found.iter().map(name).collect())
}

fn found(case: &Case) -> Vec<String> {
    told(case).1
}

#[test]
fn a_group_that_reads_all_is_caught_up() {
    let case = case(look(0, Some(10), 0, 10, 10), look(6_000, Some(10), 0, 10, 10));
    assert_eq!(told(&case), ("caught up", vec![]));
}

#[test]
fn a_group_that_moves_and_does_not_fall_behind_works() {
    let case = case(look(0, Some(10), 0, 50, 50), look(6_000, Some(30), 0, 60, 60));
    assert_eq!(told(&case), ("working", vec![]));
}

#[test]
fn a_group_without_members_is_dead_while_records_wait() {
    let mut left = look(0, Some(4), 0, 10, 10);
    left.group.members.clear();
    left.group.state = "Empty".to_owned();
    assert_eq!(told(&case(left.clone(), left.clone())), ("dead", vec!["!no-members".to_owned()]));
    let mut done = look(0, Some(10), 0, 10, 10);
    done.group = left.group;
    assert_eq!(told(&case(done.clone(), done)), ("empty", vec!["no-members".to_owned()]));
}

#[test]
fn an_offset_that_does_not_move_is_stuck_after_some_time_only() {
    let (first, second) = (look(0, Some(4), 0, 10, 10), look(6_000, Some(4), 0, 12, 12));
    assert_eq!(told(&case(first.clone(), second)), ("stuck", vec!["!stuck".to_owned()]));
    assert_eq!(found(&case(first.clone(), first)), [""; 0]);
}

#[test]
fn a_lag_that_grows_while_the_offset_moves_is_slow() {
    let case = case(look(0, Some(4), 0, 10, 10), look(10_000, Some(24), 0, 110, 110));
    assert_eq!(told(&case), ("slow", vec!["!slow".to_owned()]));
    let evidence = &findings(&case)[0].evidence;
    assert_eq!(evidence, &["t-0: reads 2/s, 10/s are written, lag 6 -> 86"]);
}

#[test]
fn an_open_transaction_blocks_and_its_producer_is_named() {
    let mut case = case(look(0, Some(7), 0, 7, 10), look(6_000, Some(7), 0, 7, 12));
    let producer = ActiveProducer {
        id: 42,
        epoch: 3,
        last_sequence: None,
        last_timestamp_ms: None,
        coordinator_epoch: None,
        transaction_start: Some(Offset(7)),
    };
    case.open.insert(place(0), vec![producer]);
    assert_eq!(told(&case), ("blocked", vec!["!blocked".to_owned()]));
    let evidence = &findings(&case)[0].evidence;
    assert_eq!(evidence, &["t-0: last stable offset 7, end 12: producer 42 epoch 3 from offset 7"]);
}

#[test]
fn offsets_outside_of_the_log_are_out_of_range() {
    let expired = case(look(0, Some(3), 5, 10, 10), look(6_000, Some(3), 5, 10, 10));
    assert!(found(&expired).contains(&"!out-of-range".to_owned()));
    let cut = case(look(0, Some(30), 5, 10, 10), look(6_000, Some(30), 5, 10, 10));
    assert_eq!(found(&cut), ["!out-of-range"]);
}

#[test]
fn epochs_and_members_that_move_are_a_rebalance() {
    let mut second = look(6_000, Some(10), 0, 10, 10);
    let mut first = look(0, Some(10), 0, 10, 10);
    (first.group.epoch, second.group.epoch) = (Some(4), Some(6));
    second.group.members[0].id = "b".to_owned();
    let case = case(first, second);
    assert_eq!(told(&case), ("rebalancing", vec!["!rebalancing".to_owned(), "!members-changed".to_owned()]));
}

#[test]
fn a_member_behind_the_groups_epoch_in_both_looks_does_not_reconcile() {
    let mut first = look(0, Some(10), 0, 10, 10);
    first.group.epoch = Some(5);
    first.group.members[0].epoch = Some(4);
    let mut second = Look { at_ms: 6_000, ..first.clone() };
    assert_eq!(found(&case(first.clone(), second.clone())), ["!reconciling"]);
    second.group.members[0].epoch = Some(5);
    assert_eq!(found(&case(first, second)), [""; 0]);
}

#[test]
fn partitions_without_a_member_and_members_without_a_partition_are_told_apart() {
    let mut case = case(look(0, Some(10), 0, 10, 10), look(6_000, Some(10), 0, 10, 10));
    case.subscribed.insert("t".to_owned(), vec![place(0), place(1)]);
    assert_eq!(told(&case), ("stuck", vec!["!unassigned".to_owned()]));
    case.subscribed.insert("t".to_owned(), vec![place(0)]);
    case.first.group.members.push(member("b", &[]));
    case.second.group.members.push(member("b", &[]));
    assert_eq!(told(&case), ("caught up", vec!["idle-members".to_owned()]));
}

#[test]
fn a_partition_without_a_leader_and_one_without_a_commit_are_told() {
    let mut lost = look(0, Some(4), 0, 10, 10);
    lost.logs.insert(place(0), LogRange::default());
    assert_eq!(found(&case(lost.clone(), Look { at_ms: 6_000, ..lost })), ["!no-leader"]);
    let silent = case(look(0, None, 0, 10, 10), look(6_000, None, 0, 10, 10));
    assert_eq!(found(&silent), ["never-committed"]);
}

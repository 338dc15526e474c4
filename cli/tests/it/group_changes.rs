//! `kr group`: what changes groups, and what becomes of each partition.

use kr_wire::compression::Codec;
use kr_wire::error_code::ErrorCode;
use serde_json::Value;

use super::fake::batch;
use super::{FakeCluster, Ran, Setting, kr_on, kr_with};

/// API keys of requests that change something.
const WRITES: [i16; 4] = [8, 13, 42, 47];

fn writes(cluster: &FakeCluster) -> usize {
    WRITES.iter().map(|key| cluster.count(*key)).sum()
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("a document")
}

/// `billing` is empty and at 1 and 2 of logs that end at 3; `busy` has a member.
fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(2);
    let mut world = cluster.world();
    world.add_topic("orders", 2);
    for partition in 0..2 {
        world.partition("orders", partition).append(&batch(&["a", "b", "c"], Codec::None)).unwrap();
    }
    let group = world.groups.entry("billing".to_owned()).or_default();
    group.committed.insert(("orders".to_owned(), 0), 1);
    group.committed.insert(("orders".to_owned(), 1), 2);
    world.groups.entry("busy".to_owned()).or_default().member = Some("member-1".to_owned());
    drop(world);
    cluster
}

fn committed(cluster: &FakeCluster, group: &str, partition: i32) -> Option<i64> {
    let world = cluster.world();
    world.groups.get(group)?.committed.get(&("orders".to_owned(), partition)).copied()
}

#[test]
fn a_dry_run_of_reset_shows_each_partition_and_sends_no_write() {
    let cluster = cluster();
    let args = ["group", "reset", "billing", "--topic", "orders", "--to", "earliest", "--dry-run"];
    insta::assert_snapshot!(kr_on(&cluster, &args).page(), @"
    [exit 0]
    GROUP    TOPIC   PARTITION  CURRENT  NEW  READ AGAIN  SKIPPED  WAS AT                GOES ON AT            NOTE
    billing  orders          0        1    0           1        0  2023-11-14T22:13:20Z  2023-11-14T22:13:20Z  would be set
    billing  orders          1        2    0           2        0  2023-11-14T22:13:20Z  2023-11-14T22:13:20Z  would be set
    ");
    assert_eq!(writes(&cluster), 0);
    let document = json(&kr_on(&cluster, &[&args[..], &["-o", "json"]].concat()));
    assert_eq!((&document["applied"], &document["items"][0]["new"]), (&Value::Bool(false), &0.into()));
}

#[test]
fn reset_without_a_terminal_is_refused_and_sends_nothing() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["group", "reset", "billing", "--all-topics", "--to", "latest"]);
    assert_eq!(ran.code, 6, "{}", ran.page());
    assert_eq!(writes(&cluster), 0);
}

#[test]
fn reset_asks_on_a_terminal_and_says_what_is_read_again_and_skipped() {
    let cluster = cluster();
    let setting = Setting { stdin: b"no\n".to_vec(), is_terminal: true, ..Setting::clean() };
    let args = ["group", "reset", "billing", "--topic", "orders:0", "--to", "+2", "--no-color"];
    let ran = kr_with(&cluster, setting, &args);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 6]
    [stderr]
    about to reset the offsets of group "billing" in 1 partition at broker-1,broker-2 (cluster fake-cluster):
      group billing is Empty
      billing orders-0: 1 -> 3, 2 records are skipped
      in all 0 records are read again and 2 are skipped
    error: did not reset the offsets of group "billing" in 1 partition: not confirmed
    "#);
    assert_eq!(writes(&cluster), 0);
}

/// Reset checks state first, explains who is active, accepts Empty and absent, verifies by reading back.
#[test]
fn complaint_05_reset_checks_state_first() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["group", "reset", "busy", "--topic", "orders", "--to", "earliest", "--yes"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 6]
    [stderr]
    error: cannot reset the offsets of group "busy": it is Stable, 1 member is active: tester at /127.0.0.1
    hint: stop its members first, or wait for that with --wait-empty 5m
    "#);
    assert_eq!(writes(&cluster), 0);
    let reset = |group: &str| {
        let args = ["group", "reset", group, "--topic", "orders", "--to", "2", "--yes", "-o", "json"];
        let ran = kr_on(&cluster, &args);
        assert_eq!(ran.code, 0, "{}", ran.page());
        json(&ran)
    };
    for group in ["billing", "absent"] {
        assert_eq!(reset(group)["items"][1]["verified"], true);
        assert_eq!(committed(&cluster, group, 1), Some(2));
    }
}

/// A commit that was accepted and is not there when it is read back is a failure.
#[test]
fn complaint_05_reset_verifies_by_reading_back() {
    let cluster = cluster();
    cluster.script(|seen, world| {
        // Somebody else commits between the commit and the look.
        if seen.header.api_key == 9 && world.groups["billing"].committed.values().all(|offset| *offset == 0) {
            let group = world.groups.get_mut("billing").unwrap();
            group.committed.insert(("orders".to_owned(), 0), 3);
        }
        None
    });
    let ran = kr_on(&cluster, &["group", "reset", "billing", "--all-topics", "--to", "earliest", "--yes"]);
    assert_eq!(ran.code, 1, "{}", ran.page());
    assert!(
        ran.stderr.contains("group \"billing\" has 3 committed in orders-0, although 0 was accepted"),
        "{}",
        ran.stderr
    );
}

/// Inspect every partition's result; resolve ends and times to real offsets before the commit.
#[test]
fn complaint_06_each_partition_has_its_own_outcome() {
    let cluster = cluster();
    cluster.world().refuse_offset.insert(("orders".to_owned(), 1), ErrorCode::TOPIC_AUTHORIZATION_FAILED.0);
    let args = ["group", "reset", "billing", "--all-topics", "--to", "latest", "--yes"];
    let ran = kr_on(&cluster, &args);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    GROUP    TOPIC   PARTITION  CURRENT  NEW  READ AGAIN  SKIPPED  WAS AT                GOES ON AT  NOTE
    billing  orders          0        1    3           0        2  2023-11-14T22:13:20Z  -           set
    [stderr]
    error: cannot set the offset of group "billing" in orders-1: access to the topic is denied (TOPIC_AUTHORIZATION_FAILED)
    "#);
    // A real offset, never -1.
    assert_eq!((committed(&cluster, "billing", 0), committed(&cluster, "billing", 1)), (Some(3), Some(2)));
}

/// An out-of-range offset is moved to the nearest end, and that is said.
#[test]
fn reset_moves_what_is_out_of_range_to_the_nearest_end() {
    let cluster = cluster();
    let args = ["group", "reset", "billing", "-t", "orders:0", "--to", "77", "--execute", "-o", "json"];
    let item = json(&kr_on(&cluster, &args))["items"][0].clone();
    assert_eq!((&item["new"], &item["out_of_range"]), (&3.into(), &77.into()));
    assert_eq!(committed(&cluster, "billing", 0), Some(3));
}

#[test]
fn reset_of_partitions_that_are_not_there_fails_for_those_alone() {
    let cluster = cluster();
    let args = ["group", "reset", "billing", "-t", "orders:0,7", "-t", "nope", "--to", "0", "--yes"];
    let ran = kr_on(&cluster, &args);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cannot find orders-7: the topic has 2 partitions"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\"nope\""), "{}", ran.stderr);
    assert_eq!(committed(&cluster, "billing", 0), Some(0));
}

/// Apache's file, both ways.
#[test]
fn exported_offsets_are_taken_back() {
    let cluster = cluster();
    let exported = kr_on(&cluster, &["group", "export", "billing"]);
    assert_eq!((exported.code, exported.stdout.as_str()), (0, "orders,0,1\norders,1,2\n"));
    kr_on(&cluster, &["group", "reset", "billing", "--all-topics", "--to", "latest", "-y"]);
    assert_eq!(committed(&cluster, "billing", 0), Some(3));
    let setting = Setting { stdin: exported.stdout.into_bytes(), ..Setting::clean() };
    let ran = kr_with(&cluster, setting, &["group", "reset", "billing", "--to", "file:-", "-y"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert_eq!((committed(&cluster, "billing", 0), committed(&cluster, "billing", 1)), (Some(1), Some(2)));
    let many = kr_on(&cluster, &["group", "export", "--all-groups"]);
    assert_eq!(many.stdout, "billing,orders,0,1\nbilling,orders,1,2\n");
}

/// Member removal by member or instance id, and clone.
#[test]
fn complaint_36_members_are_removed_and_groups_cloned() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["group", "clone", "billing", "copy"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert_eq!((committed(&cluster, "copy", 0), committed(&cluster, "copy", 1)), (Some(1), Some(2)));
    let refused = kr_on(&cluster, &["group", "clone", "billing", "copy"]);
    assert_eq!(refused.code, 6, "offsets of a group that is there are not lost unasked");
    let removed = kr_on(&cluster, &["group", "member", "remove", "busy", "--member", "nobody", "-y"]);
    assert_eq!(removed.code, 1);
    assert!(removed.stderr.contains("UNKNOWN_MEMBER_ID"), "{}", removed.stderr);
    let removed = kr_on(&cluster, &["group", "member", "remove", "busy", "--all", "-y"]);
    assert_eq!(removed.code, 0, "{}", removed.page());
    assert_eq!(cluster.world().groups["busy"].member, None);
}

/// Full group management: create, delete, delete offsets, each with its own outcome.
#[test]
fn complaint_07_groups_are_managed_in_full() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["group", "create", "fresh", "-t", "orders", "--to", "latest"]);
    assert_eq!((ran.code, committed(&cluster, "fresh", 1)), (0, Some(3)), "{}", ran.page());
    assert_eq!(kr_on(&cluster, &["group", "create", "fresh", "-t", "orders", "--to", "0"]).code, 1);
    let ran = kr_on(&cluster, &["group", "offsets", "delete", "fresh", "-t", "orders:1", "-y"]);
    assert_eq!((ran.code, committed(&cluster, "fresh", 1)), (0, None), "{}", ran.page());
    let ran = kr_on(&cluster, &["group", "delete", "fresh", "busy", "nobody", "-y"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    GROUP  TYPE     OFFSETS  OUTCOME
    fresh  Classic        1  deleted
    [stderr]
    error: cannot delete group "busy": it is Stable, 1 member is active: tester at /127.0.0.1
    error: cannot delete group "nobody": there is no such group (GROUP_ID_NOT_FOUND)
    hint: stop its members first, or wait for that with --wait-empty 5m
    hint: see which groups exist with `kr group list`
    "#);
    assert!(!cluster.world().groups.contains_key("fresh"));
}

/// Exit codes with injected failures of single items.
#[test]
fn complaint_01_a_failed_item_is_exit_code_1() {
    let cluster = cluster();
    cluster.world().refuse_offset.insert(("orders".to_owned(), 0), ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC.0);
    let ran = kr_on(&cluster, &["group", "offsets", "delete", "billing", "--all-topics", "-y", "-o", "json"]);
    assert_eq!(ran.code, 1);
    let document = json(&ran);
    assert_eq!(document["errors"][0]["name"], "GROUP_SUBSCRIBED_TO_TOPIC");
    assert_eq!(
        (document["items"][0]["partition"].as_i64(), committed(&cluster, "billing", 1)),
        (Some(1), None)
    );
    cluster.world().refuse.insert("billing".to_owned(), ErrorCode::GROUP_AUTHORIZATION_FAILED.0);
    assert_eq!(kr_on(&cluster, &["group", "delete", "billing", "-y"]).code, 5);
}

//! `kr group`.

use kr_wire::compression::Codec;
use serde_json::Value;

use super::fake::batch;
use super::{FakeCluster, Ran, kr_on};

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(2);
    let mut world = cluster.world();
    world.add_topic("orders", 2);
    world.partition("orders", 0).append(&batch(&["a", "b", "c"], Codec::None)).unwrap();
    let group = world.groups.entry("billing".to_owned()).or_default();
    group.member = Some("member-1".to_owned());
    // orders: 0 and 1.
    group.assignment = vec![
        0, 0, 0, 0, 0, 1, 0, 6, b'o', b'r', b'd', b'e', b'r', b's', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0,
        0, 0,
    ]
    .into();
    group.committed.insert(("orders".to_owned(), 0), 1);
    world.groups.entry("idle".to_owned()).or_default();
    drop(world);
    cluster
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).expect("a document")
}

#[test]
fn groups_are_listed_with_state() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["group", "list"]).page(), @"
    [exit 0]
    GROUP    TYPE     STATE   PROTOCOL  COORDINATOR
    billing  Classic  Stable  consumer            1
    idle     Classic  Empty   consumer            1
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["group", "list", "--state", "empty", "-o", "name"]).page(), @"
    [exit 0]
    idle
    ");
}

#[test]
fn a_group_is_described_with_members_and_lag() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["group", "describe", "billing"]).page(), @"
    [exit 0]
    Group billing
    Type         Classic
    State        Stable
    Assignor     range
    Coordinator  1
    Members      1
    Lag          2

    TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER    CLIENT  HOST
    orders          0          1    3    2  member-1  tester  /127.0.0.1
    orders          1          -    0    -  member-1  tester  /127.0.0.1
    ");
    let document = json(&kr_on(&cluster, &["group", "describe", "billing", "-o", "json"]));
    assert_eq!(document["kind"], "kr.group.describe/v1");
    let group = &document["items"][0];
    assert_eq!(
        (&group["type"], &group["epoch"], &group["lag"]),
        (&"Classic".into(), &Value::Null, &2.into())
    );
    assert_eq!(group["topics"], serde_json::json!([{"topic": "orders", "partitions": 2, "lag": 2}]));
    assert_eq!(group["members"][0]["partitions"], serde_json::json!(["orders-0", "orders-1"]));
    let unread = &group["offsets"][1];
    assert_eq!(
        (&unread["committed"], &unread["end"], &unread["lag"]),
        (&Value::Null, &0.into(), &Value::Null)
    );
    insta::assert_snapshot!(kr_on(&cluster, &["group", "describe", "nobody"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe group "nobody": there is no such group (GROUP_ID_NOT_FOUND)
    hint: see which groups exist with `kr group list`
    "#);
}

#[test]
fn sections_choose_what_people_are_shown() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["group", "describe", "billing", "--section", "assignment,offsets"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    Group billing
    MEMBER    CLIENT  EPOCH  CURRENT            TARGET
    member-1  tester      -  orders-0,orders-1  -

    TOPIC   PARTITION  COMMITTED  LEADER EPOCH  START  STABLE END  END  LAG  METADATA
    orders          0          1             -      0           3    3    2  -
    orders          1          -             -      0           0    0    -  -
    ");
}

#[test]
fn lists_are_filtered_by_pattern_topic_and_lag() {
    let cluster = cluster();
    let listed = |args: &[&str]| {
        let ran = kr_on(&cluster, &[&["group", "list", "-o", "name"], args].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["bil.*|x", "--regex"]), ["billing"]);
    assert_eq!(listed(&["i", "--prefix"]), ["idle"]);
    assert_eq!(listed(&["i"]), [""; 0]);
    assert_eq!(listed(&["--topic", "orders"]), ["billing"]);
    assert_eq!(listed(&["--lagging", "2"]), ["billing"]);
    assert_eq!(listed(&["--lagging", "3"]), [""; 0]);
}

/// Total and per-topic lag by default.
#[test]
fn complaint_18_lag_is_totalled_by_topic_and_group() {
    let cluster = cluster();
    {
        let mut world = cluster.world();
        world.add_topic("refunds", 1);
        world.partition("refunds", 0).append(&batch(&["a"], Codec::None)).unwrap();
        world.groups.get_mut("billing").unwrap().committed.insert(("refunds".to_owned(), 0), 0);
    }
    insta::assert_snapshot!(kr_on(&cluster, &["group", "lag"]).page(), @"
    [exit 0]
    GROUP    TOPIC    PARTITIONS  LAG
    billing  orders            1    2
    billing  refunds           1    1
    billing  (all)             2    3
    ");
    let group = &json(&kr_on(&cluster, &["group", "describe", "billing", "-o", "json"]))["items"][0];
    assert_eq!(group["lag"], 3);
    assert_eq!(group["topics"][1]["lag"], 1);
}

/// Lag in seconds: timestamp of the committed record against the newest and now.
#[test]
fn complaint_19_lag_is_told_in_time() {
    let cluster = cluster();
    let document = json(&kr_on(&cluster, &["group", "lag", "billing", "--time", "-o", "json"]));
    let partition = &document["items"][0]["topics"][0]["partitions"][0];
    assert_eq!(partition["next_record_ms"], 1_700_000_000_000i64);
    let behind = partition["behind_ms"].as_i64().expect("known");
    assert!(behind > 0);
    assert_eq!(document["items"][0]["behind_ms"], behind);
    // All of it read: nothing is behind, and nothing is fetched.
    cluster.world().groups.get_mut("billing").unwrap().committed.insert(("orders".to_owned(), 0), 3);
    let fetches = cluster.count(1);
    let document = json(&kr_on(&cluster, &["group", "lag", "billing", "--time", "-o", "json"]));
    assert_eq!(document["items"][0]["behind_ms"], 0);
    assert_eq!(cluster.count(1), fetches);
}

//! `kr group`.

use kr_wire::compression::Codec;

use super::fake::batch;
use super::{FakeCluster, kr_on};

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
    insta::assert_snapshot!(kr_on(&cluster, &["group", "describe", "billing", "-o", "json"]).page(), @r#"
    [exit 0]
    {
      "kind": "kr.group.describe/v1",
      "context": null,
      "items": [
        {
          "group": "billing",
          "type": "Classic",
          "state": "Stable",
          "assignor": "range",
          "epoch": null,
          "coordinator": 1,
          "lag": 2,
          "members": [
            {
              "member_id": "member-1",
              "instance_id": null,
              "client_id": "tester",
              "host": "/127.0.0.1",
              "partitions": [
                "orders-0",
                "orders-1"
              ]
            }
          ],
          "offsets": [
            {
              "topic": "orders",
              "partition": 0,
              "committed": 1,
              "end": 3,
              "lag": 2,
              "member_id": "member-1",
              "client_id": "tester",
              "host": "/127.0.0.1"
            },
            {
              "topic": "orders",
              "partition": 1,
              "committed": null,
              "end": 0,
              "lag": null,
              "member_id": "member-1",
              "client_id": "tester",
              "host": "/127.0.0.1"
            }
          ]
        }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(kr_on(&cluster, &["group", "describe", "nobody"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe group "nobody": there is no such group (GROUP_ID_NOT_FOUND)
    hint: see which groups exist with `kr group list`
    "#);
}

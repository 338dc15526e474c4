//! `kr topic`.

use kr_wire::compression::Codec;
use kr_wire::error_code::ErrorCode;

use super::fake::batch;
use super::{FakeCluster, Ran, Setting, kr_on, kr_with};

/// API keys of requests that change something.
const WRITES: [i16; 7] = [19, 20, 21, 37, 43, 44, 45];

/// Columns of a deletion that are the same in every time zone.
const DELETED: &str = "NAME,PARTITIONS,RECORDS,GROUPS,PRODUCERS,OUTCOME";

fn document(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.page()))
}

fn writes(cluster: &FakeCluster) -> usize {
    WRITES.iter().map(|key| cluster.count(*key)).sum()
}

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(3);
    let mut world = cluster.world();
    world.add_topic("orders", 3);
    world.add_topic("orders-dlq", 1);
    world.add_topic("__consumer_offsets", 2);
    world.partition("orders", 0).append(&batch(&["a", "b"], Codec::None)).unwrap();
    world.partition("orders", 1).isr = vec![2];
    world.partition("orders-dlq", 0).leader = -1;
    drop(world);
    cluster
}

#[test]
fn list_shows_health_and_hides_internal_topics() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "list"]).page(), @"
    [exit 0]
    NAME        PARTITIONS  REPLICAS  HEALTH
    orders               3         3  1 under-replicated
    orders-dlq           1         3  1 offline
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "list", "--internal", "-o", "name"]).page(), @"
    [exit 0]
    __consumer_offsets
    orders
    orders-dlq
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "list", "orders-", "--prefix", "-o", "json"]).page(), @r#"
    [exit 0]
    {
      "kind": "kr.topic.list/v1",
      "context": null,
      "items": [
        {
          "name": "orders-dlq",
          "id": "AAAAAAAAAAAAAAAAAAAACQ",
          "internal": false,
          "partitions": 1,
          "replication_factor": 3,
          "under_replicated": 0,
          "under_min_isr": null,
          "at_min_isr": null,
          "offline": 1,
          "records_at_most": null,
          "leader_bytes": null,
          "replica_bytes": null,
          "overrides": null
        }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "list", "nothing"]).page(), @"
    [exit 0]
    no topics
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "list", "nothing", "-o", "json"]).page(), @r#"
    [exit 0]
    {
      "kind": "kr.topic.list/v1",
      "context": null,
      "items": [],
      "errors": []
    }
    "#);
}

#[test]
fn describe_shows_partitions_with_offsets() {
    let cluster = cluster();
    let configs = [("retention.ms".to_owned(), "5".to_owned())];
    cluster.world().topics.get_mut("orders").unwrap().configs = configs.into();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "describe", "orders", "orders-dlq"]).page(), @"
    [exit 0]
    TOPIC       ID                      PARTITIONS  REPLICAS  INTERNAL
    orders      AAAAAAAAAAAAAAAAAAAACA           3         3  no
    orders-dlq  AAAAAAAAAAAAAAAAAAAACQ           1         3  no

    TOPIC   CONFIG        VALUE  SOURCE
    orders  retention.ms  5      topic

    TOPIC       PARTITION  LEADER  EPOCH  REPLICAS  ISR    ELR  OFFLINE  START  END
    orders              0       1      3  1,2,3     1,2,3  -    -            0    2
    orders              1       2      3  1,2,3     2      -    -            0    0
    orders              2       3      3  1,2,3     1,2,3  -    -            0    0
    orders-dlq          0  none        3  1,2,3     1,2,3  -    -            -    -
    ");
    let document = document(&kr_on(&cluster, &["topic", "get", "orders-dlq", "-o", "json"]));
    assert_eq!(document["kind"], "kr.topic.describe/v1");
    let topic = &document["items"][0];
    assert_eq!(topic["configs"], serde_json::json!([]));
    assert_eq!(topic["groups"], serde_json::Value::Null);
    insta::assert_snapshot!(topic["partitions"][0], @r#"{"partition":0,"leader":null,"leader_epoch":3,"replicas":[1,2,3],"isr":[1,2,3],"eligible_leader_replicas":null,"last_known_eligible":null,"offline":[],"start_offset":null,"end_offset":null}"#);
}

#[test]
fn names_can_be_piped() {
    let cluster = cluster();
    let setting = Setting { stdin: b"orders\n\norders-dlq\norders\n".to_vec(), ..Setting::clean() };
    let ran = kr_with(&cluster, setting, &["topic", "describe", "-", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "orders\norders-dlq\n"));
}

#[test]
fn one_unknown_name_does_not_hide_the_others() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "describe", "nope", "orders-dlq", "-o", "name"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    orders-dlq
    [stderr]
    error: cannot describe topic "nope": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    "#);
    let ran = kr_on(&cluster, &["topic", "describe", "nope", "-o", "json"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    {
      "kind": "kr.topic.describe/v1",
      "context": null,
      "items": [],
      "errors": [
        {
          "code": 3,
          "name": "UNKNOWN_TOPIC_OR_PARTITION",
          "message": "cannot describe topic \"nope\": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)",
          "target": "nope"
        }
      ]
    }
    [stderr]
    error: cannot describe topic "nope": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    "#);
}

#[test]
fn create_reports_each_topic() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "create", "new", "orders", "-p", "6", "-C", "retention.ms=1"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    NAME  PARTITIONS  REPLICAS  OUTCOME
    new            6         3  created
    [stderr]
    error: cannot create topic "orders": a topic of this name exists already (TOPIC_ALREADY_EXISTS)
    hint: use --if-not-exists if that is fine
    "#);
    assert_eq!(cluster.world().topics["new"].configs["retention.ms"], "1");
    let ran = kr_on(&cluster, &["topic", "create", "orders", "--if-not-exists"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    NAME    PARTITIONS  REPLICAS  OUTCOME
    orders           -         -  exists
    ");
}

#[test]
fn a_dry_run_of_create_asks_the_cluster_and_changes_nothing() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "create", "new", "-p", "4", "--dry-run", "-o", "json"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 0]
    {
      "kind": "kr.topic.create/v1",
      "context": null,
      "applied": false,
      "items": [
        {
          "name": "new",
          "id": null,
          "partitions": 4,
          "replication_factor": 3,
          "existed": false
        }
      ],
      "errors": []
    }
    "#);
    assert!(!cluster.world().topics.contains_key("new"));
}

#[test]
fn delete_without_a_terminal_is_refused_and_sends_nothing() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "delete", "orders"]).page(), @"
    [exit 6]
    [stderr]
    error: did not delete 1 topic: it needs a confirmation and there is no terminal to ask on
    hint: look at it with --dry-run, then repeat with --yes
    ");
    assert_eq!(writes(&cluster), 0);
}

#[test]
fn a_dry_run_of_delete_says_what_would_go_and_sends_nothing() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "delete", "orders", "--dry-run", "--columns", DELETED]).page(), @"
    [exit 0]
    NAME    PARTITIONS  RECORDS  GROUPS  PRODUCERS  OUTCOME
    orders           3        2       0          0  would be deleted
    ");
    assert_eq!(writes(&cluster), 0);
}

#[test]
fn delete_asks_on_a_terminal() {
    let answered = |answer: &str| {
        let cluster = cluster();
        let setting = Setting { stdin: answer.as_bytes().to_vec(), is_terminal: true, ..Setting::clean() };
        let ran = kr_with(&cluster, setting, &["topic", "delete", "orders", "--no-color"]);
        (ran, cluster.world().topics.contains_key("orders"))
    };
    let (ran, is_there) = answered("no\n");
    assert_eq!(ran.code, 6);
    assert!(
        ran.stderr
            .starts_with("about to delete 1 topic at broker-1,broker-2,broker-3 (cluster fake-cluster):\n")
    );
    assert!(ran.stderr.ends_with("error: did not delete 1 topic: not confirmed\n"));
    for told in ["orders: 3 partitions, at most 2 records", "last written", "no groups", "no active"] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(is_there);
    let (ran, is_there) = answered("yes\n");
    assert_eq!((ran.code, is_there), (0, false));
}

#[test]
fn delete_reports_each_topic() {
    let cluster = cluster();
    let denied = ErrorCode::TOPIC_AUTHORIZATION_FAILED.0;
    cluster.world().refuse.insert("orders-dlq".to_owned(), denied);
    let ran = kr_on(&cluster, &["topic", "rm", "orders", "orders-dlq", "gone", "-y", "--columns", DELETED]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 1]
    NAME    PARTITIONS  RECORDS  GROUPS  PRODUCERS  OUTCOME
    orders           3        2       0          0  deleted
    [stderr]
    error: cannot describe topic "gone": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    error: cannot delete topic "orders-dlq": access to the topic is denied (TOPIC_AUTHORIZATION_FAILED)
    hint: see which topics exist with `kr topic list`
    "#);
    assert_eq!(kr_on(&cluster, &["topic", "rm", "gone", "--if-exists", "-y"]).code, 0);
}

#[test]
fn internal_topics_are_not_deleted_by_accident() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "delete", "__consumer_offsets", "-y"]).page(), @r#"
    [exit 6]
    [stderr]
    error: "__consumer_offsets" is a topic of Kafka itself
    hint: deleting it loses offsets or transactions; --include-internal does it all the same
    "#);
    assert_eq!(writes(&cluster), 0);
}

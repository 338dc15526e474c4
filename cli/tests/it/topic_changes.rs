//! `kr topic`: what changes topics, and the questions that come with it.

use kr_wire::compression::Codec;

use super::fake::batch;
use super::{FakeCluster, Ran, Setting, kr_on, kr_with};

/// API keys of requests that change something.
const WRITES: [i16; 7] = [19, 20, 21, 37, 43, 44, 45];

/// IncrementalAlterConfigs; AlterConfigs, which sets all keys at once.
const INCREMENTAL_ALTER_CONFIGS: i16 = 44;
const ALTER_CONFIGS: i16 = 33;

fn writes(cluster: &FakeCluster) -> usize {
    WRITES.iter().map(|key| cluster.count(*key)).sum()
}

fn document(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.page()))
}

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(3);
    let mut world = cluster.world();
    world.add_topic("orders", 2);
    world.add_topic("orders-dlq", 1);
    world.add_topic("pay.ments", 1);
    world.add_topic("__consumer_offsets", 1);
    let defaults = [("cleanup.policy", "delete"), ("retention.ms", "100"), ("min.insync.replicas", "2")];
    world.config_defaults = defaults.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    world.partition("orders", 0).append(&batch(&["a", "b", "c"], Codec::None)).unwrap();
    drop(world);
    cluster
}

/// Row 3: literal names; `--regex` anchored, prints the matched list, refuses internal topics.
#[test]
fn complaint_03_names_are_literal_and_a_regex_is_anchored() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "delete", "pay.ments", "orders.*", "--dry-run", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "pay.ments\n"), "{}", ran.page());
    let ran = kr_on(&cluster, &["topic", "delete", "rders", "--regex", "--yes"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "matched no topics\n"));
    let ran = kr_on(&cluster, &["topic", "delete", ".*", "--regex", "--dry-run", "-o", "name"]);
    assert_eq!(ran.stdout, "orders\norders-dlq\npay.ments\n");
    assert_eq!(ran.stderr, "matched 3 topics: orders, orders-dlq, pay.ments\n");
    assert_eq!(writes(&cluster), 0);
    let ran = kr_on(&cluster, &["topic", "delete", "orders-.*", "--regex", "--yes", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "orders-dlq\n"));
    assert!(cluster.world().topics.contains_key("orders"));
}

/// Row 18: `kr topic groups T` with the lag of each group.
#[test]
fn complaint_18_groups_that_read_a_topic_are_listed_with_their_lag() {
    let cluster = cluster();
    let committed = [(("orders".to_owned(), 0), 1), (("orders".to_owned(), 1), 0)];
    cluster.world().groups.entry("billing".to_owned()).or_default().committed = committed.into();
    let other = [(("orders-dlq".to_owned(), 0), 0)];
    cluster.world().groups.entry("other".to_owned()).or_default().committed = other.into();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "groups", "orders"]).page(), @"
    [exit 0]
    TOPIC   GROUP    TYPE     STATE  PARTITIONS  LAG
    orders  billing  Classic  Empty           2    2
    ");
    let document = document(&kr_on(&cluster, &["topic", "groups", "orders", "-o", "json"]));
    assert_eq!(document["items"][0]["lag"], 2);
    assert_eq!(document["items"][0]["partitions"][0]["committed_offset"], 1);
}

/// Rows 21 and 22: sizes and counts, stating what they are of; bytes in JSON, human sizes on terminals.
#[test]
fn complaint_22_sizes_say_of_which_replicas_and_counts_are_upper_bounds() {
    let cluster = cluster();
    let bytes = cluster.world().partition("orders", 0).batches[0].len();
    let ran = kr_on(&cluster, &["topic", "list", "orders", "--size", "--count"]);
    let head = ran.stdout.lines().next().unwrap().to_owned();
    assert_eq!(
        head,
        "NAME    PARTITIONS  REPLICAS  RECORDS AT MOST  SIZE OF LEADERS  SIZE OF ALL REPLICAS  HEALTH"
    );
    let item = document(&kr_on(&cluster, &["topic", "list", "orders", "--size", "--count", "-o", "json"]));
    let item = &item["items"][0];
    assert_eq!(item["records_at_most"], 3);
    assert_eq!(item["leader_bytes"], bytes);
    assert_eq!(item["replica_bytes"], 3 * bytes);
}

#[test]
fn lists_are_filtered_by_health_and_overrides() {
    let cluster = cluster();
    let mut world = cluster.world();
    world.partition("orders", 1).isr = vec![2];
    world.partition("orders-dlq", 0).isr = vec![1, 2];
    world.topics.get_mut("pay.ments").unwrap().configs.insert("retention.ms".to_owned(), "5".to_owned());
    drop(world);
    let names = |args: &[&str]| kr_on(&cluster, &[&["topic", "list", "-o", "name"], args].concat()).stdout;
    assert_eq!(names(&["--under-replicated"]), "orders\norders-dlq\n");
    assert_eq!(names(&["--under-min-isr"]), "orders\n");
    assert_eq!(names(&["--at-min-isr"]), "orders-dlq\n");
    assert_eq!(names(&["--offline"]), "");
    assert_eq!(names(&["--overrides"]), "pay.ments\n");
    assert_eq!(names(&["orders.*", "--regex", "--at-min-isr", "--under-min-isr"]), "orders\norders-dlq\n");
}

/// Row 33: IncrementalAlterConfigs only; append and subtract with read-back; no read-modify-write.
#[test]
fn complaint_33_configs_are_changed_key_by_key_and_read_back() {
    let cluster = cluster();
    let own = [("segment.bytes".to_owned(), "7".to_owned())];
    cluster.world().topics.get_mut("orders").unwrap().configs = own.into();
    let change = |args: &[&str]| kr_on(&cluster, &[&["topic", "config"], args].concat());
    insta::assert_snapshot!(change(&["append", "orders", "cleanup.policy=compact", "--yes"]).page(), @"
    [exit 0]
    TOPIC   CONFIG          OLD               NEW             OUTCOME
    orders  cleanup.policy  delete (default)  delete,compact  changed
    ");
    insta::assert_snapshot!(change(&["subtract", "orders", "cleanup.policy=delete"]).page(), @"
    [exit 0]
    TOPIC   CONFIG          OLD             NEW      OUTCOME
    orders  cleanup.policy  delete,compact  compact  changed
    ");
    insta::assert_snapshot!(change(&["unset", "orders", "cleanup.policy", "--yes"]).page(), @"
    [exit 0]
    TOPIC   CONFIG          OLD      NEW               OUTCOME
    orders  cleanup.policy  compact  delete (default)  changed
    ");
    assert_eq!(cluster.world().topics["orders"].configs["segment.bytes"], "7");
    assert_eq!((cluster.count(INCREMENTAL_ALTER_CONFIGS), cluster.count(ALTER_CONFIGS)), (3, 0));
    insta::assert_snapshot!(change(&["append", "orders", "cleanup.policy=delete"]).page(), @"
    [exit 0]
    TOPIC   CONFIG          OLD               NEW               OUTCOME
    orders  cleanup.policy  delete (default)  delete (default)  unchanged
    ");
    assert_eq!(cluster.count(INCREMENTAL_ALTER_CONFIGS), 3);
}

#[test]
fn a_config_that_deletes_records_needs_a_yes_and_a_dry_run_changes_nothing() {
    let cluster = cluster();
    let set = |more: &[&str]| {
        kr_on(&cluster, &[&["topic", "config", "set", "orders", "retention.ms=5"], more].concat())
    };
    assert_eq!(set(&[]).code, 6);
    let ran = set(&["--dry-run"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    TOPIC   CONFIG        OLD            NEW  OUTCOME
    orders  retention.ms  100 (default)  5    would be changed
    ");
    assert!(cluster.world().topics["orders"].configs.is_empty());
    assert_eq!(set(&["--yes"]).code, 0);
    assert_eq!(cluster.world().topics["orders"].configs["retention.ms"], "5");
    let diff = kr_on(&cluster, &["topic", "config", "diff", "orders"]);
    assert_eq!(diff.code, 3, "{}", diff.page());
}

#[test]
fn brokers_without_incremental_changes_are_refused_and_not_written_to() {
    let cluster = cluster();
    cluster.world().apis.remove(&INCREMENTAL_ALTER_CONFIGS);
    let ran = kr_on(&cluster, &["topic", "config", "set", "orders", "retention.ms=500"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 1]
    [stderr]
    error: cannot change configs: these brokers are older than Kafka 2.3
    hint: they can only set all keys of a topic at once, which undoes what others set meanwhile
    ");
    assert_eq!(writes(&cluster), 0);
}

/// Row 26: lowering the number of replicas is allowed while brokers are down, drops dead replicas first, and
/// warns when fewer are left than must be in sync.
#[test]
fn complaint_26_fewer_replicas_drop_the_dead_ones_first() {
    let cluster = cluster();
    let mut world = cluster.world();
    for index in 0..2 {
        let partition = world.partition("orders", index);
        partition.replicas = vec![9, 1, 2];
        partition.isr = vec![1, 2];
        partition.leader = 1;
    }
    drop(world);
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "set-rf", "orders", "2"]).page(), @"
    [exit 0]
    TOPIC   PARTITION  FROM   TO   TO COPY  OUTCOME
    orders          0  9,1,2  1,2     85 B  started
    orders          1  9,1,2  1,2      0 B  started
    ");
    let ran = kr_on(&cluster, &["topic", "set-rf", "orders", "1", "--dry-run"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("wants min.insync.replicas=2: with 1 replicas nobody can write"),
        "{}",
        ran.stderr
    );
    assert_eq!(cluster.world().partition("orders", 0).replicas, [1, 2]);
}

/// Row 42: one header, stable columns and fixed order, for one topic as for many.
#[test]
fn complaint_42_a_description_of_many_topics_has_one_header() {
    let cluster = cluster();
    let heads = |args: &[&str]| {
        let ran = kr_on(&cluster, &[&["topic", "describe", "--section", "partitions"], args].concat());
        let lines =
            ran.stdout.lines().map(|line| line.split_whitespace().next().unwrap_or_default().to_owned());
        lines.collect::<Vec<String>>()
    };
    assert_eq!(heads(&["orders", "orders-dlq"]), ["TOPIC", "orders", "orders", "orders-dlq"]);
    assert_eq!(heads(&["orders-dlq"]), ["TOPIC", "orders-dlq"]);
}

#[test]
fn partitions_are_added_with_a_warning_and_never_taken_away() {
    let cluster = cluster();
    let add = |args: &[&str]| kr_on(&cluster, &[&["topic", "add-partitions", "orders"], args].concat());
    let ran = add(&["4", "--dry-run"]);
    assert!(ran.stderr.contains("records of a key go to another partition"), "{}", ran.page());
    assert_eq!(cluster.world().topics["orders"].partitions.len(), 2);
    assert_eq!(add(&["4"]).code, 0);
    assert_eq!(cluster.world().topics["orders"].partitions.len(), 4);
    insta::assert_snapshot!(add(&["3"]).page(), @r#"
    [exit 1]
    [stderr]
    error: topic "orders" has 4 partitions, and none can be taken away
    hint: create another topic with fewer, and copy what is to be kept
    "#);
    assert_eq!(add(&["6", "--assign", "1:2"]).code, 2);
}

#[test]
fn trim_shows_what_goes_and_deletes_just_that() {
    let cluster = cluster();
    let trim = |args: &[&str]| kr_on(&cluster, &[&["topic", "trim", "orders"], args].concat());
    insta::assert_snapshot!(trim(&["--to", "end", "--dry-run"]).page(), @"
    [exit 0]
    TOPIC   PARTITION  START BEFORE  START  END  RECORDS  OUTCOME
    orders          0             0      3    3        3  would be deleted
    orders          1             0      0    0        0  unchanged
    ");
    assert_eq!(trim(&["--to", "2", "-p", "0"]).code, 6);
    assert_eq!(writes(&cluster), 0);
    let ran = trim(&["--to", "2", "-p", "0", "--yes", "-o", "json"]);
    assert_eq!((ran.code, document(&ran)["items"][0]["start_after"].clone()), (0, 2.into()));
    assert_eq!(cluster.world().partition("orders", 0).start, 2);
    let ran = trim(&["--to", "9", "-p", "0", "--yes"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "error: cannot delete records of orders-0 before 9: it ends at 3\n")
    );
}

#[test]
fn trim_takes_the_file_of_kafka_delete_records() {
    let cluster = cluster();
    let file = r#"{"partitions":[{"topic":"orders","partition":0,"offset":-1}],"version":1}"#;
    let setting = Setting { stdin: file.as_bytes().to_vec(), ..Setting::clean() };
    let ran = kr_with(&cluster, setting, &["topic", "trim", "--from-file", "-", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert_eq!(cluster.world().partition("orders", 0).start, 3);
}

#[test]
fn topics_are_created_like_another_and_from_a_file() {
    let cluster = cluster();
    let own = [("retention.ms".to_owned(), "7".to_owned())];
    cluster.world().topics.get_mut("orders").unwrap().configs = own.into();
    assert_eq!(kr_on(&cluster, &["topic", "create", "copy", "--like", "orders", "-C", "a=b"]).code, 0);
    let world = cluster.world();
    assert_eq!(world.topics["copy"].partitions.len(), 2);
    assert_eq!(world.topics["copy"].configs["retention.ms"], "7");
    assert_eq!(world.topics["copy"].configs["a"], "b");
    drop(world);
    let file = "- name: x.y\n  partitions: 2\n- name: x_y\n  configs: {retention.ms: 9}\n";
    let setting = Setting { stdin: file.as_bytes().to_vec(), ..Setting::clean() };
    let ran = kr_with(&cluster, setting, &["topic", "create", "--from-file", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert!(ran.stderr.contains("\"x.y\" and \"x_y\" are the same in metrics"), "{}", ran.stderr);
    assert_eq!(cluster.world().topics["x_y"].configs["retention.ms"], "9");
}

#[test]
fn old_brokers_want_the_number_of_partitions_and_replicas() {
    let cluster = cluster();
    cluster.world().apis.insert(19, (2, 3));
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "create", "new", "-p", "3"]).page(), @"
    [exit 2]
    [stderr]
    error: partitions and replicas must be named: these brokers are older than Kafka 2.4
    hint: add -p and -r; older brokers have no defaults for new topics
    ");
    assert_eq!(kr_on(&cluster, &["topic", "create", "new", "-p", "3", "-r", "1"]).code, 0);
}

#[test]
fn offsets_are_looked_up_at_several_places() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "offsets", "orders", "--at", "earliest,latest", "-p", "0"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    TOPIC   PARTITION  AT        OFFSET  TIMESTAMP  EPOCH
    orders          0  earliest       0  -              -
    orders          0  latest         3  -              3
    ");
    cluster.world().apis.insert(2, (1, 5));
    let ran = kr_on(&cluster, &["topic", "offsets", "orders", "--at", "max-timestamp", "-p", "0"]);
    assert_eq!(ran.code, 1, "{}", ran.page());
    assert!(ran.stderr.contains("UNSUPPORTED_VERSION"), "{}", ran.stderr);
}

//! `kr diff`: two clusters side by side, what it says and with which exit code.

use serde_json::Value;

use super::acls::{cluster_with, respond};
use super::fake::FakeCluster;
use super::{Ran, Setting, run_in};
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::DescribeAclsResponse;

/// Runs `kr diff left right` with the two clusters as contexts.
fn diff(left: &FakeCluster, right: &FakeCluster, more: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let entry = |name: &str, cluster: &FakeCluster| {
        format!("[contexts.{name}]\nbootstrap_servers = {:?}\n", cluster.bootstrap())
    };
    std::fs::write(&file, entry("left", left) + &entry("right", right)).unwrap();
    let environment = vec![("KR_CONFIG".to_owned(), file.display().to_string())];
    let args = [&["diff", "left", "right"], more].concat();
    run_in(Setting { environment, ..Setting::clean() }, &args)
}

#[test]
fn clusters_with_the_same_topics_do_not_differ() {
    let clusters = [FakeCluster::start(1), FakeCluster::start(2)];
    for cluster in &clusters {
        cluster.world().add_topic("orders", 3);
        cluster.world().topics.get_mut("orders").unwrap().partitions.iter_mut().for_each(|partition| {
            partition.replicas = vec![1];
        });
    }
    let ran = diff(&clusters[0], &clusters[1], &["--section", "topics,configs,groups,features"]);
    assert_eq!(ran.page(), "[exit 0]\nno difference\n");
}

#[test]
fn every_difference_has_a_row_and_the_exit_code_says_so() {
    let (left, right) = (FakeCluster::start(1), FakeCluster::start(1));
    left.world().add_topic("orders", 3);
    right.world().add_topic("orders", 4);
    left.world().add_topic("only-left", 1);
    right.world().groups.insert("billing".to_owned(), Default::default());
    let set = |cluster: &FakeCluster, value: &str| {
        let mut world = cluster.world();
        let topic = world.topics.get_mut("orders").unwrap();
        topic.configs.insert("retention.ms".to_owned(), value.to_owned());
    };
    set(&left, "1000");
    set(&right, "2000");
    let ran = diff(&left, &right, &["-o", "json", "--section", "topics,configs,groups"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows: Vec<String> = document["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let field = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            ["section", "name", "key", "left_value", "right_value"].map(field).join(" ")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "topics only-left - partitions=1 replication-factor=1 -",
            "topics orders partitions 3 4",
            "configs topic/orders retention.ms 1000 2000",
            "groups billing - - type=Classic",
        ]
    );
    // A topic that only one has is not told again with its configs.
    let page = diff(&left, &right, &["--section", "configs"]).stdout;
    assert!(!page.contains("only-left"), "{page}");
}

#[test]
fn what_a_cluster_does_not_serve_is_said_and_is_a_failure_only_when_asked_for() {
    let (left, right) = (FakeCluster::start(1), FakeCluster::start(1));
    let ran = diff(&left, &right, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "no difference\n"));
    assert!(ran.stderr.contains("quotas are not compared: left: "), "{}", ran.stderr);
    let ran = diff(&left, &right, &["--section", "quotas"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not serve DescribeClientQuotas"), "{}", ran.stderr);
}

#[test]
fn a_cluster_without_an_authorizer_differs_from_one_with() {
    let [left, right] = [ErrorCode::NONE, ErrorCode::SECURITY_DISABLED].map(|code| {
        let cluster = cluster_with(&[29]);
        cluster.script(move |seen, _| {
            let response = DescribeAclsResponse::default().with_error_code(code.0).with_error_message(None);
            (seen.header.api_key == 29).then(|| respond(seen, response.into()))
        });
        cluster
    });
    let ran = diff(&left, &right, &["--section", "acls"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("authorizer"), "{}", ran.stdout);
    assert_eq!(diff(&right, &right, &["--section", "acls"]).code, 0);
}

#[test]
fn an_unknown_context_is_wrong_usage_of_the_configuration() {
    let cluster = FakeCluster::start(1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, "").unwrap();
    let environment = vec![("KR_CONFIG".to_owned(), file.display().to_string())];
    let address = &cluster.bootstrap()[0];
    let ran = run_in(Setting { environment, ..Setting::clean() }, &["diff", address, "nowhere"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("there is no context \"nowhere\""), "{}", ran.stderr);
}

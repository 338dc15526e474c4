//! Contexts, and where an address came from.

use super::{FakeCluster, Setting, kr, kr_on, run_in};

#[test]
fn an_unreachable_cluster_is_4_and_names_the_source_of_its_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let ran = kr(&["topic", "list", "-b", &address]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""));
    insta::assert_snapshot!(ran.stderr.replace(&address, "ADDRESS"), @"
    error: cannot reach a broker at ADDRESS: cannot connect to ADDRESS: Connection refused (os error 111)
    hint: the address came from --bootstrap-server
    ");
}

#[test]
fn contexts_are_listed_chosen_and_used() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("here", 1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    let servers = cluster.bootstrap().join(",");
    std::fs::write(&file, format!("[contexts.one]\nbootstrap_servers = \"{servers}\"\n")).unwrap();
    let run = |args: &[&str]| {
        let environment = vec![("KR_CONFIG".to_owned(), file.display().to_string())];
        let ran = run_in(Setting { environment, ..Setting::clean() }, args);
        ran.page().replace(&servers, "SERVERS").replace(&file.display().to_string(), "FILE")
    };
    insta::assert_snapshot!(run(&["context", "use", "two"]), @r#"
    [exit 2]
    [stderr]
    error: there is no context "two" in FILE
    hint: defined are: one
    "#);
    insta::assert_snapshot!(run(&["context", "use", "one"]), @r#"
    [exit 0]
    [stderr]
    using context "one"
    "#);
    insta::assert_snapshot!(run(&["context", "list"]), @"
    [exit 0]
    CURRENT  NAME  BOOTSTRAP SERVERS
    *        one   SERVERS
    ");
    insta::assert_snapshot!(run(&["topic", "list", "-o", "json"]), @r#"
    [exit 0]
    {
      "kind": "kr.topic.list/v1",
      "context": "one",
      "items": [
        {
          "name": "here",
          "id": "AAAAAAAAAAAAAAAAAAAACA",
          "internal": false,
          "partitions": 1,
          "replication_factor": 1,
          "under_replicated": 0,
          "under_min_isr": null,
          "at_min_isr": null,
          "offline": 0,
          "records_at_most": null,
          "leader_bytes": null,
          "replica_bytes": null,
          "overrides": null
        }
      ],
      "errors": []
    }
    "#);
    insta::assert_snapshot!(run(&["consume", "here", "-c", "5"]), @r#"
    [exit 2]
    [stderr]
    error: there is no context "5" in FILE
    hint: defined are: one
    hint: -c is the context; a count of records is -n
    "#);
}

#[test]
fn a_dev_cluster_that_is_down_is_told_how_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let home = [("HOME".to_owned(), dir.path().display().to_string())];
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let environment = kr::Environment::of(home.clone());
    kr::config::register_dev_context(&environment, None, "two", std::slice::from_ref(&address)).unwrap();
    let ran = run_in(Setting { environment: home.to_vec(), ..Setting::clean() }, &["topic", "list"]);
    let page = ran.page().replace(&address, "ADDRESS").replace(&dir.path().display().to_string(), "HOME");
    insta::assert_snapshot!(page, @r#"
    [exit 4]
    [stderr]
    error: cannot reach a broker at ADDRESS: cannot connect to ADDRESS: Connection refused (os error 111)
    hint: the address came from context "two" in HOME/.config/kr/config.toml
    hint: is it down? start it with `kr dev up --name two`
    "#);
}

#[test]
fn properties_of_another_client_are_warned_of_and_left_out() {
    let cluster = FakeCluster::start(1);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("client.properties");
    std::fs::write(&file, "client.id=tester\nkey.serializer=x\n").unwrap();
    let ran = kr_on(&cluster, &["topic", "list", "--command-config", &file.display().to_string()]);
    insta::assert_snapshot!(ran.page().replace(&file.display().to_string(), "FILE"), @r#"
    [exit 0]
    no topics
    [stderr]
    warning: unknown client property "key.serializer", set by FILE
    "#);
    let quiet = kr_on(&cluster, &["-q", "topic", "list", "--command-config", &file.display().to_string()]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_broken_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    std::fs::write(&file, "contexts = 7").unwrap();
    let ran = kr(&["--config", &file.display().to_string(), "topic", "list"]);
    insta::assert_snapshot!(ran.page().replace(&file.display().to_string(), "FILE"), @"
    [exit 2]
    [stderr]
    error: cannot use the configuration FILE: `contexts` is not a table
    ");
}

#[test]
fn info_and_nodes_show_the_cluster() {
    let cluster = FakeCluster::start(3);
    cluster.world().add_topic("orders", 6);
    insta::assert_snapshot!(kr_on(&cluster, &["cluster", "info"]).page(), @"
    [exit 0]
    Cluster ID  fake-cluster
    Controller  1
    Brokers     3
    Topics      1
    Partitions  6

    FEATURE           LEVEL  SUPPORTED
    metadata.version     27  7-27
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["cluster", "nodes"]).page(), @"
    [exit 0]
    NODE  ROLES              ADDRESS          RACK  STATE   QUORUM  METADATA LEVELS
       1  broker,controller  broker-1  a     active  leader  7-27
       2  broker,controller  broker-2  a     active  voter   7-27
       3  broker,controller  broker-3  a     active  voter   7-27
    [stderr]
    note: no controller can be reached from here, so ghosts are not known
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["quorum", "status"]).page(), @"
    [exit 0]
    Leader          1
    Leader epoch    4
    High watermark  98
    Max voter lag   2

    NODE  ROLE    LOG END  LAG  LAST FETCH  CAUGHT UP
       1  leader       99    0    0 ms ago  10 ms ago
       2  voter        98    1   10 ms ago  30 ms ago
       3  voter        97    2   20 ms ago  50 ms ago
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["quorum", "status", "-o", "json"]).page(), @r#"
    [exit 0]
    {
      "kind": "kr.quorum.status/v1",
      "context": null,
      "items": [
        {
          "leader": 1,
          "leader_epoch": 4,
          "high_watermark": 98,
          "max_voter_lag": 2,
          "replicas": [
            {
              "node": 1,
              "role": "leader",
              "directory_id": null,
              "log_end_offset": 99,
              "lag": 0,
              "last_fetch_age_ms": 0,
              "last_caught_up_age_ms": 10
            },
            {
              "node": 2,
              "role": "voter",
              "directory_id": null,
              "log_end_offset": 98,
              "lag": 1,
              "last_fetch_age_ms": 10,
              "last_caught_up_age_ms": 30
            },
            {
              "node": 3,
              "role": "voter",
              "directory_id": null,
              "log_end_offset": 97,
              "lag": 2,
              "last_fetch_age_ms": 20,
              "last_caught_up_age_ms": 50
            }
          ]
        }
      ],
      "errors": []
    }
    "#);
}

#[test]
fn a_cluster_without_a_quorum_says_so() {
    let cluster = FakeCluster::start(1);
    cluster.world().apis.remove(&55);
    insta::assert_snapshot!(kr_on(&cluster, &["quorum", "status"]).page(), @"
    [exit 1]
    [stderr]
    error: this cluster has no metadata quorum
    hint: it keeps its metadata in ZooKeeper, or is older than Kafka 2.7
    ");
    assert_eq!(kr_on(&cluster, &["cluster", "nodes"]).code, 0);
}

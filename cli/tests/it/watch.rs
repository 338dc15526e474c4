//! `kr watch`: a plain line, or a JSON object, for each event.

use serde_json::Value;

use super::fake::FakeCluster;
use super::{kr, kr_on};

/// A cluster where partition 0 of a topic gets another leader once all topics were seen.
fn moving(epochs: i32) -> FakeCluster {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("orders", 1);
    cluster.world().add_topic("pay", 1);
    let mut asked = 0;
    cluster.script(move |seen, world| {
        if seen.header.api_key == 3 {
            asked += 1;
            // The first ones are the client's own, and the first look.
            if asked == 6 {
                for topic in ["orders", "pay"] {
                    let partition = world.partition(topic, 0);
                    partition.leader = 2;
                    partition.epoch += epochs;
                }
            }
        }
        None
    });
    cluster
}

#[test]
fn a_change_is_one_line_with_its_interval() {
    let cluster = moving(1);
    let ran = kr_on(&cluster, &["watch", "--poll", "--topic", "pay", "--kind", "leader", "-n", "1"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let line = ran.stdout.strip_suffix('\n').expect("one line");
    let (_, words) = line.split_once("LEADER    ").unwrap_or_else(|| panic!("{line}"));
    assert!(words.starts_with("pay-0: leader 1 -> 2, epoch 3 -> 4  (within "), "{line}");
}

#[test]
fn jsonl_is_an_object_for_each_event_and_says_what_it_does_not_know() {
    let cluster = moving(3);
    let ran = kr_on(&cluster, &["watch", "--poll", "--kind", "leader", "-n", "2", "-o", "jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let topics: Vec<&Value> = events.iter().map(|event| &event["topic"]).collect();
    assert_eq!(topics, ["orders", "pay"]);
    for event in &events {
        assert_eq!(event["event"], "leader");
        assert_eq!(event["is_exact"], false);
        assert!(event["after"].is_string() && event["offset"].is_null());
        assert_eq!(event["detail"]["hidden_steps"], 2);
        assert!(event["detail"]["is_unclean"].is_null());
    }
    assert_eq!(events[0]["batch"], events[1]["batch"]);
}

#[test]
fn a_cluster_that_is_away_is_said_on_stderr_and_ends_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let ran = kr(&["watch", "-b", &address, "--for", "1s"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(ran.stderr.contains("cannot see the cluster"), "{}", ran.stderr);
}

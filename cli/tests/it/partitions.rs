//! `kr partition`.

use kr_wire::compression::Codec;

use super::fake::batch;
use super::{FakeCluster, Ran, kr_on};

const ELECT_LEADERS: i16 = 43;

fn document(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.page()))
}

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(3);
    let mut world = cluster.world();
    world.add_topic("orders", 2);
    for _ in 0..3 {
        world.partition("orders", 0).append(&batch(&["a", "b"], Codec::None)).unwrap();
    }
    drop(world);
    cluster
}

#[test]
fn preferred_leaders_are_elected_where_they_do_not_lead() {
    let cluster = cluster();
    cluster.world().partition("orders", 0).leader = 2;
    let elect = |more: &[&str]| {
        kr_on(&cluster, &[&["partition", "leaders", "elect", "--preferred", "--all"], more].concat())
    };
    insta::assert_snapshot!(elect(&["--dry-run"]).page(), @"
    [exit 0]
    TOPIC   PARTITION  LEADER BEFORE  LEADER  OUTCOME
    orders          0              2       1  would be elected
    orders          1              2       1  would be elected
    ");
    assert_eq!(cluster.count(ELECT_LEADERS), 0);
    let ran = elect(&[]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert_eq!(cluster.world().partition("orders", 1).leader, 1);
    assert_eq!(elect(&[]).stdout, "every partition has the leader it is to have\n");
}

#[test]
fn an_unclean_election_needs_a_yes() {
    let cluster = cluster();
    cluster.world().partition("orders", 0).leader = -1;
    let elect =
        |more: &[&str]| kr_on(&cluster, &[&["partition", "elect", "--unclean", "orders-0"], more].concat());
    assert_eq!(elect(&[]).code, 6);
    assert_eq!(cluster.count(ELECT_LEADERS), 0);
    let ran = elect(&["--yes", "-o", "json"]);
    assert_eq!((ran.code, document(&ran)["items"][0]["leader"].clone()), (0, 1.into()));
    assert_eq!(kr_on(&cluster, &["partition", "elect", "--unclean", "orders-9", "--yes"]).code, 1);
}

#[test]
fn explain_names_the_broker_that_is_behind() {
    let cluster = cluster();
    let mut world = cluster.world();
    let partition = world.partition("orders", 0);
    partition.isr = vec![1, 2];
    partition.ends.insert(3, 2);
    drop(world);
    let ran = kr_on(&cluster, &["partition", "explain", "--interval", "0", "-o", "json"]);
    let items = &document(&ran)["items"];
    assert_eq!(items.as_array().unwrap().len(), 1, "{}", ran.page());
    assert_eq!(items[0]["state"], "under-replicated");
    assert_eq!(items[0]["replica_states"][2]["behind"], 4);
    assert_eq!(items[0]["evidence"][0]["confidence"], "certain");
    let finding = items[0]["evidence"][0]["finding"].as_str().unwrap();
    assert!(finding.starts_with("broker 3 is 4 records behind and stuck"), "{finding}");
    cluster.world().partition("orders", 0).isr = vec![1, 2, 3];
    let ran = kr_on(&cluster, &["partition", "explain", "--interval", "0"]);
    assert_eq!(ran.stdout, "every partition has a leader and all its replicas in sync\n");
}

#[test]
fn verify_finds_the_replica_whose_data_differs() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["partition", "verify", "-t", "orders"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    PARTITION  REPLICAS  LEFT OUT  FROM  TO  BATCHES   SIZE  RESULT
    orders-0   1,2,3     -            0   6        3  231 B  same
    orders-1   2,1,3     -            0   0        0    0 B  same
    ");
    let mut world = cluster.world();
    let mut copy = world.partition("orders", 0).batches.clone();
    copy[1] = {
        let mut other = batch(&["a", "x"], Codec::None).to_vec();
        kr_wire::batch::set_base_offset(&mut other, kr_wire::ids::Offset(2)).unwrap();
        other.into()
    };
    world.partition("orders", 0).copies.insert(3, copy);
    drop(world);
    let ran = kr_on(&cluster, &["partition", "verify", "orders-0", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    let item = &document(&ran)["items"][0];
    assert_eq!((&item["same"], &item["differences"][0]["broker"]), (&false.into(), &3.into()));
    assert_eq!(item["differences"][0]["offset"], 2);
}

#[test]
fn partitions_are_listed_and_described() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["partition", "list", "--leader", "1", "-o", "name"]);
    assert_eq!(ran.stdout, "orders-0\n");
    let ran = kr_on(&cluster, &["partition", "describe", "orders-0", "-o", "json"]);
    let item = &document(&ran)["items"][0];
    assert_eq!((&item["partition"], &item["end_offset"]), (&0.into(), &6.into()));
    assert_eq!(item["replica_states"][1]["directory"], "/data");
    assert_eq!(kr_on(&cluster, &["partition", "describe", "orders"]).code, 2);
}

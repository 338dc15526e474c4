//! Every check finds what it is for, and nothing in a cluster that is well.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{
    ClusterNode, GroupListing, LogDir, QuorumReplica, QuorumStatus, Reassignment, TopicPartition,
};
use kr_client::cluster_view::{Partition, Topic};
use kr_client::options::Address;
use kr_client::versions::Feature;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};

use super::checks;
use super::evidence::{Evidence, Setting, Settings};

const NOW: i64 = 1_700_000_000_000;

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn settings(pairs: &[(&str, &str, bool)]) -> Settings {
    let setting = |(key, value, is_own): &(&str, &str, bool)| {
        ((*key).to_owned(), Setting { value: (*value).to_owned(), is_own: *is_own })
    };
    pairs.iter().map(setting).collect()
}

fn partition(id: i32, replicas: &[i32]) -> Partition {
    Partition {
        id: PartitionId(id),
        leader: replicas.first().copied().map(NodeId),
        leader_epoch: Some(LeaderEpoch(1)),
        replicas: nodes(replicas),
        isr: nodes(replicas),
        offline: Vec::new(),
    }
}

fn replica(id: i32) -> QuorumReplica {
    QuorumReplica {
        id: NodeId(id),
        directory: None,
        log_end_offset: Some(Offset(100)),
        last_fetch_ms: Some(NOW),
        last_caught_up_ms: Some(NOW),
    }
}

/// Three brokers on three racks, a topic of three partitions, everything as it should be.
fn well() -> Evidence {
    let broker = |id: i32| ClusterNode {
        id: NodeId(id),
        address: Address { host: format!("broker-{id}"), port: 9092 },
        rack: Some(format!("r{id}")),
        is_fenced: Some(false),
    };
    let feature =
        || Feature { name: "metadata.version".to_owned(), supported: Some((7, 25)), finalized: Some(25) };
    let dir = || LogDir {
        path: "/data".to_owned(),
        failure: None,
        total_bytes: Some(100),
        usable_bytes: Some(60),
        replicas: Vec::new(),
    };
    let orders = Topic {
        name: "orders".to_owned(),
        id: None,
        is_internal: false,
        partitions: vec![partition(0, &[1, 2, 3]), partition(1, &[2, 3, 1]), partition(2, &[3, 1, 2])],
    };
    let offsets = Topic {
        name: "__consumer_offsets".to_owned(),
        is_internal: true,
        partitions: vec![partition(0, &[1, 2, 3])],
        ..orders.clone()
    };
    let of_topic = || settings(&[("min.insync.replicas", "2", false), ("cleanup.policy", "compact", true)]);
    let of_broker = || {
        settings(&[
            ("auto.create.topics.enable", "false", false),
            ("default.replication.factor", "3", false),
            ("unclean.leader.election.enable", "false", false),
        ])
    };
    let each = [1, 2, 3].map(NodeId);
    Evidence {
        brokers: [1, 2, 3].map(broker).into(),
        topics: vec![offsets, orders],
        topic_configs: ["orders", "__consumer_offsets"].map(|name| (name.to_owned(), of_topic())).into(),
        broker_configs: each.map(|id| (id, of_broker())).into(),
        log_dirs: each.map(|id| (id, vec![dir()])).into(),
        features: each.map(|id| (id, vec![feature()])).into(),
        quorum: Some(QuorumStatus {
            leader: Some(NodeId(1)),
            leader_epoch: Some(LeaderEpoch(4)),
            high_watermark: Some(Offset(100)),
            voters: [1, 2, 3].map(replica).into(),
            observers: Vec::new(),
            nodes: Vec::new(),
        }),
        under_way: Some(BTreeMap::new()),
        now_ms: NOW,
        ..Evidence::default()
    }
}

fn found(evidence: &Evidence) -> Vec<&'static str> {
    let sick = checks().filter(|check| !(check.judge)(evidence).is_empty());
    sick.map(|check| check.id).collect()
}

#[test]
fn a_cluster_that_is_well_has_no_findings() {
    assert_eq!(found(&well()), [""; 0]);
}

#[test]
fn numbers_are_unlike_and_every_check_says_what_to_do() {
    let ids: BTreeSet<&str> = checks().map(|check| check.id).collect();
    assert_eq!(ids.len(), checks().count());
    assert!(checks().all(|check| !check.fix.is_empty() && !check.title.is_empty()));
}

/// A check and what makes a well cluster one that it finds.
type Case = (&'static str, fn(&mut Evidence));

fn orders(evidence: &mut Evidence) -> &mut Topic {
    &mut evidence.topics[1]
}

fn moving(evidence: &mut Evidence, adding: i32) {
    let name = TopicPartition::new("orders", PartitionId(0));
    let moving =
        Reassignment { replicas: nodes(&[1, 2, 3, adding]), adding: nodes(&[adding]), removing: Vec::new() };
    evidence.under_way = Some(BTreeMap::from([(name, moving)]));
}

fn many(evidence: &mut Evidence, replicas: &[i32]) {
    orders(evidence).partitions = (0..60).map(|id| partition(id, replicas)).collect();
}

const CASES: &[Case] = &[
    ("P01", |e| {
        orders(e).partitions[0].leader = None;
    }),
    ("P02", |e| orders(e).partitions[0].isr = nodes(&[1])),
    ("P03", |e| orders(e).partitions[0].isr = nodes(&[1, 2])),
    ("P04", |e| orders(e).partitions[0].isr = nodes(&[1, 2])),
    ("P05", |e| orders(e).partitions[0] = partition(0, &[1])),
    ("P06", |e| orders(e).partitions[0] = partition(0, &[1])),
    ("P07", |e| orders(e).partitions[0] = partition(0, &[1, 2])),
    ("P08", |e| {
        e.topic_configs.insert("orders".to_owned(), settings(&[("min.insync.replicas", "1", false)]));
    }),
    ("P09", |e| {
        e.brokers[1].rack = e.brokers[0].rack.clone();
        orders(e).partitions[0] = partition(0, &[1, 2]);
    }),
    ("P10", |e| orders(e).partitions[0].leader = Some(NodeId(2))),
    ("P11", |e| many(e, &[1, 2, 3])),
    ("P12", |e| many(e, &[1])),
    ("P13", |e| orders(e).partitions[0] = partition(0, &[1, 2, 9])),
    ("B01", |e| e.brokers[2].is_fenced = Some(true)),
    ("B02", |e| {
        e.unreachable.insert(NodeId(3), "connection refused".to_owned());
    }),
    ("B03", |e| {
        let failure = kr_client::Error::broker("use it", kr_client::ErrorCode::KAFKA_STORAGE_ERROR, None);
        e.log_dirs.get_mut(&NodeId(1)).unwrap()[0].failure = Some(failure);
    }),
    ("B04", |e| e.log_dirs.get_mut(&NodeId(1)).unwrap()[0].usable_bytes = Some(5)),
    ("B05", |e| e.log_dirs.get_mut(&NodeId(1)).unwrap()[0].usable_bytes = Some(15)),
    ("B06", |e| e.features.get_mut(&NodeId(1)).unwrap()[0].supported = Some((7, 27))),
    ("B07", |e| e.brokers[0].rack = None),
    ("B08", |e| {
        e.features.values_mut().for_each(|features| features[0].supported = Some((7, 27)));
    }),
    ("S01", |e| {
        let setting = Setting { value: "true".to_owned(), is_own: true };
        let of_orders = e.topic_configs.get_mut("orders").unwrap();
        of_orders.insert("unclean.leader.election.enable".to_owned(), setting);
    }),
    ("S02", |e| set_everywhere(e, "auto.create.topics.enable", "true")),
    ("S03", |e| set_everywhere(e, "default.replication.factor", "1")),
    ("S04", |e| {
        let settings = e.broker_configs.get_mut(&NodeId(1)).unwrap();
        settings.get_mut("default.replication.factor").unwrap().value = "2".to_owned();
    }),
    ("S05", |e| e.topics[0].partitions[0] = partition(0, &[1])),
    ("S06", |e| {
        let settings = e.topic_configs.get_mut("__consumer_offsets").unwrap();
        settings.get_mut("cleanup.policy").unwrap().value = "delete".to_owned();
    }),
    ("Q01", |e| e.quorum.as_mut().unwrap().leader = None),
    ("Q02", |e| e.quorum.as_mut().unwrap().voters[1].last_caught_up_ms = Some(NOW - 60_000)),
    ("Q03", |e| {
        let late = QuorumReplica { last_caught_up_ms: None, ..replica(4) };
        e.quorum.as_mut().unwrap().observers.push(late);
    }),
    ("Q04", |e| e.quorum.as_mut().unwrap().voters.truncate(2)),
    ("Q05", |e| e.quorum.as_mut().unwrap().voters.truncate(1)),
    ("Q06", |e| e.now_ms -= 60_000),
    ("Q07", |e| {
        e.quorum = None;
        e.is_zookeeper = true;
    }),
    ("A01", |e| moving(e, 2)),
    ("A02", |e| {
        let setting = Setting { value: "*".to_owned(), is_own: true };
        let of_orders = e.topic_configs.get_mut("orders").unwrap();
        of_orders.insert("leader.replication.throttled.replicas".to_owned(), setting);
    }),
    ("A03", |e| moving(e, 9)),
    ("A04", |e| {
        e.groups.push(GroupListing {
            id: "billing".to_owned(),
            protocol_type: "consumer".to_owned(),
            state: Some("PreparingRebalance".to_owned()),
            group_type: None,
            coordinator: NodeId(1),
        });
    }),
];

fn set_everywhere(evidence: &mut Evidence, key: &str, value: &str) {
    for settings in evidence.broker_configs.values_mut() {
        settings.get_mut(key).unwrap().value = value.to_owned();
    }
}

#[test]
fn every_check_finds_what_it_is_for() {
    for (id, make_sick) in CASES {
        let mut evidence = well();
        make_sick(&mut evidence);
        assert!(found(&evidence).contains(id), "{id}: found {:?}", found(&evidence));
    }
    let tried: BTreeSet<&str> = CASES.iter().map(|(id, _)| *id).collect();
    let all: BTreeSet<&str> = checks().map(|check| check.id).collect();
    assert_eq!(tried, all);
}

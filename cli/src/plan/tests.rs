//! Rules that every plan keeps, and the cases that made them.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::TopicPartition;
use kr_wire::ids::{NodeId, PartitionId};
use proptest::prelude::*;

use super::*;

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn set(ids: &[i32]) -> BTreeSet<NodeId> {
    nodes(ids).into_iter().collect()
}

fn topics(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Brokers as `(id, rack)`, a rack of "-" for none; partitions of topic `t`, all in sync.
fn picture(brokers: &[(i32, &str)], partitions: &[&[i32]]) -> Picture {
    let broker = |(id, rack): &(i32, &str)| {
        let rack = (*rack != "-").then(|| (*rack).to_owned());
        (NodeId(*id), PlanBroker { rack, is_usable: true })
    };
    let partition = |(index, replicas): (usize, &&[i32])| {
        let index = i32::try_from(index).unwrap();
        let replicas = nodes(replicas);
        let isr = replicas.clone();
        (TopicPartition::new("t", PartitionId(index)), PlanPartition { replicas, isr, bytes: Some(100) })
    };
    Picture {
        brokers: brokers.iter().map(broker).collect(),
        partitions: partitions.iter().enumerate().map(partition).collect(),
    }
}

fn lists(moves: &[Move]) -> Vec<(i32, Vec<i32>)> {
    moves
        .iter()
        .map(|change| (change.partition.partition.0, change.to.iter().map(|node| node.0).collect()))
        .collect()
}

/// `kr broker drain N` moves only that broker's replicas.
#[test]
fn complaint_25_drain_moves_only_the_replicas_of_that_broker() {
    let picture =
        picture(&[(1, "-"), (2, "-"), (3, "-"), (4, "-")], &[&[1, 2, 3], &[2, 3, 4], &[3, 1, 2], &[4, 2, 1]]);
    let moves = drain(&picture, &set(&[3]), &set(&[]), None, Weigh::Count).unwrap();
    assert_eq!(lists(&moves), [(0, vec![1, 2, 4]), (1, vec![2, 1, 4]), (2, vec![4, 1, 2])]);
}

#[test]
fn drain_keeps_racks_apart() {
    let picture = picture(&[(1, "a"), (2, "b"), (3, "c"), (4, "a"), (5, "c")], &[&[1, 2, 3]]);
    let moves = drain(&picture, &set(&[3]), &set(&[]), None, Weigh::Count).unwrap();
    assert_eq!(lists(&moves), [(0, vec![1, 2, 5])]);
}

#[test]
fn drain_says_when_there_are_too_few_brokers() {
    let picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1, 2, 3]]);
    let error = drain(&picture, &set(&[3]), &set(&[]), None, Weigh::Count).unwrap_err();
    assert_eq!(error.to_string(), "t-0 needs 3 brokers, and only 2 may be used");
    let error = drain(&picture, &set(&[9]), &set(&[]), None, Weigh::Count).unwrap_err();
    assert_eq!(error, PlanError::UnknownBroker(NodeId(9)));
}

#[test]
fn a_new_broker_gets_its_share_and_no_more() {
    let picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1], &[2], &[1], &[2], &[1], &[2]]);
    let moves = add(&picture, &set(&[3]), None, Weigh::Count).unwrap();
    assert_eq!(moves.len(), 2);
    assert!(moves.iter().all(|change| change.to == nodes(&[3])));
}

#[test]
fn what_is_even_is_left_alone() {
    let even = picture(&[(1, "-"), (2, "-")], &[&[1], &[2], &[1], &[2]]);
    assert_eq!(rebalance(&even, None, Weigh::Count), []);
    assert_eq!(leaders(&even, None), []);
    assert_eq!(racks(&even, None, Weigh::Count), []);
}

#[test]
fn rebalance_by_bytes_moves_the_bytes_and_not_the_count() {
    let mut uneven = picture(&[(1, "-"), (2, "-")], &[&[1], &[1], &[2], &[2]]);
    for (name, bytes) in [(0, 900), (1, 300), (2, 10), (3, 10)] {
        let name = TopicPartition::new("t", PartitionId(name));
        uneven.partitions.get_mut(&name).unwrap().bytes = Some(bytes);
    }
    assert_eq!(lists(&rebalance(&uneven, None, Weigh::Bytes)), [(0, vec![2])]);
    assert_eq!(rebalance(&uneven, None, Weigh::Count), []);
}

/// Lowering RF is allowed while brokers are down, preferring to drop dead replicas.
#[test]
fn complaint_26_a_lower_replication_factor_drops_dead_replicas_first() {
    let mut picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1, 2, 3], &[2, 3, 1]]);
    picture.brokers.get_mut(&NodeId(2)).unwrap().is_usable = false;
    let moves = replication(&picture, &topics(&["t"]), 2, Weigh::Count).unwrap();
    assert_eq!(lists(&moves), [(0, vec![1, 3]), (1, vec![3, 1])]);
}

#[test]
fn a_lower_replication_factor_keeps_what_is_in_sync_and_the_preferred_leader() {
    let mut picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1, 2, 3]]);
    picture.partitions.values_mut().next().unwrap().isr = nodes(&[1, 3]);
    assert_eq!(lists(&replication(&picture, &topics(&["t"]), 2, Weigh::Count).unwrap()), [(0, vec![1, 3])]);
    assert_eq!(lists(&replication(&picture, &topics(&["t"]), 1, Weigh::Count).unwrap()), [(0, vec![1])]);
}

#[test]
fn a_higher_replication_factor_takes_unused_racks() {
    let picture = picture(&[(1, "a"), (2, "a"), (3, "b"), (4, "b")], &[&[1], &[3]]);
    let moves = replication(&picture, &topics(&["t"]), 2, Weigh::Count).unwrap();
    assert_eq!(lists(&moves), [(0, vec![1, 4]), (1, vec![3, 2])]);
    let error = replication(&picture, &topics(&["t"]), 5, Weigh::Count).unwrap_err();
    assert_eq!(error.to_string(), "t-0 needs 5 brokers, and only 4 may be used");
}

#[test]
fn replicas_that_share_a_rack_are_parted() {
    let picture = picture(&[(1, "a"), (2, "a"), (3, "b"), (4, "c")], &[&[1, 2, 3], &[1, 3, 4]]);
    assert_eq!(lists(&racks(&picture, None, Weigh::Count)), [(0, vec![1, 4, 3])]);
}

#[test]
fn leaders_are_evened_out_without_moving_data() {
    let picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1, 2], &[1, 3], &[1, 2]]);
    let moves = leaders(&picture, None);
    assert!(moves.iter().all(|change| change.adding().count() == 0));
    let mut firsts: Vec<i32> = picture
        .partitions
        .iter()
        .map(|(name, now)| {
            let to = moves.iter().find(|change| change.partition == *name).map(|change| &change.to);
            to.unwrap_or(&now.replicas)[0].0
        })
        .collect();
    firsts.sort_unstable();
    assert_eq!(firsts, [1, 2, 3]);
}

#[test]
fn the_cost_is_what_new_replicas_copy() {
    let picture = picture(&[(1, "-"), (2, "-"), (3, "-")], &[&[1, 2]]);
    let moves = drain(&picture, &set(&[2]), &set(&[]), None, Weigh::Count).unwrap();
    let cost = cost(&moves);
    assert_eq!((cost.replicas, cost.bytes), (1, Some(100)));
    assert_eq!(cost.incoming, BTreeMap::from([(NodeId(3), 100)]));
    assert_eq!(cost.outgoing, BTreeMap::from([(NodeId(1), 100)]));
}

#[test]
fn a_file_reads_back_and_bad_ones_are_named() {
    let name = TopicPartition::new("orders", PartitionId(0));
    let replicas = nodes(&[1, 2]);
    let text = write_file([(&name, replicas.as_slice())]);
    assert_eq!(
        text,
        r#"{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}]}"#
    );
    let wanted = Wanted { replicas, directories: BTreeMap::new() };
    assert_eq!(read_file(&text).unwrap(), BTreeMap::from([(name, wanted)]));
    let row =
        |fields: &str| format!(r#"{{"version":1,"partitions":[{{"topic":"t","partition":0,{fields}}}]}}"#);
    for (text, why) in [
        (row(r#""replicas":[]"#), "t-0 has no replicas"),
        (row(r#""replicas":[1,1]"#), "t-0 has broker 1 twice"),
        (row(r#""replicas":[1,2],"log_dirs":["any"]"#), "t-0 has 2 replicas and 1 log_dirs"),
        (r#"{"version":2,"partitions":[]}"#.to_owned(), "version 2 is not known, only 1 is"),
        (r#"{"version":1,"partitions":[]}"#.to_owned(), "there is no partition in it"),
    ] {
        assert_eq!(read_file(&text).unwrap_err().to_string(), why);
    }
    assert!(matches!(read_file("[]"), Err(FileError::Json(_))));
}

prop_compose! {
    /// Up to 8 brokers on up to 3 racks, one of them perhaps dead, and up to 20 partitions.
    fn any_picture()(
        racks in proptest::collection::vec(0usize..4, 3..8),
        dead in proptest::option::of(0usize..8),
        partitions in proptest::collection::vec((0usize..64, 1usize..4, 0u64..1000), 0..20),
    ) -> Picture {
        let names = ["-", "a", "b", "c"];
        let brokers: Vec<(i32, &str)> = (1i32..).zip(racks).map(|(id, rack)| (id, names[rack])).collect();
        let count = brokers.len();
        let mut picture = picture(&brokers, &[]);
        for (index, (first, factor, bytes)) in (0i32..).zip(partitions) {
            let replicas: Vec<NodeId> =
                (0..factor).map(|step| NodeId(i32::try_from((first + step) % count).unwrap() + 1)).collect();
            let partition = PlanPartition { isr: replicas.clone(), replicas, bytes: Some(bytes) };
            picture.partitions.insert(TopicPartition::new("t", PartitionId(index)), partition);
        }
        if let Some(broker) = dead.and_then(|place| picture.brokers.values_mut().nth(place)) {
            broker.is_usable = false;
        }
        picture
    }
}

/// What must hold of every plan.
fn is_sound(picture: &Picture, moves: &[Move]) -> Result<(), TestCaseError> {
    for change in moves {
        prop_assert_eq!(&picture.partitions[&change.partition].replicas, &change.from);
        prop_assert_ne!(&change.from, &change.to);
        prop_assert!(!change.to.is_empty());
        let unlike: BTreeSet<NodeId> = change.to.iter().copied().collect();
        prop_assert_eq!(unlike.len(), change.to.len());
        for node in change.adding() {
            prop_assert!(picture.brokers[&node].is_usable);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_plan_is_sound(picture in any_picture(), factor in 1usize..4, by_bytes in any::<bool>()) {
        let weigh = if by_bytes { Weigh::Bytes } else { Weigh::Count };
        let evened = rebalance(&picture, None, weigh);
        is_sound(&picture, &evened)?;
        prop_assert!(evened.iter().all(|change| change.to.len() == change.from.len()));
        is_sound(&picture, &racks(&picture, None, weigh))?;
        is_sound(&picture, &leaders(&picture, None))?;
        if let Ok(moves) = replication(&picture, &topics(&["t"]), factor, weigh) {
            is_sound(&picture, &moves)?;
            prop_assert!(moves.iter().all(|change| change.to.len() == factor));
        }
        if let Ok(moves) = drain(&picture, &set(&[1]), &set(&[]), None, weigh) {
            is_sound(&picture, &moves)?;
            prop_assert!(moves.iter().all(|change| !change.to.contains(&NodeId(1))));
            prop_assert!(moves.iter().all(|change| change.removing().eq([NodeId(1)])));
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(picture in any_picture()) {
        let moves = racks(&picture, None, Weigh::Count);
        let mut after = picture.clone();
        for change in &moves {
            after.partitions.get_mut(&change.partition).unwrap().replicas = change.to.clone();
        }
        prop_assert_eq!(racks(&after, None, Weigh::Count), []);
    }
}

//! Comparing looks.

use proptest::prelude::*;

use super::*;
use crate::snapshot::{Broker, QuorumReplica, Seen, Topics};

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

/// A partition: leader, epoch, ISR.
type Part = (Option<i32>, i32, Vec<i32>);

fn topic(name: &str, parts: &[Part]) -> Arc<TopicColumns> {
    let mut columns = TopicColumns::new(name, None, false);
    for (leader, epoch, isr) in parts {
        columns.push(Partition {
            leader: leader.map(NodeId),
            epoch: Some(LeaderEpoch(*epoch)),
            replicas: &nodes(&[1, 2, 3]),
            isr: &nodes(isr),
            offline: &[],
        });
    }
    Arc::new(columns)
}

fn all(at: i64, topics: Vec<Arc<TopicColumns>>) -> Observation {
    let topics = Topics { is_complete: true, topics, gone: Vec::new() };
    Observation::Topics(Seen::new(topics, Time(at), Source::Metadata))
}

fn quorum(at: i64, leader: Option<i32>, epoch: i32) -> Observation {
    let voter = |id| QuorumReplica {
        id: NodeId(id),
        directory: None,
        end: None,
        last_fetch: None,
        last_caught_up: None,
        address: None,
    };
    let quorum = Quorum {
        leader: leader.map(NodeId),
        epoch: Some(LeaderEpoch(epoch)),
        high_watermark: None,
        voters: (1..=3).map(voter).collect(),
        observers: Vec::new(),
    };
    Observation::Quorum(Seen::new(Ok(quorum), Time(at), Source::Quorum))
}

fn cluster(at: i64, brokers: &[(i32, bool)]) -> Observation {
    let broker = |(id, is_fenced): &(i32, bool)| Broker {
        id: NodeId(*id),
        address: "".into(),
        rack: None,
        is_fenced: *is_fenced,
        epoch: None,
    };
    let cluster = Cluster {
        id: None,
        mode: None,
        release: None,
        metadata_version: None,
        zookeeper_controller: None,
        brokers: brokers.iter().map(broker).collect(),
    };
    Observation::Cluster(Seen::new(cluster, Time(at), Source::Cluster))
}

#[test]
fn a_first_look_has_no_events() {
    let mut infer = Infer::default();
    assert_eq!(infer.look(&all(1, vec![topic("t", &[(Some(1), 3, vec![1, 2])])])), []);
    assert_eq!(infer.look(&quorum(1, Some(1), 5)), []);
    assert_eq!(infer.look(&cluster(1, &[(1, false)])), []);
}

#[test]
fn an_epoch_jump_is_one_event_with_both_ends() {
    let mut infer = Infer::default();
    infer.look(&all(1000, vec![topic("t", &[(Some(1), 3, vec![1, 2, 3])])]));
    let events = infer.look(&all(2000, vec![topic("t", &[(Some(2), 6, vec![2, 3])])]));
    assert_eq!(events.len(), 2);
    assert!(
        events.iter().all(|e| e.when == When::Between(Time(1000), Time(2000)) && e.batch == events[0].batch)
    );
    let Change::Leader { from_epoch, to_epoch, is_unclean, .. } = &events[0].change else { panic!() };
    assert_eq!((from_epoch.unwrap().0, to_epoch.unwrap().0), (3, 6));
    assert_eq!(*is_unclean, None, "what happened in three steps is not known");
    let Change::IsrShrink(change) = &events[1].change else { panic!() };
    assert_eq!((&change.from, &change.to), (&nodes(&[1, 2, 3]), &nodes(&[2, 3])));
}

#[test]
fn one_step_within_the_isr_is_clean() {
    let mut infer = Infer::default();
    infer.look(&all(1, vec![topic("t", &[(Some(1), 3, vec![1, 2])])]));
    let events = infer.look(&all(2, vec![topic("t", &[(Some(2), 4, vec![1, 2])])]));
    assert!(matches!(events[..], [Event { change: Change::Leader { is_unclean: Some(false), .. }, .. }]));
}

#[test]
fn an_older_answer_is_no_event() {
    let mut infer = Infer::default();
    infer.look(&all(1, vec![topic("t", &[(Some(2), 4, vec![2])])]));
    assert_eq!(infer.look(&all(2, vec![topic("t", &[(Some(1), 3, vec![1, 2])])])), []);
    assert_eq!(infer.picture().topics["t"].partition(PartitionId(0)).unwrap().leader, Some(NodeId(2)));
    infer.look(&quorum(1, Some(1), 9));
    assert_eq!(infer.look(&quorum(2, Some(3), 8)), []);
    assert_eq!(infer.picture().quorum.as_ref().unwrap().leader, Some(NodeId(1)));
}

#[test]
fn the_interval_of_a_topic_begins_when_that_topic_was_seen() {
    let mut infer = Infer::default();
    infer.look(&all(1000, vec![topic("a", &[(Some(1), 1, vec![1])]), topic("b", &[(Some(1), 1, vec![1])])]));
    let one =
        Topics { is_complete: false, topics: vec![topic("a", &[(Some(1), 1, vec![1])])], gone: Vec::new() };
    infer.look(&Observation::Topics(Seen::new(one, Time(4000), Source::Metadata)));
    let events = infer
        .look(&all(5000, vec![topic("a", &[(Some(2), 2, vec![1])]), topic("b", &[(Some(2), 2, vec![1])])]));
    let whens: Vec<When> = events.iter().map(|event| event.when).collect();
    assert_eq!(whens, [When::Between(Time(4000), Time(5000)), When::Between(Time(1000), Time(5000))]);
}

#[test]
fn a_controller_that_changed_says_how_long_there_was_none() {
    let mut infer = Infer::default();
    infer.look(&quorum(1000, Some(1), 41));
    infer.look(&quorum(2000, None, 41));
    infer.look(&quorum(3000, None, 41));
    let events = infer.look(&quorum(4100, Some(3), 42));
    let [Event { change: Change::Controller { to, without, .. }, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*to, *without), (Some(NodeId(3)), Some(Duration::from_millis(3100))));
}

#[test]
fn a_broker_is_fenced_and_comes_back() {
    let mut infer = Infer::default();
    infer.look(&cluster(1, &[(1, false), (2, false)]));
    let fenced = infer.look(&cluster(2, &[(1, false), (2, true), (3, false)]));
    let kinds: Vec<&str> = fenced.iter().map(|event| event.change.kind().word()).collect();
    assert_eq!(kinds, ["FENCE", "BROKER"]);
    let back = infer.look(&cluster(3, &[(1, false), (2, false), (3, false)]));
    assert!(matches!(back[..], [Event { change: Change::Unfence(_), .. }]));
}

#[test]
fn while_the_log_is_followed_nothing_is_inferred_but_the_picture_moves() {
    let mut infer = Infer::default();
    infer.look(&all(1, vec![topic("t", &[(Some(1), 3, vec![1])])]));
    infer.set_exact(true);
    assert_eq!(infer.look(&all(2, vec![topic("t", &[(Some(2), 4, vec![1])])])), []);
    infer.set_exact(false);
    assert_eq!(infer.look(&all(3, vec![topic("t", &[(Some(2), 4, vec![1])])])), []);
}

#[test]
fn groups_of_a_coordinator_that_could_not_be_asked_are_not_gone() {
    let group = |id: &str, state: &str| Group {
        id: id.into(),
        group_type: None,
        state: Some(state.into()),
        coordinator: NodeId(1),
    };
    let seen = |at, groups: Vec<Group>, gaps: Vec<Gap>| {
        Observation::Groups(Seen::new((groups, gaps), Time(at), Source::Groups))
    };
    let mut infer = Infer::default();
    infer.look(&seen(1, vec![group("a", "Stable"), group("b", "Stable")], vec![]));
    assert_eq!(infer.look(&seen(2, vec![group("a", "Stable")], vec![Gap::NotAsked])), []);
    let events = infer.look(&seen(3, vec![group("a", "Empty")], vec![]));
    assert_eq!(events.len(), 2);
}

#[test]
fn a_time_without_sight_is_an_event() {
    let mut infer = Infer::default();
    infer.look(&quorum(1000, Some(1), 5));
    infer.lost(&Arc::from("no broker answers"));
    infer.lost(&Arc::from("another reason"));
    let events = infer.look(&quorum(9000, Some(1), 5));
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].when, When::Between(Time(1000), Time(9000)));
    assert_eq!(events[0].change, Change::Blind { reason: "no broker answers".into() });
    assert_eq!(infer.look(&quorum(9500, Some(1), 5)), []);
}

/// What events can tell of a picture: ISRs as sets, and nothing of offline replicas.
type Told = BTreeMap<Arc<str>, Vec<(Option<NodeId>, Option<LeaderEpoch>, Vec<NodeId>)>>;

fn told(picture: &Picture) -> Told {
    let row = |(_, row): (PartitionId, Partition<'_>)| {
        let mut isr = row.isr.to_vec();
        isr.sort_unstable();
        (row.leader, row.epoch, isr)
    };
    let topic = |(name, topic): (&Arc<str>, &Arc<TopicColumns>)| {
        (Arc::clone(name), topic.partitions().map(row).collect())
    };
    picture.topics.iter().map(topic).collect()
}

fn part() -> impl Strategy<Value = Part> {
    let isr = proptest::sample::subsequence(vec![1, 2, 3], 0..=3).prop_shuffle();
    (proptest::option::of(1..4), 0..6, isr)
}

fn shape() -> impl Strategy<Value = BTreeMap<u8, Vec<Part>>> {
    proptest::collection::btree_map(0u8..4, proptest::collection::vec(part(), 2), 0..4)
}

proptest! {
    /// Applying the events of all looks to the first picture gives the last one.
    #[test]
    fn events_lead_from_the_first_picture_to_the_last(looks in proptest::collection::vec(shape(), 1..8)) {
        let mut infer = Infer::default();
        let mut applied: Option<Picture> = None;
        for (at, look) in (0..).zip(looks) {
            let topics = look.iter().map(|(name, parts)| topic(&format!("t{name}"), parts)).collect();
            let known: Vec<Arc<str>> = infer.picture().topics.keys().cloned().collect();
            let events = infer.look(&all(at, topics));
            // An order is not made up: all events of a look share one interval and one number.
            for pair in events.windows(2) {
                prop_assert_eq!(pair[0].when, pair[1].when);
                prop_assert_eq!(pair[0].batch, pair[1].batch);
            }
            // Epochs never go down.
            for event in &events {
                if let Change::Leader { from_epoch, to_epoch, .. } = &event.change {
                    prop_assert!(to_epoch >= from_epoch);
                }
            }
            let applied = applied.get_or_insert_with(|| infer.picture().clone());
            for event in &events {
                applied.apply(&event.change);
            }
            // Of a new topic an event tells only how many partitions it has.
            let (mut left, mut right) = (told(applied), told(infer.picture()));
            prop_assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
            left.retain(|name, _| known.contains(name));
            right.retain(|name, _| known.contains(name));
            prop_assert_eq!(left, right);
            *applied = infer.picture().clone();
        }
    }
}

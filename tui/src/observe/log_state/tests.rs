//! Records of the metadata log and the events they are.

use kr_wire::batch::BatchBuilder;
use kr_wire::control::{self, LeaderChange as NewLeader};
use kr_wire::ids::Uuid;
use kr_wire::metadata_records::{
    BeginTransactionRecord, EndTransactionRecord, RemoveTopicRecord, TopicRecord,
};
use proptest::prelude::*;

use super::*;
use crate::picture::Picture;
use crate::snapshot::{Observation, Seen};

const METADATA_VERSION: i16 = 27;

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn id(topic: u128) -> TopicId {
    TopicId(Uuid::from_u128(topic))
}

fn new_topic(topic: u128, name: &str, partitions: i32) -> Vec<MetadataRecord> {
    let mut records: Vec<MetadataRecord> =
        vec![TopicRecord { name: name.to_owned(), topic_id: id(topic) }.into()];
    records.extend((0..partitions).map(|partition| {
        PartitionRecord {
            partition_id: PartitionId(partition),
            topic_id: id(topic),
            replicas: nodes(&[1, 2, 3]),
            isr: nodes(&[1, 2, 3]),
            leader: Some(NodeId(1)),
            ..PartitionRecord::default()
        }
        .into()
    }));
    records
}

fn change(topic: u128, leader: LeaderChange, isr: Option<&[i32]>) -> MetadataRecord {
    let isr = isr.map(nodes);
    PartitionChangeRecord { topic_id: id(topic), leader, isr, ..PartitionChangeRecord::default() }.into()
}

fn broker(id: i32, is_fenced: bool) -> MetadataRecord {
    let broker_epoch = BrokerEpoch(7);
    RegisterBrokerRecord { broker_id: NodeId(id), broker_epoch, fenced: is_fenced, ..Default::default() }
        .into()
}

fn fence(id: i32, fenced: FencedChange) -> MetadataRecord {
    BrokerRegistrationChangeRecord { broker_id: NodeId(id), fenced, ..Default::default() }.into()
}

/// A batch of records at a time; returns its events.
fn play(state: &mut LogState, base: i64, at: i64, records: &[MetadataRecord]) -> Vec<Event> {
    let mut builder = BatchBuilder::new(Offset(base)).leader_epoch(LeaderEpoch(1));
    for record in records {
        let value = record.encode(record.version_for(METADATA_VERSION));
        builder.push(at, None, Some(&value), &[]);
    }
    take(state, builder.build())
}

fn take(state: &mut LogState, bytes: bytes::Bytes) -> Vec<Event> {
    let header = kr_wire::batch::BatchHeader::parse(&bytes).unwrap();
    let batch = LogBatch { end: header.next_offset(), epoch: LeaderEpoch(1), bytes };
    state.take(&batch).unwrap()
}

#[test]
fn a_topic_is_one_event_and_its_deletion_another() {
    let mut state = LogState::default();
    let events = play(&mut state, 10, 1000, &new_topic(1, "t", 3));
    let created = Change::TopicCreated { topic: "t".into(), partitions: 3 };
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0].change, events[0].when), (&created, When::At(Time(1000))));
    assert_eq!((events[0].offset, events[0].batch), (Some(Offset(10)), 10));
    assert_eq!(state.changed_topics().unwrap().topics[0].len(), 3);
    assert_eq!(state.changed_topics(), None);
    let more = new_topic(1, "t", 5).split_off(4);
    let events = play(&mut state, 20, 1000, &more);
    assert_eq!(events[0].change, Change::PartitionsAdded { topic: "t".into(), from: 3, to: 5 });
    let gone = play(&mut state, 30, 1000, &[RemoveTopicRecord { topic_id: id(1) }.into()]);
    assert_eq!(gone[0].change, Change::TopicDeleted { topic: "t".into() });
    assert_eq!(state.changed_topics().unwrap().gone, [Arc::from("t")]);
}

#[test]
fn a_fence_takes_a_broker_out_of_isrs_in_one_batch() {
    let mut state = LogState::default();
    play(&mut state, 0, 1, &[broker(1, false), broker(2, false), broker(3, false)]);
    play(&mut state, 10, 1, &new_topic(1, "t", 1));
    let records = [fence(1, FencedChange::Fence), change(1, LeaderChange::Set(NodeId(2)), Some(&[2, 3]))];
    let events = play(&mut state, 20, 5000, &records);
    let words: Vec<&str> = events.iter().map(|event| event.change.kind().word()).collect();
    assert_eq!(words, ["FENCE", "LEADER", "ISR-"]);
    assert!(events.iter().all(|event| event.batch == 20));
    let Change::Leader { from, to, to_epoch, is_unclean, .. } = &events[1].change else { panic!() };
    assert_eq!((*from, *to, *to_epoch), (Some(NodeId(1)), Some(NodeId(2)), Some(LeaderEpoch(1))));
    assert_eq!(*is_unclean, Some(false));
    let topics = state.changed_topics().unwrap();
    assert_eq!(topics.topics[0].partition(PartitionId(0)).unwrap().offline, nodes(&[1]));
    assert!(state.take_brokers_changed() && !state.take_brokers_changed());
}

#[test]
fn a_leader_from_outside_the_isr_is_unclean() {
    let mut state = LogState::default();
    play(&mut state, 0, 1, &new_topic(1, "t", 1));
    play(&mut state, 5, 1, &[change(1, LeaderChange::Clear, Some(&[1]))]);
    let events = play(&mut state, 6, 2, &[change(1, LeaderChange::Set(NodeId(3)), Some(&[3]))]);
    let Change::Leader { is_unclean, to_epoch, .. } = &events[0].change else { panic!() };
    assert_eq!((*is_unclean, *to_epoch), (Some(true), Some(LeaderEpoch(2))));
    let words: Vec<&str> = events.iter().map(|event| event.change.kind().word()).collect();
    assert_eq!(words, ["LEADER", "ISR-", "ISR+"]);
}

#[test]
fn a_metadata_transaction_counts_when_it_ends() {
    let mut state = LogState::default();
    let mut records: Vec<MetadataRecord> = vec![BeginTransactionRecord::default().into()];
    records.extend(new_topic(1, "t", 2));
    assert_eq!(play(&mut state, 0, 1, &records), []);
    assert_eq!(state.changed_topics(), None);
    let events = play(&mut state, 10, 1, &[EndTransactionRecord::default().into()]);
    assert_eq!(events[0].change, Change::TopicCreated { topic: "t".into(), partitions: 2 });
}

#[test]
fn a_new_controller_says_how_long_there_was_none() {
    let mut state = LogState::default();
    let leader =
        |id| ControlRecord::LeaderChange(NewLeader { leader_id: NodeId(id), ..NewLeader::default() });
    take(&mut state, control::control_batch(Offset(0), LeaderEpoch(41), 1000, &[leader(1)]));
    let events = take(&mut state, control::control_batch(Offset(1), LeaderEpoch(42), 4100, &[leader(3)]));
    let expected = Change::Controller {
        from: Some(NodeId(1)),
        to: Some(NodeId(3)),
        from_epoch: Some(LeaderEpoch(41)),
        to_epoch: Some(LeaderEpoch(42)),
        without: Some(std::time::Duration::from_millis(3100)),
    };
    assert_eq!(events[0].change, expected);
}

#[test]
fn values_of_secrets_are_not_shown() {
    let record = |resource_type, name: &str, key: &str| ConfigRecord {
        resource_type,
        resource_name: name.to_owned(),
        name: key.to_owned(),
        value: Some("v".to_owned()),
    };
    let value = |change| match change {
        Change::Config { value, .. } => value,
        _ => None,
    };
    assert_eq!(value(config(&record(BROKER, "1", "ssl.key.password"))).as_deref(), Some("(hidden)"));
    assert_eq!(value(config(&record(TOPIC, "t", "retention.ms"))).as_deref(), Some("v"));
}

#[test]
fn records_of_a_newer_kafka_are_counted_and_passed_over() {
    let mut state = LogState::default();
    let mut builder = BatchBuilder::new(Offset(0));
    builder.push(1, None, Some(&[1, 99, 0]), &[]);
    builder.push(1, None, None, &[]);
    assert_eq!(take(&mut state, builder.build()), []);
    assert_eq!(state.unreadable(), 2);
}

proptest! {
    /// What events say leads to the same picture as what topics say.
    #[test]
    fn events_and_topics_tell_the_same(
        steps in proptest::collection::vec((0u128..3, 0i32..4, proptest::sample::subsequence(vec![1, 2, 3], 0..=3)), 1..40),
    ) {
        let mut state = LogState::default();
        let mut told = Picture::default();
        let mut seen = Picture::default();
        for (at, (topic, leader, isr)) in (0..).zip(steps) {
            let name = format!("t{topic}");
            let records = match leader {
                0 if state.topics.contains_key(&id(topic)) => vec![RemoveTopicRecord { topic_id: id(topic) }.into()],
                _ if !state.topics.contains_key(&id(topic)) => new_topic(topic, &name, 1),
                leader => vec![change(topic, LeaderChange::Set(NodeId(leader)), Some(&isr))],
            };
            let is_new = records.len() > 1;
            for event in play(&mut state, at * 10, at, &records) {
                told.apply(&event.change);
            }
            if let Some(topics) = state.changed_topics() {
                seen.observe(&Observation::Topics(Seen::new(topics, Time(at), Source::MetadataLog)));
            }
            if is_new {
                // Of a new topic events tell only its size.
                told.topics.insert(Arc::from(name.as_str()), Arc::clone(&seen.topics[name.as_str()]));
            }
            let row = |topic: &Arc<TopicColumns>| topic.partition(PartitionId(0)).map(|row| {
                let mut isr = row.isr.to_vec();
                isr.sort_unstable();
                (row.leader, row.epoch, isr)
            });
            let rows = |picture: &Picture| {
                picture.topics.iter().map(|(name, topic)| (Arc::clone(name), row(topic))).collect::<Vec<_>>()
            };
            prop_assert_eq!(rows(&told), rows(&seen));
        }
    }
}

//! The tape: what is recorded comes back, at every moment.

use kr_client::admin::TopicPartition;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};
use proptest::prelude::*;

use super::*;
use crate::event::{Change, Event, When};
use crate::snapshot::{Broker, Cluster, Gap, Partition, PartitionEnds};

fn topic(name: &str, leader: i32, epoch: i32) -> Arc<TopicColumns> {
    let mut columns = TopicColumns::new(name, None, false);
    let nodes: Vec<NodeId> = (1..=3).map(NodeId).collect();
    columns.push(Partition {
        leader: Some(NodeId(leader)),
        epoch: Some(LeaderEpoch(epoch)),
        replicas: &nodes,
        isr: &nodes,
        offline: &[],
    });
    Arc::new(columns)
}

fn topics(at: i64, topics: Vec<Arc<TopicColumns>>) -> Entry {
    let topics = Topics { is_complete: true, topics, gone: Vec::new() };
    Entry::Seen(Observation::Topics(Seen::new(topics, Time(at), Source::Metadata)))
}

fn ends(at: i64, end: i64) -> Entry {
    let ends = PartitionEnds {
        place: TopicPartition::new("t", PartitionId(0)),
        high_watermark: Ok(Offset(end)),
        start: Err(Gap::NotAsked),
        ends: vec![(NodeId(1), Ok(Offset(end))), (NodeId(2), Err(Gap::Unreachable("broker 2".into())))],
    };
    Entry::Seen(Observation::Ends(Seen::new(vec![ends], Time(at), Source::ListOffsets)))
}

fn cluster(at: i64, fenced: bool) -> Entry {
    let broker = Broker { id: NodeId(1), address: "h:1".into(), rack: None, is_fenced: fenced, epoch: None };
    let cluster = Cluster {
        id: Some("c".into()),
        mode: None,
        release: None,
        metadata_version: Some(27),
        zookeeper_controller: None,
        brokers: vec![broker],
    };
    Entry::Seen(Observation::Cluster(Seen::new(cluster, Time(at), Source::Cluster)))
}

fn event(at: i64) -> Entry {
    let change = Change::TopicDeleted { topic: "gone".into() };
    let when = When::Between(Time(at - 1), Time(at));
    Entry::Events(vec![Event { when, source: Source::Metadata, offset: None, batch: 7, change }])
}

/// What is known after entries.
fn known(entries: impl IntoIterator<Item = Timed>) -> Known {
    let mut known = Known::default();
    for (_, entry) in entries {
        known.fold(entry);
    }
    known
}

#[test]
fn entries_come_back_as_they_were() {
    let mut tape = Tape::new(usize::MAX);
    let entries = [cluster(1000, false), topics(1001, vec![topic("t", 1, 1)]), ends(1002, 5), event(1003)];
    for (at, entry) in (1000..).zip(entries.clone()) {
        tape.record(Time(at), entry);
    }
    let replayed: Vec<Entry> =
        tape.replay_to(Time(2000)).unwrap().into_iter().map(|(_, entry)| entry).collect();
    assert_eq!(replayed, entries);
    assert_eq!(tape.span(), Some((Time(1000), Time(1003))));
}

#[test]
fn a_moment_shows_what_was_known_then() {
    let mut tape = Tape::new(usize::MAX);
    for minute in 0..60_i32 {
        let at = i64::from(minute) * 60_000;
        tape.record(Time(at), topics(at, vec![topic("t", minute % 3, minute)]));
    }
    for minute in [0, 1, 9, 10, 11, 35, 59] {
        let entries = tape.replay_to(Time(i64::from(minute) * 60_000 + 59_999)).unwrap();
        let known = known(entries);
        let row = known.picture().topics["t"].partition(PartitionId(0)).unwrap();
        assert_eq!(row.epoch, Some(LeaderEpoch(minute)));
    }
}

#[test]
fn the_same_answer_again_takes_no_room() {
    let mut tape = Tape::new(usize::MAX);
    let many: Vec<_> = (0..1000).map(|index| topic(&format!("topic-{index}"), 1, 1)).collect();
    tape.record(Time(0), topics(0, many.clone()));
    tape.close();
    let before = tape.len();
    for second in 1..=300 {
        tape.record(Time(second * 1000), topics(second * 1000, many.clone()));
    }
    tape.close();
    assert!(tape.len() - before < 6000, "{} bytes", tape.len() - before);
    // And all topics are there all the same.
    assert_eq!(known(tape.replay_to(Time(300_000)).unwrap()).picture().topics.len(), 1000);
}

#[test]
fn a_tape_that_is_full_forgets_its_beginning() {
    let mut tape = Tape::new(20_000);
    for index in 0..20_000_i64 {
        tape.record(Time(index * 1000), ends(index * 1000, index * 7919 % 104_729));
    }
    assert!(tape.len() <= 20_000 + FRAME_BYTES);
    let (first, last) = tape.span().unwrap();
    assert!(first > Time(0) && last == Time(19_999_000));
    assert!(!tape.replay_to(last).unwrap().is_empty());
}

#[test]
fn damaged_bytes_are_an_error_and_no_panic() {
    let mut tape = Tape::new(usize::MAX);
    tape.record(Time(0), topics(0, vec![topic("t", 1, 1)]));
    tape.record(Time(1), event(1));
    tape.close();
    let frame = tape.frames.back().unwrap();
    let bytes = zstd::bulk::decompress(&frame.bytes, 1 << 20).unwrap();
    for index in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[index] ^= flip;
            // Some damage gives other values; none gives a panic or much memory.
            let _ = Frame::pack(FrameKind::Entries, Time(0), Time(0), &damaged).entries();
        }
        assert!(
            Frame::pack(FrameKind::Entries, Time(0), Time(0), &bytes[..index]).entries().is_err()
                || index < 80
        );
    }
}

#[test]
fn frames_survive_the_way_to_a_file() {
    let mut tape = Tape::new(usize::MAX);
    tape.record(Time(5), cluster(5, true));
    tape.close();
    for frame in &tape.frames {
        assert_eq!(Frame::of_bytes(&frame.to_bytes()).as_ref(), Ok(frame));
    }
    assert_eq!(Frame::of_bytes(&[0, 1, 2]), Err(Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Scrubbing to a moment knows what one knows who saw everything up to it.
    #[test]
    fn scrubbing_equals_replaying(
        steps in proptest::collection::vec((0u8..4, 0i32..4, 1i64..400_000), 1..60),
        moment in 0.0f64..1.0,
    ) {
        let mut tape = Tape::new(usize::MAX);
        let mut all: Vec<Timed> = Vec::new();
        let (mut at, mut shape) = (0, BTreeMap::from([("a", 1), ("b", 1)]));
        for (index, (kind, value, pause)) in (0..).zip(steps) {
            at += pause;
            let entry = match kind {
                0 => {
                    if value == 0 { shape.remove("b"); } else { shape.insert("b", value); }
                    let list = shape.iter().map(|(name, leader)| topic(name, *leader, index)).collect();
                    topics(at, list)
                }
                1 => cluster(at, value > 1),
                2 => ends(at, i64::from(index)),
                _ => event(at),
            };
            tape.record(Time(at), entry.clone());
            all.push((Time(at), entry));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any moment will do")]
        let moment = Time((at as f64 * moment) as i64);
        let replayed = known(tape.replay_to(moment).unwrap());
        let expected = known(all.into_iter().filter(|(time, _)| *time <= moment));
        prop_assert_eq!(replayed.picture(), expected.picture());
        prop_assert_eq!(&replayed.last, &expected.last);
    }
}

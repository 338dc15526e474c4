//! Appending as leader and as follower, rolling, disk errors.

use std::io;

use super::*;
use crate::error::AppendError;

#[test]
fn empty_log_has_nothing_on_disk() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    assert_eq!((log.start_offset(), log.end_offset(), log.size_bytes()), (Offset(0), Offset(0), 0));
    assert_eq!(log.segment_count(), 1);
    log.assign_epoch(LeaderEpoch(4), Offset(0)).unwrap();
    assert!(log.unflushed().unwrap().is_none());
    log.close(true).unwrap();
    assert!(!disk.exists(Path::new(DIR)));
    assert_eq!(disk.operations(), 0);
}

#[test]
fn leader_assigns_offsets_and_epoch() {
    let mut log = open(&MemDisk::new(0), small());
    let first = produce(&mut log, &batch(&["a", "b"]));
    assert_eq!((first.base_offset, first.last_offset, first.duplicate), (Offset(0), Offset(1), false));
    assert_eq!(first.log_append_time_ms, None);
    let second = log.append_as_leader(&batch(&["c"]), LeaderEpoch(3), Origin::Client, now()).unwrap();
    assert_eq!((second.base_offset, second.last_offset), (Offset(2), Offset(2)));
    assert_eq!(records(&log, Offset(0)), [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
    let epochs: Vec<_> = log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start.0)).collect();
    assert_eq!(epochs, [(1, 0), (3, 2)]);
}

#[test]
fn first_append_makes_the_directory_with_its_topic_id() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    produce(&mut log, &batch(&["a"]));
    assert_eq!(names(&disk), ["00000000000000000000.log", "partition.metadata"]);
    let id = crate::partition_metadata::read(&disk, Path::new(DIR)).unwrap();
    assert_eq!(id, Some(log.topic_id()));
}

#[test]
fn append_is_one_operation_on_disk() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, LogConfig::default());
    produce(&mut log, &batch(&["first"]));
    let before = disk.operations();
    for _ in 0..100 {
        produce(&mut log, &batch(&["next", "and next"]));
    }
    assert_eq!(disk.operations() - before, 100);
}

#[test]
fn log_append_time_is_reported() {
    let config = LogConfig { timestamp_type: crate::TimestampType::LogAppendTime, ..small() };
    let mut log = open(&MemDisk::new(0), config);
    let appended = log.append_as_leader(&batch(&["a"]), LeaderEpoch(0), Origin::Client, at(77)).unwrap();
    assert_eq!(appended.log_append_time_ms, Some(NOW_MS + 77));
}

#[test]
fn refused_batch_leaves_the_log_as_it_was() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    produce(&mut log, &batch(&["a"]));
    let operations = disk.operations();
    let mut bad = batch(&["b"]).to_vec();
    bad[70] ^= 1;
    let refused = log.append_as_leader(&bad.into(), LeaderEpoch(1), Origin::Client, now());
    assert!(matches!(refused, Err(AppendError::Corrupt { .. })));
    assert_eq!((log.end_offset(), disk.operations()), (Offset(1), operations));
}

#[test]
fn duplicate_is_answered_and_not_appended() {
    let mut log = open(&MemDisk::new(0), small());
    let first = produce(&mut log, &sequenced(9, 0, 3, false));
    produce(&mut log, &sequenced(9, 3, 1, false));
    let again = produce(&mut log, &sequenced(9, 0, 3, false));
    assert!(again.duplicate && !first.duplicate);
    assert_eq!((again.base_offset, again.last_offset), (Offset(0), Offset(2)));
    assert_eq!(log.end_offset(), Offset(4));
    let gap = log.append_as_leader(&sequenced(9, 6, 1, false), LeaderEpoch(1), Origin::Client, now());
    assert!(matches!(gap, Err(AppendError::OutOfOrderSequence { .. })));
}

/// A snapshot holds only the last batch of a producer, but clients repeat all that they have in flight.
#[test]
fn duplicate_is_found_in_the_log_after_a_clean_restart() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, LogConfig::default());
    for sequence in 0..5 {
        produce(&mut log, &sequenced(9, sequence, 1, false));
    }
    log.close(true).unwrap();
    let mut log = reopen_cleanly(&disk, LogConfig::default());
    let again = produce(&mut log, &sequenced(9, 1, 1, false));
    assert!(again.duplicate);
    assert_eq!((again.base_offset, again.last_offset, log.end_offset()), (Offset(1), Offset(1), Offset(5)));
    let other = log.append_as_leader(&sequenced(9, 1, 2, false), LeaderEpoch(1), Origin::Client, now());
    assert!(matches!(other, Err(AppendError::OutOfOrderSequence { .. })), "no batch was like this");
}

#[test]
fn raft_leader_appends_what_has_its_place() {
    let mut log = open(&MemDisk::new(0), LogConfig::metadata());
    let mut builder = BatchBuilder::new(Offset(0)).leader_epoch(LeaderEpoch(5));
    builder.push(NOW_MS, None, Some(b"record"), &[]);
    let bytes = builder.build();
    log.append_as_leader(&bytes, LeaderEpoch(5), Origin::Raft, now()).unwrap();
    assert_eq!(log.read(Offset(0), 1000, true, Offset(1)).unwrap(), bytes);
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(5)));
    let again = log.append_as_leader(&bytes, LeaderEpoch(5), Origin::Raft, now());
    assert!(matches!(again, Err(AppendError::UnexpectedOffset { .. })));
}

#[test]
fn segment_is_rolled_when_the_next_batch_does_not_fit() {
    let mut log = open(&MemDisk::new(0), small());
    fill(&mut log, 25);
    assert_eq!(bases(&log), [0, 10, 20]);
    assert!(log.segments.iter().all(|segment| segment.size() <= 1_000));
    assert_eq!(records(&log, Offset(0)).len(), 25);
}

#[test]
fn segment_is_rolled_when_it_is_too_old() {
    let config = LogConfig { segment_age: Duration::from_millis(5), ..LogConfig::default() };
    let mut log = open(&MemDisk::new(0), config);
    // Timestamps rise by one millisecond a record: the seventh is six milliseconds after the first.
    fill(&mut log, 8);
    assert_eq!(bases(&log), [0, 6]);
}

#[test]
fn segment_is_rolled_when_its_index_is_full() {
    let config = LogConfig { index_max_bytes: 36, index_interval_bytes: 0, ..LogConfig::default() };
    let mut log = open(&MemDisk::new(0), config);
    fill(&mut log, 8);
    assert_eq!(bases(&log), [0, 3, 6], "an entry for every batch but the first, and one slot left");
}

#[test]
fn follower_appends_what_it_is_given() {
    let (mut leader, mut follower) = (open(&MemDisk::new(0), small()), open(&MemDisk::new(0), small()));
    fill(&mut leader, 7);
    produce(&mut leader, &batch(&["x", "y", "z"]));
    let bytes = leader.read(Offset(0), 10_000, true, Offset(10)).unwrap();
    let appended = follower.append_as_follower(&bytes, LeaderEpoch(1), now()).unwrap();
    assert_eq!((appended.base_offset, appended.last_offset), (Offset(0), Offset(9)));
    assert_eq!(records(&follower, Offset(0)), records(&leader, Offset(0)));
    assert_eq!(follower.epochs(), leader.epochs());
    assert_eq!(follower.read(Offset(0), 10_000, true, Offset(10)).unwrap(), bytes);
}

#[test]
fn follower_fills_several_segments_with_one_answer() {
    let big = LogConfig::default();
    let (mut leader, mut follower) = (open(&MemDisk::new(0), big), open(&MemDisk::new(0), small()));
    fill(&mut leader, 25);
    let bytes = leader.read(Offset(0), 10_000, true, Offset(25)).unwrap();
    follower.append_as_follower(&bytes, LeaderEpoch(1), now()).unwrap();
    assert_eq!(bases(&follower), [0, 10, 20]);
    assert_eq!(records(&follower, Offset(0)), records(&leader, Offset(0)));
}

#[test]
fn follower_leaves_out_a_torn_batch_and_newer_epochs() {
    let (mut leader, mut follower) = (open(&MemDisk::new(0), small()), open(&MemDisk::new(0), small()));
    fill(&mut leader, 2);
    leader.append_as_leader(&hundred(2), LeaderEpoch(2), Origin::Client, now()).unwrap();
    let bytes = leader.read(Offset(0), 10_000, true, Offset(3)).unwrap();
    let appended = follower.append_as_follower(&bytes.slice(..150), LeaderEpoch(2), now()).unwrap();
    assert_eq!(appended.last_offset, Offset(0));
    let appended = follower.append_as_follower(&bytes.slice(98..), LeaderEpoch(1), now()).unwrap();
    assert_eq!((appended.last_offset, follower.end_offset()), (Offset(1), Offset(2)));
    let nothing = follower.append_as_follower(&bytes.slice(196..), LeaderEpoch(1), now()).unwrap();
    assert_eq!((nothing.base_offset, nothing.last_offset), (Offset(2), Offset(1)));
}

#[test]
fn follower_refuses_what_overlaps_or_is_corrupt_as_a_whole() {
    let (mut leader, mut follower) = (open(&MemDisk::new(0), small()), open(&MemDisk::new(0), small()));
    fill(&mut leader, 4);
    let bytes = leader.read(Offset(0), 10_000, true, Offset(4)).unwrap();
    follower.append_as_follower(&bytes.slice(..98), LeaderEpoch(1), now()).unwrap();
    let overlap = follower.append_as_follower(&bytes, LeaderEpoch(1), now());
    assert!(matches!(overlap, Err(AppendError::UnexpectedOffset { expected: Offset(1), found: Offset(0) })));
    let mut bad = bytes.slice(98..).to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let corrupt = follower.append_as_follower(&bad.into(), LeaderEpoch(1), now());
    assert!(matches!(corrupt, Err(AppendError::Corrupt { .. })));
    assert_eq!(follower.end_offset(), Offset(1));
}

#[test]
fn full_disk_refuses_an_append_and_takes_it_when_there_is_room() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 3);
    for n in 0..4 {
        disk.fail_after(0, io::ErrorKind::StorageFull);
        let refused = log.append_as_leader(&hundred(3), LeaderEpoch(1), Origin::Client, now());
        match refused {
            Err(AppendError::Storage(error)) => assert!(error.is_disk_full(), "{n}: {error}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(log.end_offset(), Offset(3));
    }
    fill(&mut log, 3);
    assert_eq!(records(&log, Offset(0)).len(), 6);
    assert_eq!(records(&reopened(log, &disk), Offset(0)).len(), 6);
}

#[test]
fn roll_that_failed_is_taken_up_again() {
    for failing in 0..12 {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        fill(&mut log, 10);
        disk.fail_after(failing, io::ErrorKind::Other);
        let mut refused = 0;
        while log.end_offset() < Offset(15) {
            let batch = hundred(log.end_offset().0);
            refused +=
                usize::from(log.append_as_leader(&batch, LeaderEpoch(1), Origin::Client, now()).is_err());
            assert!(refused < 5, "operation {failing}");
        }
        assert_eq!(records(&log, Offset(0)).len(), 15, "operation {failing}");
        assert_eq!(records(&reopened(log, &disk), Offset(0)).len(), 15, "operation {failing}");
    }
}

fn reopened(log: Log, disk: &MemDisk) -> Log {
    drop(log);
    open(disk, small())
}

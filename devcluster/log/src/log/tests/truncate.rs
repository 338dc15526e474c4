//! Losing records at either end.

use super::*;

#[test]
fn truncated_log_ends_there_and_goes_on() {
    for to in 0..=25 {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        fill(&mut log, 25);
        log.truncate_to(Offset(to)).unwrap();
        assert_eq!(log.end_offset(), Offset(to));
        assert_eq!(records(&log, Offset(0)).len() as i64, to);
        fill(&mut log, 12);
        let expected = records(&log, Offset(0));
        assert_eq!(expected.len() as i64, to + 12);
        log.close(true).unwrap();
        assert_eq!(records(&reopen_cleanly(&disk, small()), Offset(0)), expected, "to {to}");
        assert_eq!(records(&open(&disk, small()), Offset(0)), expected, "to {to}");
    }
}

#[test]
fn cut_inside_a_batch_drops_the_whole_batch() {
    let mut log = open(&MemDisk::new(0), small());
    produce(&mut log, &batch(&["a", "b"]));
    produce(&mut log, &batch(&["c", "d", "e"]));
    log.truncate_to(Offset(4)).unwrap();
    assert_eq!(log.end_offset(), Offset(2));
}

#[test]
fn indexes_after_a_truncation_are_as_if_nothing_had_been_there() {
    let (mut log, mut plain) = (open(&MemDisk::new(0), small()), open(&MemDisk::new(0), small()));
    fill(&mut log, 19);
    log.truncate_to(Offset(13)).unwrap();
    fill(&mut log, 5);
    fill(&mut plain, 18);
    let index = |log: &Log| format!("{:?}", log.segments.last().unwrap());
    let strip = |text: String| text.split("index:").nth(1).map(str::to_owned);
    assert_eq!(strip(index(&log)), strip(index(&plain)));
}

#[test]
fn epochs_go_with_their_records() {
    let mut log = open(&MemDisk::new(0), small());
    for epoch in 1..=4 {
        log.append_as_leader(&batch(&["a", "b"]), LeaderEpoch(epoch), Origin::Client, now()).unwrap();
    }
    log.truncate_to(Offset(4)).unwrap();
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(2)));
    // A new leader's epoch without records contradicts nothing that is kept.
    log.assign_epoch(LeaderEpoch(7), Offset(4)).unwrap();
    log.truncate_to(Offset(5)).unwrap();
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(7)));
    log.truncate_to(Offset(4)).unwrap();
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(2)));
}

#[test]
fn producers_go_with_their_records() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    produce(&mut log, &sequenced(1, 0, 2, false));
    fill(&mut log, 15);
    produce(&mut log, &sequenced(1, 2, 1, false));
    produce(&mut log, &sequenced(2, 0, 1, true));
    log.truncate_to(Offset(17)).unwrap();
    let producers: Vec<_> = log.producers().iter().map(|p| (p.producer.0, p.last_sequence)).collect();
    assert_eq!(producers, [(1, 1)]);
    assert_eq!(log.first_unstable_offset(Offset(17)), None);
    assert!(!produce(&mut log, &sequenced(1, 2, 1, false)).duplicate);
}

#[test]
fn aborted_transactions_go_with_their_markers() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    produce(&mut log, &sequenced(1, 0, 1, true));
    end_transaction(&mut log, 1, false);
    produce(&mut log, &sequenced(1, 1, 1, true));
    end_transaction(&mut log, 1, false);
    log.truncate_to(Offset(3)).unwrap();
    assert_eq!(log.aborted_transactions(Offset(0), Offset(9)).unwrap().len(), 1);
    assert_eq!(log.first_unstable_offset(Offset(3)), Some(Offset(2)), "its end was cut off");
}

#[test]
fn flush_of_before_a_truncation_is_void() {
    let mut log = open(&MemDisk::new(0), small());
    fill(&mut log, 10);
    let before = log.unflushed().unwrap().unwrap();
    log.truncate_to(Offset(4)).unwrap();
    fill(&mut log, 6);
    assert_eq!(log.flushed(before.mark), Offset(0));
    assert_eq!(flush(&mut log), Offset(10));
    log.truncate_to(Offset(7)).unwrap();
    assert_eq!(log.recovery_point(), Offset(0), "the cut segment is to be flushed again");
}

#[test]
fn restarted_log_begins_and_ends_at_its_offset() {
    for offset in [0, 3, 500] {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        fill(&mut log, 25);
        log.truncate_fully_and_start_at(Offset(offset)).unwrap();
        assert_eq!((log.start_offset(), log.end_offset()), (Offset(offset), Offset(offset)));
        assert_eq!(log.epochs().latest(), None);
        drop(log);
        let mut log = open(&disk, small());
        assert_eq!((log.start_offset(), log.end_offset()), (Offset(offset), Offset(offset)));
        fill(&mut log, 3);
        assert_eq!(records(&log, Offset(offset)).len(), 3);
    }
}

#[test]
fn log_start_is_raised_never_lowered() {
    let mut log = open(&MemDisk::new(0), small());
    for epoch in 1..=3 {
        for _ in 0..4 {
            log.append_as_leader(&hundred(0), LeaderEpoch(epoch), Origin::Client, now()).unwrap();
        }
    }
    log.advance_start(Offset(6)).unwrap();
    log.advance_start(Offset(2)).unwrap();
    assert_eq!((log.start_offset(), log.first_segment_base()), (Offset(6), Offset(0)));
    let epochs: Vec<_> = log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start.0)).collect();
    assert_eq!(epochs, [(2, 6), (3, 8)]);
    log.advance_start(Offset(99)).unwrap();
    assert_eq!(log.start_offset(), Offset(12), "at most the log end");
}

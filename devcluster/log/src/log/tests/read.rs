//! Reading by offset and by timestamp, transactions.

use super::*;
use crate::error::ReadError;
use crate::piece::Piece;
use crate::tail_cache::Span;

#[test]
fn read_outside_of_the_log_is_refused() {
    let mut log = open(&MemDisk::new(0), small());
    fill(&mut log, 5);
    log.advance_start(Offset(2)).unwrap();
    for from in [1, 6] {
        let refused = log.read(Offset(from), 100, true, Offset(5));
        assert!(matches!(refused, Err(ReadError::OffsetOutOfRange { start: Offset(2), end: Offset(5), .. })));
    }
    assert!(log.read(Offset(5), 100, true, Offset(5)).unwrap().is_empty());
    assert!(!log.read(Offset(2), 100, true, Offset(5)).unwrap().is_empty());
}

#[test]
fn read_from_memory_and_from_disk_is_the_same() {
    let disk = MemDisk::new(0);
    let (mut cached, _) = Log::open(options(&disk, small())).unwrap();
    fill(&mut cached, 35);
    let from_disk = open(&disk, small());
    for from in 0..=35 {
        for max_bytes in [0, 97, 98, 250, 5_000] {
            for at_least_one in [true, false] {
                for below in [from, from + 1, from + 3, 35] {
                    let read =
                        |log: &Log| log.read(Offset(from), max_bytes, at_least_one, Offset(below)).unwrap();
                    let (memory, mut disk) = (read(&cached), read(&from_disk));
                    // The disk answers with one segment at a time.
                    if disk.len() < memory.len() {
                        assert!(!disk.is_empty());
                        let next = Batches::new(&disk).last().unwrap().unwrap().header.next_offset();
                        let rest = from_disk
                            .read(next, max_bytes.saturating_sub(disk.len()), false, Offset(below))
                            .unwrap();
                        disk = [disk, rest].concat().into();
                    }
                    assert!(
                        memory.starts_with(&disk) && (memory.len() == disk.len() || max_bytes > 2_000),
                        "{from} {max_bytes} {at_least_one} {below}: {} {}",
                        memory.len(),
                        disk.len()
                    );
                }
            }
        }
    }
}

#[test]
fn batches_left_in_the_file_are_those_that_would_be_read() {
    let disk = MemDisk::new(0);
    // An index entry for about every third batch, several segments.
    let config = LogConfig { index_interval_bytes: 250, ..small() };
    fill(&mut open(&disk, config.clone()), 35);
    let log = open(&disk, config);
    assert!(log.segment_count() > 1);
    for from in 0..35 {
        for max_bytes in [0, 97, 98, 250, 600, 5_000] {
            for below in [from + 1, from + 3, 35] {
                let (from, below) = (Offset(from), Offset(below));
                let piece = log.slice(Span { from, below, max_bytes, at_least_one: true }, 1).unwrap();
                assert!(matches!(piece, Piece::File(_)), "{from} {max_bytes} {below}");
                let bytes = piece.into_bytes().unwrap();
                let read: Vec<_> = Batches::new(&bytes).map(|batch| batch.unwrap().header).collect();
                assert_eq!(read.iter().map(|header| header.size).sum::<usize>(), bytes.len(), "whole");
                assert!(read[0].base_offset <= from && from < read[0].next_offset());
                let last = read.last().unwrap();
                assert!(last.next_offset() <= below && (bytes.len() <= max_bytes || read.len() == 1));
                // No more would have fitted.
                let next = log.read(last.next_offset(), usize::MAX, true, below).unwrap();
                let next_size = Batches::new(&next).next().map(|batch| batch.unwrap().header.size);
                let is_new_segment = log.segment_of(last.next_offset()) != log.segment_of(from);
                assert!(
                    is_new_segment || next_size.is_none_or(|size| bytes.len() + size > max_bytes),
                    "{from} {max_bytes} {below}: {} bytes, then {next_size:?}",
                    bytes.len()
                );
            }
        }
    }
}

#[test]
fn offset_inside_a_batch_is_answered_with_the_whole_batch() {
    let mut log = open(&MemDisk::new(0), small());
    produce(&mut log, &batch(&["a", "b", "c"]));
    let bytes = log.read(Offset(2), 1_000, true, Offset(3)).unwrap();
    assert_eq!(Batches::new(&bytes).next().unwrap().unwrap().header.base_offset, Offset(0));
}

#[test]
fn timestamp_finds_the_first_record_that_is_not_older() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    // Timestamps go back and forth over three segments.
    let timestamps: Vec<i64> = (0..30).map(|n| NOW_MS + (n / 3) * 10 - (n % 3) * 4).collect();
    for timestamp in &timestamps {
        let mut builder = BatchBuilder::new(Offset::ZERO);
        builder.push(*timestamp, None, Some(&[0; 40]), &[]);
        produce(&mut log, &builder.build());
    }
    assert!(log.segment_count() > 2);
    for log in [&log, &open(&disk, small())] {
        for probe in NOW_MS - 10..NOW_MS + 110 {
            let expected = timestamps.iter().position(|timestamp| *timestamp >= probe);
            let found = log.offset_for_timestamp(probe, log.end_offset()).unwrap();
            assert_eq!(found.map(|found| found.offset.0 as usize), expected, "probe {}", probe - NOW_MS);
            if let (Some(found), Some(expected)) = (found, expected) {
                assert_eq!(found.timestamp_ms, timestamps[expected]);
                assert_eq!(found.epoch, Some(LeaderEpoch(1)));
            }
        }
        let largest = log.max_timestamp_offset(log.end_offset()).unwrap().unwrap();
        assert_eq!((largest.offset, largest.timestamp_ms), (Offset(27), NOW_MS + 90));
        assert_eq!(log.max_timestamp_offset(Offset(27)).unwrap(), None);
        assert_eq!(log.offset_for_timestamp(NOW_MS + 90, Offset(27)).unwrap(), None);
    }
}

#[test]
fn timestamp_inside_a_compressed_batch_is_found() {
    let mut log = open(&MemDisk::new(0), small());
    let mut builder = BatchBuilder::new(Offset::ZERO).codec(kr_wire::compression::Codec::Gzip);
    for n in [5, 9, 7, 9] {
        builder.push(NOW_MS + n, None, Some(b"value"), &[]);
    }
    produce(&mut log, &builder.build());
    let found = log.offset_for_timestamp(NOW_MS + 6, Offset(4)).unwrap().unwrap();
    assert_eq!((found.offset, found.timestamp_ms), (Offset(1), NOW_MS + 9));
    assert_eq!(log.max_timestamp_offset(Offset(4)).unwrap().unwrap().offset, Offset(1));
    log.advance_start(Offset(2)).unwrap();
    assert_eq!(log.offset_for_timestamp(NOW_MS, Offset(4)).unwrap().unwrap().offset, Offset(2));
}

#[test]
fn empty_log_has_no_timestamps() {
    let log = open(&MemDisk::new(0), small());
    assert_eq!(log.offset_for_timestamp(0, Offset(0)).unwrap(), None);
    assert_eq!(log.max_timestamp_offset(Offset(0)).unwrap(), None);
}

/// Producer 1 writes at 0 and aborts at 3; producer 2 writes at 1 and commits at 4; producer 3 writes at 2
/// and goes on.
fn transactions(log: &mut Log) {
    for producer in [1, 2, 3] {
        produce(log, &sequenced(producer, 0, 1, true));
    }
    assert_eq!(end_transaction(log, 1, false).base_offset, Offset(3));
    assert_eq!(end_transaction(log, 2, true).base_offset, Offset(4));
}

#[test]
fn last_stable_offset_stops_at_open_and_unreplicated_transactions() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    transactions(&mut log);
    for log in [&log, &open(&disk, small())] {
        assert_eq!(log.last_stable_offset(Offset(0)), Offset(0));
        assert_eq!(log.last_stable_offset(Offset(3)), Offset(0), "the abort is not below the high watermark");
        assert_eq!(log.last_stable_offset(Offset(4)), Offset(1));
        assert_eq!(log.last_stable_offset(Offset(5)), Offset(2), "the third is open");
    }
    end_transaction(&mut log, 3, true);
    assert_eq!(log.last_stable_offset(Offset(6)), Offset(6));
    let producers = log.producers();
    assert_eq!(producers.len(), 3);
    assert_eq!((producers[0].coordinator_epoch, producers[0].transaction_start), (3, None));
}

#[test]
fn aborted_transactions_are_found_in_every_segment_they_end_in() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    transactions(&mut log);
    fill(&mut log, 30);
    assert_eq!(end_transaction(&mut log, 3, false).base_offset, Offset(35));
    fill(&mut log, 10);
    let check = |log: &Log| {
        let found = |from, to| -> Vec<(i64, i64)> {
            let aborted = log.aborted_transactions(Offset(from), Offset(to)).unwrap();
            aborted.iter().map(|aborted| (aborted.producer.0, aborted.last_offset.0)).collect()
        };
        assert_eq!(found(0, 1), [(1, 3)]);
        assert_eq!(found(0, 3), [(1, 3), (3, 35)]);
        assert_eq!(found(4, 20), [(3, 35)]);
        assert_eq!(found(36, 40), []);
    };
    check(&log);
    check(&open(&disk, small()));
    log.close(true).unwrap();
    check(&reopen_cleanly(&disk, small()));
    assert!(names(&disk).contains(&"00000000000000000000.txnindex".to_owned()));
}

//! Loading after clean and unclean stops.

use super::*;
use crate::layout::{FileKind, offset_file};
use crate::testing::Crash;

fn path(base: i64, kind: FileKind) -> std::path::PathBuf {
    Path::new(DIR).join(offset_file(Offset(base), kind))
}

#[test]
fn clean_close_leaves_complete_files_and_is_loaded_without_recovery() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 25);
    produce(&mut log, &sequenced(1, 0, 2, false));
    let (expected, producers) = (records(&log, Offset(0)), log.producers());
    log.close(true).unwrap();
    disk.crash(Crash::Power);
    for base in [0, 10, 20] {
        for kind in [FileKind::Log, FileKind::OffsetIndex, FileKind::TimeIndex] {
            assert!(disk.exists(&path(base, kind)), "{base} {kind:?}");
        }
    }
    assert!(disk.exists(&path(27, FileKind::ProducerSnapshot)));
    let log = reopen_cleanly(&disk, small());
    assert_eq!((records(&log, Offset(0)), log.producers()), (expected, producers));
    assert_eq!(log.recovery_point(), Offset(27));
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(1)));
    let operations = disk.operations();
    log.close(true).unwrap();
    assert_eq!(disk.operations(), operations, "what did not change is not written again");
}

#[test]
fn logs_that_are_closed_together_are_synced_by_one_call() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 25);
    let expected = records(&log, Offset(0));
    log.close_unsynced().unwrap();
    disk.sync_all(Path::new(DIR)).unwrap();
    disk.crash(Crash::Power);
    let log = reopen_cleanly(&disk, small());
    assert_eq!(records(&log, Offset(0)), expected);
    assert_eq!(log.epochs().latest(), Some(LeaderEpoch(1)));
}

#[test]
fn older_epochs_do_not_replace_newer_ones_when_flushes_cross() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 1);
    let first = log.unflushed().unwrap().unwrap();
    log.append_as_leader(&hundred(1), LeaderEpoch(2), Origin::Client, now()).unwrap();
    let second = log.unflushed().unwrap().unwrap();
    for request in [&second, &first] {
        request.files.iter().for_each(|file| file.sync().unwrap());
    }
    log.flushed(second.mark);
    log.flushed(first.mark);
    let path = Path::new(DIR).join("leader-epoch-checkpoint");
    assert_eq!(disk.read(&path).unwrap(), b"0\n2\n1 0\n2 1\n");
    assert!(log.unflushed().unwrap().is_none());
}

#[test]
fn killed_process_loses_nothing() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 13);
    produce(&mut log, &sequenced(1, 0, 2, true));
    end_transaction(&mut log, 1, false);
    let expected = records(&log, Offset(0));
    let (producers, epochs) = (log.producers(), log.epochs().clone());
    drop(log);
    disk.crash(Crash::Process);
    let (log, recovered) = Log::open(options(&disk, small())).unwrap();
    assert_eq!(recovered, Recovered { recovered_segments: 2, ..Recovered::default() });
    assert_eq!(
        (records(&log, Offset(0)), log.producers(), log.epochs().clone()),
        (expected, producers, epochs)
    );
    assert_eq!(log.aborted_transactions(Offset(0), Offset(20)).unwrap().len(), 1);
}

#[test]
fn torn_tail_is_cut_off() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 5);
    drop(log);
    let file = disk.open(&path(0, FileKind::Log), false).unwrap();
    file.write_at(&hundred(5)[..60], 5 * 98).unwrap();
    let (mut log, recovered) = Log::open(options(&disk, small())).unwrap();
    assert_eq!((log.end_offset(), recovered.truncated_bytes), (Offset(5), 60));
    assert_eq!(file.len().unwrap(), 5 * 98);
    fill(&mut log, 1);
    assert_eq!(records(&log, Offset(0)).len(), 6);
}

#[test]
fn corrupt_batch_ends_the_log_and_later_segments_go() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 35);
    drop(log);
    disk.flip(&path(10, FileKind::Log), 3 * 98 + 80).unwrap();
    let (log, recovered) = Log::open(options(&disk, small())).unwrap();
    assert_eq!(log.end_offset(), Offset(13));
    assert_eq!((recovered.truncated_bytes, recovered.dropped_segments), (7 * 98, 2));
    assert_eq!(bases(&log), [0, 10]);
    assert!(!disk.exists(&path(20, FileKind::Log)) && !disk.exists(&path(30, FileKind::Log)));
}

#[test]
fn segment_whose_end_was_lost_ends_the_log() {
    for compact in [false, true] {
        let disk = MemDisk::new(0);
        let cleanup = crate::CleanupPolicy { delete: !compact, compact };
        let config = LogConfig { cleanup, ..small() };
        let mut log = open(&disk, config.clone());
        fill(&mut log, 25);
        drop(log);
        disk.open(&path(10, FileKind::Log), false).unwrap().set_len(4 * 98).unwrap();
        let log = open(&disk, config);
        let expected = if compact { 25 } else { 14 };
        assert_eq!(log.end_offset(), Offset(expected), "only compaction leaves holes");
    }
}

#[test]
fn segments_below_the_recovery_point_are_not_checked() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 25);
    drop(log);
    disk.flip(&path(0, FileKind::Log), 80).unwrap();
    let open_at = |point| {
        Log::open(OpenLog { recovery_point: Offset(point), ..options(&disk.fork(), small()) }).unwrap()
    };
    let (log, recovered) = open_at(10);
    assert_eq!((log.end_offset(), recovered.recovered_segments), (Offset(25), 2));
    assert_eq!(open_at(25).1.recovered_segments, 1);
    assert_eq!(open_at(99).0.recovery_point(), Offset(25));
    assert_eq!(open_at(9).0.end_offset(), Offset(0));
}

#[test]
fn missing_index_is_rebuilt_even_after_a_clean_stop() {
    for (base, kind) in [(0, FileKind::OffsetIndex), (10, FileKind::TimeIndex), (20, FileKind::OffsetIndex)] {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        fill(&mut log, 25);
        let expected = records(&log, Offset(0));
        log.close(true).unwrap();
        let before = disk.read(&path(base, kind)).unwrap();
        disk.remove_file(&path(base, kind)).unwrap();
        let (log, recovered) = Log::open(OpenLog { clean: true, ..options(&disk, small()) }).unwrap();
        assert!(recovered.recovered_segments > 0);
        assert_eq!(records(&log, Offset(0)), expected);
        log.close(true).unwrap();
        assert_eq!(disk.read(&path(base, kind)).unwrap(), before);
    }
}

#[test]
fn damaged_indexes_do_not_hide_records() {
    for (kind, damage) in [
        (FileKind::OffsetIndex, vec![0; 64]),
        (FileKind::OffsetIndex, vec![0xff; 64]),
        (FileKind::OffsetIndex, Vec::new()),
        (FileKind::TimeIndex, Vec::new()),
    ] {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        fill(&mut log, 25);
        let expected = records(&log, Offset(0));
        log.close(true).unwrap();
        for base in [0, 10, 20] {
            disk.put(&path(base, kind), &damage, false).unwrap();
        }
        let (log, _) =
            Log::open(OpenLog { clean: true, tail: TailCache::new(0, 0), ..options(&disk, small()) })
                .unwrap();
        assert_eq!(log.end_offset(), Offset(25));
        assert_eq!(records(&log, Offset(0)), expected, "{kind:?}");
        assert_eq!(log.max_timestamp_offset(Offset(25)).unwrap().unwrap().offset, Offset(24), "{kind:?}");
    }
}

#[test]
fn unreadable_producer_snapshot_is_replaced_by_the_log() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    produce(&mut log, &sequenced(1, 0, 2, false));
    fill(&mut log, 25);
    produce(&mut log, &sequenced(1, 2, 1, false));
    let producers = log.producers();
    log.close(true).unwrap();
    for entry in disk.list(Path::new(DIR)).unwrap() {
        if entry.name.ends_with(".snapshot") {
            disk.flip(&Path::new(DIR).join(&entry.name), 3).unwrap();
        }
    }
    assert_eq!(reopen_cleanly(&disk, small()).producers(), producers);
    assert_eq!(open(&disk, small()).producers(), producers);
}

#[test]
fn leftovers_are_removed_and_orphaned_indexes_too() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 3);
    drop(log);
    for name in [
        "00000000000000000007.log.deleted",
        "00000000000000000000.log.cleaned",
        "00000000000000000000.index.swap",
        "00000000000000000099.index",
        "00000000000000000099.txnindex",
        "00000000000000000000.timeindex.tmp",
    ] {
        disk.put(&Path::new(DIR).join(name), b"x", false).unwrap();
    }
    let log = open(&disk, small());
    assert_eq!(log.end_offset(), Offset(3));
    assert_eq!(names(&disk), ["00000000000000000000.log", "partition.metadata"]);
}

#[test]
fn finished_output_of_a_cleaner_is_swapped_in() {
    let disk = MemDisk::new(0);
    let config = LogConfig { cleanup: crate::CleanupPolicy::COMPACT, ..small() };
    let mut log = open(&disk, config.clone());
    fill(&mut log, 25);
    drop(log);
    // The cleaner kept the records 3 and 15 of the first two segments.
    let all =
        [disk.read(&path(0, FileKind::Log)).unwrap(), disk.read(&path(10, FileKind::Log)).unwrap()].concat();
    let cleaned = [&all[3 * 98..4 * 98], &all[15 * 98..16 * 98]].concat();
    disk.put(&Path::new(DIR).join("00000000000000000000.log.swap"), &cleaned, false).unwrap();
    let log = open(&disk, config);
    assert_eq!(bases(&log), [0, 20]);
    let offsets: Vec<i64> = records(&log, Offset(0)).into_iter().map(|(offset, _)| offset).collect();
    assert_eq!(offsets, [3, 15, 20, 21, 22, 23, 24]);
}

#[test]
fn log_start_checkpoint_holds_and_a_log_that_ends_below_is_restarted() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 25);
    drop(log);
    let open_at = |start| {
        let disk = disk.fork();
        Log::open(OpenLog { log_start: Some(Offset(start)), ..options(&disk, small()) }).unwrap().0
    };
    assert_eq!(open_at(12).start_offset(), Offset(12));
    assert_eq!(open_at(12).epochs().entries()[0].start, Offset(12));
    let restarted = open_at(40);
    assert_eq!((restarted.start_offset(), restarted.end_offset()), (Offset(40), Offset(40)));
}

#[test]
fn stale_epochs_give_way_to_those_of_the_batches() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    for epoch in [1, 1, 2, 4] {
        log.append_as_leader(&hundred(0), LeaderEpoch(epoch), Origin::Client, now()).unwrap();
    }
    drop(log);
    let file = Path::new(DIR).join("leader-epoch-checkpoint");
    disk.put(&file, b"0\n3\n1 0\n7 1\n9 3\n", false).unwrap();
    let log = open(&disk, small());
    let epochs: Vec<_> = log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start.0)).collect();
    assert_eq!(epochs, [(1, 0), (2, 2), (4, 3)]);
}

#[test]
fn torn_topic_id_is_written_again() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    fill(&mut log, 3);
    let expected = records(&log, Offset(0));
    let file = Path::new(DIR).join("partition.metadata");
    let whole = disk.read(&file).unwrap();
    drop(log);
    disk.put(&file, &whole[..whole.len() / 2], false).unwrap();
    let log = open(&disk, small());
    assert_eq!(records(&log, Offset(0)), expected);
    assert_eq!(disk.read(&file).unwrap(), whole);
}

#[test]
fn epochs_of_segments_that_a_crash_brought_back_are_found_again() {
    let disk = MemDisk::new(0);
    let mut log = open(&disk, small());
    for epoch in [1, 1, 2, 4] {
        log.append_as_leader(&hundred(0), LeaderEpoch(epoch), Origin::Client, now()).unwrap();
    }
    log.close(true).unwrap();
    let file = Path::new(DIR).join("leader-epoch-checkpoint");
    let expected = [(1, 0), (2, 2), (4, 3)];
    for forgetful in [&b"0\n1\n4 3\n"[..], b"0\n2\n2 2\n4 3\n", b"0\n0\n"] {
        let disk = disk.fork();
        disk.put(&file, forgetful, false).unwrap();
        let log = reopen_cleanly(&disk, small());
        let epochs = log.epochs().entries().iter().map(|entry| (entry.epoch.0, entry.start.0));
        assert_eq!(epochs.collect::<Vec<_>>(), expected);
        log.close(true).unwrap();
        assert_eq!(disk.read(&file).unwrap(), b"0\n3\n1 0\n2 2\n4 3\n");
    }
}

#[test]
fn deleted_and_stray_directories_get_their_names() {
    let id = kr_wire::ids::Uuid::from_u128(0xabc);
    let disk = MemDisk::new(0);
    assert_eq!(open(&disk, small()).mark_deleted(id).unwrap(), None, "there is no directory");
    let mut log = open(&disk, small());
    fill(&mut log, 1);
    let path = log.mark_deleted(id).unwrap().unwrap();
    assert_eq!(path, Path::new("/data/orders-0.00000000000000000000000000000abc-delete"));
    assert!(disk.exists(&path.join("partition.metadata")) && !disk.exists(Path::new(DIR)));
    let mut log = open(&disk, small());
    assert_eq!(log.end_offset(), Offset(0));
    fill(&mut log, 1);
    let path = log.mark_stray(id).unwrap().unwrap();
    assert!(path.to_str().unwrap().ends_with("-stray"));
}

/// The crash tests would find the planted bugs: with each of them a promise of recovery is broken.
#[test]
#[cfg(feature = "mutants")]
fn planted_bugs_break_recovery() {
    use crate::mutants::{Mutant, plant};
    let broken = |mutant| {
        let disk = MemDisk::new(0);
        let mut log = open(&disk, small());
        produce(&mut log, &sequenced(1, 0, 2, false));
        drop(log);
        disk.open(&path(0, FileKind::Log), false).unwrap().write_at(&[1; 30], 500).unwrap();
        plant(mutant);
        let mut log = open(&disk, small());
        plant(None);
        let length = disk.read(&path(0, FileKind::Log)).unwrap().len() as u64;
        let forgets_producers = !produce(&mut log, &sequenced(1, 0, 2, false)).duplicate;
        (forgets_producers, length > log.size_bytes())
    };
    assert_eq!(broken(None), (false, false));
    assert_eq!(broken(Some(Mutant::ProducerStateNotRebuilt)), (true, false));
    assert_eq!(broken(Some(Mutant::TornTailKept)), (false, true));
}

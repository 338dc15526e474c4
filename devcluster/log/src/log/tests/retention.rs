//! Deleting old segments.

use super::*;

fn filled(disk: &MemDisk, config: LogConfig) -> Log {
    let mut log = open(disk, config);
    fill(&mut log, 25);
    log
}

fn forever() -> LogConfig {
    LogConfig { retention_age: None, ..small() }
}

fn retained(log: &mut Log, high_watermark: i64, at: Now) -> Vec<i64> {
    let deleted = log.retain(Offset(high_watermark), at).unwrap();
    deleted.iter().map(|segment| segment.base_offset.0).collect()
}

#[test]
fn segments_that_are_too_old_are_deleted() {
    let config = LogConfig { retention_age: Some(Duration::from_millis(100)), ..small() };
    let mut log = filled(&MemDisk::new(0), config);
    // The newest records of the segments are 9, 19 and 24 milliseconds after the start.
    assert_eq!(retained(&mut log, 25, at(109)), [0; 0]);
    assert_eq!(retained(&mut log, 25, at(110)), [0]);
    assert_eq!((log.start_offset(), bases(&log)), (Offset(10), vec![10, 20]));
    assert_eq!(retained(&mut log, 25, at(1_000)), [10, 20]);
    assert_eq!((log.start_offset(), log.end_offset(), log.size_bytes()), (Offset(25), Offset(25), 0));
    assert_eq!(retained(&mut log, 25, at(9_000)), [0; 0], "an empty segment stays");
}

#[test]
fn segments_beyond_the_size_are_deleted() {
    let config = LogConfig { retention_bytes: Some(1_200), ..forever() };
    let mut log = filled(&MemDisk::new(0), config);
    // 980 + 980 + 490 bytes: 1,250 too many, but two segments are more than that.
    assert_eq!(retained(&mut log, 25, now()), [0]);
    assert_eq!(log.size_bytes(), 1_470);
    let config = LogConfig { retention_bytes: Some(490), ..forever() };
    log.set_config(config);
    assert_eq!(retained(&mut log, 25, now()), [10]);
}

#[test]
fn segments_below_the_log_start_are_deleted_whatever_the_policy() {
    let config = LogConfig { cleanup: crate::CleanupPolicy::COMPACT, retention_bytes: Some(1), ..small() };
    let mut log = filled(&MemDisk::new(0), config);
    assert_eq!(retained(&mut log, 25, at(1 << 40)), [0; 0], "a compacted topic has no retention");
    log.advance_start(Offset(19)).unwrap();
    assert_eq!(retained(&mut log, 25, now()), [0]);
    log.advance_start(Offset(20)).unwrap();
    assert_eq!(retained(&mut log, 25, now()), [10]);
    log.advance_start(Offset(25)).unwrap();
    assert_eq!(retained(&mut log, 25, now()), [0; 0], "the active segment stays");
}

#[test]
fn nothing_above_the_high_watermark_is_deleted() {
    let config = LogConfig { retention_bytes: Some(0), ..forever() };
    let mut log = filled(&MemDisk::new(0), config);
    assert_eq!(retained(&mut log, 9, now()), [0; 0]);
    assert_eq!(retained(&mut log, 24, now()), [0, 10]);
    assert_eq!(retained(&mut log, 25, now()), [20]);
}

#[test]
fn files_are_removed_after_a_delay_or_at_the_next_start() {
    let disk = MemDisk::new(0);
    let config =
        LogConfig { retention_bytes: Some(0), file_delete_delay: Duration::from_millis(50), ..forever() };
    let mut log = filled(&disk, config.clone());
    retained(&mut log, 25, now());
    let deleted = |disk: &MemDisk| names(disk).iter().filter(|name| name.ends_with(".deleted")).count();
    assert_eq!(deleted(&disk), 9);
    let other = disk.fork();
    log.reap(at(49)).unwrap();
    assert_eq!(deleted(&disk), 9);
    log.reap(at(50)).unwrap();
    assert_eq!(deleted(&disk), 0);
    let log = open(&other, config);
    assert_eq!(deleted(&other), 0);
    assert_eq!((log.start_offset(), log.end_offset()), (Offset(25), Offset(25)));
}

#[test]
fn producers_of_deleted_segments_are_remembered_until_they_expire() {
    let disk = MemDisk::new(0);
    let config =
        LogConfig { retention_bytes: Some(0), producer_expiration: Duration::from_millis(500), ..forever() };
    let mut log = open(&disk, config.clone());
    produce(&mut log, &sequenced(4, 0, 3, false));
    fill(&mut log, 20);
    retained(&mut log, 23, now());
    drop(log);
    let mut log = open(&disk, config);
    assert_eq!(log.start_offset(), Offset(23));
    assert!(produce(&mut log, &sequenced(4, 0, 3, false)).duplicate);
    retained(&mut log, 23, at(501));
    assert!(log.producers().is_empty());
}

#[test]
fn snapshots_of_deleted_segments_go_but_for_the_newest() {
    let disk = MemDisk::new(0);
    let config = LogConfig { retention_bytes: Some(0), ..forever() };
    let mut log = filled(&disk, config);
    retained(&mut log, 25, now());
    let snapshots: Vec<String> =
        names(&disk).into_iter().filter(|name| name.ends_with(".snapshot")).collect();
    assert_eq!(snapshots, ["00000000000000000025.snapshot"]);
}

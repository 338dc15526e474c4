//! What a log promises, one promise a test, on a disk in memory.

mod append;
mod crash;
mod model;
mod read;
mod recovery;
mod retention;
mod truncate;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::batch::{BatchBuilder, Batches, Limit};
use kr_wire::control::{ControlRecord, EndTransactionMarker};

use super::*;
use crate::testing::MemDisk;

pub(super) const DIR: &str = "/data/orders-0";
pub(super) const NOW_MS: i64 = 1_700_000_000_000;

pub(super) fn now() -> Now {
    at(0)
}

/// A moment some milliseconds after the tests' start.
pub(super) fn at(ms: u64) -> Now {
    Now { mono: Mono(ms * 1_000), wall_ms: NOW_MS + ms as i64 }
}

/// Small segments and a dense index, so that few records reach every case.
pub(super) fn small() -> LogConfig {
    LogConfig { segment_bytes: 1_000, index_interval_bytes: 200, ..LogConfig::default() }
}

pub(super) fn options(disk: &MemDisk, config: LogConfig) -> OpenLog {
    OpenLog {
        disk: Arc::new(disk.clone()),
        dir: DIR.into(),
        topic_id: TopicId(kr_wire::ids::Uuid::from_u128(7)),
        config,
        tail: TailCache::new(1 << 20, 1 << 20),
        clean: false,
        recovery_point: Offset::ZERO,
        log_start: None,
        now: now(),
    }
}

/// A log without a cache, so that reads come from the disk.
pub(super) fn open(disk: &MemDisk, config: LogConfig) -> Log {
    Log::open(OpenLog { tail: TailCache::new(0, 0), ..options(disk, config) }).unwrap().0
}

pub(super) fn reopen_cleanly(disk: &MemDisk, config: LogConfig) -> Log {
    let (log, recovered) =
        Log::open(OpenLog { clean: true, tail: TailCache::new(0, 0), ..options(disk, config) }).unwrap();
    assert_eq!(recovered, Recovered::default());
    log
}

/// A client's batch of records with these values.
pub(super) fn batch(values: &[&str]) -> Bytes {
    let mut builder = BatchBuilder::new(Offset::ZERO);
    for value in values {
        builder.push(NOW_MS, Some(b"key"), Some(value.as_bytes()), &[]);
    }
    builder.build()
}

/// A client's batch of one record of about a hundred bytes, ten of which fill a small segment.
pub(super) fn hundred(n: i64) -> Bytes {
    let mut builder = BatchBuilder::new(Offset::ZERO);
    builder.push(NOW_MS + n, Some(b"key"), Some(format!("{n:027}").as_bytes()), &[]);
    let batch = builder.build();
    assert_eq!(batch.len(), 98);
    batch
}

pub(super) fn produce(log: &mut Log, batch: &Bytes) -> Appended {
    log.append_as_leader(batch, LeaderEpoch(1), Origin::Client, now()).unwrap()
}

/// Appends `count` batches of one record.
pub(super) fn fill(log: &mut Log, count: i64) {
    for _ in 0..count {
        let batch = hundred(log.end_offset().0);
        produce(log, &batch);
    }
}

/// A batch of an idempotent producer, transactional or not.
pub(super) fn sequenced(producer: i64, sequence: i32, records: i32, transactional: bool) -> Bytes {
    let mut builder = BatchBuilder::new(Offset::ZERO).producer(ProducerId(producer), 0, Some(sequence));
    if transactional {
        builder = builder.transactional();
    }
    for n in 0..records {
        builder.push(NOW_MS, None, Some(format!("{producer}-{}", sequence + n).as_bytes()), &[]);
    }
    builder.build()
}

pub(super) fn marker(producer: i64, commit: bool) -> Bytes {
    let marker = EndTransactionMarker { coordinator_epoch: 3 };
    let record = if commit { ControlRecord::Commit(marker) } else { ControlRecord::Abort(marker) };
    let mut builder =
        BatchBuilder::new(Offset::ZERO).producer(ProducerId(producer), 0, None).transactional().control();
    record.push_to(&mut builder, NOW_MS);
    builder.build()
}

pub(super) fn end_transaction(log: &mut Log, producer: i64, commit: bool) -> Appended {
    log.append_as_leader(&marker(producer, commit), LeaderEpoch(1), Origin::Coordinator, now()).unwrap()
}

/// Everything from an offset to the log end, read piece by piece: offset and value of each record.
pub(super) fn records(log: &Log, from: Offset) -> Vec<(i64, String)> {
    let mut found = Vec::new();
    let mut next = from;
    while next < log.end_offset() {
        let bytes = log.read(next, 300, true, log.end_offset()).unwrap();
        if bytes.is_empty() {
            break;
        }
        for batch in Batches::new(&bytes) {
            let batch = batch.unwrap();
            batch.verify_crc().unwrap();
            let payload = batch.payload(Limit::default()).unwrap();
            for record in payload.records().map(Result::unwrap) {
                if record.offset >= from {
                    let value = String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned();
                    found.push((record.offset.0, value));
                }
            }
            next = batch.header.next_offset();
        }
    }
    found
}

/// Offsets from which the records start, per segment.
pub(super) fn bases(log: &Log) -> Vec<i64> {
    log.segments.iter().map(|segment| segment.base.0).collect()
}

/// Syncs all that is not durable, as a driver would.
pub(super) fn flush(log: &mut Log) -> Offset {
    if let Some(request) = log.unflushed().unwrap() {
        request.files.iter().for_each(|file| file.sync().unwrap());
        log.flushed(request.mark);
    }
    log.recovery_point()
}

pub(super) fn names(disk: &MemDisk) -> Vec<String> {
    disk.list(Path::new(DIR))
        .map(|entries| entries.into_iter().map(|entry| entry.name).collect())
        .unwrap_or_default()
}

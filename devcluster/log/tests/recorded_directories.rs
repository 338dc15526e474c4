//! Loads every partition directory that three nodes of Apache Kafka 4.1.2 left behind, with and without
//! recovery, and compares what is rebuilt from the batches with the files that Kafka wrote.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kr_log::layout::{self, DirState, FileKind};
use kr_log::testing::MemDisk;
use kr_log::{Disk, Log, LogConfig, OpenLog, Recovered, TailCache, checkpoint, partition_metadata};
use kr_wire::ids::{Offset, ProducerId};
use kr_wire::producer_snapshot::{self, ProducerEntry};
use kr_wire::time::Now;

/// About when the session was recorded: no producer has expired.
const RECORDED_AT_MS: i64 = 1_795_221_600_000;

/// The nodes' data directories `/n1`, `/n2`, `/n3`, without those on their way to deletion.
fn recorded() -> MemDisk {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/dirs-4.1.2.tar.zst");
    let archive = std::fs::read(path).expect("the recorded directories are part of the repository");
    let mut archive = tar::Archive::new(zstd::Decoder::new(archive.as_slice()).expect("it is zstd"));
    let disk = MemDisk::new(0);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path =
            Path::new("/").join(entry.path().unwrap().strip_prefix(".").unwrap_or(&entry.path().unwrap()));
        if !entry.header().entry_type().is_file() || path.to_string_lossy().contains("-delete/") {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        disk.create_dir(path.parent().unwrap()).unwrap();
        disk.put(&path, &content, false).unwrap();
    }
    disk
}

/// All partition directories with their log start offsets from the checkpoint.
fn partitions(disk: &MemDisk) -> Vec<(PathBuf, Option<Offset>)> {
    let mut found = Vec::new();
    for node in ["/n1", "/n2", "/n3"] {
        let node = Path::new(node);
        let starts = checkpoint::read_offsets(disk, &node.join(layout::LOG_START_CHECKPOINT)).unwrap();
        for entry in disk.list(node).unwrap().into_iter().filter(|entry| entry.is_dir) {
            let name = layout::parse_partition_dir(&entry.name).expect("a partition's directory");
            assert_eq!(name.state, DirState::Current);
            let start = starts.get(&(name.topic, name.partition)).copied();
            found.push((node.join(entry.name), start));
        }
    }
    assert!(found.len() > 300, "{} directories", found.len());
    found
}

fn open(disk: &MemDisk, dir: &Path, log_start: Option<Offset>, clean: bool) -> (Log, Recovered) {
    let topic_id = partition_metadata::read(disk, dir).unwrap().expect("every directory has a topic id");
    Log::open(OpenLog {
        disk: Arc::new(disk.clone()),
        dir: dir.to_owned(),
        topic_id,
        config: LogConfig::default(),
        tail: TailCache::new(0, 0),
        clean,
        recovery_point: Offset::ZERO,
        log_start,
        now: Now { wall_ms: RECORDED_AT_MS, ..Now::default() },
    })
    .unwrap()
}

fn file(disk: &MemDisk, dir: &Path, offset: Offset, kind: FileKind) -> Option<Vec<u8>> {
    disk.read(&dir.join(layout::offset_file(offset, kind))).ok()
}

fn snapshot(content: &[u8]) -> BTreeMap<ProducerId, ProducerEntry> {
    let entries = producer_snapshot::decode(content).unwrap();
    entries.into_iter().map(|entry| (entry.producer_id, entry)).collect()
}

#[test]
fn clean_directories_of_kafka_load_as_they_are() {
    let disk = recorded();
    let (mut producers, mut records) = (0, 0);
    for (dir, log_start) in partitions(&disk) {
        let (log, recovered) = open(&disk, &dir, log_start, true);
        assert_eq!(recovered, Recovered::default(), "{}", dir.display());
        assert_eq!(log.start_offset(), log_start.unwrap_or(Offset::ZERO));
        let mut epochs = checkpoint::read_epochs(&disk, &dir.join(layout::LEADER_EPOCH_CHECKPOINT)).unwrap();
        // An epoch that a new leader noted but had no records yet is dropped at load, by Kafka too.
        epochs.truncate_from_end(log.end_offset());
        if log.end_offset() > log.start_offset() {
            assert_eq!(log.epochs(), &epochs, "{}", dir.display());
            let snapshot = file(&disk, &dir, log.end_offset(), FileKind::ProducerSnapshot);
            assert!(snapshot.is_some(), "{}: a snapshot at the log end {}", dir.display(), log.end_offset());
        }
        producers += log.producers().len();
        records += log.end_offset() - log.start_offset();
        let operations = disk.operations();
        log.close(true).unwrap();
        assert_eq!(disk.operations(), operations, "{}: nothing changed", dir.display());
    }
    assert!(producers > 10 && records > 2_000, "{producers} producers, {records} records");
}

#[test]
fn recovery_rebuilds_the_files_that_kafka_wrote() {
    let disk = recorded();
    let (mut equal, mut different) = (0, 0);
    for (dir, log_start) in partitions(&disk) {
        let context = dir.display();
        let mut written = BTreeMap::new();
        for entry in disk.list(&dir).unwrap() {
            let path = dir.join(&entry.name);
            written.insert(entry.name.clone(), disk.read(&path).unwrap());
            // Everything that follows from the batches has to be found again.
            if !entry.name.ends_with(".log") && entry.name != layout::PARTITION_METADATA {
                disk.remove_file(&path).unwrap();
            }
        }
        let (log, recovered) = open(&disk, &dir, log_start, false);
        assert_eq!((recovered.truncated_bytes, recovered.dropped_segments), (0, 0), "{context}");
        let (end, is_empty) = (log.end_offset(), log.size_bytes() == 0);
        log.close(true).unwrap();
        for (kind, entry_bytes) in [
            (FileKind::Log, 1),
            (FileKind::OffsetIndex, 8),
            (FileKind::TimeIndex, 12),
            (FileKind::TransactionIndex, 1),
        ] {
            let name = layout::offset_file(Offset::ZERO, kind);
            let rebuilt = file(&disk, &dir, Offset::ZERO, kind);
            if rebuilt.as_ref() == written.get(&name) {
                equal += 1;
                continue;
            }
            // What a follower fetched as several batches and appended at once got one entry at most.
            different += 1;
            let rebuilt: Vec<&[u8]> = rebuilt.as_ref().expect("both exist").chunks(entry_bytes).collect();
            let entries: Vec<&[u8]> = written[&name].chunks(entry_bytes).collect();
            match kind {
                FileKind::OffsetIndex => {
                    assert!(entries.iter().all(|entry| rebuilt.contains(entry)), "{context}: {name}");
                }
                FileKind::TimeIndex => assert_eq!(entries.last(), rebuilt.last(), "{context}: {name}"),
                _ => panic!("{context}: {name} differs"),
            }
        }
        if is_empty {
            continue;
        }
        let name = layout::offset_file(end, FileKind::ProducerSnapshot);
        let rebuilt =
            file(&disk, &dir, end, FileKind::ProducerSnapshot).expect("a clean close takes a snapshot");
        assert_eq!(snapshot(&rebuilt), snapshot(&written[&name]), "{context}: {name}");
        let path = dir.join(layout::LEADER_EPOCH_CHECKPOINT);
        let rebuilt = checkpoint::read_epochs(&disk, &path).unwrap();
        disk.put(&path, &written[layout::LEADER_EPOCH_CHECKPOINT], false).unwrap();
        let mut expected = checkpoint::read_epochs(&disk, &path).unwrap();
        expected.truncate_from_end(end);
        assert_eq!(rebuilt, expected, "{context}");
    }
    assert!(equal > 1_200 && different < 5, "{equal} files are equal, {different} are not");
}

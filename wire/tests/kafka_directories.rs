//! Every stored format against the data directories of a real Kafka 4.1.2: what it wrote reads, and writes again
//! to the same bytes.
//!
//! The archive holds three nodes after one session: metadata log and snapshots, topics with all codecs, classic and
//! consumer groups, a completed transaction. Index files are the log crate's business.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::sync::OnceLock;

use kr_wire::batch::{Batch, BatchBuilder, Batches, Limit, TimestampType};
use kr_wire::compression::Codec;
use kr_wire::control::ControlRecord;
use kr_wire::group_records::GroupRecord;
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::producer_snapshot;
use kr_wire::quorum_state::QuorumState;
use kr_wire::txn_records::TxnRecord;

/// Content of each file by its path, such as `n1/orders-0/00000000000000000000.log`.
type Files = BTreeMap<String, Vec<u8>>;

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/dirs-4.1.2.tar.zst");
        let archive = fs::read(path).unwrap();
        let mut archive = tar::Archive::new(zstd::Decoder::new(&archive[..]).unwrap());
        let mut files = Files::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
            // Preallocated indexes are most of the archive.
            if entry.header().entry_type().is_file() && !name.ends_with("index") {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                files.insert(name, content);
            }
        }
        files
    })
}

fn with_suffix(suffix: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    files()
        .iter()
        .filter(move |(name, _)| name.ends_with(suffix))
        .map(|(name, content)| (name.as_str(), content.as_slice()))
}

/// All batches of logs whose directory starts with `topic`, and of snapshots if it is the metadata log's.
fn batches(topic: &str) -> Vec<(&'static str, Batch<'static>)> {
    let mut found = Vec::new();
    for (name, content) in with_suffix(".log").chain(with_suffix(".checkpoint")) {
        let directory = name.split('/').nth(1).unwrap();
        let is_bootstrap = topic == "__cluster_metadata" && directory == "bootstrap.checkpoint";
        if !directory.starts_with(topic) && !is_bootstrap {
            continue;
        }
        let mut walk = Batches::new(content);
        for batch in walk.by_ref() {
            found.push((name, batch.unwrap()));
        }
        assert_eq!(walk.position(), content.len(), "{name} ends in a whole batch");
    }
    found
}

/// Calls back with key and value of each record, and whether its batch is one of control records.
fn each_record(topic: &str, mut check: impl FnMut(&str, bool, Option<&[u8]>, Option<&[u8]>)) {
    for (name, batch) in batches(topic) {
        let payload = batch.payload(Limit::default()).unwrap();
        for record in payload.records() {
            let record = record.unwrap();
            check(name, batch.header.attributes.is_control(), record.key, record.value);
        }
    }
}

#[test]
fn every_batch_verifies_and_all_codecs_decompress() {
    let mut codecs = BTreeSet::new();
    let mut records = 0;
    for (name, batch) in batches("") {
        batch.verify_crc().unwrap();
        codecs.insert(batch.header.attributes.codec().unwrap());
        let payload = batch.payload(Limit::default()).unwrap();
        let mut next = batch.header.base_offset;
        for record in payload.records() {
            let record = record.unwrap();
            assert!(record.offset >= next, "{name}");
            assert_eq!(record.headers.len(), record.headers.clone().count(), "{name}");
            next = record.offset + 1;
            records += 1;
        }
        assert_eq!(next, batch.header.next_offset(), "{name}");
    }
    assert_eq!(codecs, BTreeSet::from(Codec::ALL));
    assert!(records > 1_000, "{records}");
}

#[test]
fn batches_built_again_from_their_records_are_the_same_bytes() {
    let mut rebuilt = 0;
    for (name, batch) in batches("") {
        let header = batch.header;
        let attributes = header.attributes;
        if attributes.codec().unwrap() != Codec::None {
            continue; // another library may compress otherwise
        }
        assert_eq!(attributes.timestamp_type(), TimestampType::CreateTime);
        let mut builder = BatchBuilder::new(header.base_offset);
        if let Some(epoch) = header.partition_leader_epoch {
            builder = builder.leader_epoch(epoch);
        }
        if let Some(id) = header.producer_id {
            builder = builder.producer(id, header.producer_epoch, header.base_sequence);
        }
        if let (None, Some(sequence)) = (header.producer_id, header.base_sequence) {
            builder = builder.base_sequence(sequence);
        }
        if attributes.is_transactional() {
            builder = builder.transactional();
        }
        if attributes.is_control() {
            builder = builder.control();
        }
        let payload = batch.payload(Limit::default()).unwrap();
        for record in payload.records() {
            let record = record.unwrap();
            let headers: Vec<_> =
                record.headers.map(|(key, value)| (std::str::from_utf8(key).unwrap(), value)).collect();
            builder.push(record.timestamp_ms, record.key, record.value, &headers);
        }
        assert_eq!(builder.build(), batch.bytes(), "{name} at {}", header.base_offset);
        rebuilt += 1;
    }
    assert!(rebuilt > 100, "{rebuilt}");
}

#[test]
fn every_metadata_record_writes_again_to_the_same_bytes() {
    let mut types = BTreeSet::new();
    each_record("__cluster_metadata", |name, is_control, key, value| {
        if is_control {
            let record = ControlRecord::decode(key, value).unwrap();
            let (same_key, same_value) = record.encode();
            assert_eq!((Some(&*same_key), Some(&*same_value)), (key, value), "{name}");
            return;
        }
        assert_eq!(key, None, "{name}");
        let value = value.unwrap();
        let (record, version) = MetadataRecord::decode(value).unwrap();
        assert_eq!(record.encode(version), value, "{name}: {record:?}");
        types.insert(record.name());
    });
    assert!(types.len() >= 15, "{types:?}");
}

#[test]
fn versions_of_metadata_records_are_those_of_their_metadata_version() {
    // The session ran at 4.1-IV1, feature level 27.
    each_record("__cluster_metadata", |name, is_control, _, value| {
        if !is_control {
            let (record, version) = MetadataRecord::decode(value.unwrap()).unwrap();
            assert_eq!(record.version_for(27), version, "{name}: {record:?}");
        }
    });
}

#[test]
fn every_group_record_writes_again_to_the_same_bytes() {
    let mut types = BTreeSet::new();
    each_record("__consumer_offsets", |name, is_control, key, value| {
        if is_control {
            return;
        }
        let record = GroupRecord::decode(key.unwrap(), value).unwrap().unwrap();
        let (same_key, same_value) = record.encode();
        assert_eq!((Some(&*same_key), same_value.as_deref()), (key, value), "{name}: {record:?}");
        types.insert(record.type_id());
    });
    for expected in [1, 2, 3, 5, 6, 7, 8] {
        assert!(types.contains(&expected), "{types:?}");
    }
}

#[test]
fn every_transaction_record_writes_again_to_the_same_bytes() {
    let mut statuses = BTreeSet::new();
    each_record("__transaction_state", |name, is_control, key, value| {
        assert!(!is_control, "{name}");
        let record = TxnRecord::decode(key.unwrap(), value).unwrap().unwrap();
        let (same_key, same_value) = record.encode_at(TxnRecord::version_for(2));
        assert_eq!((Some(&*same_key), same_value.as_deref()), (key, value), "{name}: {record:?}");
        let TxnRecord::TransactionLog(_, Some(state)) = record else { return };
        statuses.insert(state.transaction_status);
    });
    assert!(statuses.len() >= 3, "{statuses:?}");
}

#[test]
fn every_transaction_marker_writes_again_to_the_same_bytes() {
    let mut markers = 0;
    each_record("", |name, is_control, key, value| {
        if is_control && !name.contains("cluster_metadata") && !name.contains(".checkpoint") {
            let record = ControlRecord::decode(key, value).unwrap();
            assert!(matches!(record, ControlRecord::Commit(_) | ControlRecord::Abort(_)), "{record:?}");
            let (same_key, same_value) = record.encode();
            assert_eq!((Some(&*same_key), Some(&*same_value)), (key, value), "{name}");
            markers += 1;
        }
    });
    assert!(markers > 0);
}

#[test]
fn every_producer_snapshot_writes_again_to_the_same_bytes() {
    let mut entries = 0;
    for (name, content) in with_suffix(".snapshot") {
        let decoded = producer_snapshot::decode(content).unwrap();
        assert_eq!(producer_snapshot::encode(&decoded), content, "{name}");
        entries += decoded.len();
    }
    assert!(entries > 0);
}

#[test]
fn every_quorum_state_writes_again_to_the_same_bytes() {
    let states: Vec<_> = with_suffix("quorum-state").collect();
    assert_eq!(states.len(), 3);
    for (name, content) in states {
        let text = std::str::from_utf8(content).unwrap();
        assert_eq!(QuorumState::parse(text).unwrap().to_json(), text, "{name}");
    }
}

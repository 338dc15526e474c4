//! Bytes from peers and disks that lie: every reader of stored formats answers with a value or an error, never with
//! a panic, and decompression never takes more memory than its limit says.

use std::io::Write;

use kr_wire::batch::{self, Batch, BatchBuilder, BatchError, Batches, Limit, TimestampType};
use kr_wire::compression::{self, Codec, CompressionError};
use kr_wire::control::{self, ControlRecord};
use kr_wire::group_records::GroupRecord;
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::producer_snapshot;
use kr_wire::quorum_state::QuorumState;
use kr_wire::share_records::ShareRecord;
use kr_wire::txn_records::TxnRecord;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use proptest::prop_assert_eq;

const SMALL: Limit = Limit { max_bytes: 1 << 20, max_ratio: 100 };

/// Walks whatever is there to its end, as a log that opens the bytes would.
fn walk(bytes: &[u8]) {
    let mut walk = Batches::new(bytes);
    for batch in walk.by_ref() {
        let Ok(batch) = batch else { continue };
        let _ = batch.verify_crc();
        let _ = (batch.header.next_offset(), batch.header.last_sequence(), batch.range());
        let Ok(payload) = batch.payload(SMALL) else { continue };
        for record in payload.records().flatten() {
            let _ = ControlRecord::decode(record.key, record.value);
            assert_eq!(record.headers.len(), record.headers.clone().count());
        }
    }
    assert!(walk.position() <= bytes.len());
}

fn patch(bytes: &[u8]) {
    let mut copy = bytes.to_vec();
    let _ = batch::set_base_offset(&mut copy, Offset(5));
    let _ = batch::set_leader_epoch(&mut copy, LeaderEpoch(5));
    let _ = batch::set_max_timestamp(&mut copy, TimestampType::LogAppendTime, 5);
}

fn valid_batch(codec: Codec) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Offset(0)).codec(codec);
    for i in 0..20u8 {
        builder.push(i64::from(i), Some(&[i; 4]), Some(&[i; 40]), &[("name", Some(&[i]))]);
    }
    builder.build().to_vec()
}

/// A valid batch with some of its bytes changed and its end cut off, its CRC as if nothing had happened.
fn damaged_batch() -> impl Strategy<Value = Vec<u8>> {
    let codec = prop::sample::select(Codec::ALL.to_vec());
    let changes = vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (codec, changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(codec, changes, end, cut)| {
        let mut bytes = valid_batch(codec);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes
    })
}

/// Arbitrary bytes, and arbitrary bytes behind a plausible beginning.
fn record_bytes() -> impl Strategy<Value = Vec<u8>> {
    let metadata = (0u8..30, 0u8..4, vec(any::<u8>(), 0..200))
        .prop_map(|(type_id, version, body)| [vec![1, type_id, version], body].concat());
    let coordinator =
        (0u8..25, vec(any::<u8>(), 0..200)).prop_map(|(type_id, body)| [vec![0, type_id], body].concat());
    prop_oneof![vec(any::<u8>(), 0..300), metadata, coordinator]
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_batch_and_no_panic(bytes in vec(any::<u8>(), 0..400)) {
        walk(&bytes);
        patch(&bytes);
        let _ = producer_snapshot::decode(&bytes);
        let _ = QuorumState::parse(&String::from_utf8_lossy(&bytes));
        for codec in Codec::ALL {
            let _ = compression::decompress(codec, &bytes, SMALL);
        }
    }

    #[test]
    fn damaged_batches_are_walked_without_a_panic(bytes in damaged_batch()) {
        walk(&bytes);
        patch(&bytes);
    }

    #[test]
    fn records_of_any_bytes_decode_or_fail(key in record_bytes(), value in record_bytes()) {
        let _ = GroupRecord::decode(&key, Some(&value));
        let _ = TxnRecord::decode(&key, Some(&value));
        let _ = ShareRecord::decode(&key, Some(&value));
        let _ = ControlRecord::decode(Some(&key), Some(&value));
        let _ = control::control_type(&key);
        if let Ok((record, version)) = MetadataRecord::decode(&value) {
            let again = MetadataRecord::decode(&record.encode(version)).map(|(record, _)| record);
            // NaN is unequal to itself, so the text is compared.
            prop_assert_eq!(format!("{again:?}"), format!("Ok({record:?})"));
        }
    }

    #[test]
    fn quorum_state_of_any_text_parses_or_fails(text in r#"\{("[a-zA-Z_]{0,12}":("[A-Z]*"|-?[0-9]{1,20}|null|\[\{?),?)*\}?"#) {
        let _ = QuorumState::parse(&text);
    }
}

#[test]
fn tiny_limit_holds_for_the_records_of_a_batch() {
    let bytes = valid_batch(Codec::Gzip);
    let limit = Limit { max_bytes: 10, max_ratio: 1 };
    let error = Batch::parse(&bytes).unwrap().payload(limit).unwrap_err();
    assert_eq!(error, BatchError::Compression(CompressionError::TooLarge { codec: Codec::Gzip, limit: 10 }));
}

/// A gibibyte of zeros in each codec that gets it below a megabyte, and in zstd below 33 KiB.
#[test]
fn bombs_fail_within_the_limit_and_with_little_memory() {
    let mut bombs: Vec<(Codec, Vec<u8>)> = Vec::new();
    let piece = vec![0; 1 << 20];
    let mut zstd = zstd::Encoder::new(Vec::new(), 19).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..1 << 10 {
        zstd.write_all(&piece).unwrap();
    }
    for _ in 0..128 {
        gzip.write_all(&piece).unwrap();
    }
    bombs.push((Codec::Zstd, zstd.finish().unwrap()));
    bombs.push((Codec::Gzip, gzip.finish().unwrap()));
    assert!(bombs[0].1.len() < 34 << 10, "{}", bombs[0].1.len());
    let limit = Limit { max_bytes: 16 << 20, ..Limit::default() };
    let before = peak_kib();
    for (codec, bomb) in &bombs {
        let error = compression::decompress(*codec, bomb, limit).unwrap_err();
        assert_eq!(error, CompressionError::TooLarge { codec: *codec, limit: 16 << 20 });
    }
    let grown = peak_kib() - before;
    assert!(grown < 100 << 10, "decompressing to 16 MiB took {grown} KiB");
}

/// The most memory this process has had resident so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

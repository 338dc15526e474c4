//! What a leader accepts, rule by rule, and what the bytes become.

use std::time::Duration;

use super::*;
use crate::config::{CleanupPolicy, Compression};
use kr_wire::ids::ProducerId;

const NOW: i64 = 1_700_000_000_000;

fn batch(timestamps: &[i64]) -> BatchBuilder {
    let mut builder = BatchBuilder::new(Offset::ZERO);
    for timestamp in timestamps {
        builder.push(*timestamp, Some(b"key"), Some(b"value"), &[]);
    }
    builder
}

fn check(bytes: &[u8], config: &LogConfig) -> Result<Valid, AppendError> {
    validate(bytes, Origin::Client, config, NOW)
}

/// Changes bytes of a batch and makes its checksum right again.
fn patched(bytes: &Bytes, at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + with.len()].copy_from_slice(with);
    let crc = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    bytes
}

#[test]
fn accepted_batch_changes_only_outside_of_its_checksum() {
    let bytes = batch(&[NOW, NOW - 5]).build();
    let placed =
        check(&bytes, &LogConfig::default()).unwrap().place(&bytes, Offset(70), LeaderEpoch(3)).unwrap();
    assert_eq!(placed[..8], 70i64.to_be_bytes());
    assert_eq!(placed[8..12], bytes[8..12]);
    assert_eq!(placed[12..16], 3i32.to_be_bytes());
    assert_eq!(placed[16..], bytes[16..]);
}

#[test]
fn wrong_checksum_is_corrupt() {
    let mut bytes = batch(&[NOW]).build().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(matches!(check(&bytes, &LogConfig::default()), Err(AppendError::Corrupt { .. })));
    assert!(matches!(check(&bytes[..30], &LogConfig::default()), Err(AppendError::Corrupt { .. })));
}

#[test]
fn batch_that_breaks_a_rule_is_an_invalid_record() {
    let config = LogConfig::default();
    let good = batch(&[NOW, NOW]).build();
    let two: Vec<u8> = [&good[..], &good[..]].concat();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("two batches", two),
        ("magic", patched(&good, 16, &[1])),
        ("base offset", patched(&good, 0, &5i64.to_be_bytes())),
        ("more records than offsets", patched(&good, 57, &3i32.to_be_bytes())),
        (
            "fewer records than claimed",
            patched(&patched(&good, 57, &3i32.to_be_bytes()).into(), 23, &2i32.to_be_bytes()),
        ),
        ("no records", patched(&patched(&good, 57, &0i32.to_be_bytes()).into(), 23, &0i32.to_be_bytes())),
        ("control", batch(&[NOW]).control().build().to_vec()),
        ("producer without a sequence", batch(&[NOW]).producer(ProducerId(1), 0, None).build().to_vec()),
        ("unknown codec", patched(&good, 22, &[7])),
        ("not gzip", patched(&good, 22, &[1])),
        // The second record's offset delta: varint 1 (0x02) becomes 0.
        ("offset deltas", patched(&good, 61 + (good.len() - 61) / 2 + 3, &[0])),
    ];
    for (case, bytes) in cases {
        let result = check(&bytes, &config);
        assert!(matches!(result, Err(AppendError::InvalidRecord { .. })), "{case}: {result:?}");
    }
}

#[test]
fn coordinator_may_write_control_records_and_no_sequence() {
    let bytes = batch(&[NOW]).control().producer(ProducerId(1), 0, None).transactional().build();
    assert!(validate(&bytes, Origin::Coordinator, &LogConfig::default(), NOW).is_ok());
}

#[test]
fn size_limits_are_those_of_the_topic() {
    let bytes = batch(&[NOW; 10]).build();
    let size = u32::try_from(bytes.len()).unwrap();
    let config = LogConfig { max_message_bytes: size, segment_bytes: size, ..LogConfig::default() };
    assert!(check(&bytes, &config).is_ok());
    let small = LogConfig { max_message_bytes: size - 1, ..config.clone() };
    assert!(matches!(check(&bytes, &small), Err(AppendError::TooLarge { .. })));
    assert!(validate(&bytes, Origin::Coordinator, &small, NOW).is_ok());
    let small = LogConfig { segment_bytes: size - 1, ..config };
    assert!(matches!(check(&bytes, &small), Err(AppendError::LargerThanSegment { .. })));
}

#[test]
fn compacted_topic_names_the_records_without_keys() {
    let mut builder = batch(&[NOW]);
    builder.push(NOW, None, Some(b"value"), &[]);
    let bytes = builder.build();
    assert!(check(&bytes, &LogConfig::default()).is_ok());
    let config = LogConfig { cleanup: CleanupPolicy::COMPACT, ..LogConfig::default() };
    match check(&bytes, &config) {
        Err(AppendError::InvalidRecord { records, .. }) => {
            assert_eq!(records.iter().map(|record| record.index).collect::<Vec<_>>(), [1]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn create_time_must_be_in_range() {
    let config = LogConfig {
        timestamp_before_max: Duration::from_millis(100),
        timestamp_after_max: Duration::from_millis(10),
        ..LogConfig::default()
    };
    assert!(check(&batch(&[NOW - 100, NOW + 10, -1]).build(), &config).is_ok());
    for timestamp in [NOW - 101, NOW + 11] {
        match check(&batch(&[NOW, timestamp]).build(), &config) {
            Err(AppendError::InvalidTimestamp { records, .. }) => assert_eq!(records[0].index, 1),
            other => panic!("{timestamp}: {other:?}"),
        }
    }
    assert!(check(&batch(&[0]).build(), &LogConfig::default()).is_ok(), "by default any age is fine");
    let claimed = batch(&[NOW]).log_append_time(NOW).build();
    assert!(matches!(check(&claimed, &config), Err(AppendError::InvalidTimestamp { .. })));
}

#[test]
fn log_append_time_replaces_the_timestamps() {
    let config = LogConfig { timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
    for codec in [Codec::None, Codec::Lz4] {
        let bytes = batch(&[5, 10 * NOW]).codec(codec).build();
        let placed = check(&bytes, &config).unwrap().place(&bytes, Offset(1), LeaderEpoch(0)).unwrap();
        let placed = Batch::parse(&placed).unwrap();
        placed.verify_crc().unwrap();
        assert_eq!(placed.header.attributes.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(placed.header.max_timestamp, NOW);
        let payload = placed.payload(Limit::default()).unwrap();
        assert!(payload.records().all(|record| record.unwrap().timestamp_ms == NOW));
    }
}

#[test]
fn wrong_max_timestamp_is_corrected() {
    let bytes = patched(&batch(&[NOW, NOW - 1]).build(), 35, &(NOW - 7).to_be_bytes());
    let placed =
        check(&bytes, &LogConfig::default()).unwrap().place(&bytes, Offset(0), LeaderEpoch(0)).unwrap();
    let placed = Batch::parse(&placed).unwrap();
    placed.verify_crc().unwrap();
    assert_eq!(placed.header.max_timestamp, NOW);
}

#[test]
fn topic_with_a_codec_recompresses_what_has_another() {
    let targets =
        [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
    for compression in targets {
        let target = compression.codec().unwrap();
        let config = LogConfig { compression, ..LogConfig::default() };
        for source in Codec::ALL {
            let mut builder = BatchBuilder::new(Offset::ZERO)
                .codec(source)
                .producer(ProducerId(9), 4, Some(17))
                .transactional();
            for n in 0..50 {
                builder.push(
                    NOW + n,
                    Some(b"key"),
                    None,
                    &[("header", Some(b"some value")), ("empty", None)],
                );
            }
            let bytes = builder.build();
            let valid = check(&bytes, &config).unwrap();
            assert_eq!(valid.rewritten.is_none(), source == target);
            let placed = valid.place(&bytes, Offset(100), LeaderEpoch(1)).unwrap();
            let placed = Batch::parse(&placed).unwrap();
            placed.verify_crc().unwrap();
            let header = placed.header;
            assert_eq!(header.attributes.codec().unwrap(), target);
            assert!(header.attributes.is_transactional());
            assert_eq!((header.producer_id, header.producer_epoch), (Some(ProducerId(9)), 4));
            assert_eq!((header.base_sequence, header.max_timestamp), (Some(17), NOW + 49));
            let payload = placed.payload(Limit::default()).unwrap();
            let records: Vec<_> = payload.records().map(Result::unwrap).collect();
            assert_eq!((records.len(), records[49].offset), (50, Offset(149)));
            assert_eq!(records[3].headers.clone().count(), 2);
        }
    }
}

#[test]
fn raft_batch_must_continue_the_log_and_have_an_epoch() {
    let mut builder = BatchBuilder::new(Offset(7)).leader_epoch(LeaderEpoch(2));
    builder.push(NOW, None, Some(b"x"), &[]);
    let bytes = builder.build();
    assert!(validate_placed(&bytes, Offset(7)).is_ok());
    assert!(matches!(validate_placed(&bytes, Offset(8)), Err(AppendError::UnexpectedOffset { .. })));
    assert!(validate_placed(&batch(&[NOW]).build(), Offset(0)).is_err());
}

#[test]
fn decompression_bomb_of_a_client_is_refused() {
    // Half a mebibyte that does not compress, and zeros that do: 60 to one.
    let mut value: Vec<u8> =
        (0..1u32 << 17).flat_map(|i| crc32c::crc32c(&i.to_be_bytes()).to_be_bytes()).collect();
    value.resize(30 << 20, 0);
    let mut builder = BatchBuilder::new(Offset::ZERO).codec(Codec::Zstd);
    builder.push(NOW, None, Some(&value), &[]);
    let bomb = builder.build();
    let config = LogConfig::default();
    assert!(bomb.len() < config.max_message_bytes as usize, "{}", bomb.len());
    assert!(check(&bomb, &config).is_err());
}

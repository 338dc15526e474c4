//! Settings of one log: the topic configs of Kafka that change how records are stored.
//!
//! Parsing and validating the texts of configs is not done here.

use std::time::Duration;

use kr_wire::compression::Codec;

pub use kr_wire::batch::TimestampType;

/// Settings of one log; names are Kafka's topic configs without their units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// Size in bytes at which a segment is rolled (`segment.bytes`).
    pub segment_bytes: u32,
    /// Age at which a non-empty segment is rolled (`segment.ms`).
    pub segment_age: Duration,
    /// Bytes of batches between two index entries (`index.interval.bytes`).
    pub index_interval_bytes: u32,
    /// Size in bytes of an index at which its segment is rolled (`segment.index.bytes`).
    pub index_max_bytes: u32,
    /// Age of a segment's newest record at which it is deleted; `None` keeps forever (`retention.ms`).
    pub retention_age: Option<Duration>,
    /// Size in bytes above which the oldest segments are deleted; `None` is no limit (`retention.bytes`).
    pub retention_bytes: Option<u64>,
    /// Delay between renaming a segment to `.deleted` and removing it (`file.delete.delay.ms`).
    pub file_delete_delay: Duration,
    /// Largest batch accepted from a client, in bytes (`max.message.bytes`).
    pub max_message_bytes: u32,
    /// Who sets the timestamps of records (`message.timestamp.type`).
    pub timestamp_type: TimestampType,
    /// How old a record may claim to be (`message.timestamp.before.max.ms`).
    pub timestamp_before_max: Duration,
    /// How far in the future a record may claim to be (`message.timestamp.after.max.ms`).
    pub timestamp_after_max: Duration,
    /// Whether batches are recompressed (`compression.type`).
    pub compression: Compression,
    /// What happens to old records (`cleanup.policy`).
    pub cleanup: CleanupPolicy,
    /// Time without writes after which a producer is forgotten (`producer.id.expiration.ms`).
    pub producer_expiration: Duration,
}

impl Default for LogConfig {
    /// Kafka 4.1's defaults.
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            segment_bytes: 1 << 30,
            segment_age: 7 * DAY,
            index_interval_bytes: 4096,
            index_max_bytes: 10 << 20,
            retention_age: Some(7 * DAY),
            retention_bytes: None,
            file_delete_delay: Duration::from_secs(60),
            max_message_bytes: (1 << 20) + 12,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max: Duration::MAX,
            timestamp_after_max: Duration::from_secs(60 * 60),
            compression: Compression::Producer,
            cleanup: CleanupPolicy::DELETE,
            producer_expiration: DAY,
        }
    }
}

impl LogConfig {
    /// Settings of `__cluster_metadata`: batches up to 8 MiB, deleted only below a snapshot.
    pub fn metadata() -> Self {
        Self { retention_age: None, retention_bytes: None, max_message_bytes: 8 << 20, ..Self::default() }
    }
}

/// The values of `compression.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Batches are kept as the producer compressed them.
    Producer,
    /// `uncompressed`.
    None,
    /// `gzip`.
    Gzip,
    /// `snappy`.
    Snappy,
    /// `lz4`.
    Lz4,
    /// `zstd`.
    Zstd,
}

impl Compression {
    /// The codec that every batch must have; `None` when any is fine.
    pub fn codec(self) -> Option<Codec> {
        match self {
            Self::Producer => None,
            Self::None => Some(Codec::None),
            Self::Gzip => Some(Codec::Gzip),
            Self::Snappy => Some(Codec::Snappy),
            Self::Lz4 => Some(Codec::Lz4),
            Self::Zstd => Some(Codec::Zstd),
        }
    }
}

/// The values of `cleanup.policy`: any of the two, both, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Old segments are deleted.
    pub delete: bool,
    /// Only the newest record of each key is promised; records need keys.
    pub compact: bool,
}

impl CleanupPolicy {
    /// `delete`, the default.
    pub const DELETE: Self = Self { delete: true, compact: false };
    /// `compact`.
    pub const COMPACT: Self = Self { delete: false, compact: true };
}

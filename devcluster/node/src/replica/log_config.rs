//! From topic configs to the settings of a log.

use std::time::Duration;

use kr_log::{CleanupPolicy, Compression, LogConfig, TimestampType};
use kr_metadata::configs::Scope;

/// The settings of a topic's logs as this node sees its configs now.
pub(crate) fn of_topic(scope: &Scope<'_>, topic: &str) -> LogConfig {
    let number = |key: &str| scope.topic_i64(topic, key);
    let bytes = |key: &str| u32::try_from(number(key)).unwrap_or(u32::MAX);
    let span = |key: &str| u64::try_from(number(key)).ok().map(Duration::from_millis);
    let forever = Duration::MAX;
    let text = |key: &str| scope.topic(topic, key);
    let policy = text("cleanup.policy");
    LogConfig {
        segment_bytes: bytes("segment.bytes"),
        segment_age: span("segment.ms").unwrap_or(forever),
        index_interval_bytes: bytes("index.interval.bytes"),
        index_max_bytes: bytes("segment.index.bytes"),
        retention_age: span("retention.ms"),
        retention_bytes: u64::try_from(number("retention.bytes")).ok(),
        file_delete_delay: span("file.delete.delay.ms").unwrap_or_default(),
        max_message_bytes: bytes("max.message.bytes"),
        timestamp_type: match text("message.timestamp.type").as_str() {
            "LogAppendTime" => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        },
        timestamp_before_max: span("message.timestamp.before.max.ms").unwrap_or(forever),
        timestamp_after_max: span("message.timestamp.after.max.ms").unwrap_or(forever),
        compression: match text("compression.type").as_str() {
            "uncompressed" => Compression::None,
            "gzip" => Compression::Gzip,
            "snappy" => Compression::Snappy,
            "lz4" => Compression::Lz4,
            "zstd" => Compression::Zstd,
            _ => Compression::Producer,
        },
        cleanup: CleanupPolicy {
            delete: policy.split(',').any(|p| p.trim() == "delete"),
            compact: policy.split(',').any(|p| p.trim() == "compact"),
        },
        ..LogConfig::default()
    }
}

/// `min.insync.replicas` of a topic, at least 1.
pub(crate) fn min_isr(scope: &Scope<'_>, topic: &str) -> usize {
    usize::try_from(scope.topic_i64(topic, "min.insync.replicas")).unwrap_or(1).max(1)
}

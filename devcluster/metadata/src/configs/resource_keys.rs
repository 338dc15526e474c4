//! The configuration keys of groups and of client metrics subscriptions.
//!
//! Nothing acts on them yet: the protocols they belong to are not served.

use super::key::{Key, Kind, Rule, Update};

const fn key(name: &'static str, kind: Kind, default: &'static str, rule: Rule, doc: &'static str) -> Key {
    let default = Some(default);
    Key { name, kind, default, update: Update::ClusterWide, synonyms: &[], rule, has_effect: false, doc }
}

/// All group keys (Kafka: `GroupConfig`).
pub const GROUP_KEYS: &[Key] = &[
    key(
        "consumer.session.timeout.ms",
        Kind::Int,
        "45000",
        Rule::AtLeast(1),
        "Silence after which a member of the consumer protocol is removed.",
    ),
    key(
        "streams.heartbeat.interval.ms",
        Kind::Int,
        "5000",
        Rule::AtLeast(1),
        "Time between heartbeats of a streams member.",
    ),
    key(
        "share.auto.offset.reset",
        Kind::String,
        "latest",
        Rule::Any,
        "Where a share group starts in a partition that is new to it.",
    ),
    key(
        "share.record.lock.duration.ms",
        Kind::Int,
        "30000",
        Rule::AtLeast(1000),
        "Time for which a share group gives a record to one member.",
    ),
    key(
        "consumer.heartbeat.interval.ms",
        Kind::Int,
        "5000",
        Rule::AtLeast(1),
        "Time between heartbeats of a member of the consumer protocol.",
    ),
    key(
        "share.session.timeout.ms",
        Kind::Int,
        "45000",
        Rule::AtLeast(1),
        "Silence after which a member of a share group is removed.",
    ),
    key(
        "share.isolation.level",
        Kind::String,
        "read_uncommitted",
        Rule::OneOf(&["read_committed", "read_uncommitted"]),
        "Whether a share group sees records of open and aborted transactions.",
    ),
    key(
        "streams.session.timeout.ms",
        Kind::Int,
        "45000",
        Rule::AtLeast(1),
        "Silence after which a streams member is removed.",
    ),
    key(
        "share.heartbeat.interval.ms",
        Kind::Int,
        "5000",
        Rule::AtLeast(1),
        "Time between heartbeats of a member of a share group.",
    ),
    key(
        "streams.num.standby.replicas",
        Kind::Int,
        "0",
        Rule::AtLeast(0),
        "Standby copies of each task of a streams group.",
    ),
];

/// All keys of client metrics subscriptions (KIP-714, Kafka: `ClientMetricsConfigs`).
pub const CLIENT_METRICS_KEYS: &[Key] = &[
    key(
        "interval.ms",
        Kind::Int,
        "300000",
        Rule::Between(100, 3_600_000),
        "Time between two reports of a client.",
    ),
    key("match", Kind::List, "", Rule::Any, "Which clients report, as name=pattern pairs."),
    key("metrics", Kind::List, "", Rule::Any, "Prefixes of the metrics that are reported; * is all."),
];

//! A node's settings: what its cluster gives it, and Kafka's properties with their defaults.
//!
//! Knows names, types and defaults; decides nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use kr_coordinator::GroupConfig;
use kr_wire::ids::NodeId;

/// Which parts of Kafka a node plays (`process.roles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// `broker,controller`
    Combined,
    /// `broker`
    Broker,
    /// `controller`
    Controller,
}

impl Roles {
    /// Whether the node serves clients.
    pub fn is_broker(self) -> bool {
        self != Self::Controller
    }

    /// Whether the node is in the quorum.
    pub fn is_controller(self) -> bool {
        self != Self::Broker
    }

    /// The value of `process.roles`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Combined => "broker,controller",
            Self::Broker => "broker",
            Self::Controller => "controller",
        }
    }
}

/// A set of timers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Reacts in tens of milliseconds; a closed connection counts as a hint that its node is gone.
    #[default]
    Fast,
    /// Kafka's defaults; only time tells that a node is gone.
    Real,
}

/// A controller of the static quorum (`controller.quorum.voters`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// `node.id` of the controller.
    pub id: NodeId,
    /// Host of its controller listener.
    pub host: String,
    /// Port of its controller listener.
    pub port: u16,
}

/// What a cluster tells one of its nodes.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// `node.id`.
    pub node_id: NodeId,
    /// Cluster id as in `meta.properties`.
    pub cluster_id: String,
    /// `process.roles`.
    pub roles: Roles,
    /// Host that other nodes dial (clients are answered with the address that they dialled).
    pub host: String,
    /// Port of the broker listener, if the node is a broker.
    pub broker_port: u16,
    /// Port of the controller listener, if the node is a controller.
    pub controller_port: u16,
    /// The static quorum, this node included if it is a controller.
    pub voters: Vec<Voter>,
    /// The one data and metadata directory (`log.dirs`), absolute.
    pub log_dir: PathBuf,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Timers where `properties` is silent.
    pub profile: Profile,
    /// Kafka properties given by the user; they win over profile and default.
    pub properties: BTreeMap<String, String>,
    /// Whether and when each planted bug is switched on; only for the simulator.
    #[cfg(feature = "mutants")]
    pub mutants: crate::Mutants,
}

impl NodeConfig {
    /// The least that tells a node apart: no ports, no quorum, no rack, the default profile, no properties.
    pub fn new(node_id: NodeId, cluster_id: String, roles: Roles, log_dir: PathBuf) -> Self {
        Self {
            node_id,
            cluster_id,
            roles,
            host: "127.0.0.1".to_owned(),
            broker_port: 0,
            controller_port: 0,
            voters: Vec::new(),
            log_dir,
            rack: None,
            profile: Profile::default(),
            properties: BTreeMap::new(),
            #[cfg(feature = "mutants")]
            mutants: crate::Mutants::default(),
        }
    }

    /// The static configuration in force: the profile's timers, overruled by the user's properties.
    ///
    /// This is what DescribeConfigs reports as `STATIC_BROKER_CONFIG`.
    pub fn effective_properties(&self) -> BTreeMap<String, String> {
        let profile: &[(&str, &str)] = if self.profile == Profile::Fast { FAST } else { &[] };
        let mut properties: BTreeMap<String, String> =
            profile.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        properties.extend(self.properties.clone());
        properties
    }
}

/// Whether a node acts on a broker property.
///
/// # Errors
/// `None` for a property that Kafka does not have, words for a value that does not fit.
pub fn check_property(name: &str, value: &str) -> Result<bool, Option<String>> {
    let key = kr_metadata::configs::broker_key(name).ok_or(None)?;
    key.check(value).map_err(|bad| {
        let value = bad.value.unwrap_or_default();
        Some(format!("property {name} cannot be {value:?}: {}", bad.reason))
    })?;
    Ok(key.has_effect)
}

/// A property whose value cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("property {name} has the value {value:?}, which is not {expected}")]
pub struct BadProperty {
    /// The property's name.
    pub name: String,
    /// What was given.
    pub value: String,
    /// What would be read.
    pub expected: &'static str,
}

/// The properties that a node acts on itself, read once at start.
///
/// Properties of topics go through `kr_metadata::configs` instead, because they may change at run time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `controller.quorum.election.timeout.ms`
    pub quorum_election_timeout: Duration,
    /// `controller.quorum.fetch.timeout.ms`
    pub quorum_fetch_timeout: Duration,
    /// `controller.quorum.election.backoff.max.ms`
    pub quorum_election_backoff_max: Duration,
    /// `controller.quorum.request.timeout.ms`
    pub quorum_request_timeout: Duration,
    /// `controller.quorum.retry.backoff.ms`
    pub quorum_retry_backoff: Duration,
    /// Whether a closed connection is a hint that its node is gone (profile `fast`).
    pub hints: bool,
    /// `broker.heartbeat.interval.ms`
    pub heartbeat_interval: Duration,
    /// `broker.session.timeout.ms`
    pub session_timeout: Duration,
    /// `replica.lag.time.max.ms`
    pub replica_lag_max: Duration,
    /// `replica.fetch.wait.max.ms`
    pub replica_fetch_wait: Duration,
    /// `replica.fetch.backoff.ms`
    pub replica_fetch_backoff: Duration,
    /// `replica.fetch.max.bytes` (per partition)
    pub replica_fetch_bytes: i32,
    /// `replica.fetch.response.max.bytes`
    pub replica_fetch_response_bytes: i32,
    /// `replica.high.watermark.checkpoint.interval.ms`
    pub high_watermark_checkpoint_interval: Duration,
    /// `log.flush.offset.checkpoint.interval.ms`
    pub recovery_checkpoint_interval: Duration,
    /// `log.retention.check.interval.ms`
    pub retention_check_interval: Duration,
    /// `fetch.max.bytes`
    pub fetch_max_bytes: i32,
    /// `max.incremental.fetch.session.cache.slots`
    pub fetch_sessions: usize,
    /// `auto.create.topics.enable`
    pub auto_create_topics: bool,
    /// `num.partitions`
    pub num_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `offsets.topic.num.partitions`
    pub offsets_topic_partitions: i32,
    /// `offsets.topic.replication.factor`
    pub offsets_topic_replication_factor: i16,
    /// `controlled.shutdown.enable`
    pub controlled_shutdown: bool,
    /// `metadata.max.idle.interval.ms`; `None` for 0, which writes no NoOp records
    pub metadata_max_idle: Option<Duration>,
    /// `metadata.log.max.record.bytes.between.snapshots`
    pub snapshot_bytes: u64,
    /// `metadata.log.max.snapshot.interval.ms`
    pub snapshot_interval: Duration,
    /// `metadata.max.retention.bytes`
    pub metadata_retention_bytes: u64,
    /// `metadata.max.retention.ms`
    pub metadata_retention: Duration,
    /// `group.*`, `offset.*` and `offsets.*` of the group coordinator
    pub groups: GroupConfig,
    /// `initial.broker.registration.timeout.ms`
    pub registration_timeout: Duration,
}

impl Settings {
    /// Reads the settings of a node: user's properties first, then the profile, then Kafka's default.
    ///
    /// # Errors
    /// The first property whose value has the wrong form.
    pub fn read(config: &NodeConfig) -> Result<Self, BadProperty> {
        let effective = config.effective_properties();
        let p = Properties { map: &effective };
        let groups = p.groups()?;
        #[cfg(feature = "mutants")]
        let groups = GroupConfig { mutants: config.mutants.groups, ..groups };
        Ok(Self {
            quorum_election_timeout: p.ms("controller.quorum.election.timeout.ms", 1000)?,
            quorum_fetch_timeout: p.ms("controller.quorum.fetch.timeout.ms", 2000)?,
            quorum_election_backoff_max: p.ms("controller.quorum.election.backoff.max.ms", 1000)?,
            quorum_request_timeout: p.ms("controller.quorum.request.timeout.ms", 2000)?,
            quorum_retry_backoff: p.ms("controller.quorum.retry.backoff.ms", 20)?,
            hints: config.profile == Profile::Fast,
            heartbeat_interval: p.ms("broker.heartbeat.interval.ms", 2000)?,
            session_timeout: p.ms("broker.session.timeout.ms", 9000)?,
            replica_lag_max: p.ms("replica.lag.time.max.ms", 30_000)?,
            replica_fetch_wait: p.ms("replica.fetch.wait.max.ms", 500)?,
            replica_fetch_backoff: p.ms("replica.fetch.backoff.ms", 1000)?,
            replica_fetch_bytes: p.int("replica.fetch.max.bytes", 1_048_576)?,
            replica_fetch_response_bytes: p.int("replica.fetch.response.max.bytes", 10_485_760)?,
            high_watermark_checkpoint_interval: p
                .ms("replica.high.watermark.checkpoint.interval.ms", 5000)?,
            recovery_checkpoint_interval: p.ms("log.flush.offset.checkpoint.interval.ms", 60_000)?,
            retention_check_interval: p.ms("log.retention.check.interval.ms", 300_000)?,
            fetch_max_bytes: p.int("fetch.max.bytes", 57_671_680)?,
            fetch_sessions: p.int("max.incremental.fetch.session.cache.slots", 1000)?.max(0) as usize,
            auto_create_topics: p.bool("auto.create.topics.enable", true)?,
            num_partitions: p.int("num.partitions", 1)?,
            default_replication_factor: p.short("default.replication.factor", 1)?,
            offsets_topic_partitions: p.int("offsets.topic.num.partitions", 50)?,
            offsets_topic_replication_factor: p.short("offsets.topic.replication.factor", 3)?,
            controlled_shutdown: p.bool("controlled.shutdown.enable", true)?,
            metadata_max_idle: Some(p.ms("metadata.max.idle.interval.ms", 500)?)
                .filter(|idle| !idle.is_zero()),
            snapshot_bytes: p.long("metadata.log.max.record.bytes.between.snapshots", 20_971_520)? as u64,
            snapshot_interval: p.ms("metadata.log.max.snapshot.interval.ms", 3_600_000)?,
            metadata_retention_bytes: p.long("metadata.max.retention.bytes", 104_857_600)? as u64,
            metadata_retention: p.ms("metadata.max.retention.ms", 604_800_000)?,
            groups,
            registration_timeout: p.ms("initial.broker.registration.timeout.ms", 60_000)?,
        })
    }
}

/// What the fast profile sets where the user is silent.
const FAST: &[(&str, &str)] = &[
    ("controller.quorum.election.timeout.ms", "100"),
    ("controller.quorum.fetch.timeout.ms", "500"),
    ("controller.quorum.election.backoff.max.ms", "100"),
    ("controller.quorum.request.timeout.ms", "1000"),
    ("controller.quorum.retry.backoff.ms", "10"),
    ("broker.heartbeat.interval.ms", "100"),
    ("broker.session.timeout.ms", "1000"),
    ("replica.lag.time.max.ms", "2000"),
    ("replica.fetch.backoff.ms", "20"),
    ("group.initial.rebalance.delay.ms", "100"),
];

struct Properties<'a> {
    map: &'a BTreeMap<String, String>,
}

impl Properties<'_> {
    fn read<T: std::str::FromStr>(
        &self,
        name: &str,
        default: T,
        expected: &'static str,
    ) -> Result<T, BadProperty> {
        let Some(value) = self.map.get(name) else { return Ok(default) };
        value.trim().parse().map_err(|_| BadProperty {
            name: name.to_owned(),
            value: value.clone(),
            expected,
        })
    }

    fn ms(&self, name: &str, default: u64) -> Result<Duration, BadProperty> {
        self.read(name, default, "a number of milliseconds").map(Duration::from_millis)
    }

    fn int(&self, name: &str, default: i32) -> Result<i32, BadProperty> {
        self.read(name, default, "a 32-bit number")
    }

    fn short(&self, name: &str, default: i16) -> Result<i16, BadProperty> {
        self.read(name, default, "a 16-bit number")
    }

    fn long(&self, name: &str, default: i64) -> Result<i64, BadProperty> {
        let value = self.read(name, default, "a number that is not negative")?;
        if value < 0 {
            return Err(BadProperty {
                name: name.to_owned(),
                value: value.to_string(),
                expected: "a number that is not negative",
            });
        }
        Ok(value)
    }

    fn groups(&self) -> Result<GroupConfig, BadProperty> {
        let retention = self.read("offsets.retention.minutes", 10_080_u64, "a number of minutes")?;
        let size = |bytes: i64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Ok(GroupConfig {
            min_session_timeout: self.ms("group.min.session.timeout.ms", 6000)?,
            max_session_timeout: self.ms("group.max.session.timeout.ms", 1_800_000)?,
            initial_rebalance_delay: self.ms("group.initial.rebalance.delay.ms", 3000)?,
            max_size: size(self.long("group.max.size", i32::MAX.into())?),
            offset_metadata_max_bytes: size(self.long("offset.metadata.max.bytes", 4096)?),
            offsets_retention: Duration::from_secs(retention.saturating_mul(60)),
            offsets_retention_check_interval: self.ms("offsets.retention.check.interval.ms", 600_000)?,
            offsets_commit_timeout: self.ms("offsets.commit.timeout.ms", 5000)?,
            ..GroupConfig::default()
        })
    }

    fn bool(&self, name: &str, default: bool) -> Result<bool, BadProperty> {
        self.read(name, default, "true or false")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(properties: &[(&str, &str)]) -> Result<Settings, BadProperty> {
        let (id, cluster) = (NodeId(1), "c2ltdWxhdGVkLWNsdXN0ZQ".to_owned());
        let mut config = NodeConfig::new(id, cluster, Roles::Combined, PathBuf::from("/data"));
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        config.properties = properties.iter().map(owned).collect();
        Settings::read(&config)
    }

    #[test]
    fn properties_of_groups_reach_the_coordinators() {
        let settings = read(&[
            ("group.min.session.timeout.ms", "100"),
            ("group.max.session.timeout.ms", "200"),
            ("group.initial.rebalance.delay.ms", "300"),
            ("group.max.size", "4"),
            ("offset.metadata.max.bytes", "5"),
            ("offsets.retention.minutes", "6"),
            ("offsets.retention.check.interval.ms", "700"),
            ("offsets.commit.timeout.ms", "800"),
        ])
        .unwrap();
        let expected = GroupConfig {
            min_session_timeout: Duration::from_millis(100),
            max_session_timeout: Duration::from_millis(200),
            initial_rebalance_delay: Duration::from_millis(300),
            max_size: 4,
            offset_metadata_max_bytes: 5,
            offsets_retention: Duration::from_secs(360),
            offsets_retention_check_interval: Duration::from_millis(700),
            offsets_commit_timeout: Duration::from_millis(800),
            ..GroupConfig::default()
        };
        assert_eq!(settings.groups, expected);
    }

    #[test]
    fn groups_are_as_in_kafka_unless_told_otherwise() {
        let delay = Duration::from_millis(100);
        let expected = GroupConfig { initial_rebalance_delay: delay, ..GroupConfig::default() };
        assert_eq!(read(&[]).unwrap().groups, expected);
        assert_eq!(read(&[("group.max.size", "many")]).unwrap_err().name, "group.max.size");
    }
}

//! What the checks are made of: the cluster as it shows itself, asked once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kr_client::admin::{
    ClusterNode, ConfigDetail, ConfigSource, ConfigTarget, GroupListing, LogDir, QuorumStatus, Reassignment,
    TopicPartition,
};
use kr_client::cluster_view::Topic;

use kr_client::versions::Feature;
use kr_client::{Client, Error, Route};
use kr_wire::ids::NodeId;

use crate::error::CliError;
use crate::output::Failure;

/// A config's value and whether somebody set it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: String,
    /// Whether it is set on the topic or broker itself.
    pub is_own: bool,
}

/// Configs by name.
pub type Settings = BTreeMap<String, Setting>;

/// The cluster as it shows itself.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Brokers; fenced ones where the cluster tells.
    pub brokers: Vec<ClusterNode>,
    /// Topics with their partitions.
    pub topics: Vec<Topic>,
    /// Configs of topics.
    pub topic_configs: BTreeMap<String, Settings>,
    /// Configs of brokers that answered.
    pub broker_configs: BTreeMap<NodeId, Settings>,
    /// Directories of brokers that answered.
    pub log_dirs: BTreeMap<NodeId, Vec<LogDir>>,
    /// Brokers that do not answer here, and why.
    pub unreachable: BTreeMap<NodeId, String>,
    /// Features each broker supports.
    pub features: BTreeMap<NodeId, Vec<Feature>>,
    /// The quorum; none on ZooKeeper, or when it was not told.
    pub quorum: Option<QuorumStatus>,
    /// Whether the cluster keeps its metadata in ZooKeeper.
    pub is_zookeeper: bool,
    /// Reassignments under way; none when it cannot be told.
    pub under_way: Option<BTreeMap<TopicPartition, Reassignment>>,
    /// Groups.
    pub groups: Vec<GroupListing>,
    /// The time here when the quorum answered, milliseconds since 1970.
    pub now_ms: i64,
    /// What could not be looked at.
    pub unseen: Vec<Failure>,
}

impl Evidence {
    /// Looks at a cluster. Only what everything else hangs on makes it fail.
    pub async fn gather(client: &Client) -> Result<Self, CliError> {
        let mut evidence = Self { brokers: client.describe_cluster().await?.brokers, ..Self::default() };
        evidence.topics = client.list_topics().await?;
        match client.describe_quorum().await {
            Ok(quorum) => evidence.quorum = Some(quorum),
            Err(Error::Unsupported { .. }) => evidence.is_zookeeper = true,
            Err(error) => evidence.unseen.push(Failure::of("quorum", &error)),
        }
        evidence.now_ms = Timestamp::now().as_millisecond();
        evidence.look_at_brokers(client).await;
        evidence.look_at_configs(client).await?;
        match client.list_reassignments(None).await {
            Ok(under_way) => evidence.under_way = Some(under_way),
            Err(Error::Unsupported { .. }) => {}
            Err(error) => evidence.unseen.push(Failure::of("reassignments", &error)),
        }
        match client.list_groups().await {
            Ok((groups, _)) => evidence.groups = groups,
            Err(error) => evidence.unseen.push(Failure::of("groups", &error)),
        }
        Ok(evidence)
    }

    async fn look_at_brokers(&mut self, client: &Client) {
        let in_service: Vec<NodeId> = self
            .brokers
            .iter()
            .filter(|broker| broker.is_fenced != Some(true))
            .map(|broker| broker.id)
            .collect();
        for broker in &in_service {
            match client.node_versions(Route::Broker(*broker)).await {
                Ok(versions) => {
                    self.features.insert(*broker, versions.features.clone());
                }
                Err(error) => {
                    self.unreachable.insert(*broker, crate::error::with_causes(&error));
                }
            }
        }
        let answering: Vec<NodeId> =
            in_service.into_iter().filter(|broker| !self.unreachable.contains_key(broker)).collect();
        for (broker, dirs) in client.describe_log_dirs(&answering, None).await {
            match dirs {
                Ok(dirs) => {
                    self.log_dirs.insert(broker, dirs);
                }
                Err(error) => {
                    self.unseen.push(Failure::of(format!("directories of broker {broker}"), &error))
                }
            }
        }
    }

    async fn look_at_configs(&mut self, client: &Client) -> Result<(), CliError> {
        let brokers = self.features.keys().copied().map(ConfigTarget::Broker);
        let topics = self.topics.iter().map(|topic| ConfigTarget::Topic(topic.name.clone()));
        let targets: Vec<ConfigTarget> = brokers.chain(topics).collect();
        for (target, described) in client.describe_all_configs(&targets, ConfigDetail::default()).await? {
            let entries = match described {
                Ok(entries) => entries,
                Err(error) => {
                    self.unseen.push(Failure::of(format!("configs of {target}"), &error));
                    continue;
                }
            };
            let settings = entries.into_iter().filter_map(|entry| {
                let is_own = !matches!(entry.source, ConfigSource::Default | ConfigSource::Static)
                    && (entry.source == ConfigSource::Topic || matches!(target, ConfigTarget::Broker(_)));
                Some((entry.name, Setting { value: entry.value?, is_own }))
            });
            let settings = settings.collect();
            match target {
                ConfigTarget::Broker(id) => drop(self.broker_configs.insert(id, settings)),
                ConfigTarget::Topic(name) => drop(self.topic_configs.insert(name, settings)),
                _ => {}
            }
        }
        Ok(())
    }

    /// A topic's config as a number.
    pub fn topic_number(&self, topic: &str, key: &str) -> Option<i64> {
        self.topic_configs.get(topic)?.get(key)?.value.parse().ok()
    }

    /// Brokers in service.
    pub fn in_service(&self) -> impl Iterator<Item = &ClusterNode> {
        self.brokers.iter().filter(|broker| broker.is_fenced != Some(true))
    }

    /// Every topic with each of its partitions.
    pub fn partitions(&self) -> impl Iterator<Item = (&Topic, &kr_client::cluster_view::Partition)> {
        self.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)))
    }
}

//! How much is in topics: records, bytes, and what the settings demand of their replicas.
//!
//! Everything here is best effort: what a broker does not tell is unknown, and no failure of the command.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_client::Client;
use kr_client::admin::{At, ConfigDetail, ConfigTarget, FoundOffset, LogDirs, TopicPartition};
use kr_client::cluster_view::{Partition, Topic};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{NodeId, Offset};

/// The config that says how many replicas must have a record before it is acknowledged (acks=all).
const MIN_ISR: &[&str] = &["min.insync.replicas"];

/// Offsets of partitions; those that are not known are left out.
pub type Offsets = BTreeMap<TopicPartition, Offset>;

/// Names all partitions of topics.
pub fn places<'a>(topics: impl IntoIterator<Item = &'a Topic>) -> Vec<TopicPartition> {
    let place = |topic: &Topic| {
        let name: Arc<str> = topic.name.as_str().into();
        let place = |partition: &Partition| TopicPartition::new(Arc::clone(&name), partition.id);
        topic.partitions.iter().map(place).collect::<Vec<_>>()
    };
    topics.into_iter().flat_map(place).collect()
}

/// Looks one place up in many partitions; those without a leader are left out at once.
pub async fn offsets(client: &Client, places: &[TopicPartition], at: At) -> Offsets {
    let wanted: Vec<_> = places.iter().map(|place| (place.clone(), at)).collect();
    let found = client.offsets_now(&wanted, IsolationLevel::ReadUncommitted).await;
    let known = |(place, found): (TopicPartition, Result<FoundOffset, kr_client::Error>)| {
        Some((place, found.ok()?.offset?))
    };
    found.into_iter().filter_map(known).collect()
}

/// Where partitions begin and end.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    /// The first offset that is there.
    pub starts: Offsets,
    /// The offset after the last record.
    pub ends: Offsets,
}

impl Ends {
    /// Asks for both.
    pub async fn of(client: &Client, places: &[TopicPartition]) -> Self {
        let (starts, ends) =
            tokio::join!(offsets(client, places, At::Earliest), offsets(client, places, At::Latest));
        Self { starts, ends }
    }

    /// Offsets between start and end: at most this many records, because compaction and markers of transactions
    /// leave gaps. Unknown when one partition is.
    pub fn records(&self, topic: &Topic) -> Option<i64> {
        let records =
            |place: TopicPartition| Some((*self.ends.get(&place)? - *self.starts.get(&place)?).max(0));
        places([topic]).into_iter().map(records).sum()
    }
}

/// Bytes of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicBytes {
    /// Of the leaders alone; none when one is not known.
    pub leaders: Option<u64>,
    /// Of all replicas; none when one is not known.
    pub replicas: Option<u64>,
}

/// Bytes of every replica of topics, by broker.
#[derive(Debug, Default)]
pub struct ReplicaBytes(BTreeMap<(NodeId, TopicPartition), u64>);

impl ReplicaBytes {
    /// Asks every broker that holds a replica; gives what brokers did not tell as well.
    pub async fn of(client: &Client, topics: &[&Topic]) -> (Self, Vec<(NodeId, kr_client::Error)>) {
        let replicas = topics.iter().flat_map(|topic| &topic.partitions).flat_map(|p| &p.replicas);
        let holders: BTreeSet<NodeId> = replicas.copied().collect();
        let live: BTreeSet<NodeId> = client.view().brokers().map(|broker| broker.id).collect();
        let brokers: Vec<NodeId> = holders.intersection(&live).copied().collect();
        let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
        Self::from_dirs(client.describe_log_dirs(&brokers, Some(&names)).await)
    }

    fn from_dirs(dirs: LogDirs) -> (Self, Vec<(NodeId, kr_client::Error)>) {
        let (mut bytes, mut failed) = (BTreeMap::new(), Vec::new());
        for (broker, dirs) in dirs {
            match dirs {
                Ok(dirs) => {
                    let replicas = dirs.into_iter().flat_map(|dir| dir.replicas);
                    for replica in replicas.filter(|replica| !replica.is_future) {
                        let size = u64::try_from(replica.bytes).unwrap_or(0);
                        bytes.insert((broker, replica.partition), size);
                    }
                }
                Err(error) => failed.push((broker, error)),
            }
        }
        (Self(bytes), failed)
    }

    /// Bytes of one replica.
    pub fn get(&self, broker: NodeId, place: &TopicPartition) -> Option<u64> {
        self.0.get(&(broker, place.clone())).copied()
    }

    /// Bytes of a topic.
    pub fn topic(&self, topic: &Topic) -> TopicBytes {
        let name: Arc<str> = topic.name.as_str().into();
        let place = |partition: &Partition| TopicPartition::new(Arc::clone(&name), partition.id);
        let leader = |p: &Partition| self.get(p.leader?, &place(p));
        let all =
            |p: &Partition| p.replicas.iter().map(|node| self.get(*node, &place(p))).sum::<Option<u64>>();
        TopicBytes {
            leaders: topic.partitions.iter().map(leader).sum(),
            replicas: topic.partitions.iter().map(all).sum(),
        }
    }
}

/// `min.insync.replicas` of topics by name; those that are not known are left out.
pub async fn min_isr(client: &Client, topics: &[&Topic]) -> BTreeMap<String, usize> {
    let targets: Vec<ConfigTarget> = topics.iter().map(|t| ConfigTarget::Topic(t.name.clone())).collect();
    let detail = ConfigDetail { keys: Some(MIN_ISR), ..ConfigDetail::default() };
    let described = client.describe_all_configs(&targets, detail).await.unwrap_or_default();
    let known = |(target, configs): (ConfigTarget, Result<Vec<_>, _>)| {
        let ConfigTarget::Topic(name) = target else { return None };
        let configs: Vec<kr_client::admin::ConfigEntry> = configs.ok()?;
        let config = configs.into_iter().find(|config| MIN_ISR.contains(&config.name.as_str()))?;
        Some((name, config.value?.parse().ok()?))
    };
    described.into_iter().filter_map(known).collect()
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::PartitionId;

    use super::*;

    fn topic() -> Topic {
        let partition = |id, leader: Option<i32>| Partition {
            id: PartitionId(id),
            leader: leader.map(NodeId),
            leader_epoch: None,
            replicas: vec![NodeId(1), NodeId(2)],
            isr: vec![NodeId(1)],
            offline: Vec::new(),
        };
        Topic {
            name: "t".to_owned(),
            id: None,
            is_internal: false,
            partitions: vec![partition(0, Some(1)), partition(1, Some(2))],
        }
    }

    #[test]
    fn sums_are_unknown_when_a_part_is() {
        let place = |id| TopicPartition::new("t", PartitionId(id));
        let mut bytes = ReplicaBytes::default();
        bytes.0.extend([
            ((NodeId(1), place(0)), 10),
            ((NodeId(2), place(1)), 20),
            ((NodeId(1), place(1)), 5),
        ]);
        assert_eq!(bytes.topic(&topic()), TopicBytes { leaders: Some(30), replicas: None });
        bytes.0.insert((NodeId(2), place(0)), 4);
        assert_eq!(bytes.topic(&topic()), TopicBytes { leaders: Some(30), replicas: Some(39) });

        let mut ends = Ends::default();
        ends.starts.extend([(place(0), Offset(3)), (place(1), Offset(0))]);
        ends.ends.insert(place(0), Offset(10));
        assert_eq!(ends.records(&topic()), None);
        ends.ends.insert(place(1), Offset(1));
        assert_eq!(ends.records(&topic()), Some(8));
    }
}

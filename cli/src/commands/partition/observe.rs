//! What each replica of partitions has, as its own broker says: end of its log, bytes, directory.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::Client;
use kr_client::admin::{At, LogDirs, TopicPartition};
use kr_client::cluster_view::{Partition, Topic};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::JoinSet;

/// A replica as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplicaRow {
    /// The broker that holds it.
    pub broker: i32,
    /// Whether it leads.
    pub leader: bool,
    /// Whether it is in sync.
    pub in_sync: bool,
    /// Whether its broker is part of the cluster now.
    pub alive: bool,
    /// Whether its broker is registered but not in service; null when the cluster does not tell (before 4.0).
    pub fenced: Option<bool>,
    /// The end of its own log; null when its broker did not tell.
    pub end_offset: Option<i64>,
    /// Records between its end and the leader's; null when either is not known.
    pub behind: Option<i64>,
    /// Bytes of its segments; null when its broker did not tell.
    pub bytes: Option<u64>,
    /// Its directory; null when its broker did not tell.
    pub directory: Option<String>,
    /// What is wrong with it as far as its broker can be asked: a failed directory, an unreachable broker.
    pub trouble: Option<String>,
}

/// Replicas of partitions, in the order of the replica list.
pub type Replicas = BTreeMap<TopicPartition, Vec<ReplicaRow>>;

/// Asks all brokers that hold replicas of the partitions, all at once and each once.
pub async fn replicas(client: &Client, topics: &[Topic], places: &[TopicPartition]) -> Replicas {
    let known: BTreeMap<&str, &Topic> = topics.iter().map(|topic| (topic.name.as_str(), topic)).collect();
    let partition =
        |place: &TopicPartition| known.get(&*place.topic).and_then(|topic| topic.partition(place.partition));
    let fenced: BTreeMap<NodeId, Option<bool>> = match client.describe_cluster().await {
        Ok(cluster) => cluster.brokers.into_iter().map(|broker| (broker.id, broker.is_fenced)).collect(),
        Err(_) => BTreeMap::new(),
    };
    let live: BTreeSet<NodeId> = client.view().brokers().map(|broker| broker.id).collect();
    let mut by_broker: BTreeMap<NodeId, Vec<TopicPartition>> = BTreeMap::new();
    for place in places {
        for node in partition(place).into_iter().flat_map(|partition| &partition.replicas) {
            if live.contains(node) {
                by_broker.entry(*node).or_default().push(place.clone());
            }
        }
    }
    let brokers: Vec<NodeId> = by_broker.keys().copied().collect();
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let (ends, dirs) =
        tokio::join!(ends(client, by_broker), client.describe_log_dirs(&brokers, Some(&names)));
    let dirs = dirs_by_replica(dirs);
    let seen = |place: &TopicPartition| {
        let partition = partition(place)?;
        let look = |node: &NodeId| look(place, partition, *node, &ends, &dirs, &fenced, &live);
        let mut rows: Vec<ReplicaRow> = partition.replicas.iter().map(look).collect();
        let end = rows.iter().find(|row| row.leader).and_then(|row| row.end_offset);
        for row in &mut rows {
            row.behind = end.zip(row.end_offset).map(|(end, own)| (end - own).max(0));
        }
        Some((place.clone(), rows))
    };
    places.iter().filter_map(seen).collect()
}

type EndsSeen = BTreeMap<(NodeId, TopicPartition), Result<i64, String>>;
type DirsSeen = BTreeMap<(NodeId, TopicPartition), (String, u64)>;

/// Directories by replica, and what is wrong with the directories of a broker.
struct Dirs {
    replicas: DirsSeen,
    trouble: BTreeMap<NodeId, String>,
}

fn look(
    place: &TopicPartition,
    partition: &Partition,
    node: NodeId,
    ends: &EndsSeen,
    dirs: &Dirs,
    fenced: &BTreeMap<NodeId, Option<bool>>,
    live: &BTreeSet<NodeId>,
) -> ReplicaRow {
    let key = (node, place.clone());
    let end = ends.get(&key);
    let dir = dirs.replicas.get(&key);
    let is_fenced = fenced.get(&node).copied().flatten();
    let failed_dir = dirs.trouble.get(&node).filter(|_| dir.is_none()).cloned();
    ReplicaRow {
        broker: node.0,
        leader: partition.leader == Some(node),
        in_sync: partition.isr.contains(&node),
        alive: live.contains(&node) && is_fenced != Some(true),
        fenced: is_fenced,
        end_offset: end.and_then(|end| end.as_ref().ok()).copied(),
        behind: None,
        bytes: dir.map(|(_, bytes)| *bytes),
        directory: dir.map(|(path, _)| path.clone()),
        trouble: failed_dir.or_else(|| end.and_then(|end| end.as_ref().err()).cloned()),
    }
}

async fn ends(client: &Client, by_broker: BTreeMap<NodeId, Vec<TopicPartition>>) -> EndsSeen {
    let mut asked = JoinSet::new();
    for (broker, places) in by_broker {
        let client = client.clone();
        let places: Vec<_> = places.into_iter().map(|place| (place, At::Latest)).collect();
        asked.spawn(async move { (broker, client.offsets_of_replica(broker, &places).await) });
    }
    let mut seen = EndsSeen::new();
    while let Some(answered) = asked.join_next().await {
        let Ok((broker, found)) = answered else { continue };
        for (place, found) in found {
            let end = match found {
                Ok(found) => found.offset.map(|offset| offset.0).ok_or_else(|| "it has no end".to_owned()),
                Err(error) => Err(crate::error::with_causes(&error)),
            };
            seen.insert((broker, place), end);
        }
    }
    seen
}

fn dirs_by_replica(dirs: LogDirs) -> Dirs {
    let mut found = Dirs { replicas: DirsSeen::new(), trouble: BTreeMap::new() };
    for (broker, dirs) in dirs {
        for dir in dirs.into_iter().flatten() {
            if let Some(error) = &dir.failure {
                found.trouble.insert(broker, crate::error::with_causes(error));
            }
            for replica in dir.replicas.into_iter().filter(|replica| !replica.is_future) {
                let bytes = u64::try_from(replica.bytes).unwrap_or(0);
                found.replicas.insert((broker, replica.partition), (dir.path.clone(), bytes));
            }
        }
    }
    found
}

//! Directories of brokers: what lies in them, how full they are, and moves between them (KIP-113, KIP-827).

use std::collections::BTreeMap;

use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::alter_replica_log_dirs_request::{AlterReplicaLogDir, AlterReplicaLogDirTopic};
use kr_wire::messages::describe_log_dirs_request::DescribableLogDirTopic;
use kr_wire::messages::{AlterReplicaLogDirsRequest, DescribeLogDirsRequest, TopicName};
use tokio::task::JoinSet;

use super::groups::TopicPartition;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// A directory of a broker.
#[derive(Debug)]
pub struct LogDir {
    /// Its path on the broker.
    pub path: String,
    /// Why it cannot be used, when it cannot.
    pub failure: Option<Error>,
    /// Bytes of its volume; none on clusters older than 3.3.
    pub total_bytes: Option<i64>,
    /// Bytes that are free there; none on clusters older than 3.3.
    pub usable_bytes: Option<i64>,
    /// What lies in it.
    pub replicas: Vec<LogDirReplica>,
}

/// A replica in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDirReplica {
    /// The partition.
    pub partition: TopicPartition,
    /// Bytes of its segments.
    pub bytes: i64,
    /// Records behind the high watermark; for a replica on its way, behind the one it will replace.
    pub offset_lag: i64,
    /// Whether it is on its way to this directory and will replace the one in use.
    pub is_future: bool,
}

/// Directories of brokers, or why a broker did not tell.
pub type LogDirs = BTreeMap<NodeId, Result<Vec<LogDir>, Error>>;

impl Client {
    /// Directories of these brokers, asked all at once. `topics` narrows the replicas; all without.
    pub async fn describe_log_dirs(&self, brokers: &[NodeId], topics: Option<&[String]>) -> LogDirs {
        let mut asked = JoinSet::new();
        for broker in brokers {
            let (client, broker) = (self.clone(), *broker);
            let topics = topics.map(<[String]>::to_vec);
            asked.spawn(async move { (broker, client.log_dirs_of(broker, topics.as_deref()).await) });
        }
        let mut found = LogDirs::new();
        while let Some(answered) = asked.join_next().await {
            found.extend(answered.ok());
        }
        found
    }

    async fn log_dirs_of(&self, broker: NodeId, topics: Option<&[String]>) -> Result<Vec<LogDir>, Error> {
        let what = format!("describe the directories of broker {broker}");
        let topics = match topics {
            None => None,
            Some(topics) => {
                let partitions = self.partitions_of(topics);
                Some(
                    topics
                        .iter()
                        .map(|name| {
                            DescribableLogDirTopic::default()
                                .with_topic(TopicName(text(name)))
                                .with_partitions(partitions.get(name).cloned().unwrap_or_default())
                        })
                        .collect::<Vec<_>>(),
                )
            }
        };
        let build = |_| DescribeLogDirsRequest::default().with_topics(topics.clone());
        let check = |response: &kr_wire::messages::DescribeLogDirsResponse| {
            checked(what.clone(), response.error_code, None)
        };
        let answer = self.request(Route::Broker(broker), &what, build, check).await?;
        let dir = |result: kr_wire::messages::describe_log_dirs_response::DescribeLogDirsResult| {
            let path = result.log_dir.as_str().to_owned();
            let failure =
                checked(format!("use directory {path} of broker {broker}"), result.error_code, None);
            let replicas = result.topics.into_iter().flat_map(|topic| {
                let replica = move |partition: kr_wire::messages::describe_log_dirs_response::DescribeLogDirsPartition| {
                    LogDirReplica {
                        partition: TopicPartition::new(
                            topic.name.as_str(),
                            PartitionId(partition.partition_index),
                        ),
                        bytes: partition.partition_size,
                        offset_lag: partition.offset_lag,
                        is_future: partition.is_future_key,
                    }
                };
                topic.partitions.into_iter().map(replica).collect::<Vec<_>>()
            });
            LogDir {
                failure: failure.err(),
                total_bytes: Some(result.total_bytes).filter(|bytes| *bytes >= 0),
                usable_bytes: Some(result.usable_bytes).filter(|bytes| *bytes >= 0),
                replicas: replicas.collect(),
                path,
            }
        };
        Ok(answer.response.results.into_iter().map(dir).collect())
    }

    /// The indexes of the partitions of topics as they are known.
    fn partitions_of(&self, topics: &[String]) -> BTreeMap<String, Vec<i32>> {
        let view = self.view();
        let known = topics.iter().filter_map(|name| view.topic(name));
        known.map(|topic| (topic.name.clone(), topic.partitions.iter().map(|p| p.id.0).collect())).collect()
    }

    /// Moves replicas of a broker to other directories of it; goes on after the answer.
    pub async fn move_replicas(
        &self,
        broker: NodeId,
        moves: &BTreeMap<TopicPartition, String>,
    ) -> Result<BTreeMap<TopicPartition, Result<(), Error>>, Error> {
        let what = format!("move replicas of broker {broker}");
        let mut dirs: BTreeMap<&str, BTreeMap<&str, Vec<i32>>> = BTreeMap::new();
        for (name, path) in moves {
            dirs.entry(path).or_default().entry(&name.topic).or_default().push(name.partition.0);
        }
        let topic = |(name, partitions): (&&str, &Vec<i32>)| {
            AlterReplicaLogDirTopic::default()
                .with_name(TopicName(text(name)))
                .with_partitions(partitions.clone())
        };
        let dir = |(path, topics): (&&str, &BTreeMap<&str, Vec<i32>>)| {
            AlterReplicaLogDir::default()
                .with_path(text(path))
                .with_topics(topics.iter().map(topic).collect())
        };
        let build = |_| AlterReplicaLogDirsRequest::default().with_dirs(dirs.iter().map(dir).collect());
        let answer = self.request(Route::Broker(broker), &what, build, |_| Ok(())).await?;
        let mut results = BTreeMap::new();
        for topic in answer.response.results {
            for partition in topic.partitions {
                let name =
                    TopicPartition::new(topic.topic_name.as_str(), PartitionId(partition.partition_index));
                let what = format!("move {name} of broker {broker}");
                results.insert(name, checked(what, partition.error_code, None));
            }
        }
        Ok(results)
    }
}

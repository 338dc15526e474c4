//! The file of a plan: the JSON of Apache Kafka's `kafka-reassign-partitions`, read and written.
//!
//! ```json
//! {"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2,3],"log_dirs":["any","any","any"]}]}
//! ```

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::TopicPartition;
use kr_wire::ids::{NodeId, PartitionId};
use serde::{Deserialize, Serialize};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is not JSON, or not of this shape.
    #[error("it is not the JSON of a reassignment: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version.
    #[error("version {0} is not known, only 1 is")]
    Version(i32),
    /// A partition that stands in it twice.
    #[error("{0} stands in it twice")]
    Twice(TopicPartition),
    /// A partition without replicas.
    #[error("{0} has no replicas")]
    Empty(TopicPartition),
    /// A broker that stands in a list twice.
    #[error("{0} has broker {1} twice")]
    Broker(TopicPartition, NodeId),
    /// As many directories as replicas are wanted.
    #[error("{0} has {1} replicas and {2} log_dirs")]
    Directories(TopicPartition, usize, usize),
    /// Nothing is in it.
    #[error("there is no partition in it")]
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: i32,
    partitions: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    topic: String,
    partition: i32,
    replicas: Vec<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log_dirs: Vec<String>,
}

/// Where a partition is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Replicas, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The directory of each replica that is to be in a certain one.
    pub directories: BTreeMap<NodeId, String>,
}

/// Reads a file.
pub fn read_file(text: &str) -> Result<BTreeMap<TopicPartition, Wanted>, FileError> {
    let document: Document = serde_json::from_str(text)?;
    if document.version != 1 {
        return Err(FileError::Version(document.version));
    }
    let mut wanted = BTreeMap::new();
    for row in document.partitions {
        let name = TopicPartition::new(row.topic.as_str(), PartitionId(row.partition));
        let replicas: Vec<NodeId> = row.replicas.iter().copied().map(NodeId).collect();
        let mut seen = BTreeSet::new();
        if replicas.is_empty() {
            return Err(FileError::Empty(name));
        }
        if let Some(twice) = replicas.iter().find(|node| !seen.insert(**node)) {
            return Err(FileError::Broker(name, *twice));
        }
        if !row.log_dirs.is_empty() && row.log_dirs.len() != replicas.len() {
            return Err(FileError::Directories(name, replicas.len(), row.log_dirs.len()));
        }
        let directories =
            replicas.iter().copied().zip(row.log_dirs).filter(|(_, directory)| directory != "any").collect();
        if wanted.insert(name.clone(), Wanted { replicas, directories }).is_some() {
            return Err(FileError::Twice(name));
        }
    }
    if wanted.is_empty() { Err(FileError::Nothing) } else { Ok(wanted) }
}

/// Writes a file that Apache Kafka's tool takes.
pub fn write_file<'a>(partitions: impl IntoIterator<Item = (&'a TopicPartition, &'a [NodeId])>) -> String {
    let row = |(name, replicas): (&TopicPartition, &[NodeId])| Row {
        topic: name.topic.to_string(),
        partition: name.partition.0,
        replicas: replicas.iter().map(|node| node.0).collect(),
        log_dirs: vec!["any".to_owned(); replicas.len()],
    };
    let document = Document { version: 1, partitions: partitions.into_iter().map(row).collect() };
    serde_json::to_string(&document).unwrap_or_default()
}

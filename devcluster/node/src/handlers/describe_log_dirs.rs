//! DescribeLogDirs: how much of the log directory the partitions take.
//!
//! versions: 1-4
//! behaviours: all hosted partitions or those asked for; size of the file system and what is left (v4)
//! kips: 113, 827
//! left out: more than one log directory, and with it replicas on their way to another; authorisation

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::describe_log_dirs_request::DescribableLogDirTopic;
use kr_wire::messages::describe_log_dirs_response::{
    DescribeLogDirsPartition, DescribeLogDirsResult, DescribeLogDirsTopic,
};
use kr_wire::messages::{DescribeLogDirsRequest, DescribeLogDirsResponse, TopicName};

use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// First version with the space of the file system.
const FIRST_WITH_SPACE: i16 = 4;

/// Handles DescribeLogDirs.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &DescribeLogDirsRequest) -> Answer {
    let filter = Filter::new(request.topics.as_deref());
    let mut topics: BTreeMap<&str, Vec<DescribeLogDirsPartition>> = BTreeMap::new();
    for partition in node.broker.iter().flat_map(|b| b.replicas.iter()) {
        let index = partition.key.partition.0;
        if filter.wants(&partition.topic, index) {
            let described = DescribeLogDirsPartition::default()
                .with_partition_index(index)
                .with_partition_size(i64::try_from(partition.log.size_bytes()).unwrap_or(i64::MAX));
            topics.entry(&partition.topic).or_default().push(described);
        }
    }
    let topics = topics.into_iter().map(|(name, partitions)| {
        let name = TopicName(StrBytes::from_string(name.to_owned()));
        DescribeLogDirsTopic::default().with_name(name).with_partitions(partitions)
    });
    let dir = &node.config.log_dir;
    let mut result = DescribeLogDirsResult::default()
        .with_log_dir(StrBytes::from_string(dir.display().to_string()))
        .with_topics(topics.collect());
    // A file system that does not tell its size leaves both at -1, which is Kafka's "unknown".
    if ctx.version >= FIRST_WITH_SPACE
        && let Ok(space) = node.disk.free_space(dir)
    {
        result.total_bytes = i64::try_from(space.total).unwrap_or(i64::MAX);
        result.usable_bytes = i64::try_from(space.usable).unwrap_or(i64::MAX);
    }
    let response = DescribeLogDirsResponse::default().with_results(vec![result]);
    Answer::now(ResponseKind::DescribeLogDirs(response))
}

/// The partitions asked for.
struct Filter<'a> {
    /// `None` for all.
    asked: Option<BTreeMap<&'a str, BTreeSet<i32>>>,
}

impl<'a> Filter<'a> {
    fn new(topics: Option<&'a [DescribableLogDirTopic]>) -> Self {
        let asked = topics.map(|topics| {
            let mut asked: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
            for topic in topics {
                asked.entry(topic.topic.as_str()).or_default().extend(&topic.partitions);
            }
            asked
        });
        Self { asked }
    }

    fn wants(&self, topic: &str, partition: i32) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.get(topic).is_some_and(|p| p.contains(&partition)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_topics_ask_for_all_and_an_empty_list_for_none() {
        assert!(Filter::new(None).wants("a", 3));
        assert!(!Filter::new(Some(&[])).wants("a", 3));
    }

    #[test]
    fn partitions_of_a_topic_are_asked_for_one_by_one() {
        let topic = DescribableLogDirTopic::default()
            .with_topic(TopicName(StrBytes::from_static_str("a")))
            .with_partitions(vec![1, 2]);
        let topics = [topic];
        let filter = Filter::new(Some(&topics));
        assert!(filter.wants("a", 1));
        assert!(!filter.wants("a", 0));
        assert!(!filter.wants("b", 1));
    }
}

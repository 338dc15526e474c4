//! Replicas that may lead though they are out of sync (ELR, KIP-966), as DescribeTopicPartitions tells them
//! (Kafka 3.8 and newer). Everything else about partitions is in Metadata, which clusters of all ages serve.

use std::collections::BTreeMap;

use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::describe_topic_partitions_request::{Cursor, TopicRequest};
use kr_wire::messages::describe_topic_partitions_response::DescribeTopicPartitionsResponsePartition;
use kr_wire::messages::{BrokerId, DescribeTopicPartitionsRequest, TopicName};

use super::groups::TopicPartition;
use super::text;
use crate::Client;
use crate::calls::Call;
use crate::error::Error;
use crate::routing::Route;

/// Partitions asked for at a time (`DescribeTopicPartitionsRequest.ResponsePartitionLimit`, Kafka's default).
const PARTITIONS_AT_A_TIME: i32 = 2000;

/// Replicas of a partition that are not in sync and still have all that was committed, as far as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EligibleReplicas {
    /// They have it, and may lead without a loss; none when the cluster does not keep them.
    pub eligible: Option<Vec<NodeId>>,
    /// They had it before they ended uncleanly; none when the cluster does not keep them.
    pub last_known: Option<Vec<NodeId>>,
}

impl Client {
    /// Eligible replicas of the partitions of topics; `None` when the cluster is too old to tell.
    pub async fn eligible_replicas(
        &self,
        topics: &[&str],
    ) -> Result<Option<BTreeMap<TopicPartition, EligibleReplicas>>, Error> {
        let what = "describe partitions";
        let versions = self.node_versions(Route::Any).await?;
        if versions.range(DescribeTopicPartitionsRequest::KEY).is_none() || topics.is_empty() {
            return Ok(None);
        }
        // The broker goes through topics by name, and a cursor continues in that order.
        let mut names = topics.to_vec();
        names.sort_unstable();
        names.dedup();
        let topic = |name: &&str| TopicRequest::default().with_name(TopicName(text(name)));
        let wanted: Vec<TopicRequest> = names.iter().map(topic).collect();
        let mut found = BTreeMap::new();
        let mut cursor: Option<Cursor> = None;
        loop {
            let build = |_| {
                DescribeTopicPartitionsRequest::default()
                    .with_topics(wanted.clone())
                    .with_response_partition_limit(PARTITIONS_AT_A_TIME)
                    .with_cursor(cursor.clone())
            };
            let response = self.request(Route::Any, what, build, |_| Ok(())).await?.response;
            for topic in &response.topics {
                let Some(name) = &topic.name else { continue };
                for partition in &topic.partitions {
                    let place = TopicPartition::new(name.as_str(), PartitionId(partition.partition_index));
                    found.insert(place, eligible(partition));
                }
            }
            let next = response.next_cursor.map(|next| {
                Cursor::default().with_topic_name(next.topic_name).with_partition_index(next.partition_index)
            });
            // A broker that sends the same place again would be asked for ever.
            if next.is_none() || next == cursor {
                return Ok(Some(found));
            }
            cursor = next;
        }
    }
}

fn eligible(partition: &DescribeTopicPartitionsResponsePartition) -> EligibleReplicas {
    let nodes = |ids: &Vec<BrokerId>| ids.iter().map(|id| NodeId(id.0)).collect();
    EligibleReplicas {
        eligible: partition.eligible_leader_replicas.as_ref().map(nodes),
        last_known: partition.last_known_elr.as_ref().map(nodes),
    }
}

//! Reassignments: which replicas partitions are to have, and what is under way (KIP-455; Kafka 2.4 and newer).

use std::collections::BTreeMap;

use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic};
use kr_wire::messages::list_partition_reassignments_request::ListPartitionReassignmentsTopics;
use kr_wire::messages::{
    AlterPartitionReassignmentsRequest, BrokerId, ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse, TopicName,
};

use super::groups::TopicPartition;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// A reassignment under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassignment {
    /// All replicas, those that come and those that go included.
    pub replicas: Vec<NodeId>,
    /// Replicas that come.
    pub adding: Vec<NodeId>,
    /// Replicas that go when the others are in sync.
    pub removing: Vec<NodeId>,
}

impl Reassignment {
    /// The replicas that stay and come: what the partition will have.
    pub fn target(&self) -> Vec<NodeId> {
        self.replicas.iter().copied().filter(|node| !self.removing.contains(node)).collect()
    }
}

impl Client {
    /// Gives partitions new replicas, the preferred leader first; `None` stops what is under way. Every
    /// partition is in the answer.
    pub async fn alter_reassignments(
        &self,
        wanted: &BTreeMap<TopicPartition, Option<Vec<NodeId>>>,
    ) -> Result<BTreeMap<TopicPartition, Result<(), Error>>, Error> {
        let what = "reassign partitions";
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let mut topics: BTreeMap<&str, Vec<ReassignablePartition>> = BTreeMap::new();
        for (name, replicas) in wanted {
            let ids =
                replicas.as_ref().map(|replicas| replicas.iter().map(|node| BrokerId(node.0)).collect());
            let partition =
                ReassignablePartition::default().with_partition_index(name.partition.0).with_replicas(ids);
            topics.entry(&name.topic).or_default().push(partition);
        }
        let topics: Vec<ReassignableTopic> = topics
            .into_iter()
            .map(|(name, partitions)| {
                ReassignableTopic::default().with_name(TopicName(text(name))).with_partitions(partitions)
            })
            .collect();
        let build = |_| {
            AlterPartitionReassignmentsRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_topics(topics.clone())
        };
        let answer = self
            .request(Route::Controller, what, build, |response| {
                checked(what, response.error_code, response.error_message.as_ref())
            })
            .await?;
        let mut results = BTreeMap::new();
        for topic in answer.response.responses {
            for partition in topic.partitions {
                let name = TopicPartition::new(topic.name.as_str(), PartitionId(partition.partition_index));
                let what = format!("reassign {name}");
                let result = checked(what, partition.error_code, partition.error_message.as_ref());
                results.insert(name, result);
            }
        }
        for name in wanted.keys() {
            results.entry(name.clone()).or_insert_with(|| {
                let reason = "the answer leaves it out".to_owned();
                Err(Error::Records { what: format!("reassign {name}"), reason })
            });
        }
        Ok(results)
    }

    /// Reassignments under way, of these partitions or of all.
    pub async fn list_reassignments(
        &self,
        partitions: Option<&[TopicPartition]>,
    ) -> Result<BTreeMap<TopicPartition, Reassignment>, Error> {
        let what = "list reassignments";
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let topics = partitions.map(|partitions| {
            let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
            for name in partitions {
                topics.entry(&name.topic).or_default().push(name.partition.0);
            }
            let topic = |(name, indexes): (&str, Vec<i32>)| {
                ListPartitionReassignmentsTopics::default()
                    .with_name(TopicName(text(name)))
                    .with_partition_indexes(indexes)
            };
            topics.into_iter().map(topic).collect::<Vec<_>>()
        });
        let build = |_| {
            ListPartitionReassignmentsRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_topics(topics.clone())
        };
        let answer = self
            .request(Route::Controller, what, build, |response| {
                checked(what, response.error_code, response.error_message.as_ref())
            })
            .await?;
        Ok(under_way(answer.response))
    }

    /// All reassignments under way, asked once, on a connection where nothing else waits behind it: without a
    /// leader of the quorum the answer is long in coming.
    pub async fn list_reassignments_now(&self) -> Result<BTreeMap<TopicPartition, Reassignment>, Error> {
        let wait = self.options().request_timeout.min(self.options().timeout);
        let timeout_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
        let build =
            |_| ListPartitionReassignmentsRequest::default().with_timeout_ms(timeout_ms).with_topics(None);
        let response = self.once(Route::Controller, Lane::Forwarded, wait, build).await?.response;
        checked("list reassignments", response.error_code, response.error_message.as_ref())?;
        Ok(under_way(response))
    }
}

fn under_way(response: ListPartitionReassignmentsResponse) -> BTreeMap<TopicPartition, Reassignment> {
    let mut found = BTreeMap::new();
    let nodes = |ids: Vec<BrokerId>| ids.into_iter().map(|id| NodeId(id.0)).collect();
    for topic in response.topics {
        for partition in topic.partitions {
            let name = TopicPartition::new(topic.name.as_str(), PartitionId(partition.partition_index));
            let reassignment = Reassignment {
                replicas: nodes(partition.replicas),
                adding: nodes(partition.adding_replicas),
                removing: nodes(partition.removing_replicas),
            };
            found.insert(name, reassignment);
        }
    }
    found
}

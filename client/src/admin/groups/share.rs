//! Start offsets of share groups (KIP-932): the first record of each partition that is not done with.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use kr_wire::messages::alter_share_group_offsets_request::{
    AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
};
use kr_wire::messages::delete_share_group_offsets_request::DeleteShareGroupOffsetsRequestTopic;
use kr_wire::messages::describe_share_group_offsets_request::DescribeShareGroupOffsetsRequestGroup;
use kr_wire::messages::describe_share_group_offsets_response::DescribeShareGroupOffsetsResponseGroup;
use kr_wire::messages::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse, DeleteShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequest, GroupId, TopicName,
};

use super::super::{checked, text};
use super::committed::{CommittedOffset, Offsets};
use super::coordinators::PerGroup;
use super::{TopicPartition, by_topic, is_of_coordinator};
use crate::Client;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

impl Client {
    /// Start offsets of share groups; every group is in the answer. Partitions that were never read have none.
    pub async fn share_offsets_of(&self, ids: &[String]) -> PerGroup<Offsets> {
        let ask = |client: Client, node, groups: Vec<String>| async move {
            client.describe_share_offsets(node, &groups).await
        };
        self.ask_coordinators(ids, "read the offsets of share groups", ask).await
    }

    async fn describe_share_offsets(
        &self,
        node: NodeId,
        groups: &[String],
    ) -> Result<PerGroup<Offsets>, Error> {
        let group = |id: &String| {
            DescribeShareGroupOffsetsRequestGroup::default()
                .with_group_id(GroupId(text(id)))
                .with_topics(None)
        };
        let build =
            |_| DescribeShareGroupOffsetsRequest::default().with_groups(groups.iter().map(group).collect());
        let wait = self.options().request_timeout;
        let answer = self.once(Route::Broker(node), Lane::Control, wait, build).await?;
        let found = |group: &DescribeShareGroupOffsetsResponseGroup| {
            let id = group.group_id.as_str().to_owned();
            let outcome = offsets(&id, group);
            (id, outcome)
        };
        Ok(answer.response.groups.iter().map(found).collect())
    }

    /// Sets start offsets of a share group that has no members; every partition is in the answer.
    pub async fn set_share_offsets(
        &self,
        id: &str,
        wanted: &BTreeMap<TopicPartition, Offset>,
    ) -> Result<Vec<(TopicPartition, Result<(), Error>)>, Error> {
        let what = format!("set the offsets of share group \"{id}\"");
        let build = |_| {
            let topic = |(name, partitions): (Arc<str>, Vec<(PartitionId, &Offset)>)| {
                let partition = |(index, offset): (PartitionId, &Offset)| {
                    AlterShareGroupOffsetsRequestPartition::default()
                        .with_partition_index(index.0)
                        .with_start_offset(offset.0)
                };
                AlterShareGroupOffsetsRequestTopic::default()
                    .with_topic_name(TopicName(text(&name)))
                    .with_partitions(partitions.into_iter().map(partition).collect())
            };
            AlterShareGroupOffsetsRequest::default()
                .with_group_id(GroupId(text(id)))
                .with_topics(by_topic(wanted).into_iter().map(topic).collect())
        };
        let check = |response: &AlterShareGroupOffsetsResponse| {
            checked(what.clone(), response.error_code, response.error_message.as_ref())?;
            let mut codes =
                response.responses.iter().flat_map(|topic| &topic.partitions).map(|p| p.error_code);
            let moved = codes.find(|code| is_of_coordinator(ErrorCode(*code)));
            checked(what.clone(), moved.unwrap_or(0), None)
        };
        let answer = self.request(Route::Coordinator(id), &what, build, check).await?;
        let mut outcomes = BTreeMap::new();
        for topic in &answer.response.responses {
            for p in &topic.partitions {
                let place = TopicPartition::new(topic.topic_name.as_str(), PartitionId(p.partition_index));
                let what = format!("set the offset of share group \"{id}\" in {place}");
                outcomes.insert(place, checked(what, p.error_code, p.error_message.as_ref()));
            }
        }
        let result = |place: &TopicPartition| {
            let left_out = || {
                let what = format!("set the offset of share group \"{id}\" in {place}");
                // Apache Kafka 4.1 answers with nothing at all, and does nothing.
                let words = "the broker took the request and did nothing; Apache Kafka 4.1 cannot do it yet";
                Err(Error::broker(what, ErrorCode::UNKNOWN_SERVER_ERROR, Some(words)))
            };
            (place.clone(), outcomes.remove(place).unwrap_or_else(left_out))
        };
        Ok(wanted.keys().map(result).collect())
    }

    /// Forgets the state of whole topics in a share group without members; every topic is in the answer.
    pub async fn delete_share_offsets(
        &self,
        id: &str,
        topics: &[String],
    ) -> Result<Vec<(String, Result<(), Error>)>, Error> {
        let what = format!("delete offsets of share group \"{id}\"");
        let build = |_| {
            let topic = |name: &String| {
                DeleteShareGroupOffsetsRequestTopic::default().with_topic_name(TopicName(text(name)))
            };
            DeleteShareGroupOffsetsRequest::default()
                .with_group_id(GroupId(text(id)))
                .with_topics(topics.iter().map(topic).collect())
        };
        let answer = self
            .request(Route::Coordinator(id), &what, build, |response| {
                checked(what.clone(), response.error_code, response.error_message.as_ref())
            })
            .await?;
        let result = |topic: &String| {
            let what = format!("delete the offsets of share group \"{id}\" in topic \"{topic}\"");
            let found = answer.response.responses.iter().find(|found| found.topic_name.as_str() == topic);
            let outcome = match found {
                Some(found) => checked(what, found.error_code, found.error_message.as_ref()),
                None => Err(Error::broker(what, ErrorCode::UNKNOWN_SERVER_ERROR, None)),
            };
            (topic.clone(), outcome)
        };
        Ok(topics.iter().map(result).collect())
    }
}

fn offsets(id: &str, group: &DescribeShareGroupOffsetsResponseGroup) -> Result<Offsets, Error> {
    let what = format!("read the offsets of share group \"{id}\"");
    checked(what, group.error_code, group.error_message.as_ref())?;
    let mut offsets = Offsets::new();
    for topic in &group.topics {
        for p in &topic.partitions {
            let place = TopicPartition::new(topic.topic_name.as_str(), PartitionId(p.partition_index));
            let what = format!("read the offset of share group \"{id}\" in {place}");
            checked(what, p.error_code, p.error_message.as_ref())?;
            if let Some(offset) = Offset::from_wire(p.start_offset) {
                let leader_epoch = LeaderEpoch::from_wire(p.leader_epoch);
                offsets.insert(place, CommittedOffset { offset, leader_epoch, metadata: String::new() });
            }
        }
    }
    Ok(offsets)
}

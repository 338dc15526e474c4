//! Deletes groups, and offsets of groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::PartitionId;
use kr_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use kr_wire::messages::{DeleteGroupsRequest, GroupId, OffsetDeleteRequest, TopicName};

use super::super::{checked, text};
use super::coordinators::PerGroup;
use super::{TopicPartition, by_topic};
use crate::Client;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

impl Client {
    /// Deletes groups of any type; every group is in the answer. NON_EMPTY_GROUP is the refusal of a group with
    /// members. A deletion whose answer was lost is sent again, and is then not found.
    pub async fn delete_groups(&self, ids: &[String]) -> PerGroup<()> {
        let ask = |client: Client, node, groups: Vec<String>| async move {
            let names: Vec<GroupId> = groups.iter().map(|group| GroupId(text(group))).collect();
            let build = |_| DeleteGroupsRequest::default().with_groups_names(names.clone());
            let wait = client.options().request_timeout;
            let answer = client.once(Route::Broker(node), Lane::Control, wait, build).await?;
            let result = |result: &kr_wire::messages::delete_groups_response::DeletableGroupResult| {
                let id = result.group_id.as_str().to_owned();
                let what = format!("delete group \"{id}\"");
                (id, checked(what, result.error_code, None))
            };
            Ok(answer.response.results.iter().map(result).collect())
        };
        self.ask_coordinators(ids, "delete groups", ask).await
    }

    /// Forgets committed offsets of a group that is not of share consumers; every partition is in the answer.
    ///
    /// Errors: GROUP_SUBSCRIBED_TO_TOPIC of a partition whose topic members read.
    pub async fn delete_group_offsets(
        &self,
        id: &str,
        places: &[TopicPartition],
    ) -> Result<Vec<(TopicPartition, Result<(), Error>)>, Error> {
        let what = format!("delete offsets of group \"{id}\"");
        let build = |_| {
            let topic = |(name, partitions): (Arc<str>, Vec<(PartitionId, ())>)| {
                let partition = |(index, ()): (PartitionId, ())| {
                    OffsetDeleteRequestPartition::default().with_partition_index(index.0)
                };
                OffsetDeleteRequestTopic::default()
                    .with_name(TopicName(text(&name)))
                    .with_partitions(partitions.into_iter().map(partition).collect())
            };
            let topics = by_topic(places.iter().map(|place| (place, ())));
            OffsetDeleteRequest::default()
                .with_group_id(GroupId(text(id)))
                .with_topics(topics.into_iter().map(topic).collect())
        };
        let answer = self
            .request(Route::Coordinator(id), &what, build, |response| {
                checked(what.clone(), response.error_code, None)
            })
            .await?;
        let mut codes = BTreeMap::new();
        for topic in &answer.response.topics {
            for p in &topic.partitions {
                let place = TopicPartition::new(topic.name.as_str(), PartitionId(p.partition_index));
                codes.insert(place, p.error_code);
            }
        }
        let result = |place: &TopicPartition| {
            let what = format!("delete the offset of group \"{id}\" in {place}");
            let code = codes.get(place).copied().unwrap_or(ErrorCode::UNKNOWN_SERVER_ERROR.0);
            (place.clone(), checked(what, code, None))
        };
        Ok(places.iter().map(result).collect())
    }
}

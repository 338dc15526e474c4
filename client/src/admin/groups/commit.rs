//! Sets the offsets of a group from outside, as nobody's member. The coordinator takes that only while the
//! group has no members. A group that does not exist begins to with its first offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};
use kr_wire::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kr_wire::messages::{GroupId, OffsetCommitRequest, OffsetCommitResponse, TopicName};

use super::super::{checked, text};
use super::{TopicPartition, by_topic, is_of_coordinator};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// Partitions in one request, so that a coordinator's batch of records stays small.
const PARTITIONS_PER_REQUEST: usize = 1_000;

/// The first version that carries the leader epoch (KIP-320).
const WITH_EPOCH: i16 = 6;

/// An offset to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOffset {
    /// The next record to read.
    pub offset: Offset,
    /// The epoch in which the record before it was written, if that is known.
    pub leader_epoch: Option<LeaderEpoch>,
    /// What to keep beside it.
    pub metadata: String,
}

impl NewOffset {
    /// An offset and nothing beside it.
    pub fn of(offset: Offset) -> Self {
        Self { offset, leader_epoch: None, metadata: String::new() }
    }
}

impl Client {
    /// Commits offsets of a group that has no members; every partition is in the answer.
    ///
    /// Errors of single partitions stand with them. UNKNOWN_MEMBER_ID is the refusal of a group with members.
    pub async fn set_group_offsets(
        &self,
        id: &str,
        offsets: &BTreeMap<TopicPartition, NewOffset>,
    ) -> Result<Vec<(TopicPartition, Result<(), Error>)>, Error> {
        let all: Vec<(&TopicPartition, &NewOffset)> = offsets.iter().collect();
        let mut results = Vec::new();
        for part in all.chunks(PARTITIONS_PER_REQUEST) {
            results.extend(self.commit_part(id, part).await?);
        }
        Ok(results)
    }

    async fn commit_part(
        &self,
        id: &str,
        part: &[(&TopicPartition, &NewOffset)],
    ) -> Result<Vec<(TopicPartition, Result<(), Error>)>, Error> {
        let what = format!("set the offsets of group \"{id}\"");
        let build = |version| {
            let topic = |(name, partitions): (Arc<str>, Vec<(PartitionId, &NewOffset)>)| {
                let partitions = partitions.into_iter().map(|(index, new)| partition(version, index, new));
                OffsetCommitRequestTopic::default()
                    .with_name(TopicName(text(&name)))
                    .with_partitions(partitions.collect())
            };
            OffsetCommitRequest::default()
                .with_group_id(GroupId(text(id)))
                .with_generation_id_or_member_epoch(-1)
                .with_topics(by_topic(part.iter().copied()).into_iter().map(topic).collect())
        };
        let check = |response: &OffsetCommitResponse| {
            let mut codes = response.topics.iter().flat_map(|topic| &topic.partitions).map(|p| p.error_code);
            let moved = codes.find(|code| is_of_coordinator(ErrorCode(*code)));
            checked(what.clone(), moved.unwrap_or(0), None)
        };
        let answer = self.request(Route::Coordinator(id), &what, build, check).await?;
        let mut codes = BTreeMap::new();
        for topic in &answer.response.topics {
            for p in &topic.partitions {
                let place = TopicPartition::new(topic.name.as_str(), PartitionId(p.partition_index));
                codes.insert(place, p.error_code);
            }
        }
        let result = |(place, _): &(&TopicPartition, &NewOffset)| {
            let what = format!("set the offset of group \"{id}\" in {place}");
            let code = codes.get(*place).copied().unwrap_or(ErrorCode::UNKNOWN_SERVER_ERROR.0);
            ((*place).clone(), checked(what, code, None))
        };
        Ok(part.iter().map(result).collect())
    }
}

fn partition(version: i16, index: PartitionId, new: &NewOffset) -> OffsetCommitRequestPartition {
    let partition = OffsetCommitRequestPartition::default()
        .with_partition_index(index.0)
        .with_committed_offset(new.offset.0)
        .with_committed_metadata(Some(text(&new.metadata)));
    if version < WITH_EPOCH {
        return partition;
    }
    partition.with_committed_leader_epoch(LeaderEpoch::to_wire(new.leader_epoch))
}

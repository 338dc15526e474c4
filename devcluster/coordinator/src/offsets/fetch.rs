//! OffsetFetch: the replicated offsets of a group, and the two forms the request has.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::OffsetCommitValue;
use kr_wire::ids::{LeaderEpoch, PartitionId};
use kr_wire::messages::offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kr_wire::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kr_wire::messages::{OffsetFetchRequest, OffsetFetchResponse, TopicName};

use crate::shard::GroupShard;

/// From this version on one request names many groups.
const BATCHED_FROM: i16 = 8;

/// The groups an OffsetFetch asks about; before v8 there was one, in fields of its own.
pub fn split_offset_fetch(request: OffsetFetchRequest, api_version: i16) -> Vec<OffsetFetchRequestGroup> {
    if api_version >= BATCHED_FROM {
        return request.groups;
    }
    let topics = request.topics.map(|topics| {
        let topic = |topic: kr_wire::messages::offset_fetch_request::OffsetFetchRequestTopic| {
            OffsetFetchRequestTopics::default()
                .with_name(topic.name)
                .with_partition_indexes(topic.partition_indexes)
        };
        topics.into_iter().map(topic).collect()
    });
    vec![OffsetFetchRequestGroup::default().with_group_id(request.group_id).with_topics(topics)]
}

/// The answer to an OffsetFetch from those of its groups; before v8 the first group's is the answer's.
pub fn join_offset_fetch(groups: Vec<OffsetFetchResponseGroup>, api_version: i16) -> OffsetFetchResponse {
    if api_version >= BATCHED_FROM {
        return OffsetFetchResponse::default().with_groups(groups);
    }
    let Some(group) = groups.into_iter().next() else { return OffsetFetchResponse::default() };
    let partition = |partition: OffsetFetchResponsePartitions| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_committed_offset(partition.committed_offset)
            .with_committed_leader_epoch(partition.committed_leader_epoch)
            .with_metadata(partition.metadata)
            .with_error_code(partition.error_code)
    };
    let topic = |topic: OffsetFetchResponseTopics| {
        OffsetFetchResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(topic.partitions.into_iter().map(partition).collect())
    };
    OffsetFetchResponse::default()
        .with_error_code(group.error_code)
        .with_topics(group.topics.into_iter().map(topic).collect())
}

impl GroupShard {
    /// The offsets a group committed; a group or partition that is unknown has none, which is no error.
    pub(crate) fn offset_fetch(
        &self,
        request: &OffsetFetchRequestGroup,
        require_stable: bool,
    ) -> OffsetFetchResponseGroup {
        let topics = match &request.topics {
            Some(topics) => self.fetch_topics(&request.group_id, topics, require_stable),
            None => self.fetch_all(&request.group_id, require_stable),
        };
        OffsetFetchResponseGroup::default().with_group_id(request.group_id.clone()).with_topics(topics)
    }

    fn fetch_topics(
        &self,
        group: &str,
        topics: &[OffsetFetchRequestTopics],
        require_stable: bool,
    ) -> Vec<OffsetFetchResponseTopics> {
        let answer = |topic: &OffsetFetchRequestTopics| {
            let name = topic.name.as_str();
            let partition = |at: &i32| {
                let at = PartitionId(*at);
                if require_stable && self.offsets.is_unstable(group, name, at) {
                    return unstable(at);
                }
                fetched(at, self.offsets.committed(group, name, at))
            };
            OffsetFetchResponseTopics::default()
                .with_name(topic.name.clone())
                .with_topic_id(topic.topic_id)
                .with_partitions(topic.partition_indexes.iter().map(partition).collect())
        };
        topics.iter().map(answer).collect()
    }

    fn fetch_all(&self, group: &str, require_stable: bool) -> Vec<OffsetFetchResponseTopics> {
        let mut topics = BTreeMap::<&str, BTreeMap<PartitionId, OffsetFetchResponsePartitions>>::new();
        for (topic, at, committed) in self.offsets.of_group(group) {
            topics.entry(topic).or_default().insert(at, fetched(at, Some(committed)));
        }
        if require_stable {
            for key in self.offsets.unstable(group) {
                let at = key.partition;
                topics.entry(&key.topic).or_default().insert(at, unstable(at));
            }
        }
        let answer = |(name, partitions): (&str, BTreeMap<_, _>)| {
            OffsetFetchResponseTopics::default()
                .with_name(TopicName(name.to_owned().into()))
                .with_partitions(partitions.into_values().collect())
        };
        topics.into_iter().map(answer).collect()
    }
}

fn fetched(at: PartitionId, committed: Option<&OffsetCommitValue>) -> OffsetFetchResponsePartitions {
    let metadata = committed.map(|c| c.metadata.clone()).unwrap_or_default();
    OffsetFetchResponsePartitions::default()
        .with_partition_index(at.0)
        .with_committed_offset(committed.map_or(-1, |c| c.offset.0))
        .with_committed_leader_epoch(LeaderEpoch::to_wire(committed.and_then(|c| c.leader_epoch)))
        .with_metadata(Some(metadata.into()))
}

fn unstable(at: PartitionId) -> OffsetFetchResponsePartitions {
    fetched(at, None).with_error_code(ErrorCode::UNSTABLE_OFFSET_COMMIT.0)
}

//! OffsetDelete, DeleteGroups and deleted topics: offsets that go before their time.

use std::collections::BTreeSet;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::delete_groups_response::DeletableGroupResult;
use kr_wire::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use kr_wire::messages::{GroupId, OffsetDeleteRequest, OffsetDeleteResponse};
use kr_wire::time::Now;

use super::OffsetKey;
use crate::appends::Completion;
use crate::request::GroupResponse;
use crate::shard::{Group, GroupShard, Token, TopicPartitions};

impl GroupShard {
    /// Deletes offsets of topics the group is not subscribed to (KIP-496).
    pub(crate) fn offset_delete(&mut self, request: &OffsetDeleteRequest, token: Token, now: Now) {
        let (response, doomed) = match self.groups.get(request.group_id.as_str()) {
            None => (refused(ErrorCode::GROUP_ID_NOT_FOUND), Vec::new()),
            Some(group) if !group.is_empty() && !group.is_of_consumers() => {
                (refused(ErrorCode::NON_EMPTY_GROUP), Vec::new())
            }
            Some(group) => {
                let known = self.offsets.keys_of_group(&request.group_id);
                choose(request, group, known)
            }
        };
        if doomed.is_empty() {
            return self.fx.reply(token, GroupResponse::OffsetDelete(response));
        }
        self.delete_offsets(doomed, Completion::OffsetDelete(token, response), now);
    }

    /// Deletes an empty group with its offsets.
    pub(crate) fn delete_group(&mut self, id: &GroupId, token: Token, now: Now) {
        let error = match self.groups.get(id.as_str()) {
            None => ErrorCode::GROUP_ID_NOT_FOUND,
            Some(group) if !group.is_empty() => ErrorCode::NON_EMPTY_GROUP,
            Some(_) => ErrorCode::NONE,
        };
        let entry = match error {
            ErrorCode::NONE => self.groups.remove_entry(id.as_str()),
            _ => None,
        };
        let Some((key, group)) = entry else {
            let response = DeletableGroupResult::default().with_group_id(id.clone()).with_error_code(error.0);
            return self.fx.reply(token, GroupResponse::Delete(response));
        };
        let doomed = self.offsets.keys_of_group(&key);
        let mut records: Vec<_> = doomed.iter().map(|key| key.record(None)).collect();
        records.extend(group.tombstones(&key));
        let waiting = Completion::Delete(token, id.clone(), Box::new(group));
        let append = self.fx.append(records, waiting, now);
        self.offsets.stage(append, doomed.into_iter().map(|key| (key, None)).collect());
    }

    /// Topics are gone: so are the offsets committed for them.
    pub(crate) fn forget_partitions(&mut self, topics: &TopicPartitions, now: Now) {
        let groups: Vec<Arc<str>> = self.offsets.groups().cloned().collect();
        for group in groups {
            let is_gone =
                |key: &OffsetKey| topics.get(&*key.topic).is_some_and(|gone| gone.contains(&key.partition));
            let doomed = self.offsets.keys_of_group(&group);
            let doomed: Vec<_> = doomed.into_iter().filter(is_gone).collect();
            if !doomed.is_empty() {
                self.delete_offsets(doomed, Completion::Nothing, now);
            }
        }
    }

    fn delete_offsets(&mut self, doomed: Vec<OffsetKey>, waiting: Completion, now: Now) {
        let records = doomed.iter().map(|key| key.record(None)).collect();
        let append = self.fx.append(records, waiting, now);
        self.offsets.stage(append, doomed.into_iter().map(|key| (key, None)).collect());
    }
}

fn refused(error: ErrorCode) -> OffsetDeleteResponse {
    OffsetDeleteResponse::default().with_error_code(error.0)
}

/// The answer for each partition, and which of the offsets `known` go.
fn choose(
    request: &OffsetDeleteRequest,
    group: &Group,
    known: Vec<OffsetKey>,
) -> (OffsetDeleteResponse, Vec<OffsetKey>) {
    let mut named = BTreeSet::new();
    for topic in &request.topics {
        named.extend(topic.partitions.iter().map(|p| (topic.name.as_str(), p.partition_index)));
    }
    let mut doomed = known;
    doomed
        .retain(|key| named.contains(&(&*key.topic, key.partition.0)) && !group.is_subscribed_to(&key.topic));
    let topics = request.topics.iter().map(|topic| {
        let error = match group.is_subscribed_to(&topic.name) {
            true => ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC,
            false => ErrorCode::NONE,
        };
        let partitions = topic.partitions.iter().map(|partition| {
            OffsetDeleteResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(error.0)
        });
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    (OffsetDeleteResponse::default().with_topics(topics.collect()), doomed)
}

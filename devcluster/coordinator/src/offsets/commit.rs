//! OffsetCommit: a group member, or anybody while the group is empty, stores how far it has come.

use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::OffsetCommitValue;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId, TopicId};
use kr_wire::messages::offset_commit_request::OffsetCommitRequestPartition;
use kr_wire::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kr_wire::messages::{OffsetCommitRequest, OffsetCommitResponse};
use kr_wire::time::Now;

use super::OffsetKey;
use crate::appends::Completion;
use crate::group::{ClassicGroup, Phase};
use crate::mutants::mutant;
use crate::request::{GroupResponse, offset_commit_error};
use crate::shard::{Group, GroupShard, Token};

/// From this version on an unknown group is called that.
const GROUP_ID_NOT_FOUND_FROM: i16 = 9;

impl GroupShard {
    /// Writes the offsets of a commit; answered when they are replicated.
    pub(crate) fn offset_commit(
        &mut self,
        request: &OffsetCommitRequest,
        api_version: i16,
        token: Token,
        now: Now,
    ) {
        if let Err(error) = self.check_offset_commit(request, api_version, now) {
            let response = offset_commit_error(&request.topics, error);
            return self.fx.reply(token, GroupResponse::OffsetCommit(response));
        }
        let group: Arc<str> = request.group_id.as_str().into();
        let expire_timestamp = u64::try_from(request.retention_time_ms)
            .ok()
            .map(|retention| now.wall_ms.saturating_add_unsigned(retention));
        let mut changes = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for topic in &request.topics {
            let name: Arc<str> = topic.name.as_str().into();
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for partition in &topic.partitions {
                let error = self.check_metadata(partition);
                if error.is_ok() {
                    let key = OffsetKey {
                        group: group.clone(),
                        topic: name.clone(),
                        partition: PartitionId(partition.partition_index),
                    };
                    let topic_id = TopicId(topic.topic_id);
                    let committed = OffsetCommitValue {
                        offset: Offset(partition.committed_offset),
                        leader_epoch: LeaderEpoch::from_wire(partition.committed_leader_epoch),
                        metadata: partition.committed_metadata.as_deref().unwrap_or_default().into(),
                        commit_timestamp: now.wall_ms,
                        expire_timestamp,
                        topic_id: (!topic_id.is_zero()).then_some(topic_id),
                    };
                    changes.push((key, Some(committed)));
                }
                partitions.push(
                    OffsetCommitResponsePartition::default()
                        .with_partition_index(partition.partition_index)
                        .with_error_code(error.0),
                );
            }
            topics.push(
                OffsetCommitResponseTopic::default()
                    .with_name(topic.name.clone())
                    .with_topic_id(topic.topic_id)
                    .with_partitions(partitions),
            );
        }
        let response = OffsetCommitResponse::default().with_topics(topics);
        if changes.is_empty() {
            return self.fx.reply(token, GroupResponse::OffsetCommit(response));
        }
        let records = changes.iter().map(|(key, value)| key.record(value.clone()));
        let waiting = match mutant!(self.fx.config, commit_answered_early) {
            true => {
                self.fx.reply(token, GroupResponse::OffsetCommit(response));
                Completion::Nothing
            }
            false => Completion::OffsetCommit(token, response),
        };
        let append = self.fx.append(records.collect(), waiting, now);
        self.offsets.stage(append, changes);
    }

    /// Who may commit. A group that does not exist is created for offsets alone; for a member of a
    /// classic group the commit is a sign of life.
    fn check_offset_commit(
        &mut self,
        request: &OffsetCommitRequest,
        api_version: i16,
        now: Now,
    ) -> Result<(), ErrorCode> {
        let id: Arc<str> = request.group_id.as_str().into();
        let generation = request.generation_id_or_member_epoch;
        let instance_id = request.group_instance_id.as_deref();
        match self.groups.get(&id) {
            Some(Group::Classic(group)) => {
                let checked = group.check_commit(&request.member_id, instance_id, generation);
                if !(mutant!(self.fx.config, commit_ignores_generation)
                    && checked == Err(ErrorCode::ILLEGAL_GENERATION))
                {
                    checked?;
                }
                if let Phase::Stable { .. } | Phase::PreparingRebalance { .. } = group.phase() {
                    group.keep_alive(&request.member_id, &mut self.fx, now);
                }
                Ok(())
            }
            Some(Group::Other(group)) if generation < 0 && group.is_empty() => Ok(()),
            Some(Group::Other(_)) => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            None if generation < 0 => {
                let group = ClassicGroup::new(id.clone(), now.wall_ms);
                self.groups.insert(id, Group::Classic(group));
                Ok(())
            }
            None if api_version >= GROUP_ID_NOT_FOUND_FROM => Err(ErrorCode::GROUP_ID_NOT_FOUND),
            None => Err(ErrorCode::ILLEGAL_GENERATION),
        }
    }

    fn check_metadata(&self, partition: &OffsetCommitRequestPartition) -> ErrorCode {
        let length = partition.committed_metadata.as_ref().map_or(0, |metadata| metadata.len());
        match length > self.fx.config.offset_metadata_max_bytes {
            true => ErrorCode::OFFSET_METADATA_TOO_LARGE,
            false => ErrorCode::NONE,
        }
    }
}

//! AlterPartitionReassignments (45) and ListPartitionReassignments (46): other replicas for a partition (KIP-455).
//!
//! A reassignment starts with replicas = target + what is to be removed; the election rule completes it when all
//! of the target is in sync.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::alter_partition_reassignments_request::ReassignablePartition;
use kr_wire::messages::alter_partition_reassignments_response::{
    ReassignablePartitionResponse, ReassignableTopicResponse,
};
use kr_wire::messages::list_partition_reassignments_response::{
    OngoingPartitionReassignment, OngoingTopicReassignment,
};
use kr_wire::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, BrokerId,
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, TopicName,
};
use kr_wire::metadata_records::MetadataRecord;

use super::election::{Election, Target};
use super::outcome::text;
use super::{Call, Controller, Outcome, Refusal};
use crate::image::{Partition, Topic};

fn unknown(topic: &str, index: i32) -> Refusal {
    let message = format!("partition {topic}-{index} does not exist");
    Refusal::new(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, message)
}

impl Controller {
    /// Starts, replaces or cancels reassignments; each partition succeeds or fails alone.
    ///
    /// Errors per partition: UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR
    /// when the number of replicas may not change, NO_REASSIGNMENT_IN_PROGRESS for a needless cancellation.
    pub fn alter_partition_reassignments(
        &mut self,
        request: &AlterPartitionReassignmentsRequest,
        _call: Call,
    ) -> Outcome<AlterPartitionReassignmentsResponse> {
        let mut records = Vec::new();
        let mut responses = Vec::with_capacity(request.topics.len());
        for wanted in &request.topics {
            let topic = self.image.topic_by_name(&wanted.name);
            let altered = wanted.partitions.iter().map(|partition| {
                let index = partition.partition_index;
                let outcome = match topic {
                    Some(topic) => self.reassign(topic, partition, request.allow_replication_factor_change),
                    None => Err(unknown(&wanted.name, index)),
                };
                let response = ReassignablePartitionResponse::default()
                    .with_partition_index(index)
                    .with_error_message(None);
                match outcome {
                    Ok(record) => {
                        records.extend(record);
                        response
                    }
                    Err(e) => response.with_error_code(e.code.0).with_error_message(e.text()),
                }
            });
            let partitions = altered.collect();
            responses.push(
                ReassignableTopicResponse::default()
                    .with_name(wanted.name.clone())
                    .with_partitions(partitions),
            );
        }
        let response = AlterPartitionReassignmentsResponse::default()
            .with_error_message(None)
            .with_allow_replication_factor_change(request.allow_replication_factor_change)
            .with_responses(responses);
        Outcome::split(records, response)
    }

    fn reassign(
        &self,
        topic: &Topic,
        request: &ReassignablePartition,
        any_size: bool,
    ) -> Result<Option<MetadataRecord>, Refusal> {
        let index = PartitionId(request.partition_index);
        let partition = topic.partitions.get(&index).ok_or_else(|| unknown(&topic.name, index.0))?;
        let target = match &request.replicas {
            Some(replicas) => {
                let replicas: Vec<NodeId> = replicas.iter().map(|id| NodeId(id.0)).collect();
                self.start_reassignment(partition, replicas, any_size)?
            }
            None => self.cancel_reassignment(topic, partition)?,
        };
        Ok(self.change_now(topic, index, target).map(MetadataRecord::from))
    }

    fn start_reassignment<'a>(
        &self,
        partition: &'a Partition,
        replicas: Vec<NodeId>,
        any_size: bool,
    ) -> Result<Target<'a>, Refusal> {
        self.check_assignment(&replicas, None)?;
        let settled = partition.replicas.len() - partition.adding.len().min(partition.replicas.len());
        if !any_size && replicas.len() != settled {
            return Err(Refusal::new(
                ErrorCode::INVALID_REPLICATION_FACTOR,
                format!("the partition has {settled} replicas, the reassignment names {}", replicas.len()),
            ));
        }
        let mut target = Target::of(partition);
        target.removing = partition.replicas.iter().copied().filter(|id| !replicas.contains(id)).collect();
        target.adding = replicas.iter().copied().filter(|id| !partition.is_replica(*id)).collect();
        target.removing.sort_unstable();
        target.adding.sort_unstable();
        target.replicas = replicas;
        target.replicas.extend(&target.removing);
        Ok(target)
    }

    fn cancel_reassignment<'a>(
        &self,
        topic: &Topic,
        partition: &'a Partition,
    ) -> Result<Target<'a>, Refusal> {
        if !partition.is_reassigning() {
            return Err(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS.into());
        }
        let unclean = self.unclean_election_enabled(&topic.name);
        let mut target = Target::of(partition);
        target.replicas.retain(|id| !partition.adding.contains(id));
        target.isr.retain(|id| !partition.adding.contains(id));
        target.adding.clear();
        target.removing.clear();
        if target.isr.is_empty() {
            if !unclean {
                return Err(Refusal::new(
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                    "no replica from before the reassignment is in sync: cancelling would need an unclean election",
                ));
            }
            target.isr.extend(target.replicas.first().copied());
        }
        if unclean {
            target.election = Election::Unclean;
        }
        Ok(target)
    }

    /// Lists reassignments that are under way, of the named partitions or of all.
    pub fn list_partition_reassignments(
        &mut self,
        request: &ListPartitionReassignmentsRequest,
        _call: Call,
    ) -> Outcome<ListPartitionReassignmentsResponse> {
        let ongoing = |topic: &Topic, indexes: Option<&[i32]>| {
            let listed = |index: &PartitionId| indexes.is_none_or(|all| all.contains(&index.0));
            let partitions: Vec<OngoingPartitionReassignment> = topic
                .partitions
                .iter()
                .filter(|(index, partition)| partition.is_reassigning() && listed(index))
                .map(|(index, partition)| describe(*index, partition))
                .collect();
            (!partitions.is_empty()).then(|| {
                OngoingTopicReassignment::default()
                    .with_name(TopicName(text(&topic.name)))
                    .with_partitions(partitions)
            })
        };
        let topics = match &request.topics {
            None => self.image.topics_by_name().filter_map(|t| ongoing(t, None)).collect(),
            Some(named) => named
                .iter()
                .filter_map(|n| ongoing(self.image.topic_by_name(&n.name)?, Some(&n.partition_indexes)))
                .collect(),
        };
        let response = ListPartitionReassignmentsResponse::default().with_error_message(None);
        Outcome::unchanged(response.with_topics(topics))
    }
}

fn describe(index: PartitionId, partition: &Partition) -> OngoingPartitionReassignment {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|id| BrokerId(id.0)).collect();
    OngoingPartitionReassignment::default()
        .with_partition_index(index.0)
        .with_replicas(ids(&partition.replicas))
        .with_adding_replicas(ids(&partition.adding))
        .with_removing_replicas(ids(&partition.removing))
}

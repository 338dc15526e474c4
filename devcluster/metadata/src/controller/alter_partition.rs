//! AlterPartition (56): a leader says who is in sync with it (KIP-497).
//!
//! The controller believes only the leader of the current epochs, and takes into the ISR only replicas whose
//! registration is the one that the leader knew (KIP-903).

use std::collections::BTreeSet;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, PartitionId, TopicId};
use kr_wire::messages::alter_partition_request::PartitionData as Wanted;
use kr_wire::messages::alter_partition_response::{PartitionData, TopicData};
use kr_wire::messages::{AlterPartitionRequest, AlterPartitionResponse, BrokerId};
use kr_wire::metadata_records::MetadataRecord;

use super::election::{Election, Target};
use super::{Call, Controller, Outcome};
use crate::image::{Partition, Topic, merge};

/// A member of an ISR as a leader names it; without an epoch it is not compared.
type Member = (NodeId, Option<BrokerEpoch>);

impl Controller {
    /// Changes ISRs. STALE_BROKER_EPOCH for the whole request, other errors per partition.
    pub fn alter_partition(
        &mut self,
        request: &AlterPartitionRequest,
        _call: Call,
    ) -> Outcome<AlterPartitionResponse> {
        let sender = NodeId(request.broker_id.0);
        let registered = self.image.broker(sender).map(|b| b.epoch);
        if registered != Some(BrokerEpoch(request.broker_epoch)) {
            let code = ErrorCode::STALE_BROKER_EPOCH.0;
            return Outcome::unchanged(AlterPartitionResponse::default().with_error_code(code));
        }
        let mut records = Vec::new();
        let mut topics = Vec::with_capacity(request.topics.len());
        for data in &request.topics {
            let topic = self.image.topic(TopicId(data.topic_id));
            let partitions = data.partitions.iter().map(|wanted| {
                let result = match topic {
                    Some(topic) => self.alter_one(sender, topic, wanted),
                    None => Err(ErrorCode::UNKNOWN_TOPIC_ID),
                };
                match result {
                    Ok((partition, record, code)) => {
                        records.extend(record);
                        answer(wanted.partition_index, &partition).with_error_code(code.0)
                    }
                    Err(code) => PartitionData::default()
                        .with_partition_index(wanted.partition_index)
                        .with_error_code(code.0),
                }
            });
            let partitions = partitions.collect();
            topics.push(TopicData::default().with_topic_id(data.topic_id).with_partitions(partitions));
        }
        Outcome::split(records, AlterPartitionResponse::default().with_topics(topics))
    }

    fn alter_one(
        &self,
        sender: NodeId,
        topic: &Topic,
        wanted: &Wanted,
    ) -> Result<(Partition, Option<MetadataRecord>, ErrorCode), ErrorCode> {
        let index = PartitionId(wanted.partition_index);
        let partition = topic.partitions.get(&index).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        self.check_epochs(sender, partition, wanted)?;
        let members = members(wanted);
        let isr: Vec<NodeId> = members.iter().map(|(id, _)| *id).collect();
        check_isr(sender, partition, &isr)?;
        let recovering = wanted.leader_recovery_state == 1;
        if recovering && (isr.len() > 1 || !partition.recovering) {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        if !members.iter().all(|member| self.is_eligible(member)) {
            return Err(ErrorCode::INELIGIBLE_REPLICA);
        }

        let mut target = Target::of(partition);
        target.isr = isr;
        target.recovering = recovering;
        if self.unclean_election_enabled(&topic.name) {
            target.election = Election::Unclean;
        }
        let Some(record) = self.change_now(topic, index, target) else {
            return Ok((Partition::clone(partition), None, ErrorCode::NONE));
        };
        let after = merge(partition, &record).map_err(|_| ErrorCode::UNKNOWN_SERVER_ERROR)?;
        // Completing a reassignment may take the leadership away from the one who asks.
        let moved = after.leader != partition.leader || after.leader_epoch != partition.leader_epoch;
        let code = if partition.is_reassigning() && moved && after.leader != Some(sender) {
            ErrorCode::NEW_LEADER_ELECTED
        } else {
            ErrorCode::NONE
        };
        Ok((after, Some(record.into()), code))
    }

    fn check_epochs(&self, sender: NodeId, partition: &Partition, wanted: &Wanted) -> Result<(), ErrorCode> {
        #[cfg(feature = "mutants")]
        if self.config.mutants.alter_partition_ignores_epochs {
            return Ok(());
        }
        let leader_epoch = LeaderEpoch(wanted.leader_epoch);
        if leader_epoch > partition.leader_epoch || wanted.partition_epoch > partition.partition_epoch {
            // The leader knows more than this controller, which therefore is not the controller any more.
            return Err(ErrorCode::NOT_CONTROLLER);
        }
        if leader_epoch < partition.leader_epoch {
            return Err(ErrorCode::FENCED_LEADER_EPOCH);
        }
        if partition.leader != Some(sender) {
            return Err(ErrorCode::INVALID_REQUEST);
        }
        if wanted.partition_epoch < partition.partition_epoch {
            return Err(ErrorCode::INVALID_UPDATE_VERSION);
        }
        Ok(())
    }

    /// Who joins an ISR must be active and the very process the leader fetched for.
    fn is_eligible(&self, (id, epoch): &Member) -> bool {
        let broker = self.image.broker(*id);
        broker.is_some_and(|b| b.is_active() && epoch.is_none_or(|epoch| epoch == b.epoch))
    }
}

/// The ISR as named by either form of the request: with broker epochs from version 3 on.
fn members(wanted: &Wanted) -> Vec<Member> {
    if wanted.new_isr_with_epochs.is_empty() {
        return wanted.new_isr.iter().map(|id| (NodeId(id.0), None)).collect();
    }
    let member = |state: &kr_wire::messages::alter_partition_request::BrokerState| {
        (NodeId(state.broker_id.0), BrokerEpoch::from_wire(state.broker_epoch))
    };
    wanted.new_isr_with_epochs.iter().map(member).collect()
}

/// An ISR is part of the replicas, names nobody twice, and holds the leader.
fn check_isr(leader: NodeId, partition: &Partition, isr: &[NodeId]) -> Result<(), ErrorCode> {
    let distinct: BTreeSet<&NodeId> = isr.iter().collect();
    let valid = distinct.len() == isr.len()
        && isr.iter().all(|id| partition.is_replica(*id))
        && isr.contains(&leader);
    if valid { Ok(()) } else { Err(ErrorCode::INVALID_REQUEST) }
}

fn answer(index: i32, partition: &Partition) -> PartitionData {
    PartitionData::default()
        .with_partition_index(index)
        .with_leader_id(BrokerId(NodeId::to_wire(partition.leader)))
        .with_leader_epoch(partition.leader_epoch.0)
        .with_isr(partition.isr.iter().map(|id| BrokerId(id.0)).collect())
        .with_leader_recovery_state(i8::from(partition.recovering))
        .with_partition_epoch(partition.partition_epoch)
}

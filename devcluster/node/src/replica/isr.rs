//! Tells the controller about ISRs that should change (AlterPartition v2-3, KIP-497, KIP-841, KIP-903).
//!
//! One request at a time holds all changes that are known when it is sent. What an ISR should be is decided
//! by [`super::partition`], what it is by the controller.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, TopicId};
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::messages::AlterPartitionRequest;
use kr_wire::messages::alter_partition_request::{BrokerState, PartitionData, TopicData};
use kr_wire::time::Mono;

use super::partition::{PartitionKey, Role};
use crate::links::CallTag;
use crate::node::Node;

/// Pause before changes are sent again after an answer that says "not now".
const RETRY: Duration = Duration::from_millis(20);

/// Most partitions in one request, so that one answer stays well below a frame's limit.
const MAX_PARTITIONS: usize = 5_000;

/// Changes on their way to the controller.
#[derive(Debug, Default)]
pub(crate) struct IsrSender {
    dirty: BTreeSet<PartitionKey>,
    in_flight: Option<BTreeSet<PartitionKey>>,
    retry_at: Option<Mono>,
}

impl IsrSender {
    /// A partition has a change to send.
    pub(crate) fn dirty(&mut self, key: PartitionKey) {
        self.dirty.insert(key);
    }

    /// Whatever waited for its time is sent to the new controller at once.
    pub(crate) fn controller_moved(&mut self) {
        self.retry_at = None;
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.retry_at.filter(|_| self.in_flight.is_none() && !self.dirty.is_empty())
    }
}

impl Node {
    /// Sends the changes that wait, unless a request is under way.
    pub(crate) fn send_isr_changes(&mut self) {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return };
        let sender = &broker.replicas.isr;
        if sender.dirty.is_empty() || sender.in_flight.is_some() || sender.retry_at.is_some_and(|at| at > now)
        {
            return;
        }
        let Some(epoch) = broker.lifecycle.epoch() else {
            // Without a registration nobody listens; it is tried again in a while.
            broker.replicas.isr.retry_at = Some(now + RETRY);
            return;
        };
        let keys: BTreeSet<PartitionKey> = sender.dirty.iter().copied().take(MAX_PARTITIONS).collect();
        let (request, sent) = self.alter_partition(epoch, &keys);
        let Some(broker) = &mut self.broker else { return };
        let sender = &mut broker.replicas.isr;
        sender.dirty.retain(|key| !keys.contains(key));
        if sent.is_empty() {
            return;
        }
        sender.retry_at = None;
        sender.in_flight = Some(sent);
        if !self.call_controller(CallTag::AlterPartition, RequestKind::AlterPartition(request)) {
            self.isr_answered(None);
        }
    }

    fn alter_partition(
        &mut self,
        epoch: BrokerEpoch,
        keys: &BTreeSet<PartitionKey>,
    ) -> (AlterPartitionRequest, BTreeSet<PartitionKey>) {
        let image = self.quorum.image();
        let mut topics: BTreeMap<TopicId, Vec<PartitionData>> = BTreeMap::new();
        let mut sent = BTreeSet::new();
        for key in keys {
            let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.touch(*key)) else { continue };
            let (assignment, role) = (&partition.assignment, &mut partition.role);
            let Role::Leader(leader) = role else { continue };
            let Some(change) = &mut leader.change else { continue };
            change.sent = true;
            let mut data = PartitionData::default();
            data.partition_index = key.partition.0;
            data.leader_epoch = assignment.leader_epoch.0;
            data.partition_epoch = assignment.partition_epoch;
            data.leader_recovery_state = 0;
            data.new_isr_with_epochs = change
                .isr
                .iter()
                .map(|id| {
                    let mut state = BrokerState::default();
                    state.broker_id = id.0.into();
                    state.broker_epoch = image.broker(*id).map_or(-1, |b| b.epoch.0);
                    state
                })
                .collect();
            topics.entry(key.topic).or_default().push(data);
            sent.insert(*key);
        }
        let mut request = AlterPartitionRequest::default();
        request.broker_id = self.config.node_id.0.into();
        request.broker_epoch = epoch.0;
        request.topics = topics
            .into_iter()
            .map(|(id, partitions)| {
                let mut topic = TopicData::default();
                topic.topic_id = id.0;
                topic.partitions = partitions;
                topic
            })
            .collect();
        (request, sent)
    }

    /// The controller answered, or did not.
    pub(crate) fn isr_answered(&mut self, response: Option<ResponseKind>) {
        let retry_at = Some(self.now.mono + RETRY);
        let Some(broker) = &mut self.broker else { return };
        let Some(mut sent) = broker.replicas.isr.in_flight.take() else { return };
        if let Some(ResponseKind::AlterPartition(response)) = response
            && response.error_code == 0
        {
            for topic in &response.topics {
                for data in &topic.partitions {
                    let key = PartitionKey {
                        topic: TopicId(topic.topic_id),
                        partition: data.partition_index.into(),
                    };
                    let isr = data.isr.iter().map(|id| NodeId(id.0)).collect();
                    let epochs = (LeaderEpoch(data.leader_epoch), data.partition_epoch);
                    let retry = self.isr_answer(key, ErrorCode(data.error_code), isr, epochs);
                    if !retry {
                        sent.remove(&key);
                    }
                }
            }
        }
        let Some(broker) = &mut self.broker else { return };
        for key in sent {
            if let Some(partition) = broker.replicas.touch(key) {
                partition.isr_change_unsent();
                broker.replicas.isr.dirty.insert(key);
                broker.replicas.isr.retry_at = retry_at;
            }
        }
    }

    /// Takes in the answer for one partition; `true` when the change must be sent again.
    fn isr_answer(
        &mut self,
        key: PartitionKey,
        code: ErrorCode,
        isr: Vec<NodeId>,
        epochs: (LeaderEpoch, i32),
    ) -> bool {
        let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.touch(key)) else { return false };
        match code {
            ErrorCode::NONE => {
                partition.isr_changed(isr, epochs.0, epochs.1);
                self.advance(key);
                // Another follower may have caught up while this change was on its way.
                let followers: Vec<NodeId> = self
                    .broker
                    .as_ref()
                    .and_then(|b| b.replicas.get(key))
                    .and_then(|p| p.leader())
                    .map(|l| l.followers.keys().copied().collect())
                    .unwrap_or_default();
                for id in followers {
                    self.try_expand(key, id);
                }
                false
            }
            ErrorCode::OPERATION_NOT_ATTEMPTED | ErrorCode::INELIGIBLE_REPLICA => {
                partition.isr_change_refused();
                false
            }
            // The metadata log will tell what is true; until then the change stays pending.
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::UNKNOWN_TOPIC_ID
            | ErrorCode::FENCED_LEADER_EPOCH
            | ErrorCode::INVALID_UPDATE_VERSION
            | ErrorCode::INVALID_REQUEST
            | ErrorCode::NEW_LEADER_ELECTED => false,
            _ => true,
        }
    }
}

//! What follows for partitions when a broker comes, goes or loses a directory.
//!
//! Walks partitions and states targets; who leads then is [`election`](super::election)'s rule.

use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, PartitionId};
use kr_wire::metadata_records::{
    BrokerRegistrationChangeRecord, FenceBrokerRecord, FencedChange, MetadataRecord, PartitionChangeRecord,
    UnfenceBrokerRecord,
};

use super::Controller;
use super::election::{Election, Rules, Target};
use crate::configs::Scope;
use crate::features::{MIN_METADATA_VERSION, gate};
use crate::image::{Broker, Partition, Topic};

/// What happened to brokers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BrokerEvent {
    /// Leaves all ISRs; may stay eligible.
    pub removed: Option<NodeId>,
    /// Leaves all ISRs and ELRs: its log may lack what it acknowledged.
    pub unclean: Option<NodeId>,
    /// May lead from now on.
    pub added: Option<NodeId>,
}

impl Controller {
    /// Configuration as this controller sees it.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope {
            configs: self.image.configs(),
            node: self.config.node_id,
            static_config: &self.config.static_config,
        }
    }

    pub(super) fn metadata_version(&self) -> i16 {
        self.image.metadata_version().unwrap_or(MIN_METADATA_VERSION)
    }

    pub(super) fn is_active(&self, id: NodeId) -> bool {
        self.image.broker(id).is_some_and(Broker::is_active)
    }

    /// Whether the topic lets a replica lead that may lack committed records.
    pub(super) fn unclean_election_enabled(&self, topic: &str) -> bool {
        self.scope().topic_bool(topic, "unclean.leader.election.enable")
    }

    /// Directory of a new replica.
    pub(super) fn default_directory(&self, id: NodeId) -> DirectoryId {
        self.image.broker(id).map_or(DirectoryId::MIGRATING, Broker::default_directory)
    }

    /// The record that leads a partition to a target, given who is active.
    pub(super) fn change(
        &self,
        topic: &Topic,
        index: PartitionId,
        target: Target<'_>,
        active: &dyn Fn(NodeId) -> bool,
    ) -> Option<PartitionChangeRecord> {
        let directories = target.directories.clone();
        let before = target.before();
        let online = |id: NodeId| {
            let directory = directories.get(&id).copied().or_else(|| before.directory(id));
            directory.is_none_or(|d| self.image.broker(id).is_some_and(|b| b.has_online_directory(d)))
        };
        let min_isr = self.scope().topic_i64(&topic.name, "min.insync.replicas");
        let rules = Rules {
            metadata_version: self.metadata_version(),
            elr: self.image.elr_enabled(),
            min_isr: usize::try_from(min_isr).unwrap_or(1).min(before.replicas.len()),
            acceptable: &|id| active(id) && online(id),
            default_directory: &|id| self.default_directory(id),
        };
        target.change(topic.id, index, &rules)
    }

    /// As [`change`](Self::change) with who is active now.
    pub(super) fn change_now(
        &self,
        topic: &Topic,
        index: PartitionId,
        target: Target<'_>,
    ) -> Option<PartitionChangeRecord> {
        self.change(topic, index, target, &|id| self.is_active(id))
    }

    /// Changes of all selected partitions after something happened to brokers.
    pub(super) fn partitions_after(
        &self,
        event: BrokerEvent,
        select: impl Fn(&Partition) -> bool,
    ) -> Vec<MetadataRecord> {
        let gone = |id: NodeId| Some(id) == event.removed || Some(id) == event.unclean;
        let active = |id: NodeId| !gone(id) && (Some(id) == event.added || self.is_active(id));
        let mut records = Vec::new();
        for topic in self.image.topics() {
            let mut selected = topic.partitions.iter().filter(|(_, p)| select(p)).peekable();
            if selected.peek().is_none() {
                continue;
            }
            let unclean = self.unclean_election_enabled(&topic.name);
            for (index, partition) in selected {
                let mut target = Target::of(partition);
                target.isr.retain(|id| !gone(*id));
                target.unclean_shutdown = event.unclean;
                if unclean {
                    target.election = Election::Unclean;
                }
                records.extend(self.change(topic, *index, target, &active).map(MetadataRecord::from));
            }
        }
        records
    }

    /// A broker is fenced: it leaves all ISRs, others lead.
    pub(super) fn fence(&self, id: NodeId, epoch: BrokerEpoch) -> Vec<MetadataRecord> {
        let event = BrokerEvent { removed: Some(id), ..BrokerEvent::default() };
        let mut records = self.partitions_after(event, |p| p.isr.contains(&id));
        records.push(if self.metadata_version() >= gate::REGISTRATION_CHANGE {
            registration_change(id, epoch, FencedChange::Fence)
        } else {
            FenceBrokerRecord { id, epoch }.into()
        });
        records
    }

    /// A broker is unfenced: it may lead what nobody leads.
    pub(super) fn unfence(&self, id: NodeId, epoch: BrokerEpoch) -> Vec<MetadataRecord> {
        let mut records = vec![if self.metadata_version() >= gate::REGISTRATION_CHANGE {
            registration_change(id, epoch, FencedChange::Unfence)
        } else {
            UnfenceBrokerRecord { id, epoch }.into()
        }];
        let event = BrokerEvent { added: Some(id), ..BrokerEvent::default() };
        records.extend(self.partitions_after(event, |p| p.leader.is_none()));
        records
    }

    /// A broker starts to leave in order: it gives up its leaderships and leaves all ISRs.
    pub(super) fn start_controlled_shutdown(&self, id: NodeId, epoch: BrokerEpoch) -> Vec<MetadataRecord> {
        let mut records = vec![
            BrokerRegistrationChangeRecord {
                broker_id: id,
                broker_epoch: epoch,
                in_controlled_shutdown: true,
                ..BrokerRegistrationChangeRecord::default()
            }
            .into(),
        ];
        let event = BrokerEvent { removed: Some(id), ..BrokerEvent::default() };
        records.extend(self.partitions_after(event, |p| p.isr.contains(&id)));
        records
    }

    /// The process of a broker was replaced by another.
    pub(super) fn replaced(&self, id: NodeId, clean: bool) -> Vec<MetadataRecord> {
        if clean || !self.image.elr_enabled() {
            let event = BrokerEvent { removed: Some(id), ..BrokerEvent::default() };
            return self.partitions_after(event, |p| p.isr.contains(&id));
        }
        let event = BrokerEvent { unclean: Some(id), ..BrokerEvent::default() };
        self.partitions_after(event, |p| p.isr.contains(&id) || p.elr.contains(&id))
    }

    /// Directories of a broker went offline: it leaves the ISRs of the partitions in them.
    pub(super) fn directories_offline(
        &self,
        broker: &Broker,
        offline: &[DirectoryId],
    ) -> Vec<MetadataRecord> {
        let mut newly = offline.iter().filter(|d| broker.directories.contains(d)).peekable();
        if newly.peek().is_none() {
            return Vec::new();
        }
        let event = BrokerEvent { removed: Some(broker.id), ..BrokerEvent::default() };
        let mut records = self.partitions_after(event, |p| {
            p.isr.contains(&broker.id) && p.directory(broker.id).is_some_and(|d| offline.contains(&d))
        });
        let remaining = broker.directories.iter().copied().filter(|d| !offline.contains(d)).collect();
        records.push(
            BrokerRegistrationChangeRecord {
                broker_id: broker.id,
                broker_epoch: broker.epoch,
                log_dirs: remaining,
                ..BrokerRegistrationChangeRecord::default()
            }
            .into(),
        );
        records
    }
}

fn registration_change(id: NodeId, epoch: BrokerEpoch, fenced: FencedChange) -> MetadataRecord {
    let (broker_id, broker_epoch) = (id, epoch);
    BrokerRegistrationChangeRecord {
        broker_id,
        broker_epoch,
        fenced,
        ..BrokerRegistrationChangeRecord::default()
    }
    .into()
}

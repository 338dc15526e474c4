//! Registrations of brokers and controllers.
//!
//! Who is alive is not here: heartbeats are the controller's soft state, an image knows only "fenced".

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, Uuid};
use kr_wire::metadata_records::{
    BrokerRegistrationChangeRecord, Endpoint, FeatureRange, FencedChange, RegisterBrokerRecord,
    RegisterControllerRecord,
};

use super::ReplayError;

/// A broker's registration (Kafka: `BrokerRegistration`).
#[derive(Clone, Debug, PartialEq)]
pub struct Broker {
    /// `node.id`.
    pub id: NodeId,
    /// Offset of the registration; every request of the broker carries it.
    pub epoch: BrokerEpoch,
    /// Identity of the process.
    pub incarnation: Uuid,
    /// Advertised listeners.
    pub endpoints: Vec<Endpoint>,
    /// Supported features by name, lowest and highest level.
    pub features: BTreeMap<String, (i16, i16)>,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it may not lead nor be in an ISR.
    pub fenced: bool,
    /// Whether it is leaving in order.
    pub in_controlled_shutdown: bool,
    /// Online log directories, ascending; empty before metadata.version 3.7-IV2.
    pub directories: Vec<DirectoryId>,
    /// Whether it registered as a ZooKeeper broker on its way over; never since 4.0.
    pub is_migrating_zk_broker: bool,
}

impl Broker {
    /// Whether it may be in an ISR and lead: neither fenced nor shutting down.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// The listener of that name.
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|e| e.name == listener)
    }

    /// Whether a replica in that directory can be served (KIP-858).
    ///
    /// Unknown directories count as online, lost ones never; a broker that registered none has all online.
    pub fn has_online_directory(&self, directory: DirectoryId) -> bool {
        match directory {
            DirectoryId::UNASSIGNED | DirectoryId::MIGRATING => true,
            DirectoryId::LOST => false,
            other => self.directories.is_empty() || self.directories.contains(&other),
        }
    }

    /// The directory that a new replica is assigned to before the broker said where it is.
    pub fn default_directory(&self) -> DirectoryId {
        match self.directories.as_slice() {
            [] => DirectoryId::MIGRATING,
            [only] => *only,
            _ => DirectoryId::UNASSIGNED,
        }
    }
}

/// A controller's registration (KIP-919).
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerNode {
    /// `node.id`.
    pub id: NodeId,
    /// Identity of the process.
    pub incarnation: Uuid,
    /// Listeners.
    pub endpoints: Vec<Endpoint>,
    /// Supported features by name, lowest and highest level.
    pub features: BTreeMap<String, (i16, i16)>,
    /// False since 4.0.
    pub zk_migration_ready: bool,
}

/// All registrations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registrations {
    pub(super) brokers: Arc<BTreeMap<NodeId, Arc<Broker>>>,
    pub(super) controllers: Arc<BTreeMap<NodeId, Arc<ControllerNode>>>,
}

fn ranges(features: &[FeatureRange]) -> BTreeMap<String, (i16, i16)> {
    let range = |f: &FeatureRange| (f.name.clone(), (f.min_supported_version, f.max_supported_version));
    features.iter().map(range).collect()
}

fn range_records(features: &BTreeMap<String, (i16, i16)>) -> Vec<FeatureRange> {
    features
        .iter()
        .map(|(name, (min, max))| FeatureRange {
            name: name.clone(),
            min_supported_version: *min,
            max_supported_version: *max,
        })
        .collect()
}

impl Registrations {
    pub(super) fn register_broker(&mut self, record: &RegisterBrokerRecord) {
        let broker = Broker {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation: record.incarnation_id,
            endpoints: record.end_points.clone(),
            features: ranges(&record.features),
            rack: record.rack.clone(),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            directories: record.log_dirs.clone(),
            is_migrating_zk_broker: record.is_migrating_zk_broker,
        };
        Arc::make_mut(&mut self.brokers).insert(broker.id, Arc::new(broker));
    }

    pub(super) fn unregister_broker(&mut self, id: NodeId, epoch: BrokerEpoch) -> Result<(), ReplayError> {
        self.broker_mut(id, epoch)?;
        Arc::make_mut(&mut self.brokers).remove(&id);
        Ok(())
    }

    pub(super) fn set_fenced(
        &mut self,
        id: NodeId,
        epoch: BrokerEpoch,
        fenced: bool,
    ) -> Result<(), ReplayError> {
        self.broker_mut(id, epoch)?.fenced = fenced;
        Ok(())
    }

    pub(super) fn change_broker(
        &mut self,
        record: &BrokerRegistrationChangeRecord,
    ) -> Result<(), ReplayError> {
        let broker = self.broker_mut(record.broker_id, record.broker_epoch)?;
        match record.fenced {
            FencedChange::Keep => {}
            FencedChange::Fence => broker.fenced = true,
            FencedChange::Unfence => broker.fenced = false,
        }
        broker.in_controlled_shutdown |= record.in_controlled_shutdown;
        if !record.log_dirs.is_empty() {
            broker.directories.clone_from(&record.log_dirs);
        }
        Ok(())
    }

    pub(super) fn register_controller(&mut self, record: &RegisterControllerRecord) {
        let controller = ControllerNode {
            id: record.controller_id,
            incarnation: record.incarnation_id,
            endpoints: record.end_points.clone(),
            features: ranges(&record.features),
            zk_migration_ready: record.zk_migration_ready,
        };
        Arc::make_mut(&mut self.controllers).insert(controller.id, Arc::new(controller));
    }

    fn broker_mut(&mut self, id: NodeId, epoch: BrokerEpoch) -> Result<&mut Broker, ReplayError> {
        let known = self.brokers.get(&id).map(|b| b.epoch);
        match Arc::make_mut(&mut self.brokers).get_mut(&id) {
            Some(broker) if known == Some(epoch) => Ok(Arc::make_mut(broker)),
            _ => Err(ReplayError::BrokerEpoch { id, epoch, registered: known }),
        }
    }
}

impl Broker {
    /// The record that restores this registration.
    pub fn to_record(&self) -> RegisterBrokerRecord {
        RegisterBrokerRecord {
            broker_id: self.id,
            is_migrating_zk_broker: self.is_migrating_zk_broker,
            incarnation_id: self.incarnation,
            broker_epoch: self.epoch,
            end_points: self.endpoints.clone(),
            features: range_records(&self.features),
            rack: self.rack.clone(),
            fenced: self.fenced,
            in_controlled_shutdown: self.in_controlled_shutdown,
            log_dirs: self.directories.clone(),
        }
    }
}

impl ControllerNode {
    /// The record that restores this registration.
    pub fn to_record(&self) -> RegisterControllerRecord {
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation,
            zk_migration_ready: self.zk_migration_ready,
            end_points: self.endpoints.clone(),
            features: range_records(&self.features),
        }
    }
}

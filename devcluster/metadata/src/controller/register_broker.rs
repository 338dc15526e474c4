//! BrokerRegistration (62): a broker's process joins the cluster, fenced until it has caught up.
//!
//! Also UnregisterBroker (64) and ControllerRegistration (70). Who may send them is the node's to check.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId};
use kr_wire::messages::{
    BrokerRegistrationRequest, BrokerRegistrationResponse, ControllerRegistrationRequest,
    ControllerRegistrationResponse, UnregisterBrokerRequest, UnregisterBrokerResponse,
};
use kr_wire::metadata_records::{
    Endpoint, FeatureRange, MetadataRecord, RegisterBrokerRecord, RegisterControllerRecord,
    UnregisterBrokerRecord,
};

use super::leadership::BrokerEvent;
use super::{Call, Controller, Outcome, Refusal};
use crate::features::{METADATA_VERSION, gate};

impl Controller {
    /// Registers a broker's process; answers with its broker epoch.
    ///
    /// Errors: INCONSISTENT_CLUSTER_ID, DUPLICATE_BROKER_REGISTRATION while another process of the id lives,
    /// INVALID_REGISTRATION for its directories or features, UNSUPPORTED_VERSION for a finalized feature.
    pub fn register_broker(
        &mut self,
        request: &BrokerRegistrationRequest,
        call: Call,
    ) -> Outcome<BrokerRegistrationResponse> {
        match self.registration(request, call) {
            Ok((epoch, records)) => {
                let response = BrokerRegistrationResponse::default().with_broker_epoch(epoch.0);
                Outcome::atomic(records, response)
            }
            Err(refusal) => Outcome::unchanged(
                BrokerRegistrationResponse::default().with_error_code(refusal.code.0).with_broker_epoch(-1),
            ),
        }
    }

    fn registration(
        &mut self,
        request: &BrokerRegistrationRequest,
        call: Call,
    ) -> Result<(BrokerEpoch, Vec<MetadataRecord>), Refusal> {
        let id = NodeId(request.broker_id.0);
        if *request.cluster_id != *self.config.cluster_id {
            return Err(ErrorCode::INCONSISTENT_CLUSTER_ID.into());
        }
        let existing = self.image.broker(id);
        let same = existing.filter(|b| b.incarnation == request.incarnation_id);
        // With hints, a new process is the hint that the one nobody has heard of is gone: after a restart of
        // the whole cluster nobody waits for sessions to end.
        let is_presumed_gone =
            |other: BrokerEpoch| self.config.lost_grace.is_some() && self.liveness.is_unheard(id, other);
        if let (Some(other), None) = (existing, same)
            && !other.fenced
            && self.liveness.is_alive(id, other.epoch, call.now.mono)
            && !is_presumed_gone(other.epoch)
        {
            return Err(ErrorCode::DUPLICATE_BROKER_REGISTRATION.into());
        }
        if request.is_migrating_zk_broker {
            return Err(ErrorCode::BROKER_ID_NOT_REGISTERED.into());
        }
        self.check_directories(id, request)?;
        self.check_features(request)?;

        let mut records = Vec::new();
        let epoch = same.map_or(BrokerEpoch(call.next_offset.0), |b| b.epoch);
        if let (Some(other), None) = (existing, same) {
            let clean = request.previous_broker_epoch == other.epoch.0;
            records = self.replaced(id, clean);
        }
        let version = self.metadata_version();
        let mut log_dirs: Vec<DirectoryId> = request.log_dirs.iter().copied().map(DirectoryId).collect();
        log_dirs.sort_unstable();
        if version < gate::DIRECTORIES {
            log_dirs.clear();
        }
        let record = RegisterBrokerRecord {
            broker_id: id,
            is_migrating_zk_broker: false,
            incarnation_id: request.incarnation_id,
            broker_epoch: epoch,
            end_points: request.listeners.iter().map(broker_endpoint).collect(),
            features: request.features.iter().map(broker_feature).collect(),
            rack: request.rack.as_ref().map(ToString::to_string),
            fenced: same.is_none_or(|b| b.fenced),
            in_controlled_shutdown: same.is_some_and(|b| b.in_controlled_shutdown),
            log_dirs,
        };
        if same.is_none() {
            self.liveness.remove(id);
        }
        records.push(record.into());
        Ok((epoch, records))
    }

    /// From 3.7-IV2 on a broker names its directories: at least one, none twice, none reserved, none of another.
    fn check_directories(&self, id: NodeId, request: &BrokerRegistrationRequest) -> Result<(), Refusal> {
        if self.metadata_version() < gate::DIRECTORIES {
            return Ok(());
        }
        let invalid = |message: String| Err(Refusal::new(ErrorCode::INVALID_REGISTRATION, message));
        if request.log_dirs.is_empty() {
            return invalid(format!("broker {id} registers no log directory"));
        }
        for (index, directory) in request.log_dirs.iter().copied().map(DirectoryId).enumerate() {
            if directory.is_reserved() {
                return invalid(format!("broker {id} registers the reserved directory id {directory}"));
            }
            if request.log_dirs[..index].contains(&directory.0) {
                return invalid(format!("broker {id} registers directory {directory} twice"));
            }
            let owner = self.image.brokers().find(|b| b.id != id && b.directories.contains(&directory));
            if let Some(owner) = owner {
                return invalid(format!("directory {directory} belongs to broker {}", owner.id));
            }
        }
        Ok(())
    }

    /// A broker must support the finalized level of every feature; what it does not name it does not support.
    fn check_features(&self, request: &BrokerRegistrationRequest) -> Result<(), Refusal> {
        let range = |name: &str| {
            let feature = request.features.iter().find(|f| *f.name == *name);
            feature.map_or((0, 0), |f| (f.min_supported_version, f.max_supported_version))
        };
        if range(METADATA_VERSION) == (0, 0) {
            let message = "a broker must support metadata.version to register";
            return Err(Refusal::new(ErrorCode::INVALID_REGISTRATION, message));
        }
        for (name, level) in self.image.features() {
            let (min, max) = range(name);
            if !(min..=max).contains(level) {
                return Err(Refusal::new(
                    ErrorCode::UNSUPPORTED_VERSION,
                    format!("{name} is finalized at {level}, the broker supports {min} to {max}"),
                ));
            }
        }
        Ok(())
    }

    /// Removes a broker's registration; its replicas stay assigned. Errors: BROKER_ID_NOT_REGISTERED.
    pub fn unregister_broker(
        &mut self,
        request: &UnregisterBrokerRequest,
        _call: Call,
    ) -> Outcome<UnregisterBrokerResponse> {
        let id = NodeId(request.broker_id.0);
        let Some(broker) = self.image.broker(id) else {
            let refusal =
                Refusal::new(ErrorCode::BROKER_ID_NOT_REGISTERED, format!("broker {id} is not registered"));
            return Outcome::unchanged(
                UnregisterBrokerResponse::default()
                    .with_error_code(refusal.code.0)
                    .with_error_message(refusal.text()),
            );
        };
        let event = BrokerEvent { unclean: Some(id), ..BrokerEvent::default() };
        let mut records = self.partitions_after(event, |p| p.isr.contains(&id) || p.elr.contains(&id));
        records.push(UnregisterBrokerRecord { broker_id: id, broker_epoch: broker.epoch }.into());
        Outcome::atomic(records, UnregisterBrokerResponse::default())
    }

    /// Registers a controller's process; the last one wins. Errors: UNSUPPORTED_VERSION before 3.7-IV0.
    pub fn register_controller(
        &mut self,
        request: &ControllerRegistrationRequest,
        _call: Call,
    ) -> Outcome<ControllerRegistrationResponse> {
        if self.metadata_version() < gate::CONTROLLER_REGISTRATION {
            let refusal = Refusal::new(
                ErrorCode::UNSUPPORTED_VERSION,
                "controllers register from metadata.version 3.7-IV0 on",
            );
            return Outcome::unchanged(
                ControllerRegistrationResponse::default()
                    .with_error_code(refusal.code.0)
                    .with_error_message(refusal.text()),
            );
        }
        let endpoint = |l: &kr_wire::messages::controller_registration_request::Listener| Endpoint {
            name: l.name.to_string(),
            host: l.host.to_string(),
            port: l.port,
            security_protocol: l.security_protocol,
        };
        let feature = |f: &kr_wire::messages::controller_registration_request::Feature| FeatureRange {
            name: f.name.to_string(),
            min_supported_version: f.min_supported_version,
            max_supported_version: f.max_supported_version,
        };
        let record = RegisterControllerRecord {
            controller_id: NodeId(request.controller_id),
            incarnation_id: request.incarnation_id,
            zk_migration_ready: request.zk_migration_ready,
            end_points: request.listeners.iter().map(endpoint).collect(),
            features: request.features.iter().map(feature).collect(),
        };
        Outcome::atomic(vec![record.into()], ControllerRegistrationResponse::default())
    }
}

fn broker_endpoint(listener: &kr_wire::messages::broker_registration_request::Listener) -> Endpoint {
    Endpoint {
        name: listener.name.to_string(),
        host: listener.host.to_string(),
        port: listener.port,
        security_protocol: listener.security_protocol,
    }
}

fn broker_feature(feature: &kr_wire::messages::broker_registration_request::Feature) -> FeatureRange {
    FeatureRange {
        name: feature.name.to_string(),
        min_supported_version: feature.min_supported_version,
        max_supported_version: feature.max_supported_version,
    }
}

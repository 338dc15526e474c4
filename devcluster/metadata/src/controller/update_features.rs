//! UpdateFeatures (57): levels of `metadata.version` and of the other features, all or nothing (KIP-584, 778).
//!
//! `kraft.version` is not here: it is changed in the quorum, by control records.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::update_features_request::FeatureUpdateKey;
use kr_wire::messages::update_features_response::UpdatableFeatureResult;
use kr_wire::messages::{UpdateFeaturesRequest, UpdateFeaturesResponse};
use kr_wire::metadata_records::{ConfigRecord, FeatureLevelRecord, MetadataRecord};

use super::{Call, Controller, Outcome, Refusal};
use crate::features::{
    self, ELR_VERSION, LATEST_METADATA_VERSION, METADATA_VERSION, MIN_METADATA_VERSION, gate,
};
use crate::image::ResourceType;

/// How a level may move (wire numbers of UpgradeType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Upgrade,
    SafeDowngrade,
    UnsafeDowngrade,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::INVALID_UPDATE_VERSION, message)
}

impl Controller {
    /// Finalizes levels. Errors for the whole request: INVALID_UPDATE_VERSION, INVALID_REQUEST for duplicates.
    pub fn update_features(
        &mut self,
        request: &UpdateFeaturesRequest,
        call: Call,
    ) -> Outcome<UpdateFeaturesResponse> {
        let (records, refusal) = match self.feature_records(&request.feature_updates, call.version) {
            Ok(records) => (records, Refusal::from(ErrorCode::NONE)),
            Err(refusal) => (Vec::new(), refusal),
        };
        let mut response = UpdateFeaturesResponse::default()
            .with_error_code(refusal.code.0)
            .with_error_message(refusal.text());
        if call.version < 2 {
            let result = |update: &FeatureUpdateKey| {
                UpdatableFeatureResult::default()
                    .with_feature(update.feature.clone())
                    .with_error_code(refusal.code.0)
                    .with_error_message(refusal.text())
            };
            response.results = request.feature_updates.iter().map(result).collect();
        }
        let keep = !(request.validate_only && call.version >= 1);
        Outcome::atomic(if keep { records } else { Vec::new() }, response)
    }

    fn feature_records(
        &self,
        updates: &[FeatureUpdateKey],
        version: i16,
    ) -> Result<Vec<MetadataRecord>, Refusal> {
        let mut wanted: BTreeMap<String, i16> = self.image.features().clone();
        let mut seen = BTreeSet::new();
        let mut changes = Vec::new();
        for update in updates {
            let name = update.feature.to_string();
            if !seen.insert(name.clone()) {
                return Err(Refusal::new(ErrorCode::INVALID_REQUEST, format!("{name} is named twice")));
            }
            let direction = direction(update, version)?;
            let level = update.max_version_level;
            self.check_level(&name, level, direction)?;
            if level != self.image.feature_level(&name) {
                changes.push((name.clone(), level));
            }
            if level == 0 {
                wanted.remove(&name);
            } else {
                wanted.insert(name, level);
            }
        }
        check_dependencies(&wanted)?;
        let mut records = Vec::new();
        for (name, feature_level) in changes {
            if name == ELR_VERSION && feature_level > 0 {
                records.extend(self.fix_min_isr());
            }
            records.push(FeatureLevelRecord { name, feature_level }.into());
        }
        Ok(records)
    }

    fn check_level(&self, name: &str, level: i16, direction: Direction) -> Result<(), Refusal> {
        let known = features::feature(name).filter(|f| f.in_log && f.max > 0);
        if name != METADATA_VERSION && known.is_none() {
            return Err(invalid(format!("the controller does not support {name}")));
        }
        if level < 0 {
            return Err(invalid(format!("{level} is no level of {name}: it is negative")));
        }
        let current = self.image.feature_level(name);
        if level < current && direction == Direction::Upgrade {
            return Err(invalid(format!("{name} is at {current}: going down to {level} must be asked for")));
        }
        if level > current && direction != Direction::Upgrade {
            return Err(invalid(format!("{name} is at {current}: {level} is no downgrade")));
        }
        let own = match known {
            Some(feature) => (0, feature.max),
            None => (MIN_METADATA_VERSION, LATEST_METADATA_VERSION),
        };
        if !(own.0..=own.1).contains(&level) {
            return Err(invalid(format!(
                "{name} {level} is outside of what the controller supports, {} to {}",
                own.0, own.1
            )));
        }
        self.check_nodes(name, level)?;
        if name == METADATA_VERSION && features::downgrade_loses_metadata(current, level) {
            return Err(invalid(format!(
                "metadata.version cannot go from {current} down to {level}: metadata would be lost"
            )));
        }
        Ok(())
    }

    /// Every registered broker and controller, and every voter, must support the level; 0 is always supported.
    fn check_nodes(&self, name: &str, level: i16) -> Result<(), Refusal> {
        let supports = |ranges: &BTreeMap<String, (i16, i16)>| {
            let (min, max) = ranges.get(name).copied().unwrap_or((0, 0));
            level == 0 && name != METADATA_VERSION || (min..=max).contains(&level)
        };
        if let Some(broker) = self.image.brokers().find(|b| !supports(&b.features)) {
            return Err(invalid(format!("broker {} does not support {name} {level}", broker.id)));
        }
        if let Some(controller) = self.image.controllers().find(|c| !supports(&c.features)) {
            return Err(invalid(format!("controller {} does not support {name} {level}", controller.id)));
        }
        if self.metadata_version() >= gate::CONTROLLER_REGISTRATION {
            let missing = |id: &&kr_wire::ids::NodeId| {
                **id != self.config.node_id && self.image.controller(**id).is_none()
            };
            if let Some(id) = self.config.quorum.iter().find(missing) {
                return Err(invalid(format!("controller {id} has not registered")));
            }
        }
        Ok(())
    }

    /// With ELR the minimum is the cluster's: it is written down, and what single brokers had goes (KIP-966).
    pub(super) fn fix_min_isr(&self) -> Vec<MetadataRecord> {
        const MIN_ISR: &str = "min.insync.replicas";
        let configs = self.image.committed().configs();
        let record = |resource: &str, value: Option<String>| -> MetadataRecord {
            ConfigRecord {
                resource_type: ResourceType::Broker.to_wire(),
                resource_name: resource.to_owned(),
                name: MIN_ISR.to_owned(),
                value,
            }
            .into()
        };
        let mut records = Vec::new();
        if configs.get(ResourceType::Broker, "", MIN_ISR).is_none() {
            let effective = self.scope().broker(MIN_ISR).map(str::to_owned);
            records.push(record("", effective));
        }
        let own = configs.names(ResourceType::Broker).filter(|name| !name.is_empty());
        let set = own.filter(|name| configs.get(ResourceType::Broker, name, MIN_ISR).is_some());
        records.extend(set.map(|name| record(name, None)));
        records
    }
}

fn direction(update: &FeatureUpdateKey, version: i16) -> Result<Direction, Refusal> {
    if version < 1 {
        let downgrade = update.allow_downgrade;
        return Ok(if downgrade { Direction::SafeDowngrade } else { Direction::Upgrade });
    }
    match update.upgrade_type {
        1 => Ok(Direction::Upgrade),
        2 => Ok(Direction::SafeDowngrade),
        3 => Ok(Direction::UnsafeDowngrade),
        other => Err(invalid(format!("unknown upgrade type {other}"))),
    }
}

/// What a feature needs of `metadata.version`.
fn check_dependencies(wanted: &BTreeMap<String, i16>) -> Result<(), Refusal> {
    let version = wanted.get(METADATA_VERSION).copied().unwrap_or(0);
    for (name, level) in wanted {
        let needs = features::feature(name).map_or(0, |f| f.needs);
        if *level > 0 && version < needs {
            return Err(invalid(format!(
                "{name} {level} needs metadata.version {needs}, which would be {version}"
            )));
        }
    }
    Ok(())
}

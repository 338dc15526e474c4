//! Configurations of topics and brokers. Passwords are copied as they are stored, which is what a controller
//! without `password.encoder.secret` does.

use std::collections::BTreeSet;

use kr_wire::ids::NodeId;
use kr_wire::metadata_records::{ConfigRecord, MetadataRecord};

use super::Stop;
use super::batches::Batches;
use crate::java;
use crate::model::{Config, DEFAULT_ENTITY, Model};

/// Kafka's number of the resource type TOPIC.
const TOPIC: i8 = 2;
/// Kafka's number of the resource type BROKER.
const BROKER: i8 = 4;

/// The records of a topic's configuration, and the node they come from.
pub(super) fn of_topic(model: &Model, name: &str) -> Result<Vec<(MetadataRecord, String)>, Stop> {
    match model.configs.topics.get(name) {
        None => Ok(Vec::new()),
        Some(config) => {
            let config = config.as_ref().map_err(Stop::from)?;
            Ok(records(TOPIC, name, config, &format!("/config/topics/{name}")))
        }
    }
}

pub(super) fn copy_brokers(
    model: &Model,
    batches: &mut Batches,
    brokers: &mut BTreeSet<NodeId>,
) -> Result<(), Stop> {
    // All are read before the first is looked at.
    for config in model.configs.brokers.values() {
        config.as_ref().map_err(Stop::from)?;
    }
    for (name, config) in &model.configs.brokers {
        let path = format!("/config/brokers/{name}");
        let resource = if name == DEFAULT_ENTITY { "" } else { name };
        if !resource.is_empty() {
            let Some(id) = java::parse_int(resource) else {
                return Err(Stop { path, why: "is not named after a broker's id".to_owned() });
            };
            brokers.insert(NodeId(id));
        }
        batches.accept(records(BROKER, resource, config.as_ref().map_err(Stop::from)?, &path))?;
    }
    Ok(())
}

fn records(resource_type: i8, resource: &str, config: &Config, path: &str) -> Vec<(MetadataRecord, String)> {
    let record = |(key, value): (&String, &String)| {
        let record = ConfigRecord {
            resource_type,
            resource_name: resource.to_owned(),
            name: key.clone(),
            value: Some(value.clone()),
        };
        (record.into(), path.to_owned())
    };
    config.iter().map(record).collect()
}

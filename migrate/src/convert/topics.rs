//! Topics with their configurations and partitions: one batch each, joined with its neighbours.

use kr_wire::ids::{LeaderEpoch, PartitionId, TopicId};
use kr_wire::metadata_records::{LeaderRecoveryState, PartitionRecord, TopicRecord};

use super::batches::Batches;
use super::{Conversion, Settings, Stop, Warning, configs};
use crate::model::{Assignment, Model, Topic};

/// What the driver does before it begins: it reads all topics and looks for their brokers.
pub(super) fn wait_for_brokers(model: &Model, settings: &Settings) -> Result<(), Stop> {
    for (name, topic) in migrated(model) {
        let topic = topic.as_ref().map_err(Stop::from)?;
        let path = || format!("/brokers/topics/{name}");
        if topic.id.is_none() {
            return Err(Stop { path: path(), why: "has no \"topic_id\"".to_owned() });
        }
        let Some(registered) = &settings.registered else { continue };
        let mut replicas = topic.partitions.values().flat_map(|assignment| &assignment.replicas);
        if let Some(id) = replicas.find(|id| !registered.contains(id)) {
            return Err(Stop { path: path(), why: format!("names broker {id}, which has not registered") });
        }
    }
    Ok(())
}

pub(super) fn copy(model: &Model, batches: &mut Batches, conversion: &mut Conversion) -> Result<(), Stop> {
    conversion.warnings.extend(model.deletions.iter().map(|topic| {
        let topic = topic.clone();
        Warning::PendingDeletion { topic }
    }));
    for (name, topic) in migrated(model) {
        let topic = topic.as_ref().map_err(Stop::from)?;
        let id = topic.id.expect("the driver does not begin before all topics have ids");
        let mut batch = vec![(
            TopicRecord { name: name.clone(), topic_id: id }.into(),
            format!("/brokers/topics/{name}"),
        )];
        batch.extend(configs::of_topic(model, name)?);
        partitions(name, id, topic, conversion, &mut batch)?;
        batches.accept(batch)?;
    }
    Ok(())
}

/// Topics that are not about to be deleted.
fn migrated(model: &Model) -> impl Iterator<Item = (&String, &crate::model::Read<Topic>)> {
    model.topics.iter().filter(|(name, _)| !model.deletions.contains(*name))
}

fn partitions(
    name: &str,
    id: TopicId,
    topic: &Topic,
    conversion: &mut Conversion,
    batch: &mut Vec<(kr_wire::metadata_records::MetadataRecord, String)>,
) -> Result<(), Stop> {
    for (number, assignment) in &topic.partitions {
        let path = format!("/brokers/topics/{name}/partitions/{number}/state");
        let record = match &assignment.state {
            Some(Err(unreadable)) => return Err(Stop::from(unreadable)),
            Some(Ok(state)) => PartitionRecord {
                isr: state.isr.clone(),
                leader: state.leader,
                leader_epoch: state.leader_epoch,
                partition_epoch: state.version,
                leader_recovery_state: match state.recovering {
                    true => LeaderRecoveryState::Recovering,
                    false => LeaderRecoveryState::Recovered,
                },
                ..record(id, *number, assignment)
            },
            None => {
                let Some(leader) = assignment.replicas.first() else {
                    let why = "does not exist, and the partition has no replica to lead it".to_owned();
                    return Err(Stop { path, why });
                };
                conversion.warnings.insert(Warning::NoState { path: path.clone() });
                PartitionRecord {
                    isr: assignment.replicas.clone(),
                    leader: Some(*leader),
                    leader_epoch: LeaderEpoch(0),
                    ..record(id, *number, assignment)
                }
            }
        };
        conversion.brokers.extend(record.replicas.iter().chain(&record.adding_replicas));
        batch.push((record.into(), path));
    }
    Ok(())
}

/// What does not depend on the partition's state.
fn record(id: TopicId, number: PartitionId, assignment: &Assignment) -> PartitionRecord {
    PartitionRecord {
        partition_id: number,
        topic_id: id,
        replicas: assignment.replicas.clone(),
        adding_replicas: assignment.adding.clone(),
        removing_replicas: assignment.removing.clone(),
        ..PartitionRecord::default()
    }
}

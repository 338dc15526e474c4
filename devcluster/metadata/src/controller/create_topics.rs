//! CreateTopics (19): names, configuration, placement, and the records of new topics.
//!
//! All topics of a request go into one batch; each succeeds or fails alone. Policies do not exist here.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, TopicId};
use kr_wire::message::StrBytes;
use kr_wire::messages::create_topics_request::CreatableTopic;
use kr_wire::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kr_wire::messages::{CreateTopicsRequest, CreateTopicsResponse};
use kr_wire::metadata_records::{ConfigRecord, MetadataRecord, TopicRecord};

use super::outcome::text;
use super::{Call, Controller, MAX_RECORDS, Outcome, Refusal};
use crate::chance;
use crate::configs::validate_topic;
use crate::image::ResourceType;
use crate::placement::Placer;
use crate::topic_name;

/// What one request has gathered so far.
struct Batch {
    records: Vec<MetadataRecord>,
    placer: Option<Placer>,
    /// Names of all topics with '.' read as '_', once a name needs the comparison.
    collisions: Option<BTreeMap<String, String>>,
    /// Effective configuration of a topic without its own.
    plain_configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Controller {
    /// Creates topics, or only says what would be created.
    ///
    /// Errors per topic: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS, INVALID_CONFIG, INVALID_PARTITIONS,
    /// INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_REQUEST, POLICY_VIOLATION for more than
    /// 10,000 partitions or records.
    pub fn create_topics(
        &mut self,
        request: &CreateTopicsRequest,
        _call: Call,
    ) -> Outcome<CreateTopicsResponse> {
        let mut batch = Batch { records: Vec::new(), placer: None, collisions: None, plain_configs: None };
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for topic in &request.topics {
            *times.entry(topic.name.as_str()).or_default() += 1;
        }
        let too_many = self.partitions_wanted(request) > MAX_RECORDS as i64;
        let mut results = Vec::with_capacity(request.topics.len());
        let mut seen = BTreeSet::new();
        for topic in &request.topics {
            if !seen.insert(topic.name.as_str()) {
                continue;
            }
            let outcome = if times.get(topic.name.as_str()).is_some_and(|count| *count > 1) {
                Err(Refusal::new(ErrorCode::INVALID_REQUEST, "Duplicate topic name."))
            } else if too_many {
                Err(Refusal::new(
                    ErrorCode::POLICY_VIOLATION,
                    format!("the request asks for more than {MAX_RECORDS} partitions"),
                ))
            } else {
                self.create_topic(topic, &mut batch)
            };
            results.push(outcome.unwrap_or_else(|refusal| refused(topic, &refusal)));
        }
        if batch.records.len() > MAX_RECORDS {
            let refusal = Refusal::new(
                ErrorCode::POLICY_VIOLATION,
                format!("the request would write more than {MAX_RECORDS} records"),
            );
            results = request.topics.iter().map(|topic| refused(topic, &refusal)).collect();
            batch.records.clear();
        }
        if request.validate_only {
            batch.records.clear();
        }
        Outcome::atomic(batch.records, CreateTopicsResponse::default().with_topics(results))
    }

    fn partitions_wanted(&self, request: &CreateTopicsRequest) -> i64 {
        let default = self.scope().broker_i64("num.partitions");
        let of = |topic: &CreatableTopic| match (topic.assignments.len(), topic.num_partitions) {
            (0, -1) => default,
            (0, wanted) => i64::from(wanted.max(0)),
            (assigned, _) => assigned as i64,
        };
        request.topics.iter().map(of).sum()
    }

    fn create_topic(
        &mut self,
        topic: &CreatableTopic,
        batch: &mut Batch,
    ) -> Result<CreatableTopicResult, Refusal> {
        let name = topic.name.as_str();
        self.check_name(name, batch)?;
        let configs = self.check_configs(topic)?;
        let assignments = if topic.assignments.is_empty() {
            self.place_topic(topic, batch)?
        } else {
            named_assignments(topic)?
        };
        let id = TopicId(chance::uuid(&mut self.rng));
        let mut partitions = Vec::with_capacity(assignments.len());
        let size = assignments.first().map_or(0, Vec::len);
        for (index, replicas) in (0..).zip(assignments) {
            if !topic.assignments.is_empty() {
                self.check_assignment(&replicas, Some(size))?;
            }
            let isr = self.active_of(&replicas);
            if isr.is_empty() {
                let code = if topic.assignments.is_empty() {
                    ErrorCode::INVALID_REPLICATION_FACTOR
                } else {
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT
                };
                return Err(Refusal::new(
                    code,
                    format!("all brokers of partition {index} are fenced or shutting down"),
                ));
            }
            partitions.push(self.new_partition(id, index, replicas, isr));
        }
        batch.records.push(TopicRecord { name: name.to_owned(), topic_id: id }.into());
        batch.records.extend(configs.iter().map(|(key, value)| {
            ConfigRecord {
                resource_type: ResourceType::Topic.to_wire(),
                resource_name: name.to_owned(),
                name: key.clone(),
                value: Some(value.clone()),
            }
            .into()
        }));
        let count = i32::try_from(partitions.len()).unwrap_or(i32::MAX);
        batch.records.extend(partitions.into_iter().map(MetadataRecord::from));
        Ok(CreatableTopicResult::default()
            .with_error_message(None)
            .with_name(topic.name.clone())
            .with_topic_id(id.0)
            .with_num_partitions(count)
            .with_replication_factor(i16::try_from(size).unwrap_or(i16::MAX))
            .with_configs(Some(self.creatable_configs(&configs, batch))))
    }

    fn check_name(&self, name: &str, batch: &mut Batch) -> Result<(), Refusal> {
        if name == topic_name::CLUSTER_METADATA {
            let message = format!("Creation of internal topic {name} is prohibited.");
            return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message));
        }
        let illegal = |message| Refusal::new(ErrorCode::INVALID_TOPIC_EXCEPTION, message);
        topic_name::check(name).map_err(|error| illegal(error.to_string()))?;
        if self.image.topic_by_name(name).is_some() {
            let message = format!("Topic '{name}' already exists.");
            return Err(Refusal::new(ErrorCode::TOPIC_ALREADY_EXISTS, message));
        }
        if !topic_name::may_collide(name) {
            return Ok(());
        }
        let taken = batch.collisions.get_or_insert_with(|| {
            let names = self.image.topics().map(|t| t.name.as_ref()).filter(|n| topic_name::may_collide(n));
            names.map(|n| (topic_name::collision_key(n), n.to_owned())).collect()
        });
        match taken.get(&topic_name::collision_key(name)) {
            Some(other) => Err(illegal(format!("Topic '{name}' collides with existing topic: {other}"))),
            None => Ok(()),
        }
    }

    fn check_configs(&self, topic: &CreatableTopic) -> Result<BTreeMap<String, String>, Refusal> {
        let invalid = |message| Refusal::new(ErrorCode::INVALID_CONFIG, message);
        let mut configs = BTreeMap::new();
        for config in &topic.configs {
            let Some(value) = &config.value else {
                return Err(invalid(format!("Null value not supported for topic configs: {}", config.name)));
            };
            super::alter_configs::check_length(&config.name, value)?;
            configs.insert(config.name.to_string(), value.to_string());
        }
        validate_topic(&configs, &self.scope()).map_err(|error| invalid(error.to_string()))?;
        Ok(configs)
    }

    fn place_topic(
        &mut self,
        topic: &CreatableTopic,
        batch: &mut Batch,
    ) -> Result<Vec<Vec<NodeId>>, Refusal> {
        let partitions = match topic.num_partitions {
            -1 => self.scope().broker_i64("num.partitions"),
            wanted => i64::from(wanted),
        };
        let replicas = match topic.replication_factor {
            -1 => self.scope().broker_i64("default.replication.factor"),
            wanted => i64::from(wanted),
        };
        let count = |value: i64, code, what: &str| {
            usize::try_from(value).ok().filter(|v| *v > 0).ok_or_else(|| {
                Refusal::new(code, format!("{what} must be larger than 0, or -1 for the default"))
            })
        };
        let replicas = count(replicas, ErrorCode::INVALID_REPLICATION_FACTOR, "the replication factor")?;
        let partitions = count(partitions, ErrorCode::INVALID_PARTITIONS, "the number of partitions")?;
        let mut placer = batch.placer.take().unwrap_or_else(|| self.placer());
        let placed = self.place(&mut placer, partitions, replicas);
        batch.placer = Some(placer);
        placed
    }

    fn creatable_configs(
        &self,
        own: &BTreeMap<String, String>,
        batch: &mut Batch,
    ) -> Vec<CreatableTopicConfigs> {
        let describe = || {
            let entry = |(key, value, source): (&'static crate::configs::Key, String, i8)| {
                CreatableTopicConfigs::default()
                    .with_name(StrBytes::from(key.name))
                    .with_value(Some(text(&value)))
                    .with_config_source(source)
            };
            self.scope().creatable(own).into_iter().map(entry).collect::<Vec<_>>()
        };
        if own.is_empty() { batch.plain_configs.get_or_insert_with(describe).clone() } else { describe() }
    }
}

/// Assignments in the order of partitions, which must be numbered from 0 without gaps.
fn named_assignments(topic: &CreatableTopic) -> Result<Vec<Vec<NodeId>>, Refusal> {
    let request = |message: &str| Err(Refusal::new(ErrorCode::INVALID_REQUEST, message));
    if topic.replication_factor != -1 {
        return request("a replication factor may not be given with assignments: it must be -1");
    }
    if topic.num_partitions != -1 {
        return request("a number of partitions may not be given with assignments: it must be -1");
    }
    let mut by_index = BTreeMap::new();
    for assignment in &topic.assignments {
        let replicas: Vec<NodeId> = assignment.broker_ids.iter().map(|id| NodeId(id.0)).collect();
        if by_index.insert(assignment.partition_index, replicas).is_some() {
            return Err(Refusal::new(
                ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                format!("partition {} is assigned twice", assignment.partition_index),
            ));
        }
    }
    if !by_index.keys().copied().eq((0..).take(by_index.len())) {
        return Err(Refusal::new(
            ErrorCode::INVALID_REPLICA_ASSIGNMENT,
            "partitions must be numbered from 0 without gaps",
        ));
    }
    Ok(by_index.into_values().collect())
}

fn refused(topic: &CreatableTopic, refusal: &Refusal) -> CreatableTopicResult {
    CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(refusal.code.0)
        .with_error_message(refusal.text())
}

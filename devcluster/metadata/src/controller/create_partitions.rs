//! CreatePartitions (37): more partitions for topics that exist.

use std::collections::BTreeSet;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::messages::create_partitions_request::CreatePartitionsTopic;
use kr_wire::messages::create_partitions_response::CreatePartitionsTopicResult;
use kr_wire::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use kr_wire::metadata_records::MetadataRecord;

use super::{Call, Controller, MAX_RECORDS, Outcome, Refusal};

impl Controller {
    /// Adds partitions; each topic succeeds or fails alone.
    ///
    /// Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS for a count that is not above the current
    /// one, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, INVALID_REQUEST for duplicates.
    pub fn create_partitions(
        &mut self,
        request: &CreatePartitionsRequest,
        _call: Call,
    ) -> Outcome<CreatePartitionsResponse> {
        let mut records = Vec::new();
        let mut results = Vec::with_capacity(request.topics.len());
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<&str> =
            request.topics.iter().map(|t| t.name.as_str()).filter(|name| !seen.insert(*name)).collect();
        let mut answered = BTreeSet::new();
        for topic in &request.topics {
            let name = topic.name.as_str();
            if !answered.insert(name) {
                continue;
            }
            let added = if twice.contains(name) {
                Err(Refusal::new(ErrorCode::INVALID_REQUEST, "Duplicate topic in request."))
            } else {
                self.more_partitions(topic)
            };
            let result = CreatePartitionsTopicResult::default().with_name(topic.name.clone());
            results.push(match added {
                Ok(added) => {
                    records.extend(added);
                    result
                }
                Err(refusal) => result.with_error_code(refusal.code.0).with_error_message(refusal.text()),
            });
        }
        if records.len() > MAX_RECORDS {
            let refusal = Refusal::new(
                ErrorCode::POLICY_VIOLATION,
                format!("the request would write more than {MAX_RECORDS} records"),
            );
            for result in &mut results {
                result.error_code = refusal.code.0;
                result.error_message = refusal.text();
            }
            records.clear();
        }
        if request.validate_only {
            records.clear();
        }
        Outcome::atomic(records, CreatePartitionsResponse::default().with_results(results))
    }

    fn more_partitions(&mut self, request: &CreatePartitionsTopic) -> Result<Vec<MetadataRecord>, Refusal> {
        let topic = self
            .image
            .topic_by_name(&request.name)
            .ok_or_else(|| Refusal::from(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
        let (id, current) = (topic.id, topic.partitions.len());
        let size = topic.partitions.values().next().map_or(1, |p| p.replicas.len());
        let more = usize::try_from(request.count).ok().and_then(|count| count.checked_sub(current));
        let Some(more) = more.filter(|more| *more > 0) else {
            return Err(Refusal::new(
                ErrorCode::INVALID_PARTITIONS,
                format!("topic {} has {current} partitions already", &*request.name),
            ));
        };
        if more > MAX_RECORDS {
            return Err(Refusal::new(
                ErrorCode::POLICY_VIOLATION,
                format!("the request asks for more than {MAX_RECORDS} partitions"),
            ));
        }
        let assignments = match &request.assignments {
            Some(named) if named.len() != more => {
                return Err(Refusal::new(
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                    format!("{} assignments are given for {more} new partitions", named.len()),
                ));
            }
            Some(named) => {
                named.iter().map(|a| a.broker_ids.iter().map(|id| NodeId(id.0)).collect()).collect()
            }
            None => {
                let mut placer = self.placer();
                self.place(&mut placer, more, size)?
            }
        };
        let first = i32::try_from(current).unwrap_or(i32::MAX);
        let mut records = Vec::with_capacity(more);
        for (index, replicas) in (first..).zip(assignments) {
            if request.assignments.is_some() {
                self.check_assignment(&replicas, Some(size))?;
            }
            let isr = self.active_of(&replicas);
            if isr.is_empty() {
                return Err(Refusal::new(
                    ErrorCode::INVALID_REPLICA_ASSIGNMENT,
                    format!("all brokers of partition {index} are fenced or shutting down"),
                ));
            }
            records.push(self.new_partition(id, index, replicas, isr).into());
        }
        Ok(records)
    }
}

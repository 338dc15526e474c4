//! DeleteTopics (20): by name or by id; the logs go when brokers see the record.

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::TopicId;
use kr_wire::messages::delete_topics_response::DeletableTopicResult;
use kr_wire::messages::{DeleteTopicsRequest, DeleteTopicsResponse, TopicName};
use kr_wire::metadata_records::{MetadataRecord, RemoveTopicRecord};

use super::outcome::text;
use super::{Call, Controller, MAX_RECORDS, Outcome, Refusal};

/// What a request names: a name (all versions) or an id (from version 6 on).
type Named = (Option<String>, TopicId);

impl Controller {
    /// Deletes topics.
    ///
    /// Errors per topic: INVALID_REQUEST for both or neither of name and id and for duplicates,
    /// UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, TOPIC_DELETION_DISABLED (INVALID_REQUEST before version 3).
    pub fn delete_topics(
        &mut self,
        request: &DeleteTopicsRequest,
        call: Call,
    ) -> Outcome<DeleteTopicsResponse> {
        let names = request.topic_names.iter().map(|n| (Some(n.to_string()), TopicId::ZERO));
        let states =
            request.topics.iter().map(|t| (t.name.as_ref().map(|n| n.to_string()), TopicId(t.topic_id)));
        let named: Vec<Named> = names.chain(states).collect();
        let mut times: BTreeMap<Option<TopicId>, usize> = BTreeMap::new();
        for topic in &named {
            if let Some(id) = self.named_id(topic) {
                *times.entry(Some(id)).or_default() += 1;
            }
        }
        let mut records: Vec<MetadataRecord> = Vec::new();
        let mut results = Vec::with_capacity(named.len());
        for topic in &named {
            let found =
                self.deletable(topic, call.version).and_then(|(id, name)| match times.get(&Some(id)) {
                    Some(1) => Ok((id, name)),
                    _ => Err(Refusal::new(ErrorCode::INVALID_REQUEST, "the topic is named more than once")),
                });
            results.push(match found {
                Ok((topic_id, name)) => {
                    records.push(RemoveTopicRecord { topic_id }.into());
                    result(Some(&name), topic_id)
                }
                Err(refusal) => result(topic.0.as_deref(), topic.1)
                    .with_error_code(refusal.code.0)
                    .with_error_message(refusal.text()),
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
        Outcome::atomic(records, DeleteTopicsResponse::default().with_responses(results))
    }

    fn named_id(&self, (name, id): &Named) -> Option<TopicId> {
        match name {
            Some(name) => self.image.topic_by_name(name).map(|t| t.id),
            None => Some(*id),
        }
    }

    fn deletable(&self, (name, id): &Named, version: i16) -> Result<(TopicId, String), Refusal> {
        let topic = match (name, id.is_zero()) {
            (None, true) => {
                let message = "neither topic name nor topic id is given";
                return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message));
            }
            (Some(_), false) => {
                let message = "both topic name and topic id are given";
                return Err(Refusal::new(ErrorCode::INVALID_REQUEST, message));
            }
            (Some(name), true) => {
                self.image.topic_by_name(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?
            }
            (None, false) => self.image.topic(*id).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?,
        };
        if !self.scope().broker_bool("delete.topic.enable") {
            let code =
                if version < 3 { ErrorCode::INVALID_REQUEST } else { ErrorCode::TOPIC_DELETION_DISABLED };
            return Err(Refusal::new(code, "delete.topic.enable is false"));
        }
        Ok((topic.id, topic.name.to_string()))
    }
}

fn result(name: Option<&str>, id: TopicId) -> DeletableTopicResult {
    DeletableTopicResult::default().with_name(name.map(|n| TopicName(text(n)))).with_topic_id(id.0)
}

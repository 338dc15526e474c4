//! What the records of Kafka's own topics say: `__consumer_offsets`, `__transaction_state`,
//! `__share_group_state`, `__cluster_metadata`.
//!
//! A record that cannot be decoded is shown with its bytes and the reason: formats change, and a hole in the
//! output would be worse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kr_client::RecordRef;
use kr_wire::group_records::GroupRecord;
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::share_records::ShareRecord;
use kr_wire::shown::Shown;
use kr_wire::txn_records::TxnRecord;
use serde_json::{Map, Value, json};

use crate::output::escape::escape;
use crate::output::json;

/// The topics whose records are understood.
pub const TOPICS: [&str; 4] =
    ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];

/// What a record says.
#[derive(Debug, PartialEq)]
struct Decoded {
    /// Name of its type; none if it is not known.
    name: Option<&'static str>,
    key: Value,
    value: Value,
    /// Why it could not be decoded.
    error: Option<String>,
}

/// Writes a record as one line of JSON.
pub fn json(record: &RecordRef<'_>) -> serde_json::Result<Vec<u8>> {
    let Decoded { name, key, value, error } = decode(record);
    let mut line = json!({
        "topic": &**record.topic,
        "partition": record.partition.0,
        "offset": record.offset.0,
        "timestamp": record.timestamp_ms,
        "type": name,
        "key": key,
        "value": value,
    });
    if let (Some(error), Some(fields)) = (error, line.as_object_mut()) {
        fields.insert("error".to_owned(), error.into());
    }
    json::line(&line)
}

/// Writes a record as one line for people: place, time, type, key, value.
pub fn text(record: &RecordRef<'_>) -> String {
    let Decoded { name, key, value, error } = decode(record);
    let time = record.timestamp_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    let time = time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let name = name.unwrap_or("?");
    let value = if value.is_null() { "(deleted)".to_owned() } else { pairs(&value) };
    let error = error.map(|error| format!("  ({error})")).unwrap_or_default();
    let place = format!("{}/{}", record.partition, record.offset);
    let line = format!("{place:<10} {time:<24} {name}  {}  {value}{error}", pairs(&key));
    format!("{}\n", escape(&line))
}

/// `a=1 b="text" c=[..]`.
fn pairs(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn decode(record: &RecordRef<'_>) -> Decoded {
    let raw = |error: String| Decoded {
        name: None,
        key: bytes(record.key),
        value: bytes(record.value),
        error: Some(error),
    };
    let found = match &**record.topic {
        "__cluster_metadata" => {
            let decoded = MetadataRecord::decode(record.value.unwrap_or_default());
            decoded.map(|(record, _)| Some((record.name(), Value::Null, tree(record.show()))))
        }
        topic => {
            let Some(key) = record.key else { return raw("it has no key".to_owned()) };
            let both = |name, (key, value): (Shown, Shown)| (name, tree(key), tree(value));
            match topic {
                "__consumer_offsets" => GroupRecord::decode(key, record.value)
                    .map(|record| record.map(|record| both(record.name(), record.show()))),
                "__transaction_state" => TxnRecord::decode(key, record.value)
                    .map(|record| record.map(|record| both(record.name(), record.show()))),
                "__share_group_state" => ShareRecord::decode(key, record.value)
                    .map(|record| record.map(|record| both(record.name(), record.show()))),
                _ => return raw("records of this topic are not Kafka's".to_owned()),
            }
        }
    };
    match found {
        Ok(Some((name, key, value))) => Decoded { name: Some(name), key, value, error: None },
        Ok(None) => raw("its type is not known".to_owned()),
        Err(error) => raw(error.to_string()),
    }
}

fn tree(shown: Shown) -> Value {
    match shown {
        Shown::Null => Value::Null,
        Shown::Bool(value) => value.into(),
        Shown::Integer(value) => value.into(),
        Shown::Float(value) => value.into(),
        Shown::Text(text) => text.into(),
        Shown::Bytes(content) => bytes(Some(&content)),
        Shown::List(values) => values.into_iter().map(tree).collect(),
        Shown::Struct(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), tree(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

fn bytes(bytes: Option<&[u8]>) -> Value {
    bytes.map_or(Value::Null, |bytes| json!({ "base64": STANDARD.encode(bytes) }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kr_client::{BatchFacts, ConsumedRecord};
    use kr_wire::group_records::{OffsetCommitKey, OffsetCommitValue};
    use kr_wire::ids::{Offset, PartitionId};

    use super::*;

    fn record(topic: &str, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> ConsumedRecord {
        ConsumedRecord {
            topic: topic.into(),
            partition: PartitionId(3),
            offset: Offset(7),
            timestamp_ms: Some(0),
            batch: BatchFacts::default(),
            key: key.map(Bytes::from),
            value: value.map(Bytes::from),
            headers: Vec::new(),
        }
    }

    fn line(record: &ConsumedRecord) -> Value {
        serde_json::from_slice(&json(&record.borrow()).unwrap()).unwrap()
    }

    #[test]
    fn a_committed_offset_says_what_it_is() {
        let key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: PartitionId(2) };
        let value = OffsetCommitValue { offset: Offset(5), commit_timestamp: 9, ..Default::default() };
        let (key, value) = GroupRecord::OffsetCommit(key, Some(value)).encode();
        let line = line(&record("__consumer_offsets", Some(key.clone()), value));
        assert_eq!(line["type"], "OffsetCommit");
        assert_eq!(line["key"], json!({"group": "g", "topic": "t", "partition": 2}));
        assert_eq!((&line["value"]["offset"], &line["value"]["leader_epoch"]), (&json!(5), &Value::Null));
        let tombstone = text(&record("__consumer_offsets", Some(key), None).borrow());
        assert_eq!(
            tombstone,
            "3/7        1970-01-01T00:00:00Z     OffsetCommit  group=\"g\" topic=\"t\" partition=2  (deleted)\n"
        );
    }

    #[test]
    fn every_record_of_every_topic_is_decoded() {
        for (key, value) in GroupRecord::one_of_each().iter().map(GroupRecord::encode) {
            assert!(line(&record("__consumer_offsets", Some(key), value))["type"].is_string());
        }
        for (key, value) in TxnRecord::one_of_each().iter().map(|record| record.encode_at(1)) {
            assert!(line(&record("__transaction_state", Some(key), value))["type"].is_string());
        }
        for (key, value) in ShareRecord::one_of_each().iter().map(ShareRecord::encode) {
            assert!(line(&record("__share_group_state", Some(key), value))["type"].is_string());
        }
        for metadata in MetadataRecord::one_of_each() {
            let line = line(&record("__cluster_metadata", None, Some(metadata.encode(0))));
            assert_eq!(line["type"], metadata.name());
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_shown_with_the_reason() {
        let line = line(&record("__consumer_offsets", Some(vec![0, 99]), Some(vec![1])));
        assert_eq!((&line["type"], &line["error"]), (&Value::Null, &json!("its type is not known")));
        assert_eq!(line["value"], json!({"base64": "AQ=="}));
    }
}

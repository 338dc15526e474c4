//! Records as JSON lines: what `kr consume -J` writes, `kr produce -J` reads, byte for byte.
//!
//! ```json
//! {"topic":"t","partition":0,"offset":7,"timestamp":1700000000000,"key":"k","value":{"base64":"/w=="},"headers":[{"key":"h","value":null}]}
//! ```
//! Bytes that are UTF-8 are a string, others an object with their base64 form; null is no key, a tombstone
//! or a header without a value. Reading takes what is there: `offset` is ignored, `topic` only counts
//! where none is named.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kr_client::{ConsumedRecord, Header, NewRecord};
use kr_wire::ids::PartitionId;
use serde::{Deserialize, Serialize};

/// Bytes as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Data {
    /// They are UTF-8.
    Text(String),
    /// They are not.
    Binary { base64: String },
}

impl Data {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Binary { base64: STANDARD.encode(bytes) },
        }
    }

    fn into_bytes(self) -> Result<Bytes, String> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Binary { base64 } => STANDARD
                .decode(&base64)
                .map(Bytes::from)
                .map_err(|error| format!("`base64` is none: {error}")),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct HeaderLine {
    key: Data,
    value: Option<Data>,
}

#[derive(Debug, Serialize)]
struct Out<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    timestamp: Option<i64>,
    key: Option<Data>,
    value: Option<Data>,
    headers: Vec<HeaderLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct In {
    topic: Option<String>,
    partition: Option<i32>,
    #[serde(default)]
    #[expect(dead_code, reason = "written by consume; where the record lands is not up to the writer")]
    offset: Option<i64>,
    timestamp: Option<i64>,
    key: Option<Data>,
    value: Option<Data>,
    #[serde(default)]
    headers: Vec<HeaderLine>,
}

/// Writes a record as one line.
pub fn write(record: &ConsumedRecord) -> serde_json::Result<Vec<u8>> {
    let headers = record.headers.iter().map(|header| HeaderLine {
        key: Data::of(&header.key),
        value: header.value.as_deref().map(Data::of),
    });
    crate::output::json::line(&Out {
        topic: &record.topic,
        partition: record.partition.0,
        offset: record.offset.0,
        timestamp: record.timestamp_ms,
        key: record.key.as_deref().map(Data::of),
        value: record.value.as_deref().map(Data::of),
        headers: headers.collect(),
    })
}

/// Reads a record from one line; `topic` goes before the one in the line.
pub fn read(line: &[u8], topic: Option<&Arc<str>>) -> Result<NewRecord, String> {
    let line: In = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let topic = match (topic, line.topic) {
        (Some(topic), _) => Arc::clone(topic),
        (None, Some(topic)) => topic.into(),
        (None, None) => return Err("no topic is named, neither here nor on the command line".to_owned()),
    };
    let header = |header: HeaderLine| {
        let value = header.value.map(Data::into_bytes).transpose()?;
        Ok(Header { key: header.key.into_bytes()?, value })
    };
    Ok(NewRecord {
        topic,
        partition: line.partition.map(PartitionId),
        key: line.key.map(Data::into_bytes).transpose()?,
        value: line.value.map(Data::into_bytes).transpose()?,
        headers: line.headers.into_iter().map(header).collect::<Result<_, String>>()?,
        timestamp_ms: line.timestamp,
    })
}

#[cfg(test)]
mod tests {
    use kr_wire::batch::TimestampType;
    use kr_wire::ids::Offset;
    use proptest::prelude::*;

    use super::*;

    fn bytes() -> impl Strategy<Value = Option<Bytes>> {
        let any = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            any::<String>().prop_map(String::into_bytes)
        ];
        prop::option::of(any.prop_map(Bytes::from))
    }

    proptest! {
        #[test]
        fn a_record_reads_back_byte_for_byte(
            key in bytes(),
            value in bytes(),
            headers in prop::collection::vec((bytes(), bytes()), 0..3),
            timestamp in prop::option::of(0i64..=i64::MAX),
        ) {
            let headers: Vec<Header> = headers
                .into_iter()
                .map(|(key, value)| Header { key: key.unwrap_or_default(), value })
                .collect();
            let record = ConsumedRecord {
                topic: "t".into(),
                partition: PartitionId(3),
                offset: Offset(9),
                leader_epoch: None,
                timestamp_ms: timestamp,
                timestamp_type: TimestampType::CreateTime,
                key: key.clone(),
                value: value.clone(),
                headers: headers.clone(),
            };
            let line = write(&record).unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            let back = read(&line, None).unwrap();
            let expected = NewRecord {
                topic: "t".into(),
                partition: Some(PartitionId(3)),
                key,
                value,
                headers,
                timestamp_ms: timestamp,
            };
            prop_assert_eq!(back, expected);
        }
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (line, why) in [
            (r#"{"value":"x"}"#, "no topic is named, neither here nor on the command line"),
            (r#"{"topic":"t","valeu":"x"}"#, "unknown field `valeu`"),
            (r#"{"topic":"t","value":{"base64":"*"}}"#, "`base64` is none"),
        ] {
            let error = read(line.as_bytes(), None).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}

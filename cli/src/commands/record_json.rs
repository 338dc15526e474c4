//! Records as JSON lines: what `kr consume -J` writes, `kr produce -J` reads, byte for byte.
//!
//! ```json
//! {"topic":"t","partition":0,"offset":7,"timestamp":1700000000000,"timestamp_type":"create","key":"k","value":{"base64":"/w=="},"headers":[{"key":"h","value":null}]}
//! ```
//! Bytes that are UTF-8 are a string, others an object with their base64 form; with `--json-values` those that are
//! JSON are `{"json": ...}` as they stand. Null is no key, a tombstone or a header without a value. Reading takes
//! what is there: `offset` and `timestamp_type` are ignored, `topic` only counts where none is named.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use kr_client::{Header, NewRecord, RecordRef};
use kr_wire::batch::TimestampType;
use kr_wire::ids::PartitionId;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::output::escape::is_unsafe;
use crate::output::json;

/// What of a record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonLook {
    /// Keys and values that are JSON are embedded.
    pub embeds_json: bool,
    /// The value is left out.
    pub no_value: bool,
    /// Key and value are left out.
    pub headers_only: bool,
}

/// Writes a record as one line.
pub fn write(record: &RecordRef<'_>, look: JsonLook) -> serde_json::Result<Vec<u8>> {
    json::line(&Out { record, look })
}

/// A record on its way out.
struct Out<'a> {
    record: &'a RecordRef<'a>,
    look: JsonLook,
}

impl Serialize for Out<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, look } = self;
        let data = |bytes| DataOut { bytes, embeds_json: look.embeds_json };
        let mut line = serializer.serialize_struct("record", 8)?;
        line.serialize_field("topic", &**record.topic)?;
        line.serialize_field("partition", &record.partition.0)?;
        line.serialize_field("offset", &record.offset.0)?;
        line.serialize_field("timestamp", &record.timestamp_ms)?;
        let timestamp_type = match record.timestamp_type() {
            TimestampType::CreateTime => "create",
            TimestampType::LogAppendTime => "log_append",
        };
        line.serialize_field("timestamp_type", timestamp_type)?;
        if !look.headers_only {
            line.serialize_field("key", &record.key.map(data))?;
            if !look.no_value {
                line.serialize_field("value", &record.value.map(data))?;
            }
        }
        line.serialize_field("headers", &HeadersOut(record))?;
        line.end()
    }
}

struct HeadersOut<'a>(&'a RecordRef<'a>);

impl Serialize for HeadersOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = |bytes| DataOut { bytes, embeds_json: false };
        let mut headers = serializer.serialize_seq(Some(self.0.headers.len()))?;
        for (key, value) in self.0.headers.clone() {
            headers.serialize_element(&HeaderOut { key: data(key), value: value.map(data) })?;
        }
        headers.end()
    }
}

#[derive(Serialize)]
struct HeaderOut<'a> {
    key: DataOut<'a>,
    value: Option<DataOut<'a>>,
}

/// Bytes on their way out.
#[derive(Clone, Copy)]
struct DataOut<'a> {
    bytes: &'a [u8],
    embeds_json: bool,
}

impl Serialize for DataOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Ok(text) = std::str::from_utf8(self.bytes) else {
            let mut object = serializer.serialize_map(Some(1))?;
            object.serialize_entry("base64", &STANDARD.encode(self.bytes))?;
            return object.end();
        };
        // Embedded text goes out as it stands, so it must fit on the line and on a terminal.
        if self.embeds_json
            && !text.contains(is_unsafe)
            && text.trim() == text
            && let Ok(raw) = serde_json::from_str::<&RawValue>(text)
        {
            let mut object = serializer.serialize_map(Some(1))?;
            object.serialize_entry("json", raw)?;
            return object.end();
        }
        serializer.serialize_str(text)
    }
}

/// Bytes as they were read.
#[derive(Debug)]
struct DataIn(Vec<u8>);

impl<'de> Deserialize<'de> for DataIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = DataIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, {\"base64\": \"..\"} or {\"json\": ..}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<DataIn, E> {
        Ok(DataIn(text.as_bytes().to_vec()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<DataIn, E> {
        Ok(DataIn(text.into_bytes()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<DataIn, A::Error> {
        let form: Option<String> = map.next_key()?;
        let data = match form.as_deref() {
            Some("base64") => {
                let text: String = map.next_value()?;
                let wrong = |error| de::Error::custom(format!("`base64` is none: {error}"));
                STANDARD.decode(&text).map_err(wrong)?
            }
            Some("json") => map.next_value::<Box<RawValue>>()?.get().as_bytes().to_vec(),
            _ => return Err(de::Error::custom("an object here has `base64` or `json`")),
        };
        match map.next_key::<String>()? {
            None => Ok(DataIn(data)),
            Some(other) => Err(de::Error::custom(format!("`{other}` is one field too many"))),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderIn {
    key: DataIn,
    value: Option<DataIn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct In {
    topic: Option<String>,
    partition: Option<i32>,
    #[serde(default, rename = "offset")]
    _offset: de::IgnoredAny,
    timestamp: Option<i64>,
    #[serde(default, rename = "timestamp_type")]
    _timestamp_type: de::IgnoredAny,
    key: Option<DataIn>,
    /// Left out is not null: a line without a value must not delete what is there.
    #[serde(default, deserialize_with = "there")]
    value: Option<Option<DataIn>>,
    #[serde(default)]
    headers: Vec<HeaderIn>,
}

fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<DataIn>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads a record from one line; `topic` goes before the one in the line.
pub fn read(line: &[u8], topic: Option<&Arc<str>>) -> Result<NewRecord, String> {
    let line: In = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let topic = match (topic, line.topic) {
        (Some(topic), _) => Arc::clone(topic),
        (None, Some(topic)) => topic.into(),
        (None, None) => return Err("no topic is named, neither here nor on the command line".to_owned()),
    };
    let value = line.value.ok_or("it has no `value`; null is a tombstone")?;
    let bytes = |data: DataIn| Bytes::from(data.0);
    let header = |header: HeaderIn| Header { key: bytes(header.key), value: header.value.map(bytes) };
    Ok(NewRecord {
        topic,
        partition: line.partition.map(PartitionId),
        key: line.key.map(bytes),
        value: value.map(bytes),
        headers: line.headers.into_iter().map(header).collect(),
        timestamp_ms: line.timestamp,
    })
}

#[cfg(test)]
mod tests {
    use kr_client::{BatchFacts, ConsumedRecord};
    use kr_wire::ids::Offset;
    use proptest::prelude::*;

    use super::*;

    fn bytes() -> impl Strategy<Value = Option<Bytes>> {
        let any = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            any::<String>().prop_map(String::into_bytes),
            r#" ?\{"a" ?: ?\[[0-9]{1,20}, ?"\\u001b", null, 1\.50\]\} ?"#.prop_map(String::into_bytes),
        ];
        prop::option::of(any.prop_map(Bytes::from))
    }

    proptest! {
        /// "`-J` output is valid `produce -J` input, byte-exact, with keys, headers (ordered, duplicates),
        /// partition, timestamp; embedded JSON values optional".
        #[test]
        fn complaint_09_a_record_reads_back_byte_for_byte(
            key in bytes(),
            value in bytes(),
            headers in prop::collection::vec((bytes(), bytes()), 0..3),
            timestamp in prop::option::of(0i64..=i64::MAX),
            embeds_json in any::<bool>(),
        ) {
            let headers: Vec<Header> = headers
                .into_iter()
                .map(|(key, value)| Header { key: key.unwrap_or_default(), value })
                .collect();
            let record = ConsumedRecord {
                topic: "t".into(),
                partition: PartitionId(3),
                offset: Offset(9),
                timestamp_ms: timestamp,
                batch: BatchFacts::default(),
                key: key.clone(),
                value: value.clone(),
                headers: headers.clone(),
            };
            let line = write(&record.borrow(), JsonLook { embeds_json, ..JsonLook::default() }).unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            let text = std::str::from_utf8(&line).unwrap();
            prop_assert!(!text.trim_end_matches('\n').contains(is_unsafe), "{}", text);
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

    fn line_of(value: &'static [u8], look: JsonLook) -> String {
        let record = ConsumedRecord {
            topic: "t".into(),
            partition: PartitionId(0),
            offset: Offset(0),
            timestamp_ms: Some(1),
            batch: BatchFacts::default(),
            key: Some(Bytes::from_static(b"k")),
            value: Some(Bytes::from_static(value)),
            headers: Vec::new(),
        };
        String::from_utf8(write(&record.borrow(), look).unwrap()).unwrap()
    }

    /// "Non-UTF-8 bytes become `{"base64":…}`; never mixed encodings".
    #[test]
    fn complaint_10_bytes_are_text_or_base64_as_a_whole() {
        let binary = line_of(b"ab\xff", JsonLook::default());
        assert!(binary.contains(r#""value":{"base64":"YWL/"}"#), "{binary}");
        let text = line_of("aä\u{202e}".as_bytes(), JsonLook::default());
        assert!(text.contains("\"value\":\"aä\\u202e\""), "{text}");
    }

    #[test]
    fn values_that_are_json_are_embedded_as_they_stand() {
        let look = JsonLook { embeds_json: true, ..JsonLook::default() };
        assert!(line_of(br#"{"a": 1.50}"#, look).contains(r#""value":{"json":{"a": 1.50}},"#));
        assert!(line_of(b"not json", look).contains(r#""value":"not json","#));
        assert!(line_of(b"[1,\n2]", look).contains(r#""value":"[1,\n2]","#), "it would not fit on a line");
    }

    /// "`--no-value`, `--headers-only`".
    #[test]
    fn complaint_39_what_is_not_wanted_is_left_out_and_cannot_become_a_tombstone() {
        let line = line_of(b"v", JsonLook { no_value: true, ..JsonLook::default() });
        assert!(line.contains(r#""key":"k","headers""#), "{line}");
        assert_eq!(read(line.as_bytes(), None).unwrap_err(), "it has no `value`; null is a tombstone");
        let line = line_of(b"v", JsonLook { headers_only: true, ..JsonLook::default() });
        assert!(!line.contains("key\":\"k") && line.contains("headers"), "{line}");
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (line, why) in [
            (r#"{"value":"x"}"#, "no topic is named, neither here nor on the command line"),
            (r#"{"topic":"t","valeu":"x"}"#, "unknown field `valeu`"),
            (r#"{"topic":"t","value":{"base64":"*"}}"#, "`base64` is none"),
            (r#"{"topic":"t","value":{"a":"*"}}"#, "an object here has `base64` or `json`"),
            (r#"{"topic":"t","value":3}"#, "invalid type: integer `3`, expected a string"),
        ] {
            let error = read(line.as_bytes(), None).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }
}

//! How a piece of input becomes a record: what the command line says of all of them, and what each says itself.

use std::sync::Arc;

use bytes::Bytes;
use clap::ValueEnum;
use kr_client::{Header, NewRecord};
use kr_wire::ids::PartitionId;

use crate::commands::record_format::read::Fields;
use crate::commands::record_json;

/// `--ignore`: what JSON lines and formats say that is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ignored {
    /// Partitions; they follow from the keys.
    Partition,
    /// Timestamps; records get the time of writing.
    Timestamp,
    /// Headers.
    Headers,
}

/// How input becomes records.
#[derive(Clone, Debug, Default)]
pub struct Recipe {
    /// Where all records go.
    pub topic: Option<Arc<str>>,
    /// The key of all records that have none.
    pub key: Option<Bytes>,
    /// What stands between key and value.
    pub key_delimiter: Option<Vec<u8>>,
    /// Headers every record gets, behind its own.
    pub headers: Vec<Header>,
    /// The partition of all records.
    pub partition: Option<PartitionId>,
    /// The timestamp of all records, milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// Empty keys and values are null.
    pub empty_is_null: bool,
    /// Input is JSON.
    pub is_json: bool,
    /// What is not taken over.
    pub ignored: Vec<Ignored>,
}

impl Recipe {
    /// Every piece is the value of a record of a topic.
    #[cfg(test)]
    pub fn plain(topic: &str) -> Self {
        Self { topic: Some(topic.into()), ..Self::default() }
    }

    /// Makes a record of a line, or of whatever input was cut into.
    pub fn record(&self, line: &[u8]) -> Result<NewRecord, String> {
        if self.is_json {
            return record_json::read(line, self.topic.as_ref()).map(|record| self.finish(record));
        }
        let topic = self.topic.clone().ok_or("no topic is named")?;
        let (key, value) = match &self.key_delimiter {
            None => (self.key.clone(), line),
            Some(delimiter) => {
                let at = line.windows(delimiter.len()).position(|window| window == delimiter.as_slice());
                let at = at.ok_or("it does not hold the delimiter of -K")?;
                (Some(Bytes::copy_from_slice(&line[..at])), &line[at + delimiter.len()..])
            }
        };
        let value = Some(Bytes::copy_from_slice(value));
        Ok(self.finish(NewRecord { topic, key, value, ..NewRecord::default() }))
    }

    /// Makes a record of what was read by a format.
    pub fn of_fields(&self, fields: Fields) -> Result<NewRecord, String> {
        let topic = match (&self.topic, fields.topic) {
            (Some(topic), _) => Arc::clone(topic),
            (None, Some(topic)) => topic.into(),
            (None, None) => return Err("no topic is named".to_owned()),
        };
        Ok(self.finish(NewRecord {
            topic,
            partition: fields.partition.map(PartitionId),
            key: fields.key.or_else(|| self.key.clone()),
            value: fields.value,
            headers: fields.headers,
            timestamp_ms: fields.timestamp_ms,
        }))
    }

    /// What holds for all records goes before what one says itself; headers are added.
    fn finish(&self, mut record: NewRecord) -> NewRecord {
        for ignored in &self.ignored {
            match ignored {
                Ignored::Partition => record.partition = None,
                Ignored::Timestamp => record.timestamp_ms = None,
                Ignored::Headers => record.headers.clear(),
            }
        }
        record.headers.extend(self.headers.iter().cloned());
        record.partition = self.partition.or(record.partition);
        record.timestamp_ms = self.timestamp_ms.or(record.timestamp_ms);
        if self.empty_is_null {
            record.key = record.key.filter(|key| !key.is_empty());
            record.value = record.value.filter(|value| !value.is_empty());
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_the_first_delimiter() {
        let recipe = Recipe { key_delimiter: Some(b":".to_vec()), ..Recipe::plain("t") };
        let made = recipe.record(b"k:v:w").unwrap();
        assert_eq!((made.key.as_deref(), made.value.as_deref()), (Some(&b"k"[..]), Some(&b"v:w"[..])));
        assert!(recipe.record(b"no key").is_err());
    }

    #[test]
    fn what_is_empty_is_null_only_when_asked_for() {
        assert_eq!(Recipe::plain("t").record(b"").unwrap().value.as_deref(), Some(&b""[..]));
        let recipe = Recipe { empty_is_null: true, key_delimiter: Some(b":".to_vec()), ..Recipe::plain("t") };
        let made = recipe.record(b":").unwrap();
        assert_eq!((made.key, made.value), (None, None));
    }

    #[test]
    fn what_holds_for_all_goes_before_what_one_says() {
        let line = br#"{"topic":"u","partition":1,"timestamp":5,"key":null,"value":"v","headers":[{"key":"a","value":"1"}]}"#;
        let header = |key: &'static str| Header { key: Bytes::from_static(key.as_bytes()), value: None };
        let recipe = Recipe {
            is_json: true,
            partition: Some(PartitionId(3)),
            headers: vec![header("b")],
            ..Recipe::plain("t")
        };
        let made = recipe.record(line).unwrap();
        assert_eq!((&*made.topic, made.partition, made.timestamp_ms), ("t", Some(PartitionId(3)), Some(5)));
        assert_eq!(made.headers.iter().map(|header| &*header.key).collect::<Vec<_>>(), [b"a", b"b"]);
        let ignored = vec![Ignored::Partition, Ignored::Timestamp, Ignored::Headers];
        let made = Recipe { is_json: true, ignored, ..Recipe::default() }.record(line).unwrap();
        assert_eq!(
            (&*made.topic, made.partition, made.timestamp_ms, made.headers.len()),
            ("u", None, None, 0)
        );
    }
}

//! Up to where records are deleted: from the flags, or from Apache's file of `kafka-delete-records`.
//!
//! ```json
//! {"version":1,"partitions":[{"topic":"orders","partition":0,"offset":42},{"topic":"orders","partition":1,"offset":-1}]}
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;
use kr_client::admin::TopicPartition;
use kr_wire::ids::{Offset, PartitionId};
use serde::Deserialize;

use crate::error::CliError;
use crate::spans::parse_time;

/// A place in a partition before which everything goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This offset.
    Offset(Offset),
    /// The first record that is not older than this, milliseconds since 1970.
    Time(i64),
    /// The end: everything goes.
    End,
}

impl Target {
    /// Reads `--to`: a bare number is an offset, `@NUMBER` is a time.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, CliError> {
        let wrong = || {
            CliError::usage(format!("--to {text} is no place in a partition"))
                .hint("an offset, end, or a time such as 2026-01-31, -7d or @1700000000")
        };
        if matches!(text, "end" | "latest") {
            return Ok(Self::End);
        }
        if let Some(time) = text.strip_prefix('@') {
            return parse_time(time, now).map(Self::Time).ok_or_else(wrong);
        }
        match text.parse::<i64>() {
            Ok(offset) if offset >= 0 => Ok(Self::Offset(Offset(offset))),
            Ok(_) => Err(wrong()),
            Err(_) => parse_time(text, now).map(Self::Time).ok_or_else(wrong),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default = "first_version")]
    version: i32,
    partitions: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    topic: String,
    partition: i32,
    offset: i64,
}

fn first_version() -> i32 {
    1
}

/// Reads Apache's file; the offset -1 is the end.
pub fn read_file(text: &str) -> Result<BTreeMap<TopicPartition, Target>, CliError> {
    let wrong = |why: String| {
        CliError::usage(why).hint("it is that of kafka-delete-records: {\"version\":1,\"partitions\":[{\"topic\",\"partition\",\"offset\"}]}")
    };
    let document: Document = serde_json::from_str(text)
        .map_err(|error| wrong("it is no list of offsets".to_owned()).caused_by(error))?;
    if document.version != 1 {
        return Err(wrong(format!("version {} is not known, only 1 is", document.version)));
    }
    let mut targets = BTreeMap::new();
    for line in document.partitions {
        let place = TopicPartition::new(line.topic, PartitionId(line.partition));
        let target = match line.offset {
            -1 => Target::End,
            offset if offset >= 0 => Target::Offset(Offset(offset)),
            offset => return Err(wrong(format!("{offset} of {place} is no offset"))),
        };
        if targets.insert(place.clone(), target).is_some() {
            return Err(wrong(format!("{place} stands in it twice")));
        }
    }
    if targets.is_empty() { Err(wrong("no partition is in it".to_owned())) } else { Ok(targets) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_an_offset_a_time_or_the_end() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let at = |text| Target::read(text, now).ok();
        assert_eq!(at("42"), Some(Target::Offset(Offset(42))));
        assert_eq!(at("end"), Some(Target::End));
        assert_eq!(at("-1h"), Some(Target::Time(1_699_996_400_000)));
        assert_eq!(at("@1700000000"), Some(Target::Time(1_700_000_000_000)));
        assert_eq!(at("2023-11-14T22:13:20Z"), Some(Target::Time(1_700_000_000_000)));
        assert_eq!(at("-1"), None);
        assert_eq!(at("soon"), None);
    }

    #[test]
    fn apaches_file_is_read() {
        let text = r#"{"partitions":[{"topic":"t","partition":0,"offset":3},{"topic":"t","partition":1,"offset":-1}],"version":1}"#;
        let targets: Vec<_> = read_file(text).unwrap().into_values().collect();
        assert_eq!(targets, [Target::Offset(Offset(3)), Target::End]);
        for wrong in [
            "[]",
            r#"{"partitions":[]}"#,
            r#"{"version":2,"partitions":[{"topic":"t","partition":0,"offset":3}]}"#,
            r#"{"partitions":[{"topic":"t","partition":0,"offset":-2}]}"#,
            r#"{"partitions":[{"topic":"t","partition":0,"offset":1},{"topic":"t","partition":0,"offset":1}]}"#,
        ] {
            assert!(read_file(wrong).is_err(), "{wrong}");
        }
    }
}

//! Offsets in a file, as Apache's `kafka-consumer-groups` reads and writes them, and as `kr group export` does.
//!
//! ```text
//! orders,0,120            topic,partition,offset of one group
//! billing,orders,0,120    group,topic,partition,offset of many
//! ```
//! A first line of names, empty lines, and lines that begin with `#` are skipped. A JSON document of `kr group
//! export -o json` is read as well.

use std::collections::BTreeMap;

use kr_client::admin::TopicPartition;
use kr_wire::ids::PartitionId;
use serde::Deserialize;

/// Offsets by group (none when the file names no groups) and partition.
pub type FileOffsets = BTreeMap<Option<String>, BTreeMap<TopicPartition, i64>>;

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// A line that is none of the forms.
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    /// A document that cannot be read.
    #[error("{0}")]
    Document(String),
    /// No offsets.
    #[error("it holds no offsets")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    items: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    group: Option<String>,
    topic: String,
    partition: i32,
    offset: i64,
}

/// Reads a file of either form.
pub fn read(text: &str) -> Result<FileOffsets, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    let offsets = if text.trim_start().starts_with('{') { read_json(text)? } else { read_csv(text)? };
    if offsets.is_empty() { Err(FileError::Empty) } else { Ok(offsets) }
}

fn read_json(text: &str) -> Result<FileOffsets, FileError> {
    let document: Document =
        serde_json::from_str(text).map_err(|error| FileError::Document(error.to_string()))?;
    let mut offsets = FileOffsets::new();
    for Entry { group, topic, partition, offset } in document.items {
        if partition < 0 || offset < 0 {
            let message = format!("{topic}-{partition}: {offset} is no offset");
            return Err(FileError::Document(message));
        }
        let place = TopicPartition::new(topic, PartitionId(partition));
        offsets.entry(group).or_default().insert(place, offset);
    }
    Ok(offsets)
}

fn read_csv(text: &str) -> Result<FileOffsets, FileError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut offsets = FileOffsets::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| FileError::Document(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let wrong = |reason: String| FileError::Line { line, reason };
        let fields: Vec<&str> = record.iter().collect();
        let (group, topic, partition, offset) = match fields.as_slice() {
            [topic, partition, offset] => (None, topic, partition, offset),
            [group, topic, partition, offset] => (Some((*group).to_owned()), topic, partition, offset),
            _ => {
                return Err(wrong(
                    "3 fields (topic,partition,offset) or 4 (group first) are wanted".to_owned(),
                ));
            }
        };
        if at == 0 && *partition == "partition" {
            continue;
        }
        let number = |text: &str, name: &str| {
            let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
            number.ok_or_else(|| wrong(format!("\"{text}\" is no {name}")))
        };
        let index = i32::try_from(number(partition, "partition")?)
            .map_err(|_| wrong(format!("\"{partition}\" is no partition")))?;
        let place = TopicPartition::new(*topic, PartitionId(index));
        if offsets.entry(group).or_default().insert(place.clone(), number(offset, "offset")?).is_some() {
            return Err(wrong(format!("{place} stands twice in it")));
        }
    }
    Ok(offsets)
}

/// Writes offsets as Apache's tool does; with a column for the group when `with_group`.
pub fn write_csv<'a>(
    offsets: impl IntoIterator<Item = (&'a str, &'a TopicPartition, i64)>,
    with_group: bool,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for (group, place, offset) in offsets {
        let (partition, offset) = (place.partition.0.to_string(), offset.to_string());
        let fields = [group, &*place.topic, &partition, &offset];
        writer.write_record(if with_group { &fields[..] } else { &fields[1..] })?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition::new(topic, PartitionId(partition))
    }

    #[test]
    fn both_forms_of_apaches_file_are_read() {
        let read_one = read("orders,0,120\n# a note\n\norders, 1, 7\n").unwrap();
        assert_eq!(read_one[&None], BTreeMap::from([(place("orders", 0), 120), (place("orders", 1), 7)]));
        let read_two = read("group,topic,partition,offset\na,t,0,1\nb,t,0,2\n").unwrap();
        assert_eq!(read_two[&Some("a".to_owned())], BTreeMap::from([(place("t", 0), 1)]));
        assert_eq!(read_two[&Some("b".to_owned())], BTreeMap::from([(place("t", 0), 2)]));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (a, b) = (place("t", 0), place("odd,name", 3));
        let bytes = write_csv([("g", &a, 5), ("g", &b, 6)], true).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), "g,t,0,5\ng,\"odd,name\",3,6\n");
        let offsets = read(std::str::from_utf8(&bytes).unwrap()).unwrap();
        assert_eq!(offsets[&Some("g".to_owned())], BTreeMap::from([(b, 6), (a, 5)]));
    }

    #[test]
    fn document_of_export_is_read() {
        let text =
            r#"{"kind":"x","items":[{"group":"g","topic":"t","partition":1,"offset":4,"metadata":""}]}"#;
        assert_eq!(read(text).unwrap()[&Some("g".to_owned())], BTreeMap::from([(place("t", 1), 4)]));
    }

    #[test]
    fn wrong_lines_are_named() {
        let wrong = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(wrong("t,0,1\nt,x,1\n"), "line 2: \"x\" is no partition");
        assert_eq!(wrong("t,0,-1\n"), "line 1: \"-1\" is no offset");
        assert_eq!(wrong("t,0\n"), "line 1: 3 fields (topic,partition,offset) or 4 (group first) are wanted");
        assert_eq!(wrong("t,0,1\nt,0,2\n"), "line 2: t-0 stands twice in it");
        assert_eq!(wrong(""), "it holds no offsets");
    }
}

//! `partition.metadata`: the topic id in a partition's directory.

use std::io;
use std::path::Path;

use kr_wire::ids::{TopicId, parse_uuid_text};

use crate::disk::Disk;
use crate::error::{IoContext, LogError};
use crate::layout::PARTITION_METADATA;

/// Text in front of the topic id.
const BEFORE_ID: &str = "version: 0\ntopic_id: ";
/// Characters of a topic id.
const ID_LENGTH: usize = 22;

/// Reads the topic id of a partition's directory; `None` when the file is missing, or torn because the
/// machine lost its power: it is not synced when it is made. Kafka takes a directory without an id for a
/// stray one.
pub fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<TopicId>, LogError> {
    let path = dir.join(PARTITION_METADATA);
    let bytes = match disk.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("read", &path),
    };
    if is_torn(&bytes) {
        return Ok(None);
    }
    match parse(&bytes) {
        Some(id) if !id.is_zero() => Ok(Some(id)),
        Some(_) => Err(LogError::corrupt(&path, "the topic id is zero")),
        None => Err(LogError::corrupt(&path, "it has not the lines version and topic_id")),
    }
}

/// The content of the file: two lines, the second without its end.
pub(crate) fn content(id: TopicId) -> String {
    format!("{BEFORE_ID}{id}")
}

/// Whether a file is the beginning of what is written, maybe with zeroes where the rest should be.
fn is_torn(bytes: &[u8]) -> bool {
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = &bytes[..written];
    let known = text.len().min(BEFORE_ID.len());
    text.len() < BEFORE_ID.len() + ID_LENGTH && text[..known] == BEFORE_ID.as_bytes()[..known]
}

fn parse(bytes: &[u8]) -> Option<TopicId> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    let version: i32 = lines.next()?.strip_prefix("version:")?.trim().parse().ok()?;
    let id = lines.next()?.strip_prefix("topic_id:")?.trim();
    (version >= 0).then_some(TopicId(parse_uuid_text(id)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemDisk;

    fn read_content(content: &str) -> Result<Option<TopicId>, LogError> {
        let disk = MemDisk::new(0);
        disk.create_dir(Path::new("/d")).unwrap();
        disk.put(Path::new("/d/partition.metadata"), content.as_bytes(), false).unwrap();
        read(&disk, Path::new("/d"))
    }

    #[test]
    fn topic_id_reads_back() {
        assert_eq!(content(TopicId::METADATA), "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(read_content(&content(TopicId::METADATA)).unwrap(), Some(TopicId::METADATA));
        assert_eq!(
            read_content("version: 1\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n").unwrap(),
            Some(TopicId::METADATA)
        );
    }

    #[test]
    fn missing_file_has_no_topic_id() {
        assert_eq!(read(&MemDisk::new(0), Path::new("/d")).unwrap(), None);
        assert_eq!(read_content("").unwrap(), None);
    }

    #[test]
    fn torn_file_has_no_topic_id() {
        let whole = content(TopicId::METADATA);
        for written in 0..whole.len() {
            let torn = &whole[..written];
            assert_eq!(read_content(torn).unwrap(), None, "{torn:?}");
            let zeroes = "\0".repeat(whole.len() - written);
            assert_eq!(read_content(&format!("{torn}{zeroes}")).unwrap(), None, "{torn:?} and zeroes");
        }
    }

    #[test]
    fn malformed_file_is_refused() {
        for text in [
            "version: x\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ",
            "version: -1\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ",
            "version: 0\ntopic_id: !AAAAAAAAAAAAAAAAAAAAQ",
        ] {
            assert!(read_content(text).is_err(), "{text:?}");
        }
        assert!(read_content(&content(TopicId::ZERO)).is_err(), "zero topic id");
    }
}

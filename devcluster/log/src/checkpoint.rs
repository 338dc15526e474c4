//! Kafka's text checkpoint files: a version, a count, and as many lines.
//!
//! Whether an unreadable file is fatal is the caller's decision.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;

use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};

use crate::disk::Disk;
use crate::epoch_cache::{EpochCache, EpochStart};
use crate::error::{IoContext, LogError};

/// Version in the first line of every checkpoint file.
const VERSION: &str = "0";

/// An offset per partition.
pub type Offsets = BTreeMap<(String, PartitionId), Offset>;

/// Reads a file of lines `topic partition offset`; a missing file is an empty one.
pub fn read_offsets(disk: &dyn Disk, path: &Path) -> Result<Offsets, LogError> {
    let mut offsets = Offsets::new();
    for line in read_lines(disk, path)? {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let parsed = match fields[..] {
            [topic, partition, offset] => partition
                .parse()
                .ok()
                .zip(offset.parse().ok())
                .map(|(partition, offset)| ((topic.to_owned(), PartitionId(partition)), Offset(offset))),
            _ => None,
        };
        let (partition, offset) = parsed.ok_or_else(|| malformed(path, &line))?;
        offsets.insert(partition, offset);
    }
    Ok(offsets)
}

/// Replaces a file of lines `topic partition offset`.
///
/// **Durability:** durable when it returns.
pub fn write_offsets(disk: &dyn Disk, path: &Path, offsets: &Offsets) -> Result<(), LogError> {
    let mut text = format!("{VERSION}\n{}\n", offsets.len());
    for ((topic, partition), offset) in offsets {
        writeln!(text, "{topic} {partition} {offset}").expect("a string takes every write");
    }
    disk.replace(path, text.as_bytes()).at("write", path)
}

/// Reads a partition's `leader-epoch-checkpoint`; a missing file is an empty one.
pub fn read_epochs(disk: &dyn Disk, path: &Path) -> Result<EpochCache, LogError> {
    let mut entries = Vec::new();
    for line in read_lines(disk, path)? {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let parsed = match fields[..] {
            [epoch, start] => epoch.parse().ok().zip(start.parse().ok()),
            _ => None,
        };
        let (epoch, start) = parsed.ok_or_else(|| malformed(path, &line))?;
        entries.push(EpochStart { epoch: LeaderEpoch(epoch), start: Offset(start) });
    }
    Ok(EpochCache::from_entries(entries))
}

/// The content of a partition's `leader-epoch-checkpoint`.
pub(crate) fn epochs_text(epochs: &EpochCache) -> String {
    let mut text = format!("{VERSION}\n{}\n", epochs.entries().len());
    for entry in epochs.entries() {
        writeln!(text, "{} {}", entry.epoch, entry.start).expect("a string takes every write");
    }
    text
}

/// The entry lines of a file, after its version and count were checked.
fn read_lines(disk: &dyn Disk, path: &Path) -> Result<Vec<String>, LogError> {
    let bytes = match disk.read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("read", path),
    };
    let text = String::from_utf8(bytes).map_err(|_| LogError::corrupt(path, "it is not text"))?;
    let mut lines = text.lines();
    let Some(version) = lines.next() else { return Ok(Vec::new()) };
    if version.trim() != VERSION {
        return Err(LogError::corrupt(path, format!("unknown version {version:?}")));
    }
    let count: Option<usize> = lines.next().and_then(|line| line.trim().parse().ok());
    let entries: Vec<String> = lines.map(str::to_owned).collect();
    if count != Some(entries.len()) {
        return Err(LogError::corrupt(path, format!("the count does not match {} entries", entries.len())));
    }
    Ok(entries)
}

fn malformed(path: &Path, line: &str) -> LogError {
    LogError::corrupt(path, format!("malformed line {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemDisk;

    fn disk_with(content: &str) -> MemDisk {
        let disk = MemDisk::new(0);
        disk.create_dir(Path::new("/d")).unwrap();
        disk.put(Path::new("/d/f"), content.as_bytes(), false).unwrap();
        disk
    }

    #[test]
    fn offsets_read_back_as_written() {
        let disk = disk_with("");
        let path = Path::new("/d/f");
        assert_eq!(read_offsets(&disk, path).unwrap(), Offsets::new(), "an empty file has no entries");
        let offsets = Offsets::from([
            (("orders".to_owned(), PartitionId(0)), Offset(10)),
            (("a-b".to_owned(), PartitionId(12)), Offset(0)),
        ]);
        write_offsets(&disk, path, &offsets).unwrap();
        assert_eq!(disk.read(path).unwrap(), b"0\n2\na-b 12 0\norders 0 10\n");
        assert_eq!(read_offsets(&disk, path).unwrap(), offsets);
    }

    #[test]
    fn missing_file_has_no_entries() {
        let disk = MemDisk::new(0);
        assert_eq!(read_offsets(&disk, Path::new("/d/none")).unwrap(), Offsets::new());
        assert_eq!(read_epochs(&disk, Path::new("/d/none")).unwrap(), EpochCache::default());
    }

    #[test]
    fn malformed_files_are_refused() {
        for content in
            ["1\n0\n", "0\n", "0\n1\n", "0\n1\nt 0\n", "0\n1\nt x 3\n", "0\n1\nt 0 3\nt 1 3\n", "0\n-1\n"]
        {
            let read = read_offsets(&disk_with(content), Path::new("/d/f"));
            assert!(matches!(read, Err(LogError::Corrupt { .. })), "{content:?}");
        }
    }

    #[test]
    fn epochs_read_back_as_kafka_writes_them() {
        let disk = disk_with("0\n2\n0 10\n3\t20\n");
        let path = Path::new("/d/f");
        let epochs = read_epochs(&disk, path).unwrap();
        assert_eq!(epochs.latest(), Some(LeaderEpoch(3)));
        assert_eq!(epochs_text(&epochs), "0\n2\n0 10\n3 20\n");
    }
}

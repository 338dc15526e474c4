//! `.kafka_cleanshutdown`: the marker of a data directory all of whose logs were closed cleanly.

use std::io;
use std::path::Path;

use kr_wire::ids::BrokerEpoch;

use crate::disk::Disk;
use crate::error::{IoContext, LogError};
use crate::layout::CLEAN_SHUTDOWN;

/// A marker that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanShutdown {
    /// Epoch of the broker that stopped, where the marker says so (KIP-966's `PreviousBrokerEpoch`).
    pub broker_epoch: Option<BrokerEpoch>,
}

/// Writes the marker.
///
/// **Durability:** durable when it returns. Every log of the directory must have been closed cleanly before.
pub fn write(disk: &dyn Disk, dir: &Path, broker_epoch: Option<BrokerEpoch>) -> Result<(), LogError> {
    let path = dir.join(CLEAN_SHUTDOWN);
    let text = format!("{{\"version\":0,\"brokerEpoch\":{}}}", BrokerEpoch::to_wire(broker_epoch));
    disk.replace(&path, text.as_bytes()).at("write", &path)
}

/// Reads and removes the marker: what happens from here on is not covered by it. Its presence is what counts;
/// a content that cannot be read (older releases wrote none) only hides the epoch.
///
/// **Durability:** the removal is durable when it returns.
pub fn take(disk: &dyn Disk, dir: &Path) -> Result<Option<CleanShutdown>, LogError> {
    let path = dir.join(CLEAN_SHUTDOWN);
    let content = match disk.read(&path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("read", &path),
    };
    disk.remove_file(&path).at("remove", &path)?;
    disk.sync_dir(dir).at("sync", dir)?;
    Ok(Some(CleanShutdown { broker_epoch: broker_epoch(&content).and_then(BrokerEpoch::from_wire) }))
}

/// The number after the only key that matters; the file is written by machines and has no nesting.
fn broker_epoch(content: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(content).ok()?;
    let (_, after) = text.split_once("\"brokerEpoch\"")?;
    let number = after.trim_start().strip_prefix(':')?.trim_start();
    let end = number.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemDisk;

    #[test]
    fn marker_is_taken_once() {
        let (disk, dir) = (MemDisk::new(0), Path::new("/d"));
        disk.create_dir(dir).unwrap();
        assert_eq!(take(&disk, dir).unwrap(), None);
        write(&disk, dir, Some(BrokerEpoch(17))).unwrap();
        assert_eq!(disk.read(&dir.join(CLEAN_SHUTDOWN)).unwrap(), b"{\"version\":0,\"brokerEpoch\":17}");
        assert_eq!(take(&disk, dir).unwrap(), Some(CleanShutdown { broker_epoch: Some(BrokerEpoch(17)) }));
        assert_eq!(take(&disk, dir).unwrap(), None);
    }

    #[test]
    fn marker_without_an_epoch_counts() {
        for content in ["", "{\"version\":0,\"brokerEpoch\":-1}", "garbage"] {
            let (disk, dir) = (MemDisk::new(0), Path::new("/d"));
            disk.create_dir(dir).unwrap();
            disk.put(&dir.join(CLEAN_SHUTDOWN), content.as_bytes(), false).unwrap();
            assert_eq!(take(&disk, dir).unwrap(), Some(CleanShutdown { broker_epoch: None }), "{content}");
        }
    }
}

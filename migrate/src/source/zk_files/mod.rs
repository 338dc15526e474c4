//! A ZooKeeper server's data directory: the newest good snapshot, and the log replayed over it.
//!
//! The files are only read. The result is the tree as of the last transaction on disk, or as of an earlier one.
//! What is damaged and did not matter (an unfinished snapshot, a torn last entry) is told as a note; what would
//! make the picture wrong (a gap in the log, no good snapshot) is an error.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::tree::Tree;

mod compressed;
mod jute;
mod snapshot;
mod txn;
mod txn_log;

pub use jute::JuteError;
use snapshot::Snapshot;
pub use snapshot::SnapshotError;
use txn::Replay;
pub use txn::{Change, Transaction};
pub use txn_log::LogDamage;
use txn_log::LogReader;

/// Why the files of a server do not give a tree.
#[derive(Debug, thiserror::Error)]
pub enum ZkFilesError {
    /// The directory cannot be listed.
    #[error("cannot list {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is neither a snapshot nor a log.
    #[error("{} holds no ZooKeeper snapshot and no transaction log", path.display())]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
    /// There are snapshots, but none is good; this is what is wrong with the newest.
    #[error("no snapshot can be read; the newest is {}", path.display())]
    NoSnapshot {
        /// The newest snapshot.
        path: PathBuf,
        /// What is wrong with it.
        source: SnapshotError,
    },
    /// Transactions between two that are there are not there.
    #[error(
        "transactions between 0x{last:x} and 0x{next:x} are missing before {}{}",
        path.display(),
        damage.as_ref().map(|damage| format!(": {damage}")).unwrap_or_default()
    )]
    Gap {
        /// The last transaction before the gap.
        last: i64,
        /// The first one after it.
        next: i64,
        /// The file that begins after the gap.
        path: PathBuf,
        /// The damage that ended the file before, if there is one.
        damage: Option<String>,
    },
}

/// A picture of a tree, and how far it can be believed.
#[derive(Debug)]
pub struct Loaded {
    /// The whole tree, without regard to a chroot.
    pub tree: Tree,
    /// The last transaction that it holds.
    pub zxid: i64,
    /// When that transaction was made, milliseconds since 1970; `None` when it is the snapshot's.
    pub time_ms: Option<i64>,
    /// Sessions that were open, and their timeouts in milliseconds.
    pub sessions: BTreeMap<i64, i32>,
    /// The snapshot it began with; `None` when the log goes back to the beginning.
    pub snapshot: Option<PathBuf>,
    /// Number of transactions replayed.
    pub replayed: u64,
    /// What was found damaged on the way without making the picture wrong.
    pub notes: Vec<String>,
}

/// The snapshots and logs of one server.
#[derive(Clone, Debug)]
pub struct ZkFiles {
    /// By the zxid in their names, ascending.
    snapshots: Vec<(i64, PathBuf)>,
    logs: Vec<(i64, PathBuf)>,
}

impl ZkFiles {
    /// Finds the files: in a `dataDir`, in its `version-2`, or in both a `dataDir` and a `dataLogDir`.
    ///
    /// # Errors
    /// A directory that cannot be listed, or nothing in them.
    pub fn open(directories: &[&Path]) -> Result<Self, ZkFilesError> {
        let mut files = Self { snapshots: Vec::new(), logs: Vec::new() };
        for directory in directories {
            files.list(directory)?;
            let inner = directory.join("version-2");
            if inner.is_dir() {
                files.list(&inner)?;
            }
        }
        if files.snapshots.is_empty() && files.logs.is_empty() {
            let path = directories.first().copied().unwrap_or(Path::new("")).to_owned();
            return Err(ZkFilesError::Nothing { path });
        }
        files.snapshots.sort();
        files.logs.sort();
        Ok(files)
    }

    fn list(&mut self, directory: &Path) -> Result<(), ZkFilesError> {
        let failed = |source| ZkFilesError::Directory { path: directory.to_owned(), source };
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if let Some(zxid) = name.strip_prefix("snapshot.").and_then(zxid_of) {
                self.snapshots.push((zxid, path));
            } else if let Some(zxid) = name.strip_prefix("log.").and_then(zxid_of) {
                self.logs.push((zxid, path));
            }
        }
        Ok(())
    }

    /// The tree as of the last transaction on disk.
    ///
    /// # Errors
    /// No good snapshot, a gap in the log.
    pub fn load(&self) -> Result<Loaded, ZkFilesError> {
        self.load_until(i64::MAX)
    }

    /// The tree as of a transaction, which is the last one in it.
    ///
    /// Snapshots are taken while the server works: one whose name is just below `last` may hold effects of
    /// transactions above it.
    ///
    /// # Errors
    /// No good snapshot up to there, a gap in the log.
    pub fn load_until(&self, last: i64) -> Result<Loaded, ZkFilesError> {
        let mut notes = Vec::new();
        let (mut replay, mut zxid, snapshot) = self.newest_snapshot(last, &mut notes)?;
        let (mut time_ms, mut replayed) = (None, 0);
        let first = self.logs.iter().rposition(|(start, _)| *start <= zxid.saturating_add(1)).unwrap_or(0);
        let logs = self.logs.get(first..).unwrap_or_default();
        let mut damage: Option<String> = None;
        for (_, path) in logs.iter().take_while(|(start, _)| *start <= last) {
            let mut gap = None;
            let ended = each(path, |transaction| {
                if transaction.zxid > last {
                    return false;
                }
                if transaction.zxid > zxid {
                    if !follows(zxid, transaction.zxid) {
                        gap = Some(transaction.zxid);
                        return false;
                    }
                    replay.apply(&transaction);
                    (zxid, time_ms) = (transaction.zxid, Some(transaction.time_ms));
                    replayed += 1;
                }
                true
            });
            if let Some(next) = gap {
                return Err(ZkFilesError::Gap { last: zxid, next, path: path.clone(), damage });
            }
            damage = ended.err().map(|error| format!("{} {}", path.display(), explain(&error)));
            notes.extend(damage.clone());
        }
        Ok(Loaded { tree: replay.tree, zxid, time_ms, sessions: replay.sessions, snapshot, replayed, notes })
    }

    fn newest_snapshot(
        &self,
        last: i64,
        notes: &mut Vec<String>,
    ) -> Result<(Replay, i64, Option<PathBuf>), ZkFilesError> {
        let mut newest_error = None;
        for (zxid, path) in self.snapshots.iter().rev().filter(|(zxid, _)| *zxid <= last) {
            let read = compressed::open(path).map_err(|error| JuteError::Io(error).into());
            match read.and_then(Snapshot::read) {
                Ok(snapshot) => return Ok((snapshot.into(), *zxid, Some(path.clone()))),
                Err(error) => {
                    notes.push(format!("snapshot {} is not used: {}", path.display(), explain(&error)));
                    newest_error.get_or_insert((path.clone(), error));
                }
            }
        }
        // Without any snapshot the log must go back to the first transaction.
        match newest_error {
            Some((path, source)) if self.logs.first().is_none_or(|(start, _)| *start > 1) => {
                Err(ZkFilesError::NoSnapshot { path, source })
            }
            _ => Ok((Replay::default(), 0, None)),
        }
    }

    /// Calls a function for every transaction in the logs, in order, until it says false.
    ///
    /// # Errors
    /// The damage that ended a log which is not the last.
    pub fn transactions(&self, mut visit: impl FnMut(Transaction) -> bool) -> Result<(), LogDamage> {
        for (index, (_, path)) in self.logs.iter().enumerate() {
            let mut stopped = false;
            let ended = each(path, |transaction| {
                stopped = !visit(transaction);
                !stopped
            });
            if stopped {
                return Ok(());
            }
            if index + 1 < self.logs.len() {
                ended?;
            }
        }
        Ok(())
    }
}

/// Walks one log until it ends or the function says false.
fn each(path: &Path, mut visit: impl FnMut(Transaction) -> bool) -> Result<(), LogDamage> {
    let mut reader = LogReader::new(compressed::open(path)?)?;
    while let Some(transaction) = reader.next()? {
        if !visit(transaction) {
            break;
        }
    }
    Ok(())
}

/// Whether no transaction can be between two: the high half counts leaders, the low half their transactions.
fn follows(last: i64, next: i64) -> bool {
    let (epoch, next_epoch) = (last >> 32, next >> 32);
    next_epoch > epoch || (next_epoch == epoch && next == last + 1)
}

fn zxid_of(suffix: &str) -> Option<i64> {
    let hex = suffix.strip_suffix(".gz").or_else(|| suffix.strip_suffix(".snappy")).unwrap_or(suffix);
    i64::from_str_radix(hex, 16).ok().filter(|zxid| *zxid >= 0)
}

/// An error with its causes on one line.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;

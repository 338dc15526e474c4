//! The metadata directory next to the log: the quorum-state file and the snapshots (KIP-595, KIP-630).
//!
//! Reads and writes files; what they mean is decided by its callers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use kr_log::Disk;
use kr_log::layout::{self, SnapshotFileState};
use kr_metadata::{Image, snapshot};
use kr_raft::{Election, Snapshot, SnapshotId};
use kr_wire::ids::NodeId;
use kr_wire::quorum_state::{QuorumState, QuorumStateVersion};

/// Files of `__cluster_metadata-0` besides its segments.
pub(crate) struct QuorumStore {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// The static voters, as the quorum-state file lists them.
    voters: Vec<NodeId>,
}

/// A file of the metadata directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { action, path, source }
}

impl QuorumStore {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, voters: Vec<NodeId>) -> Self {
        Self { disk, dir, voters }
    }

    /// Reads the quorum-state file; `None` on a fresh disk.
    pub(crate) fn read_election(&self) -> Result<Option<Election>, StoreError> {
        let path = self.dir.join(layout::QUORUM_STATE);
        if !self.disk.exists(&path) {
            return Ok(None);
        }
        let bytes = self.disk.read(&path).map_err(io_error("read", &path))?;
        let state = QuorumState::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|error| StoreError::Unreadable { path, reason: error.to_string() })?;
        let directory = match state.version {
            QuorumStateVersion::V0 { .. } => None,
            QuorumStateVersion::V1 { voted_directory_id } => voted_directory_id,
        };
        Ok(Some(Election {
            epoch: state.leader_epoch,
            leader: state.leader_id,
            voted: state.voted_id.map(|id| kr_raft::ReplicaKey { id, directory }),
        }))
    }

    /// Replaces the quorum-state file; durable when it returns.
    pub(crate) fn write_election(&self, election: &Election) -> Result<(), StoreError> {
        let path = self.dir.join(layout::QUORUM_STATE);
        let state = QuorumState {
            leader_id: election.leader,
            leader_epoch: election.epoch,
            voted_id: election.voted.map(|key| key.id),
            version: QuorumStateVersion::V0 { current_voters: Some(self.voters.clone()) },
        };
        self.disk.replace(&path, state.to_json().as_bytes()).map_err(io_error("write", &path))
    }

    /// Lists the snapshots on disk, oldest first, and removes what is left of unfinished ones.
    pub(crate) fn load_snapshots(&self) -> Result<Vec<Snapshot>, StoreError> {
        if !self.disk.exists(&self.dir) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in self.disk.list(&self.dir).map_err(io_error("list", &self.dir))? {
            let Some(file) = layout::parse_snapshot_file(&entry.name) else { continue };
            let id = SnapshotId { end: file.end_offset, epoch: file.epoch };
            match file.state {
                SnapshotFileState::Part | SnapshotFileState::Deleted => {
                    let path = self.dir.join(&entry.name);
                    self.disk.remove_file(&path).map_err(io_error("remove", &path))?;
                }
                // The bootstrap snapshot (0, 0) holds no metadata and is never sent to anyone.
                SnapshotFileState::Complete if id == SnapshotId::default() => {}
                SnapshotFileState::Complete => found.push(Snapshot { id, size: entry.len as i64 }),
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a whole snapshot.
    pub(crate) fn load_image(&self, id: SnapshotId) -> Result<Image, StoreError> {
        let path = self.snapshot_path(id);
        let bytes = self.disk.read(&path).map_err(io_error("read", &path))?;
        self.image(&path, &bytes)
    }

    fn image(&self, path: &Path, bytes: &[u8]) -> Result<Image, StoreError> {
        let unreadable = |reason: String| StoreError::Unreadable { path: path.to_owned(), reason };
        let records = snapshot::read(bytes).map_err(|error| unreadable(error.to_string()))?;
        let mut image = Image::default();
        for record in &records {
            image.apply(record).map_err(|error| unreadable(error.to_string()))?;
        }
        Ok(image)
    }

    /// Reads some bytes of a snapshot for a peer.
    pub(crate) fn read_snapshot(
        &self,
        id: SnapshotId,
        position: i64,
        max_bytes: usize,
    ) -> Result<Bytes, StoreError> {
        let path = self.snapshot_path(id);
        let file = self.disk.open(&path, false).map_err(io_error("open", &path))?;
        let len = file.len().map_err(io_error("read", &path))?;
        let position = u64::try_from(position).unwrap_or(0).min(len);
        let size = usize::try_from(len - position).unwrap_or(usize::MAX).min(max_bytes);
        let mut buffer = vec![0; size];
        let read = file.read_at(&mut buffer, position).map_err(io_error("read", &path))?;
        buffer.truncate(read);
        Ok(buffer.into())
    }

    /// Adds bytes to a snapshot that is being fetched.
    pub(crate) fn append_snapshot(
        &self,
        id: SnapshotId,
        position: i64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let path = self.part_path(id);
        let position = u64::try_from(position).unwrap_or(0);
        let file = self.disk.open(&path, true).map_err(io_error("open", &path))?;
        if position == 0 {
            file.set_len(0).map_err(io_error("write", &path))?;
        }
        file.write_at(bytes, position).map_err(io_error("write", &path))
    }

    /// Gives up a snapshot that was being fetched.
    pub(crate) fn drop_snapshot(&self, id: SnapshotId) -> Result<(), StoreError> {
        let path = self.part_path(id);
        if self.disk.exists(&path) {
            self.disk.remove_file(&path).map_err(io_error("remove", &path))?;
        }
        Ok(())
    }

    /// Freezes a fetched snapshot and reads it; durable when it returns.
    pub(crate) fn install_snapshot(&self, id: SnapshotId) -> Result<Image, StoreError> {
        let part = self.part_path(id);
        let bytes = self.disk.read(&part).map_err(io_error("read", &part))?;
        let image = self.image(&part, &bytes)?;
        self.disk.open(&part, false).and_then(|file| file.sync()).map_err(io_error("sync", &part))?;
        self.freeze(&part, id)?;
        Ok(image)
    }

    /// Writes a snapshot of this node's own; durable when it returns.
    pub(crate) fn write_snapshot(&self, id: SnapshotId, bytes: &[u8]) -> Result<Snapshot, StoreError> {
        let part = self.part_path(id);
        let file = self.disk.open(&part, true).map_err(io_error("open", &part))?;
        file.set_len(0)
            .and_then(|()| file.write_at(bytes, 0))
            .and_then(|()| file.sync())
            .map_err(io_error("write", &part))?;
        drop(file);
        self.freeze(&part, id)?;
        Ok(Snapshot { id, size: bytes.len() as i64 })
    }

    fn freeze(&self, part: &Path, id: SnapshotId) -> Result<(), StoreError> {
        let path = self.snapshot_path(id);
        self.disk
            .rename(part, &path)
            .and_then(|()| self.disk.sync_dir(&self.dir))
            .map_err(io_error("rename", part))
    }

    /// Size of a snapshot in bytes.
    pub(crate) fn snapshot_size(&self, id: SnapshotId) -> Option<i64> {
        self.disk.open(&self.snapshot_path(id), false).and_then(|file| file.len()).ok().map(|len| len as i64)
    }

    /// Removes a snapshot that a later one replaces.
    pub(crate) fn remove_snapshot(&self, id: SnapshotId) -> Result<(), StoreError> {
        let path = self.snapshot_path(id);
        self.disk.remove_file(&path).map_err(io_error("remove", &path))
    }

    fn snapshot_path(&self, id: SnapshotId) -> PathBuf {
        self.dir.join(layout::snapshot_file(id.end, id.epoch))
    }

    fn part_path(&self, id: SnapshotId) -> PathBuf {
        self.dir.join(layout::snapshot_part_file(id.end, id.epoch, 0))
    }
}

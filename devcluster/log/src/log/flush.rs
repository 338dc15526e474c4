//! Making things durable: the directory, flush requests, producer snapshots, closing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kr_wire::ids::{Offset, Uuid};
use kr_wire::producer_snapshot;

use super::{FlushMark, FlushRequest, Log};
use crate::dir::DirSync;
use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};
use crate::layout::{DirState, FileKind, PARTITION_METADATA, parse_partition_dir, partition_dir_in};
use crate::partition_metadata;

impl Log {
    /// What must be synced for everything appended so far to be durable; `None` when it is already.
    ///
    /// The files are to be synced in their order; then [`Log::flushed`] is to be told. Nothing is lost when a
    /// request is dropped: the next one asks for the same and more.
    pub fn unflushed(&mut self) -> Result<Option<FlushRequest>, LogError> {
        let names_synced = self.names == self.names_synced;
        if !self.made || (self.recovery_point >= self.end && names_synced) {
            return Ok(None);
        }
        let mut files: Vec<Arc<dyn DiskFile>> = Vec::new();
        let from = self.segment_of(self.recovery_point);
        let last = self.segments.len() - 1;
        for (at, segment) in self.segments.iter_mut().enumerate().skip(from) {
            segment.create(&self.dir)?;
            files.push(Arc::clone(segment.file(&self.dir)?));
            if at < last {
                self.dir.push_existing(segment.base, FileKind::OffsetIndex, &mut files);
                self.dir.push_existing(segment.base, FileKind::TimeIndex, &mut files);
                self.dir.push_existing(segment.base, FileKind::TransactionIndex, &mut files);
                self.dir.push_existing(segment.next, FileKind::ProducerSnapshot, &mut files);
            }
        }
        if let Some(epochs) = self.epochs_to_save() {
            files.push(Arc::new(epochs));
        }
        if !names_synced {
            if let Ok(file) = self.dir.disk.open(&self.dir.path.join(PARTITION_METADATA), false) {
                files.push(file);
            }
            let parent = self.dir.path.parent();
            for path in std::iter::once(self.dir.path.as_path()).chain(parent) {
                files.push(Arc::new(DirSync { disk: Arc::clone(&self.dir.disk), path: path.to_owned() }));
            }
        }
        let mark = FlushMark {
            up_to: self.end,
            truncations: self.truncations,
            names: self.names,
            epochs: self.epochs_file.version(),
        };
        Ok(Some(FlushRequest { files, mark }))
    }

    /// Takes note of a flush that was done; returns the recovery point. When the log was truncated since the
    /// request, the recovery point stays.
    pub fn flushed(&mut self, mark: FlushMark) -> Offset {
        if mark.truncations == self.truncations {
            self.recovery_point = self.recovery_point.max(mark.up_to);
            self.names_synced = self.names_synced.max(mark.names);
            self.epochs_file.flushed(mark.epochs);
        }
        self.recovery_point
    }

    /// Everything below is durable; goes to `recovery-point-offset-checkpoint`.
    pub fn recovery_point(&self) -> Offset {
        self.recovery_point
    }

    /// Makes the directory with the topic id in it, if there is none.
    pub(super) fn make_dir(&mut self) -> Result<(), LogError> {
        if self.made {
            return Ok(());
        }
        self.dir.disk.create_dir(&self.dir.path).at("create", &self.dir.path)?;
        let path = self.dir.path.join(PARTITION_METADATA);
        let content = partition_metadata::content(self.topic_id);
        // Kafka syncs it at once. With thousands of partitions that takes seconds: the first flush does it,
        // and a file that a loss of power tore before reads as missing.
        self.dir.disk.put(&path, content.as_bytes(), false).at("write", &path)?;
        self.made = true;
        self.changed = true;
        self.names += 1;
        Ok(())
    }

    /// Writes the producers to a snapshot at an offset, unless the newest one is there.
    pub(super) fn snapshot_producers(&mut self, at: Offset) -> Result<(), LogError> {
        if self.snapshots.last().is_some_and(|newest| *newest >= at) {
            return Ok(());
        }
        let content = producer_snapshot::encode(&self.producers.snapshot());
        self.dir.put(at, FileKind::ProducerSnapshot, &content)?;
        self.snapshots.push(at);
        self.names += 1;
        Ok(())
    }

    /// Closes the log. With `clean`, everything is complete and durable, so that the node may write its
    /// clean-shutdown marker; else nothing is done, as if the process had been killed.
    pub fn close(mut self, clean: bool) -> Result<(), LogError> {
        if !clean {
            return Ok(());
        }
        self.complete()?;
        if let Some(request) = self.unflushed()? {
            for file in &request.files {
                file.sync().at("sync", &self.dir.path)?;
            }
        }
        Ok(())
    }

    /// Closes one of many logs: everything is complete, but not yet durable.
    ///
    /// **Durability:** [`Disk::sync_all`](crate::Disk::sync_all) once, after the last log and before the
    /// clean-shutdown marker; syncing thousands of logs one by one takes minutes.
    pub fn close_unsynced(mut self) -> Result<(), LogError> {
        self.complete()?;
        self.put_epochs()
    }

    /// Writes what is kept in memory while a log is open: indexes, producers.
    fn complete(&mut self) -> Result<(), LogError> {
        if !self.made || !self.changed {
            return Ok(());
        }
        if self.end > self.first_segment_base() {
            self.snapshot_producers(self.end)?;
        }
        let active = self.segments.last_mut().expect("a log has at least one segment");
        active.create(&self.dir)?;
        active.mend(&self.dir)?;
        active.write_indexes(&self.dir)?;
        self.names += 1;
        Ok(())
    }

    /// Gives the log up because its partition was deleted: renames its directory to `<name>.<id>-delete`.
    /// Returns the new path, for the node to remove later; `None` when there was no directory.
    pub fn mark_deleted(self, id: Uuid) -> Result<Option<PathBuf>, LogError> {
        self.rename_dir(DirState::Deleted, id)
    }

    /// Gives the log up because its partition is not assigned here: renames its directory to
    /// `<name>.<id>-stray`, which is kept. Returns the new path; `None` when there was no directory.
    pub fn mark_stray(self, id: Uuid) -> Result<Option<PathBuf>, LogError> {
        self.rename_dir(DirState::Stray, id)
    }

    fn rename_dir(self, state: DirState, id: Uuid) -> Result<Option<PathBuf>, LogError> {
        if !self.made {
            return Ok(None);
        }
        let from = &self.dir.path;
        let name = from.file_name().and_then(|name| name.to_str()).and_then(parse_partition_dir);
        let name = name.ok_or_else(|| LogError::corrupt(from, "its name is none of a partition"))?;
        let to = from.with_file_name(partition_dir_in(state, &name.topic, name.partition, id));
        self.dir.disk.rename(from, &to).at("rename", from)?;
        self.dir.disk.sync_dir(to.parent().unwrap_or(Path::new("/"))).at("sync", &to)?;
        Ok(Some(to))
    }
}

impl crate::dir::Dir {
    /// Adds a file to those to sync, if it exists.
    fn push_existing(&self, offset: Offset, kind: FileKind, files: &mut Vec<Arc<dyn DiskFile>>) {
        if let Ok(file) = self.open(offset, kind, false) {
            files.push(file);
        }
    }
}

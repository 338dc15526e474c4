//! The file `leader-epoch-checkpoint`: when it is behind the epochs in memory, and how it catches up.
//!
//! Replacing a file durably takes milliseconds, and a failover changes the epochs of thousands of logs at
//! once. So the file is written by flushes, in the driver's time, and directly only where a log is about to
//! rely on it.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Log;
use crate::checkpoint;
use crate::disk::{Disk, DiskFile};
use crate::error::{IoContext, LogError};
use crate::layout::LEADER_EPOCH_CHECKPOINT;

/// Which state of the epochs is in memory and which in the file.
#[derive(Debug, Default)]
pub(super) struct EpochsFile {
    /// Counts changes in memory.
    version: u64,
    /// The newest version known to be durable.
    durable: u64,
    /// The newest version in the file; flushes of another thread must not put back an older one.
    written: Option<Arc<Mutex<u64>>>,
}

impl EpochsFile {
    /// The epochs in memory changed.
    pub(super) fn changed(&mut self) {
        self.version += 1;
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// A flush made a version durable.
    pub(super) fn flushed(&mut self, version: u64) {
        self.durable = self.durable.max(version);
    }

    fn is_saved(&self) -> bool {
        self.durable >= self.version
    }

    fn written(&mut self) -> Arc<Mutex<u64>> {
        Arc::clone(self.written.get_or_insert_default())
    }
}

impl Log {
    fn epochs_path(&self) -> PathBuf {
        self.dir.path.join(LEADER_EPOCH_CHECKPOINT)
    }

    /// Writes the epochs to their file, if they are not there.
    ///
    /// **Durability:** durable when it returns.
    pub(super) fn save_epochs(&mut self) -> Result<(), LogError> {
        if let Some(save) = self.epochs_to_save() {
            save.sync().at("write", &self.epochs_path())?;
            self.epochs_file.flushed(self.epochs_file.version());
        }
        Ok(())
    }

    /// Writes the epochs to their file, if they are not there; not yet durable.
    pub(super) fn put_epochs(&mut self) -> Result<(), LogError> {
        match self.epochs_to_save() {
            Some(save) => save.put().at("write", &self.epochs_path()),
            None => Ok(()),
        }
    }

    /// What makes the epochs durable when it is synced; `None` when they are.
    pub(super) fn epochs_to_save(&mut self) -> Option<SaveEpochs> {
        if self.epochs_file.is_saved() || !self.made {
            return None;
        }
        Some(SaveEpochs {
            disk: Arc::clone(&self.dir.disk),
            path: self.epochs_path(),
            content: checkpoint::epochs_text(&self.epochs),
            version: self.epochs_file.version(),
            written: self.epochs_file.written(),
        })
    }
}

/// Stands for the epochs' file in a list of files to sync: syncing replaces it.
#[derive(Debug)]
pub(super) struct SaveEpochs {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    content: String,
    version: u64,
    written: Arc<Mutex<u64>>,
}

impl SaveEpochs {
    fn put(&self) -> io::Result<()> {
        self.write(|| self.disk.put(&self.path, self.content.as_bytes(), false))
    }

    fn write(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        // A number is whole whatever happened to another thread.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written >= self.version {
            return Ok(());
        }
        match write() {
            Ok(()) => {
                *written = self.version;
                Ok(())
            }
            // The directory was renamed on its way out: nothing in it needs to last.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl DiskFile for SaveEpochs {
    fn read_at(&self, _buffer: &mut [u8], _at: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn write_at(&self, _bytes: &[u8], _at: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.content.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        self.write(|| self.disk.replace(&self.path, self.content.as_bytes()))
    }
}

//! A partition's directory: its disk, its path and the paths of its files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kr_wire::ids::Offset;

use crate::disk::{Disk, DiskFile};
use crate::error::{IoContext, LogError};
use crate::layout::{FileKind, offset_file};

#[derive(Clone, Debug)]
pub(crate) struct Dir {
    pub disk: Arc<dyn Disk>,
    pub path: PathBuf,
}

impl Dir {
    /// Path of a file that is named after an offset.
    pub(crate) fn file(&self, offset: Offset, kind: FileKind) -> PathBuf {
        self.path.join(offset_file(offset, kind))
    }

    /// Opens a file that is named after an offset.
    pub(crate) fn open(
        &self,
        offset: Offset,
        kind: FileKind,
        create: bool,
    ) -> Result<Arc<dyn DiskFile>, LogError> {
        let path = self.file(offset, kind);
        self.disk.open(&path, create).at("open", &path)
    }

    /// Replaces the content of a file that is named after an offset: whole or not at all, but not yet
    /// durable.
    pub(crate) fn put(&self, offset: Offset, kind: FileKind, content: &[u8]) -> Result<(), LogError> {
        let path = self.file(offset, kind);
        self.disk.put(&path, content, false).at("write", &path)
    }

    /// Reads a file that is named after an offset; `None` when it is missing.
    pub(crate) fn read(&self, offset: Offset, kind: FileKind) -> Result<Option<Vec<u8>>, LogError> {
        let path = self.file(offset, kind);
        match self.disk.read(&path) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).at("read", &path),
        }
    }

    /// Makes the names in the directory durable.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        self.disk.sync_dir(&self.path).at("sync", &self.path)
    }

    /// Removes a file; one that is missing is fine.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), LogError> {
        match self.disk.remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).at("remove", path),
            _ => Ok(()),
        }
    }
}

/// A directory in a list of files to sync.
#[derive(Debug)]
pub(crate) struct DirSync {
    pub disk: Arc<dyn Disk>,
    pub path: PathBuf,
}

impl DiskFile for DirSync {
    fn read_at(&self, _buffer: &mut [u8], _at: u64) -> io::Result<usize> {
        Err(io::ErrorKind::IsADirectory.into())
    }

    fn write_at(&self, _bytes: &[u8], _at: u64) -> io::Result<()> {
        Err(io::ErrorKind::IsADirectory.into())
    }

    fn set_len(&self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::IsADirectory.into())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn sync(&self) -> io::Result<()> {
        match self.disk.sync_dir(&self.path) {
            // Renamed on its way out: nothing in it needs to last.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            synced => synced,
        }
    }
}

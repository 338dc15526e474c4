//! The disk as a log sees it: a trait of a few operations, and the real one on `std::fs`.
//!
//! Paths are absolute. A file is written by one owner at a time; the disk does not arbitrate. Nothing is
//! durable before [`DiskFile::sync`], and no name before [`Disk::sync_dir`], but for [`Disk::replace`].

#[expect(clippy::disallowed_types, reason = "this is the one place at which files are opened")]
mod real;

use std::fmt::Debug;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

pub use real::{DirLock, RealDisk};

/// Directories and files. The simulator and tests have their own.
pub trait Disk: Send + Sync + Debug {
    /// Opens a file for reading and writing; with `create`, makes an empty one when it is missing.
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn DiskFile>>;
    /// Lists a directory, sorted by name; not recursive.
    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>>;
    /// Makes a directory and its missing parents; one that exists is fine.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Renames a file or directory, replacing a file of that name. Handles of files inside a renamed
    /// directory, or of a renamed file, are not to be used any more.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory and all in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes everything durable that is below a directory: contents and names. May do more than that.
    fn sync_all(&self, path: &Path) -> io::Result<()>;
    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Whether a file or directory of this name exists.
    fn exists(&self, path: &Path) -> bool;
    /// Space of the file system a path is on.
    fn free_space(&self, path: &Path) -> io::Result<FreeSpace>;

    /// Replaces a file as a whole: writes `<name>.tmp`, syncs it, renames it, syncs the directory.
    ///
    /// **Durability:** when it returns, the new content is durable; until then the old one is.
    fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.put(path, content, true)?;
        match path.parent() {
            Some(dir) => self.sync_dir(dir),
            None => Ok(()),
        }
    }

    /// Writes `<name>.tmp` and renames it to `name`: whole or not at all for a killed process. With `sync`
    /// the content, but not the name, is durable before the rename.
    fn put(&self, path: &Path, content: &[u8], sync: bool) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        let temporary = Path::new(&temporary);
        let file = self.open(temporary, true)?;
        file.set_len(0)?;
        file.write_at(content, 0)?;
        if sync {
            file.sync()?;
        }
        drop(file);
        self.rename(temporary, path)
    }
}

/// An open file. Handles are cheap to keep: the real disk closes and reopens what is behind them as needed.
pub trait DiskFile: Send + Sync + Debug {
    /// Reads up to `buffer.len()` bytes at a position; fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize>;
    /// Writes bytes of the file to a socket, as many as it takes at once; their number, 0 at the end of the
    /// file. A disk without sockets has no use for it.
    fn send_to(&self, _socket: BorrowedFd<'_>, _at: u64, _len: usize) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// Writes all bytes at a position, extending the file.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
    /// Cuts or extends the file with zeroes.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Size in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file holds nothing.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
    /// Makes the content durable. A file that was renamed or removed meanwhile has none: that is fine.
    fn sync(&self) -> io::Result<()>;
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// File name without its path.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// Size in bytes; 0 for directories.
    pub len: u64,
}

/// Space of a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeSpace {
    /// What an unprivileged process can still write.
    pub usable: u64,
    /// Size of the file system.
    pub total: u64,
}

//! [`Disk`] on `std::fs`, with a bound on open files.
//!
//! A handle remembers its path and opens it when used. When more than the bound are open, the one that was
//! not used for longest (by second chance) is closed behind its handle's back. Kafka's directory lock is here
//! as well.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rustix::fs::{FlockOperation, fcntl_lock, statvfs, syncfs};
use rustix::io::Errno;

use super::{DirEntry, Disk, DiskFile, FreeSpace};

/// The disk of the operating system. Clones share the bound on open files.
#[derive(Clone, Debug)]
pub struct RealDisk {
    open: Arc<OpenFiles>,
}

impl RealDisk {
    /// Open files per disk unless told otherwise: three nodes fit beside their sockets in `ulimit -n 1024`.
    pub const DEFAULT_MAX_OPEN: usize = 192;

    /// A disk that keeps at most `max_open` files open, at least one.
    pub fn new(max_open: usize) -> Self {
        let files = OpenFiles { max: max_open.max(1), ring: Mutex::default() };
        Self { open: Arc::new(files) }
    }

    /// Takes Kafka's lock of a log directory: an fcntl lock on its `.lock`, held until the value is dropped.
    ///
    /// The lock excludes other processes (Kafka's too), not other nodes in this process.
    pub fn lock_dir(&self, dir: &Path) -> io::Result<DirLock> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join(".lock"))?;
        fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(DirLock { _file: file })
    }
}

impl Default for RealDisk {
    fn default() -> Self {
        Self::new(Self::DEFAULT_MAX_OPEN)
    }
}

/// Kafka's lock of a log directory; released when dropped.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl Disk for RealDisk {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let handle = self.open.open(path, create)?;
        let file = Arc::new(Reopened {
            path: path.to_owned(),
            handle: Mutex::new(Some(Arc::new(handle))),
            used: AtomicBool::new(true),
        });
        self.open.add(&file);
        Ok(Arc::new(RealFile { file, open: Arc::clone(&self.open) }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // Removed between the listing and the look: as if it had not been listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let is_dir = metadata.is_dir();
            let len = if is_dir { 0 } else { metadata.len() };
            // A name that is not UTF-8 is none of Kafka's.
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(DirEntry { name, is_dir, len });
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_all(&self, path: &Path) -> io::Result<()> {
        // One call for the whole file system beats thousands for its files.
        Ok(syncfs(File::open(path)?)?)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn put(&self, path: &Path, content: &[u8], sync: bool) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".tmp");
        // Outside the ring: open for a moment only.
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        if sync {
            file.sync_data()?;
        }
        drop(file);
        fs::rename(&temporary, path)
    }

    fn free_space(&self, path: &Path) -> io::Result<FreeSpace> {
        let stat = statvfs(path)?;
        let block = if stat.f_frsize == 0 { stat.f_bsize } else { stat.f_frsize };
        Ok(FreeSpace {
            usable: stat.f_bavail.saturating_mul(block),
            total: stat.f_blocks.saturating_mul(block),
        })
    }
}

/// A handle: the file behind it and the bound it counts against.
#[derive(Debug)]
struct RealFile {
    file: Arc<Reopened>,
    open: Arc<OpenFiles>,
}

/// A file that is open or can be opened again.
#[derive(Debug)]
struct Reopened {
    path: PathBuf,
    handle: Mutex<Option<Arc<File>>>,
    /// Set by every use, cleared when the ring passes: the second chance.
    used: AtomicBool,
}

impl RealFile {
    fn handle(&self) -> io::Result<Arc<File>> {
        self.file.used.store(true, Ordering::Relaxed);
        let mut handle = locked(&self.file.handle);
        if let Some(open) = &*handle {
            return Ok(Arc::clone(open));
        }
        let opened = Arc::new(self.open.open(&self.file.path, false)?);
        *handle = Some(Arc::clone(&opened));
        // The ring locks other files' handles: never while this one is held.
        drop(handle);
        self.open.add(&self.file);
        Ok(opened)
    }
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let file = self.handle()?;
        let mut read = 0;
        while read < buffer.len() {
            match file.read_at(&mut buffer[read..], at + read as u64) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(read)
    }

    fn send_to(&self, socket: BorrowedFd<'_>, at: u64, len: usize) -> io::Result<usize> {
        send(&*self.handle()?, socket, at, len)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.handle()?.write_all_at(bytes, at)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.handle()?.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.handle()?.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        match self.handle() {
            Ok(file) => file.sync_data(),
            // It was closed and then renamed or removed: nothing to make durable under this name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// From the page cache to the socket without a copy in between.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn send(file: &File, socket: BorrowedFd<'_>, at: u64, len: usize) -> io::Result<usize> {
    let mut at = at;
    Ok(rustix::fs::sendfile(socket, file, Some(&mut at), len)?)
}

/// What is read and not taken by the socket is read again.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn send(file: &File, socket: BorrowedFd<'_>, at: u64, len: usize) -> io::Result<usize> {
    let mut buffer = vec![0; len.min(64 * 1024)];
    let read = file.read_at(&mut buffer, at)?;
    Ok(rustix::io::write(socket, &buffer[..read])?)
}

/// The files that hold a descriptor, in the order in which they will be asked to give it up.
#[derive(Debug)]
struct OpenFiles {
    max: usize,
    ring: Mutex<VecDeque<Weak<Reopened>>>,
}

impl OpenFiles {
    /// Opens a file; when the process is out of descriptors, closes all in the ring and tries once more.
    fn open(&self, path: &Path, create: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create).truncate(false);
        match options.open(path) {
            Err(error) if error.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => {
                for file in locked(&self.ring).drain(..) {
                    if let Some(file) = file.upgrade() {
                        *locked(&file.handle) = None;
                    }
                }
                options.open(path)
            }
            opened => opened,
        }
    }

    /// Enters a file that was just opened and closes others above the bound.
    fn add(&self, file: &Arc<Reopened>) {
        let mut ring = locked(&self.ring);
        // Each pass clears a mark or removes a file, so the loop ends after two rounds at the latest.
        while ring.len() >= self.max {
            let Some(oldest) = ring.pop_front() else { break };
            let Some(oldest) = oldest.upgrade() else { continue };
            if oldest.used.swap(false, Ordering::Relaxed) {
                ring.push_back(Arc::downgrade(&oldest));
            } else {
                *locked(&oldest.handle) = None;
            }
        }
        ring.push_back(Arc::downgrade(file));
    }
}

/// A mutex here guards plain values that are whole at every step: a panic elsewhere does not spoil them.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "real_tests.rs"]
mod tests;

//! A disk in memory for tests and for the simulator, with an fsync model and injected faults.
//!
//! The model is as unkind as POSIX allows: content is durable after [`DiskFile::sync`], a name after
//! [`Disk::sync_dir`] of its directory, and neither implies the other. A handle of a file that was renamed or
//! removed fails, as one of the real disk may. Everything follows from the seed and the calls.

mod content;
mod names;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{DirEntry, Disk, DiskFile, FreeSpace};
use content::Content;
use names::{Names, Node};

/// A disk in memory. Clones are the same disk; [`MemDisk::fork`] makes another one.
#[derive(Clone, Debug)]
pub struct MemDisk {
    state: Arc<Mutex<State>>,
}

/// What survives of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Everything: the process was killed, the operating system goes on.
    Process,
    /// Nothing: the power failed before anything was written back.
    Power,
    /// Of each file the first of its changes, the last of them torn (short, or zeroes where data should be);
    /// of the names the first changes. How much is drawn from the seed.
    Torn,
}

#[derive(Clone, Debug)]
struct State {
    names: Names,
    /// Indexed by file number. Contents of removed files stay, emptied.
    files: Vec<Content>,
    chance: Chance,
    /// Calls so far that changed something or made it durable.
    operations: u64,
    /// At this operation the process dies: it is done by half and everything after it fails.
    dies_at: Option<u64>,
    /// At this operation the disk fails once.
    fails_at: Option<(u64, io::ErrorKind)>,
    /// All writes fail with this.
    failing: Option<io::ErrorKind>,
    capacity: u64,
    /// Handles of before the last crash fail.
    incarnation: u64,
}

impl MemDisk {
    /// An empty disk with a root directory.
    pub fn new(seed: u64) -> Self {
        let state = State {
            names: Names::default(),
            files: Vec::new(),
            chance: Chance(seed),
            operations: 0,
            dies_at: None,
            fails_at: None,
            failing: None,
            capacity: u64::MAX,
            incarnation: 0,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A disk of its own with the same content, faults and chances.
    pub fn fork(&self) -> Self {
        Self { state: Arc::new(Mutex::new(self.state().clone())) }
    }

    /// Loses what was not durable, heals all faults and makes all open handles fail.
    pub fn crash(&self, how: Crash) {
        let state = &mut *self.state();
        state.incarnation += 1;
        (state.dies_at, state.fails_at, state.failing) = (None, None, None);
        let State { names, files, chance, .. } = state;
        match how {
            Crash::Process => {}
            Crash::Power => {
                names.crash(0);
                files.iter_mut().for_each(|file| file.crash(0, None));
            }
            Crash::Torn => {
                let kept = chance.below(names.pending() + 1);
                names.crash(kept);
                for file in files.iter_mut() {
                    let kept = chance.below(file.pending() + 1);
                    file.crash(kept, Some(chance));
                }
            }
        }
    }

    /// Number of calls so far that changed something or made it durable.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets the process die at the `n`-th such call from now (0 is the next): that call is done by half, and
    /// it and all that follow fail until [`MemDisk::crash`].
    pub fn die_after(&self, n: u64) {
        let state = &mut *self.state();
        state.dies_at = Some(state.operations + n);
    }

    /// Lets the `n`-th such call from now fail once, without effect: `StorageFull`, or `Other` for an I/O
    /// error.
    pub fn fail_after(&self, n: u64, kind: io::ErrorKind) {
        let state = &mut *self.state();
        state.fails_at = Some((state.operations + n, kind));
    }

    /// Lets all such calls fail until told otherwise.
    pub fn set_failing(&self, kind: Option<io::ErrorKind>) {
        self.state().failing = kind;
    }

    /// Whether a failure is yet to come.
    pub fn will_fail(&self) -> bool {
        let state = self.state();
        state.fails_at.is_some() || state.failing.is_some()
    }

    /// Takes back [`MemDisk::fail_after`] and [`MemDisk::set_failing`].
    pub fn clear_failures(&self) {
        let state = &mut *self.state();
        (state.fails_at, state.failing) = (None, None);
    }

    /// Sum of all files' sizes in bytes.
    pub fn used(&self) -> u64 {
        self.state().used()
    }

    /// Bounds the sum of all files' sizes in bytes; a write above it fails with `StorageFull`.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    /// Changes a byte of a file behind everyone's back.
    pub fn flip(&self, path: &Path, at: u64) -> io::Result<()> {
        let state = &mut *self.state();
        let file = state.file_at(path)?;
        state.files[file].flip(at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between calls; a panic of a test elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the process dies in the middle of an operation that is otherwise fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lives,
    Dies,
}

impl State {
    /// Counts an operation and applies the faults.
    fn operation(&mut self) -> io::Result<Fate> {
        let number = self.operations;
        self.operations += 1;
        if let Some(dies_at) = self.dies_at {
            if number > dies_at {
                return Err(dead());
            }
            if number == dies_at {
                return Ok(Fate::Dies);
            }
        }
        if let Some((fails_at, kind)) = self.fails_at
            && number == fails_at
        {
            self.fails_at = None;
            return Err(injected(kind));
        }
        match self.failing {
            Some(kind) => Err(injected(kind)),
            None => Ok(Fate::Lives),
        }
    }

    /// An operation that happens at once or not at all: when the process dies in it, the seed decides.
    fn atomic_operation(&mut self, change: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        match self.operation()? {
            Fate::Lives => change(self),
            Fate::Dies => {
                if self.chance.below(2) == 0 {
                    change(self)?;
                }
                Err(dead())
            }
        }
    }

    fn is_dead(&self) -> bool {
        self.dies_at.is_some_and(|dies_at| self.operations > dies_at)
    }

    fn file_at(&self, path: &Path) -> io::Result<usize> {
        if self.is_dead() {
            return Err(dead());
        }
        match self.names.find(path) {
            Some(Node::File(file)) => Ok(file),
            Some(Node::Dir) => Err(io::Error::new(io::ErrorKind::IsADirectory, path.display().to_string())),
            None => Err(not_found(path)),
        }
    }

    fn used(&self) -> u64 {
        self.files.iter().map(Content::len).sum()
    }

    /// Makes handles of files that lost their name fail.
    fn unname(&mut self, files: &[usize], emptied: bool) {
        for file in files {
            self.files[*file].unname(emptied);
        }
    }
}

impl Disk for MemDisk {
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn DiskFile>> {
        let state = &mut *self.state();
        let file = match state.file_at(path) {
            Err(error) if create && error.kind() == io::ErrorKind::NotFound => {
                let file = state.files.len();
                state.atomic_operation(|state| {
                    state.names.create(path, Node::File(file))?;
                    state.files.push(Content::default());
                    Ok(())
                })?;
                file
            }
            found => found?,
        };
        Ok(Arc::new(MemFile {
            disk: self.clone(),
            path: path.to_owned(),
            file,
            incarnation: state.incarnation,
            name: state.files[file].name(),
        }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DirEntry>> {
        let state = &*self.state();
        if state.is_dead() {
            return Err(dead());
        }
        let children = state.names.children(dir).ok_or_else(|| not_found(dir))?;
        Ok(children
            .map(|(name, node)| match node {
                Node::Dir => DirEntry { name, is_dir: true, len: 0 },
                Node::File(file) => DirEntry { name, is_dir: false, len: state.files[file].len() },
            })
            .collect())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let missing: Vec<PathBuf> =
            path.ancestors().take_while(|dir| state.names.find(dir).is_none()).map(Path::to_owned).collect();
        for dir in missing.iter().rev() {
            state.atomic_operation(|state| state.names.create(dir, Node::Dir))?;
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().atomic_operation(|state| {
            let renamed = state.names.rename(from, to)?;
            state.unname(&renamed.moved, false);
            state.unname(&renamed.replaced, false);
            Ok(())
        })
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        let file = state.file_at(path)?;
        state.atomic_operation(|state| {
            state.names.remove(path);
            state.unname(&[file], false);
            Ok(())
        })
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.state().atomic_operation(|state| match state.names.find(path) {
            Some(_) => {
                let removed = state.names.remove(path);
                state.unname(&removed, false);
                Ok(())
            }
            None => Err(not_found(path)),
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        if state.names.find(path) != Some(Node::Dir) {
            return Err(not_found(path));
        }
        state.atomic_operation(|state| {
            let gone = state.names.sync(path);
            // Nothing can bring these back any more: free their memory.
            state.unname(&gone, true);
            Ok(())
        })
    }

    fn sync_all(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        if state.names.find(path).is_none() {
            return Err(not_found(path));
        }
        state.atomic_operation(|state| {
            state.names.sync_all();
            state.files.iter_mut().for_each(Content::sync);
            Ok(())
        })
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = &*self.state();
        Ok(state.files[state.file_at(path)?].bytes().to_vec())
    }

    fn exists(&self, path: &Path) -> bool {
        self.state().names.find(path).is_some()
    }

    fn free_space(&self, _path: &Path) -> io::Result<FreeSpace> {
        let state = &*self.state();
        Ok(FreeSpace { usable: state.capacity.saturating_sub(state.used()), total: state.capacity })
    }
}

/// A handle; good until its file is renamed or removed, or the disk crashes.
#[derive(Debug)]
struct MemFile {
    disk: MemDisk,
    path: PathBuf,
    file: usize,
    incarnation: u64,
    name: u32,
}

impl MemFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.incarnation != self.incarnation || state.is_dead() {
            return Err(dead());
        }
        if state.files[self.file].name() != self.name {
            return Err(not_found(&self.path));
        }
        Ok(state)
    }
}

impl DiskFile for MemFile {
    fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let state = self.state()?;
        let bytes = state.files[self.file].bytes();
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let read = buffer.len().min(bytes.len() - from);
        buffer[..read].copy_from_slice(&bytes[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut guard = self.state()?;
        let state = &mut *guard;
        let fate = state.operation()?;
        // Counting all files at each write would be quadratic; most disks are not bounded.
        if state.capacity < u64::MAX {
            let grows = (at + bytes.len() as u64).saturating_sub(state.files[self.file].len());
            if state.used() + grows > state.capacity {
                return Err(injected(io::ErrorKind::StorageFull));
            }
        }
        match fate {
            Fate::Lives => {
                state.files[self.file].write(bytes, at);
                Ok(())
            }
            Fate::Dies => {
                let done = state.chance.below(bytes.len() + 1);
                state.files[self.file].write(&bytes[..done], at);
                Err(dead())
            }
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.state()?.atomic_operation(|state| {
            state.files[self.file].set_len(len);
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.state()?.files[self.file].len())
    }

    fn sync(&self) -> io::Result<()> {
        match self.state() {
            Ok(mut state) => state.atomic_operation(|state| {
                state.files[self.file].sync();
                Ok(())
            }),
            // Renamed or removed: there is nothing to make durable under this name.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn dead() -> io::Error {
    io::Error::other("the process is dead")
}

fn injected(kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, "injected fault")
}

fn not_found(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, path.display().to_string())
}

/// Splitmix64: enough chance for faults, and no dependency.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance(pub u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests;

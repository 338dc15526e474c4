//! Where clusters live: one directory per name, with a lock that its supervisor holds.
//!
//! ```text
//! <root>/clusters/dev/  cluster.json   identity, nodes, ports
//!                       lock           held while the cluster runs
//!                       control.sock   answers `kr dev status` and the like
//!                       logs/          node-1.log, supervisor.log
//!                       node-1/        log directory of node 1, in Kafka's format
//! ```

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::UpError;
use crate::spec::is_valid_name;
use crate::state_file::{self, State, StateError};

/// In [`Place::logs`]: what a detached process writes on its standard error, panics mostly.
pub const PROCESS_LOG: &str = "process.log";

const LOCK: &str = "lock";
const LOGS: &str = "logs";
const CONTROL: &str = "control.sock";
/// A unix socket's address holds 108 bytes on Linux, 104 on macOS.
const SOCKET_PATH_MAX: usize = 100;

/// The directory of one cluster, which need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    root: PathBuf,
    dir: PathBuf,
}

/// The right to run a cluster; given up when dropped, also by a process that dies.
#[derive(Debug)]
pub struct PlaceLock {
    _file: File,
}

impl Place {
    /// The place of a cluster below the user's data directory.
    pub fn of(root: &Path, name: &str) -> Self {
        Self { root: root.to_owned(), dir: root.join("clusters").join(name) }
    }

    /// All places that hold a cluster, by name.
    pub fn all(root: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(root.join("clusters")) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| is_valid_name(name)).collect();
        names.sort();
        let places = names.into_iter().map(|name| Self::of(root, &name));
        places.filter(Self::holds_state).collect()
    }

    /// The user's data directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The cluster's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Directory of the text logs.
    pub fn logs(&self) -> PathBuf {
        self.dir.join(LOGS)
    }

    /// Path of the control socket. A path that is too long for a socket is replaced by a short one that is
    /// derived from it.
    pub fn control_socket(&self) -> PathBuf {
        let path = self.dir.join(CONTROL);
        if path.as_os_str().len() <= SOCKET_PATH_MAX {
            return path;
        }
        let user = rustix::process::getuid().as_raw();
        PathBuf::from(format!("/tmp/kr-{user}-{:016x}.sock", fingerprint(path.as_os_str())))
    }

    /// Makes the directory, readable by this user only.
    pub fn create(&self) -> Result<(), UpError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(self.logs());
        made.map_err(|source| UpError::disk("create", &self.logs(), source))
    }

    /// Opens [`PROCESS_LOG`] at its end.
    pub fn process_log(&self) -> Result<File, UpError> {
        let path = self.logs().join(PROCESS_LOG);
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        opened.map_err(|source| UpError::disk("write", &path, source))
    }

    /// Takes the lock; `None` when somebody has it.
    pub fn lock(&self) -> io::Result<Option<PlaceLock>> {
        let options = OpenOptions::new().create(true).truncate(false).write(true).open(self.dir.join(LOCK));
        let file = options?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(PlaceLock { _file: file })),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a supervisor holds the lock.
    pub fn is_running(&self) -> bool {
        // Opened without creating: looking leaves no trace.
        let Ok(file) = File::open(self.dir.join(LOCK)) else { return false };
        matches!(flock(&file, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
    }

    /// Whether there is a state, readable or not.
    pub fn holds_state(&self) -> bool {
        self.dir.join(state_file::FILE_NAME).exists()
    }

    /// Reads the cluster's state.
    pub fn state(&self) -> Result<Option<State>, StateError> {
        State::read(&self.dir)
    }

    /// Whether the directory holds anything that no cluster without state can have left there.
    pub fn holds_foreign_files(&self) -> io::Result<Option<String>> {
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let ours = [LOCK, LOGS, CONTROL].iter().any(|known| name == *known)
                || name.as_bytes().ends_with(b".tmp");
            if !ours {
                return Ok(Some(name.to_string_lossy().into_owned()));
            }
        }
        Ok(None)
    }

    /// Removes everything but the lock, which the caller holds, and what a detached process writes to.
    pub fn wipe(&self) -> io::Result<()> {
        remove_all_but(&self.dir, &[LOCK, LOGS])?;
        remove_all_but(&self.logs(), &[PROCESS_LOG])?;
        let _ = fs::remove_file(self.control_socket());
        Ok(())
    }

    /// Removes what [`Place::create`] and [`Place::lock`] made, unless there is anything else. What cannot be
    /// removed is in nobody's way.
    pub(crate) fn vacate(&self) {
        if matches!(self.holds_foreign_files(), Ok(None)) {
            let _ = self.remove();
            return;
        }
        let log = self.logs().join(PROCESS_LOG);
        if fs::metadata(&log).is_ok_and(|log| log.len() == 0) {
            let _ = fs::remove_file(log);
        }
        let _ = fs::remove_dir(self.logs());
        let _ = fs::remove_file(self.dir.join(LOCK));
    }

    /// Removes the directory and what is in it.
    pub fn remove(&self) -> io::Result<()> {
        let _ = fs::remove_file(self.control_socket());
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Removes what is in a directory but for some names.
fn remove_all_but(dir: &Path, kept: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if kept.iter().any(|kept| entry.file_name() == *kept) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// FNV-1a: short, stable between versions, and not for secrets.
fn fingerprint(text: &OsStr) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_is_held_by_one_and_seen_by_others() {
        let root = tempfile::tempdir().expect("a directory");
        let place = Place::of(root.path(), "dev");
        assert!(!place.is_running());
        place.create().expect("created");
        let lock = place.lock().expect("lockable").expect("free");
        assert!(place.is_running());
        assert!(place.lock().expect("lockable").is_none());
        drop(lock);
        assert!(!place.is_running());
        assert!(place.lock().expect("lockable").is_some());
    }

    #[test]
    fn socket_path_fits_an_address_however_deep_the_directory() {
        let shallow = Place::of(Path::new("/data/kr"), "dev");
        assert_eq!(shallow.control_socket(), Path::new("/data/kr/clusters/dev/control.sock"));
        let deep = Place::of(&Path::new("/data").join("x".repeat(200)), "dev");
        let other = Place::of(&Path::new("/data").join("x".repeat(200)), "other");
        assert!(deep.control_socket().as_os_str().len() < SOCKET_PATH_MAX);
        assert_ne!(deep.control_socket(), other.control_socket());
    }

    #[test]
    fn vacated_place_is_as_it_was_found() {
        let root = tempfile::tempdir().expect("a directory");
        let place = Place::of(root.path(), "dev");
        let occupy = || {
            place.create().expect("created");
            drop((place.process_log().expect("opened"), place.lock().expect("lockable")));
        };
        occupy();
        place.vacate();
        assert!(!place.dir().exists());
        fs::create_dir(place.dir()).expect("created");
        fs::write(place.dir().join("notes.txt"), "mine").expect("written");
        occupy();
        place.vacate();
        let names =
            fs::read_dir(place.dir()).expect("it stays").map(|entry| entry.expect("a name").file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["notes.txt"]);
    }

    #[test]
    fn foreign_files_are_seen_and_wipe_keeps_the_lock() {
        let root = tempfile::tempdir().expect("a directory");
        let place = Place::of(root.path(), "dev");
        place.create().expect("created");
        let _lock = place.lock().expect("lockable").expect("free");
        assert_eq!(place.holds_foreign_files().expect("readable"), None);
        fs::create_dir(place.dir().join("node-1")).expect("created");
        fs::write(place.logs().join("node-1.log"), "").expect("written");
        assert_eq!(place.holds_foreign_files().expect("readable"), Some("node-1".to_owned()));
        place.wipe().expect("wiped");
        assert_eq!(place.holds_foreign_files().expect("readable"), None);
        assert!(place.is_running());
        assert_eq!(fs::read_dir(place.logs()).expect("it stays").count(), 0);
    }
}

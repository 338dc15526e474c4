//! Transactions of ZooKeeper's log: what they say and what they do to a tree.
//!
//! A log is replayed over a snapshot that may hold some of its effects already, so a node that exists or is gone
//! is no error here.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use super::jute::{JuteError, JuteReader};
use super::snapshot::Snapshot;
use crate::tree::{Acl, Stat, Tree, TreeError, split};

/// Owner of a container node, which looks like a session but is none.
const CONTAINER: i64 = i64::MIN;
/// Highest byte of the owner of a node that is deleted when nobody touches it.
const TTL_MARK: i64 = 0xff;

/// A transaction and what it is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Number of the transaction.
    pub zxid: i64,
    /// Session that asked for it.
    pub session: i64,
    /// When, milliseconds since 1970.
    pub time_ms: i64,
    /// What it does.
    pub change: Change,
}

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A node is created.
    Create {
        /// Its path, with the sequence number if it has one.
        path: String,
        /// Its data.
        data: Option<Vec<u8>>,
        /// Its access control list.
        acl: Vec<Acl>,
        /// Session or mark that owns it; 0 for a persistent node.
        owner: i64,
        /// The parent's cversion afterwards; `None` is one more than before.
        parent_cversion: Option<i32>,
    },
    /// A node is deleted.
    Delete {
        /// Its path.
        path: String,
    },
    /// A node's data is set.
    SetData {
        /// Its path.
        path: String,
        /// The data.
        data: Option<Vec<u8>>,
        /// Its version afterwards.
        version: i32,
    },
    /// A node's access control list is set.
    SetAcl {
        /// Its path.
        path: String,
        /// The list.
        acl: Vec<Acl>,
        /// Its aversion afterwards.
        version: i32,
    },
    /// Several changes at once.
    Multi(Vec<Change>),
    /// A session begins.
    CreateSession {
        /// Its timeout in milliseconds.
        timeout_ms: i32,
    },
    /// A session ends, and its ephemeral nodes with it.
    CloseSession,
    /// A request that failed; changes nothing.
    Failed {
        /// ZooKeeper's error code.
        code: i32,
    },
    /// A type this code does not know, or one that changes nothing in the tree.
    Other {
        /// The type's number.
        kind: i32,
    },
}

impl Change {
    /// Calls a function for each change that is not a list of changes.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        match self {
            // ZooKeeper does not nest lists, and `read` refuses to.
            Self::Multi(changes) => changes.iter().for_each(visit),
            change => visit(change),
        }
    }

    /// Path of the node that it changes, if it is one node.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Create { path, .. }
            | Self::Delete { path }
            | Self::SetData { path, .. }
            | Self::SetAcl { path, .. } => Some(path),
            Self::Multi(_)
            | Self::CreateSession { .. }
            | Self::CloseSession
            | Self::Failed { .. }
            | Self::Other { .. } => None,
        }
    }
}

impl Transaction {
    /// Reads the bytes of one log entry.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, JuteError> {
        let mut reader = JuteReader::new(bytes);
        let session = reader.i64()?;
        let _cxid = reader.i32()?;
        let (zxid, time_ms, kind) = (reader.i64()?, reader.i64()?, reader.i32()?);
        let change = if kind == 14 {
            Change::Multi(reader.vector(|reader| {
                let kind = reader.i32()?;
                let data = reader.buffer()?.unwrap_or_default();
                change(&mut JuteReader::new(&data[..]), kind, session)
            })?)
        } else {
            change(&mut reader, kind, session)?
        };
        Ok(Self { zxid, session, time_ms, change })
    }
}

/// Reads the body of a transaction that is not a list.
fn change<R: Read>(reader: &mut JuteReader<R>, kind: i32, session: i64) -> Result<Change, JuteError> {
    Ok(match kind {
        1 | 15 | 19 | 21 => {
            let (path, data, acl) = (reader.string()?, reader.buffer()?, reader.acl()?);
            let mut owner = 0;
            if matches!(kind, 1 | 15) && reader.bool()? {
                owner = session;
            }
            let parent_cversion = match reader.i32() {
                Ok(version) => Some(version).filter(|version| *version != -1),
                Err(JuteError::Truncated { .. }) => None,
                Err(error) => return Err(error),
            };
            match kind {
                19 => owner = CONTAINER,
                21 => owner = (TTL_MARK << 56) | (reader.i64()? & 0x00ff_ffff_ffff_ffff),
                _ => {}
            }
            Change::Create { path, data, acl, owner, parent_cversion }
        }
        2 | 20 => Change::Delete { path: reader.string()? },
        5 | 16 => Change::SetData { path: reader.string()?, data: reader.buffer()?, version: reader.i32()? },
        7 => Change::SetAcl { path: reader.string()?, acl: reader.acl()?, version: reader.i32()? },
        -10 => Change::CreateSession { timeout_ms: reader.i32()? },
        -11 => Change::CloseSession,
        -1 => Change::Failed { code: reader.i32()? },
        kind => Change::Other { kind },
    })
}

/// A tree with its sessions, as transactions change it.
#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) tree: Tree,
    pub(super) sessions: BTreeMap<i64, i32>,
    ephemerals: BTreeMap<i64, BTreeSet<String>>,
}

impl From<Snapshot> for Replay {
    fn from(snapshot: Snapshot) -> Self {
        let mut replay =
            Self { tree: snapshot.tree, sessions: snapshot.sessions, ephemerals: BTreeMap::new() };
        for (path, node) in replay.tree.walk() {
            let owner = node.stat.ephemeral_owner;
            if is_session(owner) {
                replay.ephemerals.entry(owner).or_default().insert(path);
            }
        }
        replay
    }
}

impl Replay {
    pub(super) fn apply(&mut self, transaction: &Transaction) {
        let mut ends = false;
        transaction.change.each(&mut |change| {
            match change {
                Change::CreateSession { timeout_ms } => {
                    self.sessions.insert(transaction.session, *timeout_ms);
                }
                Change::CloseSession => ends = true,
                change => self.change(change, transaction),
            };
        });
        if ends {
            self.end_session(transaction.session, transaction.zxid);
        }
    }

    fn change(&mut self, change: &Change, at: &Transaction) {
        match change {
            Change::Create { path, data, acl, owner, parent_cversion } => {
                let stat = Stat {
                    czxid: at.zxid,
                    mzxid: at.zxid,
                    pzxid: at.zxid,
                    ctime_ms: at.time_ms,
                    mtime_ms: at.time_ms,
                    ephemeral_owner: *owner,
                    ..Stat::default()
                };
                let data = data.clone().map(Vec::into_boxed_slice);
                match self.tree.create(path, data, acl.clone(), stat) {
                    Ok(()) if is_session(*owner) => {
                        self.ephemerals.entry(*owner).or_default().insert(path.clone());
                    }
                    Ok(()) | Err(TreeError::Exists) => {}
                    Err(_) => return,
                }
                self.parent_changed(path, *parent_cversion, at.zxid);
            }
            Change::Delete { path } => self.delete(path, at.zxid),
            Change::SetData { path, data, version } => {
                if let Some(node) = self.tree.get_mut(path) {
                    node.data = data.clone().map(Vec::into_boxed_slice);
                    node.stat.version = *version;
                    (node.stat.mzxid, node.stat.mtime_ms) = (at.zxid, at.time_ms);
                }
            }
            Change::SetAcl { path, acl, version } => {
                if let Ok(node) = self.tree.set_acl(path, acl.clone()) {
                    node.stat.aversion = *version;
                }
            }
            Change::Multi(_)
            | Change::CreateSession { .. }
            | Change::CloseSession
            | Change::Failed { .. }
            | Change::Other { .. } => {}
        }
    }

    fn delete(&mut self, path: &str, zxid: i64) {
        let owner = self.tree.get(path).map_or(0, |node| node.stat.ephemeral_owner);
        if self.tree.delete(path).is_ok() {
            if let Some(paths) = self.ephemerals.get_mut(&owner) {
                paths.remove(path);
            }
            self.parent_changed(path, None, zxid);
        }
    }

    /// Counts a change of the children of a node's parent, unless it was counted before.
    fn parent_changed(&mut self, path: &str, cversion: Option<i32>, zxid: i64) {
        let Ok((parent, _)) = split(path) else { return };
        let Some(parent) = self.tree.get_mut(parent) else { return };
        let next = cversion.unwrap_or_else(|| parent.stat.cversion.wrapping_add(1));
        if next > parent.stat.cversion {
            parent.stat.cversion = next;
            parent.stat.pzxid = zxid.max(parent.stat.pzxid);
        }
    }

    fn end_session(&mut self, session: i64, zxid: i64) {
        self.sessions.remove(&session);
        for path in self.ephemerals.remove(&session).unwrap_or_default() {
            self.delete(&path, zxid);
        }
    }
}

fn is_session(owner: i64) -> bool {
    owner != 0 && owner != CONTAINER && (owner >> 56) & 0xff != TTL_MARK
}

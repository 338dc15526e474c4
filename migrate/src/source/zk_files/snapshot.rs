//! A snapshot file: `snapshot.<zxid in hex>`, plain, `.gz` or `.snappy`.
//!
//! ```text
//! header    magic "ZKSN", version 2, database id (long)
//! sessions  count, then { id long, timeout int }
//! acls      count, then { key long, list of acl }
//! nodes     { path, data, acl key, stat } until the path is "/"; the root's own path is ""
//! seal      Adler-32 of all so far (long), string "/"
//! 3.6+      zxid long, digest version int, digest long (string below version 2), seal
//! 3.9+      last zxid long, seal
//! ```
//! A snapshot is taken while transactions go on: it is true only after the log from its zxid on was replayed.

use std::collections::BTreeMap;
use std::io::Read;

use super::jute::{JuteError, JuteReader};
use crate::tree::{Acl, Stat, Tree, TreeError};

/// "ZKSN".
const MAGIC: i32 = 0x5A4B_534E;
const VERSION: i32 = 2;
/// Key of the ACL list that is not in the file: anyone may do anything.
const OPEN_ACL: i64 = -1;

/// Why a snapshot is not one.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A value is malformed or missing.
    #[error("it {0}")]
    Jute(#[from] JuteError),
    /// It does not begin as a snapshot.
    #[error("it does not begin with a snapshot's header")]
    Header,
    /// The checksum differs: the file is damaged, or was still being written.
    #[error("its checksum at byte {at} does not match")]
    Checksum {
        /// Where, in bytes from the start of the uncompressed file.
        at: u64,
    },
    /// The nodes do not make a tree.
    #[error("node {path:?} {source}")]
    Node {
        /// Path of the node.
        path: String,
        /// What is wrong with it.
        source: TreeError,
    },
    /// A node names an access control list that is not there.
    #[error("node {path:?} has access control list {key}, which is not in the file")]
    Acl {
        /// Path of the node.
        path: String,
        /// The key.
        key: i64,
    },
}

/// What a snapshot holds.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) tree: Tree,
    /// Sessions and their timeouts in milliseconds.
    pub(super) sessions: BTreeMap<i64, i32>,
}

impl Snapshot {
    /// Reads all of a snapshot and checks its seals.
    pub(super) fn read(input: impl Read) -> Result<Self, SnapshotError> {
        let mut reader = JuteReader::new(input);
        match (reader.i32(), reader.i32()) {
            (Ok(MAGIC), Ok(VERSION)) => reader.i64()?,
            (Err(JuteError::Io(error)), _) | (_, Err(JuteError::Io(error))) => {
                return Err(JuteError::Io(error).into());
            }
            _ => return Err(SnapshotError::Header),
        };
        let sessions = reader.vector(|reader| Ok((reader.i64()?, reader.i32()?)))?.into_iter().collect();
        let acls: BTreeMap<i64, Vec<Acl>> =
            reader.vector(|reader| Ok((reader.i64()?, reader.acl()?)))?.into_iter().collect();
        let mut tree = Tree::default();
        loop {
            let path = reader.string()?;
            if path == "/" {
                break;
            }
            node(&mut reader, &mut tree, &acls, path)?;
        }
        seal(&mut reader)?;
        tails(&mut reader)?;
        Ok(Self { tree, sessions })
    }
}

fn node<R: Read>(
    reader: &mut JuteReader<R>,
    tree: &mut Tree,
    acls: &BTreeMap<i64, Vec<Acl>>,
    path: String,
) -> Result<(), SnapshotError> {
    let data = reader.buffer()?.map(Vec::into_boxed_slice);
    let key = reader.i64()?;
    let stat = stat(reader)?;
    let acl = match acls.get(&key) {
        Some(acl) => acl.clone(),
        None if key == OPEN_ACL => Acl::open(),
        None => return Err(SnapshotError::Acl { path, key }),
    };
    if path.is_empty() {
        let root = tree.set_acl("/", acl).expect("the root is always there");
        (root.data, root.stat) = (data, stat);
        return Ok(());
    }
    tree.create(&path, data, acl, stat).map_err(|source| SnapshotError::Node { path, source })
}

fn stat<R: Read>(reader: &mut JuteReader<R>) -> Result<Stat, JuteError> {
    let (czxid, mzxid, ctime_ms, mtime_ms) = (reader.i64()?, reader.i64()?, reader.i64()?, reader.i64()?);
    let (version, cversion, aversion) = (reader.i32()?, reader.i32()?, reader.i32()?);
    let (ephemeral_owner, pzxid) = (reader.i64()?, reader.i64()?);
    Ok(Stat { czxid, mzxid, pzxid, ctime_ms, mtime_ms, version, cversion, aversion, ephemeral_owner })
}

fn seal<R: Read>(reader: &mut JuteReader<R>) -> Result<(), SnapshotError> {
    let (at, expected) = (reader.position(), reader.checksum());
    if reader.i64()? != expected || reader.string()? != "/" {
        return Err(SnapshotError::Checksum { at });
    }
    Ok(())
}

/// What later servers put behind the nodes; an older server's file ends before.
fn tails<R: Read>(reader: &mut JuteReader<R>) -> Result<(), SnapshotError> {
    let start = reader.position();
    match reader.i64() {
        Ok(_zxid_of_digest) => {}
        Err(JuteError::Truncated { at }) if at == start && reader.is_at_end()? => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if reader.i32()? < 2 {
        reader.string()?;
    } else {
        reader.i64()?;
    }
    seal(reader)?;
    let start = reader.position();
    match reader.i64() {
        Ok(_last_zxid) => seal(reader),
        Err(JuteError::Truncated { at }) if at == start => Ok(()),
        Err(error) => Err(error.into()),
    }
}

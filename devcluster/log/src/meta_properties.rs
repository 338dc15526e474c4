//! `meta.properties`: who a formatted data directory belongs to.
//!
//! Agreement between directories, and with the node's settings, is checked by the node.

use std::fmt::Write;
use std::io;
use std::path::Path;

use kr_wire::ids::{DirectoryId, NodeId, parse_uuid_text, uuid_text};

use crate::disk::Disk;
use crate::error::{IoContext, LogError};
use crate::layout::META_PROPERTIES;

/// The content of `meta.properties`, version 0 (ZooKeeper's time) or 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaProperties {
    /// 0 or 1; a rewritten file keeps it.
    pub version: u8,
    /// Opaque; mandatory in version 1.
    pub cluster_id: Option<String>,
    /// `broker.id` in version 0, `node.id` in version 1, where it is mandatory.
    pub node_id: Option<NodeId>,
    /// Missing in directories formatted before 3.7 (KIP-858).
    pub directory_id: Option<DirectoryId>,
}

impl MetaProperties {
    /// Reads the file of a data directory; `None` when the directory is not formatted.
    pub fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, LogError> {
        let path = dir.join(META_PROPERTIES);
        let bytes = match disk.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).at("read", &path),
        };
        let text = String::from_utf8(bytes).map_err(|_| LogError::corrupt(&path, "it is not text"))?;
        Self::parse(&text).map(Some).map_err(|reason| LogError::corrupt(&path, reason))
    }

    /// Replaces the file of a data directory.
    ///
    /// **Durability:** durable when it returns.
    pub fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), LogError> {
        let path = dir.join(META_PROPERTIES);
        disk.replace(&path, self.to_text().as_bytes()).at("write", &path)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut found = Self { version: 0, cluster_id: None, node_id: None, directory_id: None };
        let (mut broker_id, mut node_id) = (None, None);
        for (key, value) in properties(text) {
            match key.as_str() {
                "version" => {
                    found.version = match value.as_str() {
                        "0" => 0,
                        "1" => 1,
                        _ => return Err(format!("unknown version {value:?}")),
                    }
                }
                "cluster.id" => found.cluster_id = Some(value),
                "broker.id" => broker_id = Some(node(&key, &value)?),
                "node.id" => node_id = Some(node(&key, &value)?),
                "directory.id" => {
                    let id = parse_uuid_text(&value).map(DirectoryId);
                    let id = id.filter(|id| !id.is_reserved());
                    found.directory_id = Some(id.ok_or_else(|| format!("bad directory.id {value:?}"))?);
                }
                _ => {}
            }
        }
        found.node_id = if found.version == 0 { broker_id } else { node_id };
        if found.version == 1 {
            if found.cluster_id.is_none() {
                return Err("cluster.id is missing".to_owned());
            }
            if found.node_id.is_none() {
                return Err("node.id is missing".to_owned());
            }
        }
        Ok(found)
    }

    fn to_text(&self) -> String {
        let mut text = String::from("#\n");
        let mut line = |key: &str, value: &str| {
            writeln!(text, "{key}={}", escaped(value)).expect("a string takes every write");
        };
        if let Some(id) = self.node_id {
            line(if self.version == 0 { "broker.id" } else { "node.id" }, &id.to_string());
        }
        if let Some(id) = self.directory_id {
            line("directory.id", &uuid_text(id.0));
        }
        line("version", &self.version.to_string());
        if let Some(id) = &self.cluster_id {
            line("cluster.id", id);
        }
        text
    }
}

fn node(key: &str, value: &str) -> Result<NodeId, String> {
    value.parse().ok().and_then(NodeId::from_wire).ok_or_else(|| format!("bad {key} {value:?}"))
}

/// Java's properties text, as far as machines write it: comments, `key=value`, `key: value`, backslash
/// escapes; no continuation lines, no `\u` escapes.
fn properties(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with(['#', '!'])).map(
        |line| {
            let (mut key, mut value, mut in_value, mut escape) = (String::new(), String::new(), false, false);
            for c in line.chars() {
                let part = if in_value { &mut value } else { &mut key };
                match c {
                    _ if escape => {
                        part.push(c);
                        escape = false;
                    }
                    '\\' => escape = true,
                    '=' | ':' if !in_value => in_value = true,
                    _ => part.push(c),
                }
            }
            (key.trim().to_owned(), value.trim().to_owned())
        },
    )
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '\\' | '=' | ':' | '#' | '!') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MemDisk;

    #[test]
    fn file_of_kafka_reads() {
        let text = "#\n#Sat Nov 21 00:43:10 UTC 2026\nnode.id=3\ndirectory.id=NP_bETfyrPillACOBNZioQ\nversion=1\n\
                    cluster.id=ko9olTWVT3OLQ2VR1kYDdw\n";
        let read = MetaProperties::parse(text).unwrap();
        assert_eq!(read.node_id, Some(NodeId(3)));
        assert_eq!(read.cluster_id.as_deref(), Some("ko9olTWVT3OLQ2VR1kYDdw"));
        assert_eq!(read.directory_id.map(|id| id.to_string()).as_deref(), Some("NP_bETfyrPillACOBNZioQ"));
    }

    #[test]
    fn both_versions_read_back() {
        let (disk, dir) = (MemDisk::new(0), Path::new("/d"));
        disk.create_dir(dir).unwrap();
        assert_eq!(MetaProperties::read(&disk, dir).unwrap(), None);
        for version in [0, 1] {
            let written = MetaProperties {
                version,
                cluster_id: Some("my=cluster: \\1".to_owned()),
                node_id: Some(NodeId(7)),
                directory_id: Some(DirectoryId(kr_wire::ids::Uuid::from_u128(1 << 90))),
            };
            written.write(&disk, dir).unwrap();
            assert_eq!(MetaProperties::read(&disk, dir).unwrap(), Some(written));
        }
    }

    #[test]
    fn version_zero_may_have_nothing() {
        let read = MetaProperties::parse("broker.id=1\n").unwrap();
        assert_eq!((read.version, read.node_id, read.cluster_id), (0, Some(NodeId(1)), None));
    }

    #[test]
    fn malformed_files_are_refused() {
        for text in [
            "version=2\n",
            "version=1\nnode.id=1\n",
            "version=1\ncluster.id=x\n",
            "version=1\ncluster.id=x\nnode.id=-1\n",
            "version=1\ncluster.id=x\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n",
        ] {
            assert!(MetaProperties::parse(text).is_err(), "{text:?}");
        }
    }
}

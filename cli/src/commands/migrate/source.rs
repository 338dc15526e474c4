//! Where the verbs of `kr migrate` take the cluster's metadata from.

use std::path::{Path, PathBuf};

use clap::Args;
use kr_migrate::convert::Settings;
use kr_migrate::source::metadata_log::MetadataLog;
use kr_migrate::source::zk_files::ZkFiles;
use kr_migrate::tree::Tree;

use crate::context::Context;
use crate::error::CliError;

/// Heading of these options.
const HEADING: &str = "Where to look";

/// What to read.
#[derive(Debug, Args)]
#[command(next_help_heading = HEADING)]
pub struct SourceArgs {
    /// Data directory of a ZooKeeper server, or a copy of it; given twice when its logs are in another one
    #[arg(long = "zk-data", value_name = "DIR")]
    zk_data: Vec<PathBuf>,
    /// Where the cluster is in ZooKeeper: the path behind the hosts in zookeeper.connect
    #[arg(long, value_name = "PATH", default_value = "/")]
    chroot: String,
    /// Release or metadata.version that controllers are formatted with, such as 3.9 or 3.9-IV0
    #[arg(long = "target-mv", value_name = "VERSION", default_value = "3.9")]
    target: String,
}

/// A tree that was read, and how current it is.
pub struct Source {
    /// The tree below the chroot.
    pub tree: Tree,
    /// The last transaction in it.
    pub zxid: i64,
}

impl SourceArgs {
    /// Whether a tree was named.
    pub fn has_tree(&self) -> bool {
        !self.zk_data.is_empty()
    }

    /// Reads the tree; what was damaged on the way is said on stderr.
    pub fn tree(&self, context: &mut Context) -> Result<Source, CliError> {
        if self.zk_data.is_empty() {
            return Err(CliError::usage("there is nothing to read")
                .hint("name a ZooKeeper server's data directory with --zk-data DIR"));
        }
        let directories: Vec<&Path> = self.zk_data.iter().map(PathBuf::as_path).collect();
        let failed = || CliError::failed("cannot read ZooKeeper's files");
        let loaded = ZkFiles::open(&directories).and_then(|files| files.load());
        let loaded = loaded.map_err(|error| failed().caused_by(error))?;
        for note in &loaded.notes {
            context.warn(&format!("warning: {note}"));
        }
        let missing = || {
            CliError::failed(format!("there is no node {:?} in ZooKeeper", self.chroot))
                .hint("the chroot is what follows the first / in zookeeper.connect")
        };
        let tree = loaded.tree.below(&self.chroot).ok_or_else(missing)?;
        if tree.get("/brokers").is_none() {
            return Err(CliError::failed(format!(
                "there is no Kafka cluster at {:?} in ZooKeeper",
                self.chroot
            ))
            .hint("name the chroot of zookeeper.connect with --chroot PATH"));
        }
        Ok(Source { tree, zxid: loaded.zxid })
    }

    /// How the driver would be set up.
    pub fn settings(&self) -> Result<Settings, CliError> {
        Settings::for_version(&self.target).ok_or_else(|| {
            CliError::usage(format!(
                "{:?} is no metadata.version that a migration can begin with",
                self.target
            ))
            .hint("use the brokers' inter.broker.protocol.version, 3.4 to 3.9")
        })
    }
}

/// Reads a metadata log or a checkpoint.
pub fn metadata_log(path: &Path) -> Result<MetadataLog, CliError> {
    let failed = || CliError::failed("cannot read the metadata log");
    MetadataLog::open(path).map_err(|error| failed().caused_by(error))
}

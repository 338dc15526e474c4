//! Why a cluster does not come up, each with what the user can do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::open_files::TooFew;
use crate::plan::PlanError;
use crate::ports::PortError;

/// Why a cluster does not come up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// What is wanted does not go.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A port is not to be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The limit of open files is too low.
    #[error(transparent)]
    OpenFiles(#[from] TooFew),
    /// The disk refused.
    #[error("cannot {action} {}: {}", path.display(), reason(source))]
    Disk {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The directory is not this cluster's.
    #[error("{} is not the directory of this cluster: {why}", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// What is in it.
        why: String,
    },
    /// Another process holds the cluster and does not answer.
    #[error("cluster \"{name}\" is held by another process that does not answer")]
    Busy {
        /// Name of the cluster.
        name: String,
    },
    /// A node ended while the cluster was coming up.
    #[error("node {node} {reason}")]
    NodeEnded {
        /// Its id.
        node: i32,
        /// How it ended.
        reason: String,
    },
    /// It takes too long.
    #[error("cluster \"{name}\" is not ready after {} s: {reason}", waited.as_secs_f32())]
    NotReady {
        /// Name of the cluster.
        name: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is missing.
        reason: String,
    },
    /// A topic could not be created.
    #[error("cannot create topic \"{topic}\": {reason}")]
    Topic {
        /// Name of the topic.
        topic: String,
        /// Why.
        reason: String,
    },
}

impl UpError {
    pub(crate) fn disk(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Disk { action, path: path.to_owned(), source }
    }

    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Plan(error) => return error.hint().map(str::to_owned),
            Self::Port(PortError::Taken { .. }) => {
                "stop what has it, choose another first port with --port N, or take free ones with --port 0"
            }
            Self::Port(PortError::Refused { .. }) => "choose another first port with --port N",
            Self::OpenFiles(error) => {
                return Some(format!("raise the limit with `ulimit -n {}`", error.needed.max(1024)));
            }
            Self::Disk { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free some space, or choose another directory with KR_DATA_DIR"
                }
                _ => "choose a directory that can be written with KR_DATA_DIR",
            },
            Self::Foreign { .. } => "choose another --name or KR_DATA_DIR, or remove the directory by hand",
            Self::Busy { name } => return Some(format!("look at it with `kr dev status --name {name}`")),
            Self::NodeEnded { reason, .. } if reason.contains("space") => {
                "free some space, or choose another directory with KR_DATA_DIR"
            }
            Self::NodeEnded { .. } | Self::NotReady { .. } => "its log may say more: kr dev logs",
            Self::Topic { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// The reason of a disk error in words that do not need a manual.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_errors_are_named_in_words() {
        let error = |kind: io::ErrorKind| UpError::disk("create", Path::new("/d"), kind.into());
        assert_eq!(error(io::ErrorKind::StorageFull).to_string(), "cannot create /d: the disk is full");
        assert_eq!(
            error(io::ErrorKind::ReadOnlyFilesystem).to_string(),
            "cannot create /d: the file system is read-only"
        );
        assert!(error(io::ErrorKind::StorageFull).hint().expect("a hint").contains("free some space"));
    }
}

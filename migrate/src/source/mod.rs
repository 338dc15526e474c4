//! Where a picture of a cluster comes from: each source makes the same [`Tree`](crate::tree::Tree) or the same
//! records, so that whatever works on one works on all.

pub mod metadata_log;
pub mod properties;
pub mod zk_files;

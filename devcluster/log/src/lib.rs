//! Kafka's log on disk: segments, indexes, leader epochs, producer state, checkpoints.
//!
//! Everything is synchronous and reaches the disk through [`Disk`]. A [`Log`] writes to the page cache only;
//! making data durable is asked for with [`Log::unflushed`], done by a driver and reported with
//! [`Log::flushed`]. The exceptions are small files that are replaced atomically, which are synced at once.
//!
//! A directory written here can be loaded by Apache Kafka 4.1 and the reverse. Compaction is not done here,
//! but logs that were compacted are read.

pub mod checkpoint;
pub mod clean_shutdown;
pub mod layout;
pub mod meta_properties;
pub mod mutants;
pub mod partition_metadata;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

mod config;
mod dir;
mod disk;
mod epoch_cache;
mod error;
mod index;
mod log;
mod piece;
mod producer_state;
mod scan;
mod segment;
mod tail_cache;
mod validate;

pub use config::{CleanupPolicy, Compression, LogConfig, TimestampType};
pub use disk::{DirEntry, DirLock, Disk, DiskFile, FreeSpace, RealDisk};
pub use epoch_cache::{EpochCache, EpochEnd, EpochStart};
pub use error::{AppendError, LogError, ReadError, RecordError};
pub use log::{
    AbortedTransaction, Appended, DeletedSegment, FlushMark, FlushRequest, FoundTimestamp, Log, OpenLog,
    Origin, ProducerView, Recovered,
};
pub use piece::{FileRange, Piece};
pub use tail_cache::{Span, TailCache};

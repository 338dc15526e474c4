//! One partition's log: append, read, truncate, roll, retain, flush.
//!
//! A log is a list of segments without overlap, the last of which is appended to. It holds everything that
//! follows from its batches: leader epochs, producers, aborted transactions. The high watermark is not known
//! here.

mod append;
mod epochs_file;
mod flush;
mod open;
mod read;
mod retention;
mod truncate;

use std::path::PathBuf;
use std::sync::Arc;

use kr_wire::ids::{LeaderEpoch, Offset, ProducerId, TopicId};
use kr_wire::time::{Mono, Now};

use crate::config::LogConfig;
use crate::dir::Dir;
use crate::disk::{Disk, DiskFile};
use crate::epoch_cache::EpochCache;
use crate::error::LogError;
use crate::producer_state::ProducerState;
use crate::segment::Segment;
use crate::tail_cache::{Tail, TailCache};
use epochs_file::EpochsFile;

/// What [`Log::open`] needs.
#[derive(Clone, Debug)]
pub struct OpenLog {
    /// Where the directory is.
    pub disk: Arc<dyn Disk>,
    /// The partition's directory. It need not exist: it is made by the first write.
    pub dir: PathBuf,
    /// Written to `partition.metadata` before the first append.
    pub topic_id: TopicId,
    /// Settings.
    pub config: LogConfig,
    /// Keeps recent batches of all logs of a node in memory.
    pub tail: TailCache,
    /// Whether the node stopped cleanly (`.kafka_cleanshutdown` was there). Always false for
    /// `__cluster_metadata`.
    pub clean: bool,
    /// Everything below is known to be durable (`recovery-point-offset-checkpoint`), 0 when unknown.
    pub recovery_point: Offset,
    /// From `log-start-offset-checkpoint`.
    pub log_start: Option<Offset>,
    /// Time of opening.
    pub now: Now,
}

/// What opening a log found and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes of an invalid tail that were cut off.
    pub truncated_bytes: u64,
    /// Segments behind the invalid tail that were dropped.
    pub dropped_segments: usize,
    /// Segments whose batches were checked and whose indexes were rebuilt.
    pub recovered_segments: usize,
}

/// Who made a batch that a leader appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A producer: everything is validated.
    Client,
    /// The broker itself, for a coordinator's records and for transaction markers.
    Coordinator,
    /// The raft leader: the batch carries its offsets and epoch already.
    Raft,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Offset of the first record; of the first append when it is a duplicate.
    pub base_offset: Offset,
    /// Offset of the last record; `base_offset - 1` when nothing was appended.
    pub last_offset: Offset,
    /// Timestamp given to all records, for topics with log append time.
    pub log_append_time_ms: Option<i64>,
    /// Log start offset.
    pub log_start: Offset,
    /// Whether the batch was in the log already and was not appended again.
    pub duplicate: bool,
}

/// An entry of the transaction index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose transaction.
    pub producer: ProducerId,
    /// Offset of its first record.
    pub first_offset: Offset,
    /// Offset of the abort marker.
    pub last_offset: Offset,
    /// Last stable offset when the marker was appended.
    pub last_stable_offset: Offset,
}

/// What the log knows of a producer (DescribeProducers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerView {
    /// Its id.
    pub producer: ProducerId,
    /// Its newest epoch.
    pub epoch: i16,
    /// Sequence of its last record, -1 for none.
    pub last_sequence: i32,
    /// Timestamp of its last batch, -1 for none.
    pub last_timestamp_ms: i64,
    /// Epoch of the coordinator of its last marker, -1 for none.
    pub coordinator_epoch: i32,
    /// First offset of its open transaction.
    pub transaction_start: Option<Offset>,
}

/// A record found by its timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundTimestamp {
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp_ms: i64,
    /// Epoch of its batch.
    pub epoch: Option<LeaderEpoch>,
}

/// A segment that retention took out of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedSegment {
    /// Its first offset.
    pub base_offset: Offset,
    /// Size of its batches in bytes.
    pub bytes: u64,
}

/// What to sync, in this order; report with [`Log::flushed`] when all are done.
#[derive(Clone, Debug)]
pub struct FlushRequest {
    /// Files, then directories, each to be synced.
    pub files: Vec<Arc<dyn DiskFile>>,
    /// To be handed back.
    pub mark: FlushMark,
}

/// Which flush was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushMark {
    /// Everything below is durable when the flush is done.
    pub up_to: Offset,
    /// Truncations before the request: one since makes the flush void.
    truncations: u64,
    /// Changes of names before the request.
    names: u64,
    /// State of the epochs that goes to their file.
    epochs: u64,
}

/// One partition's log.
///
/// **Durability:** appends are in the page cache when they return; see [`Log::unflushed`]. What a killed
/// process appended is found again by recovery, what a machine lost is at most what was not flushed.
#[derive(Debug)]
pub struct Log {
    dir: Dir,
    topic_id: TopicId,
    config: LogConfig,
    /// In order of their bases; never empty. All but the last are sealed.
    segments: Vec<Segment>,
    start: Offset,
    end: Offset,
    epochs: EpochCache,
    epochs_file: EpochsFile,
    producers: ProducerState,
    /// Producer snapshots on disk, ascending.
    snapshots: Vec<Offset>,
    tail: Tail,
    /// Whether the directory exists, with the topic id in it.
    made: bool,
    /// Whether a clean close has anything to do.
    changed: bool,
    /// Counts changes of names in the directory, and how many of them are durable.
    names: u64,
    names_synced: u64,
    recovery_point: Offset,
    truncations: u64,
    /// Files of deleted segments, to be removed.
    doomed: Vec<Doomed>,
    /// The latest time the log was told.
    seen: Now,
}

/// A file to be removed.
#[derive(Debug)]
struct Doomed {
    at: Mono,
    path: PathBuf,
}

impl Log {
    /// Offset of the first record that can be read.
    pub fn start_offset(&self) -> Offset {
        self.start
    }

    /// Offset that the next record gets.
    pub fn end_offset(&self) -> Offset {
        self.end
    }

    /// Which leader epoch began where.
    pub fn epochs(&self) -> &EpochCache {
        &self.epochs
    }

    /// Notes that an epoch begins at an offset, the log end of a new leader.
    ///
    /// **Durability:** written before the recovery point passes the offset; after a crash an epoch without
    /// records is forgotten.
    pub fn assign_epoch(&mut self, epoch: LeaderEpoch, at: Offset) -> Result<(), LogError> {
        self.note_epoch(epoch, at);
        Ok(())
    }

    fn note_epoch(&mut self, epoch: LeaderEpoch, at: Offset) {
        if self.epochs.assign(epoch, at) {
            self.epochs_file.changed();
        }
    }

    /// Size of all segments in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(Segment::size).sum()
    }

    /// Number of segments, at least one.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Offset of the first segment: the log start offset is checkpointed only when it is above this.
    pub fn first_segment_base(&self) -> Offset {
        self.segments.first().map_or(self.start, |segment| segment.base)
    }

    /// First offset of the oldest transaction that is open, or complete but not below the high watermark.
    pub fn first_unstable_offset(&self, high_watermark: Offset) -> Option<Offset> {
        self.producers.first_unstable_offset(high_watermark)
    }

    /// `min(first unstable offset, high watermark)`.
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.first_unstable_offset(high_watermark).map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// All producers the log knows, by id (DescribeProducers).
    pub fn producers(&self) -> Vec<ProducerView> {
        self.producers.views()
    }

    /// Replaces the settings; they hold from the next append on.
    pub fn set_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    /// The settings.
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// The topic's id.
    pub fn topic_id(&self) -> TopicId {
        self.topic_id
    }

    /// Path of the directory, which may not exist yet.
    pub fn dir(&self) -> &std::path::Path {
        &self.dir.path
    }

    /// The segment in which an offset is or would be.
    fn segment_of(&self, offset: Offset) -> usize {
        self.segments.partition_point(|segment| segment.base <= offset).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests;

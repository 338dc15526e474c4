//! One partition's log: append, read, truncate, roll, retain, flush.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use kr_wire::ids::{LeaderEpoch, Offset, ProducerId, TopicId, Uuid};
use kr_wire::time::Now;

use crate::config::LogConfig;
use crate::disk::{Disk, DiskFile};
use crate::error::{AppendError, LogError, ReadError};
use crate::{EpochCache, TailCache};

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
    /// Whether the node stopped cleanly (`.kafka_cleanshutdown` was there). Always false for `__cluster_metadata`.
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
    /// Offset of the last record. Below `base_offset` when nothing was appended.
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
    /// The state of the log at the time of the request: a truncation since makes the flush void.
    pub(crate) truncations: u64,
    pub(crate) names: u64,
}

/// One partition's log.
#[derive(Debug)]
pub struct Log {}

impl Log {
    /// Loads a log, after an unclean stop with recovery, or starts an empty one at offset 0 (no file is made then).
    pub fn open(_open: OpenLog) -> Result<(Self, Recovered), LogError> {
        todo!()
    }
    /// Appends one batch as the partition's leader: validates it (E.3, E.4), assigns offsets, epoch and timestamps.
    pub fn append_as_leader(
        &mut self,
        _batch: &Bytes,
        _epoch: LeaderEpoch,
        _origin: Origin,
        _now: Now,
    ) -> Result<Appended, AppendError> {
        todo!()
    }
    /// Appends what a leader sent, as it is. Batches of epochs above `max_epoch` and a torn tail are left out.
    pub fn append_as_follower(
        &mut self,
        _batches: &Bytes,
        _max_epoch: LeaderEpoch,
        _now: Now,
    ) -> Result<Appended, AppendError> {
        todo!()
    }
    /// Reads whole batches from the one that holds `from`, below `below`, at most `max_bytes` (but with
    /// `at_least_one` the first batch whatever its size).
    pub fn read(
        &self,
        _from: Offset,
        _max_bytes: usize,
        _at_least_one: bool,
        _below: Offset,
    ) -> Result<Bytes, ReadError> {
        todo!()
    }
    /// Drops everything from an offset on. The recovery point moves back: write the node's checkpoint afterwards.
    pub fn truncate_to(&mut self, _offset: Offset) -> Result<(), LogError> {
        todo!()
    }
    /// Drops everything and continues at an offset.
    pub fn truncate_fully_and_start_at(&mut self, _offset: Offset) -> Result<(), LogError> {
        todo!()
    }
    /// Offset of the first record that can be read.
    pub fn start_offset(&self) -> Offset {
        todo!()
    }
    /// Offset that the next record gets.
    pub fn end_offset(&self) -> Offset {
        todo!()
    }
    /// Which leader epoch began where.
    pub fn epochs(&self) -> &EpochCache {
        todo!()
    }
    /// Notes that an epoch begins at the log end, for a new leader.
    pub fn assign_epoch(&mut self, _epoch: LeaderEpoch, _at: Offset) -> Result<(), LogError> {
        todo!()
    }
    /// Finds the first record at or after a timestamp, below an offset.
    pub fn offset_for_timestamp(
        &self,
        _timestamp_ms: i64,
        _below: Offset,
    ) -> Result<Option<FoundTimestamp>, LogError> {
        todo!()
    }
    /// Finds the first record with the largest timestamp, below an offset.
    pub fn max_timestamp_offset(&self, _below: Offset) -> Result<Option<FoundTimestamp>, LogError> {
        todo!()
    }
    /// Raises the log start offset; the segments below go with the next [`Log::retain`]. Never lowers it.
    pub fn advance_start(&mut self, _offset: Offset) -> Result<(), LogError> {
        todo!()
    }
    /// Takes out segments by age, size and log start offset, below the high watermark; removes files of earlier
    /// calls whose delay is over.
    pub fn retain(&mut self, _high_watermark: Offset, _now: Now) -> Result<Vec<DeletedSegment>, LogError> {
        todo!()
    }
    /// Removes files of deleted segments whose delay is over.
    pub fn reap(&mut self, _now: Now) -> Result<(), LogError> {
        todo!()
    }
    /// Starts a new segment at the log end unless the active one is empty.
    pub fn roll(&mut self, _now: Now) -> Result<(), LogError> {
        todo!()
    }
    /// Size of all segments in bytes.
    pub fn size_bytes(&self) -> u64 {
        todo!()
    }
    /// Number of segments, at least one.
    pub fn segment_count(&self) -> usize {
        todo!()
    }
    /// Offset of the first segment: the log start offset is checkpointed only when it is above this.
    pub fn first_segment_base(&self) -> Offset {
        todo!()
    }
    /// Aborted transactions with records in `from..to`, sorted by last offset.
    pub fn aborted_transactions(
        &self,
        _from: Offset,
        _to: Offset,
    ) -> Result<Vec<AbortedTransaction>, LogError> {
        todo!()
    }
    /// First offset of the oldest transaction that is open, or complete but not below the high watermark.
    pub fn first_unstable_offset(&self, _high_watermark: Offset) -> Option<Offset> {
        todo!()
    }
    /// `min(first unstable offset, high watermark)`.
    pub fn last_stable_offset(&self, _high_watermark: Offset) -> Offset {
        todo!()
    }
    /// All producers the log knows, by id.
    pub fn producers(&self) -> Vec<ProducerView> {
        todo!()
    }
    /// What must be synced for everything appended to be durable; `None` when it is already.
    pub fn unflushed(&mut self) -> Result<Option<FlushRequest>, LogError> {
        todo!()
    }
    /// A flush was done; returns the recovery point.
    pub fn flushed(&mut self, _mark: FlushMark) -> Offset {
        todo!()
    }
    /// Everything below is durable; goes to `recovery-point-offset-checkpoint`.
    pub fn recovery_point(&self) -> Offset {
        todo!()
    }
    /// Writes out what is kept in memory. With `clean`, everything is synced, indexes are complete and a producer
    /// snapshot is taken, so that the node may write its clean-shutdown marker.
    pub fn close(self, _clean: bool) -> Result<(), LogError> {
        todo!()
    }
    /// Gives the log up: renames its directory to `<name>.<uuid>-delete`. Returns the new path for the node to
    /// remove later, `None` when there was no directory.
    pub fn mark_deleted(self, _id: Uuid) -> Result<Option<PathBuf>, LogError> {
        todo!()
    }
    /// Replaces the settings.
    pub fn set_config(&mut self, _config: LogConfig) {
        todo!()
    }
    /// The settings.
    pub fn config(&self) -> &LogConfig {
        todo!()
    }
    /// The topic's id.
    pub fn topic_id(&self) -> TopicId {
        todo!()
    }
}

//! What can go wrong with a log, by whose fault it is.

use std::io;
use std::path::{Path, PathBuf};

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{Offset, ProducerId};

/// The disk failed, or holds what cannot be a log. Kafka's answer is KAFKA_STORAGE_ERROR (56).
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// An operation on a file or directory failed.
    /// Says the cause as well: nodes report such an error as one line of text.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `write`, `rename`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file holds what this version of its format cannot hold.
    #[error("{} is corrupt: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl LogError {
    /// Whether the cause is a full disk.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }

    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), reason: reason.into() }
    }
}

/// Names the operation and the file of an [`io::Result`].
pub(crate) trait IoContext<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, LogError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::Io { action, path: path.to_owned(), source })
    }
}

/// Why a batch was not appended. The log is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// CORRUPT_MESSAGE (2): the checksum or the framing is wrong.
    #[error("corrupt record batch: {reason}")]
    Corrupt {
        /// What is wrong with it.
        reason: String,
    },
    /// INVALID_RECORD (87): the batch or some of its records break a rule.
    #[error("invalid record: {reason}")]
    InvalidRecord {
        /// The rule.
        reason: String,
        /// The records at fault; empty when the batch is.
        records: Vec<RecordError>,
    },
    /// INVALID_TIMESTAMP (32): a record's timestamp is out of the range the topic accepts.
    #[error("invalid timestamp: {reason}")]
    InvalidTimestamp {
        /// The rule.
        reason: String,
        /// The records at fault; empty when the batch is.
        records: Vec<RecordError>,
    },
    /// MESSAGE_TOO_LARGE (10).
    #[error("record batch of {bytes} bytes exceeds max.message.bytes {max_bytes}")]
    TooLarge {
        /// Size of the batch.
        bytes: usize,
        /// `max.message.bytes`.
        max_bytes: u32,
    },
    /// RECORD_LIST_TOO_LARGE (18).
    #[error("record batch of {bytes} bytes exceeds segment.bytes {segment_bytes}")]
    LargerThanSegment {
        /// Size of the batch.
        bytes: usize,
        /// `segment.bytes`.
        segment_bytes: u32,
    },
    /// OUT_OF_ORDER_SEQUENCE_NUMBER (45).
    #[error("out of order sequence of producer {producer}: {found} after {last}")]
    OutOfOrderSequence {
        /// The producer.
        producer: ProducerId,
        /// First sequence of the batch.
        found: i32,
        /// Last sequence in the log, -1 for none.
        last: i32,
    },
    /// INVALID_PRODUCER_EPOCH (47).
    #[error("epoch {found} of producer {producer} is older than {current}")]
    InvalidProducerEpoch {
        /// The producer.
        producer: ProducerId,
        /// Epoch of the batch.
        found: i16,
        /// Newest epoch seen.
        current: i16,
    },
    /// INVALID_TXN_STATE (48): a non-transactional batch inside an open transaction.
    #[error("producer {producer} has an open transaction and wrote outside of it")]
    InvalidTxnState {
        /// The producer.
        producer: ProducerId,
    },
    /// TRANSACTION_COORDINATOR_FENCED (52): a marker of an old coordinator.
    #[error("coordinator epoch {found} of producer {producer} is older than {current}")]
    CoordinatorFenced {
        /// The producer.
        producer: ProducerId,
        /// Epoch in the marker.
        found: i32,
        /// Newest epoch seen.
        current: i32,
    },
    /// A follower or the raft leader was given a batch that does not continue its log.
    #[error("batch at offset {found} does not continue the log at {expected}")]
    UnexpectedOffset {
        /// Log end offset.
        expected: Offset,
        /// Base offset of the batch.
        found: Offset,
    },
    /// KAFKA_STORAGE_ERROR (56): the disk failed; the log takes no more appends until it is opened again.
    #[error(transparent)]
    Storage(#[from] LogError),
}

impl AppendError {
    /// The code that answers a Produce request.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Corrupt { .. } => ErrorCode::CORRUPT_MESSAGE,
            Self::InvalidRecord { .. } => ErrorCode::INVALID_RECORD,
            Self::InvalidTimestamp { .. } => ErrorCode::INVALID_TIMESTAMP,
            Self::TooLarge { .. } => ErrorCode::MESSAGE_TOO_LARGE,
            Self::LargerThanSegment { .. } => ErrorCode::RECORD_LIST_TOO_LARGE,
            Self::OutOfOrderSequence { .. } => ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER,
            Self::InvalidProducerEpoch { .. } => ErrorCode::INVALID_PRODUCER_EPOCH,
            Self::InvalidTxnState { .. } => ErrorCode::INVALID_TXN_STATE,
            Self::CoordinatorFenced { .. } => ErrorCode::TRANSACTION_COORDINATOR_FENCED,
            Self::UnexpectedOffset { .. } => ErrorCode::UNKNOWN_SERVER_ERROR,
            Self::Storage(_) => ErrorCode::KAFKA_STORAGE_ERROR,
        }
    }

    /// The records at fault, for RecordErrors.
    pub fn records(&self) -> &[RecordError] {
        match self {
            Self::InvalidRecord { records, .. } | Self::InvalidTimestamp { records, .. } => records,
            _ => &[],
        }
    }
}

/// One record at fault (RecordErrors of Produce v8+).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// Index of the record in its batch.
    pub index: u32,
    /// What is wrong with it.
    pub message: String,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// OFFSET_OUT_OF_RANGE (1).
    #[error("offset {from} is not in {start}..={end}")]
    OffsetOutOfRange {
        /// Offset asked for.
        from: Offset,
        /// Log start offset.
        start: Offset,
        /// Log end offset.
        end: Offset,
    },
    /// KAFKA_STORAGE_ERROR (56).
    #[error(transparent)]
    Storage(#[from] LogError),
}

//! What a fetch brought of one partition: batches as they came, opened when their records are wanted.
//!
//! Nothing is decompressed or copied before [`StoredBatch::open`], and then one batch at a time, so that what
//! waits to be read takes no more memory than it took on the wire.

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchError, Payload};
use kr_wire::compression::Limit;
use kr_wire::ids::Offset;

use crate::admin::TopicPartition;
use crate::error::Error;
use crate::records::{BatchFacts, ConsumedRecord, RecordRef};

/// Where a partition's log began and ended when it was fetched, as far as the broker said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogMarks {
    /// Log start offset.
    pub start: Option<Offset>,
    /// Last stable offset.
    pub last_stable: Option<Offset>,
    /// High watermark.
    pub high_watermark: Option<Offset>,
}

/// Records of one partition that follow each other.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The partition.
    pub place: TopicPartition,
    /// Its batches that hold wanted records; offsets may have gaps.
    pub batches: Vec<StoredBatch>,
    /// Where reading goes on: what to commit once the records are dealt with.
    pub next: Offset,
    /// Where the log began and ended.
    pub marks: LogMarks,
}

impl Chunk {
    /// Copies all records out of their batches.
    ///
    /// Errors: [`Error::Records`] for a batch that cannot be decompressed or read.
    pub fn to_records(&self) -> Result<Vec<ConsumedRecord>, Error> {
        let mut records = Vec::new();
        for batch in &self.batches {
            for record in batch.open()?.records() {
                records.push(record?.to_record());
            }
        }
        Ok(records)
    }

    /// Bytes of the batches as they came.
    pub fn size(&self) -> usize {
        self.batches.iter().map(|batch| batch.bytes.len()).sum()
    }
}

/// A batch as it came, and which of its records are wanted.
#[derive(Clone, Debug)]
pub struct StoredBatch {
    pub(super) place: TopicPartition,
    /// The whole batch; its CRC has been checked.
    pub(super) bytes: Bytes,
    /// The first offset that is wanted.
    pub(super) from: Offset,
    /// The first offset that is not.
    pub(super) until: Option<Offset>,
    /// The largest it may become when it is decompressed, in bytes.
    pub(super) max_bytes: usize,
}

impl StoredBatch {
    /// Decompresses the batch.
    ///
    /// Errors: [`Error::Records`] when that fails, or would take more than the limit of the options.
    pub fn open(&self) -> Result<OpenBatch<'_>, Error> {
        let batch = Batch::parse(&self.bytes).map_err(|error| self.unreadable(&error))?;
        let limit = Limit { max_bytes: self.max_bytes, ..Limit::default() };
        let payload = batch.payload(limit).map_err(|error| self.unreadable(&error))?;
        let header = batch.header;
        let facts = BatchFacts {
            leader_epoch: header.partition_leader_epoch,
            attributes: header.attributes,
            producer_id: header.producer_id,
            producer_epoch: header.producer_epoch,
        };
        Ok(OpenBatch { stored: self, payload, facts })
    }

    fn unreadable(&self, error: &BatchError) -> Error {
        Error::Records {
            what: format!("read {} at offset {}", self.place, self.from),
            reason: error.to_string(),
        }
    }
}

/// A batch whose records can be walked.
#[derive(Debug)]
pub struct OpenBatch<'a> {
    stored: &'a StoredBatch,
    payload: Payload<'a>,
    facts: BatchFacts,
}

impl OpenBatch<'_> {
    /// Walks the wanted records in order; ends after an error.
    pub fn records(&self) -> impl Iterator<Item = Result<RecordRef<'_>, Error>> {
        let StoredBatch { place, from, until, .. } = self.stored;
        let is_wanted = move |offset: Offset| offset >= *from && until.is_none_or(|until| offset < until);
        self.payload.records().filter_map(move |record| match record {
            Ok(record) if is_wanted(record.offset) => {
                Some(Ok(RecordRef::of(&place.topic, place.partition, self.facts, record)))
            }
            Ok(_) => None,
            Err(error) => Some(Err(self.stored.unreadable(&error))),
        })
    }
}

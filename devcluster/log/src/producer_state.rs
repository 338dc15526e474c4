//! What a log knows of its producers: sequences, epochs, open transactions (KIP-98; Kafka:
//! `ProducerStateManager`).
//!
//! Pure: it is rebuilt from a snapshot and the batches after it, and the log writes the snapshots.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kr_wire::batch::{Batch, BatchError, BatchHeader, Limit};
use kr_wire::control::ControlRecord;
use kr_wire::ids::{Offset, ProducerId};
use kr_wire::producer_snapshot::{LastBatch, ProducerEntry};

use crate::error::AppendError;
use crate::log::{AbortedTransaction, Origin, ProducerView};

/// Batches of a producer in which a repeated one is recognised: what a client may have in flight.
const KEPT_BATCHES: usize = 5;
/// No sequence, epoch or timestamp.
const NONE: i32 = -1;

/// All producers of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProducerState {
    producers: BTreeMap<ProducerId, Producer>,
    /// Open transactions by their first offset.
    open: BTreeMap<Offset, ProducerId>,
    /// Ended transactions whose marker was not yet seen below the high watermark: marker's offset to first
    /// offset.
    ended: BTreeMap<Offset, Offset>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Producer {
    epoch: i16,
    /// Its newest batches of this epoch, oldest first.
    batches: VecDeque<Sequenced>,
    last_timestamp: i64,
    coordinator_epoch: i32,
    transaction_start: Option<Offset>,
}

/// A batch by its sequences and offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sequenced {
    last_sequence: i32,
    last_offset: Offset,
    offset_delta: i32,
    timestamp: i64,
}

impl Sequenced {
    fn first_sequence(&self) -> i32 {
        if self.last_sequence == NONE {
            return NONE;
        }
        self.last_sequence.wrapping_sub(self.offset_delta) & i32::MAX
    }

    fn base_offset(&self) -> Offset {
        self.last_offset - i64::from(self.offset_delta)
    }
}

/// What a batch says about a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Nothing: it has no producer, or is raft's.
    Nothing,
    /// It holds the producer's records.
    Data,
    /// It ends the producer's transaction.
    Marker { coordinator_epoch: i32, commit: bool },
}

impl Claim {
    /// Reads what a batch says. Only control batches are looked into.
    pub(crate) fn of(batch: &Batch<'_>) -> Result<Self, BatchError> {
        if batch.header.producer_id.is_none() {
            return Ok(Self::Nothing);
        }
        if !batch.header.attributes.is_control() {
            return Ok(Self::Data);
        }
        let payload = batch.payload(Limit::default())?;
        // Compaction may have left a marker's batch without its record.
        let Some(record) = payload.records().next().transpose()? else { return Ok(Self::Nothing) };
        Ok(match ControlRecord::decode(record.key, record.value) {
            Ok(ControlRecord::Commit(marker)) => {
                Self::Marker { coordinator_epoch: marker.coordinator_epoch, commit: true }
            }
            Ok(ControlRecord::Abort(marker)) => {
                Self::Marker { coordinator_epoch: marker.coordinator_epoch, commit: false }
            }
            _ => Self::Nothing,
        })
    }
}

/// Whether a batch is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    New,
    /// It is in the log already.
    Duplicate {
        base_offset: Offset,
        last_offset: Offset,
        timestamp: i64,
    },
}

impl ProducerState {
    /// The state of a snapshot, without the producers that expired.
    pub(crate) fn restore(entries: &[ProducerEntry], now_ms: i64, expiration: Duration) -> Self {
        let mut state = Self::default();
        for entry in entries {
            let batch = entry.last_batch.map(|last| Sequenced {
                last_sequence: last.last_sequence,
                last_offset: last.last_offset,
                offset_delta: last.offset_delta,
                timestamp: entry.timestamp,
            });
            let producer = Producer {
                epoch: entry.producer_epoch,
                batches: batch.into_iter().collect(),
                last_timestamp: entry.timestamp,
                coordinator_epoch: entry.coordinator_epoch,
                transaction_start: entry.current_txn_first_offset,
            };
            if let Some(start) = producer.transaction_start {
                state.open.insert(start, entry.producer_id);
            }
            state.producers.insert(entry.producer_id, producer);
        }
        state.expire(now_ms, expiration);
        state
    }

    /// What a snapshot holds, by producer id.
    pub(crate) fn snapshot(&self) -> Vec<ProducerEntry> {
        self.producers
            .iter()
            .map(|(id, producer)| ProducerEntry {
                producer_id: *id,
                producer_epoch: producer.epoch,
                last_batch: producer.batches.back().map(|last| LastBatch {
                    last_sequence: last.last_sequence,
                    last_offset: last.last_offset,
                    offset_delta: last.offset_delta,
                }),
                timestamp: producer.last_timestamp,
                coordinator_epoch: producer.coordinator_epoch,
                current_txn_first_offset: producer.transaction_start,
            })
            .collect()
    }

    /// Checks whether a leader may append a batch (E.4). Duplicates are recognised among clients' batches
    /// only.
    pub(crate) fn check(
        &self,
        header: &BatchHeader,
        claim: Claim,
        origin: Origin,
    ) -> Result<Checked, AppendError> {
        let Some(id) = header.producer_id else { return Ok(Checked::New) };
        let Some(producer) = self.producers.get(&id) else { return Ok(Checked::New) };
        if claim == Claim::Data
            && origin == Origin::Client
            && let Some(batch) = producer.find(header)
        {
            return Ok(Checked::Duplicate {
                base_offset: batch.base_offset(),
                last_offset: batch.last_offset,
                timestamp: batch.timestamp,
            });
        }
        if claim != Claim::Nothing && header.producer_epoch < producer.epoch {
            return Err(AppendError::InvalidProducerEpoch {
                producer: id,
                found: header.producer_epoch,
                current: producer.epoch,
            });
        }
        match claim {
            Claim::Nothing => {}
            Claim::Data => {
                if origin == Origin::Client {
                    producer.check_sequence(id, header)?;
                }
                if producer.transaction_start.is_some() && !header.attributes.is_transactional() {
                    return Err(AppendError::InvalidTxnState { producer: id });
                }
            }
            Claim::Marker { coordinator_epoch, .. } => {
                if coordinator_epoch < producer.coordinator_epoch {
                    return Err(AppendError::CoordinatorFenced {
                        producer: id,
                        found: coordinator_epoch,
                        current: producer.coordinator_epoch,
                    });
                }
            }
        }
        Ok(Checked::New)
    }

    /// Notes a batch that is in the log, whose header has its offsets; returns the transaction that it
    /// aborts.
    pub(crate) fn apply(&mut self, header: &BatchHeader, claim: Claim) -> Option<AbortedTransaction> {
        let id = header.producer_id?;
        match claim {
            Claim::Nothing => None,
            Claim::Data => {
                self.apply_data(id, header);
                None
            }
            Claim::Marker { coordinator_epoch, commit } => {
                self.apply_marker(id, header, coordinator_epoch, commit)
            }
        }
    }

    fn apply_data(&mut self, id: ProducerId, header: &BatchHeader) {
        let producer = self.producers.entry(id).or_insert_with(Producer::new);
        producer.advance_to(header.producer_epoch);
        if producer.batches.len() == KEPT_BATCHES {
            producer.batches.pop_front();
        }
        producer.batches.push_back(Sequenced {
            last_sequence: header.last_sequence().unwrap_or(NONE),
            last_offset: header.last_offset(),
            offset_delta: header.last_offset_delta,
            timestamp: header.max_timestamp,
        });
        producer.last_timestamp = header.max_timestamp;
        if header.attributes.is_transactional() && producer.transaction_start.is_none() {
            producer.transaction_start = Some(header.base_offset);
            self.open.insert(header.base_offset, id);
        }
    }

    fn apply_marker(
        &mut self,
        id: ProducerId,
        header: &BatchHeader,
        coordinator_epoch: i32,
        commit: bool,
    ) -> Option<AbortedTransaction> {
        let producer = self.producers.entry(id).or_insert_with(Producer::new);
        producer.advance_to(header.producer_epoch);
        producer.coordinator_epoch = coordinator_epoch;
        producer.last_timestamp = header.max_timestamp;
        let first_offset = producer.transaction_start.take()?;
        self.open.remove(&first_offset);
        let last_offset = header.last_offset();
        self.ended.insert(last_offset, first_offset);
        let others = self.open.keys().next();
        (!commit).then(|| AbortedTransaction {
            producer: id,
            first_offset,
            last_offset,
            last_stable_offset: others.copied().unwrap_or(last_offset + 1),
        })
    }

    /// First offset of the oldest transaction that is open or whose marker is not below the high watermark.
    pub(crate) fn first_unstable_offset(&self, high_watermark: Offset) -> Option<Offset> {
        let open = self.open.keys().next().copied();
        let ended = self.ended.range(high_watermark..).map(|(_, first)| *first);
        open.into_iter().chain(ended).min()
    }

    /// Forgets ended transactions whose markers are below the high watermark.
    pub(crate) fn forget_ended_below(&mut self, high_watermark: Offset) {
        self.ended = self.ended.split_off(&high_watermark);
    }

    /// Forgets producers that have not written for longer than `expiration` and have no open transaction.
    pub(crate) fn expire(&mut self, now_ms: i64, expiration: Duration) {
        let expiration = i64::try_from(expiration.as_millis()).unwrap_or(i64::MAX);
        let oldest = now_ms.saturating_sub(expiration);
        self.producers
            .retain(|_, producer| producer.transaction_start.is_some() || producer.last_timestamp >= oldest);
    }

    /// All producers, by id.
    pub(crate) fn views(&self) -> Vec<ProducerView> {
        self.producers
            .iter()
            .map(|(id, producer)| ProducerView {
                producer: *id,
                epoch: producer.epoch,
                last_sequence: producer.last_sequence(),
                last_timestamp_ms: producer.last_timestamp,
                coordinator_epoch: producer.coordinator_epoch,
                transaction_start: producer.transaction_start,
            })
            .collect()
    }
}

impl Producer {
    fn new() -> Self {
        Self {
            epoch: -1,
            batches: VecDeque::new(),
            last_timestamp: i64::from(NONE),
            coordinator_epoch: NONE,
            transaction_start: None,
        }
    }

    fn last_sequence(&self) -> i32 {
        self.batches.back().map_or(NONE, |last| last.last_sequence)
    }

    /// The batch of the same epoch with the same sequences.
    fn find(&self, header: &BatchHeader) -> Option<&Sequenced> {
        let (first, last) = (header.base_sequence?, header.last_sequence()?);
        if header.producer_epoch != self.epoch {
            return None;
        }
        self.batches.iter().find(|batch| batch.first_sequence() == first && batch.last_sequence == last)
    }

    fn check_sequence(&self, id: ProducerId, header: &BatchHeader) -> Result<(), AppendError> {
        let Some(first) = header.base_sequence else { return Ok(()) };
        let last = self.last_sequence();
        let expected = if header.producer_epoch != self.epoch || last == NONE {
            0
        } else {
            last.wrapping_add(1) & i32::MAX
        };
        if first == expected {
            return Ok(());
        }
        Err(AppendError::OutOfOrderSequence { producer: id, found: first, last })
    }

    /// Sequences begin anew with an epoch.
    fn advance_to(&mut self, epoch: i16) {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }
}

#[cfg(test)]
#[path = "producer_state_tests.rs"]
mod tests;

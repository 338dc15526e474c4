//! What is committed, as the oracle has it: every batch that any node ever called committed, in order.
//!
//! It only grows. Whatever a node, a leader or a client claims later is held against it.

use std::collections::BTreeMap;

use kr_log::Log;
use kr_wire::batch::{Batch, Batches, Limit};
use kr_wire::ids::Offset;

/// A committed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fact {
    base: i64,
    next: i64,
    /// `None` for a stretch of batches that nobody looked at before they were deleted.
    hash: Option<u64>,
}

/// A committed log.
#[derive(Debug, Default)]
pub struct CommittedLog {
    facts: Vec<Fact>,
}

/// A committed partition that clients write to.
#[derive(Debug, Default)]
pub struct CommittedPartition {
    /// Its batches.
    pub log: CommittedLog,
    /// What each record holds, by offset; see [`value`].
    values: Vec<u64>,
    /// By producer id and epoch.
    producers: BTreeMap<(i64, i16), Position>,
    /// Newest counter of each producer.
    counters: BTreeMap<u16, u64>,
    /// Whether its first records were taken as they were found.
    is_adopted: bool,
}

/// How far a producer is.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    /// The sequence of its next record.
    next: i32,
    /// End of its newest batch.
    end: Offset,
}

/// Stands for a value that nobody looked at.
const UNSEEN: u64 = u64::MAX;

/// Bytes read at once when logs are compared.
const READ_BYTES: usize = 1 << 20;

impl CommittedLog {
    /// End of what is committed.
    pub fn end(&self) -> Offset {
        Offset(self.facts.last().map_or(0, |fact| fact.next))
    }

    /// Holds `from..to` of a node's log against what is committed; what is new becomes committed and is shown to
    /// `learn`.
    ///
    /// # Errors
    /// What differs.
    pub fn hold(
        &mut self,
        log: &Log,
        from: Offset,
        to: Offset,
        mut learn: impl FnMut(&Batch<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut at = from;
        while at < to {
            let bytes =
                log.read(at, READ_BYTES, true, to).map_err(|e| format!("cannot read at {at}: {e}"))?;
            if bytes.is_empty() {
                return Err(format!("there is no batch at {at}, although all below {to} is committed"));
            }
            for batch in Batches::new(&bytes) {
                let batch = batch.map_err(|e| format!("bad batch at {at}: {e}"))?;
                at = batch.header.next_offset();
                if self.is_news(&batch)? {
                    learn(&batch)?;
                }
            }
        }
        Ok(())
    }

    fn is_news(&mut self, batch: &Batch<'_>) -> Result<bool, String> {
        let fact = Fact {
            base: batch.header.base_offset.0,
            next: batch.header.next_offset().0,
            hash: Some(hash(batch.bytes())),
        };
        let end = self.end().0;
        if fact.base == end {
            self.facts.push(fact);
            return Ok(true);
        }
        if fact.base > end {
            return Err(format!("batch {}..{} leaves a gap after {end}", fact.base, fact.next));
        }
        let at = self.facts.partition_point(|known| known.base <= fact.base);
        let known = self.facts[at - 1];
        let is_unseen = known.hash.is_none() && fact.next <= known.next;
        if known == fact || is_unseen {
            return Ok(false);
        }
        Err(format!(
            "batch {}..{} differs from the committed {}..{}",
            fact.base, fact.next, known.base, known.next
        ))
    }

    /// Everything below `start` is committed and was deleted before anybody could look at it.
    fn skip(&mut self, start: Offset) {
        self.facts.push(Fact { base: self.end().0, next: start.0, hash: None });
    }
}

impl CommittedPartition {
    /// As [`CommittedLog::hold`] for a partition that clients write to: new batches must continue their producers'
    /// sequences and counters.
    ///
    /// # Errors
    /// What differs, or what is lost, doubled or out of order.
    pub fn hold_values(&mut self, log: &Log, from: Offset, to: Offset) -> Result<(), String> {
        if log.start_offset() > self.log.end() {
            self.skip(log.start_offset());
        }
        let Self { log: committed, values, producers, counters, is_adopted } = self;
        committed.hold(log, from, to, |batch| {
            let header = &batch.header;
            let (Some(id), Some(base)) = (header.producer_id, header.base_sequence) else {
                return Err(format!("the batch at {} has no producer", header.base_offset));
            };
            let key = (id.0, header.producer_epoch);
            let is_unknown = *is_adopted && !producers.contains_key(&key);
            let known = producers.entry(key).or_default();
            // A leader that has none of a producer's records left takes any sequence from it, in Kafka too.
            let mut is_forgotten = is_unknown || log.start_offset().0 > 0 && known.end <= log.start_offset();
            if base != known.next && !is_forgotten {
                let (what, next) = (if base < known.next { "again" } else { "too early" }, known.next);
                let at = header.base_offset;
                return Err(format!(
                    "I11: sequence {base} of producer {id} is {what} at {at}, next is {next}"
                ));
            }
            *known = Position { next: base + header.count, end: header.next_offset() };
            for value in values_of(batch)? {
                let (producer, counter) = split(value);
                let newest = counters.entry(producer).or_insert(0);
                if counter != *newest + 1 && !is_forgotten {
                    let at = values.len();
                    return Err(format!("I11: producer {producer} has {counter} at {at} behind {newest}"));
                }
                is_forgotten = false;
                *newest = counter;
                values.push(value);
            }
            Ok(())
        })
    }

    /// Records up to `start` are committed, and were deleted in the same event.
    fn skip(&mut self, start: Offset) {
        self.log.skip(start);
        self.values.resize(start.0 as usize, UNSEEN);
    }

    /// Takes a log up to its high watermark as it is, whatever was acknowledged before.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn adopt(
        &mut self,
        log: &Log,
        high_watermark: Offset,
        learn: impl FnMut(&Batch<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        if log.start_offset().0 > 0 {
            self.log.skip(log.start_offset());
        }
        self.is_adopted = true;
        self.values.resize(high_watermark.0 as usize, UNSEEN);
        self.log.hold(log, log.start_offset(), high_watermark, learn)
    }

    /// Whether a value may be at an offset: it is committed there, or nobody could look.
    pub fn holds(&self, offset: i64, value: u64) -> bool {
        self.value(offset).is_some_and(|found| found == value || found == UNSEEN)
    }

    /// Number of the newest record that a producer has committed; 0 for none.
    pub fn newest_of(&self, producer: u16) -> u64 {
        self.counters.get(&producer).copied().unwrap_or(0)
    }

    /// The value at an offset, if it is committed.
    pub fn value(&self, offset: i64) -> Option<u64> {
        self.values.get(usize::try_from(offset).ok()?).copied()
    }
}

/// What a record holds: who made it, and its number among those of its maker in its partition, from 1.
pub fn value(producer: u16, counter: u64) -> u64 {
    u64::from(producer) << 48 | counter
}

/// Maker and number of a value.
pub fn split(value: u64) -> (u16, u64) {
    ((value >> 48) as u16, value & 0xffff_ffff_ffff)
}

/// The values in a batch.
///
/// # Errors
/// When the batch is not one of the simulated producers'.
pub fn values_of(batch: &Batch<'_>) -> Result<Vec<u64>, String> {
    let payload = batch.payload(Limit::default()).map_err(|e| format!("bad batch: {e}"))?;
    payload
        .records()
        .map(|record| {
            let record = record.map_err(|e| format!("bad record: {e}"))?;
            let bytes = record
                .value
                .and_then(|value| value.first_chunk::<8>())
                .ok_or("a record without its value")?;
            Ok(u64::from_be_bytes(*bytes))
        })
        .collect()
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(bytes.len() as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

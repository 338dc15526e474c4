//! From the bytes of a partition to its batches: skips what was asked for before, what is for Kafka itself,
//! and what was aborted. Pure.
//!
//! Aborted transactions (KIP-98): the broker names producer and first offset of each; from there on that
//! producer's transactional batches are left out until its abort marker.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchError, Batches};
use kr_wire::compression::Limit;
use kr_wire::control::control_type;
use kr_wire::fetch::AbortedTransaction;
use kr_wire::ids::{Offset, ProducerId};

use super::chunk::StoredBatch;
use crate::admin::TopicPartition;
use crate::error::Error;

/// Type of an abort marker (`ControlRecordType.ABORT`).
const ABORT: i16 = 0;

/// What the bytes are of.
pub(super) struct Part<'a> {
    pub place: &'a TopicPartition,
    /// The first offset that is wanted.
    pub from: Offset,
    /// The first offset that is not.
    pub until: Option<Offset>,
    pub aborted: &'a [AbortedTransaction],
    pub batch_max_bytes: usize,
}

/// Batches with wanted records, and where to go on.
#[derive(Debug)]
pub(super) struct DecodedPart {
    pub batches: Vec<StoredBatch>,
    pub next: Offset,
}

/// Reads all whole batches.
pub(super) fn decode(part: &Part<'_>, bytes: &Bytes) -> Result<DecodedPart, Error> {
    let mut decoded = DecodedPart { batches: Vec::new(), next: part.from };
    let mut aborted = Aborted::new(part.aborted);
    for batch in Batches::new(bytes) {
        let batch = batch.map_err(|error| unreadable(part, &error))?;
        let next = batch.header.next_offset();
        if next <= part.from {
            continue;
        }
        batch.verify_crc().map_err(|error| unreadable(part, &error))?;
        if !aborted.leaves_out(&batch) && !batch.header.attributes.is_control() {
            decoded.batches.push(StoredBatch {
                place: part.place.clone(),
                bytes: bytes.slice(batch.range()),
                from: part.from,
                until: part.until,
                max_bytes: part.batch_max_bytes,
            });
        }
        decoded.next = part.until.map_or(next, |until| until.min(next));
        if part.until.is_some_and(|until| next >= until) {
            break;
        }
    }
    Ok(decoded)
}

fn unreadable(part: &Part<'_>, error: &BatchError) -> Error {
    Error::Records { what: format!("read {} at offset {}", part.place, part.from), reason: error.to_string() }
}

/// Which producers' batches are left out at the place reached.
struct Aborted {
    ahead: BTreeMap<(Offset, ProducerId), ()>,
    open: BTreeSet<ProducerId>,
}

impl Aborted {
    fn new(transactions: &[AbortedTransaction]) -> Self {
        let key = |aborted: &AbortedTransaction| ((aborted.first_offset, aborted.producer_id), ());
        Self { ahead: transactions.iter().map(key).collect(), open: BTreeSet::new() }
    }

    /// Steps to a batch; says whether it belongs to an aborted transaction.
    fn leaves_out(&mut self, batch: &Batch<'_>) -> bool {
        let Some(producer) = batch.header.producer_id else { return false };
        while let Some(entry) = self.ahead.first_entry() {
            let (first_offset, aborted) = *entry.key();
            if first_offset > batch.header.last_offset() {
                break;
            }
            entry.remove();
            self.open.insert(aborted);
        }
        let attributes = batch.header.attributes;
        if !attributes.is_transactional() {
            return false;
        }
        if attributes.is_control() {
            if is_abort(batch) {
                self.open.remove(&producer);
            }
            return true;
        }
        self.open.contains(&producer)
    }
}

fn is_abort(batch: &Batch<'_>) -> bool {
    let Ok(payload) = batch.payload(Limit::default()) else { return false };
    let first = payload.records().next();
    let key = first.and_then(Result::ok).and_then(|record| record.key);
    key.and_then(|key| control_type(key).ok()) == Some(ABORT)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kr_wire::batch::BatchBuilder;
    use kr_wire::compression::Codec;
    use kr_wire::ids::PartitionId;

    use super::*;

    fn batch(base: i64, values: &[&str], codec: Codec) -> Vec<u8> {
        let mut builder = BatchBuilder::new(Offset(base)).codec(codec);
        for value in values {
            builder.push(7, None, Some(value.as_bytes()), &[]);
        }
        builder.build().to_vec()
    }

    fn transactional(base: i64, producer: i64, value: &str) -> Vec<u8> {
        let mut builder =
            BatchBuilder::new(Offset(base)).producer(ProducerId(producer), 0, Some(0)).transactional();
        builder.push(7, None, Some(value.as_bytes()), &[]);
        builder.build().to_vec()
    }

    fn marker(base: i64, producer: i64, kind: i16) -> Vec<u8> {
        let mut builder =
            BatchBuilder::new(Offset(base)).producer(ProducerId(producer), 0, None).transactional().control();
        let key = [0i16.to_be_bytes(), kind.to_be_bytes()].concat();
        builder.push(7, Some(&key), Some(&[0, 0, 0, 0, 0, 0]), &[]);
        builder.build().to_vec()
    }

    fn read(bytes: &[u8], from: i64, until: Option<i64>, aborted: &[(i64, i64)]) -> (Vec<String>, i64) {
        let aborted: Vec<AbortedTransaction> = aborted
            .iter()
            .map(|(producer, first)| AbortedTransaction {
                producer_id: ProducerId(*producer),
                first_offset: Offset(*first),
            })
            .collect();
        let place = TopicPartition { topic: Arc::from("t"), partition: PartitionId(0) };
        let part = Part {
            place: &place,
            from: Offset(from),
            until: until.map(Offset),
            aborted: &aborted,
            batch_max_bytes: 1 << 20,
        };
        let decoded = decode(&part, &Bytes::copy_from_slice(bytes)).unwrap();
        let mut read = Vec::new();
        for batch in &decoded.batches {
            for record in batch.open().unwrap().records() {
                let record = record.unwrap();
                read.push(format!("{}={}", record.offset, String::from_utf8_lossy(record.value.unwrap())));
            }
        }
        (read, decoded.next.0)
    }

    #[test]
    fn records_before_the_place_and_from_the_end_on_are_left_out() {
        for codec in Codec::ALL {
            let bytes = [batch(0, &["a", "b", "c"], codec), batch(3, &["d", "e"], codec)].concat();
            assert_eq!(
                read(&bytes, 1, None, &[]),
                (vec!["1=b".into(), "2=c".into(), "3=d".into(), "4=e".into()], 5)
            );
            assert_eq!(read(&bytes, 2, Some(4), &[]), (vec!["2=c".into(), "3=d".into()], 4));
        }
    }

    #[test]
    fn a_torn_batch_at_the_end_is_for_the_next_fetch() {
        let mut bytes = [batch(0, &["a"], Codec::None), batch(1, &["b"], Codec::None)].concat();
        bytes.truncate(bytes.len() - 1);
        assert_eq!(read(&bytes, 0, None, &[]), (vec!["0=a".into()], 1));
    }

    #[test]
    fn aborted_transactions_are_left_out_up_to_their_marker() {
        let bytes = [
            transactional(0, 1, "aborted"),
            transactional(1, 2, "kept"),
            marker(2, 1, ABORT),
            transactional(3, 1, "again"),
            marker(4, 1, 1),
            marker(5, 2, 1),
        ]
        .concat();
        assert_eq!(read(&bytes, 0, None, &[(1, 0)]), (vec!["1=kept".into(), "3=again".into()], 6));
        assert_eq!(read(&bytes, 0, None, &[]).0, ["0=aborted", "1=kept", "3=again"]);
    }

    #[test]
    fn a_damaged_batch_is_an_error_that_names_the_place() {
        let mut bytes = batch(0, &["a"], Codec::None);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let place = TopicPartition { topic: Arc::from("t"), partition: PartitionId(4) };
        let part = Part { place: &place, from: Offset(0), until: None, aborted: &[], batch_max_bytes: 1 };
        let error = decode(&part, &bytes.into()).unwrap_err().to_string();
        assert!(error.starts_with("cannot read t-4 at offset 0: "), "{error}");
    }
}

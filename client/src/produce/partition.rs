//! The records of one partition: those that wait, and the one batch that has its sequence. Pure.
//!
//! ```text
//! push -> waiting ... -> open_batch -> head (on its way or waiting to be repeated) -> acknowledged | failed
//! ```
//! A batch keeps its bytes, and so its producer id and sequence, over all its tries: that is what lets the
//! broker recognise a repetition.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use kr_wire::batch::{BatchBuilder, BatchError, Record};
use kr_wire::compression::{Codec, Limit};
use kr_wire::ids::{Offset, PartitionId, ProducerId};
use tokio::time::Instant;

use super::{Ack, Pending, Ticket};
use crate::error::Error;
use crate::records::{Header, NewRecord};

/// An idempotent producer's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub id: ProducerId,
    pub epoch: i16,
}

/// A batch that has been laid out.
#[derive(Debug)]
pub(super) struct Batch {
    pub bytes: Bytes,
    pub deadline: Instant,
    /// Tries that have failed.
    pub attempt: u32,
    base_sequence: i32,
    tickets: Vec<Ticket>,
}

/// The queue of one partition.
#[derive(Debug, Default)]
pub(super) struct PartitionQueue {
    waiting: VecDeque<Pending>,
    waiting_bytes: usize,
    oldest: Option<Instant>,
    head: Option<Batch>,
    is_in_flight: bool,
    retry_at: Option<Instant>,
    identity: Option<Identity>,
    next_sequence: i32,
    /// What a batch may take since one was refused for its size, in bytes.
    max_bytes: Option<usize>,
}

/// What a batch is made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchRules {
    pub codec: Codec,
    pub max_bytes: usize,
    pub identity: Option<Identity>,
    pub wall_ms: i64,
    pub deadline: Instant,
    pub is_transactional: bool,
}

impl PartitionQueue {
    /// Adds a record.
    pub fn push(&mut self, pending: Pending, now: Instant) {
        self.waiting_bytes += pending.record.size();
        self.oldest.get_or_insert(now);
        self.waiting.push_back(pending);
    }

    /// Whether nothing waits and nothing is on its way.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.head.is_none()
    }

    /// When something can be sent: now or earlier if it already can; never while a batch is on its way.
    pub fn ready_at(&self, linger: std::time::Duration, full_at: usize) -> Option<Instant> {
        if self.is_in_flight {
            return None;
        }
        if self.head.is_some() {
            return self.retry_at;
        }
        let oldest = self.oldest?;
        Some(if self.waiting_bytes >= full_at { oldest } else { oldest + linger })
    }

    /// Gives the bytes to send next, laying a batch out if none waits to be repeated.
    pub fn take(&mut self, rules: &BatchRules) -> Option<Bytes> {
        if self.head.is_none() {
            self.head = self.open_batch(rules);
        }
        let head = self.head.as_ref()?;
        self.is_in_flight = true;
        Some(head.bytes.clone())
    }

    fn open_batch(&mut self, rules: &BatchRules) -> Option<Batch> {
        if self.identity != rules.identity {
            self.identity = rules.identity;
            self.next_sequence = 0;
        }
        let max_bytes = self.max_bytes.map_or(rules.max_bytes, |most| most.min(rules.max_bytes));
        let mut builder = BatchBuilder::new(Offset::ZERO).codec(rules.codec);
        if let Some(Identity { id, epoch }) = rules.identity {
            builder = builder.producer(id, epoch, Some(self.next_sequence));
            if rules.is_transactional {
                builder = builder.transactional();
            }
        }
        let mut tickets = Vec::new();
        while let Some(next) = self.waiting.front() {
            if !builder.is_empty() && builder.size() + next.record.size() > max_bytes {
                break;
            }
            let Some(Pending { record, ticket }) = self.waiting.pop_front() else { break };
            self.waiting_bytes = self.waiting_bytes.saturating_sub(record.size());
            let headers: Vec<(&str, Option<&[u8]>)> = record
                .headers
                .iter()
                .filter_map(|header| Some((std::str::from_utf8(&header.key).ok()?, header.value.as_deref())))
                .collect();
            let timestamp_ms = record.timestamp_ms.unwrap_or(rules.wall_ms);
            builder.push(timestamp_ms, record.key.as_deref(), record.value.as_deref(), &headers);
            tickets.push(ticket);
        }
        self.oldest = (!self.waiting.is_empty()).then(Instant::now);
        if tickets.is_empty() {
            return None;
        }
        let base_sequence = self.next_sequence;
        self.next_sequence = base_sequence.wrapping_add(builder.count()) & i32::MAX;
        Some(Batch { bytes: builder.build(), deadline: rules.deadline, attempt: 0, base_sequence, tickets })
    }

    /// The batch that has its sequence.
    pub fn head(&self) -> Option<&Batch> {
        self.head.as_ref()
    }

    /// Tells everybody in the batch where their records are.
    pub fn acknowledge(&mut self, partition: PartitionId, base_offset: Option<Offset>) {
        self.is_in_flight = false;
        self.retry_at = None;
        let Some(batch) = self.head.take() else { return };
        for (at, ticket) in (0i64..).zip(batch.tickets) {
            let offset = base_offset.map(|base| base + at);
            // Who sent the record may not want to know.
            let _ = ticket.reply.send(Ok(Ack { partition, offset }));
        }
    }

    /// Keeps the batch for another try at `at`.
    pub fn repeat(&mut self, at: Instant) {
        self.is_in_flight = false;
        self.retry_at = Some(at);
        if let Some(head) = &mut self.head {
            head.attempt += 1;
        }
    }

    /// Takes a batch that is too large apart, so that its records go in smaller ones; false if it is one record.
    pub fn split(&mut self, now: Instant) -> bool {
        let Some(batch) = self.head.take_if(|batch| batch.tickets.len() > 1) else { return false };
        let records = self.take_apart(batch);
        let size: usize = records.iter().map(|pending| pending.record.size()).sum();
        self.max_bytes = Some(size / 2);
        self.put_back(records, now);
        true
    }

    /// Fails the records of a refused batch that are to blame, by their position in it, and sends the others
    /// again without them (KIP-467). False if that leaves the batch as it was.
    pub fn blame(&mut self, mut blamed: BTreeMap<usize, Arc<Error>>, now: Instant) -> bool {
        let is_there = |batch: &mut Batch| blamed.keys().any(|at| *at < batch.tickets.len());
        let Some(batch) = self.head.take_if(is_there) else { return false };
        let mut others = Vec::new();
        for (at, pending) in self.take_apart(batch).into_iter().enumerate() {
            match blamed.remove(&at) {
                Some(error) => drop(pending.ticket.reply.send(Err(error))),
                None => others.push(pending),
            }
        }
        self.put_back(others, now);
        true
    }

    /// The records of a batch that nobody has taken; its sequence is free again.
    fn take_apart(&mut self, batch: Batch) -> Vec<Pending> {
        self.is_in_flight = false;
        self.retry_at = None;
        self.next_sequence = batch.base_sequence;
        match records_of(&batch.bytes) {
            Ok(records) => {
                let both = records.into_iter().zip(batch.tickets);
                both.map(|(record, ticket)| Pending { record, ticket }).collect()
            }
            Err(error) => {
                let reason = error.to_string();
                let error = Arc::new(Error::Records { what: "take a batch apart".to_owned(), reason });
                for ticket in batch.tickets {
                    let _ = ticket.reply.send(Err(Arc::clone(&error)));
                }
                Vec::new()
            }
        }
    }

    /// Lets records go before all that wait.
    fn put_back(&mut self, records: Vec<Pending>, now: Instant) {
        self.waiting_bytes += records.iter().map(|pending| pending.record.size()).sum::<usize>();
        for pending in records.into_iter().rev() {
            self.waiting.push_front(pending);
        }
        self.oldest = (!self.waiting.is_empty()).then_some(now);
    }

    /// Gives the batch up. Its sequence is free again unless the broker may have taken it.
    pub fn fail(&mut self, error: &Arc<Error>) {
        self.is_in_flight = false;
        self.retry_at = None;
        let Some(batch) = self.head.take() else { return };
        self.next_sequence = batch.base_sequence;
        for ticket in batch.tickets {
            let _ = ticket.reply.send(Err(Arc::clone(error)));
        }
    }

    /// Gives up everything that waits.
    pub fn fail_waiting(&mut self, error: &Arc<Error>) {
        self.waiting_bytes = 0;
        self.oldest = None;
        for pending in self.waiting.drain(..) {
            let _ = pending.ticket.reply.send(Err(Arc::clone(error)));
        }
    }
}

/// The records of a batch that was laid out here.
fn records_of(bytes: &Bytes) -> Result<Vec<NewRecord>, BatchError> {
    let batch = kr_wire::batch::Batch::parse(bytes)?;
    let payload = batch.payload(Limit { max_bytes: usize::MAX, ..Limit::default() })?;
    let copy = |record: Record<'_>| NewRecord {
        key: record.key.map(Bytes::copy_from_slice),
        value: record.value.map(Bytes::copy_from_slice),
        headers: record.headers.clone().map(header).collect(),
        timestamp_ms: Some(record.timestamp_ms),
        ..NewRecord::default()
    };
    payload.records().map(|record| record.map(copy)).collect()
}

fn header((key, value): (&[u8], Option<&[u8]>)) -> Header {
    Header { key: Bytes::copy_from_slice(key), value: value.map(Bytes::copy_from_slice) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kr_wire::batch::BatchHeader;
    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    fn pending(value: &'static str) -> (Pending, oneshot::Receiver<Result<Ack, Arc<Error>>>) {
        let (reply, answer) = oneshot::channel();
        let share = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let record = NewRecord { value: Some(Bytes::from_static(value.as_bytes())), ..NewRecord::default() };
        (Pending { record, ticket: Ticket { reply, _share: share } }, answer)
    }

    fn rules(identity: Option<Identity>) -> BatchRules {
        let deadline = Instant::now() + Duration::from_secs(1);
        BatchRules {
            codec: Codec::None,
            max_bytes: 200,
            identity,
            wall_ms: 5,
            deadline,
            is_transactional: false,
        }
    }

    fn sequence(bytes: &[u8]) -> Option<i32> {
        BatchHeader::parse(bytes).unwrap().base_sequence
    }

    #[test]
    fn sequences_follow_each_other_and_a_repetition_keeps_its_own() {
        let identity = Some(Identity { id: ProducerId(7), epoch: 0 });
        let now = Instant::now();
        let mut queue = PartitionQueue::default();
        let mut answers = Vec::new();
        for value in ["a", "b"] {
            let (pending, answer) = pending(value);
            queue.push(pending, now);
            answers.push(answer);
        }
        let first = queue.take(&rules(identity)).unwrap();
        assert_eq!(queue.ready_at(Duration::ZERO, 1), None);
        queue.repeat(now);
        assert_eq!(queue.take(&rules(identity)).unwrap(), first);
        queue.acknowledge(PartitionId(0), Some(Offset(40)));
        assert_eq!(answers[1].try_recv().unwrap().unwrap().offset, Some(Offset(41)));
        let (next, _answer) = pending("c");
        queue.push(next, now);
        assert_eq!(sequence(&queue.take(&rules(identity)).unwrap()), Some(2));
    }

    #[test]
    fn a_refused_batch_leaves_its_sequence_to_the_next() {
        let identity = Some(Identity { id: ProducerId(7), epoch: 0 });
        let mut queue = PartitionQueue::default();
        let (refused, mut answer) = pending("a");
        queue.push(refused, Instant::now());
        queue.take(&rules(identity)).unwrap();
        queue.fail(&Arc::new(Error::Closed("x")));
        assert!(answer.try_recv().unwrap().is_err());
        let (next, _answer) = pending("b");
        queue.push(next, Instant::now());
        assert_eq!(sequence(&queue.take(&rules(identity)).unwrap()), Some(0));
    }

    #[test]
    fn a_new_identity_starts_at_sequence_0() {
        let mut queue = PartitionQueue::default();
        for epoch in [0, 1] {
            let (record, _answer) = pending("a");
            queue.push(record, Instant::now());
            let bytes = queue.take(&rules(Some(Identity { id: ProducerId(7), epoch }))).unwrap();
            assert_eq!(
                (sequence(&bytes), BatchHeader::parse(&bytes).unwrap().producer_epoch),
                (Some(0), epoch)
            );
            queue.acknowledge(PartitionId(0), None);
        }
    }

    #[test]
    fn a_batch_that_is_too_large_is_split_down_to_single_records() {
        let identity = Some(Identity { id: ProducerId(7), epoch: 0 });
        let mut queue = PartitionQueue::default();
        let mut answers = Vec::new();
        for value in ["first record", "second record", "third record"] {
            let (record, answer) = pending(value);
            queue.push(record, Instant::now());
            answers.push(answer);
        }
        let mut counts = Vec::new();
        loop {
            let bytes = queue.take(&rules(identity)).unwrap();
            let header = BatchHeader::parse(&bytes).unwrap();
            assert_eq!(header.base_sequence, Some(0), "nothing was written");
            counts.push(header.count);
            if !queue.split(Instant::now()) {
                break;
            }
        }
        assert_eq!((counts[0], counts[counts.len() - 1]), (3, 1));
        queue.fail(&Arc::new(Error::Closed("x")));
        assert!(answers[0].try_recv().unwrap().is_err());
        queue.take(&rules(identity)).unwrap();
        queue.acknowledge(PartitionId(0), Some(Offset(5)));
        assert_eq!(answers[1].try_recv().unwrap().unwrap().offset, Some(Offset(5)));
    }

    /// KIP-467.
    #[test]
    fn records_to_blame_fail_alone_and_the_others_go_again() {
        let identity = Some(Identity { id: ProducerId(7), epoch: 0 });
        let mut queue = PartitionQueue::default();
        let mut answers = Vec::new();
        for value in ["a", "b", "c"] {
            let (record, answer) = pending(value);
            queue.push(record, Instant::now());
            answers.push(answer);
        }
        queue.take(&rules(identity)).unwrap();
        let blamed = |at: usize| BTreeMap::from([(at, Arc::new(Error::Closed("x")))]);
        assert!(!queue.blame(blamed(3), Instant::now()), "there is no fourth");
        assert!(queue.blame(blamed(1), Instant::now()));
        assert!(answers[1].try_recv().unwrap().is_err());
        let again = queue.take(&rules(identity)).unwrap();
        let header = BatchHeader::parse(&again).unwrap();
        assert_eq!((header.count, header.base_sequence), (2, Some(0)));
        queue.acknowledge(PartitionId(0), Some(Offset(5)));
        let offsets = [0, 2].map(|at: usize| answers[at].try_recv().unwrap().unwrap().offset);
        assert_eq!(offsets, [Some(Offset(5)), Some(Offset(6))]);
        assert!(queue.is_idle());
    }

    #[test]
    fn a_batch_of_which_all_are_to_blame_leaves_nothing_behind() {
        let mut queue = PartitionQueue::default();
        let (record, mut answer) = pending("a");
        queue.push(record, Instant::now());
        queue.take(&rules(None)).unwrap();
        assert!(queue.blame(BTreeMap::from([(0, Arc::new(Error::Closed("x")))]), Instant::now()));
        assert!(answer.try_recv().unwrap().is_err());
        assert!(queue.is_idle() && queue.ready_at(Duration::ZERO, 1).is_none());
    }

    #[test]
    fn a_batch_is_closed_before_it_exceeds_its_size() {
        let mut queue = PartitionQueue::default();
        let mut answers = Vec::new();
        for _ in 0..10 {
            let (record, answer) = pending("twenty bytes of text");
            queue.push(record, Instant::now());
            answers.push(answer);
        }
        let bytes = queue.take(&rules(None)).unwrap();
        assert!(bytes.len() <= 200, "{}", bytes.len());
        assert!(BatchHeader::parse(&bytes).unwrap().count >= 2);
        assert!(!queue.is_idle());
    }
}

//! The most recent batches of all logs of a node, in memory, as shared bytes.
//!
//! Followers and most consumers read what was just appended: they get the bytes of the append without a disk
//! read and, when one append answers the read, without a copy. What was appended first, in any log, is given
//! up first; each log has a share that it cannot exceed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use kr_wire::batch::Batches;
use kr_wire::ids::Offset;

/// What an entry costs beside its bytes, about.
const ENTRY_OVERHEAD: usize = 64;

/// Recent batches of the logs that share it. Clones are the same cache.
#[derive(Clone, Debug)]
pub struct TailCache {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    max_bytes: usize,
    max_bytes_per_log: usize,
    bytes: usize,
    next_log: u64,
    logs: BTreeMap<u64, LogTail>,
    /// The log of each entry, in the order of appends. An entry that its log dropped leaves a name too many
    /// here, which only makes that log give up an entry early.
    order: VecDeque<u64>,
}

/// The tail of one log: what was appended last, without gaps.
#[derive(Debug, Default)]
struct LogTail {
    entries: VecDeque<Entry>,
    bytes: usize,
}

/// What one append wrote.
#[derive(Debug)]
struct Entry {
    base: Offset,
    next: Offset,
    batches: Bytes,
}

/// What is asked of a log: whole batches from the one that holds `from`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// An offset of the first batch.
    pub from: Offset,
    /// Batches that end above are left out.
    pub below: Offset,
    /// The batches together are no larger.
    pub max_bytes: usize,
    /// Whether the first batch may exceed `max_bytes`.
    pub at_least_one: bool,
}

impl TailCache {
    /// A cache for the logs of one node: at most `max_bytes` in all and `max_bytes_per_log` of one.
    pub fn new(max_bytes: usize, max_bytes_per_log: usize) -> Self {
        let shared = Shared {
            max_bytes,
            max_bytes_per_log: max_bytes_per_log.min(max_bytes),
            bytes: 0,
            next_log: 0,
            logs: BTreeMap::new(),
            order: VecDeque::new(),
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Bytes held now.
    pub fn bytes(&self) -> usize {
        self.shared().bytes
    }

    /// A log's share in the cache.
    pub(crate) fn join(&self) -> Tail {
        let mut shared = self.shared();
        let log = shared.next_log;
        shared.next_log += 1;
        Tail { cache: self.clone(), log }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic elsewhere leaves at worst a wrong sum, and the bytes are copies.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A log's share in the cache; given back when dropped.
#[derive(Debug)]
pub(crate) struct Tail {
    cache: TailCache,
    log: u64,
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Tail {
    /// Adds what was appended from `base` up to `next`.
    pub(crate) fn push(&self, base: Offset, next: Offset, batches: Bytes) {
        let shared = &mut *self.cache.shared();
        let cost = batches.len() + ENTRY_OVERHEAD;
        if cost > shared.max_bytes_per_log {
            // A gap must not be: what was before is of no use any more.
            shared.drop_log(self.log);
            return;
        }
        let tail = shared.logs.entry(self.log).or_default();
        tail.entries.push_back(Entry { base, next, batches });
        tail.bytes += cost;
        shared.bytes += cost;
        shared.order.push_back(self.log);
        while shared.logs.get(&self.log).is_some_and(|tail| tail.bytes > shared.max_bytes_per_log) {
            shared.drop_oldest(self.log);
        }
        while shared.bytes > shared.max_bytes {
            let Some(log) = shared.order.pop_front() else { break };
            shared.drop_oldest(log);
        }
        // Names of entries that are gone: bounded by the entries that are there.
        while shared.order.len() > 2 * shared.bytes / ENTRY_OVERHEAD + 16 {
            let Some(log) = shared.order.pop_front() else { break };
            shared.drop_oldest(log);
        }
    }

    /// Forgets everything of the log.
    pub(crate) fn clear(&self) {
        self.cache.shared().drop_log(self.log);
    }

    /// Reads from memory; `None` when the span begins before the tail.
    pub(crate) fn read(&self, span: Span) -> Option<Bytes> {
        let shared = self.cache.shared();
        let tail = shared.logs.get(&self.log)?;
        if tail.entries.front()?.base > span.from {
            return None;
        }
        let first = tail.entries.partition_point(|entry| entry.next <= span.from);
        let mut pieces: Vec<Bytes> = Vec::new();
        let mut left = Span { ..span };
        for entry in tail.entries.range(first..) {
            let (piece, ended) = entry.read(&left);
            left.max_bytes = left.max_bytes.saturating_sub(piece.len());
            left.at_least_one = left.at_least_one && piece.is_empty();
            if !piece.is_empty() {
                pieces.push(piece);
            }
            if ended {
                break;
            }
        }
        Some(concatenated(pieces))
    }
}

impl Entry {
    /// The batches of a span in this entry, and whether the span ends in it.
    fn read(&self, span: &Span) -> (Bytes, bool) {
        if span.from <= self.base && self.next <= span.below && self.batches.len() <= span.max_bytes {
            return (self.batches.clone(), false);
        }
        let (start, end, ended) = select(&self.batches, span);
        (self.batches.slice(start..end), ended)
    }
}

/// Where the batches of a span start and end in bytes that hold whole batches, and whether one was left out
/// at the end.
pub(crate) fn select(bytes: &[u8], span: &Span) -> (usize, usize, bool) {
    let (mut start, mut end) = (None, 0);
    for batch in Batches::new(bytes).map_while(Result::ok) {
        let next = batch.header.next_offset();
        let range = batch.range();
        if next <= span.from {
            end = range.end;
            continue;
        }
        let from = *start.get_or_insert(range.start);
        let is_first = from == range.start;
        if next > span.below || (range.end - from > span.max_bytes && !(is_first && span.at_least_one)) {
            return (from, range.start, true);
        }
        end = range.end;
    }
    (start.unwrap_or(end), end, false)
}

fn concatenated(mut pieces: Vec<Bytes>) -> Bytes {
    if pieces.len() < 2 {
        return pieces.pop().unwrap_or_default();
    }
    let mut all = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    for piece in pieces {
        all.extend_from_slice(&piece);
    }
    all.freeze()
}

impl Shared {
    fn drop_oldest(&mut self, log: u64) {
        let Some(tail) = self.logs.get_mut(&log) else { return };
        if let Some(entry) = tail.entries.pop_front() {
            let cost = entry.batches.len() + ENTRY_OVERHEAD;
            tail.bytes -= cost;
            self.bytes -= cost;
        }
        if tail.entries.is_empty() {
            self.logs.remove(&log);
        }
    }

    fn drop_log(&mut self, log: u64) {
        if let Some(tail) = self.logs.remove(&log) {
            self.bytes -= tail.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::batch::BatchBuilder;

    use super::*;

    fn batch(base: i64, records: usize) -> Bytes {
        let mut builder = BatchBuilder::new(Offset(base));
        for _ in 0..records {
            builder.push(0, None, Some(&[0; 50]), &[]);
        }
        builder.build()
    }

    fn push(tail: &Tail, base: i64, records: usize) {
        tail.push(Offset(base), Offset(base + records as i64), batch(base, records));
    }

    fn span(from: i64, below: i64, max_bytes: usize, at_least_one: bool) -> Span {
        Span { from: Offset(from), below: Offset(below), max_bytes, at_least_one }
    }

    fn bases(bytes: &Bytes) -> Vec<i64> {
        Batches::new(bytes).map(|batch| batch.unwrap().header.base_offset.0).collect()
    }

    /// Batches of two records at 0, 2, 4, 6, 8.
    fn five(cache: &TailCache) -> Tail {
        let tail = cache.join();
        (0..5).for_each(|n| push(&tail, 2 * n, 2));
        tail
    }

    #[test]
    fn read_returns_whole_batches_within_its_limits() {
        let tail = five(&TailCache::new(1 << 20, 1 << 20));
        let one = batch(0, 2).len();
        let read =
            |from, below, max, at_least_one| bases(&tail.read(span(from, below, max, at_least_one)).unwrap());
        assert_eq!(read(0, 10, 1 << 20, false), [0, 2, 4, 6, 8]);
        assert_eq!(read(3, 10, 1 << 20, false), [2, 4, 6, 8]);
        assert_eq!(read(3, 7, 1 << 20, false), [2, 4], "the batch at 6 ends above");
        assert_eq!(read(2, 10, 2 * one + 1, false), [2, 4]);
        assert_eq!(read(2, 10, one - 1, false), [0; 0]);
        assert_eq!(read(2, 10, one - 1, true), [2]);
        assert_eq!(read(2, 3, one - 1, true), [0; 0], "nothing above the bound, whatever is asked");
        assert_eq!(read(10, 10, one, true), [0; 0]);
    }

    #[test]
    fn read_of_one_append_shares_its_bytes() {
        let cache = TailCache::new(1 << 20, 1 << 20);
        let tail = cache.join();
        let bytes = batch(0, 3);
        tail.push(Offset(0), Offset(3), bytes.clone());
        assert_eq!(tail.read(span(0, 3, 1 << 20, false)).unwrap().as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn span_before_the_tail_is_not_answered() {
        let cache = TailCache::new(1 << 20, 1 << 20);
        let tail = cache.join();
        assert!(tail.read(span(0, 10, 100, true)).is_none());
        push(&tail, 4, 2);
        assert!(tail.read(span(3, 10, 100, true)).is_none());
        assert!(tail.read(span(4, 10, 1000, true)).is_some());
        tail.clear();
        assert!(tail.read(span(4, 10, 1000, true)).is_none());
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn oldest_append_of_any_log_goes_first() {
        let one = batch(0, 2).len() + ENTRY_OVERHEAD;
        let cache = TailCache::new(3 * one, 3 * one);
        let (a, b) = (cache.join(), cache.join());
        push(&a, 0, 2);
        push(&b, 0, 2);
        push(&a, 2, 2);
        push(&b, 2, 2);
        assert_eq!(cache.bytes(), 3 * one);
        assert!(a.read(span(0, 4, 1000, true)).is_none());
        assert!(a.read(span(2, 4, 1000, true)).is_some());
        assert!(b.read(span(0, 4, 1000, true)).is_some());
        drop(b);
        assert_eq!(cache.bytes(), one);
    }

    #[test]
    fn log_does_not_exceed_its_share() {
        let one = batch(0, 2).len() + ENTRY_OVERHEAD;
        let cache = TailCache::new(100 * one, 2 * one);
        let tail = five(&cache);
        assert_eq!(cache.bytes(), 2 * one);
        assert_eq!(bases(&tail.read(span(6, 10, 1000, true)).unwrap()), [6, 8]);
        push(&tail, 10, 1000);
        assert!(tail.read(span(8, 10, 1000, true)).is_none(), "too large an append leaves no tail");
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn names_of_entries_that_are_gone_do_not_pile_up() {
        let cache = TailCache::new(1 << 20, 1 << 20);
        let tail = cache.join();
        for n in 0..10_000 {
            push(&tail, n, 1);
            tail.clear();
        }
        assert!(cache.shared().order.len() < 100);
    }
}

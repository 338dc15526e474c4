//! The most recent batches of all logs of a node, in memory, as shared bytes.
//!
//! Followers and most consumers read what was just appended: they get the bytes of the append without a disk read and
//! without a copy. What was appended first, in any log, is given up first; each log has a share it cannot exceed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kr_wire::ids::Offset;

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
    /// The log of each entry, in the order of appends. An entry that its log dropped leaves a name too many here,
    /// which only makes the log give up its oldest one early.
    order: VecDeque<u64>,
}

#[derive(Debug, Default)]
struct LogTail {
    entries: VecDeque<Entry>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Entry {
    base: Offset,
    next: Offset,
    batches: Bytes,
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
}

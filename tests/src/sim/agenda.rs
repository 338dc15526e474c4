//! Virtual time: what happens when. Things due at the same moment happen in the order in which they were planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_log::DiskFile;
use kr_node::FlushToken;

use super::net::{ConnectionId, Way};

/// Microseconds in a millisecond.
pub const MS: u64 = 1000;

/// Something that will happen.
#[derive(Debug)]
pub enum Item {
    /// A connection attempt reaches the server's machine.
    Syn(ConnectionId),
    /// The next parcel of a connection reaches its other end.
    Arrive(ConnectionId, Way),
    /// The disk has done a flush.
    Flushed {
        /// Whose.
        node: i32,
        /// In which of its lives.
        life: u64,
        /// Which flush.
        token: FlushToken,
        /// What is still to be synced; empty when the disk was quick and the answer slow.
        files: Vec<Arc<dyn DiskFile>>,
    },
    /// A machine starts its process.
    Start(i32),
    /// A process goes on after a pause.
    Resume(i32),
    /// A client looks for something to do.
    Client(usize),
    /// A fault may happen.
    Fault,
    /// A cut of the network heals.
    Heal(u64),
    /// A full disk has room again.
    Freed(i32),
    /// A crash that was to happen in the middle of a disk operation happens all the same.
    Crash {
        /// Whose.
        node: i32,
        /// In which of its lives.
        life: u64,
    },
}

/// What will happen, and the clock.
#[derive(Debug, Default)]
pub struct Agenda {
    now: u64,
    planned: u64,
    items: BTreeMap<(u64, u64), Item>,
}

impl Agenda {
    /// The moment, in microseconds since the run began.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Plans an item for a moment that is not past.
    pub fn at(&mut self, at: u64, item: Item) {
        self.planned += 1;
        self.items.insert((at.max(self.now), self.planned), item);
    }

    /// Plans an item for some microseconds from now.
    pub fn after(&mut self, delay: u64, item: Item) {
        self.at(self.now + delay, item);
    }

    /// When the next item is due.
    pub fn next_at(&self) -> Option<u64> {
        self.items.first_key_value().map(|((at, _), _)| *at)
    }

    /// Moves the clock on.
    pub fn advance(&mut self, to: u64) {
        self.now = self.now.max(to);
    }

    /// Takes the next item and moves the clock to it.
    pub fn take(&mut self) -> Option<Item> {
        let ((at, _), item) = self.items.pop_first()?;
        self.advance(at);
        Some(item)
    }
}

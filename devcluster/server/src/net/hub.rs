//! What all sockets of one node share: the event queue, the tables of connections and links, and budgets.
//!
//! Everything here is used by the node's thread alone, so it is cells and no locks.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;

use kr_node::{ConnId, Event, LinkId};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::limits::Limits;
use crate::net::channel::Channel;

/// Read at once from a socket. One buffer serves all: an idle connection holds no memory for reading.
const SCRATCH_BYTES: usize = 64 * 1024;

/// An outbound connection, or the attempt to make one.
pub(crate) struct Link {
    pub(crate) task: AbortHandle,
    pub(crate) channel: Option<Rc<Channel>>,
}

/// The shared state of one node's sockets.
pub(crate) struct Hub {
    pub(crate) limits: Limits,
    /// Bounded by what the channels may have unanswered, plus what one read of each brings.
    pub(crate) events: RefCell<VecDeque<Event>>,
    /// Wakes the node's loop.
    pub(crate) wake: Notify,
    pub(crate) conns: RefCell<HashMap<ConnId, Rc<Channel>>>,
    pub(crate) links: RefCell<HashMap<LinkId, Link>>,
    pub(crate) scratch: RefCell<Box<[u8]>>,
    /// Request bytes that came in and are not answered, of all connections.
    held: Cell<usize>,
    /// Channels that are not read because too much is held.
    starved: RefCell<Vec<Rc<Channel>>>,
    /// Seconds during which this node ran; a paused node's clock of patience stands still.
    pub(crate) seconds: Cell<u64>,
    last_conn: Cell<u64>,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            events: RefCell::default(),
            wake: Notify::new(),
            conns: RefCell::default(),
            links: RefCell::default(),
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            held: Cell::new(0),
            starved: RefCell::default(),
            seconds: Cell::new(0),
            last_conn: Cell::new(0),
        }
    }

    /// Queues an event and wakes the loop.
    pub(crate) fn push(&self, event: Event) {
        self.events.borrow_mut().push_back(event);
        self.wake.notify_one();
    }

    /// Names a new inbound connection.
    pub(crate) fn next_conn(&self) -> ConnId {
        self.last_conn.set(self.last_conn.get() + 1);
        ConnId(self.last_conn.get())
    }

    /// Inbound connections from this address.
    pub(crate) fn conns_from(&self, ip: IpAddr) -> usize {
        self.conns.borrow().values().filter(|channel| channel.remote == ip).count()
    }

    /// The inbound connection that has waited longest without ever sending a whole request.
    pub(crate) fn oldest_silent(&self) -> Option<(ConnId, Rc<Channel>)> {
        let conns = self.conns.borrow();
        let silent = conns.iter().filter(|(_, channel)| channel.requests.get() == 0);
        silent.min_by_key(|(conn, _)| **conn).map(|(conn, channel)| (*conn, channel.clone()))
    }

    pub(crate) fn hold(&self, bytes: usize) {
        self.held.set(self.held.get() + bytes);
    }

    /// Gives back what [`Hub::hold`] took, and lets starved channels read again.
    pub(crate) fn release(&self, bytes: usize) {
        self.held.set(self.held.get().saturating_sub(bytes));
        if !self.is_full() && !self.starved.borrow().is_empty() {
            for channel in self.starved.take() {
                channel.changed.notify_one();
            }
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.held.get() >= self.limits.held_max_bytes
    }

    /// Wakes the channel when there is room again.
    pub(crate) fn starve(&self, channel: &Rc<Channel>) {
        let mut starved = self.starved.borrow_mut();
        if !starved.iter().any(|other| Rc::ptr_eq(other, channel)) {
            starved.push(channel.clone());
        }
    }
}

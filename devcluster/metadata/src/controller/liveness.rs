//! Sessions of brokers: who was heard of when, and what they had seen by then.
//!
//! Soft state of the active controller: it is in no record and starts anew with each activation. What follows
//! from a session's end is decided elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::{BrokerEpoch, NodeId, Offset};
use kr_wire::time::Mono;

use crate::image::{Broker, Image};

/// One broker's session.
#[derive(Clone, Copy, Debug)]
struct Session {
    epoch: BrokerEpoch,
    ends: Mono,
    /// Last metadata offset the broker had applied; -1 before its first heartbeat.
    metadata_offset: i64,
    /// Offset of the last record that took leaderships from a broker that is shutting down.
    shutdown_offset: Option<Offset>,
}

/// The sessions of all brokers.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    sessions: BTreeMap<NodeId, Session>,
    registered_at: BTreeMap<NodeId, Offset>,
}

impl Liveness {
    /// Gives every registered broker a full session.
    pub fn restart(&mut self, image: &Image, ends: Mono) {
        let session =
            |b: &Broker| (b.id, Session { epoch: b.epoch, ends, metadata_offset: -1, shutdown_offset: None });
        self.sessions = image.brokers().map(session).collect();
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A broker was heard of.
    pub fn touch(&mut self, id: NodeId, epoch: BrokerEpoch, ends: Mono, metadata_offset: i64) {
        let kept = self.sessions.get(&id).filter(|s| s.epoch == epoch);
        let shutdown_offset = kept.and_then(|s| s.shutdown_offset);
        self.sessions.insert(id, Session { epoch, ends, metadata_offset, shutdown_offset });
    }

    /// A broker's process is gone or replaced.
    pub fn remove(&mut self, id: NodeId) {
        self.sessions.remove(&id);
    }

    /// Ends a broker's session at that time, unless it ends before or the broker is heard of again.
    pub fn shorten(&mut self, id: NodeId, ends: Mono) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.ends = session.ends.min(ends);
        }
    }

    /// A broker's session does not end before that time.
    pub fn prolong(&mut self, id: NodeId, epoch: BrokerEpoch, ends: Mono) {
        if let Some(session) = self.sessions.get_mut(&id).filter(|s| s.epoch == epoch) {
            session.ends = session.ends.max(ends);
        }
    }

    /// Whether this incarnation has been heard of lately.
    pub fn is_alive(&self, id: NodeId, epoch: BrokerEpoch, now: Mono) -> bool {
        self.sessions.get(&id).is_some_and(|s| s.epoch == epoch && now < s.ends)
    }

    /// Whether this incarnation has said nothing yet to this active controller.
    pub fn is_unheard(&self, id: NodeId, epoch: BrokerEpoch) -> bool {
        self.sessions.get(&id).is_some_and(|s| s.epoch == epoch && s.metadata_offset < 0)
    }

    /// When a broker's session ends; one that was never heard of has none.
    fn ends(&self, broker: &Broker) -> Option<Mono> {
        self.sessions.get(&broker.id).filter(|s| s.epoch == broker.epoch).map(|s| s.ends)
    }

    /// The unfenced broker whose session ended first.
    pub fn stalest(&self, image: &Image, now: Mono) -> Option<NodeId> {
        let unfenced = image.brokers().filter(|b| !b.fenced);
        let ended = unfenced.filter_map(|b| Some((self.ends(b)?, b.id))).filter(|(ends, _)| *ends <= now);
        ended.min().map(|(_, id)| id)
    }

    /// When the next session of an unfenced broker ends.
    pub fn next_end(&self, image: &Image) -> Option<Mono> {
        image.brokers().filter(|b| !b.fenced).filter_map(|b| self.ends(b)).min()
    }

    /// Where a broker's registration stands in the log.
    pub fn set_registered_at(&mut self, id: NodeId, offset: Offset) {
        self.registered_at.insert(id, offset);
    }

    /// The offset a broker must have applied to have seen its own registration.
    pub fn registered_at(&self, broker: &Broker) -> Offset {
        // A snapshot does not say; the epoch is the offset at which the registration's batch began.
        let floor = Offset(broker.epoch.0);
        self.registered_at.get(&broker.id).copied().filter(|at| *at >= floor).unwrap_or(floor)
    }

    /// Remembers the last record that took leaderships from a broker that is shutting down.
    pub fn set_shutdown_offset(&mut self, id: NodeId, offset: Offset) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.shutdown_offset.get_or_insert(offset);
        }
    }

    /// Whether all active brokers have seen that a broker leads nothing any more.
    pub fn may_stop(&self, id: NodeId, image: &Image) -> bool {
        let Some(offset) = self.sessions.get(&id).and_then(|s| s.shutdown_offset) else {
            return false;
        };
        image
            .brokers()
            .filter(|b| b.is_active())
            .all(|b| self.sessions.get(&b.id).is_some_and(|s| s.metadata_offset >= offset.0))
    }
}

/// The end of a session that is renewed now.
pub(super) fn session_end(now: Mono, timeout: Duration) -> Mono {
    now + timeout
}

//! Requests under way: at most one per peer, with a timeout, and a pause after a failure.
//!
//! Source: Kafka's `RequestManager`. Whom to ask what is decided elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::time::Mono;

use crate::event::CallId;
use crate::log_view::SnapshotId;
use crate::output::Peer;

/// What was asked, as far as the answer cannot be understood without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A vote or a pre-vote.
    Vote { pre_vote: bool },
    /// To follow.
    BeginQuorumEpoch,
    /// To elect another.
    EndQuorumEpoch,
    /// Records after this position of our log.
    Fetch { offset: Offset, last_epoch: LeaderEpoch },
    /// Bytes of a snapshot.
    FetchSnapshot { snapshot: SnapshotId },
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Busy { call: CallId, asked: Asked, deadline: Mono },
    Pausing { until: Mono },
}

/// All peers that are busy or pause; the others are ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    next: u64,
    links: BTreeMap<Peer, Link>,
    failures: BTreeMap<Peer, u32>,
    /// Rises whenever calls are given up.
    generation: u64,
}

impl Calls {
    /// Gives up all calls and pauses: what was asked belongs to a state that is left.
    pub(crate) fn reset(&mut self) {
        self.links.clear();
        self.failures.clear();
        self.generation += 1;
    }

    /// Returns a number that differs after every [`Calls::reset`].
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the peer may be asked something now.
    pub(crate) fn is_ready(&self, peer: Peer) -> bool {
        !self.links.contains_key(&peer)
    }

    /// Whether the peer's last call failed and it is too early for another.
    pub(crate) fn is_pausing(&self, peer: Peer) -> bool {
        matches!(self.links.get(&peer), Some(Link::Pausing { .. }))
    }

    /// Whether a fetch is under way to anyone but `except`.
    pub(crate) fn is_fetching_elsewhere(&self, except: Option<Peer>) -> bool {
        self.links.iter().any(|(peer, link)| {
            Some(*peer) != except && matches!(link, Link::Busy { asked: Asked::Fetch { .. }, .. })
        })
    }

    /// Notes a call to a ready peer and numbers it.
    pub(crate) fn start(&mut self, peer: Peer, asked: Asked, deadline: Mono) -> CallId {
        self.next += 1;
        let call = CallId(self.next);
        self.links.insert(peer, Link::Busy { call, asked, deadline });
        call
    }

    /// Ends a call that was answered or failed; `None` if it was given up before.
    pub(crate) fn finish(&mut self, call: CallId) -> Option<(Peer, Asked)> {
        let found = self.links.iter().find_map(|(peer, link)| match link {
            Link::Busy { call: busy, asked, .. } if *busy == call => Some((*peer, *asked)),
            _ => None,
        })?;
        self.links.remove(&found.0);
        Some(found)
    }

    /// Ends the peer's call, if any, without an answer.
    pub(crate) fn abandon(&mut self, peer: Peer) -> Option<Asked> {
        match self.links.get(&peer) {
            Some(Link::Busy { asked, .. }) => {
                let asked = *asked;
                self.links.remove(&peer);
                Some(asked)
            }
            _ => None,
        }
    }

    /// Pauses a peer, doubling from `first` to `longest` while it keeps failing.
    pub(crate) fn pause(&mut self, peer: Peer, first: Duration, longest: Duration, now: Mono) {
        let failures = self.failures.entry(peer).or_default();
        let span = first.saturating_mul(1 << (*failures).min(16)).min(longest.max(first));
        *failures += 1;
        self.links.insert(peer, Link::Pausing { until: now + span });
    }

    /// Notes that a peer answered properly.
    pub(crate) fn succeeded(&mut self, peer: Peer) {
        self.failures.remove(&peer);
    }

    /// Ends pauses that are over and returns a peer whose call is too old.
    pub(crate) fn expire(&mut self, now: Mono) -> Option<(Peer, Asked)> {
        self.links.retain(|_, link| !matches!(link, Link::Pausing { until } if *until <= now));
        let (peer, asked) = self.links.iter().find_map(|(peer, link)| match link {
            Link::Busy { asked, deadline, .. } if *deadline <= now => Some((*peer, *asked)),
            _ => None,
        })?;
        self.links.remove(&peer);
        Some((peer, asked))
    }

    /// Returns when [`Calls::expire`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.links
            .values()
            .map(|link| match link {
                Link::Busy { deadline, .. } => *deadline,
                Link::Pausing { until } => *until,
            })
            .min()
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::NodeId;

    use super::*;

    const PEER: Peer = Peer::Node(NodeId(2));

    #[test]
    fn answer_of_a_call_given_up_is_unknown() {
        let mut calls = Calls::default();
        let call = calls.start(PEER, Asked::BeginQuorumEpoch, Mono(10));
        calls.reset();
        assert_eq!(calls.finish(call), None);
        assert!(calls.is_ready(PEER));
    }

    #[test]
    fn old_call_expires() {
        let mut calls = Calls::default();
        calls.start(PEER, Asked::BeginQuorumEpoch, Mono(10));
        assert_eq!(calls.expire(Mono(9)), None);
        assert_eq!(calls.expire(Mono(10)), Some((PEER, Asked::BeginQuorumEpoch)));
    }

    #[test]
    fn pause_doubles_up_to_its_limit_until_success() {
        let mut calls = Calls::default();
        let pause = |calls: &mut Calls| {
            calls.pause(PEER, Duration::from_micros(10), Duration::from_micros(30), Mono(0));
            calls.next_deadline()
        };
        assert_eq!(pause(&mut calls), Some(Mono(10)));
        assert_eq!(pause(&mut calls), Some(Mono(20)));
        assert_eq!(pause(&mut calls), Some(Mono(30)));
        calls.succeeded(PEER);
        assert_eq!(pause(&mut calls), Some(Mono(10)));
    }
}

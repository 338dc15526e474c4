//! A member of a classic group: what it supports, what it was assigned, and the request it waits on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::{JoinGroupResponse, SyncGroupResponse};

use crate::effects::Effects;
use crate::request::{GroupResponse, join_error};
use crate::shard::Token;

/// A way of assigning partitions that a member supports, with its subscription for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) name: String,
    pub(crate) metadata: Bytes,
}

/// A parked request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) token: Token,
    pub(crate) api_version: i16,
}

/// The request of a member that is parked, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// None.
    Nothing,
    /// A JoinGroup, until the join phase ends.
    Join(Waiter),
    /// A SyncGroup, until the leader's assignment is stored.
    Sync(Waiter),
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: Arc<str>,
    pub(crate) instance_id: Option<Arc<str>>,
    pub(crate) client_id: String,
    pub(crate) client_host: String,
    pub(crate) session_timeout: Duration,
    pub(crate) rebalance_timeout: Duration,
    /// In the member's order of preference.
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) assignment: Bytes,
    /// Whether its first JoinGroup is still parked: it cannot send heartbeats yet.
    pub(crate) is_new: bool,
    pub(crate) waiting: Waiting,
}

impl Member {
    /// Whether a JoinGroup of the member is parked.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self.waiting, Waiting::Join(_))
    }

    /// Whether the member sent exactly these protocols before.
    pub(crate) fn supports_exactly(&self, protocols: &[Protocol]) -> bool {
        self.protocols == protocols
    }

    /// Whether the member supports a protocol.
    pub(crate) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|p| p.name == protocol)
    }

    /// The subscription for a protocol; empty when the member does not support it.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        let found = self.protocols.iter().find(|p| p.name == protocol);
        found.map(|p| p.metadata.clone()).unwrap_or_default()
    }

    /// Parks a request. One that was parked before is told to join again: its client gave it up.
    pub(crate) fn wait(&mut self, waiting: Waiting, fx: &mut Effects) {
        self.refuse(ErrorCode::REBALANCE_IN_PROGRESS, fx);
        self.waiting = waiting;
    }

    /// Answers the parked JoinGroup, if there is one; says whether there was.
    pub(crate) fn answer_join(&mut self, response: JoinGroupResponse, fx: &mut Effects) -> bool {
        let Waiting::Join(waiter) = self.waiting else { return false };
        self.waiting = Waiting::Nothing;
        fx.reply(waiter.token, GroupResponse::Join(response));
        true
    }

    /// Answers the parked SyncGroup, if there is one; says whether there was.
    pub(crate) fn answer_sync(&mut self, response: SyncGroupResponse, fx: &mut Effects) -> bool {
        let Waiting::Sync(waiter) = self.waiting else { return false };
        self.waiting = Waiting::Nothing;
        fx.reply(waiter.token, GroupResponse::Sync(response));
        true
    }

    /// Answers whatever is parked with an error.
    pub(crate) fn refuse(&mut self, error: ErrorCode, fx: &mut Effects) {
        match self.waiting {
            Waiting::Nothing => {}
            Waiting::Join(waiter) => {
                // A member that is not known any more starts over without an id.
                let known = error != ErrorCode::UNKNOWN_MEMBER_ID;
                let id = if known { &*self.id } else { "" };
                self.answer_join(join_error(id, error, waiter.api_version), fx);
            }
            Waiting::Sync(_) => {
                self.answer_sync(SyncGroupResponse::default().with_error_code(error.0), fx);
            }
        }
    }
}

//! A group of the classic protocol (KIP-62, KIP-345, KIP-394, KIP-814): who is in it and in which phase
//! it is. Kafka: `ClassicGroup`.
//!
//! ```text
//!            join                    all joined, or time up
//!   Empty ---------> PreparingRebalance ------------------> CompletingRebalance
//!     ^                |      ^    ^                          |          |
//!     |  nobody joined |      |    |   join, leave, no sync   |          | assignment stored
//!     +----------------+      |    +--------------------------+          v
//!                             +-------------------------------------- Stable
//! ```
//!
//! A group that is deleted leaves the shard's map; there is no dead state. Offsets are kept elsewhere.
//! The phases change the group at once; only what [`recorded`](ClassicGroup::recorded) says survives a
//! change of leader.

mod describe;
mod join;
mod leave;
mod member;
mod rebalance;
mod record;
mod session;
mod sync;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;

use crate::appends::AppendId;

pub(crate) use describe::describe_unknown;
pub(crate) use join::Joining;
pub(crate) use leave::leaving;
pub(crate) use member::{Member, Protocol, Waiter, Waiting};
pub(crate) use record::tombstone;

/// Protocol type of consumers, whose subscriptions the coordinator can read.
const CONSUMER: &str = "consumer";

/// The first join phase after a group was empty, which waits for more members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InitialDelay {
    /// The delay that runs now.
    delay: Duration,
    /// How much longer it may be extended.
    remaining: Duration,
    /// Whether somebody joined during it.
    member_added: bool,
}

/// Members of a generation that the coordinator has not heard of since it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsynced(BTreeSet<Arc<str>>);

/// The phase a group is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No members.
    Empty,
    /// Members are joining.
    PreparingRebalance {
        /// Set when the group was empty before.
        initial: Option<InitialDelay>,
    },
    /// The leader is assigning.
    CompletingRebalance {
        /// Members yet to sync.
        unsynced: Unsynced,
        /// The append of the assignment, once the leader has sent it.
        storing: Option<AppendId>,
    },
    /// Every member may know its assignment.
    Stable {
        /// Members yet to sync.
        unsynced: Unsynced,
    },
}

impl Phase {
    /// The name Kafka shows.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance { .. } => "PreparingRebalance",
            Self::CompletingRebalance { .. } => "CompletingRebalance",
            Self::Stable { .. } => "Stable",
        }
    }
}

/// A classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClassicGroup {
    id: Arc<str>,
    generation: i32,
    /// `None` until the first member joined: a group that only holds offsets.
    protocol_type: Option<String>,
    protocol: Option<String>,
    leader: Option<Arc<str>>,
    members: BTreeMap<Arc<str>, Member>,
    /// Member id by `group.instance.id`.
    static_members: BTreeMap<Arc<str>, Arc<str>>,
    /// Member ids that were handed out and not yet used.
    pending: BTreeSet<Arc<str>>,
    phase: Phase,
    /// Wall clock of the last change of phase; `None` when read from a record that had none.
    phase_since_ms: Option<i64>,
    /// Topics the members subscribed to, where they can be read.
    subscribed: Option<BTreeSet<String>>,
}

impl ClassicGroup {
    /// A group without members.
    pub(crate) fn new(id: Arc<str>, wall_ms: i64) -> Self {
        Self {
            id,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            static_members: BTreeMap::new(),
            pending: BTreeSet::new(),
            phase: Phase::Empty,
            phase_since_ms: Some(wall_ms),
            subscribed: None,
        }
    }

    /// Whether the group has no members and nobody is joining.
    pub(crate) fn is_empty(&self) -> bool {
        self.phase == Phase::Empty
    }

    /// Whether nobody has been in a generation yet.
    pub(crate) fn is_in_first_join(&self) -> bool {
        self.generation == 0
    }

    /// Whether the group was never more than a place for offsets, and nobody was given an id.
    pub(crate) fn is_unused(&self) -> bool {
        self.is_empty() && self.generation == 0 && self.pending.is_empty()
    }

    /// How many times the members have been settled anew.
    #[cfg(feature = "inspect")]
    pub(crate) fn generation(&self) -> i32 {
        self.generation
    }

    /// The phase and when it began.
    pub(crate) fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Wall clock in milliseconds at which the phase began.
    pub(crate) fn phase_since_ms(&self) -> Option<i64> {
        self.phase_since_ms
    }

    /// The protocol type; `None` when nobody ever joined.
    pub(crate) fn protocol_type(&self) -> Option<&str> {
        self.protocol_type.as_deref()
    }

    /// Whether the members, or those that were, are consumers.
    pub(crate) fn is_of_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER)
    }

    /// Whether the subscriptions of the members are known.
    pub(crate) fn knows_subscriptions(&self) -> bool {
        self.subscribed.is_some()
    }

    /// Whether a member consumes `topic`; where subscriptions cannot be read, consumers might.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.is_of_consumers(),
        }
    }

    /// Checks that a request comes from a member, and not from one whose instance has moved on.
    pub(crate) fn check_member(&self, member_id: &str, instance_id: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance_id {
            let holder = self.static_members.get(instance).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            if &**holder != member_id {
                return Err(ErrorCode::FENCED_INSTANCE_ID);
            }
        }
        match self.members.contains_key(member_id) {
            true => Ok(()),
            false => Err(ErrorCode::UNKNOWN_MEMBER_ID),
        }
    }

    /// Checks that an OffsetCommit comes from a member of this generation, or from outside while the
    /// group is empty.
    pub(crate) fn check_commit(
        &self,
        member_id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), ErrorCode> {
        if generation < 0 && self.is_empty() {
            return Ok(());
        }
        if generation < 0 && member_id.is_empty() && instance_id.is_none() {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        self.check_member(member_id, instance_id)?;
        if generation != self.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        match self.phase {
            Phase::CompletingRebalance { .. } => Err(ErrorCode::REBALANCE_IN_PROGRESS),
            _ => Ok(()),
        }
    }

    fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    fn enter(&mut self, phase: Phase, wall_ms: i64) {
        self.phase = phase;
        self.phase_since_ms = Some(wall_ms);
    }

    /// The longest rebalance timeout of the members.
    fn rebalance_timeout(&self) -> Duration {
        self.members.values().map(|member| member.rebalance_timeout).max().unwrap_or_default()
    }

    /// Whether every known member, and everybody who was given an id, is waiting for the join phase to
    /// end.
    fn all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(Member::is_joining)
    }

    fn add(&mut self, member: Member, protocol_type: &str) {
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(instance.clone(), member.id.clone());
        }
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.to_owned());
        }
        self.leader.get_or_insert_with(|| member.id.clone());
        self.pending.remove(&member.id);
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member out, also one that only has an id; another one becomes leader in its place.
    fn remove(&mut self, member_id: &str) -> Option<Member> {
        self.pending.remove(member_id);
        if let Phase::CompletingRebalance { unsynced, .. } | Phase::Stable { unsynced } = &mut self.phase {
            unsynced.0.remove(member_id);
        }
        let member = self.members.remove(member_id);
        if let Some(instance) = member.as_ref().and_then(|m| m.instance_id.as_ref()) {
            self.static_members.remove(instance);
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        member
    }

    /// Reads what consumers subscribed to from their metadata of the chosen protocol.
    fn read_subscriptions(&mut self) {
        self.subscribed = None;
        if !self.is_of_consumers() {
            return;
        }
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let Some(protocol) = &self.protocol else { return };
            let Some(subscription) = subscribed_topics(&member.metadata(protocol)) else { return };
            topics.extend(subscription);
        }
        self.subscribed = Some(topics);
    }
}

/// The topics of a consumer's subscription: `version i16, [topic]`, a prefix common to all versions of
/// Kafka's `ConsumerProtocolSubscription`. `None` when the bytes are something else.
fn subscribed_topics(metadata: &[u8]) -> Option<Vec<String>> {
    let (version, rest) = metadata.split_first_chunk::<2>()?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    if i16::from_be_bytes(*version) < 0 {
        return None;
    }
    let mut topics = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
        let name = tail.get(..length)?;
        topics.push(std::str::from_utf8(name).ok()?.to_owned());
        rest = &tail[length..];
    }
    Some(topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscription_lists_its_topics() {
        let bytes = b"\x00\x01\x00\x00\x00\x02\x00\x01a\x00\x02bc\xff\xff\xff\xff";
        assert_eq!(subscribed_topics(bytes), Some(vec!["a".to_owned(), "bc".to_owned()]));
    }

    #[test]
    fn subscription_that_lies_about_its_length_is_not_read() {
        assert_eq!(subscribed_topics(b"\x00\x01\xff\xff\xff\xff\x00\x01a"), None);
        assert_eq!(subscribed_topics(b"\x00"), None);
        assert_eq!(subscribed_topics(b"\x00\x01\x00\x00\x00\x01\x00\x09a"), None);
    }
}

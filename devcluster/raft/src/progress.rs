//! What the leader knows of each replica: how far it is and when it was heard of.
//!
//! Voters are there from the start, observers come with their first fetch and go when silent.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::{NodeId, Offset};
use kr_wire::time::{Mono, Now};

use crate::describe::ReplicaView;
use crate::rpc::ReplicaKey;
use crate::voters::VoterSet;

/// Observers remembered at once; a fetch from one more is answered but not remembered.
const MAX_OBSERVERS: usize = 1024;

/// One replica as its fetches show it.
#[derive(Clone, Debug)]
struct Replica {
    key: ReplicaKey,
    end: Option<Offset>,
    heard: Option<Now>,
    caught_up_ms: Option<i64>,
    /// The leader's end at the last fetch: who reaches it later was caught up then.
    leader_end: Offset,
}

impl Replica {
    fn new(key: ReplicaKey) -> Self {
        Self { key, end: None, heard: None, caught_up_ms: None, leader_end: Offset::ZERO }
    }

    fn fetched(&mut self, key: ReplicaKey, offset: Offset, leader_end: Offset, now: Now) {
        if offset >= leader_end {
            self.caught_up_ms = Some(now.wall_ms);
        } else if self.leader_end > Offset::ZERO && offset >= self.leader_end {
            self.caught_up_ms = self.heard.map(|heard| heard.wall_ms);
        }
        self.key = key;
        self.end = Some(offset);
        self.heard = Some(now);
        self.leader_end = leader_end;
    }

    fn view(&self) -> ReplicaView {
        ReplicaView {
            replica: self.key,
            log_end: self.end,
            last_fetch_ms: self.heard.map(|heard| heard.wall_ms),
            last_caught_up_ms: self.caught_up_ms,
        }
    }
}

/// All replicas the leader has heard of, and the voters it has not.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    voters: BTreeMap<NodeId, Replica>,
    observers: BTreeMap<ReplicaKey, Replica>,
}

impl Progress {
    /// Starts without knowledge.
    pub(crate) fn new(voters: &VoterSet) -> Self {
        let voters = voters.ids().map(|id| (id, Replica::new(voters.key(id)))).collect();
        Self { voters, observers: BTreeMap::new() }
    }

    /// Notes a fetch at `offset`; a voter thereby promises that all below is on its disk.
    pub(crate) fn fetched(&mut self, key: ReplicaKey, offset: Offset, leader_end: Offset, now: Now) {
        if let Some(voter) = self.voters.get_mut(&key.id) {
            voter.fetched(key, offset, leader_end, now);
        } else if self.observers.len() < MAX_OBSERVERS || self.observers.contains_key(&key) {
            let observer = self.observers.entry(key).or_insert_with(|| Replica::new(key));
            observer.fetched(key, offset, leader_end, now);
        }
    }

    /// Returns the end of every voter, the leader's own as given.
    pub(crate) fn voter_ends(
        &self,
        leader: NodeId,
        own: Offset,
    ) -> impl Iterator<Item = Option<Offset>> + '_ {
        self.voters.iter().map(move |(id, voter)| if *id == leader { Some(own) } else { voter.end })
    }

    /// Returns the other voters, furthest first; of equals the lower id.
    pub(crate) fn successors(&self, leader: NodeId) -> Vec<ReplicaKey> {
        let mut voters: Vec<&Replica> = self.voters.values().filter(|voter| voter.key.id != leader).collect();
        voters.sort_by_key(|voter| std::cmp::Reverse(voter.end));
        voters.iter().map(|voter| voter.key).collect()
    }

    /// Forgets observers that were silent for a session.
    pub(crate) fn expire(&mut self, now: Mono, session: Duration) {
        self.observers.retain(|_, observer| observer.heard.is_some_and(|heard| heard.mono + session > now));
    }

    /// Returns what is known of the voters, the leader itself as of now.
    pub(crate) fn voter_views(&self, leader: ReplicaKey, end: Offset, now: Now) -> Vec<ReplicaView> {
        let own = ReplicaView {
            replica: leader,
            log_end: Some(end),
            last_fetch_ms: Some(now.wall_ms),
            last_caught_up_ms: Some(now.wall_ms),
        };
        self.voters.iter().map(|(id, voter)| if *id == leader.id { own } else { voter.view() }).collect()
    }

    /// Returns what is known of the observers heard within the session.
    pub(crate) fn observer_views(&self, now: Mono, session: Duration) -> Vec<ReplicaView> {
        let mut alive = self.clone();
        alive.expire(now, session);
        alive.observers.values().map(Replica::view).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voters::Voter;

    fn progress() -> Progress {
        Progress::new(&VoterSet::new((1..=3).map(|id| (NodeId(id), Voter::default()))))
    }

    fn at(ms: u64) -> Now {
        Now { mono: Mono(ms * 1000), wall_ms: 1_000_000 + ms as i64 }
    }

    fn fetch(progress: &mut Progress, id: i32, offset: i64, leader_end: i64, ms: u64) {
        progress.fetched(ReplicaKey::of(NodeId(id)), Offset(offset), Offset(leader_end), at(ms));
    }

    #[test]
    fn replica_at_the_leaders_end_is_caught_up_now() {
        let mut progress = progress();
        fetch(&mut progress, 2, 10, 10, 5);
        let view = progress.voter_views(ReplicaKey::of(NodeId(1)), Offset(10), at(9))[1];
        assert_eq!((view.last_fetch_ms, view.last_caught_up_ms), (Some(1_000_005), Some(1_000_005)));
    }

    #[test]
    fn replica_that_reaches_the_end_of_its_last_fetch_was_caught_up_then() {
        let mut progress = progress();
        fetch(&mut progress, 2, 5, 10, 5);
        fetch(&mut progress, 2, 10, 15, 8);
        let view = progress.voter_views(ReplicaKey::of(NodeId(1)), Offset(15), at(9))[1];
        assert_eq!((view.last_fetch_ms, view.last_caught_up_ms), (Some(1_000_008), Some(1_000_005)));
    }

    #[test]
    fn successors_are_ordered_by_end_without_the_leader() {
        let mut progress = progress();
        fetch(&mut progress, 3, 7, 9, 1);
        let ids: Vec<i32> = progress.successors(NodeId(1)).iter().map(|key| key.id.0).collect();
        assert_eq!(ids, [3, 2]);
    }

    #[test]
    fn silent_observer_is_forgotten_after_its_session() {
        let mut progress = progress();
        fetch(&mut progress, 9, 1, 9, 0);
        let session = Duration::from_secs(300);
        assert_eq!(progress.observer_views(at(299_999).mono, session).len(), 1);
        assert_eq!(progress.observer_views(at(300_000).mono, session).len(), 0);
    }
}

//! The one rule by which a partition's leader, ISR, ELR and replicas change (Kafka: `PartitionChangeBuilder`).
//!
//! Everything that touches a partition states a [`Target`] and gets the record that leads there: reassignments
//! complete, ELRs follow the ISR (KIP-966), a leader is elected, epochs are bumped. Which partitions are touched
//! and why is the callers'.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::{DirectoryId, NodeId, PartitionId, TopicId};
use kr_wire::metadata_records::{LeaderChange, LeaderRecoveryState, PartitionChangeRecord};

use crate::features::gate;
use crate::image::Partition;

/// Who may become leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Election {
    /// The current leader if it may stay, else a replica that has all committed records.
    Online,
    /// The first replica if it has all committed records, else as `Online`.
    Preferred,
    /// As `Online`; if none has, any live replica.
    Unclean,
}

/// What holds for a partition besides its registration.
pub(super) struct Rules<'a> {
    /// Level of `metadata.version`.
    pub metadata_version: i16,
    /// Whether eligible leader replicas are tracked (KIP-966).
    pub elr: bool,
    /// The effective `min.insync.replicas`, not above the number of replicas.
    pub min_isr: usize,
    /// Whether a replica is active and its directory online.
    pub acceptable: &'a dyn Fn(NodeId) -> bool,
    /// Directory of a replica that is new.
    pub default_directory: &'a dyn Fn(NodeId) -> DirectoryId,
}

/// What a partition shall become.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    before: &'a Partition,
    pub isr: Vec<NodeId>,
    pub replicas: Vec<NodeId>,
    pub removing: Vec<NodeId>,
    pub adding: Vec<NodeId>,
    pub recovering: bool,
    /// Directories that are said anew, by replica.
    pub directories: BTreeMap<NodeId, DirectoryId>,
    pub election: Election,
    /// A broker that came back after an unclean stop: its log may lack what it acknowledged.
    pub unclean_shutdown: Option<NodeId>,
    elr: Vec<NodeId>,
}

impl<'a> Target<'a> {
    /// The partition as it is.
    pub fn of(before: &'a Partition) -> Self {
        Self {
            before,
            isr: before.isr.to_vec(),
            replicas: before.replicas.to_vec(),
            removing: before.removing.to_vec(),
            adding: before.adding.to_vec(),
            recovering: before.recovering,
            directories: BTreeMap::new(),
            election: Election::Online,
            unclean_shutdown: None,
            elr: before.elr.to_vec(),
        }
    }

    /// The partition as it was.
    pub fn before(&self) -> &'a Partition {
        self.before
    }

    /// The record that leads from the partition to this target; `None` if there is nothing to change.
    pub fn change(
        mut self,
        topic_id: TopicId,
        partition_id: PartitionId,
        rules: &Rules<'_>,
    ) -> Option<PartitionChangeRecord> {
        let mut record = PartitionChangeRecord { topic_id, partition_id, ..PartitionChangeRecord::default() };
        let unchanged = record.clone();
        self.complete_reassignment();
        if rules.elr {
            self.derive_elr(rules.min_isr);
        }
        self.elect(rules, &mut record);
        let lost_replica = self.before.replicas.iter().any(|r| !self.replicas.contains(r));
        if record.leader == LeaderChange::Keep && lost_replica {
            record.leader = same_leader(self.before);
        }
        self.write_isr_and_elr(rules, &mut record);
        self.write_assignment(rules, &mut record);
        (record != unchanged).then_some(record)
    }

    /// Ends a reassignment once all that stays is in sync: what was to be removed is gone (KIP-455).
    fn complete_reassignment(&mut self) {
        if self.removing.is_empty() && self.adding.is_empty() {
            return;
        }
        let stays = |r: &NodeId| !self.removing.contains(r);
        let isr: Vec<NodeId> = self.isr.iter().copied().filter(stays).collect();
        let replicas: Vec<NodeId> = self.replicas.iter().copied().filter(stays).collect();
        if isr.is_empty() || replicas.is_empty() || !replicas.iter().all(|r| isr.contains(r)) {
            return;
        }
        self.isr = isr;
        self.replicas = replicas;
        self.removing.clear();
        self.adding.clear();
    }

    /// Below the minimal ISR, who leaves the ISR stays eligible; at the minimum nobody else is.
    fn derive_elr(&mut self, min_isr: usize) {
        if self.isr.len() >= min_isr {
            self.elr.clear();
            return;
        }
        let candidates: BTreeSet<NodeId> = self.elr.iter().chain(self.before.isr.iter()).copied().collect();
        let eligible = |r: &NodeId| !self.isr.contains(r) && self.unclean_shutdown != Some(*r);
        self.elr = candidates.into_iter().filter(eligible).collect();
    }

    fn elect(&mut self, rules: &Rules<'_>, record: &mut PartitionChangeRecord) {
        let (leader, unclean) = self.choose_leader(rules);
        if leader == self.before.leader {
            return;
        }
        let Some(leader) = leader else {
            record.leader = LeaderChange::Clear;
            return;
        };
        record.leader = LeaderChange::Set(leader);
        if self.elr.contains(&leader) {
            self.isr = vec![leader];
            self.elr.retain(|r| *r != leader);
        }
        if unclean {
            // What only others have is lost: they must follow the new leader's log from here.
            record.isr = Some(vec![leader]);
            if !self.before.recovering && rules.metadata_version >= gate::LEADER_RECOVERY {
                record.leader_recovery_state = Some(LeaderRecoveryState::Recovering);
                self.recovering = true;
            }
        }
    }

    /// The leader, and whether it may lack committed records.
    fn choose_leader(&self, rules: &Rules<'_>) -> (Option<NodeId>, bool) {
        let valid = |r: &NodeId| {
            let holds_all = self.isr.contains(r) || (self.isr.is_empty() && self.elr.contains(r));
            holds_all && (rules.acceptable)(*r)
        };
        let current = self.before.leader.filter(valid);
        let first = self.replicas.first().copied().filter(valid);
        let clean = match self.election {
            Election::Preferred => first.or(current),
            Election::Online | Election::Unclean => current,
        };
        if let Some(leader) = clean.or_else(|| self.replicas.iter().copied().find(valid)) {
            return (Some(leader), false);
        }
        if let Some(leader) = self.last_known_leader(rules) {
            return (Some(leader), true);
        }
        if self.election == Election::Unclean {
            let any = self.replicas.iter().copied().find(|r| (rules.acceptable)(*r));
            return (any, any.is_some());
        }
        (None, false)
    }

    /// The leader that a partition without ISR and ELR had last, if it lives.
    fn last_known_leader(&self, rules: &Rules<'_>) -> Option<NodeId> {
        match *self.before.last_known_elr {
            [last] if rules.elr && self.isr.is_empty() && self.elr.is_empty() => {
                Some(last).filter(|r| (rules.acceptable)(*r))
            }
            _ => None,
        }
    }

    fn write_isr_and_elr(&mut self, rules: &Rules<'_>, record: &mut PartitionChangeRecord) {
        let before = self.before;
        if record.isr.is_some() || !rules.elr {
            self.elr.clear();
        }
        if *self.elr != *before.elr {
            record.eligible_leader_replicas = Some(self.elr.clone());
        }
        // Without ELR an ISR never becomes empty: its last member stays while there is no leader.
        if record.isr.is_none() && (!self.isr.is_empty() || rules.elr) && *self.isr != *before.isr {
            record.isr = Some(self.isr.clone());
        }
        let shrinks = |isr: &Vec<NodeId>| before.isr.iter().any(|r| !isr.contains(r));
        if rules.metadata_version < gate::NO_EPOCH_BUMP_ON_SHRINK
            && record.leader == LeaderChange::Keep
            && record.isr.as_ref().is_some_and(shrinks)
        {
            record.leader = same_leader(before);
        }
        if rules.elr {
            write_last_known_leader(before, record);
        }
    }

    fn write_assignment(&mut self, rules: &Rules<'_>, record: &mut PartitionChangeRecord) {
        let before = self.before;
        if rules.metadata_version >= gate::DIRECTORIES {
            let directory = |r: &NodeId| {
                let said = self.directories.get(r).copied();
                said.or_else(|| before.directory(*r)).unwrap_or_else(|| (rules.default_directory)(*r))
            };
            let directories: Vec<DirectoryId> = self.replicas.iter().map(directory).collect();
            if *directories != *before.directories {
                record.directories = Some(directories);
            }
        }
        let changed = |new: &[NodeId], old: &[NodeId]| (new != old).then(|| new.to_vec());
        record.replicas = changed(&self.replicas, &before.replicas);
        record.removing_replicas = changed(&self.removing, &before.removing);
        record.adding_replicas = changed(&self.adding, &before.adding);
        if self.recovering != before.recovering {
            record.leader_recovery_state = Some(if self.recovering {
                LeaderRecoveryState::Recovering
            } else {
                LeaderRecoveryState::Recovered
            });
        }
    }
}

/// Remembers the leader of a partition whose ISR becomes empty; forgets it when there is a leader again.
fn write_last_known_leader(before: &Partition, record: &mut PartitionChangeRecord) {
    let leaves = record.isr.as_ref().is_some_and(Vec::is_empty);
    let stays_led = before.leader.is_some() && record.leader != LeaderChange::Clear;
    if let (true, Some(leader)) = (leaves, before.leader) {
        if *before.last_known_elr != [leader] {
            record.last_known_elr = Some(vec![leader]);
        }
    } else if (matches!(record.leader, LeaderChange::Set(_)) || stays_led)
        && !before.last_known_elr.is_empty()
    {
        record.last_known_elr = Some(Vec::new());
    }
}

/// Bumps the leader epoch without changing the leader.
fn same_leader(partition: &Partition) -> LeaderChange {
    partition.leader.map_or(LeaderChange::Clear, LeaderChange::Set)
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::LeaderEpoch;

    use super::*;
    use crate::image::merge;

    fn nodes(ids: &[i32]) -> Box<[NodeId]> {
        ids.iter().copied().map(NodeId).collect()
    }

    fn partition(replicas: &[i32], isr: &[i32], leader: Option<i32>) -> Partition {
        Partition {
            replicas: nodes(replicas),
            directories: vec![DirectoryId::UNASSIGNED; replicas.len()].into(),
            isr: nodes(isr),
            leader: leader.map(NodeId),
            ..Partition::default()
        }
    }

    /// Live brokers, ELR, minimal ISR and version around one partition.
    struct Scene {
        live: &'static [i32],
        elr: bool,
        min_isr: usize,
        version: i16,
    }

    impl Scene {
        fn run(&self, before: &Partition, edit: impl FnOnce(&mut Target<'_>)) -> Option<Partition> {
            let mut target = Target::of(before);
            edit(&mut target);
            let rules = Rules {
                metadata_version: self.version,
                elr: self.elr,
                min_isr: self.min_isr,
                acceptable: &|r| self.live.contains(&r.0),
                default_directory: &|_| DirectoryId::UNASSIGNED,
            };
            let record = target.change(TopicId::default(), PartitionId(0), &rules)?;
            Some(merge(before, &record).unwrap())
        }
    }

    const CLASSIC: Scene = Scene { live: &[1, 2, 3], elr: false, min_isr: 2, version: 27 };
    const ELR: Scene = Scene { live: &[1, 2, 3], elr: true, min_isr: 2, version: 27 };

    fn without(gone: i32) -> impl FnOnce(&mut Target<'_>) {
        move |target| target.isr.retain(|r| r.0 != gone)
    }

    #[test]
    fn nothing_to_change_makes_no_record() {
        assert_eq!(CLASSIC.run(&partition(&[1, 2, 3], &[1, 2, 3], Some(1)), |_| {}), None);
    }

    #[test]
    fn next_in_sync_replica_leads_when_the_leader_is_gone() {
        let scene = Scene { live: &[2, 3], ..CLASSIC };
        let after = scene.run(&partition(&[1, 2, 3], &[1, 3, 2], Some(1)), without(1)).unwrap();
        assert_eq!(
            (after.leader, after.leader_epoch, after.partition_epoch),
            (Some(NodeId(2)), LeaderEpoch(1), 1)
        );
        assert_eq!(after.isr, nodes(&[3, 2]));
    }

    #[test]
    fn isr_shrink_keeps_the_leader_epoch_from_3_6_on() {
        let before = partition(&[1, 2, 3], &[1, 2, 3], Some(1));
        let after = CLASSIC.run(&before, without(3)).unwrap();
        assert_eq!((after.leader_epoch, after.partition_epoch), (LeaderEpoch(0), 1));
        let old = Scene { version: 11, ..CLASSIC }.run(&before, without(3)).unwrap();
        assert_eq!(old.leader_epoch, LeaderEpoch(1));
    }

    #[test]
    fn last_in_sync_replica_stays_in_the_isr_without_elr() {
        let scene = Scene { live: &[2, 3], ..CLASSIC };
        let after = scene.run(&partition(&[1, 2, 3], &[1], Some(1)), without(1)).unwrap();
        assert_eq!((after.leader, &*after.isr), (None, &*nodes(&[1])));
    }

    #[test]
    fn unclean_election_takes_a_live_replica_and_marks_it_recovering() {
        let scene = Scene { live: &[2, 3], ..CLASSIC };
        let edit = |t: &mut Target<'_>| {
            without(1)(t);
            t.election = Election::Unclean;
        };
        let after = scene.run(&partition(&[1, 2, 3], &[1], Some(1)), edit).unwrap();
        assert_eq!((after.leader, &*after.isr, after.recovering), (Some(NodeId(2)), &*nodes(&[2]), true));
    }

    #[test]
    fn preferred_election_moves_leadership_only_to_an_in_sync_first_replica() {
        let edit = |t: &mut Target<'_>| t.election = Election::Preferred;
        let after = CLASSIC.run(&partition(&[1, 2, 3], &[2, 1], Some(2)), edit).unwrap();
        assert_eq!(after.leader, Some(NodeId(1)));
        assert_eq!(CLASSIC.run(&partition(&[1, 2, 3], &[2, 3], Some(2)), edit), None);
    }

    #[test]
    fn member_leaving_a_small_isr_stays_eligible() {
        let scene = Scene { live: &[1], ..ELR };
        let after = scene.run(&partition(&[1, 2, 3], &[1, 2], Some(1)), without(2)).unwrap();
        assert_eq!((&*after.isr, &*after.elr), (&*nodes(&[1]), &*nodes(&[2])));
    }

    #[test]
    fn elr_is_cleared_when_the_isr_reaches_the_minimum() {
        let before = Partition { elr: nodes(&[2]), ..partition(&[1, 2, 3], &[1], Some(1)) };
        let after = ELR.run(&before, |t| t.isr.push(NodeId(3))).unwrap();
        assert_eq!((after.isr.len(), after.elr.len()), (2, 0));
    }

    #[test]
    fn isr_may_become_empty_with_elr_and_the_last_leader_is_remembered() {
        let scene = Scene { live: &[], ..ELR };
        let before = Partition { elr: nodes(&[2]), ..partition(&[1, 2], &[1], Some(1)) };
        let after = scene.run(&before, without(1)).unwrap();
        assert_eq!((after.leader, after.isr.len(), &*after.elr), (None, 0, &*nodes(&[1, 2])));
        assert_eq!(after.last_known_elr, nodes(&[1]));
    }

    #[test]
    fn eligible_replica_is_elected_cleanly_when_the_isr_is_empty() {
        let scene = Scene { live: &[2], ..ELR };
        let before = Partition {
            elr: nodes(&[1, 2]),
            last_known_elr: nodes(&[1]),
            ..partition(&[1, 2, 3], &[], None)
        };
        let after = scene.run(&before, |_| {}).unwrap();
        assert_eq!((after.leader, &*after.isr, &*after.elr), (Some(NodeId(2)), &*nodes(&[2]), &*nodes(&[1])));
        assert!(!after.recovering);
        assert_eq!(after.last_known_elr.len(), 0);
    }

    #[test]
    fn last_known_leader_is_elected_uncleanly_when_nobody_is_eligible() {
        let before = Partition { last_known_elr: nodes(&[3]), ..partition(&[1, 2, 3], &[], None) };
        let after = ELR.run(&before, |_| {}).unwrap();
        assert_eq!((after.leader, after.recovering), (Some(NodeId(3)), true));
        let dead = Scene { live: &[1, 2], ..ELR };
        assert_eq!(dead.run(&before, |_| {}), None);
    }

    #[test]
    fn unclean_shutdown_forfeits_eligibility() {
        let scene = Scene { live: &[1], ..ELR };
        let edit = |t: &mut Target<'_>| {
            without(2)(t);
            t.unclean_shutdown = Some(NodeId(2));
        };
        let after = scene.run(&partition(&[1, 2, 3], &[1, 2], Some(1)), edit).unwrap();
        assert_eq!(after.elr.len(), 0);
    }

    #[test]
    fn reassignment_completes_when_all_that_stays_is_in_sync() {
        let before = Partition {
            adding: nodes(&[3]),
            removing: nodes(&[1]),
            ..partition(&[2, 3, 1], &[1, 2], Some(1))
        };
        let after = CLASSIC.run(&before, |t| t.isr.push(NodeId(3))).unwrap();
        assert_eq!((&*after.replicas, &*after.isr), (&*nodes(&[2, 3]), &*nodes(&[2, 3])));
        assert!(!after.is_reassigning());
        assert_eq!((after.leader, after.leader_epoch), (Some(NodeId(2)), LeaderEpoch(1)));
    }

    #[test]
    fn leader_epoch_is_bumped_when_replicas_shrink_under_the_same_leader() {
        let before = Partition { removing: nodes(&[3]), ..partition(&[1, 2, 3], &[1, 2, 3], Some(1)) };
        let after = CLASSIC.run(&before, |_| {}).unwrap();
        assert_eq!((after.leader, after.leader_epoch), (Some(NodeId(1)), LeaderEpoch(1)));
    }
}

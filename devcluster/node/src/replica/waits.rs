//! Appends that wait until enough replicas have them (Kafka: `DelayedProduce`).
//!
//! Says who may be answered with what; the answers themselves are made by the owners.

use std::collections::{BTreeMap, BTreeSet};

use kr_coordinator::AppendId;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};
use kr_wire::time::Mono;

use super::partition::{Partition, PartitionKey};
use crate::conns::Token;

/// Who waits for an append to be replicated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A Produce request: place of the partition in its response.
    Produce { token: Token, topic: usize, partition: usize },
    /// The group coordinator of a `__consumer_offsets` partition.
    Group { shard: PartitionId, append: AppendId },
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    owner: Owner,
    epoch: LeaderEpoch,
    deadline: Mono,
}

/// Appends that wait, by partition and by the high watermark they wait for.
#[derive(Debug, Default)]
pub(crate) struct AppendWaits {
    waits: BTreeMap<PartitionKey, BTreeMap<(Offset, u64), Wait>>,
    deadlines: BTreeSet<(Mono, PartitionKey, Offset, u64)>,
    next: u64,
}

impl AppendWaits {
    /// Waits until the partition's high watermark reaches `end` in the same leader epoch.
    pub(crate) fn add(
        &mut self,
        key: PartitionKey,
        end: Offset,
        epoch: LeaderEpoch,
        owner: Owner,
        deadline: Mono,
    ) {
        let number = self.next;
        self.next += 1;
        self.waits.entry(key).or_default().insert((end, number), Wait { owner, epoch, deadline });
        self.deadlines.insert((deadline, key, end, number));
    }

    /// Takes out what a partition's state decides; `None` stands for a partition that is gone.
    pub(crate) fn decided(
        &mut self,
        key: PartitionKey,
        partition: Option<&Partition>,
    ) -> Vec<(Owner, ErrorCode)> {
        let Some(waits) = self.waits.get_mut(&key) else { return Vec::new() };
        let mut decided = Vec::new();
        let epoch = partition.filter(|p| p.is_leader()).map(|p| p.assignment.leader_epoch);
        while let Some(entry) = waits.first_entry() {
            let (end, number) = *entry.key();
            let code = match (partition, epoch) {
                (Some(p), Some(epoch)) if epoch == entry.get().epoch => {
                    if p.high_watermark() < end {
                        break;
                    }
                    if p.has_min_isr() {
                        ErrorCode::NONE
                    } else {
                        ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND
                    }
                }
                _ => ErrorCode::NOT_LEADER_OR_FOLLOWER,
            };
            let wait = entry.remove();
            self.deadlines.remove(&(wait.deadline, key, end, number));
            decided.push((wait.owner, code));
        }
        if waits.is_empty() {
            self.waits.remove(&key);
        }
        decided
    }

    /// Takes out what has waited too long.
    pub(crate) fn expired(&mut self, now: Mono) -> Vec<Owner> {
        let mut expired = Vec::new();
        while let Some((deadline, key, end, number)) = self.deadlines.first().copied() {
            if deadline > now {
                break;
            }
            self.deadlines.pop_first();
            if let Some(waits) = self.waits.get_mut(&key) {
                expired.extend(waits.remove(&(end, number)).map(|wait| wait.owner));
                if waits.is_empty() {
                    self.waits.remove(&key);
                }
            }
        }
        expired
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(deadline, ..)| *deadline)
    }
}

//! Where the replicas of new partitions go: striped over racks and brokers (Kafka: `StripedReplicaPlacer`).
//!
//! ```text
//! racks  a: 1 2   b: 3 4        partition 0: 1 3 ...   partition 1: 3 2 ...   partition 2: 2 4 ...
//! ```
//! The leader is an unfenced broker of the rack at hand; the other replicas walk the racks from there. Each
//! partition starts one rack and one broker further on. Brokers that shut down are left out by the caller; which
//! replicas make up the first ISR is the caller's as well.

use std::collections::BTreeMap;

use kr_wire::ids::NodeId;
use rand_chacha::ChaCha8Rng;

use crate::chance::{below, shuffle};

/// A broker on which a replica may be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableBroker {
    /// Its id.
    pub id: NodeId,
    /// Its rack; brokers without one share the rack "none".
    pub rack: Option<String>,
    /// Whether it is fenced: good for a follower, not for a leader.
    pub fenced: bool,
}

/// Why replicas cannot be placed. The caller's fault: INVALID_REPLICATION_FACTOR or INVALID_PARTITIONS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// There are fewer brokers than replicas.
    #[error("unable to place {wanted} replicas of a partition: only {registered} brokers are registered")]
    TooFewBrokers {
        /// Replicas asked for.
        wanted: usize,
        /// Brokers that could hold one.
        registered: usize,
    },
    /// No broker could lead.
    #[error("unable to place replicas: all brokers are fenced")]
    AllFenced,
}

/// A ring of brokers: which one is next moves on with each partition.
#[derive(Debug)]
struct Ring {
    brokers: Vec<NodeId>,
    epoch: usize,
    index: usize,
    offset: usize,
}

impl Ring {
    fn new(mut brokers: Vec<NodeId>, rng: &mut ChaCha8Rng) -> Self {
        brokers.sort_unstable();
        let offset = below(rng, brokers.len());
        Self { brokers, epoch: 0, index: 0, offset }
    }

    /// The next broker that this partition (`epoch`) has not had from this ring.
    fn next(&mut self, epoch: usize) -> Option<NodeId> {
        if self.brokers.is_empty() {
            return None;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.index = 0;
            self.offset = (self.offset + 1) % self.brokers.len();
        }
        if self.index >= self.brokers.len() {
            return None;
        }
        let broker = self.brokers[(self.index + self.offset) % self.brokers.len()];
        self.index += 1;
        Some(broker)
    }
}

#[derive(Debug)]
struct Rack {
    unfenced: Ring,
    fenced: Ring,
}

/// Places partitions one after the other.
#[derive(Debug)]
pub struct Placer {
    racks: Vec<Rack>,
    offset: usize,
    /// Number of the partition, from 1; rings compare it with their own.
    epoch: usize,
    brokers: usize,
    unfenced: usize,
    since_shuffle: usize,
}

impl Placer {
    /// Sorts brokers into racks and draws the places to start from.
    pub fn new(brokers: impl IntoIterator<Item = UsableBroker>, rng: &mut ChaCha8Rng) -> Self {
        let mut by_rack: BTreeMap<Option<String>, (Vec<NodeId>, Vec<NodeId>)> = BTreeMap::new();
        for broker in brokers {
            let (unfenced, fenced) = by_rack.entry(broker.rack).or_default();
            if broker.fenced { fenced } else { unfenced }.push(broker.id);
        }
        let unfenced = by_rack.values().map(|rack| rack.0.len()).sum();
        let fenced: usize = by_rack.values().map(|rack| rack.1.len()).sum();
        let racks: Vec<Rack> = by_rack
            .into_values()
            .map(|(unfenced, fenced)| Rack {
                unfenced: Ring::new(unfenced, rng),
                fenced: Ring::new(fenced, rng),
            })
            .collect();
        let offset = below(rng, racks.len());
        Self { racks, offset, epoch: 0, brokers: unfenced + fenced, unfenced, since_shuffle: 0 }
    }

    /// Places `partitions` partitions of `replicas` replicas each, the leader first.
    ///
    /// # Errors
    /// Fewer brokers than replicas, or no unfenced broker.
    pub fn place(
        &mut self,
        partitions: usize,
        replicas: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Vec<Vec<NodeId>>, PlacementError> {
        if self.brokers < replicas {
            return Err(PlacementError::TooFewBrokers { wanted: replicas, registered: self.brokers });
        }
        if self.unfenced == 0 {
            return Err(PlacementError::AllFenced);
        }
        Ok((0..partitions).map(|_| self.place_one(replicas, rng)).collect())
    }

    fn place_one(&mut self, replicas: usize, rng: &mut ChaCha8Rng) -> Vec<NodeId> {
        if self.since_shuffle == self.unfenced && self.unfenced > 1 {
            self.shuffle(rng);
        }
        self.epoch += 1;
        let count = self.racks.len();
        let mut placed = Vec::with_capacity(replicas);
        let leader_rack = (0..count).map(|step| (self.offset + step) % count).find_map(|rack| {
            let leader = self.racks[rack].unfenced.next(self.epoch)?;
            placed.push(leader);
            Some(rack)
        });
        let mut rack = self.offset;
        let mut skip_leader_rack = true;
        let mut empty_racks = 0;
        while placed.len() < replicas && empty_racks <= count {
            if skip_leader_rack && Some(rack) == leader_rack {
                skip_leader_rack = false;
            } else {
                let epoch = self.epoch;
                let here = &mut self.racks[rack];
                match here.unfenced.next(epoch).or_else(|| here.fenced.next(epoch)) {
                    Some(broker) => {
                        placed.push(broker);
                        empty_racks = 0;
                    }
                    None => empty_racks += 1,
                }
            }
            rack = (rack + 1) % count;
        }
        self.offset = (self.offset + 1) % count;
        self.since_shuffle += 1;
        placed
    }

    fn shuffle(&mut self, rng: &mut ChaCha8Rng) {
        shuffle(rng, &mut self.racks);
        for rack in &mut self.racks {
            shuffle(rng, &mut rack.unfenced.brokers);
            shuffle(rng, &mut rack.fenced.brokers);
        }
        self.since_shuffle = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn broker(id: i32, rack: Option<&str>, fenced: bool) -> UsableBroker {
        UsableBroker { id: NodeId(id), rack: rack.map(str::to_owned), fenced }
    }

    fn place(brokers: &[UsableBroker], partitions: usize, replicas: usize, seed: u64) -> Vec<Vec<NodeId>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Placer::new(brokers.iter().cloned(), &mut rng).place(partitions, replicas, &mut rng).unwrap()
    }

    #[test]
    fn replicas_are_distinct_and_as_many_as_asked() {
        let brokers: Vec<_> = (1..=5).map(|id| broker(id, None, id == 4)).collect();
        for seed in 0..50 {
            for replicas in 1..=5 {
                for placed in place(&brokers, 20, replicas, seed) {
                    assert_eq!(placed.len(), replicas);
                    assert_eq!(placed.iter().collect::<BTreeSet<_>>().len(), replicas, "{placed:?}");
                    assert_ne!(placed[0], NodeId(4), "a fenced broker leads");
                }
            }
        }
    }

    #[test]
    fn replicas_spread_over_racks() {
        let racks = ["a", "b", "c"];
        let brokers: Vec<_> = (0..6).map(|id| broker(id, Some(racks[id as usize % 3]), false)).collect();
        for seed in 0..50 {
            for placed in place(&brokers, 12, 3, seed) {
                let used: BTreeSet<i32> = placed.iter().map(|id| id.0 % 3).collect();
                assert_eq!(used.len(), 3, "{placed:?}");
            }
        }
    }

    #[test]
    fn leaders_are_spread_evenly() {
        let brokers: Vec<_> = (1..=3).map(|id| broker(id, None, false)).collect();
        for seed in 0..20 {
            let mut leads = BTreeMap::new();
            for placed in place(&brokers, 300, 3, seed) {
                *leads.entry(placed[0]).or_insert(0) += 1;
            }
            assert_eq!(leads.values().copied().collect::<Vec<i32>>(), [100, 100, 100]);
        }
    }

    #[test]
    fn fenced_rack_still_takes_followers() {
        let brokers = [broker(1, Some("a"), false), broker(2, Some("b"), true)];
        for placed in place(&brokers, 6, 2, 7) {
            assert_eq!(placed, [NodeId(1), NodeId(2)]);
        }
    }

    #[test]
    fn placement_fails_without_enough_or_with_only_fenced_brokers() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let few = Placer::new([broker(1, None, false)], &mut rng).place(1, 2, &mut rng);
        assert_eq!(few, Err(PlacementError::TooFewBrokers { wanted: 2, registered: 1 }));
        let fenced = Placer::new([broker(1, None, true)], &mut rng).place(1, 1, &mut rng);
        assert_eq!(fenced, Err(PlacementError::AllFenced));
    }

    #[test]
    fn same_seed_places_the_same() {
        let brokers: Vec<_> = (1..=7).map(|id| broker(id, None, false)).collect();
        assert_eq!(place(&brokers, 40, 3, 9), place(&brokers, 40, 3, 9));
    }
}

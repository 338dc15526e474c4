//! How a partition is: one word, never by colour alone.

use crate::snapshot::Partition;

use super::world::World;

/// A partition's state, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// All replicas in sync, the preferred one leads.
    Well,
    /// All replicas in sync, another than the preferred one leads.
    NotPreferred,
    /// Under-replicated: replicas are missing from the ISR.
    UnderReplicated,
    /// The ISR is smaller than `min.insync.replicas`: acks=all is refused.
    UnderMin,
    /// No leader.
    Offline,
}

impl Health {
    /// Judges a partition; without `min_isr` it is never [`Health::UnderMin`].
    pub fn of(partition: &Partition<'_>, min_isr: Option<i32>) -> Self {
        let in_sync = partition.isr.len();
        if partition.leader.is_none() {
            Self::Offline
        } else if min_isr.is_some_and(|min| (in_sync as i64) < i64::from(min)) {
            Self::UnderMin
        } else if in_sync < partition.replicas.len() {
            Self::UnderReplicated
        } else if partition.leader != partition.replicas.first().copied() {
            Self::NotPreferred
        } else {
            Self::Well
        }
    }

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::NotPreferred => "moved",
            Self::UnderReplicated => "URP !",
            Self::UnderMin => "<MIN !!",
            Self::Offline => "OFFLINE !!!",
        }
    }

    /// Whether something is wrong with it.
    pub fn is_ill(self) -> bool {
        self >= Self::UnderReplicated
    }
}

/// How many partitions are how. A partition counts in each row that holds for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All partitions.
    pub partitions: usize,
    /// Replicas are missing from the ISR.
    pub under_replicated: usize,
    /// The ISR is smaller than `min.insync.replicas`, where that is known.
    pub under_min: usize,
    /// No leader.
    pub offline: usize,
    /// Another than the preferred replica leads.
    pub not_preferred: usize,
    /// Partitions whose `min.insync.replicas` is not known.
    pub unknown_min: usize,
}

impl Counts {
    /// Counts all partitions of a picture.
    pub fn count(world: &World) -> Self {
        let mut counts = Self::default();
        for topic in &world.topics {
            let min = world.min_isr(&topic.columns.name);
            for (_, partition) in topic.columns.partitions() {
                let in_sync = partition.isr.len();
                counts.partitions += 1;
                counts.under_replicated += usize::from(in_sync < partition.replicas.len());
                counts.under_min += usize::from(min.is_some_and(|min| (in_sync as i64) < i64::from(min)));
                counts.offline += usize::from(partition.leader.is_none());
                counts.not_preferred += usize::from(
                    partition.leader.is_some() && partition.leader != partition.replicas.first().copied(),
                );
                counts.unknown_min += usize::from(min.is_none());
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::NodeId;

    use super::*;

    fn judged(leader: Option<i32>, isr: &[i32], min: Option<i32>) -> Health {
        let isr: Vec<NodeId> = isr.iter().copied().map(NodeId).collect();
        let replicas = [NodeId(1), NodeId(2), NodeId(3)];
        let leader = leader.map(NodeId);
        let partition = Partition { leader, epoch: None, replicas: &replicas, isr: &isr, offline: &[] };
        Health::of(&partition, min)
    }

    #[test]
    fn worst_word_wins() {
        assert_eq!(judged(Some(1), &[1, 2, 3], Some(2)), Health::Well);
        assert_eq!(judged(Some(2), &[1, 2, 3], Some(2)), Health::NotPreferred);
        assert_eq!(judged(Some(2), &[2, 3], Some(2)), Health::UnderReplicated);
        assert_eq!(judged(Some(2), &[2], Some(2)), Health::UnderMin);
        assert_eq!(judged(None, &[2], Some(2)), Health::Offline);
    }

    #[test]
    fn unknown_min_isr_is_no_verdict() {
        assert_eq!(judged(Some(2), &[2], None), Health::UnderReplicated);
    }
}

//! A shard's insides, read-only, for the simulator's checks.
//!
//! Only there with the feature `inspect`: no driver decides anything by it.

use kr_wire::group_records::OffsetCommitValue;
use kr_wire::ids::PartitionId;

use crate::shard::{Group, GroupShard};

impl GroupShard {
    /// The generation of a classic group; `None` when the shard has no such group.
    pub fn generation(&self, group: &str) -> Option<i32> {
        match self.groups.get(group)? {
            Group::Classic(group) => Some(group.generation()),
            Group::Other(_) => None,
        }
    }

    /// What the shard would answer to an OffsetFetch for one partition.
    pub fn committed(&self, group: &str, topic: &str, at: PartitionId) -> Option<&OffsetCommitValue> {
        self.offsets.committed(group, topic, at)
    }
}

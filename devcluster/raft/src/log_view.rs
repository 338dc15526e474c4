//! What the machine remembers of the log: ends, epochs, snapshots. The records are the driver's.
//!
//! It changes when the machine emits the output that changes the log, so both agree whenever the driver
//! has drained the outputs.

use std::fmt;

use kr_wire::ids::{LeaderEpoch, Offset};

/// Identity of a snapshot (KIP-630): everything below `end` is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId {
    /// First offset not contained.
    pub end: Offset,
    /// Epoch of the record before `end`.
    pub epoch: LeaderEpoch,
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.end, self.epoch)
    }
}

/// A snapshot on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    /// Its identity.
    pub id: SnapshotId,
    /// Its size in bytes.
    pub size: i64,
}

/// Where an epoch ends: the first offset after its last record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Exclusive.
    pub end: Offset,
}

//! Group coordination as a replicated state machine: what the leader of one `__consumer_offsets`
//! partition decides.
//!
//! Pure: no clock, no sockets, no files, no log. A [`GroupShard`] takes requests and time, and hands
//! back replies and records to append; whoever drives it appends them, tells when they are replicated
//! and replays them after a change of leader. Classic groups (the protocol of JoinGroup and SyncGroup)
//! are served; groups of the other kinds are kept as they were recorded. Authorisation, topic
//! existence and splitting a request over partitions are the broker's business.

mod appends;
mod config;
mod effects;
mod group;
#[cfg(feature = "inspect")]
mod inspect;
mod load;
mod mutants;
mod offsets;
mod other;
mod partition;
mod request;
mod routing;
mod settle;
mod shard;
mod timers;

#[cfg(test)]
mod tests;

pub use appends::AppendId;
pub use config::GroupConfig;
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutants;
pub use offsets::{join_offset_fetch, split_offset_fetch};
pub use partition::partition_for;
pub use request::{Caller, GroupRequest, GroupResponse};
pub use shard::{GroupShard, Output, Replayed, Token, TopicPartitions};

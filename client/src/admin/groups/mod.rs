//! Groups of every type: classic, of the consumer protocol (KIP-848), of share consumers (KIP-932), of
//! Kafka Streams (KIP-1071).
//!
//! One file per question or change. What only one type of group knows is optional in the answers. Questions
//! about many groups go to each coordinator once, with all of its groups ([`coordinators`]).

mod commit;
mod committed;
mod coordinators;
mod delete;
mod describe;
mod list;
mod members;
mod share;

use std::fmt;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::PartitionId;

use crate::error::Error;

pub use commit::NewOffset;
pub use committed::{CommittedOffset, Offsets};
pub use describe::{
    GroupDescription, GroupMember, GroupType, StreamsMemberTasks, Subtopology, TaskId, Tasks, Topology,
};
pub use list::GroupListing;
pub use members::{MemberName, RemovedMember};

/// A partition by its topic's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: PartitionId,
}

impl TopicPartition {
    /// Names a partition.
    pub fn new(topic: impl Into<Arc<str>>, partition: PartitionId) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// The refusal of a group that is not there.
fn missing(what: &str) -> Error {
    Error::broker(what, ErrorCode::GROUP_ID_NOT_FOUND, None)
}

/// Partitions as the wire names them, topic by topic, in order.
fn by_topic<'a, T>(
    items: impl IntoIterator<Item = (&'a TopicPartition, T)>,
) -> std::collections::BTreeMap<Arc<str>, Vec<(PartitionId, T)>> {
    let mut topics: std::collections::BTreeMap<Arc<str>, Vec<(PartitionId, T)>> = Default::default();
    for (place, item) in items {
        topics.entry(Arc::clone(&place.topic)).or_default().push((place.partition, item));
    }
    topics
}

/// Whether a code of one item says that the whole request must be repeated, perhaps elsewhere.
fn is_of_coordinator(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NOT_COORDINATOR
            | ErrorCode::COORDINATOR_NOT_AVAILABLE
            | ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
    )
}

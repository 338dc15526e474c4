//! Administration: one file per thing administered. Each method is one question or one change, with typed
//! arguments and a typed answer; failures of single items come back with the item.

mod alter_configs;
mod cluster;
mod configs;
mod groups;
mod log_dirs;
mod offsets;
mod partitions;
mod producers;
mod quorum;
mod reassignments;
mod record_times;
mod replica_log;
mod topic_partitions;
mod topics;

pub use alter_configs::{AlteredConfigs, ConfigEdit, ConfigOp};
pub use cluster::{ClusterInfo, ClusterNode};
pub use configs::{ConfigDetail, ConfigEntry, ConfigResult, ConfigSource, ConfigSynonym, ConfigTarget};
pub use groups::{
    CommittedOffset, GroupDescription, GroupListing, GroupMember, GroupType, MemberName, NewOffset, Offsets,
    RemovedMember, TopicPartition,
};
pub use log_dirs::{LogDir, LogDirReplica, LogDirs};
pub use offsets::{At, FoundOffset};
pub use partitions::{Election, PartitionResult};
pub use producers::ActiveProducer;
pub use quorum::{QuorumNode, QuorumReplica, QuorumStatus};
pub use reassignments::Reassignment;
pub use record_times::{RecordTime, RecordTimes};
pub use replica_log::{LogPart, LogWanted};
pub use topic_partitions::EligibleReplicas;
pub use topics::{CreatedTopic, MorePartitions, NewTopic, TopicResult};

use kr_wire::error_code::ErrorCode;
use kr_wire::message::StrBytes;

use crate::error::Error;

/// Turns the code of one item into its result.
fn checked(what: impl Into<String>, code: i16, message: Option<&StrBytes>) -> Result<(), Error> {
    ErrorCode(code).ok().map_err(|code| Error::broker(what, code, message.map(|text| text.as_str())))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

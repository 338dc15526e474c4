//! Administration: one file per thing administered. Each method is one question or one change, with typed
//! arguments and a typed answer; failures of single items come back with the item.

mod acl_rules;
mod acls;
mod alter_configs;
mod brokers;
mod client_metrics;
mod cluster;
mod configs;
mod groups;
mod log_dirs;
mod offsets;
mod partitions;
mod producers;
mod quorum;
mod quota_rules;
mod quotas;
mod reassignments;
mod record_times;
mod replica_log;
mod topic_partitions;
mod topics;
mod users;

pub use acl_rules::{AclQuestion, AclVerdict, asked_before, decide};
pub use acls::{
    Acl, AclFilter, AclOperation, AclResults, CLUSTER_NAME, PatternFilter, PatternType, Permission,
    ResourceType,
};
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
pub use quota_rules::{CLIENT_KEYS, EffectiveQuota, IP_KEY, QuotaSubject, effective};
pub use quotas::{QuotaEdits, QuotaEntity, QuotaValues};
pub use reassignments::Reassignment;
pub use record_times::{RecordTime, RecordTimes};
pub use replica_log::{LogPart, LogWanted};
pub use topic_partitions::EligibleReplicas;
pub use topics::{CreatedTopic, MorePartitions, NewTopic, TopicResult};
pub use users::{CredentialChange, ScramCredential, ScramMechanism, UserResults};

use kr_wire::error_code::ErrorCode;
use kr_wire::message::StrBytes;

use crate::error::Error;
use crate::retry::{self, Verdict};

/// Turns the code of one item into its result.
fn checked(what: impl Into<String>, code: i16, message: Option<&StrBytes>) -> Result<(), Error> {
    ErrorCode(code).ok().map_err(|code| Error::broker(what, code, message.map(|text| text.as_str())))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Fails if one of these codes may be gone in a moment, so that the call is tried again as a whole.
fn unless_moment(what: &str, codes: impl Iterator<Item = i16>) -> Result<(), Error> {
    let moment = |code: &ErrorCode| matches!(retry::after_code(*code, 0), Verdict::Again(_));
    match codes.map(ErrorCode).find(moment) {
        Some(code) => Err(Error::broker(what, code, None)),
        None => Ok(()),
    }
}

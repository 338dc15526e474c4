//! Administration: one file per thing administered. Each method is one question or one change, with typed
//! arguments and a typed answer; failures of single items come back with the item.

mod acl_rules;
mod acls;
mod alter_configs;
mod brokers;
mod client_metrics;
mod cluster;
mod configs;
mod controllers;
mod epoch_history;
mod feature_table;
mod features;
mod groups;
mod log_dirs;
mod metadata;
mod metadata_log;
mod nodes;
mod offsets;
mod partitions;
mod producers;
mod quorum;
mod quota_rules;
mod quotas;
mod reassignments;
mod record_times;
mod replica_log;
mod tokens;
mod topic_partitions;
mod topics;
mod transactions;
mod users;
mod voters;

pub use acl_rules::{AclQuestion, AclVerdict, asked_before, decide};
pub use acls::{
    Acl, AclFilter, AclOperation, AclResults, CLUSTER_NAME, PatternFilter, PatternType, Permission,
    ResourceType,
};
pub use alter_configs::{AlteredConfigs, ConfigEdit, ConfigOp, list_items};
pub use cluster::{ClusterInfo, ClusterNode};
pub use configs::{ConfigDetail, ConfigEntry, ConfigResult, ConfigSource, ConfigSynonym, ConfigTarget};
pub use epoch_history::{EpochEnd, EpochHistory, EpochStep, EpochWalk};
pub use feature_table::{
    METADATA_LEVELS, METADATA_VERSION, MetadataLevel, RELEASES, changes_metadata, dependencies,
    is_known as is_known_feature, level_of_release, mapping, metadata_level,
};
pub use features::UpgradeType;
pub use groups::{
    CommittedOffset, GroupDescription, GroupListing, GroupMember, GroupType, MemberName, NewOffset, Offsets,
    RemovedMember, StreamsMemberTasks, Subtopology, TaskId, Tasks, TopicPartition, Topology,
};
pub use log_dirs::{LogDir, LogDirReplica, LogDirs};
pub use metadata::MetadataBytes;
pub use metadata_log::{MetadataLogAnswer, MetadataLogWanted, SnapshotPart};
pub(crate) use nodes::CONTROLLERS;
pub use nodes::{Node, Nodes, QuorumPart};
pub use offsets::{At, FoundOffset};
pub use partitions::{Election, PartitionResult};
pub use producers::ActiveProducer;
pub use quorum::{QuorumNode, QuorumReplica, QuorumStatus};
pub use quota_rules::{CLIENT_KEYS, EffectiveQuota, IP_KEY, QuotaSubject, effective};
pub use quotas::{QuotaEdits, QuotaEntity, QuotaValues};
pub use reassignments::Reassignment;
pub use record_times::{RecordTime, RecordTimes};
pub use replica_log::{LogPart, LogWanted};
pub use tokens::{DelegationToken, Principal};
pub use topic_partitions::EligibleReplicas;
pub use topics::{CreatedTopic, MorePartitions, NewTopic, TopicResult};
pub use transactions::{ListedTransactions, TransactionDescription, TransactionFilter, TransactionListing};
pub use users::{CredentialChange, ScramCredential, ScramMechanism, UserResults};
pub use voters::Majority;

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

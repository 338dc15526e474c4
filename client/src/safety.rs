//! The gate before every request that changes a cluster.
//!
//! [`operations_of`] says what a request changes; [`Guard`] says whether that is allowed now. The gate sits in
//! the connection, below every call of this crate, so that no command and no view can go round it. It asks
//! nobody: who talks to a person gets the consent and notes it with [`Guard::consent`].
//!
//! A client that is told nothing has an open gate. Reading requests and validation (`validate_only`) pass always.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use kr_wire::message::RequestKind;

/// What is done to a cluster, as `noun.verb`: `topic.delete`. Contexts protect operations by these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation(&'static str);

/// Names operations and lists all of them.
macro_rules! operations {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)*) => {
        impl Operation {
            $($(#[$doc])* pub const $constant: Self = Self($name);)*

            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$constant),*];
        }
    };
}

operations! {
    /// Write records, in transactions or not.
    PRODUCE = "record.produce";
    /// Be a member of a group.
    GROUP_JOIN = "group.join";
    /// Set the offsets of a group: a member's commit, or a reset.
    GROUP_OFFSETS_SET = "group.offsets-set";
    /// Forget offsets of a group.
    GROUP_OFFSETS_DELETE = "group.offsets-delete";
    /// Delete a group.
    GROUP_DELETE = "group.delete";
    /// Remove a member from its group.
    GROUP_MEMBER_REMOVE = "group.member-remove";
    /// Change the configs of a group.
    GROUP_CONFIG = "group.config";
    /// Create a topic.
    TOPIC_CREATE = "topic.create";
    /// Delete a topic with its records.
    TOPIC_DELETE = "topic.delete";
    /// Delete the oldest records of partitions.
    TOPIC_TRIM = "topic.trim";
    /// Add partitions to a topic.
    TOPIC_ADD_PARTITIONS = "topic.add-partitions";
    /// Change the configs of a topic.
    TOPIC_CONFIG = "topic.config";
    /// Elect leaders.
    PARTITION_ELECT = "partition.elect";
    /// Move replicas between brokers, or stop a move.
    REASSIGN = "partition.reassign";
    /// Move a replica between directories of a broker.
    LOGDIR_MOVE = "logdir.move";
    /// Change the configs of a broker or of all brokers.
    BROKER_CONFIG = "broker.config";
    /// Change the log levels of a broker.
    BROKER_LOGGER = "broker.logger";
    /// Forget a broker's registration.
    BROKER_UNREGISTER = "broker.unregister";
    /// Forget a controller's registration.
    CONTROLLER_UNREGISTER = "controller.unregister";
    /// Change a subscription for client metrics.
    CLIENT_METRICS = "client-metrics.set";
    /// Add a voter to the quorum.
    QUORUM_ADD = "quorum.add";
    /// Remove a voter from the quorum.
    QUORUM_REMOVE = "quorum.remove";
    /// Raise or lower a feature.
    FEATURE_UPDATE = "feature.update";
    /// Add an ACL.
    ACL_ADD = "acl.add";
    /// Remove ACLs.
    ACL_REMOVE = "acl.remove";
    /// Set or delete a user's SCRAM credential.
    USER_SET = "user.set";
    /// Set or remove a quota.
    QUOTA_SET = "quota.set";
    /// Create, renew or expire a delegation token.
    TOKEN = "token.change";
    /// End a transaction by markers from outside.
    TXN_ABORT = "txn.abort";
}

impl Operation {
    /// Its name, `noun.verb`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether a rule names it: `topic.delete`, all of a noun (`topic.*`, `topic`), or everything (`*`).
    pub fn is_named_by(self, rule: &str) -> bool {
        let noun = self.0.split('.').next().unwrap_or(self.0);
        let rule = rule.trim();
        rule == "*" || rule == self.0 || rule.strip_suffix(".*").unwrap_or(rule) == noun
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Why a request was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The context may only be read.
    #[error("{0} is refused: the context is read-only")]
    ReadOnly(Operation),
    /// This run must change nothing.
    #[error("{0} is refused: this is a dry run")]
    DryRun(Operation),
    /// Nobody has agreed to it.
    #[error("{0} is refused: it was not confirmed")]
    NoConsent(Operation),
}

/// What the gate lets through.
#[derive(Debug, Default)]
pub struct Guard {
    /// Nothing may be changed.
    pub read_only: bool,
    /// Operations pass only after their consent.
    pub needs_consent: bool,
    state: Mutex<GuardState>,
}

#[derive(Debug, Default)]
struct GuardState {
    is_dry_run: bool,
    consents: BTreeSet<Operation>,
}

impl Guard {
    /// A gate that lets everything through, for tools that have no user to ask.
    pub fn open() -> Self {
        Self::default()
    }

    /// A gate that lets changes through only after their consent, and none at all when `read_only`.
    pub fn strict(read_only: bool) -> Self {
        Self { read_only, needs_consent: true, state: Mutex::default() }
    }

    /// Notes that an operation is agreed to, for as long as this client lives.
    pub fn consent(&self, operation: Operation) {
        self.state().consents.insert(operation);
    }

    /// From now on nothing is changed, whatever was agreed to.
    pub fn begin_dry_run(&self) {
        self.state().is_dry_run = true;
    }

    /// Whether an operation may be sent now.
    pub fn check(&self, operation: Operation) -> Result<(), Refusal> {
        if self.read_only {
            return Err(Refusal::ReadOnly(operation));
        }
        let state = self.state();
        if state.is_dry_run {
            Err(Refusal::DryRun(operation))
        } else if self.needs_consent && !state.consents.contains(&operation) {
            Err(Refusal::NoConsent(operation))
        } else {
            Ok(())
        }
    }

    /// Whether all that a request changes may be changed now.
    pub(crate) fn admit(&self, operations: &[Operation]) -> Result<(), Refusal> {
        operations.iter().try_for_each(|operation| self.check(*operation))
    }

    /// A panic while the lock was held cannot have left a set half changed.
    fn state(&self) -> std::sync::MutexGuard<'_, GuardState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `ConfigResource.Type` on the wire.
fn config_operation(resource_type: i8) -> Operation {
    match resource_type {
        2 => Operation::TOPIC_CONFIG,
        8 => Operation::BROKER_LOGGER,
        16 => Operation::CLIENT_METRICS,
        32 => Operation::GROUP_CONFIG,
        // Brokers (4), and what is not known yet as strictly as they.
        _ => Operation::BROKER_CONFIG,
    }
}

/// What a request changes; nothing when it only reads or validates.
pub fn operations_of(request: &RequestKind) -> Vec<Operation> {
    let one = |operation| vec![operation];
    match request {
        RequestKind::CreateTopics(request) if !request.validate_only => one(Operation::TOPIC_CREATE),
        RequestKind::CreatePartitions(request) if !request.validate_only => {
            one(Operation::TOPIC_ADD_PARTITIONS)
        }
        RequestKind::AlterConfigs(request) if !request.validate_only => {
            request.resources.iter().map(|resource| config_operation(resource.resource_type)).collect()
        }
        RequestKind::IncrementalAlterConfigs(request) if !request.validate_only => {
            request.resources.iter().map(|resource| config_operation(resource.resource_type)).collect()
        }
        RequestKind::UpdateFeatures(request) if !request.validate_only => one(Operation::FEATURE_UPDATE),
        RequestKind::AlterClientQuotas(request) if !request.validate_only => one(Operation::QUOTA_SET),
        RequestKind::Produce(_)
        | RequestKind::InitProducerId(_)
        | RequestKind::AddPartitionsToTxn(_)
        | RequestKind::AddOffsetsToTxn(_)
        | RequestKind::EndTxn(_)
        | RequestKind::TxnOffsetCommit(_) => one(Operation::PRODUCE),
        RequestKind::WriteTxnMarkers(_) => one(Operation::TXN_ABORT),
        RequestKind::JoinGroup(_)
        | RequestKind::SyncGroup(_)
        | RequestKind::Heartbeat(_)
        | RequestKind::ConsumerGroupHeartbeat(_)
        | RequestKind::ShareGroupHeartbeat(_)
        | RequestKind::ShareFetch(_)
        | RequestKind::ShareAcknowledge(_) => one(Operation::GROUP_JOIN),
        RequestKind::LeaveGroup(_) => one(Operation::GROUP_MEMBER_REMOVE),
        RequestKind::OffsetCommit(_) | RequestKind::AlterShareGroupOffsets(_) => {
            one(Operation::GROUP_OFFSETS_SET)
        }
        RequestKind::OffsetDelete(_) | RequestKind::DeleteShareGroupOffsets(_) => {
            one(Operation::GROUP_OFFSETS_DELETE)
        }
        RequestKind::DeleteGroups(_) => one(Operation::GROUP_DELETE),
        RequestKind::DeleteTopics(_) => one(Operation::TOPIC_DELETE),
        RequestKind::DeleteRecords(_) => one(Operation::TOPIC_TRIM),
        RequestKind::ElectLeaders(_) => one(Operation::PARTITION_ELECT),
        RequestKind::AlterPartitionReassignments(_) => one(Operation::REASSIGN),
        RequestKind::AlterReplicaLogDirs(_) => one(Operation::LOGDIR_MOVE),
        RequestKind::UnregisterBroker(_) => one(Operation::BROKER_UNREGISTER),
        RequestKind::AddRaftVoter(_) => one(Operation::QUORUM_ADD),
        RequestKind::RemoveRaftVoter(_) => one(Operation::QUORUM_REMOVE),
        RequestKind::CreateAcls(_) => one(Operation::ACL_ADD),
        RequestKind::DeleteAcls(_) => one(Operation::ACL_REMOVE),
        RequestKind::AlterUserScramCredentials(_) => one(Operation::USER_SET),
        RequestKind::CreateDelegationToken(_)
        | RequestKind::RenewDelegationToken(_)
        | RequestKind::ExpireDelegationToken(_) => one(Operation::TOKEN),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::messages::{
        CreateTopicsRequest, DeleteTopicsRequest, IncrementalAlterConfigsRequest, MetadataRequest,
        incremental_alter_configs_request::AlterConfigsResource,
    };

    use super::*;

    fn deletion() -> Vec<Operation> {
        operations_of(&RequestKind::DeleteTopics(DeleteTopicsRequest::default()))
    }

    #[test]
    fn an_open_gate_lets_everything_through() {
        assert_eq!(Guard::open().admit(&deletion()), Ok(()));
    }

    #[test]
    fn a_strict_gate_wants_consent_to_the_operation_itself() {
        let guard = Guard::strict(false);
        guard.consent(Operation::TOPIC_CREATE);
        assert_eq!(guard.admit(&deletion()), Err(Refusal::NoConsent(Operation::TOPIC_DELETE)));
        guard.consent(Operation::TOPIC_DELETE);
        assert_eq!(guard.admit(&deletion()), Ok(()));
    }

    #[test]
    fn consent_opens_neither_a_read_only_context_nor_a_dry_run() {
        let guard = Guard::strict(true);
        guard.consent(Operation::TOPIC_DELETE);
        assert_eq!(guard.admit(&deletion()), Err(Refusal::ReadOnly(Operation::TOPIC_DELETE)));
        let guard = Guard::strict(false);
        guard.consent(Operation::TOPIC_DELETE);
        guard.begin_dry_run();
        assert_eq!(guard.admit(&deletion()), Err(Refusal::DryRun(Operation::TOPIC_DELETE)));
    }

    #[test]
    fn reading_and_validating_pass_a_dry_run_of_a_read_only_context() {
        let guard = Guard::strict(true);
        guard.begin_dry_run();
        let validation = CreateTopicsRequest::default().with_validate_only(true);
        assert_eq!(guard.admit(&operations_of(&RequestKind::CreateTopics(validation))), Ok(()));
        assert_eq!(guard.admit(&operations_of(&RequestKind::Metadata(MetadataRequest::default()))), Ok(()));
    }

    #[test]
    fn one_request_may_be_several_operations() {
        let resources =
            [2, 4, 8, 32, 16].map(|kind| AlterConfigsResource::default().with_resource_type(kind));
        let request = IncrementalAlterConfigsRequest::default().with_resources(resources.to_vec());
        let names: Vec<&str> = operations_of(&RequestKind::IncrementalAlterConfigs(request))
            .into_iter()
            .map(Operation::name)
            .collect();
        assert_eq!(
            names,
            ["topic.config", "broker.config", "broker.logger", "group.config", "client-metrics.set"]
        );
    }

    #[test]
    fn rules_name_an_operation_a_noun_or_everything() {
        for rule in ["topic.delete", "topic.*", "topic", "*"] {
            assert!(Operation::TOPIC_DELETE.is_named_by(rule), "{rule}");
        }
        for rule in ["topic.create", "top", "group", ""] {
            assert!(!Operation::TOPIC_DELETE.is_named_by(rule), "{rule}");
        }
    }

    #[test]
    fn names_are_unlike() {
        let names: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        assert_eq!(names.len(), Operation::ALL.len());
    }
}

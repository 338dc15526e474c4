//! Settings of the group coordinator, by the names Kafka gives them.

use std::time::Duration;

/// What a broker's configuration says about groups. The default is Kafka's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    /// `group.min.session.timeout.ms`: a shorter session is refused with INVALID_SESSION_TIMEOUT.
    pub min_session_timeout: Duration,
    /// `group.max.session.timeout.ms`: a longer session is refused with INVALID_SESSION_TIMEOUT.
    pub max_session_timeout: Duration,
    /// `group.initial.rebalance.delay.ms`: how long an empty group waits for more members.
    pub initial_rebalance_delay: Duration,
    /// `group.max.size`: members beyond it are refused with GROUP_MAX_SIZE_REACHED.
    pub max_size: usize,
    /// How long a member's first JoinGroup may wait (Kafka: `CLASSIC_GROUP_NEW_MEMBER_JOIN_TIMEOUT_MS`).
    pub new_member_join_timeout: Duration,
    /// `offset.metadata.max.bytes`: longer metadata is refused with OFFSET_METADATA_TOO_LARGE.
    pub offset_metadata_max_bytes: usize,
    /// `offsets.retention.minutes`: age at which offsets of an unused group expire.
    pub offsets_retention: Duration,
    /// `offsets.retention.check.interval.ms`: how often expired offsets are looked for.
    pub offsets_retention_check_interval: Duration,
    /// `offsets.commit.timeout.ms`: how long a request waits for its records to be replicated.
    pub offsets_commit_timeout: Duration,
    /// Planted bugs.
    #[cfg(any(test, feature = "mutants"))]
    pub mutants: crate::mutants::Mutants,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            min_session_timeout: Duration::from_secs(6),
            max_session_timeout: Duration::from_secs(1800),
            initial_rebalance_delay: Duration::from_secs(3),
            max_size: i32::MAX as usize,
            new_member_join_timeout: Duration::from_secs(300),
            offset_metadata_max_bytes: 4096,
            offsets_retention: Duration::from_secs(10_080 * 60),
            offsets_retention_check_interval: Duration::from_secs(600),
            offsets_commit_timeout: Duration::from_secs(5),
            #[cfg(any(test, feature = "mutants"))]
            mutants: crate::mutants::Mutants::default(),
        }
    }
}

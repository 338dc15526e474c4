//! Planted bugs by name, each of which the seeds must find (`--mutant NAME`).
//!
//! The switches are in the crates that have the bugs, behind their feature `mutants`; so is what they do.

use kr_node::NodeConfig;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// The quorum's high watermark rises over records of earlier epochs alone.
    HighWatermarkIgnoresOwnEpoch,
    /// A diverging replica is cut at its high watermark.
    TruncateToHighWatermark,
    /// AlterPartition believes a leader whose epochs are old.
    AlterPartitionIgnoresEpochs,
    /// A vote is given before it is durable.
    VoteNotPersisted,
    /// Producers are forgotten when a log is loaded.
    ProducerStateNotRebuilt,
    /// The quorum's leader counts records that it has not flushed.
    LeaderCountsUnflushed,
    /// A voter fetches on before its flush is done.
    FetchesBeforeFlush,
    /// A member commits although its generation is over.
    CommitIgnoresGeneration,
    /// A commit is answered before it is replicated.
    CommitAnsweredEarly,
    /// A new coordinator does not read the offsets that were committed before it.
    OffsetsNotReloaded,
    /// A new coordinator counts generations from the beginning.
    GenerationNotReloaded,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::HighWatermarkIgnoresOwnEpoch,
        Self::TruncateToHighWatermark,
        Self::AlterPartitionIgnoresEpochs,
        Self::VoteNotPersisted,
        Self::ProducerStateNotRebuilt,
        Self::LeaderCountsUnflushed,
        Self::FetchesBeforeFlush,
        Self::CommitIgnoresGeneration,
        Self::CommitAnsweredEarly,
        Self::OffsetsNotReloaded,
        Self::GenerationNotReloaded,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::HighWatermarkIgnoresOwnEpoch => "hw-ignores-own-epoch",
            Self::TruncateToHighWatermark => "truncate-to-high-watermark",
            Self::AlterPartitionIgnoresEpochs => "alter-partition-ignores-epochs",
            Self::VoteNotPersisted => "vote-not-persisted",
            Self::ProducerStateNotRebuilt => "producer-state-not-rebuilt",
            Self::LeaderCountsUnflushed => "leader-counts-unflushed",
            Self::FetchesBeforeFlush => "fetches-before-flush",
            Self::CommitIgnoresGeneration => "commit-ignores-generation",
            Self::CommitAnsweredEarly => "commit-answered-early",
            Self::OffsetsNotReloaded => "offsets-not-reloaded",
            Self::GenerationNotReloaded => "generation-not-reloaded",
        }
    }

    /// Finds it by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutant| mutant.name() == name)
    }

    /// Switches it on in a node.
    #[cfg(feature = "mutants")]
    pub fn plant(self, config: &mut NodeConfig) {
        let mutants = &mut config.mutants;
        match self {
            Self::HighWatermarkIgnoresOwnEpoch => mutants.raft.hw_ignores_own_epoch = true,
            Self::TruncateToHighWatermark => mutants.truncate_to_high_watermark = true,
            Self::AlterPartitionIgnoresEpochs => mutants.controller.alter_partition_ignores_epochs = true,
            Self::VoteNotPersisted => mutants.raft.vote_not_persisted = true,
            Self::ProducerStateNotRebuilt => mutants.producer_state_not_rebuilt = true,
            Self::LeaderCountsUnflushed => mutants.raft.leader_counts_unflushed = true,
            Self::FetchesBeforeFlush => mutants.raft.fetches_before_flush = true,
            Self::CommitIgnoresGeneration => mutants.groups.commit_ignores_generation = true,
            Self::CommitAnsweredEarly => mutants.groups.commit_answered_early = true,
            Self::OffsetsNotReloaded => mutants.groups.offsets_not_reloaded = true,
            Self::GenerationNotReloaded => mutants.groups.generation_not_reloaded = true,
        }
    }

    /// Does nothing: this build has no planted bugs.
    #[cfg(not(feature = "mutants"))]
    pub fn plant(self, _config: &mut NodeConfig) {}
}

//! Planted bugs: the simulators prove with them that they would notice.
//!
//! Only there with the feature `mutants` or in this crate's tests. Without it every question below is
//! answered by a constant.

/// Which rule is broken; all false by default.
#[cfg(any(test, feature = "mutants"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mutants {
    /// The high watermark rises over records of earlier epochs alone (KIP-595).
    pub hw_ignores_own_epoch: bool,
    /// A vote is given before it is durable.
    pub vote_not_persisted: bool,
    /// A second candidate gets a vote in the same epoch.
    pub votes_twice: bool,
    /// Votes go to candidates whose log is behind.
    pub votes_ignore_log: bool,
    /// The leader counts records for the high watermark that it has not flushed.
    pub leader_counts_unflushed: bool,
    /// A voter fetches on, and so promises, before its flush is done.
    pub fetches_before_flush: bool,
    /// A leader that hears of no majority goes on.
    pub keeps_leading_alone: bool,
}

/// Asks the configuration for a planted bug: `mutant!(config, votes_twice)`.
macro_rules! mutant {
    ($config:expr, $name:ident) => {{
        #[cfg(any(test, feature = "mutants"))]
        let planted = $config.mutants.$name;
        #[cfg(not(any(test, feature = "mutants")))]
        let planted = false;
        planted
    }};
}
pub(crate) use mutant;

//! Planted bugs: the simulator proves with them that it would notice.
//!
//! Only there with the feature `mutants` or in this crate's tests. Without it every question below is
//! answered by a constant.

/// Which rule is broken; all false by default.
#[cfg(any(test, feature = "mutants"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mutants {
    /// A member commits although its generation is over.
    pub commit_ignores_generation: bool,
    /// A commit is answered before it is replicated.
    pub commit_answered_early: bool,
    /// A new coordinator does not read the offsets that were committed before it.
    pub offsets_not_reloaded: bool,
    /// A new coordinator counts generations from the beginning.
    pub generation_not_reloaded: bool,
}

/// Asks the configuration for a planted bug: `mutant!(config, offsets_not_reloaded)`.
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

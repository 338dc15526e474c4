//! Planted bugs, to see that tests and the simulator find them. Without the feature `mutants` there are none.

/// A bug that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Recovery does not take the producers from the batches it checks: duplicates get in after a crash.
    ProducerStateNotRebuilt,
    /// Recovery leaves the invalid tail in the file.
    TornTailKept,
}

#[cfg(feature = "mutants")]
mod planted {
    use std::cell::Cell;

    use super::Mutant;

    thread_local! {
        static PLANTED: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Plants a bug in this thread, or takes it out.
    pub fn plant(mutant: Option<Mutant>) {
        PLANTED.set(mutant);
    }

    pub(crate) fn planted(mutant: Mutant) -> bool {
        PLANTED.get() == Some(mutant)
    }
}

#[cfg(feature = "mutants")]
pub use planted::plant;
#[cfg(feature = "mutants")]
pub(crate) use planted::planted;

/// Whether a bug is planted in this thread.
#[cfg(not(feature = "mutants"))]
pub(crate) fn planted(_mutant: Mutant) -> bool {
    false
}

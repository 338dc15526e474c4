//! Whether a node's thread runs, is frozen or has to end at once: shared with the supervisor.
//!
//! A frozen thread sits in [`Control::checkpoint`], so nothing of the node happens: no read, no answer, no
//! timer. That is what a stopped process looks like from outside.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What the supervisor wants of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Running,
    Paused,
    Killed,
}

/// The switch between a supervisor and a node's thread.
#[derive(Debug)]
pub(crate) struct Control {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Control {
    pub(crate) fn new() -> Self {
        Self { wanted: Mutex::new(Wanted::Running), changed: Condvar::new() }
    }

    /// Sets what is wanted; `Killed` is final.
    pub(crate) fn set(&self, wanted: Wanted) {
        let mut current = self.lock();
        if *current != Wanted::Killed {
            *current = wanted;
            self.changed.notify_all();
        }
    }

    pub(crate) fn wanted(&self) -> Wanted {
        *self.lock()
    }

    /// Blocks the node's thread while it is paused; whether it was paused, or the order to end.
    pub(crate) fn checkpoint(&self) -> Passed {
        let mut current = self.lock();
        let mut passed = Passed::Freely;
        loop {
            match *current {
                Wanted::Running => return passed,
                Wanted::Killed => return Passed::Killed,
                Wanted::Paused => {
                    passed = Passed::AfterPause;
                    current = self.changed.wait(current).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // The guarded value is one word that is always whole, so a poisoned lock is still right.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a thread got past [`Control::checkpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    Freely,
    AfterPause,
    Killed,
}

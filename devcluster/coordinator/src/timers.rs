//! Everything that waits in a shard, by deadline: one entry per key, set again to move it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_wire::time::Mono;

use crate::appends::AppendId;

/// What a deadline is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Records a request waits for were not replicated in time.
    Append(AppendId),
    /// The session of a member, or of a member id that was handed out, ends.
    Session {
        /// The group.
        group: Arc<str>,
        /// The member id.
        member: Arc<str>,
    },
    /// The join phase of a group ends.
    Join(Arc<str>),
    /// Members of a new generation that did not sync are dropped.
    Sync(Arc<str>),
    /// Time to look for expired offsets.
    Expiry,
}

/// The deadlines of a shard.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    by_deadline: BTreeSet<(Mono, Timer)>,
    by_timer: BTreeMap<Timer, Mono>,
}

impl Timers {
    /// Sets a timer, replacing the deadline it had.
    pub(crate) fn set(&mut self, timer: Timer, at: Mono) {
        if let Some(before) = self.by_timer.insert(timer.clone(), at) {
            self.by_deadline.remove(&(before, timer.clone()));
        }
        self.by_deadline.insert((at, timer));
    }

    /// Forgets a timer, if it is set.
    pub(crate) fn cancel(&mut self, timer: &Timer) {
        if let Some((timer, at)) = self.by_timer.remove_entry(timer) {
            self.by_deadline.remove(&(at, timer));
        }
    }

    /// Takes one timer whose deadline is at or before `now`, the earliest first.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<Timer> {
        if self.next_deadline()? > now {
            return None;
        }
        let (_, timer) = self.by_deadline.pop_first()?;
        self.by_timer.remove(&timer);
        Some(timer)
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.by_deadline.first().map(|(at, _)| *at)
    }

    /// Forgets every timer.
    pub(crate) fn clear(&mut self) {
        self.by_deadline.clear();
        self.by_timer.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_set_again_fires_once_at_its_last_deadline() {
        let mut timers = Timers::default();
        timers.set(Timer::Expiry, Mono(5));
        timers.set(Timer::Expiry, Mono(9));
        assert_eq!(timers.pop_due(Mono(8)), None);
        assert_eq!(timers.next_deadline(), Some(Mono(9)));
        assert_eq!(timers.pop_due(Mono(9)), Some(Timer::Expiry));
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn a_cancelled_timer_does_not_fire() {
        let mut timers = Timers::default();
        timers.set(Timer::Join("g".into()), Mono(1));
        timers.cancel(&Timer::Join("g".into()));
        assert_eq!(timers.pop_due(Mono(10)), None);
    }
}

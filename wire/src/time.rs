//! Time as an argument: the pure crates never read a clock.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment on a driver's monotonic clock, in microseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(pub u64);

/// A moment as a driver saw it: monotonic for deadlines, wall clock for timestamps in records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For deadlines and durations; never goes back.
    pub mono: Mono,
    /// Milliseconds since 1970 (UTC); may jump.
    pub wall_ms: i64,
}

impl Add<Duration> for Mono {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Mono {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

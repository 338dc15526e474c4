//! The clocks of this machine as the `Now` of the pure crates.
//!
//! One origin serves all nodes of a process, so that their monotonic times can be compared in logs.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use kr_wire::time::{Mono, Now};

/// Reads the monotonic and the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// The clock of this process.
    pub fn of_process() -> Self {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        Self { origin: *ORIGIN.get_or_init(Instant::now) }
    }

    /// This moment.
    pub fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Now { mono: Mono::default() + self.origin.elapsed(), wall_ms: wall.as_millis() as i64 }
    }

    /// When a deadline of a pure crate is due.
    pub(crate) fn instant(&self, deadline: Mono) -> Instant {
        // A deadline too far for the platform's clock is as good as one in a day: the loop looks again then.
        const DAY: Duration = Duration::from_secs(86_400);
        let after = deadline - Mono::default();
        self.origin.checked_add(after).unwrap_or_else(|| Instant::now() + DAY)
    }
}

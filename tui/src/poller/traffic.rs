//! What looking costs: the requests of the last second, and the log of calls for the screen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kr_client::tap::{Exchange, Tap};

/// Requests that may wait to be shown; more than a second has within any budget.
const WAITING: usize = 4096;

/// Requests as they ended; the tap puts them in, the poller takes them out.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    waiting: Arc<Mutex<Vec<Exchange>>>,
}

impl Meter {
    /// The tap that fills it.
    pub fn tap(&self) -> Tap {
        let waiting = Arc::clone(&self.waiting);
        Tap::new(move |exchange| {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.len() < WAITING {
                waiting.push(exchange);
            }
        })
    }

    /// Takes out what ended since the last time.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The sum of some requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub requests: u32,
    /// Bytes in both directions.
    pub bytes: u64,
    /// The longest that a broker wants to be left alone.
    pub throttled: Duration,
}

impl Sum {
    /// Adds a request.
    pub fn add(&mut self, exchange: &Exchange) {
        self.requests += 1;
        self.bytes += (exchange.sent_bytes + exchange.received_bytes) as u64;
        self.throttled = self.throttled.max(exchange.throttle.unwrap_or_default());
    }
}

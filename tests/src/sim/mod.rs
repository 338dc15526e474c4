//! Whole clusters in virtual time: nodes, network, disks and clients, with faults, from one seed.
//!
//! Within the promise everything must hold. Beyond it ([`Mode::Beyond`]) records may be lost, but nothing else: the
//! quorum keeps its promises, no node ends, and with all faults over the cluster serves new clients as if nothing had
//! been.
//!
//! One thread, one queue of events, one source of chance: a seed always gives the same run. First there are faults
//! within what the cluster promises to survive, then everything heals and must be well within a bound of virtual time.
//! The invariants are held after every event ([`checks`]), the clients' history against the oracle ([`truth`]).

pub mod agenda;
pub mod chance;
pub mod checks;
pub mod clients;
mod connections;
pub mod faults;
pub mod groups;
pub mod machine;
pub mod mutant;
pub mod net;
pub mod plan;
mod processes;
pub mod trace;
pub mod truth;
pub mod world;

pub use mutant::Mutant;
pub use plan::{Mode, Plan};

use world::World;

/// How a run went.
#[derive(Debug)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Fingerprint of everything that happened.
    pub hash: u64,
    /// Events handled.
    pub events: u64,
    /// Virtual microseconds.
    pub virtual_us: u64,
    /// Records committed in the topics of the clients.
    pub records: i64,
    /// What went wrong, if anything did.
    pub failure: Option<String>,
    /// The last events, if they were asked for.
    pub lines: Vec<String>,
}

/// Runs a plan to its end or its first failure; `wordy` keeps the last events as text.
pub fn run(plan: Plan, steps: Option<u64>, wordy: bool) -> Report {
    World::new(plan, wordy).run(steps)
}

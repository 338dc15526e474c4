//! Clients of the simulated cluster: they speak the real protocol and keep the rules of good clients.
//!
//! Each is a state machine that is run whenever something happens to it and every few milliseconds besides. What
//! they are told is held against the oracle at once.

mod admin;
mod calls;
mod committer;
mod consumer;
mod coordination;
mod member;
mod producer;
mod routes;

use super::agenda::Agenda;
use super::chance::Chance;
use super::checks::Checks;
use super::net::{ConnectionId, Network, Parcel};
use super::plan::Plan;
use super::trace::Trace;

pub use admin::Admin;
pub use calls::{Calls, Outcome, strip};
pub use committer::Committer;
pub use consumer::Consumer;
pub use member::{Member, VERSIONS};
pub use producer::Producer;

/// What a client can reach.
pub struct Surroundings<'a> {
    /// Its place in the list of clients.
    pub index: usize,
    /// The clock.
    pub agenda: &'a mut Agenda,
    /// The network.
    pub net: &'a mut Network,
    /// Chance.
    pub chance: &'a mut Chance,
    /// The oracle.
    pub checks: &'a Checks,
    /// What the seed drew.
    pub plan: &'a Plan,
    /// Whether new work is to be begun.
    pub is_busy: bool,
    /// Takes notes.
    pub trace: &'a mut Trace,
}

/// One client.
pub enum Client {
    /// Writes.
    Producer(Producer),
    /// Reads.
    Consumer(Consumer),
    /// Creates and deletes topics.
    Admin(Admin),
    /// Commits offsets of a group.
    Committer(Committer),
    /// Is in a group.
    Member(Member),
}

impl Client {
    /// Something arrived on a connection.
    ///
    /// # Errors
    /// A promise that was broken.
    pub fn arrived(
        &mut self,
        id: ConnectionId,
        parcel: Parcel,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        for (tag, outcome) in self.calls().arrived(id, parcel, around)? {
            self.settle(tag, outcome, around)?;
        }
        self.run(around)
    }

    /// Does what is to be done now.
    ///
    /// # Errors
    /// A promise that was broken.
    pub fn run(&mut self, around: &mut Surroundings<'_>) -> Result<(), String> {
        for (tag, outcome) in self.calls().expire(around) {
            self.settle(tag, outcome, around)?;
        }
        match self {
            Self::Producer(client) => client.run(around),
            Self::Consumer(client) => client.run(around),
            Self::Admin(client) => client.run(around),
            Self::Committer(client) => client.run(around),
            Self::Member(client) => client.run(around),
        }
        Ok(())
    }

    /// Why it has not finished its work, if it has not.
    pub fn unfinished(&self, checks: &Checks, plan: &Plan) -> Option<String> {
        match self {
            Self::Producer(client) => client.unfinished(),
            Self::Consumer(client) => client.unfinished(checks, plan),
            Self::Admin(client) => client.unfinished(),
            Self::Committer(client) => client.unfinished(),
            Self::Member(client) => client.unfinished(checks),
        }
    }

    fn calls(&mut self) -> &mut Calls {
        match self {
            Self::Producer(client) => &mut client.calls,
            Self::Consumer(client) => &mut client.calls,
            Self::Admin(client) => &mut client.calls,
            Self::Committer(client) => client.calls(),
            Self::Member(client) => client.calls(),
        }
    }

    fn settle(&mut self, tag: u64, outcome: Outcome, around: &mut Surroundings<'_>) -> Result<(), String> {
        match self {
            Self::Producer(client) => client.settle(tag, outcome, around),
            Self::Consumer(client) => client.settle(tag, outcome, around),
            Self::Admin(client) => client.settle(tag, outcome, around),
            Self::Committer(client) => client.settle(tag, outcome, around),
            Self::Member(client) => client.settle(tag, outcome, around),
        }
    }
}

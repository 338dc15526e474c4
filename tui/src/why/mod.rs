//! "Why": rules over what was seen. Each rule looks for its own pattern and tells what it saw, what follows, how
//! sure that is, and what may be done. Rules are pure, ask nothing, and say "unknown" rather than guess.

mod partition;
mod quorum;

use kr_wire::ids::NodeId;

use crate::event::{Change, Event, When};
use crate::model::world::World;
use crate::snapshot::Reach;

pub use partition::{blast, explain, next_failure};
pub use quorum::{Margin, margin};

/// How sure a conclusion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It fits, and other causes would fit, too.
    Low,
    /// Other causes are unlikely.
    Medium,
    /// The cluster itself says so.
    High,
}

impl Confidence {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, by its number: it can be looked up and argued about.
    pub rule: &'static str,
    /// How sure it is.
    pub confidence: Confidence,
    /// What was seen, in the order of time where there is one.
    pub evidence: Vec<Evidence>,
    /// What follows.
    pub conclusion: String,
    /// What may be done.
    pub next: Vec<String>,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// When, where it is an event or an answer of its own.
    pub when: Option<When>,
    /// What.
    pub text: String,
}

impl Evidence {
    fn now(text: impl Into<String>) -> Self {
        Self { when: None, text: text.into() }
    }

    fn at(when: When, text: impl Into<String>) -> Self {
        Self { when: Some(when), text: text.into() }
    }
}

/// The newest event that a question is true for.
fn newest(world: &World, is_wanted: impl Fn(&Change) -> bool) -> Option<&Event> {
    world.events.iter().rev().map(|event| &**event).find(|event| is_wanted(&event.change))
}

/// Whether a broker was fenced last, or unfenced.
fn fence_of(world: &World, id: NodeId) -> Option<&Event> {
    let last = newest(world, |change| match change {
        Change::Fence(broker) | Change::Unfence(broker) => broker.broker == id,
        _ => false,
    })?;
    matches!(last.change, Change::Fence(_)).then_some(last)
}

/// What a connection attempt to a broker says, and what follows for its process.
fn reach_of(world: &World, id: NodeId) -> Option<(Evidence, &'static str)> {
    let seen = world.reach.get(&id)?;
    let address =
        world.broker(id).map_or_else(|| format!("broker {id}"), |broker| broker.address.to_string());
    let when = When::At(seen.as_of);
    let span = crate::model::clock::span;
    Some(match &seen.value {
        Reach::Answers(took) => (
            Evidence::at(when, format!("connect to {address} from here: answers in {}", span(*took))),
            "its process is up and answers here: it is cut off from the controller, or just came back",
        ),
        Reach::Refused => (
            Evidence::at(
                when,
                format!("connect to {address} from here: refused (the host answers, the port is closed)"),
            ),
            "its process is down",
        ),
        Reach::Silent(after) => (
            Evidence::at(when, format!("connect to {address} from here: nothing for {}", span(*after))),
            "its host is silent: host or network",
        ),
        Reach::Stuck(after) => (
            Evidence::at(
                when,
                format!("connect to {address} from here: connected, no answer for {}", span(*after)),
            ),
            "its process stands still: paused, a long collection of garbage, or a stuck disk",
        ),
        Reach::Failed(error) => (
            Evidence::at(when, format!("connect to {address} from here: {error}")),
            "it cannot be used from here",
        ),
    })
}

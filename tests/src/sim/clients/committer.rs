//! Commits ever larger offsets of a group without members, and reads them back: they must not move by themselves (I14).

use std::collections::BTreeMap;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind};

use super::Surroundings;
use super::calls::{Calls, Outcome};
use super::coordination::{Coordination, Floors, commit, committed, fetched};
use crate::sim::agenda::MS;
use crate::sim::groups::{NO_GENERATION, Place, Tag};

const GROUP: &str = "readers";

/// Version of OffsetCommit.
const VERSION: i16 = 8;

enum Question {
    Commit(BTreeMap<Place, Tag>),
    Fetch(Floors),
}

/// A client that only commits.
pub struct Committer {
    coordination: Coordination<Question>,
    next: i64,
    /// Whether what was committed last has been read back.
    is_checked: bool,
}

impl Committer {
    /// Nothing is committed.
    pub fn new() -> Self {
        Self { coordination: Coordination::new(GROUP), next: 1, is_checked: true }
    }

    pub(super) fn calls(&mut self) -> &mut Calls {
        &mut self.coordination.calls
    }

    pub(super) fn run(&mut self, around: &mut Surroundings<'_>) {
        if !around.is_busy && self.is_checked || self.coordination.ready(around).is_none() {
            return;
        }
        let pause = around.chance.between(20, 200) * MS;
        self.coordination.pause(pause, around);
        let place = (around.plan.topics[0].name.to_owned(), 0);
        if around.is_busy && around.chance.percent(60) {
            // No member has this id, which a commit from outside does not need.
            let tag = Tag { member: String::new(), generation: NO_GENERATION, offset: self.next };
            self.next += 1;
            self.is_checked = false;
            let tags = BTreeMap::from([(place, tag)]);
            let request = RequestKind::OffsetCommit(commit(GROUP, None, &tags));
            self.coordination.ask(Question::Commit(tags), VERSION, request, around);
        } else {
            self.coordination.fetch(&[place], Question::Fetch, around);
        }
    }

    pub(super) fn settle(
        &mut self,
        tag: u64,
        outcome: Outcome,
        around: &mut Surroundings<'_>,
    ) -> Result<(), String> {
        let code = match self.coordination.settle(tag, outcome, around) {
            Some((Question::Commit(tags), Some(ResponseKind::OffsetCommit(response)))) => {
                committed(GROUP, &tags, &response, around)?
            }
            Some((Question::Fetch(floors), Some(ResponseKind::OffsetFetch(response)))) => {
                let found = fetched(GROUP, &floors, &response, around)?;
                self.is_checked |= found.is_ok();
                found.err().unwrap_or(ErrorCode::NONE)
            }
            _ => ErrorCode::NONE,
        };
        match code {
            ErrorCode::NONE => {}
            code if code.is_retriable() => self.coordination.doubt(around),
            code => return Err(format!("the coordinator of {GROUP} refused for good: {code}")),
        }
        Ok(())
    }

    pub(super) fn unfinished(&self) -> Option<String> {
        (!self.is_checked).then(|| "committed offsets have yet to be read back".to_owned())
    }
}

impl Default for Committer {
    fn default() -> Self {
        Self::new()
    }
}

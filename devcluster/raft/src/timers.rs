//! Deadlines by name: how long each is and which comes next.
//!
//! What happens when one passes is in `raft`.

use std::ops::Range;
use std::time::Duration;

use kr_wire::ids::NodeId;
use kr_wire::time::Mono;
use rand_chacha::rand_core::Rng;

use crate::raft::Raft;
use crate::state::State;

/// Doublings of the delay after hints that led to nothing.
const MAX_HINT_DOUBLINGS: u32 = 5;

impl Raft {
    /// Draws the end of an election timeout, between one and two times the setting from now.
    pub(crate) fn draw_election_deadline(&mut self) -> Mono {
        let shortest = self.config.timers.election_timeout;
        self.now.mono + self.draw(shortest..shortest * 2)
    }

    /// Draws how long a loser of an election waits for the next.
    pub(crate) fn draw_backoff(&mut self) -> Duration {
        let longest = self.config.timers.election_backoff_max;
        self.draw(longest / 8..longest)
    }

    /// Draws how long after a hint this voter stands for election; `None` when hints are ignored.
    ///
    /// Each voter but `lost` has a slot of its own in the range and draws from its first half, so that
    /// the next one hears of it before it stands too.
    pub(crate) fn draw_stagger(&mut self, lost: Option<NodeId>) -> Option<Duration> {
        let range = self.config.timers.hint_stagger.clone()?;
        let own = self.config.node_id;
        let rivals = || self.config.voters.ids().filter(|id| Some(*id) != lost);
        let rank = u32::try_from(rivals().filter(|id| *id < own).count()).unwrap_or(u32::MAX);
        let count = u32::try_from(rivals().count()).unwrap_or(u32::MAX).max(1);
        let slot = range.end.saturating_sub(range.start) / count;
        let start = range.start + slot * rank;
        let delay = self.draw(start..start + slot / 2);
        Some(delay * (1 << self.failed_hints.min(MAX_HINT_DOUBLINGS)))
    }

    /// Returns the beat of BeginQuorumEpoch.
    pub(crate) fn begin_interval(&self) -> Duration {
        self.config.timers.fetch_timeout / 2
    }

    /// Returns how long a leader goes on without hearing a majority.
    pub(crate) fn check_quorum_timeout(&self) -> Duration {
        self.config.timers.fetch_timeout * 3 / 2
    }

    /// Returns the earliest deadline of state, calls and shutdown.
    pub(crate) fn earliest_deadline(&self) -> Option<Mono> {
        let state = match &self.state {
            State::Unattached(state) => state.election_deadline.filter(|_| self.stopping.is_none()),
            State::Prospective(state) => Some(state.election_deadline),
            State::Candidate(state) => Some(state.election_deadline),
            State::Follower(state) => Some(state.patience()).filter(|_| self.is_voter()),
            State::Resigned(state) => Some(state.election_deadline),
            State::Leader(leader) => leader
                .parked
                .values()
                .map(|parked| parked.deadline)
                .chain(leader.check_quorum.deadline)
                .chain([leader.begin_deadline])
                .min(),
        };
        [state, self.calls.next_deadline(), self.stopping].into_iter().flatten().min()
    }

    fn draw(&mut self, range: Range<Duration>) -> Duration {
        let width = u64::try_from(range.end.saturating_sub(range.start).as_micros()).unwrap_or(u64::MAX);
        range.start + Duration::from_micros(self.rng.next_u64() % width.max(1))
    }
}

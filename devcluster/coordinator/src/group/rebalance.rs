//! The join phase of a classic group: when it begins, how long it lasts, and the generation it ends in.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::time::Now;

use super::{ClassicGroup, InitialDelay, Phase, Unsynced};
use crate::appends::Completion;
use crate::effects::Effects;
use crate::timers::Timer;

/// Shortest wait for absent static members; their own rebalance timeout may be zero.
const ABSENT_ROUND_MIN: Duration = Duration::from_millis(100);

impl ClassicGroup {
    /// Begins a join phase, or ends the one that runs if everybody is there.
    pub(super) fn rebalance_or_complete_join(&mut self, fx: &mut Effects, now: Now) {
        match self.phase {
            Phase::PreparingRebalance { .. } => self.maybe_complete_join(fx, now),
            _ => self.prepare_rebalance(fx, now),
        }
    }

    /// Begins a join phase: the members must join again. A group that was empty waits
    /// `group.initial.rebalance.delay.ms` for more members first.
    pub(crate) fn prepare_rebalance(&mut self, fx: &mut Effects, now: Now) {
        if let Phase::CompletingRebalance { .. } = self.phase {
            self.drop_assignments(ErrorCode::REBALANCE_IN_PROGRESS, fx, now);
        }
        fx.timers.cancel(&Timer::Sync(self.id.clone()));
        let join = Timer::Join(self.id.clone());
        if self.is_empty() {
            let delay = fx.config.initial_rebalance_delay;
            let remaining = self.rebalance_timeout().saturating_sub(delay);
            let initial = InitialDelay { delay, remaining, member_added: false };
            self.enter(Phase::PreparingRebalance { initial: Some(initial) }, now.wall_ms);
            fx.timers.set(join, now.mono + delay);
            return;
        }
        self.enter(Phase::PreparingRebalance { initial: None }, now.wall_ms);
        if self.all_joined() {
            self.complete_join(fx, now);
        } else {
            fx.timers.set(join, now.mono + self.rebalance_timeout());
        }
    }

    /// Ends the join phase if everybody joined; the initial delay runs its course.
    pub(super) fn maybe_complete_join(&mut self, fx: &mut Effects, now: Now) {
        if let Phase::PreparingRebalance { initial: None } = self.phase
            && self.all_joined()
        {
            self.complete_join(fx, now);
        }
    }

    /// The time of the join phase is up: more members may extend an initial delay, up to the
    /// rebalance timeout.
    pub(crate) fn join_time_is_up(&mut self, fx: &mut Effects, now: Now) {
        let Phase::PreparingRebalance { initial } = &mut self.phase else { return };
        if let Some(initial) = initial
            && initial.member_added
            && !initial.remaining.is_zero()
        {
            let delay = fx.config.initial_rebalance_delay.min(initial.remaining);
            let remaining = initial.remaining.saturating_sub(initial.delay);
            *initial = InitialDelay { delay, remaining, member_added: false };
            fx.timers.set(Timer::Join(self.id.clone()), now.mono + delay);
            return;
        }
        self.complete_join(fx, now);
    }

    /// Ends the join phase with whoever joined; static members keep their place without joining.
    fn complete_join(&mut self, fx: &mut Effects, now: Now) {
        let join = Timer::Join(self.id.clone());
        fx.timers.cancel(&join);
        let missing = self
            .members
            .values()
            .filter(|member| !member.is_joining() && member.instance_id.is_none())
            .map(|member| member.id.clone());
        for id in missing.collect::<Vec<_>>() {
            self.remove(&id);
            fx.end_session(&self.id, &id);
        }
        if self.members.is_empty() {
            return self.become_empty(fx, now);
        }
        if !self.elect_leader() {
            // Only absent static members are left: give them another round.
            let round = self.rebalance_timeout().max(ABSENT_ROUND_MIN);
            fx.timers.set(join, now.mono + round);
            return;
        }
        self.generation += 1;
        self.protocol = self.select_protocol();
        self.read_subscriptions();
        let unsynced = Unsynced(self.members.keys().cloned().collect());
        self.enter(Phase::CompletingRebalance { unsynced, storing: None }, now.wall_ms);
        for id in self.members.keys().cloned().collect::<Vec<_>>() {
            let response = self.joined(&id, false);
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.answer_join(response, fx);
            member.is_new = false;
            fx.start_session(&self.id, &id, member.session_timeout, now.mono);
        }
        fx.timers.set(Timer::Sync(self.id.clone()), now.mono + self.rebalance_timeout());
    }

    fn become_empty(&mut self, fx: &mut Effects, now: Now) {
        self.generation += 1;
        self.protocol = None;
        self.read_subscriptions();
        self.enter(Phase::Empty, now.wall_ms);
        let record = self.record(self.recorded());
        fx.append(vec![record], Completion::Nothing, now);
    }

    /// Keeps the leader if it joined, else takes a member that did; `false` when none did.
    fn elect_leader(&mut self) -> bool {
        let joined = |id: &str| self.members.get(id).is_some_and(|member| member.is_joining());
        if self.leader.as_deref().is_some_and(joined) {
            return true;
        }
        let Some(member) = self.members.values().find(|member| member.is_joining()) else {
            return false;
        };
        self.leader = Some(member.id.clone());
        true
    }

    /// The protocol most members prefer among those that all support; the first by name on a tie.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let mut votes = BTreeMap::<&str, usize>::new();
        let common = |name: &str| self.members.values().all(|member| member.supports(name));
        for member in self.members.values() {
            if let Some(choice) = member.protocols.iter().find(|protocol| common(&protocol.name)) {
                *votes.entry(&choice.name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes.iter().find(|(_, count)| **count == most).map(|(name, _)| (*name).to_owned())
    }
}

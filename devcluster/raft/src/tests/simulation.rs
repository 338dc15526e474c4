//! Runs of the simulator: promises hold on every seed, planted bugs are found, same seed same trace.
//!
//! `SEED=n` runs one seed, `SEEDS=n` that many.

use super::sim::{Plan, Sim};
use crate::{Mutants, Timers};

fn plan(seed: u64, mutants: Mutants) -> Plan {
    let shapes = [(3, 0), (3, 1), (5, 0), (1, 1), (2, 1), (3, 2), (4, 0)];
    let (voters, observers) = shapes[(seed / 2 % shapes.len() as u64) as usize];
    let (timers, chaos_ms) = match seed % 2 {
        0 => (Timers::fast(), 4_000),
        _ => (Timers::real(), 30_000),
    };
    let portion = [1, 10, 2, 100][(seed / 14 % 4) as usize];
    Plan { voters, observers, timers, mutants, portion, chaos_ms }
}

#[expect(clippy::disallowed_methods, reason = "the number of seeds is chosen by who runs the tests")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn promises_hold_under_faults() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(200),
    };
    for seed in seeds {
        let mut sim = Sim::new(plan(seed, Mutants::default()), seed);
        if let Err(broken) = sim.run() {
            panic!("seed {seed} at {} ms: {broken}", sim.now_ms());
        }
    }
}

#[test]
fn same_seed_gives_same_trace() {
    for seed in 0..4 {
        let trace = || {
            let mut sim = Sim::new(plan(seed, Mutants::default()), seed);
            sim.run().expect("promises hold");
            (sim.trace, sim.events, sim.committed.len())
        };
        assert_eq!(trace(), trace(), "seed {seed}");
    }
}

fn is_found(name: &str, mutants: Mutants) {
    let seeds = number("SEEDS").unwrap_or(200) * 5;
    let found = (0..seeds).find(|seed| Sim::new(plan(*seed, mutants), *seed).run().is_err());
    assert!(found.is_some(), "{name} went unnoticed in {seeds} seeds");
}

#[test]
fn planted_high_watermark_of_older_epochs_is_found() {
    is_found("hw_ignores_own_epoch", Mutants { hw_ignores_own_epoch: true, ..Mutants::default() });
}

#[test]
fn planted_forgotten_vote_is_found() {
    is_found("vote_not_persisted", Mutants { vote_not_persisted: true, ..Mutants::default() });
}

#[test]
fn planted_double_vote_is_found() {
    is_found("votes_twice", Mutants { votes_twice: true, ..Mutants::default() });
}

#[test]
fn planted_vote_for_a_stale_log_is_found() {
    is_found("votes_ignore_log", Mutants { votes_ignore_log: true, ..Mutants::default() });
}

#[test]
fn planted_commit_before_the_leaders_flush_is_found() {
    is_found("leader_counts_unflushed", Mutants { leader_counts_unflushed: true, ..Mutants::default() });
}

#[test]
fn planted_promise_before_a_voters_flush_is_found() {
    is_found("fetches_before_flush", Mutants { fetches_before_flush: true, ..Mutants::default() });
}

#[test]
fn planted_leader_without_a_majority_is_found() {
    is_found("keeps_leading_alone", Mutants { keeps_leading_alone: true, ..Mutants::default() });
}

/// Runs without faults until one node leads and all follow, kills it and returns the milliseconds until
/// the next leader has committed its first record.
fn failover_ms(seed: u64, voters: i32) -> u64 {
    let plan = Plan {
        voters,
        portion: 10,
        observers: 0,
        timers: Timers::fast(),
        mutants: Mutants::default(),
        chaos_ms: 0,
    };
    let mut sim = Sim::new(plan, seed);
    sim.calm();
    sim.run_until(5_000_000, |sim| sim.is_agreed() && sim.leader().is_some()).expect("promises hold");
    let killed = sim.leader().expect("a leader is elected at start");
    let settled = (sim.now_ms() + 300) * 1000;
    sim.run_until(settled, |_| false).expect("promises hold");
    let before = sim.now_ms();
    sim.crash(killed, 10_000_000);
    sim.run_until((before + 5_000) * 1000, |sim| sim.leader().is_some()).expect("promises hold");
    sim.now_ms() - before
}

#[test]
fn killed_leader_is_replaced_within_100_ms_with_hints() {
    for voters in [3, 5] {
        let mut times: Vec<u64> = (0..100).map(|seed| failover_ms(seed, voters)).collect();
        times.sort_unstable();
        let (median, worst) = (times[50], times[99]);
        assert!(median <= 30 && worst <= 100, "{voters} voters: median {median} ms, worst {worst} ms");
    }
}

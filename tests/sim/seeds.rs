//! Enough seeds of the simulator to notice a mistake before the thousand of `kr-sim` do, and the planted bugs.

use kr_tests::sim::{self, Mode, Mutant, Plan, Report};

/// Seeds of this test; `kr-sim` begins with the same ones.
const SEEDS: u64 = 60;

/// Seeds whose faults are beyond the promise.
const SEEDS_BEYOND: u64 = 15;

fn run(seed: u64, mode: Mode, mutant: Option<Mutant>) -> Report {
    sim::run(Plan::draw(seed, mode, mutant), None, false)
}

#[test]
fn cluster_keeps_its_promises_under_faults() {
    let mut empty = 0;
    for seed in 0..SEEDS {
        let report = run(seed, Mode::Within, None);
        assert_eq!(report.failure, None, "seed {seed}: cargo run -p kr-tests --bin kr-sim -- --seed {seed}");
        empty += u64::from(report.records == 0);
    }
    // Retention that is turned down far enough takes all that a short run wrote.
    assert!(empty * 10 < SEEDS, "{empty} of {SEEDS} seeds have no records");
}

#[test]
fn cluster_works_again_after_more_than_it_promised_to_survive() {
    for seed in 0..SEEDS_BEYOND {
        let report = run(seed, Mode::Beyond, None);
        assert_eq!(
            report.failure, None,
            "seed {seed}: cargo run -p kr-tests --bin kr-sim -- --seed {seed} --beyond"
        );
        assert!(report.records > 0, "seed {seed} wrote nothing");
    }
}

#[test]
fn same_seed_gives_the_same_trace() {
    for seed in [3, 17, 42] {
        let (one, two) = (run(seed, Mode::Within, None), run(seed, Mode::Within, None));
        assert_eq!((one.hash, one.events), (two.hash, two.events), "seed {seed}");
        assert_ne!(one.hash, run(seed + 1, Mode::Within, None).hash);
    }
}

#[test]
fn mutants_are_found_by_name() {
    for mutant in Mutant::ALL {
        assert_eq!(Mutant::named(mutant.name()), Some(mutant));
    }
    assert_eq!(Mutant::named("none"), None);
}

/// Every planted bug is noticed by one of so many seeds.
#[cfg(feature = "mutants")]
#[test]
fn planted_bugs_are_found() {
    for mutant in Mutant::ALL {
        let found = (0..1000).any(|seed| run(seed, Mode::Within, Some(mutant)).failure.is_some());
        assert!(found, "{} was not found", mutant.name());
    }
}

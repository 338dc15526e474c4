//! Runs the simulator over seeds: `kr-sim --seeds 1000`, `kr-sim --seed 7`, `kr-sim --beyond`, `kr-sim --meta`,
//! `kr-sim --mutants`.
//!
//! A failing seed is run again with its events in words; the last of them, the reason and the command to see it again
//! are printed. Exit code 1 when anything failed.
#![expect(clippy::print_stdout, reason = "a command line program prints its results")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use kr_tests::sim::{self, Mode, Mutant, Plan, Report};

/// Lines shown of a failing run.
const SHOWN_LINES: usize = 60;

/// Seeds within which each planted bug must be found.
const MUTANT_SEEDS: u64 = 200;

struct Options {
    first: u64,
    seeds: u64,
    steps: Option<u64>,
    threads: usize,
    meta: bool,
    mutants: bool,
    mutant: Option<Mutant>,
    mode: Mode,
    lines: usize,
    keep_going: bool,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(what) => {
            println!("{what}");
            println!(
                "usage: kr-sim [--seeds N] [--first S] [--seed S] [--steps N] [--threads N] [--lines N] [--meta] \
                 [--mutants] [--mutant NAME] [--beyond] [--keep-going]"
            );
            return ExitCode::from(2);
        }
    };
    // A panic is a failing seed like any other and is reported as such.
    std::panic::set_hook(Box::new(|_| {}));
    let is_well = if options.mutants { find_mutants(&options) } else { run_seeds(&options) };
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_seeds(options: &Options) -> bool {
    let began = Instant::now();
    let reports = over_seeds(options, options.mutant, !options.keep_going);
    let failed: Vec<&Report> = reports.values().filter(|report| report.failure.is_some()).collect();
    for report in &failed {
        show(report.seed, options);
    }
    let events: u64 = reports.values().map(|report| report.events).sum();
    let records: i64 = reports.values().map(|report| report.records).sum();
    let virtual_s: u64 = reports.values().map(|report| report.virtual_us / 1_000_000).sum();
    let took = began.elapsed().as_secs_f64();
    println!(
        "{} seeds, {} failed; {virtual_s} virtual seconds, {events} events and {records} records in {took:.1} s",
        reports.len(),
        failed.len()
    );
    failed.is_empty()
}

fn find_mutants(options: &Options) -> bool {
    let mut all_found = true;
    for mutant in Mutant::ALL {
        let options = Options { seeds: MUTANT_SEEDS, mutant: Some(mutant), ..*options };
        let reports = over_seeds(&options, Some(mutant), true);
        let found = reports.values().find_map(|report| Some((report.seed, report.failure.as_ref()?)));
        match found {
            Some((seed, what)) => println!("{:32} found by seed {seed}: {what}", mutant.name()),
            None => {
                println!("{:32} NOT FOUND in {MUTANT_SEEDS} seeds", mutant.name());
                all_found = false;
            }
        }
    }
    all_found
}

fn over_seeds(options: &Options, mutant: Option<Mutant>, stop_at_first: bool) -> BTreeMap<u64, Report> {
    let next = AtomicU64::new(options.first);
    let end = options.first + options.seeds;
    let reports = Mutex::new(BTreeMap::new());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let mut report = run(seed, options.mode, mutant, options.steps, false);
                    if options.meta {
                        let again = run(seed, options.mode, mutant, options.steps, false);
                        if again.hash != report.hash && report.failure.is_none() {
                            let (one, two) = (report.hash, again.hash);
                            report.failure = Some(format!("two runs differ: {one:016x} and {two:016x}"));
                        }
                    }
                    if report.failure.is_some() && stop_at_first {
                        is_over.store(true, Ordering::Relaxed);
                    }
                    reports.lock().expect("nobody panics with the lock").insert(seed, report);
                }
            });
        }
    });
    reports.into_inner().expect("nobody panicked with the lock")
}

/// Runs a seed; a panic becomes its failure.
fn run(seed: u64, mode: Mode, mutant: Option<Mutant>, steps: Option<u64>, wordy: bool) -> Report {
    let ran = catch_unwind(AssertUnwindSafe(|| sim::run(Plan::draw(seed, mode, mutant), steps, wordy)));
    ran.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Report {
            seed,
            hash: 0,
            events: 0,
            virtual_us: 0,
            records: 0,
            failure: Some(format!("panicked: {}", text.unwrap_or_default())),
            lines: Vec::new(),
        }
    })
}

fn show(seed: u64, options: &Options) {
    let report = run(seed, options.mode, options.mutant, options.steps, true);
    for line in report.lines.iter().rev().take(options.lines).rev() {
        println!("{line}");
    }
    let what = report.failure.unwrap_or_else(|| "nothing failed the second time".to_owned());
    println!("seed {seed} failed at {} ms: {what}", report.virtual_us / 1000);
    let mutant = options.mutant.map(|mutant| format!(" --mutant {}", mutant.name())).unwrap_or_default();
    let mode = if options.mode == Mode::Beyond { " --beyond" } else { "" };
    println!(
        "to see it again: cargo run --release -p kr-tests --bin kr-sim -- --seed {seed}{mutant}{mode}\n"
    );
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        first: 0,
        seeds: 100,
        steps: None,
        threads: std::thread::available_parallelism().map_or(2, usize::from),
        meta: false,
        mutants: false,
        mutant: None,
        mode: Mode::Within,
        lines: SHOWN_LINES,
        keep_going: false,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{text} is not a number"));
        match word.as_str() {
            "--seeds" => options.seeds = number(value()?)?,
            "--first" => options.first = number(value()?)?,
            "--seed" => (options.first, options.seeds) = (number(value()?)?, 1),
            "--steps" => options.steps = Some(number(value()?)?),
            "--threads" => options.threads = number(value()?)?.max(1) as usize,
            "--lines" => options.lines = number(value()?)? as usize,
            "--meta" => options.meta = true,
            "--mutants" => options.mutants = true,
            "--beyond" => options.mode = Mode::Beyond,
            "--keep-going" => options.keep_going = true,
            "--mutant" => {
                let name = value()?;
                options.mutant = Some(Mutant::named(&name).ok_or(format!("there is no mutant {name}"))?);
            }
            other => return Err(format!("{other} is not an option")),
        }
    }
    if (options.mutants || options.mutant.is_some()) && !cfg!(feature = "mutants") {
        return Err("planted bugs need the feature: cargo run --features mutants".to_owned());
    }
    Ok(options)
}

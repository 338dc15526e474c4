//! `kr-bench`: the figures of a three-node `kr dev` cluster, and next to them Apache Kafka's.
//!
//! ```text
//! cargo build --release -p kr -p kr-tests
//! target/release/kr-bench [--only start,latency] [--quick] [--gate] [--apache AK --apache-version 4.1.2]
//! ```
//! Both systems get the same client (`kr-client`) and the same load, one after the other, data on the same
//! disk. Apache Kafka is driven by a script with the verbs up, env, status, kill, start, pause, resume and
//! down, named by `--apache`; without it, its column is left out. With `--gate` a figure beyond its limit or
//! behind Apache Kafka's is exit code 1; without, nothing depends on timing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program prints its results")]

mod latency;
mod options;
mod partitions;
mod silence;
mod start;
mod system;
mod table;
mod throughput;

use std::process::ExitCode;
use std::time::Duration;

use kr_client::Client;

use crate::options::{Options, Part, System};
use crate::system::Running;
use crate::table::{Figure, Table};

/// How long anything may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a cluster rests before its memory is read.
const REST: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(what) => {
            eprintln!("{what}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    let mut table = Table::default();
    for system in &options.systems {
        if let Err(what) = measure(system, &options, &mut table).await {
            println!("{table}");
            eprintln!("error: {}: {what}", system.name());
            return ExitCode::FAILURE;
        }
    }
    println!("{table}");
    let misses = table.misses();
    for miss in &misses {
        println!("missed: {miss}");
    }
    if options.gate && !misses.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Measures one system, all parts that are wanted.
async fn measure(system: &System, options: &Options, table: &mut Table) -> Result<(), String> {
    let mut note = |figures: Vec<Figure>| {
        for figure in figures {
            eprintln!("{:>12}: {figure}", system.name());
            table.add(system.name(), figure);
        }
    };
    let (running, figures) = start::measure(system, options).await?;
    if options.wants(Part::Start) {
        note(figures);
    }
    let parts = measure_running(&running, options, &mut note).await;
    running.down().await;
    parts
}

async fn measure_running(
    running: &Running,
    options: &Options,
    note: &mut impl FnMut(Vec<Figure>),
) -> Result<(), String> {
    if options.wants(Part::Memory) {
        tokio::time::sleep(REST).await;
        note(vec![Figure::megabytes("memory, idle", running.memory()?).at_most(60.0)]);
    }
    let client = connect(&running.bootstrap, Duration::from_secs(10)).await?;
    if options.wants(Part::Latency) {
        note(latency::measure(&client, options).await?);
    }
    if options.wants(Part::Throughput) {
        note(throughput::measure(&client, options).await?);
        if options.wants(Part::Memory) {
            note(vec![Figure::megabytes("memory, after the load", running.memory()?)]);
        }
    }
    if options.wants(Part::Silence) {
        note(silence::measure(running, options).await?);
    }
    if options.wants(Part::Partitions) {
        note(partitions::measure(&client, options).await?);
        if options.wants(Part::Memory) {
            note(vec![Figure::megabytes("memory, all partitions", running.memory()?)]);
        }
    }
    Ok(())
}

/// A client that comes back soon after a failure; the same for both systems.
async fn connect(bootstrap: &str, request_timeout: Duration) -> Result<Client, String> {
    let mut options = kr_client::Options {
        client_id: "kr-bench".to_owned(),
        timeout: PATIENCE,
        request_timeout,
        connect_timeout: Duration::from_secs(1),
        retry_backoff: Duration::from_millis(5),
        retry_backoff_max: Duration::from_millis(50),
        ..kr_client::Options::default()
    };
    options.set_bootstrap(&[bootstrap]).map_err(|error| error.to_string())?;
    Client::connect(options).await.map_err(|error| error.to_string())
}

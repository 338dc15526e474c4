//! `kr migrate dry-run`: what Kafka's migration driver would make of the metadata, or where it would stop.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use kr_migrate::convert::{Conversion, Outcome, Stop, Warning, convert};
use kr_migrate::model::Model;
use schemars::JsonSchema;
use serde::Serialize;

use super::source::SourceArgs;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "Examples:
  kr migrate dry-run --zk-data /var/lib/zookeeper
  kr migrate dry-run --zk-data /backup/zk1 --chroot /kafka -o json
  kr migrate dry-run --zk-data /backup/zk1 --out dry-run.checkpoint

Exits with 3 when the migration would not get through.";

/// Arguments of `kr migrate dry-run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DryRunArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Write the records to a file that Kafka's metadata shell reads
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// How the migration would end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum End {
    /// Everything is copied, and dual write begins.
    Complete,
    /// Everything is copied, and the synchronisation back to ZooKeeper fails again and again.
    SyncFails,
    /// The driver waits for ever before it begins.
    Waits,
    /// The copy is aborted, again and again.
    Aborts,
}

/// What a migration would make of the metadata.
#[derive(Debug, Serialize, JsonSchema)]
struct DryRun {
    /// How it would end.
    end: End,
    /// The node that stops it; null when nothing does.
    stopped_by: Option<String>,
    /// What is wrong with that node.
    why: Option<String>,
    /// Number of records copied, without those around them.
    records: usize,
    /// Number of batches.
    batches: usize,
    /// Number of records of each type, by the names of Kafka's log line.
    record_types: BTreeMap<String, usize>,
    /// Brokers in the copied metadata.
    brokers: Vec<i32>,
    /// What is passed over or invented on the way.
    warnings: Vec<String>,
    /// The last transaction of ZooKeeper that was looked at.
    zxid: i64,
}

impl DryRun {
    fn of(conversion: &Conversion, zxid: i64) -> Self {
        let (end, stop) = match &conversion.outcome {
            Outcome::Complete => (End::Complete, None),
            Outcome::SyncFails(stop) => (End::SyncFails, Some(stop)),
            Outcome::Waits(stop) => (End::Waits, Some(stop)),
            Outcome::Aborts(stop) => (End::Aborts, Some(stop)),
        };
        let part = |part: fn(&Stop) -> &String| stop.map(|stop| part(stop).clone());
        let record_types = conversion.counts();
        Self {
            end,
            stopped_by: part(|stop| &stop.path),
            why: part(|stop| &stop.why),
            records: record_types.values().sum(),
            batches: conversion.batches.len(),
            record_types,
            brokers: conversion.brokers.iter().map(|id| id.0).collect(),
            warnings: conversion.warnings.iter().map(warning).collect(),
            zxid,
        }
    }

    /// The end in words.
    fn sentence(&self) -> String {
        let stop = || {
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{} {}", text(&self.stopped_by), text(&self.why))
        };
        match self.end {
            End::Complete => "would complete".to_owned(),
            End::SyncFails => format!("would be copied, and never reach dual write: {}", stop()),
            End::Waits => format!("would never begin: {}", stop()),
            End::Aborts => format!("would be aborted: {}", stop()),
        }
    }
}

fn warning(warning: &Warning) -> String {
    match warning {
        Warning::NoState { path } => format!("{path} does not exist: a leader and an ISR are invented"),
        Warning::PendingDeletion { topic } => format!("topic {topic:?} waits to be deleted and is left out"),
        Warning::LostAcls { path } => format!("ACLs below {path} are lost"),
    }
}

impl Item for DryRun {
    const KIND: &'static str = "kr.migrate.dry-run/v1";

    fn write(items: &[Self], page: &mut Page) {
        for run in items {
            let (records, batches) = (run.records.to_string(), run.batches.to_string());
            let zxid = format!("0x{:x}", run.zxid);
            page.fields([
                ("migration", run.sentence()),
                ("records", records),
                ("batches", batches),
                ("as of zxid", zxid),
            ]);
            let mut table = Table::new(["RECORD TYPE", "COUNT"]);
            for (name, count) in &run.record_types {
                table.row([Cell::text(name), Cell::number(count)]);
            }
            page.gap();
            page.table_or(&table, "no records");
            if !run.warnings.is_empty() {
                page.heading("Passed over or invented");
            }
            for warning in &run.warnings {
                page.line(warning);
            }
        }
    }

    fn name(&self) -> String {
        "dry-run".to_owned()
    }
}

published!(DryRun, "migrate dry-run");

/// Runs `kr migrate dry-run`.
pub fn run(args: &DryRunArgs, context: &mut Context) -> Result<Exit, CliError> {
    let settings = args.source.settings()?;
    let source = args.source.tree(context)?;
    let conversion = convert(&Model::read(&source.tree), &settings);
    let run = DryRun::of(&conversion, source.zxid);
    let gets_through = run.end == End::Complete;
    let exit = context.show(args.output.output, &Report::of(vec![run]))?;
    if let Some(path) = &args.out {
        let failed = |error| CliError::failed(format!("cannot write {}", path.display())).caused_by(error);
        fs::write(path, conversion.checkpoint(&settings)).map_err(failed)?;
        context.note(&format!("records written to {}", path.display()));
    }
    Ok(if gets_through { exit } else { Exit::CONDITION })
}

//! `kr reassign cancel`: stops what is under way. New replicas are thrown away, old ones stay.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::ErrorCode;
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::files;
use super::moved::ids;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::page::list;
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr reassign cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// Stop what this plan started; `-` reads standard input
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    file: Option<String>,
    /// Stop everything that is under way
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    /// Replicas that would have come and do not.
    dropped: Vec<i32>,
    /// Replicas that stay.
    kept: Vec<i32>,
}

impl Item for Row {
    const KIND: &'static str = "kr.reassign.cancel/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "KEPT", "DROPPED"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(list(&row.kept)),
                Cell::text(list(&row.dropped)),
            ]);
        }
        page.table_or(&table, "no reassignment is under way");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "reassign cancel");

/// Runs `kr reassign cancel`.
pub async fn run(args: &CancelArgs, context: &mut Context) -> Result<Exit, CliError> {
    let chosen = args.file.as_deref().map(|file| files::read(file, context)).transpose()?;
    let client = context.client().await?;
    let mut under_way = client.list_reassignments(None).await?;
    if let Some(chosen) = &chosen {
        under_way.retain(|name, _| chosen.contains_key(name));
    }
    let row = |(name, moving): (&kr_client::admin::TopicPartition, &kr_client::admin::Reassignment)| Row {
        topic: name.topic.to_string(),
        partition: name.partition.0,
        dropped: ids(&moving.adding),
        kept: moving
            .replicas
            .iter()
            .filter(|node| !moving.adding.contains(node))
            .map(|node| node.0)
            .collect(),
    };
    let mut report = Report {
        items: under_way.iter().map(row).collect::<Vec<_>>(),
        failures: Vec::new(),
        applied: Some(!args.change.dry_run),
    };
    if under_way.is_empty() {
        return context.show(args.output.output, &report);
    }
    let plan = Plan {
        action: format!("stop {} reassignments", under_way.len()),
        operations: &[Operation::REASSIGN],
        risk: Risk::Lossy,
        effects: report
            .items
            .iter()
            .map(|row| format!("{}: drops {}", row.name(), list(&row.dropped)))
            .collect(),
        targets: report.items.iter().map(Item::name).collect(),
    };
    if let Decision::Go(ticket) = change::begin(context, &plan, &args.change).await? {
        let wanted: BTreeMap<_, _> = under_way.keys().map(|name| (name.clone(), None)).collect();
        for (name, result) in client.alter_reassignments(&wanted).await? {
            if let Err(error) = result {
                if error.code() == Some(ErrorCode::NO_REASSIGNMENT_IN_PROGRESS) {
                    context.note(&format!("{name}: the reassignment ended before it could be cancelled"));
                    report.items.retain(|row| row.name() != name.to_string());
                    continue;
                }
                report.failures.push(Failure::of(name.to_string(), &error));
                report.items.retain(|row| row.name() != name.to_string());
            }
        }
        ticket.end(context, &report, None);
        context.note("throttles that were set for them stay; see `kr throttle list`");
    }
    context.show(args.output.output, &report)
}

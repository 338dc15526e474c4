//! `kr throttle clear`: takes throttles away, those that nothing needs or all.

use clap::Args;
use kr_client::admin::{ConfigEdit, ConfigTarget};
use kr_client::safety::Operation;
use kr_client::undo::Undo;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Found, find, records};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr throttle clear`.
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// Only those that no reassignment stands behind
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    stale: bool,
    /// All, also those that a reassignment needs
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// `broker 1` or `topic "orders"`.
    target: String,
    key: String,
    /// What it was set to.
    was: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.throttle.clear/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TARGET", "CONFIG", "WAS"]);
        for row in items {
            table.row([Cell::text(&row.target), Cell::text(&row.key), Cell::text(&row.was)]);
        }
        page.table_or(&table, "nothing to clear");
    }

    fn name(&self) -> String {
        format!("{} {}", self.target, self.key)
    }
}

published!(Row, "throttle clear");

impl Row {
    fn of(found: &Found) -> Self {
        Self { target: found.target.to_string(), key: found.key.clone(), was: found.value.clone() }
    }
}

/// Runs `kr throttle clear`.
pub async fn run(args: &ClearArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let (mut found, failures) = find(&client).await?;
    found.retain(|throttle| args.all || throttle.is_stale);
    let items: Vec<Row> = found.iter().map(Row::of).collect();
    let mut report = Report { items, failures, applied: Some(!args.change.dry_run) };
    if found.is_empty() {
        return context.show(args.output.output, &report);
    }
    let plan = Plan {
        action: format!("clear {} throttles", found.len()),
        operations: &[Operation::BROKER_CONFIG, Operation::TOPIC_CONFIG],
        risk: Risk::Careful,
        effects: found
            .iter()
            .map(|throttle| format!("{}: {} = {}", throttle.target, throttle.key, throttle.value))
            .collect(),
        targets: found.iter().map(|throttle| throttle.target.to_string()).collect(),
    };
    if let Decision::Go(ticket) = change::begin(context, &plan, &args.change).await? {
        let mut changes: Vec<(ConfigTarget, Vec<ConfigEdit>)> = Vec::new();
        for throttle in &found {
            let edit = ConfigEdit::unset(&throttle.key);
            match changes.iter_mut().find(|(target, _)| *target == throttle.target) {
                Some((_, edits)) => edits.push(edit),
                None => changes.push((throttle.target.clone(), vec![edit])),
            }
        }
        for (target, result) in client.alter_configs(&changes, false).await? {
            if let Err(error) = result {
                report.failures.push(Failure::of(target.to_string(), &error));
                report.items.retain(|row| row.target != target.to_string());
                found.retain(|throttle| throttle.target != target);
            }
        }
        ticket.end(context, &report, Some(Undo::Configs { resources: records(&found) }));
    }
    context.show(args.output.output, &report)
}

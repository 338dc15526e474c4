//! `kr group delete`: groups of any type with their offsets. Groups with members are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use kr_client::admin::{GroupType, Offsets};
use kr_client::safety::Operation;
use kr_client::undo::{OffsetBefore, Undo};
use kr_client::{Error, ErrorCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::GroupPick;
use super::reset::{apply, look};
use super::standing;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

const EXAMPLES: &str = "\
Examples:
  kr group delete billing-old --dry-run
  kr group delete 'test-.*' --regex --yes
  kr group list --state empty -o name | kr group delete - --yes";

/// Arguments of `kr group delete`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DeleteArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// Be content when a group does not exist
    #[arg(long)]
    if_exists: bool,
    /// Wait so long for the members of a group to leave
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait_empty: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    #[serde(rename = "type")]
    group_type: &'static str,
    state: String,
    /// Partitions in which offsets were committed.
    offsets: usize,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.delete/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "TYPE", "OFFSETS", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.group),
                Cell::text(row.group_type),
                Cell::number(row.offsets),
                Cell::text(if row.is_dry_run { "would be deleted" } else { "deleted" }),
            ]);
        }
        page.table_or(&table, "nothing to delete");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(Row, "group delete");

/// Runs `kr group delete`.
pub async fn run(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.pick.read(context).await?;
    let client = context.client().await?;
    let is_dry_run = args.change.dry_run;
    let (standing, failures) = standing::look(&client, &names, "delete", args.wait_empty).await;
    let (offsets, more) = look::offsets_of(&client, &standing).await;
    let mut report = Report { applied: Some(!is_dry_run), failures, items: Vec::new() };
    report.failures.extend(more);
    let mut rows: Vec<Row> = Vec::new();
    for (group, standing) in &standing {
        match &standing.state {
            Some(state) => rows.push(Row {
                group: group.clone(),
                group_type: standing.group_type.name(),
                state: state.clone(),
                offsets: offsets.get(group).map_or(0, Offsets::len),
                is_dry_run,
            }),
            None if args.if_exists => {}
            None => {
                let what = format!("delete group \"{group}\"");
                let error = Error::broker(what, ErrorCode::GROUP_ID_NOT_FOUND, None);
                report.failures.push(Failure::of(group, &error));
            }
        }
    }
    if rows.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let wanted: Vec<String> = rows.iter().map(|row| row.group.clone()).collect();
            let mut outcomes = client.delete_groups(&wanted).await;
            rows.retain(|row| match outcomes.remove(&row.group) {
                Some(Ok(())) => true,
                Some(Err(error)) => {
                    report.failures.push(Failure::of(&row.group, &error));
                    false
                }
                None => false,
            });
            let undo = way_back(&rows, &offsets);
            report.items = rows;
            ticket.end(context, &report, undo);
        }
    }
    context.show(args.output.output, &report)
}

fn plan(rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| {
        format!(
            "{}: {} group, {}, offsets in {} partitions",
            row.group, row.group_type, row.state, row.offsets
        )
    };
    let count = if rows.len() == 1 { "1 group".to_owned() } else { format!("{} groups", rows.len()) };
    Plan {
        action: format!("delete {count}"),
        operations: &[Operation::GROUP_DELETE],
        risk: Risk::Lossy,
        effects: rows.iter().map(effect).collect(),
        targets: rows.iter().map(|row| row.group.clone()).collect(),
    }
}

/// The offsets of the groups that are gone; with them a group is there again.
fn way_back(rows: &[Row], offsets: &BTreeMap<String, Offsets>) -> Option<Undo> {
    let back = |row: &Row| {
        let offsets = offsets.get(&row.group).filter(|_| row.group_type != GroupType::Share.name())?;
        let before = offsets.iter().map(|(place, committed)| OffsetBefore {
            topic: place.topic.to_string(),
            partition: place.partition.0,
            before: Some(committed.offset.0),
            leader_epoch: committed.leader_epoch.map(|epoch| epoch.0),
            metadata: Some(committed.metadata.clone()),
            after: None,
        });
        Some((row.group.clone(), before.collect()))
    };
    apply::together(rows.iter().filter_map(back).collect())
}

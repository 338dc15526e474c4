//! `kr txn list`: transactional ids of all coordinators, asked all at once.

use std::time::Duration;

use clap::Args;
use kr_client::admin::TransactionFilter;
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

const EXAMPLES: &str = "\
Examples:
  kr txn list
  kr txn list --state Ongoing --older-than 5m
  kr txn list --id-pattern 'orders-.*' -o name";

/// Arguments of `kr txn list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// In this state: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead
    #[arg(long = "state", alias = "filter-states", value_name = "STATE", value_delimiter = ',')]
    states: Vec<String>,
    /// Of this producer; may be repeated
    #[arg(long = "producer-id", value_name = "ID", value_delimiter = ',')]
    producer_ids: Vec<i64>,
    /// Running for longer than this (Kafka 3.8 and newer)
    #[arg(long, alias = "duration-filter", value_name = "DURATION", value_parser = parse_duration)]
    older_than: Option<Duration>,
    /// Whose transactional id this regular expression matches as a whole
    #[arg(long, alias = "transactional-id-pattern", value_name = "REGEX", value_parser = whole)]
    id_pattern: Option<Regex>,
    #[command(flatten)]
    output: OutputArgs,
}

fn whole(text: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{text})$"))
        .map_err(|error| format!("`{text}` is no regular expression: {error}"))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    transactional_id: String,
    state: String,
    producer_id: i64,
    /// The broker that coordinates it.
    coordinator: i32,
}

impl Item for Row {
    const KIND: &'static str = "kr.txn.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TRANSACTIONAL ID", "STATE", "PRODUCER ID", "COORDINATOR"]);
        for row in items {
            let state = Cell::text(&row.state);
            table.row([
                Cell::text(&row.transactional_id),
                if row.state == "Ongoing" { state.styled(Style::Warning) } else { state },
                Cell::number(row.producer_id),
                Cell::number(row.coordinator),
            ]);
        }
        page.table_or(&table, "no transactions");
    }

    fn name(&self) -> String {
        self.transactional_id.clone()
    }
}

published!(Row, "txn list");

/// Runs `kr txn list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let filter = TransactionFilter {
        states: args.states.clone(),
        producer_ids: args.producer_ids.clone(),
        longer_than_ms: args.older_than.map(|span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
    };
    let listed = context.client().await?.list_transactions(&filter).await?;
    let mut report = Report::default();
    let is_wanted = |id: &str| args.id_pattern.as_ref().is_none_or(|pattern| pattern.is_match(id));
    for found in listed.transactions.into_iter().filter(|found| is_wanted(&found.id)) {
        report.items.push(Row {
            transactional_id: found.id,
            state: found.state,
            producer_id: found.producer_id,
            coordinator: found.coordinator.0,
        });
    }
    for (broker, error) in listed.failures {
        report.failures.push(Failure::of(broker.to_string(), &error));
    }
    context.show(args.output.output, &report)
}

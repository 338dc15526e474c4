//! `kr txn hung`: the whole cluster in one pass, with what each hanging transaction holds back.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use kr_client::admin::{At, TopicPartition};
use kr_client::safety::Operation;
use kr_client::{Client, Fault};
use kr_wire::fetch::IsolationLevel;
use schemars::JsonSchema;
use serde::Serialize;

use super::suspects::{Known, Open, open_since};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

const EXAMPLES: &str = "\
Examples:
  kr txn hung
  kr txn hung -t orders -o json
  kr txn hung --abort --dry-run";

/// Groups looked at for each run: reading their offsets is one request a broker and group.
const GROUPS_MAX: usize = 1000;

/// Arguments of `kr txn hung`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HungArgs {
    /// Only in this topic; may be repeated [default: all]
    #[arg(short = 't', long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// A transaction whose producer wrote within this time does not hang: transaction.max.timeout.ms of the
    /// brokers
    #[arg(long, alias = "max-transaction-timeout", value_name = "DURATION", default_value = "15m")]
    #[arg(value_parser = parse_duration)]
    older_than: Duration,
    /// Abort what is found
    #[arg(long)]
    abort: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    producer_id: i64,
    producer_epoch: i32,
    /// The transactional id that the producer had; null when nobody knows it any more.
    transactional_id: Option<String>,
    start_offset: Option<i64>,
    /// When the producer wrote last, milliseconds since 1970.
    last_timestamp_ms: Option<i64>,
    /// `no-coordinator`, `newer-producer` or `not-in-transaction`.
    reason: &'static str,
    /// Offsets between the last stable offset and the high watermark: what readers of committed records do
    /// not get.
    held_back: Option<i64>,
    /// Groups whose committed offset waits at or behind its start.
    groups: Vec<String>,
    /// Whether it was aborted.
    aborted: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.txn.hung/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head =
            ["PARTITION", "PRODUCER ID", "EPOCH", "START OFFSET", "REASON", "HELD BACK", "GROUPS", "OUTCOME"];
        let mut table = Table::new(head);
        for row in items {
            table.row([
                Cell::text(format!("{}-{}", row.topic, row.partition)),
                Cell::number(row.producer_id),
                Cell::number(row.producer_epoch),
                Cell::maybe(row.start_offset),
                Cell::text(row.reason).styled(Style::Bad),
                Cell::maybe(row.held_back),
                Cell::text(if row.groups.is_empty() { "-".to_owned() } else { row.groups.join(",") }),
                Cell::text(if row.aborted { "aborted" } else { "open" }),
            ]);
        }
        page.table_or(&table, "no hanging transactions");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "txn hung");

/// Runs `kr txn hung`.
pub async fn run(args: &HungArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report::default();
    let places = places(&client, &args.topics, &mut report.failures).await?;
    let older_ms = i64::try_from(args.older_than.as_millis()).unwrap_or(i64::MAX);
    let before_ms = Timestamp::now().as_millisecond().saturating_sub(older_ms);
    let open = open_since(&client, &places, before_ms, &mut report.failures).await;
    let known = Known::read(&client, &open, &mut report.failures).await?;
    let hung: Vec<Open> = open.into_iter().filter(|open| known.reason(open).is_some()).collect();
    report.items = rows(&client, &hung, &known).await;
    if !args.abort || hung.is_empty() {
        return context.show(args.output.output, &report);
    }
    report.applied = Some(!args.change.dry_run);
    match change::begin(context, &plan(&report.items), &args.change).await? {
        Decision::DryRun => {}
        Decision::Go(ticket) => {
            for (open, row) in hung.iter().zip(&mut report.items) {
                match client.abort_transaction(&open.place, &open.producer).await {
                    Ok(()) => row.aborted = true,
                    Err(error) => report.failures.push(Failure::of(open.place.to_string(), &error)),
                }
            }
            ticket.end(context, &report, None);
        }
    }
    let exit = context.show(args.output.output, &report)?;
    if report.items.iter().any(|row| row.aborted) {
        return Ok(exit);
    }
    // What hangs is shown either way; when none of it was ended, the reason says how it failed.
    Ok(Report::<Row> { failures: report.failures, ..Report::default() }.exit())
}

/// All partitions of these topics, or of all.
async fn places(
    client: &Client,
    topics: &[String],
    failures: &mut Vec<Failure>,
) -> Result<BTreeSet<TopicPartition>, CliError> {
    let mut found = Vec::new();
    if topics.is_empty() {
        found = client.list_topics().await?;
    } else {
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        for (name, topic) in client.describe_topics(&names).await? {
            match topic {
                Ok(topic) => found.push(topic),
                Err(error) => failures.push(Failure::of(name, &error)),
            }
        }
    }
    let partitions = found.iter().flat_map(|topic| {
        topic.partitions.iter().map(|partition| TopicPartition::new(topic.name.as_str(), partition.id))
    });
    Ok(partitions.collect())
}

async fn rows(client: &Client, hung: &[Open], known: &Known) -> Vec<Row> {
    let at = hung.iter().map(|open| (open.place.clone(), At::Latest)).collect::<Vec<_>>();
    let ends = client.offsets_now(&at, IsolationLevel::ReadUncommitted).await;
    let stable = client.offsets_now(&at, IsolationLevel::ReadCommitted).await;
    let groups = if hung.is_empty() { Vec::new() } else { waiting(client, hung).await };
    let row = |open: &Open| {
        let end = ends.get(&open.place).and_then(|found| found.as_ref().ok()?.offset);
        let stable = stable.get(&open.place).and_then(|found| found.as_ref().ok()?.offset);
        let waits = groups.iter().filter(|(place, _)| *place == open.place);
        Row {
            topic: open.place.topic.to_string(),
            partition: open.place.partition.0,
            producer_id: open.producer.id,
            producer_epoch: open.producer.epoch,
            transactional_id: known.transactional_id(open.producer.id).map(str::to_owned),
            start_offset: open.producer.transaction_start.map(|offset| offset.0),
            last_timestamp_ms: open.producer.last_timestamp_ms,
            reason: known.reason(open).map_or("", |reason| reason.name()),
            held_back: end.zip(stable).map(|(end, stable)| end - stable),
            groups: waits.map(|(_, group)| group.clone()).collect(),
            aborted: false,
        }
    };
    hung.iter().map(row).collect()
}

/// Groups that have read up to an open transaction. What cannot be read is left out: this only adds to the
/// picture.
async fn waiting(client: &Client, hung: &[Open]) -> Vec<(TopicPartition, String)> {
    let listed = match client.list_groups().await {
        Ok((listed, _)) => listed,
        Err(error) if error.fault() == Fault::Denied => return Vec::new(),
        Err(error) => {
            tracing::debug!(%error, "groups behind hanging transactions are not known");
            return Vec::new();
        }
    };
    let ids: Vec<String> = listed.into_iter().take(GROUPS_MAX).map(|group| group.id).collect();
    let mut found = Vec::new();
    for (group, offsets) in client.committed_offsets_of(&ids).await {
        let Ok(offsets) = offsets else { continue };
        for open in hung {
            let committed = offsets.get(&open.place).map(|committed| committed.offset);
            if committed.zip(open.producer.transaction_start).is_some_and(|(at, start)| at >= start) {
                found.push((open.place.clone(), group.clone()));
            }
        }
    }
    found
}

fn plan(rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| {
        let since = row.start_offset.map_or("?".to_owned(), |offset| offset.to_string());
        format!(
            "{}-{}: records of producer {} from offset {since} on are never seen by readers of committed records",
            row.topic, row.partition, row.producer_id
        )
    };
    let count = if rows.len() == 1 {
        "1 hanging transaction".to_owned()
    } else {
        format!("{} hanging transactions", rows.len())
    };
    Plan {
        action: format!("abort {count}"),
        operations: &[Operation::TXN_ABORT],
        risk: Risk::Lossy,
        effects: rows.iter().map(effect).collect(),
        targets: rows.iter().map(|row| format!("{}-{}", row.topic, row.partition)).collect(),
    }
}

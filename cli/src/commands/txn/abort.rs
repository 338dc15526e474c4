//! `kr txn abort`: writes an abort marker into one partition, past the coordinator; refused while the
//! coordinator would end the transaction itself.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::admin::TopicPartition;
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::place;
use super::suspects::{Known, Open, open_since};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr txn abort orders-3 --start-offset 1042 --dry-run
  kr txn abort orders-3 --start-offset 1042 --yes";

/// Arguments of `kr txn abort`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AbortArgs {
    /// The partition: TOPIC-PARTITION
    #[arg(value_name = "PARTITION", value_parser = place::parse)]
    partition: TopicPartition,
    /// Where the transaction begins; see `kr txn producers`
    #[arg(long, value_name = "OFFSET", value_parser = clap::value_parser!(i64).range(0..))]
    start_offset: i64,
    /// Also a transaction that its coordinator will end itself
    #[arg(long)]
    even_alive: bool,
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
    start_offset: i64,
    /// Why nobody else would end it; null when its coordinator would.
    reason: Option<&'static str>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.txn.abort/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table =
            Table::new(["PARTITION", "PRODUCER ID", "EPOCH", "START OFFSET", "REASON", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(format!("{}-{}", row.topic, row.partition)),
                Cell::number(row.producer_id),
                Cell::number(row.producer_epoch),
                Cell::number(row.start_offset),
                Cell::text(row.reason.unwrap_or("-")),
                Cell::text(if row.is_dry_run { "would be aborted" } else { "aborted" }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "txn abort");

/// Runs `kr txn abort`.
pub async fn run(args: &AbortArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let place = &args.partition;
    for (_, topic) in client.describe_topics(&[&place.topic]).await? {
        topic?;
    }
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    let places = BTreeSet::from([place.clone()]);
    let open = open_since(&client, &places, i64::MAX, &mut report.failures).await;
    if !report.failures.is_empty() {
        return context.show(args.output.output, &report);
    }
    let begins = |open: &&Open| open.producer.transaction_start.is_some_and(|at| at.0 == args.start_offset);
    let open = open.iter().find(begins).ok_or_else(|| {
        let offset = args.start_offset;
        CliError::failed(format!("no transaction begins at offset {offset} of {place} and is open"))
            .hint(format!("see those that are open with `kr txn producers {place}`"))
    })?;
    let known = Known::read(&client, std::slice::from_ref(open), &mut report.failures).await?;
    let reason = known.reason(open);
    if reason.is_none() && !args.even_alive {
        let id = known.transactional_id(open.producer.id).unwrap_or("unknown");
        let message = format!(
            "did not abort the transaction in {place}: its coordinator (transactional id \"{id}\") will end it"
        );
        return Err(CliError::new(Kind::Refused, message).hint(
            "stop its producer and let it time out; --even-alive aborts it here, and the transaction may still commit elsewhere",
        ));
    }
    let row = Row {
        topic: place.topic.to_string(),
        partition: place.partition.0,
        producer_id: open.producer.id,
        producer_epoch: open.producer.epoch,
        start_offset: args.start_offset,
        reason: reason.map(|reason| reason.name()),
        is_dry_run: args.change.dry_run,
    };
    match change::begin(context, &plan(&row), &args.change).await? {
        Decision::DryRun => report.items.push(row),
        Decision::Go(ticket) => {
            match client.abort_transaction(place, &open.producer).await {
                Ok(()) => report.items.push(row),
                Err(error) => report.failures.push(Failure::of(place.to_string(), &error)),
            }
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

fn plan(row: &Row) -> Plan<'static> {
    let place = format!("{}-{}", row.topic, row.partition);
    let mut effects = vec![format!(
        "records of producer {} from offset {} on are never seen by readers of committed records",
        row.producer_id, row.start_offset
    )];
    if row.reason.is_none() {
        effects.push("its coordinator is alive, and may commit the same transaction elsewhere".to_owned());
    }
    Plan {
        action: format!("abort the transaction in {place}"),
        operations: &[Operation::TXN_ABORT],
        risk: Risk::Lossy,
        effects,
        targets: vec![place],
    }
}

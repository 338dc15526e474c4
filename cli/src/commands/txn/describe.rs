//! `kr txn describe`: state, producer, age and partitions of transactions.

use clap::Args;
use jiff::Timestamp;
use kr_client::admin::TransactionDescription;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr txn describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Transactional ids
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    transactional_id: String,
    coordinator: Option<i32>,
    state: String,
    producer_id: i64,
    producer_epoch: i16,
    /// How long a transaction of it may take.
    timeout_ms: i32,
    /// When the transaction began, milliseconds since 1970; null when there is none.
    started_ms: Option<i64>,
    /// How long it has been running, by this machine's clock.
    duration_ms: Option<i64>,
    /// `TOPIC-PARTITION` of each partition in it.
    partitions: Vec<String>,
}

impl Row {
    fn of(id: String, found: &TransactionDescription) -> Self {
        let now = Timestamp::now().as_millisecond();
        Self {
            transactional_id: id,
            coordinator: found.coordinator.map(|id| id.0),
            state: found.state.clone(),
            producer_id: found.producer_id,
            producer_epoch: found.producer_epoch,
            timeout_ms: found.timeout_ms,
            started_ms: found.started_ms,
            duration_ms: found.started_ms.map(|started| (now - started).max(0)),
            partitions: found.partitions.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.txn.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = [
            "TRANSACTIONAL ID",
            "STATE",
            "PRODUCER",
            "EPOCH",
            "COORDINATOR",
            "TIMEOUT",
            "RUNNING",
            "PARTITIONS",
        ];
        let mut table = Table::new(head);
        for row in items {
            table.row([
                Cell::text(&row.transactional_id),
                Cell::text(&row.state),
                Cell::number(row.producer_id),
                Cell::number(row.producer_epoch),
                Cell::maybe(row.coordinator),
                Cell::number(format!("{} ms", row.timeout_ms)),
                Cell::maybe(row.duration_ms.map(|ms| format!("{ms} ms"))),
                Cell::text(if row.partitions.is_empty() { "-".to_owned() } else { row.partitions.join(",") }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.transactional_id.clone()
    }
}

published!(Row, "txn describe");

/// Runs `kr txn describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report::default();
    for id in &args.ids {
        match client.describe_transaction(id).await {
            Ok(found) => report.items.push(Row::of(id.clone(), &found)),
            Err(error) => report.failures.push(Failure::of(id.as_str(), &error)),
        }
    }
    context.show(args.output.output, &report)
}

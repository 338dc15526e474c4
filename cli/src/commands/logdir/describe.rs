//! `kr logdir describe`: the replicas in directories, with sizes and lags.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{failures, look};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr logdir describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Only these brokers
    #[arg(value_name = "BROKER")]
    brokers: Vec<i32>,
    /// Only replicas of these topics
    #[arg(short = 't', long = "topic", value_name = "TOPICS", value_delimiter = ',')]
    topics: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    broker: i32,
    /// Path of the directory on its broker.
    dir: String,
    topic: String,
    partition: i32,
    bytes: i64,
    /// Records behind the high watermark; of a replica on its way, behind the one in use.
    offset_lag: i64,
    /// Whether it is on its way to this directory.
    future: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.logdir.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["BROKER", "DIR", "TOPIC", "PARTITION", "SIZE", "LAG", "STATE"]);
        for row in items {
            let state = match (row.future, row.offset_lag) {
                (true, _) => Cell::text("on its way").styled(Style::Warning),
                (false, 0) => Cell::text("in use"),
                (false, _) => Cell::text("behind").styled(Style::Warning),
            };
            table.row([
                Cell::number(row.broker),
                Cell::text(&row.dir),
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::number(human_bytes(u64::try_from(row.bytes).unwrap_or(0))),
                Cell::number(row.offset_lag),
                state,
            ]);
        }
        page.table_or(&table, "no replica");
    }

    fn name(&self) -> String {
        format!("{}-{}@{}:{}", self.topic, self.partition, self.broker, self.dir)
    }
}

published!(Row, "logdir describe");

/// Runs `kr logdir describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let topics = (!args.topics.is_empty()).then_some(args.topics.as_slice());
    let dirs = look(&client, &args.brokers, topics).await?;
    let failures = failures(&dirs);
    let mut items = Vec::new();
    for (broker, dirs) in &dirs {
        for dir in dirs.iter().flatten() {
            items.extend(dir.replicas.iter().map(|replica| Row {
                broker: broker.0,
                dir: dir.path.clone(),
                topic: replica.partition.topic.to_string(),
                partition: replica.partition.partition.0,
                bytes: replica.bytes,
                offset_lag: replica.offset_lag,
                future: replica.is_future,
            }));
        }
    }
    items.sort_by(|a, b| {
        (a.broker, &a.dir, &a.topic, a.partition).cmp(&(b.broker, &b.dir, &b.topic, b.partition))
    });
    context.show(args.output.output, &Report { items, failures, applied: None })
}

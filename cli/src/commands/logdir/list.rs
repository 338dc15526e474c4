//! `kr logdir list`: how full directories are, by directory, broker or topic.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use kr_client::admin::{LogDir, LogDirs};
use schemars::JsonSchema;
use serde::Serialize;

use super::{failures, look};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr logdir list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these brokers
    #[arg(long = "broker", value_name = "IDS", value_delimiter = ',')]
    brokers: Vec<i32>,
    /// What is summed up
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// In which order
    #[arg(long, value_enum, default_value_t)]
    sort: Sort,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum By {
    /// One line a directory
    #[default]
    Dir,
    /// One line a broker
    Broker,
    /// One line a topic, over all replicas
    Topic,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Sort {
    /// By name
    #[default]
    Name,
    /// The largest first
    Size,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Row {
    broker: Option<i32>,
    /// Path of the directory on its broker.
    dir: Option<String>,
    topic: Option<String>,
    replicas: usize,
    /// Bytes of all replicas.
    bytes: u64,
    /// Bytes of the volume; null on clusters older than 3.3.
    total_bytes: Option<i64>,
    /// Bytes that are free; null on clusters older than 3.3.
    usable_bytes: Option<i64>,
    /// Why the directory cannot be used; null when it can.
    error: Option<String>,
}

impl Item for Row {
    const KIND: &'static str = "kr.logdir.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["BROKER", "TOPIC", "DIR", "REPLICAS", "SIZE", "TOTAL", "FREE", "STATE"]);
        let bytes = |bytes: Option<i64>| {
            Cell::maybe(bytes.and_then(|bytes| u64::try_from(bytes).ok()).map(human_bytes))
        };
        for row in items {
            let state = match &row.error {
                Some(error) => Cell::text(error).styled(Style::Bad),
                None => Cell::text("ok").styled(Style::Good),
            };
            table.row([
                Cell::maybe(row.broker),
                Cell::text(row.topic.as_deref().unwrap_or("-")),
                Cell::text(row.dir.as_deref().unwrap_or("-")),
                Cell::number(row.replicas),
                Cell::number(human_bytes(row.bytes)),
                bytes(row.total_bytes),
                bytes(row.usable_bytes),
                state,
            ]);
        }
        page.table_or(&table, "no directory");
    }

    fn name(&self) -> String {
        let broker = self.broker.map(|id| id.to_string());
        match (broker, &self.dir, &self.topic) {
            (Some(broker), Some(dir), _) => format!("{broker}:{dir}"),
            (Some(broker), None, _) => broker,
            (None, _, topic) => topic.clone().unwrap_or_default(),
        }
    }
}

published!(Row, "logdir list");

/// Runs `kr logdir list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let dirs = look(&client, &args.brokers, None).await?;
    let failures = failures(&dirs);
    let mut items = match args.by {
        By::Dir => by_dir(&dirs),
        By::Broker => by_broker(&dirs),
        By::Topic => by_topic(&dirs),
    };
    if matches!(args.sort, Sort::Size) {
        items.sort_by_key(|row| std::cmp::Reverse(row.bytes));
    }
    context.show(args.output.output, &Report { items, failures, applied: None })
}

fn row(dir: &LogDir) -> Row {
    Row {
        replicas: dir.replicas.len(),
        bytes: dir.replicas.iter().filter_map(|replica| u64::try_from(replica.bytes).ok()).sum(),
        total_bytes: dir.total_bytes,
        usable_bytes: dir.usable_bytes,
        error: dir.failure.as_ref().map(|error| crate::error::with_causes(error)),
        ..Row::default()
    }
}

fn told(dirs: &LogDirs) -> impl Iterator<Item = (i32, &Vec<LogDir>)> {
    dirs.iter().filter_map(|(broker, dirs)| Some((broker.0, dirs.as_ref().ok()?)))
}

fn by_dir(dirs: &LogDirs) -> Vec<Row> {
    let row =
        |broker: i32, dir: &LogDir| Row { broker: Some(broker), dir: Some(dir.path.clone()), ..row(dir) };
    told(dirs).flat_map(|(broker, dirs)| dirs.iter().map(move |dir| row(broker, dir))).collect()
}

fn by_broker(dirs: &LogDirs) -> Vec<Row> {
    let sum = |(broker, dirs): (i32, &Vec<LogDir>)| {
        let mut all = Row { broker: Some(broker), ..Row::default() };
        for dir in dirs {
            let one = row(dir);
            all.replicas += one.replicas;
            all.bytes += one.bytes;
            // Directories may share a volume, so volumes are not summed up.
            if dirs.len() == 1 {
                (all.total_bytes, all.usable_bytes) = (one.total_bytes, one.usable_bytes);
            }
            all.error = all.error.or(one.error);
        }
        all
    };
    told(dirs).map(sum).collect()
}

fn by_topic(dirs: &LogDirs) -> Vec<Row> {
    let mut topics: BTreeMap<String, Row> = BTreeMap::new();
    for replica in told(dirs).flat_map(|(_, dirs)| dirs).flat_map(|dir| &dir.replicas) {
        let name = replica.partition.topic.to_string();
        let row = topics.entry(name.clone()).or_insert_with(|| Row { topic: Some(name), ..Row::default() });
        row.replicas += 1;
        row.bytes += u64::try_from(replica.bytes).unwrap_or(0);
    }
    topics.into_values().collect()
}

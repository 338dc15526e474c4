//! `kr partition describe`: every replica with the end of its own log, its bytes and its directory.

use clap::Args;
use kr_client::admin::TopicPartition;
use schemars::JsonSchema;
use serde::Serialize;

use super::Places;
use super::observe::{self, ReplicaRow};
use crate::args::OutputArgs;
use crate::commands::topic::describe::PartitionRow;
use crate::commands::topic::measure::Ends;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

const EXAMPLES: &str = "\
Examples:
  kr partition describe orders-0
  kr partition describe -t orders -p 0-2 -o json";

/// Arguments of `kr partition describe`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DescribeArgs {
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    #[serde(flatten)]
    partition: PartitionRow,
    /// What each replica has, in the order of the replica list.
    replica_states: Vec<ReplicaRow>,
}

impl Item for Row {
    const KIND: &'static str = "kr.partition.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        let rows = items.iter().flat_map(|item| {
            let name = item.name();
            item.replica_states.iter().map(move |replica| (name.clone(), replica))
        });
        page.table_or(&table(rows), "no partitions");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition.partition)
    }
}

published!(Row, "partition describe");

/// A table of replicas: one head, whatever the number of partitions.
pub fn table<'a>(rows: impl IntoIterator<Item = (String, &'a ReplicaRow)>) -> Table {
    let head =
        ["PARTITION", "BROKER", "ROLE", "IN SYNC", "BROKER STATE", "END", "BEHIND", "SIZE", "DIRECTORY"];
    let mut table = Table::new(head);
    for (partition, row) in rows {
        let state = match (row.alive, row.fenced) {
            (true, _) => Cell::text("alive").styled(Style::Good),
            (false, Some(true)) => Cell::text("fenced").styled(Style::Bad),
            (false, _) => Cell::text("dead").styled(Style::Bad),
        };
        let in_sync = match row.in_sync {
            true => Cell::text("yes"),
            false => Cell::text("no").styled(Style::Warning),
        };
        table.row([
            Cell::text(partition),
            Cell::number(row.broker),
            Cell::text(if row.leader { "leader" } else { "follower" }),
            in_sync,
            state,
            Cell::maybe(row.end_offset),
            Cell::maybe(row.behind),
            Cell::maybe(row.bytes.map(human_bytes)),
            Cell::text(row.directory.as_deref().or(row.trouble.as_deref()).unwrap_or("-")),
        ]);
    }
    table
}

/// Runs `kr partition describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.places.is_empty() {
        return Err(CliError::usage("no partition is named")
            .hint("name it as TOPIC-NUMBER, or all of a topic with -t"));
    }
    let client = context.client().await?;
    let mut report = Report::default();
    let named = args.places.find(&client, &mut report.failures).await?;
    let names: Vec<&str> = named.topics.iter().map(|topic| topic.name.as_str()).collect();
    let (ends, eligible, mut replicas) = tokio::join!(
        Ends::of(&client, &named.places),
        client.eligible_replicas(&names),
        observe::replicas(&client, &named.topics, &named.places),
    );
    let eligible = eligible.ok().flatten();
    let row = |place: &TopicPartition| {
        let topic = named.topics.iter().find(|topic| *topic.name == *place.topic)?;
        let partition = topic.partition(place.partition)?;
        Some(Row {
            topic: topic.name.clone(),
            partition: PartitionRow::of(place, partition, &ends, eligible.as_ref()),
            replica_states: replicas.remove(place).unwrap_or_default(),
        })
    };
    report.items = named.places.iter().filter_map(row).collect();
    context.show(args.output.output, &report)
}

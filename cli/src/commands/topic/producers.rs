//! `kr topic producers`: idempotent and transactional producers of partitions, as their leaders know them.
//! Producers without idempotence leave no trace and are not listed.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::Client;
use kr_client::admin::{ActiveProducer, TopicPartition};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::measure;
use super::partition_set::PartitionSet;
use super::select::TopicSelection;
use super::when;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr topic producers orders
  kr topic producers orders -p 0 --broker 2 -o json";

/// Arguments of `kr topic producers`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ProducersArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// Only these partitions: 0,2,4-7
    #[arg(short = 'p', long = "partitions", value_name = "PARTITIONS")]
    partitions: Option<PartitionSet>,
    /// Ask this broker and not the leaders
    #[arg(long, value_name = "ID")]
    broker: Option<i32>,
    #[command(flatten)]
    output: OutputArgs,
}

/// A producer of a partition; also printed by `kr topic describe`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProducerRow {
    topic: String,
    partition: i32,
    producer_id: i64,
    producer_epoch: i32,
    /// Sequence of its last record.
    last_sequence: Option<i32>,
    /// When it wrote last, milliseconds since 1970.
    last_timestamp_ms: Option<i64>,
    /// Epoch of the coordinator that ended its last transaction here.
    coordinator_epoch: Option<i32>,
    /// Where its open transaction begins; null when it has none open here.
    transaction_start_offset: Option<i64>,
}

impl ProducerRow {
    fn of(place: &TopicPartition, producer: &ActiveProducer) -> Self {
        Self {
            topic: place.topic.to_string(),
            partition: place.partition.0,
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            last_sequence: producer.last_sequence,
            last_timestamp_ms: producer.last_timestamp_ms,
            coordinator_epoch: producer.coordinator_epoch,
            transaction_start_offset: producer.transaction_start.map(|offset| offset.0),
        }
    }
}

/// A table of producers: one head, whatever the number of partitions.
pub fn table<'a>(rows: impl IntoIterator<Item = &'a ProducerRow>) -> Table {
    let head = [
        "TOPIC",
        "PARTITION",
        "PRODUCER",
        "EPOCH",
        "SEQUENCE",
        "LAST WRITE",
        "COORDINATOR EPOCH",
        "OPEN SINCE OFFSET",
    ];
    let mut table = Table::new(head);
    for row in rows {
        let open = Cell::maybe(row.transaction_start_offset);
        table.row([
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::number(row.producer_id),
            Cell::number(row.producer_epoch),
            Cell::maybe(row.last_sequence),
            Cell::text(row.last_timestamp_ms.map_or_else(|| "-".to_owned(), when::shown)),
            Cell::maybe(row.coordinator_epoch),
            if row.transaction_start_offset.is_some() { open.styled(Style::Warning) } else { open },
        ]);
    }
    table
}

impl Item for ProducerRow {
    const KIND: &'static str = "kr.topic.producers/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&table(items), "no idempotent or transactional producers");
    }

    fn name(&self) -> String {
        self.producer_id.to_string()
    }
}

published!(ProducerRow, "topic producers");

/// Producers of partitions; failures go to the list.
pub async fn rows(
    client: &Client,
    places: &BTreeSet<TopicPartition>,
    broker: Option<NodeId>,
    failures: &mut Vec<Failure>,
) -> Vec<ProducerRow> {
    let mut rows = Vec::new();
    for (place, producers) in client.describe_producers(places, broker).await {
        match producers {
            Ok(producers) => rows.extend(producers.iter().map(|producer| ProducerRow::of(&place, producer))),
            Err(error) => failures.push(Failure::of(place.to_string(), &error)),
        }
    }
    rows
}

/// Runs `kr topic producers`.
pub async fn run(args: &ProducersArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let mut topics = Vec::new();
    for (name, topic) in args.topics.find(context, false).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let is_wanted = |place: &TopicPartition| match &args.partitions {
        Some(partitions) => partitions.contains(place.partition),
        None => true,
    };
    let places: BTreeSet<TopicPartition> = measure::places(&topics).into_iter().filter(is_wanted).collect();
    let client = context.client().await?;
    report.items = rows(&client, &places, args.broker.map(NodeId), &mut report.failures).await;
    context.show(args.output.output, &report)
}

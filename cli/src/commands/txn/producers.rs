//! `kr txn producers`: the producers that a partition's leader, or another replica, remembers.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::admin::{ActiveProducer, TopicPartition};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::place;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr txn producers`.
#[derive(Debug, Args)]
pub struct ProducersArgs {
    /// Partitions: TOPIC-PARTITION
    #[arg(value_name = "PARTITION", required = true, value_parser = place::parse)]
    partitions: Vec<TopicPartition>,
    /// Ask this replica instead of the leader
    #[arg(long, alias = "broker-id", value_name = "ID")]
    broker: Option<i32>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    producer_id: i64,
    producer_epoch: i32,
    last_sequence: Option<i32>,
    /// When it wrote last, milliseconds since 1970.
    last_timestamp_ms: Option<i64>,
    coordinator_epoch: Option<i32>,
    /// Where its open transaction begins; null when it has none open here.
    transaction_start_offset: Option<i64>,
}

impl Row {
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

impl Item for Row {
    const KIND: &'static str = "kr.txn.producers/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head =
            ["PARTITION", "PRODUCER ID", "EPOCH", "LAST SEQUENCE", "LAST TIMESTAMP", "OPEN SINCE OFFSET"];
        let mut table = Table::new(head);
        for row in items {
            let open = Cell::maybe(row.transaction_start_offset);
            table.row([
                Cell::text(format!("{}-{}", row.topic, row.partition)),
                Cell::number(row.producer_id),
                Cell::number(row.producer_epoch),
                Cell::maybe(row.last_sequence),
                Cell::maybe(row.last_timestamp_ms),
                if row.transaction_start_offset.is_some() { open.styled(Style::Warning) } else { open },
            ]);
        }
        page.table_or(&table, "no producers");
    }

    fn name(&self) -> String {
        self.producer_id.to_string()
    }
}

published!(Row, "txn producers");

/// Runs `kr txn producers`.
pub async fn run(args: &ProducersArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let topics: BTreeSet<&str> = args.partitions.iter().map(|place| &*place.topic).collect();
    client.describe_topics(&topics.into_iter().collect::<Vec<_>>()).await?;
    let places: BTreeSet<TopicPartition> = args.partitions.iter().cloned().collect();
    let mut report = Report::default();
    for (place, producers) in client.describe_producers(&places, args.broker.map(NodeId)).await {
        match producers {
            Ok(producers) => report.items.extend(producers.iter().map(|producer| Row::of(&place, producer))),
            Err(error) => report.failures.push(Failure::of(place.to_string(), &error)),
        }
    }
    context.show(args.output.output, &report)
}

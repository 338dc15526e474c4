//! `kr partition list`: partitions of all topics, or of some, one a line.

use clap::Args;
use kr_client::admin::TopicPartition;
use kr_client::cluster_view::{Partition, Topic};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::topic::describe::{PartitionRow, partitions_table};
use crate::commands::topic::list::HealthArgs;
use crate::commands::topic::measure::{self, Ends};
use crate::commands::topic::select::TopicSelection;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Failure, Item, Page, Report};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr partition list orders
  kr partition list --under-replicated
  kr partition list 'orders.*' --regex --offline -o name";

/// Arguments of `kr partition list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// Also partitions of Kafka's own topics
    #[arg(long)]
    internal: bool,
    /// Only partitions that this broker leads
    #[arg(long, value_name = "ID")]
    leader: Option<i32>,
    /// Only partitions with a replica on this broker
    #[arg(long, value_name = "ID")]
    broker: Option<i32>,
    #[command(flatten)]
    health: HealthArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    #[serde(flatten)]
    partition: PartitionRow,
}

impl Item for Row {
    const KIND: &'static str = "kr.partition.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let table = partitions_table(items.iter().map(|row| (row.topic.as_str(), &row.partition)));
        page.table_or(&table, "no partitions");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition.partition)
    }
}

published!(Row, "partition list");

/// Runs `kr partition list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let topics = topics(args, context, &mut report.failures).await?;
    let client = context.client().await?;
    let all: Vec<&Topic> = topics.iter().collect();
    let min_isr = match args.health.needs_min_isr() && !all.is_empty() {
        true => measure::min_isr(&client, &all).await,
        false => Default::default(),
    };
    let mut wanted = Vec::new();
    for topic in &topics {
        let min_isr = min_isr.get(&topic.name).copied();
        for partition in topic.partitions.iter().filter(|partition| args.health.wants(partition, min_isr)) {
            let is_led = args.leader.is_none_or(|id| partition.leader.is_some_and(|leader| leader.0 == id));
            let is_there = args.broker.is_none_or(|id| partition.replicas.iter().any(|node| node.0 == id));
            if is_led && is_there {
                wanted.push((TopicPartition::new(topic.name.as_str(), partition.id), partition));
            }
        }
    }
    let places: Vec<TopicPartition> = wanted.iter().map(|(place, _)| place.clone()).collect();
    let mut names: Vec<&str> = places.iter().map(|place| &*place.topic).collect();
    names.dedup();
    let (ends, eligible) = tokio::join!(Ends::of(&client, &places), client.eligible_replicas(&names));
    let eligible = eligible.ok().flatten();
    let row = |(place, partition): &(TopicPartition, &Partition)| Row {
        topic: place.topic.to_string(),
        partition: PartitionRow::of(place, partition, &ends, eligible.as_ref()),
    };
    report.items = wanted.iter().map(row).collect();
    context.show(args.output.output, &report)
}

async fn topics(
    args: &ListArgs,
    context: &mut Context,
    failures: &mut Vec<Failure>,
) -> Result<Vec<Topic>, CliError> {
    if args.topics.is_empty() {
        let mut topics = context.client().await?.list_topics().await?;
        topics.retain(|topic| args.internal || !topic.is_internal);
        return Ok(topics);
    }
    let mut topics = Vec::new();
    for (name, topic) in args.topics.find(context, args.internal).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    Ok(topics)
}

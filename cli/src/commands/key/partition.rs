//! `kr key partition`: which partition of a topic a key belongs to, as the producers of the world choose it.

use clap::{Args, ValueEnum};
use kr_client::produce::partitioner::Partitioner;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::produce::PartitionerArg;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr key partition`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kr key partition alice bob -t orders\n  kr key partition alice -t orders --partitioner consistent\n  kr key partition alice --partitions 12"
)]
pub struct PartitionArgs {
    /// Keys
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// The topic
    #[arg(short = 't', long, value_name = "TOPIC", required_unless_present = "partitions")]
    topic: Option<String>,
    /// How many partitions there are, instead of asking for a topic
    #[arg(long, value_name = "N", conflicts_with = "topic", value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// How the producer chooses
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    partitioner: PartitionerArg,
    #[command(flatten)]
    output: OutputArgs,
}

/// A key and its partition.
#[derive(Debug, Serialize, JsonSchema)]
struct KeyPartition {
    /// The key.
    key: String,
    /// The topic; null when only a number of partitions was given.
    topic: Option<String>,
    /// The partition; null when the producer would take any.
    partition: Option<i32>,
    /// How many partitions there are.
    partitions: i32,
    /// How the producer chooses: murmur2, consistent, fnv1a or random.
    partitioner: String,
}

impl Item for KeyPartition {
    const KIND: &'static str = "kr.key.partition/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["KEY", "PARTITION", "OF", "PARTITIONER"]);
        for row in items {
            table.row([
                Cell::text(&row.key),
                Cell::maybe(row.partition),
                Cell::number(row.partitions),
                Cell::text(&row.partitioner),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        let partition = self.partition.map_or_else(|| "any".to_owned(), |partition| partition.to_string());
        self.topic.as_ref().map_or(partition.clone(), |topic| format!("{topic}-{partition}"))
    }
}

published!(KeyPartition, "key partition");

/// Runs `kr key partition`.
pub async fn run(args: PartitionArgs, context: &mut Context) -> Result<Exit, CliError> {
    let partitions = match (&args.topic, args.partitions) {
        (_, Some(count)) => count,
        (Some(topic), None) => {
            let client = context.client().await?;
            let mut described = client.describe_topics(&[topic]).await?;
            let (_, topic) =
                described.pop().ok_or_else(|| CliError::failed("the topic is not in the answer"))?;
            i32::try_from(topic?.partitions.len()).unwrap_or(i32::MAX)
        }
        (None, None) => return Err(CliError::usage("neither a topic nor a number of partitions is given")),
    };
    let partitioner: Partitioner = args.partitioner.into();
    let name = args.partitioner.to_possible_value().map(|value| value.get_name().to_owned());
    let row = |key: String| KeyPartition {
        partition: partitioner.by_key(key.as_bytes(), partitions).map(|partition| partition.0),
        key,
        topic: args.topic.clone(),
        partitions,
        partitioner: name.clone().unwrap_or_default(),
    };
    let report = Report::of(args.keys.into_iter().map(row).collect());
    context.show(args.output.output, &report)
}

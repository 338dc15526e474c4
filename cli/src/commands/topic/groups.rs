//! `kr topic groups`: who reads a topic, and how far behind.

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::{At, TopicPartition};
use kr_wire::ids::Offset;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::measure;
use super::readers::{Reader, readers};
use super::select::TopicSelection;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr topic groups orders
  kr topic groups orders payments -o json";

/// Arguments of `kr topic groups`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GroupsArgs {
    #[command(flatten)]
    topics: TopicSelection,
    #[command(flatten)]
    output: OutputArgs,
}

/// A group and the topic it reads; also printed by `kr topic describe`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupRow {
    /// The topic.
    pub topic: String,
    /// The group.
    pub group: String,
    /// Its state; null on clusters older than 2.6.
    pub state: Option<String>,
    /// `Classic`, `Consumer`, `Share`, `Streams`; null on clusters older than 3.8.
    #[serde(rename = "type")]
    pub group_type: Option<String>,
    /// Records of the topic it has not committed; null when that is not known of a partition.
    pub lag: Option<i64>,
    /// Partitions with a committed offset.
    pub partitions: Vec<LagRow>,
}

/// What a group has committed on a partition.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LagRow {
    partition: i32,
    /// The next record it reads.
    committed_offset: i64,
    /// The offset after the last record; null when the partition has no leader.
    end_offset: Option<i64>,
    lag: Option<i64>,
}

impl GroupRow {
    fn of(reader: &Reader, topic: &str, ends: &BTreeMap<TopicPartition, Offset>) -> Self {
        let of_topic = reader.offsets.iter().filter(|(place, _)| &*place.topic == topic);
        let partitions: Vec<LagRow> = of_topic
            .map(|(place, committed)| {
                let end = ends.get(place).map(|end| end.0);
                let lag = end.map(|end| (end - committed.offset.0).max(0));
                let partition = place.partition.0;
                LagRow { partition, committed_offset: committed.offset.0, end_offset: end, lag }
            })
            .collect();
        Self {
            topic: topic.to_owned(),
            group: reader.group.id.clone(),
            state: reader.group.state.clone(),
            group_type: reader.group.group_type.clone(),
            lag: partitions.iter().map(|row| row.lag).sum(),
            partitions,
        }
    }
}

/// A table of groups and what they have not read: one head, whatever the number of topics.
pub fn table<'a>(rows: impl IntoIterator<Item = &'a GroupRow>) -> Table {
    let mut table = Table::new(["TOPIC", "GROUP", "TYPE", "STATE", "PARTITIONS", "LAG"]);
    for row in rows {
        let lag = Cell::maybe(row.lag);
        table.row([
            Cell::text(&row.topic),
            Cell::text(&row.group),
            Cell::text(row.group_type.as_deref().unwrap_or("-")),
            Cell::text(row.state.as_deref().unwrap_or("-")),
            Cell::number(row.partitions.len()),
            if row.lag.is_some_and(|lag| lag > 0) { lag.styled(Style::Warning) } else { lag },
        ]);
    }
    table
}

impl Item for GroupRow {
    const KIND: &'static str = "kr.topic.groups/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&table(items), "no group has committed offsets on it");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(GroupRow, "topic groups");

/// Groups that have committed offsets on topics, ascending by topic and group; failures go to the list.
pub async fn rows(
    client: &Client,
    topics: &[&str],
    failures: &mut Vec<Failure>,
) -> Result<Vec<GroupRow>, CliError> {
    let (readers, failed) = readers(client, topics).await?;
    failures.extend(failed.iter().map(|(target, error)| Failure::of(target.as_str(), error)));
    let mut places: Vec<TopicPartition> = readers.iter().flat_map(|r| r.offsets.keys().cloned()).collect();
    places.sort();
    places.dedup();
    let ends = measure::offsets(client, &places, At::Latest).await;
    let of_topic = |topic: &&str| {
        let reads = readers.iter().filter(|reader| reader.topics().contains(*topic));
        reads.map(|reader| GroupRow::of(reader, topic, &ends)).collect::<Vec<_>>()
    };
    Ok(topics.iter().flat_map(of_topic).collect())
}

/// Runs `kr topic groups`.
pub async fn run(args: &GroupsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let mut names = Vec::new();
    for (name, topic) in args.topics.find(context, false).await? {
        match topic {
            Ok(topic) => names.push(topic.name),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    if !names.is_empty() {
        let client = context.client().await?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        report.items = rows(&client, &names, &mut report.failures).await?;
    }
    context.show(args.output.output, &report)
}

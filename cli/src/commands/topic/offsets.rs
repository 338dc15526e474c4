//! `kr topic offsets`: where partitions begin and end, and where a time is.

use clap::Args;
use jiff::Timestamp;
use kr_client::admin::{At, TopicPartition};
use kr_wire::fetch::IsolationLevel;
use schemars::JsonSchema;
use serde::Serialize;

use super::measure;
use super::partition_set::PartitionSet;
use super::select::TopicSelection;
use super::when;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::spans::parse_time;

const EXAMPLES: &str = "\
Examples:
  kr topic offsets orders
  kr topic offsets orders --at earliest,latest,max-timestamp -p 0-2
  kr topic offsets orders payments --at 2026-01-31T12:00:00Z
  kr topic offsets 'orders.*' --regex --at -1h -o json";

/// Arguments of `kr topic offsets`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct OffsetsArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// earliest, latest, stable (below open transactions), max-timestamp, local, tiered, or a time: RFC 3339,
    /// date, unix seconds or milliseconds, now, -1h, PT1H
    #[arg(long, value_name = "PLACE", default_value = "latest", value_delimiter = ',')]
    #[arg(allow_hyphen_values = true, alias = "time")]
    at: Vec<String>,
    /// Only these partitions: 0,2,4-7
    #[arg(short = 'p', long = "partitions", value_name = "PARTITIONS")]
    partitions: Option<PartitionSet>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    /// The place as it was asked for.
    at: String,
    /// The offset; null when no record is as late as the time asked for.
    offset: Option<i64>,
    /// The timestamp of the record there, milliseconds since 1970; null for places that are not found by time.
    timestamp_ms: Option<i64>,
    /// The epoch of the leader that wrote it; null when it is not known.
    leader_epoch: Option<i32>,
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.offsets/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "AT", "OFFSET", "TIMESTAMP", "EPOCH"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(&row.at),
                Cell::maybe(row.offset),
                Cell::text(row.timestamp_ms.map_or_else(|| "-".to_owned(), when::shown)),
                Cell::maybe(row.leader_epoch),
            ]);
        }
        page.table_or(&table, "no partitions");
    }

    fn name(&self) -> String {
        format!(
            "{}:{}:{}",
            self.topic,
            self.partition,
            self.offset.map_or_else(String::new, |o| o.to_string())
        )
    }
}

published!(Row, "topic offsets");

/// A place that was asked for, and for whom it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    text: String,
    at: At,
    isolation: IsolationLevel,
}

impl Wanted {
    fn read(text: &str, now: Timestamp) -> Result<Self, CliError> {
        let mut isolation = IsolationLevel::ReadUncommitted;
        let at = match text {
            "earliest" | "start" | "beginning" | "-2" => At::Earliest,
            "latest" | "end" | "-1" => At::Latest,
            "stable" => {
                isolation = IsolationLevel::ReadCommitted;
                At::Latest
            }
            "max-timestamp" | "-3" => At::MaxTimestamp,
            "local" | "earliest-local" | "-4" => At::EarliestLocal,
            "tiered" | "latest-tiered" | "-5" => At::LatestTiered,
            time => parse_time(time, now).map(At::Timestamp).ok_or_else(|| {
                CliError::usage(format!("--at {time} is no place in a partition")).hint(
                    "earliest, latest, stable, max-timestamp, local, tiered, or a time such as -1h or 2026-01-31",
                )
            })?,
        };
        Ok(Self { text: text.to_owned(), at, isolation })
    }
}

/// Runs `kr topic offsets`.
pub async fn run(args: &OffsetsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let now = Timestamp::now();
    let wanted = args.at.iter().map(|text| Wanted::read(text, now)).collect::<Result<Vec<_>, _>>()?;
    let mut report = Report::default();
    let mut topics = Vec::new();
    for (name, topic) in args.topics.find(context, false).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let mut places = measure::places(&topics);
    if let Some(partitions) = &args.partitions {
        places.retain(|place| partitions.contains(place.partition));
    }
    let client = context.client().await?;
    for wanted in &wanted {
        let asked: Vec<(TopicPartition, At)> =
            places.iter().map(|place| (place.clone(), wanted.at)).collect();
        for (place, found) in client.offsets_now(&asked, wanted.isolation).await {
            match found {
                Ok(found) => report.items.push(Row {
                    topic: place.topic.to_string(),
                    partition: place.partition.0,
                    at: wanted.text.clone(),
                    offset: found.offset.map(|offset| offset.0),
                    timestamp_ms: found.timestamp_ms,
                    leader_epoch: found.leader_epoch.map(|epoch| epoch.0),
                }),
                Err(error) => report.failures.push(Failure::of(place.to_string(), &error)),
            }
        }
    }
    report.items.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    context.show(args.output.output, &report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_names_numbers_of_kafka_or_times() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let at = |text| Wanted::read(text, now).map(|wanted| (wanted.at, wanted.isolation)).ok();
        let uncommitted = IsolationLevel::ReadUncommitted;
        for (text, place) in [
            ("earliest", At::Earliest),
            ("-1", At::Latest),
            ("max-timestamp", At::MaxTimestamp),
            ("local", At::EarliestLocal),
            ("-5", At::LatestTiered),
            ("1700000000", At::Timestamp(1_700_000_000_000)),
            ("-1h", At::Timestamp(1_699_996_400_000)),
            ("now", At::Timestamp(1_700_000_000_000)),
        ] {
            assert_eq!(at(text), Some((place, uncommitted)), "{text}");
        }
        assert_eq!(at("stable"), Some((At::Latest, IsolationLevel::ReadCommitted)));
        assert_eq!(at("somewhere"), None);
    }
}

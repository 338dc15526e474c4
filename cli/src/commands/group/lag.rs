//! `kr group lag`: how far groups are behind, in records and with `--time` in time.
//!
//! Behind in time is the age of the oldest record that is not read yet: now less its timestamp, and the
//! newest record's timestamp less its timestamp. Only partitions with unread records are fetched from. Groups
//! are asked for by their coordinators' lists, offsets in one request to each coordinator, ends in one to each
//! leader.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use jiff::Timestamp;
use kr_client::Client;
use kr_client::admin::{At, GroupType, Offsets, TopicPartition};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::Offset;
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::GroupPick;
use super::positions::{self, Bounds, LogRange};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group lag
  kr group lag billing --time
  kr group lag --topic orders -o json
  kr group lag billing --partitions";

/// Arguments of `kr group lag`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LagArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// Also tell how old the oldest unread record is
    #[arg(long)]
    time: bool,
    /// Only this topic; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Show each partition
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct GroupLag {
    group: String,
    /// Records behind in all partitions whose lag is known; null when none is.
    lag: Option<i64>,
    /// Age of the oldest unread record, milliseconds; 0 when all is read, null without `--time` or when unknown.
    behind_ms: Option<i64>,
    topics: Vec<TopicLag>,
    #[serde(skip)]
    shows_partitions: bool,
    #[serde(skip)]
    shows_time: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TopicLag {
    topic: String,
    lag: Option<i64>,
    behind_ms: Option<i64>,
    partitions: Vec<PartitionLag>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PartitionLag {
    partition: i32,
    committed: i64,
    /// The high watermark.
    end: Option<i64>,
    /// The last stable offset; null without `--time`.
    stable_end: Option<i64>,
    /// Records behind, at most, as offsets have gaps.
    lag: Option<i64>,
    /// Timestamp of the oldest unread record, milliseconds since 1970.
    next_record_ms: Option<i64>,
    /// The highest timestamp in the partition, milliseconds since 1970 (Kafka 3.0 and newer).
    newest_record_ms: Option<i64>,
    /// Now less the timestamp of the oldest unread record; 0 when all is read.
    behind_ms: Option<i64>,
    /// The newest timestamp less that of the oldest unread record; 0 when all is read.
    behind_newest_ms: Option<i64>,
}

impl Item for GroupLag {
    const KIND: &'static str = "kr.group.lag/v1";

    fn write(items: &[Self], page: &mut Page) {
        let shows_time = items.iter().any(|group| group.shows_time);
        let table = match items.iter().any(|group| group.shows_partitions) {
            true => partitions_table(items),
            false if shows_time => time_table(items),
            false => topics_table(items),
        };
        page.table_or(&table, "no offsets");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(GroupLag, "group lag");

fn lag_cell(lag: Option<i64>) -> Cell {
    let cell = Cell::maybe(lag);
    if lag > Some(0) { cell.styled(Style::Warning) } else { cell }
}

fn span_cell(ms: Option<i64>) -> Cell {
    Cell::maybe(ms.map(positions::span))
}

/// What stands for all topics of a group.
const ALL_TOPICS: &str = "(all)";

fn topics_table(items: &[GroupLag]) -> Table {
    let mut table = Table::new(["GROUP", "TOPIC", "PARTITIONS", "LAG"]);
    for group in items {
        for topic in &group.topics {
            let partitions = Cell::number(topic.partitions.len());
            table.row([Cell::text(&group.group), Cell::text(&topic.topic), partitions, lag_cell(topic.lag)]);
        }
        if group.topics.len() > 1 {
            let count: usize = group.topics.iter().map(|topic| topic.partitions.len()).sum();
            let all = Cell::text(ALL_TOPICS);
            table.row([Cell::text(&group.group), all, Cell::number(count), lag_cell(group.lag)]);
        }
    }
    table
}

fn time_table(items: &[GroupLag]) -> Table {
    let mut table = Table::new(["GROUP", "TOPIC", "PARTITIONS", "LAG", "BEHIND"]);
    for group in items {
        let name = || Cell::text(&group.group);
        for topic in &group.topics {
            let partitions = Cell::number(topic.partitions.len());
            let behind = span_cell(topic.behind_ms);
            table.row([name(), Cell::text(&topic.topic), partitions, lag_cell(topic.lag), behind]);
        }
        if group.topics.len() > 1 {
            let count: usize = group.topics.iter().map(|topic| topic.partitions.len()).sum();
            let behind = span_cell(group.behind_ms);
            table.row([name(), Cell::text(ALL_TOPICS), Cell::number(count), lag_cell(group.lag), behind]);
        }
    }
    table
}

fn partitions_table(items: &[GroupLag]) -> Table {
    let head = ["GROUP", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "BEHIND", "BEHIND NEWEST"];
    let mut table = Table::new(head);
    for group in items {
        for topic in &group.topics {
            for p in &topic.partitions {
                table.row([
                    Cell::text(&group.group),
                    Cell::text(&topic.topic),
                    Cell::number(p.partition),
                    Cell::number(p.committed),
                    Cell::maybe(p.end),
                    lag_cell(p.lag),
                    span_cell(p.behind_ms),
                    span_cell(p.behind_newest_ms),
                ]);
            }
        }
    }
    table
}

/// Runs `kr group lag`.
pub async fn run(args: &LagArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report::default();
    let types = types_of(args, context, &client, &mut report.failures).await?;
    let mut groups: BTreeMap<String, Offsets> = BTreeMap::new();
    for (group, outcome) in positions::offsets_of(&client, &types).await {
        match outcome {
            Ok(mut offsets) => {
                offsets.retain(|place, _| {
                    args.topics.is_empty() || args.topics.iter().any(|t| **t == *place.topic)
                });
                if !offsets.is_empty() || !args.pick.names.is_empty() {
                    groups.insert(group, offsets);
                }
            }
            Err(error) => report.failures.push(Failure::of(group, &error)),
        }
    }
    let places: BTreeSet<TopicPartition> = groups.values().flat_map(|found| found.keys().cloned()).collect();
    let bounds = if args.time { Bounds::All } else { Bounds::End };
    let ranges = positions::log_ranges(&client, &places, bounds).await;
    let times = if args.time { Times::look_up(&client, &groups, &ranges).await } else { Times::default() };
    for (group, offsets) in groups {
        let lag = group_lag(group, &offsets, &ranges, &times);
        report.items.push(GroupLag { shows_partitions: args.partitions, shows_time: args.time, ..lag });
    }
    context.show(args.output.output, &report)
}

/// The groups that are meant, with their types; failures are added.
async fn types_of(
    args: &LagArgs,
    context: &mut Context,
    client: &Client,
    failures: &mut Vec<Failure>,
) -> Result<BTreeMap<String, GroupType>, CliError> {
    let mut types = BTreeMap::new();
    if args.pick.names.is_empty() || args.pick.is_many() {
        let pattern = match args.pick.names.is_empty() {
            true => super::pick::Pattern::All,
            false => args.pick.pattern(context)?,
        };
        let (listed, failed) = client.list_groups().await?;
        failures.extend(failed.iter().map(|(node, error)| Failure::of(format!("broker {node}"), error)));
        for group in listed {
            let is_share = group.group_type.as_deref() == Some(GroupType::Share.name());
            if pattern.matches(&group.id) {
                types.insert(group.id, if is_share { GroupType::Share } else { GroupType::Classic });
            }
        }
        let super::pick::Pattern::Exact(names) = &pattern else { return Ok(types) };
        let missing: Vec<String> = names.iter().filter(|name| !types.contains_key(*name)).cloned().collect();
        add_described(client, &missing, &mut types, failures).await;
        return Ok(types);
    }
    let names = args.pick.read(context).await?;
    add_described(client, &names, &mut types, failures).await;
    Ok(types)
}

async fn add_described(
    client: &Client,
    names: &[String],
    types: &mut BTreeMap<String, GroupType>,
    failures: &mut Vec<Failure>,
) {
    for (name, outcome) in client.describe_groups(names).await {
        match outcome {
            Ok(group) => drop(types.insert(name, group.group_type)),
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
}

/// Timestamps of records, by what was asked for.
#[derive(Default)]
struct Times {
    now_ms: i64,
    /// Of the first unread record by partition and committed offset; none when it could not be read.
    next: BTreeMap<(TopicPartition, i64), Option<i64>>,
    newest: BTreeMap<TopicPartition, Option<i64>>,
}

impl Times {
    async fn look_up(
        client: &Client,
        groups: &BTreeMap<String, Offsets>,
        ranges: &BTreeMap<TopicPartition, LogRange>,
    ) -> Self {
        let mut wanted: BTreeSet<(TopicPartition, i64)> = BTreeSet::new();
        for (place, committed) in groups.values().flatten() {
            let range = ranges.get(place).copied().unwrap_or_default();
            if positions::lag(Some(committed.offset.0), range.end) > Some(0) {
                // What was deleted before it was read is not there to tell its time.
                let from = range.start.map_or(committed.offset.0, |start| committed.offset.0.max(start));
                wanted.insert((place.clone(), from));
            }
        }
        let mut times = Self { now_ms: Timestamp::now().as_millisecond(), ..Self::default() };
        let newest: BTreeSet<&TopicPartition> = wanted.iter().map(|(place, _)| place).collect();
        let asked: Vec<(TopicPartition, At)> =
            newest.into_iter().map(|place| (place.clone(), At::MaxTimestamp)).collect();
        for (place, found) in client.offsets_now(&asked, IsolationLevel::ReadUncommitted).await {
            times.newest.insert(place, found.ok().and_then(|found| found.timestamp_ms));
        }
        // Several groups may be at different places of one partition, and a fetch asks for one of them.
        while !wanted.is_empty() {
            let mut round: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
            for (place, from) in &wanted {
                round.entry(place.clone()).or_insert(Offset(*from));
            }
            let found = client.record_times(&round, IsolationLevel::ReadUncommitted).await;
            for (place, from) in round {
                let time = found.get(&place).and_then(|found| found.as_ref().ok().copied().flatten());
                wanted.remove(&(place.clone(), from.0));
                times.next.insert((place, from.0), time.and_then(|time| time.timestamp_ms));
            }
        }
        times
    }
}

fn group_lag(
    group: String,
    offsets: &Offsets,
    ranges: &BTreeMap<TopicPartition, LogRange>,
    times: &Times,
) -> GroupLag {
    let mut topics: BTreeMap<&str, Vec<PartitionLag>> = BTreeMap::new();
    for (place, committed) in offsets {
        let range = ranges.get(place).copied().unwrap_or_default();
        let row = partition_lag(place, committed.offset.0, range, times);
        topics.entry(&place.topic).or_default().push(row);
    }
    let topic = |(topic, partitions): (&str, Vec<PartitionLag>)| TopicLag {
        topic: topic.to_owned(),
        lag: positions::total(partitions.iter().map(|p| p.lag)),
        behind_ms: partitions.iter().filter_map(|p| p.behind_ms).max(),
        partitions,
    };
    let topics: Vec<TopicLag> = topics.into_iter().map(topic).collect();
    GroupLag {
        group,
        lag: positions::total(topics.iter().map(|topic| topic.lag)),
        behind_ms: topics.iter().filter_map(|topic| topic.behind_ms).max(),
        topics,
        shows_partitions: false,
        shows_time: false,
    }
}

fn partition_lag(place: &TopicPartition, committed: i64, range: LogRange, times: &Times) -> PartitionLag {
    let lag = positions::lag(Some(committed), range.end);
    let from = range.start.map_or(committed, |start| committed.max(start));
    let next = times.next.get(&(place.clone(), from)).copied().flatten();
    let newest = times.newest.get(place).copied().flatten();
    let asked = times.now_ms > 0;
    let nothing = (asked && lag == Some(0)).then_some(0);
    PartitionLag {
        partition: place.partition.0,
        committed,
        end: range.end,
        stable_end: range.stable_end,
        lag,
        next_record_ms: next,
        newest_record_ms: newest,
        // A producer's clock may be ahead of this one.
        behind_ms: next.map(|next| (times.now_ms - next).max(0)).or(nothing),
        behind_newest_ms: next.zip(newest).map(|(next, newest)| (newest - next).max(0)).or(nothing),
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::PartitionId;

    use super::*;

    #[test]
    fn time_behind_counts_from_the_oldest_unread_record() {
        let place = TopicPartition::new("t", PartitionId(0));
        let times = Times {
            now_ms: 10_000,
            next: [((place.clone(), 5), Some(4_000))].into(),
            newest: [(place.clone(), Some(9_000))].into(),
        };
        // Offsets 3 and 4 were deleted before they were read.
        let range = LogRange { start: Some(5), end: Some(8), stable_end: Some(8) };
        let row = partition_lag(&place, 3, range, &times);
        assert_eq!((row.lag, row.behind_ms, row.behind_newest_ms), (Some(5), Some(6_000), Some(5_000)));
        let row = partition_lag(&place, 8, range, &times);
        assert_eq!((row.lag, row.behind_ms, row.behind_newest_ms), (Some(0), Some(0), Some(0)));
        let row = partition_lag(&place, 8, range, &Times::default());
        assert_eq!((row.behind_ms, row.next_record_ms), (None, None));
    }
}

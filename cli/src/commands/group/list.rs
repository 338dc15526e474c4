//! `kr group list`: all groups of all coordinators, of every type.
//!
//! Brokers before 2.6 list no states; a filter by state describes the groups then. Topics and lag are looked
//! up only when a filter needs them.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use kr_client::Client;
use kr_client::admin::{GroupListing, GroupType, Offsets, TopicPartition};
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::Pattern;
use super::positions::{self, Bounds};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group list
  kr group list --state empty --type classic
  kr group list --topic orders --lagging 1000
  kr group list 'billing-.*' --regex -o name";

/// Arguments of `kr group list`.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// Only the group of this name
    #[arg(value_name = "PATTERN")]
    pattern: Option<String>,
    /// Take PATTERN as a regular expression for whole names
    #[arg(long, requires = "pattern", conflicts_with = "prefix")]
    regex: bool,
    /// Take PATTERN as the beginning of names
    #[arg(long, requires = "pattern")]
    prefix: bool,
    /// Only groups in these states: Stable, Empty, ...
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// Only groups of these types: classic, consumer, share, streams
    #[arg(long = "type", alias = "group-type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only groups of this protocol: consumer, connect, share, ...
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// Only groups that read this topic or have offsets in it
    #[arg(short = 't', long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Only groups that are at least so many records behind
    #[arg(long, value_name = "RECORDS")]
    lagging: Option<i64>,
    #[command(flatten)]
    output: OutputArgs,
}

impl ListArgs {
    /// A list of everything.
    pub fn of(output: OutputArgs) -> Self {
        Self { output, ..Self::default() }
    }

    /// What can be decided by the list alone; a state that is not known yet is wanted.
    fn may_want(&self, row: &Row, pattern: &Pattern) -> bool {
        let is_in = |wanted: &[String], value: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        pattern.matches(&row.group)
            && row.state.as_ref().is_none_or(|state| is_in(&self.state, state))
            && is_in(&self.types, row.group_type.as_deref().unwrap_or_default())
            && self.protocol.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(&row.protocol_type))
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    /// Classic, Consumer, Share or Streams; null on clusters older than 3.8.
    #[serde(rename = "type")]
    group_type: Option<String>,
    /// Null on clusters older than 2.6, unless it was filtered by.
    state: Option<String>,
    /// Empty for groups that have offsets and never had members.
    protocol_type: String,
    coordinator: i32,
    /// Records behind, in the topic that was asked for or in all; null when it was not asked for.
    lag: Option<i64>,
}

impl Row {
    fn of(group: GroupListing) -> Self {
        let GroupListing { id, protocol_type, state, group_type, coordinator } = group;
        Self { group: id, group_type, state, protocol_type, coordinator: coordinator.0, lag: None }
    }

    fn is_share(&self) -> bool {
        self.group_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(GroupType::Share.name()))
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.group.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let or_none = |text: Option<&str>| Cell::text(text.filter(|text| !text.is_empty()).unwrap_or("-"));
        let cells = |row: &Self| {
            [
                Cell::text(&row.group),
                or_none(row.group_type.as_deref()),
                or_none(row.state.as_deref()),
                or_none(Some(&row.protocol_type)),
                Cell::number(row.coordinator),
            ]
        };
        let mut table = Table::new(["GROUP", "TYPE", "STATE", "PROTOCOL", "COORDINATOR"]);
        if items.iter().any(|row| row.lag.is_some()) {
            table = Table::new(["GROUP", "TYPE", "STATE", "PROTOCOL", "COORDINATOR", "LAG"]);
            for row in items {
                let [group, kind, state, protocol, coordinator] = cells(row);
                let lag = Cell::maybe(row.lag);
                let lag = if row.lag > Some(0) { lag.styled(Style::Warning) } else { lag };
                table.row([group, kind, state, protocol, coordinator, lag]);
            }
        } else {
            items.iter().for_each(|row| table.row(cells(row)));
        }
        page.table_or(&table, "no groups");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(Row, "group list", "group get");

/// Runs `kr group list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let pattern = match &args.pattern {
        Some(text) => Pattern::of(vec![text.clone()], args.regex, args.prefix)?,
        None => Pattern::All,
    };
    let client = context.client().await?;
    let (groups, failed) = client.list_groups().await?;
    let mut rows: Vec<Row> =
        groups.into_iter().map(Row::of).filter(|row| args.may_want(row, &pattern)).collect();
    let mut failures: Vec<Failure> =
        failed.iter().map(|(node, error)| Failure::of(format!("broker {node}"), error)).collect();
    if !args.state.is_empty() {
        learn_states(&client, &mut rows, &mut failures).await;
        rows.retain(|row| row.state.is_some() && args.may_want(row, &pattern));
    }
    if args.topic.is_some() || args.lagging.is_some() {
        let found = learn_lag(&client, &mut rows, args.topic.as_deref()).await;
        failures.extend(found.failures);
        rows.retain(|row| found.reading.contains(&row.group));
        rows.retain(|row| args.lagging.is_none_or(|least| row.lag.is_some_and(|lag| lag >= least)));
    }
    context.show(args.output.output, &Report { items: rows, failures, applied: None })
}

/// Describes the groups whose state was not listed.
async fn learn_states(client: &Client, rows: &mut [Row], failures: &mut Vec<Failure>) {
    let unknown: Vec<String> =
        rows.iter().filter(|row| row.state.is_none()).map(|row| row.group.clone()).collect();
    if unknown.is_empty() {
        return;
    }
    let mut described = client.describe_groups(&unknown).await;
    for row in rows.iter_mut().filter(|row| row.state.is_none()) {
        match described.remove(&row.group) {
            Some(Ok(group)) => row.state = Some(group.state),
            Some(Err(error)) => failures.push(Failure::of(&row.group, &error)),
            None => {}
        }
    }
}

#[derive(Default)]
struct Learned {
    /// Groups that read the topic, or all when none was asked for.
    reading: BTreeSet<String>,
    failures: Vec<Failure>,
}

/// Looks up what the groups have committed and how far they are behind.
async fn learn_lag(client: &Client, rows: &mut [Row], topic: Option<&str>) -> Learned {
    let mut learned = Learned::default();
    let types: BTreeMap<String, GroupType> = rows
        .iter()
        .map(|row| (row.group.clone(), if row.is_share() { GroupType::Share } else { GroupType::Classic }))
        .collect();
    let is_wanted = |place: &TopicPartition| topic.is_none_or(|topic| *place.topic == *topic);
    let mut offsets: BTreeMap<String, Offsets> = BTreeMap::new();
    for (group, outcome) in positions::offsets_of(client, &types).await {
        match outcome {
            Ok(mut found) => {
                found.retain(|place, _| is_wanted(place));
                offsets.insert(group, found);
            }
            Err(error) => learned.failures.push(Failure::of(group, &error)),
        }
    }
    let places: BTreeSet<TopicPartition> = offsets.values().flat_map(|found| found.keys().cloned()).collect();
    let ends = positions::log_ranges(client, &places, Bounds::End).await;
    for row in rows.iter_mut() {
        let Some(found) = offsets.get(&row.group) else { continue };
        let lags = found.iter().map(|(place, committed)| {
            positions::lag(Some(committed.offset.0), ends.get(place).and_then(|range| range.end))
        });
        row.lag = positions::total(lags);
        if topic.is_none() || !found.is_empty() {
            learned.reading.insert(row.group.clone());
        }
    }
    let Some(topic) = topic else { return learned };
    // Members may read a topic in which nothing is committed yet.
    let silent: Vec<String> =
        rows.iter().map(|row| row.group.clone()).filter(|group| !learned.reading.contains(group)).collect();
    for (group, described) in client.describe_groups(&silent).await {
        let Ok(described) = described else { continue };
        let reads = |member: &kr_client::admin::GroupMember| {
            let subscribes = member.topics.iter().flatten().any(|name| name == topic);
            subscribes || member.assignment.iter().flatten().any(|place| *place.topic == *topic)
        };
        if described.members.iter().any(reads) {
            learned.reading.insert(group);
        }
    }
    learned
}

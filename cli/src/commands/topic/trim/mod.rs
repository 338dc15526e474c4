//! `kr topic trim`: deletes the oldest records of partitions (DeleteRecords).
//!
//! What is shown is what is deleted: times and ends become offsets before anybody is asked, and the leaders are
//! sent these offsets. That it happened is seen from the low watermark they answer with.

mod target;

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use kr_client::Client;
use kr_client::admin::{At, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_client::safety::Operation;
use kr_wire::ids::Offset;
use schemars::JsonSchema;
use serde::Serialize;

use super::measure::{self, Ends};
use super::partition_set::PartitionSet;
use super::select::{TopicSelection, counted, refuse_internal};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::names;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use target::Target;

const EXAMPLES: &str = "\
Examples:
  kr topic trim orders --to -7d --dry-run
  kr topic trim orders --to 1000 -p 0
  kr topic trim orders --to end --yes
  kr topic trim --from-file offsets.json --yes";

/// Arguments of `kr topic trim`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TrimArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// Delete what comes before: an offset, a time (RFC 3339, date, -7d, @UNIX), or end for everything
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true, required_unless_present = "from_file")]
    to: Option<String>,
    /// Only these partitions: 0,2,4-7
    #[arg(short = 'p', long = "partitions", value_name = "PARTITIONS")]
    partitions: Option<PartitionSet>,
    /// Partitions and offsets from the JSON of kafka-delete-records
    #[arg(long, value_name = "FILE", alias = "offset-json-file", conflicts_with_all = ["to", "partitions"])]
    from_file: Option<String>,
    /// Also Kafka's own topics
    #[arg(long)]
    include_internal: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    start_before: i64,
    end: i64,
    /// Where the partition begins afterwards: as the leader says, or of a dry run, as it would.
    start_after: i64,
    /// Offsets that go: at most this many records.
    records: i64,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn is_idle(&self) -> bool {
        self.start_after <= self.start_before
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.trim/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table =
            Table::new(["TOPIC", "PARTITION", "START BEFORE", "START", "END", "RECORDS", "OUTCOME"]);
        for row in items {
            let outcome = match (row.is_idle(), row.is_dry_run) {
                (true, _) => "unchanged",
                (false, true) => "would be deleted",
                (false, false) => "deleted",
            };
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::number(row.start_before),
                Cell::number(row.start_after),
                Cell::number(row.end),
                Cell::number(row.records),
                Cell::text(outcome),
            ]);
        }
        page.table_or(&table, "no partitions");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "topic trim");

/// Runs `kr topic trim`.
pub async fn run(args: &TrimArgs, context: &mut Context) -> Result<Exit, CliError> {
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let targets = targets(args, context, &mut report.failures).await?;
    let client = context.client().await?;
    report.items = preview(&client, &targets, &mut report.failures).await;
    for row in &mut report.items {
        row.is_dry_run = is_dry_run;
    }
    let pending: BTreeMap<TopicPartition, Option<Offset>> = report
        .items
        .iter()
        .filter(|row| !row.is_idle())
        .map(|row| {
            let place = TopicPartition::new(row.topic.as_str(), kr_wire::ids::PartitionId(row.partition));
            (place, Some(Offset(row.start_after)))
        })
        .collect();
    if pending.is_empty() {
        return context.show(args.output.output, &report);
    }
    if let Decision::Go(ticket) = change::begin(context, &plan(&report.items), &args.change).await? {
        for (place, result) in client.delete_records(&pending).await {
            let wanted = pending.get(&place).copied().flatten();
            let Some(row) = report.items.iter_mut().find(|row| row.name() == place.to_string()) else {
                continue;
            };
            match result {
                Ok(start) if wanted.is_some_and(|wanted| start < wanted) => {
                    let message = format!("{place} still begins at {}", start.0);
                    report.failures.push(failure(&place, "NOT_DELETED", message));
                    row.start_after = start.0;
                }
                Ok(start) => row.start_after = start.0,
                Err(error) => {
                    report.failures.push(Failure::of(place.to_string(), &error));
                    let failed = row.name();
                    report.items.retain(|row| row.name() != failed);
                }
            }
        }
        ticket.end(context, &report, None);
    }
    context.show(args.output.output, &report)
}

fn failure(place: &TopicPartition, name: &str, message: String) -> Failure {
    Failure {
        code: None,
        name: name.to_owned(),
        message,
        target: place.to_string(),
        hint: None,
        kind: Kind::Failed,
    }
}

/// The partitions and places that flags or a file name.
async fn targets(
    args: &TrimArgs,
    context: &mut Context,
    failures: &mut Vec<Failure>,
) -> Result<BTreeMap<TopicPartition, Target>, CliError> {
    let refuse = |topic: &Topic| match args.include_internal {
        true => Ok(()),
        false => refuse_internal(topic, "without its records it forgets offsets or transactions"),
    };
    if let Some(file) = &args.from_file {
        if !args.topics.is_empty() {
            return Err(CliError::usage("names and --from-file exclude each other"));
        }
        let text = names::read_text(file, context)?;
        let mut targets = target::read_file(&text)
            .map_err(|error| CliError { message: format!("{file}: {}", error.message), ..error })?;
        let client = context.client().await?;
        let names: Vec<&str> = targets.keys().map(|place| &*place.topic).collect();
        let mut unique = names.clone();
        unique.dedup();
        let mut missing = Vec::new();
        for (name, topic) in client.describe_topics(&unique).await? {
            match topic {
                Ok(topic) => refuse(&topic)?,
                Err(error) => {
                    failures.push(Failure::of(name.as_str(), &error));
                    missing.push(name);
                }
            }
        }
        targets.retain(|place, _| !missing.iter().any(|name| **name == *place.topic));
        return Ok(targets);
    }
    let to = args.to.as_deref().unwrap_or("end");
    let target = Target::read(to, Timestamp::now())?;
    let mut topics = Vec::new();
    for (name, topic) in args.topics.find(context, args.include_internal).await? {
        match topic {
            Ok(topic) => {
                refuse(&topic)?;
                topics.push(topic);
            }
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    let is_wanted = |place: &TopicPartition| match &args.partitions {
        Some(partitions) => partitions.contains(place.partition),
        None => true,
    };
    Ok(measure::places(&topics).into_iter().filter(is_wanted).map(|place| (place, target)).collect())
}

/// Turns places into offsets; what cannot be done goes to the list.
async fn preview(
    client: &Client,
    targets: &BTreeMap<TopicPartition, Target>,
    failures: &mut Vec<Failure>,
) -> Vec<Row> {
    let places: Vec<TopicPartition> = targets.keys().cloned().collect();
    let ends = Ends::of(client, &places).await;
    let times: Vec<(TopicPartition, At)> = targets
        .iter()
        .filter_map(|(place, target)| match target {
            Target::Time(ms) => Some((place.clone(), At::Timestamp(*ms))),
            _ => None,
        })
        .collect();
    let found = client.offsets_now(&times, kr_wire::fetch::IsolationLevel::ReadUncommitted).await;
    let mut rows = Vec::new();
    for (place, target) in targets {
        let (Some(start), Some(end)) = (ends.starts.get(place), ends.ends.get(place)) else {
            let message =
                format!("cannot look up where {place} begins and ends: it has no leader, or does not exist");
            failures.push(failure(place, "UNKNOWN_OFFSETS", message));
            continue;
        };
        let to = match target {
            Target::End => *end,
            Target::Offset(offset) => *offset,
            Target::Time(_) => match found.get(place) {
                // Every record is older.
                Some(Ok(found)) => found.offset.unwrap_or(*end),
                Some(Err(error)) => {
                    failures.push(Failure::of(place.to_string(), error));
                    continue;
                }
                None => continue,
            },
        };
        if to > *end {
            let message = format!("cannot delete records of {place} before {}: it ends at {}", to.0, end.0);
            failures.push(failure(place, "OFFSET_OUT_OF_RANGE", message));
            continue;
        }
        let start_after = to.max(*start);
        rows.push(Row {
            topic: place.topic.to_string(),
            partition: place.partition.0,
            start_before: start.0,
            end: end.0,
            start_after: start_after.0,
            records: start_after.0 - start.0,
            is_dry_run: false,
        });
    }
    rows
}

fn plan(rows: &[Row]) -> Plan<'static> {
    let hit: Vec<&Row> = rows.iter().filter(|row| !row.is_idle()).collect();
    let effect = |row: &&Row| {
        let Row { records, start_before, start_after, end, .. } = row;
        format!(
            "{}: {records} of {} records go, {start_before} to {start_after}",
            row.name(),
            end - start_before
        )
    };
    let mut targets: Vec<String> = hit.iter().map(|row| row.topic.clone()).collect();
    targets.dedup();
    let records: i64 = hit.iter().map(|row| row.records).sum();
    Plan {
        action: format!("delete at most {records} records of {}", counted(hit.len(), "partition")),
        operations: &[Operation::TOPIC_TRIM],
        risk: Risk::Lossy,
        effects: hit.iter().map(effect).collect(),
        targets,
    }
}

//! `kr group offsets delete`: forgets committed offsets of topics nobody in the group reads.
//!
//! Of share groups whole topics are forgotten, and only while they have no members (KIP-932).

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, Subcommand};
use kr_client::admin::{GroupType, Offsets, TopicPartition};
use kr_client::safety::Operation;
use kr_client::undo::{OffsetBefore, Undo};
use kr_client::{Client, Error};
use schemars::JsonSchema;
use serde::Serialize;

use super::reset::TopicArgs;
use super::reset::look;
use super::standing::Standing;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group offsets delete billing --topic orders-old
  kr group offsets delete billing --topic orders:4-7 --dry-run";

/// Verbs of `kr group offsets`.
#[derive(Debug, Subcommand)]
pub enum OffsetsCommand {
    /// Forget committed offsets of topics that nobody in the group reads
    #[command(alias = "rm")]
    Delete(DeleteArgs),
}

/// Arguments of `kr group offsets delete`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DeleteArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    group: String,
    #[command(flatten)]
    topics: TopicArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    topic: String,
    partition: i32,
    /// What was committed.
    offset: i64,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.offsets.delete/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "TOPIC", "PARTITION", "OFFSET", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.group),
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::number(row.offset),
                Cell::text(if row.is_dry_run { "would be deleted" } else { "deleted" }),
            ]);
        }
        page.table_or(&table, "no offsets there");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "group offsets delete");

/// Runs a verb of `kr group offsets`.
pub async fn run(command: &OffsetsCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        OffsetsCommand::Delete(args) => delete(args, context).await,
    }
}

async fn delete(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let TopicArgs { topics, all_topics } = &args.topics;
    if topics.is_empty() && !all_topics {
        return Err(CliError::usage("no topic is named").hint(
            "name some with --topic TOPIC[:PARTITIONS], or take --all-topics the group has offsets in",
        ));
    }
    let client = context.client().await?;
    let group_type = client.describe_group(&args.group).await?.group_type;
    if group_type == GroupType::Share && topics.iter().any(|choice| choice.partitions.is_some()) {
        return Err(CliError::usage("a share group forgets whole topics only")
            .hint("name the topic without partitions"));
    }
    let standing = BTreeMap::from([(args.group.clone(), Standing { group_type, state: None })]);
    let (mut found, failures) = look::offsets_of(&client, &standing).await;
    let offsets = found.remove(&args.group).unwrap_or_default();
    let is_meant = |place: &TopicPartition| *all_topics || topics.iter().any(|choice| choice.includes(place));
    let row = |(place, committed): (&TopicPartition, &kr_client::admin::CommittedOffset)| Row {
        group: args.group.clone(),
        topic: place.topic.to_string(),
        partition: place.partition.0,
        offset: committed.offset.0,
        is_dry_run: args.change.dry_run,
    };
    let meant: Offsets = offsets.into_iter().filter(|(place, _)| is_meant(place)).collect();
    let mut rows: Vec<Row> = meant.iter().map(row).collect();
    let mut report = Report { applied: Some(!args.change.dry_run), failures, items: Vec::new() };
    if rows.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&args.group, &rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let failed = forget(&client, &args.group, group_type, &meant).await;
            rows.retain(|row| {
                !failed
                    .iter()
                    .any(|(place, _)| *place.topic == *row.topic && place.partition.0 == row.partition)
            });
            let undo = (group_type != GroupType::Share && !rows.is_empty())
                .then(|| way_back(&args.group, &rows, &meant));
            report.failures.extend(failed.into_iter().map(|(_, failure)| failure));
            report.items = rows;
            ticket.end(context, &report, undo);
        }
    }
    context.show(args.output.output, &report)
}

/// Forgets offsets; gives the partitions that failed.
async fn forget(
    client: &Client,
    group: &str,
    group_type: GroupType,
    meant: &Offsets,
) -> Vec<(TopicPartition, Failure)> {
    let places: Vec<TopicPartition> = meant.keys().cloned().collect();
    let all = |error: Error| {
        let failure = |place: &TopicPartition| (place.clone(), Failure::of(place.to_string(), &error));
        places.iter().map(failure).collect::<Vec<_>>()
    };
    if group_type != GroupType::Share {
        let outcomes = match client.delete_group_offsets(group, &places).await {
            Ok(outcomes) => outcomes,
            Err(error) => return all(error),
        };
        let failed = outcomes.into_iter().filter_map(|(place, outcome)| Some((place, outcome.err()?)));
        return failed
            .map(|(place, error)| {
                let failure = Failure::of(place.to_string(), &error);
                (place, failure)
            })
            .collect();
    }
    let topics: BTreeSet<String> = places.iter().map(|place| place.topic.to_string()).collect();
    let topics: Vec<String> = topics.into_iter().collect();
    let outcomes = match client.delete_share_offsets(group, &topics).await {
        Ok(outcomes) => outcomes,
        Err(error) => return all(error),
    };
    let failed = outcomes.into_iter().filter_map(|(topic, outcome)| Some((topic, outcome.err()?)));
    let of_topic = |(topic, error): (String, Error)| {
        let places = places.iter().filter(move |place| *place.topic == *topic);
        places.map(move |place| (place.clone(), Failure::of(place.to_string(), &error))).collect::<Vec<_>>()
    };
    failed.flat_map(of_topic).collect()
}

fn plan(group: &str, rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| format!("{}-{}: offset {}", row.topic, row.partition, row.offset);
    let count = if rows.len() == 1 { "1 offset".to_owned() } else { format!("{} offsets", rows.len()) };
    Plan {
        action: format!("delete {count} of group \"{group}\""),
        operations: &[Operation::GROUP_OFFSETS_DELETE],
        risk: Risk::Lossy,
        effects: rows.iter().map(effect).collect(),
        targets: vec![group.to_owned()],
    }
}

fn way_back(group: &str, rows: &[Row], meant: &Offsets) -> Undo {
    let is_gone = |place: &TopicPartition| {
        rows.iter().any(|row| *place.topic == *row.topic && place.partition.0 == row.partition)
    };
    let before = meant.iter().filter(|(place, _)| is_gone(place)).map(|(place, committed)| OffsetBefore {
        topic: place.topic.to_string(),
        partition: place.partition.0,
        before: Some(committed.offset.0),
        leader_epoch: committed.leader_epoch.map(|epoch| epoch.0),
        metadata: Some(committed.metadata.clone()),
        after: None,
    });
    Undo::GroupOffsets { group: group.to_owned(), offsets: before.collect() }
}

//! `kr topic set-rf`: plans which replicas come and go, shows it, and reassigns (AlterPartitionReassignments).
//!
//! Lowering works while brokers are down and gives dead replicas up first. The data of new replicas is copied
//! after the command has ended; `kr reassign status` follows it, and `kr reassign run` does it throttled.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use kr_client::Client;
use kr_client::admin::TopicPartition;
use kr_client::cluster_view::Topic;
use kr_client::safety::Operation;
use kr_client::undo::{ReplicasBefore, Undo};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::measure;
use super::select::{counted, is_unknown};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::reassign::picture;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::page::list;
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::plan::{Move, Picture, Weigh, cost, replication};
use crate::schemas::published;
use crate::sizes::human_bytes;

const EXAMPLES: &str = "\
Examples:
  kr topic set-rf orders 3 --dry-run
  kr topic set-rf orders 2 -t payments --yes";

/// Arguments of `kr topic set-rf`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SetRfArgs {
    /// The topic; more of them with -t
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Replicas each partition is to have
    #[arg(value_name = "REPLICAS", value_parser = clap::value_parser!(u16).range(1..))]
    replicas: u16,
    /// Another topic; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Choose brokers by how many replicas they have, or by the bytes of these
    #[arg(long, value_enum, default_value_t)]
    by: Weigh,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    from: Vec<i32>,
    to: Vec<i32>,
    /// Bytes each new replica copies; null when that is not known.
    bytes: Option<u64>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn of(change: &Move, is_dry_run: bool) -> Self {
        let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect();
        Self {
            topic: change.partition.topic.to_string(),
            partition: change.partition.partition.0,
            from: ids(&change.from),
            to: ids(&change.to),
            bytes: change.bytes,
            is_dry_run,
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.set-rf/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "FROM", "TO", "TO COPY", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(list(&row.from)),
                Cell::text(list(&row.to)),
                Cell::maybe(row.bytes.map(human_bytes)),
                Cell::text(if row.is_dry_run { "would be reassigned" } else { "started" }),
            ]);
        }
        page.table_or(&table, "every partition has that many replicas already");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "topic set-rf");

/// Runs `kr topic set-rf`.
pub async fn run(args: &SetRfArgs, context: &mut Context) -> Result<Exit, CliError> {
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let client = context.client().await?;
    let topics = wanted(&client, args, &mut report.failures).await?;
    if topics.is_empty() {
        return context.show::<Row>(args.output.output, &report);
    }
    let picture = picture::look(&client, context).await?;
    let names: BTreeSet<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let factor = usize::from(args.replicas);
    let moves = replication(&picture, &names, factor, args.by).map_err(|error| {
        CliError::failed("there is no such plan").caused_by(error).hint("see `kr cluster nodes`")
    })?;
    warn_of_min_isr(&client, &topics, factor, context).await;
    report.items = moves.iter().map(|change| Row::of(change, is_dry_run)).collect();
    if moves.is_empty() {
        return context.show(args.output.output, &report);
    }
    if let Decision::Go(ticket) =
        change::begin(context, &plan(&moves, &picture, factor), &args.change).await?
    {
        let wanted: BTreeMap<TopicPartition, Option<Vec<NodeId>>> =
            moves.iter().map(|change| (change.partition.clone(), Some(change.to.clone()))).collect();
        let results = match client.alter_reassignments(&wanted).await {
            Ok(results) => results,
            Err(error) => {
                let error = CliError::from(error);
                ticket.fail(context, &error);
                return Err(error);
            }
        };
        let mut done: Vec<&Move> = moves.iter().collect();
        for (place, result) in results {
            if let Err(error) = result {
                done.retain(|change| change.partition != place);
                report.items.retain(|row| row.name() != place.to_string());
                report.failures.push(Failure::of(place.to_string(), &error));
            }
        }
        let undo = way_back(&done);
        ticket.end(context, &report, undo);
        if done.iter().any(|change| change.adding().next().is_some()) {
            context.note("new replicas are copied now; follow it with `kr reassign status`");
        }
    }
    context.show(args.output.output, &report)
}

async fn wanted(
    client: &Client,
    args: &SetRfArgs,
    failures: &mut Vec<Failure>,
) -> Result<Vec<Topic>, CliError> {
    let mut names: Vec<&str> = vec![&args.topic];
    names.extend(args.topics.iter().map(String::as_str).filter(|name| *name != args.topic));
    let mut topics = Vec::new();
    for (name, topic) in client.describe_topics(&names).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) if is_unknown(&error) && topics.iter().any(|t: &Topic| t.name == name) => {}
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    Ok(topics)
}

/// Fewer replicas than must be in sync lets nobody write with acks=all.
async fn warn_of_min_isr(client: &Client, topics: &[Topic], factor: usize, context: &mut Context) {
    let all: Vec<&Topic> = topics.iter().collect();
    for (name, min_isr) in measure::min_isr(client, &all).await {
        if factor < min_isr {
            context.warn(&format!(
                "warning: topic \"{name}\" wants min.insync.replicas={min_isr}: with {factor} replicas nobody can \
                 write to it with acks=all"
            ));
        }
    }
}

fn plan(moves: &[Move], picture: &Picture, factor: usize) -> Plan<'static> {
    let cost = cost(moves);
    let is_dead = |node: &NodeId| !picture.brokers.get(node).is_some_and(|broker| broker.is_usable);
    let removed = moves.iter().flat_map(Move::removing).count();
    let dead = moves.iter().flat_map(Move::removing).filter(is_dead).count();
    let mut effects = Vec::new();
    if cost.replicas > 0 {
        let bytes = cost.bytes.map_or_else(|| "an unknown number of bytes".to_owned(), human_bytes);
        effects.push(format!("{} copied: {bytes}, not throttled", counted(cost.replicas, "replica")));
    }
    if removed > 0 {
        effects.push(format!("{} deleted, {dead} of them on dead brokers", counted(removed, "replica")));
    }
    let topics: BTreeSet<&str> = moves.iter().map(|change| &*change.partition.topic).collect();
    Plan {
        action: format!("give {} {}", counted(moves.len(), "partition"), counted(factor, "replica")),
        operations: &[Operation::REASSIGN],
        risk: Risk::Careful,
        effects,
        targets: topics.into_iter().map(str::to_owned).collect(),
    }
}

fn way_back(done: &[&Move]) -> Option<Undo> {
    let ids = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect();
    let before = |change: &&Move| ReplicasBefore {
        topic: change.partition.topic.to_string(),
        partition: change.partition.partition.0,
        before: ids(&change.from),
        after: ids(&change.to),
    };
    let partitions: Vec<ReplicasBefore> = done.iter().map(before).collect();
    (!partitions.is_empty()).then_some(Undo::Assignment { partitions })
}

//! `kr topic create`: partitions and replicas of the cluster's default unless told otherwise.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::ErrorCode;
use kr_client::admin::{CreatedTopic, NewTopic};
use kr_client::safety::Operation;
use kr_client::undo::Undo;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};

/// Arguments of `kr topic create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    names: TopicNames,
    /// Partitions [default: the cluster's]
    #[arg(short = 'p', long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    partitions: Option<i32>,
    /// Replicas of each partition [default: the cluster's]
    #[arg(short = 'r', long = "replication-factor", alias = "replicas", value_name = "N")]
    #[arg(value_parser = clap::value_parser!(i16).range(1..))]
    replication_factor: Option<i16>,
    /// A config; may be repeated
    #[arg(short = 'C', long = "config-entry", alias = "topic-config", value_name = "KEY=VALUE")]
    #[arg(value_parser = key_value)]
    configs: Vec<(String, String)>,
    /// Brokers of each partition, leaders first: 1:2:3,2:3:1
    #[arg(long, value_name = "BROKERS", conflicts_with_all = ["partitions", "replication_factor"])]
    assign: Option<String>,
    /// Be content with a topic that exists, whatever it looks like
    #[arg(long)]
    if_not_exists: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    id: Option<String>,
    partitions: Option<i32>,
    replication_factor: Option<i16>,
    /// Whether it was there already.
    existed: bool,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn of(name: String, created: &CreatedTopic, is_dry_run: bool) -> Self {
        Self {
            name,
            id: created.id.map(|id| id.to_string()),
            partitions: created.partitions,
            replication_factor: created.replication_factor,
            existed: false,
            is_dry_run,
        }
    }

    fn outcome(&self) -> &'static str {
        match (self.existed, self.is_dry_run) {
            (true, _) => "exists",
            (false, true) => "would be created",
            (false, false) => "created",
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.create/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "PARTITIONS", "REPLICAS", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::maybe(row.partitions),
                Cell::maybe(row.replication_factor),
                Cell::text(row.outcome()),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Runs `kr topic create`.
pub async fn run(args: &CreateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.names.read(context)?;
    let configs: BTreeMap<String, String> = args.configs.iter().cloned().collect();
    let assignments = args.assign.as_deref().map_or(Ok(Vec::new()), parse_assignment)?;
    let topic = |name: String| NewTopic {
        name,
        partitions: args.partitions,
        replication_factor: args.replication_factor,
        assignments: assignments.clone(),
        configs: configs.clone(),
    };
    let topics: Vec<NewTopic> = names.into_iter().map(topic).collect();
    let plan = plan(&topics);
    let decision = change::begin(context, &plan, &args.change).await?;
    let is_dry_run = matches!(decision, Decision::DryRun);
    let results = context.client().await?.create_topics(&topics, is_dry_run).await?;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    for (name, result) in results {
        match result {
            Ok(created) => report.items.push(Row::of(name, &created, is_dry_run)),
            Err(error) if args.if_not_exists && error.code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {
                let nothing = CreatedTopic { id: None, partitions: None, replication_factor: None };
                report.items.push(Row { existed: true, ..Row::of(name, &nothing, is_dry_run) });
            }
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    if let Decision::Go(ticket) = decision {
        let created = report.items.iter().filter(|row| !row.existed);
        let topics: BTreeMap<String, Option<String>> =
            created.map(|row| (row.name.clone(), row.id.clone())).collect();
        ticket.end(context, &report, (!topics.is_empty()).then_some(Undo::DeleteTopics { topics }));
    }
    context.show(args.output.output, &report)
}

fn plan(topics: &[NewTopic]) -> Plan<'static> {
    let count = if topics.len() == 1 { "1 topic".to_owned() } else { format!("{} topics", topics.len()) };
    Plan {
        action: format!("create {count}"),
        operations: &[Operation::TOPIC_CREATE],
        risk: Risk::Routine,
        effects: Vec::new(),
        targets: topics.iter().map(|topic| topic.name.clone()).collect(),
    }
}

/// Reads `1:2:3,2:3:1`: partitions with commas between, brokers with colons.
fn parse_assignment(text: &str) -> Result<Vec<Vec<NodeId>>, CliError> {
    let wrong = || {
        CliError::usage(format!("--assign {text} is not a list of brokers"))
            .hint("1:2:3,2:3:1 puts partition 0 on brokers 1, 2, 3 and partition 1 on 2, 3, 1")
    };
    let node = |id: &str| id.trim().parse().ok().filter(|id| *id >= 0).map(NodeId).ok_or_else(wrong);
    text.split(',').map(|partition| partition.split(':').map(node).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_partition_by_partition() {
        let assignment = parse_assignment("1:2:3,2:3:1").unwrap();
        assert_eq!(assignment, [[NodeId(1), NodeId(2), NodeId(3)], [NodeId(2), NodeId(3), NodeId(1)]]);
        for wrong in ["", "1:,2", "a", "-1"] {
            assert!(parse_assignment(wrong).is_err(), "{wrong}");
        }
    }
}

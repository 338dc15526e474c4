//! `kr topic create`: partitions and replicas of the cluster's default unless told otherwise.

mod wanted;

pub use wanted::parse_assignment;

use std::collections::BTreeMap;

use clap::Args;
use kr_client::admin::{CreatedTopic, NewTopic};
use kr_client::calls::Call;
use kr_client::safety::Operation;
use kr_client::undo::Undo;
use kr_client::{Client, ErrorCode, Route};
use kr_wire::messages::CreateTopicsRequest;
use schemars::JsonSchema;
use serde::Serialize;

use super::select::counted;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// The first version of CreateTopics in which the cluster has defaults (KIP-464, Kafka 2.4).
const WITH_DEFAULTS: i16 = 4;

const EXAMPLES: &str = "\
Examples:
  kr topic create orders -p 6 -r 3 -C retention.ms=86400000
  kr topic create orders-copy --like orders
  kr topic create --from-file topics.yaml --if-not-exists --dry-run
  kr topic create audit --assign 1:2,2:3";

/// Arguments of `kr topic create`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
    /// Partitions, replicas and configs of this topic, unless they are named
    #[arg(long, value_name = "TOPIC", conflicts_with = "assign")]
    like: Option<String>,
    /// Topics of a YAML or JSON file: a list of name, partitions, replication_factor, configs, assign
    #[arg(long, value_name = "FILE", conflicts_with_all = ["partitions", "replication_factor", "assign", "like"])]
    from_file: Option<String>,
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

published!(Row, "topic create");

/// Runs `kr topic create`.
pub async fn run(args: &CreateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let topics = wanted_topics(args, context).await?;
    for (one, other) in wanted::collisions(&topics) {
        context.warn(&format!(
            "warning: \"{one}\" and \"{other}\" are the same in metrics, where . becomes _; use either, not both"
        ));
    }
    require_numbers(&context.client().await?, &topics).await?;
    let plan = plan(&topics);
    let decision = change::begin(context, &plan, &args.change).await?;
    let is_dry_run = matches!(decision, Decision::DryRun);
    let results = match context.client().await?.create_topics(&topics, is_dry_run).await {
        Ok(results) => results,
        Err(error) => {
            let error = CliError::from(error);
            if let Decision::Go(ticket) = decision {
                ticket.fail(context, &error);
            }
            return Err(error);
        }
    };
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

/// The topics that flags, another topic or a file describe.
async fn wanted_topics(args: &CreateArgs, context: &mut Context) -> Result<Vec<NewTopic>, CliError> {
    let own: BTreeMap<String, String> = args.configs.iter().cloned().collect();
    if let Some(file) = &args.from_file {
        if !args.names.is_empty() {
            return Err(CliError::usage("names and --from-file exclude each other"));
        }
        let mut topics = wanted::read_file(file, context)?;
        for topic in &mut topics {
            topic.configs.extend(own.clone());
        }
        return Ok(topics);
    }
    let names = args.names.read(context)?;
    let mut model = match &args.like {
        Some(name) => wanted::like(&context.client().await?, name).await?,
        None => NewTopic::default(),
    };
    model.partitions = args.partitions.or(model.partitions);
    model.replication_factor = args.replication_factor.or(model.replication_factor);
    model.assignments = args.assign.as_deref().map_or(Ok(Vec::new()), wanted::parse_assignment)?;
    model.configs.extend(own);
    Ok(names.into_iter().map(|name| NewTopic { name, ..model.clone() }).collect())
}

/// Clusters older than 2.4 have no defaults for partitions and replicas, and say so in a way nobody understands.
async fn require_numbers(client: &Client, topics: &[NewTopic]) -> Result<(), CliError> {
    let has_numbers = |topic: &NewTopic| {
        !topic.assignments.is_empty() || topic.partitions.is_some() && topic.replication_factor.is_some()
    };
    if topics.iter().all(has_numbers) {
        return Ok(());
    }
    let newest = client.node_versions(Route::Any).await?.range(CreateTopicsRequest::KEY);
    match newest {
        Some((_, newest)) if newest < WITH_DEFAULTS => Err(CliError::usage(
            "partitions and replicas must be named: these brokers are older than Kafka 2.4",
        )
        .hint("add -p and -r; older brokers have no defaults for new topics")),
        _ => Ok(()),
    }
}

fn plan(topics: &[NewTopic]) -> Plan<'static> {
    let effect = |topic: &NewTopic| {
        let number = |number: Option<String>| number.unwrap_or_else(|| "the default number of".to_owned());
        let (partitions, replicas) = match topic.assignments.first() {
            Some(first) => (Some(topic.assignments.len().to_string()), Some(first.len().to_string())),
            None => (
                topic.partitions.map(|count| count.to_string()),
                topic.replication_factor.map(|count| count.to_string()),
            ),
        };
        let configs = topic.configs.iter().map(|(key, value)| format!(", {key}={value}")).collect::<String>();
        format!("{}: {} partitions, {} replicas{configs}", topic.name, number(partitions), number(replicas))
    };
    Plan {
        action: format!("create {}", counted(topics.len(), "topic")),
        operations: &[Operation::TOPIC_CREATE],
        risk: Risk::Routine,
        effects: topics.iter().map(effect).collect(),
        targets: topics.iter().map(|topic| topic.name.clone()).collect(),
    }
}

//! `kr topic delete`: looks first, says what will be lost, asks, then deletes.

use clap::Args;
use jiff::Timestamp;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigSource, ConfigTarget};
use kr_client::cluster_view::Topic;
use kr_client::safety::Operation;
use kr_client::undo::{TopicBefore, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use super::blast::{Blast, blasts};
use super::select::{TopicSelection, counted, is_unknown, names_of_ids, refuse_internal};
use super::when;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

const EXAMPLES: &str = "\
Examples:
  kr topic delete orders
  kr topic delete 'test-.*' --regex --dry-run
  kr topic delete --id 5JTjKzURRhqTLcXKvJ2Kmg --yes";

/// Arguments of `kr topic delete`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DeleteArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// The topic with this id; may be repeated
    #[arg(long = "id", value_name = "ID", conflicts_with_all = ["regex", "prefix"])]
    ids: Vec<String>,
    /// Be content when a topic does not exist
    #[arg(long)]
    if_exists: bool,
    /// Also Kafka's own topics
    #[arg(long)]
    include_internal: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    id: Option<String>,
    partitions: usize,
    /// Offsets between start and end: at most this many records. Null when a partition cannot be asked.
    records: Option<i64>,
    /// Bytes on disk of all replicas; null when one does not tell.
    replica_bytes: Option<u64>,
    /// The highest timestamp of its records, milliseconds since 1970; null when it is empty or not known.
    last_write_ms: Option<i64>,
    /// Groups with committed offsets on it; null when they could not be listed.
    groups: Option<Vec<String>>,
    /// Idempotent and transactional producers that wrote in the last five minutes; null when not known.
    active_producers: Option<usize>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn of(topic: &Topic, blast: Blast, is_dry_run: bool) -> Self {
        Self {
            name: topic.name.clone(),
            id: topic.id.map(|id| id.to_string()),
            partitions: topic.partitions.len(),
            records: blast.records,
            replica_bytes: blast.bytes,
            last_write_ms: blast.last_write_ms,
            groups: blast.groups,
            active_producers: blast.active_producers,
            is_dry_run,
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.delete/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["NAME", "PARTITIONS", "RECORDS", "SIZE", "LAST WRITE", "GROUPS", "PRODUCERS", "OUTCOME"];
        let mut table = Table::new(head);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::number(row.partitions),
                Cell::maybe(row.records),
                Cell::maybe(row.replica_bytes.map(human_bytes)),
                Cell::text(row.last_write_ms.map_or_else(|| "-".to_owned(), when::shown)),
                Cell::maybe(row.groups.as_ref().map(Vec::len)),
                Cell::maybe(row.active_producers),
                Cell::text(if row.is_dry_run { "would be deleted" } else { "deleted" }),
            ]);
        }
        page.table_or(&table, "nothing to delete");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "topic delete", "group internal-topics delete");

impl DeleteArgs {
    /// Deletes these topics.
    pub fn of(names: Vec<String>, change: ChangeArgs, output: OutputArgs) -> Self {
        let topics = TopicSelection::of(names, false, false);
        Self { topics, ids: Vec::new(), if_exists: false, include_internal: false, change, output }
    }
}

/// Runs `kr topic delete`.
pub async fn run(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let topics = wanted(args, context, &mut report.failures).await?;
    if topics.is_empty() {
        return context.show(args.output.output, &report);
    }
    let client = context.client().await?;
    let all: Vec<&Topic> = topics.iter().collect();
    let mut found = blasts(&client, &all).await;
    let plan = plan(&topics, |topic| found.get(&topic.name).cloned().unwrap_or_default());
    let decision = change::begin(context, &plan, &args.change).await?;
    let row = |topic: &Topic| Row::of(topic, found.remove(&topic.name).unwrap_or_default(), is_dry_run);
    report.items = topics.iter().map(row).collect();
    if let Decision::Go(ticket) = decision {
        let undo = definitions(&client, &topics).await;
        let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
        let results = match client.delete_topics(&names).await {
            Ok(results) => results,
            Err(error) => {
                let error = CliError::from(error);
                ticket.fail(context, &error);
                return Err(error);
            }
        };
        for (name, result) in results {
            if let Err(error) = result {
                report.items.retain(|row| row.name != name);
                report.failures.push(Failure::of(name, &error));
            }
        }
        let undo = undo.map(|undo| only_deleted(undo, &report.items));
        ticket.end(context, &report, undo);
    }
    context.show(args.output.output, &report)
}

/// The topics that are there; what is wrong with the others goes to the list.
async fn wanted(
    args: &DeleteArgs,
    context: &mut Context,
    failures: &mut Vec<Failure>,
) -> Result<Vec<Topic>, CliError> {
    let mut found = Vec::new();
    if !args.topics.is_empty() || args.ids.is_empty() {
        found = args.topics.find(context, args.include_internal).await?;
    }
    if !args.ids.is_empty() {
        let client = context.client().await?;
        let mut names = Vec::new();
        for (id, name) in names_of_ids(&client, &args.ids).await? {
            match name {
                Ok(name) => names.push(name),
                Err(error) => found.push((id, Err(error))),
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        found.extend(client.describe_topics(&names).await?);
    }
    let mut topics: Vec<Topic> = Vec::new();
    for (name, topic) in found {
        match topic {
            Ok(topic) => {
                if !args.include_internal {
                    refuse_internal(&topic, "deleting it loses offsets or transactions")?;
                }
                if !topics.iter().any(|known| known.name == topic.name) {
                    topics.push(topic);
                }
            }
            Err(error) if args.if_exists && is_unknown(&error) => {}
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    Ok(topics)
}

fn plan(topics: &[Topic], blast: impl Fn(&Topic) -> Blast) -> Plan<'static> {
    let now = Timestamp::now();
    Plan {
        action: format!("delete {}", counted(topics.len(), "topic")),
        operations: &[Operation::TOPIC_DELETE],
        risk: Risk::Lossy,
        effects: topics.iter().map(|topic| blast(topic).line(topic, now)).collect(),
        targets: topics.iter().map(|topic| topic.name.clone()).collect(),
    }
}

/// What the topics are like, to create them again; their records are lost.
async fn definitions(client: &Client, topics: &[Topic]) -> Option<Undo> {
    let targets: Vec<ConfigTarget> = topics.iter().map(|t| ConfigTarget::Topic(t.name.clone())).collect();
    let described = client.describe_all_configs(&targets, ConfigDetail::default()).await.ok()?;
    let mut before = Vec::new();
    for (topic, (_, configs)) in topics.iter().zip(described) {
        let own = configs.ok()?.into_iter().filter(|config| config.source == ConfigSource::Topic);
        let replicas = topic.partitions.iter().map(|p| p.replicas.iter().map(|node| node.0).collect());
        before.push(TopicBefore {
            name: topic.name.clone(),
            replicas: replicas.collect(),
            configs: own.filter_map(|config| Some((config.name, config.value?))).collect(),
        });
    }
    Some(Undo::CreateTopics { topics: before })
}

/// Leaves out what was not deleted after all.
fn only_deleted(undo: Undo, deleted: &[Row]) -> Undo {
    match undo {
        Undo::CreateTopics { mut topics } => {
            topics.retain(|topic| deleted.iter().any(|row| row.name == topic.name));
            Undo::CreateTopics { topics }
        }
        other => other,
    }
}

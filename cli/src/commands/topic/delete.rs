//! `kr topic delete`: looks first, says what will be lost, asks, then deletes.

use clap::Args;
use kr_client::admin::{At, ConfigSource, ConfigTarget, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_client::safety::Operation;
use kr_client::undo::{TopicBefore, Undo};
use kr_client::{Client, ErrorCode};
use kr_wire::fetch::IsolationLevel;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};

/// Arguments of `kr topic delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    #[command(flatten)]
    names: TopicNames,
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
    /// Offsets between start and end: at most this many records.
    records: Option<i64>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.delete/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "PARTITIONS", "RECORDS", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::number(row.partitions),
                Cell::maybe(row.records),
                Cell::text(if row.is_dry_run { "would be deleted" } else { "deleted" }),
            ]);
        }
        page.table_or(&table, "nothing to delete");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Runs `kr topic delete`.
pub async fn run(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.names.read(context)?;
    let client = context.client().await?;
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let mut rows = Vec::new();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (name, topic) in client.describe_topics(&names).await? {
        match topic {
            Ok(topic) if topic.is_internal && !args.include_internal => {
                return Err(CliError::new(Kind::Refused, format!("\"{name}\" is a topic of Kafka itself"))
                    .hint(
                        "deleting it loses offsets or transactions; --include-internal does it all the same",
                    ));
            }
            Ok(topic) => rows.push(row(&client, &topic, is_dry_run).await),
            Err(error) if args.if_exists && is_unknown(&error) => {}
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    if rows.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let undo = definitions(&client, &rows).await;
            let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            for (name, result) in client.delete_topics(&names).await? {
                if let Err(error) = result {
                    report.failures.push(Failure::of(name.clone(), &error));
                    rows.retain(|row| row.name != name);
                }
            }
            report.items = rows;
            ticket.end(context, &report, undo);
        }
    }
    context.show(args.output.output, &report)
}

fn is_unknown(error: &kr_client::Error) -> bool {
    error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)
}

async fn row(client: &Client, topic: &Topic, is_dry_run: bool) -> Row {
    let places = |at: At| {
        let name: std::sync::Arc<str> = topic.name.as_str().into();
        let place =
            move |p: &kr_client::cluster_view::Partition| (TopicPartition::new(name.clone(), p.id), at);
        topic.partitions.iter().map(place).collect::<Vec<_>>()
    };
    let ends = client.offsets_now(&places(At::Latest), IsolationLevel::ReadUncommitted).await;
    let starts = client.offsets_now(&places(At::Earliest), IsolationLevel::ReadUncommitted).await;
    let records = ends.iter().map(|(place, end)| {
        let (end, start) = (end.as_ref().ok()?, starts.get(place)?.as_ref().ok()?);
        Some(end.offset? - start.offset?)
    });
    Row {
        name: topic.name.clone(),
        id: topic.id.map(|id| id.to_string()),
        partitions: topic.partitions.len(),
        // Of a partition without a leader nobody knows, so the sum is not known either.
        records: records.sum(),
        is_dry_run,
    }
}

fn plan(rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| {
        let records = row.records.map_or("an unknown number of".to_owned(), |count| count.to_string());
        format!("{}: {} partitions, {records} records", row.name, row.partitions)
    };
    let count = if rows.len() == 1 { "1 topic".to_owned() } else { format!("{} topics", rows.len()) };
    Plan {
        action: format!("delete {count}"),
        operations: &[Operation::TOPIC_DELETE],
        risk: Risk::Lossy,
        effects: rows.iter().map(effect).collect(),
        targets: rows.iter().map(|row| row.name.clone()).collect(),
    }
}

/// What the topics are like, to create them again; their records are lost.
async fn definitions(client: &Client, rows: &[Row]) -> Option<Undo> {
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let mut topics = Vec::new();
    for (name, topic) in client.describe_topics(&names).await.ok()? {
        let topic = topic.ok()?;
        let configs = client.describe_configs(&ConfigTarget::Topic(name.clone())).await.ok()?;
        let own = configs.into_iter().filter(|config| config.source == ConfigSource::Topic);
        topics.push(TopicBefore {
            name,
            replicas: topic
                .partitions
                .iter()
                .map(|partition| partition.replicas.iter().map(|node| node.0).collect())
                .collect(),
            configs: own.filter_map(|config| Some((config.name, config.value?))).collect(),
        });
    }
    Some(Undo::CreateTopics { topics })
}

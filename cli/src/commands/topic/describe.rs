//! `kr topic describe`: partitions with leader, replicas and offsets; configs that are not the default.

use std::sync::Arc;

use clap::Args;
use kr_client::admin::{At, ConfigEntry, ConfigSource, ConfigTarget, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_client::{Client, Error};
use kr_wire::fetch::IsolationLevel;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::page::{list, list_cell};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};

/// Arguments of `kr topic describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    #[command(flatten)]
    names: TopicNames,
    /// Also configs that are the default
    #[arg(long)]
    all_configs: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl DescribeArgs {
    /// The usual description of these topics.
    pub fn of(names: TopicNames, output: OutputArgs) -> Self {
        Self { names, all_configs: false, output }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Description {
    name: String,
    id: Option<String>,
    internal: bool,
    partitions: Vec<PartitionRow>,
    configs: Vec<ConfigRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PartitionRow {
    partition: i32,
    leader: Option<i32>,
    leader_epoch: Option<i32>,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    offline: Vec<i32>,
    start_offset: Option<i64>,
    end_offset: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ConfigRow {
    name: String,
    value: Option<String>,
    source: &'static str,
    sensitive: bool,
}

impl Item for Description {
    const KIND: &'static str = "kr.topic.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        for topic in items {
            page.heading(&format!("Topic {}", topic.name));
            page.fields([
                ("ID", topic.id.clone().unwrap_or_else(|| "-".to_owned())),
                ("Partitions", topic.partitions.len().to_string()),
                ("Internal", if topic.internal { "yes" } else { "no" }.to_owned()),
            ]);
            if !topic.configs.is_empty() {
                page.gap();
                page.table(&configs_table(&topic.configs));
            }
            page.gap();
            page.table(&partitions_table(&topic.partitions));
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn partitions_table(partitions: &[PartitionRow]) -> Table {
    let mut table =
        Table::new(["PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "OFFLINE", "START", "END"]);
    for row in partitions {
        let leader = match row.leader {
            Some(leader) => Cell::number(leader),
            None => Cell::text("none").styled(Style::Bad),
        };
        let isr = Cell::text(list(&row.isr));
        let is_short = row.isr.len() < row.replicas.len();
        table.row([
            Cell::number(row.partition),
            leader,
            Cell::maybe(row.leader_epoch),
            list_cell(&row.replicas),
            if is_short { isr.styled(Style::Warning) } else { isr },
            list_cell(&row.offline),
            Cell::maybe(row.start_offset),
            Cell::maybe(row.end_offset),
        ]);
    }
    table
}

fn configs_table(configs: &[ConfigRow]) -> Table {
    let mut table = Table::new(["CONFIG", "VALUE", "SOURCE"]);
    for row in configs {
        let value = match (&row.value, row.sensitive) {
            (_, true) => "(secret)",
            (Some(value), _) => value,
            (None, _) => "-",
        };
        table.row([Cell::text(&row.name), Cell::text(value), Cell::text(row.source)]);
    }
    table
}

/// Runs `kr topic describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.names.read(context)?;
    let client = context.client().await?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut report = Report::default();
    for (name, topic) in client.describe_topics(&names).await? {
        let described = match topic {
            Ok(topic) => describe(&client, &topic, args.all_configs).await,
            Err(error) => Err(error),
        };
        match described {
            Ok(description) => report.items.push(description),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    context.show(args.output.output, &report)
}

async fn describe(client: &Client, topic: &Topic, all_configs: bool) -> Result<Description, Error> {
    let configs = client.describe_configs(&ConfigTarget::Topic(topic.name.clone())).await?;
    let is_wanted = |config: &ConfigEntry| all_configs || config.source == ConfigSource::Topic;
    Ok(Description {
        name: topic.name.clone(),
        id: topic.id.map(|id| id.to_string()),
        internal: topic.is_internal,
        partitions: partitions(client, topic).await,
        configs: configs.into_iter().filter(is_wanted).map(config_row).collect(),
    })
}

fn config_row(config: ConfigEntry) -> ConfigRow {
    let ConfigEntry { name, value, source, is_sensitive, .. } = config;
    ConfigRow { name, value, source: source.name(), sensitive: is_sensitive }
}

/// Offsets of partitions that cannot tell them are unknown, which is no failure of the description.
async fn partitions(client: &Client, topic: &Topic) -> Vec<PartitionRow> {
    let name: Arc<str> = topic.name.as_str().into();
    let place = |partition| TopicPartition::new(Arc::clone(&name), partition);
    let all = |at: At| topic.partitions.iter().map(|p| (place(p.id), at)).collect::<Vec<_>>();
    let starts = client.offsets_now(&all(At::Earliest), IsolationLevel::ReadUncommitted).await;
    let ends = client.offsets_now(&all(At::Latest), IsolationLevel::ReadUncommitted).await;
    let numbers = |nodes: &[kr_wire::ids::NodeId]| nodes.iter().map(|node| node.0).collect();
    let row = |p: &kr_client::cluster_view::Partition| {
        let offset = |found: &std::collections::BTreeMap<_, Result<kr_client::admin::FoundOffset, Error>>| {
            Some(found.get(&place(p.id))?.as_ref().ok()?.offset?.0)
        };
        PartitionRow {
            partition: p.id.0,
            leader: p.leader.map(|node| node.0),
            leader_epoch: p.leader_epoch.map(|epoch| epoch.0),
            replicas: numbers(&p.replicas),
            isr: numbers(&p.isr),
            offline: numbers(&p.offline),
            start_offset: offset(&starts),
            end_offset: offset(&ends),
        }
    };
    topic.partitions.iter().map(row).collect()
}

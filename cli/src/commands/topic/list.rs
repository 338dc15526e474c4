//! `kr topic list`: names, sizes in partitions and replicas, and health.

use clap::Args;
use kr_client::cluster_view::{Partition, Topic};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};

/// Arguments of `kr topic list`.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only the topic of this name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Take NAME as the beginning of names
    #[arg(long, requires = "name")]
    prefix: bool,
    /// Also Kafka's own topics
    #[arg(long)]
    internal: bool,
    /// Only topics with partitions that lack replicas in sync
    #[arg(long)]
    under_replicated: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl ListArgs {
    /// A list of everything but internal topics.
    pub fn of(output: OutputArgs) -> Self {
        Self { output, ..Self::default() }
    }

    fn wants(&self, row: &Row) -> bool {
        let is_named = match &self.name {
            Some(name) if self.prefix => row.name.starts_with(name),
            Some(name) => row.name == *name,
            None => true,
        };
        let is_visible = self.internal || !row.internal || self.name.as_ref() == Some(&row.name);
        is_named && is_visible && (!self.under_replicated || row.under_replicated > 0)
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    id: Option<String>,
    internal: bool,
    partitions: usize,
    /// The largest of its partitions' numbers of replicas.
    replication_factor: usize,
    under_replicated: usize,
    offline: usize,
}

impl Row {
    fn of(topic: &Topic) -> Self {
        let count = |is: fn(&Partition) -> bool| topic.partitions.iter().filter(|p| is(p)).count();
        Self {
            name: topic.name.clone(),
            id: topic.id.map(|id| id.to_string()),
            internal: topic.is_internal,
            partitions: topic.partitions.len(),
            replication_factor: topic.partitions.iter().map(|p| p.replicas.len()).max().unwrap_or(0),
            under_replicated: count(|p| p.isr.len() < p.replicas.len()),
            offline: count(|p| p.leader.is_none()),
        }
    }

    fn health(&self) -> Cell {
        match (self.offline, self.under_replicated) {
            (0, 0) => Cell::text("ok").styled(Style::Good),
            (0, under) => Cell::text(format!("{under} under-replicated")).styled(Style::Warning),
            (offline, _) => Cell::text(format!("{offline} offline")).styled(Style::Bad),
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "PARTITIONS", "REPLICAS", "HEALTH"]);
        for row in items {
            let (partitions, replicas) = (Cell::number(row.partitions), Cell::number(row.replication_factor));
            table.row([Cell::text(&row.name), partitions, replicas, row.health()]);
        }
        page.table_or(&table, "no topics");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Runs `kr topic list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let topics = context.client().await?.list_topics().await?;
    let rows = topics.iter().map(Row::of).filter(|row| args.wants(row));
    let report = Report::of(rows.collect());
    context.show(args.output.output, &report)
}

//! `kr topic list`: names, sizes in partitions and replicas, and health; counts and bytes when asked for.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigSource, ConfigTarget};
use kr_client::cluster_view::{Partition, Topic};
use schemars::JsonSchema;
use serde::Serialize;

use super::measure::{self, Ends, ReplicaBytes};
use super::select::NamePattern;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

const EXAMPLES: &str = "\
Examples:
  kr topic list
  kr topic list 'orders.*' --regex --size --count
  kr topic list --under-replicated --offline
  kr topic list -o name | kr topic describe -";

/// Arguments of `kr topic list`.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    /// Only the topic of this name
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Take NAME as a regular expression that matches whole names
    #[arg(long, requires = "name", conflicts_with = "prefix")]
    regex: bool,
    /// Take NAME as the beginning of names
    #[arg(long, requires = "name")]
    prefix: bool,
    /// Also Kafka's own topics
    #[arg(long)]
    internal: bool,
    /// Also bytes on disk, of the leaders and of all replicas
    #[arg(long)]
    size: bool,
    /// Also how many records there are at most: compaction and transactions leave gaps in the offsets
    #[arg(long)]
    count: bool,
    /// Only topics with configs of their own, and which
    #[arg(long, alias = "topics-with-overrides")]
    overrides: bool,
    #[command(flatten)]
    health: HealthArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which kinds of ill partitions are wanted; any of those that are named.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct HealthArgs {
    /// Only where replicas are missing from the ISR
    #[arg(long, alias = "under-replicated-partitions")]
    under_replicated: bool,
    /// Only where fewer replicas are in sync than min.insync.replicas
    #[arg(long, alias = "under-min-isr-partitions")]
    under_min_isr: bool,
    /// Only where exactly min.insync.replicas are in sync
    #[arg(long, alias = "at-min-isr-partitions")]
    at_min_isr: bool,
    /// Only where there is no leader
    #[arg(long, aliases = ["unavailable", "unavailable-partitions"])]
    offline: bool,
}

impl HealthArgs {
    /// Whether no kind is named, so that everything is wanted.
    pub fn wants_all(self) -> bool {
        !(self.under_replicated || self.under_min_isr || self.at_min_isr || self.offline)
    }

    /// Whether it must be known how many replicas are to be in sync.
    pub fn needs_min_isr(self) -> bool {
        self.under_min_isr || self.at_min_isr
    }

    /// Whether a partition is wanted.
    pub fn wants(self, partition: &Partition, min_isr: Option<usize>) -> bool {
        let health = PartitionHealth::of(partition, min_isr);
        self.wants_all()
            || self.under_replicated && health.is_under_replicated
            || self.under_min_isr && health.is_under_min_isr
            || self.at_min_isr && health.is_at_min_isr
            || self.offline && health.is_offline
    }
}

/// What ails a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionHealth {
    /// Replicas are missing from the ISR.
    pub is_under_replicated: bool,
    /// Fewer replicas are in sync than are demanded; also when there is no leader.
    pub is_under_min_isr: bool,
    /// Just as many replicas are in sync as are demanded.
    pub is_at_min_isr: bool,
    /// There is no leader.
    pub is_offline: bool,
}

impl PartitionHealth {
    /// Judges a partition.
    pub fn of(partition: &Partition, min_isr: Option<usize>) -> Self {
        let in_sync = partition.isr.len();
        let is_offline = partition.leader.is_none();
        Self {
            is_under_replicated: in_sync < partition.replicas.len(),
            is_under_min_isr: min_isr.is_some_and(|min| is_offline || in_sync < min),
            is_at_min_isr: min_isr == Some(in_sync),
            is_offline,
        }
    }
}

impl ListArgs {
    /// A list of everything but internal topics.
    pub fn of(output: OutputArgs) -> Self {
        Self { output, ..Self::default() }
    }

    fn pattern(&self) -> Result<Option<NamePattern>, CliError> {
        self.name.as_ref().map(|name| NamePattern::read(name, self.regex, self.prefix)).transpose()
    }

    fn wants(&self, topic: &Topic, pattern: Option<&NamePattern>) -> bool {
        let is_named = pattern.is_none_or(|pattern| pattern.matches(&topic.name));
        let is_visible = self.internal || !topic.is_internal || pattern.is_some_and(NamePattern::is_literal);
        is_named && is_visible
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
    /// Partitions with replicas that are not in sync.
    under_replicated: usize,
    /// Partitions with fewer replicas in sync than min.insync.replicas; null unless it was asked for.
    under_min_isr: Option<usize>,
    /// Partitions with exactly min.insync.replicas in sync; null unless it was asked for.
    at_min_isr: Option<usize>,
    /// Partitions without a leader.
    offline: usize,
    /// Offsets between start and end, an upper bound: compaction and transactions leave gaps. Null unless asked
    /// for, and when a partition cannot be asked.
    records_at_most: Option<i64>,
    /// Bytes on disk of the leaders alone; null unless asked for, and when one does not tell.
    leader_bytes: Option<u64>,
    /// Bytes on disk of all replicas; null unless asked for, and when one does not tell.
    replica_bytes: Option<u64>,
    /// Configs set on the topic itself; null unless asked for.
    overrides: Option<BTreeMap<String, Option<String>>>,
    #[serde(skip)]
    shows: Shows,
}

/// Columns that are there only when they were asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Shows {
    size: bool,
    count: bool,
    overrides: bool,
}

impl Row {
    fn of(topic: &Topic, found: &Found, args: &ListArgs) -> Self {
        let min_isr = found.min_isr.get(&topic.name).copied();
        let count = |is: fn(PartitionHealth) -> bool| {
            topic.partitions.iter().filter(|p| is(PartitionHealth::of(p, min_isr))).count()
        };
        let bytes = found.bytes.as_ref().map(|bytes| bytes.topic(topic));
        Self {
            name: topic.name.clone(),
            id: topic.id.map(|id| id.to_string()),
            internal: topic.is_internal,
            partitions: topic.partitions.len(),
            replication_factor: topic.partitions.iter().map(|p| p.replicas.len()).max().unwrap_or(0),
            under_replicated: count(|health| health.is_under_replicated),
            under_min_isr: min_isr.map(|_| count(|health| health.is_under_min_isr)),
            at_min_isr: min_isr.map(|_| count(|health| health.is_at_min_isr)),
            offline: count(|health| health.is_offline),
            records_at_most: found.ends.as_ref().and_then(|ends| ends.records(topic)),
            leader_bytes: bytes.and_then(|bytes| bytes.leaders),
            replica_bytes: bytes.and_then(|bytes| bytes.replicas),
            overrides: found.overrides.as_ref().and_then(|all| all.get(&topic.name).cloned()),
            shows: Shows { size: args.size, count: args.count, overrides: args.overrides },
        }
    }

    fn health(&self) -> Cell {
        let under_min_isr = self.under_min_isr.unwrap_or(0);
        let (text, style) = if self.offline > 0 {
            (format!("{} offline", self.offline), Style::Bad)
        } else if under_min_isr > 0 {
            (format!("{under_min_isr} under min ISR"), Style::Bad)
        } else if self.under_replicated > 0 {
            (format!("{} under-replicated", self.under_replicated), Style::Warning)
        } else {
            ("ok".to_owned(), Style::Good)
        };
        Cell::text(text).styled(style)
    }

    fn cells(&self) -> Vec<Cell> {
        let bytes = |bytes: Option<u64>| Cell::maybe(bytes.map(human_bytes));
        let mut cells = vec![
            Cell::text(&self.name),
            Cell::number(self.partitions),
            Cell::number(self.replication_factor),
        ];
        if self.shows.count {
            cells.push(Cell::maybe(self.records_at_most));
        }
        if self.shows.size {
            cells.extend([bytes(self.leader_bytes), bytes(self.replica_bytes)]);
        }
        cells.push(self.health());
        if self.shows.overrides {
            let pair = |(key, value): (&String, &Option<String>)| {
                format!("{key}={}", value.as_deref().unwrap_or("(secret)"))
            };
            let pairs = self.overrides.iter().flatten().map(pair).collect::<Vec<_>>();
            cells.push(Cell::text(pairs.join(" ")));
        }
        cells
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let shows = items.first().map(|row| row.shows).unwrap_or_default();
        let mut head = vec!["NAME", "PARTITIONS", "REPLICAS"];
        if shows.count {
            head.push("RECORDS AT MOST");
        }
        if shows.size {
            head.extend(["SIZE OF LEADERS", "SIZE OF ALL REPLICAS"]);
        }
        head.push("HEALTH");
        if shows.overrides {
            head.push("CONFIGS");
        }
        let mut table = Table::of(head.into_iter().map(str::to_owned).collect());
        for row in items {
            table.push(row.cells());
        }
        page.table_or(&table, "no topics");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "topic list", "topic get");

/// What was found out beyond metadata, as far as it was asked for.
#[derive(Default)]
struct Found {
    min_isr: BTreeMap<String, usize>,
    overrides: Option<BTreeMap<String, BTreeMap<String, Option<String>>>>,
    ends: Option<Ends>,
    bytes: Option<ReplicaBytes>,
}

/// Runs `kr topic list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let pattern = args.pattern()?;
    let client = context.client().await?;
    let topics = client.list_topics().await?;
    let mut topics: Vec<&Topic> = topics.iter().filter(|topic| args.wants(topic, pattern.as_ref())).collect();
    let mut found = Found::default();
    if args.health.needs_min_isr() && !topics.is_empty() {
        found.min_isr = measure::min_isr(&client, &topics).await;
    }
    let health = args.health;
    topics.retain(|topic| {
        let min_isr = found.min_isr.get(&topic.name).copied();
        health.wants_all() || topic.partitions.iter().any(|partition| health.wants(partition, min_isr))
    });
    if args.overrides && !topics.is_empty() {
        let overrides = overrides(&client, &topics).await?;
        topics.retain(|topic| overrides.get(&topic.name).is_some_and(|own| !own.is_empty()));
        found.overrides = Some(overrides);
    }
    if args.count {
        let places = measure::places(topics.iter().copied());
        found.ends = Some(Ends::of(&client, &places).await);
    }
    if args.size {
        let (bytes, failed) = ReplicaBytes::of(&client, &topics).await;
        for (broker, error) in failed {
            context.warn(&format!(
                "warning: no sizes from broker {broker}: {}",
                crate::error::with_causes(&error)
            ));
        }
        found.bytes = Some(bytes);
    }
    let rows = topics.iter().map(|topic| Row::of(topic, &found, args));
    let report = Report::of(rows.collect());
    context.show(args.output.output, &report)
}

/// Configs set on topics themselves.
async fn overrides(
    client: &Client,
    topics: &[&Topic],
) -> Result<BTreeMap<String, BTreeMap<String, Option<String>>>, CliError> {
    let targets: Vec<ConfigTarget> = topics.iter().map(|t| ConfigTarget::Topic(t.name.clone())).collect();
    let mut all = BTreeMap::new();
    for (target, configs) in client.describe_all_configs(&targets, ConfigDetail::default()).await? {
        let ConfigTarget::Topic(name) = target else { continue };
        let own = configs?.into_iter().filter(|config| config.source == ConfigSource::Topic);
        all.insert(name, own.map(|config| (config.name, config.value)).collect());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{NodeId, PartitionId};

    use super::*;

    #[test]
    fn health_is_judged_as_kafka_does() {
        let partition = |leader: Option<i32>, isr: &[i32]| Partition {
            id: PartitionId(0),
            leader: leader.map(NodeId),
            leader_epoch: None,
            replicas: [1, 2, 3].map(NodeId).to_vec(),
            isr: isr.iter().map(|id| NodeId(*id)).collect(),
            offline: Vec::new(),
        };
        let health = |leader, isr: &[i32]| {
            let health = PartitionHealth::of(&partition(leader, isr), Some(2));
            [health.is_under_replicated, health.is_at_min_isr, health.is_under_min_isr, health.is_offline]
        };
        assert_eq!(health(Some(1), &[1, 2, 3]), [false, false, false, false]);
        assert_eq!(health(Some(1), &[1, 2]), [true, true, false, false]);
        assert_eq!(health(Some(1), &[1]), [true, false, true, false]);
        assert_eq!(health(None, &[1]), [true, false, true, true]);
    }
}

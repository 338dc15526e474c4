//! `kr topic describe`: what a topic is, section by section. Tables have one head for all topics, so that a
//! description of many can be read and cut into columns like one of a single topic.

mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use kr_client::Client;
use kr_client::admin::{
    ConfigDetail, ConfigEntry, ConfigSource, ConfigTarget, EligibleReplicas, TopicPartition,
};
use kr_client::cluster_view::{Partition, Topic};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::config::ConfigRow;
use super::groups::{self, GroupRow};
use super::measure::{self, Ends};
use super::producers::{self, ProducerRow};
use super::select::{TopicSelection, names_of_ids};
use crate::args::OutputArgs;
use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Failure, Item, Page, Report};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr topic describe orders
  kr topic describe orders payments --section summary,groups
  kr topic describe orders --section configs --all-configs -o wide
  kr topic list -o name | kr topic describe - -o json";

/// Arguments of `kr topic describe`.
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct DescribeArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// The topic with this id; may be repeated
    #[arg(long = "id", value_name = "ID", conflicts_with_all = ["regex", "prefix"])]
    ids: Vec<String>,
    /// What to show, with commas between [default: summary,configs,partitions]
    #[arg(long = "section", value_name = "SECTIONS", value_enum, value_delimiter = ',')]
    sections: Vec<Section>,
    /// Also configs that are not set on the topic
    #[arg(long)]
    all_configs: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A part of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Id, number of partitions and replicas
    Summary,
    /// Leaders, replicas and offsets
    Partitions,
    /// What is set on the topic
    Configs,
    /// Who reads it, and how far behind
    Groups,
    /// Who writes it
    Producers,
}

impl DescribeArgs {
    /// The usual description of these topics.
    pub fn of(names: TopicNames, output: OutputArgs) -> Self {
        Self { topics: TopicSelection::named(names), output, ..Self::default() }
    }

    fn wants(&self, section: Section) -> bool {
        match self.sections.as_slice() {
            [] => matches!(section, Section::Summary | Section::Configs | Section::Partitions),
            sections => sections.contains(&section),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Description {
    name: String,
    id: Option<String>,
    internal: bool,
    /// The largest of its partitions' numbers of replicas.
    replication_factor: usize,
    partitions: Vec<PartitionRow>,
    /// Null unless that section was asked for.
    configs: Option<Vec<ConfigRow>>,
    /// Null unless that section was asked for.
    groups: Option<Vec<GroupRow>>,
    /// Null unless that section was asked for.
    producers: Option<Vec<ProducerRow>>,
    #[serde(skip)]
    shows: Shows,
}

/// Sections that are shown to people; the document always has summary and partitions.
#[derive(Clone, Copy, Debug, Default)]
struct Shows {
    summary: bool,
    partitions: bool,
}

/// A partition; also printed by `kr partition`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartitionRow {
    /// Its index.
    pub partition: i32,
    /// The leader; null when there is none.
    pub leader: Option<i32>,
    /// The leader's epoch.
    pub leader_epoch: Option<i32>,
    /// All replicas, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Replicas in sync.
    pub isr: Vec<i32>,
    /// Replicas out of sync that may lead without a loss (KIP-966); null when the cluster does not tell.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Replicas that were eligible before they ended uncleanly; null when the cluster does not tell.
    pub last_known_eligible: Option<Vec<i32>>,
    /// Replicas that are not alive.
    pub offline: Vec<i32>,
    /// The first offset that is there; null when there is no leader.
    pub start_offset: Option<i64>,
    /// The offset after the last record; null when there is no leader.
    pub end_offset: Option<i64>,
}

impl PartitionRow {
    /// Puts together what is known of a partition.
    pub fn of(
        place: &TopicPartition,
        partition: &Partition,
        ends: &Ends,
        eligible: Option<&BTreeMap<TopicPartition, EligibleReplicas>>,
    ) -> Self {
        let numbers = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
        let eligible = eligible.and_then(|all| all.get(place));
        Self {
            partition: partition.id.0,
            leader: partition.leader.map(|node| node.0),
            leader_epoch: partition.leader_epoch.map(|epoch| epoch.0),
            replicas: numbers(&partition.replicas),
            isr: numbers(&partition.isr),
            eligible_leader_replicas: eligible.and_then(|e| e.eligible.as_deref()).map(numbers),
            last_known_eligible: eligible.and_then(|e| e.last_known.as_deref()).map(numbers),
            offline: numbers(&partition.offline),
            start_offset: ends.starts.get(place).map(|offset| offset.0),
            end_offset: ends.ends.get(place).map(|offset| offset.0),
        }
    }
}

impl Item for Description {
    const KIND: &'static str = "kr.topic.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        let shows = items.first().map(|item| item.shows).unwrap_or_default();
        if shows.summary {
            page.table(&tables::summary(items));
        }
        if items.iter().any(|item| item.configs.as_ref().is_some_and(|configs| !configs.is_empty())) {
            page.gap();
            page.table(&tables::configs(items));
        }
        if shows.partitions {
            page.gap();
            let rows =
                items.iter().flat_map(|item| item.partitions.iter().map(|row| (item.name.as_str(), row)));
            page.table(&tables::partitions(rows));
        }
        if items.iter().any(|item| item.groups.is_some()) {
            page.gap();
            let rows = items.iter().flat_map(|item| item.groups.iter().flatten());
            page.table_or(&groups::table(rows), "no group has committed offsets on it");
        }
        if items.iter().any(|item| item.producers.is_some()) {
            page.gap();
            let rows = items.iter().flat_map(|item| item.producers.iter().flatten());
            page.table_or(&producers::table(rows), "no idempotent or transactional producers");
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Description, "topic describe", "topic get");

pub use tables::partitions as partitions_table;

/// Runs `kr topic describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let topics = wanted(args, context, &mut report.failures).await?;
    let client = context.client().await?;
    let facts = Facts::of(&client, &topics, args, &mut report.failures).await?;
    report.items = describe(&topics, facts, args, &mut report.failures);
    context.show(args.output.output, &report)
}

async fn wanted(
    args: &DescribeArgs,
    context: &mut Context,
    failures: &mut Vec<Failure>,
) -> Result<Vec<Topic>, CliError> {
    let mut found = Vec::new();
    if !args.topics.is_empty() || args.ids.is_empty() {
        found = args.topics.find(context, true).await?;
    }
    if !args.ids.is_empty() {
        let client = context.client().await?;
        for (id, name) in names_of_ids(&client, &args.ids).await? {
            match name {
                Ok(name) => found.extend(client.describe_topics(&[&name]).await?),
                Err(error) => found.push((id, Err(error))),
            }
        }
    }
    let mut topics: Vec<Topic> = Vec::new();
    for (name, topic) in found {
        match topic {
            Ok(topic) if topics.iter().any(|known| known.name == topic.name) => {}
            Ok(topic) => topics.push(topic),
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    Ok(topics)
}

/// What was asked of the cluster for all topics at once.
struct Facts {
    ends: Ends,
    eligible: Option<BTreeMap<TopicPartition, EligibleReplicas>>,
    configs: Option<BTreeMap<String, Result<Vec<ConfigEntry>, kr_client::Error>>>,
    groups: Option<Vec<GroupRow>>,
    producers: Option<BTreeMap<String, Vec<ProducerRow>>>,
}

impl Facts {
    async fn of(
        client: &Client,
        topics: &[Topic],
        args: &DescribeArgs,
        failures: &mut Vec<Failure>,
    ) -> Result<Self, CliError> {
        let places = measure::places(topics);
        let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
        let (ends, eligible) = tokio::join!(Ends::of(client, &places), client.eligible_replicas(&names));
        let mut facts =
            // That a broker does not tell is no failure: the columns are left unknown.
            Self { ends, eligible: eligible.ok().flatten(), configs: None, groups: None, producers: None };
        if args.wants(Section::Configs) {
            let targets: Vec<_> = topics.iter().map(|t| ConfigTarget::Topic(t.name.clone())).collect();
            let detail = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
            let named = |(target, configs)| match target {
                ConfigTarget::Topic(name) => Some((name, configs)),
                _ => None,
            };
            let described = client.describe_all_configs(&targets, detail).await?;
            facts.configs = Some(described.into_iter().filter_map(named).collect());
        }
        if args.wants(Section::Groups) {
            facts.groups = Some(groups::rows(client, &names, failures).await?);
        }
        if args.wants(Section::Producers) {
            let mut by_topic = BTreeMap::new();
            for topic in topics {
                let places: BTreeSet<_> = measure::places([topic]).into_iter().collect();
                by_topic.insert(topic.name.clone(), producers::rows(client, &places, None, failures).await);
            }
            facts.producers = Some(by_topic);
        }
        Ok(facts)
    }
}

fn describe(
    topics: &[Topic],
    mut facts: Facts,
    args: &DescribeArgs,
    failures: &mut Vec<Failure>,
) -> Vec<Description> {
    let mut described = Vec::new();
    for topic in topics {
        let configs = match facts.configs.as_mut().and_then(|all| all.remove(&topic.name)) {
            Some(Ok(configs)) => Some(configs),
            Some(Err(error)) => {
                failures.push(Failure::of(topic.name.as_str(), &error));
                continue;
            }
            None => None,
        };
        let is_wanted = |config: &ConfigEntry| args.all_configs || config.source == ConfigSource::Topic;
        let name: Arc<str> = topic.name.as_str().into();
        let partition = |partition: &Partition| {
            let place = TopicPartition::new(Arc::clone(&name), partition.id);
            PartitionRow::of(&place, partition, &facts.ends, facts.eligible.as_ref())
        };
        let groups = facts.groups.as_mut().map(|all| {
            let (of_topic, others) = std::mem::take(all).into_iter().partition(|row| row.topic == topic.name);
            *all = others;
            of_topic
        });
        described.push(Description {
            name: topic.name.clone(),
            id: topic.id.map(|id| id.to_string()),
            internal: topic.is_internal,
            replication_factor: topic.partitions.iter().map(|p| p.replicas.len()).max().unwrap_or(0),
            partitions: topic.partitions.iter().map(partition).collect(),
            configs: configs.map(|all| all.into_iter().filter(is_wanted).map(ConfigRow::from).collect()),
            groups,
            producers: facts.producers.as_mut().and_then(|all| all.remove(&topic.name)),
            shows: Shows {
                summary: args.wants(Section::Summary),
                partitions: args.wants(Section::Partitions),
            },
        });
    }
    described
}

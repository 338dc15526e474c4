//! `kr partition explain`: why a partition is under-replicated or has no leader, with evidence.
//!
//! Each replica is asked for the end of its own log, twice, so that catching up can be told from being stuck.
//! Without names, all partitions that are ill are explained.

mod reasons;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use clap::Args;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigTarget, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::describe::table as replica_table;
use super::observe::{self, ReplicaRow, Replicas};
use super::{Named, Places};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::spans::parse_duration;
use reasons::{Evidence, Facts, State, Twice};

/// Partitions explained at most when none is named: more are ill for the same reason.
const EXPLAINED: usize = 20;

const EXAMPLES: &str = "\
Examples:
  kr partition explain orders-0
  kr partition explain -t orders --interval 10s
  kr partition explain";

/// Arguments of `kr partition explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    #[command(flatten)]
    places: Places,
    /// Time between the two looks at each replica
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration)]
    interval: Duration,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    state: State,
    /// Why, the surest first.
    evidence: Vec<Evidence>,
    /// What each replica has, in the order of the replica list.
    replica_states: Vec<ReplicaRow>,
}

impl Item for Row {
    const KIND: &'static str = "kr.partition.explain/v1";

    fn write(items: &[Self], page: &mut Page) {
        if items.is_empty() {
            return page.line("every partition has a leader and all its replicas in sync");
        }
        let mut table = Table::new(["PARTITION", "STATE", "CONFIDENCE", "FINDING"]);
        for row in items {
            for line in &row.evidence {
                let style = match row.state {
                    State::Healthy => Style::Good,
                    State::UnderReplicated => Style::Warning,
                    State::UnderMinIsr | State::Leaderless => Style::Bad,
                };
                table.row([
                    Cell::text(row.name()),
                    Cell::text(row.state.name()).styled(style),
                    Cell::text(line.confidence.name()),
                    Cell::text(&line.finding),
                ]);
            }
        }
        page.table(&table);
        page.gap();
        let replicas = items.iter().flat_map(|row| row.replica_states.iter().map(|r| (row.name(), r)));
        page.table(&replica_table(replicas));
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "partition explain");

/// Runs `kr partition explain`.
pub async fn run(args: &ExplainArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report::default();
    let all = client.list_topics().await?;
    let named = match args.places.is_empty() {
        true => ill(&all, context),
        false => args.places.find(&client, &mut report.failures).await?,
    };
    if !named.places.is_empty() {
        let cluster = Cluster::of(&client, &named, &all).await;
        let began = Instant::now();
        let before = observe::replicas(&client, &named.topics, &named.places).await;
        tokio::time::sleep(args.interval).await;
        // Leaders and ISR may have changed meanwhile; the second look counts.
        let names: Vec<&str> = named.topics.iter().map(|topic| topic.name.as_str()).collect();
        let again = client.describe_topics(&names).await?;
        let topics: Vec<Topic> = again.into_iter().filter_map(|(_, topic)| topic.ok()).collect();
        let now = observe::replicas(&client, &topics, &named.places).await;
        let between = began.elapsed();
        for place in &named.places {
            report.items.extend(row(place, &before, &now, &cluster, between));
        }
    }
    context.show(args.output.output, &report)
}

/// All partitions without a leader or with replicas out of sync, up to a bound.
fn ill(topics: &[Topic], context: &mut Context) -> Named {
    let mut named = Named::default();
    for topic in topics {
        let is_ill = topic.partitions.iter().filter(|p| p.leader.is_none() || p.isr.len() < p.replicas.len());
        let places = is_ill.map(|partition| TopicPartition::new(topic.name.as_str(), partition.id));
        let before = named.places.len();
        named.places.extend(places);
        if named.places.len() > before {
            named.topics.push(topic.clone());
        }
    }
    if named.places.len() > EXPLAINED {
        context
            .note(&format!("{} partitions are ill; the first {EXPLAINED} are explained", named.places.len()));
        named.places.truncate(EXPLAINED);
        named.topics.retain(|topic| named.places.iter().any(|place| *place.topic == *topic.name));
    }
    named
}

fn row(
    place: &TopicPartition,
    before: &Replicas,
    now: &Replicas,
    cluster: &Cluster,
    between: Duration,
) -> Option<Row> {
    let now = now.get(place)?;
    let end_before = |broker: i32| {
        let replicas = before.get(place)?;
        replicas.iter().find(|replica| replica.broker == broker)?.end_offset
    };
    let twice = |replica: &ReplicaRow| Twice {
        now: replica.clone(),
        end_before: end_before(replica.broker),
        throttle: cluster.throttle(place, replica.broker),
    };
    let settings = cluster.settings.get(&*place.topic);
    let facts = Facts {
        replicas: now.iter().map(twice).collect(),
        between,
        min_isr: settings.and_then(|settings| settings.min_isr),
        unclean_allowed: settings.and_then(|settings| settings.unclean_allowed),
        eligible: cluster.eligible.get(place).cloned().unwrap_or_default(),
        adding: cluster.adding.get(place).cloned().unwrap_or_default(),
        sick: cluster.sick,
        common: cluster.common.clone(),
    };
    Some(Row {
        topic: place.topic.to_string(),
        partition: place.partition.0,
        state: facts.state(),
        evidence: facts.evidence(),
        replica_states: now.clone(),
    })
}

/// What is known beyond the replicas themselves, as far as it may be asked.
#[derive(Default)]
struct Cluster {
    settings: BTreeMap<String, Settings>,
    /// Follower throttle in bytes per second by broker.
    rates: BTreeMap<i32, u64>,
    eligible: BTreeMap<TopicPartition, Vec<i32>>,
    adding: BTreeMap<TopicPartition, Vec<i32>>,
    sick: usize,
    common: Vec<i32>,
}

/// Configs of a topic that bear on its replicas.
#[derive(Default)]
struct Settings {
    min_isr: Option<usize>,
    unclean_allowed: Option<bool>,
    /// `follower.replication.throttled.replicas`: `*`, or `PARTITION:BROKER` with commas between.
    throttled: String,
}

impl Cluster {
    async fn of(client: &Client, named: &Named, all: &[Topic]) -> Self {
        let (sick, common) = common_brokers(all);
        let names: Vec<&str> = named.topics.iter().map(|topic| topic.name.as_str()).collect();
        let brokers: BTreeSet<NodeId> = client.view().brokers().map(|broker| broker.id).collect();
        let (settings, rates, eligible, adding) = tokio::join!(
            settings(client, &names),
            rates(client, brokers),
            client.eligible_replicas(&names),
            client.list_reassignments(Some(&named.places)),
        );
        let ids = |nodes: Vec<NodeId>| nodes.into_iter().map(|node| node.0).collect::<Vec<_>>();
        let eligible = eligible.ok().flatten().unwrap_or_default().into_iter();
        let adding = adding.unwrap_or_default().into_iter();
        Self {
            settings,
            rates,
            eligible: eligible.map(|(place, e)| (place, ids(e.eligible.unwrap_or_default()))).collect(),
            adding: adding.map(|(place, reassignment)| (place, ids(reassignment.adding))).collect(),
            sick,
            common,
        }
    }

    /// The rate a follower is held to, if it is.
    fn throttle(&self, place: &TopicPartition, broker: i32) -> Option<u64> {
        let throttled = &self.settings.get(&*place.topic)?.throttled;
        let own = format!("{}:{broker}", place.partition);
        let is_throttled = throttled.split(',').map(str::trim).any(|entry| entry == "*" || entry == own);
        self.rates.get(&broker).copied().filter(|_| is_throttled)
    }
}

async fn settings(client: &Client, topics: &[&str]) -> BTreeMap<String, Settings> {
    const KEYS: &[&str] =
        &["min.insync.replicas", "unclean.leader.election.enable", "follower.replication.throttled.replicas"];
    let targets: Vec<_> = topics.iter().map(|name| ConfigTarget::Topic((*name).to_owned())).collect();
    let detail = ConfigDetail { keys: Some(KEYS), ..ConfigDetail::default() };
    let mut all = BTreeMap::new();
    for (target, configs) in client.describe_all_configs(&targets, detail).await.unwrap_or_default() {
        let (ConfigTarget::Topic(name), Ok(configs)) = (target, configs) else { continue };
        let value =
            |key: &str| configs.iter().find(|config| config.name == key).and_then(|c| c.value.clone());
        let settings = Settings {
            min_isr: value(KEYS[0]).and_then(|value| value.parse().ok()),
            unclean_allowed: value(KEYS[1]).and_then(|value| value.parse().ok()),
            throttled: value(KEYS[2]).unwrap_or_default(),
        };
        all.insert(name, settings);
    }
    all
}

/// Follower throttles of brokers that have one.
async fn rates(client: &Client, brokers: BTreeSet<NodeId>) -> BTreeMap<i32, u64> {
    const KEYS: &[&str] = &["follower.replication.throttled.rate"];
    let targets: Vec<_> = brokers.into_iter().map(ConfigTarget::Broker).collect();
    let detail = ConfigDetail { keys: Some(KEYS), ..ConfigDetail::default() };
    let described = client.describe_all_configs(&targets, detail).await.unwrap_or_default();
    let rate = |(target, configs): (ConfigTarget, Result<Vec<_>, _>)| {
        let ConfigTarget::Broker(broker) = target else { return None };
        let configs: Vec<kr_client::admin::ConfigEntry> = configs.ok()?;
        let config = configs.into_iter().find(|config| KEYS.contains(&config.name.as_str()))?;
        // Without a throttle Kafka shows the largest number there is.
        let rate = config.value?.parse::<u64>().ok().filter(|rate| *rate < i64::MAX.unsigned_abs())?;
        Some((broker.0, rate))
    };
    described.into_iter().filter_map(rate).collect()
}

/// How many partitions lack replicas in sync, and the brokers that every one of them lacks. Pure.
fn common_brokers(topics: &[Topic]) -> (usize, Vec<i32>) {
    let sick = topics.iter().flat_map(|topic| &topic.partitions).filter(|p| p.isr.len() < p.replicas.len());
    let lacking = |partition: &kr_client::cluster_view::Partition| {
        let missing = partition.replicas.iter().filter(|node| !partition.isr.contains(node));
        missing.map(|node| node.0).collect::<BTreeSet<i32>>()
    };
    let all: Vec<BTreeSet<i32>> = sick.map(lacking).collect();
    let common = all.iter().cloned().reduce(|common, missing| &common & &missing).unwrap_or_default();
    (all.len(), common.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use kr_client::cluster_view::Partition;
    use kr_wire::ids::PartitionId;

    use super::*;

    fn topic(isrs: &[&[i32]]) -> Topic {
        let nodes = |ids: &[i32]| ids.iter().map(|id| NodeId(*id)).collect();
        let partition = |(id, isr): (i32, &&[i32])| Partition {
            id: PartitionId(id),
            leader: Some(NodeId(1)),
            leader_epoch: None,
            replicas: nodes(&[1, 2, 3]),
            isr: nodes(isr),
            offline: Vec::new(),
        };
        Topic {
            name: "t".to_owned(),
            id: None,
            is_internal: false,
            partitions: (0..).zip(isrs).map(partition).collect(),
        }
    }

    #[test]
    fn the_common_broker_is_lacking_everywhere() {
        assert_eq!(common_brokers(&[topic(&[&[1, 2], &[1], &[1, 2, 3]])]), (2, vec![3]));
        assert_eq!(common_brokers(&[topic(&[&[1, 2], &[1, 3]])]), (2, vec![]));
        assert_eq!(common_brokers(&[topic(&[&[1, 2, 3]])]), (0, vec![]));
    }

    #[test]
    fn a_throttle_counts_only_for_the_replicas_it_names() {
        let mut cluster = Cluster::default();
        cluster.rates.insert(2, 1000);
        let settings = |throttled: &str| Settings { throttled: throttled.to_owned(), ..Settings::default() };
        let place = TopicPartition::new("t", PartitionId(4));
        for (throttled, rate) in
            [("4:2", Some(1000)), ("0:2, 4:2", Some(1000)), ("*", Some(1000)), ("4:1", None), ("", None)]
        {
            cluster.settings.insert("t".to_owned(), settings(throttled));
            assert_eq!(cluster.throttle(&place, 2), rate, "{throttled}");
        }
        assert_eq!(cluster.throttle(&place, 3), None);
    }
}

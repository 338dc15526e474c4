//! `kr partition verify`: reads the log of every replica from its own broker and compares them.
//!
//! Compared is what all replicas have committed: up to the lowest high watermark among them. Replicas of compacted
//! topics are cleaned each at its own time and may differ without harm; that is said, and is no failure.

mod compare;

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigTarget, LogPart, LogWanted, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_wire::ids::{NodeId, Offset};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::JoinSet;

use super::{Named, Places};
use crate::args::OutputArgs;
use crate::commands::topic::measure::{Ends, ReplicaBytes};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::page::list_cell;
use crate::output::progress::Progress;
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;
use compare::{Compared, Difference, Mark, compare, marks};

/// Bytes asked for at a time of each replica.
const PART_BYTES: i32 = 1 << 20;

const EXAMPLES: &str = "\
Examples:
  kr partition verify orders-0
  kr partition verify -t orders -t payments
  kr partition verify -t orders --last 100000

Exits with 3 when replicas differ.";

/// Arguments of `kr partition verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyArgs {
    #[command(flatten)]
    places: Places,
    /// Only this many offsets before the end of each partition [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    last: Option<i64>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    /// Replicas that were compared, the leader first.
    replicas: Vec<i32>,
    /// Replicas that could not be: their brokers are not alive.
    left_out: Vec<i32>,
    /// The first offset compared.
    from_offset: i64,
    /// The offset after the last one compared.
    to_offset: i64,
    batches: u64,
    /// Bytes of these batches, of one replica.
    bytes: u64,
    /// Whether all replicas have the same there.
    same: bool,
    /// Whether the topic is compacted, so that a difference may be harmless.
    compacted: bool,
    /// The first difference of each replica that has one.
    differences: Vec<DifferenceRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DifferenceRow {
    broker: i32,
    offset: i64,
    leader: Option<MarkRow>,
    replica: Option<MarkRow>,
}

/// A batch; null in place of one means that there is none.
#[derive(Debug, Serialize, JsonSchema)]
struct MarkRow {
    base_offset: i64,
    last_offset: i64,
    crc: u32,
    bytes: usize,
}

impl From<Mark> for MarkRow {
    fn from(mark: Mark) -> Self {
        Self { base_offset: mark.base.0, last_offset: mark.last.0, crc: mark.crc, bytes: mark.bytes }
    }
}

impl From<Difference> for DifferenceRow {
    fn from(difference: Difference) -> Self {
        Self {
            broker: difference.broker,
            offset: difference.offset.0,
            leader: difference.leader.map(MarkRow::from),
            replica: difference.copy.map(MarkRow::from),
        }
    }
}

impl Row {
    fn result(&self) -> Cell {
        let [first, ..] = self.differences.as_slice() else { return Cell::text("same").styled(Style::Good) };
        let batch = |mark: &Option<MarkRow>| match mark {
            Some(mark) => format!("{}..{} crc {:08x}", mark.base_offset, mark.last_offset, mark.crc),
            None => "nothing".to_owned(),
        };
        let text = format!(
            "broker {} differs at {}: {} there, {} on the leader",
            first.broker,
            first.offset,
            batch(&first.replica),
            batch(&first.leader)
        );
        match self.compacted {
            true => Cell::text(format!("{text} (compacted)")).styled(Style::Warning),
            false => Cell::text(text).styled(Style::Bad),
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.partition.verify/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["PARTITION", "REPLICAS", "LEFT OUT", "FROM", "TO", "BATCHES", "SIZE", "RESULT"];
        let mut table = Table::new(head);
        for row in items {
            table.row([
                Cell::text(row.name()),
                list_cell(&row.replicas),
                list_cell(&row.left_out),
                Cell::number(row.from_offset),
                Cell::number(row.to_offset),
                Cell::number(row.batches),
                Cell::number(human_bytes(row.bytes)),
                row.result(),
            ]);
        }
        page.table_or(&table, "no partitions");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "partition verify");

/// Runs `kr partition verify`.
pub async fn run(args: &VerifyArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.places.is_empty() {
        return Err(CliError::usage("no partition is named")
            .hint("name it as TOPIC-NUMBER, or all partitions of a topic with -t"));
    }
    let client = context.client().await?;
    let mut report = Report::default();
    let named = args.places.find(&client, &mut report.failures).await?;
    let ends = Ends::of(&client, &named.places).await;
    let compacted = compacted(&client, &named.topics).await;
    let all: Vec<&Topic> = named.topics.iter().collect();
    let (bytes, _) = ReplicaBytes::of(&client, &all).await;
    let total = named.places.iter().filter_map(|place| leader_bytes(&named, place, &bytes)).sum();
    let mut progress = Progress::bytes(context, total, "comparing replicas");
    let mut done = 0;
    for place in &named.places {
        let Some(job) = job(&client, &named, place, &ends, args.last) else {
            report.failures.push(no_leader(place));
            continue;
        };
        let mut row = job.row(compacted.contains(&*place.topic));
        let outcome =
            job.compare(&client, &mut row, |bytes| progress.set(done + bytes, &mut context.io)).await;
        done += row.bytes;
        match outcome {
            Ok(()) => report.items.push(row),
            Err(error) => report.failures.push(Failure::of(place.to_string(), &error)),
        }
    }
    progress.finish();
    let differs = report.items.iter().any(|row| !row.same && !row.compacted);
    let exit = context.show(args.output.output, &report)?;
    Ok(if differs && exit == Exit::DONE { Exit::CONDITION } else { exit })
}

fn no_leader(place: &TopicPartition) -> Failure {
    Failure {
        code: None,
        name: "LEADERLESS".to_owned(),
        message: format!("cannot compare the replicas of {place}: it has no leader"),
        target: place.to_string(),
        hint: Some("see why with `kr partition explain`".to_owned()),
        kind: Kind::Failed,
    }
}

fn leader_bytes(named: &Named, place: &TopicPartition, bytes: &ReplicaBytes) -> Option<u64> {
    let topic = named.topics.iter().find(|topic| *topic.name == *place.topic)?;
    bytes.get(topic.partition(place.partition)?.leader?, place)
}

/// Topics that are compacted.
async fn compacted(client: &Client, topics: &[Topic]) -> BTreeSet<String> {
    const KEYS: &[&str] = &["cleanup.policy"];
    let targets: Vec<_> = topics.iter().map(|topic| ConfigTarget::Topic(topic.name.clone())).collect();
    let detail = ConfigDetail { keys: Some(KEYS), ..ConfigDetail::default() };
    let described = client.describe_all_configs(&targets, detail).await.unwrap_or_default();
    let name = |(target, configs): (ConfigTarget, Result<Vec<kr_client::admin::ConfigEntry>, _>)| {
        let ConfigTarget::Topic(name) = target else { return None };
        let configs = configs.ok()?;
        let policy = configs.iter().find(|config| KEYS.contains(&config.name.as_str()))?.value.clone()?;
        policy.contains("compact").then_some(name)
    };
    described.into_iter().filter_map(name).collect()
}

/// The comparison of one partition.
struct Job {
    place: TopicPartition,
    leader: NodeId,
    followers: Vec<NodeId>,
    left_out: Vec<NodeId>,
    from: Offset,
    below: Offset,
}

fn job(
    client: &Client,
    named: &Named,
    place: &TopicPartition,
    ends: &Ends,
    last: Option<i64>,
) -> Option<Job> {
    let topic = named.topics.iter().find(|topic| *topic.name == *place.topic)?;
    let partition = topic.partition(place.partition)?;
    let leader = partition.leader?;
    let (start, below) = (*ends.starts.get(place)?, *ends.ends.get(place)?);
    let from = last.map_or(start, |last| start.max(Offset(below.0 - last)));
    let live: BTreeSet<NodeId> = client.view().brokers().map(|broker| broker.id).collect();
    let others = partition.replicas.iter().copied().filter(|node| *node != leader);
    let (followers, left_out) = others.partition(|node| live.contains(node));
    Some(Job { place: place.clone(), leader, followers, left_out, from, below })
}

impl Job {
    fn row(&self, is_compacted: bool) -> Row {
        let numbers = |nodes: &[NodeId]| nodes.iter().map(|node| node.0).collect::<Vec<i32>>();
        let mut replicas = vec![self.leader.0];
        replicas.extend(numbers(&self.followers));
        Row {
            topic: self.place.topic.to_string(),
            partition: self.place.partition.0,
            replicas,
            left_out: numbers(&self.left_out),
            from_offset: self.from.0,
            to_offset: self.from.0,
            batches: 0,
            bytes: 0,
            same: true,
            compacted: is_compacted,
            differences: Vec::new(),
        }
    }

    /// Compares part by part until the end, a difference, or a replica that has no more.
    async fn compare(
        &self,
        client: &Client,
        row: &mut Row,
        mut progress: impl FnMut(u64),
    ) -> Result<(), kr_client::Error> {
        let mut at = self.from;
        while at < self.below {
            let mut parts = self.parts(client, at).await?;
            let Some(leader) = parts.remove(&self.leader.0) else { break };
            let Compared { next, batches, bytes, differences } = compare(&leader, &parts);
            row.batches += batches;
            row.bytes += bytes;
            row.same &= differences.is_empty();
            row.differences.extend(differences.into_iter().map(DifferenceRow::from));
            progress(row.bytes);
            match next.filter(|next| *next > at) {
                Some(next) => at = next,
                None => break,
            }
            row.to_offset = at.0;
            if !row.differences.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Reads every replica from an offset on, all at once.
    async fn parts(&self, client: &Client, at: Offset) -> Result<BTreeMap<i32, Vec<Mark>>, kr_client::Error> {
        let mut asked = JoinSet::new();
        for broker in self.followers.iter().chain([&self.leader]).copied() {
            let client = client.clone();
            let wanted = LogWanted { place: self.place.clone(), from: at, max_bytes: PART_BYTES };
            asked.spawn(async move { (broker, client.read_replica_log(broker, &[wanted]).await) });
        }
        let mut parts = BTreeMap::new();
        while let Some(answered) = asked.join_next().await {
            let Ok((broker, read)) = answered else { continue };
            let part = match read?.remove(&self.place) {
                Some(part) => part?,
                None => LogPart { batches: Default::default(), high_watermark: None, log_start: None },
            };
            let below =
                part.high_watermark.map_or(self.below, |high_watermark| high_watermark.min(self.below));
            let marks = marks(&part.batches, at, below).map_err(|error| kr_client::Error::Records {
                what: format!("read {} on broker {broker}", self.place),
                reason: error.to_string(),
            })?;
            parts.insert(broker.0, marks);
        }
        Ok(parts)
    }
}

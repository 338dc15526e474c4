//! `kr reassign run FILE`: carries a plan out in waves, throttled, and waits until it is done.
//!
//! It can be stopped and started again: what is done already is left out, what is under way is waited for.
//! Throttles are set before the first wave and taken away after the last one, also when waves failed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use clap::Args;
use kr_client::Client;
use kr_client::admin::TopicPartition;
use kr_client::safety::Operation;
use kr_client::undo::{ReplicasBefore, Undo};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::moved::{CostRow, ids};
use super::{files, picture, status, throttle};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::page::list;
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::plan::{Move, Picture, Wanted, cost};
use crate::schemas::published;
use crate::sizes::{human_bytes, parse_bytes};
use crate::spans::parse_duration;

const EXAMPLES: &str = "Examples:
  kr reassign run plan.json --dry-run
  kr reassign run plan.json --throttle 50MiB/s --wave 20 --yes
  kr reassign plan drain 3 --out - | kr reassign run - --yes";

/// Arguments of `kr reassign run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The plan, of `kr reassign plan` or `kafka-reassign-partitions`; `-` reads standard input
    file: String,
    /// Let each broker copy no more than this: 50MiB/s
    #[arg(long, value_name = "BYTES/S", value_parser = parse_bytes)]
    throttle: Option<u64>,
    /// Partitions to move at once [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    wave: Option<u32>,
    /// Start no wave while partitions that the plan does not move are under-replicated
    #[arg(long)]
    pause_on_urp: bool,
    /// Start it and do not wait; only without --throttle and --wave
    #[arg(long, conflicts_with_all = ["throttle", "wave"])]
    no_wait: bool,
    /// How often to look
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = parse_duration)]
    interval: Duration,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    from: Vec<i32>,
    to: Vec<i32>,
    /// `done`, `started`, `was done` or `would be moved`.
    outcome: &'static str,
}

impl Item for Row {
    const KIND: &'static str = "kr.reassign.run/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "FROM", "TO", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(list(&row.from)),
                Cell::text(list(&row.to)),
                Cell::text(row.outcome),
            ]);
        }
        page.table_or(&table, "nothing to move");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "reassign run");

fn row(change: &Move, outcome: &'static str) -> Row {
    Row {
        topic: change.partition.topic.to_string(),
        partition: change.partition.partition.0,
        from: ids(&change.from),
        to: ids(&change.to),
        outcome,
    }
}

/// Runs `kr reassign run`.
pub async fn run(args: &RunArgs, context: &mut Context) -> Result<Exit, CliError> {
    let wanted = files::read(&args.file, context)?;
    let client = context.client().await?;
    let picture = picture::look(&client, context).await?;
    check(&wanted, &picture)?;
    let moves = to_do(&wanted, &picture);
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    report.items.extend(done_before(&wanted, &moves).map(|change| row(&change, "was done")));
    if moves.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &describe(args, &moves, &picture), &args.change).await? {
        Decision::DryRun => report.items.extend(moves.iter().map(|change| row(change, "would be moved"))),
        Decision::Go(ticket) => {
            let mut work = Work { args, client: &client, moves: &moves, picture: &picture };
            let carried_out = work.carry_out(&wanted, &mut report, context).await;
            if let Err(error) = carried_out {
                ticket.fail(context, &error);
                return Err(error);
            }
            ticket.end(context, &report, Some(way_back(&moves)));
        }
    }
    context.show(args.output.output, &report)
}

/// Refuses partitions and brokers that are not there, before anything is changed.
fn check(wanted: &BTreeMap<TopicPartition, Wanted>, picture: &Picture) -> Result<(), CliError> {
    let refused = |message: String| CliError::new(Kind::Failed, message);
    for (name, wanted) in wanted {
        if !picture.partitions.contains_key(name) {
            return Err(refused(format!("the plan moves {name}, which does not exist"))
                .hint("plan again, or take it out of the plan"));
        }
        for node in &wanted.replicas {
            match picture.brokers.get(node) {
                None => {
                    return Err(refused(format!(
                        "the plan puts {name} on broker {node}, which does not exist"
                    ))
                    .hint("see which brokers there are with `kr cluster nodes`"));
                }
                Some(broker) if !broker.is_usable && !picture.partitions[name].replicas.contains(node) => {
                    return Err(refused(format!("the plan puts {name} on broker {node}, which is down"))
                        .hint("start it, or plan without it"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

fn to_do(wanted: &BTreeMap<TopicPartition, Wanted>, picture: &Picture) -> Vec<Move> {
    let change = |(name, wanted): (&TopicPartition, &Wanted)| {
        let now = &picture.partitions[name];
        Move {
            partition: name.clone(),
            from: now.replicas.clone(),
            to: wanted.replicas.clone(),
            bytes: now.bytes,
        }
    };
    let moves = wanted.iter().map(change);
    moves
        .filter(|change| change.from != change.to || !wanted[&change.partition].directories.is_empty())
        .collect()
}

fn done_before<'a>(
    wanted: &'a BTreeMap<TopicPartition, Wanted>,
    moves: &'a [Move],
) -> impl Iterator<Item = Move> + 'a {
    let is_due: BTreeSet<&TopicPartition> = moves.iter().map(|change| &change.partition).collect();
    wanted.iter().filter(move |(name, _)| !is_due.contains(name)).map(|(name, wanted)| Move {
        partition: name.clone(),
        from: wanted.replicas.clone(),
        to: wanted.replicas.clone(),
        bytes: None,
    })
}

/// What will happen, for the question and the journal.
fn describe(args: &RunArgs, moves: &[Move], picture: &Picture) -> Plan<'static> {
    let costs = CostRow::from(&cost(moves));
    let mut effects = vec![costs.line()];
    effects.extend(costs.lines());
    let leaders = moves.iter().filter(|change| change.from.first() != change.to.first()).count();
    if leaders > 0 {
        effects.push(format!("{leaders} partitions get another preferred leader"));
    }
    for (count, how) in [
        (moves.iter().filter(|change| change.to.len() > change.from.len()).count(), "more"),
        (moves.iter().filter(|change| change.to.len() < change.from.len()).count(), "fewer"),
    ] {
        if count > 0 {
            effects.push(format!("{count} partitions have {how} replicas afterwards"));
        }
    }
    let sick = under_replicated(picture).len();
    if sick > 0 {
        effects.push(format!("{sick} partitions are under-replicated now"));
    }
    match args.throttle {
        Some(rate) => {
            effects.push(format!("throttled to {}/s a broker", human_bytes(rate)));
            effects
                .extend(costs.seconds_at(rate).map(|seconds| format!("at least {seconds} s at that rate")));
        }
        None if costs.bytes_are_many() => {
            effects.push("not throttled: clients may feel it; see --throttle".to_owned());
        }
        None => {}
    }
    let mut operations: &'static [Operation] = &[Operation::REASSIGN];
    if args.throttle.is_some() {
        operations =
            &[Operation::REASSIGN, Operation::LOGDIR_MOVE, Operation::BROKER_CONFIG, Operation::TOPIC_CONFIG];
    } else if moves.iter().any(|change| change.from == change.to) {
        operations = &[Operation::REASSIGN, Operation::LOGDIR_MOVE];
    }
    Plan {
        action: format!("reassign {} partitions", moves.len()),
        operations,
        risk: Risk::Lossy,
        effects,
        targets: moves.iter().map(|change| change.partition.to_string()).collect(),
    }
}

fn under_replicated(picture: &Picture) -> BTreeSet<TopicPartition> {
    let is_sick = |partition: &crate::plan::PlanPartition| partition.isr.len() < partition.replicas.len();
    let sick = picture.partitions.iter().filter(|(_, partition)| is_sick(partition));
    sick.map(|(name, _)| name.clone()).collect()
}

fn way_back(moves: &[Move]) -> Undo {
    let partition = |change: &Move| ReplicasBefore {
        topic: change.partition.topic.to_string(),
        partition: change.partition.partition.0,
        before: ids(&change.from),
        after: ids(&change.to),
    };
    Undo::Assignment { partitions: moves.iter().map(partition).collect() }
}

/// How long it may take until every broker shows what a reassignment has done.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// A plan being carried out.
struct Work<'a> {
    args: &'a RunArgs,
    client: &'a Client,
    moves: &'a [Move],
    picture: &'a Picture,
}

impl Work<'_> {
    async fn carry_out(
        &mut self,
        wanted: &BTreeMap<TopicPartition, Wanted>,
        report: &mut Report<Row>,
        context: &mut Context,
    ) -> Result<(), CliError> {
        let throttles = match self.args.throttle {
            Some(rate) => {
                let live = self.picture.brokers.iter().filter(|(_, broker)| broker.is_usable);
                let live = live.map(|(id, _)| *id).collect();
                throttle::set(self.client, &throttle::wanted(self.moves), rate, &live, context).await?
            }
            None => Vec::new(),
        };
        let moved = self.waves(wanted, report, context).await;
        if self.args.throttle.is_some() && !is_interrupted(&moved) {
            let left = throttle::restore(self.client, &throttles, context).await;
            if !left.is_empty() {
                context.warn(&format!("warning: throttles stay at {}", left.join(", ")));
                context.warn("hint: take them away with `kr throttle clear --stale`");
            }
        }
        moved
    }

    async fn waves(
        &self,
        wanted: &BTreeMap<TopicPartition, Wanted>,
        report: &mut Report<Row>,
        context: &mut Context,
    ) -> Result<(), CliError> {
        let size = self.args.wave.and_then(|size| usize::try_from(size).ok()).unwrap_or(self.moves.len());
        for wave in self.moves.chunks(size.max(1)) {
            if self.args.pause_on_urp {
                self.wait_for_health(context).await?;
            }
            let started = self.start(wave, wanted, report).await?;
            if self.args.no_wait {
                report.items.extend(started.iter().map(|change| row(change, "started")));
                continue;
            }
            self.wait(&started, context).await?;
            self.finish(&started, report).await?;
        }
        Ok(())
    }

    /// Starts a wave; what cannot be started goes into the report.
    async fn start<'m>(
        &self,
        wave: &'m [Move],
        wanted: &BTreeMap<TopicPartition, Wanted>,
        report: &mut Report<Row>,
    ) -> Result<Vec<&'m Move>, CliError> {
        let request: BTreeMap<_, _> = wave
            .iter()
            .filter(|change| change.from != change.to)
            .map(|change| (change.partition.clone(), Some(change.to.clone())))
            .collect();
        let mut started: Vec<&Move> = wave.iter().collect();
        if !request.is_empty() {
            for (name, result) in self.client.alter_reassignments(&request).await? {
                if let Err(error) = result {
                    report.failures.push(Failure::of(name.to_string(), &error));
                    started.retain(|change| change.partition != name);
                }
            }
        }
        let mut directories: BTreeMap<NodeId, BTreeMap<TopicPartition, String>> = BTreeMap::new();
        for change in &started {
            for (node, directory) in &wanted[&change.partition].directories {
                directories.entry(*node).or_default().insert(change.partition.clone(), directory.clone());
            }
        }
        for (broker, moves) in directories {
            for (name, result) in self.client.move_replicas(broker, &moves).await? {
                // A replica that is not there yet is made where it was asked for.
                if let Err(error) = result
                    && error.code() != Some(kr_client::ErrorCode::REPLICA_NOT_AVAILABLE)
                {
                    report.failures.push(Failure::of(format!("{name} on broker {broker}"), &error));
                }
            }
        }
        Ok(started)
    }

    /// Waits until nothing of a wave is under way.
    async fn wait(&self, wave: &[&Move], context: &mut Context) -> Result<(), CliError> {
        let names: Vec<TopicPartition> = wave.iter().map(|change| change.partition.clone()).collect();
        let mut said = String::new();
        loop {
            let under_way = self.client.list_reassignments(Some(&names)).await?;
            if under_way.is_empty() {
                return Ok(());
            }
            let (rows, _) = status::progress(self.client, &under_way).await;
            let done: u64 = rows.iter().filter_map(|row| row.bytes_done).sum();
            let total: u64 = rows.iter().filter_map(|row| row.bytes_total).sum();
            let line = format!(
                "{} of {} partitions under way, {} of {} copied",
                under_way.len(),
                names.len(),
                human_bytes(done.min(total)),
                human_bytes(total)
            );
            if line != said {
                context.note(&line);
                said = line;
            }
            self.pause().await?;
        }
    }

    /// Waits until the partitions that the plan does not move are in sync.
    async fn wait_for_health(&self, context: &mut Context) -> Result<(), CliError> {
        let ours: BTreeSet<&TopicPartition> = self.moves.iter().map(|change| &change.partition).collect();
        let mut said = 0;
        loop {
            let topics = self.client.list_topics().await?;
            let sick = topics.iter().flat_map(|topic| {
                let is_sick = |p: &&kr_client::cluster_view::Partition| p.isr.len() < p.replicas.len();
                let name =
                    |p: &kr_client::cluster_view::Partition| TopicPartition::new(topic.name.as_str(), p.id);
                topic.partitions.iter().filter(is_sick).map(name).collect::<Vec<_>>()
            });
            let count = sick.filter(|name| !ours.contains(name)).count();
            if count == 0 {
                return Ok(());
            }
            if count != said {
                context.note(&format!("waiting: {count} other partitions are under-replicated"));
                said = count;
            }
            self.pause().await?;
        }
    }

    async fn pause(&self) -> Result<(), CliError> {
        tokio::select! {
            () = tokio::time::sleep(self.args.interval) => Ok(()),
            _ = tokio::signal::ctrl_c() => Err(CliError::new(Kind::Interrupted, "interrupted")
                .hint("the cluster goes on with what is under way; see `kr reassign status`")
                .hint("run the same command again to wait for it, or stop it with `kr reassign cancel`")),
        }
    }

    /// The replicas of a wave's partitions, in its order, as soon as they are what the wave was to do, or else as
    /// they are in the end: brokers hear of a reassignment that is done with a delay.
    async fn shown(&self, wave: &[&Move]) -> Result<Vec<Option<Vec<NodeId>>>, CliError> {
        let mut names: Vec<&str> = wave.iter().map(|change| &*change.partition.topic).collect();
        names.dedup();
        let deadline = Instant::now() + SHOWN_WITHIN;
        loop {
            let topics: BTreeMap<_, _> = self.client.describe_topics(&names).await?.into_iter().collect();
            let replicas = |change: &&Move| {
                let topic = topics.get(&*change.partition.topic)?.as_ref().ok()?;
                Some(topic.partition(change.partition.partition)?.replicas.clone())
            };
            let seen: Vec<Option<Vec<NodeId>>> = wave.iter().map(replicas).collect();
            let is_done = wave.iter().zip(&seen).all(|(change, now)| now.as_ref() == Some(&change.to));
            if is_done || Instant::now() >= deadline {
                return Ok(seen);
            }
            self.pause().await?;
        }
    }

    /// Compares what a wave was to do with what the cluster shows.
    async fn finish(&self, wave: &[&Move], report: &mut Report<Row>) -> Result<(), CliError> {
        for (change, now) in wave.iter().zip(self.shown(wave).await?) {
            match now {
                Some(now) if now == change.to => report.items.push(row(change, "done")),
                now => report.failures.push(Failure {
                    code: None,
                    name: "NOT_REASSIGNED".to_owned(),
                    message: format!(
                        "{} has replicas {} and not {}: somebody stopped or changed it",
                        change.partition,
                        now.map_or("none".to_owned(), |now| list(&now)),
                        list(&change.to)
                    ),
                    target: change.partition.to_string(),
                    hint: Some("run the plan again".to_owned()),
                    kind: Kind::Failed,
                }),
            }
        }
        Ok(())
    }
}

fn is_interrupted(result: &Result<(), CliError>) -> bool {
    matches!(result, Err(error) if error.kind == Kind::Interrupted)
}

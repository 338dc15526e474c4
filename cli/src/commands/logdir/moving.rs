//! `kr logdir move orders-0@2:/data/b`: moves replicas between directories of their broker.
//!
//! The broker copies in the background; `kr logdir describe` shows how far it is.

use std::collections::BTreeMap;
use std::str::FromStr;

use clap::Args;
use kr_client::admin::TopicPartition;
use kr_client::safety::Operation;
use kr_wire::ids::{NodeId, PartitionId};
use schemars::JsonSchema;
use serde::Serialize;

use super::look;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr logdir move`.
#[derive(Debug, Args)]
pub struct MoveArgs {
    /// Which replica goes where: TOPIC-PARTITION@BROKER:/DIR
    #[arg(value_name = "MOVE", required = true)]
    moves: Vec<Wanted>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// One replica and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    partition: TopicPartition,
    broker: NodeId,
    dir: String,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not TOPIC-PARTITION@BROKER:/DIR, such as orders-0@2:/data/b");
        let (partition, place) = text.rsplit_once('@').ok_or_else(wrong)?;
        let (topic, index) = partition.rsplit_once('-').ok_or_else(wrong)?;
        let (broker, dir) = place.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<i32>().ok().filter(|number| *number >= 0);
        let index = number(index).ok_or_else(wrong)?;
        let broker = number(broker).ok_or_else(wrong)?;
        if topic.is_empty() || !dir.starts_with('/') {
            return Err(wrong());
        }
        let partition = TopicPartition::new(topic, PartitionId(index));
        Ok(Self { partition, broker: NodeId(broker), dir: dir.to_owned() })
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    broker: i32,
    topic: String,
    partition: i32,
    from: String,
    to: String,
    bytes: i64,
    /// `started`, `is there` or `would be moved`.
    outcome: &'static str,
}

impl Item for Row {
    const KIND: &'static str = "kr.logdir.move/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["BROKER", "TOPIC", "PARTITION", "FROM", "TO", "SIZE", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::number(row.broker),
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(&row.from),
                Cell::text(&row.to),
                Cell::number(human_bytes(u64::try_from(row.bytes).unwrap_or(0))),
                Cell::text(row.outcome),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        format!("{}-{}@{}:{}", self.topic, self.partition, self.broker, self.to)
    }
}

published!(Row, "logdir move");

/// Runs `kr logdir move`.
pub async fn run(args: &MoveArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let brokers: Vec<i32> = args.moves.iter().map(|wanted| wanted.broker.0).collect();
    let dirs = look(&client, &brokers, None).await?;
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    let mut due: BTreeMap<NodeId, BTreeMap<TopicPartition, String>> = BTreeMap::new();
    for wanted in &args.moves {
        let known = match dirs.get(&wanted.broker) {
            Some(Ok(known)) => known,
            Some(Err(error)) => {
                report.failures.push(Failure::of(format!("broker {}", wanted.broker), error));
                continue;
            }
            None => continue,
        };
        if !known.iter().any(|dir| dir.path == wanted.dir) {
            let paths: Vec<&str> = known.iter().map(|dir| dir.path.as_str()).collect();
            return Err(CliError::failed(format!(
                "broker {} has no directory {}",
                wanted.broker, wanted.dir
            ))
            .hint(format!("it has {}", paths.join(", "))));
        }
        let found = known.iter().find_map(|dir| {
            let is_it =
                |r: &&kr_client::admin::LogDirReplica| r.partition == wanted.partition && !r.is_future;
            dir.replicas.iter().find(is_it).map(|replica| (dir, replica))
        });
        let Some((dir, replica)) = found else {
            return Err(CliError::failed(format!(
                "broker {} has no replica of {}",
                wanted.broker, wanted.partition
            ))
            .hint("see where its replicas are with `kr topic describe`"));
        };
        let is_there = dir.path == wanted.dir;
        report.items.push(Row {
            broker: wanted.broker.0,
            topic: wanted.partition.topic.to_string(),
            partition: wanted.partition.partition.0,
            from: dir.path.clone(),
            to: wanted.dir.clone(),
            bytes: replica.bytes,
            outcome: if is_there { "is there" } else { "would be moved" },
        });
        if !is_there {
            due.entry(wanted.broker).or_default().insert(wanted.partition.clone(), wanted.dir.clone());
        }
    }
    if !due.is_empty() {
        change(args, context, &due, &mut report).await?;
    }
    context.show(args.output.output, &report)
}

async fn change(
    args: &MoveArgs,
    context: &mut Context,
    due: &BTreeMap<NodeId, BTreeMap<TopicPartition, String>>,
    report: &mut Report<Row>,
) -> Result<(), CliError> {
    let moving = report.items.iter().filter(|row| row.outcome == "would be moved");
    let effect = |row: &Row| {
        let size = human_bytes(u64::try_from(row.bytes).unwrap_or(0));
        format!("{}: from {}, {size} to copy", row.name(), row.from)
    };
    let plan = Plan {
        action: format!("move {} replicas", moving.clone().count()),
        operations: &[Operation::LOGDIR_MOVE],
        risk: Risk::Careful,
        effects: moving.clone().map(effect).collect(),
        targets: moving.map(Item::name).collect(),
    };
    let client = context.client().await?;
    let Decision::Go(ticket) = change::begin(context, &plan, &args.change).await? else { return Ok(()) };
    for (broker, moves) in due {
        let results = match client.move_replicas(*broker, moves).await {
            Ok(results) => results,
            Err(error) => {
                report.failures.push(Failure::of(format!("broker {broker}"), &error));
                report.items.retain(|row| row.broker != broker.0 || row.outcome == "is there");
                continue;
            }
        };
        for (name, result) in results {
            let is_it = |row: &Row| {
                row.broker == broker.0
                    && *row.topic == *name.topic
                    && row.partition == name.partition.0
                    && row.outcome != "is there"
            };
            match result {
                Ok(()) => {
                    report.items.iter_mut().filter(|row| is_it(row)).for_each(|row| row.outcome = "started")
                }
                Err(error) => {
                    report.failures.push(Failure::of(format!("{name} on broker {broker}"), &error));
                    report.items.retain(|row| !is_it(row));
                }
            }
        }
    }
    ticket.end(context, report, None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read() {
        let wanted: Wanted = "my-orders-10@2:/data/b".parse().unwrap();
        assert_eq!(wanted.partition, TopicPartition::new("my-orders", PartitionId(10)));
        assert_eq!((wanted.broker, wanted.dir.as_str()), (NodeId(2), "/data/b"));
        for text in ["", "orders@2:/d", "orders-0", "orders-0@x:/d", "orders-0@2:d", "-0@2:/d"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }
}

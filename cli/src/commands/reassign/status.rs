//! `kr reassign status`: what is under way, how far each new replica has come, and why it may wait.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::Client;
use kr_client::admin::{LogDirReplica, Reassignment, TopicPartition};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::moved::ids;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::page::list;
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr reassign status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// A partition on its way.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatusRow {
    topic: String,
    partition: i32,
    /// All replicas, those that come and those that go included.
    replicas: Vec<i32>,
    adding: Vec<i32>,
    removing: Vec<i32>,
    /// Bytes that the new replicas have, as their brokers tell.
    pub bytes_done: Option<u64>,
    /// Bytes that they will have, by the largest replica now.
    pub bytes_total: Option<u64>,
    /// New replicas of brokers that do not answer: the reason to wait.
    unreachable: Vec<i32>,
}

impl Item for StatusRow {
    const KIND: &'static str = "kr.reassign.status/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table =
            Table::new(["TOPIC", "PARTITION", "REPLICAS", "ADDING", "REMOVING", "COPIED", "NOTE"]);
        for row in items {
            let copied = row.bytes_done.zip(row.bytes_total).map(|(done, total)| {
                let percent = (done * 100).checked_div(total).unwrap_or(100).min(100);
                format!("{percent}% of {}", human_bytes(total))
            });
            let note = match row.unreachable.as_slice() {
                [] => String::new(),
                brokers => format!("waits for broker {}", list(brokers)),
            };
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(list(&row.replicas)),
                Cell::text(list(&row.adding)),
                Cell::text(list(&row.removing)),
                Cell::maybe(copied),
                Cell::text(note),
            ]);
        }
        page.table_or(&table, "no reassignment is under way");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(StatusRow, "reassign status");

/// Runs `kr reassign status`.
pub async fn run(args: &StatusArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let under_way = client.list_reassignments(None).await?;
    let (items, failures) = progress(&client, &under_way).await;
    context.show(args.output.output, &Report { items, failures, applied: None })
}

/// How far reassignments have come, and the brokers that did not tell.
pub async fn progress(
    client: &Client,
    under_way: &BTreeMap<TopicPartition, Reassignment>,
) -> (Vec<StatusRow>, Vec<Failure>) {
    let mut brokers: Vec<NodeId> = under_way.values().flat_map(|moving| moving.replicas.clone()).collect();
    brokers.sort();
    brokers.dedup();
    let mut topics: Vec<String> = under_way.keys().map(|name| name.topic.to_string()).collect();
    topics.dedup();
    let mut failures = Vec::new();
    let mut sizes: BTreeMap<(NodeId, TopicPartition), LogDirReplica> = BTreeMap::new();
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    if !names.is_empty() && client.describe_topics(&names).await.is_ok() {
        for (broker, dirs) in client.describe_log_dirs(&brokers, Some(&topics)).await {
            match dirs {
                Ok(dirs) => sizes.extend(
                    dirs.into_iter()
                        .flat_map(|dir| dir.replicas)
                        .filter(|replica| !replica.is_future)
                        .map(|replica| ((broker, replica.partition.clone()), replica)),
                ),
                Err(error) => failures.push(Failure::of(format!("broker {broker}"), &error)),
            }
        }
    }
    let silent: Vec<&str> = failures.iter().map(|failure| failure.target.as_str()).collect();
    let row = |(name, moving): (&TopicPartition, &Reassignment)| {
        let bytes = |node: &NodeId| {
            let replica = sizes.get(&(*node, name.clone()))?;
            u64::try_from(replica.bytes).ok()
        };
        let largest = moving.replicas.iter().filter_map(bytes).max();
        let count = u64::try_from(moving.adding.len()).unwrap_or(u64::MAX);
        let is_silent = |node: &&NodeId| silent.contains(&format!("broker {node}").as_str());
        StatusRow {
            topic: name.topic.to_string(),
            partition: name.partition.0,
            replicas: ids(&moving.replicas),
            adding: ids(&moving.adding),
            removing: ids(&moving.removing),
            bytes_done: largest.map(|_| moving.adding.iter().filter_map(bytes).sum()),
            bytes_total: largest.map(|bytes| bytes.saturating_mul(count)),
            unreachable: moving.adding.iter().filter(is_silent).map(|node| node.0).collect(),
        }
    };
    (under_way.iter().map(row).collect(), failures)
}

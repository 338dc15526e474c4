//! `kr cluster balance`: leaders, replicas and bytes per broker or rack, and how far each is from its share.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use kr_client::Client;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::broker::loads;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr cluster balance`.
#[derive(Debug, Args)]
pub struct BalanceArgs {
    /// What is compared
    #[arg(long, value_enum, default_value_t)]
    by: By,
    #[command(flatten)]
    output: OutputArgs,
}

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Brokers
    #[default]
    Broker,
    /// Racks
    Rack,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
struct Row {
    /// The broker's id or the rack; null for brokers without a rack.
    name: Option<String>,
    brokers: usize,
    leaders: usize,
    /// Partitions of which one of its brokers is the preferred leader.
    preferred_leaders: usize,
    replicas: usize,
    /// Bytes of all replicas; null when a broker did not tell.
    bytes: Option<u64>,
    /// Leaders in percent of an even share.
    leaders_percent: Option<f64>,
    /// Bytes in percent of an even share.
    bytes_percent: Option<f64>,
}

impl Item for Row {
    const KIND: &'static str = "kr.cluster.balance/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["NAME", "BROKERS", "LEADERS", "PREFERRED", "REPLICAS", "SIZE", "LEADERS %", "SIZE %"];
        let mut table = Table::new(head);
        let percent = |value: Option<f64>| Cell::maybe(value.map(|value| format!("{value:.0}")));
        for row in items {
            table.row([
                Cell::text(row.name.as_deref().unwrap_or("-")),
                Cell::number(row.brokers),
                Cell::number(row.leaders),
                Cell::number(row.preferred_leaders),
                Cell::number(row.replicas),
                Cell::maybe(row.bytes.map(human_bytes)),
                percent(row.leaders_percent),
                percent(row.bytes_percent),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.name.clone().unwrap_or_default()
    }
}

published!(Row, "cluster balance");

/// Runs `kr cluster balance`.
pub async fn run(args: &BalanceArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report::default();
    let (brokers, racks) = brokers(&client, &mut report).await?;
    report.items = match args.by {
        By::Broker => brokers,
        By::Rack => by_rack(brokers, &racks),
    };
    add_shares(&mut report.items);
    context.show(args.output.output, &report)
}

/// One row a broker, and the rack of each.
async fn brokers(
    client: &Client,
    report: &mut Report<Row>,
) -> Result<(Vec<Row>, Vec<Option<String>>), CliError> {
    let cluster = client.describe_cluster().await?;
    let loads = loads(&client.list_topics().await?);
    let active = cluster.brokers.iter().filter(|broker| broker.is_fenced != Some(true));
    let ids: Vec<_> = active.map(|broker| broker.id).collect();
    let mut directories = client.describe_log_dirs(&ids, None).await;
    let (mut rows, mut racks) = (Vec::new(), Vec::new());
    for broker in &cluster.brokers {
        let load = loads.get(&broker.id).copied().unwrap_or_default();
        let bytes = match directories.remove(&broker.id) {
            Some(Ok(found)) => {
                let replicas = found.iter().flat_map(|directory| &directory.replicas);
                Some(replicas.map(|replica| u64::try_from(replica.bytes).unwrap_or(0)).sum())
            }
            Some(Err(error)) => {
                report.failures.push(Failure::of(broker.id.to_string(), &error));
                None
            }
            None => None,
        };
        racks.push(broker.rack.clone());
        rows.push(Row {
            name: Some(broker.id.to_string()),
            brokers: 1,
            leaders: load.leaders,
            preferred_leaders: load.preferred,
            replicas: load.replicas,
            bytes,
            ..Row::default()
        });
    }
    Ok((rows, racks))
}

fn by_rack(brokers: Vec<Row>, racks: &[Option<String>]) -> Vec<Row> {
    let mut sums: BTreeMap<Option<String>, Row> = BTreeMap::new();
    for (row, rack) in brokers.into_iter().zip(racks) {
        let empty = || Row { name: rack.clone(), bytes: Some(0), ..Row::default() };
        let sum = sums.entry(rack.clone()).or_insert_with(empty);
        sum.brokers += 1;
        sum.leaders += row.leaders;
        sum.preferred_leaders += row.preferred_leaders;
        sum.replicas += row.replicas;
        sum.bytes = sum.bytes.zip(row.bytes).map(|(a, b)| a + b);
    }
    sums.into_values().collect()
}

/// Compares each row with what it would have if every broker had the same.
#[expect(clippy::cast_precision_loss, reason = "a share in percent needs no more than 52 bits")]
fn add_shares(rows: &mut [Row]) {
    let brokers: usize = rows.iter().map(|row| row.brokers).sum();
    let leaders: usize = rows.iter().map(|row| row.leaders).sum();
    let bytes: Option<u64> = rows.iter().map(|row| row.bytes).sum();
    for row in rows {
        let share = row.brokers as f64 / brokers.max(1) as f64;
        let percent = |part: f64, all: f64| (all > 0.0).then(|| part / (all * share) * 100.0);
        row.leaders_percent = percent(row.leaders as f64, leaders as f64);
        row.bytes_percent = row.bytes.zip(bytes).and_then(|(own, all)| percent(own as f64, all as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(leaders: usize, bytes: Option<u64>) -> Row {
        Row { brokers: 1, leaders, bytes, ..Row::default() }
    }

    #[test]
    fn an_even_share_is_a_hundred_percent() {
        let mut rows = [row(3, Some(10)), row(1, Some(10))];
        add_shares(&mut rows);
        assert_eq!(rows.clone().map(|row| row.leaders_percent), [Some(150.0), Some(50.0)]);
        assert_eq!(rows.map(|row| row.bytes_percent), [Some(100.0), Some(100.0)]);
    }

    #[test]
    fn what_one_broker_does_not_tell_nobody_knows_in_sum() {
        let mut rows = [row(0, Some(10)), row(0, None)];
        add_shares(&mut rows);
        assert_eq!(rows.clone().map(|row| row.bytes_percent), [None, None]);
        let racks = [Some("a".to_owned()), Some("a".to_owned())];
        assert_eq!(by_rack(rows.to_vec(), &racks)[0].bytes, None);
    }
}

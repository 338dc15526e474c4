//! `kr feature list`: the level in force in the cluster, and the levels that all nodes, or one, support.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::versions::Feature;
use kr_client::{Client, Route};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::{level_name, shown};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr feature list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// What this broker supports, instead of all nodes together
    #[arg(long, alias = "node-id", value_name = "ID")]
    node: Option<i32>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    /// The level in force; 0 or null is off.
    level: Option<i16>,
    /// Kafka's name of the level; only `metadata.version` has names.
    level_name: Option<&'static str>,
    /// The lowest level that every node asked supports.
    min: Option<i16>,
    /// The highest level that every node asked supports.
    max: Option<i16>,
}

impl Item for Row {
    const KIND: &'static str = "kr.feature.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["FEATURE", "LEVEL", "SUPPORTED"]);
        for row in items {
            let supported = row.min.zip(row.max).map(|(min, max)| format!("{min}-{max}"));
            let level = row.level.map(|level| shown(&row.name, level));
            table.row([
                Cell::text(&row.name),
                Cell::text(level.as_deref().unwrap_or("-")),
                Cell::text(supported.as_deref().unwrap_or("-")),
            ]);
        }
        page.table_or(&table, "no features: the cluster is older than Kafka 2.7, or has none");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "feature list");

/// Runs `kr feature list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let rows = match args.node {
        Some(node) => {
            let versions = client.node_versions(Route::Broker(NodeId(node))).await?;
            merged(&[versions.features])
        }
        None => merged(&of_all(&client).await?),
    };
    context.show(args.output.output, &Report::of(rows))
}

/// Features of every node that answers.
async fn of_all(client: &Client) -> Result<Vec<Vec<Feature>>, CliError> {
    let nodes = client.describe_nodes(true).await?;
    Ok(nodes.nodes.into_iter().filter_map(|node| node.features).collect())
}

/// What all nodes have in common. Every node says which levels are in force; one that is behind says older
/// ones, so the highest counts.
fn merged(nodes: &[Vec<Feature>]) -> Vec<Row> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for feature in nodes.iter().flatten() {
        let name = feature.name.as_str();
        let empty = || Row { name: name.to_owned(), level: None, level_name: None, min: None, max: None };
        let row = rows.entry(name).or_insert_with(empty);
        row.level = row.level.max(feature.finalized);
        if let Some((min, max)) = feature.supported {
            row.min = Some(row.min.map_or(min, |known| known.max(min)));
            row.max = Some(row.max.map_or(max, |known| known.min(max)));
        }
    }
    for row in rows.values_mut() {
        row.level_name = row.level.and_then(|level| level_name(&row.name, level));
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_support_together_what_each_of_them_supports() {
        let feature = |supported, finalized| {
            vec![Feature { name: "metadata.version".to_owned(), supported: Some(supported), finalized }]
        };
        let rows = merged(&[feature((7, 27), Some(21)), feature((1, 21), Some(20))]);
        assert_eq!((rows[0].level, rows[0].min, rows[0].max), (Some(21), Some(7), Some(21)));
        assert_eq!(rows[0].level_name, Some("3.9-IV0"));
    }
}

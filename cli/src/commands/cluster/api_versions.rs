//! `kr cluster api-versions`: which versions of which APIs each broker serves, and what this client speaks.

use clap::Args;
use kr_client::Route;
use kr_client::calls::our_versions;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr cluster api-versions`.
#[derive(Debug, Args)]
pub struct ApiVersionsArgs {
    /// Ids of brokers [default: all]
    #[arg(value_name = "NODE")]
    nodes: Vec<i32>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    node: i32,
    key: i16,
    /// Kafka's name of the API; null for one that this version does not know.
    name: Option<&'static str>,
    min: i16,
    max: i16,
    /// The version used between this client and the node; null when there is none.
    usable: Option<i16>,
}

impl Item for Row {
    const KIND: &'static str = "kr.cluster.api-versions/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NODE", "KEY", "API", "VERSIONS", "USED"]);
        for row in items {
            table.row([
                Cell::number(row.node),
                Cell::number(row.key),
                Cell::text(row.name.unwrap_or("(unknown)")),
                Cell::text(format!("{}-{}", row.min, row.max)),
                Cell::maybe(row.usable),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.name.map_or_else(|| self.key.to_string(), str::to_owned)
    }
}

published!(Row, "cluster api-versions");

/// Runs `kr cluster api-versions`.
pub async fn run(args: &ApiVersionsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let nodes: Vec<NodeId> = match args.nodes.as_slice() {
        [] => client.view().brokers().map(|broker| broker.id).collect(),
        nodes => nodes.iter().map(|id| NodeId(*id)).collect(),
    };
    let mut report = Report::default();
    for node in nodes {
        match client.node_versions(Route::Broker(node)).await {
            Ok(versions) => report.items.extend(versions.ranges().map(|(key, min, max)| Row {
                node: node.0,
                key,
                name: kr_wire::api::row(key).map(|row| row.name),
                min,
                max,
                usable: versions.choose(key, our_versions(key)),
            })),
            Err(error) => report.failures.push(Failure::of(node.to_string(), &error)),
        }
    }
    context.show(args.output.output, &report)
}

//! `kr controller list`: voters, observers and ghosts, with what each supports.

use clap::Args;
use kr_client::admin::Node;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::cluster::nodes::{FeatureRange, note_what_is_unknown, ranges};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr controller list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    address: Option<String>,
    /// `leader`, `voter` or `observer`; null for a ghost.
    quorum: Option<&'static str>,
    /// Its metadata directory; null with a static quorum.
    directory_id: Option<String>,
    /// Whether it is registered; null when no controller could be asked.
    registered: Option<bool>,
    /// Whether it is also a broker.
    broker: bool,
    /// Levels of features that it supports; null when it did not answer.
    features: Option<Vec<FeatureRange>>,
}

impl Row {
    fn of(node: &Node) -> Self {
        Self {
            id: node.id.0,
            address: node.controller_address.as_ref().map(ToString::to_string),
            quorum: node.quorum.map(|part| part.name()),
            directory_id: node.directory.map(|id| id.to_string()),
            registered: node.is_registered_controller,
            broker: node.broker.is_some(),
            features: ranges(node),
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.controller.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "ADDRESS", "QUORUM", "DIRECTORY", "REGISTERED", "ALSO BROKER"]);
        for row in items {
            let yes_no = |answer: Option<bool>| match answer {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            };
            let quorum = match row.quorum {
                Some(part) => Cell::text(part),
                None => Cell::text("ghost").styled(Style::Bad),
            };
            table.row([
                Cell::number(row.id),
                Cell::text(row.address.as_deref().unwrap_or("-")),
                quorum,
                Cell::text(row.directory_id.as_deref().unwrap_or("-")),
                Cell::text(yes_no(row.registered)),
                Cell::text(yes_no(Some(row.broker))),
            ]);
        }
        page.table_or(&table, "no controllers: the cluster keeps its metadata in ZooKeeper, or hides them");
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "controller list");

/// Runs `kr controller list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let nodes = context.client().await?.describe_nodes(true).await?;
    note_what_is_unknown(&nodes, context);
    let rows = nodes.nodes.iter().filter(|node| node.is_controller()).map(Row::of).collect();
    context.show(args.output.output, &Report::of(rows))
}

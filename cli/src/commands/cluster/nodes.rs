//! `kr cluster nodes`: brokers and controllers in one list, with their part in the quorum, and ghosts:
//! controllers that are registered and gone, which hold up upgrades of features.

use clap::Args;
use kr_client::admin::{Node, Nodes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr cluster nodes
  kr cluster nodes --controllers
  kr cluster nodes --ghosts -o name";

/// Arguments of `kr cluster nodes`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct NodesArgs {
    /// Only fenced brokers
    #[arg(long)]
    fenced: bool,
    /// Only controllers
    #[arg(long)]
    controllers: bool,
    /// Only controllers that are registered and not in the quorum
    #[arg(long)]
    ghosts: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    node: i32,
    broker: bool,
    controller: bool,
    address: Option<String>,
    controller_address: Option<String>,
    rack: Option<String>,
    /// Whether it is registered as a broker and not in service; null when the cluster does not tell.
    fenced: Option<bool>,
    /// `leader`, `voter` or `observer`; null when the node is not in the quorum or it is unknown.
    quorum: Option<&'static str>,
    /// Whether it is registered as a controller and not in the quorum; null when no controller could be asked.
    ghost: Option<bool>,
    /// Levels of features that it supports; null when it did not answer.
    features: Option<Vec<FeatureRange>>,
}

/// Levels of a feature that a node supports.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeatureRange {
    /// The feature.
    pub name: String,
    /// The lowest level.
    pub min: i16,
    /// The highest level.
    pub max: i16,
}

/// The ranges that a node announced.
pub fn ranges(node: &Node) -> Option<Vec<FeatureRange>> {
    let range = |feature: &kr_client::versions::Feature| {
        let (min, max) = feature.supported?;
        Some(FeatureRange { name: feature.name.clone(), min, max })
    };
    Some(node.features.as_ref()?.iter().filter_map(range).collect())
}

impl Row {
    fn of(node: &Node, knows_controllers: bool) -> Self {
        Self {
            node: node.id.0,
            broker: node.broker.is_some(),
            controller: node.is_controller(),
            address: node.broker.as_ref().map(|broker| broker.address.to_string()),
            controller_address: node.controller_address.as_ref().map(ToString::to_string),
            rack: node.broker.as_ref().and_then(|broker| broker.rack.clone()),
            fenced: node.broker.as_ref().and_then(|broker| broker.is_fenced),
            quorum: node.quorum.map(|part| part.name()),
            ghost: knows_controllers.then(|| node.is_ghost()),
            features: ranges(node),
        }
    }

    fn state(&self) -> Cell {
        match (self.ghost, self.fenced) {
            (Some(true), _) => Cell::text("ghost").styled(Style::Bad),
            (_, Some(true)) => Cell::text("fenced").styled(Style::Bad),
            (_, Some(false)) => Cell::text("active").styled(Style::Good),
            (_, None) => Cell::text("-"),
        }
    }

    fn metadata(&self) -> String {
        let is_metadata = |range: &&FeatureRange| range.name == "metadata.version";
        let range = self.features.as_ref().and_then(|ranges| ranges.iter().find(is_metadata));
        range.map_or("-".to_owned(), |range| format!("{}-{}", range.min, range.max))
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.cluster.nodes/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["NODE", "ROLES", "ADDRESS", "RACK", "STATE", "QUORUM", "METADATA LEVELS"];
        let mut table = Table::new(head);
        for row in items {
            let roles = match (row.broker, row.controller) {
                (true, true) => "broker,controller",
                (true, false) => "broker",
                (false, _) => "controller",
            };
            let address = row.address.as_ref().or(row.controller_address.as_ref());
            table.row([
                Cell::number(row.node),
                Cell::text(roles),
                Cell::text(address.map_or("-", String::as_str)),
                Cell::text(row.rack.as_deref().unwrap_or("-")),
                row.state(),
                Cell::text(row.quorum.unwrap_or("-")),
                Cell::text(row.metadata()),
            ]);
        }
        page.table_or(&table, "no such nodes");
    }

    fn name(&self) -> String {
        self.node.to_string()
    }
}

published!(Row, "cluster nodes");

/// Runs `kr cluster nodes`.
pub async fn run(args: &NodesArgs, context: &mut Context) -> Result<Exit, CliError> {
    let nodes = context.client().await?.describe_nodes(true).await?;
    note_what_is_unknown(&nodes, context);
    let ghosts: Vec<String> = nodes.nodes.iter().filter(|n| n.is_ghost()).map(|n| n.id.to_string()).collect();
    if !ghosts.is_empty() {
        context.note(&format!(
            "note: controllers {} are registered and not in the quorum; they hold up upgrades of features",
            ghosts.join(", ")
        ));
    }
    let mut rows: Vec<Row> = nodes.nodes.iter().map(|node| Row::of(node, nodes.knows_controllers)).collect();
    rows.retain(|row| {
        (!args.fenced || row.fenced == Some(true))
            && (!args.controllers || row.controller)
            && (!args.ghosts || row.ghost == Some(true))
    });
    context.show(args.output.output, &Report::of(rows))
}

/// Says that registrations of controllers could not be read, where there should be some.
pub fn note_what_is_unknown(nodes: &Nodes, context: &mut Context) {
    if nodes.quorum.is_some() && !nodes.knows_controllers {
        context.note("note: no controller can be reached from here, so ghosts are not known");
    }
}

//! `kr feature check`: who stands in the way of the levels of a release. Ghosts do: the controller goes by
//! what a node said when it registered, and a node that is gone never says anything newer.

use clap::Args;
use kr_client::admin::{METADATA_VERSION, Node};
use schemars::JsonSchema;
use serde::Serialize;

use super::{release, shown};
use crate::args::OutputArgs;
use crate::commands::cluster::nodes::note_what_is_unknown;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr feature check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The release: 4.1; or a level of metadata.version by name: 4.0-IV1
    #[arg(long = "to", value_name = "RELEASE", value_parser = release)]
    release: i16,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    node: i32,
    /// The level of `metadata.version` that is wanted.
    wanted: i16,
    /// The lowest and highest level of `metadata.version` that the node supports; null when it did not answer.
    min: Option<i16>,
    max: Option<i16>,
    /// `ready`, `too-old`, `too-new`, `no-answer` or `ghost`.
    verdict: &'static str,
}

impl Row {
    fn of(node: &Node, wanted: i16) -> Self {
        let is_metadata = |feature: &&kr_client::versions::Feature| feature.name == METADATA_VERSION;
        let range = node.features.as_ref().and_then(|f| f.iter().find(is_metadata)).and_then(|f| f.supported);
        let verdict = match range {
            _ if node.is_ghost() => "ghost",
            None => "no-answer",
            Some((_, max)) if max < wanted => "too-old",
            Some((min, _)) if min > wanted => "too-new",
            Some(_) => "ready",
        };
        let (min, max) = range.unzip();
        Self { node: node.id.0, wanted, min, max, verdict }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.feature.check/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NODE", "WANTED", "SUPPORTED", "VERDICT"]);
        for row in items {
            let supported = row.min.zip(row.max).map(|(min, max)| format!("{min}-{max}"));
            let style = if row.verdict == "ready" { Style::Good } else { Style::Bad };
            table.row([
                Cell::number(row.node),
                Cell::text(shown(METADATA_VERSION, row.wanted)),
                Cell::text(supported.as_deref().unwrap_or("-")),
                Cell::text(row.verdict).styled(style),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.node.to_string()
    }
}

published!(Row, "feature check");

/// Runs `kr feature check`.
pub async fn run(args: &CheckArgs, context: &mut Context) -> Result<Exit, CliError> {
    let nodes = context.client().await?.describe_nodes(true).await?;
    note_what_is_unknown(&nodes, context);
    let rows: Vec<Row> = nodes.nodes.iter().map(|node| Row::of(node, args.release)).collect();
    if rows.iter().any(|row| row.verdict == "ghost") {
        context.note(
            "note: a ghost is a controller that is registered and gone: start it once more with the new \
             version, or remove its registration with the tools of Kafka 4.4",
        );
    }
    let is_ready = rows.iter().all(|row| row.verdict == "ready");
    let exit = context.show(args.output.output, &Report::of(rows))?;
    Ok(if is_ready { exit } else { Exit::CONDITION })
}

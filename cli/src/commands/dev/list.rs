//! `kr dev list`: the clusters of this user, running or not.

use clap::Args;
use kr_devcluster::Place;
use schemars::JsonSchema;
use serde::Serialize;

use super::root;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr dev list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// A cluster of this user.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    name: String,
    running: bool,
    nodes: usize,
    bootstrap_servers: String,
    cluster_id: String,
    ephemeral: bool,
    data_dir: String,
}

impl Item for Listed {
    const KIND: &'static str = "kr.dev.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "STATE", "NODES", "BOOTSTRAP", "DATA"]);
        for item in items {
            let (state, style) = if item.running { ("running", Style::Good) } else { ("down", Style::Faint) };
            table.row([
                Cell::text(&item.name),
                Cell::text(state).styled(style),
                Cell::number(item.nodes),
                Cell::text(&item.bootstrap_servers),
                Cell::text(&item.data_dir),
            ]);
        }
        page.table_or(&table, "no clusters; make one with `kr dev up`");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Listed, "dev list");

/// Runs `kr dev list`.
pub fn run(args: ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    for place in Place::all(&root(context)?) {
        let data_dir = place.dir().display().to_string();
        match place.state() {
            Ok(Some(state)) => report.items.push(Listed {
                running: place.is_running(),
                nodes: state.nodes.len(),
                bootstrap_servers: state.bootstrap(),
                cluster_id: state.cluster_id,
                ephemeral: state.ephemeral,
                name: state.name,
                data_dir,
            }),
            // Removed in between.
            Ok(None) => {}
            Err(error) => report.failures.push(Failure {
                code: None,
                name: "UNREADABLE".to_owned(),
                message: format!("cannot read the cluster in {data_dir}: {error}"),
                target: data_dir,
                hint: None,
                kind: Kind::Failed,
            }),
        }
    }
    context.show(args.output.output, &report)
}

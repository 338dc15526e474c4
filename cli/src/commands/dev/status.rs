//! `kr dev status`: how a cluster and its nodes are, asked of the process that runs it.

use clap::Args;
use kr_devcluster::{ClusterStatus, NodeView, Remote};

use super::{NameArgs, existing, remote_error};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr dev status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `kr dev status`.
pub async fn run(args: StatusArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (place, state) = existing(context, &args.name.name)?;
    let status = if place.is_running() {
        Remote::new(place.control_socket()).status().await.map_err(remote_error)?
    } else {
        ClusterStatus::down(&state, place.dir().display().to_string())
    };
    context.show(args.output.output, &Report::of(vec![status]))
}

impl Item for ClusterStatus {
    const KIND: &'static str = "kr.dev.status/v1";

    fn write(items: &[Self], page: &mut Page) {
        for status in items {
            let reason = status.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let controller = status.controller.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let uptime = status.uptime_ms.map_or_else(|| "-".to_owned(), |ms| format!("{} s", ms / 1000));
            page.fields([
                ("cluster", format!("{} ({})", status.name, status.cluster_id)),
                ("state", format!("{}{reason}", status.state)),
                ("bootstrap", status.bootstrap.clone()),
                ("controller", controller),
                ("profile", status.profile.clone()),
                ("up for", uptime),
                ("data", status.data_dir.clone()),
            ]);
            page.gap();
            page.table(&nodes(&status.nodes));
            for node in &status.nodes {
                if let Some(reason) = &node.reason {
                    page.line(&format!("node {}: {reason}", node.id));
                }
            }
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(ClusterStatus, "dev status");

fn nodes(nodes: &[NodeView]) -> Table {
    let mut table = Table::new([
        "NODE",
        "ROLES",
        "RACK",
        "STATE",
        "PORT",
        "QUORUM",
        "EPOCH",
        "PARTITIONS",
        "LEADS",
        "UNDER-REPLICATED",
    ]);
    for node in nodes {
        let fenced = node.fenced == Some(true);
        let state = if fenced { format!("{} (fenced)", node.state) } else { node.state.clone() };
        let style = if node.state == "running" && !fenced { Style::Good } else { Style::Bad };
        table.row([
            Cell::number(node.id),
            Cell::text(&node.roles),
            Cell::text(node.rack.as_deref().unwrap_or("-")),
            Cell::text(state).styled(style),
            Cell::maybe(node.broker_port.or(node.controller_port)),
            Cell::text(node.quorum.as_deref().unwrap_or("-")),
            Cell::maybe(node.epoch),
            Cell::maybe(node.partitions),
            Cell::maybe(node.leading),
            Cell::maybe(node.under_replicated),
        ]);
    }
    table
}

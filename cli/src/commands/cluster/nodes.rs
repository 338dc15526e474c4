//! `kr cluster nodes`: brokers and controllers in one list, with their part in the quorum.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::admin::{ClusterNode, QuorumStatus};
use kr_client::{Error, Fault};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr cluster nodes`.
#[derive(Debug, Args)]
pub struct NodesArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Row {
    node: i32,
    broker: bool,
    controller: bool,
    address: Option<String>,
    controller_address: Option<String>,
    rack: Option<String>,
    fenced: Option<bool>,
    /// `leader`, `voter` or `observer`; null when the node is not in the quorum or it is unknown.
    quorum: Option<&'static str>,
}

impl Item for Row {
    const KIND: &'static str = "kr.cluster.nodes/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NODE", "ROLES", "ADDRESS", "RACK", "STATE", "QUORUM"]);
        for row in items {
            let roles = match (row.broker, row.controller) {
                (true, true) => "broker,controller",
                (true, false) => "broker",
                (false, _) => "controller",
            };
            let address = row.address.as_ref().or(row.controller_address.as_ref());
            let state = match row.fenced {
                Some(true) => Cell::text("fenced").styled(Style::Bad),
                Some(false) => Cell::text("active").styled(Style::Good),
                None => Cell::text("-"),
            };
            table.row([
                Cell::number(row.node),
                Cell::text(roles),
                Cell::text(address.map_or("-", String::as_str)),
                Cell::text(row.rack.as_deref().unwrap_or("-")),
                state,
                Cell::text(row.quorum.unwrap_or("-")),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.node.to_string()
    }
}

published!(Row, "cluster nodes");

/// Runs `kr cluster nodes`.
pub async fn run(args: &NodesArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let cluster = client.describe_cluster().await?;
    let mut report = Report::default();
    let quorum = match client.describe_quorum().await {
        Ok(quorum) => Some(quorum),
        // ZooKeeper: there is none.
        Err(Error::Unsupported { .. }) => None,
        Err(error) if error.fault() == Fault::Denied => None,
        Err(error) => {
            report.failures.push(Failure::of("quorum", &error));
            None
        }
    };
    report.items = rows(&cluster.brokers, quorum.as_ref());
    context.show(args.output.output, &report)
}

fn rows(brokers: &[ClusterNode], quorum: Option<&QuorumStatus>) -> Vec<Row> {
    let mut rows: BTreeMap<NodeId, Row> = BTreeMap::new();
    for broker in brokers {
        rows.insert(
            broker.id,
            Row {
                node: broker.id.0,
                broker: true,
                address: Some(broker.address.to_string()),
                rack: broker.rack.clone(),
                fenced: broker.is_fenced,
                ..Row::default()
            },
        );
    }
    let Some(quorum) = quorum else { return rows.into_values().collect() };
    for (replicas, part) in [(&quorum.observers, "observer"), (&quorum.voters, "voter")] {
        for replica in replicas {
            let row = rows.entry(replica.id).or_insert_with(|| Row { node: replica.id.0, ..Row::default() });
            row.quorum = Some(part);
            row.controller |= part == "voter" || !row.broker;
        }
    }
    for node in &quorum.nodes {
        if let (Some(row), Some((_, address))) = (rows.get_mut(&node.id), node.listeners.first()) {
            row.controller_address = Some(address.to_string());
        }
    }
    if let Some(row) = quorum.leader.and_then(|leader| rows.get_mut(&leader)) {
        row.quorum = Some("leader");
    }
    rows.into_values().collect()
}

//! `kr broker unregister`: makes a KRaft cluster forget a broker that will not come back (KIP-500).
//!
//! The controller takes replicas of the broker out of no partition: they stay assigned to it. So a broker that
//! still has some is refused unless `--yes`, and one that is in service is refused altogether.

use clap::Args;
use kr_client::safety::Operation;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::{Load, loads};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr broker unregister`.
#[derive(Debug, Args)]
pub struct UnregisterArgs {
    /// The broker
    #[arg(value_name = "ID")]
    broker: i32,
    /// Also a broker that is in service, which will register again when it is restarted
    #[arg(long)]
    even_active: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    /// Whether it was fenced; null when the cluster does not tell.
    fenced: Option<bool>,
    /// Replicas that stay assigned to it.
    replicas: usize,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.broker.unregister/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "REPLICAS LEFT", "OUTCOME"]);
        for row in items {
            let outcome = if row.is_dry_run { "would be forgotten" } else { "forgotten" };
            table.row([Cell::number(row.id), Cell::number(row.replicas), Cell::text(outcome)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "broker unregister");

/// Runs `kr broker unregister`.
pub async fn run(args: &UnregisterArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let id = NodeId(args.broker);
    let cluster = client.describe_cluster().await?;
    let node = cluster.brokers.iter().find(|broker| broker.id == id);
    let fenced = node.and_then(|node| node.is_fenced);
    // Clusters that do not tell of fenced brokers list only those in service.
    let is_active = node.is_some() && fenced != Some(true);
    if is_active && !args.even_active {
        return Err(CliError::new(
            Kind::Refused,
            format!("did not unregister broker {id}: it is in service"),
        )
        .hint("stop it first; --even-active does it all the same"));
    }
    let load = loads(&client.list_topics().await?).remove(&id).unwrap_or_default();
    let row = Row { id: id.0, fenced, replicas: load.replicas, is_dry_run: args.change.dry_run };
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    match change::begin(context, &plan(id, load), &args.change).await? {
        Decision::DryRun => report.items.push(row),
        Decision::Go(ticket) => {
            match client.unregister_broker(id).await {
                Ok(()) => report.items.push(row),
                Err(error) => report.failures.push(Failure::of(id.to_string(), &error)),
            }
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

fn plan(id: NodeId, load: Load) -> Plan<'static> {
    let mut effects = vec!["the cluster forgets its registration; it can register again".to_owned()];
    if load.replicas > 0 {
        effects.push(format!(
            "{} replicas stay assigned to it: give them to other brokers with `kr reassign`",
            load.replicas
        ));
    }
    Plan {
        action: format!("unregister broker {id}"),
        operations: &[Operation::BROKER_UNREGISTER],
        risk: Risk::Lossy,
        effects,
        targets: vec![format!("broker/{id}")],
    }
}

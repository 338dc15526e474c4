//! `kr controller unregister`: makes the cluster forget a controller that will not come back (Kafka 4.4).
//!
//! Such ghosts hold back upgrades of features, because the cluster waits for them to support the new level. One
//! that is still part of the quorum is refused: a voter has to be removed first, and an observer registers again.

use clap::Args;
use kr_client::Error;
use kr_client::admin::{Node, Nodes};
use kr_client::safety::Operation;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr controller unregister 3003 --dry-run
  kr controller unregister 3003 --yes";

/// What helps where the cluster cannot do it.
const BEFORE_4_4: &str = "clusters older than Kafka 4.4 cannot: start a controller of this id once more, so that it registers with its new version";

/// Arguments of `kr controller unregister`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UnregisterArgs {
    /// The controller
    #[arg(value_name = "ID")]
    controller: i32,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    /// Whether it was registered; null when no controller could be asked.
    registered: Option<bool>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.controller.unregister/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "OUTCOME"]);
        for row in items {
            let outcome = if row.is_dry_run { "would be forgotten" } else { "forgotten" };
            table.row([Cell::number(row.id), Cell::text(outcome)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "controller unregister");

/// Runs `kr controller unregister`.
pub async fn run(args: &UnregisterArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let id = NodeId(args.controller);
    let nodes = client.describe_nodes(false).await?;
    let registered = standing(&nodes, id)?;
    let row = Row { id: id.0, registered, is_dry_run: args.change.dry_run };
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    match change::begin(context, &plan(id), &args.change).await? {
        Decision::DryRun => report.items.push(row),
        Decision::Go(ticket) => {
            match client.unregister_controller(id).await {
                Ok(()) => report.items.push(row),
                Err(error) => {
                    let hint = matches!(error, Error::Unsupported { .. }).then(|| BEFORE_4_4.to_owned());
                    let failure = Failure::of(id.to_string(), &error);
                    report.failures.push(Failure { hint: hint.or(failure.hint.clone()), ..failure });
                }
            }
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

/// Whether a controller is registered, if it may be forgotten.
fn standing(nodes: &Nodes, id: NodeId) -> Result<Option<bool>, CliError> {
    let node: Option<&Node> = nodes.nodes.iter().find(|node| node.id == id);
    if let Some(part) = node.and_then(|node| node.quorum) {
        let message =
            format!("did not unregister controller {id}: it is part of the quorum ({})", part.name());
        return Err(CliError::new(Kind::Refused, message)
            .hint("stop it; a voter is removed with `kr quorum remove` first"));
    }
    let registered = node.and_then(|node| node.is_registered_controller);
    if registered == Some(false) {
        return Err(CliError::failed(format!("controller {id} is not registered"))
            .hint("see those that are with `kr controller list`"));
    }
    Ok(registered)
}

fn plan(id: NodeId) -> Plan<'static> {
    Plan {
        action: format!("unregister controller {id}"),
        operations: &[Operation::CONTROLLER_UNREGISTER],
        risk: Risk::Lossy,
        effects: vec!["the cluster forgets its registration; it registers again if it comes back".to_owned()],
        targets: vec![format!("controller/{id}")],
    }
}

//! `kr quorum remove`: takes a voter out, and says first what majority remains.

use clap::Args;
use kr_client::admin::Majority;
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

/// Arguments of `kr quorum remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The voter
    #[arg(value_name = "ID")]
    controller: i32,
    /// Also when too few of the others follow the leader now
    #[arg(long)]
    unsafe_majority: bool,
    /// Also forget its registration as a controller (Kafka 4.4)
    #[arg(long)]
    unregister: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    directory_id: String,
    /// Voters after the change.
    voters: usize,
    /// How many of them must agree.
    majority: usize,
    /// How many of them follow the leader now.
    following: usize,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.quorum.remove/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "VOTERS LEFT", "MAJORITY", "FOLLOWING", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::number(row.id),
                Cell::number(row.voters),
                Cell::number(row.majority),
                Cell::number(row.following),
                Cell::text(if row.is_dry_run { "would be removed" } else { "removed" }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "quorum remove");

/// Runs `kr quorum remove`.
pub async fn run(args: &RemoveArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let id = NodeId(args.controller);
    let quorum = super::read(&client).await?;
    let voter = quorum.voters.iter().find(|voter| voter.id == id).ok_or_else(|| {
        CliError::failed(format!("node {id} is no voter")).hint("see `kr quorum status` for those who are")
    })?;
    // Only a quorum whose voters can be changed tells their directories.
    let directory = voter.directory.ok_or_else(|| {
        CliError::failed(format!("cannot remove voter {id}: the quorum is static"))
            .hint(super::NEEDS_KRAFT_VERSION)
    })?;
    let left = Majority::without(&quorum, Some(id));
    if left.spare().is_none() && !args.unsafe_majority {
        let message = format!(
            "did not remove voter {id}: only {} of the {} left follow the leader, and {} must agree",
            left.following, left.voters, left.needed
        );
        return Err(CliError::new(Kind::Refused, message)
            .hint("see `kr quorum status`; --unsafe-majority does it all the same"));
    }
    let row = Row {
        id: id.0,
        directory_id: directory.to_string(),
        voters: left.voters,
        majority: left.needed,
        following: left.following,
        is_dry_run: args.change.dry_run,
    };
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    let plan = plan(id, left, Some(id) == quorum.leader, args.unregister);
    match change::begin(context, &plan, &args.change).await? {
        Decision::DryRun => report.items.push(row),
        Decision::Go(ticket) => match client.remove_voter(id, directory).await {
            Ok(()) => {
                report.items.push(row);
                if args.unregister
                    && let Err(error) = client.unregister_controller(id).await
                {
                    report.failures.push(Failure::of(id.to_string(), &error));
                }
                ticket.end(context, &report, None);
            }
            Err(error) => {
                let error = super::explained(error);
                ticket.fail(context, &error);
                return Err(error);
            }
        },
    }
    context.show(args.output.output, &report)
}

fn plan(id: NodeId, left: Majority, is_leader: bool, unregister: bool) -> Plan<'static> {
    let spare = match left.spare() {
        None => "too few follow: the cluster cannot change its metadata then".to_owned(),
        Some(0) => "no further voter may fail then".to_owned(),
        Some(spare) => format!("{spare} more may fail then"),
    };
    let mut effects = vec![format!(
        "{} voters remain, {} of them follow, {} must agree; {spare}",
        left.voters, left.following, left.needed
    )];
    if is_leader {
        effects.push("it leads the quorum: another voter is elected".to_owned());
    }
    if unregister {
        effects.push(
            "the cluster also forgets its registration; it registers again if it comes back".to_owned(),
        );
    }
    let operations: &[Operation] = match unregister {
        true => &[Operation::QUORUM_REMOVE, Operation::CONTROLLER_UNREGISTER],
        false => &[Operation::QUORUM_REMOVE],
    };
    Plan {
        action: format!("remove voter {id}"),
        operations,
        risk: Risk::Lossy,
        effects,
        targets: vec![format!("controller/{id}")],
    }
}

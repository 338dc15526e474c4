//! `kr acl remove`: finds the ACLs, shows them, asks, removes exactly those.

use clap::Args;
use kr_client::admin::{Acl, AclFilter};
use kr_client::safety::Operation;
use kr_client::undo::{AclEntry, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{AclRow, HEAD};
use super::rules::{FilterArgs, Pattern};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr acl remove --allow alice --op read --topic orders
  kr acl remove --principal alice --dry-run
  kr acl remove --topic orders- --prefix --yes";

/// Arguments of `kr acl remove`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RemoveArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// All ACLs of the cluster
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    #[serde(flatten)]
    acl: AclRow,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.acl.remove/v1";

    fn write(items: &[Self], page: &mut Page) {
        let [a, b, c, d, e, f, g] = HEAD;
        let mut table = Table::new([a, b, c, d, e, f, g, "OUTCOME"]);
        for row in items {
            let [a, b, c, d, e, f, g] = row.acl.cells();
            let outcome = if row.is_dry_run { "would be removed" } else { "removed" };
            table.row([a, b, c, d, e, f, g, Cell::text(outcome)]);
        }
        page.table_or(&table, "no such ACLs");
    }

    fn name(&self) -> String {
        self.acl.name()
    }
}

published!(Row, "acl remove");

/// Runs `kr acl remove`.
pub async fn run(args: &RemoveArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.filter.is_empty() && !args.all {
        return Err(CliError::usage("it is not said which ACLs to remove")
            .hint("name a principal, a resource or an operation, or say --all"));
    }
    let client = context.client().await?;
    let mut found = client.list_acls(&AclFilter::default()).await?;
    found.retain(|acl| args.filter.finds(acl, Pattern::Literal));
    let is_dry_run = args.change.dry_run;
    let row = |acl: &Acl| Row { acl: AclRow::of(acl), is_dry_run };
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    if found.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&found), &args.change).await? {
        Decision::DryRun => report.items = found.iter().map(row).collect(),
        Decision::Go(ticket) => {
            let (ticket, results) = ticket.sent(context, client.delete_acls(&found).await)?;
            let mut removed: Vec<AclEntry> = Vec::new();
            for (acl, result) in &results {
                match result {
                    Ok(()) => {
                        removed.push(acl.into());
                        report.items.push(row(acl));
                    }
                    Err(error) => report.failures.push(Failure::of(AclRow::of(acl).name(), error)),
                }
            }
            ticket.end(context, &report, Some(Undo::Acls { added: Vec::new(), removed }));
        }
    }
    context.show(args.output.output, &report)
}

fn plan(found: &[Acl]) -> Plan<'static> {
    let count = if found.len() == 1 { "1 ACL".to_owned() } else { format!("{} ACLs", found.len()) };
    Plan {
        action: format!("remove {count}"),
        operations: &[Operation::ACL_REMOVE],
        risk: Risk::Lossy,
        effects: found.iter().map(Acl::to_string).collect(),
        targets: found.iter().map(|acl| AclRow::of(acl).name()).collect(),
    }
}

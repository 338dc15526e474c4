//! `kr user delete`: deletes SCRAM credentials; says how many ACLs go on naming the user.

use clap::Args;
use kr_client::admin::{AclFilter, CredentialChange, ScramMechanism};
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::Mechanism;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr user delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Names of users, without `User:`
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Only credentials of this mechanism [default: all]
    #[arg(long = "mechanism", value_enum, value_delimiter = ',')]
    mechanisms: Vec<Mechanism>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    mechanism: &'static str,
    /// ACLs that name the user, and stay; null when they cannot be read.
    acls: Option<usize>,
    #[serde(skip)]
    what: ScramMechanism,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.user.delete/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "MECHANISM", "ACLS LEFT", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::text(row.mechanism),
                Cell::maybe(row.acls),
                Cell::text(if row.is_dry_run { "would be deleted" } else { "deleted" }),
            ]);
        }
        page.table_or(&table, "nothing to delete");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "user delete");

/// Runs `kr user delete`.
pub async fn run(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let wanted: Vec<ScramMechanism> = args.mechanisms.iter().map(|m| (*m).into()).collect();
    // Without an authorizer, or without the right to see its ACLs, nobody knows how many there are.
    let acls = client.list_acls(&AclFilter::default()).await.ok();
    let mut rows = Vec::new();
    for (name, result) in client.describe_users(Some(&args.names)).await? {
        let principal = format!("User:{name}");
        let naming = acls.as_ref().map(|acls| acls.iter().filter(|acl| acl.principal == principal).count());
        match result {
            Ok(credentials) => rows.extend(
                credentials
                    .iter()
                    .filter(|credential| wanted.is_empty() || wanted.contains(&credential.mechanism))
                    .map(|credential| Row {
                        name: name.clone(),
                        mechanism: credential.mechanism.name(),
                        acls: naming,
                        what: credential.mechanism,
                        is_dry_run,
                    }),
            ),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    if rows.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let change = |row: &Row| (row.name.clone(), CredentialChange::Delete(row.what));
            let changes: Vec<_> = rows.iter().map(change).collect();
            let (ticket, results) = ticket.sent(context, client.alter_users(&changes).await)?;
            for (name, result) in results {
                if let Err(error) = result {
                    rows.retain(|row| row.name != name);
                    report.failures.push(Failure::of(name, &error));
                }
            }
            report.items = rows;
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

fn plan(rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| {
        let acls = match row.acls {
            Some(0) => String::new(),
            Some(count) => format!("; {count} ACLs name it, and stay"),
            None => "; its ACLs are not known".to_owned(),
        };
        format!("{}: clients with its {} password are refused{acls}", row.name, row.mechanism)
    };
    let mut targets: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    targets.dedup();
    let count =
        if rows.len() == 1 { "1 credential".to_owned() } else { format!("{} credentials", rows.len()) };
    Plan {
        action: format!("delete {count}"),
        operations: &[Operation::USER_SET],
        risk: Risk::Lossy,
        effects: rows.iter().map(effect).collect(),
        targets,
    }
}

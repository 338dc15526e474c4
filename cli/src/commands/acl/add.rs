//! `kr acl add`: adds ACLs one by one or by role, and says whom the first ACL of a resource locks out.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::admin::{Acl, AclFilter, Permission, ResourceType};
use kr_client::safety::Operation;
use kr_client::undo::{AclEntry, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{AclRow, HEAD};
use super::rules::RuleArgs;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr acl add --allow alice --producer --topic orders --txn orders- --prefix
  kr acl add --allow bob --consumer --topic orders --group billing
  kr acl add --deny mallory --op all --topic '*' --host 10.0.0.7
  kr acl add --allow ops --op describe,alter --cluster --dry-run";

/// Arguments of `kr acl add`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AddArgs {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    #[serde(flatten)]
    acl: AclRow,
    /// Whether it was there already.
    existed: bool,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn outcome(&self) -> &'static str {
        match (self.existed, self.is_dry_run) {
            (true, _) => "exists",
            (false, true) => "would be added",
            (false, false) => "added",
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.acl.add/v1";

    fn write(items: &[Self], page: &mut Page) {
        let [a, b, c, d, e, f, g] = HEAD;
        let mut table = Table::new([a, b, c, d, e, f, g, "OUTCOME"]);
        for row in items {
            let [a, b, c, d, e, f, g] = row.acl.cells();
            table.row([a, b, c, d, e, f, g, Cell::text(row.outcome())]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.acl.name()
    }
}

published!(Row, "acl add");

/// Runs `kr acl add`.
pub async fn run(args: &AddArgs, context: &mut Context) -> Result<Exit, CliError> {
    let wanted = args.rules.acls()?;
    let client = context.client().await?;
    let known = client.list_acls(&AclFilter::default()).await?;
    let is_dry_run = args.change.dry_run;
    let row = |acl: &Acl| Row { acl: AclRow::of(acl), existed: known.contains(acl), is_dry_run };
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let fresh: Vec<Acl> = wanted.iter().filter(|acl| !known.contains(acl)).cloned().collect();
    if fresh.is_empty() {
        report.items = wanted.iter().map(row).collect();
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&fresh, &known), &args.change).await? {
        Decision::DryRun => report.items = wanted.iter().map(row).collect(),
        Decision::Go(ticket) => {
            let (ticket, results) = ticket.sent(context, client.create_acls(&fresh).await)?;
            let mut added: Vec<AclEntry> = Vec::new();
            let mut failed = BTreeSet::new();
            for (acl, result) in &results {
                match result {
                    Ok(()) => added.push(acl.into()),
                    Err(error) => {
                        report.failures.push(Failure::of(AclRow::of(acl).name(), error));
                        failed.insert(acl);
                    }
                }
            }
            report.items = wanted.iter().filter(|acl| !failed.contains(acl)).map(row).collect();
            ticket.end(context, &report, Some(Undo::Acls { added, removed: Vec::new() }));
        }
    }
    context.show(args.output.output, &report)
}

fn plan(fresh: &[Acl], known: &[Acl]) -> Plan<'static> {
    let first: BTreeSet<(ResourceType, &str)> = fresh
        .iter()
        .map(|acl| (acl.resource_type, acl.resource_name.as_str()))
        .filter(|(kind, name)| !known.iter().any(|acl| acl.is_about(*kind, name)))
        .collect();
    let mut effects: Vec<String> = fresh.iter().map(Acl::to_string).collect();
    effects.extend(first.iter().map(|(kind, name)| {
        format!(
            "the first ACL for {kind} \"{name}\": with allow.everyone.if.no.acl.found everybody else loses access"
        )
    }));
    let denies = fresh.iter().any(|acl| acl.permission != Permission::Allow);
    let count = if fresh.len() == 1 { "1 ACL".to_owned() } else { format!("{} ACLs", fresh.len()) };
    Plan {
        action: format!("add {count}"),
        operations: &[Operation::ACL_ADD],
        risk: if denies || !first.is_empty() { Risk::Careful } else { Risk::Routine },
        effects,
        targets: fresh.iter().map(|acl| AclRow::of(acl).name()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use kr_client::admin::{AclOperation, PatternType};

    use super::*;

    fn acl(principal: &str, permission: Permission) -> Acl {
        Acl {
            resource_type: ResourceType::Topic,
            resource_name: "t".to_owned(),
            pattern: PatternType::Literal,
            principal: principal.to_owned(),
            host: "*".to_owned(),
            operation: AclOperation::Read,
            permission,
        }
    }

    #[test]
    fn the_first_acl_of_a_resource_and_every_denial_are_asked_for() {
        let (first, second) = (acl("User:a", Permission::Allow), acl("User:b", Permission::Allow));
        let denial = acl("User:c", Permission::Deny);
        assert_eq!(plan(std::slice::from_ref(&first), &[]).risk, Risk::Careful);
        assert_eq!(plan(&[second], std::slice::from_ref(&first)).risk, Risk::Routine);
        assert_eq!(plan(&[denial], &[first]).risk, Risk::Careful);
    }
}

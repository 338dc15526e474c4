//! `kr acl lint`: ACLs that do nothing (another says the same, or a denial beats them), ACLs that allow more
//! than is wise, and ACLs for topics that do not exist.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::admin::{Acl, AclFilter, AclOperation, PatternType, Permission, ResourceType};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::AclRow;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr acl lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Exit with 3 when something is found
    #[arg(long)]
    fail: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// `redundant`, `beaten`, `wide` or `no-such-topic`.
    finding: &'static str,
    acl: AclRow,
    /// The ACL that makes it redundant or beats it.
    other: Option<AclRow>,
}

impl Item for Row {
    const KIND: &'static str = "kr.acl.lint/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["FINDING", "ACL", "BECAUSE"]);
        for row in items {
            let because = match (&row.other, row.finding) {
                (Some(other), "beaten") => format!("denied by {}", other.name()),
                (Some(other), _) => format!("{} says it already", other.name()),
                (None, "wide") => "everybody, or everything, is allowed".to_owned(),
                (None, _) => "there is no topic of this name".to_owned(),
            };
            table.row([Cell::text(row.finding), Cell::text(row.acl.name()), Cell::text(because)]);
        }
        page.table_or(&table, "nothing to complain of");
    }

    fn name(&self) -> String {
        self.acl.name()
    }
}

published!(Row, "acl lint");

/// Runs `kr acl lint`.
pub async fn run(args: &LintArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let acls = client.list_acls(&AclFilter::default()).await?;
    let topics = client.list_topics().await?.into_iter().map(|topic| topic.name).collect();
    let rows = findings(&acls, &topics);
    let is_clean = rows.is_empty();
    let exit = context.show(args.output.output, &Report::of(rows))?;
    Ok(if args.fail && !is_clean { Exit::CONDITION } else { exit })
}

fn findings(acls: &[Acl], topics: &BTreeSet<String>) -> Vec<Row> {
    let row = |finding, acl, other: Option<&Acl>| Row {
        finding,
        acl: AclRow::of(acl),
        other: other.map(AclRow::of),
    };
    let mut rows = Vec::new();
    for acl in acls {
        let others = || acls.iter().filter(|other| *other != acl);
        // A role adds "describe" beside "write" on purpose.
        let is_same_or_all =
            |other: &&Acl| matches!(other.operation, AclOperation::All) || other.operation == acl.operation;
        let same = others().filter(is_same_or_all).find(|o| o.permission == acl.permission && o.covers(acl));
        let denial = others().find(|other| {
            // A denial says only what it says: what allows "read" allows "describe" also where reading is denied.
            let is_whole = matches!(other.operation, AclOperation::All) || !implies_more(acl.operation);
            acl.permission == Permission::Allow
                && other.permission == Permission::Deny
                && is_whole
                && other.covers(acl)
        });
        let is_wide = acl.permission == Permission::Allow
            && (acl.principal == "User:*" && acl.operation != AclOperation::Describe
                || acl.operation == AclOperation::All && acl.resource_name == "*");
        let is_missing = acl.resource_type == ResourceType::Topic
            && acl.pattern == PatternType::Literal
            && acl.resource_name != "*"
            && !topics.contains(&acl.resource_name);
        rows.extend(denial.map(|denial| row("beaten", acl, Some(denial))));
        rows.extend(same.filter(|_| denial.is_none()).map(|same| row("redundant", acl, Some(same))));
        rows.extend(is_wide.then(|| row("wide", acl, None)));
        rows.extend(is_missing.then(|| row("no-such-topic", acl, None)));
    }
    rows
}

/// Whether allowing it allows more than itself.
fn implies_more(operation: AclOperation) -> bool {
    use AclOperation::{All, Alter, AlterConfigs, Delete, Read, Write};
    matches!(operation, All | Read | Write | Delete | Alter | AlterConfigs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(permission: Permission, principal: &str, operation: AclOperation, name: &str) -> Acl {
        Acl {
            resource_type: ResourceType::Topic,
            resource_name: name.to_owned(),
            pattern: PatternType::Literal,
            principal: principal.to_owned(),
            host: "*".to_owned(),
            operation,
            permission,
        }
    }

    fn found(acls: &[Acl]) -> Vec<(&'static str, String)> {
        let topics = BTreeSet::from(["t".to_owned()]);
        findings(acls, &topics).into_iter().map(|row| (row.finding, row.acl.operation.to_owned())).collect()
    }

    #[test]
    fn what_another_acl_says_already_is_redundant() {
        let acls = [
            acl(Permission::Allow, "User:a", AclOperation::All, "t"),
            acl(Permission::Allow, "User:a", AclOperation::Describe, "t"),
            acl(Permission::Allow, "User:b", AclOperation::Read, "t"),
            acl(Permission::Allow, "User:b", AclOperation::Describe, "t"),
        ];
        assert_eq!(found(&acls), [("redundant", "describe".to_owned())]);
    }

    #[test]
    fn what_a_denial_takes_back_is_beaten_and_what_it_leaves_is_not() {
        let allowed = acl(Permission::Allow, "User:a", AclOperation::Read, "t");
        let read = acl(Permission::Deny, "User:a", AclOperation::Read, "t");
        assert_eq!(found(&[allowed.clone(), read]), []);
        let all = acl(Permission::Deny, "User:a", AclOperation::All, "t");
        assert_eq!(found(&[allowed, all]), [("beaten", "read".to_owned())]);
    }

    #[test]
    fn everything_for_everybody_is_wide_and_a_missing_topic_is_missing() {
        let acls = [
            acl(Permission::Allow, "User:*", AclOperation::Write, "t"),
            acl(Permission::Allow, "User:b", AclOperation::Read, "gone"),
        ];
        assert_eq!(found(&acls), [("wide", "write".to_owned()), ("no-such-topic", "read".to_owned())]);
    }
}

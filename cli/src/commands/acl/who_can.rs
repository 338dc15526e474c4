//! `kr acl who-can`: everybody whom an ACL allows something, and from where; and whom one denies it.

use std::collections::BTreeSet;

use clap::Args;
use kr_client::admin::{Acl, AclFilter, AclOperation, AclQuestion, AclVerdict, asked_before, decide};
use schemars::JsonSchema;
use serde::Serialize;

use super::authorizer::{Authorizer, Resource};
use super::can::ANY_HOST;
use super::row::AclRow;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr acl who-can read topic:orders
  kr acl who-can alter cluster -o json";

/// Arguments of `kr acl who-can`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WhoCanArgs {
    /// What: read, write, create, delete, alter, describe, ...
    #[arg(value_name = "OPERATION")]
    operation: AclOperation,
    /// To what: topic:NAME, group:NAME, cluster, txn:ID, token:ID, user:NAME
    #[arg(value_name = "RESOURCE")]
    resource: Resource,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    /// `User:*` is everybody who has no row of their own.
    principal: String,
    /// `*` is every address that has no row of its own.
    host: String,
    allowed: bool,
    /// The ACL that decides.
    acl: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.acl.who-can/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["PRINCIPAL", "HOST", "ALLOWED", "BECAUSE"]);
        for row in items {
            let allowed = match row.allowed {
                true => Cell::text("yes").styled(Style::Good),
                false => Cell::text("no").styled(Style::Bad),
            };
            table.row([Cell::text(&row.principal), Cell::text(&row.host), allowed, Cell::text(&row.acl)]);
        }
        page.table_or(&table, "no ACL allows it to anybody");
    }

    fn name(&self) -> String {
        self.principal.clone()
    }
}

published!(Row, "acl who-can");

/// Runs `kr acl who-can`.
pub async fn run(args: &WhoCanArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let acls = client.list_acls(&AclFilter::default()).await?;
    let authorizer = Authorizer::read(&client).await;
    if authorizer.has_super_users != Some(false) {
        context.note("note: super users may do everything; brokers do not say who they are");
    }
    let Resource { kind, name } = &args.resource;
    if !acls.iter().any(|acl| acl.is_about(*kind, name)) {
        match authorizer.allow_everyone {
            Some(true) => context.note("note: no ACL is about it, so everybody may do it"),
            Some(false) => {}
            None => context
                .note("note: no ACL is about it; with allow.everyone.if.no.acl.found everybody may do it"),
        }
    }
    let rows = rows(&acls, args.operation, &args.resource);
    context.show(args.output.output, &Report::of(rows))
}

/// One row for each principal and host that an ACL names, where an ACL decides; those that say the same as
/// a wider row are left out.
fn rows(acls: &[Acl], operation: AclOperation, resource: &Resource) -> Vec<Row> {
    let question = |principal, host| AclQuestion {
        principal,
        host,
        operation,
        resource_type: resource.kind,
        resource_name: &resource.name,
    };
    let before = asked_before(&question("", ""));
    let asks = |acl: &&Acl| {
        let is_asked = |q: &AclQuestion<'_>| acl.is_about(q.resource_type, q.resource_name);
        (is_asked(&question("", "")) || before.as_ref().is_some_and(is_asked)) && acl.speaks_of(operation)
    };
    let mut principals: BTreeSet<&str> = acls.iter().filter(asks).map(|acl| acl.principal.as_str()).collect();
    let mut hosts: BTreeSet<&str> = acls.iter().filter(asks).map(|acl| acl.host.as_str()).collect();
    principals.insert("User:*");
    hosts.insert("*");
    let mut rows: Vec<Row> = Vec::new();
    for principal in principals {
        for host in &hosts {
            // What stands for all others must be named by no ACL.
            let asked = question(principal, if *host == "*" { ANY_HOST } else { host });
            let verdict = match asked_before(&asked).map(|asked| decide(acls, &asked)) {
                Some(allowed @ AclVerdict::Allowed(_)) => allowed,
                _ => decide(acls, &asked),
            };
            let (allowed, acl) = match verdict {
                AclVerdict::Allowed(acl) => (true, acl),
                AclVerdict::Denied(acl) => (false, acl),
                AclVerdict::NoneMatches | AclVerdict::NoAcls => continue,
            };
            let row = Row {
                principal: principal.to_owned(),
                host: (*host).to_owned(),
                allowed,
                acl: AclRow::of(acl).name(),
            };
            let says_nothing_new = |wider: &Row| {
                wider.allowed == row.allowed
                    && wider.acl == row.acl
                    && (wider.principal == row.principal || wider.principal == "User:*")
                    && (wider.host == row.host || wider.host == "*")
            };
            if !rows.iter().any(says_nothing_new) {
                rows.push(row);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use kr_client::admin::{PatternType, Permission, ResourceType};

    use super::*;

    fn acl(permission: Permission, principal: &str, name: &str, host: &str) -> Acl {
        Acl {
            resource_type: ResourceType::Topic,
            resource_name: name.to_owned(),
            pattern: PatternType::Literal,
            principal: principal.to_owned(),
            host: host.to_owned(),
            operation: AclOperation::Read,
            permission,
        }
    }

    fn who(acls: &[Acl]) -> Vec<String> {
        let resource = Resource { kind: ResourceType::Topic, name: "t".to_owned() };
        let rows = rows(acls, AclOperation::Read, &resource);
        rows.iter().map(|row| format!("{} {} {}", row.principal, row.host, row.allowed)).collect()
    }

    #[test]
    fn everybody_stands_beside_those_who_differ() {
        let acls = [
            acl(Permission::Allow, "User:*", "t", "*"),
            acl(Permission::Deny, "User:eve", "t", "*"),
            acl(Permission::Allow, "User:a", "u", "*"),
        ];
        assert_eq!(who(&acls), ["User:* * true", "User:eve * false"]);
    }

    #[test]
    fn hosts_that_differ_have_rows_of_their_own() {
        let acls = [
            acl(Permission::Allow, "User:a", "t", "*"),
            acl(Permission::Deny, "User:a", "*", "10.0.0.1"),
            acl(Permission::Allow, "User:b", "t", "10.0.0.2"),
        ];
        assert_eq!(who(&acls), ["User:a * true", "User:a 10.0.0.1 false", "User:b 10.0.0.2 true"]);
    }

    #[test]
    fn nobody_is_listed_where_nobody_is_allowed() {
        assert!(who(&[acl(Permission::Allow, "User:a", "u", "*")]).is_empty());
    }
}

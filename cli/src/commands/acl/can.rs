//! `kr acl can`: may this principal do that, and which ACL says so? Exit code 3 if it may not or nobody knows.

use clap::Args;
use kr_client::admin::{Acl, AclFilter, AclOperation, AclQuestion, AclVerdict, asked_before, decide};
use schemars::JsonSchema;
use serde::Serialize;

use super::authorizer::{Authorizer, Resource};
use super::row::AclRow;
use super::rules::principal;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr acl can alice read topic:orders
  kr acl can User:bob write topic:orders --host 10.0.0.7
  kr acl can ops alter cluster";

/// Arguments of `kr acl can`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CanArgs {
    /// Who: NAME or User:NAME
    #[arg(value_name = "PRINCIPAL")]
    principal: String,
    /// What: read, write, create, delete, alter, describe, ...
    #[arg(value_name = "OPERATION")]
    operation: AclOperation,
    /// To what: topic:NAME, group:NAME, cluster, txn:ID, token:ID, user:NAME
    #[arg(value_name = "RESOURCE")]
    resource: Resource,
    /// From this address [default: one that no ACL names]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// An address that stands in no ACL: no address looks like this.
pub const ANY_HOST: &str = "(any other)";

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    principal: String,
    operation: &'static str,
    resource_type: &'static str,
    resource_name: String,
    /// The client's address; null for any that no ACL names.
    host: Option<String>,
    /// Null when `allow.everyone.if.no.acl.found` decides and cannot be read.
    allowed: Option<bool>,
    /// `acl`, `no-acl-matches` or `no-acls`.
    reason: &'static str,
    /// The ACL that decides.
    acl: Option<AclRow>,
    /// Whether the brokers have super users, who may do everything; null when unknown. Who they are is secret.
    has_super_users: Option<bool>,
}

impl Item for Row {
    const KIND: &'static str = "kr.acl.can/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["PRINCIPAL", "OPERATION", "RESOURCE", "NAME", "ALLOWED", "BECAUSE"]);
        for row in items {
            let allowed = match row.allowed {
                Some(true) => Cell::text("yes").styled(Style::Good),
                Some(false) => Cell::text("no").styled(Style::Bad),
                None => Cell::text("depends").styled(Style::Warning),
            };
            table.row([
                Cell::text(&row.principal),
                Cell::text(row.operation),
                Cell::text(row.resource_type),
                Cell::text(&row.resource_name),
                allowed,
                Cell::text(row.because()),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        let allowed = match self.allowed {
            Some(true) => "yes",
            Some(false) => "no",
            None => "depends",
        };
        allowed.to_owned()
    }
}

published!(Row, "acl can");

impl Row {
    fn because(&self) -> String {
        match (&self.acl, self.allowed) {
            (Some(acl), _) => acl.name(),
            (None, Some(true)) => "no ACL is about it, and allow.everyone.if.no.acl.found".to_owned(),
            (None, None) => "no ACL is about it; allow.everyone.if.no.acl.found decides".to_owned(),
            (None, Some(false)) if self.reason == "no-acls" => "no ACL is about it".to_owned(),
            (None, Some(false)) => "no ACL for it allows this".to_owned(),
        }
    }
}

/// Runs `kr acl can`.
pub async fn run(args: &CanArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let acls = client.list_acls(&AclFilter::default()).await?;
    let authorizer = Authorizer::read(&client).await;
    let who = principal(&args.principal);
    let question = AclQuestion {
        principal: &who,
        host: args.host.as_deref().unwrap_or(ANY_HOST),
        operation: args.operation,
        resource_type: args.resource.kind,
        resource_name: &args.resource.name,
    };
    let row = answer(&acls, &question, authorizer);
    if row.allowed != Some(true) && row.has_super_users != Some(false) {
        context.note("note: if it is a super user it may do everything; brokers do not say who is");
    }
    let allowed = row.allowed;
    let exit = context.show(args.output.output, &Report::of(vec![row]))?;
    Ok(if allowed == Some(true) { exit } else { Exit::CONDITION })
}

fn answer(acls: &[Acl], question: &AclQuestion<'_>, authorizer: Authorizer) -> Row {
    let before = asked_before(question).map(|question| decide(acls, &question));
    let verdict = match before {
        Some(verdict) if verdict.is_allowed(authorizer.allow_everyone) == Some(true) => verdict,
        _ => decide(acls, question),
    };
    let (reason, acl) = match verdict {
        AclVerdict::Allowed(acl) | AclVerdict::Denied(acl) => ("acl", Some(AclRow::of(acl))),
        AclVerdict::NoneMatches => ("no-acl-matches", None),
        AclVerdict::NoAcls => ("no-acls", None),
    };
    Row {
        principal: question.principal.to_owned(),
        operation: question.operation.name(),
        resource_type: question.resource_type.name(),
        resource_name: question.resource_name.to_owned(),
        host: Some(question.host.to_owned()).filter(|host| host != ANY_HOST),
        allowed: verdict.is_allowed(authorizer.allow_everyone),
        reason,
        acl,
        has_super_users: authorizer.has_super_users,
    }
}

//! `kr acl list`: the ACLs of the cluster, or those that are asked for.

use clap::Args;
use kr_client::admin::AclFilter;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{AclRow, HEAD};
use super::rules::{FilterArgs, Pattern};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr acl list
  kr acl list --principal alice
  kr acl list --topic orders --pattern applies
  kr acl list --type group --op read -o json";

/// Arguments of `kr acl list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Row(AclRow);

impl Item for Row {
    const KIND: &'static str = "kr.acl.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(HEAD);
        for row in items {
            table.row(row.0.cells());
        }
        page.table_or(&table, "no ACLs");
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

published!(Row, "acl list");

/// Runs `kr acl list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let acls = context.client().await?.list_acls(&AclFilter::default()).await?;
    let found = acls.iter().filter(|acl| args.filter.finds(acl, Pattern::Any));
    let rows = found.map(|acl| Row(AclRow::of(acl))).collect();
    context.show(args.output.output, &Report::of(rows))
}

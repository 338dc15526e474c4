//! `kr user list` and `kr user describe`: all users, or those that are named.

use clap::Args;
use kr_client::admin::{ScramCredential, UserResults};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{UserRow, table};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Failure, Item, Page, Report};
use crate::schemas::published;

/// Arguments of `kr user list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr user describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Names of users, without `User:`
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Listed(UserRow);

impl Item for Listed {
    const KIND: &'static str = "kr.user.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&table(items.iter().map(|item| &item.0)), "no users with SCRAM credentials");
    }

    fn name(&self) -> String {
        self.0.name.clone()
    }
}

published!(Listed, "user list");

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Described(UserRow);

impl Item for Described {
    const KIND: &'static str = "kr.user.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&table(items.iter().map(|item| &item.0)), "no SCRAM credentials");
    }

    fn name(&self) -> String {
        self.0.name.clone()
    }
}

published!(Described, "user describe");

/// Runs `kr user list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let users = context.client().await?.describe_users(None).await?;
    context.show(args.output.output, &report(users, Listed))
}

/// Runs `kr user describe`.
pub async fn describe(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let users = context.client().await?.describe_users(Some(&args.names)).await?;
    context.show(args.output.output, &report(users, Described))
}

fn report<T>(users: UserResults<Vec<ScramCredential>>, row: impl Fn(UserRow) -> T) -> Report<T> {
    let mut report = Report::default();
    for (name, result) in users {
        match result {
            Ok(credentials) => report.items.push(row(UserRow::of(name, &credentials))),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    report
}

//! `kr token list`: tokens that whoever asks owns, may renew, or may describe; never their secrets.

use clap::Args;
use kr_client::admin::Principal;
use schemars::JsonSchema;
use serde::Serialize;

use super::{TokenRow, principal, time};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr token list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only of this owner; may be repeated
    #[arg(long = "owner", alias = "owner-principal", value_name = "PRINCIPAL", value_parser = principal)]
    owners: Vec<Principal>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Row(TokenRow);

impl Item for Row {
    const KIND: &'static str = "kr.token.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "OWNER", "REQUESTER", "RENEWERS", "EXPIRES", "AT THE LATEST"]);
        for Self(row) in items {
            table.row([
                Cell::text(&row.id),
                Cell::text(&row.owner),
                Cell::text(row.requester.as_deref().unwrap_or("-")),
                Cell::text(if row.renewers.is_empty() { "-".to_owned() } else { row.renewers.join(",") }),
                Cell::text(time(row.expires_ms)),
                Cell::text(time(row.max_ms)),
            ]);
        }
        page.table_or(&table, "no tokens");
    }

    fn name(&self) -> String {
        self.0.id.clone()
    }
}

published!(Row, "token list");

/// Runs `kr token list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let owners = (!args.owners.is_empty()).then_some(args.owners.as_slice());
    let tokens = context.client().await?.list_tokens(owners).await?;
    let rows = tokens.iter().map(|token| Row(TokenRow::of(token))).collect();
    context.show(args.output.output, &Report::of(rows))
}

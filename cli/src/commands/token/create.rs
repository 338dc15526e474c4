//! `kr token create`: prints id and secret once; brokers show the secret only to who may see the token.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use kr_client::admin::Principal;
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::{TokenRow, principal, time};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report};
use crate::schemas::published;
use crate::spans::parse_duration;

/// Arguments of `kr token create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// For this principal instead of the one that asks (Kafka 3.3 and newer)
    #[arg(long, alias = "owner-principal", value_name = "PRINCIPAL", value_parser = principal)]
    owner: Option<Principal>,
    /// Who may renew it, too; may be repeated
    #[arg(long = "renewer", alias = "renewer-principal", value_name = "PRINCIPAL", value_parser = principal)]
    renewers: Vec<Principal>,
    /// How long it can be renewed [default: delegation.token.max.lifetime.ms of the brokers]
    #[arg(long, alias = "max-life-time-period", value_name = "DURATION", value_parser = parse_duration)]
    max_lifetime: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// The token; null in a dry run.
    #[serde(flatten)]
    token: Option<TokenRow>,
    /// The secret, in base64 as Kafka's tools take it.
    hmac: Option<String>,
}

impl Item for Row {
    const KIND: &'static str = "kr.token.create/v1";

    fn write(items: &[Self], page: &mut Page) {
        for row in items {
            let Some(token) = &row.token else {
                page.line("a token would be created");
                continue;
            };
            page.fields([
                ("Token id", token.id.clone()),
                ("HMAC", row.hmac.clone().unwrap_or_default()),
                ("Owner", token.owner.clone()),
                ("Expires", time(token.expires_ms)),
                ("At the latest", time(token.max_ms)),
            ]);
        }
    }

    fn name(&self) -> String {
        self.token.as_ref().map(|token| token.id.clone()).unwrap_or_default()
    }
}

published!(Row, "token create");

/// Runs `kr token create`.
pub async fn run(args: &CreateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let owner = args.owner.as_ref().map_or("whoever asks".to_owned(), ToString::to_string);
    let plan = Plan {
        action: "create a delegation token".to_owned(),
        operations: &[Operation::TOKEN],
        risk: Risk::Routine,
        effects: vec![format!("whoever has it has the rights of {owner}")],
        targets: vec![owner],
    };
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    match change::begin(context, &plan, &args.change).await? {
        Decision::DryRun => report.items.push(Row { token: None, hmac: None }),
        Decision::Go(ticket) => {
            let lifetime = args.max_lifetime.map(|span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
            let created = client.create_token(args.owner.as_ref(), &args.renewers, lifetime).await;
            let (ticket, token) = ticket.sent(context, created)?;
            let hmac = Some(STANDARD.encode(&token.hmac));
            report.items.push(Row { token: Some(TokenRow::of(&token)), hmac });
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

//! `kr token renew` and `kr token expire`: by token id, whose secret is read from the cluster, or by secret on
//! standard input; never by argv.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clap::Args;
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::time;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

/// Which tokens.
#[derive(Debug, Args)]
struct TokenArgs {
    /// Ids of tokens
    #[arg(value_name = "ID", required_unless_present = "hmac_stdin")]
    ids: Vec<String>,
    /// Read the secret of one token from standard input, in base64
    #[arg(long, conflicts_with = "ids")]
    hmac_stdin: bool,
}

/// Arguments of `kr token renew`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    #[command(flatten)]
    tokens: TokenArgs,
    /// How long from now [default: delegation.token.expiry.time.ms of the brokers]
    #[arg(long, alias = "renew-time-period", value_name = "DURATION", value_parser = parse_duration)]
    period: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr token expire`.
#[derive(Debug, Args)]
pub struct ExpireArgs {
    #[command(flatten)]
    tokens: TokenArgs,
    /// How long from now [default: at once]
    #[arg(long, alias = "expiry-time-period", value_name = "DURATION", value_parser = parse_duration)]
    after: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// The token's id; null when only its secret was given.
    id: Option<String>,
    /// When it expires now, milliseconds since 1970; null in a dry run.
    expires_ms: Option<i64>,
}

impl Item for Row {
    const KIND: &'static str = "kr.token.expiry/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "EXPIRES"]);
        for row in items {
            table.row([
                Cell::text(row.id.as_deref().unwrap_or("(by its secret)")),
                Cell::text(row.expires_ms.map_or("would be changed".to_owned(), time)),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.id.clone().unwrap_or_default()
    }
}

published!(Row, "token renew", "token expire");

/// Runs `kr token renew`.
pub async fn renew(args: &RenewArgs, context: &mut Context) -> Result<Exit, CliError> {
    run(&args.tokens, args.period, true, args.change, args.output, context).await
}

/// Runs `kr token expire`.
pub async fn expire(args: &ExpireArgs, context: &mut Context) -> Result<Exit, CliError> {
    run(&args.tokens, args.after, false, args.change, args.output, context).await
}

async fn run(
    tokens: &TokenArgs,
    period: Option<Duration>,
    is_renewal: bool,
    change: ChangeArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let mut report = Report { applied: Some(!change.dry_run), ..Report::default() };
    let found = find(tokens, context, &mut report).await?;
    if found.is_empty() {
        return context.show(output.output, &report);
    }
    let client = context.client().await?;
    let period = period.map(|span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX));
    match change::begin(context, &plan(&found, is_renewal), &change).await? {
        Decision::DryRun => {
            report.items.extend(found.into_iter().map(|(id, _)| Row { id, expires_ms: None }));
        }
        Decision::Go(ticket) => {
            for (id, hmac) in found {
                let changed = match is_renewal {
                    true => client.renew_token(&hmac, period).await,
                    false => client.expire_token(&hmac, period).await,
                };
                match changed {
                    Ok(expires_ms) => report.items.push(Row { id, expires_ms: Some(expires_ms) }),
                    Err(error) => report.failures.push(Failure::of(id.unwrap_or_default(), &error)),
                }
            }
            ticket.end(context, &report, None);
        }
    }
    context.show(output.output, &report)
}

/// The secrets of the tokens, each with its id where that was given.
async fn find(
    tokens: &TokenArgs,
    context: &mut Context,
    report: &mut Report<Row>,
) -> Result<Vec<(Option<String>, Bytes)>, CliError> {
    if tokens.hmac_stdin {
        let stdin = context.io.stdin.take();
        let mut stdin = stdin.ok_or_else(|| CliError::usage("standard input can be read only once"))?;
        let mut text = String::new();
        stdin
            .read_to_string(&mut text)
            .map_err(|error| CliError::failed("cannot read the secret").caused_by(error))?;
        let hmac = STANDARD.decode(text.trim()).map_err(|_| CliError::usage("the secret is no base64"))?;
        return Ok(vec![(None, hmac.into())]);
    }
    let known = context.client().await?.list_tokens(None).await?;
    let mut found = Vec::new();
    for id in &tokens.ids {
        match known.iter().find(|token| token.id == *id) {
            Some(token) => found.push((Some(id.clone()), token.hmac.clone())),
            None => {
                let code = kr_client::ErrorCode::DELEGATION_TOKEN_NOT_FOUND;
                let error = kr_client::Error::broker(format!("find token \"{id}\""), code, None);
                report.failures.push(Failure::of(id.as_str(), &error));
            }
        }
    }
    Ok(found)
}

fn plan(found: &[(Option<String>, Bytes)], is_renewal: bool) -> Plan<'static> {
    let count = if found.len() == 1 { "1 token".to_owned() } else { format!("{} tokens", found.len()) };
    let verb = if is_renewal { "renew" } else { "expire" };
    let effect = if is_renewal {
        "it can be used for longer"
    } else {
        "connections that were made with it stay until they are closed; no new ones can be made"
    };
    Plan {
        action: format!("{verb} {count}"),
        operations: &[Operation::TOKEN],
        risk: if is_renewal { Risk::Routine } else { Risk::Lossy },
        effects: vec![effect.to_owned()],
        targets: found.iter().filter_map(|(id, _)| id.clone()).collect(),
    }
}

//! `kr token`: delegation tokens (KIP-48); one file per verb.

mod create;
mod list;
mod lives;

use clap::Subcommand;
use kr_client::admin::{DelegationToken, Principal};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token; needs a connection with SASL or a client certificate
    Create(create::CreateArgs),
    /// List tokens
    #[command(aliases = ["ls", "describe", "get"])]
    List(list::ListArgs),
    /// Let tokens live longer
    Renew(lives::RenewArgs),
    /// Let tokens expire, at once or later
    #[command(aliases = ["rm", "delete"])]
    Expire(lives::ExpireArgs),
}

/// Runs a verb of `kr token`.
pub async fn run(command: TokenCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        TokenCommand::Create(args) => create::run(&args, context).await,
        TokenCommand::List(args) => list::run(&args, context).await,
        TokenCommand::Renew(args) => lives::renew(&args, context).await,
        TokenCommand::Expire(args) => lives::expire(&args, context).await,
    }
}

/// A token without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct TokenRow {
    id: String,
    owner: String,
    /// Who asked for it; null on clusters older than 3.3.
    requester: Option<String>,
    renewers: Vec<String>,
    /// Milliseconds since 1970.
    issued_ms: i64,
    /// When it expires unless it is renewed, milliseconds since 1970.
    expires_ms: i64,
    /// When it expires for good, milliseconds since 1970.
    max_ms: i64,
}

impl TokenRow {
    fn of(token: &DelegationToken) -> Self {
        Self {
            id: token.id.clone(),
            owner: token.owner.to_string(),
            requester: token.requester.as_ref().map(ToString::to_string),
            renewers: token.renewers.iter().map(ToString::to_string).collect(),
            issued_ms: token.issued_ms,
            expires_ms: token.expires_ms,
            max_ms: token.max_ms,
        }
    }
}

/// A time for people.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}

fn principal(text: &str) -> Result<Principal, String> {
    text.parse().map_err(|_| format!("`{text}` is no principal"))
}

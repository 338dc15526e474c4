//! `kr quota`: limits for users, client ids and addresses; one file per verb.

mod change;
mod effective;
mod entity;
mod list;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr quota`.
#[derive(Debug, Subcommand)]
pub enum QuotaCommand {
    /// List quotas, all or those of a user, client id or address
    #[command(aliases = ["ls", "get"])]
    List(list::ListArgs),
    /// Show the quotas set for exactly this user, client id or address
    Describe(list::DescribeArgs),
    /// Set quotas
    Set(change::SetArgs),
    /// Remove quotas
    #[command(aliases = ["rm", "delete"])]
    Unset(change::UnsetArgs),
    /// Say which quotas count for a client
    Effective(effective::EffectiveArgs),
}

/// Runs a verb of `kr quota`.
pub async fn run(command: QuotaCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        QuotaCommand::List(args) => list::run(&args, context).await,
        QuotaCommand::Describe(args) => list::describe(&args, context).await,
        QuotaCommand::Set(args) => change::set(&args, context).await,
        QuotaCommand::Unset(args) => change::unset(&args, context).await,
        QuotaCommand::Effective(args) => effective::run(&args, context).await,
    }
}

//! `kr client-metrics`: which metrics brokers ask clients for (KIP-714); one file per verb.

mod change;
mod list;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr client-metrics`.
#[derive(Debug, Subcommand)]
pub enum ClientMetricsCommand {
    /// List subscriptions
    #[command(aliases = ["ls", "get"])]
    List(list::ListArgs),
    /// Show what subscriptions ask for
    Describe(list::DescribeArgs),
    /// Create or change a subscription
    #[command(aliases = ["create", "alter"])]
    Set(change::SetArgs),
    /// Delete subscriptions
    #[command(alias = "rm")]
    Delete(change::DeleteArgs),
}

/// Runs a verb of `kr client-metrics`.
pub async fn run(command: ClientMetricsCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ClientMetricsCommand::List(args) => list::run(&args, context).await,
        ClientMetricsCommand::Describe(args) => list::describe(&args, context).await,
        ClientMetricsCommand::Set(args) => change::set(&args, context).await,
        ClientMetricsCommand::Delete(args) => change::delete(&args, context).await,
    }
}

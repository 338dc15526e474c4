//! `kr txn`: transactions; one file per verb.

mod abort;
mod describe;
mod hung;
mod list;
mod place;
mod producers;
mod suspects;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr txn`.
#[derive(Debug, Subcommand)]
pub enum TxnCommand {
    /// List transactional ids and their states
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show transactions as their coordinators know them
    #[command(alias = "get")]
    Describe(describe::DescribeArgs),
    /// List the producers that a partition remembers
    Producers(producers::ProducersArgs),
    /// Find transactions that no coordinator will end, in the whole cluster
    #[command(aliases = ["hanging", "find-hanging"])]
    Hung(hung::HungArgs),
    /// Abort an open transaction in one partition, past its coordinator
    Abort(abort::AbortArgs),
}

/// Runs a verb of `kr txn`.
pub async fn run(command: TxnCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        TxnCommand::List(args) => list::run(&args, context).await,
        TxnCommand::Describe(args) => describe::run(&args, context).await,
        TxnCommand::Producers(args) => producers::run(&args, context).await,
        TxnCommand::Hung(args) => hung::run(&args, context).await,
        TxnCommand::Abort(args) => abort::run(&args, context).await,
    }
}

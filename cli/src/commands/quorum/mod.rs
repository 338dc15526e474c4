//! `kr quorum`: the metadata quorum; one file per verb.

mod status;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr quorum`.
#[derive(Debug, Subcommand)]
pub enum QuorumCommand {
    /// Show leader, voters, observers and how far each has come
    #[command(aliases = ["describe", "replication"])]
    Status(status::StatusArgs),
}

/// Runs a verb of `kr quorum`.
pub async fn run(command: QuorumCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        QuorumCommand::Status(args) => status::run(&args, context).await,
    }
}

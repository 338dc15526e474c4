//! `kr quorum`: the metadata quorum; one file per verb.

mod add;
mod remove;
mod replication;
mod status;

use clap::Subcommand;
use kr_client::Client;
use kr_client::admin::QuorumStatus;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr quorum`.
#[derive(Debug, Subcommand)]
pub enum QuorumCommand {
    /// Show leader, voters, observers and how far each has come
    #[command(alias = "describe")]
    Status(status::StatusArgs),
    /// List the replicas of the metadata log, one row each
    Replication(replication::ReplicationArgs),
    /// Make a controller that reads along a voter
    #[command(alias = "add-controller")]
    Add(add::AddArgs),
    /// Take a voter out of the quorum
    #[command(aliases = ["rm", "remove-controller"])]
    Remove(remove::RemoveArgs),
}

/// Runs a verb of `kr quorum`.
pub async fn run(command: QuorumCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        QuorumCommand::Status(args) => status::run(&args, context).await,
        QuorumCommand::Replication(args) => replication::run(&args, context).await,
        QuorumCommand::Add(args) => add::run(&args, context).await,
        QuorumCommand::Remove(args) => remove::run(&args, context).await,
    }
}

/// The quorum, or that there is none.
async fn read(client: &Client) -> Result<QuorumStatus, CliError> {
    match client.describe_quorum().await {
        Err(kr_client::Error::Unsupported { .. }) => {
            Err(CliError::failed("this cluster has no metadata quorum")
                .hint("it keeps its metadata in ZooKeeper, or is older than Kafka 2.7"))
        }
        quorum => Ok(quorum?),
    }
}

/// What a static quorum lacks.
const NEEDS_KRAFT_VERSION: &str = "voters can only be changed with kraft.version 1; on Kafka 4.1 and newer \
                                   `kr feature upgrade kraft.version=1` gives it";

/// Says what a change of voters needs, where the cluster lacks it.
fn explained(error: kr_client::Error) -> CliError {
    let is_static = error.code() == Some(kr_client::ErrorCode::UNSUPPORTED_VERSION);
    let error = CliError::from(error);
    if !is_static {
        return error;
    }
    error.hint(NEEDS_KRAFT_VERSION)
}

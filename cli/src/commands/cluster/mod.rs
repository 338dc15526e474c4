//! `kr cluster`: the cluster as a whole; one file per verb.

mod info;
mod nodes;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Show id, controller, brokers and features
    #[command(alias = "describe")]
    Info(info::InfoArgs),
    /// List brokers and controllers
    #[command(alias = "ls")]
    Nodes(nodes::NodesArgs),
}

/// Runs a verb of `kr cluster`.
pub async fn run(command: ClusterCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ClusterCommand::Info(args) => info::run(&args, context).await,
        ClusterCommand::Nodes(args) => nodes::run(&args, context).await,
    }
}

//! `kr cluster`: the cluster as a whole; one file per verb.

mod api_versions;
mod balance;
mod id;
mod info;
pub mod nodes;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Show id, controller, brokers and features
    #[command(alias = "describe")]
    Info(info::InfoArgs),
    /// Print the cluster's id
    #[command(alias = "cluster-id")]
    Id(id::IdArgs),
    /// List brokers and controllers, the fenced ones and ghosts included
    #[command(aliases = ["ls", "list-endpoints"])]
    Nodes(nodes::NodesArgs),
    /// List the APIs that brokers serve
    ApiVersions(api_versions::ApiVersionsArgs),
    /// Show how leaders, replicas and bytes are spread over brokers and racks
    Balance(balance::BalanceArgs),
}

/// Runs a verb of `kr cluster`.
pub async fn run(command: ClusterCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ClusterCommand::Info(args) => info::run(&args, context).await,
        ClusterCommand::Id(args) => id::run(&args, context).await,
        ClusterCommand::Nodes(args) => nodes::run(&args, context).await,
        ClusterCommand::ApiVersions(args) => api_versions::run(&args, context).await,
        ClusterCommand::Balance(args) => balance::run(&args, context).await,
    }
}

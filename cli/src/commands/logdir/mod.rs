//! `kr logdir`: directories of brokers, what lies in them, and moves between them.

mod describe;
mod list;
mod moving;

use clap::Subcommand;
use kr_client::Client;
use kr_client::admin::LogDirs;
use kr_wire::ids::NodeId;

use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Failure;

/// Verbs of `kr logdir`.
#[derive(Debug, Subcommand)]
pub enum LogdirCommand {
    /// List directories, or sum them up by broker or topic
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show the replicas in directories
    Describe(describe::DescribeArgs),
    /// Move replicas to another directory of their broker
    #[command(alias = "mv")]
    Move(moving::MoveArgs),
}

/// Runs a verb of `kr logdir`.
pub async fn run(command: LogdirCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        LogdirCommand::List(args) => list::run(&args, context).await,
        LogdirCommand::Describe(args) => describe::run(&args, context).await,
        LogdirCommand::Move(args) => moving::run(&args, context).await,
    }
}

/// Directories of the brokers named, or of all that are in service.
async fn look(client: &Client, brokers: &[i32], topics: Option<&[String]>) -> Result<LogDirs, CliError> {
    let cluster = client.describe_cluster().await?;
    let alive = cluster.brokers.iter().filter(|broker| broker.is_fenced != Some(true));
    let alive: Vec<NodeId> = alive.map(|broker| broker.id).collect();
    let wanted: Vec<NodeId> = match brokers {
        [] => alive,
        ids => ids.iter().copied().map(NodeId).collect(),
    };
    if let Some(unknown) = wanted.iter().find(|id| !cluster.brokers.iter().any(|broker| broker.id == **id)) {
        return Err(CliError::failed(format!("there is no broker {unknown}"))
            .hint("see which brokers there are with `kr cluster nodes`"));
    }
    if let Some(topics) = topics {
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        for (_, topic) in client.describe_topics(&names).await? {
            topic?;
        }
    }
    Ok(client.describe_log_dirs(&wanted, topics).await)
}

/// Brokers that did not tell.
fn failures(dirs: &LogDirs) -> Vec<Failure> {
    let failed = dirs.iter().filter_map(|(broker, dirs)| Some((broker, dirs.as_ref().err()?)));
    failed.map(|(broker, error)| Failure::of(format!("broker {broker}"), error)).collect()
}

//! `kr broker`: one file per verb.

mod config;
mod describe;
mod list;
mod logger;
mod unregister;

pub use list::loads;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr broker`.
#[derive(Debug, Subcommand)]
pub enum BrokerCommand {
    /// List brokers, the fenced ones included
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show one broker: address, version, features, leaders, replicas
    #[command(alias = "get")]
    Describe(describe::DescribeArgs),
    /// Configs of a broker, or of all brokers
    #[command(subcommand, alias = "configs")]
    Config(config::ConfigCommand),
    /// Log levels of a broker
    #[command(subcommand, alias = "loggers")]
    Logger(logger::LoggerCommand),
    /// Make the cluster forget a broker that is gone for good
    Unregister(unregister::UnregisterArgs),
}

/// Runs a verb of `kr broker`.
pub async fn run(command: BrokerCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        BrokerCommand::List(args) => list::run(&args, context).await,
        BrokerCommand::Describe(args) => describe::run(&args, context).await,
        BrokerCommand::Config(command) => config::run(command, context).await,
        BrokerCommand::Logger(command) => logger::run(command, context).await,
        BrokerCommand::Unregister(args) => unregister::run(&args, context).await,
    }
}

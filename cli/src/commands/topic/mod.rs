//! `kr topic`: one file per verb.

mod add_partitions;
mod blast;
pub mod config;
mod create;
pub mod delete;
pub mod describe;
mod groups;
pub mod list;
pub mod measure;
mod offsets;
pub mod partition_set;
mod producers;
mod readers;
pub mod select;
mod set_rf;
mod trim;
mod when;

use clap::{Args, Subcommand};

use super::consume::{self, ConsumeArgs};
use super::names::TopicNames;
use super::produce::{self, ProduceArgs};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr topic`.
#[derive(Debug, Subcommand)]
pub enum TopicCommand {
    /// List topics
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Create topics
    Create(create::CreateArgs),
    /// Show partitions, offsets and configs of topics
    Describe(describe::DescribeArgs),
    /// Delete topics and all their records
    #[command(alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Give topics more partitions
    #[command(alias = "add-partition")]
    AddPartitions(add_partitions::AddPartitionsArgs),
    /// Change how many replicas partitions have
    #[command(aliases = ["set-replication-factor", "alter-replicas"])]
    SetRf(set_rf::SetRfArgs),
    /// Show, change and compare configs of topics
    #[command(subcommand, alias = "configs")]
    Config(config::ConfigCommand),
    /// Show where partitions begin and end, and where a time is
    Offsets(offsets::OffsetsArgs),
    /// Delete the oldest records of partitions
    #[command(alias = "trim-prefix")]
    Trim(trim::TrimArgs),
    /// Show which groups read topics, and how far behind
    Groups(groups::GroupsArgs),
    /// Show idempotent and transactional producers of topics
    Producers(producers::ProducersArgs),
    /// List topics, or describe those that are named
    #[command(hide = true)]
    Get(GetArgs),
    /// Same as `kr produce`
    #[command(hide = true)]
    Produce(ProduceArgs),
    /// Same as `kr consume`
    #[command(hide = true)]
    Consume(ConsumeArgs),
}

/// Arguments of `kr topic get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    #[command(flatten)]
    names: TopicNames,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb of `kr topic`.
pub async fn run(command: TopicCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        TopicCommand::List(args) => list::run(&args, context).await,
        TopicCommand::Create(args) => create::run(&args, context).await,
        TopicCommand::Describe(args) => describe::run(&args, context).await,
        TopicCommand::Delete(args) => delete::run(&args, context).await,
        TopicCommand::AddPartitions(args) => add_partitions::run(&args, context).await,
        TopicCommand::SetRf(args) => set_rf::run(&args, context).await,
        TopicCommand::Config(command) => config::run(command, context).await,
        TopicCommand::Offsets(args) => offsets::run(&args, context).await,
        TopicCommand::Trim(args) => trim::run(&args, context).await,
        TopicCommand::Groups(args) => groups::run(&args, context).await,
        TopicCommand::Producers(args) => producers::run(&args, context).await,
        TopicCommand::Get(GetArgs { names, output }) if names.is_empty() => {
            list::run(&list::ListArgs::of(output), context).await
        }
        TopicCommand::Get(GetArgs { names, output }) => {
            describe::run(&describe::DescribeArgs::of(names, output), context).await
        }
        TopicCommand::Produce(args) => produce::run(args, context).await,
        TopicCommand::Consume(args) => consume::run(args, context).await,
    }
}

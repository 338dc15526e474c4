//! `kr topic`: one file per verb.

mod create;
mod delete;
mod describe;
mod list;

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

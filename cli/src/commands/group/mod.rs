//! `kr group`: groups of every type, classic, consumer (KIP-848), share (KIP-932) and streams (KIP-1071); one
//! file per verb.

mod config;
mod copy;
mod create;
mod delete;
mod describe;
mod explain;
mod export;
mod internal_topics;
mod lag;
mod list;
mod member;
mod offsets;
mod offsets_file;
mod pick;
mod positions;
mod reset;
mod standing;
mod topics;
mod topology;

use clap::{Args, Subcommand};

use super::names::GroupNames;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr group`.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List groups
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show state, members, committed offsets and lag of groups
    Describe(describe::DescribeArgs),
    /// Show how far groups are behind, in records and in time
    Lag(lag::LagArgs),
    /// Tell whether groups are stuck, rebalancing, slow or dead, and why
    Explain(explain::ExplainArgs),
    /// Let groups go on elsewhere
    #[command(alias = "reset-offsets")]
    Reset(Box<reset::ResetArgs>),
    /// Write committed offsets to a file
    Export(export::ExportArgs),
    /// Create a group that begins at given offsets
    Create(create::CreateArgs),
    /// Let another group go on where this one is
    Clone(copy::CloneArgs),
    /// Delete groups with their offsets
    #[command(alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Committed offsets: delete
    #[command(subcommand)]
    Offsets(offsets::OffsetsCommand),
    /// Members: remove
    #[command(subcommand, alias = "members")]
    Member(member::MemberCommand),
    /// Show what groups of Kafka Streams run
    Topology(topology::TopologyArgs),
    /// Topics that Kafka Streams applications made for themselves: delete
    #[command(subcommand)]
    InternalTopics(internal_topics::InternalTopicsCommand),
    /// Configs of groups: get, set, unset
    #[command(subcommand, alias = "configs")]
    Config(config::ConfigCommand),
    /// List groups, or describe those that are named
    #[command(hide = true)]
    Get(GetArgs),
}

/// Arguments of `kr group get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    #[command(flatten)]
    names: GroupNames,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb of `kr group`.
pub async fn run(command: GroupCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        GroupCommand::List(args) => list::run(&args, context).await,
        GroupCommand::Describe(args) => describe::run(&args, context).await,
        GroupCommand::Lag(args) => lag::run(&args, context).await,
        GroupCommand::Explain(args) => explain::run(&args, context).await,
        GroupCommand::Reset(args) => reset::run(&args, context).await,
        GroupCommand::Export(args) => export::run(&args, context).await,
        GroupCommand::Create(args) => create::run(&args, context).await,
        GroupCommand::Clone(args) => copy::run(&args, context).await,
        GroupCommand::Delete(args) => delete::run(&args, context).await,
        GroupCommand::Offsets(command) => offsets::run(&command, context).await,
        GroupCommand::Member(command) => member::run(&command, context).await,
        GroupCommand::Topology(args) => topology::run(&args, context).await,
        GroupCommand::InternalTopics(command) => {
            // It holds the whole of `kr topic delete`.
            Box::pin(internal_topics::run(command, context)).await
        }
        GroupCommand::Config(command) => config::run(&command, context).await,
        GroupCommand::Get(GetArgs { names, output }) if names.is_empty() => {
            list::run(&list::ListArgs::of(output), context).await
        }
        GroupCommand::Get(GetArgs { names, output }) => {
            describe::run(&describe::DescribeArgs::of(names, output), context).await
        }
    }
}

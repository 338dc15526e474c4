//! `kr group`: groups of every type, classic, consumer (KIP-848) and share (KIP-932); one file per verb.

mod describe;
mod lag;
mod list;
mod pick;
mod positions;

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
        GroupCommand::Get(GetArgs { names, output }) if names.is_empty() => {
            list::run(&list::ListArgs::of(output), context).await
        }
        GroupCommand::Get(GetArgs { names, output }) => {
            describe::run(&describe::DescribeArgs::of(names, output), context).await
        }
    }
}

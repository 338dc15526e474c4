//! `kr acl`: who may do what; one file per verb.

mod add;
mod authorizer;
mod can;
mod lint;
mod list;
mod remove;
mod row;
mod rules;
mod who_can;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr acl`.
#[derive(Debug, Subcommand)]
pub enum AclCommand {
    /// List ACLs
    #[command(aliases = ["ls", "get"])]
    List(list::ListArgs),
    /// Add ACLs: single ones, or all that a producer or consumer needs
    #[command(alias = "create")]
    Add(add::AddArgs),
    /// Remove ACLs, after showing which
    #[command(aliases = ["rm", "delete"])]
    Remove(remove::RemoveArgs),
    /// Say whether a principal may do something, and which ACL decides; exit code 3 if not
    Can(can::CanArgs),
    /// List the principals that may do something
    WhoCan(who_can::WhoCanArgs),
    /// Find ACLs that do nothing, and ACLs that allow more than they should
    Lint(lint::LintArgs),
}

/// Runs a verb of `kr acl`.
pub async fn run(command: AclCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        AclCommand::List(args) => list::run(&args, context).await,
        AclCommand::Add(args) => add::run(&args, context).await,
        AclCommand::Remove(args) => remove::run(&args, context).await,
        AclCommand::Can(args) => can::run(&args, context).await,
        AclCommand::WhoCan(args) => who_can::run(&args, context).await,
        AclCommand::Lint(args) => lint::run(&args, context).await,
    }
}

//! `kr user`: users that authenticate by SCRAM; one file per verb.

mod delete;
mod list;
mod row;
mod set;

use clap::{Subcommand, ValueEnum};
use kr_client::admin::ScramMechanism;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List users that have SCRAM credentials
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show the credentials of users
    #[command(alias = "get")]
    Describe(list::DescribeArgs),
    /// Set the password of a user
    #[command(aliases = ["add", "create"])]
    Set(set::SetArgs),
    /// Delete credentials of users
    #[command(alias = "rm")]
    Delete(delete::DeleteArgs),
}

/// `--mechanism`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mechanism {
    /// SCRAM-SHA-256
    #[value(name = "scram-sha-256", aliases = ["SCRAM-SHA-256", "sha-256", "sha256"])]
    Sha256,
    /// SCRAM-SHA-512
    #[value(name = "scram-sha-512", aliases = ["SCRAM-SHA-512", "sha-512", "sha512"])]
    Sha512,
}

impl From<Mechanism> for ScramMechanism {
    fn from(mechanism: Mechanism) -> Self {
        match mechanism {
            Mechanism::Sha256 => Self::Sha256,
            Mechanism::Sha512 => Self::Sha512,
        }
    }
}

/// Runs a verb of `kr user`.
pub async fn run(command: UserCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        UserCommand::List(args) => list::run(&args, context).await,
        UserCommand::Describe(args) => list::describe(&args, context).await,
        UserCommand::Set(args) => set::run(&args, context).await,
        UserCommand::Delete(args) => delete::run(&args, context).await,
    }
}

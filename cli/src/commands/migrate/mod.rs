//! `kr migrate`: from ZooKeeper to KRaft; one file per verb. Reads, and changes nothing anywhere.

mod check;
mod dry_run;
mod source;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr migrate`.
#[derive(Debug, Subcommand)]
pub enum MigrateCommand {
    /// Look for what stands in the way of a migration
    Check(check::CheckArgs),
    /// Convert the metadata as Kafka's own driver would, or name what stops it
    #[command(alias = "dryrun")]
    DryRun(dry_run::DryRunArgs),
}

/// Runs a verb of `kr migrate`.
pub async fn run(command: MigrateCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        MigrateCommand::Check(args) => check::run(&args, context),
        MigrateCommand::DryRun(args) => dry_run::run(&args, context),
    }
}

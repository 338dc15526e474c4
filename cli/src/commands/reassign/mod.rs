//! `kr reassign`: plan which replicas go where, carry a plan out, watch and stop it.

mod cancel;
mod files;
mod moved;
pub(super) mod picture;
mod plan;
mod run;
mod show;
mod status;
pub(super) mod throttle;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr reassign`.
#[derive(Debug, Subcommand)]
pub enum ReassignCommand {
    /// Plan moves of replicas, and change nothing
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Show what a plan would change, and what of it is done
    Show(show::ShowArgs),
    /// Carry a plan out
    Run(run::RunArgs),
    /// Show the reassignments under way
    #[command(aliases = ["list", "ls"])]
    Status(status::StatusArgs),
    /// Stop reassignments; partitions keep the replicas they had
    Cancel(cancel::CancelArgs),
}

/// Runs a verb of `kr reassign`.
pub async fn run(command: ReassignCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ReassignCommand::Plan(command) => plan::run(&command, context).await,
        ReassignCommand::Show(args) => show::run(&args, context).await,
        ReassignCommand::Run(args) => run::run(&args, context).await,
        ReassignCommand::Status(args) => status::run(&args, context).await,
        ReassignCommand::Cancel(args) => cancel::run(&args, context).await,
    }
}

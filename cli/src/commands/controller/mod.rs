//! `kr controller`: the nodes that keep the metadata; one file per verb.

mod list;
mod unregister;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr controller`.
#[derive(Debug, Subcommand)]
pub enum ControllerCommand {
    /// List controllers, those that are registered and gone included
    #[command(aliases = ["ls", "get"])]
    List(list::ListArgs),
    /// Forget the registration of a controller that is gone (Kafka 4.4)
    Unregister(unregister::UnregisterArgs),
}

/// Runs a verb of `kr controller`.
pub async fn run(command: ControllerCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ControllerCommand::List(args) => list::run(&args, context).await,
        ControllerCommand::Unregister(args) => unregister::run(&args, context).await,
    }
}

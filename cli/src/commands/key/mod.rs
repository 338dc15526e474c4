//! `kr key`: what follows from the key of a record.

mod partition;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// `kr key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Tell the partition that keys belong to
    Partition(partition::PartitionArgs),
}

/// Runs `kr key`.
pub async fn run(command: KeyCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        KeyCommand::Partition(args) => partition::run(args, context).await,
    }
}

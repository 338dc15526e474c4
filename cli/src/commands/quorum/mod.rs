//! `kr quorum`.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr quorum`.
#[derive(Debug, Subcommand)]
pub enum QuorumCommand {}

/// Runs a verb of `kr quorum`.
pub async fn run(command: QuorumCommand, _context: &mut Context) -> Result<Exit, CliError> {
    match command {}
}

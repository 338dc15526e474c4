//! `kr dev`: a local cluster on this machine.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr dev`.
#[derive(Debug, Subcommand)]
pub enum DevCommand {}

/// Runs a verb of `kr dev`.
pub async fn run(command: DevCommand, _context: &mut Context) -> Result<Exit, CliError> {
    match command {}
}

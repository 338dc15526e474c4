//! `kr group`.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr group`.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {}

/// Runs a verb of `kr group`.
pub async fn run(command: GroupCommand, _context: &mut Context) -> Result<Exit, CliError> {
    match command {}
}

//! `kr cluster`.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {}

/// Runs a verb of `kr cluster`.
pub async fn run(command: ClusterCommand, _context: &mut Context) -> Result<Exit, CliError> {
    match command {}
}

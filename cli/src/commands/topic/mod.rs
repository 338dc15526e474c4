//! `kr topic`.

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr topic`.
#[derive(Debug, Subcommand)]
pub enum TopicCommand {}

/// Runs a verb of `kr topic`.
pub async fn run(command: TopicCommand, _context: &mut Context) -> Result<Exit, CliError> {
    match command {}
}

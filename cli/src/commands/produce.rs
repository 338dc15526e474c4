//! `kr produce`.

use clap::Args;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Arguments of `kr produce`.
#[derive(Debug, Args)]
pub struct ProduceArgs {}

/// Runs `kr produce`.
pub async fn run(_args: ProduceArgs, _context: &mut Context) -> Result<Exit, CliError> {
    Ok(Exit::DONE)
}

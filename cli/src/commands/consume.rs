//! `kr consume`.

use clap::Args;

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Arguments of `kr consume`.
#[derive(Debug, Args)]
pub struct ConsumeArgs {}

/// Runs `kr consume`.
pub async fn run(_args: ConsumeArgs, _context: &mut Context) -> Result<Exit, CliError> {
    Ok(Exit::DONE)
}

//! `kr controller unregister`: refused. The request (API 94) came with Kafka 4.4, after the protocol this
//! version speaks. Its place is taken so that whoever looks for it is told what to do instead.

use clap::Args;

use crate::error::{CliError, Exit};

/// Arguments of `kr controller unregister`.
#[derive(Debug, Args)]
pub struct UnregisterArgs {
    /// The controller
    #[arg(value_name = "ID")]
    controller: i32,
}

/// Runs `kr controller unregister`.
pub fn run(args: &UnregisterArgs) -> Result<Exit, CliError> {
    let message = format!(
        "cannot unregister controller {}: UnregisterController (API 94, Kafka 4.4) is not spoken by this version",
        args.controller
    );
    Err(CliError::failed(message).hint(
        "start a controller of this id once more so that it registers with its new version, or use the tools of Kafka 4.4",
    ))
}

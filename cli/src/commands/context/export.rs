//! `kr context export`: a context as a file that Java's tools or kcat take.

use std::path::PathBuf;

use clap::Args;

use crate::config::export::{ExportFormat, write};
use crate::config::secrets;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

const EXAMPLES: &str = "\
Examples:
  kr context export prod --as java --out client.properties
  kr -c prod context export --as librdkafka";

/// Arguments of `kr context export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    /// Name of the context [default: the one in use]
    name: Option<String>,
    /// Whose file it becomes
    #[arg(long = "as", value_enum, value_name = "FORMAT")]
    format: ExportFormat,
    /// File to write, with secrets, for its owner only [default: standard output, without secrets]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long)]
    replace: bool,
}

/// Exports a context.
pub fn run(args: &ExportArgs, context: &mut Context) -> Result<Exit, CliError> {
    super::choose(args.name.as_deref(), context)?;
    let options = context.client_options()?;
    let text = write(&options, args.format, args.out.is_some());
    let Some(file) = &args.out else {
        context.io.print(text)?;
        return Ok(Exit::DONE);
    };
    if file.exists() && !args.replace {
        let message = format!("{} exists", file.display());
        return Err(CliError::new(Kind::Refused, message).hint("replace it with --replace"));
    }
    secrets::store(file, &text)?;
    context.note(&format!("wrote {}, which holds secrets: only its owner can read it", file.display()));
    Ok(Exit::DONE)
}

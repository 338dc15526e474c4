//! `kr context rename`: another name for a context.

use clap::Args;

use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Arguments of `kr context rename`.
#[derive(Debug, Args)]
pub struct RenameArgs {
    /// Name of the context
    from: String,
    /// Its new name
    to: String,
}

/// Renames a context of the user's file.
pub fn run(args: &RenameArgs, context: &mut Context) -> Result<Exit, CliError> {
    super::check_name(&args.to)?;
    let (file, mut store) = super::read(context)?;
    let Some(entry) = store.contexts.get(&args.from) else { return Err(store.unknown(&args.from, &file)) };
    if entry.is_dev() {
        let message = format!("context \"{}\" is kept by `kr dev`", args.from);
        return Err(CliError::new(Kind::Refused, message));
    }
    if store.contexts.contains_key(&args.to) {
        return Err(CliError::new(Kind::Config, format!("context \"{}\" exists", args.to)));
    }
    store.rename(&args.from, &args.to);
    store.write(&file)?;
    context.note(&format!("renamed context \"{}\" to \"{}\"", args.from, args.to));
    Ok(Exit::DONE)
}

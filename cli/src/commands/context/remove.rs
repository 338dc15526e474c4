//! `kr context remove`: forgets contexts; the clusters stay as they are.

use clap::Args;

use crate::args::ConfirmArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Arguments of `kr context remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Names of the contexts
    #[arg(required = true)]
    names: Vec<String>,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Removes contexts from the user's file: all that were named, or none.
pub fn run(args: &RemoveArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (file, mut store) = super::read(context)?;
    for name in &args.names {
        let Some(entry) = store.contexts.get(name) else { return Err(store.unknown(name, &file)) };
        if entry.is_dev() {
            let message = format!("context \"{name}\" is kept by `kr dev`");
            return Err(CliError::new(Kind::Refused, message)
                .hint("it goes with the cluster: `kr dev down --delete`"));
        }
    }
    let names = args.names.join(", ");
    if context.io.has_person() && !args.confirm.yes {
        let question = format!("remove {names} from {}?", file.display());
        let agreed = context.io.ask.agree(&question);
        if !agreed.map_err(|error| CliError::failed("cannot read the answer").caused_by(error))? {
            return Err(CliError::new(Kind::Refused, "did not remove anything: not confirmed"));
        }
    }
    for name in &args.names {
        store.remove(name);
    }
    store.write(&file)?;
    context.note(&format!("removed {names} from {}", file.display()));
    Ok(Exit::DONE)
}

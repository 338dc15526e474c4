//! `kr context trust`: uses the contexts of a project's `.kr.toml` from now on, as long as it stays as it is.

use clap::Args;

use crate::args::ConfirmArgs;
use crate::config::project;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Arguments of `kr context trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Shows the file and trusts it.
pub fn run(args: &TrustArgs, context: &mut Context) -> Result<Exit, CliError> {
    let Some(found) = project::find(&context.environment) else {
        let message =
            format!("there is no {} here or above, up to the root of the repository", project::FILE);
        return Err(CliError::new(Kind::Config, message));
    };
    let file = found.file.display();
    // It is read as a whole first, so that nothing is trusted that cannot be used.
    found.store()?;
    if found.is_trusted(&context.environment) {
        context.note(&format!("{file} is trusted already"));
        return Ok(Exit::DONE);
    }
    if !args.confirm.yes {
        if !context.io.has_person() {
            let message = format!("did not trust {file}: there is no terminal to ask on");
            return Err(CliError::new(Kind::Refused, message).hint("read it, then repeat with --yes"));
        }
        for line in found.text().lines() {
            context.warn(&format!("  {line}"));
        }
        let agreed = context.io.ask.agree(&format!("trust {file} as it is?"));
        if !agreed.map_err(|error| CliError::failed("cannot read the answer").caused_by(error))? {
            return Err(CliError::new(Kind::Refused, format!("did not trust {file}: not confirmed")));
        }
    }
    found.trust(&context.environment)?;
    context.note(&format!("trusting {file}"));
    Ok(Exit::DONE)
}

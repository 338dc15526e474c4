//! `kr completion`: the script that makes a shell complete `kr`.

use clap::Args;

use crate::complete::Shell;
use crate::context::Context;
use crate::error::{CliError, Exit};

const EXAMPLES: &str = "\
Examples:
  kr completion bash > ~/.local/share/bash-completion/completions/kr
  kr completion zsh > ~/.zfunc/_kr
  kr completion fish > ~/.config/fish/completions/kr.fish
  kr completion powershell >> $PROFILE
  kr completion elvish > ~/.config/elvish/lib/kr.elv
  kr completion nushell > ~/.config/nushell/kr.nu";

/// Arguments of `kr completion`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Runs `kr completion`.
pub fn run(args: &CompletionArgs, context: &mut Context) -> Result<Exit, CliError> {
    context.io.print(args.shell.script())?;
    Ok(Exit::DONE)
}

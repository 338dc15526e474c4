//! `kr undo`: takes a change of the journal back.
//!
//! Before anything is sent the present state is compared with what the change left. Where somebody changed it
//! since, going back is refused, because it would undo their work, too.

mod acls;
mod apply;
mod offsets;
mod quotas;
mod way;

use clap::{Args, Subcommand};
use kr_client::journal::Entry;

use super::journal::{Row, entries};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Report;

/// Verbs of `kr undo`.
#[derive(Debug, Subcommand)]
pub enum UndoCommand {
    /// List the changes that can be taken back
    #[command(alias = "ls")]
    List(ListArgs),
    /// Show what taking a change back would do
    Show(apply::ShowArgs),
    /// Take a change back
    Apply(apply::ApplyArgs),
}

/// Arguments of `kr undo list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb of `kr undo`.
pub async fn run(command: UndoCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        UndoCommand::List(args) => {
            let rows = entries(context)?.into_iter().filter(Entry::is_undoable).map(Row::from).collect();
            context.show(args.output.output, &Report::of(rows))
        }
        UndoCommand::Show(args) => apply::show(&args, context).await,
        UndoCommand::Apply(args) => apply::apply(&args, context).await,
    }
}

/// Finds a change by its name, the beginning of its name, or `last`.
fn find(id: &str, context: &Context) -> Result<Entry, CliError> {
    let mut entries = entries(context)?;
    if id == "last" {
        return entries
            .into_iter()
            .rev()
            .find(Entry::is_undoable)
            .ok_or_else(|| CliError::failed("there is no change that can be taken back"));
    }
    entries.retain(|entry| entry.id.starts_with(id));
    match entries.len() {
        1 => Ok(entries.remove(0)),
        0 => Err(CliError::failed(format!("there is no change \"{id}\" in the journal"))
            .hint("see which changes there are with `kr undo list`")),
        count => Err(CliError::usage(format!("\"{id}\" is the beginning of {count} changes"))),
    }
}

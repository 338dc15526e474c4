//! `kr context`: clusters by name. One file a verb; the configuration itself is in [`crate::config`].

mod doctor;
mod edit;
mod export;
mod import;
mod list;
mod remove;
mod rename;
mod show;
mod trust;
mod used;

use std::path::PathBuf;

use clap::Subcommand;

use crate::config::{Config, Store};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Verbs of `kr context`.
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// Show the contexts of the configuration
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Make a context the one used when none is named
    Use(used::UseArgs),
    /// Show the name of the context in use
    Current(used::CurrentArgs),
    /// Show a context with its properties
    #[command(aliases = ["describe", "get"])]
    Show(show::ShowArgs),
    /// Add a context
    #[command(alias = "create")]
    Add(edit::AddArgs),
    /// Change a context
    #[command(aliases = ["set", "update"])]
    Edit(edit::EditArgs),
    /// Remove a context
    #[command(aliases = ["rm", "delete"])]
    Remove(remove::RemoveArgs),
    /// Give a context another name
    #[command(alias = "mv")]
    Rename(rename::RenameArgs),
    /// Add the contexts of another tool's file
    Import(import::ImportArgs),
    /// Write a context as a file of another client
    Export(export::ExportArgs),
    /// Say at which step a connection fails, and why
    #[command(alias = "check")]
    Doctor(doctor::DoctorArgs),
    /// Use the contexts of this project's .kr.toml
    Trust(trust::TrustArgs),
}

/// Runs a verb of `kr context`.
pub async fn run(command: ContextCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ContextCommand::List(args) => list::run(&args, context),
        ContextCommand::Use(args) => used::select(&args, context),
        ContextCommand::Current(args) => used::current(&args, context),
        ContextCommand::Show(args) => show::run(&args, context),
        ContextCommand::Add(args) => edit::add(&args, context),
        ContextCommand::Edit(args) => edit::edit(&args, context),
        ContextCommand::Remove(args) => remove::run(&args, context),
        ContextCommand::Rename(args) => rename::run(&args, context),
        ContextCommand::Import(args) => import::run(&args, context),
        ContextCommand::Export(args) => export::run(&args, context),
        ContextCommand::Doctor(args) => doctor::run(&args, context).await,
        ContextCommand::Trust(args) => trust::run(&args, context),
    }
}

/// The user's configuration file and what is in it; other files are not changed by commands.
fn read(context: &Context) -> Result<(PathBuf, Store), CliError> {
    let Some(file) = context.config.file.clone() else {
        return Err(CliError::new(
            Kind::Config,
            "there is no configuration: neither $KR_CONFIG nor $HOME is set",
        ));
    };
    let store = Store::read(&file, false)?;
    Ok((file, store))
}

/// A name that can be typed: not empty, without blanks and control characters.
fn check_name(name: &str) -> Result<(), CliError> {
    let is_fine = !name.is_empty() && !name.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_fine { Ok(()) } else { Err(CliError::usage(format!("\"{name}\" is no name for a context"))) }
}

/// Makes a context the one this command is about, when it is named behind the verb.
fn choose(name: Option<&str>, context: &mut Context) -> Result<(), CliError> {
    let Some(name) = name else { return Ok(()) };
    if context.global.context.as_deref().is_some_and(|other| other != name) {
        return Err(CliError::usage(format!("-c names another context than \"{name}\"")));
    }
    context.global.context = Some(name.to_owned());
    context.config = Config::load(&context.global, &context.environment)?;
    Ok(())
}

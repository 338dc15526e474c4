//! `kr context list | use`: clusters by name.

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::config::Store;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Verbs of `kr context`.
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// Show the contexts of the configuration
    #[command(alias = "ls")]
    List(ListArgs),
    /// Make a context the one used when none is named
    Use(UseArgs),
}

/// Arguments of `kr context list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr context use`.
#[derive(Debug, Args)]
pub struct UseArgs {
    /// Name of the context
    name: String,
}

/// Runs a verb of `kr context`.
pub fn run(command: ContextCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ContextCommand::List(args) => list(&args, context),
        ContextCommand::Use(args) => select(&args, context),
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    current: bool,
    bootstrap_servers: Vec<String>,
    managed_by: Option<String>,
}

impl Item for Row {
    const KIND: &'static str = "kr.context.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CURRENT", "NAME", "BOOTSTRAP SERVERS"]);
        for row in items {
            let mark = Cell::text(if row.current { "*" } else { "" }).styled(Style::Good);
            table.row([mark, Cell::text(&row.name), Cell::text(row.bootstrap_servers.join(","))]);
        }
        page.table_or(&table, "no contexts");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "context list");

fn list(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (_, store) = read(context)?;
    let rows = store.contexts.iter().map(|(name, entry)| Row {
        name: name.clone(),
        current: store.current.as_ref() == Some(name),
        bootstrap_servers: entry.bootstrap_servers.clone(),
        managed_by: entry.managed_by.clone(),
    });
    let report = Report::of(rows.collect());
    context.show(args.output.output, &report)
}

fn select(args: &UseArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (file, mut store) = read(context)?;
    if !store.contexts.contains_key(&args.name) {
        let known: Vec<&str> = store.contexts.keys().map(String::as_str).collect();
        let error = CliError::new(
            Kind::Config,
            format!("there is no context \"{}\" in {}", args.name, file.display()),
        );
        return Err(if known.is_empty() {
            error
        } else {
            error.hint(format!("defined are: {}", known.join(", ")))
        });
    }
    store.set_current(&args.name);
    store.write(&file)?;
    context.note(&format!("using context \"{}\"", args.name));
    Ok(Exit::DONE)
}

fn read(context: &Context) -> Result<(std::path::PathBuf, Store), CliError> {
    let Some(file) = context.config.file.clone() else {
        return Err(CliError::new(
            Kind::Config,
            "there is no configuration: neither $KR_CONFIG nor $HOME is set",
        ));
    };
    let store = Store::read(&file, false)?;
    Ok((file, store))
}

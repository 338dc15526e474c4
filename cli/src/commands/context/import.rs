//! `kr context import`: contexts out of another tool's file, with its secrets left where they are.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use toml_edit::{Array, value};

use super::edit::enter_properties;
use crate::args::OutputArgs;
use crate::config::Store;
use crate::config::import::{self, ImportFormat, Imported, SecretsTo};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr context import java /etc/kafka/client.properties --name prod
  kr context import kafkactl ~/.config/kafkactl/config.yml --secrets-to ~/.config/kr/secrets
  kr context import rpk ~/.config/rpk/rpk.yaml --dry-run";

/// Arguments of `kr context import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Whose file it is
    #[arg(value_enum)]
    format: ImportFormat,
    /// The file
    file: PathBuf,
    /// Name of the context, when the file has one cluster [default: its name there, or that of the file]
    #[arg(long)]
    name: Option<String>,
    /// Write each secret to a file of its own in this directory, instead of referring to FILE
    #[arg(long, value_name = "DIR")]
    secrets_to: Option<PathBuf>,
    /// Replace contexts that exist
    #[arg(long)]
    replace: bool,
    /// Make the current one there the one used here
    #[arg(long = "use")]
    select: bool,
    /// Show what would be added and add nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    bootstrap_servers: Vec<String>,
    /// Names of the properties that were taken over.
    properties: Vec<String>,
    /// Names of the secrets the context refers to.
    secrets: Vec<String>,
    /// What could not be taken over.
    notes: Vec<String>,
}

impl Item for Row {
    const KIND: &'static str = "kr.context.import/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "BOOTSTRAP SERVERS", "PROPERTIES", "SECRETS"]);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::text(row.bootstrap_servers.join(",")),
                Cell::number(row.properties.len()),
                Cell::text(if row.secrets.is_empty() { "-".to_owned() } else { row.secrets.join(", ") }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "context import");

/// Imports the contexts of a file.
pub fn run(args: &ImportArgs, context: &mut Context) -> Result<Exit, CliError> {
    let found = import::read(args.format, &args.file)?;
    if args.name.is_some() && found.len() > 1 {
        return Err(CliError::usage(format!(
            "--name: {} defines {} clusters",
            args.file.display(),
            found.len()
        )));
    }
    let (file, mut store) = super::read(context)?;
    let absolute = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let to = match &args.secrets_to {
        Some(dir) if args.dry_run => SecretsTo::Directory(dir.clone()),
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|error| {
                CliError::new(Kind::Config, format!("cannot make {}", dir.display())).caused_by(error)
            })?;
            SecretsTo::Directory(absolute(dir))
        }
        None => SecretsTo::Stay(absolute(&args.file)),
    };
    let mut report = Report { applied: Some(!args.dry_run), ..Report::default() };
    for imported in &found {
        let name = name_of(args, imported)?;
        check(&store, &name, imported, args)?;
        let properties = import::place_secrets(imported, &name, &to, args.dry_run)?;
        enter(&mut store, &name, imported, properties)?;
        if imported.is_current && (args.select || store.current.is_none()) {
            store.set_current(&name);
        }
        report.items.push(Row {
            name,
            bootstrap_servers: imported.servers.clone(),
            properties: imported.properties.iter().map(|(key, _)| key.clone()).collect(),
            secrets: imported.secrets.iter().map(|secret| secret.property.clone()).collect(),
            notes: imported.notes.clone(),
        });
    }
    let written = Store::of_text(&store.text(), &file)?;
    if !args.dry_run {
        written.write(&file)?;
    }
    for row in &report.items {
        for note in &row.notes {
            context.note(&format!("context \"{}\": {note}", row.name));
        }
    }
    let has_secrets = found.iter().any(|imported| !imported.secrets.is_empty());
    if has_secrets && args.secrets_to.is_none() {
        let file = args.file.display();
        context
            .note(&format!("secrets stay in {file}, which must not be moved; --secrets-to DIR copies them"));
    }
    context.show(args.output.output, &report)
}

/// The name given, the name there, or the name of the file.
fn name_of(args: &ImportArgs, imported: &Imported) -> Result<String, CliError> {
    let of_file = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or_else(|| imported.name.clone()).or(of_file).unwrap_or_default();
    super::check_name(&name)?;
    Ok(name)
}

fn check(store: &Store, name: &str, imported: &Imported, args: &ImportArgs) -> Result<(), CliError> {
    if imported.servers.is_empty() {
        let message = format!("cannot import {}: context \"{name}\" has no brokers", args.file.display());
        return Err(CliError::new(Kind::Config, message));
    }
    if let Some(entry) = store.contexts.get(name)
        && (!args.replace || entry.is_dev())
    {
        let error = CliError::new(Kind::Config, format!("context \"{name}\" exists"));
        return Err(error.hint("name it otherwise with --name, or replace it with --replace"));
    }
    Ok(())
}

fn enter(
    store: &mut Store,
    name: &str,
    imported: &Imported,
    properties: Vec<(String, String)>,
) -> Result<(), CliError> {
    if store.contexts.contains_key(name) {
        store.remove(name);
    }
    let table = store.table(name)?;
    table.insert("bootstrap_servers", value(imported.servers.iter().collect::<Array>()));
    enter_properties(table, properties);
    Ok(())
}

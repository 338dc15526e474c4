//! `kr context add | edit`: a context by its servers, properties and what it allows.
//!
//! Servers and properties are the global options -b, -X and --command-config. A password is taken from standard
//! input or the terminal and gets a file of its own, to which the context refers.

use std::path::{Path, PathBuf};

use clap::Args;
use kr_client::safety::Operation;
use toml_edit::{Array, InlineTable, Item, TableLike, Value, value};

use crate::config::import::secret_file;
use crate::config::{Color, Store, property_file, secrets};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

const EXAMPLES: &str = "\
Examples:
  kr context add prod -b kafka-1:9093,kafka-2:9093 -X security.protocol=SSL -X ssl.ca.location=/etc/ca.pem
  kr context add prod --command-config client.properties --read-only
  kr context edit prod --protect topic.delete --max-blast 10 --color red";

/// What a context allows, as options.
#[derive(Debug, Args)]
pub struct SafetyArgs {
    /// Change nothing on this cluster [--read-only=false takes it back]
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    read_only: Option<bool>,
    /// Operations whose target must be typed: topic.delete, topic, *
    #[arg(long, value_name = "OPERATION", value_delimiter = ',')]
    protect: Vec<String>,
    /// How a change is agreed to
    #[arg(long, value_parser = ["ask", "type-name"])]
    confirm: Option<String>,
    /// The most targets one change may have
    #[arg(long, value_name = "NUMBER")]
    max_blast: Option<u32>,
    /// Id of the only cluster that may be changed
    #[arg(long, value_name = "ID")]
    expect_cluster_id: Option<String>,
    /// Colour in which the context is shown
    #[arg(long, value_enum)]
    color: Option<Color>,
    /// Ask for the SASL password and keep it in a file of its own
    #[arg(long)]
    ask_password: bool,
    /// Directory for files with secrets [default: secrets beside the configuration]
    #[arg(long, value_name = "DIR")]
    secrets_to: Option<PathBuf>,
}

/// Arguments of `kr context add`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AddArgs {
    /// Name of the new context
    name: String,
    #[command(flatten)]
    safety: SafetyArgs,
    /// Make it the one used when none is named
    #[arg(long = "use")]
    select: bool,
}

/// Arguments of `kr context edit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EditArgs {
    /// Name of the context
    name: String,
    #[command(flatten)]
    safety: SafetyArgs,
    /// Take a property or key out: sasl.username, protected, color
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    unset: Vec<String>,
}

/// Adds a context.
pub fn add(args: &AddArgs, context: &mut Context) -> Result<Exit, CliError> {
    super::check_name(&args.name)?;
    let (file, mut store) = super::read(context)?;
    if store.contexts.contains_key(&args.name) {
        let message = format!("context \"{}\" exists in {}", args.name, file.display());
        return Err(CliError::new(Kind::Config, message).hint("change it with `kr context edit`"));
    }
    let given = Given::of(context)?;
    if given.servers.is_empty() {
        return Err(CliError::usage("a context needs brokers").hint("name them with -b HOST:PORT"));
    }
    let password = password(&args.safety, &args.name, &file, context)?;
    let table = store.table(&args.name)?;
    given.enter(table, password);
    enter_safety(table, &args.safety)?;
    if args.select || store.current.is_none() {
        store.set_current(&args.name);
    }
    finish(&mut store, &file)?;
    store.write(&file)?;
    context.note(&format!("added context \"{}\" to {}", args.name, file.display()));
    Ok(Exit::DONE)
}

/// Changes a context.
pub fn edit(args: &EditArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (file, mut store) = super::read(context)?;
    let Some(entry) = store.contexts.get(&args.name) else {
        return Err(store.unknown(&args.name, &file));
    };
    if entry.is_dev() {
        let message = format!("context \"{}\" is kept by `kr dev`", args.name);
        return Err(CliError::new(Kind::Refused, message).hint("add one of your own with `kr context add`"));
    }
    let given = Given::of(context)?;
    let password = password(&args.safety, &args.name, &file, context)?;
    let table = store.table(&args.name)?;
    let before = toml_edit::ser::to_string(&flat(table)).unwrap_or_default();
    given.enter(table, password);
    enter_safety(table, &args.safety)?;
    for key in &args.unset {
        let is_property = table.get_mut("properties").and_then(Item::as_table_like_mut);
        let was_property = is_property.and_then(|properties| properties.remove(key)).is_some();
        if !was_property && (key == "bootstrap_servers" || table.remove(key).is_none()) {
            return Err(CliError::usage(format!("context \"{}\" has no {key} to take out", args.name)));
        }
    }
    if toml_edit::ser::to_string(&flat(table)).unwrap_or_default() == before {
        return Err(CliError::usage("nothing is to be changed")
            .hint(format!("say what, such as -X KEY=VALUE, or edit {}", file.display())));
    }
    finish(&mut store, &file)?;
    store.write(&file)?;
    context.note(&format!("changed context \"{}\" in {}", args.name, file.display()));
    Ok(Exit::DONE)
}

/// All keys of a table in words, to see whether something changed.
fn flat(table: &dyn TableLike) -> std::collections::BTreeMap<String, String> {
    table.iter().map(|(key, item)| (key.to_owned(), item.to_string())).collect()
}

/// What the global options say about a context.
struct Given {
    servers: Vec<String>,
    properties: Vec<(String, String)>,
}

impl Given {
    fn of(context: &Context) -> Result<Self, CliError> {
        let mut pairs = Vec::new();
        if let Some(file) = &context.global.command_config {
            let text = std::fs::read_to_string(file).map_err(|error| {
                CliError::new(Kind::Config, format!("cannot read {}", file.display())).caused_by(error)
            })?;
            for (key, value) in property_file::parse(&text) {
                if secrets::is_literal(&key, &value) {
                    let file = file.canonicalize().unwrap_or_else(|_| file.clone());
                    pairs.push((key.clone(), format!("file:{}#{key}", file.display())));
                } else {
                    pairs.push((key, value));
                }
            }
        }
        // Config::load has refused what is not KEY=VALUE, and secrets as they are.
        let flags = context.global.properties.iter().filter_map(|flag| flag.split_once('='));
        pairs.extend(flags.map(|(key, value)| (key.trim().to_owned(), value.to_owned())));
        let mut servers = context.global.bootstrap.clone();
        let is_bootstrap = |key: &str| matches!(key, "bootstrap.servers" | "metadata.broker.list");
        if servers.is_empty() {
            let named = pairs.iter().rev().find(|(key, _)| is_bootstrap(key));
            servers = named.map(|(_, value)| crate::config::split(value)).unwrap_or_default();
        }
        pairs.retain(|(key, _)| !is_bootstrap(key));
        Ok(Self { servers, properties: pairs })
    }

    fn enter(&self, table: &mut dyn TableLike, password: Option<(String, String)>) {
        if !self.servers.is_empty() {
            table.insert("bootstrap_servers", value(self.servers.iter().collect::<Array>()));
        }
        enter_properties(table, self.properties.iter().cloned().chain(password));
    }
}

/// Puts properties into a context's table, replacing those of the same name.
pub fn enter_properties(table: &mut dyn TableLike, pairs: impl IntoIterator<Item = (String, String)>) {
    for (key, text) in pairs {
        let properties = table.entry("properties").or_insert_with(|| Item::Value(InlineTable::new().into()));
        if let Some(properties) = properties.as_table_like_mut() {
            properties.insert(&key, Item::Value(Value::from(text)));
        }
    }
}

fn enter_safety(table: &mut dyn TableLike, args: &SafetyArgs) -> Result<(), CliError> {
    if let Some(read_only) = args.read_only {
        table.insert("read_only", value(read_only));
    }
    if !args.protect.is_empty() {
        let is_known = |rule: &String| Operation::ALL.iter().any(|operation| operation.is_named_by(rule));
        if let Some(rule) = args.protect.iter().find(|rule| !is_known(rule)) {
            let all: Vec<&str> = Operation::ALL.iter().map(|operation| operation.name()).collect();
            return Err(CliError::usage(format!("\"{rule}\" names no operation"))
                .hint(format!("there are: {}", all.join(", "))));
        }
        table.insert("protected", value(args.protect.iter().collect::<Array>()));
    }
    if let Some(confirm) = &args.confirm {
        table.insert("confirm", value(confirm));
    }
    if let Some(most) = args.max_blast {
        table.insert("max_blast", value(i64::from(most)));
    }
    if let Some(id) = &args.expect_cluster_id {
        table.insert("expect_cluster_id", value(id));
    }
    if let Some(color) = args.color {
        table.insert("color", value(color.name()));
    }
    Ok(())
}

/// Takes a password and gives the property that refers to its file.
fn password(
    args: &SafetyArgs,
    name: &str,
    file: &Path,
    context: &mut Context,
) -> Result<Option<(String, String)>, CliError> {
    const KEY: &str = "sasl.password";
    let secret = if context.global.sasl_password_stdin {
        context.io.secret_line()?
    } else if args.ask_password {
        if !context.io.has_person() {
            return Err(CliError::new(Kind::Refused, "cannot ask for a password: there is no terminal")
                .hint("use --sasl-password-stdin"));
        }
        let answer = context.io.ask.secret("password");
        answer.map_err(|error| CliError::failed("cannot read the answer").caused_by(error))?
    } else {
        return Ok(None);
    };
    let beside = file.parent().unwrap_or(Path::new(".")).join("secrets");
    let target = args.secrets_to.clone().unwrap_or(beside).join(secret_file(name, KEY));
    secrets::store(&target, &secret)?;
    let target = target.canonicalize().unwrap_or(target);
    Ok(Some((KEY.to_owned(), format!("file:{}", target.display()))))
}

/// Reads the file as it would be, so that nothing is written that cannot be read.
fn finish(store: &mut Store, file: &Path) -> Result<(), CliError> {
    *store = Store::of_text(&store.text(), file)?;
    Ok(())
}

//! `kr config`: configs of anything by type and name; what `kr broker config`, `kr broker logger` and
//! `kr client-metrics` do is done here, too.

pub mod edit;
pub mod entity;
pub mod get;

use clap::{Args, Subcommand};
use kr_client::admin::{ConfigEdit, ConfigOp, ConfigTarget};

use crate::args::{ChangeArgs, OutputArgs};
use crate::context::Context;
use crate::error::{CliError, Exit};
use entity::Entity;

const EXAMPLES: &str = "\
Examples:
  kr config get topic/orders
  kr config get broker/1 --all
  kr config set broker/default log.cleaner.threads=2
  kr config unset group/billing consumer.session.timeout.ms --dry-run";

/// Verbs of `kr config`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ConfigCommand {
    /// Show configs and where each value comes from
    #[command(aliases = ["list", "ls", "describe"])]
    Get(GetArgs),
    /// Set configs: KEY=VALUE..
    Set(PairArgs),
    /// Set configs back to what counts without them
    #[command(aliases = ["delete", "rm"])]
    Unset(UnsetArgs),
    /// Add items to configs that are lists: KEY=ITEM,..
    Append(PairArgs),
    /// Take items from configs that are lists: KEY=ITEM,..
    Subtract(PairArgs),
}

/// Arguments of `kr config get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    #[arg(value_name = "ENTITY", required = true)]
    entities: Vec<Entity>,
    #[command(flatten)]
    select: get::SelectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr config set`, `append` and `subtract`.
#[derive(Debug, Args)]
pub struct PairArgs {
    /// topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    #[arg(value_name = "ENTITY")]
    entity: Entity,
    /// Keys and values
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = key_value)]
    pairs: Vec<(String, String)>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr config unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    #[arg(value_name = "ENTITY")]
    entity: Entity,
    /// Keys
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads `KEY=VALUE`; the value may hold more equals signs, and may be empty.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Edits of pairs, all of one kind; of a key named twice the last counts.
pub fn edits(pairs: &[(String, String)], op: impl Fn(String) -> ConfigOp) -> Vec<ConfigEdit> {
    let mut edits: Vec<ConfigEdit> = Vec::new();
    for (key, value) in pairs {
        edits.retain(|edit| edit.name != *key);
        edits.push(ConfigEdit { name: key.clone(), op: op(value.clone()) });
    }
    edits
}

/// Runs a verb of `kr config`.
pub async fn run(command: ConfigCommand, context: &mut Context) -> Result<Exit, CliError> {
    let (args, op): (PairArgs, fn(String) -> ConfigOp) = match command {
        ConfigCommand::Get(args) => {
            let targets: Vec<ConfigTarget> = args.entities.into_iter().map(|entity| entity.0).collect();
            return get::run(&targets, &args.select, args.output, context).await;
        }
        ConfigCommand::Unset(args) => {
            let edits = args.keys.iter().map(ConfigEdit::unset).collect();
            return edit::run(vec![(args.entity.0, edits)], args.change, args.output, context).await;
        }
        ConfigCommand::Set(args) => (args, ConfigOp::Set),
        ConfigCommand::Append(args) => (args, ConfigOp::Append),
        ConfigCommand::Subtract(args) => (args, ConfigOp::Subtract),
    };
    let edits = edits(&args.pairs, op);
    edit::run(vec![(args.entity.0, edits)], args.change, args.output, context).await
}

//! `kr broker logger`: log levels of a running broker (KIP-412); a restart forgets them.

use clap::{Args, Subcommand};
use kr_client::admin::{ConfigEdit, ConfigOp, ConfigTarget};
use kr_wire::ids::NodeId;

use crate::args::{ChangeArgs, OutputArgs};
use crate::commands::config::{edit, edits, get, key_value};
use crate::context::Context;
use crate::error::{CliError, Exit};

/// The levels that brokers take.
const LEVELS: [&str; 6] = ["FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// Verbs of `kr broker logger`.
#[derive(Debug, Subcommand)]
pub enum LoggerCommand {
    /// Show the level of each logger
    #[command(aliases = ["ls", "get", "describe"])]
    List(ListArgs),
    /// Set levels: LOGGER=LEVEL..
    Set(SetArgs),
    /// Set levels back to that of the root logger
    #[command(alias = "unset")]
    Reset(ResetArgs),
}

/// Arguments of `kr broker logger list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The broker
    #[arg(value_name = "ID")]
    broker: i32,
    /// Only this logger; may be repeated
    #[arg(value_name = "LOGGER")]
    loggers: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr broker logger set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The broker
    #[arg(value_name = "ID")]
    broker: i32,
    /// Loggers and their levels: FATAL, ERROR, WARN, INFO, DEBUG or TRACE
    #[arg(value_name = "LOGGER=LEVEL", required = true, value_parser = level)]
    levels: Vec<(String, String)>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr broker logger reset`.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// The broker
    #[arg(value_name = "ID")]
    broker: i32,
    /// Loggers
    #[arg(value_name = "LOGGER", required = true)]
    loggers: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn level(text: &str) -> Result<(String, String), String> {
    let (logger, level) = key_value(text)?;
    let level = level.to_ascii_uppercase();
    if LEVELS.contains(&level.as_str()) {
        return Ok((logger, level));
    }
    Err(format!("`{level}` is no level; there are {}", LEVELS.join(", ")))
}

/// Runs a verb of `kr broker logger`.
pub async fn run(command: LoggerCommand, context: &mut Context) -> Result<Exit, CliError> {
    let target = |id: i32| ConfigTarget::BrokerLogger(NodeId(id));
    match command {
        LoggerCommand::List(args) => {
            let select = get::SelectArgs { all: true, keys: args.loggers };
            get::run(&[target(args.broker)], &select, args.output, context).await
        }
        LoggerCommand::Set(args) => {
            let edits = edits(&args.levels, ConfigOp::Set);
            edit::run(vec![(target(args.broker), edits)], args.change, args.output, context).await
        }
        LoggerCommand::Reset(args) => {
            let edits = args.loggers.iter().map(ConfigEdit::unset).collect();
            edit::run(vec![(target(args.broker), edits)], args.change, args.output, context).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_taken_in_any_case_and_no_others() {
        assert_eq!(level("kafka.server=debug"), Ok(("kafka.server".to_owned(), "DEBUG".to_owned())));
        assert!(level("kafka.server=loud").is_err());
    }
}

//! `kr broker config`: configs of one broker, or with `--default` of all of them.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, Subcommand};
use kr_client::admin::{ConfigDetail, ConfigEdit, ConfigOp, ConfigTarget};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::commands::config::{edit, edits, get, key_value};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr broker config get 1 --all
  kr broker config set --default log.cleaner.threads=2
  kr broker config diff 1 2 3";

/// Verbs of `kr broker config`.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ConfigCommand {
    /// Show configs and where each value comes from
    #[command(aliases = ["list", "ls", "describe"])]
    Get(GetArgs),
    /// Set configs while the broker runs: KEY=VALUE..
    Set(SetArgs),
    /// Set configs back to what counts without them
    #[command(aliases = ["delete", "rm"])]
    Unset(UnsetArgs),
    /// Show the configs in which brokers differ; exit code 3 if they do
    Diff(DiffArgs),
}

/// A broker, or all of them.
#[derive(Clone, Debug, Args)]
struct BrokerArgs {
    /// What is set for all brokers
    #[arg(long)]
    default: bool,
}

/// Arguments of `kr broker config get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Ids of brokers
    #[arg(value_name = "ID", required_unless_present = "default")]
    brokers: Vec<i32>,
    #[command(flatten)]
    all_brokers: BrokerArgs,
    #[command(flatten)]
    select: get::SelectArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr broker config set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The id of a broker, unless --default, then keys and values
    #[arg(value_name = "[ID] KEY=VALUE", required = true)]
    given: Vec<String>,
    #[command(flatten)]
    all_brokers: BrokerArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr broker config unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// The id of a broker, unless --default, then keys
    #[arg(value_name = "[ID] KEY", required = true)]
    given: Vec<String>,
    #[command(flatten)]
    all_brokers: BrokerArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr broker config diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Ids of brokers [default: all]
    #[arg(value_name = "ID")]
    brokers: Vec<i32>,
    /// Also configs that differ on purpose: ids, addresses, directories, racks
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb of `kr broker config`.
pub async fn run(command: ConfigCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ConfigCommand::Get(args) => {
            let mut targets: Vec<ConfigTarget> =
                args.brokers.iter().map(|id| ConfigTarget::Broker(NodeId(*id))).collect();
            if args.all_brokers.default {
                targets.insert(0, ConfigTarget::BrokerDefault);
            }
            get::run(&targets, &args.select, args.output, context).await
        }
        ConfigCommand::Set(args) => {
            let (target, given) = target(&args.given, args.all_brokers.default)?;
            let pairs: Result<Vec<(String, String)>, String> =
                given.iter().map(|text| key_value(text)).collect();
            let edits = edits(&pairs.map_err(CliError::usage)?, ConfigOp::Set);
            edit::run(vec![(target, edits)], args.change, args.output, context).await
        }
        ConfigCommand::Unset(args) => {
            let (target, keys) = target(&args.given, args.all_brokers.default)?;
            let edits = keys.iter().map(ConfigEdit::unset).collect();
            edit::run(vec![(target, edits)], args.change, args.output, context).await
        }
        ConfigCommand::Diff(args) => diff(&args, context).await,
    }
}

/// The broker and what is left of the arguments.
fn target(given: &[String], is_default: bool) -> Result<(ConfigTarget, &[String]), CliError> {
    let (target, rest) = match given {
        rest if is_default => (ConfigTarget::BrokerDefault, rest),
        [id, rest @ ..] => {
            let id = id.parse().map_err(|_| {
                CliError::usage(format!("\"{id}\" is no broker's id"))
                    .hint("name a broker first, or say --default for all brokers")
            })?;
            (ConfigTarget::Broker(NodeId(id)), rest)
        }
        [] => return Err(CliError::usage("no broker is named")),
    };
    if rest.is_empty() {
        return Err(CliError::usage("no config is named"));
    }
    Ok((target, rest))
}

/// Configs that are another on each broker by their nature.
const OWN: [&str; 12] = [
    "advertised.listeners",
    "broker.id",
    "broker.rack",
    "controller.listener.names",
    "host.name",
    "listeners",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
    "process.roles",
    "ssl.keystore.location",
];

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Difference {
    key: String,
    /// The value on each broker; null when it is a secret or not set.
    values: BTreeMap<i32, Option<String>>,
}

impl Item for Difference {
    const KIND: &'static str = "kr.broker.config.diff/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CONFIG", "BROKER", "VALUE"]);
        for item in items {
            for (broker, value) in &item.values {
                table.row([
                    Cell::text(&item.key),
                    Cell::number(broker),
                    Cell::text(value.as_deref().unwrap_or("-")),
                ]);
            }
        }
        page.table_or(&table, "no difference");
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(Difference, "broker config diff");

async fn diff(args: &DiffArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut brokers: BTreeSet<NodeId> = args.brokers.iter().map(|id| NodeId(*id)).collect();
    if brokers.is_empty() {
        brokers = client.view().brokers().map(|broker| broker.id).collect();
    }
    let targets: Vec<ConfigTarget> = brokers.into_iter().map(ConfigTarget::Broker).collect();
    let mut report = Report::default();
    let mut values = BTreeMap::new();
    for (target, configs) in client.describe_all_configs(&targets, ConfigDetail::default()).await? {
        let ConfigTarget::Broker(id) = target else { continue };
        match configs {
            Ok(configs) => {
                let pairs = configs.into_iter().filter(|config| !config.is_sensitive);
                let pairs: BTreeMap<String, Option<String>> = pairs.map(|c| (c.name, c.value)).collect();
                values.insert(id.0, pairs);
            }
            Err(error) => report.failures.push(Failure::of(format!("broker/{id}"), &error)),
        }
    }
    report.items = differences(&values);
    if !args.all {
        report.items.retain(|difference| !OWN.contains(&difference.key.as_str()));
    }
    let differs = !report.items.is_empty();
    let exit = context.show(args.output.output, &report)?;
    Ok(if differs && exit == Exit::DONE { Exit::CONDITION } else { exit })
}

fn differences(brokers: &BTreeMap<i32, BTreeMap<String, Option<String>>>) -> Vec<Difference> {
    let keys: BTreeSet<&String> = brokers.values().flat_map(BTreeMap::keys).collect();
    let difference = |key: &String| {
        let values: BTreeMap<i32, Option<String>> =
            brokers.iter().map(|(id, configs)| (*id, configs.get(key).cloned().flatten())).collect();
        let kinds: BTreeSet<&Option<String>> = values.values().collect();
        (kinds.len() > 1).then(|| Difference { key: key.clone(), values })
    };
    keys.into_iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_alike_everywhere_are_no_difference() {
        let configs = |a: &str, b: Option<&str>| {
            let mut configs = BTreeMap::from([("a".to_owned(), Some(a.to_owned()))]);
            configs.extend(b.map(|b| ("b".to_owned(), Some(b.to_owned()))));
            configs
        };
        let brokers = BTreeMap::from([(1, configs("x", Some("y"))), (2, configs("x", None))]);
        let found = differences(&brokers);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].values, BTreeMap::from([(1, Some("y".to_owned())), (2, None)]));
    }

    #[test]
    fn a_broker_is_named_first_unless_all_are_meant() {
        let given = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(target(&given(&["1", "a=b"]), false).unwrap().0, ConfigTarget::Broker(NodeId(1)));
        assert_eq!(target(&given(&["a=b"]), true).unwrap().0, ConfigTarget::BrokerDefault);
        assert!(target(&given(&["a=b"]), false).is_err());
        assert!(target(&given(&["1"]), false).is_err());
    }
}

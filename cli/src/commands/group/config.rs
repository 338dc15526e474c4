//! `kr group config`: settings of single groups, such as `consumer.session.timeout.ms` (KIP-848, KIP-932; Kafka
//! 4.0 and newer). Classic groups have none: their members bring their own.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use kr_client::admin::{ConfigEdit, ConfigEntry, ConfigTarget};
use kr_client::safety::Operation;
use kr_client::undo::{ConfigsBefore, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// `ConfigSource.GROUP_CONFIG` on the wire: set on the group itself.
const SET_ON_GROUP: &str = "group";

/// `ConfigResource.Type.GROUP` on the wire.
const GROUP_RESOURCE: i8 = 32;

/// Verbs of `kr group config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the configs of a group
    #[command(alias = "ls")]
    Get(GetArgs),
    /// Set configs of a group
    Set(SetArgs),
    /// Set configs of a group back to what holds for all
    #[command(alias = "rm")]
    Unset(UnsetArgs),
}

/// Arguments of `kr group config get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Only these configs
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr group config set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kr group config set billing consumer.session.timeout.ms=60000")]
pub struct SetArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    group: String,
    /// What to set
    #[arg(value_name = "KEY=VALUE", required = true)]
    configs: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr group config unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    group: String,
    /// What to set back
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    /// Null when it is not set.
    value: Option<String>,
    /// Where the value comes from: group, broker, broker-default, static, default.
    source: &'static str,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.config.get/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "VALUE", "SOURCE"]);
        for row in items {
            let value = Cell::text(row.value.as_deref().unwrap_or("-"));
            table.row([Cell::text(&row.name), value, Cell::text(row.source)]);
        }
        page.table_or(&table, "no configs");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "group config get");

#[derive(Debug, Serialize, JsonSchema)]
struct ChangedRow {
    group: String,
    name: String,
    /// What was set on the group before; null when nothing was.
    before: Option<String>,
    /// What is set on the group now, or would be; null when nothing is.
    after: Option<String>,
}

impl Item for ChangedRow {
    const KIND: &'static str = "kr.group.config.set/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "NAME", "BEFORE", "AFTER"]);
        let text = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or("-"));
        for row in items {
            table.row([Cell::text(&row.group), Cell::text(&row.name), text(&row.before), text(&row.after)]);
        }
        page.table_or(&table, "nothing to change");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(ChangedRow, "group config set", "group config unset");

/// Runs a verb of `kr group config`.
pub async fn run(command: &ConfigCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ConfigCommand::Get(args) => get(args, context).await,
        ConfigCommand::Set(args) => {
            let edits = args.configs.iter().map(|text| edit(text)).collect::<Result<Vec<_>, _>>()?;
            alter(&args.group, &edits, (&args.change, args.output), context).await
        }
        ConfigCommand::Unset(args) => {
            let edits: Vec<(String, Option<String>)> =
                args.keys.iter().map(|key| (key.clone(), None)).collect();
            alter(&args.group, &edits, (&args.change, args.output), context).await
        }
    }
}

fn edit(text: &str) -> Result<(String, Option<String>), CliError> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), Some(value.trim().to_owned())))
        }
        _ => Err(CliError::usage(format!("\"{text}\" is not KEY=VALUE"))),
    }
}

fn source(entry: &ConfigEntry) -> &'static str {
    // Of a group's configs the number that is not known elsewhere is its own.
    match entry.source.name() {
        "other" => SET_ON_GROUP,
        name => name,
    }
}

async fn get(args: &GetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let configs = client.describe_configs(&ConfigTarget::Group(args.group.clone())).await?;
    let is_wanted = |entry: &ConfigEntry| args.keys.is_empty() || args.keys.contains(&entry.name);
    let row = |entry: ConfigEntry| Row { source: source(&entry), name: entry.name, value: entry.value };
    let items: Vec<Row> = configs.into_iter().filter(is_wanted).map(row).collect();
    let missing: Vec<&String> =
        args.keys.iter().filter(|key| !items.iter().any(|row| row.name == **key)).collect();
    if let Some(key) = missing.first() {
        let message = format!("group \"{}\" has no config \"{key}\"", args.group);
        return Err(CliError::failed(message).hint("see which there are with `kr group config get GROUP`"));
    }
    context.show(args.output.output, &Report::of(items))
}

async fn alter(
    group: &str,
    edits: &[(String, Option<String>)],
    (change, output): (&ChangeArgs, OutputArgs),
    context: &mut Context,
) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let target = ConfigTarget::Group(group.to_owned());
    let known = client.describe_configs(&target).await?;
    let own = |key: &str| {
        let entry = known.iter().find(|entry| entry.name == key)?;
        entry.value.clone().filter(|_| source(entry) == SET_ON_GROUP)
    };
    let rows: Vec<ChangedRow> = edits
        .iter()
        .map(|(key, value)| ChangedRow {
            group: group.to_owned(),
            name: key.clone(),
            before: own(key),
            after: value.clone(),
        })
        .collect();
    let wire: Vec<ConfigEdit> = edits
        .iter()
        .map(|(key, value)| match value {
            Some(value) => ConfigEdit::set(key, value),
            None => ConfigEdit::unset(key),
        })
        .collect();
    let changes = [(target, wire)];
    let mut report = Report { applied: Some(!change.dry_run), ..Report::default() };
    // What the controller would refuse is refused before anybody is asked.
    for (_, outcome) in client.alter_configs(&changes, true).await? {
        if let Err(error) = outcome {
            report.failures.push(Failure::of(group, &error));
            return context.show::<ChangedRow>(output.output, &report);
        }
    }
    match change::begin(context, &plan(group, &rows), change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let mut undo = None;
            for (_, outcome) in client.alter_configs(&changes, false).await? {
                match outcome {
                    Ok(()) => undo = Some(way_back(group, &rows)),
                    Err(error) => report.failures.push(Failure::of(group, &error)),
                }
            }
            if undo.is_some() {
                report.items = rows;
            }
            ticket.end(context, &report, undo);
        }
    }
    context.show(output.output, &report)
}

fn plan(group: &str, rows: &[ChangedRow]) -> Plan<'static> {
    let effect = |row: &ChangedRow| {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "not set".to_owned());
        format!("{}: {} -> {}", row.name, text(&row.before), text(&row.after))
    };
    Plan {
        action: format!("change the configs of group \"{group}\""),
        operations: &[Operation::GROUP_CONFIG],
        risk: Risk::Careful,
        effects: rows.iter().map(effect).collect(),
        targets: vec![group.to_owned()],
    }
}

fn way_back(group: &str, rows: &[ChangedRow]) -> Undo {
    let values = |value: fn(&ChangedRow) -> &Option<String>| -> BTreeMap<String, Option<String>> {
        rows.iter().map(|row| (row.name.clone(), value(row).clone())).collect()
    };
    let (before, after) = (values(|row| &row.before), values(|row| &row.after));
    let name = group.to_owned();
    Undo::Configs { resources: vec![ConfigsBefore { resource_type: GROUP_RESOURCE, name, before, after }] }
}

//! Changes configs of anything, key by key (never all keys at once): old and new value first, then the change.

use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigEdit, ConfigEntry, ConfigTarget};
use kr_client::safety::Operation;
use kr_client::undo::{ConfigsBefore, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::name_of;
use super::get::own_source;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::topic::config::plan::loses_records;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Keys of topics whose change may delete records at once.
const LOSSY_KEYS: [&str; 4] = ["retention.ms", "retention.bytes", "delete.retention.ms", "cleanup.policy"];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    /// `topic/NAME`, `broker/ID` and so on.
    entity: String,
    key: String,
    /// What was set there before; null when nothing was, or when it is a secret.
    before: Option<String>,
    /// What is set there after; null when nothing is, or when it is a secret.
    after: Option<String>,
    /// Whether the values are kept secret.
    sensitive: bool,
    /// Whether there was anything to change.
    changed: bool,
}

impl Row {
    fn of(target: &ConfigTarget, edit: &ConfigEdit, configs: &[ConfigEntry]) -> Self {
        let entry = configs.iter().find(|config| config.name == edit.name);
        let source = own_source(target);
        let own = entry.and_then(|entry| {
            let is_own = entry.source == source;
            let synonym = entry.synonyms.iter().find(|synonym| synonym.source == source);
            synonym.map(|s| s.value.clone()).or_else(|| is_own.then(|| entry.value.clone()))
        });
        let is_sensitive = entry.is_some_and(|entry| entry.is_sensitive);
        let before = own.clone().flatten();
        let counts = entry.and_then(|entry| entry.value.as_deref()).unwrap_or_default();
        let after = edit.op.applied_to(Some(counts));
        let changed = match (&own, &after) {
            (None, None) => false,
            (Some(Some(before)), Some(after)) => before != after,
            // A secret may be the same and nobody can tell.
            _ => true,
        };
        Self {
            entity: name_of(target),
            key: edit.name.clone(),
            before,
            after: after.filter(|_| !is_sensitive),
            sensitive: is_sensitive,
            changed,
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.config.set/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ENTITY", "CONFIG", "BEFORE", "AFTER"]);
        for row in items {
            let value = |value: &Option<String>| match value {
                _ if row.sensitive => Cell::text("(secret)"),
                Some(value) => Cell::text(value),
                None => Cell::text("-"),
            };
            table.row([Cell::text(&row.entity), Cell::text(&row.key), value(&row.before), value(&row.after)]);
        }
        page.table_or(&table, "nothing to change");
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(
    Row,
    "config set",
    "config unset",
    "config append",
    "config subtract",
    "broker config set",
    "broker config unset",
    "broker logger set",
    "broker logger reset",
    "client-metrics set",
    "client-metrics delete"
);

/// Changes configs of targets.
pub async fn run(
    changes: Vec<(ConfigTarget, Vec<ConfigEdit>)>,
    change: ChangeArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    run_beside(Vec::new(), changes, change, output, context).await
}

/// Changes configs of targets beside those that failed already.
pub async fn run_beside(
    failures: Vec<Failure>,
    changes: Vec<(ConfigTarget, Vec<ConfigEdit>)>,
    change: ChangeArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut report = Report { items: Vec::new(), failures, applied: Some(!change.dry_run) };
    let (rows, pending, strange) = planned(&client, changes, &mut report).await?;
    for name in strange {
        context.warn(&format!("warning: {name} is no config that the cluster knows"));
    }
    if pending.is_empty() {
        report.items = rows.into_iter().flat_map(|(_, rows)| rows).collect();
        return context.show(output.output, &report);
    }
    let plan = plan(&rows);
    match change::begin(context, &plan, &change).await? {
        Decision::DryRun => {
            let results = client.alter_configs(&pending, true).await?;
            finish(results, rows, &mut report);
        }
        Decision::Go(ticket) => {
            let (ticket, results) = ticket.sent(context, client.alter_configs(&pending, false).await)?;
            let done: Vec<&ConfigTarget> =
                results.iter().filter(|(_, result)| result.is_ok()).map(|(target, _)| target).collect();
            let undo = undo(&rows, &done);
            finish(results, rows, &mut report);
            ticket.end(context, &report, undo);
        }
    }
    context.show(output.output, &report)
}

type Rows = Vec<(ConfigTarget, Vec<Row>)>;
type Pending = Vec<(ConfigTarget, Vec<ConfigEdit>)>;

/// What each edit does, the edits that do anything, and keys that the cluster does not know: brokers take
/// them, for plugins.
async fn planned(
    client: &Client,
    changes: Pending,
    report: &mut Report<Row>,
) -> Result<(Rows, Pending, Vec<String>), CliError> {
    let targets: Vec<ConfigTarget> = changes.iter().map(|(target, _)| target.clone()).collect();
    let detail = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
    let described = client.describe_all_configs(&targets, detail).await?;
    let (mut rows, mut pending, mut strange) = (Rows::new(), Pending::new(), Vec::new());
    for ((target, edits), (_, configs)) in changes.into_iter().zip(described) {
        let configs = match configs {
            Ok(configs) => configs,
            Err(error) => {
                report.failures.push(Failure::of(name_of(&target), &error));
                continue;
            }
        };
        // The defaults of all brokers and loggers list only what is set.
        if matches!(target, ConfigTarget::Topic(_) | ConfigTarget::Broker(_)) {
            let unknown = edits.iter().filter(|edit| !configs.iter().any(|config| config.name == edit.name));
            strange.extend(unknown.map(|edit| format!("{} of {}", edit.name, name_of(&target))));
        }
        let row = |edit: &ConfigEdit| Row::of(&target, edit, &configs);
        let of_target: Vec<Row> = edits.iter().map(row).collect();
        let changing = edits.into_iter().zip(&of_target).filter(|(_, row)| row.changed);
        let changing: Vec<ConfigEdit> = changing.map(|(edit, _)| edit).collect();
        if !changing.is_empty() {
            pending.push((target.clone(), changing));
        }
        rows.push((target, of_target));
    }
    Ok((rows, pending, strange))
}

fn finish(results: Vec<(ConfigTarget, Result<(), kr_client::Error>)>, rows: Rows, report: &mut Report<Row>) {
    let mut failed = Vec::new();
    for (target, result) in results {
        if let Err(error) = result {
            report.failures.push(Failure::of(name_of(&target), &error));
            failed.push(target);
        }
    }
    let done = rows.into_iter().filter(|(target, _)| !failed.contains(target));
    report.items = done.flat_map(|(_, rows)| rows).collect();
}

fn operation(target: &ConfigTarget) -> Operation {
    match target {
        ConfigTarget::Topic(_) => Operation::TOPIC_CONFIG,
        ConfigTarget::Broker(_) | ConfigTarget::BrokerDefault => Operation::BROKER_CONFIG,
        ConfigTarget::BrokerLogger(_) => Operation::BROKER_LOGGER,
        ConfigTarget::ClientMetrics(_) => Operation::CLIENT_METRICS,
        ConfigTarget::Group(_) => Operation::GROUP_CONFIG,
    }
}

fn plan(rows: &Rows) -> Plan<'static> {
    let changed: Vec<(&ConfigTarget, &Row)> = rows
        .iter()
        .flat_map(|(target, rows)| rows.iter().map(move |row| (target, row)))
        .filter(|(_, row)| row.changed)
        .collect();
    let value = |row: &Row, value: &Option<String>| match value {
        _ if row.sensitive => "(secret)".to_owned(),
        Some(value) => value.clone(),
        None => "not set".to_owned(),
    };
    let effect = |(_, row): &(&ConfigTarget, &Row)| {
        format!("{}: {}: {} -> {}", row.entity, row.key, value(row, &row.before), value(row, &row.after))
    };
    let loses = |(target, row): &(&ConfigTarget, &Row)| match (target, &row.before, &row.after) {
        (ConfigTarget::Topic(_), Some(before), Some(after)) => loses_records(&row.key, before, after),
        // What counts without it is not known here.
        (ConfigTarget::Topic(_), ..) => LOSSY_KEYS.contains(&row.key.as_str()),
        _ => false,
    };
    let mut effects: Vec<String> = changed.iter().map(effect).collect();
    let is_lossy = changed.iter().any(loses);
    if is_lossy {
        effects.push("records that are kept no longer will be deleted".to_owned());
    }
    let count = if changed.len() == 1 { "1 config".to_owned() } else { format!("{} configs", changed.len()) };
    Plan {
        action: format!("change {count}"),
        // One run changes one type of thing, so the first target says it for all.
        operations: match rows.first().map(|(target, _)| operation(target)) {
            Some(Operation::TOPIC_CONFIG) => &[Operation::TOPIC_CONFIG],
            Some(Operation::BROKER_LOGGER) => &[Operation::BROKER_LOGGER],
            Some(Operation::CLIENT_METRICS) => &[Operation::CLIENT_METRICS],
            Some(Operation::GROUP_CONFIG) => &[Operation::GROUP_CONFIG],
            _ => &[Operation::BROKER_CONFIG],
        },
        risk: if is_lossy { Risk::Lossy } else { Risk::Careful },
        effects,
        targets: rows.iter().map(|(target, _)| name_of(target)).collect(),
    }
}

/// The way back; none for secrets, whose values nobody is told.
fn undo(rows: &Rows, done: &[&ConfigTarget]) -> Option<Undo> {
    let mut resources = Vec::new();
    for (target, rows) in rows.iter().filter(|(target, _)| done.contains(&target)) {
        let (resource_type, name) = target.resource();
        let known = || rows.iter().filter(|row| row.changed && !row.sensitive);
        if known().next().is_some() {
            resources.push(ConfigsBefore {
                resource_type,
                name,
                before: known().map(|row| (row.key.clone(), row.before.clone())).collect(),
                after: known().map(|row| (row.key.clone(), row.after.clone())).collect(),
            });
        }
    }
    (!resources.is_empty()).then_some(Undo::Configs { resources })
}

#[cfg(test)]
mod tests {
    use kr_client::admin::{ConfigOp, ConfigSource, ConfigSynonym};
    use kr_wire::ids::NodeId;

    use super::*;

    fn entry(value: Option<&str>, source: ConfigSource, synonyms: &[(&str, ConfigSource)]) -> ConfigEntry {
        let synonym = |(value, source): &(&str, ConfigSource)| ConfigSynonym {
            name: "k".to_owned(),
            value: Some((*value).to_owned()),
            source: *source,
        };
        ConfigEntry {
            name: "k".to_owned(),
            value: value.map(str::to_owned),
            source,
            is_sensitive: value.is_none(),
            is_read_only: false,
            synonyms: synonyms.iter().map(synonym).collect(),
            value_type: None,
            documentation: None,
        }
    }

    #[test]
    fn what_is_set_elsewhere_is_not_set_here() {
        let default = entry(Some("5"), ConfigSource::BrokerDefault, &[("5", ConfigSource::BrokerDefault)]);
        let row = Row::of(
            &ConfigTarget::Broker(NodeId(1)),
            &ConfigEdit::set("k", "5"),
            std::slice::from_ref(&default),
        );
        assert_eq!((row.before, row.after.as_deref(), row.changed), (None, Some("5"), true));
        let row = Row::of(
            &ConfigTarget::Broker(NodeId(1)),
            &ConfigEdit::unset("k"),
            std::slice::from_ref(&default),
        );
        assert!(!row.changed);
    }

    #[test]
    fn a_value_that_is_overridden_elsewhere_is_still_found() {
        let both = [("7", ConfigSource::Broker), ("5", ConfigSource::BrokerDefault)];
        let entry = entry(Some("7"), ConfigSource::Broker, &both);
        let row = Row::of(&ConfigTarget::BrokerDefault, &ConfigEdit::set("k", "5"), &[entry]);
        assert_eq!((row.before.as_deref(), row.changed), (Some("5"), false));
    }

    #[test]
    fn a_secret_is_changed_and_not_shown() {
        let secret = entry(None, ConfigSource::Broker, &[]);
        let row = Row::of(&ConfigTarget::Broker(NodeId(1)), &ConfigEdit::set("k", "geheim"), &[secret]);
        assert_eq!((row.before, row.after, row.changed), (None, None, true));
    }

    /// Users' complaint 33: lists are changed item by item.
    #[test]
    fn items_are_added_and_taken_one_by_one() {
        let list = entry(Some("a,b"), ConfigSource::Topic, &[]);
        let target = ConfigTarget::Topic("t".to_owned());
        let after = |op| {
            Row::of(&target, &ConfigEdit { name: "k".to_owned(), op }, std::slice::from_ref(&list)).after
        };
        assert_eq!(after(ConfigOp::Append("b,c".to_owned())).as_deref(), Some("a,b,c"));
        assert_eq!(after(ConfigOp::Subtract("a".to_owned())).as_deref(), Some("b"));
    }
}

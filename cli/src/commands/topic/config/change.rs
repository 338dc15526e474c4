//! `kr topic config set|unset|append|subtract`: shows old and new of each key, changes key by key, reads back.
//!
//! Only IncrementalAlterConfigs is used (KIP-339). Brokers older than 2.3 lack it and are refused: the older
//! AlterConfigs sets all keys at once, and would undo what others set between reading and writing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Args;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigEdit, ConfigEntry, ConfigOp, ConfigTarget};
use kr_client::calls::Call;
use kr_client::cluster_view::Topic;
use kr_client::safety::Operation;
use kr_client::undo::{ConfigsBefore, Undo};
use kr_wire::messages::IncrementalAlterConfigsRequest;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::select::{TopicSelection, counted};
use super::plan::KeyChange;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// How long the cluster may take to show what it has accepted: brokers learn of it from the metadata log.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// How long between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

const SET_EXAMPLES: &str = "\
Examples:
  kr topic config set orders retention.ms=86400000
  kr topic config set orders payments retention.ms=86400000 cleanup.policy=compact --dry-run";

/// Arguments of `kr topic config set`.
#[derive(Debug, Args)]
#[command(after_help = SET_EXAMPLES)]
pub struct SetArgs {
    #[command(flatten)]
    pairs: PairArgs,
}

/// Arguments of `kr topic config append`.
#[derive(Debug, Args)]
pub struct AppendArgs {
    #[command(flatten)]
    pairs: PairArgs,
}

/// Arguments of `kr topic config subtract`.
#[derive(Debug, Args)]
pub struct SubtractArgs {
    #[command(flatten)]
    pairs: PairArgs,
}

/// Topics, and keys with values: what has a `=` in it is no name of a topic.
#[derive(Debug, Args)]
struct PairArgs {
    /// Topics, then keys with their values
    #[arg(value_name = "TOPIC.. KEY=VALUE..", required = true)]
    given: Vec<String>,
    #[command(flatten)]
    rest: RestArgs,
}

/// Arguments of `kr topic config unset`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kr topic config unset orders retention.ms
  kr topic config unset orders -t payments retention.ms cleanup.policy")]
pub struct UnsetArgs {
    /// The topic; more of them with -t
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Keys
    #[arg(value_name = "KEY", required = true)]
    keys: Vec<String>,
    #[command(flatten)]
    rest: RestArgs,
}

#[derive(Debug, Args)]
struct RestArgs {
    /// Another topic; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Take topics as regular expressions that match whole names
    #[arg(long, conflicts_with = "prefix")]
    regex: bool,
    /// Take topics as the beginning of names
    #[arg(long)]
    prefix: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What happened to one key of one topic.
#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    key: String,
    /// The value that counted before; null when it was not known.
    before: Option<String>,
    /// The value that counts now, as read back; of a dry run, the value that would count.
    after: Option<String>,
    /// What was set on the topic itself before; null when nothing was.
    own_before: Option<String>,
    /// What is set on the topic itself now; null when nothing is.
    own_after: Option<String>,
    /// Whether anything had to be changed.
    changed: bool,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Row {
    fn of(topic: &str, change: &KeyChange, is_dry_run: bool) -> Self {
        let (after, own_after) = match change.is_idle() {
            true => (&change.before, &change.own_before),
            false => (&change.after, &change.own_after),
        };
        Self {
            topic: topic.to_owned(),
            key: change.key.clone(),
            before: change.before.clone(),
            after: after.clone(),
            own_before: change.own_before.clone(),
            own_after: own_after.clone(),
            changed: !change.is_idle(),
            is_dry_run,
        }
    }

    fn outcome(&self) -> &'static str {
        match (self.changed, self.is_dry_run) {
            (false, _) => "unchanged",
            (true, true) => "would be changed",
            (true, false) => "changed",
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.config.change/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "CONFIG", "OLD", "NEW", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::text(&row.key),
                Cell::text(shown(row.before.as_ref(), row.own_before.is_none())),
                Cell::text(shown(row.after.as_ref(), row.own_after.is_none())),
                Cell::text(row.outcome()),
            ]);
        }
        page.table_or(&table, "nothing to change");
    }

    fn name(&self) -> String {
        format!("{}:{}", self.topic, self.key)
    }
}

published!(Row, "topic config set", "topic config unset", "topic config append", "topic config subtract");

/// A value for people; one that is not set on the topic is marked.
fn shown(value: Option<&String>, is_default: bool) -> String {
    match (value, is_default) {
        (Some(value), true) => format!("{value} (default)"),
        (Some(value), false) if value.is_empty() => "(empty)".to_owned(),
        (Some(value), false) => value.clone(),
        // Some defaults are made of several keys of the broker and not told.
        (None, true) => "the default".to_owned(),
        (None, false) => "unknown".to_owned(),
    }
}

/// Runs `kr topic config set`.
pub async fn set(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    run_pairs(&args.pairs, ConfigOp::Set, context).await
}

/// Runs `kr topic config append`.
pub async fn append(args: &AppendArgs, context: &mut Context) -> Result<Exit, CliError> {
    run_pairs(&args.pairs, ConfigOp::Append, context).await
}

/// Runs `kr topic config subtract`.
pub async fn subtract(args: &SubtractArgs, context: &mut Context) -> Result<Exit, CliError> {
    run_pairs(&args.pairs, ConfigOp::Subtract, context).await
}

/// Runs `kr topic config unset`.
pub async fn unset(args: &UnsetArgs, context: &mut Context) -> Result<Exit, CliError> {
    if let Some(pair) = args.keys.iter().find(|key| key.contains('=')) {
        return Err(CliError::usage(format!("\"{pair}\" is no key"))
            .hint("unset takes keys alone; `kr topic config set` takes KEY=VALUE"));
    }
    let edits = args.keys.iter().map(ConfigEdit::unset).collect();
    run(vec![args.topic.clone()], edits, &args.rest, context).await
}

async fn run_pairs(
    args: &PairArgs,
    op: fn(String) -> ConfigOp,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let mut names = Vec::new();
    let mut edits: Vec<ConfigEdit> = Vec::new();
    for given in &args.given {
        match given.split_once('=') {
            Some((key, value)) => {
                edits.retain(|edit| edit.name != key);
                edits.push(ConfigEdit { name: key.to_owned(), op: op(value.to_owned()) });
            }
            None => names.push(given.clone()),
        }
    }
    if edits.is_empty() {
        return Err(CliError::usage("no KEY=VALUE is given"));
    }
    run(names, edits, &args.rest, context).await
}

async fn run(
    mut names: Vec<String>,
    edits: Vec<ConfigEdit>,
    args: &RestArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    names.extend(args.topics.iter().cloned());
    let selection = TopicSelection::of(names, args.regex, args.prefix);
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let mut topics = Vec::new();
    for (name, topic) in selection.find(context, false).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let client = context.client().await?;
    require_incremental(&client).await?;
    let changes = planned(&client, &topics, &edits, &mut report.failures).await?;
    let rows = |(topic, changes): &(Topic, Vec<KeyChange>)| {
        changes.iter().map(|change| Row::of(&topic.name, change, is_dry_run)).collect::<Vec<_>>()
    };
    report.items = changes.iter().flat_map(rows).collect();
    let pending = to_send(&changes);
    if pending.is_empty() && !is_dry_run {
        return context.show(args.output.output, &report);
    }
    warn_of_min_isr(&changes, context);
    match change::begin(context, &plan(&changes), &args.change).await? {
        Decision::DryRun => {
            let results =
                if pending.is_empty() { Vec::new() } else { client.alter_configs(&pending, true).await? };
            drop_failed(results, &mut report);
        }
        Decision::Go(ticket) => {
            let results = match client.alter_configs(&pending, false).await {
                Ok(results) => results,
                Err(error) => {
                    let error = CliError::from(error);
                    ticket.fail(context, &error);
                    return Err(error);
                }
            };
            drop_failed(results, &mut report);
            read_back(&client, &changes, &mut report, context).await;
            let undo = undo(&changes, &report);
            ticket.end(context, &report, undo);
        }
    }
    context.show(args.output.output, &report)
}

/// Refuses clusters where configs can only be changed all at once.
async fn require_incremental(client: &Client) -> Result<(), CliError> {
    let versions = client.node_versions(kr_client::Route::Any).await?;
    if versions.range(IncrementalAlterConfigsRequest::KEY).is_some() {
        return Ok(());
    }
    Err(CliError::failed("cannot change configs: these brokers are older than Kafka 2.3")
        .hint("they can only set all keys of a topic at once, which undoes what others set meanwhile"))
}

async fn planned(
    client: &Client,
    topics: &[Topic],
    edits: &[ConfigEdit],
    failures: &mut Vec<Failure>,
) -> Result<Vec<(Topic, Vec<KeyChange>)>, CliError> {
    let detail = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
    let configs = super::read(client, topics, detail, failures).await?;
    let change = |(topic, configs): (Topic, Vec<ConfigEntry>)| {
        let changes = edits.iter().map(|edit| KeyChange::of(edit, &configs)).collect();
        (topic, changes)
    };
    Ok(configs.into_iter().map(change).collect())
}

/// The edits that change something.
fn to_send(changes: &[(Topic, Vec<KeyChange>)]) -> Vec<(ConfigTarget, Vec<ConfigEdit>)> {
    let edits = |(topic, changes): &(Topic, Vec<KeyChange>)| {
        let edits: Vec<_> = changes.iter().filter(|c| !c.is_idle()).map(|c| c.edit.clone()).collect();
        (!edits.is_empty()).then(|| (ConfigTarget::Topic(topic.name.clone()), edits))
    };
    changes.iter().filter_map(edits).collect()
}

fn plan(changes: &[(Topic, Vec<KeyChange>)]) -> Plan<'static> {
    let mut effects = Vec::new();
    let mut risk = Risk::Careful;
    let mut targets = Vec::new();
    for (topic, changes) in changes {
        for change in changes.iter().filter(|change| !change.is_idle()) {
            let old = shown(change.before.as_ref(), change.own_before.is_none());
            let new = shown(change.after.as_ref(), change.own_after.is_none());
            let loss = if change.loses_records() { "; older records will be deleted" } else { "" };
            effects.push(format!("{}: {}: {old} -> {new}{loss}", topic.name, change.key));
            if change.loses_records() {
                risk = Risk::Lossy;
            }
        }
        targets.push(topic.name.clone());
    }
    let keys = counted(effects.len(), "config");
    let action = format!("change {keys} of {}", counted(targets.len(), "topic"));
    Plan { action, operations: &[Operation::TOPIC_CONFIG], risk, effects, targets }
}

/// More replicas in sync than there are replicas can never be.
fn warn_of_min_isr(changes: &[(Topic, Vec<KeyChange>)], context: &mut Context) {
    for (topic, changes) in changes {
        let wanted = changes.iter().find(|change| change.key == "min.insync.replicas");
        let wanted = wanted.and_then(|change| change.after.as_ref()?.parse::<usize>().ok());
        let replicas = topic.partitions.iter().map(|partition| partition.replicas.len()).min().unwrap_or(0);
        if let Some(wanted) = wanted.filter(|wanted| *wanted > replicas) {
            let name = &topic.name;
            context.warn(&format!(
                "warning: topic \"{name}\" has {replicas} replicas: with min.insync.replicas={wanted} nobody \
                 can write to it with acks=all"
            ));
        }
    }
}

/// Takes rows out that failed.
fn drop_failed(results: Vec<(ConfigTarget, Result<(), kr_client::Error>)>, report: &mut Report<Row>) {
    for (target, result) in results {
        let (ConfigTarget::Topic(name), Err(error)) = (target, result) else { continue };
        report.items.retain(|row| row.topic != name);
        report.failures.push(Failure::of(name, &error));
    }
}

/// Looks until the cluster shows what was set, and puts what it shows into the report.
async fn read_back(
    client: &Client,
    changes: &[(Topic, Vec<KeyChange>)],
    report: &mut Report<Row>,
    context: &mut Context,
) {
    let is_done = |topic: &Topic| report.items.iter().any(|row| row.topic == topic.name && row.changed);
    let topics: Vec<Topic> = changes.iter().map(|(topic, _)| topic).filter(|t| is_done(t)).cloned().collect();
    let wanted: BTreeMap<(&str, &str), Option<&String>> = changes
        .iter()
        .flat_map(|(topic, changes)| {
            changes.iter().map(|c| ((topic.name.as_str(), c.key.as_str()), c.own_after.as_ref()))
        })
        .collect();
    let began = Instant::now();
    loop {
        let detail = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
        let Ok(read) = super::read(client, &topics, detail, &mut Vec::new()).await else { return };
        let mut is_as_wanted = true;
        for (topic, configs) in &read {
            for row in report.items.iter_mut().filter(|row| row.topic == topic.name) {
                let entry = configs.iter().find(|entry| entry.name == row.key);
                row.after = entry.and_then(|entry| entry.value.clone());
                row.own_after = entry.and_then(super::own).map(str::to_owned);
                let wanted = wanted.get(&(row.topic.as_str(), row.key.as_str())).copied().flatten();
                // Values that brokers keep secret cannot be compared.
                let is_secret = entry.is_some_and(|entry| entry.is_sensitive);
                is_as_wanted &= is_secret || row.own_after.as_ref() == wanted;
            }
        }
        if is_as_wanted {
            return;
        }
        if began.elapsed() >= SHOWN_WITHIN {
            context.warn("warning: the cluster accepted the change and shows other values: somebody else changed them, or a broker lags");
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn undo(changes: &[(Topic, Vec<KeyChange>)], report: &Report<Row>) -> Option<Undo> {
    let mut resources = Vec::new();
    for (topic, changes) in changes {
        let is_done = report.items.iter().any(|row| row.topic == topic.name);
        let sent: Vec<&KeyChange> = changes.iter().filter(|change| !change.is_idle()).collect();
        if !is_done || sent.is_empty() {
            continue;
        }
        let side = |own: fn(&KeyChange) -> &Option<String>| {
            sent.iter().map(|change| (change.key.clone(), own(change).clone())).collect()
        };
        resources.push(ConfigsBefore {
            resource_type: ConfigTarget::Topic(String::new()).resource().0,
            name: topic.name.clone(),
            before: side(|change| &change.own_before),
            after: side(|change| &change.own_after),
        });
    }
    (!resources.is_empty()).then_some(Undo::Configs { resources })
}

//! `kr topic config diff`: keys set on a topic against the defaults, or the keys in which two topics differ.
//!
//! Keys that nobody set are never a difference, so that defaults that change with a version are no drift.

use clap::Args;
use kr_client::admin::{ConfigDetail, ConfigEntry};
use schemars::JsonSchema;
use serde::Serialize;

use super::{fallback, own};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr topic config diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kr topic config diff orders
  kr topic config diff orders orders-copy

Exits with 3 when there is a difference.")]
pub struct DiffArgs {
    /// The topic
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Another topic; without it the defaults are compared
    #[arg(value_name = "OTHER")]
    other: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// A key with two values.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    key: String,
    topic: String,
    /// The value that counts on the topic.
    value: Option<String>,
    /// The other topic; null when the default is compared.
    other: Option<String>,
    /// The value that counts on the other topic, or the default.
    other_value: Option<String>,
    /// Where the other value comes from.
    other_source: Option<&'static str>,
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.config.diff/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table =
            Table::new(["CONFIG", "TOPIC", "VALUE", "COMPARED WITH", "VALUE THERE", "SOURCE THERE"]);
        for row in items {
            let value = |value: &Option<String>| Cell::text(value.as_deref().unwrap_or("-"));
            table.row([
                Cell::text(&row.key),
                Cell::text(&row.topic),
                value(&row.value),
                Cell::text(row.other.as_deref().unwrap_or("the default")),
                value(&row.other_value),
                Cell::text(row.other_source.unwrap_or("-")),
            ]);
        }
        page.table_or(&table, "no difference");
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(Row, "topic config diff");

/// Runs `kr topic config diff`.
pub async fn run(args: &DiffArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let names: Vec<&str> =
        [Some(&args.topic), args.other.as_ref()].into_iter().flatten().map(|n| &**n).collect();
    let mut report = Report::default();
    let mut topics = Vec::new();
    for (name, topic) in client.describe_topics(&names).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let detail = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
    let read = super::read(&client, &topics, detail, &mut report.failures).await?;
    if report.failures.is_empty() {
        report.items = match read.as_slice() {
            [(topic, configs)] => against_defaults(&topic.name, configs),
            [(topic, configs), (other, theirs)] => between(&topic.name, configs, &other.name, theirs),
            _ => Vec::new(),
        };
    }
    let differs = !report.items.is_empty();
    let exit = context.show(args.output.output, &report)?;
    Ok(if differs && exit == Exit::DONE { Exit::CONDITION } else { exit })
}

/// Keys set on the topic whose value is another one than would count without.
fn against_defaults(topic: &str, configs: &[ConfigEntry]) -> Vec<Row> {
    let row = |entry: &ConfigEntry| {
        own(entry)?;
        let default = fallback(entry);
        (entry.value.as_deref() != default.map(|(value, _)| value)).then(|| Row {
            key: entry.name.clone(),
            topic: topic.to_owned(),
            value: entry.value.clone(),
            other: None,
            other_value: default.map(|(value, _)| value.to_owned()),
            other_source: default.map(|(_, source)| source.name()),
        })
    };
    configs.iter().filter_map(row).collect()
}

/// Keys set on one of the topics that count differently on the two.
fn between(topic: &str, configs: &[ConfigEntry], other: &str, theirs: &[ConfigEntry]) -> Vec<Row> {
    let row = |entry: &ConfigEntry| {
        let their = theirs.iter().find(|their| their.name == entry.name)?;
        let is_set = own(entry).is_some() || own(their).is_some();
        (is_set && entry.value != their.value).then(|| Row {
            key: entry.name.clone(),
            topic: topic.to_owned(),
            value: entry.value.clone(),
            other: Some(other.to_owned()),
            other_value: their.value.clone(),
            other_source: Some(their.source.name()),
        })
    };
    configs.iter().filter_map(row).collect()
}

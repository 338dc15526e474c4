//! `kr topic config get`: values with their source; everything there is to know with `-o wide` or JSON.

use clap::Args;
use kr_client::admin::{ConfigDetail, ConfigEntry, ConfigSource};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::select::TopicSelection;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr topic config get orders
  kr topic config get orders --all -o wide
  kr topic config get orders payments -k retention.ms";

/// Arguments of `kr topic config get`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GetArgs {
    #[command(flatten)]
    topics: TopicSelection,
    /// Also configs that are not set on the topic
    #[arg(long)]
    all: bool,
    /// Only this key, wherever its value comes from; may be repeated
    #[arg(short = 'k', long = "key", value_name = "KEY", value_delimiter = ',')]
    keys: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Configs of one topic.
#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    configs: Vec<ConfigRow>,
}

/// One config as it is printed; also by `kr topic describe`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfigRow {
    /// The key.
    pub name: String,
    /// The value that counts; null when it is a secret or not set.
    pub value: Option<String>,
    /// Where it comes from: topic, broker, broker-default, static, default.
    pub source: &'static str,
    /// Whether the value is kept secret.
    pub sensitive: bool,
    /// Whether it cannot be changed while the brokers run.
    pub read_only: bool,
    /// `boolean`, `int`, `list` and so on; null on clusters older than 2.6.
    #[serde(rename = "type")]
    pub value_type: Option<&'static str>,
    /// Every place that sets it, what counts first.
    pub synonyms: Vec<SynonymRow>,
    /// What it is for; null on clusters older than 2.6.
    pub documentation: Option<String>,
}

/// One place that sets a config.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SynonymRow {
    name: String,
    value: Option<String>,
    source: &'static str,
}

impl From<ConfigEntry> for ConfigRow {
    fn from(entry: ConfigEntry) -> Self {
        let synonyms = entry.synonyms.into_iter().map(|synonym| SynonymRow {
            name: synonym.name,
            value: synonym.value,
            source: synonym.source.name(),
        });
        Self {
            name: entry.name,
            value: entry.value,
            source: entry.source.name(),
            sensitive: entry.is_sensitive,
            read_only: entry.is_read_only,
            value_type: entry.value_type,
            synonyms: synonyms.collect(),
            documentation: entry.documentation,
        }
    }
}

impl ConfigRow {
    /// The value for people.
    pub fn shown(&self) -> &str {
        match (&self.value, self.sensitive) {
            (_, true) => "(secret)",
            (Some(value), _) => value,
            (None, _) => "-",
        }
    }

    fn synonyms(&self) -> String {
        let one = |synonym: &SynonymRow| {
            format!("{}={} ({})", synonym.name, synonym.value.as_deref().unwrap_or("-"), synonym.source)
        };
        self.synonyms.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A table of the configs of topics: one head, whatever their number.
pub fn table<'a>(configs: impl IntoIterator<Item = (&'a str, &'a ConfigRow)>) -> Table {
    let mut table =
        Table::new(["TOPIC", "CONFIG", "VALUE", "SOURCE", "TYPE", "SYNONYMS", "DOCUMENTATION"]).wide_after(4);
    for (topic, row) in configs {
        table.row([
            Cell::text(topic),
            Cell::text(&row.name),
            Cell::text(row.shown()),
            Cell::text(row.source),
            Cell::text(row.value_type.unwrap_or("-")),
            Cell::text(row.synonyms()),
            Cell::text(row.documentation.as_deref().unwrap_or("-")),
        ]);
    }
    table
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.config.get/v1";

    fn write(items: &[Self], page: &mut Page) {
        let rows = items.iter().flat_map(|item| item.configs.iter().map(|row| (item.topic.as_str(), row)));
        page.table_or(&table(rows), "nothing is set on the topic; --all shows the defaults");
    }

    fn name(&self) -> String {
        self.topic.clone()
    }
}

published!(Row, "topic config get");

/// Runs `kr topic config get`.
pub async fn run(args: &GetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut report = Report::default();
    let mut topics = Vec::new();
    for (name, topic) in args.topics.find(context, false).await? {
        match topic {
            Ok(topic) => topics.push(topic),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let client = context.client().await?;
    let detail = ConfigDetail { synonyms: true, documentation: true, keys: None };
    for (topic, configs) in super::read(&client, &topics, detail, &mut report.failures).await? {
        let is_wanted = |config: &ConfigEntry| match args.keys.as_slice() {
            [] => args.all || config.source == ConfigSource::Topic,
            keys => keys.contains(&config.name),
        };
        for key in args.keys.iter().filter(|key| !configs.iter().any(|config| config.name == **key)) {
            context.warn(&format!("warning: topic \"{}\" has no config \"{key}\"", topic.name));
        }
        let configs = configs.into_iter().filter(is_wanted).map(ConfigRow::from).collect();
        report.items.push(Row { topic: topic.name, configs });
    }
    context.show(args.output.output, &report)
}

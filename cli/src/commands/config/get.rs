//! Shows configs of anything: what is set on it, or all that counts there.

use clap::Args;
use kr_client::admin::{ConfigDetail, ConfigEntry, ConfigSource, ConfigTarget};
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::name_of;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Which configs are shown.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectArgs {
    /// Also those that come from somewhere else, and the defaults
    #[arg(long)]
    pub all: bool,
    /// Only this key, wherever its value comes from; may be repeated
    #[arg(short = 'k', long = "key", value_name = "KEY", value_delimiter = ',')]
    pub keys: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// `topic/NAME`, `broker/ID` and so on.
    entity: String,
    key: String,
    /// The value that counts; null when it is a secret or not set.
    value: Option<String>,
    /// Where it comes from: `topic`, `group`, `client-metrics`, `broker-logger`, `broker`, `broker-default`,
    /// `static` (the broker's file) or `default`.
    source: &'static str,
    /// Whether the value is kept secret.
    sensitive: bool,
    /// Whether it cannot be changed while the node runs.
    read_only: bool,
    /// What counts if it is not set here: the next value, or `KEY=VALUE` when another key gives it.
    otherwise: Option<String>,
    /// What it is for; null on clusters older than 2.6.
    documentation: Option<String>,
}

impl Row {
    fn of(target: &ConfigTarget, config: ConfigEntry) -> Self {
        let next = config.synonyms.iter().find(|synonym| synonym.source != config.source);
        Self {
            entity: name_of(target),
            otherwise: next.and_then(|synonym| match &synonym.value {
                // `log.retention.hours` stands in for `log.retention.ms`, in another unit.
                Some(value) if synonym.name != config.name => Some(format!("{}={value}", synonym.name)),
                value => value.clone(),
            }),
            key: config.name,
            value: config.value,
            source: config.source.name(),
            sensitive: config.is_sensitive,
            read_only: config.is_read_only,
            documentation: config.documentation,
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.config.get/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ENTITY", "CONFIG", "VALUE", "SOURCE", "OTHERWISE"]);
        for row in items {
            let value = match (&row.value, row.sensitive) {
                (_, true) => "(secret)",
                (Some(value), _) => value,
                (None, _) => "-",
            };
            table.row([
                Cell::text(&row.entity),
                Cell::text(&row.key),
                Cell::text(value),
                Cell::text(row.source),
                Cell::text(row.otherwise.as_deref().unwrap_or("-")),
            ]);
        }
        page.table_or(&table, "nothing is set; --all shows what counts");
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(Row, "config get", "broker config get", "broker logger list", "client-metrics describe");

/// Where a value comes from that is set on the target itself.
pub fn own_source(target: &ConfigTarget) -> ConfigSource {
    match target {
        ConfigTarget::Topic(_) => ConfigSource::Topic,
        ConfigTarget::Broker(_) => ConfigSource::Broker,
        ConfigTarget::BrokerDefault => ConfigSource::BrokerDefault,
        ConfigTarget::BrokerLogger(_) => ConfigSource::BrokerLogger,
        ConfigTarget::ClientMetrics(_) => ConfigSource::ClientMetrics,
        ConfigTarget::Group(_) => ConfigSource::Group,
    }
}

/// Shows configs of targets.
pub async fn run(
    targets: &[ConfigTarget],
    select: &SelectArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    run_beside(Vec::new(), targets, select, output, context).await
}

/// Shows configs of targets beside those that failed already.
pub async fn run_beside(
    failures: Vec<Failure>,
    targets: &[ConfigTarget],
    select: &SelectArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let synonyms = ConfigDetail { synonyms: true, ..ConfigDetail::default() };
    let detail = ConfigDetail { documentation: true, ..synonyms };
    let mut report = Report { failures, ..Report::default() };
    for (target, configs) in client.describe_all_configs(targets, detail).await? {
        let configs = match configs {
            Ok(configs) => configs,
            Err(error) => {
                report.failures.push(Failure::of(name_of(&target), &error));
                continue;
            }
        };
        for key in select.keys.iter().filter(|key| !configs.iter().any(|config| config.name == **key)) {
            context.warn(&format!("warning: {target} has no config \"{key}\""));
        }
        let own = own_source(&target);
        let is_wanted = |config: &ConfigEntry| match select.keys.as_slice() {
            [] => select.all || config.source == own,
            keys => keys.contains(&config.name),
        };
        report.items.extend(configs.into_iter().filter(is_wanted).map(|config| Row::of(&target, config)));
    }
    context.show(output.output, &report)
}

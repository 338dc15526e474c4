//! `kr throttle list`: rates of brokers and replicas of topics, and whether a reassignment stands behind them.

use clap::Args;
use kr_client::admin::ConfigTarget;
use schemars::JsonSchema;
use serde::Serialize;

use super::find;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr throttle list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those that no reassignment stands behind
    #[arg(long)]
    stale: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A throttle.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// `broker` or `topic`.
    kind: &'static str,
    /// Id of the broker or name of the topic.
    pub name: String,
    /// The config.
    pub key: String,
    /// Bytes per second of a broker, `PARTITION:BROKER` with commas between or `*` of a topic.
    value: String,
    /// Whether no reassignment stands behind it.
    stale: bool,
}

impl Row {
    /// The row of a throttle.
    pub(super) fn of(found: &super::Found) -> Self {
        let (kind, name) = match &found.target {
            ConfigTarget::Topic(name) => ("topic", name.clone()),
            target => ("broker", target.resource().1),
        };
        Self { kind, name, key: found.key.clone(), value: found.value.clone(), stale: found.is_stale }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.throttle.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["KIND", "NAME", "CONFIG", "VALUE", "STALE"]);
        for row in items {
            let value = match (row.kind, row.value.parse()) {
                ("broker", Ok(rate)) => format!("{}/s", human_bytes(rate)),
                _ => row.value.clone(),
            };
            let stale = Cell::text(if row.stale { "yes" } else { "no" });
            table.row([
                Cell::text(row.kind),
                Cell::text(&row.name),
                Cell::text(&row.key),
                Cell::text(value),
                if row.stale { stale.styled(Style::Warning) } else { stale },
            ]);
        }
        page.table_or(&table, "nothing is throttled");
    }

    fn name(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

published!(Row, "throttle list");

/// Runs `kr throttle list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let (found, failures) = find(&client).await?;
    let found = found.iter().filter(|throttle| throttle.is_stale || !args.stale);
    let report = Report { items: found.map(Row::of).collect(), failures, applied: None };
    context.show(args.output.output, &report)
}

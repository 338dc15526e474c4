//! `kr group list`: all groups of all coordinators.

use clap::Args;
use kr_client::admin::GroupListing;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};

/// Arguments of `kr group list`.
#[derive(Debug, Default, Args)]
pub struct ListArgs {
    /// Only groups in these states: Stable, Empty, ...
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<String>,
    /// Only groups of these types: classic, consumer, share, streams
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl ListArgs {
    /// A list of everything.
    pub fn of(output: OutputArgs) -> Self {
        Self { output, ..Self::default() }
    }

    fn wants(&self, row: &Row) -> bool {
        let is_in = |wanted: &[String], value: &Option<String>| {
            let value = value.as_deref().unwrap_or_default();
            wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        is_in(&self.state, &row.state) && is_in(&self.types, &row.group_type)
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    #[serde(rename = "type")]
    group_type: Option<String>,
    state: Option<String>,
    protocol_type: String,
    coordinator: i32,
}

impl Row {
    fn of(group: GroupListing) -> Self {
        let GroupListing { id, protocol_type, state, group_type, coordinator } = group;
        Self { group: id, group_type, state, protocol_type, coordinator: coordinator.0 }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.group.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "TYPE", "STATE", "PROTOCOL", "COORDINATOR"]);
        for row in items {
            let or_none =
                |text: Option<&str>| Cell::text(text.filter(|text| !text.is_empty()).unwrap_or("-"));
            table.row([
                Cell::text(&row.group),
                or_none(row.group_type.as_deref()),
                or_none(row.state.as_deref()),
                or_none(Some(&row.protocol_type)),
                Cell::number(row.coordinator),
            ]);
        }
        page.table_or(&table, "no groups");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

/// Runs `kr group list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (groups, failed) = context.client().await?.list_groups().await?;
    let report = Report {
        items: groups.into_iter().map(Row::of).filter(|row| args.wants(row)).collect(),
        failures: failed.iter().map(|(node, error)| Failure::of(format!("broker {node}"), error)).collect(),
        applied: None,
    };
    context.show(args.output.output, &report)
}

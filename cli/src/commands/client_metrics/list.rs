//! `kr client-metrics list` and `describe`.

use clap::Args;
use kr_client::admin::ConfigTarget;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::config::get;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr client-metrics list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr client-metrics describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Names of subscriptions [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.client-metrics.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME"]);
        for row in items {
            table.row([Cell::text(&row.name)]);
        }
        page.table_or(&table, "no subscriptions");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "client-metrics list");

/// Runs `kr client-metrics list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = context.client().await?.list_client_metrics().await?;
    let rows = names.into_iter().map(|name| Row { name }).collect();
    context.show(args.output.output, &Report::of(rows))
}

/// Runs `kr client-metrics describe`.
pub async fn describe(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = match args.names.as_slice() {
        [] => context.client().await?.list_client_metrics().await?,
        names => names.to_vec(),
    };
    let targets: Vec<ConfigTarget> = names.into_iter().map(ConfigTarget::ClientMetrics).collect();
    let select = get::SelectArgs { all: true, keys: Vec::new() };
    get::run(&targets, &select, args.output, context).await
}

//! `kr client-metrics list` and `describe`.

use clap::Args;
use kr_client::admin::ConfigTarget;
use kr_client::{Client, Error, ErrorCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::config::get;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
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
    let client = context.client().await?;
    let (names, failures) = match args.names.as_slice() {
        [] => (client.list_client_metrics().await?, Vec::new()),
        names => found(&client, names).await?,
    };
    let targets: Vec<ConfigTarget> = names.into_iter().map(ConfigTarget::ClientMetrics).collect();
    let select = get::SelectArgs { all: true, keys: Vec::new() };
    get::run_beside(failures, &targets, &select, args.output, context).await
}

/// The subscriptions that are there, and failures for the others: of a name that nobody has heard of, brokers
/// show the defaults. All of them where the cluster cannot list what is there.
pub async fn found(client: &Client, names: &[String]) -> Result<(Vec<String>, Vec<Failure>), CliError> {
    let there = match client.list_client_metrics().await {
        Err(Error::Unsupported { .. }) => return Ok((names.to_vec(), Vec::new())),
        listed => listed?,
    };
    let (found, missing): (Vec<String>, Vec<String>) =
        names.iter().cloned().partition(|name| there.contains(name));
    let code = ErrorCode::RESOURCE_NOT_FOUND;
    let failure = |name: String| Failure {
        code: Some(code.0),
        name: code.name().to_owned(),
        message: format!("there is no subscription \"{name}\""),
        target: name,
        hint: Some("see which there are with `kr client-metrics list`".to_owned()),
        kind: Kind::Failed,
    };
    Ok((found, missing.into_iter().map(failure).collect()))
}

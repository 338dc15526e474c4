//! `kr dev kill|stop|start|pause|resume`: faults of nodes and their heals, all with the same targets.

use std::time::Duration;

use clap::Args;
use kr_devcluster::{Action, Target};
use schemars::JsonSchema;
use serde::Serialize;

use super::{NameArgs, READY_PATIENCE, remote_error, running};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

/// Arguments of a fault or a heal.
#[derive(Debug, Args)]
pub struct FaultArgs {
    /// Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,

    #[command(flatten)]
    name: NameArgs,

    /// Then wait until the nodes that run make a ready cluster [default: 60s]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = parse_duration)]
    wait: Option<Option<Duration>>,

    #[command(flatten)]
    output: OutputArgs,
}

/// What became of a node.
#[derive(Debug, Serialize, JsonSchema)]
struct Outcome {
    action: Action,
    node: i32,
    state: String,
    changed: bool,
}

impl Item for Outcome {
    const KIND: &'static str = "kr.dev.fault/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NODE", "STATE", "NOTE"]);
        for item in items {
            let note = if item.changed { "" } else { "nothing to do" };
            table.row([Cell::number(item.node), Cell::text(&item.state), Cell::text(note)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.node.to_string()
    }
}

published!(Outcome, "dev kill", "dev stop", "dev start", "dev pause", "dev resume");

/// Does it and says what became of each node.
pub async fn run(action: Action, args: FaultArgs, context: &mut Context) -> Result<Exit, CliError> {
    for target in &args.targets {
        target.parse::<Target>().map_err(|error| CliError::usage(error.to_string()))?;
    }
    let remote = running(context, &args.name.name)?;
    let reports = remote.act(action, args.targets).await.map_err(remote_error)?;
    let mut report = Report::default();
    for node in reports {
        match node.error {
            None => report.items.push(Outcome {
                action,
                node: node.node,
                state: node.state,
                changed: node.changed,
            }),
            Some(message) => report.failures.push(Failure {
                code: None,
                name: "NOT_POSSIBLE".to_owned(),
                message,
                target: node.node.to_string(),
                hint: None,
                kind: Kind::Failed,
            }),
        }
    }
    if let Some(patience) = args.wait {
        let ready = remote.ready(patience.unwrap_or(READY_PATIENCE)).await;
        ready.map_err(|error| CliError { kind: Kind::Condition, ..remote_error(error) })?;
    }
    context.show(args.output.output, &report)
}

//! `kr dev logs`: what the nodes logged, merged by time, and followed with `-F`.

use std::io;
use std::time::Duration;

use clap::Args;
use kr_devcluster::{LogLine, LogReader, SUPERVISOR, node_log};

use super::{NameArgs, existing};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::escape::escape;

/// How often new lines are looked for.
const POLL: Duration = Duration::from_millis(100);

/// Arguments of `kr dev logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// Nodes whose logs to show [default: all]
    #[arg(value_name = "NODE")]
    nodes: Vec<i32>,

    #[command(flatten)]
    name: NameArgs,

    /// Go on as lines are added
    #[arg(short = 'F', long)]
    follow: bool,

    /// Show only the last lines
    #[arg(long, value_name = "COUNT")]
    tail: Option<usize>,
}

/// Runs `kr dev logs`.
pub async fn run(args: LogsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (place, state) = existing(context, &args.name.name)?;
    let ids: Vec<i32> = state.nodes.iter().map(|node| node.id).collect();
    if let Some(unknown) = args.nodes.iter().find(|id| !ids.contains(id)) {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        return Err(CliError::usage(format!("there is no node {unknown}; the nodes are {}", ids.join(", "))));
    }
    let names: Vec<String> = if args.nodes.is_empty() {
        ids.into_iter().map(node_log).chain([SUPERVISOR.to_owned()]).collect()
    } else {
        args.nodes.into_iter().map(node_log).collect()
    };
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut reader = LogReader::new(place.logs(), names);
    let failed = |error: io::Error| CliError::failed("cannot read the logs").caused_by(error);

    let lines = reader.next_lines().map_err(failed)?;
    let skipped = args.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
    print(&lines[skipped..], width, context)?;
    if !args.follow {
        return Ok(Exit::DONE);
    }
    loop {
        tokio::time::sleep(POLL).await;
        let lines = reader.next_lines().map_err(failed)?;
        print(&lines, width, context)?;
    }
}

fn print(lines: &[LogLine], width: usize, context: &mut Context) -> Result<(), CliError> {
    for line in lines {
        context.io.print(format!("{:width$}  {}\n", line.source, escape(&line.text)))?;
    }
    context.io.flush()
}

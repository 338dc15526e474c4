//! `kr wait --for CONDITION`: waits until conditions hold; exit code 3 when they do not in time.
//!
//! A cluster that cannot be reached is one whose conditions do not hold yet.

mod condition;

use std::time::{Duration, Instant};

use clap::Args;
use kr_client::Client;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::spans::parse_duration;

use condition::Condition;

const HELP: &str = "Conditions:
  isr-full             every partition has all its replicas in sync
  isr-full=TOPIC       the same of one topic
  topic=NAME           the topic exists and every partition has a leader
  topic=NAME:absent    the topic does not exist
  group=G:STATE        the group is in this state: empty, stable, dead, ...
  lag=G<N              the group is fewer than N records behind
  reassign=done        no reassignment is under way
  broker=ID:unfenced   the broker is in service
  broker=ID:fenced     the broker is not in service
  feature=NAME>=LEVEL  the cluster has raised a feature this far

Examples:
  kr wait --for isr-full --timeout 2m
  kr wait --for topic=orders --for 'lag=billing<100'";

/// How long is waited unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// Arguments of `kr wait`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct WaitArgs {
    /// What to wait for; all of them when it is repeated
    #[arg(long = "for", value_name = "CONDITION", required = true)]
    conditions: Vec<Condition>,
    /// How often to look
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_duration)]
    interval: Duration,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    condition: String,
    /// Whether it holds.
    holds: bool,
    /// What was seen last.
    seen: String,
    /// Milliseconds from the start until all was as it is.
    after_ms: u128,
}

impl Item for Row {
    const KIND: &'static str = "kr.wait/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CONDITION", "HOLDS", "SEEN"]);
        for row in items {
            let holds = if row.holds {
                Cell::text("yes").styled(Style::Good)
            } else {
                Cell::text("no").styled(Style::Bad)
            };
            table.row([Cell::text(&row.condition), holds, Cell::text(&row.seen)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.condition.clone()
    }
}

published!(Row, "wait");

/// Runs `kr wait`.
pub async fn run(args: &WaitArgs, context: &mut Context) -> Result<Exit, CliError> {
    let patience = context.global.timeout.unwrap_or(PATIENCE);
    let began = Instant::now();
    let mut client: Option<Client> = None;
    let mut said = String::new();
    loop {
        if client.is_none() {
            match context.client().await {
                Ok(connected) => client = Some(connected),
                // A wrong configuration stays wrong.
                Err(error) if !matches!(error.kind, Kind::Unreachable) => return Err(error),
                Err(_) => {}
            }
        }
        let rows = look(args, client.as_ref(), began).await?;
        let is_done = rows.iter().all(|row| row.holds);
        let is_late = began.elapsed() + args.interval > patience;
        if is_done || is_late {
            let exit = context.show(args.output.output, &Report::of(rows))?;
            if is_done {
                return Ok(exit);
            }
            return Err(CliError::new(Kind::Condition, format!("not so within {patience:?}"))
                .hint("wait longer with --timeout 5m"));
        }
        let waits_for = rows.iter().find(|row| !row.holds);
        let line = waits_for.map_or_else(String::new, |row| format!("{}: {}", row.condition, row.seen));
        if line != said {
            context.note(&line);
            said = line;
        }
        tokio::time::sleep(args.interval).await;
    }
}

async fn look(args: &WaitArgs, client: Option<&Client>, began: Instant) -> Result<Vec<Row>, CliError> {
    let mut rows = Vec::new();
    for condition in &args.conditions {
        let (holds, seen) = match client {
            None => (false, "the cluster cannot be reached".to_owned()),
            Some(client) => match condition.look(client).await {
                Ok(seen) => seen,
                Err(error) if error.kind == Kind::Denied => return Err(error),
                Err(error) => (false, crate::error::with_causes(&error)),
            },
        };
        let after_ms = began.elapsed().as_millis();
        rows.push(Row { condition: condition.to_string(), holds, seen, after_ms });
    }
    Ok(rows)
}

//! `kr undo show | apply`: looks at the present state, then goes back.

use clap::Args;
use kr_client::journal::Entry;
use kr_client::undo::Undo;
use schemars::JsonSchema;
use serde::Serialize;

use super::find;
use super::way::{Step, Way};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr undo show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The change: its id or the beginning of it, or `last`
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr undo apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The change: its id or the beginning of it, or `last`
    id: String,
    /// Go back also where somebody changed it since
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// What is set back.
    target: String,
    /// What it is now.
    now: String,
    /// What it becomes.
    then: String,
    /// Whether it is no longer as the change left it.
    changed_since: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.undo.apply/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TARGET", "NOW", "THEN", "CHANGED SINCE"]);
        for row in items {
            let changed =
                if row.changed_since { Cell::text("yes").styled(Style::Bad) } else { Cell::text("no") };
            table.row([Cell::text(&row.target), Cell::text(&row.now), Cell::text(&row.then), changed]);
        }
        page.table_or(&table, "there is nothing to set back");
    }

    fn name(&self) -> String {
        self.target.clone()
    }
}

published!(Row, "undo apply", "undo show");

impl From<&Step> for Row {
    fn from(step: &Step) -> Self {
        let Step { target, now, then, is_as_left } = step;
        let (target, now, then) = (target.clone(), now.clone(), then.clone());
        Self { target, now, then, changed_since: !is_as_left }
    }
}

/// Runs `kr undo show`.
pub async fn show(args: &ShowArgs, context: &mut Context) -> Result<Exit, CliError> {
    let entry = find(&args.id, context)?;
    let undo = way_of(&entry)?;
    check_cluster(&entry, context).await?;
    let client = context.client().await?;
    let way = Way::look(&client, &undo).await?;
    context.show(args.output.output, &Report::of(way.steps.iter().map(Row::from).collect()))
}

/// Runs `kr undo apply`.
pub async fn apply(args: &ApplyArgs, context: &mut Context) -> Result<Exit, CliError> {
    let entry = find(&args.id, context)?;
    let undo = way_of(&entry)?;
    check_cluster(&entry, context).await?;
    let client = context.client().await?;
    let way = Way::look(&client, &undo).await?;
    let items: Vec<Row> = way.steps.iter().map(Row::from).collect();
    let mut report = Report { items, failures: Vec::new(), applied: Some(!args.change.dry_run) };
    let changed: Vec<&str> =
        report.items.iter().filter(|row| row.changed_since).map(|row| row.target.as_str()).collect();
    if !changed.is_empty() && !args.anyway && !args.change.dry_run {
        let message = format!("did not take {} back: changed since: {}", entry.id, changed.join(", "));
        return Err(CliError::new(Kind::Refused, message)
            .hint(format!("see what is now with `kr undo show {}`", entry.id))
            .hint("go back all the same with --anyway"));
    }
    let plan = Plan {
        action: format!("take back \"{}\" of {}", entry.begun.action, entry.begun.at),
        operations: way.operations,
        risk: if undo.is_lossy() { Risk::Lossy } else { Risk::Careful },
        effects: report
            .items
            .iter()
            .map(|row| format!("{}: {} -> {}", row.target, row.now, row.then))
            .collect(),
        targets: report.items.iter().map(|row| row.target.clone()).collect(),
    };
    if let Decision::Go(ticket) = change::begin(context, &plan, &args.change).await? {
        report.failures = match way.go(&client, &undo).await {
            Ok(failures) => failures,
            Err(error) => {
                ticket.fail(context, &error);
                return Err(error);
            }
        };
        // A resource with several configs fails as a whole, and stands at the end of each of their names.
        let failed: Vec<&str> = report.failures.iter().map(|failure| failure.target.as_str()).collect();
        report.items.retain(|row| !failed.iter().any(|target| row.target.ends_with(target)));
        let by = ticket.id().map(str::to_owned);
        ticket.end(context, &report, way.back(&undo));
        if let (Some(by), true, Some(journal)) = (by, report.failures.is_empty(), context.journal())
            && let Err(error) = journal.undone(&entry.id, &by)
        {
            let file = journal.file().display();
            context.warn(&format!("warning: cannot write the journal {file}: {error}"));
        }
    }
    context.show(args.output.output, &report)
}

fn way_of(entry: &Entry) -> Result<Undo, CliError> {
    if let Some(by) = &entry.undone_by {
        return Err(CliError::failed(format!("{} was taken back already, by {by}", entry.id)));
    }
    let undo = entry.ended.as_ref().and_then(|ended| ended.undo.clone());
    undo.ok_or_else(|| {
        let message = format!("there is no way back from {} ({})", entry.id, entry.begun.action);
        CliError::failed(message).hint("see which changes can be taken back with `kr undo list`")
    })
}

/// A change is taken back only on the cluster it was made on.
async fn check_cluster(entry: &Entry, context: &mut Context) -> Result<(), CliError> {
    let here = context.client().await?.view().cluster_id.clone();
    match (&entry.begun.cluster_id, &here) {
        (Some(there), Some(here)) if there != here => {
            let message = format!("{} was made on cluster {there}, and this is {here}", entry.id);
            let hint = match &entry.begun.context {
                Some(name) => format!("use its context: --context {name}"),
                None => format!("it was reached at -b {}", entry.begun.bootstrap.join(",")),
            };
            Err(CliError::new(Kind::Refused, message).hint(hint))
        }
        _ => Ok(()),
    }
}

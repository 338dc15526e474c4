//! `kr journal`: the changes that were made from this machine, newest last.

use clap::Args;
use kr_client::journal::{Entry, Outcome};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr journal`.
#[derive(Debug, Args)]
pub struct JournalArgs {
    /// Show this many of the newest
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Show all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A change.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Row {
    /// Names the change, for `kr undo`.
    id: String,
    /// When it began, RFC 3339 in UTC.
    at: String,
    /// Who made it, by the name of the operating system's user.
    user: Option<String>,
    context: Option<String>,
    cluster_id: Option<String>,
    action: String,
    operations: Vec<String>,
    targets: Vec<String>,
    /// `done`, `partly`, `failed`, or `unknown` when the program ended before the change did.
    outcome: &'static str,
    failures: Vec<String>,
    /// Whether there is a way back that was not taken.
    undoable: bool,
    /// The change that took this one back.
    undone_by: Option<String>,
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        let ended = entry.ended.as_ref();
        Self {
            undoable: entry.is_undoable(),
            outcome: match ended.map(|ended| ended.outcome) {
                Some(Outcome::Done) => "done",
                Some(Outcome::Partly) => "partly",
                Some(Outcome::Failed) => "failed",
                None => "unknown",
            },
            failures: ended.map(|ended| ended.failures.clone()).unwrap_or_default(),
            id: entry.id,
            at: entry.begun.at,
            user: entry.begun.user,
            context: entry.begun.context,
            cluster_id: entry.begun.cluster_id,
            action: entry.begun.action,
            operations: entry.begun.operations,
            targets: entry.begun.targets,
            undone_by: entry.undone_by,
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.journal.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "AT", "CONTEXT", "ACTION", "TARGETS", "OUTCOME", "UNDO"]);
        for row in items {
            let style = match row.outcome {
                "done" => Style::Good,
                "failed" => Style::Bad,
                _ => Style::Warning,
            };
            let undo = match (&row.undone_by, row.undoable) {
                (Some(by), _) => format!("undone by {by}"),
                (None, true) => "yes".to_owned(),
                (None, false) => "-".to_owned(),
            };
            let at = row.at.split('.').next().unwrap_or(&row.at);
            table.row([
                Cell::text(&row.id),
                Cell::text(at),
                Cell::text(row.context.as_deref().unwrap_or("-")),
                Cell::text(&row.action),
                Cell::text(few(&row.targets)),
                Cell::text(row.outcome).styled(style),
                Cell::text(undo),
            ]);
        }
        page.table_or(&table, "no change was made from here");
    }

    fn name(&self) -> String {
        self.id.clone()
    }
}

published!(Row, "journal", "undo list");

/// The first names, and how many more there are.
fn few(names: &[String]) -> String {
    match names {
        [a, b, c, rest @ ..] if !rest.is_empty() => format!("{a},{b},{c} and {} more", rest.len()),
        names => names.join(","),
    }
}

/// Runs `kr journal`.
pub fn run(args: &JournalArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut entries = entries(context)?;
    if !args.all {
        entries.drain(..entries.len().saturating_sub(args.limit));
    }
    context.show(args.output.output, &Report::of(entries.into_iter().map(Row::from).collect()))
}

/// All changes of the journal, oldest first.
pub fn entries(context: &Context) -> Result<Vec<Entry>, CliError> {
    let Some(journal) = context.journal() else {
        return Err(CliError::new(
            Kind::Config,
            "there is no journal: neither $XDG_STATE_HOME nor $HOME is set",
        ));
    };
    journal.entries().map_err(|error| {
        CliError::failed(format!("cannot read the journal {}", journal.file().display())).caused_by(error)
    })
}

//! `kr context list`: all contexts, of every file that holds here.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr context list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    current: bool,
    bootstrap_servers: Vec<String>,
    managed_by: Option<String>,
    /// `security.protocol`.
    security_protocol: String,
    read_only: bool,
    /// The file it is in.
    file: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.context.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["CURRENT", "NAME", "BOOTSTRAP SERVERS", "SECURITY", "READ-ONLY", "FILE"];
        let mut table = Table::new(head).wide_after(3);
        for row in items {
            let mark = Cell::text(if row.current { "*" } else { "" }).styled(Style::Good);
            table.row([
                mark,
                Cell::text(&row.name),
                Cell::text(row.bootstrap_servers.join(",")),
                Cell::text(&row.security_protocol),
                Cell::text(if row.read_only { "yes" } else { "no" }),
                Cell::text(&row.file),
            ]);
        }
        page.table_or(&table, "no contexts");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "context list");

/// Lists the contexts.
pub fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let store = &context.config.store;
    let rows = store.contexts.iter().map(|(name, entry)| Row {
        name: name.clone(),
        current: store.current.as_ref() == Some(name),
        bootstrap_servers: entry.bootstrap_servers.clone(),
        managed_by: entry.managed_by.clone(),
        security_protocol: entry
            .properties
            .get("security.protocol")
            .map_or_else(|| "PLAINTEXT".to_owned(), |protocol| protocol.to_uppercase()),
        read_only: entry.safety.read_only,
        file: entry.file.display().to_string(),
    });
    let report = Report::of(rows.collect());
    context.show(args.output.output, &report)
}

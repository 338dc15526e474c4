//! `kr reassign show FILE`: what a plan would change, and what of it is done.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::moved::ids;
use super::{files, picture};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::page::list;
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr reassign show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The plan; `-` reads standard input
    file: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    /// Replicas now; null when the partition does not exist.
    now: Option<Vec<i32>>,
    /// Replicas of the plan.
    wanted: Vec<i32>,
    /// `done`, `under way`, `to do` or `unknown partition`.
    state: &'static str,
    /// Bytes of one replica.
    bytes: Option<u64>,
}

impl Item for Row {
    const KIND: &'static str = "kr.reassign.show/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "NOW", "WANTED", "STATE", "SIZE"]);
        for row in items {
            let style = match row.state {
                "done" => Style::Good,
                "under way" => Style::Warning,
                "to do" => Style::Plain,
                _ => Style::Bad,
            };
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::text(row.now.as_ref().map_or("-".to_owned(), list)),
                Cell::text(list(&row.wanted)),
                Cell::text(row.state).styled(style),
                Cell::maybe(row.bytes.map(human_bytes)),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "reassign show");

/// Runs `kr reassign show`.
pub async fn run(args: &ShowArgs, context: &mut Context) -> Result<Exit, CliError> {
    let wanted = files::read(&args.file, context)?;
    let client = context.client().await?;
    let picture = picture::look(&client, context).await?;
    let under_way = client.list_reassignments(None).await?;
    let rows = wanted.into_iter().map(|(name, wanted)| {
        let now = picture.partitions.get(&name);
        let is_under_way = under_way.get(&name).is_some_and(|moving| moving.target() == wanted.replicas);
        let state = match now {
            None => "unknown partition",
            Some(_) if is_under_way => "under way",
            Some(now) if now.replicas == wanted.replicas => "done",
            Some(_) => "to do",
        };
        Row {
            topic: name.topic.to_string(),
            partition: name.partition.0,
            now: now.map(|now| ids(&now.replicas)),
            wanted: ids(&wanted.replicas),
            state,
            bytes: now.and_then(|now| now.bytes),
        }
    });
    let report = Report::of(rows.collect());
    context.show(args.output.output, &report)
}

//! `kr group export`: committed offsets as a file that `kr group reset --to file:FILE` and Apache's
//! `kafka-consumer-groups --from-file` take. Reading only.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::ErrorCode;
use kr_client::admin::{Offsets, TopicPartition};
use schemars::JsonSchema;
use serde::Serialize;

use super::offsets_file;
use super::pick::GroupPick;
use super::positions;
use super::topics::{self, TopicChoice};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::escape::escape;
use crate::output::{Cell, Failure, Format, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group export billing > offsets.csv
  kr group export --all-groups > offsets.csv
  kr group export billing -o json";

/// Arguments of `kr group export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExportArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// Only this topic, or some of its partitions; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC[:PARTITIONS]", value_parser = topics::parse)]
    topics: Vec<TopicChoice>,
    /// Write the lines of Apache's tools (the default)
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write one document, same as -o json
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    topic: String,
    partition: i32,
    offset: i64,
    leader_epoch: Option<i32>,
    /// What the committer wrote beside the offset.
    metadata: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.export/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "TOPIC", "PARTITION", "OFFSET"]);
        for row in items {
            let (group, topic) = (Cell::text(&row.group), Cell::text(&row.topic));
            table.row([group, topic, Cell::number(row.partition), Cell::number(row.offset)]);
        }
        page.table_or(&table, "no offsets");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "group export");

/// Runs `kr group export`.
pub async fn run(args: &ExportArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.pick.read(context).await?;
    let client = context.client().await?;
    let mut report = Report::default();
    let mut types = BTreeMap::new();
    for (name, described) in client.describe_groups(&names).await {
        match described {
            Ok(group) => drop(types.insert(name, group.group_type)),
            // With --all-groups a group may go between the list and the look.
            Err(error) if args.pick.is_pattern() && error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => {}
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    let mut exported: BTreeMap<String, Offsets> = BTreeMap::new();
    for (group, outcome) in positions::offsets_of(&client, &types).await {
        match outcome {
            Ok(mut offsets) => {
                let wants = |place: &TopicPartition| {
                    args.topics.is_empty() || args.topics.iter().any(|choice| choice.includes(place))
                };
                offsets.retain(|place, _| wants(place));
                exported.insert(group, offsets);
            }
            Err(error) => report.failures.push(Failure::of(group, &error)),
        }
    }
    if !args.json && args.output.output == Format::Table {
        return write_lines(context, &exported, args.pick.is_many(), &report.failures);
    }
    for (group, offsets) in exported {
        report.items.extend(offsets.into_iter().map(|(place, committed)| Row {
            group: group.clone(),
            topic: place.topic.to_string(),
            partition: place.partition.0,
            offset: committed.offset.0,
            leader_epoch: committed.leader_epoch.map(|epoch| epoch.0),
            metadata: committed.metadata,
        }));
    }
    let format = if args.json { Format::Json } else { args.output.output };
    context.show(format, &report)
}

fn write_lines(
    context: &mut Context,
    exported: &BTreeMap<String, Offsets>,
    with_group: bool,
    failures: &[Failure],
) -> Result<Exit, CliError> {
    let lines = exported.iter().flat_map(|(group, offsets)| {
        offsets.iter().map(move |(place, committed)| (group.as_str(), place, committed.offset.0))
    });
    let bytes = offsets_file::write_csv(lines, with_group)
        .map_err(|error| CliError::internal("cannot write the offsets").caused_by(error))?;
    // A file gets the names as they are, a screen never does.
    if context.io.stdout_is_terminal {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for line in text.lines() {
            context.io.print(format!("{}\n", escape(line)))?;
        }
    } else {
        context.io.print(bytes)?;
    }
    context.io.flush()?;
    context.complain(failures);
    Ok(Report::<Row> { failures: failures.to_vec(), ..Report::default() }.exit())
}

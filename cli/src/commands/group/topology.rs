//! `kr group topology`: what the members of groups of Kafka Streams run (KIP-1071).

use clap::Args;
use kr_client::admin::{GroupDescription, GroupType, Subtopology, Topology};
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::GroupPick;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group topology word-count
  kr group list --type streams -o name | kr group topology - -o json";

/// Arguments of `kr group topology`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TopologyArgs {
    #[command(flatten)]
    pick: GroupPick,
    #[command(flatten)]
    output: OutputArgs,
}

/// What the members of a group run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Described {
    /// Raised with each change of it.
    epoch: i32,
    subtopologies: Vec<Part>,
}

/// A part of a topology; each of its partitions is a task.
#[derive(Debug, Serialize, JsonSchema)]
struct Part {
    id: String,
    /// Topics of others that it reads.
    source_topics: Vec<String>,
    /// Repartition topics that it reads.
    repartition_source_topics: Vec<String>,
    /// Repartition topics that it writes.
    repartition_sink_topics: Vec<String>,
    /// Changelogs of its state.
    changelog_topics: Vec<String>,
}

impl Described {
    pub(super) fn of(topology: &Topology) -> Self {
        let part = |part: &Subtopology| Part {
            id: part.id.clone(),
            source_topics: part.source_topics.clone(),
            repartition_source_topics: part.repartition_source_topics.clone(),
            repartition_sink_topics: part.repartition_sink_topics.clone(),
            changelog_topics: part.changelog_topics.clone(),
        };
        Self { epoch: topology.epoch, subtopologies: topology.subtopologies.iter().map(part).collect() }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    state: String,
    /// Null before the first member has said it.
    topology: Option<Described>,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.topology/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["GROUP", "SUBTOPOLOGY", "READS", "WRITES", "CHANGELOGS"]);
        let list = |topics: &[&[String]]| {
            let topics = topics.concat();
            Cell::text(if topics.is_empty() { "-".to_owned() } else { topics.join(",") })
        };
        for row in items {
            for part in row.topology.iter().flat_map(|topology| &topology.subtopologies) {
                table.row([
                    Cell::text(&row.group),
                    Cell::text(&part.id),
                    list(&[&part.source_topics, &part.repartition_source_topics]),
                    list(&[&part.repartition_sink_topics]),
                    list(&[&part.changelog_topics]),
                ]);
            }
        }
        page.table_or(&table, "no topology is known yet");
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(Row, "group topology");

/// Runs `kr group topology`.
pub async fn run(args: &TopologyArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.pick.read(context).await?;
    let client = context.client().await?;
    let mut report = Report::default();
    for (name, outcome) in client.describe_groups(&names).await {
        match outcome {
            Ok(group) if group.group_type == GroupType::Streams => report.items.push(Row {
                topology: group.topology.as_ref().map(Described::of),
                group: group.id,
                state: group.state,
            }),
            Ok(group) => report.failures.push(of_another_type(&group)),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    context.show(args.output.output, &report)
}

fn of_another_type(group: &GroupDescription) -> Failure {
    let (id, kind) = (&group.id, group.group_type.name());
    Failure {
        code: None,
        name: "INVALID".to_owned(),
        message: format!("cannot show the topology of group \"{id}\": it is a {kind} group"),
        target: id.clone(),
        hint: Some("only groups of Kafka Streams (group.protocol=streams) tell their topology".to_owned()),
        kind: Kind::Failed,
    }
}

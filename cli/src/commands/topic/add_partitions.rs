//! `kr topic add-partitions`: there is no way back, and keys move to other partitions; both are said before.

use clap::Args;
use kr_client::admin::{ConfigTarget, MorePartitions};
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use super::create::parse_assignment;
use super::select::counted;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr topic add-partitions orders 12
  kr topic add-partitions orders 8 --assign 1:2:3,2:3:1 --dry-run";

/// Arguments of `kr topic add-partitions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AddPartitionsArgs {
    /// The topic
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Partitions it is to have in all
    #[arg(value_name = "COUNT", value_parser = clap::value_parser!(i32).range(1..))]
    count: i32,
    /// Brokers of each new partition, leaders first: 1:2:3,2:3:1
    #[arg(long, value_name = "BROKERS")]
    assign: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    partitions_before: usize,
    partitions: usize,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.topic.add-partitions/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "PARTITIONS BEFORE", "PARTITIONS", "OUTCOME"]);
        for row in items {
            let outcome = match (row.partitions == row.partitions_before, row.is_dry_run) {
                (true, _) => "unchanged",
                (false, true) => "would be added",
                (false, false) => "added",
            };
            table.row([
                Cell::text(&row.name),
                Cell::number(row.partitions_before),
                Cell::number(row.partitions),
                Cell::text(outcome),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "topic add-partitions");

/// Runs `kr topic add-partitions`.
pub async fn run(args: &AddPartitionsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let assignments = args.assign.as_deref().map_or(Ok(Vec::new()), parse_assignment)?;
    let client = context.client().await?;
    let is_dry_run = args.change.dry_run;
    let mut report = Report { applied: Some(!is_dry_run), ..Report::default() };
    let topic = match client.describe_topics(&[&args.topic]).await?.pop() {
        Some((_, Ok(topic))) => topic,
        Some((name, Err(error))) => {
            report.failures.push(Failure::of(name, &error));
            return context.show::<Row>(args.output.output, &report);
        }
        None => return Err(CliError::failed(format!("there is no topic \"{}\"", args.topic))),
    };
    let before = topic.partitions.len();
    let wanted = usize::try_from(args.count).unwrap_or(usize::MAX);
    if wanted < before {
        let message = format!("topic \"{}\" has {before} partitions, and none can be taken away", args.topic);
        return Err(CliError::new(Kind::Failed, message)
            .hint("create another topic with fewer, and copy what is to be kept"));
    }
    if !assignments.is_empty() && assignments.len() != wanted - before {
        let new = counted(wanted - before, "new partition");
        let message = format!(
            "--assign names brokers of {}, and there are {new}",
            counted(assignments.len(), "partition")
        );
        return Err(CliError::usage(message).hint("only the new partitions are named"));
    }
    report.items.push(Row {
        name: topic.name.clone(),
        partitions_before: before,
        partitions: wanted,
        is_dry_run,
    });
    if wanted == before {
        return context.show(args.output.output, &report);
    }
    let configs = client.describe_configs(&ConfigTarget::Topic(topic.name.clone())).await.unwrap_or_default();
    let policy = configs.iter().find(|config| config.name == "cleanup.policy");
    let is_compacted = policy.and_then(|c| c.value.as_deref()).is_some_and(|value| value.contains("compact"));
    let plan = plan(&topic.name, before, wanted, is_compacted);
    if !context.io.has_person() || args.change.dry_run || args.change.confirm.yes {
        context.note(&format!("warning: {}", KEYS_MOVE));
    }
    let decision = change::begin(context, &plan, &args.change).await?;
    let more = MorePartitions { name: topic.name.clone(), count: args.count, assignments };
    let results = match client.add_partitions(&[more], is_dry_run).await {
        Ok(results) => results,
        Err(error) => {
            let error = CliError::from(error);
            if let Decision::Go(ticket) = decision {
                ticket.fail(context, &error);
            }
            return Err(error);
        }
    };
    for (name, result) in results {
        if let Err(error) = result {
            report.items.clear();
            report.failures.push(Failure::of(name, &error));
        }
    }
    if let Decision::Go(ticket) = decision {
        // Partitions cannot be taken away again.
        ticket.end(context, &report, None);
    }
    context.show(args.output.output, &report)
}

const KEYS_MOVE: &str = "keys are spread over all partitions anew: records of a key go to another partition than \
     those before, and their order is lost";

fn plan(name: &str, before: usize, wanted: usize, is_compacted: bool) -> Plan<'static> {
    let mut effects = vec![
        format!("{name}: {before} partitions become {wanted}, which cannot be taken back"),
        KEYS_MOVE.to_owned(),
    ];
    if is_compacted {
        effects
            .push("it is compacted: old values of keys that move stay for ever where they were".to_owned());
    }
    Plan {
        action: format!("add {} to topic \"{name}\"", counted(wanted - before, "partition")),
        operations: &[Operation::TOPIC_ADD_PARTITIONS],
        risk: Risk::Careful,
        effects,
        targets: vec![name.to_owned()],
    }
}

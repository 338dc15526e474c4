//! `kr partition leaders elect`: the preferred replica, or any live one where no other is left.
//!
//! Only partitions that need it are sent: what has its leader already is left alone and said to be unchanged.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use kr_client::admin::{Election, TopicPartition};
use kr_client::cluster_view::{Partition, Topic};
use kr_client::safety::Operation;
use kr_client::{Client, ErrorCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Named, Places};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::topic::measure;
use crate::commands::topic::select::counted;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr partition leaders elect --preferred --all
  kr partition leaders elect --preferred -t orders --dry-run
  kr partition leaders elect --unclean orders-3 --yes";

/// Arguments of `kr partition leaders elect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ElectArgs {
    #[command(flatten)]
    places: Places,
    /// Elect the first replica of the list, if it is in sync
    #[arg(long, required_unless_present = "unclean", conflicts_with = "unclean")]
    preferred: bool,
    /// Elect any live replica where there is no leader: records that only the others have are lost
    #[arg(long)]
    unclean: bool,
    /// All partitions that need it
    #[arg(long, alias = "all-topic-partitions", conflicts_with_all = ["places", "topics", "partitions"])]
    all: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Row {
    topic: String,
    partition: i32,
    /// The leader before; null when there was none.
    leader_before: Option<i32>,
    /// The leader now, as read back; of a dry run, the one that would be elected. Null when it is not known.
    leader: Option<i32>,
    /// `elected`, `would be elected`, `unchanged` or `cannot be elected`.
    outcome: &'static str,
}

impl Item for Row {
    const KIND: &'static str = "kr.partition.leaders.elect/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "LEADER BEFORE", "LEADER", "OUTCOME"]);
        for row in items {
            let outcome = Cell::text(row.outcome);
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::maybe(row.leader_before),
                Cell::maybe(row.leader),
                if row.outcome == CANNOT { outcome.styled(Style::Warning) } else { outcome },
            ]);
        }
        page.table_or(&table, "every partition has the leader it is to have");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Row, "partition leaders elect");

const CANNOT: &str = "cannot be elected";

/// What an election would do to a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outlook {
    /// It has the leader it is to have.
    Unchanged,
    /// This replica becomes leader; none when Kafka chooses.
    Elects(Option<i32>),
    /// The preferred replica is not in sync.
    Cannot,
}

/// Foresees an election. Pure.
fn foresee(election: Election, partition: &Partition) -> Outlook {
    let first = partition.replicas.first();
    match election {
        Election::Preferred if partition.leader.as_ref() == first => Outlook::Unchanged,
        Election::Preferred => match first.filter(|first| partition.isr.contains(first)) {
            Some(first) if !partition.offline.contains(first) => Outlook::Elects(Some(first.0)),
            _ => Outlook::Cannot,
        },
        Election::Unclean if partition.leader.is_some() => Outlook::Unchanged,
        Election::Unclean => {
            let mut live = partition.replicas.iter().filter(|node| !partition.offline.contains(node));
            live.next().map_or(Outlook::Cannot, |first| Outlook::Elects(Some(first.0)))
        }
    }
}

/// Runs `kr partition leaders elect`.
pub async fn run(args: &ElectArgs, context: &mut Context) -> Result<Exit, CliError> {
    let election = if args.unclean { Election::Unclean } else { Election::Preferred };
    let client = context.client().await?;
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    let named = wanted(args, &client, &mut report.failures).await?;
    let mut pending = BTreeSet::new();
    for place in &named.places {
        let Some(partition) = partition(&named.topics, place) else { continue };
        let outlook = foresee(election, partition);
        // Of all partitions only those are of interest that need it.
        if outlook == Outlook::Unchanged && args.all {
            continue;
        }
        if let Outlook::Elects(_) = outlook {
            pending.insert(place.clone());
        }
        report.items.push(row(place, partition, outlook));
    }
    if pending.is_empty() {
        return context.show(args.output.output, &report);
    }
    let plan = plan(election, &report.items);
    if let Decision::Go(ticket) = change::begin(context, &plan, &args.change).await? {
        let results = match client.elect_leaders(election, Some(&pending)).await {
            Ok(results) => results,
            Err(error) => {
                let error = CliError::from(error);
                ticket.fail(context, &error);
                return Err(error);
            }
        };
        let leaders = leaders(&client, &pending).await;
        for row in report.items.iter_mut().filter(|row| row.outcome == "would be elected") {
            row.outcome = "elected";
        }
        for (place, result) in results {
            let name = place.to_string();
            match result {
                Ok(()) => {}
                Err(error) if error.code() == Some(ErrorCode::ELECTION_NOT_NEEDED) => {
                    let row = report.items.iter_mut().find(|row| row.name() == name);
                    row.into_iter().for_each(|row| row.outcome = "unchanged");
                }
                Err(error) => {
                    report.items.retain(|row| row.name() != name);
                    report.failures.push(Failure::of(name, &error));
                }
            }
        }
        for row in &mut report.items {
            if let Some(leader) = leaders.get(&row.name()) {
                row.leader = *leader;
            }
        }
        ticket.end(context, &report, None);
    }
    context.show(args.output.output, &report)
}

async fn wanted(args: &ElectArgs, client: &Client, failures: &mut Vec<Failure>) -> Result<Named, CliError> {
    if args.all {
        let topics = client.list_topics().await?;
        let places = measure::places(&topics);
        return Ok(Named { topics, places });
    }
    if args.places.is_empty() {
        return Err(CliError::usage("no partition is named")
            .hint("name them as TOPIC-NUMBER, those of a topic with -t, or all with --all"));
    }
    args.places.find(client, failures).await
}

fn partition<'a>(topics: &'a [Topic], place: &TopicPartition) -> Option<&'a Partition> {
    topics.iter().find(|topic| *topic.name == *place.topic)?.partition(place.partition)
}

fn row(place: &TopicPartition, partition: &Partition, outlook: Outlook) -> Row {
    let before = partition.leader.map(|node| node.0);
    let (leader, outcome) = match outlook {
        Outlook::Unchanged => (before, "unchanged"),
        Outlook::Elects(leader) => (leader, "would be elected"),
        Outlook::Cannot => (before, CANNOT),
    };
    Row {
        topic: place.topic.to_string(),
        partition: place.partition.0,
        leader_before: before,
        leader,
        outcome,
    }
}

fn plan(election: Election, rows: &[Row]) -> Plan<'static> {
    let hit: Vec<&Row> = rows.iter().filter(|row| row.outcome == "would be elected").collect();
    let number = |id: Option<i32>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let effect = |row: &&Row| {
        let loss = match election {
            Election::Preferred => "",
            Election::Unclean => "; records that only replicas in sync have are lost for ever",
        };
        format!("{}: leader {} -> {}{loss}", row.name(), number(row.leader_before), number(row.leader))
    };
    let (kind, risk) = match election {
        Election::Preferred => ("preferred leaders", Risk::Careful),
        Election::Unclean => ("leaders uncleanly", Risk::Lossy),
    };
    let mut targets: Vec<String> = hit.iter().map(|row| row.topic.clone()).collect();
    targets.dedup();
    Plan {
        action: format!("elect {kind} of {}", counted(hit.len(), "partition")),
        operations: &[Operation::PARTITION_ELECT],
        risk,
        effects: hit.iter().map(effect).collect(),
        targets,
    }
}

/// Who leads partitions now, by their names.
async fn leaders(client: &Client, places: &BTreeSet<TopicPartition>) -> BTreeMap<String, Option<i32>> {
    let mut names: Vec<&str> = places.iter().map(|place| &*place.topic).collect();
    names.dedup();
    let topics: Vec<Topic> = match client.describe_topics(&names).await {
        Ok(described) => described.into_iter().filter_map(|(_, topic)| topic.ok()).collect(),
        Err(_) => return BTreeMap::new(),
    };
    let leader = |place: &TopicPartition| {
        let leader = partition(&topics, place)?.leader.map(|node| node.0);
        Some((place.to_string(), leader))
    };
    places.iter().filter_map(leader).collect()
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{NodeId, PartitionId};

    use super::*;

    fn partition(leader: Option<i32>, isr: &[i32], offline: &[i32]) -> Partition {
        let nodes = |ids: &[i32]| ids.iter().map(|id| NodeId(*id)).collect();
        Partition {
            id: PartitionId(0),
            leader: leader.map(NodeId),
            leader_epoch: None,
            replicas: nodes(&[1, 2, 3]),
            isr: nodes(isr),
            offline: nodes(offline),
        }
    }

    #[test]
    fn the_preferred_leader_is_elected_only_from_the_isr() {
        let preferred = |partition| foresee(Election::Preferred, &partition);
        assert_eq!(preferred(partition(Some(1), &[1, 2, 3], &[])), Outlook::Unchanged);
        assert_eq!(preferred(partition(Some(2), &[1, 2, 3], &[])), Outlook::Elects(Some(1)));
        assert_eq!(preferred(partition(Some(2), &[2, 3], &[])), Outlook::Cannot);
        assert_eq!(preferred(partition(Some(2), &[1, 2], &[1])), Outlook::Cannot);
    }

    #[test]
    fn an_unclean_election_leaves_leaders_alone() {
        let unclean = |partition| foresee(Election::Unclean, &partition);
        assert_eq!(unclean(partition(Some(2), &[2], &[1])), Outlook::Unchanged);
        assert_eq!(unclean(partition(None, &[1], &[1])), Outlook::Elects(Some(2)));
        assert_eq!(unclean(partition(None, &[1], &[1, 2, 3])), Outlook::Cannot);
    }
}

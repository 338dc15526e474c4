//! `kr group describe`: state and epochs, members, committed offsets and lag, by partition, by topic, in all.
//!
//! The document holds everything; `--section` chooses what people are shown ([`page`]).

mod page;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};
use kr_client::Client;
use kr_client::admin::{CommittedOffset, GroupDescription, GroupMember, GroupType, Offsets, TopicPartition};
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::GroupPick;
use super::positions::{self, Bounds, LogRange};
use super::topology;
use crate::args::OutputArgs;
use crate::commands::names::GroupNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Failure, Report};

const EXAMPLES: &str = "\
Examples:
  kr group describe billing
  kr group describe billing --section members,assignment
  kr group describe 'billing-.*' --regex --section lag
  kr group describe streams-app --section assignment
  kr group list -o name --state stable | kr group describe - -o json";

/// Arguments of `kr group describe`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DescribeArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// What to show
    #[arg(long, value_enum, value_name = "SECTION", value_delimiter = ',')]
    section: Vec<Section>,
    #[command(flatten)]
    output: OutputArgs,
}

/// A part of the description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// State, epochs, coordinator, counts
    #[value(alias = "state")]
    Summary,
    /// Committed offset, end and lag of each partition, and by topic
    Lag,
    /// Members with host, epoch and number of partitions
    Members,
    /// Current and target partitions of each member, tasks for Kafka Streams
    Assignment,
    /// Committed offsets with leader epoch and metadata, beside the bounds of the logs
    Offsets,
}

/// What is shown when nothing is chosen.
const USUAL: [Section; 2] = [Section::Summary, Section::Lag];

impl DescribeArgs {
    /// The usual description of these groups.
    pub fn of(names: GroupNames, output: OutputArgs) -> Self {
        Self { pick: GroupPick::of(names), section: Vec::new(), output }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Description {
    group: String,
    /// Classic, Consumer (KIP-848), Share (KIP-932) or Streams (KIP-1071).
    #[serde(rename = "type")]
    group_type: &'static str,
    /// `consumer` for classic groups of consumers, empty for offsets without members, null when not told.
    protocol_type: Option<String>,
    state: String,
    assignor: Option<String>,
    /// Epoch of the group; null for classic groups.
    epoch: Option<i32>,
    /// Epoch of the target assignment; behind the group's while a new one is computed.
    assignment_epoch: Option<i32>,
    coordinator: Option<i32>,
    /// Records behind in all partitions whose lag is known; null when none is.
    lag: Option<i64>,
    topics: Vec<TopicRow>,
    members: Vec<MemberRow>,
    offsets: Vec<OffsetRow>,
    /// What the members of a group of Kafka Streams run; null for others.
    topology: Option<topology::Described>,
    #[serde(skip)]
    sections: Vec<Section>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TopicRow {
    topic: String,
    partitions: usize,
    /// Records behind in the partitions whose lag is known; null when none is.
    lag: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MemberRow {
    member_id: String,
    /// `group.instance.id` of a static member.
    instance_id: Option<String>,
    client_id: String,
    host: String,
    rack: Option<String>,
    /// The member's epoch; null for classic groups.
    epoch: Option<i32>,
    /// Whether it speaks the classic protocol in a group of the consumer protocol; null when not told.
    is_classic: Option<bool>,
    /// Topics it subscribes to by name; null when they cannot be told.
    topics: Option<Vec<String>>,
    /// The pattern it subscribes by.
    topic_pattern: Option<String>,
    /// Partitions it reads now; null when they cannot be told.
    partitions: Option<Vec<String>>,
    /// Partitions it shall read; null where there is no such thing.
    target: Option<Vec<String>>,
    /// Its tasks in a group of Kafka Streams; null in others.
    tasks: Option<tasks::MemberTasks>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OffsetRow {
    topic: String,
    partition: i32,
    /// The next record to read; of a share group the first that is not done with.
    committed: Option<i64>,
    committed_leader_epoch: Option<i32>,
    /// What the committer wrote beside the offset.
    metadata: Option<String>,
    /// The first offset of the log.
    start: Option<i64>,
    /// The high watermark.
    end: Option<i64>,
    /// The last stable offset: readers of committed records cannot pass it.
    stable_end: Option<i64>,
    /// `end - committed`: records behind, at most, as offsets have gaps.
    lag: Option<i64>,
    member_id: Option<String>,
    client_id: Option<String>,
    host: Option<String>,
}

/// Runs `kr group describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.pick.read(context).await?;
    let client = context.client().await?;
    let sections = if args.section.is_empty() { USUAL.to_vec() } else { args.section.clone() };
    let mut report = Report::default();
    let mut descriptions = describe(&client, &names).await;
    // In the order in which they were named.
    for name in names {
        match descriptions.remove(&name) {
            Some(Ok(description)) => {
                report.items.push(Description { sections: sections.clone(), ..description });
            }
            Some(Err(failure)) => report.failures.push(failure),
            None => {}
        }
    }
    context.show(args.output.output, &report)
}

async fn describe(client: &Client, names: &[String]) -> BTreeMap<String, Result<Description, Failure>> {
    let mut outcomes = BTreeMap::new();
    let mut groups: BTreeMap<String, GroupDescription> = BTreeMap::new();
    for (name, outcome) in client.describe_groups(names).await {
        match outcome {
            Ok(group) => drop(groups.insert(name, group)),
            Err(error) => drop(outcomes.insert(name.clone(), Err(Failure::of(name, &error)))),
        }
    }
    let types: BTreeMap<String, GroupType> =
        groups.iter().map(|(name, group)| (name.clone(), group.group_type)).collect();
    let mut offsets = positions::offsets_of(client, &types).await;
    let mut places: BTreeSet<TopicPartition> = BTreeSet::new();
    let mut complete = Vec::new();
    for (name, group) in groups {
        match offsets.remove(&name) {
            Some(Err(error)) => drop(outcomes.insert(name.clone(), Err(Failure::of(name, &error)))),
            found => {
                let offsets = found.and_then(Result::ok).unwrap_or_default();
                places.extend(positions::places_of(&group, &offsets));
                complete.push((group, offsets));
            }
        }
    }
    let ranges = positions::log_ranges(client, &places, Bounds::All).await;
    for (group, offsets) in complete {
        outcomes.insert(group.id.clone(), Ok(Description::of(group, &offsets, &ranges)));
    }
    outcomes
}

impl Description {
    fn of(group: GroupDescription, offsets: &Offsets, ranges: &BTreeMap<TopicPartition, LogRange>) -> Self {
        let rows = offset_rows(&group, offsets, ranges);
        Self {
            group: group.id,
            group_type: group.group_type.name(),
            protocol_type: group.protocol_type,
            state: group.state,
            assignor: group.assignor,
            epoch: group.epoch,
            assignment_epoch: group.assignment_epoch,
            coordinator: group.coordinator.map(|id| id.0),
            lag: positions::total(rows.iter().map(|row| row.lag)),
            topics: topic_rows(&rows),
            members: group.members.into_iter().map(MemberRow::of).collect(),
            offsets: rows,
            topology: group.topology.as_ref().map(topology::Described::of),
            sections: Vec::new(),
        }
    }
}

impl MemberRow {
    fn of(member: GroupMember) -> Self {
        let names = |places: Vec<TopicPartition>| places.iter().map(TopicPartition::to_string).collect();
        Self {
            member_id: member.id,
            instance_id: member.instance_id,
            client_id: member.client_id,
            host: member.host,
            rack: member.rack,
            epoch: member.epoch,
            is_classic: member.is_classic,
            topics: member.topics,
            topic_pattern: member.topic_pattern,
            partitions: member.assignment.map(names),
            target: member.target.map(names),
            tasks: member.tasks.map(tasks::MemberTasks::of),
        }
    }
}

fn topic_rows(rows: &[OffsetRow]) -> Vec<TopicRow> {
    let mut topics: BTreeMap<&str, Vec<Option<i64>>> = BTreeMap::new();
    for row in rows {
        topics.entry(&row.topic).or_default().push(row.lag);
    }
    let row = |(topic, lags): (&str, Vec<Option<i64>>)| TopicRow {
        topic: topic.to_owned(),
        partitions: lags.len(),
        lag: positions::total(lags),
    };
    topics.into_iter().map(row).collect()
}

/// Every partition that has a committed offset or a member.
fn offset_rows(
    group: &GroupDescription,
    offsets: &Offsets,
    ranges: &BTreeMap<TopicPartition, LogRange>,
) -> Vec<OffsetRow> {
    let mut owners: BTreeMap<&TopicPartition, Vec<&GroupMember>> = BTreeMap::new();
    for member in &group.members {
        for place in member.assignment.iter().flatten() {
            owners.entry(place).or_default().push(member);
        }
    }
    let row = |place: &TopicPartition| {
        let found: Option<&CommittedOffset> = offsets.get(place);
        let committed = found.map(|found| found.offset.0);
        let range = ranges.get(place).copied().unwrap_or_default();
        // Members of a share group read partitions together.
        let owner = owners.get(place).filter(|members| members.len() == 1).map(|members| members[0]);
        OffsetRow {
            topic: place.topic.to_string(),
            partition: place.partition.0,
            committed,
            committed_leader_epoch: found.and_then(|found| found.leader_epoch).map(|epoch| epoch.0),
            metadata: found.map(|found| found.metadata.clone()),
            start: range.start,
            end: range.end,
            stable_end: range.stable_end,
            lag: positions::lag(committed, range.end),
            member_id: owner.map(|member| member.id.clone()),
            client_id: owner.map(|member| member.client_id.clone()),
            host: owner.map(|member| member.host.clone()),
        }
    };
    positions::places_of(group, offsets).iter().map(row).collect()
}

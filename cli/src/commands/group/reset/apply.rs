//! Shows a planned change of offsets, asks, commits, and reads back what is committed then.

use std::collections::BTreeMap;

use kr_client::admin::{GroupType, NewOffset, Offsets, TopicPartition};
use kr_client::safety::Operation;
use kr_client::undo::{OffsetBefore, Undo};
use kr_client::{Client, Error, ErrorCode};
use kr_wire::ids::{Offset, PartitionId};

use super::look::GroupChange;
use super::row::OffsetChange;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::commands::group::positions;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Failure, Item, Report};

/// Partitions named in the question.
const EFFECTS_MAX: usize = 40;

/// What the command is called in questions and messages: `reset the offsets of`.
pub struct Words {
    /// Verb and object before the group.
    pub action: &'static str,
    /// How much can go wrong.
    pub risk: Risk,
}

/// Carries planned changes out, or shows them for a dry run; gives the exit code.
pub async fn run<R: Item + From<OffsetChange>>(
    context: &mut Context,
    words: &Words,
    changes: Vec<GroupChange>,
    failures: Vec<Failure>,
    (change, output): (&ChangeArgs, OutputArgs),
) -> Result<Exit, CliError> {
    let mut report: Report<R> = Report { applied: Some(!change.dry_run), failures, items: Vec::new() };
    if changes.is_empty() {
        return context.show(output.output, &report);
    }
    let plan = Plan {
        action: action(words, &changes),
        operations: &[Operation::GROUP_OFFSETS_SET],
        risk: words.risk,
        effects: effects(&changes),
        targets: changes.iter().map(|change| change.group.clone()).collect(),
    };
    match change::begin(context, &plan, change).await? {
        Decision::DryRun => {
            report.items = changes.into_iter().flat_map(|change| change.rows).map(R::from).collect();
        }
        Decision::Go(ticket) => {
            let client = context.client().await?;
            let mut undo = BTreeMap::new();
            for change in changes {
                let (rows, failures) = commit(&client, &change).await;
                undo.insert(change.group.clone(), way_back(&change, &rows));
                report.items.extend(rows.into_iter().map(R::from));
                report.failures.extend(failures);
            }
            ticket.end(context, &report, together(undo));
        }
    }
    context.show(output.output, &report)
}

fn action(words: &Words, changes: &[GroupChange]) -> String {
    let partitions: usize = changes.iter().map(|change| change.rows.len()).sum();
    let groups = match changes {
        [one] => format!("group \"{}\"", one.group),
        many => format!("{} groups", many.len()),
    };
    let partitions =
        if partitions == 1 { "1 partition".to_owned() } else { format!("{partitions} partitions") };
    format!("{} {groups} in {partitions}", words.action)
}

fn effects(changes: &[GroupChange]) -> Vec<String> {
    let sum = |part: fn(&OffsetChange) -> Option<i64>| {
        let rows = changes.iter().flat_map(|change| &change.rows);
        rows.filter_map(part).fold(0i64, i64::saturating_add)
    };
    let mut lines: Vec<String> = Vec::new();
    for change in changes {
        let state = change.state.as_deref().unwrap_or("not there yet");
        lines.push(format!("group {} is {state}", change.group));
    }
    let rows: Vec<&OffsetChange> = changes.iter().flat_map(|change| &change.rows).collect();
    lines.extend(rows.iter().take(EFFECTS_MAX).map(|row| row.effect()));
    if rows.len() > EFFECTS_MAX {
        lines.push(format!("and {} more partitions; --dry-run shows all", rows.len() - EFFECTS_MAX));
    }
    let (again, skipped) = (sum(|row| row.read_again), sum(|row| row.skipped));
    lines.push(format!("in all {again} records are read again and {skipped} are skipped"));
    lines
}

/// Commits the offsets of one group; gives the partitions that were set.
async fn commit(client: &Client, change: &GroupChange) -> (Vec<OffsetChange>, Vec<Failure>) {
    let id = &change.group;
    let outcomes = match change.group_type {
        GroupType::Share => {
            let wanted = change.rows.iter().map(|row| (place(row), Offset(row.new))).collect();
            client.set_share_offsets(id, &wanted).await
        }
        GroupType::Classic | GroupType::Consumer | GroupType::Streams => {
            let new = |row: &OffsetChange| {
                let place = place(row);
                let copied = change.copied.get(&place).filter(|copied| copied.offset.0 == row.new);
                let new = copied.map_or_else(
                    || NewOffset::of(Offset(row.new)),
                    |copied| NewOffset {
                        offset: copied.offset,
                        leader_epoch: copied.leader_epoch,
                        metadata: copied.metadata.clone(),
                    },
                );
                (place, new)
            };
            client.set_group_offsets(id, &change.rows.iter().map(new).collect()).await
        }
    };
    let outcomes: BTreeMap<TopicPartition, Result<(), Error>> = match outcomes {
        Ok(outcomes) => outcomes.into_iter().collect(),
        Err(error) => return (Vec::new(), vec![hinted(Failure::of(id, &error), &error)]),
    };
    let mut failures: Vec<Failure> = Vec::new();
    for (place, outcome) in &outcomes {
        if let Err(error) = outcome {
            failures.push(hinted(Failure::of(place.to_string(), error), error));
        }
    }
    let mut rows: Vec<OffsetChange> =
        change.rows.iter().filter(|row| matches!(outcomes.get(&place(row)), Some(Ok(())))).cloned().collect();
    failures.extend(verify(client, change, &mut rows).await);
    (rows, failures)
}

/// Reads back what is committed, and notes what is not as it was set.
async fn verify(client: &Client, change: &GroupChange, rows: &mut [OffsetChange]) -> Vec<Failure> {
    if rows.is_empty() {
        return Vec::new();
    }
    let id = &change.group;
    let asked = BTreeMap::from([(id.clone(), change.group_type)]);
    let committed: Offsets = match positions::offsets_of(client, &asked).await.remove(id) {
        Some(Ok(committed)) => committed,
        Some(Err(error)) => return vec![Failure::of(id, &error)],
        None => Offsets::new(),
    };
    let mut failures = Vec::new();
    for row in rows {
        let found = committed.get(&place(row)).map(|found| found.offset.0);
        row.verified = Some(found == Some(row.new));
        if found != Some(row.new) {
            let found = found.map_or_else(|| "nothing".to_owned(), |offset| offset.to_string());
            failures.push(Failure {
                code: None,
                name: "NOT_VERIFIED".to_owned(),
                message: format!(
                    "group \"{id}\" has {found} committed in {}, although {} was accepted",
                    row.place(),
                    row.new
                ),
                target: row.place(),
                hint: Some("a member may have come meanwhile; see `kr group describe`".to_owned()),
                kind: Kind::Failed,
            });
        }
    }
    failures
}

/// Says what the coordinator's refusal of an active group means.
fn hinted(failure: Failure, error: &Error) -> Failure {
    let is_active = matches!(
        error.code(),
        Some(
            ErrorCode::UNKNOWN_MEMBER_ID
                | ErrorCode::STALE_MEMBER_EPOCH
                | ErrorCode::ILLEGAL_GENERATION
                | ErrorCode::NON_EMPTY_GROUP
                | ErrorCode::REBALANCE_IN_PROGRESS
        )
    );
    let hint = is_active.then(|| "members came meanwhile; stop them and try again".to_owned());
    Failure { hint: hint.or(failure.hint), ..failure }
}

fn place(row: &OffsetChange) -> TopicPartition {
    TopicPartition::new(row.topic.as_str(), PartitionId(row.partition))
}

/// What was committed before, of the partitions that were set.
fn way_back(change: &GroupChange, set: &[OffsetChange]) -> Vec<OffsetBefore> {
    let before = |row: &OffsetChange| {
        let before = change.before.get(&place(row));
        OffsetBefore {
            topic: row.topic.clone(),
            partition: row.partition,
            before: before.map(|before| before.offset.0),
            leader_epoch: before.and_then(|before| before.leader_epoch).map(|epoch| epoch.0),
            metadata: before.map(|before| before.metadata.clone()),
            after: Some(row.new),
        }
    };
    let offsets = set.iter().map(before).collect();
    // Start offsets of share groups are set by another request than an undo sends.
    if change.group_type == GroupType::Share { Vec::new() } else { offsets }
}

/// One way back for all groups.
pub fn together(mut groups: BTreeMap<String, Vec<OffsetBefore>>) -> Option<Undo> {
    groups.retain(|_, offsets| !offsets.is_empty());
    if groups.len() > 1 {
        return Some(Undo::OffsetsOfGroups { groups });
    }
    let (group, offsets) = groups.pop_first()?;
    Some(Undo::GroupOffsets { group, offsets })
}

//! Looks up all that a change of offsets depends on, and plans it. Nothing is changed here.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{At, CommittedOffset, FoundOffset, GroupType, Offsets, TopicPartition};
use kr_client::{Client, Error};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::Offset;

use super::plan::{self, Wish};
use super::row::OffsetChange;
use crate::commands::group::positions;
use crate::commands::group::standing::Standing;
use crate::error::Kind;
use crate::output::Failure;

/// The most partitions whose records' times are looked up for the preview.
const TIMES_MAX: usize = 2_000;

/// What is wanted of one group.
#[derive(Debug)]
pub struct Wanted {
    /// How it stands.
    pub standing: Standing,
    /// What is wanted of each partition.
    pub wishes: BTreeMap<TopicPartition, Wish>,
    /// What is committed now.
    pub offsets: Offsets,
}

/// A planned change of one group.
#[derive(Debug)]
pub struct GroupChange {
    /// The group.
    pub group: String,
    /// Its type.
    pub group_type: GroupType,
    /// Its state; none when it is not there.
    pub state: Option<String>,
    /// What becomes of each partition.
    pub rows: Vec<OffsetChange>,
    /// What is committed now, for the way back.
    pub before: Offsets,
    /// What to write beside an offset, when it is copied from elsewhere.
    pub copied: BTreeMap<TopicPartition, CommittedOffset>,
}

/// The first offsets and the high watermarks of partitions.
type Logs = BTreeMap<TopicPartition, Result<(i64, i64), Failure>>;

/// What groups have committed; those that could not be asked are among the failures.
pub async fn offsets_of(
    client: &Client,
    standing: &BTreeMap<String, Standing>,
) -> (BTreeMap<String, Offsets>, Vec<Failure>) {
    let types = standing.iter().map(|(group, standing)| (group.clone(), standing.group_type)).collect();
    let (mut offsets, mut failures) = (BTreeMap::new(), Vec::new());
    for (group, outcome) in positions::offsets_of(client, &types).await {
        match outcome {
            Ok(found) => drop(offsets.insert(group, found)),
            Err(error) => failures.push(Failure::of(group, &error)),
        }
    }
    (offsets, failures)
}

/// The first records from a time on; none where no record is as late.
pub async fn at_time(
    client: &Client,
    places: &BTreeSet<TopicPartition>,
    ms: i64,
) -> (BTreeMap<TopicPartition, Wish>, Vec<Failure>) {
    let wanted: Vec<(TopicPartition, At)> =
        places.iter().map(|place| (place.clone(), At::Timestamp(ms))).collect();
    let (mut wishes, mut failures) = (BTreeMap::new(), Vec::new());
    for (place, found) in client.offsets_now(&wanted, IsolationLevel::ReadUncommitted).await {
        match found {
            Ok(found) => {
                wishes.insert(place, Wish::ByTime(found.offset.map(|offset| offset.0)));
            }
            Err(error) => failures.push(Failure::of(place.to_string(), &error)),
        }
    }
    (wishes, failures)
}

/// Plans what becomes of every partition of every group.
pub async fn plan(client: &Client, wanted: BTreeMap<String, Wanted>) -> (Vec<GroupChange>, Vec<Failure>) {
    let places: BTreeSet<TopicPartition> =
        wanted.values().flat_map(|wanted| wanted.wishes.keys().cloned()).collect();
    let logs = logs(client, &places).await;
    let mut failures: Vec<Failure> = logs.values().filter_map(|log| log.as_ref().err().cloned()).collect();
    let mut changes = Vec::new();
    for (group, wanted) in wanted {
        let Wanted { standing, wishes, offsets } = wanted;
        let mut rows = Vec::new();
        for (place, wish) in wishes {
            let Some(Ok((start, end))) = logs.get(&place) else { continue };
            let committed = offsets.get(&place).map(|committed| committed.offset.0);
            match plan::step(wish, plan::Standing { committed, start: *start, end: *end }) {
                Ok(step) => rows.push(OffsetChange {
                    group: group.clone(),
                    topic: place.topic.to_string(),
                    partition: place.partition.0,
                    current: committed,
                    new: step.to,
                    out_of_range: step.wanted,
                    start: *start,
                    end: *end,
                    read_again: step.read_again,
                    skipped: step.skipped,
                    current_record_ms: None,
                    new_record_ms: None,
                    verified: None,
                }),
                Err(reason) => failures.push(refused(&group, &place, &reason)),
            }
        }
        let Standing { group_type, state } = standing;
        let copied = BTreeMap::new();
        changes.push(GroupChange { group, group_type, state, rows, before: offsets, copied });
    }
    changes.retain(|change| !change.rows.is_empty());
    add_times(client, &mut changes).await;
    (changes, failures)
}

fn refused(group: &str, place: &TopicPartition, reason: &plan::NoStep) -> Failure {
    Failure {
        code: None,
        name: "NOTHING_COMMITTED".to_owned(),
        message: format!("cannot set the offset of group \"{group}\" in {place}: {reason}"),
        target: place.to_string(),
        hint: Some("name a place of the log instead: earliest, latest, an offset or a time".to_owned()),
        kind: Kind::Failed,
    }
}

async fn logs(client: &Client, places: &BTreeSet<TopicPartition>) -> Logs {
    let all = |at: At| places.iter().map(|place| (place.clone(), at)).collect::<Vec<_>>();
    let isolation = IsolationLevel::ReadUncommitted;
    let mut ends = client.offsets_now(&all(At::Latest), isolation).await;
    let mut starts = client.offsets_now(&all(At::Earliest), isolation).await;
    let offset = |place: &TopicPartition, found: Option<Result<FoundOffset, Error>>| match found {
        Some(Ok(FoundOffset { offset: Some(offset), .. })) => Ok(offset.0),
        Some(Err(error)) => Err(Failure::of(place.to_string(), &error)),
        _ => {
            let what = format!("look up an offset of {place}");
            let error = Error::Records { what, reason: "the leader knows none".to_owned() };
            Err(Failure::of(place.to_string(), &error))
        }
    };
    let log = |place: &TopicPartition| {
        let end = offset(place, ends.remove(place));
        let start = offset(place, starts.remove(place));
        (place.clone(), start.and_then(|start| end.map(|end| (start, end))))
    };
    places.iter().map(log).collect()
}

/// Adds when the records were written that the groups were about to read and will go on with.
async fn add_times(client: &Client, changes: &mut [GroupChange]) {
    let mut wanted: BTreeSet<(TopicPartition, i64)> = BTreeSet::new();
    let rows = changes.iter().flat_map(|change| &change.rows);
    for row in rows.take(TIMES_MAX) {
        let place = TopicPartition::new(row.topic.as_str(), kr_wire::ids::PartitionId(row.partition));
        for offset in [row.current, Some(row.new)].into_iter().flatten() {
            if (row.start..row.end).contains(&offset) {
                wanted.insert((place.clone(), offset));
            }
        }
    }
    let mut times: BTreeMap<(TopicPartition, i64), i64> = BTreeMap::new();
    // A fetch asks for one place of a partition; two are wanted of most.
    while !wanted.is_empty() {
        let mut round: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
        for (place, offset) in &wanted {
            round.entry(place.clone()).or_insert(Offset(*offset));
        }
        let found = client.record_times(&round, IsolationLevel::ReadUncommitted).await;
        for (place, offset) in round {
            let time = found.get(&place).and_then(|found| found.as_ref().ok().copied().flatten());
            wanted.remove(&(place.clone(), offset.0));
            if let Some(ms) = time.and_then(|time| time.timestamp_ms) {
                times.insert((place, offset.0), ms);
            }
        }
    }
    for row in changes.iter_mut().flat_map(|change| &mut change.rows) {
        let place = TopicPartition::new(row.topic.as_str(), kr_wire::ids::PartitionId(row.partition));
        let time = |offset: i64| times.get(&(place.clone(), offset)).copied();
        row.current_record_ms = row.current.and_then(time);
        row.new_record_ms = time(row.new);
    }
}

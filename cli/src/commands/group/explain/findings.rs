//! From two looks at a group to what is wrong with it, each finding with its evidence. Pure.
//!
//! | finding | holds when |
//! |---|---|
//! | no-members | nobody is in the group, and records wait |
//! | rebalancing | the state says so, or the epoch moved between the looks |
//! | members-changed | members came or went between the looks |
//! | reconciling | a member is behind the group's epoch in both looks |
//! | no-leader | the end of a partition cannot be looked up |
//! | out-of-range | the committed offset is before the start of the log, or after its end |
//! | unassigned | a partition of a topic that members read belongs to none of them |
//! | blocked | all up to the last stable offset is read, and an open transaction holds that |
//! | stuck | records wait, a member has the partition, and its offset did not move |
//! | slow | the offset moved, and the lag grew |
//! | never-committed | a member has a partition with records, and nothing is committed |
//! | idle-members | there are more members than partitions |

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{ActiveProducer, GroupDescription, Offsets, TopicPartition};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::group::positions::{self, LogRange};

/// Partitions named in one finding's evidence.
const EVIDENCE_MAX: usize = 10;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The group does not do its work.
    Problem,
    /// Worth knowing.
    Note,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// A name that stays the same: see the table of this module.
    pub id: &'static str,
    pub severity: Severity,
    /// What it is.
    pub what: String,
    /// What it was seen by.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub advice: Option<&'static str>,
}

/// One look at a group.
#[derive(Clone, Debug)]
pub struct Look {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// State and members.
    pub group: GroupDescription,
    /// What is committed.
    pub offsets: Offsets,
    /// Where the logs begin and end.
    pub logs: BTreeMap<TopicPartition, LogRange>,
}

impl Look {
    fn lag(&self, place: &TopicPartition) -> Option<i64> {
        positions::lag(self.committed(place), self.log(place).end)
    }

    fn committed(&self, place: &TopicPartition) -> Option<i64> {
        self.offsets.get(place).map(|committed| committed.offset.0)
    }

    fn log(&self, place: &TopicPartition) -> LogRange {
        self.logs.get(place).copied().unwrap_or_default()
    }

    fn owners(&self) -> BTreeMap<&TopicPartition, &str> {
        let members = self.group.members.iter();
        let places = members.flat_map(|member| {
            member.assignment.iter().flatten().map(move |place| (place, member.client_id.as_str()))
        });
        places.collect()
    }

    fn member_ids(&self) -> BTreeSet<&str> {
        self.group.members.iter().map(|member| member.id.as_str()).collect()
    }

    fn is_settled(&self) -> bool {
        self.group.state == "Stable"
    }
}

/// All that is known of a group.
#[derive(Clone, Debug)]
pub struct Case {
    /// The first look.
    pub first: Look,
    /// The second; the same as the first when there was nothing to wait for.
    pub second: Look,
    /// Numbers of partitions of the topics that members subscribe to.
    pub subscribed: BTreeMap<String, Vec<TopicPartition>>,
    /// Producers with open transactions, by partition.
    pub open: BTreeMap<TopicPartition, Vec<ActiveProducer>>,
}

/// What is found, problems first.
pub fn findings(case: &Case) -> Vec<Finding> {
    let mut found: Vec<Finding> = [
        no_members(case),
        rebalancing(case),
        members_changed(case),
        reconciling(case),
        no_leader(case),
        out_of_range(case),
        unassigned(case),
        blocked(case),
        stuck(case),
        slow(case),
        never_committed(case),
        idle_members(case),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|finding| finding.severity);
    found
}

/// One word for the whole: what the first of its problems means.
pub fn verdict(case: &Case, findings: &[Finding]) -> &'static str {
    let has = |id: &str| findings.iter().any(|f| f.id == id && f.severity == Severity::Problem);
    let lag = positions::total(case.second.offsets.keys().map(|place| case.second.lag(place)));
    match () {
        () if has("no-members") => "dead",
        () if has("rebalancing") || has("members-changed") || has("reconciling") => "rebalancing",
        () if has("blocked") => "blocked",
        () if has("stuck") || has("no-leader") || has("out-of-range") || has("unassigned") => "stuck",
        () if has("slow") => "slow",
        () if case.second.group.members.is_empty() => "empty",
        () if lag == Some(0) => "caught up",
        () => "working",
    }
}

fn problem(id: &'static str, what: String, evidence: Vec<String>, advice: &'static str) -> Option<Finding> {
    Some(Finding { id, severity: Severity::Problem, what, evidence: cut(evidence), advice: Some(advice) })
}

fn note(id: &'static str, what: String, evidence: Vec<String>, advice: &'static str) -> Option<Finding> {
    Some(Finding { id, severity: Severity::Note, what, evidence: cut(evidence), advice: Some(advice) })
}

fn cut(mut evidence: Vec<String>) -> Vec<String> {
    let more = evidence.len().saturating_sub(EVIDENCE_MAX);
    evidence.truncate(EVIDENCE_MAX);
    if more > 0 {
        evidence.push(format!("and {more} more"));
    }
    evidence
}

/// `1 partition`, `3 partitions`.
fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

fn no_members(case: &Case) -> Option<Finding> {
    let look = &case.second;
    if !look.group.members.is_empty() {
        return None;
    }
    let lag = positions::total(look.offsets.keys().map(|place| look.lag(place)))?;
    let evidence = vec![format!("state {}, no members, {lag} records behind", look.group.state)];
    match lag {
        0 => note("no-members", "nobody reads".to_owned(), evidence, "nothing waits: no action is needed"),
        _ => problem(
            "no-members",
            "nobody reads, and records wait".to_owned(),
            evidence,
            "start a consumer, or delete the group if it is not needed any more",
        ),
    }
}

fn rebalancing(case: &Case) -> Option<Finding> {
    let (first, second) = (&case.first.group, &case.second.group);
    let mut evidence = Vec::new();
    let is_moving = |state: &str| !matches!(state, "Stable" | "Empty" | "Dead");
    if is_moving(&first.state) && is_moving(&second.state) {
        evidence.push(format!("state {} at first, {} then", first.state, second.state));
    }
    if let (Some(before), Some(after)) = (first.epoch, second.epoch)
        && before != after
    {
        evidence.push(format!("group epoch {before} at first, {after} then"));
    }
    if evidence.is_empty() {
        return None;
    }
    problem(
        "rebalancing",
        "partitions are being shared out anew".to_owned(),
        evidence,
        "look for members that restart or exceed max.poll.interval.ms; static membership avoids this",
    )
}

fn members_changed(case: &Case) -> Option<Finding> {
    let (first, second) = (case.first.member_ids(), case.second.member_ids());
    let mut evidence: Vec<String> = first.difference(&second).map(|id| format!("left: {id}")).collect();
    evidence.extend(second.difference(&first).map(|id| format!("joined: {id}")));
    if evidence.is_empty() {
        return None;
    }
    problem(
        "members-changed",
        "members come and go".to_owned(),
        evidence,
        "look at the logs of these clients: a restart, a lost session, or a poll that takes too long",
    )
}

fn reconciling(case: &Case) -> Option<Finding> {
    let behind = |look: &Look| -> BTreeMap<String, i32> {
        let Some(epoch) = look.group.epoch else { return BTreeMap::new() };
        let late = look.group.members.iter().filter(|member| member.epoch.is_some_and(|own| own < epoch));
        late.map(|member| (member.id.clone(), member.epoch.unwrap_or_default())).collect()
    };
    // Members of a share group have no partitions to give up.
    let (first, second) = (behind(&case.first), behind(&case.second));
    let epoch = case.second.group.epoch?;
    let evidence: Vec<String> = second
        .iter()
        .filter(|(id, own)| first.get(*id) == Some(own))
        .map(|(id, own)| format!("member {id} is at epoch {own}, the group at {epoch}"))
        .collect();
    if evidence.is_empty() {
        return None;
    }
    problem(
        "reconciling",
        "members do not take up their new partitions".to_owned(),
        evidence,
        "a member that does not poll keeps its partitions until its rebalance timeout",
    )
}

fn no_leader(case: &Case) -> Option<Finding> {
    let look = &case.second;
    let lost = look.logs.iter().filter(|(_, log)| log.end.is_none());
    let evidence: Vec<String> = lost.map(|(place, _)| format!("{place}: its end is not known")).collect();
    if evidence.is_empty() {
        return None;
    }
    problem(
        "no-leader",
        format!("{} cannot be read", count(evidence.len(), "partition")),
        evidence,
        "see `kr topic describe`: no leader, or the topic was deleted",
    )
}

fn out_of_range(case: &Case) -> Option<Finding> {
    let look = &case.second;
    let mut evidence = Vec::new();
    for place in look.offsets.keys() {
        let (Some(committed), log) = (look.committed(place), look.log(place)) else { continue };
        if let Some(start) = log.start.filter(|start| committed < *start) {
            let gone = start - committed;
            evidence
                .push(format!("{place}: committed {committed}, the log begins at {start}, {gone} are gone"));
        } else if let Some(end) = log.end.filter(|end| committed > *end) {
            evidence.push(format!("{place}: committed {committed}, the log ends at {end}"));
        }
    }
    if evidence.is_empty() {
        return None;
    }
    problem(
        "out-of-range",
        format!("{} not in the log any more", offsets_are(evidence.len())),
        evidence,
        "auto.offset.reset decides where members go on; records before the start were deleted unread",
    )
}

fn offsets_are(number: usize) -> String {
    if number == 1 { "1 committed offset is".to_owned() } else { format!("{number} committed offsets are") }
}

fn unassigned(case: &Case) -> Option<Finding> {
    let look = &case.second;
    if look.group.members.is_empty() || !look.is_settled() || !case.first.is_settled() {
        return None;
    }
    // What cannot be told of one member may be what another lacks.
    if look.group.members.iter().any(|member| member.assignment.is_none()) {
        return None;
    }
    let owners = look.owners();
    let all = case.subscribed.values().flatten();
    let evidence: Vec<String> = all
        .filter(|place| !owners.contains_key(place))
        .map(|place| format!("{place} has no member"))
        .collect();
    if evidence.is_empty() {
        return None;
    }
    problem(
        "unassigned",
        format!(
            "{} of the topics that members read belong to none of them",
            count(evidence.len(), "partition")
        ),
        evidence,
        "members that learn of new partitions rebalance after metadata.max.age.ms; or the assignor is wrong",
    )
}

/// Whether all that can be read of a partition is read, and an open transaction holds the rest.
fn is_blocked(look: &Look, place: &TopicPartition) -> bool {
    let (log, committed) = (look.log(place), look.committed(place));
    let (Some(stable), Some(end), Some(committed)) = (log.stable_end, log.end, committed) else {
        return false;
    };
    stable < end && committed >= stable
}

fn blocked(case: &Case) -> Option<Finding> {
    let places: Vec<&TopicPartition> = case
        .second
        .offsets
        .keys()
        .filter(|place| is_blocked(&case.first, place) && is_blocked(&case.second, place))
        .filter(|place| case.first.log(place).stable_end == case.second.log(place).stable_end)
        .collect();
    if places.is_empty() {
        return None;
    }
    let mut evidence = Vec::new();
    for place in &places {
        let log = case.second.log(place);
        let (stable, end) = (log.stable_end.unwrap_or_default(), log.end.unwrap_or_default());
        let who = case.open.get(*place).into_iter().flatten().map(|producer| {
            let since =
                producer.transaction_start.map_or_else(|| "?".to_owned(), |start| start.0.to_string());
            format!("producer {} epoch {} from offset {since}", producer.id, producer.epoch)
        });
        let who: Vec<String> = who.collect();
        let who = if who.is_empty() { String::new() } else { format!(": {}", who.join(", ")) };
        evidence.push(format!("{place}: last stable offset {stable}, end {end}{who}"));
    }
    problem(
        "blocked",
        format!("an open transaction holds {}", count(places.len(), "partition")),
        evidence,
        "it ends by its producer, or at transaction.timeout.ms; a hung one is aborted with `kr txn hung`",
    )
}

/// Partitions with a member, in which records wait in both looks.
fn waiting(case: &Case) -> impl Iterator<Item = (&TopicPartition, i64, i64)> {
    let owners = case.second.owners();
    let places: Vec<&TopicPartition> =
        case.second.offsets.keys().filter(|place| owners.contains_key(place)).collect();
    places.into_iter().filter_map(|place| {
        let (before, after) = (case.first.lag(place)?, case.second.lag(place)?);
        (before > 0 && after > 0).then_some((place, before, after))
    })
}

fn seconds_between(case: &Case) -> i64 {
    ((case.second.at_ms - case.first.at_ms) / 1000).max(0)
}

fn stuck(case: &Case) -> Option<Finding> {
    if seconds_between(case) == 0 {
        return None;
    }
    let owners = case.second.owners();
    let mut evidence = Vec::new();
    for (place, _, lag) in waiting(case) {
        let (before, after) = (case.first.committed(place), case.second.committed(place));
        if before == after && !is_blocked(&case.second, place) {
            let member = owners.get(place).copied().unwrap_or_default();
            let committed = after.unwrap_or_default();
            evidence.push(format!("{place}: at {committed} in both looks, {lag} behind, read by {member}"));
        }
    }
    if evidence.is_empty() {
        return None;
    }
    problem(
        "stuck",
        format!("{} did not move in {} s", count(evidence.len(), "partition"), seconds_between(case)),
        evidence,
        "the member does not commit: it hangs, fails on a record again and again, or commits seldom",
    )
}

fn slow(case: &Case) -> Option<Finding> {
    let seconds = seconds_between(case);
    if seconds == 0 {
        return None;
    }
    let mut evidence = Vec::new();
    for (place, before, after) in waiting(case) {
        let moved = case.second.committed(place)? - case.first.committed(place)?;
        if moved > 0 && after > before {
            let written = case.second.log(place).end? - case.first.log(place).end?;
            let (read, wrote) = (moved / seconds, written / seconds);
            evidence.push(format!("{place}: reads {read}/s, {wrote}/s are written, lag {before} -> {after}"));
        }
    }
    if evidence.is_empty() {
        return None;
    }
    problem(
        "slow",
        format!("{} fall behind", count(evidence.len(), "partition")),
        evidence,
        "add members up to the number of partitions, or make the work for each record shorter",
    )
}

fn never_committed(case: &Case) -> Option<Finding> {
    let look = &case.second;
    let owners = look.owners();
    let silent = owners.iter().filter(|(place, _)| !look.offsets.contains_key(**place));
    let with_records = silent.filter_map(|(place, member)| {
        let log = look.log(place);
        let records = log.end? - log.start?;
        (records > 0).then(|| format!("{place}: nothing committed, {records} records, read by {member}"))
    });
    let evidence: Vec<String> = with_records.collect();
    if evidence.is_empty() {
        return None;
    }
    note(
        "never-committed",
        format!("nothing is committed in {} with records", count(evidence.len(), "partition")),
        evidence,
        "the member is new, keeps its offsets elsewhere, or does not commit",
    )
}

fn idle_members(case: &Case) -> Option<Finding> {
    let look = &case.second;
    let members = look.group.members.iter();
    let idle = members.filter(|member| member.assignment.as_ref().is_some_and(Vec::is_empty));
    let evidence: Vec<String> =
        idle.map(|member| format!("{} at {} ({})", member.client_id, member.host, member.id)).collect();
    if evidence.is_empty() || !look.is_settled() {
        return None;
    }
    note(
        "idle-members",
        format!("{} without a partition", count(evidence.len(), "member")),
        evidence,
        "more members than partitions read no faster",
    )
}

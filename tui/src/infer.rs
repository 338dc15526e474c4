//! Events of the poll mode: what is different between two looks. Pure.
//!
//! A difference lies somewhere between the looks and says so. All events of one look have the same interval and
//! the same number: nothing is said about their order. An epoch that went up by `n` hides `n - 1` steps, which
//! are not made up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{LeaderEpoch, NodeId, PartitionId};

use crate::event::{BrokerChange, Change, Event, IsrChange, When};
use crate::picture::Picture;
use crate::snapshot::{Cluster, Gap, Group, Observation, Partition, Quorum, Source, Time, TopicColumns};

/// States of groups by id.
type States = BTreeMap<Arc<str>, Option<Arc<str>>>;

/// Compares each answer with what was known.
#[derive(Clone, Debug, Default)]
pub struct Infer {
    picture: Picture,
    /// When all topics were seen last, and when single ones were since.
    all_topics_at: Option<Time>,
    topics_at: BTreeMap<Arc<str>, Time>,
    cluster_at: Option<Time>,
    quorum_at: Option<Time>,
    groups: Option<(Time, States)>,
    /// Since when the quorum has no leader.
    leaderless_since: Option<Time>,
    /// Why nothing could be seen, since the last look.
    blind: Option<Arc<str>>,
    latest: Option<Time>,
    looks: u64,
    is_exact: bool,
}

impl Infer {
    /// What is known.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// While the metadata log is followed, what it tells is not inferred a second time.
    pub fn set_exact(&mut self, is_exact: bool) {
        self.is_exact = is_exact;
    }

    /// Nothing can be seen any more: the next look says that something may have been missed.
    pub fn lost(&mut self, reason: &Arc<str>) {
        self.blind.get_or_insert_with(|| Arc::clone(reason));
    }

    /// Takes an answer in and says what is different.
    pub fn look(&mut self, seen: &Observation) -> Vec<Event> {
        self.looks += 1;
        let mut events = Events { number: self.looks, events: Vec::new() };
        match seen {
            Observation::Cluster(seen) => self.look_at_cluster(&seen.value, seen.as_of, &mut events),
            Observation::Quorum(seen) => {
                if let Ok(quorum) = &seen.value {
                    self.look_at_quorum(quorum, seen.as_of, &mut events);
                }
            }
            Observation::Topics(topics) => {
                let before = self.picture.clone();
                self.picture.observe(seen);
                self.compare_topics(&before, topics.as_of, &mut events);
                self.note_topics(topics.value.is_complete, topics.value.topics.iter(), topics.as_of);
            }
            Observation::Groups(seen) => {
                let (groups, gaps) = &seen.value;
                self.look_at_groups(groups, gaps, seen.as_of, &mut events);
            }
            _ => return Vec::new(),
        }
        self.picture.observe(seen);
        if self.is_exact {
            events.events.retain(|event| matches!(event.change, Change::Group { .. }));
        }
        self.note_blindness(seen, &mut events);
        events.events
    }

    /// Says once, with the first answer after it, that nothing was seen for a while.
    fn note_blindness(&mut self, seen: &Observation, events: &mut Events) {
        let now = time_of(seen);
        if let (Some(reason), Some(before)) = (self.blind.take(), self.latest) {
            let change = Change::Blind { reason };
            let when = When::Between(before, now);
            let blind = Event { when, source: Source::Probe, offset: None, batch: events.number, change };
            events.events.insert(0, blind);
        }
        self.latest = Some(now);
    }

    fn look_at_cluster(&mut self, now: &Cluster, at: Time, events: &mut Events) {
        let since = self.cluster_at.replace(at);
        let (Some(before), Some(since)) = (&self.picture.cluster, since) else { return };
        let when = When::Between(since, at);
        let mut say = |change| events.say(when, Source::Cluster, change);
        let change = |broker| BrokerChange { broker, epoch: None };
        for broker in &now.brokers {
            match before.brokers.iter().find(|known| known.id == broker.id) {
                None => say(Change::Registered(change(broker.id))),
                Some(known) if !known.is_fenced && broker.is_fenced => say(Change::Fence(change(broker.id))),
                Some(known) if known.is_fenced && !broker.is_fenced => {
                    say(Change::Unfence(change(broker.id)))
                }
                Some(_) => {}
            }
        }
        for known in &before.brokers {
            if !now.brokers.iter().any(|broker| broker.id == known.id) {
                say(Change::Unregistered(change(known.id)));
            }
        }
        if before.metadata_version != now.metadata_version && before.metadata_version.is_some() {
            let (from, to) = (before.metadata_version, now.metadata_version);
            say(Change::Feature { name: "metadata.version".into(), from, to });
        }
    }

    fn look_at_quorum(&mut self, now: &Quorum, at: Time, events: &mut Events) {
        let Some(before) = self.picture.quorum.as_ref() else {
            self.quorum_at = Some(at);
            return;
        };
        // An answer of a controller that does not know yet that it no longer leads.
        if now.epoch < before.epoch {
            return;
        }
        let since = self.quorum_at.replace(at).unwrap_or(at);
        let when = When::Between(since, at);
        if now.leader.is_none() {
            self.leaderless_since.get_or_insert(since);
        }
        if (before.leader, before.epoch) != (now.leader, now.epoch) {
            let without = now.leader.and_then(|_| self.leaderless_since.take()).map(|then| at.since(then));
            let change = Change::Controller {
                from: before.leader,
                to: now.leader,
                from_epoch: before.epoch,
                to_epoch: now.epoch,
                without: without.filter(|span| *span > Duration::ZERO),
            };
            events.say(when, Source::Quorum, change);
        }
        let ids = |quorum: &Quorum| quorum.voters.iter().map(|voter| voter.id).collect::<Vec<_>>();
        let (from, to) = (ids(before), ids(now));
        if from != to {
            events.say(when, Source::Quorum, Change::Voters { from, to });
        }
    }

    /// When a topic was looked at last, itself or with all others.
    fn topic_at(&self, name: &Arc<str>) -> Option<Time> {
        self.all_topics_at.max(self.topics_at.get(name).copied())
    }

    fn note_topics<'a>(
        &mut self,
        is_complete: bool,
        topics: impl Iterator<Item = &'a Arc<TopicColumns>>,
        at: Time,
    ) {
        if is_complete {
            self.all_topics_at = Some(at);
            self.topics_at.clear();
        } else {
            self.topics_at.extend(topics.map(|topic| (Arc::clone(&topic.name), at)));
        }
    }

    fn compare_topics(&self, before: &Picture, at: Time, events: &mut Events) {
        if !before.has_all_topics {
            return;
        }
        let since = |name: &Arc<str>| self.topic_at(name).unwrap_or(at);
        for (name, known) in &before.topics {
            let when = When::Between(since(name), at);
            match self.picture.topics.get(name) {
                None => events.say(when, Source::Metadata, Change::TopicDeleted { topic: Arc::clone(name) }),
                Some(now) if Arc::ptr_eq(known, now) => {}
                Some(now) if known.id != now.id => {
                    events.say(when, Source::Metadata, Change::TopicDeleted { topic: Arc::clone(name) });
                    events.say(when, Source::Metadata, created(now));
                }
                Some(now) => compare_topic(known, now, when, events),
            }
        }
        for (name, now) in &self.picture.topics {
            if !before.topics.contains_key(name) {
                let when = When::Between(since(name), at);
                events.say(when, Source::Metadata, created(now));
            }
        }
    }

    fn look_at_groups(&mut self, groups: &[Group], gaps: &[Gap], at: Time, events: &mut Events) {
        let mut now: States =
            groups.iter().map(|group| (Arc::clone(&group.id), group.state.clone())).collect();
        let Some((since, before)) = self.groups.take() else {
            self.groups = Some((at, now));
            return;
        };
        let when = When::Between(since, at);
        let mut say = |id: &Arc<str>, from: Option<Arc<str>>, to: Option<Arc<str>>| {
            let change = Change::Group { id: Arc::clone(id), from, to };
            events.say(when, Source::Groups, change);
        };
        for (id, state) in &before {
            match now.get(id) {
                Some(to) if to != state => say(id, state.clone(), to.clone()),
                Some(_) => {}
                None if gaps.is_empty() => say(id, state.clone(), None),
                // A coordinator that could not be asked: its groups are as they were.
                None => {
                    now.insert(Arc::clone(id), state.clone());
                }
            }
        }
        for (id, state) in &now {
            if !before.contains_key(id) {
                say(id, None, state.clone());
            }
        }
        self.groups = Some((at, now));
    }
}

/// The events of one look.
struct Events {
    number: u64,
    events: Vec<Event>,
}

impl Events {
    fn say(&mut self, when: When, source: Source, change: Change) {
        self.events.push(Event { when, source, offset: None, batch: self.number, change });
    }
}

fn created(topic: &TopicColumns) -> Change {
    let partitions = u32::try_from(topic.len()).unwrap_or(u32::MAX);
    Change::TopicCreated { topic: Arc::clone(&topic.name), partitions }
}

fn compare_topic(before: &TopicColumns, now: &TopicColumns, when: When, events: &mut Events) {
    for (id, known) in before.partitions() {
        if let Some(row) = now.partition(id)
            && row != known
        {
            compare_partition(&now.name, id, known, row, when, events);
        }
    }
    if now.len() > before.len() {
        let count = |topic: &TopicColumns| u32::try_from(topic.len()).unwrap_or(u32::MAX);
        let change =
            Change::PartitionsAdded { topic: Arc::clone(&now.name), from: count(before), to: count(now) };
        events.say(when, Source::Metadata, change);
    }
}

fn compare_partition(
    topic: &Arc<str>,
    id: PartitionId,
    before: Partition<'_>,
    now: Partition<'_>,
    when: When,
    events: &mut Events,
) {
    let place = TopicPartition::new(Arc::clone(topic), id);
    let mut say = |change| events.say(when, Source::Metadata, change);
    if before.replicas != now.replicas {
        let (from, to) = (before.replicas.to_vec(), now.replicas.to_vec());
        say(Change::Replicas { place: place.clone(), from, to });
    }
    if (before.leader, before.epoch) != (now.leader, now.epoch) {
        let is_unclean = is_unclean(before, now);
        say(Change::Leader {
            place: place.clone(),
            from: before.leader,
            to: now.leader,
            from_epoch: before.epoch,
            to_epoch: now.epoch,
            is_unclean,
        });
    }
    for change in isr_changes(&place, before.isr, now.isr, now.epoch) {
        say(change);
    }
}

/// Whether the election lost something: only a single step from within the ISR is known to be clean.
fn is_unclean(before: Partition<'_>, now: Partition<'_>) -> Option<bool> {
    let is_one_step =
        before.epoch.zip(now.epoch).is_some_and(|(before, now)| now.0 == before.0.wrapping_add(1));
    let leader = now.leader?;
    (is_one_step && before.isr.contains(&leader)).then_some(false)
}

/// The changes that lead from one ISR to another: who left, then who came. The order within it means nothing.
pub fn isr_changes(
    place: &TopicPartition,
    before: &[NodeId],
    now: &[NodeId],
    epoch: Option<LeaderEpoch>,
) -> Vec<Change> {
    let left = before.iter().any(|node| !now.contains(node));
    let came = now.iter().any(|node| !before.contains(node));
    let stayed = || before.iter().copied().filter(|node| now.contains(node)).collect::<Vec<_>>();
    let change = |from: Vec<NodeId>, to: Vec<NodeId>| IsrChange { place: place.clone(), from, to, epoch };
    match (left, came) {
        (false, false) => Vec::new(),
        (true, false) => vec![Change::IsrShrink(change(before.to_vec(), now.to_vec()))],
        (false, true) => vec![Change::IsrExpand(change(before.to_vec(), now.to_vec()))],
        (true, true) => vec![
            Change::IsrShrink(change(before.to_vec(), stayed())),
            Change::IsrExpand(change(stayed(), now.to_vec())),
        ],
    }
}

/// When an answer was in hand.
pub fn time_of(seen: &Observation) -> Time {
    match seen {
        Observation::Cluster(seen) => seen.as_of,
        Observation::Quorum(seen) => seen.as_of,
        Observation::Pulses(seen) => seen.as_of,
        Observation::Reach(seen) => seen.as_of,
        Observation::Topics(seen) => seen.as_of,
        Observation::Ends(seen) => seen.as_of,
        Observation::Elr(seen) => seen.as_of,
        Observation::Configs(seen) => seen.as_of,
        Observation::Epochs(seen) => seen.as_of,
        Observation::Moving(seen) => seen.as_of,
        Observation::Disks(seen) => seen.as_of,
        Observation::Groups(seen) => seen.as_of,
        Observation::GroupDetails(seen) => seen.as_of,
    }
}

#[cfg(test)]
mod tests;

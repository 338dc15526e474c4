//! The cluster as it was last seen: folds observations and events into one picture.
//!
//! It keeps what is needed to tell rates and times (a few samples for each thing that is looked at, a ring of
//! events), and nothing for ever: every collection has a bound. A picture is cheap to clone: pausing keeps one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};

use crate::event::{Change, Event, When};
use crate::msg::{CallLine, Failure, Traffic};
use crate::snapshot::{
    Broker, BrokerDisks, BrokerPulse, Cluster, EpochHistory, Gap, Group, GroupDetail, Known, Mode, Moving,
    Observation, Partition, PartitionElr, PartitionEnds, Quorum, Reach, Seen, Source, Time, TopicColumns,
    TopicConfig, Topics,
};

use super::brokers::Load;
use super::clock::Zone;
use super::health::{Counts, Health};
use super::samples::Samples;

/// Events that are kept: about 27,000 are an hour of trouble in a large cluster.
pub const EVENTS_MAX: usize = 50_000;
/// Partitions whose ends are kept: those on the screen, and some that were there lately.
const ENDS_MAX: usize = 2_000;
/// Lines of the log of calls.
const CALLS_MAX: usize = 500;
/// Failures that are kept, one for each thing that failed.
const FAILURES_MAX: usize = 50;

/// A topic with the age of what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicEntry {
    /// Its partitions.
    pub columns: Arc<TopicColumns>,
    /// When they were seen.
    pub as_of: Time,
    /// Which question told.
    pub source: Source,
}

/// Ends of a partition's replicas, and how they grow.
#[derive(Clone, Debug, PartialEq)]
pub struct EndsTrack {
    /// The last answer.
    pub latest: Seen<PartitionEnds>,
    /// Log end offsets of each replica over time.
    pub samples: BTreeMap<NodeId, Samples>,
}

/// A group in detail, and how its lag grows.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTrack {
    /// The last answer.
    pub latest: Seen<GroupDetail>,
    /// Lag in records over time.
    pub lag: Samples,
    /// Ends of its partitions added up, over time: how fast producers write.
    pub ends: Samples,
}

/// Since when a node leads the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reign {
    /// The leader.
    pub leader: Option<NodeId>,
    /// Its epoch.
    pub epoch: Option<LeaderEpoch>,
    /// Since when: an interval where it was not watched.
    pub since: When,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The time, as the last tick told it.
    pub now: Time,
    /// The time zone of the screen.
    pub zone: Zone,
    /// What brokers carry; counted by [`World::settle`].
    pub loads: BTreeMap<NodeId, Load>,
    /// How many partitions are how; counted by [`World::settle`].
    pub counts: Counts,
    /// Who is there.
    pub cluster: Option<Seen<Cluster>>,
    /// The quorum, or why it cannot be seen.
    pub quorum: Option<Seen<Known<Quorum>>>,
    /// High watermarks of the quorum over time.
    pub quorum_marks: Samples,
    /// Leaders of the quorum, newest first.
    pub reigns: VecDeque<Reign>,
    /// What brokers say of themselves.
    pub pulses: BTreeMap<NodeId, Seen<BrokerPulse>>,
    /// How brokers can be reached.
    pub reach: BTreeMap<NodeId, Seen<Reach>>,
    /// Topics in the order of their names.
    pub topics: Vec<TopicEntry>,
    /// When all topics were seen last.
    pub topics_as_of: Option<Time>,
    /// Ends of logs, of what is looked at.
    pub ends: BTreeMap<TopicPartition, EndsTrack>,
    /// ELR, of what is looked at.
    pub elr: BTreeMap<TopicPartition, Seen<PartitionElr>>,
    /// Configs of topics.
    pub configs: BTreeMap<Arc<str>, Seen<TopicConfig>>,
    /// Leader epochs, of what was opened.
    pub epochs: BTreeMap<TopicPartition, Seen<EpochHistory>>,
    /// Partitions whose replicas are changed.
    pub moving: Option<Seen<Known<Vec<Moving>>>>,
    /// Log directories.
    pub disks: BTreeMap<NodeId, Seen<BrokerDisks>>,
    /// Groups in the order of their ids, and what of the list is missing.
    pub groups: Option<Seen<(Vec<Group>, Vec<Gap>)>>,
    /// Groups in detail.
    pub group_details: BTreeMap<Arc<str>, GroupTrack>,
    /// Events, oldest first.
    pub events: VecDeque<Arc<Event>>,
    /// Events ever seen: the number of the next one.
    pub events_seen: u64,
    /// When the leader or the ISR of a partition changed last.
    pub changed: BTreeMap<TopicPartition, When>,
    /// What fails at the moment.
    pub failures: BTreeMap<Arc<str>, Failure>,
    /// The cost of looking.
    pub traffic: Traffic,
    /// The log of calls, oldest first.
    pub calls: VecDeque<CallLine>,
}

impl World {
    /// Folds in what was seen.
    pub fn observe(&mut self, observation: Observation) {
        match observation {
            Observation::Cluster(seen) => self.observe_cluster(seen),
            Observation::Quorum(seen) => self.observe_quorum(seen),
            Observation::Pulses(seen) => {
                for pulse in seen.value {
                    self.pulses.insert(pulse.id, Seen::new(pulse, seen.as_of, seen.source));
                }
            }
            Observation::Reach(seen) => {
                let (id, reach) = seen.value;
                self.reach.insert(id, Seen::new(reach, seen.as_of, seen.source));
            }
            Observation::Topics(seen) => self.observe_topics(seen),
            Observation::Ends(seen) => self.observe_ends(seen),
            Observation::Elr(seen) => {
                for elr in seen.value {
                    self.elr.insert(elr.place.clone(), Seen::new(elr, seen.as_of, seen.source));
                }
                bound(&mut self.elr, ENDS_MAX, |seen| seen.as_of);
            }
            Observation::Configs(seen) => {
                for config in seen.value {
                    self.configs.insert(config.topic.clone(), Seen::new(config, seen.as_of, seen.source));
                }
            }
            Observation::Epochs(seen) => {
                self.epochs.insert(seen.value.place.clone(), seen);
                bound(&mut self.epochs, ENDS_MAX, |seen| seen.as_of);
            }
            Observation::Moving(seen) => self.moving = Some(seen),
            Observation::Disks(seen) => {
                for disks in seen.value {
                    self.disks.insert(disks.broker, Seen::new(disks, seen.as_of, seen.source));
                }
            }
            Observation::Groups(mut seen) => {
                seen.value.0.sort_by(|a, b| a.id.cmp(&b.id));
                self.groups = Some(seen);
            }
            Observation::GroupDetails(seen) => self.observe_groups(seen),
        }
    }

    fn observe_cluster(&mut self, mut seen: Seen<Cluster>) {
        seen.value.brokers.sort_by_key(|broker| broker.id);
        let failed: Vec<Arc<str>> = self
            .failures
            .iter()
            .filter(|(_, failure)| failure.is_total)
            .map(|(what, _)| what.clone())
            .collect();
        for what in failed {
            self.failures.remove(&what);
        }
        self.cluster = Some(seen);
    }

    fn observe_quorum(&mut self, seen: Seen<Known<Quorum>>) {
        if let Ok(quorum) = &seen.value {
            if let Some(mark) = quorum.high_watermark {
                self.quorum_marks.push(seen.as_of, mark.0);
            }
            let before = self.quorum.as_ref().map(|before| before.as_of);
            let is_new = self.reigns.front().is_none_or(|reign| {
                reign.epoch != quorum.epoch || (reign.leader != quorum.leader && quorum.leader.is_some())
            });
            if is_new {
                let since = When::Between(before.unwrap_or(Time(0)), seen.as_of);
                self.reigns.push_front(Reign { leader: quorum.leader, epoch: quorum.epoch, since });
                self.reigns.truncate(100);
            }
        }
        self.quorum = Some(seen);
    }

    fn observe_topics(&mut self, seen: Seen<Topics>) {
        let Seen { value: Topics { is_complete, mut topics, gone }, as_of, source } = seen;
        let entry = |columns: Arc<TopicColumns>| TopicEntry { columns, as_of, source };
        if is_complete {
            topics.sort_by(|a, b| a.name.cmp(&b.name));
            self.topics = topics.into_iter().map(entry).collect();
            self.topics_as_of = Some(as_of);
            return;
        }
        for columns in topics {
            match self.topics.binary_search_by(|known| known.columns.name.cmp(&columns.name)) {
                Ok(index) if self.topics[index].as_of <= as_of => self.topics[index] = entry(columns),
                Ok(_) => {}
                Err(index) => self.topics.insert(index, entry(columns)),
            }
        }
        for name in gone {
            if let Ok(index) = self.topics.binary_search_by(|known| known.columns.name.cmp(&name)) {
                self.topics.remove(index);
            }
        }
    }

    fn observe_ends(&mut self, seen: Seen<Vec<PartitionEnds>>) {
        for ends in seen.value {
            let place = ends.place.clone();
            let mut samples = self.ends.remove(&place).map(|track| track.samples).unwrap_or_default();
            for (node, end) in &ends.ends {
                if let Ok(end) = end {
                    samples.entry(*node).or_default().push(seen.as_of, end.0);
                }
            }
            self.ends.insert(place, EndsTrack { latest: Seen::new(ends, seen.as_of, seen.source), samples });
        }
        bound(&mut self.ends, ENDS_MAX, |track| track.latest.as_of);
    }

    fn observe_groups(&mut self, seen: Seen<Vec<GroupDetail>>) {
        for detail in seen.value {
            let before = self.group_details.remove(&detail.id);
            let (mut lag, mut ends) = before.map(|track| (track.lag, track.ends)).unwrap_or_default();
            if let Some(total) = lag_of(&detail) {
                lag.push(seen.as_of, total);
            }
            if let Ok(offsets) = &detail.offsets {
                let sum: i64 =
                    offsets.iter().filter_map(|offset| offset.end.as_ref().ok()).map(|end| end.0).sum();
                ends.push(seen.as_of, sum);
            }
            let id = detail.id.clone();
            let latest = Seen::new(detail, seen.as_of, seen.source);
            self.group_details.insert(id, GroupTrack { latest, lag, ends });
        }
        bound(&mut self.group_details, ENDS_MAX, |track| track.latest.as_of);
    }

    /// Folds in what changed.
    pub fn happen(&mut self, events: Vec<Event>) {
        for event in events {
            if let Some(place) = event.change.place() {
                self.changed.insert(place.clone(), event.when);
            }
            if let Change::Controller { to, to_epoch, .. } = &event.change {
                self.crown(*to, *to_epoch, event.when);
            }
            if let Change::TopicDeleted { topic } = &event.change {
                self.changed.retain(|place, _| place.topic != *topic);
            }
            self.events.push_back(Arc::new(event));
            self.events_seen += 1;
        }
        while self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
    }

    /// Notes since when a controller leads, more exactly than two looks at the quorum tell.
    fn crown(&mut self, leader: Option<NodeId>, epoch: Option<LeaderEpoch>, since: When) {
        match self.reigns.iter_mut().find(|reign| reign.epoch == epoch) {
            Some(reign) => reign.since = since,
            None => {
                let place = self.reigns.iter().take_while(|reign| reign.epoch > epoch).count();
                self.reigns.insert(place, Reign { leader, epoch, since });
            }
        }
    }

    /// Counts what is shown as sums: after topics or configs changed.
    pub fn settle(&mut self) {
        self.loads = Load::count(self);
        self.counts = Counts::count(self);
    }

    /// Notes that a question failed.
    pub fn fail(&mut self, failure: Failure) {
        if self.failures.len() >= FAILURES_MAX && !self.failures.contains_key(&failure.what) {
            return;
        }
        self.failures.insert(failure.what.clone(), failure);
    }

    /// Forgets failures that did not come again for a minute.
    pub fn forgive(&mut self, now: Time) {
        self.failures.retain(|_, failure| now.since(failure.at) < Duration::from_secs(60));
    }

    /// Notes what looking costs.
    pub fn spend(&mut self, mut traffic: Traffic) {
        self.calls.extend(traffic.calls.drain(..));
        while self.calls.len() > CALLS_MAX {
            self.calls.pop_front();
        }
        self.traffic = traffic;
    }

    /// The number of the oldest event that is kept.
    pub fn first_event(&self) -> u64 {
        self.events_seen - self.events.len() as u64
    }

    /// An event by its number.
    pub fn event(&self, number: u64) -> Option<&Arc<Event>> {
        self.events.get(usize::try_from(number.checked_sub(self.first_event())?).ok()?)
    }

    /// The quorum, if it can be seen.
    pub fn known_quorum(&self) -> Option<&Quorum> {
        self.quorum.as_ref().and_then(|seen| seen.value.as_ref().ok())
    }

    /// The active controller: the quorum's leader, or in ZooKeeper mode whom Metadata names.
    pub fn controller(&self) -> Option<NodeId> {
        let cluster = self.cluster.as_ref().map(|seen| &seen.value);
        match self.known_quorum() {
            Some(quorum) => quorum.leader,
            None if cluster.is_some_and(|cluster| cluster.mode == Some(Mode::ZooKeeper)) => {
                cluster.and_then(|cluster| cluster.zookeeper_controller)
            }
            None => None,
        }
    }

    /// Brokers in the order of their ids.
    pub fn brokers(&self) -> &[Broker] {
        self.cluster.as_ref().map_or(&[], |seen| &seen.value.brokers)
    }

    /// One broker.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.brokers().iter().find(|broker| broker.id == id)
    }

    /// A topic by its name.
    pub fn topic(&self, name: &str) -> Option<&TopicEntry> {
        let index = self.topics.binary_search_by(|known| (*known.columns.name).cmp(name)).ok()?;
        self.topics.get(index)
    }

    /// A partition by its name.
    pub fn partition(&self, place: &TopicPartition) -> Option<Partition<'_>> {
        self.topic(&place.topic)?.columns.partition(place.partition)
    }

    /// All partitions.
    pub fn partitions(&self) -> impl Iterator<Item = (&TopicEntry, PartitionId, Partition<'_>)> {
        self.topics.iter().flat_map(|topic| {
            topic.columns.partitions().map(move |(number, partition)| (topic, number, partition))
        })
    }

    /// `min.insync.replicas` of a topic, if it is known.
    pub fn min_isr(&self, topic: &str) -> Option<i32> {
        self.configs.get(topic).and_then(|seen| seen.value.min_isr.as_ref().ok()).copied()
    }

    /// How a partition is.
    pub fn health(&self, topic: &str, partition: &Partition<'_>) -> Health {
        Health::of(partition, self.min_isr(topic))
    }

    /// How far a replica is behind the leader's log end, in records.
    pub fn behind(&self, place: &TopicPartition, replica: NodeId) -> Option<i64> {
        let leader = self.partition(place)?.leader?;
        let ends = &self.ends.get(place)?.latest.value.ends;
        let end = |node: NodeId| {
            ends.iter().find(|(id, _)| *id == node).and_then(|(_, end)| end.as_ref().ok()).copied()
        };
        Some((end(leader)? - end(replica)?).max(0))
    }

    /// The furthest that any replica of a partition is behind.
    pub fn worst_behind(&self, place: &TopicPartition) -> Option<i64> {
        let partition = self.partition(place)?;
        partition.replicas.iter().filter_map(|replica| self.behind(place, *replica)).max()
    }

    /// Bytes of a replica's log, where log directories were asked for.
    pub fn size(&self, place: &TopicPartition, replica: NodeId) -> Option<u64> {
        let directories = self.disks.get(&replica)?.value.directories.as_ref().ok()?;
        directories
            .iter()
            .flat_map(|directory| &directory.replicas)
            .find(|(at, _)| at == place)
            .map(|(_, bytes)| *bytes)
    }
}

/// Records between what is committed and the end, all partitions together; none when no end is known.
pub fn lag_of(detail: &GroupDetail) -> Option<i64> {
    let offsets = detail.offsets.as_ref().ok()?;
    let lags = offsets.iter().filter_map(|offset| {
        let end: Offset = *offset.end.as_ref().ok()?;
        Some((end - offset.committed?).max(0))
    });
    let (count, sum) = lags.fold((0, 0), |(count, sum), lag| (count + 1, sum + lag));
    (count > 0 || offsets.is_empty()).then_some(sum)
}

/// Drops what was seen longest ago until the bound holds.
fn bound<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, max: usize, age: impl Fn(&V) -> Time) {
    if map.len() <= max {
        return;
    }
    let mut ages: Vec<(Time, K)> = map.iter().map(|(key, value)| (age(value), key.clone())).collect();
    ages.sort();
    for (_, key) in ages.into_iter().take(map.len() - max) {
        map.remove(&key);
    }
}

//! What the records of the metadata log mean: a picture of brokers, topics and partitions, and the event of each
//! change, with its instant and its offset. Pure.
//!
//! Only what the screens show is kept; of ACLs, quotas, users and tokens nothing is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_client::admin::TopicPartition;
use kr_wire::batch::{Batch, BatchError, Batches};
use kr_wire::compression::Limit;
use kr_wire::control::ControlRecord;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionId, TopicId};
use kr_wire::metadata_records::{
    BrokerRegistrationChangeRecord, ConfigRecord, FencedChange, LeaderChange, LeaderRecoveryState,
    MetadataRecord, PartitionChangeRecord, PartitionRecord, RegisterBrokerRecord,
};

use super::follow::LogBatch;
use crate::event::{BrokerChange, Change, Event, When};
use crate::infer::isr_changes;
use crate::snapshot::{self, Moving, Partition, PartitionElr, Source, Time, TopicColumns};

/// `ConfigResource.Type` of topics and brokers.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;

/// Parts of the names of broker configs whose values are not for the eye.
const SECRET: [&str; 5] = ["password", "secret", "jaas", "keystore.key", "certificate.chain"];

/// Nodes in a list that rarely changes.
type Nodes = Box<[NodeId]>;

#[derive(Clone, Debug, Default)]
struct PartitionState {
    leader: Option<NodeId>,
    epoch: LeaderEpoch,
    replicas: Nodes,
    isr: Nodes,
    eligible: Nodes,
    last_known: Nodes,
    adding: Nodes,
    removing: Nodes,
}

#[derive(Clone, Debug)]
struct TopicState {
    name: Arc<str>,
    /// By partition; none while a record of a higher partition came first.
    partitions: Vec<Option<PartitionState>>,
}

#[derive(Clone, Debug)]
struct BrokerState {
    address: Arc<str>,
    rack: Option<Arc<str>>,
    epoch: BrokerEpoch,
    is_fenced: bool,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Time,
    offset: Offset,
    batch: Offset,
}

/// The state of the log up to where it was followed.
#[derive(Clone, Debug, Default)]
pub struct LogState {
    topics: BTreeMap<TopicId, TopicState>,
    brokers: BTreeMap<NodeId, BrokerState>,
    features: BTreeMap<Arc<str>, i16>,
    controller: Option<(NodeId, LeaderEpoch)>,
    voters: Vec<NodeId>,
    /// Records of a metadata transaction that is open (KIP-868).
    transaction: Option<Vec<(MetadataRecord, Place)>>,
    /// Partitions that topics had before the batch, of those that got some in it; none for new topics.
    grown: BTreeMap<TopicId, (Option<u32>, Place)>,
    last_at: Option<Time>,
    changed: BTreeSet<TopicId>,
    gone: BTreeSet<Arc<str>>,
    brokers_changed: bool,
    /// Records that could not be read: of a newer Kafka.
    unreadable: u64,
}

impl LogState {
    /// Begins with a snapshot. What it says is no event.
    pub fn load(snapshot: &[u8]) -> Result<Self, BatchError> {
        let mut state = Self::default();
        for batch in Batches::new(snapshot) {
            state.replay(&batch?)?;
        }
        state.last_at = None;
        Ok(state)
    }

    /// Takes a batch that is committed in and says what changed.
    pub fn take(&mut self, batch: &LogBatch) -> Result<Vec<Event>, BatchError> {
        self.replay(&Batch::parse(&batch.bytes)?)
    }

    /// Records that could not be read, all in all.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The level of `metadata.version`, if it is known.
    pub fn metadata_version(&self) -> Option<i16> {
        self.features.get("metadata.version").copied()
    }

    /// Whether brokers changed since this was asked last.
    pub fn take_brokers_changed(&mut self) -> bool {
        std::mem::take(&mut self.brokers_changed)
    }

    /// All registered brokers in the order of their ids.
    pub fn brokers(&self) -> Vec<snapshot::Broker> {
        let broker = |(id, broker): (&NodeId, &BrokerState)| snapshot::Broker {
            id: *id,
            address: Arc::clone(&broker.address),
            rack: broker.rack.clone(),
            is_fenced: broker.is_fenced,
            epoch: Some(broker.epoch),
        };
        self.brokers.iter().map(broker).collect()
    }

    /// All topics.
    pub fn all_topics(&mut self) -> snapshot::Topics {
        self.changed.clear();
        self.gone.clear();
        let mut topics: Vec<_> = self.topics.iter().map(|(id, topic)| self.columns(*id, topic)).collect();
        topics.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        snapshot::Topics { is_complete: true, topics, gone: Vec::new() }
    }

    /// Topics that changed since this was asked last; none if none did.
    pub fn changed_topics(&mut self) -> Option<snapshot::Topics> {
        let changed = std::mem::take(&mut self.changed);
        let gone = std::mem::take(&mut self.gone);
        if changed.is_empty() && gone.is_empty() {
            return None;
        }
        let topic = |id: &TopicId| Some(self.columns(*id, self.topics.get(id)?));
        let mut topics: Vec<_> = changed.iter().filter_map(topic).collect();
        topics.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        // A topic that was deleted and created anew is not gone.
        let is_back = |name: &Arc<str>| topics.iter().any(|topic| topic.name == *name);
        let gone = gone.into_iter().filter(|name| !is_back(name)).collect();
        Some(snapshot::Topics { is_complete: false, topics, gone })
    }

    /// Partitions that have eligible replicas outside the ISR (KIP-966), in order.
    pub fn eligible(&self) -> Vec<PartitionElr> {
        let mut found: Vec<PartitionElr> = self
            .rows()
            .filter(|(_, row)| !row.eligible.is_empty() || !row.last_known.is_empty())
            .map(|(place, row)| PartitionElr {
                place,
                eligible: Ok(row.eligible.to_vec()),
                last_known: Ok(row.last_known.to_vec()),
            })
            .collect();
        found.sort_unstable_by(|left, right| left.place.cmp(&right.place));
        found
    }

    /// Partitions whose replicas are being changed, in order.
    pub fn moving(&self) -> Vec<Moving> {
        let mut found: Vec<Moving> = self
            .rows()
            .filter(|(_, row)| !row.adding.is_empty() || !row.removing.is_empty())
            .map(|(place, row)| Moving {
                place,
                adding: row.adding.to_vec(),
                removing: row.removing.to_vec(),
            })
            .collect();
        found.sort_unstable_by(|left, right| left.place.cmp(&right.place));
        found
    }

    fn rows(&self) -> impl Iterator<Item = (TopicPartition, &PartitionState)> {
        self.topics.values().flat_map(|topic| {
            (0..).zip(&topic.partitions).filter_map(|(index, row)| {
                let place = TopicPartition::new(Arc::clone(&topic.name), PartitionId(index));
                Some((place, row.as_ref()?))
            })
        })
    }

    fn columns(&self, id: TopicId, topic: &TopicState) -> Arc<TopicColumns> {
        let is_internal = topic.name.starts_with("__");
        let mut columns = TopicColumns::new(Arc::clone(&topic.name), Some(id), is_internal);
        let is_offline = |id: &&NodeId| self.brokers.get(id).is_none_or(|broker| broker.is_fenced);
        for row in topic.partitions.iter().map_while(Option::as_ref) {
            let offline: Vec<NodeId> = row.replicas.iter().filter(is_offline).copied().collect();
            columns.push(Partition {
                leader: row.leader,
                epoch: Some(row.epoch),
                replicas: &row.replicas,
                isr: &row.isr,
                offline: &offline,
            });
        }
        Arc::new(columns)
    }

    fn replay(&mut self, batch: &Batch<'_>) -> Result<Vec<Event>, BatchError> {
        let base = batch.header.base_offset;
        let epoch = batch.header.partition_leader_epoch;
        let is_control = batch.header.attributes.is_control();
        let payload = batch.payload(Limit::default())?;
        let mut events = Vec::new();
        for record in payload.records() {
            let record = record?;
            let place = Place { at: Time(record.timestamp_ms), offset: record.offset, batch: base };
            if is_control {
                match ControlRecord::decode(record.key, record.value) {
                    Ok(control) => self.control(&control, epoch, place, &mut events),
                    Err(_) => self.unreadable += 1,
                }
            } else {
                match MetadataRecord::decode(record.value.unwrap_or_default()) {
                    Ok((record, _)) => self.record(record, place, &mut events),
                    Err(_) => self.unreadable += 1,
                }
            }
            self.last_at = Some(place.at);
        }
        self.say_grown(&mut events);
        Ok(events)
    }

    fn control(
        &mut self,
        record: &ControlRecord,
        epoch: Option<LeaderEpoch>,
        place: Place,
        events: &mut Vec<Event>,
    ) {
        match record {
            ControlRecord::LeaderChange(change) => {
                let epoch = epoch.unwrap_or_default();
                let from = self.controller.replace((change.leader_id, epoch));
                // A leader that is elected again is an event, too: the epoch is another.
                let without = self.last_at.map(|last| place.at.since(last));
                let change = Change::Controller {
                    from: from.map(|(node, _)| node),
                    to: Some(change.leader_id),
                    from_epoch: from.map(|(_, epoch)| epoch),
                    to_epoch: Some(epoch),
                    without,
                };
                events.push(event(place, change));
            }
            ControlRecord::KraftVoters(record) => {
                let mut to: Vec<NodeId> = record.voters.iter().map(|voter| voter.voter_id).collect();
                to.sort_unstable();
                let from = std::mem::replace(&mut self.voters, to.clone());
                if !from.is_empty() && from != to {
                    events.push(event(place, Change::Voters { from, to }));
                }
            }
            _ => {}
        }
    }

    fn record(&mut self, record: MetadataRecord, place: Place, events: &mut Vec<Event>) {
        match (record, &mut self.transaction) {
            (MetadataRecord::BeginTransaction(_), _) => self.transaction = Some(Vec::new()),
            (MetadataRecord::AbortTransaction(_), _) => self.transaction = None,
            (MetadataRecord::EndTransaction(_), _) => {
                for (record, place) in self.transaction.take().unwrap_or_default() {
                    self.apply(record, place, events);
                }
            }
            (record, Some(waiting)) => waiting.push((record, place)),
            (record, None) => self.apply(record, place, events),
        }
    }

    fn apply(&mut self, record: MetadataRecord, place: Place, events: &mut Vec<Event>) {
        match record {
            MetadataRecord::RegisterBroker(record) => self.register(record, place, events),
            MetadataRecord::UnregisterBroker(record) => {
                self.brokers.remove(&record.broker_id);
                self.touch_broker(record.broker_id);
                let change = BrokerChange { broker: record.broker_id, epoch: Some(record.broker_epoch) };
                events.push(event(place, Change::Unregistered(change)));
            }
            MetadataRecord::BrokerRegistrationChange(record) => self.change_broker(&record, place, events),
            MetadataRecord::FenceBroker(record) => self.fence(record.id, record.epoch, true, place, events),
            MetadataRecord::UnfenceBroker(record) => {
                self.fence(record.id, record.epoch, false, place, events)
            }
            MetadataRecord::Topic(record) => {
                let topic = TopicState { name: record.name.into(), partitions: Vec::new() };
                self.topics.insert(record.topic_id, topic);
                self.changed.insert(record.topic_id);
                self.grown.insert(record.topic_id, (None, place));
            }
            MetadataRecord::RemoveTopic(record) => {
                if let Some(topic) = self.topics.remove(&record.topic_id) {
                    self.changed.remove(&record.topic_id);
                    self.grown.remove(&record.topic_id);
                    self.gone.insert(Arc::clone(&topic.name));
                    events.push(event(place, Change::TopicDeleted { topic: topic.name }));
                }
            }
            MetadataRecord::Partition(record) => self.partition(record, place),
            MetadataRecord::PartitionChange(record) => self.change_partition(record, place, events),
            MetadataRecord::Config(record) => events.push(event(place, config(&record))),
            MetadataRecord::FeatureLevel(record) => {
                let (name, to): (Arc<str>, _) = (record.name.into(), Some(record.feature_level));
                let to = to.filter(|level| *level != 0);
                let from = match to {
                    Some(level) => self.features.insert(Arc::clone(&name), level),
                    None => self.features.remove(&name),
                };
                if from != to {
                    self.brokers_changed = true;
                    events.push(event(place, Change::Feature { name, from, to }));
                }
            }
            MetadataRecord::ClearElr(record) => self.clear_elr(&record.topic_name),
            _ => {}
        }
    }

    fn register(&mut self, record: RegisterBrokerRecord, place: Place, events: &mut Vec<Event>) {
        let address = record.end_points.first().map(|end| format!("{}:{}", end.host, end.port));
        let fresh = BrokerState {
            address: address.unwrap_or_default().into(),
            rack: record.rack.map(Arc::from),
            epoch: record.broker_epoch,
            is_fenced: record.fenced,
        };
        let before = self.brokers.insert(record.broker_id, fresh);
        self.touch_broker(record.broker_id);
        if let Some(before) = before.filter(|before| !before.is_fenced && record.fenced) {
            let change = BrokerChange { broker: record.broker_id, epoch: Some(before.epoch) };
            events.push(event(place, Change::Fence(change)));
        }
        let change = BrokerChange { broker: record.broker_id, epoch: Some(record.broker_epoch) };
        events.push(event(place, Change::Registered(change)));
    }

    fn change_broker(
        &mut self,
        record: &BrokerRegistrationChangeRecord,
        place: Place,
        events: &mut Vec<Event>,
    ) {
        match record.fenced {
            FencedChange::Keep => {}
            FencedChange::Fence => self.fence(record.broker_id, record.broker_epoch, true, place, events),
            FencedChange::Unfence => self.fence(record.broker_id, record.broker_epoch, false, place, events),
        }
        if record.in_controlled_shutdown {
            let change = BrokerChange { broker: record.broker_id, epoch: Some(record.broker_epoch) };
            events.push(event(place, Change::Shutdown(change)));
        }
    }

    fn fence(
        &mut self,
        id: NodeId,
        epoch: BrokerEpoch,
        is_fenced: bool,
        place: Place,
        events: &mut Vec<Event>,
    ) {
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.is_fenced = is_fenced;
        }
        self.touch_broker(id);
        let change = BrokerChange { broker: id, epoch: Some(epoch) };
        let change = if is_fenced { Change::Fence(change) } else { Change::Unfence(change) };
        events.push(event(place, change));
    }

    /// Whether a replica is offline depends on its broker.
    fn touch_broker(&mut self, id: NodeId) {
        self.brokers_changed = true;
        let hosts =
            |topic: &TopicState| topic.partitions.iter().flatten().any(|row| row.replicas.contains(&id));
        let touched = self.topics.iter().filter(|(_, topic)| hosts(topic)).map(|(id, _)| *id);
        self.changed.extend(touched);
    }

    fn partition(&mut self, record: PartitionRecord, place: Place) {
        let Some(topic) = self.topics.get_mut(&record.topic_id) else { return };
        let before = u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX);
        self.grown.entry(record.topic_id).or_insert((Some(before), place));
        let row = PartitionState {
            leader: record.leader,
            epoch: record.leader_epoch,
            replicas: record.replicas.into(),
            isr: record.isr.into(),
            eligible: record.eligible_leader_replicas.unwrap_or_default().into(),
            last_known: record.last_known_elr.unwrap_or_default().into(),
            adding: record.adding_replicas.into(),
            removing: record.removing_replicas.into(),
        };
        self.changed.insert(record.topic_id);
        // A snapshot has them in any order; what is absurdly high is not believed.
        let Some(index) =
            usize::try_from(record.partition_id.0).ok().filter(|index| *index < MOST_PARTITIONS)
        else {
            return;
        };
        if topic.partitions.len() <= index {
            topic.partitions.resize_with(index + 1, || None);
        }
        topic.partitions[index] = Some(row);
    }

    fn change_partition(&mut self, record: PartitionChangeRecord, place: Place, events: &mut Vec<Event>) {
        let Some(topic) = self.topics.get_mut(&record.topic_id) else { return };
        let name = Arc::clone(&topic.name);
        let row =
            usize::try_from(record.partition_id.0).ok().and_then(|index| topic.partitions.get_mut(index));
        let Some(Some(row)) = row else { return };
        self.changed.insert(record.topic_id);
        let id = TopicPartition::new(name, record.partition_id);
        let before = row.clone();
        row.change(record.clone());
        if before.replicas != row.replicas {
            let (from, to) = (before.replicas.to_vec(), row.replicas.to_vec());
            events.push(event(place, Change::Replicas { place: id.clone(), from, to }));
        }
        if (before.leader, before.epoch) != (row.leader, row.epoch) {
            let is_unclean = row.leader.filter(|leader| before.leader != Some(*leader)).map(|leader| {
                record.leader_recovery_state == Some(LeaderRecoveryState::Recovering)
                    || !before.isr.contains(&leader) && !before.eligible.contains(&leader)
            });
            let change = Change::Leader {
                place: id.clone(),
                from: before.leader,
                to: row.leader,
                from_epoch: Some(before.epoch),
                to_epoch: Some(row.epoch),
                is_unclean,
            };
            events.push(event(place, change));
        }
        let changes = isr_changes(&id, &before.isr, &row.isr, Some(row.epoch));
        events.extend(changes.into_iter().map(|change| event(place, change)));
    }

    fn clear_elr(&mut self, name: &str) {
        let is_meant = |topic: &&mut TopicState| name.is_empty() || *topic.name == *name;
        for row in
            self.topics.values_mut().filter(is_meant).flat_map(|topic| topic.partitions.iter_mut().flatten())
        {
            row.eligible = Nodes::default();
            row.last_known = Nodes::default();
        }
    }

    /// Says which topics are new or got partitions, once their records are all there.
    fn say_grown(&mut self, events: &mut Vec<Event>) {
        for (id, (before, place)) in std::mem::take(&mut self.grown) {
            let Some(state) = self.topics.get(&id) else { continue };
            let to = u32::try_from(state.partitions.len()).unwrap_or(u32::MAX);
            let topic = Arc::clone(&state.name);
            let change = match before {
                None => Change::TopicCreated { topic, partitions: to },
                Some(from) if from < to => Change::PartitionsAdded { topic, from, to },
                Some(_) => continue,
            };
            events.push(event(place, change));
        }
    }
}

/// Partitions a topic may have as far as room is made for them at once.
const MOST_PARTITIONS: usize = 1 << 20;

impl PartitionState {
    /// Kafka: `PartitionRegistration#merge`. A leader that is named counts the epoch up, also if it is the same.
    fn change(&mut self, record: PartitionChangeRecord) {
        let set = |list: &mut Nodes, new: Option<Vec<NodeId>>| {
            if let Some(new) = new {
                *list = new.into();
            }
        };
        set(&mut self.isr, record.isr);
        set(&mut self.replicas, record.replicas);
        set(&mut self.removing, record.removing_replicas);
        set(&mut self.adding, record.adding_replicas);
        set(&mut self.eligible, record.eligible_leader_replicas);
        set(&mut self.last_known, record.last_known_elr);
        match record.leader {
            LeaderChange::Keep => return,
            LeaderChange::Clear => self.leader = None,
            LeaderChange::Set(leader) => self.leader = Some(leader),
        }
        self.epoch = LeaderEpoch(self.epoch.0.saturating_add(1));
    }
}

fn event(place: Place, change: Change) -> Event {
    Event {
        when: When::At(place.at),
        source: Source::MetadataLog,
        offset: Some(place.offset),
        batch: u64::try_from(place.batch.0).unwrap_or(0),
        change,
    }
}

fn config(record: &ConfigRecord) -> Change {
    let resource = match (record.resource_type, record.resource_name.as_str()) {
        (TOPIC, name) => format!("topic {name}"),
        (BROKER, "") => "brokers".to_owned(),
        (BROKER, id) => format!("broker {id}"),
        (16, name) => format!("client metrics {name}"),
        (32, name) => format!("group {name}"),
        (other, name) => format!("resource {other} {name}"),
    };
    let is_secret = record.resource_type != TOPIC && SECRET.iter().any(|part| record.name.contains(part));
    let value = record.value.as_deref().map(|value| if is_secret { "(hidden)" } else { value });
    Change::Config {
        resource: resource.into(),
        key: record.name.as_str().into(),
        value: value.map(Arc::from),
    }
}

#[cfg(test)]
mod tests;

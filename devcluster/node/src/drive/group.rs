//! Drives the group coordinators: one shard for each partition of `__consumer_offsets` that this broker leads.
//!
//! Loads a shard when leadership is gained, appends its records, tells it when they are replicated, and brings
//! its replies to the requests. Decides nothing about groups.

use std::collections::BTreeMap;

use kr_coordinator::{AppendId, Caller, GroupConfig, GroupRequest, GroupResponse, GroupShard, Replayed};
use kr_log::{AppendError, Origin};
use kr_metadata::Delta;
use kr_wire::batch::{Batch, BatchBuilder, Batches, Limit};
use kr_wire::control::ControlRecord;
use kr_wire::error_code::ErrorCode;
use kr_wire::group_records::KeyValue;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};
use kr_wire::time::Mono;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::node::Node;
use crate::output::Level;
use crate::replica::partition::{NotWritable, Partition, PartitionKey};
use crate::replica::waits::Owner;

/// The topic of the group coordinators.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// Bytes read at a time while a shard is loaded.
const LOAD_BYTES: usize = 4 << 20;

/// The group coordinators of a broker.
pub(crate) struct Groups {
    config: GroupConfig,
    shards: BTreeMap<PartitionId, Coordinator>,
    /// Requests that the shards have not answered, by the numbers given to the shards.
    parts: BTreeMap<u64, Part>,
    next_part: u64,
    rng: ChaCha8Rng,
}

/// One shard and the leadership that it belongs to.
struct Coordinator {
    shard: GroupShard,
    key: PartitionKey,
    epoch: LeaderEpoch,
    loaded: bool,
}

/// Where a reply belongs: a place in a client's answer.
#[derive(Clone, Copy, Debug)]
struct Part {
    request: crate::conns::Token,
    place: usize,
}

impl Groups {
    pub(crate) fn new(config: GroupConfig, seed: u64) -> Self {
        Self {
            config,
            shards: BTreeMap::new(),
            parts: BTreeMap::new(),
            next_part: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.shards.values().filter(|c| c.loaded).filter_map(|c| c.shard.next_deadline()).min()
    }

    /// The coordinators that take requests.
    #[cfg(feature = "inspect")]
    pub(crate) fn loaded(&self) -> impl Iterator<Item = crate::inspect::CoordinatorView<'_>> {
        let loaded = self.shards.iter().filter(|(_, coordinator)| coordinator.loaded);
        loaded.map(|(partition, coordinator)| crate::inspect::CoordinatorView {
            partition: *partition,
            epoch: coordinator.epoch,
            shard: &coordinator.shard,
        })
    }

    /// The partitions whose groups are coordinated here, loaded or not.
    pub(crate) fn coordinated(&self) -> Vec<PartitionId> {
        self.shards.keys().copied().collect()
    }
}

impl Node {
    /// Gives a request about one group, or about all of a partition's, to its shard.
    ///
    /// The reply comes to [`Node::group_replied`] with the same request and place.
    pub(crate) fn ask_group(
        &mut self,
        partition: PartitionId,
        request: GroupRequest,
        caller: Caller,
        to: (crate::conns::Token, usize),
    ) {
        let now = self.now;
        let topic_exists = self.quorum.image().topic_by_name(OFFSETS_TOPIC).is_some();
        let Some(broker) = &mut self.broker else { return };
        let Some(coordinator) = broker.groups.shards.get_mut(&partition) else {
            let code = match topic_exists {
                true => ErrorCode::NOT_COORDINATOR,
                false => ErrorCode::COORDINATOR_NOT_AVAILABLE,
            };
            let response = request.refuse(code, caller.api_version);
            return self.group_replied(to.0, to.1, response);
        };
        let part = broker.groups.next_part;
        broker.groups.next_part += 1;
        broker.groups.parts.insert(part, Part { request: to.0, place: to.1 });
        coordinator.shard.handle(request, caller, kr_coordinator::Token(part), now);
        self.drain_shard(partition);
    }

    fn drain_shard(&mut self, partition: PartitionId) {
        while let Some(output) = self
            .broker
            .as_mut()
            .and_then(|b| b.groups.shards.get_mut(&partition))
            .and_then(|c| c.shard.poll_output())
        {
            match output {
                kr_coordinator::Output::Reply { token, response } => self.shard_replied(token.0, response),
                kr_coordinator::Output::Append { id, records } => self.append_group(partition, id, &records),
            }
        }
    }

    fn shard_replied(&mut self, part: u64, response: GroupResponse) {
        let Some(broker) = &mut self.broker else { return };
        if let Some(Part { request, place }) = broker.groups.parts.remove(&part) {
            self.group_replied(request, place, response);
        }
    }

    fn append_group(&mut self, partition: PartitionId, id: AppendId, records: &[KeyValue]) {
        let now = self.now;
        let Some(coordinator) = self.broker.as_ref().and_then(|b| b.groups.shards.get(&partition)) else {
            return;
        };
        let (key, epoch) = (coordinator.key, coordinator.epoch);
        let appended = self.append_group_batch(key, epoch, records);
        let Some(broker) = &mut self.broker else { return };
        match appended {
            Ok(end) => {
                let owner = Owner::Group { shard: partition, append: id };
                // The shard has a timeout of its own for its replies.
                broker.replicas.appends.add(key, end, epoch, owner, Mono(u64::MAX));
                self.advance(key);
            }
            Err(code) => {
                if let Some(coordinator) = broker.groups.shards.get_mut(&partition) {
                    coordinator.shard.appended(id, Err(code), now);
                }
            }
        }
    }

    fn append_group_batch(
        &mut self,
        key: PartitionKey,
        epoch: LeaderEpoch,
        records: &[KeyValue],
    ) -> Result<Offset, ErrorCode> {
        let now = self.now;
        let partition = self
            .broker
            .as_mut()
            .and_then(|b| b.replicas.touch(key))
            .filter(|p| p.assignment.leader_epoch == epoch)
            .ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)?;
        partition.writable(true).map_err(|why| match why {
            NotWritable::NotLeader => ErrorCode::NOT_LEADER_OR_FOLLOWER,
            NotWritable::NotEnoughReplicas => ErrorCode::NOT_ENOUGH_REPLICAS,
        })?;
        let mut batch = BatchBuilder::new(Offset::ZERO).base_sequence(0);
        for (record_key, value) in records {
            batch.push(now.wall_ms, Some(record_key), value.as_deref(), &[]);
        }
        match partition.log.append_as_leader(&batch.build(), epoch, Origin::Coordinator, now) {
            Ok(appended) => Ok(appended.last_offset + 1),
            Err(AppendError::Storage(error)) => {
                self.fatal(format!("cannot write the log of {OFFSETS_TOPIC}-{}: {error}", key.partition));
                Err(ErrorCode::KAFKA_STORAGE_ERROR)
            }
            Err(AppendError::TooLarge { .. } | AppendError::LargerThanSegment { .. }) => {
                Err(ErrorCode::MESSAGE_TOO_LARGE)
            }
            Err(_) => Err(ErrorCode::UNKNOWN_SERVER_ERROR),
        }
    }

    /// A shard's append is replicated, or will not be.
    pub(crate) fn group_append_decided(&mut self, partition: PartitionId, append: AppendId, code: ErrorCode) {
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        if let Some(coordinator) = broker.groups.shards.get_mut(&partition) {
            coordinator.shard.appended(append, code.ok(), now);
            self.drain_shard(partition);
        }
    }

    /// Lets deadlines of members and offsets take effect.
    pub(crate) fn tick_groups(&mut self) {
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        let due: Vec<PartitionId> = broker
            .groups
            .shards
            .iter()
            .filter(|(_, c)| c.loaded && c.shard.next_deadline().is_some_and(|at| at <= now.mono))
            .map(|(partition, _)| *partition)
            .collect();
        for partition in due {
            if let Some(coordinator) = self.broker.as_mut().and_then(|b| b.groups.shards.get_mut(&partition))
            {
                coordinator.shard.tick(now);
            }
            self.drain_shard(partition);
        }
    }

    /// What committed metadata means for groups: coordinators move with their partitions' leaders, and offsets
    /// of deleted topics go.
    pub(crate) fn publish_to_groups(&mut self, delta: &Delta) {
        let moved: Vec<PartitionKey> = delta
            .partitions
            .iter()
            .filter(|change| &*change.topic == OFFSETS_TOPIC)
            .map(|change| PartitionKey { topic: change.topic_id, partition: change.partition })
            .collect();
        for key in moved {
            self.move_coordinator(key);
        }
        if delta.deleted.is_empty() {
            return;
        }
        let deleted: kr_coordinator::TopicPartitions = delta
            .deleted
            .iter()
            .map(|topic| (topic.name.to_string(), topic.partitions.keys().copied().collect()))
            .collect();
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        for partition in broker.groups.coordinated() {
            if let Some(coordinator) = self.broker.as_mut().and_then(|b| b.groups.shards.get_mut(&partition))
                && coordinator.loaded
            {
                coordinator.shard.partitions_deleted(&deleted, now);
            }
            self.drain_shard(partition);
        }
    }

    fn move_coordinator(&mut self, key: PartitionKey) {
        let Some(broker) = &mut self.broker else { return };
        let led = broker.replicas.get(key).filter(|p| p.is_leader()).map(|p| p.assignment.leader_epoch);
        let known = broker.groups.shards.get(&key.partition).map(|c| c.epoch);
        if led == known {
            return;
        }
        if known.is_some() {
            if let Some(coordinator) = broker.groups.shards.get_mut(&key.partition) {
                coordinator.shard.unload();
            }
            self.drain_shard(key.partition);
        }
        let Some(broker) = &mut self.broker else { return };
        broker.groups.shards.remove(&key.partition);
        if let Some(epoch) = led {
            let shard = GroupShard::new(broker.groups.config.clone(), broker.groups.rng.next_u64());
            let coordinator = Coordinator { shard, key, epoch, loaded: false };
            broker.groups.shards.insert(key.partition, coordinator);
        }
    }

    /// Loads the shards whose partitions have become readable to the end; `true` when there was one.
    ///
    /// A new leader's high watermark may be behind what was acknowledged: offsets below its epoch's start are
    /// shown only once they are known to be committed.
    pub(crate) fn run_groups(&mut self) -> bool {
        let Some(broker) = &self.broker else { return false };
        let ready: Vec<PartitionId> = broker
            .groups
            .shards
            .iter()
            .filter(|(_, c)| !c.loaded)
            .filter(|(_, c)| {
                broker.replicas.get(c.key).is_some_and(|p| {
                    p.leader().is_some_and(|leader| p.high_watermark() >= leader.epoch_start)
                })
            })
            .map(|(partition, _)| *partition)
            .collect();
        for partition in &ready {
            if let Err(reason) = self.load_shard(*partition) {
                self.log(Level::Error, format!("cannot load {OFFSETS_TOPIC}-{partition}: {reason}"));
            }
            self.drain_shard(*partition);
        }
        !ready.is_empty()
    }

    fn load_shard(&mut self, partition: PartitionId) -> Result<(), String> {
        let now = self.now;
        let Some(broker) = &mut self.broker else { return Ok(()) };
        let Some(coordinator) = broker.groups.shards.get_mut(&partition) else { return Ok(()) };
        let Some(replica) = broker.replicas.get(coordinator.key) else { return Ok(()) };
        let result = load(&mut coordinator.shard, replica);
        coordinator.loaded = true;
        coordinator.shard.loaded(now);
        result
    }
}

/// Replays a partition up to its high watermark. A batch or record that cannot be read is skipped, because what
/// comes after it still counts; the first such failure is returned.
fn load(shard: &mut GroupShard, replica: &Partition) -> Result<(), String> {
    let end = replica.high_watermark();
    let mut at = replica.log.start_offset();
    let mut result = Ok(());
    while at < end {
        let bytes = replica.log.read(at, LOAD_BYTES, true, end).map_err(|error| error.to_string())?;
        let before = at;
        for batch in Batches::new(&bytes) {
            let batch = batch.map_err(|error| error.to_string())?;
            at = batch.header.next_offset();
            result = result.and(replay(shard, &batch));
        }
        if at == before {
            break;
        }
    }
    result
}

/// Replays one batch; records that cannot be read are skipped and reported.
fn replay(shard: &mut GroupShard, batch: &Batch<'_>) -> Result<(), String> {
    let header = &batch.header;
    let payload = batch.payload(Limit::default()).map_err(|error| error.to_string())?;
    let producer = header.producer_id.filter(|_| header.attributes.is_transactional());
    let mut result = Ok(());
    for record in payload.records() {
        let record = record.map_err(|error| error.to_string())?;
        if header.attributes.is_control() {
            let marker =
                ControlRecord::decode(record.key, record.value).map_err(|error| error.to_string())?;
            if let Some(producer) = producer {
                shard.replay_end_transaction(producer, matches!(marker, ControlRecord::Commit(_)));
            }
            continue;
        }
        let Some(key) = record.key else { continue };
        let replayed = Replayed { key, value: record.value, producer };
        result = result.and(shard.replay(replayed).map_err(|error| error.to_string()));
    }
    result
}

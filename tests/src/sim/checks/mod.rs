//! The invariants, held after every event against the node to which it happened.
//!
//! Codes are those of the list in `docs/architecture.md`. Checks compare what changed since the last look, so that a
//! look at an idle node costs next to nothing.

mod groups;
mod image;
mod quorum;
mod replicas;

use std::collections::BTreeMap;

use kr_log::testing::MemDisk;
use kr_metadata::Image;
use kr_node::Inspection;
use kr_wire::batch::Batch;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId, TopicId};

use super::groups::CommittedGroups;
use super::plan::{Mode, Plan};
use super::truth::{CommittedLog, CommittedPartition};
use quorum::QuorumMemo;
use replicas::ReplicaMemo;

/// A partition by topic id and index.
pub type PartitionName = (TopicId, i32);

/// Everything that the checks remember.
#[derive(Debug)]
pub struct Checks {
    voters: i32,
    topics: Vec<&'static str>,
    /// Whether records of those topics may be deleted.
    may_delete: bool,
    nodes: BTreeMap<i32, Memo>,
    /// The committed metadata log.
    metadata: CommittedLog,
    /// The newest image that any node has published, and its end offset.
    image: (Offset, Image),
    /// Images by end offset, for comparison; only the newest are kept.
    images: BTreeMap<i64, Image>,
    partitions: BTreeMap<PartitionName, CommittedPartition>,
    /// The committed records of groups.
    pub groups: CommittedGroups,
    /// Whether partitions may have lost what was committed: only the quorum is looked at.
    is_lenient: bool,
    quorum_leaders: BTreeMap<i32, i32>,
    votes: BTreeMap<(i32, i32), i32>,
    leaders: BTreeMap<(PartitionName, i32), i32>,
}

/// What was last seen of a node.
#[derive(Debug, Default)]
struct Memo {
    life: u64,
    is_running: bool,
    /// Since it lost something: its replicas may claim what their logs no longer hold, until they are in sync again.
    has_lost: bool,
    broker_epoch: Option<i64>,
    quorum: QuorumMemo,
    replicas: BTreeMap<PartitionName, ReplicaMemo>,
    /// The partitions of groups that it coordinates, and in which epoch.
    coordinators: BTreeMap<PartitionId, LeaderEpoch>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Between two events.
    Clean,
    /// In the middle of an event: what the disk holds may be newer than what was last seen.
    Halfway,
    /// With the loss of what was not flushed.
    Lossy,
}

impl Checks {
    /// Nothing has happened yet.
    pub fn new(plan: &Plan) -> Self {
        Self {
            voters: plan.controllers,
            topics: plan.topics.iter().map(|topic| topic.name).collect(),
            may_delete: plan.retains,
            nodes: BTreeMap::new(),
            metadata: CommittedLog::default(),
            image: (Offset(-1), Image::default()),
            images: BTreeMap::new(),
            partitions: BTreeMap::new(),
            groups: CommittedGroups::default(),
            is_lenient: plan.mode == Mode::Beyond,
            quorum_leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            leaders: BTreeMap::new(),
        }
    }

    /// Looks at a node after an event.
    ///
    /// # Errors
    /// The invariant that does not hold.
    pub fn look(&mut self, id: i32, life: u64, node: Inspection<'_>, disk: &MemDisk) -> Result<(), String> {
        let memo = self.nodes.entry(id).or_default();
        if memo.life != life {
            memo.life = life;
            memo.replicas.clear();
            memo.broker_epoch = None;
        }
        memo.is_running = true;
        memo.broker_epoch = node.broker_epoch().map(|epoch| epoch.0);
        let labelled = |what: String| format!("{what} (node {id})");
        self.look_at_quorum(id, life, node, disk).map_err(labelled)?;
        self.look_at_image(id, node).map_err(labelled)?;
        if self.is_lenient {
            return Ok(());
        }
        self.look_at_replicas(id, node).map_err(labelled)?;
        self.look_at_groups(id, node).map_err(labelled)
    }

    /// Whether promises about records may be broken.
    pub fn is_lenient(&self) -> bool {
        self.is_lenient
    }

    /// From now on every promise must be kept again; what partitions hold now is what was committed.
    ///
    /// # Errors
    /// When a log cannot be read, or its records cannot follow each other.
    pub fn begin_anew<'a>(&mut self, nodes: impl Iterator<Item = Inspection<'a>>) -> Result<(), String> {
        self.is_lenient = false;
        for node in nodes {
            for replica in node.replicas().filter(|replica| replica.leads()) {
                let (topic, partition) = replica.key();
                let committed = self.partitions.entry((topic, partition.0)).or_default();
                let groups = &mut self.groups;
                let is_of_groups = replica.topic() == groups::OFFSETS_TOPIC;
                let learn = |batch: &Batch<'_>| if is_of_groups { groups.learn(batch) } else { Ok(()) };
                committed
                    .adopt(replica.log(), replica.high_watermark(), learn)
                    .map_err(|what| format!("{what} ({}-{partition})", replica.topic()))?;
            }
        }
        Ok(())
    }

    /// A process has ended.
    pub fn ended(&mut self, id: i32, how: End) {
        let memo = self.nodes.entry(id).or_default();
        memo.is_running = false;
        memo.has_lost |= how == End::Lossy;
        memo.replicas.clear();
        memo.quorum.ended(how);
    }

    /// The newest metadata and its end offset.
    pub fn image(&self) -> (Offset, &Image) {
        (self.image.0, &self.image.1)
    }

    /// End of what is committed of a topic that clients write to.
    pub fn committed_end(&self, topic: &str, partition: i32) -> Offset {
        self.committed(topic, partition).map_or(Offset::ZERO, |committed| committed.log.end())
    }

    /// A producer was told that its records are committed.
    ///
    /// # Errors
    /// When they are not.
    pub fn acknowledged(&self, topic: &str, partition: i32, base: i64, values: &[u64]) -> Result<(), String> {
        for (offset, value) in (base..).zip(values) {
            let committed = self.committed(topic, partition);
            if !committed.is_some_and(|committed| committed.holds(offset, *value)) {
                let found = committed.and_then(|committed| committed.value(offset));
                return Err(format!(
                    "I10: {topic}-{partition}: {value:x} was acknowledged at {offset}, where {found:x?} is committed"
                ));
            }
        }
        Ok(())
    }

    /// Whether a producer's record of that number is committed.
    pub fn has(&self, topic: &str, partition: i32, producer: u16, counter: u64) -> bool {
        let committed = self.committed(topic, partition);
        committed.is_some_and(|committed| committed.newest_of(producer) >= counter)
    }

    /// A consumer was given a record.
    ///
    /// # Errors
    /// When it is not committed there.
    pub fn consumed(&self, topic: &str, partition: i32, offset: i64, value: u64) -> Result<(), String> {
        let committed = self.committed(topic, partition);
        if committed.is_some_and(|committed| committed.holds(offset, value)) {
            return Ok(());
        }
        let found = committed.and_then(|committed| committed.value(offset));
        Err(format!("I9: {topic}-{partition}: {value:x} was read at {offset}, where {found:x?} is committed"))
    }

    /// A consumer was told that a log begins behind its position.
    ///
    /// # Errors
    /// When nothing there may have been deleted: nobody asked for it, or it is not committed.
    pub fn skipped(&self, topic: &str, partition: i32, start: i64) -> Result<(), String> {
        let end = self.committed_end(topic, partition);
        match self.may_delete && start <= end.0 {
            true => Ok(()),
            false => Err(format!("I9: {topic}-{partition} starts at {start}, {end} is committed")),
        }
    }

    fn committed(&self, topic: &str, partition: i32) -> Option<&CommittedPartition> {
        let id = self.image.1.topic_by_name(topic)?.id;
        self.partitions.get(&(id, partition))
    }
}

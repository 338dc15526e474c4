//! What was seen of a cluster, as plain data: one type per question that is asked.
//!
//! Every datum is a [`Seen`]: the value, when the answer was in hand, and which question gave it. A value that
//! could not be learnt is a [`Gap`] with its reason, never a sentinel. Nothing here asks, decides or draws: the
//! poller fills these types in, the model folds them in, recordings store them.
//!
//! Partitions are columns, topic by topic ([`TopicColumns`]): a topic whose answer is newer replaces its columns
//! and leaves the others alone, and two pictures are compared by pointer first.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionId, TopicId};

/// A moment of the wall clock: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// How long after `earlier` this is; zero when the clock was set back meanwhile.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// Which question a datum answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `DescribeQuorum`, forwarded to the active controller by any broker.
    Quorum,
    /// `DescribeCluster`.
    Cluster,
    /// `Metadata`.
    Metadata,
    /// `DescribeTopicPartitions` (KIP-966).
    TopicPartitions,
    /// `ApiVersions` of one broker.
    ApiVersions,
    /// `ListOffsets` at the leader, or with replica -2 at a follower.
    ListOffsets,
    /// `OffsetForLeaderEpoch` at the leader, and the batch header at each start.
    EpochProbe,
    /// `DescribeConfigs`.
    Configs,
    /// `DescribeLogDirs`.
    LogDirs,
    /// `ListPartitionReassignments`.
    Reassignments,
    /// `ListGroups`, `DescribeGroups`, `ConsumerGroupDescribe`, `OffsetFetch`.
    Groups,
    /// A connection attempt from here.
    Probe,
    /// Records of `__cluster_metadata`: exact and in order.
    MetadataLog,
}

impl Source {
    /// The name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quorum => "DescribeQuorum",
            Self::Cluster => "DescribeCluster",
            Self::Metadata => "Metadata",
            Self::TopicPartitions => "DescribeTopicPartitions",
            Self::ApiVersions => "ApiVersions",
            Self::ListOffsets => "ListOffsets",
            Self::EpochProbe => "epoch probe",
            Self::Configs => "DescribeConfigs",
            Self::LogDirs => "DescribeLogDirs",
            Self::Reassignments => "ListPartitionReassignments",
            Self::Groups => "group APIs",
            Self::Probe => "connect probe",
            Self::MetadataLog => "metadata log",
        }
    }
}

/// A value with its age and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen<T> {
    /// What was seen.
    pub value: T,
    /// When the answer was in hand.
    pub as_of: Time,
    /// Which question it answers.
    pub source: Source,
}

impl<T> Seen<T> {
    /// Puts a value together with its age and origin.
    pub fn new(value: T, as_of: Time, source: Source) -> Self {
        Self { value, as_of, source }
    }
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Not asked for yet, or nobody looked at it.
    NotAsked,
    /// The cluster has no such API or field; says which and since when there is one.
    Unsupported(Arc<str>),
    /// Not allowed; says which operation on what is missing.
    Denied(Arc<str>),
    /// The node that knows could not be reached.
    Unreachable(Arc<str>),
    /// Asked and failed, with the reason.
    Failed(Arc<str>),
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked yet"),
            Self::Unsupported(reason)
            | Self::Denied(reason)
            | Self::Unreachable(reason)
            | Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// A value, or why there is none.
pub type Known<T> = Result<T, Gap>;

/// How the cluster keeps its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A quorum of controllers.
    KRaft,
    /// ZooKeeper: no quorum, no epochs of a controller to be asked for.
    ZooKeeper,
}

/// Who is there. Brokers are in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Kafka's cluster id.
    pub id: Option<Arc<str>>,
    /// KRaft or ZooKeeper; none while nobody said.
    pub mode: Option<Mode>,
    /// The release as far as the APIs tell: `4.1`, `3.9`.
    pub release: Option<Arc<str>>,
    /// `metadata.version`, finalized.
    pub metadata_version: Option<i16>,
    /// The controller in ZooKeeper mode. In KRaft brokers name a random broker here: it is left out.
    pub zookeeper_controller: Option<NodeId>,
    /// Brokers, fenced ones too where the cluster tells them.
    pub brokers: Vec<Broker>,
}

/// A broker's registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// Its id.
    pub id: NodeId,
    /// Host and port of the listener it was seen on.
    pub address: Arc<str>,
    /// Its rack.
    pub rack: Option<Arc<str>>,
    /// Whether it is fenced. Before 4.0 a broker that is no longer named counts as fenced.
    pub is_fenced: bool,
    /// Its incarnation, known from the metadata log only.
    pub epoch: Option<BrokerEpoch>,
}

/// What one broker says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerPulse {
    /// Which broker.
    pub id: NodeId,
    /// The metadata offset it has applied (`FinalizedFeaturesEpoch`); KRaft only.
    pub applied: Known<Offset>,
    /// Round trip of the request.
    pub round_trip: Known<Duration>,
}

/// How a connection attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Connected and answered in this time.
    Answers(Duration),
    /// The host answers, the port is closed: nothing listens there.
    Refused,
    /// Nothing came back in this time: host or network.
    Silent(Duration),
    /// Connected, then no answer in this time: the process stands still.
    Stuck(Duration),
    /// Another failure: name, TLS, login.
    Failed(Arc<str>),
}

/// The metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The leader: the active controller.
    pub leader: Option<NodeId>,
    /// The leader's epoch.
    pub epoch: Option<LeaderEpoch>,
    /// End of what is committed, exclusive.
    pub high_watermark: Option<Offset>,
    /// Voters in the order of their ids.
    pub voters: Vec<QuorumReplica>,
    /// Observers in the order of their ids.
    pub observers: Vec<QuorumReplica>,
}

/// A replica of `__cluster_metadata`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumReplica {
    /// The node.
    pub id: NodeId,
    /// Its directory id (KIP-853), in Kafka's text form.
    pub directory: Option<Arc<str>>,
    /// Its log end offset as the leader knows it.
    pub end: Option<Offset>,
    /// When it fetched last, by the leader's clock.
    pub last_fetch: Option<Time>,
    /// When it had everything last, by the leader's clock.
    pub last_caught_up: Option<Time>,
    /// Its controller listener (DescribeQuorum v2).
    pub address: Option<Arc<str>>,
}

/// A table of topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Whether these are all: topics that are not in it are then gone. Otherwise they are replacements.
    pub is_complete: bool,
    /// In the order of their names.
    pub topics: Vec<Arc<TopicColumns>>,
    /// Topics that were asked for by name and are not there.
    pub gone: Vec<Arc<str>>,
}

/// One topic: its partitions in columns, where the index is the partition's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicColumns {
    /// Its name, not escaped.
    pub name: Arc<str>,
    /// Its id (KIP-516).
    pub id: Option<TopicId>,
    /// Whether Kafka keeps it for itself.
    pub is_internal: bool,
    leaders: Vec<Option<NodeId>>,
    epochs: Vec<Option<LeaderEpoch>>,
    replicas: Lists,
    isr: Lists,
    offline: Lists,
}

/// Lists of nodes, end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lists {
    ends: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Lists {
    fn push(&mut self, nodes: &[NodeId]) {
        self.nodes.extend_from_slice(nodes);
        self.ends.push(u32::try_from(self.nodes.len()).expect("a topic has fewer than 2^32 replicas"));
    }

    fn get(&self, index: usize) -> &[NodeId] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.nodes[start..self.ends[index] as usize]
    }
}

/// One partition, borrowed from its topic's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition<'a> {
    /// Its leader; none when it is offline.
    pub leader: Option<NodeId>,
    /// The leader's epoch; none where the broker does not tell (Metadata before v9 is not to be trusted).
    pub epoch: Option<LeaderEpoch>,
    /// Replicas in the order of the assignment: the first is preferred.
    pub replicas: &'a [NodeId],
    /// In-sync replicas, in the order they were told.
    pub isr: &'a [NodeId],
    /// Replicas that are offline.
    pub offline: &'a [NodeId],
}

impl TopicColumns {
    /// A topic without partitions yet.
    pub fn new(name: impl Into<Arc<str>>, id: Option<TopicId>, is_internal: bool) -> Self {
        Self { name: name.into(), id, is_internal, ..Self::default() }
    }

    /// Appends the next partition: they come in the order of their numbers, without holes.
    pub fn push(&mut self, partition: Partition<'_>) {
        self.leaders.push(partition.leader);
        self.epochs.push(partition.epoch);
        self.replicas.push(partition.replicas);
        self.isr.push(partition.isr);
        self.offline.push(partition.offline);
    }

    /// How many partitions there are.
    pub fn len(&self) -> usize {
        self.leaders.len()
    }

    /// Whether no partition was told.
    pub fn is_empty(&self) -> bool {
        self.leaders.is_empty()
    }

    /// One partition, if there is one of this number.
    pub fn partition(&self, number: PartitionId) -> Option<Partition<'_>> {
        let index = usize::try_from(number.0).ok().filter(|index| *index < self.len())?;
        Some(Partition {
            leader: self.leaders[index],
            epoch: self.epochs[index],
            replicas: self.replicas.get(index),
            isr: self.isr.get(index),
            offline: self.offline.get(index),
        })
    }

    /// All partitions in the order of their numbers.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionId, Partition<'_>)> {
        (0..i32::try_from(self.len()).unwrap_or(i32::MAX))
            .map(PartitionId)
            .filter_map(|number| self.partition(number).map(|partition| (number, partition)))
    }
}

/// Ends of one partition's log, each replica asked for its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionEnds {
    /// Which partition.
    pub place: TopicPartition,
    /// The high watermark at the leader, exclusive.
    pub high_watermark: Known<Offset>,
    /// The log start offset at the leader.
    pub start: Known<Offset>,
    /// Log end offset of each replica that was asked, the leader's too.
    pub ends: Vec<(NodeId, Known<Offset>)>,
}

/// ELR and last-known ELR of a partition (KIP-966).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionElr {
    /// Which partition.
    pub place: TopicPartition,
    /// Eligible leader replicas.
    pub eligible: Known<Vec<NodeId>>,
    /// Last-known eligible leader replicas.
    pub last_known: Known<Vec<NodeId>>,
}

/// What is shown of a topic's configs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// Which topic.
    pub topic: Arc<str>,
    /// `min.insync.replicas` in effect.
    pub min_isr: Known<i32>,
    /// Configs that are not at their defaults, by name; values of secrets left out.
    pub overrides: Vec<(Arc<str>, Option<Arc<str>>)>,
}

/// A leader epoch of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochStart {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The offset of its first record.
    pub start: Known<Offset>,
    /// Who led; from the metadata log, or from watching.
    pub leader: Option<NodeId>,
    /// The time of its first batch, or of the record that made the leader.
    pub at: Option<Time>,
    /// Where it is known from.
    pub known_from: Source,
}

/// Leader epochs of one partition, newest first. Epochs in which nothing was written may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochHistory {
    /// Which partition.
    pub place: TopicPartition,
    /// What could be learnt.
    pub epochs: Known<Vec<EpochStart>>,
}

/// A partition whose replicas are being changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// Which partition.
    pub place: TopicPartition,
    /// Replicas that come.
    pub adding: Vec<NodeId>,
    /// Replicas that go.
    pub removing: Vec<NodeId>,
}

/// The log directories of one broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerDisks {
    /// Which broker.
    pub broker: NodeId,
    /// Its directories, or why they are not known.
    pub directories: Known<Vec<Directory>>,
}

/// A log directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its path on the broker.
    pub path: Arc<str>,
    /// The broker's error with it, none when it is well.
    pub error: Option<Arc<str>>,
    /// Size of its volume in bytes (v4+).
    pub total_bytes: Option<u64>,
    /// Free bytes of its volume (v4+).
    pub usable_bytes: Option<u64>,
    /// Bytes of each replica in it.
    pub replicas: Vec<(TopicPartition, u64)>,
}

/// A group, as the list of groups shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id, not escaped.
    pub id: Arc<str>,
    /// `classic`, `consumer`, `share`, `streams`; as told.
    pub group_type: Option<Arc<str>>,
    /// Its state, as told.
    pub state: Option<Arc<str>>,
    /// Its coordinator.
    pub coordinator: NodeId,
}

/// One group in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDetail {
    /// Its id.
    pub id: Arc<str>,
    /// Its state.
    pub state: Arc<str>,
    /// The assignor, or protocol.
    pub assignor: Option<Arc<str>>,
    /// Group epoch (KIP-848) or generation.
    pub epoch: Option<i32>,
    /// Epoch of the target assignment (KIP-848).
    pub assignment_epoch: Option<i32>,
    /// Its members.
    pub members: Vec<GroupMember>,
    /// Committed offsets and ends, by partition in order.
    pub offsets: Known<Vec<GroupOffset>>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// Member id.
    pub id: Arc<str>,
    /// `group.instance.id` of a static member.
    pub instance: Option<Arc<str>>,
    /// Its client id.
    pub client: Arc<str>,
    /// Where it connects from.
    pub host: Arc<str>,
    /// Its member epoch (KIP-848).
    pub epoch: Option<i32>,
    /// What it has.
    pub assigned: Vec<TopicPartition>,
    /// What it shall have (KIP-848); none where that is not told.
    pub target: Option<Vec<TopicPartition>>,
}

/// A group's position in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOffset {
    /// Which partition.
    pub place: TopicPartition,
    /// What is committed.
    pub committed: Option<Offset>,
    /// The partition's end (high watermark).
    pub end: Known<Offset>,
}

/// One answer, or several of the same kind, on its way to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// Who is there.
    Cluster(Seen<Cluster>),
    /// The quorum, or why there is none to see (ZooKeeper mode, no permission).
    Quorum(Seen<Known<Quorum>>),
    /// What brokers say of themselves; those not named keep what they said.
    Pulses(Seen<Vec<BrokerPulse>>),
    /// How a broker can be reached from here.
    Reach(Seen<(NodeId, Reach)>),
    /// Topics and their partitions.
    Topics(Seen<Topics>),
    /// Ends of logs of the partitions on the screen.
    Ends(Seen<Vec<PartitionEnds>>),
    /// ELR of the partitions on the screen.
    Elr(Seen<Vec<PartitionElr>>),
    /// Configs of topics.
    Configs(Seen<Vec<TopicConfig>>),
    /// Leader epochs of one partition.
    Epochs(Seen<EpochHistory>),
    /// All partitions that are moving.
    Moving(Seen<Known<Vec<Moving>>>),
    /// Log directories of brokers; those not named keep theirs.
    Disks(Seen<Vec<BrokerDisks>>),
    /// All groups, and what of the list could not be had.
    Groups(Seen<(Vec<Group>, Vec<Gap>)>),
    /// Groups in detail; those not named keep theirs.
    GroupDetails(Seen<Vec<GroupDetail>>),
}

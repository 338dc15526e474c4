//! The events of the feed: what changed, when, and how that is known.
//!
//! In poll mode an event lies between two looks: it carries the interval, and how many steps the interval may
//! hide. From the metadata log it carries the instant, the offset, and the batch it belongs to. Wording and
//! folding are the views'.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset};

use crate::snapshot::{Source, Time};

/// Something that changed in the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub when: When,
    /// How it is known: [`Source::MetadataLog`] is exact, others are comparisons of two looks.
    pub source: Source,
    /// The record in the metadata log; none in poll mode.
    pub offset: Option<Offset>,
    /// What belongs together: first offset of the batch in the log, or in poll mode the number of the look.
    pub batch: u64,
    /// What changed.
    pub change: Change,
}

/// The time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this moment, by the controller's clock.
    At(Time),
    /// After the first and not after the second, by the clock of this machine.
    Between(Time, Time),
}

impl When {
    /// The latest it can have been: events are sorted by this.
    pub fn latest(self) -> Time {
        match self {
            Self::At(time) | Self::Between(_, time) => time,
        }
    }
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another leader, or none, or the same one in a new epoch.
    Leader {
        /// Which partition.
        place: TopicPartition,
        /// Who led.
        from: Option<NodeId>,
        /// Who leads.
        to: Option<NodeId>,
        /// The epoch before.
        from_epoch: Option<LeaderEpoch>,
        /// The epoch now. More than one above the one before: steps in between were not seen.
        to_epoch: Option<LeaderEpoch>,
        /// Whether the new leader was outside the ISR; none when that cannot be told.
        is_unclean: Option<bool>,
    },
    /// Replicas left the ISR.
    IsrShrink(IsrChange),
    /// Replicas came into the ISR. When some left and others came, it is a shrink and then an expansion.
    IsrExpand(IsrChange),
    /// Another assignment of replicas.
    Replicas {
        /// Which partition.
        place: TopicPartition,
        /// Before.
        from: Vec<NodeId>,
        /// Now.
        to: Vec<NodeId>,
    },
    /// A broker was fenced, or vanished from the list of those alive.
    Fence(BrokerChange),
    /// A broker was unfenced, or came back.
    Unfence(BrokerChange),
    /// A broker began its controlled shutdown.
    Shutdown(BrokerChange),
    /// A broker registered: it is new, or another run of its process.
    Registered(BrokerChange),
    /// A broker's registration was removed.
    Unregistered(BrokerChange),
    /// Another active controller, or none, or the same one in a new epoch.
    Controller {
        /// Who it was.
        from: Option<NodeId>,
        /// Who it is.
        to: Option<NodeId>,
        /// The epoch before.
        from_epoch: Option<LeaderEpoch>,
        /// The epoch now.
        to_epoch: Option<LeaderEpoch>,
        /// How long nobody was, as far as it was seen.
        without: Option<Duration>,
    },
    /// The voters of the quorum changed.
    Voters {
        /// Before.
        from: Vec<NodeId>,
        /// Now.
        to: Vec<NodeId>,
    },
    /// A topic was created.
    TopicCreated {
        /// Its name.
        topic: Arc<str>,
        /// How many partitions it has.
        partitions: u32,
    },
    /// A topic was deleted.
    TopicDeleted {
        /// Its name.
        topic: Arc<str>,
    },
    /// A topic got more partitions.
    PartitionsAdded {
        /// Its name.
        topic: Arc<str>,
        /// Before.
        from: u32,
        /// Now.
        to: u32,
    },
    /// A config was set, or unset. Values that may be secret are left out by the source.
    Config {
        /// `topic orders`, `broker 3`, `brokers`.
        resource: Arc<str>,
        /// Its name.
        key: Arc<str>,
        /// Its new value; none when it is back at its default.
        value: Option<Arc<str>>,
    },
    /// A feature has another level.
    Feature {
        /// Its name.
        name: Arc<str>,
        /// The level before.
        from: Option<i16>,
        /// The level now.
        to: Option<i16>,
    },
    /// A group has another state.
    Group {
        /// Its id.
        id: Arc<str>,
        /// The state before; none when the group is new.
        from: Option<Arc<str>>,
        /// The state now; none when the group is gone.
        to: Option<Arc<str>>,
    },
    /// Nothing could be seen for a while: what happened meanwhile is not known.
    Blind {
        /// Why.
        reason: Arc<str>,
    },
}

/// An ISR that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrChange {
    /// Which partition.
    pub place: TopicPartition,
    /// Before.
    pub from: Vec<NodeId>,
    /// Now.
    pub to: Vec<NodeId>,
    /// The leader's epoch now.
    pub epoch: Option<LeaderEpoch>,
}

/// A broker's registration that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerChange {
    /// Which broker.
    pub broker: NodeId,
    /// Its incarnation, from the metadata log only.
    pub epoch: Option<BrokerEpoch>,
}

/// What kind of change it is: filters, marks on the timeline and the first word of a line go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A leader of a partition.
    Leader,
    /// An ISR got smaller.
    IsrShrink,
    /// An ISR got larger.
    IsrExpand,
    /// Replicas of a partition.
    Replicas,
    /// A broker was fenced.
    Fence,
    /// A broker was unfenced.
    Unfence,
    /// A broker's registration otherwise.
    Broker,
    /// The active controller.
    Controller,
    /// The voters.
    Voters,
    /// Topics.
    Topic,
    /// Configs and features.
    Config,
    /// Groups.
    Group,
    /// A time without sight.
    Blind,
}

impl Kind {
    /// All kinds, in the order of filters and legends.
    pub const ALL: [Self; 13] = [
        Self::Leader,
        Self::IsrShrink,
        Self::IsrExpand,
        Self::Replicas,
        Self::Fence,
        Self::Unfence,
        Self::Broker,
        Self::Controller,
        Self::Voters,
        Self::Topic,
        Self::Config,
        Self::Group,
        Self::Blind,
    ];

    /// The first word of its lines, at most eight columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leader => "LEADER",
            Self::IsrShrink => "ISR-",
            Self::IsrExpand => "ISR+",
            Self::Replicas => "REPLICAS",
            Self::Fence => "FENCE",
            Self::Unfence => "UNFENCE",
            Self::Broker => "BROKER",
            Self::Controller => "CTRL",
            Self::Voters => "VOTERS",
            Self::Topic => "TOPIC",
            Self::Config => "CONFIG",
            Self::Group => "GROUP",
            Self::Blind => "BLIND",
        }
    }
}

impl Change {
    /// Which kind of change this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Leader { .. } => Kind::Leader,
            Self::IsrShrink(_) => Kind::IsrShrink,
            Self::IsrExpand(_) => Kind::IsrExpand,
            Self::Replicas { .. } => Kind::Replicas,
            Self::Fence(_) => Kind::Fence,
            Self::Unfence(_) => Kind::Unfence,
            Self::Shutdown(_) | Self::Registered(_) | Self::Unregistered(_) => Kind::Broker,
            Self::Controller { .. } => Kind::Controller,
            Self::Voters { .. } => Kind::Voters,
            Self::TopicCreated { .. } | Self::TopicDeleted { .. } | Self::PartitionsAdded { .. } => {
                Kind::Topic
            }
            Self::Config { .. } | Self::Feature { .. } => Kind::Config,
            Self::Group { .. } => Kind::Group,
            Self::Blind { .. } => Kind::Blind,
        }
    }

    /// The partition it is about, if it is about one.
    pub fn place(&self) -> Option<&TopicPartition> {
        match self {
            Self::Leader { place, .. } | Self::Replicas { place, .. } => Some(place),
            Self::IsrShrink(change) | Self::IsrExpand(change) => Some(&change.place),
            _ => None,
        }
    }
}

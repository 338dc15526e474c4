//! Settings of the machine and what it finds on disk when it starts.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, Offset};

use crate::election::Election;
use crate::log_view::Snapshot;
use crate::voters::VoterSet;

/// Who this replica is, whom it knows and how patient it is.
#[derive(Clone, Debug)]
pub struct Config {
    /// `node.id`.
    pub node_id: NodeId,
    /// Directory id of the metadata directory (meta.properties).
    pub directory_id: DirectoryId,
    /// Sent with every request and compared with those received.
    pub cluster_id: Arc<str>,
    /// Static voters (`controller.quorum.voters`); a node that is not among them observes.
    pub voters: VoterSet,
    /// How many bootstrap servers there are (`controller.quorum.bootstrap.servers`). With 0 the voters
    /// serve as such.
    pub bootstrap: usize,
    /// Whether records are flushed before the next fetch although this node is no voter now: true for
    /// controllers, false for brokers.
    pub can_become_voter: bool,
    /// Patience.
    pub timers: Timers,
    /// Planted bugs.
    #[cfg(any(test, feature = "mutants"))]
    pub mutants: crate::mutants::Mutants,
}

impl Config {
    /// Configures a controller without bootstrap servers; the other fields may be set afterwards.
    pub fn new(
        node_id: NodeId,
        directory_id: DirectoryId,
        cluster_id: impl Into<Arc<str>>,
        voters: VoterSet,
        timers: Timers,
    ) -> Self {
        Self {
            node_id,
            directory_id,
            cluster_id: cluster_id.into(),
            voters,
            bootstrap: 0,
            can_become_voter: true,
            timers,
            #[cfg(any(test, feature = "mutants"))]
            mutants: crate::mutants::Mutants::default(),
        }
    }
}

/// Durations of the protocol; names after `controller.quorum.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timers {
    /// `election.timeout.ms` t: drawn from t..2t.
    pub election_timeout: Duration,
    /// `fetch.timeout.ms`: a follower's patience; x 1.5 a leader's; x 0.5 the beat of BeginQuorumEpoch.
    pub fetch_timeout: Duration,
    /// `election.backoff.max.ms`: longest wait of a successor that was not preferred.
    pub election_backoff_max: Duration,
    /// `request.timeout.ms`: after it a call is given up. Longer than `fetch_max_wait`.
    pub request_timeout: Duration,
    /// `retry.backoff.ms`: pause of a peer after a failed call.
    pub retry_backoff: Duration,
    /// How long our fetches may be parked (Kafka: 500 ms, a constant).
    pub fetch_max_wait: Duration,
    /// After it a leader forgets a silent observer (Kafka: 300 s, a constant).
    pub observer_session: Duration,
    /// How long a leader that shuts down waits for a successor (Kafka: 5 s).
    pub shutdown_timeout: Duration,
    /// With it a lost connection to the leader counts as an expired fetch timer after a delay in this
    /// range, and elections start as eagerly; without it [`crate::Event::PeerLost`] is ignored, as in
    /// Kafka.
    pub hint_stagger: Option<Range<Duration>>,
}

impl Timers {
    /// Kafka's defaults.
    pub fn real() -> Self {
        Self {
            election_timeout: Duration::from_millis(1000),
            fetch_timeout: Duration::from_millis(2000),
            election_backoff_max: Duration::from_millis(1000),
            request_timeout: Duration::from_millis(2000),
            retry_backoff: Duration::from_millis(20),
            fetch_max_wait: Duration::from_millis(500),
            observer_session: Duration::from_secs(300),
            shutdown_timeout: Duration::from_secs(5),
            hint_stagger: None,
        }
    }

    /// For nodes on one machine: a killed leader is replaced in tens of milliseconds, a paused one in
    /// less than a second.
    pub fn fast() -> Self {
        Self {
            election_timeout: Duration::from_millis(100),
            fetch_timeout: Duration::from_millis(600),
            election_backoff_max: Duration::from_millis(50),
            request_timeout: Duration::from_millis(600),
            retry_backoff: Duration::from_millis(10),
            fetch_max_wait: Duration::from_millis(250),
            observer_session: Duration::from_secs(300),
            shutdown_timeout: Duration::from_secs(1),
            hint_stagger: Some(Duration::from_millis(5)..Duration::from_millis(25)),
        }
    }
}

/// What the driver found on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The quorum-state file; absent on a fresh disk.
    pub election: Option<Election>,
    /// Log start offset; above 0 there is a snapshot that ends there or later.
    pub log_start: Offset,
    /// Log end offset after recovery.
    pub log_end: Offset,
    /// Everything below is known to be on disk; the log start if nothing is known. The machine asks
    /// for a flush of the rest before it promises anything.
    pub flushed: Offset,
    /// Leader epochs and their first offsets, both rising (leader-epoch-checkpoint).
    pub epochs: Vec<(LeaderEpoch, Offset)>,
    /// Snapshots on disk without the bootstrap one, in any order.
    pub snapshots: Vec<Snapshot>,
}

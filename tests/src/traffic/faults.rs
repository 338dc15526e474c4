//! Faults under load: the controller, then each leader in turn, is killed or paused and healed again.
//!
//! Says how long partitions were silent; what the log holds afterwards is for [`super::readback`]. How a node
//! is hurt is up to the cluster ([`Hurt`]).

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use kr_client::Client;
use kr_wire::ids::{NodeId, PartitionId};

use super::{Traffic, in_sync};

/// Something done to a node: a fault or its heal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// SIGKILL, or what comes closest to it.
    Kill,
    /// Starts a node that was killed.
    Start,
    /// Freezes a node, its connections open.
    Pause,
    /// Lets a frozen node go on.
    Resume,
}

impl Deed {
    /// The verb, as `kr dev` and others have it.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
        }
    }

    /// What undoes it.
    pub fn heal(self) -> Self {
        match self {
            Self::Kill | Self::Start => Self::Start,
            Self::Pause | Self::Resume => Self::Resume,
        }
    }
}

/// A cluster whose nodes can be hurt.
pub trait Hurt {
    /// Does it to a node; returns when it is done. Errors in words.
    fn act(&self, deed: Deed, node: NodeId) -> impl Future<Output = Result<(), String>> + Send;
}

/// Who is hurt: whoever it is at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// The active controller.
    Controller,
    /// The leader of this partition.
    Leader(PartitionId),
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller => f.write_str("controller"),
            Self::Leader(partition) => write!(f, "leader of {partition}"),
        }
    }
}

/// How the faults go.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a fault lasts at least; it lasts until every partition is written to again.
    pub hold: Duration,
    /// How long the load runs on after each heal.
    pub settle: Duration,
    /// How long anything may take until it counts as stuck.
    pub patience: Duration,
}

/// One fault and its heal, and how long the most silent partition was silent.
#[derive(Clone, Debug)]
pub struct Round {
    /// What was done.
    pub deed: Deed,
    /// Who it was done to.
    pub victim: Victim,
    /// The node that this was.
    pub node: NodeId,
    /// From the fault to the heal.
    pub silence: Duration,
    /// The partition it was.
    pub partition: PartitionId,
    /// From the heal until all replicas were in sync again, and a little longer.
    pub silence_of_heal: Duration,
    /// From the heal until all replicas were in sync again.
    pub in_sync_after: Duration,
}

/// The faults of the loop: kill, then pause, the controller and the leaders of the first `leaders` partitions.
pub fn all_faults(leaders: i32) -> Vec<(Deed, Victim)> {
    let victims =
        || std::iter::once(Victim::Controller).chain((0..leaders).map(|id| Victim::Leader(PartitionId(id))));
    [Deed::Kill, Deed::Pause]
        .into_iter()
        .flat_map(|deed| victims().map(move |victim| (deed, victim)))
        .collect()
}

/// Does one fault and heals it, while the load runs.
///
/// # Errors
/// In words: something did not happen in time. The node may still be hurt then.
pub async fn round(
    cluster: &impl Hurt,
    client: &Client,
    traffic: &Traffic,
    (deed, victim): (Deed, Victim),
    pace: Pace,
) -> Result<Round, String> {
    let failed = |what: String| format!("{} {victim}: {what}", deed.verb());
    let node = find(client, &traffic.shape().topic, victim, pace.patience).await.map_err(failed)?;
    traffic.take_silence();
    let began = Instant::now();
    cluster.act(deed, node).await.map_err(failed)?;
    traffic.caught_up(pace.patience).await.map_err(failed)?;
    tokio::time::sleep(pace.hold.saturating_sub(began.elapsed())).await;
    let (silence, partition) = traffic.take_silence();
    let healed = Instant::now();
    cluster.act(deed.heal(), node).await.map_err(failed)?;
    let Traffic { shape, .. } = traffic;
    in_sync(client, &shape.topic, shape.partitions, pace.patience).await.map_err(failed)?;
    let in_sync_after = healed.elapsed();
    traffic.caught_up(pace.patience).await.map_err(failed)?;
    tokio::time::sleep(pace.settle).await;
    let (silence_of_heal, _) = traffic.take_silence();
    Ok(Round { deed, victim, node, silence, partition, silence_of_heal, in_sync_after })
}

/// Finds the node; roles may be vacant for a moment.
async fn find(client: &Client, topic: &str, victim: Victim, patience: Duration) -> Result<NodeId, String> {
    let began = Instant::now();
    loop {
        let found = match victim {
            Victim::Controller => client.describe_quorum().await.ok().and_then(|quorum| quorum.leader),
            Victim::Leader(partition) => client.describe_topics(&[topic]).await.ok().and_then(|topics| {
                let (_, topic) = topics.into_iter().next()?;
                topic.ok()?.partition(partition)?.leader
            }),
        };
        match found {
            Some(node) => return Ok(node),
            None if began.elapsed() >= patience => return Err(format!("there is none for {patience:?}")),
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

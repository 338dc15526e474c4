//! One lane's question with what it needs to know, on its way in a task of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::{Election, TopicPartition};
use kr_client::safety::Operation;
use kr_client::{Client, Error};
use kr_wire::ids::{LeaderEpoch, NodeId};

use super::questions::{self, EndsWanted};
use super::{Job, Learned, convert, is_lasting, wall};
use crate::lanes::Lane;
use crate::msg::{Acted, Action, Focus};
use crate::snapshot::{Broker, Observation, Seen, Source, Time};

/// How long a connection attempt that somebody asked for may take.
const REACH_WAIT: Duration = Duration::from_secs(3);

/// What a question is made of.
pub(super) struct Question {
    pub(super) client: Client,
    pub(super) healthy: questions::Healthy,
    pub(super) focus: Focus,
    pub(super) known: Vec<Broker>,
    pub(super) ends: Vec<EndsWanted>,
    pub(super) silent: BTreeSet<NodeId>,
    pub(super) with_start: bool,
    pub(super) job: Option<Job>,
    pub(super) led: BTreeMap<LeaderEpoch, (Option<NodeId>, Time)>,
    pub(super) latest: Option<LeaderEpoch>,
}

impl Question {
    /// Asks, and says what was learned.
    pub(super) async fn ask(self, lane: Lane) -> Result<Learned, Error> {
        let seen = |observation| Ok(Learned::Seen(vec![observation]));
        match lane {
            Lane::Quorum => {
                Ok(Learned::Quorum(Box::new(questions::quorum(&self.client, &self.healthy).await?)))
            }
            Lane::Pulse(id) => {
                let pulse = questions::pulse(&self.client, id).await;
                seen(Observation::Pulses(Seen::new(vec![pulse], wall(), Source::ApiVersions)))
            }
            Lane::Shape => {
                let cluster = questions::cluster(&self.client, &self.known).await?;
                seen(Observation::Cluster(Seen::new(cluster, wall(), Source::Cluster)))
            }
            Lane::Full | Lane::FocusTopics => {
                let names = (lane == Lane::FocusTopics).then_some(self.focus.topics.as_slice());
                let (topics, bytes) = questions::topics(&self.client, &self.healthy, names).await?;
                Ok(Learned::Topics(topics, bytes))
            }
            Lane::Ends => {
                let ends = questions::ends(&self.client, &self.ends, &self.silent, self.with_start).await;
                seen(Observation::Ends(Seen::new(ends, wall(), Source::ListOffsets)))
            }
            Lane::Elr => {
                let elr = questions::elr(&self.client, &self.focus.partitions).await?;
                seen(Observation::Elr(Seen::new(elr, wall(), Source::TopicPartitions)))
            }
            Lane::Moves => {
                let moving = match questions::moves(&self.client).await {
                    Ok(moving) => Ok(moving),
                    Err(error) if is_lasting(&error) => Err(convert::gap(&error)),
                    Err(error) => return Err(error),
                };
                seen(Observation::Moving(Seen::new(moving, wall(), Source::Reassignments)))
            }
            Lane::Configs => {
                let configs = questions::configs(&self.client, &self.focus.topics).await?;
                seen(Observation::Configs(Seen::new(configs, wall(), Source::Configs)))
            }
            Lane::GroupList => {
                let groups = questions::groups(&self.client).await?;
                seen(Observation::Groups(Seen::new(groups, wall(), Source::Groups)))
            }
            Lane::GroupDetails => {
                let details = questions::group_details(&self.client, &self.focus.groups).await;
                seen(Observation::GroupDetails(Seen::new(details, wall(), Source::Groups)))
            }
            Lane::Disks(id) => {
                let disks = questions::disks(&self.client, id).await;
                seen(Observation::Disks(Seen::new(vec![disks], wall(), Source::LogDirs)))
            }
            Lane::Once(_) => match self.job {
                Some(job) => once(&self.client, job, self.latest, &self.led).await,
                None => Ok(Learned::Seen(Vec::new())),
            },
        }
    }
}

async fn once(
    client: &Client,
    job: Job,
    latest: Option<LeaderEpoch>,
    led: &BTreeMap<LeaderEpoch, (Option<NodeId>, Time)>,
) -> Result<Learned, Error> {
    let seen = |observation| Ok(Learned::Seen(vec![observation]));
    match job {
        Job::Epochs(place) => {
            let history = questions::epochs(client, &place, latest, led).await;
            seen(Observation::Epochs(Seen::new(history, wall(), Source::EpochProbe)))
        }
        Job::Reach(id) => {
            let address = client.view().broker(id).map(|broker| broker.address.clone());
            let reach = match address {
                Some(address) => questions::reach(client, &address, REACH_WAIT).await,
                None => crate::snapshot::Reach::Failed("the cluster does not tell where it listens".into()),
            };
            seen(Observation::Reach(Seen::new((id, reach), wall(), Source::Probe)))
        }
        Job::Config(topic) => {
            let configs = questions::configs(client, &[topic]).await?;
            seen(Observation::Configs(Seen::new(configs, wall(), Source::Configs)))
        }
        Job::Act(action) => Ok(Learned::Acted(act(client, action).await)),
    }
}

/// Does what was shown and confirmed. The gate of the client still has the last word.
async fn act(client: &Client, action: Action) -> Acted {
    let Action::ElectPreferred(places) = &action;
    client.options().guard.consent(Operation::PARTITION_ELECT);
    let wanted: BTreeSet<TopicPartition> = places.iter().cloned().collect();
    let results = match client.elect_leaders(Election::Preferred, Some(&wanted)).await {
        Ok(results) => results
            .into_iter()
            .map(|(place, result)| {
                let result = result.map_err(|error| convert::chain(&error));
                (Arc::from(place.to_string()), result)
            })
            .collect(),
        Err(error) => {
            let text = convert::chain(&error);
            wanted.iter().map(|place| (Arc::from(place.to_string()), Err(Arc::clone(&text)))).collect()
        }
    };
    Acted { action, results }
}

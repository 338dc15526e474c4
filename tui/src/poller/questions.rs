//! What a lane asks: each function is one lane, and gives what it learned. Nothing here waits long or tries again:
//! the lanes come round.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kr_client::admin::{At, ConfigDetail, ConfigTarget, GroupType, TopicPartition};
use kr_client::connection::probe::{self, Step};
use kr_client::{Address, Client, Error, Route, Topics};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::messages::MetadataResponse;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::convert;
use crate::snapshot::{
    Broker, BrokerDisks, BrokerPulse, Cluster, EpochHistory, EpochStart, Gap, Known, Mode, Moving,
    PartitionElr, PartitionEnds, Reach, Source, Time,
};

/// After so long without an answer a second broker is asked, too.
const HEDGE: Duration = Duration::from_millis(700);

/// How long single brokers may take for the offsets of a screen.
const ENDS_WAIT: Duration = Duration::from_millis(1500);

/// Epochs that are walked back for one partition.
const EPOCH_STEPS: usize = 64;

/// API key of DescribeQuorum.
const DESCRIBE_QUORUM: i16 = 55;

/// The API that serves the quorum says who serves it; brokers with ZooKeeper do not.
const NO_QUORUM: &str = "the cluster keeps its metadata in ZooKeeper: there is no quorum to be asked for";

/// Brokers that answered lately, the best first.
pub type Healthy = Arc<[NodeId]>;

/// Asks the best broker, and the next best, too, when the answer is long in coming. The first answer counts.
pub async fn hedged<'a, T, F>(healthy: &'a [NodeId], ask: impl Fn(Route<'a>) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let route = |index: usize| healthy.get(index).map_or(Route::Any, |id| Route::Broker(*id));
    let first = ask(route(0));
    tokio::pin!(first);
    match timeout(HEDGE, &mut first).await {
        Ok(Ok(answer)) => return Ok(answer),
        // With an answer that refuses the others would refuse, too.
        Ok(Err(error)) if error.code().is_some() || matches!(error, Error::Unsupported { .. }) => {
            return Err(error);
        }
        Ok(Err(_)) => return ask(route(1)).await,
        Err(_) => {}
    }
    let second = ask(route(1));
    tokio::pin!(second);
    tokio::select! {
        answer = &mut first => match answer {
            Ok(answer) => Ok(answer),
            Err(_) => second.await,
        },
        answer = &mut second => match answer {
            Ok(answer) => Ok(answer),
            Err(_) => first.await,
        },
    }
}

/// The quorum, or why there is none.
pub async fn quorum(
    client: &Client,
    healthy: &[NodeId],
) -> Result<Known<kr_client::admin::QuorumStatus>, Error> {
    match hedged(healthy, |route| client.describe_quorum_now(route)).await {
        Ok(status) => Ok(Ok(status)),
        Err(Error::Unsupported { .. }) => Ok(Err(Gap::Unsupported(NO_QUORUM.into()))),
        Err(error) if matches!(convert::gap(&error), Gap::Denied(_)) => Ok(Err(convert::gap(&error))),
        Err(error) => Err(error),
    }
}

/// What a broker says of itself. A failure is an answer, too.
pub async fn pulse(client: &Client, id: NodeId) -> BrokerPulse {
    let began = Instant::now();
    match client.node_versions_now(Route::Broker(id)).await {
        Ok(versions) => {
            let missing =
                || Gap::Unsupported("the broker does not tell which metadata it has applied".into());
            let applied = versions.finalized_epoch.map(Offset).ok_or_else(missing);
            BrokerPulse { id, applied, round_trip: Ok(began.elapsed()) }
        }
        Err(error) => {
            let gap = convert::gap(&error);
            BrokerPulse { id, applied: Err(gap.clone()), round_trip: Err(gap) }
        }
    }
}

/// Who is there. `known` are the brokers seen before: one that is no longer named counts as fenced where the
/// cluster does not tell which brokers are.
pub async fn cluster(client: &Client, known: &[Broker]) -> Result<Cluster, Error> {
    let versions = client.node_versions(Route::Any).await?;
    let info = client.describe_cluster().await?;
    let has_quorum = versions.range(DESCRIBE_QUORUM).is_some();
    let metadata_version = versions
        .features
        .iter()
        .find(|feature| feature.name == kr_client::admin::METADATA_VERSION)
        .and_then(|feature| feature.finalized);
    let tells_fenced = info.brokers.iter().any(|broker| broker.is_fenced.is_some());
    let broker = |broker: &kr_client::admin::ClusterNode| Broker {
        id: broker.id,
        address: broker.address.to_string().into(),
        rack: broker.rack.as_deref().map(Arc::from),
        is_fenced: broker.is_fenced == Some(true),
        epoch: None,
    };
    let mut brokers: Vec<Broker> = info.brokers.iter().map(broker).collect();
    if !tells_fenced {
        let is_missing = |known: &&Broker| !info.brokers.iter().any(|broker| broker.id == known.id);
        let fenced = known.iter().filter(is_missing).map(|known| Broker { is_fenced: true, ..known.clone() });
        brokers.extend(fenced);
        brokers.sort_by_key(|broker| broker.id);
    }
    let zookeeper_controller = if has_quorum { None } else { info.controller };
    Ok(Cluster {
        id: info.cluster_id.as_deref().map(Arc::from),
        mode: Some(if has_quorum { Mode::KRaft } else { Mode::ZooKeeper }),
        release: convert::release(|key| versions.range(key), metadata_version),
        metadata_version,
        zookeeper_controller,
        brokers,
    })
}

/// Topics and their partitions, all or those named, and how many bytes that took.
pub async fn topics(
    client: &Client,
    healthy: &[NodeId],
    names: Option<&[Arc<str>]>,
) -> Result<(crate::snapshot::Topics, u64), Error> {
    let named: Option<Vec<&str>> = names.map(|names| names.iter().map(|name| &**name).collect());
    let wanted = named.as_ref().map_or(Topics::All, |names| Topics::Named(names));
    let bytes = hedged(healthy, |route| client.metadata_bytes(route, wanted)).await?;
    let (size, version) = (bytes.len() as u64, bytes.version());
    let asked: Option<Vec<Arc<str>>> = names.map(<[_]>::to_vec);
    // Decoding 100,000 partitions takes as long as a frame: not where others wait for their turn.
    let decoded = tokio::task::spawn_blocking(move || {
        let mut response: MetadataResponse = bytes.decode()?;
        let topics = convert::topics(&response, version, asked.as_deref());
        // What the client needs to know are the brokers.
        response.topics = Vec::new();
        Ok::<_, Error>((topics, response))
    });
    let (topics, response) = match decoded.await {
        Ok(decoded) => decoded?,
        Err(error) => {
            let reason = error.to_string();
            return Err(Error::Records { what: "read the cluster's metadata".to_owned(), reason });
        }
    };
    client.learn_brokers(&response);
    Ok((topics, size))
}

/// A partition whose ends are wanted: its leader and replicas as they are known.
#[derive(Clone, Debug)]
pub struct EndsWanted {
    /// The partition.
    pub place: TopicPartition,
    /// Who leads it.
    pub leader: Option<NodeId>,
    /// Who has it.
    pub replicas: Vec<NodeId>,
}

type Found = BTreeMap<TopicPartition, Known<Offset>>;

/// Ends of logs: of every replica its own, of the leader the high watermark and the log start offset.
pub async fn ends(
    client: &Client,
    wanted: &[EndsWanted],
    silent: &BTreeSet<NodeId>,
    with_start: bool,
) -> Vec<PartitionEnds> {
    let mut by_replica: BTreeMap<NodeId, Vec<(TopicPartition, At)>> = BTreeMap::new();
    let mut by_leader: BTreeMap<NodeId, Vec<TopicPartition>> = BTreeMap::new();
    for EndsWanted { place, leader, replicas } in wanted {
        for id in replicas {
            by_replica.entry(*id).or_default().push((place.clone(), At::Latest));
        }
        if let Some(leader) = leader {
            by_leader.entry(*leader).or_default().push(place.clone());
        }
    }
    let mut asked: JoinSet<(Kind, NodeId, Found)> = JoinSet::new();
    for (id, places) in by_replica.into_iter().filter(|(id, _)| !silent.contains(id)) {
        let client = client.clone();
        asked.spawn(async move {
            let found = timeout(ENDS_WAIT, client.offsets_of_replica(id, &places)).await;
            (Kind::End, id, found.map(offsets).unwrap_or_default())
        });
    }
    for (id, places) in by_leader.into_iter().filter(|(id, _)| !silent.contains(id)) {
        let mut kinds = vec![(Kind::HighWatermark, At::Latest)];
        kinds.extend(with_start.then_some((Kind::Start, At::Earliest)));
        for (kind, at) in kinds {
            let client = client.clone();
            let places: Vec<_> = places.iter().map(|place| (place.clone(), at)).collect();
            asked.spawn(async move {
                let found = timeout(ENDS_WAIT, client.offsets_at_leader(id, &places)).await;
                (kind, id, found.map(offsets).unwrap_or_default())
            });
        }
    }
    let mut answers: BTreeMap<(Kind, NodeId), Found> = BTreeMap::new();
    while let Some(answer) = asked.join_next().await {
        if let Ok((kind, id, found)) = answer {
            answers.insert((kind, id), found);
        }
    }
    let look = |kind, id: NodeId, place: &TopicPartition| {
        let found = answers.get(&(kind, id)).and_then(|found| found.get(place)).cloned();
        found.unwrap_or_else(|| Err(Gap::Unreachable(format!("broker {id} does not answer").into())))
    };
    let ends = |wanted: &EndsWanted| {
        let at_leader = |kind| match wanted.leader {
            Some(leader) => look(kind, leader, &wanted.place),
            None => Err(Gap::Unreachable("the partition has no leader".into())),
        };
        PartitionEnds {
            place: wanted.place.clone(),
            high_watermark: at_leader(Kind::HighWatermark),
            start: if with_start { at_leader(Kind::Start) } else { Err(Gap::NotAsked) },
            ends: wanted.replicas.iter().map(|id| (*id, look(Kind::End, *id, &wanted.place))).collect(),
        }
    };
    wanted.iter().map(ends).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    End,
    HighWatermark,
    Start,
}

fn offsets(found: BTreeMap<TopicPartition, Result<kr_client::admin::FoundOffset, Error>>) -> Found {
    let known = |result: Result<kr_client::admin::FoundOffset, Error>| match result {
        Ok(found) => found.offset.ok_or_else(|| Gap::Failed("the broker tells no offset".into())),
        Err(error) => Err(convert::gap(&error)),
    };
    found.into_iter().map(|(place, result)| (place, known(result))).collect()
}

/// Eligible replicas of partitions, by the topics they are of.
pub async fn elr(client: &Client, places: &[TopicPartition]) -> Result<Vec<PartitionElr>, Error> {
    let topics: BTreeSet<&str> = places.iter().map(|place| &*place.topic).collect();
    let topics: Vec<&str> = topics.into_iter().collect();
    let found = client.eligible_replicas(&topics).await?;
    let unsupported =
        || Gap::Unsupported("the cluster keeps no eligible replicas (KIP-966, Kafka 4.0)".into());
    let row = |place: &TopicPartition| {
        let replicas = found.as_ref().map(|found| found.get(place).cloned().unwrap_or_default());
        let (eligible, last_known) = match replicas {
            Some(replicas) => {
                (replicas.eligible.ok_or_else(unsupported), replicas.last_known.ok_or_else(unsupported))
            }
            None => (Err(unsupported()), Err(unsupported())),
        };
        PartitionElr { place: place.clone(), eligible, last_known }
    };
    Ok(places.iter().map(row).collect())
}

/// Configs of topics.
pub async fn configs(
    client: &Client,
    topics: &[Arc<str>],
) -> Result<Vec<crate::snapshot::TopicConfig>, Error> {
    let targets: Vec<ConfigTarget> =
        topics.iter().map(|topic| ConfigTarget::Topic(topic.to_string())).collect();
    let described = client.describe_all_configs(&targets, ConfigDetail::default()).await?;
    Ok(topics
        .iter()
        .zip(described)
        .map(|(topic, (_, entries))| convert::topic_config(topic, entries))
        .collect())
}

/// Partitions that are moving.
pub async fn moves(client: &Client) -> Result<Vec<Moving>, Error> {
    let found = client.list_reassignments_now().await?;
    let moving = |(place, moving): (TopicPartition, kr_client::admin::Reassignment)| Moving {
        place,
        adding: moving.adding,
        removing: moving.removing,
    };
    Ok(found.into_iter().map(moving).collect())
}

/// Log directories of a broker.
pub async fn disks(client: &Client, id: NodeId) -> BrokerDisks {
    let described = client.describe_log_dirs(&[id], None).await.remove(&id);
    let directories = match described {
        Some(Ok(directories)) => Ok(directories.into_iter().map(convert::directory).collect()),
        Some(Err(error)) => Err(convert::gap(&error)),
        None => Err(Gap::Failed(format!("broker {id} was not asked").into())),
    };
    BrokerDisks { broker: id, directories }
}

/// All groups, and why some may be missing.
pub async fn groups(client: &Client) -> Result<(Vec<crate::snapshot::Group>, Vec<Gap>), Error> {
    let (listed, failed) = client.list_groups().await?;
    let gaps = failed.iter().map(|(_, error)| convert::gap(error)).collect();
    Ok((listed.iter().map(convert::group).collect(), gaps))
}

/// Groups in detail, with their offsets and the ends these run after.
pub async fn group_details(client: &Client, ids: &[Arc<str>]) -> Vec<crate::snapshot::GroupDetail> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut described = client.describe_groups(&ids).await;
    let is_share =
        |id: &String| matches!(described.get(id), Some(Ok(group)) if group.group_type == GroupType::Share);
    let (share, others): (Vec<String>, Vec<String>) = ids.iter().cloned().partition(is_share);
    let mut committed = client.committed_offsets_of(&others).await;
    if !share.is_empty() {
        committed.extend(client.share_offsets_of(&share).await);
    }
    let places: BTreeSet<&TopicPartition> = committed
        .values()
        .filter_map(|offsets| offsets.as_ref().ok())
        .flat_map(|offsets| offsets.keys())
        .collect();
    let places: Vec<_> = places.into_iter().map(|place| (place.clone(), At::Latest)).collect();
    let ends = offsets(client.offsets_now(&places, IsolationLevel::ReadUncommitted).await);
    let mut details = Vec::new();
    for id in &ids {
        let Some(Ok(group)) = described.remove(id) else { continue };
        let offsets = match committed.get(id) {
            Some(Ok(offsets)) => Ok(offsets
                .iter()
                .map(|(place, committed)| {
                    let end = ends.get(place).cloned().unwrap_or(Err(Gap::NotAsked));
                    convert::group_offset(place.clone(), committed, end)
                })
                .collect()),
            Some(Err(error)) => Err(convert::gap(error)),
            None => Err(Gap::NotAsked),
        };
        details.push(convert::group_detail(group, offsets));
    }
    details
}

/// Leader epochs of a partition, newest first, each with the time of its first batch where that may be read.
pub async fn epochs(
    client: &Client,
    place: &TopicPartition,
    latest: Option<LeaderEpoch>,
    led: &BTreeMap<LeaderEpoch, (Option<NodeId>, Time)>,
) -> EpochHistory {
    let epochs = match latest {
        Some(latest) => epoch_starts(client, place, latest, led).await.map_err(|error| convert::gap(&error)),
        None => Err(Gap::Unsupported("the cluster tells no leader epochs".into())),
    };
    EpochHistory { place: place.clone(), epochs }
}

async fn epoch_starts(
    client: &Client,
    place: &TopicPartition,
    latest: LeaderEpoch,
    led: &BTreeMap<LeaderEpoch, (Option<NodeId>, Time)>,
) -> Result<Vec<EpochStart>, Error> {
    let start = client.offsets_now(&[(place.clone(), At::Earliest)], IsolationLevel::ReadUncommitted).await;
    let log_start = match start.into_values().next() {
        Some(found) => found?.offset.unwrap_or_default(),
        None => Offset::ZERO,
    };
    let history = client.epoch_history(place, latest, log_start, EPOCH_STEPS).await?;
    let mut epochs = Vec::new();
    for step in history.steps {
        let known = led.get(&step.epoch);
        let mut at = known.map(|(_, at)| *at);
        if at.is_none()
            && let Some(start) = step.start
        {
            let wanted = [(place.clone(), start)].into();
            let times = client.record_times(&wanted, IsolationLevel::ReadUncommitted).await;
            let found = times.into_values().next().and_then(Result::ok).flatten();
            at = found.and_then(|time| time.timestamp_ms).map(Time);
        }
        epochs.push(EpochStart {
            epoch: step.epoch,
            start: step.start.ok_or_else(|| Gap::Failed("the walk back ended before it".into())),
            leader: known.and_then(|(leader, _)| *leader),
            at,
            known_from: if known.is_some() { Source::MetadataLog } else { Source::EpochProbe },
        });
    }
    // Epochs in which nothing was written are in no log; who saw them knows them all the same.
    for (epoch, (leader, at)) in led {
        if !epochs.iter().any(|known| known.epoch == *epoch) {
            epochs.push(EpochStart {
                epoch: *epoch,
                start: Err(Gap::Failed("nothing was written in it".into())),
                leader: *leader,
                at: Some(*at),
                known_from: Source::MetadataLog,
            });
        }
    }
    epochs.sort_by_key(|known| std::cmp::Reverse(known.epoch));
    Ok(epochs)
}

/// How a connection attempt from here ends.
pub async fn reach(client: &Client, address: &Address, wait: Duration) -> Reach {
    let mut options = client.options().clone();
    options.connect_timeout = wait;
    options.request_timeout = wait;
    options.timeout = wait;
    let began = Instant::now();
    let Ok(found) = timeout(wait * 2, probe::probe(address, &options)).await else {
        return Reach::Stuck(began.elapsed());
    };
    match found.failure() {
        None => Reach::Answers(began.elapsed()),
        Some((Step::Tcp, Error::Connect { source, .. }))
            if source.kind() == io::ErrorKind::ConnectionRefused =>
        {
            Reach::Refused
        }
        Some((Step::Tcp, Error::Connect { source, .. })) if source.kind() == io::ErrorKind::TimedOut => {
            Reach::Silent(began.elapsed())
        }
        Some((_, Error::NoAnswer { .. })) => Reach::Stuck(began.elapsed()),
        Some((step, error)) => Reach::Failed(format!("{}: {}", step.name(), convert::chain(error)).into()),
    }
}

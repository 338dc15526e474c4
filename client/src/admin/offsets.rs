//! Offsets of partitions: where they begin and end, and where a time is. Asked of each leader at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use kr_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kr_wire::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kr_wire::messages::{BrokerId, ListOffsetsRequest, TopicName};
use tokio::task::JoinSet;

use super::groups::TopicPartition;
use super::text;
use crate::Client;
use crate::calls::{Call, our_versions};
use crate::error::Error;
use crate::pool::Lane;
use crate::retry::{self, Verdict};
use crate::routing::{Route, Topics, Tries};

/// A place in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The first offset that is there.
    Earliest,
    /// The offset after the last record that may be read.
    Latest,
    /// The first record with at least this timestamp, milliseconds since 1970.
    Timestamp(i64),
    /// The record with the highest timestamp (KIP-734; Kafka 3.0 and newer).
    MaxTimestamp,
    /// The first offset on the leader's own disk (KIP-405; Kafka 3.4 and newer).
    EarliestLocal,
    /// The last offset in remote storage (KIP-1005; Kafka 3.9 and newer).
    LatestTiered,
}

impl At {
    fn to_wire(self) -> i64 {
        match self {
            Self::Earliest => -2,
            Self::Latest => -1,
            Self::MaxTimestamp => -3,
            Self::EarliestLocal => -4,
            Self::LatestTiered => -5,
            Self::Timestamp(ms) => ms.max(0),
        }
    }

    /// The first version in which a broker does not take the number for a timestamp.
    fn first_version(self) -> i16 {
        match self {
            Self::Earliest | Self::Latest | Self::Timestamp(_) => 1,
            Self::MaxTimestamp => 7,
            Self::EarliestLocal => 8,
            Self::LatestTiered => 9,
        }
    }
}

/// Who is asked for an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// A consumer: the leader answers, for what may be read.
    Consumer(IsolationLevel),
    /// One who looks at replicas (`ListOffsetsRequest.DEBUGGING_REPLICA_ID`): any replica answers for its log.
    Debugger,
}

impl Asker {
    fn replica_id(self) -> i32 {
        match self {
            Self::Consumer(_) => -1,
            Self::Debugger => -2,
        }
    }
}

/// What was found; no offset when no record is as late as the timestamp asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundOffset {
    /// The offset.
    pub offset: Option<Offset>,
    /// The record's timestamp, milliseconds since 1970, for places found by time.
    pub timestamp_ms: Option<i64>,
    /// The epoch in which the record was written.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// How long partitions without an answer are asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// Until the deadline of a call.
    Deadline,
    /// A partition without a leader has failed.
    None,
}

type Found = BTreeMap<TopicPartition, Result<FoundOffset, Error>>;

impl Client {
    /// Looks a place up in partitions, retrying until the deadline; every partition is in the answer.
    pub async fn offsets(
        &self,
        places: &[(TopicPartition, At)],
        isolation: IsolationLevel,
    ) -> BTreeMap<TopicPartition, Result<FoundOffset, Error>> {
        self.find_offsets(places, isolation, Patience::Deadline).await
    }

    /// The same, but a partition without a leader fails at once: for looking at a cluster that is not well.
    pub async fn offsets_now(
        &self,
        places: &[(TopicPartition, At)],
        isolation: IsolationLevel,
    ) -> BTreeMap<TopicPartition, Result<FoundOffset, Error>> {
        self.find_offsets(places, isolation, Patience::None).await
    }

    /// Looks a place up in the logs of one broker, leader or not, without another try: of a follower the end is
    /// the end of its own log.
    pub async fn offsets_of_replica(
        &self,
        broker: NodeId,
        places: &[(TopicPartition, At)],
    ) -> BTreeMap<TopicPartition, Result<FoundOffset, Error>> {
        let wait = self.options().request_timeout.min(self.options().timeout);
        self.clone().ask_broker(broker, places.to_vec(), Asker::Debugger, wait).await
    }

    /// Looks a place up at one broker as a consumer would, without another try: of partitions that it leads the
    /// end is the high watermark. The others fail.
    pub async fn offsets_at_leader(
        &self,
        leader: NodeId,
        places: &[(TopicPartition, At)],
    ) -> BTreeMap<TopicPartition, Result<FoundOffset, Error>> {
        let wait = self.options().request_timeout.min(self.options().timeout);
        let asker = Asker::Consumer(IsolationLevel::ReadUncommitted);
        self.clone().ask_broker(leader, places.to_vec(), asker, wait).await
    }

    async fn find_offsets(
        &self,
        places: &[(TopicPartition, At)],
        isolation: IsolationLevel,
        patience: Patience,
    ) -> Found {
        let mut left: BTreeMap<TopicPartition, At> = places.iter().cloned().collect();
        let mut found = Found::new();
        let mut tries = Tries::new(self, "look offsets up");
        self.learn_topics(left.keys()).await;
        for attempt in 0.. {
            let mut last = None;
            for (place, result) in self.ask_leaders(&left, isolation, tries.wait()).await {
                match result {
                    Err(error) if may_help(&error, attempt, patience) => last = Some(error),
                    result => {
                        left.remove(&place);
                        found.insert(place, result);
                    }
                }
            }
            let Some(error) = last else { break };
            if let Err(error) = tries.again(error, Route::Any).await {
                let reason = error.to_string();
                for (place, _) in std::mem::take(&mut left) {
                    let what = format!("look up an offset of {place}");
                    found.insert(place, Err(Error::Records { what, reason: reason.clone() }));
                }
                break;
            }
            let names: Vec<&str> = left.keys().map(|place| &*place.topic).collect();
            if let Err(error) = self.refresh(Topics::Named(&names), tries.wait()).await {
                tracing::debug!(%error, "metadata stays as it was");
            }
        }
        found
    }

    /// Asks for metadata of topics that are not known yet. Places come ascending.
    pub(super) async fn learn_topics(&self, places: impl Iterator<Item = &TopicPartition>) {
        let unknown: Vec<&str> = {
            let view = self.view();
            let is_unknown = |name: &&str| view.topic(name).is_none();
            let mut names: Vec<&str> = places.map(|place| &*place.topic).filter(is_unknown).collect();
            names.dedup();
            names
        };
        if !unknown.is_empty() {
            // Failures show when the leaders are asked.
            let _ = self.refresh(Topics::Named(&unknown), self.options().request_timeout).await;
        }
    }

    async fn ask_leaders(
        &self,
        places: &BTreeMap<TopicPartition, At>,
        isolation: IsolationLevel,
        wait: std::time::Duration,
    ) -> Found {
        let mut found = Found::new();
        let mut by_leader: BTreeMap<NodeId, Vec<(TopicPartition, At)>> = BTreeMap::new();
        for (place, at) in places {
            let leader = self.view().leader(&place.topic, place.partition);
            match leader {
                Some((leader, _)) => by_leader.entry(leader).or_default().push((place.clone(), *at)),
                None => {
                    let view = self.view();
                    let partition = view.topic(&place.topic).and_then(|t| t.partition(place.partition));
                    let code = match partition {
                        Some(_) => ErrorCode::LEADER_NOT_AVAILABLE,
                        None => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                    };
                    found.insert(place.clone(), Err(refused(place, code)));
                }
            }
        }
        let mut asked = JoinSet::new();
        for (leader, places) in by_leader {
            let client = self.clone();
            let asker = Asker::Consumer(isolation);
            asked.spawn(async move { client.ask_broker(leader, places, asker, wait).await });
        }
        while let Some(answered) = asked.join_next().await {
            found.extend(answered.unwrap_or_default());
        }
        found
    }

    async fn ask_broker(
        self,
        broker: NodeId,
        mut places: Vec<(TopicPartition, At)>,
        asker: Asker,
        wait: std::time::Duration,
    ) -> Found {
        let newest = places.iter().map(|(_, at)| at.first_version()).max().unwrap_or(1);
        let mut found = Found::new();
        if newest > 1 {
            found = self.set_aside_unsupported(broker, &mut places).await;
            if places.is_empty() {
                return found;
            }
        }
        let build = |_| request(&places, asker);
        let answered =
            self.once::<ListOffsetsRequest>(Route::Broker(broker), Lane::Control, wait, build).await;
        match answered {
            Ok(answer) => {
                let mut results = BTreeMap::new();
                for topic in &answer.response.topics {
                    for partition in &topic.partitions {
                        let index = PartitionId(partition.partition_index);
                        results.insert((topic.name.as_str(), index), partition);
                    }
                }
                for (place, _) in places {
                    let result = match results.get(&(&*place.topic, place.partition)) {
                        Some(result) => found_offset(&place, result),
                        None => Err(refused(&place, ErrorCode::UNKNOWN_SERVER_ERROR)),
                    };
                    found.insert(place, result);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                // The leader is gone, or cannot be talked to: the same for all its partitions.
                for (place, _) in places {
                    let code = error.code().unwrap_or(ErrorCode::NETWORK_EXCEPTION);
                    let refusal = Error::broker(
                        format!("look up an offset of {place}"),
                        code,
                        Some(&error.to_string()),
                    );
                    found.insert(place, Err(refusal));
                }
            }
        }
        found
    }

    /// Takes out what the broker is too old for: it would look for a record of a time before 1970.
    async fn set_aside_unsupported(&self, broker: NodeId, places: &mut Vec<(TopicPartition, At)>) -> Found {
        let Ok(versions) = self.node_versions(Route::Broker(broker)).await else { return Found::new() };
        let Some(version) = versions.choose(ListOffsetsRequest::KEY, our_versions(ListOffsetsRequest::KEY))
        else {
            return Found::new();
        };
        let (too_new, rest) =
            std::mem::take(places).into_iter().partition(|(_, at)| at.first_version() > version);
        *places = rest;
        let unsupported = |(place, _): (TopicPartition, At)| {
            let refusal = refused(&place, ErrorCode::UNSUPPORTED_VERSION);
            (place, Err(refusal))
        };
        Vec::into_iter(too_new).map(unsupported).collect()
    }
}

fn may_help(error: &Error, attempt: u32, patience: Patience) -> bool {
    let is_retriable = matches!(retry::after(error, attempt), Verdict::Again(_));
    match patience {
        Patience::Deadline => is_retriable,
        Patience::None => {
            is_retriable && attempt < 2 && error.code() != Some(ErrorCode::LEADER_NOT_AVAILABLE)
        }
    }
}

fn refused(place: &TopicPartition, code: ErrorCode) -> Error {
    Error::broker(format!("look up an offset of {place}"), code, None)
}

fn request(places: &[(TopicPartition, At)], asker: Asker) -> ListOffsetsRequest {
    let mut topics: BTreeMap<&str, Vec<ListOffsetsPartition>> = BTreeMap::new();
    for (place, at) in places {
        let partition = ListOffsetsPartition::default()
            .with_partition_index(place.partition.0)
            .with_current_leader_epoch(-1)
            .with_timestamp(at.to_wire());
        topics.entry(&place.topic).or_default().push(partition);
    }
    let topic = |(name, partitions): (&str, Vec<ListOffsetsPartition>)| {
        ListOffsetsTopic::default().with_name(TopicName(text(name))).with_partitions(partitions)
    };
    let isolation = match asker {
        Asker::Consumer(IsolationLevel::ReadCommitted) => 1,
        Asker::Consumer(IsolationLevel::ReadUncommitted) | Asker::Debugger => 0,
    };
    ListOffsetsRequest::default()
        .with_replica_id(BrokerId(asker.replica_id()))
        .with_isolation_level(isolation)
        .with_topics(topics.into_iter().map(topic).collect())
}

fn found_offset(place: &TopicPartition, result: &ListOffsetsPartitionResponse) -> Result<FoundOffset, Error> {
    ErrorCode(result.error_code).ok().map_err(|code| refused(place, code))?;
    Ok(FoundOffset {
        offset: Offset::from_wire(result.offset),
        timestamp_ms: Some(result.timestamp).filter(|ms| *ms >= 0),
        leader_epoch: LeaderEpoch::from_wire(result.leader_epoch),
    })
}

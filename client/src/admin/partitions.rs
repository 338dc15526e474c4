//! Changes of partitions: elect their leaders, delete their oldest records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, Offset, PartitionId};
use kr_wire::messages::delete_records_request::{DeleteRecordsPartition, DeleteRecordsTopic};
use kr_wire::messages::elect_leaders_request::TopicPartitions;
use kr_wire::messages::{DeleteRecordsRequest, ElectLeadersRequest, TopicName};
use tokio::task::JoinSet;

use super::groups::TopicPartition;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::retry::{self, Verdict};
use crate::routing::{Route, Topics, Tries};

/// How a leader is elected (`ElectionType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Election {
    /// The first replica of the list, if it is in sync.
    Preferred,
    /// Any live replica where none in sync is left: what only the others had is lost.
    Unclean,
}

/// What became of each partition.
pub type PartitionResult<T> = BTreeMap<TopicPartition, Result<T, Error>>;

impl Client {
    /// Elects leaders of these partitions, or of all.
    ///
    /// A partition that has the leader already fails with `ELECTION_NOT_NEEDED`; asked for all, Kafka leaves such
    /// partitions out. Errors: [`Error::Unsupported`] for an unclean election before Kafka 2.4.
    pub async fn elect_leaders(
        &self,
        election: Election,
        partitions: Option<&BTreeSet<TopicPartition>>,
    ) -> Result<PartitionResult<()>, Error> {
        let what = "elect leaders";
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        if election == Election::Unclean {
            self.require::<ElectLeadersRequest>(1).await?;
        }
        let topics = partitions.map(|partitions| {
            let topic = |(name, partitions): (&str, Vec<i32>)| {
                TopicPartitions::default().with_topic(TopicName(text(name))).with_partitions(partitions)
            };
            by_topic(partitions).into_iter().map(topic).collect::<Vec<_>>()
        });
        let build = |version| {
            let request = ElectLeadersRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_topic_partitions(topics.clone());
            match (version, election) {
                (0, _) | (_, Election::Preferred) => request.with_election_type(0),
                (_, Election::Unclean) => request.with_election_type(1),
            }
        };
        let answer = self
            .request(Route::Controller, what, build, |response| checked(what, response.error_code, None))
            .await?;
        let mut results = PartitionResult::new();
        for topic in answer.response.replica_election_results {
            for partition in topic.partition_result {
                let name = TopicPartition::new(topic.topic.as_str(), PartitionId(partition.partition_id));
                let what = format!("elect a leader of {name}");
                let result = checked(what, partition.error_code, partition.error_message.as_ref());
                results.insert(name, result);
            }
        }
        Ok(results)
    }

    /// Deletes the records of partitions that come before an offset; gives where each now begins.
    ///
    /// `None` deletes everything up to the high watermark. Each leader is asked for its partitions; what fails
    /// for the moment is tried again until the deadline. Every partition is in the answer.
    pub async fn delete_records(
        &self,
        before: &BTreeMap<TopicPartition, Option<Offset>>,
    ) -> PartitionResult<Offset> {
        let mut tries = Tries::new(self, "delete records");
        let mut left = before.clone();
        let mut done = PartitionResult::new();
        for attempt in 0.. {
            let mut last = None;
            for (place, result) in self.ask_leaders_to_delete(&left).await {
                match result {
                    Err(error) if matches!(retry::after(&error, attempt), Verdict::Again(_)) => {
                        last = Some(error)
                    }
                    result => {
                        left.remove(&place);
                        done.insert(place, result);
                    }
                }
            }
            let Some(error) = last else { break };
            if let Err(error) = tries.again(error, Route::Any).await {
                let reason = error.to_string();
                for place in left.into_keys() {
                    let what = format!("delete records of {place}");
                    done.insert(place, Err(Error::Records { what, reason: reason.clone() }));
                }
                break;
            }
            let names: Vec<&str> = left.keys().map(|place| &*place.topic).collect();
            if let Err(error) = self.refresh(Topics::Named(&names), tries.wait()).await {
                tracing::debug!(%error, "metadata stays as it was");
            }
        }
        done
    }

    async fn ask_leaders_to_delete(
        &self,
        before: &BTreeMap<TopicPartition, Option<Offset>>,
    ) -> PartitionResult<Offset> {
        let mut results = PartitionResult::new();
        let mut by_leader: BTreeMap<NodeId, BTreeMap<TopicPartition, Option<Offset>>> = BTreeMap::new();
        for (place, offset) in before {
            let leader = self.view().leader(&place.topic, place.partition);
            match leader {
                Some((leader, _)) => {
                    by_leader.entry(leader).or_default().insert(place.clone(), *offset);
                }
                None => {
                    let what = format!("delete records of {place}");
                    let error = Error::broker(what, ErrorCode::LEADER_NOT_AVAILABLE, None);
                    results.insert(place.clone(), Err(error));
                }
            }
        }
        let mut asked = JoinSet::new();
        for (leader, places) in by_leader {
            let client = self.clone();
            asked.spawn(async move { client.ask_leader_to_delete(leader, places).await });
        }
        while let Some(answered) = asked.join_next().await {
            results.extend(answered.unwrap_or_default());
        }
        results
    }

    async fn ask_leader_to_delete(
        self,
        leader: NodeId,
        before: BTreeMap<TopicPartition, Option<Offset>>,
    ) -> PartitionResult<Offset> {
        let what = format!("delete records on broker {leader}");
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let mut topics: BTreeMap<&str, Vec<DeleteRecordsPartition>> = BTreeMap::new();
        for (place, offset) in &before {
            let partition = DeleteRecordsPartition::default()
                .with_partition_index(place.partition.0)
                .with_offset(offset.map_or(-1, |offset| offset.0));
            topics.entry(&place.topic).or_default().push(partition);
        }
        let topic = |(name, partitions): (&&str, &Vec<DeleteRecordsPartition>)| {
            DeleteRecordsTopic::default().with_name(TopicName(text(name))).with_partitions(partitions.clone())
        };
        let topics: Vec<DeleteRecordsTopic> = topics.iter().map(topic).collect();
        let build =
            |_| DeleteRecordsRequest::default().with_topics(topics.clone()).with_timeout_ms(timeout_ms);
        let answered = self.request(Route::Broker(leader), &what, build, |_| Ok(())).await;
        let mut results = PartitionResult::new();
        match answered {
            Ok(answer) => {
                for topic in &answer.response.topics {
                    for partition in &topic.partitions {
                        let place =
                            TopicPartition::new(topic.name.as_str(), PartitionId(partition.partition_index));
                        let what = format!("delete records of {place}");
                        let result = checked(what, partition.error_code, None);
                        results.insert(place, result.map(|()| Offset(partition.low_watermark)));
                    }
                }
                for place in before.into_keys() {
                    results.entry(place.clone()).or_insert_with(|| {
                        let what = format!("delete records of {place}");
                        Err(Error::Records { what, reason: "the answer leaves it out".to_owned() })
                    });
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for place in before.into_keys() {
                    let what = format!("delete records of {place}");
                    let refusal = match error.code() {
                        Some(code) => Error::broker(what, code, Some(&error.to_string())),
                        None => Error::Records { what, reason: error.to_string() },
                    };
                    results.insert(place, Err(refusal));
                }
            }
        }
        results
    }
}

/// Indexes of partitions by topic.
pub(super) fn by_topic(partitions: &BTreeSet<TopicPartition>) -> BTreeMap<&str, Vec<i32>> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for place in partitions {
        topics.entry(&place.topic).or_default().push(place.partition.0);
    }
    topics
}

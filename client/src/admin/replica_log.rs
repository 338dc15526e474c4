//! The log of one replica, leader or not, read as Kafka's debugging consumer does (replica id -2): the broker
//! answers for its own copy, up to the high watermark it knows. For comparing replicas; consumers read elsewhere.

use std::collections::BTreeMap;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{
    FetchPartition, FetchPartitionResponse, FetchReplica, FetchRequest, FetchResponse, FetchTopic,
};
use kr_wire::ids::{NodeId, Offset};
use kr_wire::message::StrBytes;
use kr_wire::topic_ref::TopicRef;

use super::groups::TopicPartition;
use crate::Client;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// API key of Fetch.
const FETCH: i16 = 1;

/// `FetchRequest.DEBUGGING_CONSUMER_ID`: no consumer and no follower.
const DEBUGGER: NodeId = NodeId(-2);

/// The newest version that names topics by name, which needs no ids.
const BY_NAME: i16 = 12;

/// The epoch of a fetch without a session (KIP-227).
const NO_SESSION_EPOCH: i32 = -1;

/// What is wanted of a log.
#[derive(Clone, Debug)]
pub struct LogWanted {
    /// The partition.
    pub place: TopicPartition,
    /// The offset to begin at.
    pub from: Offset,
    /// Bytes at most, but at least one batch.
    pub max_bytes: i32,
}

/// A part of a log.
#[derive(Clone, Debug)]
pub struct LogPart {
    /// Record batches; the first may begin before the offset asked for, the last may be torn.
    pub batches: Bytes,
    /// The high watermark as this replica knows it.
    pub high_watermark: Option<Offset>,
    /// Where the log begins.
    pub log_start: Option<Offset>,
}

impl Client {
    /// Reads parts of the logs of one broker, once. Partitions the broker leaves out are not in the answer.
    pub async fn read_replica_log(
        &self,
        broker: NodeId,
        wanted: &[LogWanted],
    ) -> Result<BTreeMap<TopicPartition, Result<LogPart, Error>>, Error> {
        let connection = self.reach(Route::Broker(broker), Lane::Fetch).await?;
        let version = connection.choose(FETCH, "Fetch")?.min(BY_NAME);
        let mut topics: BTreeMap<&str, Vec<FetchPartition>> = BTreeMap::new();
        for LogWanted { place, from, max_bytes } in wanted {
            let partition = FetchPartition {
                index: place.partition,
                fetch_offset: *from,
                max_bytes: *max_bytes,
                ..FetchPartition::default()
            };
            topics.entry(&place.topic).or_default().push(partition);
        }
        let topic = |(name, partitions): (&str, Vec<FetchPartition>)| FetchTopic {
            topic: TopicRef::Name(StrBytes::from_string(name.to_owned())),
            partitions,
        };
        let request = FetchRequest {
            replica: Some(FetchReplica { id: DEBUGGER, epoch: None }),
            min_bytes: 1,
            max_bytes: wanted.iter().map(|wanted| wanted.max_bytes).fold(0, i32::saturating_add),
            session_epoch: NO_SESSION_EPOCH,
            topics: topics.into_iter().map(topic).collect(),
            ..FetchRequest::default()
        };
        let wait = self.options().request_timeout;
        let body = connection.exchange(FETCH, version, wait, |header| request.encode(header)).await?;
        let malformed =
            |source| Error::Malformed { address: connection.address().clone(), api: "Fetch", source };
        let response = FetchResponse::decode(version, &body).map_err(malformed)?;
        let what = format!("read the logs of broker {broker}");
        response.error.ok().map_err(|code: ErrorCode| Error::broker(what, code, None))?;
        let mut parts = BTreeMap::new();
        for topic in response.topics {
            let TopicRef::Name(name) = &topic.topic else { continue };
            for partition in topic.partitions {
                let place = TopicPartition::new(name.as_str(), partition.index);
                let part = part(broker, &place, partition);
                parts.insert(place, part);
            }
        }
        Ok(parts)
    }
}

fn part(broker: NodeId, place: &TopicPartition, answer: FetchPartitionResponse) -> Result<LogPart, Error> {
    let what = format!("read the log of {place} on broker {broker}");
    answer.error.ok().map_err(|code: ErrorCode| Error::broker(what, code, None))?;
    Ok(LogPart {
        batches: answer.records.unwrap_or_default(),
        high_watermark: answer.high_watermark,
        log_start: answer.log_start_offset,
    })
}

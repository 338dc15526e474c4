//! One fetch from one leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopic};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, TopicId};
use kr_wire::message::StrBytes;
use kr_wire::topic_ref::TopicRef;

use super::ConsumerOptions;
use crate::Client;
use crate::admin::TopicPartition;
use crate::cluster_view::Broker;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// API key of Fetch.
const FETCH: i16 = 1;

/// The first version that names topics by id.
const BY_ID: i16 = 13;

/// The epoch of a fetch without a session (KIP-227).
const NO_SESSION_EPOCH: i32 = -1;

/// What is wanted of a partition.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub place: TopicPartition,
    pub from: Offset,
    pub epoch: Option<LeaderEpoch>,
}

/// What a leader answered.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub partitions: Vec<(TopicPartition, FetchPartitionResponse)>,
    pub endpoints: Vec<Broker>,
}

/// Asks a leader once.
pub(crate) async fn fetch(
    client: &Client,
    leader: NodeId,
    wanted: &[Wanted],
    options: &ConsumerOptions,
) -> Result<Fetched, Error> {
    let connection = client.reach(Route::Broker(leader), Lane::Fetch).await?;
    let mut version = connection.choose(FETCH, "Fetch")?;
    let ids: BTreeMap<Arc<str>, TopicId> = {
        let view = client.view();
        let id = |wanted: &Wanted| {
            let topic = &wanted.place.topic;
            Some((Arc::clone(topic), view.topic(topic)?.id?))
        };
        wanted.iter().filter_map(id).collect()
    };
    if version >= BY_ID && wanted.iter().any(|wanted| !ids.contains_key(&wanted.place.topic)) {
        version = BY_ID - 1;
    }
    let reference = |topic: &Arc<str>| match ids.get(topic) {
        Some(id) if version >= BY_ID => TopicRef::Id(*id),
        _ => TopicRef::Name(StrBytes::from_string(topic.to_string())),
    };
    let topics = by_topic(wanted, options);
    let names: BTreeMap<TopicRef, Arc<str>> =
        topics.iter().map(|(topic, _)| (reference(topic), Arc::clone(topic))).collect();
    let topic = |(topic, partitions): (Arc<str>, Vec<FetchPartition>)| FetchTopic {
        topic: reference(&topic),
        partitions,
    };
    let rack = options.rack.as_ref().or(client.options().rack.as_ref());
    let request = FetchRequest {
        max_wait_ms: i32::try_from(options.max_wait.as_millis()).unwrap_or(i32::MAX),
        min_bytes: options.min_bytes,
        max_bytes: options.max_bytes,
        isolation_level: options.isolation,
        session_epoch: NO_SESSION_EPOCH,
        topics: topics.into_iter().map(topic).collect(),
        rack: StrBytes::from_string(rack.cloned().unwrap_or_default()),
        ..FetchRequest::default()
    };
    let wait = client.options().request_timeout + options.max_wait;
    let address = connection.address().clone();
    let body = match connection.exchange(FETCH, version, wait, |header| request.encode(header)).await {
        Ok(body) => body,
        Err(error) => {
            client.note_failure(&address);
            return Err(error);
        }
    };
    let response = FetchResponse::decode(version, &body).map_err(|source| Error::Malformed {
        address,
        api: "Fetch",
        source,
    })?;
    response.error.ok().map_err(|code: ErrorCode| Error::broker("read records", code, None))?;
    Ok(by_partition(response, &names))
}

/// Partitions by topic, in the order they are wanted in: the broker fills its answer in that order.
fn by_topic(wanted: &[Wanted], options: &ConsumerOptions) -> Vec<(Arc<str>, Vec<FetchPartition>)> {
    let mut topics: Vec<(Arc<str>, Vec<FetchPartition>)> = Vec::new();
    for Wanted { place, from, epoch } in wanted {
        let partition = FetchPartition {
            index: place.partition,
            current_leader_epoch: *epoch,
            fetch_offset: *from,
            max_bytes: options.partition_max_bytes,
            ..FetchPartition::default()
        };
        match topics.iter_mut().find(|(topic, _)| *topic == place.topic) {
            Some((_, partitions)) => partitions.push(partition),
            None => topics.push((Arc::clone(&place.topic), vec![partition])),
        }
    }
    topics
}

fn by_partition(response: FetchResponse, names: &BTreeMap<TopicRef, Arc<str>>) -> Fetched {
    let mut partitions = Vec::new();
    for topic in response.topics {
        let Some(name) = names.get(&topic.topic) else { continue };
        for partition in topic.partitions {
            partitions.push((TopicPartition::new(Arc::clone(name), partition.index), partition));
        }
    }
    Fetched {
        partitions,
        endpoints: response.node_endpoints.iter().filter_map(Broker::of_endpoint).collect(),
    }
}

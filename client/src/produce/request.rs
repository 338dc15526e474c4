//! The two requests a producer makes, each sent once: for an identity, and with batches for one leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId, ProducerId};
use kr_wire::message::StrBytes;
use kr_wire::messages::InitProducerIdRequest;
use kr_wire::produce::{
    ProducePartition, ProducePartitionResponse, ProduceRequest, ProduceResponse, ProduceTopic,
};
use kr_wire::topic_ref::TopicRef;

use super::Acks;
use super::partition::Identity;
use crate::Client;
use crate::cluster_view::Broker;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// API key of Produce.
const PRODUCE: i16 = 0;

/// The first version that names topics by id.
const BY_ID: i16 = 13;

/// The last version in which the producer adds partitions to its transaction itself (KIP-890).
const TRANSACTIONAL_LAST: i16 = 11;

/// A partition by topic and index.
pub(super) type Key = (Arc<str>, PartitionId);

/// An answer, by partition; empty with acks=0.
#[derive(Default)]
pub(super) struct Produced {
    pub partitions: BTreeMap<Key, ProducePartitionResponse>,
    pub endpoints: Vec<Broker>,
}

/// Asks for a producer id.
pub(super) async fn identify(client: &Client) -> Result<Identity, Error> {
    let what = "get a producer id";
    let build = |_| {
        InitProducerIdRequest::default()
            .with_transactional_id(None)
            .with_transaction_timeout_ms(i32::MAX)
            .with_producer_id(kr_wire::messages::ProducerId(-1))
            .with_producer_epoch(-1)
    };
    let answer = client
        .request(Route::Any, what, build, |response| {
            ErrorCode(response.error_code).ok().map_err(|code| Error::broker(what, code, None))
        })
        .await?;
    let response = answer.response;
    Ok(Identity { id: ProducerId(response.producer_id.0), epoch: response.producer_epoch })
}

/// Sends batches to a leader once.
pub(super) async fn produce(
    client: &Client,
    leader: NodeId,
    batches: &[(Key, Bytes)],
    acks: Acks,
    transactional_id: Option<&str>,
) -> Result<Produced, Error> {
    let connection = client.reach(Route::Broker(leader), Lane::Produce).await?;
    let mut version = connection.choose(PRODUCE, "Produce")?;
    if transactional_id.is_some() {
        version = version.min(TRANSACTIONAL_LAST);
    }
    let ids: BTreeMap<Arc<str>, kr_wire::ids::TopicId> = {
        let view = client.view();
        let id = |topic: &Arc<str>| Some((Arc::clone(topic), view.topic(topic)?.id?));
        batches.iter().filter_map(|((topic, _), _)| id(topic)).collect()
    };
    if version >= BY_ID && batches.iter().any(|((topic, _), _)| !ids.contains_key(topic)) {
        version = BY_ID - 1;
    }
    let mut topics: BTreeMap<&Arc<str>, Vec<ProducePartition>> = BTreeMap::new();
    for ((topic, partition), bytes) in batches {
        let partition = ProducePartition { index: *partition, records: Some(bytes.clone()) };
        topics.entry(topic).or_default().push(partition);
    }
    let reference = |topic: &Arc<str>| match ids.get(topic) {
        Some(id) if version >= BY_ID => TopicRef::Id(*id),
        _ => TopicRef::Name(StrBytes::from_string(topic.to_string())),
    };
    let names: BTreeMap<TopicRef, Arc<str>> =
        topics.keys().map(|topic| (reference(topic), Arc::clone(topic))).collect();
    let wait = client.options().request_timeout;
    let request = ProduceRequest {
        transactional_id: transactional_id.map(|id| StrBytes::from_string(id.to_owned())),
        acks: acks.to_wire(),
        timeout_ms: i32::try_from(wait.as_millis()).unwrap_or(i32::MAX),
        topics: topics
            .into_iter()
            .map(|(topic, partitions)| ProduceTopic { topic: reference(topic), partitions })
            .collect(),
    };
    if acks == Acks::None {
        connection.send_only(PRODUCE, version, |header| request.encode(header)).await?;
        return Ok(Produced::default());
    }
    let address = connection.address().clone();
    // The broker answers a request that waits for replicas at its deadline, so a little after ours.
    let wait = wait + wait / 2;
    let body = match connection.exchange(PRODUCE, version, wait, |header| request.encode(header)).await {
        Ok(body) => body,
        Err(error) => {
            client.note_failure(&address);
            return Err(error);
        }
    };
    let response = ProduceResponse::decode(version, &body).map_err(|source| Error::Malformed {
        address,
        api: "Produce",
        source,
    })?;
    Ok(by_partition(response, &names))
}

fn by_partition(response: ProduceResponse, names: &BTreeMap<TopicRef, Arc<str>>) -> Produced {
    let mut partitions = BTreeMap::new();
    for topic in response.topics {
        let Some(name) = names.get(&topic.topic) else { continue };
        for partition in topic.partitions {
            partitions.insert((Arc::clone(name), partition.index), partition);
        }
    }
    let endpoints = response.node_endpoints.iter().filter_map(Broker::of_endpoint).collect();
    Produced { partitions, endpoints }
}

//! What the supervisor asks its cluster as any client would: who leads a partition, and to create topics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kr_client::{Client, Error, ErrorCode, Options, Route};
use kr_wire::message::StrBytes;
use kr_wire::messages::create_topics_request::CreatableTopic;
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::{CreateTopicsRequest, MetadataRequest, MetadataResponse, TopicName};

use crate::error::UpError;
use crate::spec::TopicSpec;
use crate::targets::Partition;

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(2);

async fn connect(bootstrap: &str, timeout: Duration) -> Result<Client, Error> {
    let mut options = Options { timeout, client_id: "kr-dev".to_owned(), ..Options::default() };
    options.set_bootstrap(&[bootstrap])?;
    Client::connect(options).await
}

fn topic_name(name: &str) -> TopicName {
    TopicName(StrBytes::from_string(name.to_owned()))
}

/// The leader of each partition, or why there is none.
pub(crate) async fn leaders(
    bootstrap: &str,
    partitions: &[Partition],
) -> BTreeMap<Partition, Result<i32, String>> {
    let metadata = metadata(bootstrap, Some(partitions)).await.map_err(|error| error.to_string());
    let leader = |partition: &Partition| match &metadata {
        Ok(metadata) => leader(metadata, partition),
        Err(reason) => Err(reason.clone()),
    };
    partitions.iter().map(|partition| (partition.clone(), leader(partition))).collect()
}

/// A partition that nobody among `alive` leads, in words.
pub(crate) async fn leaderless(bootstrap: &str, alive: &BTreeSet<i32>) -> Option<String> {
    let metadata = match metadata(bootstrap, None).await {
        Ok(metadata) => metadata,
        Err(error) => return Some(format!("no broker answers: {error}")),
    };
    metadata.topics.iter().find_map(|topic| {
        let name = topic.name.as_ref().map_or("", |name| name.0.as_str());
        let is_led = |leader: i32| alive.contains(&leader);
        let found = topic.partitions.iter().find(|partition| !is_led(partition.leader_id.0))?;
        Some(format!("partition {name}-{} has no leader that runs", found.partition_index))
    })
}

/// Metadata of the partitions' topics, or of all.
async fn metadata(bootstrap: &str, partitions: Option<&[Partition]>) -> Result<MetadataResponse, Error> {
    let client = connect(bootstrap, LOOK).await?;
    let request = |_| {
        let named = |partition: &Partition| {
            MetadataRequestTopic::default().with_name(Some(topic_name(&partition.topic)))
        };
        MetadataRequest::default()
            .with_topics(partitions.map(|partitions| partitions.iter().map(named).collect()))
            .with_allow_auto_topic_creation(false)
    };
    let answer = client.request(Route::Any, "find the leaders", request, |_| Ok(())).await?;
    Ok(answer.response)
}

fn leader(metadata: &MetadataResponse, partition: &Partition) -> Result<i32, String> {
    let name = topic_name(&partition.topic);
    let topic = metadata.topics.iter().find(|topic| topic.name.as_ref() == Some(&name));
    let topic = topic.ok_or_else(|| "the topic is not known".to_owned())?;
    ErrorCode(topic.error_code).ok().map_err(|code| code.message().to_owned())?;
    let found = topic.partitions.iter().find(|found| found.partition_index == partition.index);
    let found = found.ok_or_else(|| format!("the topic has {} partitions", topic.partitions.len()))?;
    match found.leader_id.0 {
        leader if leader >= 0 => Ok(leader),
        _ => Err("no replica can lead it".to_owned()),
    }
}

/// Creates topics; those that exist are left as they are.
pub(crate) async fn create_topics(
    bootstrap: &str,
    topics: &[TopicSpec],
    timeout: Duration,
) -> Result<(), UpError> {
    let first = topics.first().map_or_else(String::new, |topic| topic.name.clone());
    let failed = |error: Error| UpError::Topic { topic: first.clone(), reason: error.to_string() };
    let client = connect(bootstrap, timeout).await.map_err(failed)?;
    let request = |_| {
        let creatable = |topic: &TopicSpec| {
            CreatableTopic::default()
                .with_name(topic_name(&topic.name))
                .with_num_partitions(topic.partitions.unwrap_or(-1))
                .with_replication_factor(topic.replication_factor.unwrap_or(-1))
        };
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        CreateTopicsRequest::default()
            .with_topics(topics.iter().map(creatable).collect())
            .with_timeout_ms(timeout_ms)
    };
    let answer = client.request(Route::Controller, "create topics", request, |_| Ok(())).await;
    for result in answer.map_err(failed)?.response.topics {
        let code = ErrorCode(result.error_code);
        if code != ErrorCode::TOPIC_ALREADY_EXISTS && code.ok().is_err() {
            let reason =
                result.error_message.map_or_else(|| code.message().to_owned(), |text| text.to_string());
            return Err(UpError::Topic { topic: result.name.0.to_string(), reason });
        }
    }
    Ok(())
}

//! DescribeTopicPartitions: topics in pages, with the eligible leader replicas.
//!
//! versions: 0
//! behaviours: topics by name or all, in the order of their names; at most
//! `max.request.partition.size.limit` partitions in an answer, with a cursor to where the next begins
//! kips: 966
//! left out: authorisation (every operation is allowed)

use kr_metadata::image::{Image, Partition, Topic};
use kr_metadata::topic_name;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::describe_topic_partitions_response::{
    Cursor, DescribeTopicPartitionsResponsePartition as PartitionAnswer,
    DescribeTopicPartitionsResponseTopic as TopicAnswer,
};
use kr_wire::messages::{
    BrokerId, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, TopicName,
};

use super::advertised::TOPIC_OPERATIONS;
use super::metadata::{broker_ids, offline_replicas, reachable_leader, topic_name_of};
use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// Handles DescribeTopicPartitions.
pub(crate) fn handle(node: &Node, _ctx: &Context, request: &DescribeTopicPartitionsRequest) -> Answer {
    let limit = node.config_scope().broker_i64("max.request.partition.size.limit");
    let limit = limit.min(i64::from(request.response_partition_limit)).max(1);
    let limit = usize::try_from(limit).unwrap_or(1);
    let response = describe(node.quorum.image(), request, limit);
    Answer::now(ResponseKind::DescribeTopicPartitions(response))
}

/// Fills one page of at most `limit` partitions.
fn describe(
    image: &Image,
    request: &DescribeTopicPartitionsRequest,
    limit: usize,
) -> DescribeTopicPartitionsResponse {
    let (from, first) = match &request.cursor {
        Some(cursor) => (cursor.topic_name.as_str(), cursor.partition_index),
        None => ("", 0),
    };
    let response = DescribeTopicPartitionsResponse::default();
    if first < 0 {
        let refused = request.topics.iter().map(|t| failed(t.name.clone(), ErrorCode::INVALID_REQUEST));
        return response.with_topics(refused.collect());
    }
    let names = names(image, request, from);
    let mut topics = Vec::new();
    let mut left = limit;
    for name in names {
        let start = if name == from { first } else { 0 };
        if left == 0 {
            return response.with_topics(topics).with_next_cursor(Some(cursor(&name, start)));
        }
        let Some(topic) = image.topic_by_name(&name) else {
            let code = match topic_name::check(&name) {
                Ok(()) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                Err(_) => ErrorCode::INVALID_TOPIC_EXCEPTION,
            };
            topics.push(failed(TopicName(StrBytes::from_string(name)), code));
            continue;
        };
        let mut rest = topic.partitions.range(PartitionId(start)..);
        let partitions: Vec<PartitionAnswer> =
            rest.by_ref().take(left).map(|(index, p)| partition(image, *index, p)).collect();
        left -= partitions.len();
        topics.push(answer(topic, partitions));
        if let Some((next, _)) = rest.next() {
            return response.with_topics(topics).with_next_cursor(Some(cursor(&name, next.0)));
        }
    }
    response.with_topics(topics)
}

/// The topics to answer for from a name on, sorted, each once.
fn names(image: &Image, request: &DescribeTopicPartitionsRequest, from: &str) -> Vec<String> {
    if request.topics.is_empty() {
        return image.topics_from_name(from).map(|t| t.name.to_string()).collect();
    }
    let asked = request.topics.iter().map(|t| t.name.as_str()).filter(|name| *name >= from);
    let mut names: Vec<String> = asked.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn cursor(topic: &str, partition: i32) -> Cursor {
    let topic = TopicName(StrBytes::from_string(topic.to_owned()));
    Cursor::default().with_topic_name(topic).with_partition_index(partition)
}

fn failed(name: TopicName, code: ErrorCode) -> TopicAnswer {
    let internal = topic_name::is_internal(&name);
    TopicAnswer::default().with_error_code(code.0).with_name(Some(name)).with_is_internal(internal)
}

fn answer(topic: &Topic, partitions: Vec<PartitionAnswer>) -> TopicAnswer {
    TopicAnswer::default()
        .with_name(Some(topic_name_of(topic)))
        .with_topic_id(topic.id.0)
        .with_is_internal(topic_name::is_internal(&topic.name))
        .with_partitions(partitions)
        .with_topic_authorized_operations(TOPIC_OPERATIONS)
}

fn partition(image: &Image, index: PartitionId, partition: &Partition) -> PartitionAnswer {
    let leader = reachable_leader(image, partition).ok();
    PartitionAnswer::default()
        .with_partition_index(index.0)
        .with_leader_id(BrokerId(NodeId::to_wire(leader)))
        .with_leader_epoch(partition.leader_epoch.0)
        .with_replica_nodes(broker_ids(&partition.replicas))
        .with_isr_nodes(broker_ids(&partition.isr))
        .with_eligible_leader_replicas(Some(broker_ids(&partition.elr)))
        .with_last_known_elr(Some(broker_ids(&partition.last_known_elr)))
        .with_offline_replicas(offline_replicas(image, partition))
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{LeaderEpoch, TopicId, Uuid};
    use kr_wire::messages::describe_topic_partitions_request::{Cursor as AskedCursor, TopicRequest};
    use kr_wire::metadata_records::{PartitionRecord, TopicRecord};

    use super::*;

    /// Topics by name with their partition counts.
    fn image(topics: &[(&str, i32)]) -> Image {
        let mut image = Image::default();
        for (number, (name, count)) in topics.iter().enumerate() {
            let topic_id = TopicId(Uuid::from_u128(1000 + number as u128));
            image.apply(&TopicRecord { name: (*name).to_owned(), topic_id }.into()).expect("replays");
            for index in 0..*count {
                let record = PartitionRecord {
                    partition_id: PartitionId(index),
                    topic_id,
                    replicas: vec![NodeId(1)],
                    isr: vec![NodeId(1)],
                    leader: Some(NodeId(1)),
                    leader_epoch: LeaderEpoch(3),
                    ..PartitionRecord::default()
                };
                image.apply(&record.into()).expect("replays");
            }
        }
        image
    }

    fn request(names: &[&'static str], at: Option<(&'static str, i32)>) -> DescribeTopicPartitionsRequest {
        let named = |name: &'static str| TopicName(StrBytes::from_static_str(name));
        let topics = names.iter().map(|name| TopicRequest::default().with_name(named(name))).collect();
        let cursor = at.map(|(topic, index)| {
            AskedCursor::default().with_topic_name(named(topic)).with_partition_index(index)
        });
        DescribeTopicPartitionsRequest::default().with_topics(topics).with_cursor(cursor)
    }

    /// The page as "topic: first..end" and the cursor as (topic, partition).
    fn page(
        image: &Image,
        request: &DescribeTopicPartitionsRequest,
        limit: usize,
    ) -> (Vec<String>, Option<(String, i32)>) {
        let response = describe(image, request, limit);
        let topics = response.topics.iter().map(|t| {
            let indexes: Vec<String> = t.partitions.iter().map(|p| p.partition_index.to_string()).collect();
            let name = t.name.as_ref().expect("named").as_str();
            format!("{name}:{}{}", t.error_code, indexes.iter().map(|i| format!(" {i}")).collect::<String>())
        });
        let cursor = response.next_cursor.map(|c| (c.topic_name.as_str().to_owned(), c.partition_index));
        (topics.collect(), cursor)
    }

    #[test]
    fn all_topics_come_in_pages() {
        let image = image(&[("b", 3), ("a", 2), ("c", 1)]);
        let (topics, cursor) = page(&image, &request(&[], None), 3);
        assert_eq!(topics, ["a:0 0 1", "b:0 0"]);
        assert_eq!(cursor, Some(("b".to_owned(), 1)));
        let (topics, cursor) = page(&image, &request(&[], Some(("b", 1))), 3);
        assert_eq!(topics, ["b:0 1 2", "c:0 0"]);
        assert_eq!(cursor, None);
    }

    #[test]
    fn a_page_that_ends_with_its_topic_points_to_the_next() {
        let image = image(&[("a", 2), ("b", 1)]);
        let (topics, cursor) = page(&image, &request(&[], None), 2);
        assert_eq!(topics, ["a:0 0 1"]);
        assert_eq!(cursor, Some(("b".to_owned(), 0)));
    }

    #[test]
    fn named_topics_are_sorted_and_unknown_ones_are_said_to_be() {
        let image = image(&[("a", 1)]);
        let (topics, cursor) = page(&image, &request(&["x", "a", "a", "in valid"], None), 10);
        assert_eq!(topics, ["a:0 0", "in valid:17", "x:3"]);
        assert_eq!(cursor, None);
    }

    #[test]
    fn topics_before_the_cursor_are_not_repeated() {
        let image = image(&[("a", 1), ("c", 1)]);
        let (topics, _) = page(&image, &request(&["a", "c"], Some(("b", 5))), 10);
        assert_eq!(topics, ["c:0 0"]);
    }

    #[test]
    fn a_negative_cursor_is_refused() {
        let image = image(&[("a", 1)]);
        let (topics, _) = page(&image, &request(&["a"], Some(("a", -1))), 10);
        assert_eq!(topics, ["a:42"]);
    }
}

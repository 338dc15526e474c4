//! The idempotent producer: each record once, in order, whatever happens on the way.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kr_client::{Client, Error, ErrorCode, NewRecord, Producer, ProducerOptions};
use kr_wire::compression::Codec;
use kr_wire::ids::PartitionId;

use super::fake::{FakeCluster, Reply};
use super::{connect, options};

fn record(topic: &str, value: String) -> NewRecord {
    NewRecord {
        topic: topic.into(),
        partition: Some(PartitionId(0)),
        value: Some(Bytes::from(value)),
        ..NewRecord::default()
    }
}

/// Sends numbered records and gives their offsets.
async fn send(producer: &Producer, topic: &str, count: usize) -> Vec<Result<Option<i64>, Arc<Error>>> {
    let mut deliveries = Vec::new();
    for number in 0..count {
        deliveries.push(producer.send(record(topic, number.to_string())).await.unwrap());
    }
    let mut offsets = Vec::new();
    for delivery in deliveries {
        offsets.push(delivery.await.map(|ack| ack.offset.map(|offset| offset.0)));
    }
    offsets
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

fn small_batches() -> ProducerOptions {
    ProducerOptions { batch_max_bytes: 300, ..ProducerOptions::default() }
}

#[tokio::test]
async fn every_codec_arrives_and_offsets_are_those_of_the_log() {
    for codec in Codec::ALL {
        let cluster = FakeCluster::start(1);
        cluster.world().add_topic("t", 1);
        let client = connect(&cluster).await;
        let producer = Producer::new(&client, ProducerOptions { codec, ..small_batches() });
        let offsets: Vec<i64> =
            send(&producer, "t", 50).await.into_iter().map(|offset| offset.unwrap().unwrap()).collect();
        assert_eq!(offsets, (0..50).collect::<Vec<i64>>());
        assert_eq!(cluster.world().values("t", 0), numbers(50));
    }
}

#[tokio::test]
async fn lost_answers_and_moving_leaders_neither_lose_nor_repeat_records() {
    let cluster = FakeCluster::start(3);
    cluster.world().add_topic("t", 1);
    let client = connect(&cluster).await;
    let mut produced = 0;
    cluster.script(move |seen, world| {
        if seen.header.api_key != 0 {
            return None;
        }
        produced += 1;
        match produced % 5 {
            // Written, but nobody hears of it.
            1 => Some(Reply::ActAndClose),
            // Another broker leads from now on.
            3 => {
                let partition = world.partition("t", 0);
                partition.leader = partition.leader % 3 + 1;
                partition.epoch += 1;
                None
            }
            // Not even written.
            4 => Some(Reply::Close),
            _ => None,
        }
    });
    let producer = Producer::new(&client, small_batches());
    let offsets: Vec<i64> =
        send(&producer, "t", 300).await.into_iter().map(|offset| offset.unwrap().unwrap()).collect();
    assert_eq!(offsets, (0..300).collect::<Vec<i64>>());
    assert_eq!(cluster.world().values("t", 0), numbers(300));
}

#[tokio::test]
async fn a_refusal_that_names_the_leader_needs_no_metadata() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 1);
    let client = connect(&cluster).await;
    let producer = Producer::new(&client, ProducerOptions::default());
    send(&producer, "t", 1).await;
    {
        let mut world = cluster.world();
        let partition = world.partition("t", 0);
        (partition.leader, partition.epoch) = (2, 4);
    }
    let before = cluster.count(3);
    assert!(send(&producer, "t", 1).await[0].is_ok());
    assert_eq!(cluster.count(3), before);
    assert_eq!(cluster.requests().last().unwrap().0, 2);
}

#[tokio::test]
async fn a_topic_that_does_not_exist_fails_its_records() {
    let cluster = FakeCluster::start(1);
    let client = connect(&cluster).await;
    let producer = Producer::new(&client, ProducerOptions::default());
    let outcome = send(&producer, "nowhere", 2).await;
    for error in outcome.iter().map(|outcome| outcome.as_ref().unwrap_err()) {
        assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    }
    producer.flush().await.unwrap();
}

#[tokio::test]
async fn a_partition_without_leader_fails_at_the_delivery_timeout() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("t", 1);
    let client = connect(&cluster).await;
    let options =
        ProducerOptions { delivery_timeout: Duration::from_millis(200), ..ProducerOptions::default() };
    let producer = Producer::new(&client, options);
    assert!(send(&producer, "t", 1).await[0].is_ok());
    cluster.script(|seen, _| (seen.header.api_key == 0).then_some(Reply::Close));
    let error = send(&producer, "t", 1).await.remove(0).unwrap_err();
    assert!(matches!(*error, Error::TimedOut { .. }), "{error}");
    // The broker works again, and so does the producer, under a new id.
    cluster.script(|_, _| None);
    assert!(send(&producer, "t", 1).await[0].is_ok());
    assert_eq!(cluster.count(22), 2);
}

#[tokio::test]
async fn keys_choose_partitions_as_java_does_and_others_spread() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 4);
    let client = Client::connect(options(&cluster)).await.unwrap();
    let producer = Producer::new(&client, ProducerOptions::default());
    let keyed = |key: &'static str| NewRecord {
        topic: "t".into(),
        key: Some(Bytes::from_static(key.as_bytes())),
        ..NewRecord::default()
    };
    let mut partitions = Vec::new();
    for key in ["foobar", "abc", "21"] {
        partitions.push(producer.send(keyed(key)).await.unwrap().await.unwrap().partition.0);
    }
    // murmur2 of the keys without its sign, modulo 4.
    let expected = [-790_332_482i32, 479_470_107, -973_932_308].map(|hash| (hash & i32::MAX) % 4);
    assert_eq!(partitions, expected);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let record = NewRecord { topic: "t".into(), ..NewRecord::default() };
        seen.insert(producer.send(record).await.unwrap().await.unwrap().partition.0);
    }
    assert_eq!(seen.len(), 4);
}

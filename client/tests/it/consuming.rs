//! Reading: all of it, in order, over changes of leader, alone and in a group.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_client::{
    Client, Consumer, ConsumerOptions, Error, ErrorCode, GroupConsumer, GroupEvent, GroupOptions, StartAt,
};
use kr_wire::compression::Codec;
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{Offset, PartitionId};

use super::connect;
use super::fake::{FakeCluster, batch};

fn place(partition: i32) -> TopicPartition {
    TopicPartition::new("t", PartitionId(partition))
}

/// A cluster with a topic of two partitions and ten batches of two records in each.
fn filled() -> FakeCluster {
    let cluster = FakeCluster::start(2);
    let mut world = cluster.world();
    world.add_topic("t", 2);
    for partition in 0..2 {
        for number in 0..10 {
            let (a, b) = (format!("{partition}/{number}a"), format!("{partition}/{number}b"));
            let codec = Codec::ALL[number % Codec::ALL.len()];
            world.partition("t", partition).append(&batch(&[&a, &b], codec)).unwrap();
        }
    }
    drop(world);
    cluster
}

async fn consumer(client: &Client, starts: &[(TopicPartition, StartAt)], to_the_end: bool) -> Consumer {
    let spans = client.spans(starts, to_the_end, IsolationLevel::ReadCommitted).await.unwrap();
    let mut consumer = Consumer::new(client, ConsumerOptions::default());
    consumer.assign(spans);
    consumer
}

/// Reads to the end; offsets by partition.
async fn drain(consumer: &mut Consumer) -> Result<BTreeMap<i32, Vec<i64>>, Error> {
    let mut offsets: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    while let Some(chunk) = consumer.next().await? {
        let records = chunk.to_records()?;
        let read = records.iter().map(|record| record.offset.0);
        offsets.entry(chunk.place.partition.0).or_default().extend(read);
    }
    Ok(offsets)
}

#[tokio::test]
async fn everything_is_read_to_the_end_seen_at_the_start() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let starts = [(place(0), StartAt::Earliest), (place(1), StartAt::Tail(3))];
    let mut consumer = consumer(&client, &starts, true).await;
    // What comes later is not read.
    cluster.world().partition("t", 0).append(&batch(&["late"], Codec::None)).unwrap();
    let offsets = drain(&mut consumer).await.unwrap();
    assert_eq!(offsets[&0], (0..20).collect::<Vec<i64>>());
    assert_eq!(offsets[&1], [17, 18, 19]);
}

#[tokio::test]
async fn reading_goes_on_at_the_new_leader() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut fetches = 0;
    cluster.script(move |seen, world| {
        if seen.header.api_key == 1 {
            fetches += 1;
            if fetches == 3 {
                for index in 0..2 {
                    let partition = world.partition("t", index);
                    partition.leader = 3 - partition.leader;
                    partition.epoch += 1;
                }
            }
        }
        None
    });
    let starts = [(place(0), StartAt::Earliest), (place(1), StartAt::Earliest)];
    let offsets = drain(&mut consumer(&client, &starts, true).await).await.unwrap();
    assert_eq!(offsets[&0], (0..20).collect::<Vec<i64>>());
    assert_eq!(offsets[&1], (0..20).collect::<Vec<i64>>());
}

#[tokio::test]
async fn reading_goes_on_after_records_that_were_deleted() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut consumer = consumer(&client, &[(place(0), StartAt::Earliest)], true).await;
    {
        let mut world = cluster.world();
        let partition = world.partition("t", 0);
        partition.batches.drain(..5);
        partition.start = 10;
    }
    assert_eq!(drain(&mut consumer).await.unwrap()[&0], (10..20).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_topic_that_is_deleted_while_read_ends_in_an_error() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut consumer = consumer(&client, &[(place(0), StartAt::Earliest)], true).await;
    cluster.world().topics.clear();
    let error =
        tokio::time::timeout(Duration::from_secs(10), drain(&mut consumer)).await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
}

fn group(cluster: &FakeCluster, client: &Client, to_the_end: bool) -> GroupConsumer {
    let _ = cluster;
    let options = GroupOptions {
        to_the_end,
        session_timeout: Duration::from_millis(60),
        ..GroupOptions::new("g", vec!["t".into()])
    };
    GroupConsumer::new(client, options)
}

#[tokio::test]
async fn a_member_reads_its_share_and_commits_only_when_told() {
    let cluster = filled();
    let client = connect(&cluster).await;
    cluster.world().groups.entry("g".to_owned()).or_default().committed.insert(("t".to_owned(), 0), 18);
    let mut member = group(&cluster, &client, true);
    let mut read = Vec::new();
    let mut positions = BTreeMap::new();
    while let Some(event) = member.next().await.unwrap() {
        match event {
            GroupEvent::Assigned(places) => assert_eq!(places, [place(0), place(1)]),
            GroupEvent::Records(chunk) => {
                let records = chunk.to_records().unwrap();
                read.extend(records.iter().map(|record| (record.partition.0, record.offset.0)));
                positions.insert(chunk.place, chunk.next);
            }
            GroupEvent::Revoking => panic!("nobody else joined"),
            GroupEvent::Idle => {}
        }
    }
    read.sort_unstable();
    let expected: Vec<(i32, i64)> = [(0, 18), (0, 19)].into_iter().chain((0..20).map(|o| (1, o))).collect();
    assert_eq!(read, expected);
    assert_eq!(cluster.count(8), 0);
    member.commit(&positions).await.unwrap();
    member.leave().await.unwrap();
    let world = cluster.world();
    let group = &world.groups["g"];
    assert_eq!(group.committed, BTreeMap::from([(("t".to_owned(), 0), 20), (("t".to_owned(), 1), 20)]));
    assert_eq!(group.member, None);
}

#[tokio::test]
async fn a_member_that_rests_stays_in_the_group_until_it_is_called() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut member = group(&cluster, &client, false);
    assert!(matches!(member.next().await.unwrap(), Some(GroupEvent::Assigned(_))));
    let beats = cluster.count(12);
    // A third of the session is over before the rest is.
    assert!(member.rest(Duration::from_millis(100)).await.unwrap());
    assert!(cluster.count(12) > beats);
    cluster.world().groups.get_mut("g").unwrap().rebalance = true;
    assert!(!member.rest(Duration::from_secs(3600)).await.unwrap());
    assert!(matches!(member.next().await.unwrap(), Some(GroupEvent::Revoking)));
    assert!(matches!(member.next().await.unwrap(), Some(GroupEvent::Assigned(_))));
}

#[tokio::test]
async fn a_member_says_when_nothing_comes() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut member = group(&cluster, &client, false);
    let mut read = 0;
    loop {
        let event = tokio::time::timeout(Duration::from_secs(10), member.next()).await.unwrap().unwrap();
        match event.expect("a follower has no end") {
            GroupEvent::Records(chunk) => read += chunk.to_records().unwrap().len(),
            GroupEvent::Idle if read == 40 => break,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_rebalance_is_announced_and_joined_again() {
    let cluster = filled();
    let client = connect(&cluster).await;
    let mut member = group(&cluster, &client, false);
    let mut history = Vec::new();
    let mut next = BTreeMap::new();
    while history.len() < 3 {
        let event = tokio::time::timeout(Duration::from_secs(10), member.next()).await.unwrap().unwrap();
        match event.expect("a follower has no end") {
            GroupEvent::Assigned(_) => {
                history.push("assigned");
                cluster.world().groups.get_mut("g").unwrap().rebalance = history.len() == 1;
            }
            GroupEvent::Revoking => {
                history.push("revoking");
                member.commit(&next).await.unwrap();
            }
            GroupEvent::Records(chunk) => drop(next.insert(chunk.place, chunk.next)),
            GroupEvent::Idle => {}
        }
    }
    assert_eq!(history, ["assigned", "revoking", "assigned"]);
    assert_eq!(cluster.world().groups["g"].generation, 2);
    assert!(next.values().all(|offset| *offset <= Offset(20)));
}

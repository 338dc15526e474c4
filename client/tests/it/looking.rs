//! Looking at a cluster without changing it: epochs, metadata as bytes, the metadata log, the log of requests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kr_client::admin::{At, MetadataLogAnswer, MetadataLogWanted, TopicPartition};
use kr_client::tap::{Exchange, Tap};
use kr_client::{Address, Client, ErrorCode, Route, Topics};
use kr_wire::batch::BatchBuilder;
use kr_wire::fetch::{FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopicResponse, SnapshotId};
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId, TopicId};
use kr_wire::leader_hint::{CurrentLeader, NodeEndpoint};
use kr_wire::message::{self, RequestKind, StrBytes};
use kr_wire::messages::*;
use kr_wire::topic_ref::TopicRef;

use super::fake::{FakeCluster, Reply, Seen};
use super::{connect, options};

fn serve(cluster: &FakeCluster, keys: &[i16]) {
    for key in keys {
        let row = kr_wire::api::row(*key).unwrap();
        cluster.world().apis.insert(*key, (row.min, row.max));
    }
}

fn respond(seen: &Seen<'_>, response: message::ResponseKind) -> Reply {
    let header = seen.header;
    let frame =
        message::encode_response(header.correlation_id, header.api_key, header.api_version, &response);
    Reply::Raw(frame.unwrap().concat())
}

#[tokio::test]
async fn epoch_history_is_walked_back_at_the_leader() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 2);
    serve(&cluster, &[23]);
    // Epoch 3 leads, from offset 20; epoch 1 wrote 0 to 20; epoch 2 wrote nothing.
    cluster.script(|seen, _| {
        if seen.header.api_key != 23 {
            return None;
        }
        assert_eq!(seen.node, 2);
        let request = message::decode_request(23, seen.header.api_version, seen.body.clone()).unwrap();
        let RequestKind::OffsetForLeaderEpoch(request) = request else { unreachable!() };
        assert_eq!(request.replica_id, BrokerId(-2));
        let asked = request.topics[0].partitions[0].leader_epoch;
        let (epoch, end) = match asked {
            3 => (3, 30),
            1 | 2 => (1, 20),
            _ => (asked, 0),
        };
        let end = offset_for_leader_epoch_response::EpochEndOffset::default()
            .with_partition(1)
            .with_leader_epoch(epoch)
            .with_end_offset(end);
        let topic = offset_for_leader_epoch_response::OffsetForLeaderTopicResult::default()
            .with_topic(request.topics[0].topic.clone())
            .with_partitions(vec![end]);
        Some(respond(seen, OffsetForLeaderEpochResponse::default().with_topics(vec![topic]).into()))
    });
    let client = connect(&cluster).await;
    let place = TopicPartition::new("t", PartitionId(1));
    let history = client.epoch_history(&place, LeaderEpoch(3), Offset(0), 50).await.unwrap();
    let steps: Vec<(i32, Option<i64>, i64)> = history
        .steps
        .iter()
        .map(|step| (step.epoch.0, step.start.map(|start| start.0), step.end.0))
        .collect();
    assert_eq!(steps, [(3, Some(20), 30), (1, Some(0), 20)]);
    assert!(history.is_complete);
    assert_eq!(cluster.count(23), 3);
}

#[tokio::test]
async fn metadata_comes_as_bytes_and_leaves_no_topics_in_the_client() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 3);
    let client = connect(&cluster).await;
    let bytes = client.metadata_bytes(Route::Any, Topics::All).await.unwrap();
    assert!(bytes.len() > 50 && bytes.version() >= 9);
    let metadata = bytes.decode().unwrap();
    client.learn_brokers(&metadata);
    assert_eq!(metadata.topics[0].partitions.len(), 3);
    let view = client.view();
    assert_eq!((view.brokers().count(), view.topics().count()), (2, 0));
}

#[tokio::test]
async fn each_broker_is_asked_for_its_own_end_and_its_leader_for_the_high_watermark() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 1);
    {
        let mut world = cluster.world();
        let partition = world.partition("t", 0);
        partition.append(&super::fake::batch(&["a", "b"], kr_wire::compression::Codec::None)).unwrap();
        partition.ends.insert(2, 1);
    }
    let client = connect(&cluster).await;
    let place = [(TopicPartition::new("t", PartitionId(0)), At::Latest)];
    for (broker, end) in [(1, 2), (2, 1)] {
        let found = client.offsets_of_replica(NodeId(broker), &place).await;
        assert_eq!(found[&place[0].0].as_ref().unwrap().offset, Some(Offset(end)), "broker {broker}");
    }
    let found = client.offsets_at_leader(NodeId(1), &place).await;
    assert_eq!(found[&place[0].0].as_ref().unwrap().offset, Some(Offset(2)));
    let found = client.offsets_at_leader(NodeId(2), &place).await;
    let error = found[&place[0].0].as_ref().unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::NOT_LEADER_OR_FOLLOWER));
}

#[tokio::test]
async fn applied_metadata_is_asked_for_anew_each_time() {
    let cluster = FakeCluster::start(1);
    let client = connect(&cluster).await;
    let mut epoch = 100;
    cluster.script(move |seen, _| {
        epoch += 5;
        let response = ApiVersionsResponse::default().with_finalized_features_epoch(epoch);
        (seen.header.api_key == 18).then(|| respond(seen, response.into()))
    });
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(client.node_versions_now(Route::Broker(NodeId(1))).await.unwrap().finalized_epoch);
    }
    assert_eq!(seen, [Some(105), Some(110), Some(115)]);
}

#[tokio::test]
async fn a_tap_sees_requests_answers_and_failures() {
    let cluster = FakeCluster::start(1);
    let seen: Arc<Mutex<Vec<Exchange>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let mut options = options(&cluster);
    options.tap = Some(Tap::new(move |exchange| sink.lock().unwrap().push(exchange)));
    let client = Client::connect(options).await.unwrap();
    let mut asked = 0;
    cluster.script(move |seen, _| {
        if seen.header.api_key != 3 {
            return None;
        }
        asked += 1;
        let response = MetadataResponse::default().with_throttle_time_ms(250);
        Some(if asked == 1 { respond(seen, response.into()) } else { Reply::Close })
    });
    client.metadata_bytes(Route::Any, Topics::All).await.unwrap();
    client.metadata_bytes(Route::Any, Topics::All).await.unwrap_err();
    let seen = seen.lock().unwrap();
    let [.., answered, failed] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((answered.name, answered.throttle), ("Metadata", Some(Duration::from_millis(250))));
    assert!(answered.sent_bytes > 10 && answered.received_bytes > 10 && answered.failure.is_none());
    assert_eq!((failed.name, failed.received_bytes), ("Metadata", 0));
    assert!(failed.failure.is_some());
}

/// A controller with a log that begins at 50 and is led in epoch 4.
fn controller(seen: &Seen<'_>) -> Option<Reply> {
    if seen.header.api_key != 1 {
        return None;
    }
    let version = seen.header.api_version;
    let request = FetchRequest::decode(version, seen.body).unwrap();
    assert!(request.replica.is_none());
    let wanted = request.topics[0].partitions[0];
    let epoch = wanted.current_leader_epoch.unwrap();
    let mut partition = FetchPartitionResponse {
        high_watermark: Some(Offset(61)),
        log_start_offset: Some(Offset(50)),
        current_leader: CurrentLeader { leader: Some(NodeId(3)), epoch: Some(LeaderEpoch(4)) },
        ..FetchPartitionResponse::default()
    };
    let mut endpoints = Vec::new();
    if epoch < LeaderEpoch(4) {
        partition.error = ErrorCode::FENCED_LEADER_EPOCH;
        let host = StrBytes::from_static_str("c3");
        endpoints.push(NodeEndpoint { node: NodeId(3), host, port: 9093, rack: None });
    } else if wanted.fetch_offset < Offset(50) {
        partition.snapshot_id = Some(SnapshotId { end_offset: Offset(50), epoch: LeaderEpoch(2) });
    } else {
        let mut builder = BatchBuilder::new(Offset(60)).leader_epoch(LeaderEpoch(4));
        builder.push(7, None, Some(b"x"), &[]);
        partition.records = Some(builder.build());
    }
    let topics =
        vec![FetchTopicResponse { topic: TopicRef::Id(TopicId::METADATA), partitions: vec![partition] }];
    let response = FetchResponse { topics, node_endpoints: endpoints, ..FetchResponse::default() };
    Some(Reply::Raw(response.encode(seen.header.correlation_id, version).unwrap().concat()))
}

#[tokio::test]
async fn the_metadata_log_is_read_as_one_who_is_no_replica() {
    let cluster = FakeCluster::start(1);
    cluster.script(|seen, _| controller(seen));
    let client = connect(&cluster).await;
    let address: Address = cluster.bootstrap()[0].parse().unwrap();
    let wanted = |epoch, from| MetadataLogWanted {
        epoch: LeaderEpoch(epoch),
        from: Offset(from),
        last_epoch: LeaderEpoch(0),
        high_watermark: None,
        max_wait: Duration::ZERO,
        max_bytes: 1000,
    };
    let answer = client.read_metadata_log(&address, &wanted(1, 0)).await.unwrap();
    let MetadataLogAnswer::Moved { leader, epoch, address: at, .. } = answer else { panic!("{answer:?}") };
    assert_eq!((leader, epoch), (Some(NodeId(3)), Some(LeaderEpoch(4))));
    assert_eq!(at.unwrap().to_string(), "c3:9093");
    let answer = client.read_metadata_log(&address, &wanted(4, 0)).await.unwrap();
    let MetadataLogAnswer::Snapshot { id, log_start } = answer else { panic!("{answer:?}") };
    assert_eq!((id.end_offset, log_start), (Offset(50), Offset(50)));
    let answer = client.read_metadata_log(&address, &wanted(4, 60)).await.unwrap();
    let MetadataLogAnswer::Part { batches, high_watermark, .. } = answer else { panic!("{answer:?}") };
    assert!(!batches.is_empty());
    assert_eq!(high_watermark, Some(Offset(61)));
}

#[tokio::test]
async fn a_snapshot_of_the_metadata_is_read_in_parts() {
    let cluster = FakeCluster::start(1);
    serve(&cluster, &[59]);
    cluster.script(|seen, _| {
        if seen.header.api_key != 59 {
            return None;
        }
        let request = message::decode_request(59, seen.header.api_version, seen.body.clone()).unwrap();
        let RequestKind::FetchSnapshot(request) = request else { unreachable!() };
        let asked = &request.topics[0].partitions[0];
        assert_eq!((request.replica_id, asked.snapshot_id.end_offset), (BrokerId(-1), 50));
        let all = b"0123456789";
        let from = usize::try_from(asked.position).unwrap();
        let part = all[from..(from + 4).min(all.len())].to_vec();
        let partition = fetch_snapshot_response::PartitionSnapshot::default()
            .with_size(10)
            .with_position(asked.position)
            .with_unaligned_records(part.into());
        let topic = fetch_snapshot_response::TopicSnapshot::default().with_partitions(vec![partition]);
        Some(respond(seen, FetchSnapshotResponse::default().with_topics(vec![topic]).into()))
    });
    let client = connect(&cluster).await;
    let address: Address = cluster.bootstrap()[0].parse().unwrap();
    let id = SnapshotId { end_offset: Offset(50), epoch: LeaderEpoch(2) };
    let mut read = Vec::new();
    loop {
        let position = i64::try_from(read.len()).unwrap();
        let part = client.read_metadata_snapshot(&address, id, LeaderEpoch(4), position, 4).await.unwrap();
        read.extend_from_slice(&part.bytes);
        if i64::try_from(read.len()).unwrap() >= part.size {
            break;
        }
    }
    assert_eq!(read, b"0123456789");
}

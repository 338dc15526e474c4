//! The first contact: whoever answers first, in a version both speak.

use std::time::{Duration, Instant};

use kr_client::{Client, Error, Fault};
use kr_wire::ids::NodeId;

use super::fake::{FakeCluster, Reply};
use super::{connect, options};

/// A port nobody listens on.
fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn first_broker_that_answers_is_taken() {
    let cluster = FakeCluster::start(2);
    cluster.script(|seen, _| (seen.node == 1).then_some(Reply::Silence));
    let began = Instant::now();
    let client = connect(&cluster).await;
    assert!(began.elapsed() < Duration::from_millis(800), "{:?}", began.elapsed());
    assert_eq!(client.view().brokers().map(|broker| broker.id).collect::<Vec<_>>(), [NodeId(1), NodeId(2)]);
}

#[tokio::test]
async fn unreachable_brokers_are_named_at_once() {
    let cluster = FakeCluster::start(1);
    let mut options = options(&cluster);
    let address = format!("127.0.0.1:{}", closed_port());
    options.set_bootstrap(&[&address]).unwrap();
    let began = Instant::now();
    let error = Client::connect(options).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Unreachable);
    assert_eq!(error.to_string(), format!("cannot reach a broker at {address}"));
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn api_versions_and_metadata_leave_together() {
    let cluster = FakeCluster::start(1);
    connect(&cluster).await;
    assert_eq!(cluster.requests(), [(1, 18, 4), (1, 3, 7)]);
}

/// Kafka before 2.4 does not know ApiVersions 3, and says so in version 0.
#[tokio::test]
async fn older_brokers_are_asked_in_their_version() {
    let cluster = FakeCluster::start(1);
    for (key, max) in [(18, 2), (3, 7), (19, 3), (2, 4)] {
        cluster.world().apis.insert(key, (0, max));
    }
    let client = connect(&cluster).await;
    client.list_topics().await.unwrap();
    assert_eq!(
        cluster.requests(),
        [(1, 18, 4), (1, 3, 7), (1, 18, 3), (1, 18, 0), (1, 3, 7)],
        "4 and 3 are refused, 0 is answered"
    );
}

#[tokio::test]
async fn an_api_without_a_common_version_is_named() {
    let cluster = FakeCluster::start(1);
    cluster.world().apis.remove(&55);
    let error = connect(&cluster).await.describe_quorum().await.unwrap_err();
    assert!(matches!(error, Error::Unsupported { api: "DescribeQuorum", .. }), "{error}");
}

#[tokio::test]
async fn a_broker_that_went_away_is_replaced_by_another() {
    let cluster = FakeCluster::start(2);
    let client = connect(&cluster).await;
    cluster.world().add_topic("t", 1);
    // Whoever was asked first closes from now on.
    let first = cluster.requests().last().unwrap().0;
    cluster.script(move |seen, _| (seen.node == first).then_some(Reply::Close));
    let topics = client.list_topics().await.unwrap();
    assert_eq!(topics.len(), 1);
}

//! Administration: who is asked, what is asked again, what becomes of each item.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::{ConfigTarget, NewTopic, TopicPartition};
use kr_client::safety::{Guard, Operation};
use kr_client::{Client, Error, ErrorCode, Options};
use kr_wire::ids::PartitionId;
use kr_wire::message::{self, ResponseKind};
use kr_wire::messages::*;

use super::fake::{FakeCluster, Reply, Seen};
use super::{connect, options};

fn respond(seen: &Seen<'_>, response: ResponseKind) -> Reply {
    let header = seen.header;
    let frame =
        message::encode_response(header.correlation_id, header.api_key, header.api_version, &response);
    Reply::Raw(frame.unwrap().concat())
}

fn topics(names: &[&str]) -> Vec<NewTopic> {
    names.iter().map(|name| NewTopic { name: (*name).to_owned(), ..NewTopic::default() }).collect()
}

/// An answer to CreateTopics with the same code for all topics.
fn refuse_creation(seen: &Seen<'_>, code: ErrorCode) -> Reply {
    let request = message::decode_request(19, seen.header.api_version, seen.body.clone()).unwrap();
    let message::RequestKind::CreateTopics(request) = request else { unreachable!() };
    let result = |topic: &create_topics_request::CreatableTopic| {
        create_topics_response::CreatableTopicResult::default()
            .with_name(topic.name.clone())
            .with_error_code(code.0)
    };
    let results = request.topics.iter().map(result).collect();
    respond(seen, CreateTopicsResponse::default().with_topics(results).into())
}

#[tokio::test]
async fn each_topic_has_its_own_outcome() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("old", 1);
    let client = connect(&cluster).await;
    let results = client.create_topics(&topics(&["new", "old"]), false).await.unwrap();
    assert!(results[0].1.is_ok());
    assert_eq!(results[1].1.as_ref().unwrap_err().code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS));
    assert_eq!(results.iter().map(|result| result.0.as_str()).collect::<Vec<_>>(), ["new", "old"]);
    assert!(cluster.world().topics.contains_key("new"));
}

#[tokio::test]
async fn validation_creates_nothing() {
    let cluster = FakeCluster::start(1);
    let client = connect(&cluster).await;
    let results = client.create_topics(&topics(&["new"]), true).await.unwrap();
    assert_eq!(results[0].1.as_ref().unwrap().partitions, Some(1));
    assert!(cluster.world().topics.is_empty());
}

#[tokio::test]
async fn not_controller_leads_to_fresh_metadata_and_another_try() {
    let cluster = FakeCluster::start(2);
    // One address: of several, those that answer late are asked for metadata too.
    let mut options = options(&cluster);
    options.set_bootstrap(&cluster.bootstrap()[..1]).unwrap();
    let client = Client::connect(options).await.unwrap();
    let mut refusals = 2;
    cluster.script(move |seen, _| {
        let refuses = seen.header.api_key == 19 && refusals > 0;
        refusals -= i32::from(refuses);
        refuses.then(|| refuse_creation(seen, ErrorCode::NOT_CONTROLLER))
    });
    let before = cluster.count(3);
    let results = client.create_topics(&topics(&["t"]), false).await.unwrap();
    assert!(results[0].1.is_ok());
    assert_eq!(cluster.count(3) - before, 2);
}

#[tokio::test]
async fn a_refusal_that_stays_is_not_tried_again() {
    let cluster = FakeCluster::start(1);
    let client = connect(&cluster).await;
    cluster.script(|seen, _| {
        (seen.header.api_key == 19).then(|| refuse_creation(seen, ErrorCode::INVALID_TOPIC_EXCEPTION))
    });
    let results = client.create_topics(&topics(&["!"]), false).await.unwrap();
    assert_eq!(results[0].1.as_ref().unwrap_err().code(), Some(ErrorCode::INVALID_TOPIC_EXCEPTION));
    assert_eq!(cluster.count(19), 1);
}

#[tokio::test]
async fn retries_end_at_the_deadline_and_name_the_last_failure() {
    let cluster = FakeCluster::start(1);
    let mut options = options(&cluster);
    options.timeout = Duration::from_secs(1);
    let client = Client::connect(options).await.unwrap();
    cluster.script(|seen, _| {
        (seen.header.api_key == 19).then(|| refuse_creation(seen, ErrorCode::REQUEST_TIMED_OUT))
    });
    let error = client.create_topics(&topics(&["t"]), false).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert_eq!(error.code(), Some(ErrorCode::REQUEST_TIMED_OUT));
    assert!(cluster.count(19) > 1);
}

#[tokio::test]
async fn an_unknown_topic_is_said_to_be_unknown() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("t", 2);
    let client = connect(&cluster).await;
    let described = client.describe_topics(&["t", "u"]).await.unwrap();
    assert_eq!(described[0].1.as_ref().unwrap().partitions.len(), 2);
    assert_eq!(
        described[1].1.as_ref().unwrap_err().to_string(),
        "cannot describe topic \"u\": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)"
    );
}

#[tokio::test]
async fn configs_tell_where_they_come_from() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("t", 1);
    let configs = [("retention.ms".to_owned(), "5".to_owned())];
    cluster.world().topics.get_mut("t").unwrap().configs = configs.into();
    let client = connect(&cluster).await;
    let configs = client.describe_configs(&ConfigTarget::Topic("t".to_owned())).await.unwrap();
    assert_eq!(configs[0].source.name(), "topic");
}

#[tokio::test]
async fn a_moved_coordinator_is_looked_up_anew() {
    let cluster = FakeCluster::start(1);
    cluster.world().groups.entry("g".to_owned()).or_default().committed.insert(("t".to_owned(), 1), 42);
    let client = connect(&cluster).await;
    let mut refusals = 1;
    cluster.script(move |seen, _| {
        let refuses = seen.header.api_key == 9 && refusals > 0;
        refusals -= i32::from(refuses);
        let group = offset_fetch_response::OffsetFetchResponseGroup::default()
            .with_group_id(GroupId(message::StrBytes::from_static_str("g")))
            .with_error_code(ErrorCode::NOT_COORDINATOR.0);
        refuses.then(|| respond(seen, OffsetFetchResponse::default().with_groups(vec![group]).into()))
    });
    let offsets = client.committed_offsets("g").await.unwrap();
    assert_eq!(offsets[&TopicPartition::new("t", PartitionId(1))].offset.0, 42);
    assert_eq!(cluster.count(10), 2);
}

#[tokio::test]
async fn many_groups_are_asked_for_in_one_request_to_their_coordinator() {
    let cluster = FakeCluster::start(1);
    let ids: Vec<String> = (0..300).map(|index| format!("g{index}")).collect();
    for (offset, id) in (0..).zip(&ids) {
        let mut world = cluster.world();
        world.groups.entry(id.clone()).or_default().committed.insert(("t".to_owned(), 0), offset);
    }
    let client = connect(&cluster).await;
    let offsets = client.committed_offsets_of(&ids).await;
    assert_eq!(offsets.len(), ids.len());
    let place = TopicPartition::new("t", PartitionId(0));
    assert_eq!(offsets["g299"].as_ref().unwrap()[&place].offset.0, 299);
    assert_eq!((cluster.count(10), cluster.count(9)), (1, 1));
}

#[tokio::test]
async fn only_groups_whose_coordinator_moved_are_asked_for_again() {
    let cluster = FakeCluster::start(1);
    for id in ["here", "moved"] {
        cluster.world().groups.entry(id.to_owned()).or_default().committed.insert(("t".to_owned(), 0), 7);
    }
    let client = connect(&cluster).await;
    let mut asked = 0;
    cluster.script(move |seen, _| {
        if seen.header.api_key != 9 {
            return None;
        }
        asked += 1;
        let request = message::decode_request(9, seen.header.api_version, seen.body.clone()).unwrap();
        let message::RequestKind::OffsetFetch(request) = request else { unreachable!() };
        let ids: Vec<&str> = request.groups.iter().map(|group| group.group_id.as_str()).collect();
        if asked > 1 {
            assert_eq!(ids, ["moved"]);
            return None;
        }
        let group = |id: &&str| {
            let code = if *id == "moved" { ErrorCode::NOT_COORDINATOR.0 } else { 0 };
            offset_fetch_response::OffsetFetchResponseGroup::default()
                .with_group_id(GroupId(message::StrBytes::from_string((*id).to_owned())))
                .with_error_code(code)
        };
        let groups = ids.iter().map(group).collect();
        Some(respond(seen, OffsetFetchResponse::default().with_groups(groups).into()))
    });
    let offsets = client.committed_offsets_of(&["here".to_owned(), "moved".to_owned()]).await;
    assert!(offsets["here"].as_ref().unwrap().is_empty());
    assert_eq!(offsets["moved"].as_ref().unwrap().len(), 1);
    assert_eq!((cluster.count(9), cluster.count(10)), (2, 2));
}

#[tokio::test]
async fn offsets_are_set_partition_by_partition_once_the_coordinator_is_there() {
    let cluster = FakeCluster::start(1);
    cluster.world().refuse_offset.insert(("t".to_owned(), 1), ErrorCode::OFFSET_METADATA_TOO_LARGE.0);
    let client = connect(&cluster).await;
    let place = |index| TopicPartition::new("t", PartitionId(index));
    let new = |offset| kr_client::admin::NewOffset::of(kr_wire::ids::Offset(offset));
    let wanted = [(place(0), new(4)), (place(1), new(5))].into();
    let results = client.set_group_offsets("g", &wanted).await.unwrap();
    assert!(results[0].1.is_ok());
    assert_eq!(results[1].1.as_ref().unwrap_err().code(), Some(ErrorCode::OFFSET_METADATA_TOO_LARGE));
    assert_eq!(cluster.world().groups["g"].committed[&("t".to_owned(), 0)], 4);
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_not_found() {
    let cluster = FakeCluster::start(1);
    let error = connect(&cluster).await.describe_group("nobody").await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::GROUP_ID_NOT_FOUND));
}

#[tokio::test]
async fn a_change_that_nobody_agreed_to_does_not_leave_the_client() {
    let cluster = FakeCluster::start(1);
    let guard = Arc::new(Guard::strict(false));
    let client = Client::connect(Options { guard: Arc::clone(&guard), ..options(&cluster) }).await.unwrap();
    let refused = client.create_topics(&topics(&["t"]), false).await;
    assert!(refused.is_err() || refused.unwrap().iter().all(|(_, result)| result.is_err()));
    // Trying it is no change.
    client.create_topics(&topics(&["t"]), true).await.unwrap();
    assert_eq!(cluster.writes(), []);
    guard.consent(Operation::TOPIC_CREATE);
    client.create_topics(&topics(&["t"]), false).await.unwrap();
    assert_eq!(cluster.writes(), [Operation::TOPIC_CREATE]);
}

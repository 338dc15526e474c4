//! Groups of Kafka Streams (KIP-1071) against a coordinator that has one, and requests that are newer than the
//! codec.

use kr_wire::newer::{
    DescribedStreamsGroup, STREAMS_GROUP_DESCRIBE, StreamsAssignment, StreamsGroupDescribeRequest,
    StreamsGroupDescribeResponse, StreamsMember, StreamsSubtopology, StreamsTaskIds, StreamsTopicInfo,
    StreamsTopology, UNREGISTER_CONTROLLER, UnregisterControllerRequest, UnregisterControllerResponse,
};
use serde_json::Value;

use super::fake::{FakeCluster, Reply, Seen};
use super::kr_on;

/// Lays a response out whose header is that of flexible versions.
fn flexible(seen: &Seen<'_>, body: &[u8]) -> Reply {
    let mut frame = seen.header.correlation_id.to_be_bytes().to_vec();
    frame.push(0);
    frame.extend(body);
    let length = i32::try_from(frame.len()).unwrap();
    Reply::Raw([&length.to_be_bytes()[..], &frame].concat())
}

fn group(members: Vec<StreamsMember>) -> DescribedStreamsGroup {
    let topic = |name: &str| StreamsTopicInfo { name: name.to_owned(), ..Default::default() };
    let part = StreamsSubtopology {
        subtopology_id: "0".to_owned(),
        source_topics: vec!["words".to_owned()],
        state_changelog_topics: vec![topic("app-counts-changelog")],
        ..Default::default()
    };
    DescribedStreamsGroup {
        group_id: "app".to_owned(),
        group_state: if members.is_empty() { "Empty" } else { "Stable" }.to_owned(),
        group_epoch: 5,
        assignment_epoch: 5,
        topology: Some(StreamsTopology { epoch: 1, subtopologies: Some(vec![part]) }),
        members,
        ..Default::default()
    }
}

fn member() -> StreamsMember {
    let tasks = StreamsTaskIds { subtopology_id: "0".to_owned(), partitions: vec![0, 1] };
    StreamsMember {
        member_id: "m1".to_owned(),
        client_id: "app-thread-1".to_owned(),
        client_host: "/10.0.0.1".to_owned(),
        process_id: "p1".to_owned(),
        assignment: StreamsAssignment { active_tasks: vec![tasks], ..Default::default() },
        ..Default::default()
    }
}

/// A cluster whose only group is "app".
fn cluster(members: Vec<StreamsMember>) -> FakeCluster {
    let cluster = FakeCluster::start(1);
    {
        let mut world = cluster.world();
        world.apis.insert(STREAMS_GROUP_DESCRIBE, (0, 0));
        world.add_topic("words", 2);
        world.add_topic("app-counts-changelog", 2);
        world.add_topic("app-orders", 1);
    }
    cluster.script(move |seen, _| {
        if seen.header.api_key != STREAMS_GROUP_DESCRIBE {
            return None;
        }
        let request = StreamsGroupDescribeRequest::decode(0, seen.body).unwrap();
        let answer = |id: &String| match id.as_str() {
            "app" => group(members.clone()),
            _ => DescribedStreamsGroup { group_id: id.clone(), error_code: 69, ..Default::default() },
        };
        let groups = request.group_ids.iter().map(answer).collect();
        Some(flexible(seen, &StreamsGroupDescribeResponse { throttle_time_ms: 0, groups }.encode(0)))
    });
    cluster
}

#[test]
fn a_streams_group_is_described_with_its_tasks_and_what_they_read() {
    let cluster = cluster(vec![member()]);
    let ran = kr_on(&cluster, &["group", "describe", "app", "-o", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let group = serde_json::from_str::<Value>(&ran.stdout).unwrap()["items"][0].clone();
    assert_eq!((&group["type"], &group["epoch"]), (&"Streams".into(), &5.into()));
    let member = &group["members"][0];
    assert_eq!(member["partitions"], serde_json::json!(["words-0", "words-1"]));
    assert_eq!(member["tasks"]["current"]["active"], serde_json::json!(["0_0", "0_1"]));
    let page = kr_on(&cluster, &["group", "describe", "app", "--section", "assignment"]).stdout;
    assert!(page.contains("0_0,0_1"), "{page}");
    let page = kr_on(&cluster, &["group", "topology", "app"]).stdout;
    assert!(page.contains("app-counts-changelog"), "{page}");
}

#[test]
fn a_group_that_nobody_knows_is_looked_for_among_streams_groups_too() {
    let cluster = cluster(Vec::new());
    let ran = kr_on(&cluster, &["group", "describe", "nobody"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(cluster.count(STREAMS_GROUP_DESCRIBE), 1);
}

#[test]
fn internal_topics_are_deleted_only_of_a_group_without_members() {
    let active = cluster(vec![member()]);
    let ran = kr_on(&active, &["group", "internal-topics", "delete", "app", "--yes"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(active.world().topics.contains_key("app-counts-changelog"));

    let empty = cluster(Vec::new());
    let ran = kr_on(&empty, &["group", "internal-topics", "delete", "app", "-t", "app-orders", "--yes"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let ran = kr_on(&empty, &["group", "internal-topics", "delete", "app", "--dry-run", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "app-counts-changelog\n"));
    assert_eq!(empty.count(20), 0, "a dry run deletes nothing");
    let ran = kr_on(&empty, &["group", "internal-topics", "delete", "app", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let left: Vec<String> = empty.world().topics.keys().cloned().collect();
    assert_eq!(left, ["app-orders", "words"]);
}

#[test]
fn a_controller_is_unregistered_only_with_consent_and_where_the_cluster_can() {
    let cluster = FakeCluster::start(1);
    let ran = kr_on(&cluster, &["controller", "unregister", "3003", "--yes"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not serve UnregisterController"), "{}", ran.stderr);
    assert!(ran.stderr.contains("Kafka 4.4"), "{}", ran.stderr);

    cluster.world().apis.insert(UNREGISTER_CONTROLLER, (0, 0));
    cluster.script(|seen, _| {
        (seen.header.api_key == UNREGISTER_CONTROLLER).then(|| {
            let request = UnregisterControllerRequest::decode(0, seen.body).unwrap();
            assert_eq!(request.controller_id, 3003);
            flexible(seen, &UnregisterControllerResponse::default().encode(0))
        })
    });
    let ran = kr_on(&cluster, &["controller", "unregister", "3003", "--dry-run"]);
    assert_eq!((ran.code, cluster.count(UNREGISTER_CONTROLLER)), (0, 0), "{}", ran.stderr);
    let ran = kr_on(&cluster, &["controller", "unregister", "3003"]);
    assert_eq!((ran.code, cluster.count(UNREGISTER_CONTROLLER)), (6, 0), "{}", ran.stderr);
    let ran = kr_on(&cluster, &["controller", "unregister", "3003", "--yes", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "3003\n"), "{}", ran.stderr);
    let ran = kr_on(&cluster, &["controller", "unregister", "1", "--yes"]);
    assert_eq!(ran.code, 6, "a member of the quorum is refused: {}", ran.stderr);
}

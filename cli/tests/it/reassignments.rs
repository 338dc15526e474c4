//! `kr reassign run` and `cancel`: what they make of what the brokers show and answer.

use kr_wire::error_code::ErrorCode;
use kr_wire::message::RequestKind;
use kr_wire::messages::*;

use super::acls::{cluster_with, request, respond};
use super::kr_on;

/// Runs a plan that takes partition t-0 off broker 7, on brokers that show it only after so many looks.
fn run_with_brokers_that_lag(looks: usize) -> super::Ran {
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("plan.json");
    std::fs::write(&plan, r#"{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1]}]}"#)
        .unwrap();
    let cluster = cluster_with(&[45, 46]);
    cluster.world().add_topic("t", 1);
    cluster.world().partition("t", 0).replicas = vec![1, 7];
    let mut left = None;
    cluster.script(move |seen, world| match seen.header.api_key {
        45 => {
            use alter_partition_reassignments_response::{
                ReassignablePartitionResponse, ReassignableTopicResponse,
            };
            let RequestKind::AlterPartitionReassignments(request) = request(seen) else { unreachable!() };
            left = Some(looks);
            let topic = ReassignableTopicResponse::default()
                .with_name(request.topics[0].name.clone())
                .with_partitions(vec![ReassignablePartitionResponse::default().with_error_message(None)]);
            let done = AlterPartitionReassignmentsResponse::default()
                .with_error_message(None)
                .with_responses(vec![topic]);
            Some(respond(seen, done.into()))
        }
        46 => {
            let none = ListPartitionReassignmentsResponse::default()
                .with_error_code(ErrorCode::NONE.0)
                .with_error_message(None);
            Some(respond(seen, none.into()))
        }
        3 => {
            match &mut left {
                Some(0) => world.partition("t", 0).replicas = vec![1],
                Some(more) => *more -= 1,
                None => {}
            }
            None
        }
        _ => None,
    });
    kr_on(&cluster, &["reassign", "run", plan.to_str().unwrap(), "--yes", "--interval", "10ms", "-o", "json"])
}

#[test]
fn a_reassignment_is_done_although_brokers_show_it_late() {
    let ran = run_with_brokers_that_lag(5);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("\"outcome\": \"done\""), "{}", ran.stdout);
}

#[test]
fn a_reassignment_that_somebody_stopped_is_no_success() {
    let ran = run_with_brokers_that_lag(usize::MAX);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("NOT_REASSIGNED"), "{}", ran.stdout);
}

/// Partitions 0 and 1 of a topic are listed as on their way; the second one arrives before it can be cancelled.
#[test]
fn a_reassignment_that_ended_before_it_was_cancelled_is_no_failure() {
    let cluster = cluster_with(&[45, 46]);
    cluster.world().add_topic("t", 2);
    cluster.script(move |seen, _| match request(seen) {
        RequestKind::ListPartitionReassignments(_) => {
            use list_partition_reassignments_response::{
                OngoingPartitionReassignment, OngoingTopicReassignment,
            };
            let moving = |index| {
                OngoingPartitionReassignment::default()
                    .with_partition_index(index)
                    .with_replicas(vec![BrokerId(1), BrokerId(7)])
                    .with_adding_replicas(vec![BrokerId(7)])
            };
            let topic = OngoingTopicReassignment::default()
                .with_name(TopicName("t".into()))
                .with_partitions(vec![moving(0), moving(1)]);
            let listed = ListPartitionReassignmentsResponse::default()
                .with_error_message(None)
                .with_topics(vec![topic]);
            Some(respond(seen, listed.into()))
        }
        RequestKind::AlterPartitionReassignments(_) => {
            use alter_partition_reassignments_response::{
                ReassignablePartitionResponse, ReassignableTopicResponse,
            };
            let answer = |index, code: ErrorCode| {
                ReassignablePartitionResponse::default()
                    .with_partition_index(index)
                    .with_error_code(code.0)
                    .with_error_message(None)
            };
            let topic =
                ReassignableTopicResponse::default().with_name(TopicName("t".into())).with_partitions(vec![
                    answer(0, ErrorCode::NONE),
                    answer(1, ErrorCode::NO_REASSIGNMENT_IN_PROGRESS),
                ]);
            let done = AlterPartitionReassignmentsResponse::default()
                .with_error_message(None)
                .with_responses(vec![topic]);
            Some(respond(seen, done.into()))
        }
        _ => None,
    });
    let ran = kr_on(&cluster, &["reassign", "cancel", "--all", "--yes", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "t-0\n"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("t-1: the reassignment ended before it could be cancelled"),
        "{}",
        ran.stderr
    );
}

//! `kr reassign run`: what it makes of what the brokers show.

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

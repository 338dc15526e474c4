//! ElectLeaders and the elections the controller holds by itself.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::messages::elect_leaders_request::TopicPartitions;
use kr_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};
use kr_wire::messages::{ElectLeadersRequest, IncrementalAlterConfigsRequest};

use super::{Bench, name, nodes, s};

fn elect(bench: &mut Bench, kind: i8, partitions: &[i32]) -> Vec<ErrorCode> {
    let topic = TopicPartitions::default().with_topic(name("t")).with_partitions(partitions.to_vec());
    let request =
        ElectLeadersRequest::default().with_election_type(kind).with_topic_partitions(Some(vec![topic]));
    let answer = bench.ask(2, |c, call| c.elect_leaders(&request, call));
    answer.replica_election_results[0].partition_result.iter().map(|r| ErrorCode(r.error_code)).collect()
}

/// `t-0` on three brokers; 1 went and came back, so that 2 leads.
fn moved() -> Bench {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3], &[2, 3, 1]]);
    bench.lose(1);
    let alive = bench.alive(1);
    bench.beat(&alive);
    assert_eq!(bench.partition("t", 0).leader, Some(NodeId(2)));
    bench
}

fn join_isr(bench: &mut Bench, isr: &[i32]) {
    use kr_wire::messages::alter_partition_request::{BrokerState, PartitionData, TopicData};
    use kr_wire::messages::{AlterPartitionRequest, BrokerId};
    let partition = bench.partition("t", 0);
    let leader = partition.leader.unwrap();
    let states = isr
        .iter()
        .map(|id| BrokerState::default().with_broker_id(BrokerId(*id)).with_broker_epoch(bench.epoch(*id).0));
    let data = PartitionData::default()
        .with_leader_epoch(partition.leader_epoch.0)
        .with_partition_epoch(partition.partition_epoch)
        .with_new_isr_with_epochs(states.collect());
    let id = bench.image().topic_by_name("t").unwrap().id.0;
    let request = AlterPartitionRequest::default()
        .with_broker_id(BrokerId(leader.0))
        .with_broker_epoch(bench.epoch(leader.0).0)
        .with_topics(vec![TopicData::default().with_topic_id(id).with_partitions(vec![data])]);
    bench.ask(3, |c, call| c.alter_partition(&request, call));
    assert_eq!(bench.partition("t", 0).isr.len(), isr.len());
}

#[test]
fn preferred_leader_is_elected_once_it_is_in_sync() {
    let mut bench = moved();
    assert_eq!(
        elect(&mut bench, 0, &[0, 1, 7]),
        [
            ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
            ErrorCode::ELECTION_NOT_NEEDED,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        ]
    );
    join_isr(&mut bench, &[2, 3, 1]);
    assert_eq!(elect(&mut bench, 0, &[0]), [ErrorCode::NONE]);
    assert_eq!(bench.partition("t", 0).leader, Some(NodeId(1)));
}

#[test]
fn election_for_all_lists_only_what_was_needed() {
    let mut bench = moved();
    join_isr(&mut bench, &[2, 3, 1]);
    let request = ElectLeadersRequest::default().with_topic_partitions(None);
    let answer = bench.ask(2, |c, call| c.elect_leaders(&request, call));
    assert_eq!(answer.replica_election_results.len(), 1);
    assert_eq!(answer.replica_election_results[0].partition_result.len(), 1);
    let again = bench.ask(2, |c, call| c.elect_leaders(&request, call));
    assert!(again.replica_election_results.iter().all(|t| t.partition_result.is_empty()));
}

#[test]
fn unclean_election_revives_a_partition_whatever_its_topic_says() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1, 2]]);
    bench.lose(2);
    bench.lose(1);
    assert_eq!(elect(&mut bench, 1, &[0]), [ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE]);
    let alive = bench.alive(2);
    bench.beat(&alive);
    assert_eq!(bench.partition("t", 0).leader, None, "2 may lack committed records");
    assert_eq!(elect(&mut bench, 1, &[0]), [ErrorCode::NONE]);
    let after = bench.partition("t", 0);
    assert_eq!((after.leader, &*after.isr, after.recovering), (Some(NodeId(2)), &*nodes(&[2]), true));
    assert_eq!(elect(&mut bench, 1, &[0]), [ErrorCode::ELECTION_NOT_NEEDED]);
}

#[test]
fn unknown_election_type_is_refused() {
    let mut bench = moved();
    let request = ElectLeadersRequest::default().with_election_type(9);
    let answer = bench.ask(2, |c, call| c.elect_leaders(&request, call));
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::INVALID_REQUEST);
}

#[test]
fn leadership_goes_back_by_itself_after_the_check_interval() {
    let mut bench = moved();
    join_isr(&mut bench, &[2, 3, 1]);
    bench.advance(Duration::from_secs(301));
    for broker in [1, 2, 3] {
        let alive = bench.alive(broker);
        bench.beat(&alive);
    }
    bench.tick();
    assert_eq!(bench.partition("t", 0).leader, Some(NodeId(1)));
}

#[test]
fn topic_that_allows_it_gets_an_unclean_leader_by_itself() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1, 2]]);
    let allow =
        AlterableConfig::default().with_name(s("unclean.leader.election.enable")).with_value(Some(s("true")));
    let resource = AlterConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(s("t"))
        .with_configs(vec![allow]);
    bench.lose(2);
    bench.lose(1);
    let request = IncrementalAlterConfigsRequest::default().with_resources(vec![resource]);
    let alive = bench.alive(2);
    bench.beat(&alive);
    bench.ask(1, |c, call| c.incremental_alter_configs(&request, call));
    assert_eq!(bench.partition("t", 0).leader, None);
    bench.advance(Duration::from_secs(301));
    let alive = bench.alive(2);
    bench.beat(&alive);
    bench.tick();
    assert_eq!(bench.partition("t", 0).leader, Some(NodeId(2)));
}

//! AlterPartition with its epochs, reassignments, directories.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::messages::alter_partition_reassignments_request::{ReassignablePartition, ReassignableTopic};
use kr_wire::messages::alter_partition_request::{BrokerState, PartitionData, TopicData};
use kr_wire::messages::alter_partition_response::PartitionData as Altered;
use kr_wire::messages::assign_replicas_to_dirs_request as assign;
use kr_wire::messages::{
    AlterPartitionReassignmentsRequest, AlterPartitionRequest, AssignReplicasToDirsRequest, BrokerId,
    ListPartitionReassignmentsRequest,
};

use super::{Bench, broker_ids, directory, name, nodes};

/// What the leader of `t-0` would ask for: the ISR with registered epochs, at the current epochs.
fn wanted(bench: &Bench, isr: &[i32]) -> PartitionData {
    let partition = bench.partition("t", 0);
    let state = |id: &i32| {
        let epoch = bench.image().broker(NodeId(*id)).map_or(-1, |b| b.epoch.0);
        BrokerState::default().with_broker_id(BrokerId(*id)).with_broker_epoch(epoch)
    };
    PartitionData::default()
        .with_leader_epoch(partition.leader_epoch.0)
        .with_partition_epoch(partition.partition_epoch)
        .with_new_isr_with_epochs(isr.iter().map(state).collect())
}

fn alter(bench: &mut Bench, sender: i32, data: PartitionData) -> Altered {
    let id = bench.image().topic_by_name("t").unwrap().id;
    let request = AlterPartitionRequest::default()
        .with_broker_id(BrokerId(sender))
        .with_broker_epoch(bench.epoch(sender).0)
        .with_topics(vec![TopicData::default().with_topic_id(id.0).with_partitions(vec![data])]);
    let answer = bench.ask(3, |c, call| c.alter_partition(&request, call));
    assert_eq!(answer.error_code, 0);
    answer.topics[0].partitions[0].clone()
}

fn code(bench: &mut Bench, sender: i32, data: PartitionData) -> ErrorCode {
    ErrorCode(alter(bench, sender, data).error_code)
}

/// Three brokers and `t-0` on all of them, led by 1.
fn three() -> Bench {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3]]);
    bench
}

#[test]
fn leader_shrinks_and_grows_the_isr() {
    let mut bench = three();
    let shrink = wanted(&bench, &[1, 2]);
    let answer = alter(&mut bench, 1, shrink);
    assert_eq!((answer.error_code, answer.leader_id.0, answer.partition_epoch), (0, 1, 1));
    assert_eq!(answer.isr, broker_ids(&[1, 2]));
    let grow = wanted(&bench, &[1, 2, 3]);
    assert_eq!(alter(&mut bench, 1, grow).isr, broker_ids(&[1, 2, 3]));
    assert_eq!(bench.partition("t", 0).leader_epoch.0, 0);
}

#[test]
fn request_without_a_change_answers_with_what_is() {
    let mut bench = three();
    let (same, records) = (wanted(&bench, &[1, 2, 3]), bench.log.len());
    let answer = alter(&mut bench, 1, same);
    assert_eq!((answer.error_code, answer.partition_epoch, bench.log.len()), (0, 0, records));
}

#[test]
fn stale_and_future_epochs_are_refused() {
    let mut bench = three();
    let shrink = wanted(&bench, &[1, 2]);
    alter(&mut bench, 1, shrink.clone());
    assert_eq!(code(&mut bench, 1, shrink), ErrorCode::INVALID_UPDATE_VERSION);
    let ahead = wanted(&bench, &[1]).with_partition_epoch(9);
    assert_eq!(code(&mut bench, 1, ahead), ErrorCode::NOT_CONTROLLER);
    let ahead = wanted(&bench, &[1]).with_leader_epoch(9);
    assert_eq!(code(&mut bench, 1, ahead), ErrorCode::NOT_CONTROLLER);
    bench.lose(1);
    let deposed = wanted(&bench, &[1]).with_leader_epoch(0);
    assert_eq!(code(&mut bench, 1, deposed), ErrorCode::FENCED_LEADER_EPOCH);
}

#[cfg(feature = "mutants")]
#[test]
fn planted_bug_lets_a_deposed_leader_change_the_isr() {
    let mut bench = three();
    bench.controller.config.mutants.alter_partition_ignores_epochs = true;
    let stale = wanted(&bench, &[1, 2]);
    alter(&mut bench, 1, stale.clone());
    assert_eq!(code(&mut bench, 1, stale), ErrorCode::NONE);
}

#[test]
fn only_the_leader_is_believed() {
    let mut bench = three();
    let data = wanted(&bench, &[1, 2]);
    assert_eq!(code(&mut bench, 2, data), ErrorCode::INVALID_REQUEST);
}

#[test]
fn isr_must_be_a_set_of_replicas_with_the_leader() {
    let mut bench = three();
    bench.start(&[4]);
    for isr in [&[1, 4][..], &[1, 1], &[2, 3]] {
        let data = wanted(&bench, isr);
        assert_eq!(code(&mut bench, 1, data), ErrorCode::INVALID_REQUEST, "{isr:?}");
    }
}

#[test]
fn fenced_leaving_and_replaced_brokers_are_no_members() {
    let mut bench = three();
    bench.lose(3);
    let data = wanted(&bench, &[1, 2, 3]);
    assert_eq!(code(&mut bench, 1, data), ErrorCode::INELIGIBLE_REPLICA);

    let mut bench = three();
    let old = wanted(&bench, &[1, 2, 3]).new_isr_with_epochs;
    bench.lose(3);
    let restarted = bench.registration(3, 33);
    bench.register(&restarted);
    let alive = bench.alive(3);
    bench.beat(&alive);
    let data = wanted(&bench, &[]).with_new_isr_with_epochs(old);
    assert_eq!(code(&mut bench, 1, data), ErrorCode::INELIGIBLE_REPLICA);
    let mut data = wanted(&bench, &[1, 2, 3]);
    data.new_isr_with_epochs[2].broker_epoch = -1;
    assert_eq!(code(&mut bench, 1, data), ErrorCode::NONE, "an unknown epoch is not compared");
}

#[test]
fn recovered_leader_does_not_start_to_recover() {
    let mut bench = three();
    let data = wanted(&bench, &[1]).with_leader_recovery_state(1);
    assert_eq!(code(&mut bench, 1, data), ErrorCode::INVALID_REQUEST);
}

#[test]
fn stale_broker_epoch_refuses_the_whole_request() {
    let mut bench = three();
    let request =
        AlterPartitionRequest::default().with_broker_id(BrokerId(1)).with_broker_epoch(bench.epoch(1).0 + 1);
    let answer = bench.ask(3, |c, call| c.alter_partition(&request, call));
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::STALE_BROKER_EPOCH);
}

fn reassign(bench: &mut Bench, replicas: Option<&[i32]>, any_size: bool) -> ErrorCode {
    let partition = ReassignablePartition::default().with_replicas(replicas.map(broker_ids));
    let topic = ReassignableTopic::default().with_name(name("t")).with_partitions(vec![partition]);
    let request = AlterPartitionReassignmentsRequest::default()
        .with_allow_replication_factor_change(any_size)
        .with_topics(vec![topic]);
    let answer = bench.ask(1, |c, call| c.alter_partition_reassignments(&request, call));
    ErrorCode(answer.responses[0].partitions[0].error_code)
}

fn ongoing(bench: &mut Bench) -> usize {
    let request = ListPartitionReassignmentsRequest::default().with_topics(None);
    bench.ask(0, |c, call| c.list_partition_reassignments(&request, call)).topics.len()
}

#[test]
fn reassignment_runs_until_its_target_is_in_sync() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3, 4]);
    bench.topic("t", &[&[1, 2]]);
    assert_eq!(reassign(&mut bench, Some(&[3, 4]), true), ErrorCode::NONE);
    let during = bench.partition("t", 0);
    assert_eq!((&*during.replicas, &*during.adding), (&*nodes(&[3, 4, 1, 2]), &*nodes(&[3, 4])));
    assert_eq!((&*during.removing, &*during.isr), (&*nodes(&[1, 2]), &*nodes(&[1, 2])));
    assert_eq!(ongoing(&mut bench), 1);
    let grow = wanted(&bench, &[1, 2, 3]);
    assert_eq!(code(&mut bench, 1, grow), ErrorCode::NONE);
    let complete = wanted(&bench, &[1, 2, 3, 4]);
    let answer = alter(&mut bench, 1, complete);
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::NEW_LEADER_ELECTED);
    let after = bench.partition("t", 0);
    assert_eq!(
        (&*after.replicas, &*after.isr, after.leader),
        (&*nodes(&[3, 4]), &*nodes(&[3, 4]), Some(NodeId(3)))
    );
    assert_eq!((after.leader_epoch.0, ongoing(&mut bench)), (1, 0));
}

#[test]
fn reordering_replicas_completes_at_once() {
    let mut bench = three();
    assert_eq!(reassign(&mut bench, Some(&[3, 2, 1]), true), ErrorCode::NONE);
    let after = bench.partition("t", 0);
    assert_eq!(
        (&*after.replicas, after.leader, after.leader_epoch.0),
        (&*nodes(&[3, 2, 1]), Some(NodeId(1)), 0)
    );
    assert!(!after.is_reassigning());
}

#[test]
fn cancelled_reassignment_goes_back() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2]]);
    assert_eq!(reassign(&mut bench, None, true), ErrorCode::NO_REASSIGNMENT_IN_PROGRESS);
    reassign(&mut bench, Some(&[3]), true);
    assert_eq!(reassign(&mut bench, None, true), ErrorCode::NONE);
    let after = bench.partition("t", 0);
    assert_eq!((&*after.replicas, &*after.isr), (&*nodes(&[1, 2]), &*nodes(&[1, 2])));
    assert!(!after.is_reassigning());
}

#[test]
fn reassignment_may_have_to_keep_the_number_of_replicas() {
    let mut bench = three();
    assert_eq!(reassign(&mut bench, Some(&[1, 2]), false), ErrorCode::INVALID_REPLICATION_FACTOR);
    assert_eq!(reassign(&mut bench, Some(&[1, 2, 9]), true), ErrorCode::INVALID_REPLICA_ASSIGNMENT);
    assert_eq!(reassign(&mut bench, Some(&[1, 2]), true), ErrorCode::NONE);
    assert_eq!(bench.partition("t", 0).replicas, nodes(&[1, 2]).into());
}

#[test]
fn broker_assigns_its_replicas_to_directories() {
    let mut bench = three();
    let topic = bench.image().topic_by_name("t").unwrap().id.0;
    let mut assign_one = |sender: i32, index: i32, dir| {
        let partition = assign::PartitionData::default().with_partition_index(index);
        let data = assign::TopicData::default().with_topic_id(topic).with_partitions(vec![partition]);
        let dirs = vec![assign::DirectoryData::default().with_id(dir).with_topics(vec![data])];
        let request = AssignReplicasToDirsRequest::default()
            .with_broker_id(BrokerId(sender))
            .with_broker_epoch(bench.epoch(sender).0)
            .with_directories(dirs);
        let answer = bench.ask(0, |c, call| c.assign_replicas_to_dirs(&request, call));
        let result = ErrorCode(answer.directories[0].topics[0].partitions[0].error_code);
        (result, bench.image().partition_by_name("t", PartitionId(0)).cloned().unwrap())
    };
    let records = assign_one(2, 0, directory(2).0);
    assert_eq!((records.0, records.1.partition_epoch), (ErrorCode::NONE, 0), "it was there already");
    assert_eq!(assign_one(2, 5, directory(2).0).0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let (code, after) = assign_one(1, 0, kr_wire::ids::Uuid::from_u128(0xbad));
    assert_eq!(code, ErrorCode::NONE);
    assert_eq!((after.leader, &*after.isr), (Some(NodeId(2)), &*nodes(&[2, 3])), "the directory is offline");
}

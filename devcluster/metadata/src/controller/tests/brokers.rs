//! Registration, heartbeats, fencing, controlled shutdown.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, Uuid};
use kr_wire::messages::{BrokerId, ControllerRegistrationRequest, UnregisterBrokerRequest};
use kr_wire::metadata_records::MetadataRecord;

use super::{Bench, SESSION, directory, nodes, s};

#[test]
fn broker_registers_fenced_and_is_unfenced_once_it_has_seen_its_registration() {
    let mut bench = Bench::new();
    let expected = bench.next_offset;
    let request = bench.registration(1, 1);
    assert_eq!(bench.register(&request).broker_epoch, expected.0);
    assert!(bench.image().broker(NodeId(1)).unwrap().fenced);

    let behind = bench.alive(1).with_current_metadata_offset(expected.0 - 1);
    let answer = bench.beat(&behind);
    assert_eq!((answer.is_caught_up, answer.is_fenced), (false, true));
    let caught_up = bench.alive(1);
    let answer = bench.beat(&caught_up);
    assert_eq!((answer.is_caught_up, answer.is_fenced), (true, false));
    assert!(!bench.image().broker(NodeId(1)).unwrap().fenced);
}

#[test]
fn broker_that_wants_fencing_stays_fenced() {
    let mut bench = Bench::new();
    let request = bench.registration(1, 1);
    bench.register(&request);
    let wants = bench.alive(1).with_want_fence(true);
    assert!(bench.beat(&wants).is_fenced);
}

#[test]
fn registration_of_another_cluster_is_refused() {
    let mut bench = Bench::new();
    let request = bench.registration(1, 1).with_cluster_id(s("other"));
    let answer = bench.register(&request);
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::INCONSISTENT_CLUSTER_ID);
    assert_eq!(answer.broker_epoch, -1);
}

#[test]
fn second_process_of_a_living_broker_is_refused_until_its_session_ends() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let other = bench.registration(1, 99);
    assert_eq!(ErrorCode(bench.register(&other).error_code), ErrorCode::DUPLICATE_BROKER_REGISTRATION);
    bench.advance(SESSION);
    assert_eq!(bench.register(&other).error_code, 0);
    assert_eq!(bench.image().broker(NodeId(1)).unwrap().incarnation, Uuid::from_u128(99));
}

/// After a restart of the whole cluster nobody waits for the sessions of processes that are gone.
#[test]
fn new_process_takes_the_place_of_one_that_a_new_controller_has_not_heard_of() {
    for (takes_hints, is_heard, accepted) in [(true, false, true), (true, true, false), (false, false, false)]
    {
        let mut bench = Bench::new();
        bench.start(&[1]);
        bench.controller.resign();
        bench.ask(0, |c, call| c.activate(&[], call));
        if !takes_hints {
            bench.controller.config.lost_grace = None;
        }
        if is_heard {
            let alive = bench.alive(1);
            bench.beat(&alive);
        }
        let other = bench.registration(1, 99);
        let code = ErrorCode(bench.register(&other).error_code);
        let expected = if accepted { ErrorCode::NONE } else { ErrorCode::DUPLICATE_BROKER_REGISTRATION };
        assert_eq!(code, expected, "hints {takes_hints}, heard {is_heard}");
    }
}

#[test]
fn same_process_keeps_its_epoch_and_stays_unfenced() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let (epoch, again) = (bench.epoch(1), bench.registration(1, 0x1001));
    assert_eq!(bench.register(&again).broker_epoch, epoch.0);
    assert!(!bench.image().broker(NodeId(1)).unwrap().fenced);
}

#[test]
fn registration_checks_directories() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let dir = directory(2).0;
    for dirs in [vec![], vec![dir, dir], vec![Uuid::from_u128(5)], vec![directory(1).0]] {
        let request = bench.registration(2, 2).with_log_dirs(dirs.clone());
        let answer = bench.register(&request);
        assert_eq!(ErrorCode(answer.error_code), ErrorCode::INVALID_REGISTRATION, "{dirs:?}");
    }
}

#[test]
fn registration_needs_support_of_every_finalized_feature() {
    let mut bench = Bench::new();
    let mut request = bench.registration(1, 1);
    request.features.retain(|f| &*f.name != "group.version");
    assert_eq!(ErrorCode(bench.register(&request).error_code), ErrorCode::UNSUPPORTED_VERSION);
    request.features.retain(|f| &*f.name != "metadata.version");
    assert_eq!(ErrorCode(bench.register(&request).error_code), ErrorCode::INVALID_REGISTRATION);
}

#[test]
fn heartbeat_of_a_stale_epoch_is_refused() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let stale = bench.alive(1).with_broker_epoch(bench.epoch(1).0 - 1);
    assert_eq!(ErrorCode(bench.beat(&stale).error_code), ErrorCode::STALE_BROKER_EPOCH);
    let unknown = bench.alive(1).with_broker_id(BrokerId(9));
    assert_eq!(ErrorCode(bench.beat(&unknown).error_code), ErrorCode::STALE_BROKER_EPOCH);
}

#[test]
fn silent_broker_is_fenced_and_its_leaderships_move() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3], &[2, 3, 1]]);
    bench.advance(SESSION - Duration::from_millis(1));
    for broker in [2, 3] {
        let alive = bench.alive(broker);
        bench.beat(&alive);
    }
    bench.tick();
    assert!(!bench.image().broker(NodeId(1)).unwrap().fenced);
    bench.advance(Duration::from_millis(1));
    bench.tick();
    assert!(bench.image().broker(NodeId(1)).unwrap().fenced);
    let moved = bench.partition("t", 0);
    assert_eq!((moved.leader, &*moved.isr, moved.leader_epoch.0), (Some(NodeId(2)), &*nodes(&[2, 3]), 1));
    let kept = bench.partition("t", 1);
    assert_eq!((kept.leader, kept.leader_epoch.0, kept.partition_epoch), (Some(NodeId(2)), 0, 1));
}

#[test]
fn broker_that_waits_for_an_answer_keeps_its_session() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    let epoch = bench.image().broker(NodeId(1)).unwrap().epoch;
    bench.advance(SESSION - Duration::from_millis(1));
    bench.controller.broker_waits(NodeId(1), epoch, bench.now);
    bench.controller.broker_waits(NodeId(2), epoch, bench.now);
    bench.advance(Duration::from_millis(1));
    bench.tick();
    assert!(!bench.image().broker(NodeId(1)).unwrap().fenced);
    assert!(bench.image().broker(NodeId(2)).unwrap().fenced, "it was another process that waited");
    bench.advance(SESSION);
    bench.tick();
    assert!(bench.image().broker(NodeId(1)).unwrap().fenced);
}

#[test]
fn closed_connection_shortens_a_session_unless_the_broker_is_heard_of() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.controller.broker_lost(NodeId(1), bench.now);
    bench.advance(Duration::from_millis(50));
    let alive = bench.alive(1);
    bench.beat(&alive);
    bench.advance(Duration::from_millis(50));
    bench.tick();
    assert!(!bench.image().broker(NodeId(1)).unwrap().fenced);
    bench.controller.broker_lost(NodeId(1), bench.now);
    bench.advance(Duration::from_millis(100));
    bench.tick();
    assert!(bench.image().broker(NodeId(1)).unwrap().fenced);
    assert!(!bench.image().broker(NodeId(2)).unwrap().fenced);
}

#[test]
fn unfenced_broker_leads_what_nobody_leads() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1]]);
    bench.lose(1);
    assert_eq!(bench.partition("t", 0).leader, None);
    let alive = bench.alive(1);
    bench.beat(&alive);
    let back = bench.partition("t", 0);
    assert_eq!((back.leader, back.leader_epoch.0), (Some(NodeId(1)), 2));
}

#[test]
fn leaving_broker_hands_over_and_stops_when_all_others_know() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3]]);
    let leave = bench.alive(1).with_want_shut_down(true);
    let answer = bench.beat(&leave);
    assert_eq!((answer.is_fenced, answer.should_shut_down), (false, false));
    let after = bench.partition("t", 0);
    assert_eq!((after.leader, &*after.isr), (Some(NodeId(2)), &*nodes(&[2, 3])));
    assert!(bench.image().broker(NodeId(1)).unwrap().in_controlled_shutdown);

    assert!(!bench.beat(&leave).should_shut_down, "the others have not seen the change yet");
    for broker in [2, 3] {
        let alive = bench.alive(broker);
        bench.beat(&alive);
    }
    let answer = bench.beat(&leave);
    assert_eq!((answer.is_fenced, answer.should_shut_down), (true, true));
    assert!(bench.image().broker(NodeId(1)).unwrap().fenced);
    let restarted = bench.registration(1, 77);
    assert_eq!(bench.register(&restarted).error_code, 0, "a stopped broker may come back at once");
}

#[test]
fn broker_without_leaderships_stops_at_once() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    let leave = bench.alive(1).with_want_shut_down(true);
    assert!(bench.beat(&leave).should_shut_down);
}

#[test]
fn new_process_leaves_the_isr_it_was_in() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3]]);
    bench.advance(SESSION);
    let restarted = bench.registration(1, 42);
    bench.register(&restarted);
    assert_eq!(bench.partition("t", 0).isr, nodes(&[2, 3]).into());
}

#[test]
fn uncleanly_restarted_broker_forfeits_eligibility_and_a_clean_one_does_not() {
    for (clean, eligible) in [(true, vec![2, 3]), (false, vec![2])] {
        let mut bench = Bench::with_elr();
        bench.start(&[1, 2, 3]);
        bench.topic("t", &[&[1, 2, 3]]);
        bench.lose(2);
        bench.lose(3);
        assert_eq!(bench.partition("t", 0).elr, nodes(&[3]).into(), "2 left while the ISR was large enough");
        bench.lose(1);
        let before = bench.partition("t", 0);
        assert_eq!((before.leader, before.isr.len(), &*before.elr), (None, 0, &*nodes(&[1, 3])));

        let epoch = if clean { bench.epoch(3).0 } else { -1 };
        let restarted = bench.registration(3, 42).with_previous_broker_epoch(epoch);
        bench.register(&restarted);
        let expected = if eligible.len() == 2 { nodes(&[1, 3]) } else { nodes(&[1]) };
        assert_eq!(bench.partition("t", 0).elr, expected.into());
    }
}

#[test]
fn broker_with_a_failed_directory_leaves_the_isrs_of_what_was_in_it() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    let second = Uuid::from_u128(0xd111);
    bench.advance(SESSION);
    let two = bench.registration(4, 4).with_log_dirs(vec![directory(4).0, second]);
    bench.register(&two);
    let alive = bench.alive(4);
    bench.beat(&alive);
    bench.topic("t", &[&[4, 1, 2]]);
    assign(&mut bench, 4, directory(4).0, "t");
    let failed = bench.alive(4).with_offline_log_dirs(vec![directory(4).0]);
    bench.beat(&failed);
    let after = bench.partition("t", 0);
    assert_eq!((after.leader, &*after.isr), (Some(NodeId(1)), &*nodes(&[1, 2])));
    assert_eq!(bench.image().broker(NodeId(4)).unwrap().directories.len(), 1);
    let records = bench.log.len();
    bench.beat(&failed);
    assert_eq!(bench.log.len(), records, "a directory fails once");
}

fn assign(bench: &mut Bench, broker: i32, dir: Uuid, topic: &str) {
    use kr_wire::messages::AssignReplicasToDirsRequest;
    use kr_wire::messages::assign_replicas_to_dirs_request::{DirectoryData, PartitionData, TopicData};
    let id = bench.image().topic_by_name(topic).unwrap().id;
    let topics =
        vec![TopicData::default().with_topic_id(id.0).with_partitions(vec![PartitionData::default()])];
    let request = AssignReplicasToDirsRequest::default()
        .with_broker_id(BrokerId(broker))
        .with_broker_epoch(bench.epoch(broker).0)
        .with_directories(vec![DirectoryData::default().with_id(dir).with_topics(topics)]);
    let answer = bench.ask(0, |c, call| c.assign_replicas_to_dirs(&request, call));
    assert_eq!((answer.error_code, answer.directories[0].topics[0].partitions[0].error_code), (0, 0));
}

#[test]
fn unregistered_broker_is_gone_and_its_replicas_stay() {
    let mut bench = Bench::new();
    bench.start(&[1, 2, 3]);
    bench.topic("t", &[&[1, 2, 3]]);
    let request = UnregisterBrokerRequest::default().with_broker_id(BrokerId(1));
    assert_eq!(bench.ask(0, |c, call| c.unregister_broker(&request, call)).error_code, 0);
    let after = bench.partition("t", 0);
    assert_eq!((&*after.replicas, &*after.isr), (&*nodes(&[1, 2, 3]), &*nodes(&[2, 3])));
    let again = bench.ask(0, |c, call| c.unregister_broker(&request, call));
    assert_eq!(ErrorCode(again.error_code), ErrorCode::BROKER_ID_NOT_REGISTERED);
}

#[test]
fn controller_registers_from_3_7_on() {
    let request = ControllerRegistrationRequest::default().with_controller_id(2);
    let mut bench = Bench::new();
    assert_eq!(bench.ask(0, |c, call| c.register_controller(&request, call)).error_code, 0);
    assert!(bench.image().controller(NodeId(2)).is_some());
    let mut old = Bench::with_features(14, &[]);
    let answer = old.ask(0, |c, call| c.register_controller(&request, call));
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::UNSUPPORTED_VERSION);
}

#[test]
fn fencing_writes_the_partitions_before_the_broker() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    bench.topic("t", &[&[1, 2]]);
    let from = bench.log.len();
    bench.lose(1);
    let kinds: Vec<_> = bench.log[from..].iter().map(MetadataRecord::name).collect();
    assert_eq!(kinds, ["PartitionChangeRecord", "BrokerRegistrationChangeRecord"]);
}

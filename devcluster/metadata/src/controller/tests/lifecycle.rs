//! Activation, standing by, periodic work, producer ids.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, Offset};
use kr_wire::messages::{AllocateProducerIdsRequest, BrokerId};
use kr_wire::metadata_records::{BeginTransactionRecord, MetadataRecord};

use super::{Bench, SESSION};
use crate::controller::{Call, Controller};
use crate::image::{Image, ResourceType};
use crate::{bootstrap, loader};

fn kinds(records: &[MetadataRecord]) -> Vec<&str> {
    records.iter().map(MetadataRecord::name).collect()
}

#[test]
fn empty_log_is_bootstrapped_in_a_transaction() {
    let bench = Bench::with_elr();
    assert_eq!(
        kinds(&bench.log),
        [
            "BeginTransactionRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "FeatureLevelRecord",
            "ConfigRecord",
            "EndTransactionRecord"
        ]
    );
    assert_eq!(bench.image().configs().get(ResourceType::Broker, "", "min.insync.replicas"), Some("2"));
}

#[test]
fn empty_log_is_bootstrapped_in_one_batch_before_transactions() {
    let mut controller = Controller::new(Bench::config(), 1);
    let outcome = controller.activate(&bootstrap::records(12), Call::default());
    assert!(outcome.atomic);
    assert_eq!(kinds(&outcome.records), ["FeatureLevelRecord"]);
}

#[test]
fn unfinished_bootstrap_is_aborted_and_done_again() {
    let mut loader = loader::Loader::new();
    loader.replay(&BeginTransactionRecord { name: None }.into()).unwrap();
    loader.replay(&bootstrap::records(27)[0]).unwrap();
    assert_eq!(loader.publish(), None);
    let mut controller = Controller::new(Bench::config(), 1);
    controller.install(loader.current().clone());
    let outcome = controller.activate(&bootstrap::records(27), Call::default());
    assert_eq!(
        kinds(&outcome.records)[..3],
        ["AbortTransactionRecord", "BeginTransactionRecord", "FeatureLevelRecord"]
    );
    for record in &outcome.records {
        controller.replay(record, Offset(0)).unwrap();
    }
    assert_eq!(controller.image().metadata_version(), Some(27));
    assert!(controller.image().configs().get(ResourceType::Broker, "", "min.insync.replicas").is_some());
}

#[test]
fn takeover_of_a_cluster_writes_nothing_and_renews_all_sessions() {
    let mut bench = Bench::new();
    bench.start(&[1, 2]);
    let image = bench.image().clone();
    bench.advance(SESSION - Duration::from_millis(1));
    bench.controller = Controller::new(Bench::config(), 2);
    bench.controller.install(image);
    let records = bench.log.len();
    bench.ask(0, |c, call| c.activate(&bootstrap::records(27), call));
    assert_eq!(bench.log.len(), records);
    bench.advance(SESSION - Duration::from_millis(1));
    bench.tick();
    assert!(bench.image().brokers().all(|b| !b.fenced));
    bench.advance(Duration::from_millis(1));
    bench.tick();
    assert!(bench.image().brokers().all(|b| b.fenced));
}

#[test]
fn standing_by_does_nothing() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    bench.controller.resign();
    assert_eq!(bench.controller.next_deadline(), None);
    let records = bench.log.len();
    bench.advance(SESSION * 2);
    bench.ask(0, Controller::tick);
    assert_eq!(bench.log.len(), records);
}

#[test]
fn losing_leadership_drops_what_was_not_committed() {
    let mut bench = Bench::new();
    let committed = bench.image().clone();
    bench.start(&[1]);
    bench.controller.resign();
    bench.controller.install(committed.clone());
    assert_eq!(*bench.image(), committed);
}

#[test]
fn no_op_records_keep_an_idle_log_moving() {
    let mut bench = Bench::new();
    let records = bench.log.len();
    for _ in 0..3 {
        bench.advance(Duration::from_millis(500));
        bench.tick();
    }
    assert_eq!(kinds(&bench.log[records..]), ["NoOpRecord"; 3]);
}

#[test]
fn producer_ids_are_handed_out_in_blocks() {
    let mut bench = Bench::new();
    bench.start(&[1]);
    let request =
        AllocateProducerIdsRequest::default().with_broker_id(BrokerId(1)).with_broker_epoch(bench.epoch(1).0);
    for expected in [0, 1000, 2000] {
        let answer = bench.ask(0, |c, call| c.allocate_producer_ids(&request, call));
        assert_eq!(
            (answer.error_code, answer.producer_id_start.0, answer.producer_id_len),
            (0, expected, 1000)
        );
    }
    let stale = request.with_broker_epoch(-1);
    let answer = bench.ask(0, |c, call| c.allocate_producer_ids(&stale, call));
    assert_eq!(ErrorCode(answer.error_code), ErrorCode::STALE_BROKER_EPOCH);
}

#[test]
fn aborted_transaction_leaves_no_trace() {
    let mut image = Image::new();
    for record in bootstrap::records(27) {
        image.apply(&record).unwrap();
    }
    let before = image.clone();
    image.apply(&BeginTransactionRecord { name: None }.into()).unwrap();
    for record in bootstrap::records_with(26, &[("group.version", 0)], &[]) {
        image.apply(&record).unwrap();
    }
    assert!(image.apply(&BeginTransactionRecord { name: None }.into()).is_err());
    assert_eq!(image.records(), before.records());
    let abort = kr_wire::metadata_records::AbortTransactionRecord { reason: None };
    image.apply(&abort.clone().into()).unwrap();
    assert_eq!(image, before);
    assert!(image.apply(&abort.into()).is_err());
    assert!(image.broker(NodeId(1)).is_none());
}

//! The rules of KIP-98 as the log keeps them.

use kr_wire::batch::BatchBuilder;
use kr_wire::control::EndTransactionMarker;

use super::*;

const ID: ProducerId = ProducerId(7);

fn data(base: i64, epoch: i16, sequence: i32, records: usize, transactional: bool) -> BatchHeader {
    let mut builder = BatchBuilder::new(Offset(base)).producer(ID, epoch, Some(sequence));
    if transactional {
        builder = builder.transactional();
    }
    for _ in 0..records {
        builder.push(1_000, None, Some(b"x"), &[]);
    }
    BatchHeader::parse(&builder.build()).unwrap()
}

fn marker(base: i64, epoch: i16, coordinator_epoch: i32, commit: bool) -> (BatchHeader, Claim) {
    let marker = EndTransactionMarker { coordinator_epoch };
    let record = if commit { ControlRecord::Commit(marker) } else { ControlRecord::Abort(marker) };
    let mut builder = BatchBuilder::new(Offset(base)).producer(ID, epoch, None).transactional().control();
    record.push_to(&mut builder, 2_000);
    let bytes = builder.build();
    let batch = Batch::parse(&bytes).unwrap();
    (batch.header, Claim::of(&batch).unwrap())
}

fn check(state: &ProducerState, header: &BatchHeader) -> Result<Checked, AppendError> {
    state.check(header, Claim::Data, Origin::Client)
}

/// A producer that wrote three batches of two records each at offsets 10, 12, 14 with sequences 0, 2, 4.
fn three_batches() -> ProducerState {
    let mut state = ProducerState::default();
    for n in 0..3 {
        let header = data(10 + 2 * n, 1, 2 * n as i32, 2, false);
        assert_eq!(check(&state, &header).unwrap(), Checked::New);
        state.apply(&header, Claim::Data);
    }
    state
}

#[test]
fn repeated_batch_is_a_duplicate_with_its_first_offset() {
    let state = three_batches();
    for n in 0..3 {
        let again = data(99, 1, 2 * n, 2, false);
        let base = 10 + 2 * i64::from(n);
        let expected =
            Checked::Duplicate { base_offset: Offset(base), last_offset: Offset(base + 1), timestamp: 1_000 };
        assert_eq!(check(&state, &again).unwrap(), expected);
    }
}

#[test]
fn duplicates_are_known_of_the_last_five_batches() {
    let mut state = ProducerState::default();
    for n in 0..6 {
        state.apply(&data(n, 0, n as i32, 1, false), Claim::Data);
    }
    assert!(matches!(check(&state, &data(9, 0, 1, 1, false)), Ok(Checked::Duplicate { .. })));
    assert!(matches!(check(&state, &data(9, 0, 0, 1, false)), Err(AppendError::OutOfOrderSequence { .. })));
}

#[test]
fn sequence_must_follow_the_last_one() {
    let state = three_batches();
    assert_eq!(check(&state, &data(16, 1, 6, 1, false)).unwrap(), Checked::New);
    for sequence in [5, 7, 0] {
        let result = check(&state, &data(16, 1, sequence, 1, false));
        assert!(
            matches!(result, Err(AppendError::OutOfOrderSequence { last: 5, .. })),
            "{sequence}: {result:?}"
        );
    }
}

#[test]
fn sequence_wraps_after_the_largest() {
    let mut state = ProducerState::default();
    let header = data(0, 0, i32::MAX - 1, 4, false);
    state.apply(&header, Claim::Data);
    assert_eq!(check(&state, &data(4, 0, 2, 1, false)).unwrap(), Checked::New);
    assert!(matches!(check(&state, &header), Ok(Checked::Duplicate { .. })));
}

#[test]
fn unknown_producer_may_begin_anywhere() {
    let state = ProducerState::default();
    assert_eq!(check(&state, &data(0, 3, 1234, 1, false)).unwrap(), Checked::New);
}

#[test]
fn newer_epoch_begins_at_sequence_zero_and_fences_the_older() {
    let mut state = three_batches();
    assert!(matches!(check(&state, &data(16, 2, 6, 1, false)), Err(AppendError::OutOfOrderSequence { .. })));
    let header = data(16, 2, 0, 1, false);
    assert_eq!(check(&state, &header).unwrap(), Checked::New);
    state.apply(&header, Claim::Data);
    let fenced = check(&state, &data(17, 1, 6, 1, false));
    assert!(
        matches!(fenced, Err(AppendError::InvalidProducerEpoch { found: 1, current: 2, .. })),
        "{fenced:?}"
    );
}

#[test]
fn transaction_is_unstable_until_its_marker_is_below_the_high_watermark() {
    let mut state = ProducerState::default();
    state.apply(&data(10, 0, 0, 2, true), Claim::Data);
    state.apply(&data(12, 0, 2, 2, true), Claim::Data);
    assert_eq!(state.first_unstable_offset(Offset(14)), Some(Offset(10)));
    let (header, claim) = marker(14, 0, 3, true);
    assert_eq!(state.check(&header, claim, Origin::Coordinator).unwrap(), Checked::New);
    assert_eq!(state.apply(&header, claim), None, "a commit aborts nothing");
    assert_eq!(state.first_unstable_offset(Offset(14)), Some(Offset(10)));
    assert_eq!(state.first_unstable_offset(Offset(15)), None);
    state.forget_ended_below(Offset(14));
    assert_eq!(state.ended.len(), 1);
    state.forget_ended_below(Offset(15));
    assert!(state.ended.is_empty());
}

#[test]
fn abort_reports_the_transaction_and_the_stable_offset_without_it() {
    let mut state = ProducerState::default();
    state.apply(&data(10, 0, 0, 2, true), Claim::Data);
    let other = BatchHeader { producer_id: Some(ProducerId(8)), ..data(12, 0, 0, 1, true) };
    state.apply(&other, Claim::Data);
    let (header, claim) = marker(13, 1, 3, false);
    let aborted = state.apply(&header, claim).unwrap();
    assert_eq!((aborted.first_offset, aborted.last_offset), (Offset(10), Offset(13)));
    assert_eq!(aborted.last_stable_offset, Offset(12), "the other transaction is open");
    // The marker carried the next epoch (KIP-890): sequences begin anew.
    assert_eq!(check(&state, &data(14, 1, 0, 1, true)).unwrap(), Checked::New);
    assert!(check(&state, &data(14, 0, 2, 1, true)).is_err());
}

#[test]
fn marker_of_an_old_coordinator_or_epoch_is_refused() {
    let mut state = ProducerState::default();
    state.apply(&data(0, 4, 0, 1, true), Claim::Data);
    let (header, claim) = marker(1, 4, 9, true);
    state.apply(&header, claim);
    let (header, claim) = marker(2, 4, 8, true);
    assert!(matches!(
        state.check(&header, claim, Origin::Coordinator),
        Err(AppendError::CoordinatorFenced { .. })
    ));
    let (header, claim) = marker(2, 3, 9, true);
    assert!(matches!(
        state.check(&header, claim, Origin::Coordinator),
        Err(AppendError::InvalidProducerEpoch { .. })
    ));
    let (header, claim) = marker(2, 4, 9, false);
    assert_eq!(state.apply(&header, claim), None, "without an open transaction nothing is aborted");
}

#[test]
fn write_outside_of_an_open_transaction_is_refused() {
    let mut state = ProducerState::default();
    state.apply(&data(0, 0, 0, 1, true), Claim::Data);
    assert!(matches!(check(&state, &data(1, 0, 1, 1, false)), Err(AppendError::InvalidTxnState { .. })));
}

#[test]
fn coordinators_batches_have_no_sequence_to_check() {
    let mut state = ProducerState::default();
    let header = BatchHeader { base_sequence: None, ..data(0, 0, 0, 1, true) };
    for _ in 0..2 {
        assert_eq!(state.check(&header, Claim::Data, Origin::Coordinator).unwrap(), Checked::New);
        state.apply(&header, Claim::Data);
    }
    assert_eq!(state.views()[0].last_sequence, -1);
}

#[test]
fn idle_producer_expires_unless_its_transaction_is_open() {
    let mut state = three_batches();
    let open = BatchHeader { producer_id: Some(ProducerId(8)), ..data(20, 0, 0, 1, true) };
    state.apply(&open, Claim::Data);
    state.expire(1_500, Duration::from_millis(500));
    assert_eq!(state.views().len(), 2);
    state.expire(1_501, Duration::from_millis(500));
    let left: Vec<ProducerId> = state.views().into_iter().map(|view| view.producer).collect();
    assert_eq!(left, [ProducerId(8)]);
}

#[test]
fn restored_snapshot_knows_the_last_batch_and_open_transactions() {
    let mut state = three_batches();
    state.apply(&BatchHeader { producer_id: Some(ProducerId(8)), ..data(20, 0, 0, 1, true) }, Claim::Data);
    let restored = ProducerState::restore(&state.snapshot(), 1_000, Duration::from_secs(1));
    assert_eq!(restored.views(), state.views());
    assert_eq!(restored.first_unstable_offset(Offset(100)), Some(Offset(20)));
    assert!(matches!(check(&restored, &data(30, 1, 4, 2, false)), Ok(Checked::Duplicate { .. })));
    assert!(check(&restored, &data(30, 1, 2, 2, false)).is_err(), "only the last batch is kept");
    assert_eq!(restored.snapshot(), state.snapshot());
    assert!(ProducerState::restore(&state.snapshot(), 10_000, Duration::from_secs(1)).views().len() == 1);
}

//! Random operations on a log and on a list of records, which must agree after each of them.

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof};

use super::*;
use crate::testing::Crash;

/// One thing done to a log.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Appends a batch of so many records as leader; at times of a producer whose batch may be one sent
    /// before.
    Append {
        records: u8,
        producer: Option<u8>,
    },
    /// Takes the leadership.
    NextEpoch,
    Truncate {
        back: u8,
    },
    Restart {
        ahead: u8,
    },
    AdvanceStart {
        by: u8,
    },
    Roll,
    Retain {
        bytes: u16,
    },
    Flush,
    CloseAndOpen,
    Kill,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1..5u8).prop_map(|records| Step::Append { records, producer: None }),
        4 => (1..4u8, 0..2u8).prop_map(|(records, producer)| Step::Append { records, producer: Some(producer) }),
        2 => Just(Step::NextEpoch),
        2 => (0..12u8).prop_map(|back| Step::Truncate { back }),
        1 => (0..20u8).prop_map(|ahead| Step::Restart { ahead }),
        1 => (0..12u8).prop_map(|by| Step::AdvanceStart { by }),
        1 => Just(Step::Roll),
        1 => (0..1_500u16).prop_map(|bytes| Step::Retain { bytes }),
        2 => Just(Step::Flush),
        1 => Just(Step::CloseAndOpen),
        1 => Just(Step::Kill),
    ]
}

/// What the log should hold.
#[derive(Clone, Debug, Default)]
struct Model {
    /// Offset, value, base of its batch, epoch.
    records: Vec<(i64, String, i64, i32)>,
    start: i64,
    end: i64,
    epoch: i32,
    values: u64,
}

pub(super) fn config() -> LogConfig {
    LogConfig { segment_bytes: 700, index_interval_bytes: 150, retention_age: None, ..LogConfig::default() }
}

struct Run {
    disk: MemDisk,
    log: Option<Log>,
    model: Model,
    cached: bool,
}

impl Run {
    fn new(cached: bool) -> Self {
        let disk = MemDisk::new(1);
        let mut run = Self { disk, log: None, model: Model { epoch: 1, ..Model::default() }, cached };
        run.open(false);
        run
    }

    fn open(&mut self, clean: bool) {
        let tail = if self.cached { TailCache::new(2_000, 1_000) } else { TailCache::new(0, 0) };
        let recovery_point = self.log.take().map_or(Offset::ZERO, |log| log.recovery_point());
        let log_start = Some(Offset(self.model.start));
        let open = OpenLog { tail, clean, recovery_point, log_start, ..options(&self.disk, config()) };
        let (log, recovered) = Log::open(open).unwrap();
        assert_eq!((recovered.truncated_bytes, recovered.dropped_segments), (0, 0));
        self.log = Some(log);
    }

    fn step(&mut self, step: &Step) {
        let Self { log: Some(log), model, .. } = self else { panic!("a log is open") };
        match step {
            Step::Append { records, producer } => model.append(log, *records, *producer),
            Step::NextEpoch => {
                model.epoch += 1;
                log.assign_epoch(LeaderEpoch(model.epoch), log.end_offset()).unwrap();
            }
            Step::Truncate { back } => model.truncate(log, i64::from(*back)),
            Step::Restart { ahead } => {
                let offset = model.end + i64::from(*ahead);
                log.truncate_fully_and_start_at(Offset(offset)).unwrap();
                model.records.clear();
                (model.start, model.end) = (offset, offset);
            }
            Step::AdvanceStart { by } => {
                model.start = (model.start + i64::from(*by)).min(model.end);
                log.advance_start(Offset(model.start)).unwrap();
            }
            Step::Roll => log.roll(now()).unwrap(),
            Step::Retain { bytes } => {
                log.set_config(LogConfig { retention_bytes: Some(u64::from(*bytes)), ..config() });
                log.retain(log.end_offset(), now()).unwrap();
                assert!(log.size_bytes() < u64::from(*bytes) + 700);
                model.start = model.start.max(log.first_segment_base().0);
            }
            Step::Flush => assert_eq!(flush(log), Offset(model.end)),
            Step::CloseAndOpen => {
                self.log.take().unwrap().close(true).unwrap();
                self.disk.crash(Crash::Power);
                self.open(true);
            }
            Step::Kill => {
                self.disk.crash(Crash::Process);
                self.open(false);
            }
        }
        self.agree();
    }

    fn agree(&self) {
        let Self { log: Some(log), model, .. } = self else { panic!("a log is open") };
        assert_eq!((log.start_offset().0, log.end_offset().0), (model.start, model.end));
        let expected: Vec<(i64, String)> = model
            .records
            .iter()
            .filter(|(offset, ..)| *offset >= model.start)
            .map(|(offset, value, ..)| (*offset, value.clone()))
            .collect();
        assert_eq!(records(log, log.start_offset()), expected);
        for (offset, _, _, epoch) in model.records.iter().filter(|(offset, ..)| *offset >= model.start) {
            assert_eq!(log.epochs().epoch_of(Offset(*offset)), Some(LeaderEpoch(*epoch)), "offset {offset}");
        }
        for producer in log.producers() {
            let prefix = format!("{}-", producer.producer.0);
            let last = model.records.iter().rev().find(|(_, value, ..)| value.starts_with(&prefix));
            if let Some((_, value, ..)) = last {
                assert_eq!(value, &format!("{prefix}{}", producer.last_sequence));
            }
        }
    }
}

impl Model {
    fn append(&mut self, log: &mut Log, count: u8, producer: Option<u8>) {
        let bytes = match producer {
            None => {
                let values: Vec<String> =
                    (0..count).map(|n| format!("v{}", self.values + u64::from(n))).collect();
                self.values += u64::from(count);
                batch(&values.iter().map(String::as_str).collect::<Vec<_>>())
            }
            Some(id) => {
                let known = log.producers().into_iter().find(|p| p.producer.0 == i64::from(id));
                let next = known.map_or(0, |producer| producer.last_sequence + 1);
                sequenced(i64::from(id), next, i32::from(count), false)
            }
        };
        let base = self.end;
        let appended = log.append_as_leader(&bytes, LeaderEpoch(self.epoch), Origin::Client, now()).unwrap();
        assert_eq!((appended.base_offset.0, appended.duplicate), (base, false));
        if producer.is_some() {
            let again = log.append_as_leader(&bytes, LeaderEpoch(self.epoch), Origin::Client, now()).unwrap();
            assert_eq!((again.base_offset.0, again.duplicate), (base, true));
        }
        let parsed = kr_wire::batch::Batch::parse(&bytes).unwrap();
        for record in parsed.payload(Limit::default()).unwrap().records().map(Result::unwrap) {
            let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
            self.records.push((self.end, value, base, self.epoch));
            self.end += 1;
        }
    }

    fn truncate(&mut self, log: &mut Log, back: i64) {
        let to = (self.end - back).max(0);
        let below_everything = to < log.first_segment_base().0;
        log.truncate_to(Offset(to)).unwrap();
        if below_everything {
            // The log begins anew there.
            (self.start, self.end) = (to, to);
            self.records.clear();
        } else if to < self.end {
            let cut =
                self.records.iter().find(|(offset, ..)| *offset >= to).map_or(to, |(_, _, base, _)| *base);
            self.records.retain(|(offset, ..)| *offset < cut);
            self.end = cut.min(to);
            self.start = self.start.min(self.end);
        }
    }
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn log_agrees_with_a_list_of_records(steps in vec(step(), 1..60), cached in proptest::bool::ANY) {
        let mut run = Run::new(cached);
        for step in &steps {
            run.step(step);
        }
    }
}

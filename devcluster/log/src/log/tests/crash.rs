//! A process that dies at every single operation on the disk, and machines that lose their power.

use super::*;
use crate::testing::{Chance, Crash};

/// What a script did to a log before it died.
#[derive(Clone, Debug, Default)]
struct Done {
    /// Everything below was reported durable; goes back with truncations.
    recovery_point: Offset,
    log_start: Offset,
    /// Values by offset, of everything that was appended and not truncated.
    values: Vec<(i64, String)>,
    /// What was there before truncations that are not durable: a machine that loses its power may have it
    /// back.
    before: Vec<Vec<(i64, String)>>,
    /// A truncation was begun and may be done or not.
    truncating_to: Option<i64>,
    /// An append was begun: its values may be there.
    appending: Vec<(i64, String)>,
}

fn config() -> LogConfig {
    LogConfig { segment_bytes: 400, index_interval_bytes: 100, retention_age: None, ..LogConfig::default() }
}

/// Runs operations drawn from a seed until the disk dies.
fn run(disk: &MemDisk, seed: u64, done: &mut Done) {
    let mut chance = Chance(seed);
    let Ok((mut log, _)) = Log::open(options(disk, config())) else { return };
    for n in 0..40 {
        let epoch = LeaderEpoch(1 + n / 10);
        match chance.below(12) {
            0..7 => {
                let records = 1 + chance.below(3) as i32;
                let next = log.producers().first().map_or(0, |producer| producer.last_sequence + 1);
                done.appending = (0..records)
                    .map(|n| (log.end_offset().0 + i64::from(n), format!("1-{}", next + n)))
                    .collect();
                let bytes = sequenced(1, next, records, false);
                if log.append_as_leader(&bytes, epoch, Origin::Client, now()).is_err() {
                    return;
                }
                done.values.append(&mut done.appending);
            }
            7..10 => {
                let Ok(request) = log.unflushed() else { return };
                if let Some(request) = request {
                    if request.files.iter().any(|file| file.sync().is_err()) {
                        return;
                    }
                    done.recovery_point = log.flushed(request.mark);
                    done.before.clear();
                }
            }
            10 => {
                let to = (log.end_offset() - chance.below(5) as i64).max(log.start_offset());
                done.truncating_to = Some(to.0);
                done.before.push(done.values.clone());
                if log.truncate_to(to).is_err() {
                    return;
                }
                done.truncating_to = None;
                done.values.retain(|(offset, _)| *offset < log.end_offset().0);
                done.recovery_point = log.recovery_point();
            }
            _ => {
                if log.roll(now()).is_err() {
                    return;
                }
            }
        }
    }
}

fn recover(disk: &MemDisk, done: &Done) -> Log {
    let open = OpenLog {
        recovery_point: done.recovery_point,
        log_start: Some(done.log_start),
        tail: TailCache::new(0, 0),
        ..options(disk, config())
    };
    Log::open(open).unwrap().0
}

/// What recovery found must be a prefix of what was appended and hold all that was durable.
fn check(log: &Log, done: &Done, context: &str) {
    let found = records(log, Offset::ZERO);
    let mut possible = done.before.clone();
    possible.push(done.values.iter().chain(&done.appending).cloned().collect());
    let is_prefix = possible.iter().any(|possible| possible.starts_with(&found));
    assert!(is_prefix, "{context}: {found:?} is no prefix of {possible:?}");
    let durable = done.truncating_to.map_or(done.recovery_point.0, |to| done.recovery_point.0.min(to - 3));
    assert!(log.end_offset().0 >= durable, "{context}: {} below {durable}", log.end_offset());
    let last = found.last().map(|(_, value)| value.clone());
    let producer = log.producers().first().map(|producer| format!("1-{}", producer.last_sequence));
    assert_eq!(producer, last, "{context}: the producer is what the batches say");
    for entry in log.epochs().entries() {
        assert!(entry.start < log.end_offset(), "{context}: an epoch without records");
    }
}

/// Everything of a log that recovery determines.
fn state(log: &Log) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        records(log, Offset::ZERO),
        log.end_offset(),
        log.epochs(),
        log.producers(),
        bases(log),
        log.segments.last().map(|segment| segment.size()),
    )
}

fn die_everywhere(how: Crash, seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let whole = MemDisk::new(seed);
        run(&whole, seed, &mut Done::default());
        for at in 0..whole.operations() {
            let context = format!("seed {seed}, operation {at}, {how:?}");
            let disk = MemDisk::new(seed ^ at);
            let mut done = Done::default();
            disk.die_after(at);
            run(&disk, seed, &mut done);
            disk.crash(how);
            let log = recover(&disk, &done);
            check(&log, &done, &context);
            if how == Crash::Process {
                let kept = records(&log, Offset::ZERO).len();
                let least = done.truncating_to.map_or(done.values.len(), |to| {
                    done.values.iter().filter(|(offset, _)| *offset < to - 3).count()
                });
                assert!(kept >= least, "{context}: a killed process lost records");
            }
            let id = crate::partition_metadata::read(&disk, Path::new(DIR)).unwrap();
            assert!(id.is_some() || !disk.exists(Path::new(DIR)), "{context}: the topic id is there");
            let first = state(&log);
            drop(log);
            disk.crash(Crash::Process);
            assert_eq!(state(&recover(&disk, &done)), first, "{context}: recovering again changes nothing");
        }
    }
}

#[test]
fn log_recovers_from_a_kill_at_every_operation() {
    die_everywhere(Crash::Process, 0..12);
}

#[test]
fn log_recovers_from_power_loss_at_every_operation() {
    die_everywhere(Crash::Power, 0..12);
}

#[test]
fn log_recovers_from_torn_writes_at_every_operation() {
    die_everywhere(Crash::Torn, 0..12);
}

/// Recovery that dies at each of its own operations and is started again ends where an undisturbed one does.
#[test]
fn recovery_that_dies_is_recovered_from() {
    for seed in 0..8 {
        let disk = MemDisk::new(seed);
        let mut done = Done::default();
        disk.die_after(60 + seed * 7);
        run(&disk, seed, &mut done);
        disk.crash(Crash::Torn);
        let undisturbed = disk.fork();
        let expected = state(&recover(&undisturbed, &done));
        let operations = undisturbed.operations() - disk.operations();
        for at in 0..operations {
            for how in [Crash::Process, Crash::Power, Crash::Torn] {
                let disk = disk.fork();
                disk.die_after(at);
                let open = OpenLog { recovery_point: done.recovery_point, ..options(&disk, config()) };
                assert!(Log::open(open).is_err());
                disk.crash(how);
                assert_eq!(state(&recover(&disk, &done)), expected, "seed {seed}, operation {at}, {how:?}");
            }
        }
    }
}

#[test]
fn errors_of_the_disk_are_returned_and_the_log_goes_on() {
    for seed in 0..20 {
        let disk = MemDisk::new(seed);
        let mut chance = Chance(seed);
        let mut log = open(&disk, config());
        let mut values = Vec::new();
        for n in 0..200 {
            if chance.below(4) == 0 {
                let kind = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other][chance.below(2)];
                disk.fail_after(chance.below(3) as u64, kind);
            }
            let value = format!("v{n}");
            let bytes = batch(&[&value]);
            if let Ok(appended) = log.append_as_leader(&bytes, LeaderEpoch(1), Origin::Client, now()) {
                values.push((appended.base_offset.0, value));
            }
        }
        assert!(values.len() < 200, "seed {seed}: some appends failed");
        assert_eq!(records(&log, Offset::ZERO), values, "seed {seed}");
        drop(log);
        disk.crash(Crash::Process);
        assert_eq!(records(&open(&disk, config()), Offset::ZERO), values, "seed {seed}");
    }
}

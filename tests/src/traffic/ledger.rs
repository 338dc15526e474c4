//! What is known of one partition's records: the offset acknowledged for each, and the longest silence. Pure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kr_client::Error;
use kr_client::produce::Ack;
use kr_wire::ids::Offset;

/// Failures kept in words; the others are only counted.
const TOLD_FAILURES: usize = 5;

/// What became of one record, as a number: an offset, or one of the two below. Millions are kept.
type Landed = i64;

/// Acknowledged, but the broker only remembers that it has it.
const PLACE_UNKNOWN: Landed = -2;

/// Failed: it may be there or not.
const FAILED: Landed = -1;

/// The records of one partition, numbered from 0 in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Ledger {
    handed_over: u64,
    landed: Vec<Landed>,
    failed: u64,
    failures: Vec<String>,
    last_ack: Option<Instant>,
    longest: Duration,
}

impl Ledger {
    /// Counts a record that is sent now; returns its number.
    pub(super) fn hand_over(&mut self) -> u64 {
        let number = self.handed_over;
        self.handed_over += 1;
        number
    }

    /// Takes down what became of the next record.
    pub(super) fn land(&mut self, outcome: Result<Ack, Arc<Error>>, now: Instant) {
        match outcome {
            Ok(ack) => {
                self.landed.push(ack.offset.map_or(PLACE_UNKNOWN, |offset| offset.0));
                self.hear(now);
            }
            Err(error) => {
                if self.failures.len() < TOLD_FAILURES {
                    self.failures.push(format!("record {}: {error}", self.landed.len()));
                }
                self.landed.push(FAILED);
                self.failed += 1;
            }
        }
    }

    fn hear(&mut self, now: Instant) {
        if let Some(last) = self.last_ack {
            self.longest = self.longest.max(now.saturating_duration_since(last));
        }
        self.last_ack = Some(now);
    }

    /// The longest time between two acknowledgements since this was last asked, or since the last one.
    pub(super) fn take_silence(&mut self, now: Instant) -> Duration {
        let lasting = self.last_ack.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        std::mem::take(&mut self.longest).max(lasting)
    }

    /// Records sent.
    pub fn handed_over(&self) -> u64 {
        self.handed_over
    }

    /// Records whose fate is known.
    pub fn landed(&self) -> u64 {
        self.landed.len() as u64
    }

    /// Records acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.landed() - self.failed
    }

    /// Records that failed for good, and the first of them in words.
    pub fn failures(&self) -> (u64, &[String]) {
        (self.failed, &self.failures)
    }

    /// Whether this record was acknowledged.
    pub fn is_acknowledged(&self, number: u64) -> bool {
        self.at(number).is_some_and(|landed| landed != FAILED)
    }

    /// The offset that was acknowledged for this record.
    pub fn offset(&self, number: u64) -> Option<Offset> {
        self.at(number).filter(|landed| *landed >= 0).map(Offset)
    }

    fn at(&self, number: u64) -> Option<Landed> {
        self.landed.get(usize::try_from(number).ok()?).copied()
    }

    /// A ledger of records that were acknowledged at these offsets, or failed.
    #[cfg(test)]
    pub(super) fn of(landed: &[Option<i64>]) -> Self {
        let failed = landed.iter().filter(|landed| landed.is_none()).count() as u64;
        let landed: Vec<Landed> = landed.iter().map(|landed| landed.unwrap_or(FAILED)).collect();
        Self { handed_over: landed.len() as u64, landed, failed, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::PartitionId;

    use super::*;

    #[test]
    fn silence_is_the_longest_gap_also_the_one_that_lasts() {
        let began = Instant::now();
        let at = |millis| began + Duration::from_millis(millis);
        let ack = |offset| Ok(Ack { partition: PartitionId(0), offset: Some(Offset(offset)) });
        let mut ledger = Ledger::default();
        ledger.land(ack(0), at(10));
        ledger.land(ack(1), at(40));
        ledger.land(ack(2), at(45));
        assert_eq!(ledger.take_silence(at(50)).as_millis(), 30);
        assert_eq!(ledger.take_silence(at(75)).as_millis(), 30);
        ledger.land(ack(3), at(90));
        assert_eq!(ledger.take_silence(at(91)).as_millis(), 45);
    }

    #[test]
    fn a_failed_record_is_not_acknowledged_and_keeps_its_number() {
        let mut ledger = Ledger::default();
        ledger.land(Err(Arc::new(Error::Closed("the producer"))), Instant::now());
        ledger.land(Ok(Ack { partition: PartitionId(0), offset: None }), Instant::now());
        assert!(!ledger.is_acknowledged(0));
        assert!(ledger.is_acknowledged(1));
        assert_eq!((ledger.offset(1), ledger.acknowledged(), ledger.failures().0), (None, 1, 1));
    }
}

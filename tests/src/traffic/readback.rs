//! Compares what was acknowledged with what the log holds: nothing lost, twice, out of order or elsewhere.
//!
//! A record that failed may be in the log or not; every other one is there once, at the offset it was
//! acknowledged with, and a partition's numbers ascend.

use std::fmt;
use std::time::{Duration, Instant};

use kr_client::admin::TopicPartition;
use kr_client::{Client, Consumer, ConsumerOptions, StartAt};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{Offset, PartitionId};

use super::{Ledger, read_mark};

/// Findings told in words; the others are only counted.
const TOLD_FINDINGS: usize = 10;

/// What the log of all partitions holds, next to what was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Records acknowledged.
    pub acknowledged: u64,
    /// Records whose sending failed for good.
    pub failed: u64,
    /// Records read.
    pub read: u64,
    /// Time the reading took.
    pub took: Duration,
    /// Acknowledged records that are not there.
    pub lost: u64,
    /// Records that are there more than once.
    pub duplicated: u64,
    /// Records that come after a later one.
    pub reordered: u64,
    /// Records that are not at the offset they were acknowledged with.
    pub moved: u64,
    /// Records that nobody sent to this partition.
    pub foreign: u64,
    /// The first of all these, in words.
    pub told: Vec<String>,
}

impl Findings {
    /// Whether everything is as it was acknowledged.
    pub fn is_clean(&self) -> bool {
        self.wrong() == 0
    }

    /// Records with which something is wrong.
    pub fn wrong(&self) -> u64 {
        self.lost + self.duplicated + self.reordered + self.moved + self.foreign
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.told.len() < TOLD_FINDINGS {
            self.told.push(what());
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged, {} failed, {} read: {} lost, {} duplicated, {} reordered, {} moved, {} foreign",
            self.acknowledged,
            self.failed,
            self.read,
            self.lost,
            self.duplicated,
            self.reordered,
            self.moved,
            self.foreign
        )?;
        self.told.iter().try_for_each(|told| write!(f, "\n  {told}"))
    }
}

/// Reads a topic from its beginning to its end and compares it with the ledgers of its partitions, from 0.
///
/// # Errors
/// In words: the topic cannot be read.
pub async fn compare(client: &Client, topic: &str, ledgers: &[Ledger]) -> Result<Findings, String> {
    let places: Vec<(TopicPartition, StartAt)> = (0..)
        .zip(ledgers)
        .map(|(id, _)| (TopicPartition::new(topic, PartitionId(id)), StartAt::Earliest))
        .collect();
    let spans = client.spans(&places, true, IsolationLevel::ReadUncommitted).await;
    let began = Instant::now();
    let mut consumer = Consumer::new(client, ConsumerOptions::default());
    consumer.assign(spans.map_err(|error| error.to_string())?);
    let mut findings = Findings::default();
    let mut partitions: Vec<Comparison<'_>> =
        (0..).zip(ledgers).map(|(id, ledger)| Comparison::new(PartitionId(id), ledger)).collect();
    while let Some(chunk) = consumer.next().await.map_err(|error| error.to_string())? {
        let found = usize::try_from(chunk.place.partition.0).ok().and_then(|at| partitions.get_mut(at));
        let Some(partition) = found else { continue };
        for batch in &chunk.batches {
            let batch = batch.open().map_err(|error| error.to_string())?;
            for record in batch.records() {
                let record = record.map_err(|error| error.to_string())?;
                partition.see(record.offset, record.value.unwrap_or_default(), &mut findings);
            }
        }
    }
    findings.took = began.elapsed();
    for partition in partitions {
        partition.finish(&mut findings);
    }
    Ok(findings)
}

/// One partition's comparison.
struct Comparison<'a> {
    partition: PartitionId,
    ledger: &'a Ledger,
    seen: Vec<bool>,
    last: Option<u64>,
}

impl<'a> Comparison<'a> {
    fn new(partition: PartitionId, ledger: &'a Ledger) -> Self {
        let sent = usize::try_from(ledger.handed_over()).unwrap_or_default();
        Self { partition, ledger, seen: vec![false; sent], last: None }
    }

    fn see(&mut self, offset: Offset, value: &[u8], findings: &mut Findings) {
        findings.read += 1;
        let here = self.partition;
        let number = read_mark(value).filter(|(partition, _)| *partition == here).map(|(_, number)| number);
        let slot = number.and_then(|number| self.seen.get_mut(usize::try_from(number).ok()?));
        let (Some(number), Some(slot)) = (number, slot) else {
            findings.foreign += 1;
            findings.tell(|| format!("partition {here}: nobody sent what is at offset {offset}"));
            return;
        };
        if std::mem::replace(slot, true) {
            findings.duplicated += 1;
            findings.tell(|| format!("partition {here}: record {number} is once more at offset {offset}"));
            return;
        }
        if self.last.is_some_and(|last| number < last) {
            findings.reordered += 1;
            findings.tell(|| format!("partition {here}: record {number} at offset {offset} comes late"));
        }
        self.last = self.last.max(Some(number));
        if let Some(told) = self.ledger.offset(number).filter(|told| *told != offset) {
            findings.moved += 1;
            findings.tell(|| {
                format!("partition {here}: record {number} was acknowledged at {told} and is at {offset}")
            });
        }
    }

    fn finish(self, findings: &mut Findings) {
        findings.acknowledged += self.ledger.acknowledged();
        let (failed, words) = self.ledger.failures();
        findings.failed += failed;
        for word in words {
            findings.tell(|| format!("partition {}: {word}", self.partition));
        }
        for (number, _) in (0..).zip(&self.seen).filter(|(_, seen)| !**seen) {
            if self.ledger.is_acknowledged(number) {
                findings.lost += 1;
                let place = self.ledger.offset(number).map_or(-1, |offset| offset.0);
                findings.tell(|| {
                    format!("partition {}: record {number}, acknowledged at {place}, is lost", self.partition)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::mark;

    fn compared(acknowledged: &[Option<i64>], log: &[(i64, u64)]) -> Findings {
        let ledger = Ledger::of(acknowledged);
        let mut findings = Findings::default();
        let mut comparison = Comparison::new(PartitionId(3), &ledger);
        for (offset, number) in log {
            comparison.see(Offset(*offset), &mark(PartitionId(3), *number, 12), &mut findings);
        }
        comparison.finish(&mut findings);
        findings
    }

    fn wrong(findings: &Findings) -> [u64; 5] {
        [findings.lost, findings.duplicated, findings.reordered, findings.moved, findings.foreign]
    }

    #[test]
    fn a_log_as_acknowledged_is_clean_whether_failed_records_are_there_or_not() {
        let sent = [Some(0), None, Some(1), None];
        assert!(compared(&sent, &[(0, 0), (1, 2)]).is_clean());
        assert!(compared(&[Some(0), None, Some(2)], &[(0, 0), (1, 1), (2, 2)]).is_clean());
    }

    #[test]
    fn each_kind_of_damage_is_found() {
        let sent = [Some(0), Some(1), Some(2)];
        assert_eq!(wrong(&compared(&sent, &[(0, 0), (2, 2)])), [1, 0, 0, 0, 0]);
        assert_eq!(wrong(&compared(&sent, &[(0, 0), (1, 1), (2, 2), (3, 1)])), [0, 1, 0, 0, 0]);
        assert_eq!(wrong(&compared(&[None, Some(0)], &[(0, 1), (1, 0)])), [0, 0, 1, 0, 0]);
        assert_eq!(wrong(&compared(&sent, &[(0, 0), (1, 1), (5, 2)])), [0, 0, 0, 1, 0]);
        assert_eq!(wrong(&compared(&sent, &[(0, 0), (1, 1), (2, 2), (3, 9)])), [0, 0, 0, 0, 1]);
    }
}

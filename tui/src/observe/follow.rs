//! Follows the metadata log: what to fetch next, and what of it is committed. Pure.
//!
//! The controller hands out what it has, committed or not. What is above the high watermark is kept until the
//! high watermark passes it, and dropped when a new leader's log has something else there, as a follower does.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use kr_client::admin::{MetadataLogAnswer, MetadataLogWanted};
use kr_wire::batch::{BatchHeader, Batches};
use kr_wire::fetch::{EpochEndOffset, SnapshotId};
use kr_wire::ids::{LeaderEpoch, Offset};

/// How long a controller may wait for something new. A NoOp comes every 500 ms.
const WAIT: Duration = Duration::from_secs(2);

/// The same while something is not committed yet, at controllers that do not tell when it is.
const SHORT_WAIT: Duration = Duration::from_millis(50);

/// Bytes of one fetch.
const FETCH_BYTES: i32 = 1024 * 1024;

/// Bytes that may wait for the high watermark; a quorum that is well has a few.
const PENDING_BYTES: usize = 16 * 1024 * 1024;

/// A batch of the log.
#[derive(Clone, Debug)]
pub struct LogBatch {
    /// Its bytes.
    pub bytes: Bytes,
    /// The offset after its last record.
    pub end: Offset,
    /// The epoch of the leader that wrote it.
    pub epoch: LeaderEpoch,
}

/// What an answer means.
#[derive(Clone, Debug)]
pub enum Followed {
    /// These batches are committed, in order; often none.
    Committed(Vec<LogBatch>),
    /// The log begins later: begin at a snapshot.
    Snapshot {
        /// The newest one.
        id: SnapshotId,
        /// Where the log begins.
        log_start: Offset,
    },
    /// Someone else leads: ask there, or who it is.
    Moved(MetadataLogAnswer),
    /// What was committed is not in this log: it is another cluster's, or data was lost. Begin anew.
    Contradiction(EpochEndOffset),
}

/// Where one is in the log.
#[derive(Clone, Debug)]
pub struct Follow {
    epoch: LeaderEpoch,
    /// Up to where everything was given out, and the epoch of the record before.
    given: Offset,
    given_epoch: LeaderEpoch,
    pending: VecDeque<LogBatch>,
    high_watermark: Option<Offset>,
    tells_high_watermark: bool,
}

impl Follow {
    /// Begins at an offset whose predecessor has this epoch, in a quorum that is led in epoch `leader_epoch`.
    pub fn new(leader_epoch: LeaderEpoch, from: Offset, last_epoch: LeaderEpoch) -> Self {
        Self {
            epoch: leader_epoch,
            given: from,
            given_epoch: last_epoch,
            pending: VecDeque::new(),
            high_watermark: None,
            tells_high_watermark: true,
        }
    }

    /// The epoch of the leader that is asked.
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Another leader, or the same in a new epoch. Where one is stays.
    pub fn led_in(&mut self, epoch: LeaderEpoch) {
        self.epoch = self.epoch.max(epoch);
    }

    /// Up to where batches were given out.
    pub fn position(&self) -> Offset {
        self.given
    }

    /// The high watermark as last told.
    pub fn high_watermark(&self) -> Option<Offset> {
        self.high_watermark
    }

    /// Whether everything that is committed was given out.
    pub fn is_at_head(&self) -> bool {
        self.high_watermark.is_some_and(|end| self.given >= end)
    }

    /// What to fetch next.
    pub fn wanted(&self) -> MetadataLogWanted {
        let (from, last_epoch) = match self.pending.back() {
            Some(batch) => (batch.end, batch.epoch),
            None => (self.given, self.given_epoch),
        };
        let is_short = !self.pending.is_empty() && !self.tells_high_watermark;
        MetadataLogWanted {
            epoch: self.epoch,
            from,
            last_epoch,
            high_watermark: self.high_watermark,
            max_wait: if is_short { SHORT_WAIT } else { WAIT },
            max_bytes: FETCH_BYTES,
        }
    }

    /// Takes an answer in.
    pub fn take(&mut self, answer: MetadataLogAnswer) -> Followed {
        match answer {
            MetadataLogAnswer::Part { batches, high_watermark, tells_high_watermark, .. } => {
                self.tells_high_watermark = tells_high_watermark;
                self.high_watermark = self.high_watermark.max(high_watermark);
                self.keep(&batches);
                Followed::Committed(self.committed())
            }
            MetadataLogAnswer::Snapshot { id, log_start } => Followed::Snapshot { id, log_start },
            MetadataLogAnswer::Diverged(end) => self.diverged(end),
            moved @ MetadataLogAnswer::Moved { .. } => {
                // What a deposed leader had not committed may never be.
                self.pending.clear();
                Followed::Moved(moved)
            }
        }
    }

    fn diverged(&mut self, end: EpochEndOffset) -> Followed {
        if self.pending.is_empty() {
            return Followed::Contradiction(end);
        }
        // The new leader's log ends that epoch earlier, or does not have it.
        self.pending.retain(|batch| batch.end <= end.end_offset && batch.epoch <= end.epoch);
        Followed::Committed(Vec::new())
    }

    fn keep(&mut self, bytes: &Bytes) {
        let mut next = self.wanted().from;
        let held: usize = self.pending.iter().map(|batch| batch.bytes.len()).sum();
        for batch in Batches::new(bytes) {
            // What is not whole or not sound is fetched again.
            let Ok(batch) = batch else { break };
            let header: &BatchHeader = &batch.header;
            let end = header.next_offset();
            if end <= next {
                continue;
            }
            if batch.verify_crc().is_err() || held > PENDING_BYTES {
                break;
            }
            let epoch = header.partition_leader_epoch.unwrap_or(self.epoch);
            self.pending.push_back(LogBatch { bytes: bytes.slice(batch.range()), end, epoch });
            next = end;
        }
    }

    fn committed(&mut self) -> Vec<LogBatch> {
        let Some(high_watermark) = self.high_watermark else { return Vec::new() };
        let mut given: Vec<LogBatch> = Vec::new();
        while self.pending.front().is_some_and(|batch| batch.end <= high_watermark) {
            given.extend(self.pending.pop_front());
        }
        if let Some(last) = given.last() {
            (self.given, self.given_epoch) = (last.end, last.epoch);
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::batch::BatchBuilder;

    use super::*;

    fn batch(base: i64, count: i64, epoch: i32) -> Bytes {
        let mut builder = BatchBuilder::new(Offset(base)).leader_epoch(LeaderEpoch(epoch));
        for _ in 0..count {
            builder.push(1, None, Some(b"x"), &[]);
        }
        builder.build()
    }

    fn part(batches: &[Bytes], high_watermark: Option<i64>) -> MetadataLogAnswer {
        MetadataLogAnswer::Part {
            batches: batches.concat().into(),
            high_watermark: high_watermark.map(Offset),
            log_start: Offset(0),
            tells_high_watermark: false,
        }
    }

    fn ends(followed: Followed) -> Vec<i64> {
        let Followed::Committed(batches) = followed else { panic!("{followed:?}") };
        batches.iter().map(|batch| batch.end.0).collect()
    }

    #[test]
    fn nothing_above_the_high_watermark_is_given_out() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(0), LeaderEpoch(0));
        assert_eq!(ends(follow.take(part(&[batch(0, 2, 4), batch(2, 3, 4)], Some(2)))), [2]);
        let wanted = follow.wanted();
        assert_eq!(
            (wanted.from, wanted.last_epoch, wanted.max_wait),
            (Offset(5), LeaderEpoch(4), SHORT_WAIT)
        );
        assert!(ends(follow.take(part(&[], Some(4)))).is_empty());
        assert_eq!(ends(follow.take(part(&[], Some(5)))), [5]);
        assert!(follow.is_at_head());
    }

    #[test]
    fn a_high_watermark_that_is_not_known_yet_commits_nothing() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(0), LeaderEpoch(0));
        assert!(ends(follow.take(part(&[batch(0, 1, 4)], None))).is_empty());
        assert!(!follow.is_at_head());
        assert_eq!(ends(follow.take(part(&[], Some(1)))), [1]);
    }

    #[test]
    fn what_a_new_leader_does_not_have_is_dropped() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(0), LeaderEpoch(0));
        follow.take(part(&[batch(0, 1, 4), batch(1, 1, 4), batch(2, 1, 4)], Some(1)));
        follow.led_in(LeaderEpoch(5));
        let end = EpochEndOffset { epoch: LeaderEpoch(4), end_offset: Offset(2) };
        assert!(ends(follow.take(MetadataLogAnswer::Diverged(end))).is_empty());
        assert_eq!(follow.wanted().from, Offset(2));
        assert_eq!(ends(follow.take(part(&[batch(2, 1, 5)], Some(3)))), [2, 3]);
    }

    #[test]
    fn a_log_without_what_was_committed_is_a_contradiction() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(0), LeaderEpoch(0));
        follow.take(part(&[batch(0, 5, 4)], Some(5)));
        let end = EpochEndOffset { epoch: LeaderEpoch(3), end_offset: Offset(2) };
        assert!(matches!(follow.take(MetadataLogAnswer::Diverged(end)), Followed::Contradiction(_)));
    }

    #[test]
    fn a_batch_that_was_seen_and_a_torn_one_are_left_out() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(2), LeaderEpoch(4));
        let mut torn = batch(4, 1, 4).to_vec();
        torn.truncate(torn.len() - 1);
        let answer = part(&[batch(0, 2, 4), batch(2, 2, 4), torn.into()], Some(100));
        assert_eq!(ends(follow.take(answer)), [4]);
        assert_eq!(follow.wanted().from, Offset(4));
    }

    #[test]
    fn a_new_leader_forgets_what_was_not_committed_and_keeps_the_place() {
        let mut follow = Follow::new(LeaderEpoch(4), Offset(0), LeaderEpoch(0));
        follow.take(part(&[batch(0, 1, 4), batch(1, 1, 4)], Some(1)));
        let moved = MetadataLogAnswer::Moved {
            code: kr_client::ErrorCode::NOT_LEADER_OR_FOLLOWER,
            leader: None,
            epoch: None,
            address: None,
        };
        assert!(matches!(follow.take(moved), Followed::Moved(_)));
        assert_eq!((follow.position(), follow.wanted().from), (Offset(1), Offset(1)));
    }
}

//! Appending: as the leader with validation, as a follower with what the leader sent.

use std::ops::Range;

use bytes::Bytes;
use kr_wire::batch::{Batch, BatchHeader, Batches, TimestampType};
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::time::Now;

use super::{Appended, Log, Origin};
use crate::error::{AppendError, LogError};
use crate::producer_state::{Checked, Claim};
use crate::segment::{Placed, Segment};
use crate::validate::{corrupt, validate, validate_placed};

/// A batch with its place in the log, somewhere in the bytes to append.
#[derive(Debug)]
struct Incoming {
    range: Range<usize>,
    header: BatchHeader,
    claim: Claim,
}

/// How far back a repeated batch is looked for, in records: near first, then as far as other producers may have pushed
/// it within the time of a retry.
const OLDER_RECORDS: [i64; 2] = [200, 10_000];

/// Most bytes read in one such look.
const OLDER_BYTES: usize = 4 << 20;

impl Log {
    /// Appends one batch as the partition's leader: validates it, assigns its offsets, epoch and timestamps.
    ///
    /// A client's batch that is in the log already is not appended again; the answer is that of the first time.
    ///
    /// **Errors:** see [`AppendError`]; the log is unchanged.
    pub fn append_as_leader(
        &mut self,
        batch: &Bytes,
        epoch: LeaderEpoch,
        origin: Origin,
        now: Now,
    ) -> Result<Appended, AppendError> {
        if origin == Origin::Raft {
            let header = validate_placed(batch, self.end)?;
            let incoming = Incoming { range: 0..batch.len(), header, claim: Claim::Nothing };
            return Ok(self.append_placed(batch, &[incoming], now)?);
        }
        let valid = validate(batch, origin, &self.config, now.wall_ms)?;
        let claim = Claim::of(&Batch::parse(batch).map_err(|error| corrupt(&error))?)
            .map_err(|error| corrupt(&error))?;
        let log_append_time = self.config.timestamp_type == TimestampType::LogAppendTime;
        let checked = match self.producers.check(&valid.header, claim, origin) {
            Err(error @ AppendError::OutOfOrderSequence { found, last, .. }) if found <= last => {
                self.find_older(&valid.header).ok_or(error)?
            }
            checked => checked?,
        };
        match checked {
            Checked::New => {}
            Checked::Duplicate { base_offset, last_offset, timestamp } => {
                return Ok(Appended {
                    base_offset,
                    last_offset,
                    log_append_time_ms: log_append_time.then_some(timestamp),
                    log_start: self.start,
                    duplicate: true,
                });
            }
        }
        let placed = valid.place(batch, self.end, epoch).map_err(|error| corrupt(&error))?;
        let header = BatchHeader::parse(&placed).map_err(|error| corrupt(&error))?;
        let incoming = Incoming { range: 0..placed.len(), header, claim };
        let appended = self.append_placed(&placed, &[incoming], now)?;
        Ok(Appended { log_append_time_ms: log_append_time.then_some(header.max_timestamp), ..appended })
    }

    /// Looks at the end of the log for a batch that its producer's state does not hold any more. A state that was
    /// loaded from a snapshot holds the last batch only, but clients repeat up to five, and one that is refused
    /// although it is in the log is repeated in vain.
    fn find_older(&self, wanted: &BatchHeader) -> Option<Checked> {
        OLDER_RECORDS.iter().find_map(|records| {
            let from = (self.end - *records).max(self.start);
            let bytes = self.read(from, OLDER_BYTES, true, self.end).ok()?;
            let mut headers = Batches::new(&bytes).map_while(Result::ok).map(|batch| batch.header);
            let found = headers.find(|header| {
                header.producer_id == wanted.producer_id
                    && header.producer_epoch == wanted.producer_epoch
                    && header.base_sequence == wanted.base_sequence
                    && header.last_sequence() == wanted.last_sequence()
            })?;
            Some(Checked::Duplicate {
                base_offset: found.base_offset,
                last_offset: found.last_offset(),
                timestamp: found.max_timestamp,
            })
        })
    }

    /// Appends what a leader sent, as it is. A torn last batch is left out, as are the first batch of an epoch above
    /// `max_epoch` and everything after it.
    ///
    /// **Errors:** [`AppendError::Corrupt`], [`AppendError::UnexpectedOffset`] when a batch overlaps the log or the one
    /// before it; then nothing was appended. After [`AppendError::Storage`] the first batches may have been.
    pub fn append_as_follower(
        &mut self,
        batches: &Bytes,
        max_epoch: LeaderEpoch,
        now: Now,
    ) -> Result<Appended, AppendError> {
        let mut incoming = Vec::new();
        let mut next = self.end;
        for batch in Batches::new(batches) {
            let batch = batch.map_err(|error| corrupt(&error))?;
            batch.verify_crc().map_err(|error| corrupt(&error))?;
            if batch.header.partition_leader_epoch.is_some_and(|epoch| epoch > max_epoch) {
                break;
            }
            if batch.header.base_offset < next {
                return Err(AppendError::UnexpectedOffset {
                    expected: next,
                    found: batch.header.base_offset,
                });
            }
            next = batch.header.next_offset();
            let claim = Claim::of(&batch).map_err(|error| corrupt(&error))?;
            incoming.push(Incoming { range: batch.range(), header: batch.header, claim });
        }
        Ok(self.append_placed(batches, &incoming, now)?)
    }

    /// Appends batches that lie one after the other in `bytes`, in as few writes as there are segments to fill.
    fn append_placed(
        &mut self,
        bytes: &Bytes,
        incoming: &[Incoming],
        now: Now,
    ) -> Result<Appended, LogError> {
        self.seen = now;
        let mut appended = Appended {
            base_offset: incoming.first().map_or(self.end, |first| first.header.base_offset),
            last_offset: self.end - 1,
            log_append_time_ms: None,
            log_start: self.start,
            duplicate: false,
        };
        let mut rest = incoming;
        while let Some(first) = rest.first() {
            self.make_dir()?;
            let base = first.header.base_offset;
            let active = self.segments.last().expect("a log has at least one segment");
            if active.is_full_for(Placed::of(&first.header), &self.config, now.wall_ms) {
                self.roll_to(self.end.max(base), now)?;
            }
            let (run, after) = rest.split_at(self.run_length(rest));
            rest = after;
            let Some(last) = run.last() else { break };
            let written = bytes.slice(first.range.start..last.range.end);
            let interval = self.config.index_interval_bytes;
            let active = self.segments.last_mut().expect("a log has at least one segment");
            let placed = run.iter().map(|batch| Placed::of(&batch.header));
            active.append(&self.dir, &written, placed, interval)?;
            self.changed = true;
            for batch in run {
                self.note(&batch.header, batch.claim)?;
            }
            self.tail.push(base, self.end, written);
            appended.last_offset = self.end - 1;
        }
        Ok(appended)
    }

    /// How many batches go to the active segment in one write: at least the first.
    fn run_length(&self, batches: &[Incoming]) -> usize {
        let Some(active) = self.segments.last() else { return 1 };
        let mut bytes = 0;
        let fits = batches.iter().take_while(|batch| {
            bytes += batch.header.size as u64;
            active.takes_run(Placed { bytes, ..Placed::of(&batch.header) }, &self.config)
        });
        fits.count().max(1)
    }

    /// Takes note of a batch that is in the active segment.
    pub(super) fn note(&mut self, header: &BatchHeader, claim: Claim) -> Result<(), LogError> {
        if let Some(epoch) = header.partition_leader_epoch {
            self.note_epoch(epoch, header.base_offset);
        }
        self.end = header.next_offset();
        if let Some(aborted) = self.producers.apply(header, claim) {
            let active = self.segments.last_mut().expect("a log has at least one segment");
            active.push_aborted(&self.dir, aborted)?;
        }
        Ok(())
    }

    /// Starts a new segment at the log end unless the active one is empty.
    pub fn roll(&mut self, now: Now) -> Result<(), LogError> {
        if self.segments.last().is_some_and(Segment::is_empty) {
            return Ok(());
        }
        self.roll_to(self.end, now)
    }

    /// Seals the active segment and starts one at `base`. After an error it may be called again.
    pub(super) fn roll_to(&mut self, base: Offset, now: Now) -> Result<(), LogError> {
        self.save_epochs()?;
        self.snapshot_producers(base)?;
        let active = self.segments.last_mut().expect("a log has at least one segment");
        active.seal(&self.dir)?;
        active.next = base;
        let mut segment = Segment::new(base, now.wall_ms);
        segment.create(&self.dir)?;
        self.segments.push(segment);
        self.end = self.end.max(base);
        self.names += 1;
        Ok(())
    }
}

//! Loading a log: tidying its directory, recovery after an unclean stop, producer state.
//!
//! After an unclean stop every segment from the recovery point on is checked batch by batch, and its indexes,
//! epochs and producers are taken from its batches. What is below the recovery point is durable and trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use kr_wire::batch::Batches;
use kr_wire::ids::Offset;
use kr_wire::producer_snapshot;

use super::epochs_file::EpochsFile;
use super::{Log, OpenLog, Recovered};
use crate::checkpoint;
use crate::dir::Dir;
use crate::epoch_cache::{EpochCache, EpochStart};
use crate::error::{IoContext, LogError, ReadError};
use crate::layout::{FileKind, LEADER_EPOCH_CHECKPOINT, Leftover, offset_file, parse_offset_file};
use crate::mutants::{self, Mutant};
use crate::partition_metadata;
use crate::producer_state::{Claim, ProducerState};
use crate::segment::{Extent, Segment};

/// Bytes read at a time when epochs are looked for that the file has forgotten.
const FORGOTTEN_BYTES: usize = 1 << 20;

impl Log {
    /// Loads a log, with recovery after an unclean stop, or starts an empty one at offset 0, of which nothing
    /// is on disk.
    ///
    /// **Errors:** the disk fails, or a checkpoint is corrupt. Batches that are not sound are no error: the
    /// log ends before them.
    pub fn open(open: OpenLog) -> Result<(Self, Recovered), LogError> {
        let dir = Dir { disk: open.disk, path: open.dir };
        let found = Found::tidy(&dir)?;
        let exists = found.is_some();
        let found = found.unwrap_or_default();
        let epochs = if exists {
            checkpoint::read_epochs(dir.disk.as_ref(), &dir.path.join(LEADER_EPOCH_CHECKPOINT))?
        } else {
            Default::default()
        };
        let mut log = Self {
            dir,
            topic_id: open.topic_id,
            config: open.config,
            segments: Vec::new(),
            start: Offset::ZERO,
            end: Offset::ZERO,
            epochs,
            epochs_file: EpochsFile::default(),
            producers: ProducerState::default(),
            snapshots: found.snapshots.iter().copied().collect(),
            tail: open.tail.join(),
            made: found.has_topic_id,
            changed: false,
            names: 0,
            names_synced: 0,
            recovery_point: open.recovery_point,
            truncations: 0,
            doomed: Vec::new(),
            seen: open.now,
        };
        if exists {
            log.make_dir()?;
        }
        let recovered = log.load(&found, open.clean)?;
        log.settle(open.clean && recovered == Recovered::default(), open.log_start)?;
        Ok((log, recovered))
    }

    /// Loads the segments, epochs and producers.
    fn load(&mut self, found: &Found, clean: bool) -> Result<Recovered, LogError> {
        let segments: Vec<(Offset, u64)> = found.logs.iter().map(|(base, size)| (*base, *size)).collect();
        let unindexed =
            segments.iter().position(|(base, _)| !found.indexed.contains(base)).unwrap_or(segments.len());
        let from = if clean {
            unindexed
        } else {
            let unflushed = segments.partition_point(|(base, _)| *base <= self.recovery_point);
            unflushed.saturating_sub(1).min(unindexed)
        };
        let (trusted, mut unchecked) = segments.split_at(from);
        for (at, (base, size)) in trusted.iter().enumerate() {
            let next = segments.get(at + 1).map_or(*base, |(next, _)| *next);
            self.segments.push(Segment::sealed(*base, next, *size, self.seen.wall_ms));
        }
        if unchecked.is_empty()
            && let Some((base, size)) = trusted.last()
        {
            let interval = self.config.index_interval_bytes;
            let (segment, extent) = Segment::load(&self.dir, *base, *size, interval, self.seen.wall_ms)?;
            self.segments.pop();
            if extent.valid == extent.file {
                self.end = segment.next;
                self.segments.push(segment);
                self.rebuild_producers(self.end)?;
            } else {
                unchecked = &trusted[trusted.len() - 1..];
            }
        }
        self.check(unchecked)
    }

    /// Checks segments, the last ones of the log; drops what is not sound and everything after it.
    fn check(&mut self, unchecked: &[(Offset, u64)]) -> Result<Recovered, LogError> {
        let mut recovered = Recovered::default();
        let Some((first, _)) = unchecked.first() else { return Ok(recovered) };
        self.epochs.truncate_from_end(*first);
        let trusted = self.snapshots.partition_point(|offset| offset <= first);
        let untrusted = self.snapshots.split_off(trusted);
        self.rebuild_producers(*first)?;
        self.changed = true;
        self.epochs_file.changed();
        for (at, (base, size)) in unchecked.iter().enumerate() {
            // Only compaction leaves holes; else the end of the segment before was lost.
            let hole = at > 0 && *base > self.end && !self.config.cleanup.compact;
            if hole || *base < self.end {
                recovered.dropped_segments = self.drop_segments(&unchecked[at..])?;
                break;
            }
            if at > 0 {
                self.seal_checked(*base)?;
            }
            let extent = self.check_segment(*base, *size)?;
            recovered.recovered_segments += 1;
            if extent.valid < extent.file {
                recovered.truncated_bytes = extent.file - extent.valid;
                recovered.dropped_segments = self.drop_segments(&unchecked[at + 1..])?;
                break;
            }
        }
        self.sort_out_snapshots(untrusted)?;
        Ok(recovered)
    }

    /// Removes snapshots that the batches do not confirm: all but one at the log end that says the same as
    /// they do, and those that were written anew.
    fn sort_out_snapshots(&mut self, untrusted: Vec<Offset>) -> Result<(), LogError> {
        for offset in untrusted {
            if self.snapshots.contains(&offset) {
                continue;
            }
            let expected = producer_snapshot::encode(&self.producers.snapshot());
            if offset == self.end && self.dir.read(offset, FileKind::ProducerSnapshot)? == Some(expected) {
                self.snapshots.push(offset);
            } else {
                self.dir.remove(&self.dir.file(offset, FileKind::ProducerSnapshot))?;
            }
        }
        Ok(())
    }

    /// Checks one segment, cuts it where it is not sound and makes it the active one.
    fn check_segment(&mut self, base: Offset, size: u64) -> Result<Extent, LogError> {
        let now_ms = self.seen.wall_ms;
        let Self { dir, epochs, producers, config, .. } = self;
        let interval = config.index_interval_bytes;
        let visit = |segment: &mut Segment, batch: &kr_wire::batch::Batch<'_>| {
            let Ok(claim) = Claim::of(batch) else { return Ok(false) };
            if let Some(epoch) = batch.header.partition_leader_epoch {
                epochs.assign(epoch, batch.header.base_offset);
            }
            if mutants::planted(Mutant::ProducerStateNotRebuilt) {
                return Ok(true);
            }
            if let Some(aborted) = producers.apply(&batch.header, claim) {
                segment.push_aborted(dir, aborted)?;
            }
            Ok(true)
        };
        let (mut segment, extent) = Segment::recover(dir, base, size, interval, now_ms, visit)?;
        if extent.valid < extent.file && !mutants::planted(Mutant::TornTailKept) {
            segment.cut(dir, extent.valid)?;
        }
        self.end = segment.next;
        self.segments.push(segment);
        Ok(extent)
    }

    /// Seals the last segment, which was checked, because another follows it.
    fn seal_checked(&mut self, next: Offset) -> Result<(), LogError> {
        self.snapshot_producers(next)?;
        let segment = self.segments.last_mut().expect("a segment was checked before");
        segment.seal(&self.dir)?;
        segment.next = next;
        Ok(())
    }

    /// Removes the files of segments, the last first; returns how many there were.
    fn drop_segments(&mut self, segments: &[(Offset, u64)]) -> Result<usize, LogError> {
        for (base, _) in segments.iter().rev() {
            for kind in FileKind::OF_SEGMENT {
                self.dir.remove(&self.dir.file(*base, kind))?;
            }
        }
        Ok(segments.len())
    }

    /// Brings the ends of everything together once the segments are known.
    fn settle(&mut self, clean: bool, log_start: Option<Offset>) -> Result<(), LogError> {
        if self.segments.is_empty() {
            self.segments.push(Segment::new(Offset::ZERO, self.seen.wall_ms));
        }
        self.drop_snapshots_above(self.end)?;
        self.recovery_point = if clean { self.end } else { self.recovery_point.min(self.end) };
        if !clean && self.made {
            self.changed = true;
            self.names += 1;
        }
        let start = log_start.unwrap_or(Offset::ZERO);
        if self.end < start {
            return self.truncate_fully_and_start_at(start);
        }
        self.start = start.max(self.first_segment_base());
        let cut = self.epochs.truncate_from_end(self.end);
        if self.epochs.truncate_from_start(self.start) || cut {
            self.epochs_file.changed();
        }
        self.find_forgotten_epochs()
    }

    /// Reads the epochs of the first batches again if the file does not know them: a crash can bring back segments
    /// whose deletion was not durable yet, but not what the file said of them.
    fn find_forgotten_epochs(&mut self) -> Result<(), LogError> {
        let known = self.epochs.entries().to_vec();
        let end = known.first().map_or(self.end, |first| first.start);
        let mut found = Vec::new();
        let mut at = self.start;
        while at < end {
            let bytes = match self.read(at, FORGOTTEN_BYTES, true, end) {
                Ok(bytes) => bytes,
                Err(ReadError::Storage(error)) => return Err(error),
                Err(ReadError::OffsetOutOfRange { .. }) => break,
            };
            let before = at;
            for header in Batches::new(&bytes).map_while(Result::ok).map(|batch| batch.header) {
                let start = header.base_offset.max(self.start);
                found.extend(header.partition_leader_epoch.map(|epoch| EpochStart { epoch, start }));
                at = header.next_offset();
            }
            // Batches of before Kafka 0.11 have no epoch.
            if at == before {
                break;
            }
        }
        if !found.is_empty() {
            self.epochs = EpochCache::from_entries(found.into_iter().chain(known));
            self.epochs_file.changed();
            self.changed = true;
        }
        Ok(())
    }

    /// Makes the producer state what it was at an offset: the newest snapshot at or below it, and the batches
    /// since.
    pub(super) fn rebuild_producers(&mut self, at: Offset) -> Result<(), LogError> {
        let mut from = self.segments.first().map_or(at, |first| first.base);
        self.producers = ProducerState::default();
        for offset in self.snapshots.clone().into_iter().rev().filter(|offset| *offset <= at) {
            let content = self.dir.read(offset, FileKind::ProducerSnapshot)?.unwrap_or_default();
            if let Ok(entries) = producer_snapshot::decode(&content) {
                let expiration = self.config.producer_expiration;
                self.producers = ProducerState::restore(&entries, self.seen.wall_ms, expiration);
                from = offset;
                break;
            }
            // It was not written whole: an older one and more batches do.
            self.dir.remove(&self.dir.file(offset, FileKind::ProducerSnapshot))?;
            self.snapshots.retain(|kept| *kept != offset);
        }
        let Self { dir, segments, producers, .. } = self;
        for segment in segments.iter().filter(|segment| segment.next > from) {
            segment.for_each_producer_batch(dir, from, |batch| {
                if let Ok(claim) = Claim::of(batch) {
                    producers.apply(&batch.header, claim);
                }
            })?;
        }
        Ok(())
    }
}

/// What a partition's directory holds, once it is tidy.
#[derive(Debug, Default)]
struct Found {
    has_topic_id: bool,
    /// Sizes of segments by base offset.
    logs: BTreeMap<Offset, u64>,
    /// Bases of segments with both index files.
    indexed: BTreeSet<Offset>,
    snapshots: BTreeSet<Offset>,
}

impl Found {
    /// Lists a directory, removes what is left over in it and puts finished output of a cleaner in place;
    /// `None` when there is no directory.
    fn tidy(dir: &Dir) -> Result<Option<Self>, LogError> {
        let entries = match dir.disk.list(&dir.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).at("list", &dir.path),
        };
        let mut swaps = BTreeMap::new();
        let has_topic_id = partition_metadata::read(dir.disk.as_ref(), &dir.path)?.is_some();
        let mut found = Self { has_topic_id, ..Self::default() };
        let mut indexes: BTreeSet<(Offset, FileKind)> = BTreeSet::new();
        for entry in entries.into_iter().filter(|entry| !entry.is_dir) {
            let path = dir.path.join(&entry.name);
            if entry.name.strip_suffix(".tmp").and_then(parse_offset_file).is_some() {
                dir.remove(&path)?;
                continue;
            }
            let Some(file) = parse_offset_file(&entry.name) else { continue };
            match (file.leftover, file.kind) {
                (Some(Leftover::Deleted | Leftover::Cleaned), _) => dir.remove(&path)?,
                (Some(Leftover::Swap), FileKind::Log) => {
                    swaps.insert(file.offset, entry.len);
                }
                // Renewed by recovery, as are those of the segments that are swapped out.
                (Some(Leftover::Swap), _) => dir.remove(&path)?,
                (None, FileKind::Log) => {
                    found.logs.insert(file.offset, entry.len);
                }
                (None, FileKind::ProducerSnapshot) => {
                    found.snapshots.insert(file.offset);
                }
                (None, kind) => {
                    indexes.insert((file.offset, kind));
                }
            }
        }
        for (base, size) in swaps {
            found.swap_in(dir, base, size)?;
            indexes.retain(|(offset, _)| *offset != base);
        }
        for (base, kind) in &indexes {
            if !found.logs.contains_key(base) {
                dir.remove(&dir.file(*base, *kind))?;
            } else if indexes.contains(&(*base, FileKind::OffsetIndex))
                && indexes.contains(&(*base, FileKind::TimeIndex))
            {
                found.indexed.insert(*base);
            }
        }
        Ok(Some(found))
    }

    /// Puts a cleaned segment in place of those it was made of.
    fn swap_in(&mut self, dir: &Dir, base: Offset, size: u64) -> Result<(), LogError> {
        let mut name = offset_file(base, FileKind::Log);
        name.push_str(Leftover::Swap.suffix());
        let swap = dir.path.join(name);
        let file = dir.disk.open(&swap, false).at("open", &swap)?;
        let end = Segment::end_of(file.as_ref(), &swap, base, size)?;
        drop(file);
        let replaced: Vec<Offset> = self.logs.range(base..end.max(base + 1)).map(|(base, _)| *base).collect();
        for old in replaced {
            for kind in FileKind::OF_SEGMENT {
                dir.remove(&dir.file(old, kind))?;
            }
            self.logs.remove(&old);
        }
        dir.disk.rename(&swap, &dir.file(base, FileKind::Log)).at("rename", &swap)?;
        self.logs.insert(base, size);
        Ok(())
    }
}

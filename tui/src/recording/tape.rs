//! The recording in memory: compressed frames, the oldest dropped when there are too many. Scrubbing to a moment
//! takes the last base before it and everything up to it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kr_wire::ids::NodeId;

use super::stored::{Input, Stored};
use super::{Damaged, Entry, Timed};
use crate::picture::Picture;
use crate::snapshot::{BrokerPulse, Observation, Seen, Source, Time, TopicColumns, TopicConfig, Topics};

/// How far apart bases are, at least.
const BASE_EVERY_MS: i64 = 10 * 60 * 1000;

/// Bytes of entries, not compressed, after which a frame is closed.
const FRAME_BYTES: usize = 256 * 1024;

/// How long a frame is open: what a crash can lose of a file.
const FRAME_MS: i64 = 5000;

/// How long the same answer again is not worth an entry.
const REPEAT_MS: i64 = 5000;

/// zstd's level: 100,000 partitions take 340 KB at it.
const LEVEL: i32 = 3;

/// The largest frame that is unpacked.
const MOST_UNPACKED: usize = 256 * 1024 * 1024;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// All that is known: a replay can begin here.
    Base,
    /// What came after the frame before.
    Entries,
}

/// Entries, compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it holds.
    pub kind: FrameKind,
    /// The time of its first entry.
    pub first: Time,
    /// The time of its last entry.
    pub last: Time,
    bytes: Vec<u8>,
}

impl Frame {
    fn pack(kind: FrameKind, first: Time, last: Time, entries: &[u8]) -> Self {
        let bytes =
            zstd::bulk::compress(entries, LEVEL).expect("zstd compresses any bytes that fit into memory");
        Self { kind, first, last, bytes }
    }

    /// Its size in bytes.
    pub fn len(&self) -> usize {
        HEADER + self.bytes.len()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Lays it out for a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        out.push(u8::from(self.kind == FrameKind::Base));
        out.extend_from_slice(&self.first.0.to_le_bytes());
        out.extend_from_slice(&self.last.0.to_le_bytes());
        out.extend_from_slice(&self.bytes);
        out
    }

    /// Reads what [`Frame::to_bytes`] wrote.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let (kind, rest) = bytes.split_first().ok_or(Damaged)?;
        let (first, rest) = rest.split_first_chunk::<8>().ok_or(Damaged)?;
        let (last, rest) = rest.split_first_chunk::<8>().ok_or(Damaged)?;
        let kind = match kind {
            0 => FrameKind::Entries,
            1 => FrameKind::Base,
            _ => return Err(Damaged),
        };
        let (first, last) = (Time(i64::from_le_bytes(*first)), Time(i64::from_le_bytes(*last)));
        Ok(Self { kind, first, last, bytes: rest.to_vec() })
    }

    /// Its entries in order. Topics stand in it as they were written: those that changed.
    fn entries(&self) -> Result<Vec<Timed>, Damaged> {
        let bytes = zstd::bulk::decompress(&self.bytes, MOST_UNPACKED).map_err(|_| Damaged)?;
        let mut input = Input(&bytes);
        let mut entries = Vec::new();
        let mut at = self.first;
        while !input.is_empty() {
            at = Time(at.0.checked_add(i64::read(&mut input)?).ok_or(Damaged)?);
            entries.push((at, Entry::read(&mut input)?));
        }
        Ok(entries)
    }
}

/// Kind, first and last time.
const HEADER: usize = 17;

/// What a base is made of: the last word on everything, by kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    picture: Picture,
    topics: Option<(Time, Source, bool)>,
    pulses: BTreeMap<NodeId, (Time, BrokerPulse)>,
    configs: BTreeMap<Arc<str>, (Time, TopicConfig)>,
    /// Of other kinds the last answer.
    last: BTreeMap<u8, Observation>,
}

impl Known {
    /// Takes an entry in; gives it back with topics as a whole where all were seen.
    pub fn fold(&mut self, entry: Entry) -> Entry {
        match entry {
            Entry::AllTopics(mut seen) => {
                let changed = Topics { is_complete: false, ..seen.value };
                self.picture.observe(&Observation::Topics(Seen::new(changed, seen.as_of, seen.source)));
                self.picture.has_all_topics = true;
                self.topics = Some((seen.as_of, seen.source, true));
                let topics = self.picture.topics.values().cloned().collect();
                seen.value = Topics { is_complete: true, topics, gone: Vec::new() };
                Entry::Seen(Observation::Topics(seen))
            }
            Entry::Seen(seen) => {
                self.see(&seen);
                Entry::Seen(seen)
            }
            other => other,
        }
    }

    fn see(&mut self, seen: &Observation) {
        self.picture.observe(seen);
        match seen {
            Observation::Topics(seen) => {
                self.topics = Some((seen.as_of, seen.source, self.picture.has_all_topics));
            }
            Observation::Pulses(seen) => {
                self.pulses.extend(seen.value.iter().map(|pulse| (pulse.id, (seen.as_of, pulse.clone()))));
            }
            Observation::Configs(seen) => {
                let config = |config: &TopicConfig| (Arc::clone(&config.topic), (seen.as_of, config.clone()));
                self.configs.extend(seen.value.iter().map(config));
            }
            other => {
                self.last.insert(kind(other), other.clone());
            }
        }
    }

    /// The picture of cluster, quorum and topics.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Entries that lead from nothing to here.
    fn base(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.last.values().cloned().map(Entry::Seen).collect();
        if let Some((as_of, source, is_complete)) = self.topics {
            let topics = self.picture.topics.values().cloned().collect();
            let topics = Seen::new(Topics { is_complete, topics, gone: Vec::new() }, as_of, source);
            entries.push(if is_complete {
                Entry::AllTopics(topics)
            } else {
                Entry::Seen(Observation::Topics(topics))
            });
        }
        let pulses = self.pulses.values().map(|(as_of, pulse)| {
            Entry::Seen(Observation::Pulses(Seen::new(vec![pulse.clone()], *as_of, Source::ApiVersions)))
        });
        entries.extend(pulses);
        let configs = self.configs.values().map(|(as_of, config)| {
            Entry::Seen(Observation::Configs(Seen::new(vec![config.clone()], *as_of, Source::Configs)))
        });
        entries.extend(configs);
        entries
    }
}

fn kind(seen: &Observation) -> u8 {
    let mut first = Vec::new();
    match seen {
        // Only the number of the variant is wanted.
        Observation::Topics(_) => return 4,
        other => other.put(&mut first),
    }
    first.first().copied().unwrap_or(u8::MAX)
}

/// The recording.
#[derive(Clone, Debug)]
pub struct Tape {
    cap_bytes: usize,
    frames: VecDeque<Frame>,
    bytes: usize,
    known: Known,
    /// The frame that is open: its entries so far.
    open: Vec<u8>,
    open_first: Time,
    open_last: Time,
    base_at: Option<Time>,
    /// Frames that were closed and not taken for a file yet.
    fresh: Vec<Frame>,
    keeps_fresh: bool,
}

impl Tape {
    /// Records up to so many bytes; the oldest go then.
    pub fn new(cap_bytes: usize) -> Self {
        Self {
            cap_bytes,
            frames: VecDeque::new(),
            bytes: 0,
            known: Known::default(),
            open: Vec::new(),
            open_first: Time::default(),
            open_last: Time::default(),
            base_at: None,
            fresh: Vec::new(),
            keeps_fresh: false,
        }
    }

    /// From now on closed frames are kept for [`Tape::take_fresh`].
    pub fn keep_fresh(&mut self) {
        self.keeps_fresh = true;
    }

    /// Frames that were closed since this was asked last.
    pub fn take_fresh(&mut self) -> Vec<Frame> {
        std::mem::take(&mut self.fresh)
    }

    /// Its size in bytes.
    pub fn len(&self) -> usize {
        self.bytes + self.open.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.open.is_empty()
    }

    /// The first and the last moment that can be shown.
    pub fn span(&self) -> Option<(Time, Time)> {
        let first = self.frames.front().map(|frame| frame.first);
        let first = first.or((!self.open.is_empty()).then_some(self.open_first))?;
        let last = if self.open.is_empty() { self.frames.back()?.last } else { self.open_last };
        Some((first, last))
    }

    /// Records an entry. Time that goes back is taken for the time before.
    pub fn record(&mut self, at: Time, entry: Entry) {
        let Some(entry) = self.reduce(entry) else { return };
        let at = if self.is_empty() { at } else { at.max(self.open_last) };
        if self.open.len() >= FRAME_BYTES || !self.open.is_empty() && at.0 - self.open_first.0 >= FRAME_MS {
            self.close();
        }
        if self.base_at.is_none_or(|base| at.0 - base.0 >= BASE_EVERY_MS) && self.open.is_empty() {
            self.write_base(at);
        }
        if self.open.is_empty() {
            (self.open_first, self.open_last) = (at, at);
        }
        (at.0 - self.open_last.0).put(&mut self.open);
        entry.put(&mut self.open);
        self.open_last = at;
        self.known.fold(entry);
    }

    /// Closes the frame that is open.
    pub fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let entries = std::mem::take(&mut self.open);
        let frame = Frame::pack(FrameKind::Entries, self.open_first, self.open_last, &entries);
        self.push(frame);
    }

    fn write_base(&mut self, at: Time) {
        let mut bytes = Vec::new();
        for entry in self.known.base() {
            0_i64.put(&mut bytes);
            entry.put(&mut bytes);
        }
        self.base_at = Some(at);
        self.push(Frame::pack(FrameKind::Base, at, at, &bytes));
    }

    fn push(&mut self, frame: Frame) {
        self.bytes += frame.len();
        if self.keeps_fresh {
            self.fresh.push(frame.clone());
        }
        self.frames.push_back(frame);
        while self.bytes > self.cap_bytes && self.drop_oldest() {}
    }

    /// Drops frames up to the second base; false if there is only one.
    fn drop_oldest(&mut self) -> bool {
        let next = self.frames.iter().skip(1).position(|frame| frame.kind == FrameKind::Base);
        let Some(next) = next else { return false };
        for frame in self.frames.drain(..=next) {
            self.bytes -= frame.len();
        }
        true
    }

    /// Leaves out what says nothing new, and of all topics those that did not change.
    fn reduce(&self, entry: Entry) -> Option<Entry> {
        match entry {
            Entry::Seen(Observation::Topics(seen)) if seen.value.is_complete => {
                let known = &self.known.picture.topics;
                let has_changed = |topic: &&Arc<TopicColumns>| {
                    known.get(&topic.name).is_none_or(|known| !Arc::ptr_eq(known, topic) && known != *topic)
                };
                let topics: Vec<_> = seen.value.topics.iter().filter(has_changed).cloned().collect();
                let names: std::collections::BTreeSet<&Arc<str>> =
                    seen.value.topics.iter().map(|topic| &topic.name).collect();
                let gone: Vec<_> = known.keys().filter(|name| !names.contains(name)).cloned().collect();
                let is_old_news = topics.is_empty() && gone.is_empty();
                if is_old_news
                    && self.known.topics.is_some_and(|(at, _, all)| all && is_repeat(at, seen.as_of))
                {
                    return None;
                }
                let topics = Topics { is_complete: true, topics, gone };
                Some(Entry::AllTopics(Seen::new(topics, seen.as_of, seen.source)))
            }
            Entry::Seen(seen) => {
                let is_old_news = match (&seen, self.known.last.get(&kind(&seen))) {
                    (Observation::Ends(new), Some(Observation::Ends(old))) => {
                        new.value == old.value && is_repeat(old.as_of, new.as_of)
                    }
                    (Observation::Quorum(new), Some(Observation::Quorum(old))) => {
                        new.value == old.value && is_repeat(old.as_of, new.as_of)
                    }
                    (Observation::GroupDetails(new), Some(Observation::GroupDetails(old))) => {
                        new.value == old.value && is_repeat(old.as_of, new.as_of)
                    }
                    _ => false,
                };
                (!is_old_news).then_some(Entry::Seen(seen))
            }
            other => Some(other),
        }
    }

    /// Everything that leads to a moment: the last base before it and what came up to it, the moment included.
    pub fn replay_to(&self, at: Time) -> Result<Vec<Timed>, Damaged> {
        let begin = self.frames.iter().rposition(|frame| frame.kind == FrameKind::Base && frame.first <= at);
        let frames = self.frames.iter().skip(begin.unwrap_or(0));
        let mut replay = Replay::default();
        for frame in frames.take_while(|frame| frame.first <= at) {
            replay.play(frame)?;
        }
        if !self.open.is_empty() && self.open_first <= at {
            replay.play(&Frame::pack(FrameKind::Entries, self.open_first, self.open_last, &self.open))?;
        }
        let mut entries = replay.entries;
        entries.retain(|(time, _)| *time <= at);
        Ok(entries)
    }

    /// What is known at the end.
    pub fn known(&self) -> &Known {
        &self.known
    }
}

fn is_repeat(before: Time, now: Time) -> bool {
    now.0 - before.0 < REPEAT_MS
}

/// Frames become entries again, topics as a whole.
#[derive(Debug, Default)]
pub struct Replay {
    known: Known,
    /// The entries so far.
    pub entries: Vec<Timed>,
}

impl Replay {
    /// Adds a frame. A base in the middle says only what is known already, and is left out.
    pub fn play(&mut self, frame: &Frame) -> Result<(), Damaged> {
        if frame.kind == FrameKind::Base && !self.entries.is_empty() {
            return Ok(());
        }
        for (at, entry) in frame.entries()? {
            let entry = self.known.fold(entry);
            self.entries.push((at, entry));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

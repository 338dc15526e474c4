//! One machine with a disk in memory that may lose what was not flushed.
//!
//! Performs all outputs but calls and replies, which it hands out.

use std::collections::BTreeMap;

use kr_wire::ids::{DirectoryId, LeaderEpoch, NodeId, Offset, Uuid};
use kr_wire::time::Now;

use crate::{
    BatchSpan, CallId, Config, Election, Endpoint, Event, FlushId, Output, Peer, Raft, Request, RequestId,
    Response, Snapshot, SnapshotId, Stored, Timers, Voter, VoterSet,
};

/// A record, alone in its batch; value 0 is LEADER_CHANGE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) epoch: LeaderEpoch,
    pub(crate) value: u64,
}

/// Records and the offset of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemLog {
    pub(crate) start: i64,
    pub(crate) records: Vec<Record>,
}

impl MemLog {
    pub(crate) fn end(&self) -> i64 {
        self.start + self.records.len() as i64
    }

    pub(crate) fn at(&self, offset: i64) -> Option<Record> {
        usize::try_from(offset - self.start).ok().and_then(|at| self.records.get(at)).copied()
    }

    pub(crate) fn truncate(&mut self, to: i64) {
        self.records.truncate(usize::try_from(to - self.start).unwrap_or(0));
    }

    fn trim(&mut self, start: i64) {
        if start > self.end() {
            *self = Self { start, records: Vec::new() };
        } else if start > self.start {
            self.records.drain(..(start - self.start) as usize);
            self.start = start;
        }
    }

    fn epochs(&self) -> Vec<(LeaderEpoch, Offset)> {
        let mut epochs: Vec<(LeaderEpoch, Offset)> = Vec::new();
        for (at, record) in self.records.iter().enumerate() {
            if epochs.last().is_none_or(|(epoch, _)| *epoch != record.epoch) {
                epochs.push((record.epoch, Offset(self.start + at as i64)));
            }
        }
        epochs
    }
}

/// What survives a stop, and what of it survives a crash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) election: Option<Election>,
    pub(crate) log: MemLog,
    /// Everything below is flushed.
    pub(crate) flushed: i64,
    /// The log as of the last flush; may still have what was cut off since.
    durable: MemLog,
    flushing: Option<(MemLog, i64)>,
    /// All records before its end.
    pub(crate) snapshots: BTreeMap<SnapshotId, Vec<Record>>,
    partial: Vec<Record>,
}

impl Disk {
    /// Loses what was not flushed: all of it, or all beyond some point in it.
    pub(crate) fn crash(&mut self, to_last_flush: bool, kept: u64) {
        if to_last_flush {
            self.log = self.durable.clone();
        } else {
            let unflushed = (self.log.end() - self.flushed).max(0) as u64;
            self.log.truncate(self.flushed + (kept % (unflushed + 1)) as i64);
        }
        self.durable = self.log.clone();
        self.flushed = self.log.end();
        self.flushing = None;
        self.partial.clear();
    }

    fn stored(&self) -> Stored {
        Stored {
            election: self.election,
            log_start: Offset(self.log.start),
            log_end: Offset(self.log.end()),
            flushed: Offset(self.log.end()),
            epochs: self.log.epochs(),
            snapshots: self
                .snapshots
                .iter()
                .map(|(id, records)| Snapshot { id: *id, size: records.len() as i64 })
                .collect(),
        }
    }
}

/// What one side sends the other with a response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    pub(crate) records: Vec<Record>,
}

/// What a machine wants of the world.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Call {
        to: Peer,
        id: CallId,
        request: Request,
    },
    Reply {
        id: RequestId,
        answer: Answer,
    },
    Flush {
        id: FlushId,
        up_to: Offset,
    },
    /// Performed already; here to be looked at.
    Done(Output),
}

/// A machine that may be down.
pub(crate) struct Machine {
    pub(crate) id: NodeId,
    pub(crate) config: Config,
    pub(crate) disk: Disk,
    pub(crate) raft: Option<Raft>,
    /// Rises with each start: messages to an earlier life are lost.
    pub(crate) life: u64,
    /// Committed records from offset 0.
    pub(crate) applied: Vec<Record>,
    /// Records per fetch answer, units per piece of a snapshot.
    pub(crate) portion: usize,
}

/// Configures a node of a set of voters.
pub(crate) fn config(id: i32, voters: &[i32], timers: Timers) -> Config {
    let voters = VoterSet::new(voters.iter().map(|voter| {
        let endpoint = Endpoint { listener: "CONTROLLER".into(), host: format!("node{voter}"), port: 9093 };
        (NodeId(*voter), Voter { directory: None, endpoints: vec![endpoint] })
    }));
    let is_voter = voters.contains(NodeId(id));
    let directory = DirectoryId(Uuid::from_u128(1000 + id as u128));
    let mut config = Config::new(NodeId(id), directory, "cluster", voters, timers);
    config.can_become_voter = is_voter;
    config
}

impl Machine {
    pub(crate) fn new(config: Config) -> Self {
        let id = config.node_id;
        let disk = Disk::default();
        Self { id, config, disk, raft: None, life: 0, applied: Vec::new(), portion: 10 }
    }

    /// Starts from the disk.
    pub(crate) fn start(&mut self, seed: u64, now: Now) -> Vec<Effect> {
        self.life += 1;
        self.applied.clear();
        self.disk.flushed = self.disk.log.end();
        self.disk.durable = self.disk.log.clone();
        self.raft = Some(Raft::new(self.config.clone(), self.disk.stored(), seed, now));
        self.drain(&[])
    }

    /// Handles an event; `records` came with a response.
    pub(crate) fn handle(&mut self, event: Event, records: &[Record], now: Now) -> Vec<Effect> {
        if let Event::Flushed { .. } = event
            && let Some((log, up_to)) = self.disk.flushing.take()
        {
            self.disk.durable = log;
            self.disk.durable.truncate(up_to);
            self.disk.flushed = self.disk.flushed.max(up_to);
        }
        let Some(raft) = &mut self.raft else { return Vec::new() };
        raft.handle(event, now);
        self.drain(records)
    }

    /// Handles an answer: tells the machine what batches there are.
    pub(crate) fn answer(&mut self, call: CallId, mut answer: Answer, now: Now) -> Vec<Effect> {
        match &mut answer.response {
            Response::Fetch(fetch) => {
                let base = match &self.raft {
                    Some(raft) => raft.status().log_end,
                    None => return Vec::new(),
                };
                fetch.batches = answer
                    .records
                    .iter()
                    .enumerate()
                    .map(|(at, record)| BatchSpan {
                        base: base + at as i64,
                        end: base + (at as i64 + 1),
                        epoch: record.epoch,
                    })
                    .collect();
            }
            Response::FetchSnapshot(snapshot) => snapshot.bytes = answer.records.len() as i64,
            _ => {}
        }
        self.handle(Event::Response { call, result: Ok(answer.response) }, &answer.records, now)
    }

    /// Appends a proposal if this machine leads.
    pub(crate) fn propose(&mut self, value: u64, now: Now) -> Option<Vec<Effect>> {
        let position = self.raft.as_ref()?.leader_position()?;
        assert_eq!(position.next.0, self.disk.log.end(), "leader of {} knows its log's end", self.id);
        self.disk.log.records.push(Record { epoch: position.epoch, value });
        let event = Event::Appended { epoch: position.epoch, end: Offset(self.disk.log.end()) };
        Some(self.handle(event, &[], now))
    }

    /// Makes a snapshot of all that is committed.
    pub(crate) fn snapshot(&mut self, now: Now) -> Vec<Effect> {
        let Some(last) = self.applied.last() else { return Vec::new() };
        let id = SnapshotId { end: Offset(self.applied.len() as i64), epoch: last.epoch };
        self.disk.snapshots.insert(id, self.applied.clone());
        let snapshot = Snapshot { id, size: self.applied.len() as i64 };
        self.handle(Event::SnapshotCreated { snapshot }, &[], now)
    }

    /// Removes the log and the snapshots before the latest snapshot.
    pub(crate) fn trim(&mut self, now: Now) -> Vec<Effect> {
        let Some(latest) = self.disk.snapshots.keys().next_back().copied() else { return Vec::new() };
        self.disk.snapshots.retain(|id, _| id.end >= latest.end);
        let start = latest.end.0;
        if start <= self.disk.log.start {
            return Vec::new();
        }
        self.disk.log.trim(start);
        self.disk.durable.trim(start);
        if let Some((log, _)) = &mut self.disk.flushing {
            log.trim(start);
        }
        self.handle(Event::LogStartMoved { start: Offset(start) }, &[], now)
    }

    fn drain(&mut self, records: &[Record]) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(output) = self.raft.as_mut().and_then(Raft::poll_output) {
            effects.push(self.perform(output, records));
        }
        effects
    }

    fn perform(&mut self, output: Output, records: &[Record]) -> Effect {
        let disk = &mut self.disk;
        match &output {
            Output::Call { to, id, request } => {
                return Effect::Call { to: *to, id: *id, request: request.clone() };
            }
            Output::Reply { id, response } => {
                let answer = Answer { response: response.clone(), records: Vec::new() };
                return Effect::Reply { id: *id, answer };
            }
            Output::ReplyFetch { id, response, from, .. } => {
                let skipped = usize::try_from(from.0 - disk.log.start).expect("leader has what it offers");
                let records = disk.log.records[skipped..].iter().take(self.portion).copied().collect();
                let answer = Answer { response: Response::Fetch(response.clone()), records };
                return Effect::Reply { id: *id, answer };
            }
            Output::ReplyFetchSnapshot { id, response, .. } => {
                let skipped = usize::try_from(response.position).expect("position was checked");
                let content = disk.snapshots.get(&response.snapshot).expect("snapshot was checked");
                let records = content[skipped..].iter().take(self.portion).copied().collect();
                let answer = Answer { response: Response::FetchSnapshot(response.clone()), records };
                return Effect::Reply { id: *id, answer };
            }
            Output::Persist(election) => disk.election = Some(*election),
            Output::AppendLeaderChange { epoch, offset, .. } => {
                assert_eq!(offset.0, disk.log.end());
                disk.log.records.push(Record { epoch: *epoch, value: 0 });
            }
            Output::AppendFetched { end, .. } => {
                let count = usize::try_from(end.0 - disk.log.end()).expect("an append extends the log");
                disk.log.records.extend_from_slice(&records[..count]);
            }
            Output::Truncate { to } => {
                disk.log.truncate(to.0);
                disk.flushed = disk.flushed.min(to.0);
                if let Some((_, up_to)) = &mut disk.flushing {
                    *up_to = (*up_to).min(to.0);
                }
            }
            Output::Flush { id, up_to } => {
                assert!(disk.flushing.is_none(), "one flush at a time");
                disk.flushing = Some((disk.log.clone(), up_to.0));
                return Effect::Flush { id: *id, up_to: *up_to };
            }
            Output::AppendSnapshot { position, .. } => {
                disk.partial.truncate(usize::try_from(*position).expect("position is a length"));
                assert_eq!(disk.partial.len() as i64, *position);
                disk.partial.extend_from_slice(records);
            }
            Output::DropSnapshot { .. } => disk.partial.clear(),
            Output::InstallSnapshot { snapshot } => self.install(*snapshot),
            Output::RestartLog { snapshot } => {
                disk.log = MemLog { start: snapshot.end.0, records: Vec::new() };
                disk.durable = disk.log.clone();
                disk.flushed = snapshot.end.0;
            }
            Output::HighWatermark(to) => self.apply(to.0),
            Output::LeaderChanged { .. }
            | Output::BecameLeader { .. }
            | Output::LostLeadership { .. }
            | Output::Stopped
            | Output::Fatal { .. } => {}
        }
        Effect::Done(output)
    }

    fn install(&mut self, id: SnapshotId) {
        let disk = &mut self.disk;
        let content = std::mem::take(&mut disk.partial);
        assert_eq!(content.len() as i64, id.end.0, "a snapshot holds all before its end");
        self.applied.clone_from(&content);
        disk.snapshots.retain(|other, _| other.end > id.end);
        disk.snapshots.insert(id, content);
        disk.log = MemLog { start: id.end.0, records: Vec::new() };
        disk.durable = disk.log.clone();
        disk.flushed = id.end.0;
        if let Some((log, up_to)) = &mut disk.flushing {
            *log = disk.log.clone();
            *up_to = id.end.0;
        }
    }

    fn apply(&mut self, to: i64) {
        let done = self.applied.len() as i64;
        if done < self.disk.log.start {
            let newest = self.disk.snapshots.iter().next_back().expect("a trimmed log has a snapshot");
            self.applied.clone_from(newest.1);
        }
        for offset in self.applied.len() as i64..to {
            self.applied.push(self.disk.log.at(offset).expect("committed records are in the log"));
        }
    }
}

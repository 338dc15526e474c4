//! Snapshots of the metadata (KIP-630): when to write one, and when to drop old ones with the log behind them.
//!
//! Every node does this for itself, the active controller like the rest.

use std::time::Duration;

use kr_metadata::snapshot;
use kr_raft::{Snapshot, SnapshotId};
use kr_wire::time::Mono;

use super::raft::Quorum;
use crate::config::Settings;
use crate::node::Node;
use crate::output::Level;

/// Time between two looks at what may be deleted (Kafka: 60 s).
const CLEAN_INTERVAL: Duration = Duration::from_secs(60);

/// The snapshots of a node, oldest first, and when to look at them again.
#[derive(Debug)]
pub(crate) struct Snapshots {
    list: Vec<Held>,
    /// Bytes applied since the last snapshot.
    pub(crate) bytes_since: u64,
    last_at: Mono,
    clean_at: Mono,
}

/// A snapshot and when it was taken here, or found at start.
#[derive(Clone, Copy, Debug)]
struct Held {
    snapshot: Snapshot,
    at: Mono,
}

impl Snapshots {
    pub(crate) fn new(found: &[Snapshot], now: Mono) -> Self {
        let list = found.iter().map(|snapshot| Held { snapshot: *snapshot, at: now }).collect();
        Self { list, bytes_since: 0, last_at: now, clean_at: now + CLEAN_INTERVAL }
    }

    pub(crate) fn next_deadline(&self) -> Mono {
        self.clean_at
    }

    /// A snapshot was taken or installed.
    pub(crate) fn add(&mut self, snapshot: Snapshot, now: Mono) {
        self.list.push(Held { snapshot, at: now });
        self.bytes_since = 0;
        self.last_at = now;
    }

    fn is_due(&self, settings: &Settings, now: Mono) -> bool {
        self.bytes_since > 0
            && (self.bytes_since >= settings.snapshot_bytes
                || now - self.last_at >= settings.snapshot_interval)
    }

    /// The snapshot that may go, and the end of the one that takes its place.
    fn superfluous(
        &self,
        log_bytes: u64,
        settings: &Settings,
        now: Mono,
    ) -> Option<(SnapshotId, SnapshotId)> {
        let [oldest, next, ..] = self.list.as_slice() else { return None };
        let size = log_bytes + self.list.iter().map(|held| held.snapshot.size.max(0) as u64).sum::<u64>();
        let due = size > settings.metadata_retention_bytes || now - oldest.at > settings.metadata_retention;
        due.then_some((oldest.snapshot.id, next.snapshot.id))
    }
}

impl Node {
    /// Writes a snapshot if it is time and the applied metadata may be one.
    pub(crate) fn maybe_snapshot(&mut self) {
        if !self.quorum.snapshots.is_due(&self.settings, self.now.mono) || self.quorum.in_transaction() {
            return;
        }
        let Some(id) = self.quorum.snapshot_id() else { return };
        let records = self.quorum.image().records();
        let bytes = snapshot::write(&records, id.epoch, self.quorum.applied_ms());
        let written = self.quorum.store.write_snapshot(id, &bytes);
        let Some(snapshot) = self.must(written, "a snapshot") else { return };
        self.log(Level::Info, format!("wrote the metadata snapshot {id} of {} bytes", bytes.len()));
        self.quorum.snapshots.add(snapshot, self.now.mono);
        self.raft_event(kr_raft::Event::SnapshotCreated { snapshot });
    }

    /// Drops snapshots that a later one replaces, and the log behind them.
    pub(crate) fn clean_snapshots(&mut self) {
        let now = self.now;
        if self.quorum.snapshots.clean_at > now.mono {
            return;
        }
        self.quorum.snapshots.clean_at = now.mono + CLEAN_INTERVAL;
        while let Some((old, next)) =
            self.quorum.snapshots.superfluous(self.quorum.log.size_bytes(), &self.settings, now.mono)
        {
            if next.end > self.quorum.committed() {
                break;
            }
            let high_watermark = self.quorum.committed();
            let log = &mut self.quorum.log;
            let moved = log.advance_start(next.end).and_then(|()| log.retain(high_watermark, now));
            let removed = self.quorum.store.remove_snapshot(old);
            self.must(moved, "the metadata log");
            self.must(removed, "a snapshot");
            self.quorum.snapshots.list.remove(0);
            self.raft_event(kr_raft::Event::LogStartMoved { start: next.end });
        }
    }
}

impl Quorum {
    /// Identity of a snapshot of what is applied now; `None` where one exists or none can be.
    fn snapshot_id(&self) -> Option<SnapshotId> {
        let end = self.applied();
        let epoch = self.log.epochs().epoch_of(end - 1)?;
        let newer = self.snapshots.list.last().is_none_or(|held| held.snapshot.id.end < end);
        (newer && end > self.log.start_offset()).then_some(SnapshotId { end, epoch })
    }
}

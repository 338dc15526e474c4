//! The quorum: one leader per epoch (I1), nothing goes back (I2, I3), logs match (I4), leaders are complete (I5), what
//! is committed is durable on a majority (I3) and never cut off (I8), snapshots stand in for what is gone (I17).

use std::path::Path;

use kr_log::Disk;
use kr_log::testing::MemDisk;
use kr_node::Inspection;
use kr_raft::Role;
use kr_wire::ids::Offset;
use kr_wire::quorum_state::QuorumState;

use super::{Checks, End, Memo};

/// What was last seen of a node's quorum machine.
#[derive(Debug, Default)]
pub(super) struct QuorumMemo {
    life: u64,
    epoch: i32,
    is_leader: bool,
    leader: Option<i32>,
    voted: Option<i32>,
    committed: Offset,
    /// Everything below is equal to what is committed.
    verified: Offset,
    start: Offset,
    end: Offset,
    /// Everything below was flushed and has not been cut off since.
    durable: Offset,
    /// The process ended halfway, perhaps while it cut its log.
    is_unsure: bool,
    pub(super) applied: Offset,
}

impl QuorumMemo {
    pub(super) fn ended(&mut self, how: End) {
        self.is_unsure |= how == End::Halfway;
        self.is_leader = false;
        self.leader = None;
    }
}

const METADATA_DIR: &str = "/data/__cluster_metadata-0";

impl Checks {
    pub(super) fn look_at_quorum(
        &mut self,
        id: i32,
        life: u64,
        node: Inspection<'_>,
        disk: &MemDisk,
    ) -> Result<(), String> {
        let status = node.quorum();
        let (epoch, leader) = (status.epoch.0, status.leader.map(|id| id.0));
        let voted = node.election().voted.map(|voter| voter.id.0);
        let is_leader = status.role == Role::Leader;
        let memo = &mut self.nodes.entry(id).or_default().quorum;
        if epoch < memo.epoch {
            return Err(format!("I2: the quorum's epoch went back from {} to {epoch}", memo.epoch));
        }
        let is_new_leader = is_leader && (!memo.is_leader || epoch != memo.epoch);
        let was_leader = is_leader && !is_new_leader;
        let is_news = epoch != memo.epoch || leader != memo.leader || voted != memo.voted;
        (memo.epoch, memo.is_leader, memo.leader, memo.voted) = (epoch, is_leader, leader, voted);
        if is_news {
            self.look_at_election(id, epoch, leader, voted, disk)?;
        }
        if was_leader {
            self.look_at_own_epoch(id, epoch, node)?;
        }
        self.look_at_metadata_log(id, life, node, disk)?;
        // One that learns late that it was elected, and has been replaced since, need not be complete.
        let is_newest = self.quorum_leaders.last_key_value().is_none_or(|(newest, _)| *newest <= epoch);
        if is_new_leader && is_newest {
            let end = self.metadata.end();
            let log = node.metadata_log();
            if log.end_offset() < end {
                let own = log.end_offset();
                return Err(format!(
                    "I5: leads the quorum in epoch {epoch} with {own} of {end} committed offsets"
                ));
            }
            let from = self.nodes[&id].quorum.verified.max(log.start_offset());
            self.metadata
                .hold(log, from, end, |_| Ok(()))
                .map_err(|what| format!("I5: new leader: {what}"))?;
        }
        Ok(())
    }

    fn look_at_election(
        &mut self,
        id: i32,
        epoch: i32,
        leader: Option<i32>,
        voted: Option<i32>,
        disk: &MemDisk,
    ) -> Result<(), String> {
        if let Some(leader) = leader {
            let known = *self.quorum_leaders.entry(epoch).or_insert(leader);
            if known != leader {
                return Err(format!("I1: nodes {known} and {leader} lead the quorum in epoch {epoch}"));
            }
        }
        let Ok(bytes) = disk.read(&Path::new(METADATA_DIR).join("quorum-state")) else {
            return if epoch == 0 { Ok(()) } else { Err(format!("I2: epoch {epoch} is not on disk")) };
        };
        let text = String::from_utf8_lossy(&bytes);
        let state = QuorumState::parse(&text).map_err(|e| format!("I2: bad quorum-state: {e}"))?;
        if state.leader_epoch.0 < epoch {
            return Err(format!("I2: epoch {epoch} is shown, but {} is on disk", state.leader_epoch));
        }
        let written = state.voted_id.map(|id| id.0);
        if state.leader_epoch.0 == epoch && written != voted {
            return Err(format!("I2: voted for {voted:?} in epoch {epoch}, but {written:?} is on disk"));
        }
        if let Some(voted) = voted {
            let known = *self.votes.entry((id, epoch)).or_insert(voted);
            if known != voted {
                return Err(format!("I2: voted for {known} and {voted} in epoch {epoch}"));
            }
        }
        Ok(())
    }

    /// A leader's high watermark never rises by records of earlier epochs alone: they might still be replaced.
    fn look_at_own_epoch(&self, id: i32, epoch: i32, node: Inspection<'_>) -> Result<(), String> {
        let own = node.metadata_log().epochs().entries().iter().find(|entry| entry.epoch.0 == epoch);
        let (committed, before) = (node.committed(), self.nodes[&id].quorum.committed);
        match own {
            Some(own) if committed > before && committed <= own.start => Err(format!(
                "I3: the high watermark rose to {committed} in epoch {epoch}, which begins at {}",
                own.start
            )),
            _ => Ok(()),
        }
    }

    fn look_at_metadata_log(
        &mut self,
        id: i32,
        life: u64,
        node: Inspection<'_>,
        disk: &MemDisk,
    ) -> Result<(), String> {
        let log = node.metadata_log();
        let (start, end, committed) = (log.start_offset(), log.end_offset(), node.committed());
        let memo = &mut self.nodes.entry(id).or_default().quorum;
        if memo.life != life {
            memo.life = life;
            if end < memo.durable && !memo.is_unsure {
                return Err(format!("I21: the metadata log ends at {end}, but {} was flushed", memo.durable));
            }
            (memo.committed, memo.verified, memo.is_unsure) = (Offset::ZERO, Offset::ZERO, false);
        } else {
            if end < memo.verified {
                return Err(format!("I8: the metadata log was cut to {end} below {}", memo.verified));
            }
            if committed < memo.committed {
                return Err(format!(
                    "I3: the quorum's high watermark fell from {} to {committed}",
                    memo.committed
                ));
            }
        }
        memo.end = end;
        memo.committed = committed;
        memo.durable = memo.durable.min(end).max(log.recovery_point().min(end));
        if start != memo.start {
            memo.start = start;
            look_at_snapshots(start, disk)?;
        }
        let from = memo.verified.max(start);
        let to = committed.min(end);
        if to > from {
            let known = self.metadata.end();
            self.metadata.hold(log, from, to, |_| Ok(())).map_err(|what| format!("I4: metadata: {what}"))?;
            self.nodes.entry(id).or_default().quorum.verified = to;
            if self.metadata.end() > known {
                self.look_for_majority()?;
            }
        }
        Ok(())
    }

    fn look_for_majority(&self) -> Result<(), String> {
        let end = self.metadata.end();
        // One that ended in the middle of an event may have flushed more than was seen of it.
        let may_hold = |memo: &Memo| memo.quorum.durable >= end || memo.quorum.is_unsure;
        let holders = (1..=self.voters).filter(|id| self.nodes.get(id).is_some_and(may_hold));
        let count = holders.count() as i32;
        if count > self.voters / 2 {
            return Ok(());
        }
        Err(format!("I3: {end} is committed, but durable on only {count} of {} voters", self.voters))
    }
}

fn look_at_snapshots(start: Offset, disk: &MemDisk) -> Result<(), String> {
    if start == Offset::ZERO {
        return Ok(());
    }
    let entries = disk.list(Path::new(METADATA_DIR)).map_err(|e| e.to_string())?;
    let ends = entries.iter().filter_map(|entry| {
        let name = entry.name.strip_suffix(".checkpoint")?;
        name.split_once('-')?.0.parse::<i64>().ok()
    });
    match ends.max() {
        Some(end) if end >= start.0 => Ok(()),
        newest => {
            Err(format!("I17: the metadata log starts at {start}, the newest snapshot ends at {newest:?}"))
        }
    }
}

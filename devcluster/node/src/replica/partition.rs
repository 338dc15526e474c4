//! One replica of one partition on this node: its log, its role, its high watermark and ISR.
//!
//! Holds the rules of replication (kraft.md E.5 and E.6 in Kafka's terms: `Partition`, `Replica`,
//! `AbstractFetcherThread`); who sends what when is decided by its neighbours.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_log::Log;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionId, TopicId};
use kr_wire::time::{Mono, Now};

/// Names a partition on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PartitionKey {
    pub(crate) topic: TopicId,
    pub(crate) partition: PartitionId,
}

/// What the controller has decided about a partition, as far as a replica needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) replicas: Vec<NodeId>,
    pub(crate) isr: Vec<NodeId>,
    pub(crate) leader: Option<NodeId>,
    pub(crate) leader_epoch: LeaderEpoch,
    pub(crate) partition_epoch: i32,
    /// The leader was elected uncleanly and has not yet said that it recovered.
    pub(crate) recovering: bool,
}

/// A replica of a partition.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) topic: String,
    pub(crate) key: PartitionKey,
    pub(crate) log: Log,
    pub(crate) assignment: Assignment,
    /// `min.insync.replicas` of the topic.
    pub(crate) min_isr: usize,
    /// Segments at the last flush: when there are more, the older ones are worth making durable.
    pub(crate) segments_flushed: usize,
    pub(crate) role: Role,
    node_id: NodeId,
    high_watermark: Offset,
}

/// What a replica does.
#[derive(Debug)]
pub(crate) enum Role {
    Leader(Leader),
    Follower,
    /// Hosted, with nobody to follow.
    Leaderless,
}

/// What a leader knows.
#[derive(Debug)]
pub(crate) struct Leader {
    /// Log end offset when it became leader in this epoch.
    pub(crate) epoch_start: Offset,
    pub(crate) followers: BTreeMap<NodeId, Progress>,
    pub(crate) change: Option<IsrChange>,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// End of the follower's log: the offset of its latest fetch.
    pub(crate) log_end: Option<Offset>,
    /// Start of the follower's log as of its latest fetch.
    pub(crate) log_start: Option<Offset>,
    /// When it last had everything that the leader had.
    pub(crate) caught_up_at: Option<Mono>,
    /// When it last fetched, and the leader's log end then.
    last_fetch: Option<(Mono, Offset)>,
    /// Registration with which it fetched, if it said so (KIP-903).
    pub(crate) broker_epoch: Option<BrokerEpoch>,
}

/// An ISR that the controller has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IsrChange {
    pub(crate) isr: Vec<NodeId>,
    pub(crate) sent: bool,
}

/// What became of a replica when its assignment changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing that its neighbours need to know.
    Stays,
    /// It leads from now on, in a new epoch.
    Leads,
    /// It follows from now on, in a new epoch or a new leader.
    Follows,
    /// It has nobody to follow from now on.
    Waits,
}

/// Why a leader cannot take an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWritable {
    NotLeader,
    NotEnoughReplicas,
}

impl Partition {
    pub(crate) fn new(
        node_id: NodeId,
        topic: String,
        key: PartitionKey,
        log: Log,
        checkpointed_high_watermark: Offset,
        min_isr: usize,
    ) -> Self {
        let high_watermark = checkpointed_high_watermark.clamp(log.start_offset(), log.end_offset());
        let assignment = Assignment {
            replicas: Vec::new(),
            isr: Vec::new(),
            leader: None,
            leader_epoch: LeaderEpoch(-1),
            partition_epoch: -1,
            recovering: false,
        };
        let segments_flushed = log.segment_count();
        Self {
            topic,
            key,
            log,
            assignment,
            min_isr,
            segments_flushed,
            role: Role::Leaderless,
            node_id,
            high_watermark,
        }
    }

    pub(crate) fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Offset below which a `read_committed` consumer may read.
    pub(crate) fn last_stable_offset(&self) -> Offset {
        self.log.last_stable_offset(self.high_watermark)
    }

    pub(crate) fn leader(&self) -> Option<&Leader> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }

    pub(crate) fn is_leader(&self) -> bool {
        self.leader().is_some()
    }

    /// Takes over what the controller decided. Older news than what is known change nothing.
    ///
    /// # Errors
    /// When the disk refuses to keep the new leader epoch.
    pub(crate) fn assign(&mut self, news: Assignment, now: Now) -> Result<Turn, kr_log::LogError> {
        let old_epoch = self.assignment.leader_epoch;
        if news.leader_epoch < old_epoch || news.partition_epoch <= self.assignment.partition_epoch {
            return Ok(Turn::Stays);
        }
        let same_leader = news.leader == self.assignment.leader && news.leader_epoch == old_epoch;
        self.assignment = news;
        if same_leader {
            if let Role::Leader(leader) = &mut self.role {
                // Whatever was asked for has been answered, or overtaken, by what the log says.
                leader.change = None;
                leader.keep(&self.assignment.replicas, self.node_id);
            }
            return Ok(Turn::Stays);
        }
        Ok(match self.assignment.leader {
            Some(id) if id == self.node_id => {
                self.lead(now)?;
                Turn::Leads
            }
            Some(_) => {
                self.role = Role::Follower;
                Turn::Follows
            }
            None => {
                self.role = Role::Leaderless;
                Turn::Waits
            }
        })
    }

    fn lead(&mut self, now: Now) -> Result<(), kr_log::LogError> {
        let epoch_start = self.log.end_offset();
        self.log.assign_epoch(self.assignment.leader_epoch, epoch_start)?;
        let followers = self
            .assignment
            .replicas
            .iter()
            .filter(|id| **id != self.node_id)
            .map(|id| {
                let in_sync = self.assignment.isr.contains(id);
                (*id, Progress { caught_up_at: in_sync.then_some(now.mono), ..Progress::default() })
            })
            .collect();
        self.role = Role::Leader(Leader { epoch_start, followers, change: None });
        Ok(())
    }

    /// Fewest in-sync replicas with which the partition takes acks=all writes and moves its high watermark.
    pub(crate) fn effective_min_isr(&self) -> usize {
        self.min_isr.min(self.assignment.replicas.len())
    }

    /// Committed ISR and what has been asked to be added to it. A member that was asked to be removed
    /// still counts.
    pub(crate) fn maximal_isr_contains(&self, id: NodeId) -> bool {
        self.assignment.isr.contains(&id)
            || self.leader().and_then(|l| l.change.as_ref()).is_some_and(|c| c.isr.contains(&id))
    }

    fn maximal_isr_len(&self) -> usize {
        self.assignment.replicas.iter().filter(|id| self.maximal_isr_contains(**id)).count()
    }

    /// Checks leadership, and for acks=all the size of the ISR, before an append.
    pub(crate) fn writable(&self, all_acks: bool) -> Result<(), NotWritable> {
        if !self.is_leader() {
            return Err(NotWritable::NotLeader);
        }
        if all_acks && self.assignment.isr.len() < self.effective_min_isr() {
            return Err(NotWritable::NotEnoughReplicas);
        }
        Ok(())
    }

    /// Whether enough replicas are in sync now that a write has been replicated.
    pub(crate) fn has_min_isr(&self) -> bool {
        self.maximal_isr_len() >= self.effective_min_isr()
    }

    /// Takes note of a follower's fetch: it has everything below `offset`.
    pub(crate) fn follower_fetched(
        &mut self,
        id: NodeId,
        offset: Offset,
        log_start: Option<Offset>,
        broker_epoch: Option<BrokerEpoch>,
        now: Now,
    ) {
        let end = self.log.end_offset();
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(progress) = leader.followers.get_mut(&id) else { return };
        if offset >= end {
            progress.caught_up_at = Some(now.mono);
        } else if let Some((at, end_then)) = progress.last_fetch
            && offset >= end_then
        {
            progress.caught_up_at = progress.caught_up_at.max(Some(at));
        }
        progress.log_end = Some(offset);
        progress.log_start = log_start;
        progress.last_fetch = Some((now.mono, end));
        progress.broker_epoch = broker_epoch;
    }

    /// Moves the high watermark of a leader as far as its replicas allow; `true` when it moved.
    ///
    /// It waits for every member of the maximal ISR, and for replicas outside it that are about to
    /// rejoin, so that their rejoining never lowers it.
    pub(crate) fn advance_high_watermark(
        &mut self,
        lag_max: Duration,
        eligible: impl Fn(NodeId, Option<BrokerEpoch>) -> bool,
        now: Now,
    ) -> bool {
        let Some(leader) = self.leader() else { return false };
        if self.assignment.isr.len() < self.effective_min_isr() {
            return false;
        }
        let mut candidate = self.log.end_offset();
        for (id, progress) in &leader.followers {
            let rejoining = || {
                progress.caught_up_at.is_some_and(|at| now.mono - at <= lag_max)
                    && eligible(*id, progress.broker_epoch)
            };
            if self.maximal_isr_contains(*id) || rejoining() {
                match progress.log_end {
                    Some(end) => candidate = candidate.min(end),
                    None => return false,
                }
            }
        }
        if candidate <= self.high_watermark {
            return false;
        }
        self.high_watermark = candidate;
        true
    }

    /// Asks for a follower to join the ISR if it may; `true` when there is something to send.
    pub(crate) fn expand_isr(
        &mut self,
        id: NodeId,
        eligible: impl Fn(NodeId, Option<BrokerEpoch>) -> bool,
    ) -> bool {
        let high_watermark = self.high_watermark;
        let Role::Leader(leader) = &mut self.role else { return false };
        let Some(progress) = leader.followers.get(&id) else { return false };
        let caught_up =
            progress.log_end.is_some_and(|end| end >= high_watermark && end >= leader.epoch_start);
        if leader.change.is_some()
            || self.assignment.isr.contains(&id)
            || !caught_up
            || !eligible(id, progress.broker_epoch)
        {
            return false;
        }
        let mut isr = self.assignment.isr.clone();
        isr.push(id);
        leader.change = Some(IsrChange { isr, sent: false });
        true
    }

    /// Asks for members that fell behind to leave the ISR; `true` when there is something to send.
    pub(crate) fn shrink_isr(&mut self, lag_max: Duration, now: Now) -> bool {
        let end = self.log.end_offset();
        let node_id = self.node_id;
        let Role::Leader(leader) = &mut self.role else { return false };
        if leader.change.is_some() {
            return false;
        }
        let in_sync = |id: &NodeId| {
            *id == node_id
                || leader.followers.get(id).is_some_and(|p| {
                    p.log_end == Some(end) || p.caught_up_at.is_some_and(|at| now.mono - at <= lag_max)
                })
        };
        let isr: Vec<NodeId> = self.assignment.isr.iter().copied().filter(in_sync).collect();
        if isr.len() == self.assignment.isr.len() {
            return false;
        }
        leader.change = Some(IsrChange { isr, sent: false });
        true
    }

    /// The controller confirmed an ISR.
    pub(crate) fn isr_changed(&mut self, isr: Vec<NodeId>, leader_epoch: LeaderEpoch, partition_epoch: i32) {
        if leader_epoch != self.assignment.leader_epoch || partition_epoch < self.assignment.partition_epoch {
            return;
        }
        let Role::Leader(leader) = &mut self.role else { return };
        leader.change = None;
        self.assignment.isr = isr;
        self.assignment.partition_epoch = partition_epoch;
        self.assignment.recovering = false;
    }

    /// The controller refused an ISR for good: go on with the committed one.
    pub(crate) fn isr_change_refused(&mut self) {
        if let Role::Leader(leader) = &mut self.role {
            leader.change = None;
        }
    }

    /// The request with an ISR was lost: send it again.
    pub(crate) fn isr_change_unsent(&mut self) {
        if let Role::Leader(Leader { change: Some(change), .. }) = &mut self.role {
            change.sent = false;
        }
    }

    /// Moves a follower's high watermark to the leader's, as far as its own log reaches; `true` if it moved.
    pub(crate) fn follow_high_watermark(&mut self, leaders: Offset) -> bool {
        let reachable =
            leaders.clamp(self.log.start_offset(), self.log.end_offset().max(self.log.start_offset()));
        let moved = reachable > self.high_watermark;
        self.high_watermark = self.high_watermark.max(reachable);
        moved
    }

    /// Drops everything from an offset on, and what was believed to be replicated with it.
    pub(crate) fn truncate(&mut self, to: Offset) -> Result<(), kr_log::LogError> {
        self.log.truncate_to(to)?;
        self.high_watermark = self.high_watermark.min(self.log.end_offset());
        Ok(())
    }

    /// Drops everything and starts anew at an offset.
    pub(crate) fn restart_at(&mut self, offset: Offset) -> Result<(), kr_log::LogError> {
        self.log.truncate_fully_and_start_at(offset)?;
        self.high_watermark = offset;
        Ok(())
    }

    /// Keeps the high watermark at or above the log's start after records were deleted.
    pub(crate) fn lift_high_watermark_to_start(&mut self) {
        self.high_watermark = self.high_watermark.max(self.log.start_offset());
    }

    /// Where a follower must cut its log, given that the leader's `epoch` ends at `leaders_end`.
    ///
    /// `None` when no epoch of the log is known, which leaves the high watermark as the only safe place.
    pub(crate) fn divergence_point(&self, epoch: LeaderEpoch, leaders_end: Offset) -> Offset {
        match self.log.epochs().end_offset_for(epoch, self.log.end_offset()) {
            Some(own) if own.epoch == epoch => own.end.min(leaders_end),
            Some(own) => own.end,
            None if self.log.epochs().latest().is_none() => self.high_watermark,
            None => leaders_end.min(self.log.end_offset()),
        }
    }

    /// Smallest log start of all live replicas that the leader knows (DeleteRecords waits for it).
    pub(crate) fn low_watermark(&self, alive: impl Fn(NodeId) -> bool) -> Offset {
        let own = self.log.start_offset();
        let Some(leader) = self.leader() else { return own };
        leader
            .followers
            .iter()
            .filter(|(id, _)| alive(**id))
            .map(|(_, p)| p.log_start.unwrap_or(Offset::ZERO))
            .fold(own, Offset::min)
    }
}

impl Leader {
    /// Follows a change of the replica set within an epoch.
    fn keep(&mut self, replicas: &[NodeId], node_id: NodeId) {
        self.followers.retain(|id, _| replicas.contains(id));
        for id in replicas.iter().filter(|id| **id != node_id) {
            self.followers.entry(*id).or_default();
        }
    }
}

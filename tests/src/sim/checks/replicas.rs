//! Partitions: one leader per epoch (I1), high watermarks rise (I3), logs match (I4), new leaders and in-sync replicas
//! hold everything committed (I5, I6), leaders count everyone the controller counts (I7), nothing committed is cut off
//! (I8), what a log says of itself is what is in it (I18).

use std::collections::BTreeMap;

use kr_log::Log;
use kr_node::{Inspection, ReplicaView};
use kr_wire::batch::Batches;
use kr_wire::ids::{NodeId, Offset};

use super::groups::OFFSETS_TOPIC;
use super::{Checks, PartitionName};

/// What was last seen of a replica.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplicaMemo {
    name: String,
    leads: bool,
    leader_epoch: i32,
    partition_epoch: i32,
    high_watermark: Offset,
    end: Offset,
    /// Everything below is equal to what is committed.
    verified: Offset,
}

impl Checks {
    pub(super) fn look_at_replicas(&mut self, id: i32, node: Inspection<'_>) -> Result<(), String> {
        for replica in node.replicas() {
            let (topic, partition) = replica.key();
            let name = (topic, partition.0);
            let labelled = |what: String| format!("{what} ({}-{partition})", replica.topic());
            let memo = self.nodes.entry(id).or_default().replicas.get(&name);
            match memo {
                Some(memo) if memo.is_still(&replica) => {}
                Some(memo) => {
                    let memo = memo.clone();
                    self.look_at_replica(id, name, &replica, memo).map_err(labelled)?;
                }
                None => {
                    look_at_log(replica.log()).map_err(labelled)?;
                    let memo = ReplicaMemo {
                        name: format!("{}-{partition}", replica.topic()),
                        leader_epoch: -1,
                        ..ReplicaMemo::default()
                    };
                    self.look_at_replica(id, name, &replica, memo).map_err(labelled)?;
                }
            }
        }
        Ok(())
    }

    fn look_at_replica(
        &mut self,
        id: i32,
        name: PartitionName,
        replica: &ReplicaView<'_>,
        mut memo: ReplicaMemo,
    ) -> Result<(), String> {
        let (log, high_watermark) = (replica.log(), replica.high_watermark());
        let (end, epoch) = (log.end_offset(), replica.leader_epoch().0);
        if epoch < memo.leader_epoch {
            return Err(format!("I2: the leader epoch went back from {} to {epoch}", memo.leader_epoch));
        }
        if end < memo.verified {
            return Err(format!("I8: the log was cut to {end}, below {}, which is committed", memo.verified));
        }
        let is_new_leader = replica.leads() && (!memo.leads || epoch != memo.leader_epoch);
        if replica.leads() && !is_new_leader && high_watermark < memo.high_watermark {
            return Err(format!(
                "I3: the high watermark fell from {} to {high_watermark}",
                memo.high_watermark
            ));
        }
        if log.start_offset() > high_watermark {
            let start = log.start_offset();
            return Err(format!("I9: the log starts at {start}, above the high watermark {high_watermark}"));
        }
        if high_watermark > end {
            return Err(format!("I3: the high watermark {high_watermark} is above the log's end {end}"));
        }
        // What retention has deleted cannot be compared any more.
        memo.verified = memo.verified.max(log.start_offset());
        let is_trusted = replica.leads() || !self.nodes[&id].has_lost || self.is_in_sync(id, name);
        let committed = self.partitions.entry(name).or_default();
        let known = committed.log.end();
        if is_trusted && (high_watermark > memo.verified || log.start_offset() > known) {
            let from = memo.verified;
            let held = match replica.topic() {
                OFFSETS_TOPIC => {
                    committed.log.hold(log, from, high_watermark, |batch| self.groups.learn(batch))
                }
                topic if self.topics.contains(&topic) => committed.hold_values(log, from, high_watermark),
                _ => committed.log.hold(log, from, high_watermark, |_| Ok(())),
            };
            held.map_err(|what| if what.starts_with('I') { what } else { format!("I4: {what}") })?;
            memo.verified = high_watermark;
        }
        let grew = committed.log.end() > known;
        if is_new_leader {
            self.look_at_new_leader(id, name, log, epoch, &mut memo)?;
        }
        let shrank = end < memo.end;
        memo.leads = replica.leads();
        memo.leader_epoch = epoch;
        memo.partition_epoch = replica.partition_epoch();
        memo.high_watermark = high_watermark;
        memo.end = end;
        if let Some(known) = self.nodes.get_mut(&id) {
            known.replicas.insert(name, memo);
        }
        if grew || shrank {
            self.look_for_holders(name)?;
        }
        if replica.leads() {
            self.look_at_maximal_isr(name, replica)?;
        }
        Ok(())
    }

    fn look_at_new_leader(
        &mut self,
        id: i32,
        name: PartitionName,
        log: &Log,
        epoch: i32,
        memo: &mut ReplicaMemo,
    ) -> Result<(), String> {
        let known = *self.leaders.entry((name, epoch)).or_insert(id);
        if known != id {
            return Err(format!("I1: nodes {known} and {id} lead in epoch {epoch}"));
        }
        // One that learns late that it was elected, and has been replaced since, need not be complete.
        let newest = self.image.1.partition(name.0, name.1.into()).map(|partition| partition.leader_epoch.0);
        if newest != Some(epoch) {
            return Ok(());
        }
        let committed = self.partitions.entry(name).or_default();
        let (own, end) = (log.end_offset(), committed.log.end());
        if own < end {
            return Err(format!("I5: leads in epoch {epoch} with {own} of {end} committed offsets"));
        }
        committed
            .log
            .hold(log, memo.verified, end, |_| Ok(()))
            .map_err(|what| format!("I5: new leader: {what}"))?;
        memo.verified = memo.verified.max(end);
        Ok(())
    }

    /// Whether the controller has the replica in the ISR under the broker's present registration.
    fn is_in_sync(&self, id: i32, name: PartitionName) -> bool {
        let image = &self.image.1;
        let registered = image.broker(id.into()).map(|broker| broker.epoch.0);
        registered.is_some()
            && self.nodes[&id].broker_epoch == registered
            && image.partition(name.0, name.1.into()).is_some_and(|p| p.isr.contains(&id.into()))
    }

    /// Every in-sync replica that runs under its current registration holds everything committed.
    fn look_for_holders(&self, name: PartitionName) -> Result<(), String> {
        let image = &self.image.1;
        let Some(partition) = image.partition(name.0, name.1.into()) else { return Ok(()) };
        let Some(committed) = self.partitions.get(&name) else { return Ok(()) };
        let end = committed.log.end();
        for id in partition.isr.iter().chain(&partition.elr) {
            let Some(memo) = self.nodes.get(&id.0) else { continue };
            let registered = image.broker(*id).map(|broker| broker.epoch.0);
            if !memo.is_running || memo.broker_epoch.is_none() || memo.broker_epoch != registered {
                continue;
            }
            if let Some(replica) = memo.replicas.get(&name)
                && replica.end < end
            {
                return Err(format!(
                    "I6: node {id} is in the ISR or ELR of {} with {} of {end} committed offsets",
                    replica.name, replica.end
                ));
            }
        }
        Ok(())
    }

    pub(super) fn look_at_in_sync_replicas(&self) -> Result<(), String> {
        for name in self.partitions.keys() {
            self.look_for_holders(*name)?;
        }
        Ok(())
    }

    /// Whom the controller counts as in sync, the leader of that epoch counts too.
    fn look_at_maximal_isr(&self, name: PartitionName, replica: &ReplicaView<'_>) -> Result<(), String> {
        let Some(partition) = self.image.1.partition(name.0, name.1.into()) else { return Ok(()) };
        if partition.leader_epoch != replica.leader_epoch() {
            return Ok(());
        }
        let forgotten: Vec<NodeId> =
            partition.isr.iter().copied().filter(|id| !replica.counts(*id)).collect();
        if forgotten.is_empty() {
            return Ok(());
        }
        Err(format!("I7: the controller has {forgotten:?} in the ISR, the leader does not count them"))
    }

    /// At the end of a run: every log says of itself what is in it.
    pub fn look_at_logs(&self, node: Inspection<'_>) -> Result<(), String> {
        for replica in node.replicas() {
            let (_, partition) = replica.key();
            look_at_log(replica.log()).map_err(|what| format!("{what} ({}-{partition})", replica.topic()))?;
        }
        Ok(())
    }
}

impl ReplicaMemo {
    fn is_still(&self, replica: &ReplicaView<'_>) -> bool {
        self.high_watermark == replica.high_watermark()
            && self.end == replica.log().end_offset()
            && self.leads == replica.leads()
            && self.leader_epoch == replica.leader_epoch().0
            && self.partition_epoch == replica.partition_epoch()
    }
}

/// Epochs and producers of a log are those of its batches.
fn look_at_log(log: &Log) -> Result<(), String> {
    let (start, end) = (log.start_offset(), log.end_offset());
    let mut epochs: Vec<(i32, i64)> = Vec::new();
    let mut producers: BTreeMap<i64, (i16, i32)> = BTreeMap::new();
    let mut at = start;
    while at < end {
        let bytes = log.read(at, 1 << 20, true, end).map_err(|e| format!("I18: cannot read at {at}: {e}"))?;
        if bytes.is_empty() {
            return Err(format!("I18: there is no batch at {at} of {end}"));
        }
        for batch in Batches::new(&bytes) {
            let header = batch.map_err(|e| format!("I18: bad batch at {at}: {e}"))?.header;
            at = header.next_offset();
            let epoch = header.partition_leader_epoch.map_or(-1, |epoch| epoch.0);
            if epochs.last().is_none_or(|(last, _)| *last != epoch) {
                epochs.push((epoch, header.base_offset.0));
            }
            if let (Some(id), Some(last)) = (header.producer_id, header.last_sequence()) {
                producers.insert(id.0, (header.producer_epoch, last));
            }
        }
    }
    let cached: Vec<(i32, i64)> = log.epochs().entries().iter().map(|e| (e.epoch.0, e.start.0)).collect();
    // A leader notes its epoch before its first record.
    let without_last = cached.split_last().filter(|(last, _)| last.1 == end.0).map(|(_, rest)| rest);
    if start == Offset::ZERO && cached != epochs && without_last != Some(epochs.as_slice()) {
        return Err(format!(
            "I18: the log has epochs {epochs:?}, its cache has {cached:?}, its end is {end}"
        ));
    }
    let known: BTreeMap<i64, (i16, i32)> =
        log.producers().iter().map(|p| (p.producer.0, (p.epoch, p.last_sequence))).collect();
    if start == Offset::ZERO && known != producers {
        return Err(format!("I18: the log has producers {producers:?}, its state has {known:?}"));
    }
    Ok(())
}

//! The partitions of a broker: what it hosts, leads and follows, and what waits for them.
//!
//! Takes over what the metadata says, moves high watermarks and ISRs by the rules of [`partition`], and
//! completes what waits in the turn in which it becomes possible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kr_log::checkpoint::{self, Offsets};
use kr_log::{Disk, FlushMark, Log, LogError, OpenLog, TailCache, layout};
use kr_metadata::configs::Scope;
use kr_metadata::{Delta, ResourceType, image};
use kr_wire::ids::{BrokerEpoch, NodeId, Offset, PartitionId};
use kr_wire::time::{Mono, Now};

use crate::broker::Found;
use crate::config::Settings;
use crate::node::{FlushPurpose, Node};
use crate::output::Level;

pub(crate) mod fetch_waits;
pub(crate) mod fetcher;
pub(crate) mod isr;
pub(crate) mod log_config;
pub(crate) mod partition;
pub(crate) mod sessions;
pub(crate) mod waits;

use fetch_waits::FetchWaits;
use fetcher::Fetchers;
use isr::IsrSender;
use partition::{Assignment, Partition, PartitionKey, Turn};
use waits::AppendWaits;

/// Bytes of recent batches that a node keeps in memory for its followers and consumers, in all and per log.
const TAIL_BYTES: usize = 32 << 20;
const TAIL_BYTES_PER_LOG: usize = 4 << 20;

/// The partitions of a broker.
pub(crate) struct Replicas {
    partitions: BTreeMap<PartitionKey, Partition>,
    pub(crate) appends: AppendWaits,
    pub(crate) produces: BTreeMap<crate::conns::Token, crate::handlers::produce::ProduceWait>,
    pub(crate) fetches: FetchWaits,
    pub(crate) fetchers: Fetchers,
    pub(crate) isr: IsrSender,
    /// Partitions that changed in this turn.
    touched: BTreeSet<PartitionKey>,
    found: Found,
    tail: TailCache,
    /// Directories of deleted replicas, to be removed when their time has come.
    doomed: BTreeSet<(Mono, PathBuf)>,
    next_shrink: Mono,
    next_high_watermarks: Mono,
    next_recovery_points: Mono,
    next_retention: Mono,
}

impl Replicas {
    pub(crate) fn new(found: Found, settings: &Settings, now: Now) -> Self {
        Self {
            partitions: BTreeMap::new(),
            appends: AppendWaits::default(),
            produces: BTreeMap::new(),
            fetches: FetchWaits::default(),
            fetchers: Fetchers::default(),
            isr: IsrSender::default(),
            touched: BTreeSet::new(),
            found,
            tail: TailCache::new(TAIL_BYTES, TAIL_BYTES_PER_LOG),
            doomed: BTreeSet::new(),
            next_shrink: now.mono + settings.replica_lag_max / 2,
            next_high_watermarks: now.mono + settings.high_watermark_checkpoint_interval,
            next_recovery_points: now.mono + settings.recovery_checkpoint_interval,
            next_retention: now.mono + settings.retention_check_interval,
        }
    }

    pub(crate) fn get(&self, key: PartitionKey) -> Option<&Partition> {
        self.partitions.get(&key)
    }

    /// A partition about to be changed: whatever waits for it is looked at again in this turn.
    pub(crate) fn touch(&mut self, key: PartitionKey) -> Option<&mut Partition> {
        let partition = self.partitions.get_mut(&key)?;
        self.touched.insert(key);
        Some(partition)
    }

    /// A partition about to be changed in a way that nobody waits for.
    pub(crate) fn untouched(&mut self, key: PartitionKey) -> Option<&mut Partition> {
        self.partitions.get_mut(&key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.partitions.len()
    }

    pub(crate) fn leading(&self) -> usize {
        self.iter().filter(|p| p.is_leader()).count()
    }

    pub(crate) fn under_replicated(&self) -> usize {
        self.iter().filter(|p| p.is_leader() && p.assignment.isr.len() < p.assignment.replicas.len()).count()
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        let fixed =
            [self.next_shrink, self.next_high_watermarks, self.next_recovery_points, self.next_retention];
        [
            self.appends.next_deadline(),
            self.fetches.next_deadline(),
            self.fetchers.next_deadline(),
            self.isr.next_deadline(),
            self.doomed.first().map(|(at, _)| *at),
        ]
        .into_iter()
        .flatten()
        .chain(fixed)
        .min()
    }

    pub(crate) fn controller_moved(&mut self) {
        self.isr.controller_moved();
    }

    fn key_of(topic: kr_wire::ids::TopicId, partition: PartitionId) -> PartitionKey {
        PartitionKey { topic, partition }
    }

    /// High watermarks as they are checkpointed.
    fn high_watermarks(&self) -> Offsets {
        self.iter().map(|p| ((p.topic.clone(), p.key.partition), p.high_watermark())).collect()
    }

    /// Recovery points, and log starts that lie inside a segment.
    fn durable_offsets(&self) -> (Offsets, Offsets) {
        let name = |p: &Partition| (p.topic.clone(), p.key.partition);
        let recovery = self.iter().map(|p| (name(p), p.log.recovery_point())).collect();
        let starts = self
            .iter()
            .filter(|p| p.log.start_offset() > p.log.first_segment_base())
            .map(|p| (name(p), p.log.start_offset()))
            .collect();
        (recovery, starts)
    }

    /// Closes all logs and writes what a clean start needs.
    pub(crate) fn close(mut self, disk: &dyn Disk, dir: &Path) -> Result<(), LogError> {
        let high_watermarks = self.high_watermarks();
        let (_, starts) = self.durable_offsets();
        let mut recovery = Offsets::new();
        for (_, partition) in std::mem::take(&mut self.partitions) {
            recovery.insert((partition.topic.clone(), partition.key.partition), partition.log.end_offset());
            partition.log.close_unsynced()?;
        }
        disk.sync_all(dir).map_err(|source| LogError::Io { action: "sync", path: dir.to_owned(), source })?;
        checkpoint::write_offsets(disk, &dir.join(layout::HIGH_WATERMARK_CHECKPOINT), &high_watermarks)?;
        checkpoint::write_offsets(disk, &dir.join(layout::LOG_START_CHECKPOINT), &starts)?;
        checkpoint::write_offsets(disk, &dir.join(layout::RECOVERY_POINT_CHECKPOINT), &recovery)?;
        for (_, doomed) in self.doomed {
            let _ = disk.remove_dir_all(&doomed);
        }
        Ok(())
    }
}

impl Node {
    /// Configuration as this node sees it now.
    pub(crate) fn config_scope(&self) -> Scope<'_> {
        Scope {
            configs: self.quorum.image().configs(),
            node: self.config.node_id,
            static_config: &self.properties,
        }
    }

    /// Whether a replica may join an ISR: alive, staying, and the registration it fetched with is current.
    pub(crate) fn eligible(image: &image::Image, id: NodeId, epoch: Option<BrokerEpoch>) -> bool {
        image.broker(id).is_some_and(|broker| broker.is_active() && epoch.is_none_or(|e| e == broker.epoch))
    }

    /// What committed metadata means for the partitions of this broker.
    pub(crate) fn publish_to_replicas(&mut self, delta: &Delta) {
        let me = self.config.node_id;
        for topic in &delta.deleted {
            for partition in topic.partitions.keys() {
                self.delete_replica(Replicas::key_of(topic.id, *partition));
            }
        }
        for change in &delta.partitions {
            let key = Replicas::key_of(change.topic_id, change.partition);
            if !change.after.replicas.contains(&me) {
                self.delete_replica(key);
                continue;
            }
            let assignment = Assignment {
                replicas: change.after.replicas.to_vec(),
                isr: change.after.isr.to_vec(),
                leader: change.after.leader,
                leader_epoch: change.after.leader_epoch,
                partition_epoch: change.after.partition_epoch,
                recovering: change.after.recovering,
            };
            self.assign_replica(key, &change.topic, assignment);
        }
        let reconfigured: Vec<&String> = delta
            .configs
            .iter()
            .filter(|(kind, _)| *kind == ResourceType::Topic)
            .map(|(_, name)| name)
            .collect();
        let brokers_reconfigured = delta.configs.iter().any(|(kind, _)| *kind == ResourceType::Broker);
        if brokers_reconfigured || !reconfigured.is_empty() {
            self.reconfigure_logs(|topic| {
                brokers_reconfigured || reconfigured.iter().any(|name| *name == topic)
            });
        }
        if !delta.brokers.is_empty() {
            self.brokers_changed(&delta.brokers);
        }
    }

    fn assign_replica(&mut self, key: PartitionKey, topic: &str, assignment: Assignment) {
        if self.broker.as_ref().is_some_and(|b| b.replicas.get(key).is_none())
            && !self.open_replica(key, topic)
        {
            return;
        }
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        let Some(partition) = broker.replicas.touch(key) else { return };
        let (turn, failed) = match partition.assign(assignment, now) {
            Ok(turn) => (turn, None),
            Err(error) => (Turn::Waits, Some(error)),
        };
        let leader = partition.assignment.leader;
        match turn {
            Turn::Stays => {}
            Turn::Leads => {
                broker.replicas.fetchers.remove(key);
                self.advance(key);
            }
            Turn::Follows => {
                let leader = leader.expect("a follower has a leader");
                broker.replicas.fetchers.follow(key, leader);
            }
            Turn::Waits => broker.replicas.fetchers.remove(key),
        }
        if let Some(error) = failed {
            self.fatal(format!("cannot write the log of {topic}-{}: {error}", key.partition));
        }
    }

    fn open_replica(&mut self, key: PartitionKey, topic: &str) -> bool {
        let name = (topic.to_owned(), key.partition);
        let dir = self.config.log_dir.join(layout::partition_dir(topic, key.partition));
        let config = log_config::of_topic(&self.config_scope(), topic);
        let min_isr = log_config::min_isr(&self.config_scope(), topic);
        let Some(broker) = &self.broker else { return false };
        let found = &broker.replicas.found;
        let recovery_point = found.recovery_points.get(&name).copied().unwrap_or(Offset::ZERO);
        let high_watermark = found.high_watermarks.get(&name).copied().unwrap_or(Offset::ZERO);
        let open = OpenLog {
            disk: std::sync::Arc::clone(&self.disk),
            dir: dir.clone(),
            topic_id: key.topic,
            config,
            tail: broker.replicas.tail.clone(),
            clean: found.clean.is_some(),
            recovery_point,
            log_start: found.log_starts.get(&name).copied(),
            now: self.now,
        };
        if let Err(error) = self.set_stray_aside(key, &dir) {
            self.fatal(format!("cannot set {} aside: {error}", dir.display()));
            return false;
        }
        #[cfg(feature = "mutants")]
        kr_log::mutants::plant(
            self.config
                .mutants
                .producer_state_not_rebuilt
                .then_some(kr_log::mutants::Mutant::ProducerStateNotRebuilt),
        );
        match Log::open(open) {
            Ok((log, recovered)) => {
                if recovered.truncated_bytes > 0 {
                    let message = format!(
                        "recovered {topic}-{}: {} bytes of a torn tail cut off",
                        key.partition, recovered.truncated_bytes
                    );
                    self.log(Level::Warn, message);
                }
                let partition =
                    Partition::new(self.config.node_id, topic.to_owned(), key, log, high_watermark, min_isr);
                if let Some(broker) = &mut self.broker {
                    broker.replicas.partitions.insert(key, partition);
                }
                true
            }
            Err(error) => {
                self.fatal(format!("cannot open the log of {topic}-{}: {error}", key.partition));
                false
            }
        }
    }

    /// A directory of that name may belong to a topic of the same name that was deleted while this node was
    /// away: its records are not this topic's.
    fn set_stray_aside(&mut self, key: PartitionKey, dir: &Path) -> Result<(), LogError> {
        let Some(found) = kr_log::partition_metadata::read(&*self.disk, dir)? else { return Ok(()) };
        if found == key.topic {
            return Ok(());
        }
        let suffix = self.random_uuid().simple().to_string();
        let mut aside = dir.as_os_str().to_owned();
        aside.push(format!(".{suffix}-delete"));
        let aside = PathBuf::from(aside);
        self.disk.rename(dir, &aside).map_err(|source| LogError::Io {
            action: "rename",
            path: dir.to_owned(),
            source,
        })?;
        let at = self.now.mono + FILE_DELETE_DELAY;
        if let Some(broker) = &mut self.broker {
            broker.replicas.doomed.insert((at, aside));
        }
        Ok(())
    }

    /// The replica is no longer this broker's: it stops at once and its files go later.
    fn delete_replica(&mut self, key: PartitionKey) {
        let id = self.random_uuid();
        let at = self.now.mono + FILE_DELETE_DELAY;
        let Some(broker) = &mut self.broker else { return };
        let Some(partition) = broker.replicas.partitions.remove(&key) else { return };
        broker.replicas.fetchers.remove(key);
        broker.replicas.touched.insert(key);
        let label = format!("{}-{}", partition.topic, key.partition);
        match partition.log.mark_deleted(id) {
            Ok(Some(dir)) => {
                broker.replicas.doomed.insert((at, dir));
            }
            Ok(None) => {}
            Err(error) => self.fatal(format!("cannot delete the log of {label}: {error}")),
        }
    }

    fn reconfigure_logs(&mut self, concerns: impl Fn(&str) -> bool) {
        let Some(broker) = &self.broker else { return };
        let hit: Vec<(PartitionKey, String)> =
            broker.replicas.iter().filter(|p| concerns(&p.topic)).map(|p| (p.key, p.topic.clone())).collect();
        for (key, topic) in hit {
            let config = log_config::of_topic(&self.config_scope(), &topic);
            let min_isr = log_config::min_isr(&self.config_scope(), &topic);
            let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.touch(key)) else { continue };
            partition.log.set_config(config);
            partition.min_isr = min_isr;
            self.advance(key);
        }
    }

    /// Brokers came or went: that may decide who counts for a high watermark and who may join an ISR.
    fn brokers_changed(&mut self, changed: &[NodeId]) {
        let Some(broker) = &mut self.broker else { return };
        let image = self.quorum.image();
        for id in changed {
            let address =
                image.broker(*id).and_then(|b| b.endpoint("PLAINTEXT")).map(|e| (e.host.clone(), e.port));
            broker.replicas.fetchers.moved(*id, address);
        }
        let led: Vec<PartitionKey> =
            broker.replicas.iter().filter(|p| p.is_leader()).map(|p| p.key).collect();
        for key in led {
            for id in changed {
                self.try_expand(key, *id);
            }
            self.advance(key);
        }
    }

    /// Moves a led partition's high watermark as far as it goes.
    pub(crate) fn advance(&mut self, key: PartitionKey) {
        let (lag, now) = (self.settings.replica_lag_max, self.now);
        let image = self.quorum.image();
        let Some(broker) = &mut self.broker else { return };
        let Some(partition) = broker.replicas.partitions.get_mut(&key) else { return };
        if partition.advance_high_watermark(lag, |id, epoch| Self::eligible(image, id, epoch), now) {
            broker.replicas.touched.insert(key);
        }
    }

    /// Asks for a caught-up follower to join the ISR.
    pub(crate) fn try_expand(&mut self, key: PartitionKey, id: NodeId) {
        let image = self.quorum.image();
        let Some(broker) = &mut self.broker else { return };
        let Some(partition) = broker.replicas.partitions.get_mut(&key) else { return };
        if partition.expand_isr(id, |id, epoch| Self::eligible(image, id, epoch)) {
            broker.replicas.isr.dirty(key);
        }
    }

    /// Does what is due: late answers, ISR shrinks, checkpoints, retention.
    pub(crate) fn tick_replicas(&mut self) {
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        let late = broker.replicas.appends.expired(now.mono);
        let shrink = due(&mut broker.replicas.next_shrink, self.settings.replica_lag_max / 2, now);
        let marks = due(
            &mut broker.replicas.next_high_watermarks,
            self.settings.high_watermark_checkpoint_interval,
            now,
        );
        let points =
            due(&mut broker.replicas.next_recovery_points, self.settings.recovery_checkpoint_interval, now);
        let retention = due(&mut broker.replicas.next_retention, self.settings.retention_check_interval, now);
        for owner in late {
            self.append_decided(owner, kr_wire::error_code::ErrorCode::REQUEST_TIMED_OUT);
        }
        if shrink {
            self.shrink_isrs();
        }
        if marks {
            self.checkpoint_high_watermarks();
        }
        if points {
            self.flush_rolled();
            self.checkpoint_recovery_points();
        }
        if retention {
            self.apply_retention();
        }
        self.remove_doomed();
        self.tick_fetches();
        self.run_fetchers();
        self.send_isr_changes();
    }

    /// Completes what this turn's changes decide; `true` when there was something.
    pub(crate) fn run_replicas(&mut self) -> bool {
        let Some(broker) = &mut self.broker else { return false };
        let touched = std::mem::take(&mut broker.replicas.touched);
        let mut moved = !touched.is_empty();
        for key in touched {
            let Some(broker) = &mut self.broker else { return moved };
            let replicas = &mut broker.replicas;
            let decided = replicas.appends.decided(key, replicas.partitions.get(&key));
            for (owner, code) in decided {
                self.append_decided(owner, code);
            }
            self.wake_fetches(key);
            self.partition_moved(key);
        }
        moved |= self.run_fetchers();
        self.send_isr_changes();
        moved
    }

    fn shrink_isrs(&mut self) {
        let (lag, now) = (self.settings.replica_lag_max, self.now);
        let Some(broker) = &mut self.broker else { return };
        for (key, partition) in &mut broker.replicas.partitions {
            if partition.shrink_isr(lag, now) {
                broker.replicas.isr.dirty(*key);
            }
        }
    }

    fn checkpoint_high_watermarks(&mut self) {
        let Some(broker) = &self.broker else { return };
        let path = self.config.log_dir.join(layout::HIGH_WATERMARK_CHECKPOINT);
        let written = checkpoint::write_offsets(&*self.disk, &path, &broker.replicas.high_watermarks());
        self.must(written, "the high watermark checkpoint");
    }

    /// Makes the logs durable that have rolled since their last flush, as Kafka does after a roll: a start after a
    /// crash then checks the active segment only.
    fn flush_rolled(&mut self) {
        let Some(broker) = &mut self.broker else { return };
        let mut requests = Vec::new();
        let mut failed = None;
        for (key, partition) in &mut broker.replicas.partitions {
            let segments = partition.log.segment_count();
            if std::mem::replace(&mut partition.segments_flushed, segments) >= segments {
                continue;
            }
            match partition.log.unflushed() {
                Ok(Some(request)) => requests.push((*key, request)),
                Ok(None) => {}
                Err(error) => failed = Some(error),
            }
        }
        for (key, request) in requests {
            self.flush(request.files, FlushPurpose::Partition { key, mark: request.mark });
        }
        if let Some(error) = failed {
            self.fatal(format!("cannot flush a rolled log: {error}"));
        }
    }

    /// The driver has made a partition's log durable.
    pub(crate) fn partition_flushed(&mut self, key: PartitionKey, mark: FlushMark) {
        if let Some(partition) = self.broker.as_mut().and_then(|b| b.replicas.untouched(key)) {
            partition.log.flushed(mark);
        }
    }

    /// Writes the recovery points and log starts as they are now.
    pub(crate) fn checkpoint_recovery_points(&mut self) {
        let Some(broker) = &self.broker else { return };
        let (recovery, starts) = broker.replicas.durable_offsets();
        let dir = &self.config.log_dir;
        let written =
            checkpoint::write_offsets(&*self.disk, &dir.join(layout::RECOVERY_POINT_CHECKPOINT), &recovery)
                .and_then(|()| {
                    checkpoint::write_offsets(&*self.disk, &dir.join(layout::LOG_START_CHECKPOINT), &starts)
                });
        self.must(written, "the recovery point checkpoint");
    }

    fn apply_retention(&mut self) {
        let now = self.now;
        let Some(broker) = &mut self.broker else { return };
        let mut failed = None;
        for (key, partition) in &mut broker.replicas.partitions {
            match partition.log.retain(partition.high_watermark(), now) {
                Ok(deleted) if !deleted.is_empty() => {
                    partition.lift_high_watermark_to_start();
                    broker.replicas.touched.insert(*key);
                }
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            self.fatal(format!("cannot delete old segments: {error}"));
        }
    }

    fn remove_doomed(&mut self) {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return };
        while let Some((at, dir)) = broker.replicas.doomed.pop_first() {
            if at > now {
                broker.replicas.doomed.insert((at, dir));
                break;
            }
            // What is left of a deleted replica costs space only; it is tried again at the next start.
            let _ = self.disk.remove_dir_all(&dir);
        }
    }
}

/// `file.delete.delay.ms`: how long the files of a deleted replica stay.
const FILE_DELETE_DELAY: Duration = Duration::from_secs(60);

/// Whether a periodic task is due; if so, it is due again after `every`.
fn due(at: &mut Mono, every: Duration, now: Now) -> bool {
    if *at > now.mono {
        return false;
    }
    *at = now.mono + every;
    true
}

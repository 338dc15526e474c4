//! Taking over, standing by, and what the active controller does by itself.
//!
//! A tick does the first thing that is due and returns: its records must be replayed before the next looks.

use std::time::Duration;

use kr_wire::ids::{BrokerEpoch, NodeId};
use kr_wire::metadata_records::{
    AbortTransactionRecord, BeginTransactionRecord, EndTransactionRecord, FeatureLevelRecord, MetadataRecord,
    NoOpRecord,
};
use kr_wire::time::{Mono, Now};

use super::liveness::session_end;
use super::{Call, Controller, Outcome};
use crate::features::{ELR_VERSION, METADATA_VERSION, gate};
use crate::image::Image;

/// When the active controller acts by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    no_op: Option<Mono>,
    balance: Option<Mono>,
    unclean: Mono,
}

impl Controller {
    /// Takes over: the sessions of all brokers start anew, periodic work is scheduled.
    ///
    /// The image must be the one of all records before, with an open metadata transaction if there is one
    /// ([`Loader::current`](crate::loader::Loader::current)). An empty log gets the bootstrap records; an open
    /// transaction is aborted; otherwise there is nothing to append.
    pub fn activate(&mut self, bootstrap: &[MetadataRecord], call: Call) -> Outcome<()> {
        let now = call.now.mono;
        self.liveness.restart(&self.image, session_end(now, self.config.session_timeout));
        self.schedule = Some(Schedule {
            no_op: self.config.max_idle.map(|idle| now + idle),
            balance: self.balance_interval().map(|interval| now + interval),
            unclean: now + self.unclean_interval(),
        });
        let mut records: Vec<MetadataRecord> = Vec::new();
        if self.image.in_transaction() {
            records.push(AbortTransactionRecord { reason: Some("Controller failover".to_owned()) }.into());
        }
        if self.image.committed().metadata_version().is_some() {
            return Outcome::atomic(records, ());
        }
        let level = |name: &str| {
            bootstrap.iter().find_map(|record| match record {
                MetadataRecord::FeatureLevel(FeatureLevelRecord { name: n, feature_level }) if n == name => {
                    Some(*feature_level)
                }
                _ => None,
            })
        };
        let transaction = level(METADATA_VERSION).is_some_and(|version| version >= gate::TRANSACTIONS);
        if transaction {
            records.push(BeginTransactionRecord { name: Some("Bootstrap records".to_owned()) }.into());
        }
        records.extend(bootstrap.iter().cloned());
        if level(ELR_VERSION).is_some_and(|elr| elr > 0) {
            records.extend(self.fix_min_isr());
        }
        if transaction {
            records.push(EndTransactionRecord {}.into());
        }
        Outcome { records, response: (), atomic: !transaction }
    }

    /// Stands by: sessions and schedule are forgotten. The caller installs the last committed image.
    pub fn resign(&mut self) {
        self.liveness.clear();
        self.schedule = None;
    }

    /// Whether the controller has been activated and has not resigned.
    pub fn is_active_controller(&self) -> bool {
        self.schedule.is_some()
    }

    /// A broker's connection closed: its session ends after the grace unless it is heard of again.
    pub fn broker_lost(&mut self, broker: NodeId, now: Now) {
        if let Some(grace) = self.config.lost_grace {
            self.liveness.shorten(broker, now.mono + grace);
        }
    }

    /// A broker's heartbeat waits here for its answer: the broker is silent because of this controller.
    pub fn broker_waits(&mut self, broker: NodeId, epoch: BrokerEpoch, now: Now) {
        self.liveness.prolong(broker, epoch, session_end(now.mono, self.config.session_timeout));
    }

    /// When [`tick`](Self::tick) is due next; never while standing by.
    pub fn next_deadline(&self) -> Option<Mono> {
        let schedule = self.schedule?;
        let periodic = [schedule.no_op, schedule.balance, Some(schedule.unclean)];
        periodic.into_iter().flatten().chain(self.liveness.next_end(&self.image)).min()
    }

    /// Does one thing that is due: fences a broker whose session ended, elects leaders, writes a NoOp record.
    pub fn tick(&mut self, call: Call) -> Outcome<()> {
        let now = call.now.mono;
        let Some(mut schedule) = self.schedule else {
            return Outcome::default();
        };
        if let Some(broker) = self.liveness.stalest(&self.image, now).and_then(|id| self.image.broker(id)) {
            return Outcome::split(self.fence(broker.id, broker.epoch), ());
        }
        let mut records = Vec::new();
        if schedule.balance.is_some_and(|due| due <= now) {
            let more;
            (records, more) = self.balance_leaders();
            schedule.balance = self.balance_interval().map(|i| if more { now } else { now + i });
        } else if schedule.unclean <= now {
            let more;
            (records, more) = self.elect_unclean();
            schedule.unclean = if more { now } else { now + self.unclean_interval() };
        } else if schedule.no_op.is_some_and(|due| due <= now) {
            if self.metadata_version() >= gate::NO_OP {
                records.push(NoOpRecord {}.into());
            }
            schedule.no_op = self.config.max_idle.map(|idle| now + idle);
        }
        self.schedule = Some(schedule);
        Outcome::split(records, ())
    }

    fn balance_interval(&self) -> Option<Duration> {
        let scope = self.scope();
        let seconds = scope.broker_i64("leader.imbalance.check.interval.seconds");
        scope
            .broker_bool("auto.leader.rebalance.enable")
            .then(|| Duration::from_secs(u64::try_from(seconds).unwrap_or(300).max(1)))
    }

    fn unclean_interval(&self) -> Duration {
        let ms = self.config.static_config.get("unclean.leader.election.interval.ms");
        let ms = ms.and_then(|ms| ms.trim().parse().ok()).unwrap_or(300_000);
        Duration::from_millis(std::cmp::max(ms, 1))
    }
}

impl Image {
    /// What stood before an open metadata transaction; the image itself if none is open.
    pub(crate) fn committed(&self) -> &Self {
        self.before_transaction().unwrap_or(self)
    }
}

//! Exact mode: what the metadata log tells stands above what brokers answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use kr_client::admin::TopicPartition;

use super::observer::{FromLog, Rest};
use super::{Poller, wall};
use crate::msg::{Failure, Msg};
use crate::snapshot::{Broker, Cluster, Gap, Mode, Observation, PartitionElr, Seen, Source, Topics};

impl Poller {
    /// Takes news of the metadata log in.
    pub(super) async fn heard(&mut self, news: FromLog) -> bool {
        match news {
            FromLog::Events(mut events) => {
                self.note_led(&events);
                if let Some(until) = self.inferred_until.filter(|_| !self.is_exact) {
                    events.retain(|event| event.when.latest() > until);
                }
                events.is_empty() || self.tell.send(Msg::Events(events)).await.is_ok()
            }
            FromLog::Caught { topics, rest } => {
                self.set_exact(true);
                self.from_log = Some(rest.clone());
                self.tell_log(Some(topics), Some(rest)).await
            }
            FromLog::Changed { topics, rest } => {
                // The log is back after it was not to be had.
                self.set_exact(true);
                self.tell_log(topics, rest).await
            }
            FromLog::Lost(gap) => {
                self.set_exact(false);
                let failure = Failure {
                    at: wall(),
                    what: "the metadata log".into(),
                    node: None,
                    error: gap.to_string().into(),
                    is_total: false,
                };
                // Without permission the poll mode is what there is: no failure worth a banner.
                let is_worth_it = !matches!(gap, Gap::Denied(_) | Gap::Unsupported(_));
                !is_worth_it || self.tell.send(Msg::Failed(failure)).await.is_ok()
            }
        }
    }

    pub(super) fn set_exact(&mut self, is_exact: bool) {
        if self.is_exact != is_exact {
            self.is_exact = is_exact;
            self.infer.set_exact(is_exact);
            self.lanes.set_exact(is_exact);
            self.want_lanes();
        }
    }

    async fn tell_log(&mut self, topics: Option<Topics>, rest: Option<Rest>) -> bool {
        let at = wall();
        if let Some(topics) = topics
            && !self.saw(Observation::Topics(Seen::new(topics, at, Source::MetadataLog))).await
        {
            return false;
        }
        let Some(rest) = rest else { return true };
        let mut seen = vec![
            Observation::Elr(Seen::new(self.eligible(&rest), at, Source::MetadataLog)),
            Observation::Moving(Seen::new(Ok(rest.moving.clone()), at, Source::MetadataLog)),
        ];
        self.from_log = Some(rest);
        if let Some(cluster) = self.cluster.clone() {
            seen.push(Observation::Cluster(Seen::new(cluster, at, Source::MetadataLog)));
        }
        for observation in seen {
            if !self.saw(observation).await {
                return false;
            }
        }
        true
    }

    /// Eligible replicas of all partitions that have some, and that of those that had some none are left.
    fn eligible(&mut self, rest: &Rest) -> Vec<PartitionElr> {
        let now: BTreeSet<TopicPartition> = rest.eligible.iter().map(|elr| elr.place.clone()).collect();
        let before = std::mem::replace(&mut self.had_eligible, now);
        let is_over = |place: &&TopicPartition| !self.had_eligible.contains(*place);
        let none = |place: &TopicPartition| PartitionElr {
            place: place.clone(),
            eligible: Ok(Vec::new()),
            last_known: Ok(Vec::new()),
        };
        let mut eligible = rest.eligible.clone();
        eligible.extend(before.iter().filter(is_over).map(none));
        eligible
    }
}

/// Puts what the log knows of brokers over what a broker said.
pub(super) fn combine(cluster: &mut Cluster, rest: &Rest) {
    let brokers = rest.brokers.iter().map(|known| {
        let told = cluster.brokers.iter().find(|broker| broker.id == known.id);
        // The log names the first of a broker's listeners, which need not be the one for clients.
        let address = told.map_or_else(|| Arc::clone(&known.address), |told| Arc::clone(&told.address));
        Broker { address, ..known.clone() }
    });
    cluster.brokers = brokers.collect();
    cluster.metadata_version = rest.metadata_version.or(cluster.metadata_version);
    cluster.mode = Some(Mode::KRaft);
}

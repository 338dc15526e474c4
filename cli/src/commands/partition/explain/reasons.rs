//! From what was seen of a partition to why it is as it is. Pure.
//!
//! Each line of evidence says how sure it is: *certain* is read off the cluster, *likely* is concluded from it,
//! *possible* needs a look where this program cannot look.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::partition::observe::ReplicaRow;
use crate::sizes::human_bytes;

/// How sure a conclusion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Read off the cluster.
    Certain,
    /// Concluded from what was read.
    Likely,
    /// To be looked at elsewhere.
    Possible,
}

impl Confidence {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// A line of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// How sure it is.
    pub confidence: Confidence,
    /// The broker it is about; null when it is about the partition.
    pub broker: Option<i32>,
    /// What was found.
    pub finding: String,
}

/// What state a partition is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All replicas are in sync.
    Healthy,
    /// Replicas are missing from the ISR.
    UnderReplicated,
    /// Fewer replicas are in sync than min.insync.replicas.
    UnderMinIsr,
    /// There is no leader.
    Leaderless,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::UnderReplicated => "under-replicated",
            Self::UnderMinIsr => "under min ISR",
            Self::Leaderless => "leaderless",
        }
    }
}

/// A replica seen twice.
#[derive(Clone, Debug, Default)]
pub struct Twice {
    /// The second look.
    pub now: ReplicaRow,
    /// The end of its log at the first look.
    pub end_before: Option<i64>,
    /// Bytes per second that its broker may copy, when this replica is throttled as a follower.
    pub throttle: Option<u64>,
}

impl Twice {
    fn gained(&self) -> Option<i64> {
        Some(self.now.end_offset? - self.end_before?)
    }
}

/// Everything the reasons are found from.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Its replicas, the preferred leader first.
    pub replicas: Vec<Twice>,
    /// Time between the two looks.
    pub between: Duration,
    /// `min.insync.replicas`.
    pub min_isr: Option<usize>,
    /// `unclean.leader.election.enable`.
    pub unclean_allowed: Option<bool>,
    /// Replicas that may lead though they are out of sync (KIP-966).
    pub eligible: Vec<i32>,
    /// Replicas that a reassignment is adding.
    pub adding: Vec<i32>,
    /// Partitions of the cluster that lack replicas in sync, and brokers that all of these lack.
    pub sick: usize,
    /// See `sick`.
    pub common: Vec<i32>,
}

impl Facts {
    fn leader(&self) -> Option<&Twice> {
        self.replicas.iter().find(|replica| replica.now.leader)
    }

    /// The state of the partition.
    pub fn state(&self) -> State {
        let in_sync = self.replicas.iter().filter(|replica| replica.now.in_sync).count();
        if self.leader().is_none() {
            State::Leaderless
        } else if self.min_isr.is_some_and(|min| in_sync < min) {
            State::UnderMinIsr
        } else if in_sync < self.replicas.len() {
            State::UnderReplicated
        } else {
            State::Healthy
        }
    }

    /// What is known about why, the surest first.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut lines = Vec::new();
        if self.state() == State::Healthy {
            let finding = format!("all {} replicas are in sync", self.replicas.len());
            lines.push(Evidence { confidence: Confidence::Certain, broker: None, finding });
            return lines;
        }
        if self.leader().is_none() {
            self.why_leaderless(&mut lines);
        }
        for replica in self.replicas.iter().filter(|replica| !replica.now.in_sync || !replica.now.alive) {
            self.why_out_of_sync(replica, &mut lines);
        }
        if self.sick > 1 {
            for broker in &self.common {
                let finding = format!(
                    "all {} under-replicated partitions of the cluster lack broker {broker}",
                    self.sick
                );
                lines.push(Evidence { confidence: Confidence::Certain, broker: Some(*broker), finding });
            }
        }
        lines.sort_by_key(|line| line.confidence);
        lines
    }

    fn why_leaderless(&self, lines: &mut Vec<Evidence>) {
        let mut say =
            |confidence, finding: String| lines.push(Evidence { confidence, broker: None, finding });
        let isr: Vec<i32> = self.replicas.iter().filter(|r| r.now.in_sync).map(|r| r.now.broker).collect();
        let live: Vec<i32> = self.replicas.iter().filter(|r| r.now.alive).map(|r| r.now.broker).collect();
        let dead_isr = isr.iter().all(|id| !live.contains(id));
        if dead_isr {
            say(Confidence::Certain, format!("no replica in sync is alive: the ISR is {}", names(&isr)));
        }
        let eligible: Vec<i32> = self.eligible.iter().copied().filter(|id| live.contains(id)).collect();
        match (eligible.as_slice(), self.unclean_allowed) {
            ([_, ..], _) => {
                let ids = names(&eligible);
                say(Confidence::Likely, format!("broker {ids} may lead without a loss: an election is due"));
            }
            ([], Some(false)) if !live.is_empty() && dead_isr => {
                let ids = names(&live);
                say(
                    Confidence::Likely,
                    format!(
                        "broker {ids} is alive but out of sync and may not lead (unclean.leader.election.enable \
                         is false): start broker {} again, or elect uncleanly and lose records",
                        names(&isr)
                    ),
                );
            }
            _ if live.is_empty() => say(Confidence::Certain, "no broker with a replica is alive".to_owned()),
            _ => say(Confidence::Possible, "see the log of the active controller".to_owned()),
        }
    }

    fn why_out_of_sync(&self, replica: &Twice, lines: &mut Vec<Evidence>) {
        let now = &replica.now;
        let mut say = |confidence, finding: String| {
            lines.push(Evidence { confidence, broker: Some(now.broker), finding });
        };
        if now.fenced == Some(true) {
            return say(
                Confidence::Certain,
                format!("broker {} is fenced: it is registered and sends no heartbeats", now.broker),
            );
        }
        if !now.alive {
            return say(
                Confidence::Certain,
                format!("broker {} is not part of the cluster: it is down or cut off", now.broker),
            );
        }
        if self.adding.contains(&now.broker) {
            say(
                Confidence::Certain,
                format!("broker {} is getting this replica by a reassignment", now.broker),
            );
        }
        if let Some(trouble) = &now.trouble {
            return say(Confidence::Certain, format!("broker {} is alive, but: {trouble}", now.broker));
        }
        let leader_end = self.leader().and_then(|leader| leader.now.end_offset);
        let (Some(behind), Some(gained)) = (now.behind, replica.gained()) else {
            if leader_end.is_some() {
                say(Confidence::Possible, format!("broker {} does not tell the end of its log", now.broker));
            }
            return;
        };
        self.why_behind(replica, behind, gained, lines);
    }

    /// What two looks at a replica that is alive say: it catches up, does not, or stands still.
    fn why_behind(&self, replica: &Twice, behind: i64, gained: i64, lines: &mut Vec<Evidence>) {
        let now = &replica.now;
        let mut say = |confidence, finding: String| {
            lines.push(Evidence { confidence, broker: Some(now.broker), finding });
        };
        let throttled = replica.throttle.map(|rate| format!("a throttle of {}/s", human_bytes(rate)));
        let seconds = self.between.as_secs_f64().max(0.001);
        let leader_gained = self.leader().and_then(Twice::gained).unwrap_or(0);
        if behind == 0 {
            say(
                Confidence::Likely,
                format!("broker {} has everything the leader has: it is about to join the ISR", now.broker),
            );
        } else if gained > leader_gained {
            let rate = (gained - leader_gained) as f64 / seconds;
            let left = (behind as f64 / rate).ceil();
            say(
                Confidence::Certain,
                format!(
                    "broker {} is {behind} records behind and catches up: about {left} s left",
                    now.broker
                ),
            );
        } else if gained > 0 {
            say(
                Confidence::Certain,
                format!(
                    "broker {} is {behind} records behind and does not catch up: it copied {gained} records in \
                     {seconds:.1} s while the leader got {leader_gained}",
                    now.broker
                ),
            );
        } else {
            let records = format!(
                "broker {} is {behind} records behind and stuck: its log did not grow in {seconds:.1} s",
                now.broker
            );
            say(Confidence::Certain, records);
        }
        match throttled {
            Some(throttle) if behind > 0 => {
                say(Confidence::Likely, format!("{throttle} holds broker {} back", now.broker))
            }
            None if behind > 0 && gained == 0 => say(
                Confidence::Possible,
                format!(
                    "its fetcher of broker {} may have failed: see the log of broker {}",
                    leader_name(self),
                    now.broker
                ),
            ),
            _ => {}
        }
    }
}

fn leader_name(facts: &Facts) -> String {
    facts.leader().map_or_else(|| "the leader".to_owned(), |leader| leader.now.broker.to_string())
}

fn names(ids: &[i32]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leader 1 with `ends`, and follower 2 with its own.
    fn facts(leader: (i64, i64), follower: (i64, i64)) -> Facts {
        let replica = |broker, (before, now): (i64, i64), is_leader: bool| Twice {
            now: ReplicaRow {
                broker,
                leader: is_leader,
                in_sync: is_leader,
                alive: true,
                end_offset: Some(now),
                behind: Some(leader.1 - now),
                ..ReplicaRow::default()
            },
            end_before: Some(before),
            throttle: None,
        };
        Facts {
            replicas: vec![replica(1, leader, true), replica(2, follower, false)],
            between: Duration::from_secs(2),
            ..Facts::default()
        }
    }

    fn findings(facts: &Facts) -> Vec<String> {
        let line = |line: Evidence| format!("{}: {}", line.confidence.name(), line.finding);
        facts.evidence().into_iter().map(line).collect()
    }

    #[test]
    fn a_dead_broker_is_named_before_anything_else() {
        let mut facts = facts((10, 10), (5, 5));
        facts.replicas[1].now.alive = false;
        assert_eq!(findings(&facts), ["certain: broker 2 is not part of the cluster: it is down or cut off"]);
        facts.replicas[1].now.fenced = Some(true);
        assert_eq!(
            findings(&facts),
            ["certain: broker 2 is fenced: it is registered and sends no heartbeats"]
        );
    }

    #[test]
    fn catching_up_is_told_from_falling_behind_and_from_being_stuck() {
        let catching = findings(&facts((100, 110), (50, 80)));
        assert_eq!(catching, ["certain: broker 2 is 30 records behind and catches up: about 3 s left"]);
        let falling = findings(&facts((100, 200), (50, 60)));
        assert!(
            falling[0].contains("140 records behind and does not catch up: it copied 10 records in 2.0 s")
        );
        let stuck = findings(&facts((100, 110), (50, 50)));
        assert!(stuck[0].contains("60 records behind and stuck"));
        assert!(stuck[1].starts_with("possible: its fetcher of broker 1 may have failed"));
        let there = findings(&facts((100, 110), (110, 110)));
        assert_eq!(there, ["likely: broker 2 has everything the leader has: it is about to join the ISR"]);
    }

    #[test]
    fn a_throttle_is_likelier_than_a_failed_fetcher() {
        let mut facts = facts((100, 110), (50, 50));
        facts.replicas[1].throttle = Some(1 << 20);
        let lines = findings(&facts);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].starts_with("likely: a throttle of 1.00 MiB/s holds broker 2 back"), "{lines:?}");
    }

    #[test]
    fn a_partition_without_a_leader_says_who_must_come_back() {
        let mut facts = facts((0, 0), (0, 0));
        facts.replicas[0].now = ReplicaRow { broker: 1, in_sync: true, ..ReplicaRow::default() };
        facts.unclean_allowed = Some(false);
        assert_eq!(facts.state(), State::Leaderless);
        let lines = findings(&facts);
        assert_eq!(lines[0], "certain: no replica in sync is alive: the ISR is 1");
        assert!(
            lines.iter().any(|line| line.contains("start broker 1 again, or elect uncleanly")),
            "{lines:?}"
        );
        facts.eligible = vec![2];
        assert!(findings(&facts).iter().any(|line| line.contains("broker 2 may lead without a loss")));
    }

    #[test]
    fn a_broker_common_to_all_sick_partitions_is_named() {
        let mut facts = facts((10, 10), (10, 10));
        (facts.sick, facts.common) = (12, vec![2]);
        assert!(
            findings(&facts)[0].contains("all 12 under-replicated partitions of the cluster lack broker 2")
        );
    }

    #[test]
    fn a_healthy_partition_needs_no_reason() {
        let mut facts = facts((10, 10), (10, 10));
        facts.replicas[1].now.in_sync = true;
        assert_eq!(facts.state(), State::Healthy);
        assert_eq!(findings(&facts), ["certain: all 2 replicas are in sync"]);
        facts.min_isr = Some(3);
        assert_eq!(facts.state(), State::UnderMinIsr);
    }
}

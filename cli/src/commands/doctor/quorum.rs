//! Checks of the metadata quorum.

use kr_client::admin::{QuorumReplica, QuorumStatus};

use super::evidence::Evidence;
use super::finding::{Check, Severity, Symptom};

/// A replica of the metadata that has not caught up for this long is behind, milliseconds.
const BEHIND_MS: i64 = 10_000;
/// Clocks that differ by more make leases and timestamps wrong, milliseconds.
const SKEW_MS: i64 = 5_000;

/// Checks of this subject.
pub const CHECKS: &[Check] = &[
    Check {
        id: "Q01",
        severity: Severity::Error,
        title: "the quorum has no leader",
        fix: "no change is possible; start controllers until most of the voters run",
        judge: |evidence| {
            of_quorum(evidence, |q| q.leader.is_none().then(|| "no leader is known".to_owned()))
        },
    },
    Check {
        id: "Q02",
        severity: Severity::Warning,
        title: "a voter is behind",
        fix: "a majority hangs on the others; see `kr quorum replication`",
        judge: |evidence| behind(evidence, |quorum| &quorum.voters, "voter"),
    },
    Check {
        id: "Q03",
        severity: Severity::Warning,
        title: "an observer is behind",
        fix: "that broker works with old metadata; see `kr quorum replication` and its log",
        judge: |evidence| behind(evidence, |quorum| &quorum.observers, "observer"),
    },
    Check {
        id: "Q04",
        severity: Severity::Info,
        title: "an even number of voters",
        fix: "one more survives no more failures; use an odd number",
        judge: |evidence| {
            of_quorum(evidence, |q| {
                let count = q.voters.len();
                (count > 0 && count % 2 == 0).then(|| format!("{count} voters"))
            })
        },
    },
    Check {
        id: "Q05",
        severity: Severity::Warning,
        title: "a single voter for several brokers",
        fix: "losing it stops all changes; run 3 controllers",
        judge: |evidence| {
            let brokers = evidence.brokers.len();
            of_quorum(evidence, |q| {
                (q.voters.len() == 1 && brokers > 1).then(|| format!("1 voter, {brokers} brokers"))
            })
        },
    },
    Check {
        id: "Q06",
        severity: Severity::Warning,
        title: "clocks differ",
        fix: "set the clocks by NTP: timestamps, retention and lags by time are wrong",
        judge: |evidence| {
            let now = evidence.now_ms;
            of_quorum(evidence, |q| {
                let replicas = q.voters.iter().chain(&q.observers);
                let leader = replicas.clone().find(|replica| Some(replica.id) == q.leader)?;
                let skew = leader.last_fetch_ms.filter(|ms| *ms > 0)? - now;
                (skew.abs() > SKEW_MS)
                    .then(|| format!("the leader's clock is {skew} ms ahead of this machine's"))
            })
        },
    },
    Check {
        id: "Q07",
        severity: Severity::Info,
        title: "metadata is kept in ZooKeeper",
        fix: "Apache Kafka 4.0 and newer need KRaft; plan the migration",
        judge: |evidence| {
            if evidence.is_zookeeper {
                vec![Symptom::of("cluster", "no metadata quorum")]
            } else {
                Vec::new()
            }
        },
    },
];

fn of_quorum(evidence: &Evidence, seen: impl Fn(&QuorumStatus) -> Option<String>) -> Vec<Symptom> {
    let seen = evidence.quorum.as_ref().and_then(seen);
    seen.map(|seen| Symptom::of("quorum", seen)).into_iter().collect()
}

fn behind(
    evidence: &Evidence,
    replicas: impl Fn(&QuorumStatus) -> &[QuorumReplica],
    role: &str,
) -> Vec<Symptom> {
    let Some(quorum) = &evidence.quorum else { return Vec::new() };
    let all = quorum.voters.iter().chain(&quorum.observers);
    // By the leader's clock alone, which stands in its own row.
    let Some(now) = all.clone().find(|r| Some(r.id) == quorum.leader).and_then(|r| r.last_fetch_ms) else {
        return Vec::new();
    };
    let mut symptoms = Vec::new();
    for replica in replicas(quorum).iter().filter(|replica| Some(replica.id) != quorum.leader) {
        let age = replica.last_caught_up_ms.filter(|ms| *ms > 0).map(|ms| now - ms);
        let seen = match age {
            None => "has never caught up".to_owned(),
            Some(age) if age > BEHIND_MS => format!("caught up {age} ms ago"),
            Some(_) => continue,
        };
        symptoms.push(Symptom::of(format!("{role} {}", replica.id), seen));
    }
    symptoms
}

//! Checks of partitions: leaders, replicas, racks, balance.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::cluster_view::{Partition, Topic};
use kr_wire::ids::NodeId;

use super::evidence::Evidence;
use super::finding::{Check, Severity, Symptom};
use crate::output::page::list;

/// Checks of this subject.
pub const CHECKS: &[Check] = &[
    Check {
        id: "P01",
        severity: Severity::Error,
        title: "partition without a leader",
        fix: "bring one of its replicas back; see `kr partition explain TOPIC-PARTITION`",
        judge: |evidence| of_partitions(evidence, |_, _, p| p.leader.is_none(), "replicas"),
    },
    Check {
        id: "P02",
        severity: Severity::Error,
        title: "fewer replicas in sync than min.insync.replicas",
        fix: "producers with acks=all are refused; bring replicas back, see `kr partition explain`",
        judge: |evidence| {
            let is_so = |e: &Evidence, t: &Topic, p: &Partition| {
                p.leader.is_some() && min_isr(e, t).is_some_and(|min| p.isr.len() < min)
            };
            of_partitions(evidence, is_so, "in sync")
        },
    },
    Check {
        id: "P03",
        severity: Severity::Warning,
        title: "exactly min.insync.replicas in sync, and others are not",
        fix: "the next loss stops producers with acks=all; bring the others back",
        judge: |evidence| {
            let is_so = |e: &Evidence, t: &Topic, p: &Partition| {
                p.isr.len() < p.replicas.len() && min_isr(e, t).is_some_and(|min| p.isr.len() == min)
            };
            of_partitions(evidence, is_so, "in sync")
        },
    },
    Check {
        id: "P04",
        severity: Severity::Warning,
        title: "under-replicated partition",
        fix: "see why with `kr partition explain TOPIC-PARTITION`",
        judge: |evidence| {
            of_partitions(evidence, |_, _, p| p.leader.is_some() && p.isr.len() < p.replicas.len(), "in sync")
        },
    },
    Check {
        id: "P05",
        severity: Severity::Warning,
        title: "topic with one replica",
        fix: "a lost disk loses its records; raise it with `kr topic set-rf TOPIC 3`",
        judge: |evidence| of_topics(evidence, |e, t| factor(t) == Some(1) && e.in_service().count() > 1),
    },
    Check {
        id: "P06",
        severity: Severity::Error,
        title: "fewer replicas than min.insync.replicas",
        fix: "producers with acks=all can never write; lower min.insync.replicas or raise the replication factor",
        judge: |evidence| of_topics(evidence, |e, t| factor(t) < min_isr(e, t)),
    },
    Check {
        id: "P07",
        severity: Severity::Warning,
        title: "as many replicas as min.insync.replicas",
        fix: "no broker can be restarted without stopping producers with acks=all; raise the replication factor",
        judge: |evidence| of_topics(evidence, |e, t| factor(t) > Some(1) && factor(t) == min_isr(e, t)),
    },
    Check {
        id: "P08",
        severity: Severity::Info,
        title: "min.insync.replicas=1 with several replicas",
        fix: "acks=all then promises one copy; set it to 2 with `kr topic config set TOPIC min.insync.replicas=2`",
        judge: |evidence| of_topics(evidence, |e, t| factor(t) >= Some(3) && min_isr(e, t) == Some(1)),
    },
    Check {
        id: "P09",
        severity: Severity::Warning,
        title: "all replicas in one rack",
        fix: "spread them with `kr reassign plan racks`",
        judge: one_rack,
    },
    Check {
        id: "P10",
        severity: Severity::Info,
        title: "partitions not led by their preferred leader",
        fix: "give leadership back with `kr partition leaders elect --preferred --all`",
        judge: drift,
    },
    Check {
        id: "P11",
        severity: Severity::Info,
        title: "broker leads far more than its share",
        fix: "even leaders out with `kr reassign plan leaders`",
        judge: |evidence| skew(evidence, |p| p.leader.into_iter().collect(), "leads"),
    },
    Check {
        id: "P12",
        severity: Severity::Info,
        title: "broker holds far more replicas than its share",
        fix: "even replicas out with `kr reassign plan rebalance`",
        judge: |evidence| skew(evidence, |p| p.replicas.clone(), "holds"),
    },
    Check {
        id: "P13",
        severity: Severity::Error,
        title: "replicas on a broker that is not there",
        fix: "start that broker, or move its replicas with `kr reassign plan drain ID`",
        judge: ghosts,
    },
];

fn min_isr(evidence: &Evidence, topic: &Topic) -> Option<usize> {
    evidence.topic_number(&topic.name, "min.insync.replicas").and_then(|min| usize::try_from(min).ok())
}

fn factor(topic: &Topic) -> Option<usize> {
    topic.partitions.iter().map(|partition| partition.replicas.len()).min()
}

/// One symptom a topic: how many of its partitions, and the first of them.
fn of_partitions(
    evidence: &Evidence,
    is_so: impl Fn(&Evidence, &Topic, &Partition) -> bool,
    what: &str,
) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    for topic in &evidence.topics {
        let mut sick = topic.partitions.iter().filter(|partition| is_so(evidence, topic, partition));
        let Some(first) = sick.next() else { continue };
        let rest = sick.count();
        let nodes = if what == "replicas" { &first.replicas } else { &first.isr };
        let mut seen = format!(
            "partition {}: {what} {} of {}",
            first.id,
            list(nodes.iter().map(|node| node.0)),
            list(first.replicas.iter().map(|node| node.0))
        );
        if rest > 0 {
            seen.push_str(&format!("; and {rest} more"));
        }
        symptoms.push(Symptom::of(format!("topic {}", topic.name), seen));
    }
    symptoms
}

fn of_topics(evidence: &Evidence, is_so: impl Fn(&Evidence, &Topic) -> bool) -> Vec<Symptom> {
    let topics =
        evidence.topics.iter().filter(|topic| !topic.partitions.is_empty() && is_so(evidence, topic));
    let symptom = |topic: &Topic| {
        let min = min_isr(evidence, topic).map_or("unknown".to_owned(), |min| min.to_string());
        let seen = format!("{} replicas, min.insync.replicas {min}", factor(topic).unwrap_or(0));
        Symptom::of(format!("topic {}", topic.name), seen)
    };
    topics.map(symptom).collect()
}

fn one_rack(evidence: &Evidence) -> Vec<Symptom> {
    let racks: BTreeMap<NodeId, &str> =
        evidence.brokers.iter().filter_map(|broker| Some((broker.id, broker.rack.as_deref()?))).collect();
    let all: BTreeSet<&str> = racks.values().copied().collect();
    if all.len() < 2 {
        return Vec::new();
    }
    let mut symptoms = Vec::new();
    for topic in &evidence.topics {
        let crowded = topic.partitions.iter().filter(|partition| {
            let used: BTreeSet<Option<&&str>> =
                partition.replicas.iter().map(|node| racks.get(node)).collect();
            partition.replicas.len() > 1 && used.len() == 1
        });
        let count = crowded.count();
        if count > 0 {
            let seen = format!("{count} of {} partitions", topic.partitions.len());
            symptoms.push(Symptom::of(format!("topic {}", topic.name), seen));
        }
    }
    symptoms
}

/// From a tenth of all partitions on.
fn drift(evidence: &Evidence) -> Vec<Symptom> {
    let all = evidence.partitions().count();
    let is_off = |partition: &Partition| {
        partition.leader.is_some() && partition.leader != partition.replicas.first().copied()
    };
    let off = evidence.partitions().filter(|(_, partition)| is_off(partition)).count();
    if off * 10 <= all || off == 0 {
        return Vec::new();
    }
    vec![Symptom::of("cluster", format!("{off} of {all} partitions"))]
}

/// Half as much again as the mean, and at least ten more.
fn skew(evidence: &Evidence, nodes: impl Fn(&Partition) -> Vec<NodeId>, verb: &str) -> Vec<Symptom> {
    let mut counts: BTreeMap<NodeId, usize> = evidence.in_service().map(|broker| (broker.id, 0)).collect();
    for (_, partition) in evidence.partitions() {
        for node in nodes(partition) {
            if let Some(count) = counts.get_mut(&node) {
                *count += 1;
            }
        }
    }
    let mean = counts.values().sum::<usize>() / counts.len().max(1);
    let is_far = |count: usize| count * 2 > mean * 3 && count > mean + 10;
    let far = counts.into_iter().filter(|(_, count)| is_far(*count));
    far.map(|(id, count)| Symptom::of(format!("broker {id}"), format!("{verb} {count}, the mean is {mean}")))
        .collect()
}

fn ghosts(evidence: &Evidence) -> Vec<Symptom> {
    let known: BTreeSet<NodeId> = evidence.brokers.iter().map(|broker| broker.id).collect();
    let mut missing: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (_, partition) in evidence.partitions() {
        for node in partition.replicas.iter().filter(|node| !known.contains(node)) {
            *missing.entry(*node).or_default() += 1;
        }
    }
    let symptom = |(id, count)| Symptom::of(format!("broker {id}"), format!("{count} replicas"));
    missing.into_iter().map(symptom).collect()
}

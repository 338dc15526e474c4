//! Checks of settings that hurt when something fails.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::finding::{Check, Severity, Symptom};

/// Settings that brokers should agree on, because clients see whichever broker answers.
const SHARED: [&str; 9] = [
    "auto.create.topics.enable",
    "default.replication.factor",
    "log.retention.bytes",
    "log.retention.ms",
    "message.max.bytes",
    "min.insync.replicas",
    "num.partitions",
    "offsets.retention.minutes",
    "unclean.leader.election.enable",
];

/// Checks of this subject.
pub const CHECKS: &[Check] = &[
    Check {
        id: "S01",
        severity: Severity::Warning,
        title: "unclean leader election is on",
        fix: "acknowledged records may be lost; set unclean.leader.election.enable=false unless that is wanted",
        judge: unclean,
    },
    Check {
        id: "S02",
        severity: Severity::Info,
        title: "topics are created by whoever names them",
        fix: "a typing error makes a topic; set auto.create.topics.enable=false",
        judge: |evidence| of_brokers(evidence, "auto.create.topics.enable", |value| value == "true"),
    },
    Check {
        id: "S03",
        severity: Severity::Warning,
        title: "new topics get one replica",
        fix: "set default.replication.factor=3",
        judge: |evidence| {
            if evidence.in_service().count() < 3 {
                return Vec::new();
            }
            of_brokers(evidence, "default.replication.factor", |value| value == "1")
        },
    },
    Check {
        id: "S04",
        severity: Severity::Warning,
        title: "brokers have different settings",
        fix: "which one holds depends on the broker that answers; make them alike",
        judge: unlike,
    },
    Check {
        id: "S05",
        severity: Severity::Error,
        title: "a topic of Kafka itself has one replica",
        fix: "losing its broker stops groups or transactions; raise it with `kr topic set-rf TOPIC 3`",
        judge: |evidence| {
            if evidence.in_service().count() < 3 {
                return Vec::new();
            }
            let is_thin = |topic: &&kr_client::cluster_view::Topic| {
                topic.is_internal && topic.partitions.iter().any(|partition| partition.replicas.len() < 2)
            };
            let thin = evidence.topics.iter().filter(is_thin);
            thin.map(|topic| Symptom::of(format!("topic {}", topic.name), "1 replica")).collect()
        },
    },
    Check {
        id: "S06",
        severity: Severity::Warning,
        title: "__consumer_offsets is not compacted",
        fix: "it grows for ever or loses offsets; set cleanup.policy=compact on it",
        judge: |evidence| {
            let policy =
                evidence.topic_configs.get("__consumer_offsets").and_then(|c| c.get("cleanup.policy"));
            let wrong = policy.filter(|policy| policy.value != "compact");
            wrong.map(|policy| Symptom::of("topic __consumer_offsets", &policy.value)).into_iter().collect()
        },
    },
];

fn unclean(evidence: &Evidence) -> Vec<Symptom> {
    let key = "unclean.leader.election.enable";
    let mut symptoms = of_brokers(evidence, key, |value| value == "true");
    let topics = evidence.topic_configs.iter().filter(|(_, settings)| {
        settings.get(key).is_some_and(|setting| setting.is_own && setting.value == "true")
    });
    symptoms.extend(topics.map(|(name, _)| Symptom::of(format!("topic {name}"), format!("{key}=true"))));
    symptoms
}

/// One symptom for all brokers with a certain value.
fn of_brokers(evidence: &Evidence, key: &str, is_so: impl Fn(&str) -> bool) -> Vec<Symptom> {
    let with: Vec<(String, &str)> = evidence
        .broker_configs
        .iter()
        .filter_map(|(id, settings)| Some((id.to_string(), settings.get(key)?.value.as_str())))
        .filter(|(_, value)| is_so(value))
        .collect();
    let Some((_, value)) = with.first() else { return Vec::new() };
    let ids: Vec<&str> = with.iter().map(|(id, _)| id.as_str()).collect();
    vec![Symptom::of(format!("brokers {}", ids.join(",")), format!("{key}={value}"))]
}

fn unlike(evidence: &Evidence) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    for key in SHARED {
        let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, settings) in &evidence.broker_configs {
            if let Some(setting) = settings.get(key) {
                values.entry(&setting.value).or_default().push(id.to_string());
            }
        }
        if values.len() > 1 {
            let seen: Vec<String> =
                values.iter().map(|(value, ids)| format!("{value} on {}", ids.join(","))).collect();
            symptoms.push(Symptom::of(key, seen.join("; ")));
        }
    }
    symptoms
}

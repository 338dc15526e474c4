//! Group T: topics, partitions and their configurations.

use std::collections::{BTreeMap, BTreeSet};

use kr_metadata::{configs, topic_name};
use kr_wire::ids::{NodeId, PartitionId, TopicId};

use super::{Check, Facts, Input, Severity, Step, Symptom, registered, some};
use crate::model::{Assignment, Model, Topic};

/// Longest value of a record, in bytes.
const MAX_VALUE_BYTES: usize = 32_767;
/// Smallest `segment.bytes` that 4.0 takes.
const MIN_SEGMENT_BYTES: i64 = 1 << 20;
const NEEDS: &[Input] = &[Input::ZooKeeper];

/// A row of this group; all look at the tree.
const fn row(
    id: &'static str,
    severity: Severity,
    step: Step,
    title: &'static str,
    fix: &'static str,
    reference: &'static str,
    judge: fn(&Facts<'_>) -> Vec<Symptom>,
) -> Check {
    Check { id, severity, title, step, needs: NEEDS, fix, reference, judge }
}

use Severity::{Blocker, Error, Information, Warning};
use Step::{Controllers, Later, Migrate, Prepare};

pub(super) const CHECKS: &[Check] = &[
    row(
        "T01",
        Blocker,
        Migrate,
        "topics without a topic id: the migration never begins",
        "raise inter.broker.protocol.version to 2.8 or higher and move the controller once",
        "ZkTopicMigrationClient",
        no_id,
    ),
    row(
        "T02",
        Blocker,
        Migrate,
        "topics share a topic id: KRaft makes one of them",
        "recreate all but one",
        "ReplicationControlManager",
        same_id,
    ),
    row(
        "T03",
        Blocker,
        Migrate,
        "malformed or reserved topic ids",
        "remove the field from the node, then as for T01",
        "Uuid",
        bad_id,
    ),
    row(
        "T04",
        Blocker,
        Migrate,
        "replicas on brokers that are not registered: the driver waits for them for ever",
        "bring the broker back or move the replicas",
        "KRaftMigrationDriver, WAIT_FOR_BROKERS",
        absent_brokers,
    ),
    row(
        "T05",
        Warning,
        Migrate,
        "topics wait to be deleted: they are left out, and their logs become strays",
        "let the deletions finish",
        "KAFKA-15605, KAFKA-15793",
        deletions,
    ),
    row(
        "T06",
        Error,
        Migrate,
        "a reassignment runs",
        "let it finish, or cancel it",
        "KAFKA-16120, KAFKA-16121",
        reassignments,
    ),
    row(
        "T07",
        Warning,
        Migrate,
        "an election of preferred leaders is asked for in ZooKeeper",
        "wait until it is done, or delete the node",
        "/admin/preferred_replica_election",
        elections,
    ),
    row(
        "T08",
        Error,
        Migrate,
        "partitions are offline or under-replicated",
        "heal them first",
        "KIP-866",
        unhealthy,
    ),
    row(
        "T09",
        Error,
        Migrate,
        "partitions without a state: a leader and an ISR would be invented",
        "find out why; restore the node or recreate the topic",
        "ZkTopicMigrationClient",
        no_state,
    ),
    row(
        "T10",
        Blocker,
        Migrate,
        "topics or partition states that cannot be read, and impossible lists of replicas",
        "repair the node",
        "TopicZNode, TopicPartitionStateZNode",
        unreadable,
    ),
    row(
        "T11",
        Error,
        Migrate,
        "leaders or in-sync replicas that are no replicas, gaps in the numbers of partitions",
        "repair the node",
        "TopicPartitionStateZNode",
        inconsistent,
    ),
    row(
        "T12",
        Warning,
        Migrate,
        "a leader recovers from an unclean election",
        "wait until it has",
        "KIP-704",
        recovering,
    ),
    row(
        "T13",
        Blocker,
        Migrate,
        "names of topics that KRaft does not take or that metrics confuse",
        "recreate the topic under another name",
        "Topic",
        names,
    ),
    row(
        "T14",
        Warning,
        Migrate,
        "configurations of topics that do not exist: they are deleted",
        "see that nobody misses them",
        "KAFKA-16206",
        orphans,
    ),
    row(
        "T15",
        Blocker,
        Migrate,
        "configuration values that are no text or too long: the copy is aborted",
        "remove throttles that are left over, shorten the value",
        "ConfigEntityZNode, MessageDataGenerator",
        values,
    ),
    row(
        "T16",
        Warning,
        Later,
        "configuration keys or values that KRaft does not know: the next change of the topic is refused",
        "remove them",
        "ConfigurationControlManager",
        unknown_keys,
    ),
    row(
        "T17",
        Warning,
        Later,
        "segment.bytes below 1 MiB, which 4.0 does not take",
        "raise it before the upgrade to 4.0",
        "KIP-1030",
        segments,
    ),
    row(
        "T18",
        Warning,
        Prepare,
        "partitions with a node and without an assignment: they are not copied",
        "delete the nodes",
        "KRaftMigrationZkWriter",
        outside,
    ),
    row(
        "T19",
        Information,
        Controllers,
        "how much there is to copy",
        "nothing",
        "KRaftMigrationDriver",
        numbers,
    ),
];

/// Topics that can be read.
fn topics(model: &Model) -> impl Iterator<Item = (&String, &Topic)> {
    model.topics.iter().filter_map(|(name, topic)| Some((name, topic.as_ref().ok()?)))
}

/// Their partitions.
fn partitions(model: &Model) -> impl Iterator<Item = (&String, PartitionId, &Assignment)> {
    topics(model).flat_map(|(name, topic)| {
        topic.partitions.iter().map(move |(number, assignment)| (name, *number, assignment))
    })
}

fn no_id(facts: &Facts<'_>) -> Vec<Symptom> {
    let without = topics(facts.model()).filter(|(_, topic)| topic.id.is_none());
    without.map(|(name, _)| Symptom::of(name, "no topic_id")).collect()
}

fn same_id(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut by_id: BTreeMap<TopicId, Vec<&String>> = BTreeMap::new();
    for (name, topic) in topics(facts.model()) {
        if let Some(id) = topic.id {
            by_id.entry(id).or_default().push(name);
        }
    }
    let shared = by_id.into_iter().filter(|(_, names)| names.len() > 1);
    shared.map(|(id, names)| Symptom::of(some(names), format!("all have id {id}"))).collect()
}

fn bad_id(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let broken = model.topics.iter().filter_map(|(name, topic)| match topic {
        Err(unreadable) if unreadable.why.contains("topic_id") => Some(Symptom::of(name, &unreadable.why)),
        Ok(Topic { id: Some(id), .. }) if id.0.as_u128() <= 1 => {
            Some(Symptom::of(name, format!("id {id} is reserved")))
        }
        _ => None,
    });
    broken.collect()
}

fn absent_brokers(facts: &Facts<'_>) -> Vec<Symptom> {
    let brokers = registered(facts.model());
    let mut absent: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
    for (name, number, assignment) in partitions(facts.model()) {
        let Assignment { replicas, adding, removing, .. } = assignment;
        for id in replicas.iter().chain(adding).chain(removing).filter(|id| !brokers.contains(&id.0)) {
            absent.entry(*id).or_default().insert(format!("{name}-{number}"));
        }
    }
    absent.into_iter().map(|(id, names)| Symptom::of(format!("broker {id}"), some(names))).collect()
}

fn deletions(facts: &Facts<'_>) -> Vec<Symptom> {
    facts.model().deletions.iter().map(|name| Symptom::of(name, "in /admin/delete_topics")).collect()
}

fn reassignments(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let moving = partitions(model).filter(|(_, _, a)| !a.adding.is_empty() || !a.removing.is_empty());
    let mut found: Vec<Symptom> = moving
        .map(|(name, number, a)| {
            let evidence = format!("adds [{}], removes [{}]", some(&a.adding), some(&a.removing));
            Symptom::of(format!("{name}-{number}"), evidence)
        })
        .collect();
    if model.has_reassignment {
        found.push(Symptom::of("/admin/reassign_partitions", "exists"));
    }
    found
}

fn elections(facts: &Facts<'_>) -> Vec<Symptom> {
    let asked = facts.model().has_preferred_election;
    asked.then(|| Symptom::of("/admin/preferred_replica_election", "exists")).into_iter().collect()
}

fn unhealthy(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let min_isr = |topic: &str| {
        let config = model.configs.topics.get(topic).and_then(|config| config.as_ref().ok());
        config.and_then(|config| config.get("min.insync.replicas")?.parse().ok()).unwrap_or(1_usize)
    };
    let mut found = Vec::new();
    for (name, number, assignment) in partitions(model) {
        let Some(Ok(state)) = &assignment.state else { continue };
        let (isr, replicas) = (state.isr.len(), assignment.replicas.len());
        let evidence = match state.leader {
            None => format!("no leader, in-sync are [{}]", some(&state.isr)),
            Some(_) if isr < min_isr(name) => {
                format!("{isr} in sync, min.insync.replicas is {}", min_isr(name))
            }
            Some(_) if isr < replicas => format!("{isr} of {replicas} replicas in sync"),
            Some(_) => continue,
        };
        found.push(Symptom::of(format!("{name}-{number}"), evidence));
    }
    found
}

fn no_state(facts: &Facts<'_>) -> Vec<Symptom> {
    let without = partitions(facts.model()).filter(|(_, _, assignment)| assignment.state.is_none());
    without
        .map(|(name, number, _)| Symptom::of(format!("{name}-{number}"), "no state that is JSON"))
        .collect()
}

fn unreadable(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let mut found: Vec<Symptom> = model
        .topics
        .values()
        .filter_map(|topic| topic.as_ref().err())
        .filter(|unreadable| !unreadable.why.contains("topic_id"))
        .map(|unreadable| Symptom::of(&unreadable.path, &unreadable.why))
        .collect();
    for (name, number, assignment) in partitions(model) {
        if let Some(Err(unreadable)) = &assignment.state {
            found.push(Symptom::of(&unreadable.path, &unreadable.why));
        }
        let replicas = &assignment.replicas;
        let distinct: BTreeSet<_> = replicas.iter().collect();
        let what = if replicas.is_empty() {
            "has no replicas"
        } else if distinct.len() < replicas.len() {
            "has a replica twice"
        } else if replicas.iter().any(|id| id.0 < 0) || number.0 < 0 {
            "has negative numbers"
        } else {
            continue;
        };
        found.push(Symptom::of(format!("{name}-{number}"), format!("{what}: [{}]", some(replicas))));
    }
    found
}

fn inconsistent(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let mut found = Vec::new();
    for (name, number, assignment) in partitions(model) {
        let Some(Ok(state)) = &assignment.state else { continue };
        let replicas = &assignment.replicas;
        let at = format!("{name}-{number}");
        if let Some(leader) = state.leader.filter(|leader| !replicas.contains(leader)) {
            found.push(Symptom::of(&at, format!("leader {leader} is not in [{}]", some(replicas))));
        }
        if state.isr.iter().any(|id| !replicas.contains(id)) {
            let evidence = format!("in-sync [{}] is not in [{}]", some(&state.isr), some(replicas));
            found.push(Symptom::of(&at, evidence));
        }
    }
    for (name, topic) in topics(model) {
        let last = topic.partitions.keys().next_back().map_or(0, |last| i64::from(last.0) + 1);
        let count = i64::try_from(topic.partitions.len()).unwrap_or(i64::MAX);
        if last > count {
            found.push(Symptom::of(name, format!("{count} partitions, the last is number {}", last - 1)));
        }
    }
    found
}

fn recovering(facts: &Facts<'_>) -> Vec<Symptom> {
    let recovering = partitions(facts.model()).filter(|(_, _, assignment)| match &assignment.state {
        Some(Ok(state)) => state.recovering,
        _ => false,
    });
    recovering
        .map(|(name, number, _)| Symptom::of(format!("{name}-{number}"), "leader_recovery_state 1"))
        .collect()
}

fn names(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    let mut alike: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for name in facts.model().topics.keys() {
        if name == topic_name::CLUSTER_METADATA {
            found.push(Symptom::of(name, "is the name of the metadata log"));
        } else if let Err(bad) = topic_name::check(name) {
            found.push(Symptom::of(name, bad.to_string()));
        }
        alike.entry(name.replace('.', "_")).or_default().push(name);
    }
    let alike = alike.into_values().filter(|names| names.len() > 1);
    found.extend(alike.map(|names| Symptom::of(some(names), "differ only in . and _").at(Warning)));
    found
}

fn orphans(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let orphans = model.configs.topics.keys().filter(|name| !model.topics.contains_key(*name));
    orphans.map(|name| Symptom::of(format!("/config/topics/{name}"), "no such topic")).collect()
}

fn values(facts: &Facts<'_>) -> Vec<Symptom> {
    let configs = &facts.model().configs;
    let mut found = Vec::new();
    for (kind, nodes) in [("topics", &configs.topics), ("brokers", &configs.brokers)] {
        for (name, config) in nodes {
            match config {
                Err(unreadable) => found.push(Symptom::of(&unreadable.path, &unreadable.why)),
                Ok(config) => {
                    let long = config.iter().filter(|(_, value)| value.len() > MAX_VALUE_BYTES);
                    found.extend(long.map(|(key, value)| {
                        Symptom::of(
                            format!("/config/{kind}/{name}"),
                            format!("{key} has {} bytes", value.len()),
                        )
                    }));
                }
            }
        }
    }
    found
}

fn unknown_keys(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    for (name, config) in &facts.model().configs.topics {
        for (key, value) in config.iter().flatten() {
            match configs::topic_key(key) {
                None => found.push(Symptom::of(name, format!("{key} is unknown"))),
                Some(known) => {
                    if let Err(bad) = known.check(value) {
                        found.push(Symptom::of(name, bad.to_string()));
                    }
                }
            }
        }
    }
    found
}

fn segments(facts: &Facts<'_>) -> Vec<Symptom> {
    let topics = facts.model().configs.topics.iter();
    let small = topics.filter_map(|(name, config)| {
        let bytes: i64 = config.as_ref().ok()?.get("segment.bytes")?.parse().ok()?;
        (bytes < MIN_SEGMENT_BYTES).then(|| Symptom::of(name, format!("segment.bytes={bytes}")))
    });
    small.collect()
}

fn outside(facts: &Facts<'_>) -> Vec<Symptom> {
    let outside = topics(facts.model()).filter(|(_, topic)| !topic.outside.is_empty());
    outside.map(|(name, topic)| Symptom::of(name, format!("partitions {}", some(&topic.outside)))).collect()
}

fn numbers(facts: &Facts<'_>) -> Vec<Symptom> {
    let (model, tree) = (facts.model(), facts.tree());
    let bytes: usize = tree.walk().map(|(_, node)| node.data.as_ref().map_or(0, |data| data.len())).sum();
    let partitions = partitions(model).count();
    let evidence = format!(
        "{} topics, {partitions} partitions, {} ACLs' resources, {} nodes of {bytes} bytes",
        model.topics.len(),
        model.acls.len(),
        tree.len()
    );
    vec![Symptom::of("/", evidence)]
}

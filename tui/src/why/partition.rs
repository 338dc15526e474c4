//! Why a partition is as it is, and what another failure would do.

use std::collections::BTreeMap;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use crate::event::{Change, Event};
use crate::model::clock;
use crate::model::events::ids;
use crate::model::health::Health;
use crate::model::world::World;
use crate::snapshot::Partition;

use super::{Confidence, Evidence, Finding, fence_of, newest, reach_of};

/// Findings about a partition, the surest first. A partition that is well has none.
pub fn explain(world: &World, place: &TopicPartition) -> Vec<Finding> {
    let Some(partition) = world.partition(place) else { return Vec::new() };
    let health = world.health(&place.topic, &partition);
    let mut findings = Vec::new();
    findings.extend(moving(world, place));
    findings.extend(impossible_min(world, place, &partition));
    let lost: Vec<NodeId> =
        partition.replicas.iter().filter(|id| !partition.isr.contains(id)).copied().collect();
    for id in &lost {
        findings.push(lost_replica(world, place, &partition, *id));
    }
    if health == Health::Offline {
        findings.insert(0, offline(world, &partition));
    }
    if health == Health::NotPreferred {
        findings.push(not_preferred(world, place, &partition));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.confidence));
    findings
}

/// R1: no leader.
fn offline(world: &World, partition: &Partition<'_>) -> Finding {
    let mut evidence = vec![Evidence::now(format!(
        "no leader; ISR {}, replicas {}",
        ids(partition.isr),
        ids(partition.replicas)
    ))];
    let dead: Vec<NodeId> = partition.isr.iter().filter(|id| is_down(world, **id)).copied().collect();
    for id in &dead {
        if let Some(event) = fence_of(world, *id) {
            evidence.push(Evidence::at(event.when, format!("broker {id} was fenced")));
        }
        evidence.extend(reach_of(world, *id).map(|(evidence, _)| evidence));
    }
    let conclusion = if dead.len() == partition.isr.len() && !dead.is_empty() {
        format!(
            "every in-sync replica ({}) is down: nothing that was acknowledged is lost while one of them can come back",
            ids(&dead)
        )
    } else {
        "no replica that may lead is there".to_owned()
    };
    let next = vec![
        format!("start one of {}", ids(partition.isr)),
        "or elect an unclean leader, which may lose records".to_owned(),
    ];
    Finding { rule: "R1", confidence: Confidence::High, evidence, conclusion, next }
}

/// R2 fenced, R3 too slow, R4 catching up, R5 not fetching, R0 unknown: why one replica is not in the ISR.
fn lost_replica(world: &World, place: &TopicPartition, partition: &Partition<'_>, id: NodeId) -> Finding {
    let shrink = newest(world, |change| match change {
        Change::IsrShrink(isr) => isr.place == *place && isr.from.contains(&id) && !isr.to.contains(&id),
        _ => false,
    });
    if is_down(world, id) {
        return fenced(world, id, shrink);
    }
    let mut evidence: Vec<Evidence> = shrink
        .map(|event| Evidence::at(event.when, format!("broker {id} left the ISR; it was not fenced")))
        .into_iter()
        .collect();
    let behind = world.behind(place, id);
    let rate = |node: NodeId| world.ends.get(place)?.samples.get(&node)?.rate();
    let leader_rate = partition.leader.and_then(rate);
    let (Some(behind), Some(own)) = (behind, rate(id)) else {
        let text = behind.map_or("its log end is not known yet".to_owned(), |behind| {
            format!("it is {} records behind; one more look is needed for its rate", clock::count(behind))
        });
        evidence.push(Evidence::now(text));
        return Finding {
            rule: "R0",
            confidence: Confidence::Low,
            evidence,
            conclusion: format!("broker {id} is up and not in sync; why is not known"),
            next: vec![format!("look at broker {id}: its log directories, its load, its log")],
        };
    };
    let leader_rate = leader_rate.unwrap_or(0.0);
    evidence.push(Evidence::now(format!(
        "it is {} records behind and grows by {}/s, the leader by {}/s",
        clock::count(behind),
        clock::rate(own),
        clock::rate(leader_rate)
    )));
    let gain = own - leader_rate;
    let (rule, confidence, conclusion, next) = if gain > 0.01 {
        let left = std::time::Duration::try_from_secs_f64(behind as f64 / gain).unwrap_or_default();
        let text = format!("broker {id} is catching up: in sync in about {}", clock::span(left));
        ("R4", Confidence::High, text, "wait".to_owned())
    } else if own > 0.01 {
        let text =
            format!("broker {id} fetches more slowly than records come: it will not catch up like this");
        ("R3", Confidence::Medium, text, format!("look at broker {id}: network, disk, replication throttle"))
    } else if behind > 0 {
        let text = format!("broker {id} is up and does not fetch this partition");
        let next = format!("look for a failed log directory or a stopped fetcher on broker {id}");
        ("R5", Confidence::Medium, text, next)
    } else {
        let text = format!("broker {id} has everything: the leader takes it back when it fetches next");
        ("R4", Confidence::Medium, text, "wait".to_owned())
    };
    Finding { rule, confidence, evidence, conclusion, next: vec![next] }
}

/// R2: the replica's broker is fenced.
fn fenced(world: &World, id: NodeId, shrink: Option<&Event>) -> Finding {
    let mut evidence = Vec::new();
    match fence_of(world, id) {
        Some(fence) => {
            evidence.push(Evidence::at(
                fence.when,
                format!("the controller fenced broker {id}: no heartbeat in time"),
            ));
            if let Some(shrink) = shrink.filter(|shrink| shrink.batch == fence.batch) {
                let alike = world
                    .events
                    .iter()
                    .filter(|event| {
                        event.batch == fence.batch && matches!(event.change, Change::IsrShrink(_))
                    })
                    .count();
                let text = format!(
                    "with that it left {} ISRs (fencing does that, no lag involved)",
                    clock::count(alike as i64)
                );
                evidence.push(Evidence::at(shrink.when, text));
            }
        }
        None => evidence.push(Evidence::now(format!("broker {id} is fenced, since before this was started"))),
    }
    let reach = reach_of(world, id);
    let follows = reach.as_ref().map(|(_, follows)| *follows);
    evidence.extend(reach.map(|(evidence, _)| evidence));
    evidence.extend(common_cause(world, id));
    let conclusion = match follows {
        Some(follows) => format!("broker {id} is fenced: {follows}"),
        None => format!("broker {id} is fenced; whether its process runs was not tried yet"),
    };
    let next =
        vec![format!("bring broker {id} back"), format!("or move its replicas: kr reassign plan drain {id}")];
    Finding { rule: "R2", confidence: Confidence::High, evidence, conclusion, next }
}

/// Whether all that is under-replicated misses the same broker, or the same rack.
fn common_cause(world: &World, id: NodeId) -> Option<Evidence> {
    let mut total = 0_usize;
    let mut without: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (_, _, partition) in world.partitions() {
        let lost: Vec<_> = partition.replicas.iter().filter(|id| !partition.isr.contains(id)).collect();
        total += usize::from(!lost.is_empty());
        for id in lost {
            *without.entry(*id).or_default() += 1;
        }
    }
    let mine = without.get(&id).copied().unwrap_or(0);
    let is_alone = without.len() == 1;
    let count = clock::count(total as i64);
    Some(Evidence::now(if is_alone {
        format!("all {count} under-replicated partitions miss broker {id} and only it: one broker, no network split")
    } else {
        format!("{} of {count} under-replicated partitions miss broker {id}, {} brokers are missed in all", clock::count(mine as i64), without.len())
    }))
    .filter(|_| total > 1)
}

/// R6: replicas are being changed.
fn moving(world: &World, place: &TopicPartition) -> Option<Finding> {
    let moving = world.moving.as_ref()?.value.as_ref().ok()?;
    let mine = moving.iter().find(|moving| moving.place == *place)?;
    Some(Finding {
        rule: "R6",
        confidence: Confidence::High,
        evidence: vec![Evidence::now(format!(
            "a reassignment is under way: adding {}, removing {}",
            ids(&mine.adding),
            ids(&mine.removing)
        ))],
        conclusion: "replicas that come are not in sync until they have caught up".to_owned(),
        next: vec!["follow it: kr reassign status".to_owned()],
    })
}

/// R7: min.insync.replicas can never be met.
fn impossible_min(world: &World, place: &TopicPartition, partition: &Partition<'_>) -> Option<Finding> {
    let min = world.min_isr(&place.topic)?;
    (min as usize > partition.replicas.len()).then(|| Finding {
        rule: "R7",
        confidence: Confidence::High,
        evidence: vec![Evidence::now(format!(
            "min.insync.replicas is {min}, the partition has {} replicas",
            partition.replicas.len()
        ))],
        conclusion: "acks=all can never be accepted".to_owned(),
        next: vec![format!(
            "kr topic config set {} min.insync.replicas={}",
            place.topic,
            partition.replicas.len()
        )],
    })
}

/// R8: another than the preferred replica leads.
fn not_preferred(world: &World, place: &TopicPartition, partition: &Partition<'_>) -> Finding {
    let preferred = partition.replicas.first().copied();
    let mut evidence = Vec::new();
    let moved = newest(world, |change| match change {
        Change::Leader { place: other, from, .. } => other == place && *from == preferred,
        _ => false,
    });
    if let (Some(event), Some(id)) = (moved, preferred) {
        evidence.push(Evidence::at(event.when, format!("broker {id} lost the lead")));
        if let Some(fence) = world
            .events
            .iter()
            .rev()
            .find(|event| matches!(&event.change, Change::Fence(broker) if broker.broker == id))
        {
            evidence.push(Evidence::at(fence.when, format!("broker {id} was fenced")));
        }
    }
    let id = preferred.map_or("none".to_owned(), |id| id.to_string());
    evidence.push(Evidence::now(format!("broker {id} is the preferred leader and in the ISR")));
    Finding {
        rule: "R8",
        confidence: Confidence::High,
        evidence,
        conclusion: "harmless: the controller gives the lead back when auto.leader.rebalance.enable is on"
            .to_owned(),
        next: vec!["p elects the preferred leader now".to_owned()],
    }
}

/// Whether a broker is fenced or not among those that are alive.
fn is_down(world: &World, id: NodeId) -> bool {
    world.cluster.is_some() && world.broker(id).is_none_or(|broker| broker.is_fenced)
}

/// What would be without one more broker: partitions under their minimum, and partitions without a leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blast {
    /// Partitions it leads: each gets another leader or none.
    pub leaders: usize,
    /// Partitions that would have fewer in sync than their minimum, and have not now.
    pub under_min: usize,
    /// Partitions that would have no leader.
    pub offline: usize,
    /// Partitions whose minimum is not known.
    pub unknown: usize,
}

/// What would happen if a broker died now. Assumes the ISRs of now, and no unclean election.
pub fn blast(world: &World, id: NodeId) -> Blast {
    let mut blast = Blast::default();
    for topic in &world.topics {
        let min = world.min_isr(&topic.columns.name);
        for (_, partition) in topic.columns.partitions() {
            if !partition.isr.contains(&id) {
                continue;
            }
            blast.leaders += usize::from(partition.leader == Some(id));
            let left = partition.isr.len() - 1;
            blast.offline += usize::from(left == 0);
            blast.unknown += usize::from(min.is_none());
            let is_under = |count: usize| min.is_some_and(|min| (count as i64) < i64::from(min));
            blast.under_min += usize::from(is_under(left) && !is_under(left + 1));
        }
    }
    blast
}

/// What the death of one more in-sync replica would do to a partition.
pub fn next_failure(world: &World, place: &TopicPartition) -> Option<String> {
    let partition = world.partition(place)?;
    let min = world.min_isr(&place.topic);
    let left = partition.isr.len().checked_sub(1)?;
    Some(match (left, min) {
        (0, _) => format!("if broker {} dies next: OFFLINE", ids(partition.isr)),
        (left, Some(min)) if (left as i64) < i64::from(min) => {
            format!(
                "if one of {} dies next: acks=all is refused ({left} in sync, min {min})",
                ids(partition.isr)
            )
        }
        (left, Some(min)) => {
            format!("one more of {} may die: {left} in sync, min {min}", ids(partition.isr))
        }
        (left, None) => format!("one more of {} may die: {left} left in sync", ids(partition.isr)),
    })
}

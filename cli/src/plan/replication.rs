//! Plans how many replicas partitions have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::NodeId;

use super::load::Load;
use super::{Move, Picture, PlanError, Weigh, moves};

/// Gives every partition of `topics` exactly `factor` replicas (at least 1).
///
/// Replicas to give up: dead ones first, then those out of sync, then those whose rack has another one, then
/// the last of the list; the preferred leader goes only if nothing else is left to take.
pub fn replication(
    picture: &Picture,
    topics: &BTreeSet<String>,
    factor: usize,
    weigh: Weigh,
) -> Result<Vec<Move>, PlanError> {
    let usable = picture.usable();
    let mut load = Load::of_picture(picture, weigh);
    let mut wanted = BTreeMap::new();
    for (name, partition) in &picture.partitions {
        if !topics.contains(&*name.topic) {
            continue;
        }
        let mut replicas = partition.replicas.clone();
        while replicas.len() > factor.max(1) {
            let Some(place) = worst(picture, &replicas, &partition.isr) else { break };
            load.take(replicas.remove(place), partition);
        }
        while replicas.len() < factor {
            let new = picture.best(&replicas, &usable, &load).ok_or_else(|| PlanError::TooFew {
                partition: name.clone(),
                wanted: factor,
                usable: usable.len(),
            })?;
            load.add(new, partition);
            replicas.push(new);
        }
        wanted.insert(name.clone(), replicas);
    }
    Ok(moves(picture, wanted))
}

/// The place of the replica that is missed least.
fn worst(picture: &Picture, replicas: &[NodeId], isr: &[NodeId]) -> Option<usize> {
    let is_dead = |node: NodeId| !picture.brokers.get(&node).is_some_and(|broker| broker.is_usable);
    let shares_rack = |node: NodeId| {
        let others = replicas.iter().filter(|other| **other != node);
        let rack = picture.rack(node);
        rack.is_some() && others.into_iter().any(|other| picture.rack(*other) == rack)
    };
    let badness = |place: usize| {
        let node = replicas[place];
        (is_dead(node), !isr.contains(&node), Reverse(place == 0), shares_rack(node), place)
    };
    (0..replicas.len()).max_by_key(|place| badness(*place))
}

//! Plans that every partition uses as many racks as it can.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::ids::NodeId;

use super::load::Load;
use super::{Move, Picture, Weigh, moves};

/// Replaces replicas that share a rack by replicas in racks that the partition does not use; the later one in
/// the list goes. Nothing moves when brokers have no racks.
pub fn racks(picture: &Picture, only: Option<&BTreeSet<String>>, weigh: Weigh) -> Vec<Move> {
    let usable = picture.usable();
    let mut load = Load::of_picture(picture, weigh);
    let mut wanted = BTreeMap::new();
    for (name, partition) in &picture.partitions {
        if only.is_some_and(|topics| !topics.contains(&*name.topic)) {
            continue;
        }
        let mut replicas = partition.replicas.clone();
        while let Some(place) = crowded(picture, &replicas) {
            let used: BTreeSet<&str> = replicas.iter().filter_map(|node| picture.rack(*node)).collect();
            let in_new_rack = |node: &NodeId| picture.rack(*node).is_some_and(|rack| !used.contains(rack));
            let among: BTreeSet<NodeId> = usable.iter().copied().filter(in_new_rack).collect();
            let Some(new) = picture.best(&replicas, &among, &load) else { break };
            load.take(replicas[place], partition);
            load.add(new, partition);
            replicas[place] = new;
        }
        wanted.insert(name.clone(), replicas);
    }
    moves(picture, wanted)
}

/// The place of the last replica whose rack has an earlier one.
fn crowded(picture: &Picture, replicas: &[NodeId]) -> Option<usize> {
    (0..replicas.len()).rev().find(|place| {
        let rack = picture.rack(replicas[*place]);
        rack.is_some() && replicas[..*place].iter().any(|other| picture.rack(*other) == rack)
    })
}

//! Plans who is the preferred leader, by the order of replicas alone: no data moves.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use super::{Move, Picture, moves};

/// Evens out how many partitions each broker is the preferred leader of.
///
/// Moves the leadership of one partition at a time from the broker that prefers most to the replica that
/// prefers least, as long as that makes the two more alike.
pub fn leaders(picture: &Picture, only: Option<&BTreeSet<String>>) -> Vec<Move> {
    let mut lists: BTreeMap<TopicPartition, Vec<NodeId>> = BTreeMap::new();
    let mut led: BTreeMap<NodeId, usize> = picture.usable().into_iter().map(|node| (node, 0)).collect();
    for (name, partition) in &picture.partitions {
        if let Some(first) = partition.replicas.first() {
            *led.entry(*first).or_default() += 1;
        }
        if only.is_none_or(|topics| topics.contains(&*name.topic)) {
            lists.insert(name.clone(), partition.replicas.clone());
        }
    }
    let usable = picture.usable();
    loop {
        let candidates = lists.iter().flat_map(|(name, replicas)| {
            let others = replicas.iter().enumerate().skip(1).filter(|(_, node)| usable.contains(node));
            others.map(move |(place, node)| (name, replicas[0], place, *node))
        });
        let gain = |from: NodeId, to: NodeId| {
            let of = |node| led.get(&node).copied().unwrap_or(0);
            of(from).saturating_sub(of(to))
        };
        let best = candidates
            .filter(|(_, from, _, to)| gain(*from, *to) >= 2 || !usable.contains(from))
            .max_by_key(|(name, from, place, to)| {
                (gain(*from, *to), std::cmp::Reverse(*place), std::cmp::Reverse((*name).clone()))
            })
            .map(|(name, from, place, to)| (name.clone(), from, place, to));
        let Some((name, from, place, to)) = best else { break };
        if let Some(list) = lists.get_mut(&name) {
            list.swap(0, place);
        }
        if let Some(count) = led.get_mut(&from) {
            *count = count.saturating_sub(1);
        }
        *led.entry(to).or_default() += 1;
    }
    moves(picture, lists)
}

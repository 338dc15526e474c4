//! Plans by broker: take everything off one, fill a new one, even all of them out.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use super::load::Load;
use super::{Move, Picture, PlanError, PlanPartition, Weigh, moves};

/// Takes every replica off `from`; nothing else moves. New replicas go to `to`, or to any usable broker when
/// that is empty. `only` narrows the topics; all without.
pub fn drain(
    picture: &Picture,
    from: &BTreeSet<NodeId>,
    to: &BTreeSet<NodeId>,
    only: Option<&BTreeSet<String>>,
    weigh: Weigh,
) -> Result<Vec<Move>, PlanError> {
    picture.check(from)?;
    picture.check(to)?;
    let mut among = picture.usable();
    among.retain(|node| !from.contains(node) && (to.is_empty() || to.contains(node)));
    let mut load = Load::of_picture(picture, weigh);
    let mut wanted = BTreeMap::new();
    for (name, partition) in heaviest_first(picture, only, &load) {
        let mut replicas = partition.replicas.clone();
        for place in 0..replicas.len() {
            let old = replicas[place];
            if !from.contains(&old) {
                continue;
            }
            // The old replica is on its way out, so its rack is free.
            let stay: Vec<NodeId> = replicas.iter().copied().filter(|node| !from.contains(node)).collect();
            let new = picture.best(&stay, &among, &load).ok_or_else(|| PlanError::TooFew {
                partition: name.clone(),
                wanted: partition.replicas.len(),
                usable: among.union(&stay.iter().copied().collect()).count(),
            })?;
            load.take(old, partition);
            load.add(new, partition);
            replicas[place] = new;
        }
        wanted.insert(name.clone(), replicas);
    }
    Ok(moves(picture, wanted))
}

/// Moves replicas to the brokers `to` until each carries its share of the whole, from those that carry most.
pub fn add(
    picture: &Picture,
    to: &BTreeSet<NodeId>,
    only: Option<&BTreeSet<String>>,
    weigh: Weigh,
) -> Result<Vec<Move>, PlanError> {
    picture.check(to)?;
    let others: BTreeSet<NodeId> = picture.usable().difference(to).copied().collect();
    Ok(even_out(picture, &others, to, only, weigh))
}

/// Moves replicas from brokers that carry more than the mean to those that carry less.
pub fn rebalance(picture: &Picture, only: Option<&BTreeSet<String>>, weigh: Weigh) -> Vec<Move> {
    let all = picture.usable();
    even_out(picture, &all, &all, only, weigh)
}

/// Takes from the fullest of `givers` to the emptiest of `takers` as long as that evens them out.
fn even_out(
    picture: &Picture,
    givers: &BTreeSet<NodeId>,
    takers: &BTreeSet<NodeId>,
    only: Option<&BTreeSet<String>>,
    weigh: Weigh,
) -> Vec<Move> {
    let mut load = Load::of_picture(picture, weigh);
    let mut lists: BTreeMap<TopicPartition, Vec<NodeId>> = heaviest_first(picture, only, &load)
        .into_iter()
        .map(|(name, partition)| (name.clone(), partition.replicas.clone()))
        .collect();
    // Moving what is far smaller than the rest costs a move and evens nothing out.
    let weights = || picture.partitions.values().map(|partition| load.weight(partition));
    let small = weights().sum::<u64>() / u64::try_from(weights().count().max(1)).unwrap_or(u64::MAX) / 10;
    let order: Vec<TopicPartition> = heaviest_first(picture, only, &load)
        .into_iter()
        .filter(|(_, partition)| load.weight(partition) >= small)
        .map(|(name, _)| name.clone())
        .collect();
    let members: BTreeSet<NodeId> = givers.union(takers).copied().collect();
    let sum: u64 = members.iter().map(|node| load.of(*node)).sum();
    let mean = sum / u64::try_from(members.len().max(1)).unwrap_or(u64::MAX);
    // Each round makes the load more even, so it ends; partitions that just moved are not moved again.
    let mut moved: BTreeSet<TopicPartition> = BTreeSet::new();
    loop {
        let mut pairs: Vec<(NodeId, NodeId)> = Vec::new();
        for giver in by_load(givers, &load).into_iter().rev().filter(|node| load.of(*node) > mean) {
            for taker in by_load(takers, &load).into_iter().filter(|node| load.of(*node) <= mean) {
                pairs.push((giver, taker));
            }
        }
        let step = pairs.into_iter().find_map(|(giver, taker)| {
            let place = order.iter().find(|name| {
                !moved.contains(*name)
                    && may_move(picture, &lists[*name], giver, taker)
                    && evens_out(&load, giver, taker, &picture.partitions[*name])
            })?;
            Some((giver, taker, place.clone()))
        });
        let Some((giver, taker, name)) = step else { break };
        let partition = &picture.partitions[&name];
        load.take(giver, partition);
        load.add(taker, partition);
        if let Some(list) = lists.get_mut(&name) {
            list.iter_mut().filter(|node| **node == giver).for_each(|node| *node = taker);
        }
        moved.insert(name);
    }
    moves(picture, lists)
}

/// Whether a move makes the two brokers more alike than they are.
fn evens_out(load: &Load, giver: NodeId, taker: NodeId, partition: &PlanPartition) -> bool {
    load.of(giver) > load.of(taker).saturating_add(load.weight(partition))
}

/// Whether `taker` can replace `giver` without using fewer racks.
fn may_move(picture: &Picture, replicas: &[NodeId], giver: NodeId, taker: NodeId) -> bool {
    if !replicas.contains(&giver) || replicas.contains(&taker) {
        return false;
    }
    let racks = |replicas: &mut dyn Iterator<Item = NodeId>| -> usize {
        replicas.filter_map(|node| picture.rack(node)).collect::<BTreeSet<_>>().len()
    };
    let before = racks(&mut replicas.iter().copied());
    let after = racks(&mut replicas.iter().map(|node| if *node == giver { taker } else { *node }));
    after >= before
}

fn by_load(nodes: &BTreeSet<NodeId>, load: &Load) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = nodes.iter().copied().collect();
    nodes.sort_by_key(|node| (load.of(*node), *node));
    nodes
}

/// The partitions that may move, the heaviest first: large ones are hard to place at the end.
fn heaviest_first<'a>(
    picture: &'a Picture,
    only: Option<&BTreeSet<String>>,
    load: &Load,
) -> Vec<(&'a TopicPartition, &'a PlanPartition)> {
    let is_wanted = |name: &TopicPartition| only.is_none_or(|topics| topics.contains(&*name.topic));
    let mut all: Vec<_> = picture.partitions.iter().filter(|(name, _)| is_wanted(name)).collect();
    all.sort_by_key(|(name, partition)| (std::cmp::Reverse(load.weight(partition)), *name));
    all
}

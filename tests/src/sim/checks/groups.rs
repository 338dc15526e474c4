//! Group coordinators: one that is in office has every commit and no generation older than what is committed (I14, I15).

use kr_node::Inspection;
use kr_wire::ids::PartitionId;

use super::Checks;
use crate::sim::groups::Place;

/// The topic of the group coordinators.
pub(super) const OFFSETS_TOPIC: &str = "__consumer_offsets";

impl Checks {
    pub(super) fn look_at_groups(&mut self, id: i32, node: Inspection<'_>) -> Result<(), String> {
        let memo = self.nodes.entry(id).or_default();
        memo.coordinators.clear();
        for coordinator in node.coordinators() {
            memo.coordinators.insert(coordinator.partition, coordinator.epoch);
        }
        for coordinator in node.coordinators() {
            if !self.is_in_office(id, coordinator.partition) {
                continue;
            }
            let shard = coordinator.shard;
            for group in self.groups.names() {
                if self.partition_of(group) != Some(coordinator.partition) {
                    continue;
                }
                let (has, newest) = (shard.generation(group), self.groups.generation(group));
                if has.is_none_or(|has| has < newest) {
                    return Err(format!("I15: group {group} has generation {has:?}, {newest} is committed"));
                }
                for ((topic, index), tag) in self.groups.newest(group) {
                    let has = shard.committed(group, topic, PartitionId(*index));
                    if has.is_none_or(|has| has.offset.0 != tag.offset) {
                        let has = has.map(|has| &has.metadata);
                        return Err(format!(
                            "I14: group {group} has {has:?} for {topic}-{index}, {tag} is committed"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a node coordinates a group by the newest metadata and knows it.
    pub fn coordinates(&self, id: i32, group: &str) -> bool {
        self.partition_of(group).is_some_and(|partition| self.is_in_office(id, partition))
    }

    /// How many commits a question to that node must not miss: all that there are, if it is in office now.
    pub fn commits_known_to(&self, id: i32, group: &str, place: &Place) -> usize {
        if self.coordinates(id, group) { self.groups.commits(group, place) } else { 0 }
    }

    fn partition_of(&self, group: &str) -> Option<PartitionId> {
        let topic = self.image.1.topic_by_name(OFFSETS_TOPIC)?;
        Some(kr_coordinator::partition_for(group, topic.partitions.len() as i32))
    }

    fn is_in_office(&self, id: i32, partition: PartitionId) -> bool {
        let Some(memo) = self.nodes.get(&id).filter(|memo| memo.is_running) else { return false };
        let topic = self.image.1.topic_by_name(OFFSETS_TOPIC);
        let Some(found) = topic.and_then(|topic| topic.partitions.get(&partition)) else { return false };
        found.leader == Some(id.into()) && memo.coordinators.get(&partition) == Some(&found.leader_epoch)
    }
}

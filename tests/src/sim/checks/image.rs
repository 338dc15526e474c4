//! The metadata: equal everywhere at equal offsets (I16), and fit for use: fenced brokers are in no ISR and lead nothing
//! (I19).

use kr_metadata::Image;
use kr_node::Inspection;

use super::Checks;

/// Images kept for comparison: more than any node is behind, fewer than would cost memory.
const KEPT_IMAGES: usize = 500;

impl Checks {
    pub(super) fn look_at_image(&mut self, id: i32, node: Inspection<'_>) -> Result<(), String> {
        let applied = node.applied();
        let memo = &mut self.nodes.entry(id).or_default().quorum;
        if memo.applied == applied {
            return Ok(());
        }
        memo.applied = applied;
        let image = node.image();
        match self.images.get(&applied.0) {
            Some(known) if known != image => {
                return Err(format!("I16: the image at {applied} differs from another node's"));
            }
            Some(_) => {}
            None => {
                self.images.insert(applied.0, image.clone());
                if self.images.len() > KEPT_IMAGES {
                    self.images.pop_first();
                }
            }
        }
        if applied > self.image.0 {
            self.image = (applied, image.clone());
            look_at_brokers(image)?;
            self.look_at_in_sync_replicas()?;
        }
        Ok(())
    }
}

fn look_at_brokers(image: &Image) -> Result<(), String> {
    for topic in image.topics() {
        for (index, partition) in &topic.partitions {
            let name = format!("{}-{index}", topic.name);
            let is_fenced = |id| image.broker(id).is_none_or(|broker| broker.fenced);
            if let Some(leader) = partition.leader {
                if is_fenced(leader) {
                    return Err(format!("I19: {name} is led by node {leader}, which is fenced"));
                }
                if !partition.isr.contains(&leader) {
                    return Err(format!("I19: {name} is led by node {leader}, which is not in the ISR"));
                }
            }
            // The last member stays: it holds everything that is committed.
            if let Some(fenced) = partition.isr.iter().find(|id| partition.isr.len() > 1 && is_fenced(**id)) {
                return Err(format!("I19: node {fenced} is fenced and in the ISR of {name}"));
            }
        }
    }
    Ok(())
}

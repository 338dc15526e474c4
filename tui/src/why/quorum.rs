//! How many more voters may fail before the quorum cannot decide anything.

use kr_wire::ids::NodeId;

use crate::model::quorum::is_current;
use crate::model::world::World;

/// The quorum's margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Margin {
    /// Voters.
    pub voters: usize,
    /// Voters that keep up.
    pub current: usize,
    /// Voters that a majority needs.
    pub majority: usize,
    /// Voters that do not keep up.
    pub lost: Vec<NodeId>,
}

impl Margin {
    /// How many more may fail; none when there is no majority now.
    pub fn may_fail(&self) -> Option<usize> {
        self.current.checked_sub(self.majority)
    }
}

/// Counts voters that keep up. None where the quorum cannot be seen.
pub fn margin(world: &World) -> Option<Margin> {
    let quorum = world.known_quorum()?;
    let lost: Vec<NodeId> = quorum
        .voters
        .iter()
        .filter(|voter| !is_current(world, quorum, voter))
        .map(|voter| voter.id)
        .collect();
    let voters = quorum.voters.len();
    Some(Margin { voters, current: voters - lost.len(), majority: voters / 2 + 1, lost })
}

//! The voter set: who votes and where each voter listens.
//!
//! Static (kraft.version 0), so matching is by node id. The place of KIP-853's history of sets by offset,
//! which the records KRAFT_VERSION and KRAFT_VOTERS would feed, is here.

use std::collections::BTreeMap;

use kr_wire::ids::{DirectoryId, NodeId};

use crate::rpc::{Endpoint, ReplicaKey};

/// One voter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voter {
    /// Unknown with kraft.version 0.
    pub directory: Option<DirectoryId>,
    /// At least the one of the default controller listener, first.
    pub endpoints: Vec<Endpoint>,
}

/// Voters by node id; never empty in a usable configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterSet {
    voters: BTreeMap<NodeId, Voter>,
}

impl VoterSet {
    /// Builds a set; of two voters with one id the later counts.
    pub fn new(voters: impl IntoIterator<Item = (NodeId, Voter)>) -> Self {
        Self { voters: voters.into_iter().collect() }
    }

    /// Whether the node votes.
    pub fn contains(&self, id: NodeId) -> bool {
        self.voters.contains_key(&id)
    }

    /// Returns the ids, rising.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.voters.keys().copied()
    }

    /// Returns all ids but one, rising.
    pub fn others(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.ids().filter(move |other| *other != id)
    }

    /// Returns a voter's id with its directory, where known; a stranger's without.
    pub fn key(&self, id: NodeId) -> ReplicaKey {
        ReplicaKey { id, directory: self.voters.get(&id).and_then(|voter| voter.directory) }
    }

    /// Returns where a voter listens; empty for a stranger.
    pub fn endpoints(&self, id: NodeId) -> &[Endpoint] {
        self.voters.get(&id).map_or(&[], |voter| &voter.endpoints)
    }

    /// Returns the number of voters.
    pub fn len(&self) -> usize {
        self.voters.len()
    }

    /// Whether nobody votes.
    pub fn is_empty(&self) -> bool {
        self.voters.is_empty()
    }

    /// Returns how many voters decide: n / 2 + 1.
    pub fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }
}

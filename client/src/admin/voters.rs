//! Changes of the set of voters (KIP-853; Kafka 3.9 and newer, with kraft.version 1), and what they mean for
//! its majority.

use kr_wire::ids::{DirectoryId, NodeId};
use kr_wire::messages::add_raft_voter_request::Listener;
use kr_wire::messages::{AddRaftVoterRequest, RemoveRaftVoterRequest};

use super::quorum::QuorumStatus;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::options::Address;
use crate::routing::Route;

/// A voter that has not fetched for so long is not counted on, in milliseconds; Kafka's own fetch timeout
/// (`controller.quorum.fetch.timeout.ms`) is 2 seconds.
const SILENT_MS: i64 = 10_000;

/// What the quorum can bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Majority {
    /// Voters.
    pub voters: usize,
    /// How many of them must agree.
    pub needed: usize,
    /// Voters that follow the leader now, itself included.
    pub following: usize,
}

impl Majority {
    /// The majority of the quorum without one voter, or as it is.
    pub fn without(quorum: &QuorumStatus, removed: Option<NodeId>) -> Self {
        let now = quorum.voters.iter().find(|voter| Some(voter.id) == quorum.leader);
        let now = now.and_then(|leader| leader.last_fetch_ms);
        let left = || quorum.voters.iter().filter(|voter| Some(voter.id) != removed);
        let follows = |voter: &&super::quorum::QuorumReplica| {
            let is_leader = Some(voter.id) == quorum.leader;
            let age = now.zip(voter.last_fetch_ms).map(|(now, then)| now - then);
            // Clusters older than 3.3 do not tell when a voter fetched; its lag says enough there.
            is_leader || age.map_or(voter.log_end_offset.is_some(), |age| age < SILENT_MS)
        };
        let voters = left().count();
        Self { voters, needed: voters / 2 + 1, following: left().filter(follows).count() }
    }

    /// How many more voters may fail before the cluster cannot change its metadata; none when too few follow
    /// already.
    pub fn spare(self) -> Option<usize> {
        self.following.checked_sub(self.needed)
    }
}

impl Client {
    /// Adds a voter, which must be running and caught up as an observer.
    pub async fn add_voter(
        &self,
        id: NodeId,
        directory: DirectoryId,
        listeners: &[(String, Address)],
    ) -> Result<(), Error> {
        let what = format!("add voter {id}");
        let timeout_ms = i32::try_from(self.options().timeout.as_millis()).unwrap_or(i32::MAX);
        let listener = |(name, address): &(String, Address)| {
            Listener::default().with_name(text(name)).with_host(text(&address.host)).with_port(address.port)
        };
        let cluster_id = self.view().cluster_id.clone();
        let build = |_| {
            AddRaftVoterRequest::default()
                .with_cluster_id(cluster_id.as_deref().map(text))
                .with_timeout_ms(timeout_ms)
                .with_voter_id(id.0)
                .with_voter_directory_id(directory.0)
                .with_listeners(listeners.iter().map(listener).collect())
        };
        self.request(Route::Controller, &what, build, |response| {
            checked(what.clone(), response.error_code, response.error_message.as_ref())
        })
        .await?;
        Ok(())
    }

    /// Removes a voter.
    pub async fn remove_voter(&self, id: NodeId, directory: DirectoryId) -> Result<(), Error> {
        let what = format!("remove voter {id}");
        let cluster_id = self.view().cluster_id.clone();
        let build = |_| {
            RemoveRaftVoterRequest::default()
                .with_cluster_id(cluster_id.as_deref().map(text))
                .with_voter_id(id.0)
                .with_voter_directory_id(directory.0)
        };
        self.request(Route::Controller, &what, build, |response| {
            checked(what.clone(), response.error_code, response.error_message.as_ref())
        })
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::quorum::QuorumReplica;
    use super::*;

    /// Voters with the age of their last fetch in seconds; the first leads.
    fn quorum(ages: &[i64]) -> QuorumStatus {
        let voter = |(id, age): (i32, &i64)| QuorumReplica {
            id: NodeId(id),
            directory: None,
            log_end_offset: None,
            last_fetch_ms: Some(1_000_000 - age * 1000),
            last_caught_up_ms: None,
        };
        QuorumStatus {
            leader: Some(NodeId(1)),
            leader_epoch: None,
            high_watermark: None,
            voters: (1..).zip(ages).map(voter).collect(),
            observers: Vec::new(),
            nodes: Vec::new(),
        }
    }

    #[test]
    fn two_voters_cannot_lose_one() {
        let quorum = quorum(&[0, 0, 0]);
        assert_eq!(Majority::without(&quorum, None).spare(), Some(1));
        let left = Majority::without(&quorum, Some(NodeId(3)));
        assert_eq!(left, Majority { voters: 2, needed: 2, following: 2 });
        assert_eq!(left.spare(), Some(0));
    }

    #[test]
    fn a_silent_voter_does_not_count() {
        let quorum = quorum(&[0, 0, 60]);
        assert_eq!(Majority::without(&quorum, None).spare(), Some(0));
        assert_eq!(Majority::without(&quorum, Some(NodeId(2))).spare(), None);
        assert_eq!(Majority::without(&quorum, Some(NodeId(3))).spare(), Some(0));
    }
}

//! BeginQuorumEpoch requests: a leader makes itself known (KIP-595).

use crate::raft::Raft;
use crate::rpc::{BeginQuorumEpochRequest, Head, Refusal};

impl Raft {
    /// Follows the leader, if it can be one; then judges whether this replica was meant.
    pub(crate) fn on_begin_quorum_epoch_request(&mut self, request: BeginQuorumEpochRequest) -> Head {
        let voter = request.voter;
        let result = self.accept_leader(request).and_then(|()| self.check_addressee(voter));
        self.head(result.err())
    }

    fn accept_leader(&mut self, request: BeginQuorumEpochRequest) -> Result<(), Refusal> {
        self.check_cluster(request.cluster_id.as_deref())?;
        self.check_voter_request(request.epoch, request.leader)?;
        if request.leader == self.config.node_id
            || !self.is_consistent_leader(Some(request.leader), request.epoch)
        {
            return Err(Refusal::InvalidRequest);
        }
        self.follow_message(Some(request.leader), request.epoch, request.endpoints);
        Ok(())
    }
}

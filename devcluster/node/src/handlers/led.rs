//! Finding the partition that a request means, and whether this broker may answer for it.
//!
//! The checks of ListOffsets, OffsetForLeaderEpoch and DeleteRecords; Produce and Fetch have their own.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::LeaderEpoch;
use kr_wire::message::StrBytes;
use kr_wire::topic_ref::TopicRef;

use crate::node::Node;
use crate::replica::partition::{Partition, PartitionKey};

/// Which replicas may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The leader only.
    Leader,
    /// Any replica (debugging consumers).
    Any,
}

impl Node {
    /// The hosted partition of a topic, if it may answer a client that believes in leader epoch `epoch`
    /// (negative: the client does not say).
    pub(crate) fn answering_partition(
        &self,
        topic: &StrBytes,
        index: i32,
        epoch: i32,
        who: Who,
    ) -> Result<(PartitionKey, &Partition), ErrorCode> {
        let key = self.find_partition(&TopicRef::Name(topic.clone()), index.into())?;
        let partition = self.broker.as_ref().and_then(|b| b.replicas.get(key));
        let partition = partition.ok_or(ErrorCode::NOT_LEADER_OR_FOLLOWER)?;
        check_epoch(LeaderEpoch::from_wire(epoch), partition.assignment.leader_epoch)?;
        if who == Who::Leader && !partition.is_leader() {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        Ok((key, partition))
    }
}

/// Compares the leader epoch a client believes in with the one known here (KIP-320).
fn check_epoch(clients: Option<LeaderEpoch>, ours: LeaderEpoch) -> Result<(), ErrorCode> {
    match clients {
        Some(epoch) if epoch < ours => Err(ErrorCode::FENCED_LEADER_EPOCH),
        Some(epoch) if epoch > ours => Err(ErrorCode::UNKNOWN_LEADER_EPOCH),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_with_another_leader_epoch_are_told_who_is_behind() {
        let ours = LeaderEpoch(5);
        assert_eq!(check_epoch(None, ours), Ok(()));
        assert_eq!(check_epoch(Some(ours), ours), Ok(()));
        assert_eq!(check_epoch(Some(LeaderEpoch(4)), ours), Err(ErrorCode::FENCED_LEADER_EPOCH));
        assert_eq!(check_epoch(Some(LeaderEpoch(6)), ours), Err(ErrorCode::UNKNOWN_LEADER_EPOCH));
    }
}

//! OffsetForLeaderEpoch: where a leader epoch ends in the leader's log.
//!
//! versions: 2-4
//! behaviours: the epoch asked for or the largest one below it, and its end; unknown epochs are -1, -1
//! kips: 101, 279, 320
//! left out: authorisation

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::LeaderEpoch;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::offset_for_leader_epoch_request::OffsetForLeaderPartition;
use kr_wire::messages::offset_for_leader_epoch_response::{EpochEndOffset, OffsetForLeaderTopicResult};
use kr_wire::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::led::Who;
use crate::dispatch::{Answer, Context};
use crate::node::Node;

/// Handles OffsetForLeaderEpoch.
pub(crate) fn handle(node: &Node, _ctx: &Context, request: &OffsetForLeaderEpochRequest) -> Answer {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| node.epoch_end(&topic.topic, asked));
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic.clone())
            .with_partitions(partitions.collect())
    });
    let response = OffsetForLeaderEpochResponse::default().with_topics(topics.collect());
    Answer::now(ResponseKind::OffsetForLeaderEpoch(response))
}

impl Node {
    fn epoch_end(&self, topic: &StrBytes, asked: &OffsetForLeaderPartition) -> EpochEndOffset {
        let answer = EpochEndOffset::default().with_partition(asked.partition);
        match self.find_epoch_end(topic, asked) {
            Ok(Some(end)) => answer.with_leader_epoch(end.epoch.0).with_end_offset(end.end.0),
            Ok(None) => answer,
            Err(code) => answer.with_error_code(code.0),
        }
    }

    fn find_epoch_end(
        &self,
        topic: &StrBytes,
        asked: &OffsetForLeaderPartition,
    ) -> Result<Option<kr_log::EpochEnd>, ErrorCode> {
        let epoch = asked.current_leader_epoch;
        let (_, partition) = self.answering_partition(topic, asked.partition, epoch, Who::Leader)?;
        let Some(epoch) = LeaderEpoch::from_wire(asked.leader_epoch) else { return Ok(None) };
        Ok(partition.log.epochs().end_offset_for(epoch, partition.log.end_offset()))
    }
}

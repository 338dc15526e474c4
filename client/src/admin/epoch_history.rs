//! Leader epochs of a partition, back to the beginning of its log: asked of the leader epoch by epoch
//! (OffsetForLeaderEpoch; KIP-101, KIP-279). Needs no more than the right to describe the topic.
//!
//! A log knows where its epochs begin, and not who led then. Epochs in which nothing was written have left
//! nothing there.

use std::collections::BTreeMap;

use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use kr_wire::messages::offset_for_leader_epoch_request::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use kr_wire::messages::offset_for_leader_epoch_response::EpochEndOffset;
use kr_wire::messages::{BrokerId, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, TopicName};

use super::groups::TopicPartition;
use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::pool::Lane;
use crate::routing::Route;

/// `OffsetsForLeaderEpochRequest.DEBUGGING_REPLICA_ID`: neither a consumer nor a follower.
const DEBUGGER: i32 = -2;

/// Where an epoch ends in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The highest epoch with records that is not higher than the one asked for; the one asked for when the log
    /// has none so low.
    pub epoch: LeaderEpoch,
    /// The offset after its last record.
    pub end: Offset,
}

/// An epoch in which something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochStep {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// The first offset of it that is still there; none when the walk ended before it was found.
    pub start: Option<Offset>,
    /// The offset after its last record.
    pub end: Offset,
}

/// The epochs of a log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochHistory {
    /// The epochs.
    pub steps: Vec<EpochStep>,
    /// Whether the last of them is the first the log has.
    pub is_complete: bool,
}

/// The questions that lead from an epoch back to the first, one after the other. Pure.
#[derive(Clone, Debug)]
pub struct EpochWalk {
    history: EpochHistory,
    log_start: Offset,
    next: Option<LeaderEpoch>,
    left: usize,
}

impl EpochWalk {
    /// Begins at the leader's epoch; `max_steps` bounds the questions.
    pub fn new(latest: LeaderEpoch, log_start: Offset, max_steps: usize) -> Self {
        Self { history: EpochHistory::default(), log_start, next: Some(latest), left: max_steps }
    }

    /// The epoch to ask for; `None` when the walk is over.
    pub fn question(&self) -> Option<LeaderEpoch> {
        self.next.filter(|_| self.left > 0)
    }

    /// Takes an answer in; `None` is a broker that knows no such epoch.
    pub fn answer(&mut self, answer: Option<EpochEnd>) {
        let Some(asked) = self.next.take() else { return };
        self.left = self.left.saturating_sub(1);
        let begin = |history: &mut EpochHistory, at: Offset| {
            if let Some(newer) = history.steps.last_mut() {
                newer.start = Some(at);
            }
        };
        // Nothing is below the first epoch: a broker then names the epoch asked for and where the first begins.
        let Some(found) = answer.filter(|found| found.epoch <= asked && found.end > self.log_start) else {
            begin(&mut self.history, self.log_start);
            self.history.is_complete = true;
            return;
        };
        let is_above = self.history.steps.last().is_none_or(|newer| found.end < newer.end);
        begin(&mut self.history, found.end);
        if is_above {
            self.history.steps.push(EpochStep { epoch: found.epoch, start: None, end: found.end });
        }
        match found.epoch.0.checked_sub(1).and_then(LeaderEpoch::from_wire) {
            Some(lower) => self.next = Some(lower),
            None => {
                begin(&mut self.history, self.log_start);
                self.history.is_complete = true;
            }
        }
    }

    /// What was found so far.
    pub fn history(&self) -> &EpochHistory {
        &self.history
    }
}

impl Client {
    /// Walks the leader epochs of a partition back from its leader's, with at most `max_steps` questions.
    pub async fn epoch_history(
        &self,
        place: &TopicPartition,
        latest: LeaderEpoch,
        log_start: Offset,
        max_steps: usize,
    ) -> Result<EpochHistory, Error> {
        let mut walk = EpochWalk::new(latest, log_start, max_steps);
        while let Some(epoch) = walk.question() {
            let what = format!("look up epoch {epoch} of {place}");
            let asked = [(place.clone(), epoch)];
            let route = Route::Leader(&place.topic, place.partition);
            let answer = self
                .request(
                    route,
                    &what,
                    |version| request(&asked, version),
                    |response| {
                        let mut ends = response.topics.iter().flat_map(|topic| &topic.partitions);
                        ends.try_for_each(|end| checked(what.clone(), end.error_code, None))
                    },
                )
                .await?;
            let mut ends = answer.response.topics.iter().flat_map(|topic| &topic.partitions);
            walk.answer(ends.next().and_then(end_of));
        }
        Ok(walk.history)
    }

    /// Where epochs end in the logs that one broker leads, once; `None` for an epoch that it does not know.
    pub async fn epoch_ends(
        &self,
        leader: NodeId,
        asked: &[(TopicPartition, LeaderEpoch)],
    ) -> Result<BTreeMap<TopicPartition, Result<Option<EpochEnd>, Error>>, Error> {
        let wait = self.options().request_timeout.min(self.options().timeout);
        let build = |version| request(asked, version);
        let answer = self.once(Route::Broker(leader), Lane::Control, wait, build).await?;
        Ok(ends(&answer.response))
    }
}

fn request(asked: &[(TopicPartition, LeaderEpoch)], version: i16) -> OffsetForLeaderEpochRequest {
    let mut topics: BTreeMap<&str, Vec<OffsetForLeaderPartition>> = BTreeMap::new();
    for (place, epoch) in asked {
        let partition = OffsetForLeaderPartition::default()
            .with_partition(place.partition.0)
            .with_current_leader_epoch(-1)
            .with_leader_epoch(epoch.0);
        topics.entry(&place.topic).or_default().push(partition);
    }
    let topic = |(name, partitions): (&str, Vec<OffsetForLeaderPartition>)| {
        OffsetForLeaderTopic::default().with_topic(TopicName(text(name))).with_partitions(partitions)
    };
    let request = OffsetForLeaderEpochRequest::default().with_topics(topics.into_iter().map(topic).collect());
    if version >= 3 { request.with_replica_id(BrokerId(DEBUGGER)) } else { request }
}

fn ends(
    response: &OffsetForLeaderEpochResponse,
) -> BTreeMap<TopicPartition, Result<Option<EpochEnd>, Error>> {
    let mut found = BTreeMap::new();
    for topic in &response.topics {
        for end in &topic.partitions {
            let place = TopicPartition::new(topic.topic.as_str(), PartitionId(end.partition));
            let result = checked(format!("look up an epoch of {place}"), end.error_code, None);
            found.insert(place, result.map(|()| end_of(end)));
        }
    }
    found
}

fn end_of(end: &EpochEndOffset) -> Option<EpochEnd> {
    let epoch = LeaderEpoch::from_wire(end.leader_epoch)?;
    Some(EpochEnd { epoch, end: Offset::from_wire(end.end_offset)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as a leader whose epochs begin at these offsets (`LeaderEpochFileCache#endOffsetFor`).
    fn leader(epochs: &[(i32, i64)], log_end: i64, asked: i32) -> Option<EpochEnd> {
        let higher = epochs.iter().find(|(epoch, _)| *epoch > asked);
        let floor = epochs.iter().rev().find(|(epoch, _)| *epoch <= asked);
        let (epoch, end) = match (floor, higher) {
            (Some((epoch, _)), None) if *epoch == asked => (asked, log_end),
            (_, None) => return None,
            (Some((epoch, _)), Some((_, start))) => (*epoch, *start),
            (None, Some((_, start))) => (asked, *start),
        };
        Some(EpochEnd { epoch: LeaderEpoch(epoch), end: Offset(end) })
    }

    fn walked(epochs: &[(i32, i64)], log_start: i64, log_end: i64, max_steps: usize) -> EpochHistory {
        let latest = epochs.last().map_or(0, |(epoch, _)| *epoch);
        let mut walk = EpochWalk::new(LeaderEpoch(latest), Offset(log_start), max_steps);
        while let Some(asked) = walk.question() {
            walk.answer(leader(epochs, log_end, asked.0));
        }
        walk.history
    }

    fn step(epoch: i32, start: Option<i64>, end: i64) -> EpochStep {
        EpochStep { epoch: LeaderEpoch(epoch), start: start.map(Offset), end: Offset(end) }
    }

    #[test]
    fn a_walk_finds_every_epoch_that_wrote_something() {
        let history = walked(&[(0, 0), (3, 10), (4, 25), (9, 30)], 0, 42, 100);
        let steps =
            [step(9, Some(30), 42), step(4, Some(25), 30), step(3, Some(10), 25), step(0, Some(0), 10)];
        assert_eq!(history.steps, steps);
        assert!(history.is_complete);
    }

    #[test]
    fn a_walk_ends_where_retention_cut_the_log() {
        let history = walked(&[(5, 100), (7, 120)], 100, 130, 100);
        assert_eq!(history.steps, [step(7, Some(120), 130), step(5, Some(100), 120)]);
        assert!(history.is_complete);
    }

    #[test]
    fn a_walk_that_was_cut_short_says_so() {
        let history = walked(&[(0, 0), (3, 10), (4, 25), (9, 30)], 0, 42, 2);
        assert_eq!(history.steps, [step(9, Some(30), 42), step(4, None, 30)]);
        assert!(!history.is_complete);
    }

    #[test]
    fn an_empty_log_has_no_epochs() {
        let history = walked(&[(0, 0)], 0, 0, 10);
        assert_eq!(history, EpochHistory { steps: Vec::new(), is_complete: true });
    }

    #[test]
    fn a_broker_that_repeats_itself_does_not_hold_the_walk() {
        let mut walk = EpochWalk::new(LeaderEpoch(1_000_000), Offset(0), 64);
        let mut questions = 0;
        while walk.question().is_some() {
            walk.answer(Some(EpochEnd { epoch: LeaderEpoch(1_000_000), end: Offset(5) }));
            questions += 1;
        }
        assert!(questions <= 64);
    }
}

//! ListOffsets: offsets by timestamp, and the ends of partitions.
//!
//! versions: 1-10
//! behaviours: earliest, latest by isolation level, by timestamp, largest timestamp (v7+), local log start
//! (v8+); OFFSET_NOT_AVAILABLE while a new leader does not know its high watermark; partitions named twice
//! are refused
//! kips: 79, 98, 207, 320, 734, 405, 1005
//! left out: tiered storage (the latest tiered offset is -1)

use std::collections::BTreeSet;

use kr_log::{FoundTimestamp, LogError};
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::list_offsets_request::ListOffsetsPartition;
use kr_wire::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kr_wire::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::led::Who;
use crate::dispatch::{Answer, Context};
use crate::node::Node;
use crate::replica::partition::Partition;

/// First version whose answers carry the leader epoch of the offset.
const FIRST_WITH_EPOCH: i16 = 4;
/// First version that knows OFFSET_NOT_AVAILABLE.
const FIRST_WITH_NOT_AVAILABLE: i16 = 5;
/// Replica id of a consumer.
const CONSUMER: i32 = -1;
/// Replica id of a consumer that may read from any replica.
const DEBUGGING_CONSUMER: i32 = -2;
/// `isolation_level` of consumers that read what is committed only.
const READ_COMMITTED: i8 = 1;

/// What is asked for, by the timestamp of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Latest,
    Earliest,
    MaxTimestamp,
    LatestTiered,
    At(i64),
}

/// Reads a timestamp; negative ones have meanings that came with versions.
fn wanted(timestamp: i64, version: i16) -> Result<Wanted, ErrorCode> {
    let (wanted, since) = match timestamp {
        0.. => (Wanted::At(timestamp), 1),
        -1 => (Wanted::Latest, 1),
        -2 => (Wanted::Earliest, 1),
        -3 => (Wanted::MaxTimestamp, 7),
        // The local log is the whole log.
        -4 => (Wanted::Earliest, 8),
        -5 => (Wanted::LatestTiered, 9),
        _ => return Err(ErrorCode::UNSUPPORTED_VERSION),
    };
    if version < since { Err(ErrorCode::UNSUPPORTED_VERSION) } else { Ok(wanted) }
}

/// Handles ListOffsets.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &ListOffsetsRequest) -> Answer {
    let twice = named_twice(request);
    let asker = Asker {
        version: ctx.version,
        replica_id: request.replica_id.0,
        read_committed: request.isolation_level == READ_COMMITTED,
    };
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let answer =
                ListOffsetsPartitionResponse::default().with_partition_index(partition.partition_index);
            let found = if twice.contains(&(topic.name.as_str(), partition.partition_index)) {
                Err(ErrorCode::INVALID_REQUEST)
            } else {
                node.list_offset(&topic.name, partition, &asker)
            };
            match found {
                Ok(found) => answer
                    .with_timestamp(found.timestamp_ms)
                    .with_offset(Offset::to_wire(found.offset))
                    .with_leader_epoch(LeaderEpoch::to_wire(
                        found.epoch.filter(|_| ctx.version >= FIRST_WITH_EPOCH),
                    )),
                Err(code) => answer.with_error_code(code.0),
            }
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    let response = ListOffsetsResponse::default().with_topics(topics.collect());
    Answer::now(ResponseKind::ListOffsets(response))
}

fn named_twice(request: &ListOffsetsRequest) -> BTreeSet<(&str, i32)> {
    let mut seen = BTreeSet::new();
    let all =
        request.topics.iter().flat_map(|t| t.partitions.iter().map(|p| (t.name.as_str(), p.partition_index)));
    all.filter(|name| !seen.insert(*name)).collect()
}

/// Who asks.
struct Asker {
    version: i16,
    replica_id: i32,
    read_committed: bool,
}

/// An offset; absent parts are -1 on the wire.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    offset: Option<Offset>,
    timestamp_ms: i64,
    epoch: Option<LeaderEpoch>,
}

impl Found {
    const NOTHING: Self = Self { offset: None, timestamp_ms: -1, epoch: None };

    fn end(offset: Offset, epoch: Option<LeaderEpoch>) -> Self {
        Self { offset: Some(offset), timestamp_ms: -1, epoch }
    }
}

impl Asker {
    /// Offset below which the asker may look.
    fn bound(&self, partition: &Partition) -> Offset {
        match self.replica_id {
            CONSUMER if self.read_committed => partition.last_stable_offset(),
            CONSUMER => partition.high_watermark(),
            _ => partition.log.end_offset(),
        }
    }

    /// A new leader may not know yet how far its predecessor's high watermark was: it must not tell a
    /// consumer an older one (KIP-207).
    fn check_available(&self, partition: &Partition) -> Result<(), ErrorCode> {
        let behind = partition.leader().is_some_and(|l| partition.high_watermark() < l.epoch_start);
        if self.replica_id == CONSUMER && behind {
            return Err(if self.version >= FIRST_WITH_NOT_AVAILABLE {
                ErrorCode::OFFSET_NOT_AVAILABLE
            } else {
                ErrorCode::LEADER_NOT_AVAILABLE
            });
        }
        Ok(())
    }
}

impl Node {
    fn list_offset(
        &self,
        topic: &StrBytes,
        asked: &ListOffsetsPartition,
        asker: &Asker,
    ) -> Result<Found, ErrorCode> {
        let wanted = wanted(asked.timestamp, asker.version)?;
        let who = if asker.replica_id == DEBUGGING_CONSUMER { Who::Any } else { Who::Leader };
        let (_, partition) =
            self.answering_partition(topic, asked.partition_index, asked.current_leader_epoch, who)?;
        let bound = asker.bound(partition);
        match wanted {
            Wanted::Latest => {
                asker.check_available(partition)?;
                Ok(Found::end(bound, Some(partition.assignment.leader_epoch)))
            }
            Wanted::Earliest => {
                let start = partition.log.start_offset();
                let entries = partition.log.epochs().entries();
                let epoch = entries.iter().take_while(|e| e.start <= start).last().map(|e| e.epoch);
                Ok(Found::end(start, epoch))
            }
            Wanted::LatestTiered => Ok(Found::NOTHING),
            Wanted::MaxTimestamp => by_timestamp(partition.log.max_timestamp_offset(bound), asker, partition),
            Wanted::At(timestamp) => {
                by_timestamp(partition.log.offset_for_timestamp(timestamp, bound), asker, partition)
            }
        }
    }
}

fn by_timestamp(
    found: Result<Option<FoundTimestamp>, LogError>,
    asker: &Asker,
    partition: &Partition,
) -> Result<Found, ErrorCode> {
    match found {
        Ok(Some(found)) => {
            Ok(Found { offset: Some(found.offset), timestamp_ms: found.timestamp_ms, epoch: found.epoch })
        }
        // The record may be there, above a high watermark that is about to move.
        Ok(None) => asker.check_available(partition).map(|()| Found::NOTHING),
        Err(_) => Err(ErrorCode::KAFKA_STORAGE_ERROR),
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::messages::TopicName;
    use kr_wire::messages::list_offsets_request::ListOffsetsTopic;

    use super::*;

    #[test]
    fn negative_timestamps_came_with_versions() {
        for (timestamp, since, meaning) in [
            (-1, 1, Wanted::Latest),
            (-2, 1, Wanted::Earliest),
            (-3, 7, Wanted::MaxTimestamp),
            (-4, 8, Wanted::Earliest),
            (-5, 9, Wanted::LatestTiered),
            (0, 1, Wanted::At(0)),
            (1_700_000_000_000, 1, Wanted::At(1_700_000_000_000)),
        ] {
            for version in 1..=10 {
                let expected =
                    if version < since { Err(ErrorCode::UNSUPPORTED_VERSION) } else { Ok(meaning) };
                assert_eq!(wanted(timestamp, version), expected, "{timestamp} in version {version}");
            }
        }
        assert_eq!(wanted(-6, 10), Err(ErrorCode::UNSUPPORTED_VERSION));
    }

    #[test]
    fn partitions_named_twice_are_found_across_topics_of_one_name() {
        let topic = |name: &'static str, partitions: &[i32]| {
            let partitions =
                partitions.iter().map(|p| ListOffsetsPartition::default().with_partition_index(*p));
            ListOffsetsTopic::default()
                .with_name(TopicName(StrBytes::from_static_str(name)))
                .with_partitions(partitions.collect())
        };
        let request = ListOffsetsRequest::default().with_topics(vec![
            topic("a", &[0, 1, 0]),
            topic("b", &[0]),
            topic("b", &[0, 2]),
        ]);
        assert_eq!(named_twice(&request).into_iter().collect::<Vec<_>>(), [("a", 0), ("b", 0)]);
    }
}

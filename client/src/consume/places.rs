//! Where to begin and where to end: from what a caller asks for to offsets.

use std::collections::BTreeMap;

use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::Offset;

use crate::Client;
use crate::admin::{At, FoundOffset, TopicPartition};
use crate::error::Error;

/// Where reading a partition begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the first record.
    Earliest,
    /// After the last record.
    Latest,
    /// At an offset; before the first record is at the first record.
    Offset(Offset),
    /// This many offsets before the end.
    Tail(i64),
    /// This many offsets after the first record.
    Skip(i64),
    /// At the first record with at least this timestamp, milliseconds since 1970.
    Timestamp(i64),
}

/// A part of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The partition.
    pub place: TopicPartition,
    /// The first offset to read.
    pub from: Offset,
    /// The first offset not to read; none to go on for ever.
    pub until: Option<Offset>,
}

impl Client {
    /// Looks up where reading begins, and with `to_the_end` where the partitions end now.
    pub async fn spans(
        &self,
        starts: &[(TopicPartition, StartAt)],
        to_the_end: bool,
        isolation: IsolationLevel,
    ) -> Result<Vec<Span>, Error> {
        let all = |at: At| starts.iter().map(|(place, _)| (place.clone(), at)).collect::<Vec<_>>();
        let ends = offsets_of(self.offsets(&all(At::Latest), isolation).await)?;
        let begins = offsets_of(self.offsets(&all(At::Earliest), isolation).await)?;
        let by_time: Vec<(TopicPartition, At)> = starts
            .iter()
            .filter_map(|(place, start)| match start {
                StartAt::Timestamp(ms) => Some((place.clone(), At::Timestamp(*ms))),
                _ => None,
            })
            .collect();
        let by_time = offsets_of(self.offsets(&by_time, isolation).await)?;
        let span = |(place, start): &(TopicPartition, StartAt)| {
            let end = ends.get(place).copied().flatten().unwrap_or(Offset::ZERO);
            let begin = begins.get(place).copied().flatten().unwrap_or(Offset::ZERO);
            let from = match start {
                StartAt::Earliest => begin,
                StartAt::Latest => end,
                StartAt::Offset(offset) => (*offset).max(begin),
                StartAt::Tail(count) => Offset(end.0.saturating_sub((*count).max(0))).max(begin),
                StartAt::Skip(count) => Offset(begin.0.saturating_add((*count).max(0))).min(end),
                // No record is as late: all that comes is.
                StartAt::Timestamp(_) => by_time.get(place).copied().flatten().unwrap_or(end),
            };
            Span { place: place.clone(), from, until: to_the_end.then_some(end) }
        };
        Ok(starts.iter().map(span).collect())
    }
}

fn offsets_of(
    found: BTreeMap<TopicPartition, Result<FoundOffset, Error>>,
) -> Result<BTreeMap<TopicPartition, Option<Offset>>, Error> {
    found.into_iter().map(|(place, found)| Ok((place, found?.offset))).collect()
}

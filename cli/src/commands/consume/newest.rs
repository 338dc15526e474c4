//! `--tail N`: the last N records of all partitions together, by time.
//!
//! Offsets have gaps (compaction, markers of transactions), so the last N offsets hold fewer than N records. Each
//! partition is therefore read backwards in windows that grow, until it has given N records or is at its start.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use kr_client::admin::TopicPartition;
use kr_client::{Client, ConsumedRecord, Consumer, ConsumerOptions, Span};
use kr_wire::ids::Offset;

use super::run::Run;
use crate::error::CliError;

/// The first window is wider than the records wanted by this much, for a few markers.
const SLACK: i64 = 8;

/// How much wider each window is than the one after it.
const GROWTH: i64 = 4;

/// Where a record stands among all: by time, then by place.
type Rank = (i64, TopicPartition, Offset);

/// A partition whose end is looked through.
struct Search {
    begin: Offset,
    /// The start of the window read last.
    from: Offset,
    width: i64,
    found: usize,
}

/// Finds the newest records, oldest first; `ends` are whole partitions with their ends.
pub async fn records(
    client: &Client,
    ends: &[Span],
    count: usize,
    options: &ConsumerOptions,
    run: &Run,
) -> Result<Vec<ConsumedRecord>, CliError> {
    let width = i64::try_from(count).unwrap_or(i64::MAX / 2).saturating_add(SLACK);
    let search =
        |span: &Span| Search { begin: span.from, from: span.until.unwrap_or(span.from), width, found: 0 };
    let mut searches: BTreeMap<TopicPartition, Search> =
        ends.iter().map(|span| (span.place.clone(), search(span))).collect();
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut newest: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
    loop {
        let windows: Vec<Span> =
            searches.iter_mut().filter_map(|(place, search)| search.next_window(place, count)).collect();
        if windows.is_empty() {
            break;
        }
        let mut consumer = Consumer::new(client, options.clone());
        consumer.assign(windows);
        while let Some(chunk) = consumer.next().await? {
            for batch in &chunk.batches {
                for record in batch.open()?.records() {
                    let record = record?;
                    if !run.wants(&record) {
                        continue;
                    }
                    if let Some(search) = searches.get_mut(&chunk.place) {
                        search.found += 1;
                    }
                    let rank = (record.timestamp_ms.unwrap_or(-1), chunk.place.clone(), record.offset);
                    let is_old =
                        newest.len() >= count && newest.peek().is_some_and(|Reverse(old)| rank < old.rank);
                    if !is_old {
                        newest.push(Reverse(Ranked { rank, record: record.to_record() }));
                        if newest.len() > count {
                            newest.pop();
                        }
                    }
                }
            }
        }
    }
    Ok(newest.into_sorted_vec().into_iter().rev().map(|Reverse(ranked)| ranked.record).collect())
}

impl Search {
    /// The part before what has been read, if more is wanted and there is more.
    fn next_window(&mut self, place: &TopicPartition, count: usize) -> Option<Span> {
        if self.found >= count || self.from <= self.begin {
            return None;
        }
        let until = self.from;
        self.from = Offset(until.0.saturating_sub(self.width)).max(self.begin);
        self.width = self.width.saturating_mul(GROWTH);
        Some(Span { place: place.clone(), from: self.from, until: Some(until) })
    }
}

/// A record that is ordered by its rank alone.
struct Ranked {
    rank: Rank,
    record: ConsumedRecord,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

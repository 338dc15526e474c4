//! When the records at given offsets were written: one bounded fetch from each leader for all of its
//! partitions at once, and single fetches where a batch is larger than a partition's share of that.
//!
//! Offsets may have gaps (compaction, transactions), so the first record that can be read at or after an
//! offset counts. Nothing here waits for records to come.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::batch::{BatchError, Batches};
use kr_wire::compression::Limit;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartitionResponse, IsolationLevel};
use kr_wire::ids::{NodeId, Offset};
use tokio::task::JoinSet;

use super::TopicPartition;
use crate::Client;
use crate::consume::ConsumerOptions;
use crate::consume::fetch::{self, Fetched, Wanted};
use crate::error::Error;

/// Bytes of each partition in the fetch for many: a few records are enough.
const BYTES_EACH: i32 = 16 * 1024;

/// Partitions in one fetch: bounds an answer to 8 MiB.
const PARTITIONS_PER_FETCH: usize = 512;

/// How many fetches may follow each other for one partition: through gaps, and past aborted transactions.
const ROUNDS: usize = 12;

/// A record by its place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordTime {
    /// Its offset: the one asked for, or the next that can be read.
    pub offset: Offset,
    /// Its timestamp, milliseconds since 1970; none when its producer gave none.
    pub timestamp_ms: Option<i64>,
}

/// What is known of each partition: none when there is no record to read at or after its offset.
pub type RecordTimes = BTreeMap<TopicPartition, Result<Option<RecordTime>, Error>>;

/// What one answer says of a partition.
enum Step {
    Done(Result<Option<RecordTime>, Error>),
    /// Nothing readable up to here: go on there.
    On(Offset),
    /// The first batch did not fit: ask for this partition alone.
    Alone,
}

impl Client {
    /// The times of the first readable records at or after these offsets; every partition is in the answer.
    pub async fn record_times(
        &self,
        places: &BTreeMap<TopicPartition, Offset>,
        isolation: IsolationLevel,
    ) -> RecordTimes {
        let mut left = places.clone();
        let mut times = RecordTimes::new();
        let mut alone: Vec<TopicPartition> = Vec::new();
        self.learn_topics(left.keys()).await;
        for _ in 0..ROUNDS {
            if left.is_empty() {
                break;
            }
            for (place, step) in self.fetch_round(&left, &alone, isolation, &mut times).await {
                match step {
                    Step::Done(outcome) => {
                        left.remove(&place);
                        times.insert(place, outcome);
                    }
                    Step::On(offset) => drop(left.insert(place, offset)),
                    Step::Alone => alone.push(place),
                }
            }
            left.retain(|place, _| !times.contains_key(place));
        }
        for place in left.into_keys() {
            let what = format!("read {place}");
            let reason = format!("no record within {ROUNDS} fetches");
            times.insert(place, Err(Error::Records { what, reason }));
        }
        times
    }

    async fn fetch_round(
        &self,
        left: &BTreeMap<TopicPartition, Offset>,
        alone: &[TopicPartition],
        isolation: IsolationLevel,
        times: &mut RecordTimes,
    ) -> Vec<(TopicPartition, Step)> {
        let mut by_leader: BTreeMap<NodeId, Vec<Wanted>> = BTreeMap::new();
        let mut single: Vec<(NodeId, Wanted)> = Vec::new();
        for (place, from) in left {
            let Some((leader, epoch)) = self.view().leader(&place.topic, place.partition) else {
                let what = format!("read {place}");
                let refusal = Error::broker(what, ErrorCode::LEADER_NOT_AVAILABLE, None);
                times.insert(place.clone(), Err(refusal));
                continue;
            };
            let wanted = Wanted { place: place.clone(), from: *from, epoch };
            if alone.contains(place) {
                single.push((leader, wanted));
            } else {
                by_leader.entry(leader).or_default().push(wanted);
            }
        }
        let mut asked = JoinSet::new();
        let many = by_leader.into_iter().flat_map(|(leader, wanted)| {
            let parts: Vec<Vec<Wanted>> =
                wanted.chunks(PARTITIONS_PER_FETCH).map(<[Wanted]>::to_vec).collect();
            parts.into_iter().map(move |part| (leader, part))
        });
        for (leader, wanted) in many.chain(single.into_iter().map(|(leader, one)| (leader, vec![one]))) {
            let client = self.clone();
            let options = ConsumerOptions {
                isolation,
                max_wait: Duration::ZERO,
                min_bytes: 0,
                partition_max_bytes: BYTES_EACH,
                ..ConsumerOptions::default()
            };
            asked.spawn(async move {
                let fetched = fetch::fetch(&client, leader, &wanted, &options).await;
                (wanted, fetched)
            });
        }
        let mut steps = Vec::new();
        while let Some(landed) = asked.join_next().await {
            let Ok((wanted, fetched)) = landed else { continue };
            steps.extend(take_in(wanted, fetched));
        }
        steps
    }
}

fn take_in(wanted: Vec<Wanted>, fetched: Result<Fetched, Error>) -> Vec<(TopicPartition, Step)> {
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            let text = error.to_string();
            let code = error.code().unwrap_or(ErrorCode::NETWORK_EXCEPTION);
            let failed = |wanted: Wanted| {
                let error = Error::broker(format!("read {}", wanted.place), code, Some(&text));
                (wanted.place, Step::Done(Err(error)))
            };
            return wanted.into_iter().map(failed).collect();
        }
    };
    let is_alone = wanted.len() == 1;
    let from: BTreeMap<&TopicPartition, Offset> =
        wanted.iter().map(|wanted| (&wanted.place, wanted.from)).collect();
    let step = |(place, answer): &(TopicPartition, FetchPartitionResponse)| {
        let from = *from.get(place)?;
        Some((place.clone(), step(place, from, answer, is_alone)))
    };
    fetched.partitions.iter().filter_map(step).collect()
}

fn step(place: &TopicPartition, from: Offset, answer: &FetchPartitionResponse, is_alone: bool) -> Step {
    if let Err(code) = answer.error.ok() {
        return Step::Done(Err(Error::broker(format!("read {place} at offset {from}"), code, None)));
    }
    let Some(bytes) = answer.records.as_ref().filter(|bytes| !bytes.is_empty()) else {
        let end = answer.last_stable_offset.or(answer.high_watermark);
        let is_behind = end.is_some_and(|end| from < end);
        // An answer that is full gives the partitions after it nothing.
        return if is_behind && !is_alone { Step::Alone } else { Step::Done(Ok(None)) };
    };
    match first_record(bytes, from) {
        Err(error) => {
            let what = format!("read {place} at offset {from}");
            Step::Done(Err(Error::Records { what, reason: error.to_string() }))
        }
        Ok((Some(time), _)) => Step::Done(Ok(Some(time))),
        Ok((None, next)) if next > from => Step::On(next),
        Ok((None, _)) if !is_alone => Step::Alone,
        Ok((None, _)) => {
            let reason = "the batches sent do not reach the offset".to_owned();
            Step::Done(Err(Error::Records { what: format!("read {place} at offset {from}"), reason }))
        }
    }
}

/// The first record at or after an offset that is not one of Kafka's own, and where the whole batches end.
/// Records of aborted transactions count: they tell the time as well as others.
fn first_record(bytes: &[u8], from: Offset) -> Result<(Option<RecordTime>, Offset), BatchError> {
    let mut reached = from;
    for batch in Batches::new(bytes) {
        let batch = batch?;
        let next = batch.header.next_offset();
        if next <= from {
            continue;
        }
        batch.verify_crc()?;
        reached = next;
        if batch.header.attributes.is_control() {
            continue;
        }
        let payload = batch.payload(Limit::default())?;
        for record in payload.records() {
            let record = record?;
            if record.offset >= from {
                let timestamp_ms = (record.timestamp_ms >= 0).then_some(record.timestamp_ms);
                return Ok((Some(RecordTime { offset: record.offset, timestamp_ms }), reached));
            }
        }
    }
    Ok((None, reached))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kr_wire::batch::BatchBuilder;
    use kr_wire::ids::PartitionId;

    use super::*;

    fn answer(records: Option<Vec<u8>>, end: i64) -> FetchPartitionResponse {
        FetchPartitionResponse {
            index: PartitionId(0),
            error: ErrorCode::NONE,
            high_watermark: Some(Offset(end)),
            last_stable_offset: Some(Offset(end)),
            log_start_offset: Some(Offset(0)),
            diverging_epoch: None,
            current_leader: Default::default(),
            snapshot_id: None,
            aborted_transactions: None,
            preferred_read_replica: None,
            records: records.map(Into::into),
        }
    }

    fn place() -> TopicPartition {
        TopicPartition { topic: Arc::from("t"), partition: PartitionId(0) }
    }

    fn batch() -> Vec<u8> {
        let mut builder = BatchBuilder::new(Offset(5));
        builder.push(700, None, Some(b"a"), &[]);
        builder.push(900, None, Some(b"b"), &[]);
        builder.build().to_vec()
    }

    #[test]
    fn time_is_that_of_the_record_at_the_offset_not_of_its_batch() {
        let Step::Done(Ok(Some(time))) = step(&place(), Offset(6), &answer(Some(batch()), 7), false) else {
            panic!("no time");
        };
        assert_eq!(time, RecordTime { offset: Offset(6), timestamp_ms: Some(900) });
    }

    #[test]
    fn a_gap_is_crossed_and_a_torn_batch_is_asked_for_alone() {
        assert!(matches!(step(&place(), Offset(9), &answer(None, 9), false), Step::Done(Ok(None))));
        assert!(matches!(step(&place(), Offset(5), &answer(None, 7), false), Step::Alone));
        let mut torn = batch();
        torn.truncate(torn.len() - 3);
        assert!(matches!(step(&place(), Offset(5), &answer(Some(torn.clone()), 7), false), Step::Alone));
        assert!(matches!(step(&place(), Offset(5), &answer(Some(torn), 7), true), Step::Done(Err(_))));
    }
}

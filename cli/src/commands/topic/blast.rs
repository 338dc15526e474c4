//! What a deletion takes with it: records, bytes, who reads, who writes, and when it was written last.
//!
//! Best effort and bounded in time: what is not permitted, not served or not answered in time is unknown, and
//! keeps nobody from deleting.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use kr_client::Client;
use kr_client::admin::{ActiveProducer, At, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_wire::fetch::IsolationLevel;

use super::measure::{self, Ends, ReplicaBytes};
use super::readers::{Reader, readers};
use super::select::counted;
use super::when;
use crate::sizes::human_bytes;

/// How long each question may take.
const ASKED_FOR: Duration = Duration::from_secs(3);

/// A producer that wrote this short a time ago is active.
const ACTIVE_WITHIN: Duration = Duration::from_secs(300);

/// Groups named in one line.
const GROUPS_SAID: usize = 5;

/// What is known of a topic that is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blast {
    /// Offsets between start and end: at most this many records.
    pub records: Option<i64>,
    /// Bytes of all replicas.
    pub bytes: Option<u64>,
    /// Groups with committed offsets on it.
    pub groups: Option<Vec<String>>,
    /// The highest timestamp of its records, milliseconds since 1970; none when it is empty or not known.
    pub last_write_ms: Option<i64>,
    /// Idempotent and transactional producers that wrote within the last five minutes.
    pub active_producers: Option<usize>,
}

impl Blast {
    /// One line for people.
    pub fn line(&self, topic: &Topic, now: Timestamp) -> String {
        let unknown = |what: &str| format!("{what} unknown");
        let records =
            self.records.map_or_else(|| unknown("records"), |n| format!("at most {}", counted_i64(n)));
        let bytes = self.bytes.map_or_else(|| unknown("size"), human_bytes);
        let mut parts = vec![counted(topic.partitions.len(), "partition"), records, bytes];
        parts.push(match (self.last_write_ms, self.records) {
            (Some(ms), _) => format!("last written {}", when::ago(ms, now)),
            (None, Some(0)) => "empty".to_owned(),
            (None, _) => unknown("last write"),
        });
        parts.push(match self.groups.as_deref() {
            None => unknown("groups"),
            Some([]) => "no groups".to_owned(),
            Some(groups) => {
                let more = groups.len().saturating_sub(GROUPS_SAID);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let said = groups.iter().take(GROUPS_SAID).map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("read by {said}{more}")
            }
        });
        parts.push(match self.active_producers {
            None => unknown("producers"),
            Some(0) => "no active idempotent producers".to_owned(),
            Some(count) => counted(count, "active producer"),
        });
        format!("{}: {}", topic.name, parts.join(", "))
    }
}

fn counted_i64(records: i64) -> String {
    if records == 1 { "1 record".to_owned() } else { format!("{records} records") }
}

/// Finds out about all topics at once.
pub async fn blasts(client: &Client, topics: &[&Topic]) -> BTreeMap<String, Blast> {
    let places = measure::places(topics.iter().copied());
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let all: BTreeSet<TopicPartition> = places.iter().cloned().collect();
    let (ends, bytes, groups, writes, producers) = tokio::join!(
        in_time(Ends::of(client, &places)),
        in_time(ReplicaBytes::of(client, topics)),
        in_time(readers(client, &names)),
        in_time(last_writes(client, &places)),
        in_time(client.describe_producers(&all, None)),
    );
    // A group that could not be asked may read any of them, so the list would not be complete.
    let groups =
        groups.and_then(Result::ok).filter(|(_, failed)| failed.is_empty()).map(|(groups, _)| groups);
    let now_ms = Timestamp::now().as_millisecond();
    let blast = |topic: &&Topic| {
        let active = producers.as_ref().and_then(|producers| {
            let of_topic = producers.iter().filter(|(place, _)| *place.topic == *topic.name);
            let known = of_topic.map(|(_, result)| result.as_ref().ok()).collect::<Option<Vec<_>>>()?;
            Some(active(known.into_iter().flatten(), now_ms))
        });
        let blast = Blast {
            records: ends.as_ref().and_then(|ends| ends.records(topic)),
            bytes: bytes.as_ref().and_then(|(bytes, _)| bytes.topic(topic).replicas),
            groups: groups.as_deref().map(|groups| reading(groups, &topic.name)),
            last_write_ms: writes.as_ref().and_then(|writes| writes.get(&topic.name).copied()),
            active_producers: active,
        };
        (topic.name.clone(), blast)
    };
    topics.iter().map(blast).collect()
}

async fn in_time<T>(question: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(ASKED_FOR, question).await.ok()
}

fn reading(groups: &[Reader], topic: &str) -> Vec<String> {
    let reads = |reader: &&Reader| reader.topics().contains(topic);
    groups.iter().filter(reads).map(|reader| reader.group.id.clone()).collect()
}

/// Producers that wrote a short time ago, each counted once.
fn active<'a>(producers: impl Iterator<Item = &'a ActiveProducer>, now_ms: i64) -> usize {
    let since = now_ms - i64::try_from(ACTIVE_WITHIN.as_millis()).unwrap_or(i64::MAX);
    let is_active = |producer: &&ActiveProducer| producer.last_timestamp_ms.is_some_and(|ms| ms >= since);
    producers.filter(is_active).map(|producer| producer.id).collect::<BTreeSet<_>>().len()
}

/// The highest timestamp of the records of each topic.
async fn last_writes(client: &Client, places: &[TopicPartition]) -> BTreeMap<String, i64> {
    let wanted: Vec<_> = places.iter().map(|place| (place.clone(), At::MaxTimestamp)).collect();
    let found = client.offsets_now(&wanted, IsolationLevel::ReadUncommitted).await;
    let mut latest: BTreeMap<String, i64> = BTreeMap::new();
    for (place, found) in found {
        if let Some(ms) = found.ok().and_then(|found| found.timestamp_ms) {
            let known = latest.entry(place.topic.to_string()).or_insert(ms);
            *known = ms.max(*known);
        }
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_said() {
        let topic = Topic { name: "t".to_owned(), id: None, is_internal: false, partitions: Vec::new() };
        let now = Timestamp::from_second(1_000).unwrap();
        assert_eq!(
            Blast::default().line(&topic, now),
            "t: 0 partitions, records unknown, size unknown, last write unknown, groups unknown, producers unknown"
        );
        let blast = Blast {
            records: Some(1),
            bytes: Some(2048),
            groups: Some((0..7).map(|n| format!("g{n}")).collect()),
            last_write_ms: Some(990_000),
            active_producers: Some(2),
        };
        assert_eq!(
            blast.line(&topic, now),
            "t: 0 partitions, at most 1 record, 2.00 KiB, last written 10s ago, read by g0, g1, g2, g3, g4 and 2 \
             more, 2 active producers"
        );
    }

    #[test]
    fn a_producer_counts_once_and_only_while_it_writes() {
        let producer = |id, ms| ActiveProducer {
            id,
            epoch: 0,
            last_sequence: None,
            last_timestamp_ms: ms,
            coordinator_epoch: None,
            transaction_start: None,
        };
        let all =
            [producer(1, Some(900_000)), producer(1, Some(950_000)), producer(2, Some(0)), producer(3, None)];
        assert_eq!(active(all.iter(), 1_000_000), 1);
    }
}

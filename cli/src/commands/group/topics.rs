//! Partitions on the command line: `orders`, `orders:3`, `orders:0,2-5`.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::Client;
use kr_client::admin::TopicPartition;
use kr_wire::ids::PartitionId;

use crate::error::CliError;
use crate::output::Failure;

/// The most partitions that a range may name: Kafka's own bound is far below.
const PARTITIONS_MAX: usize = 1_000_000;

/// A topic, or some of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicChoice {
    /// The topic.
    pub topic: String,
    /// Its partitions; none for all there are.
    pub partitions: Option<BTreeSet<i32>>,
}

impl TopicChoice {
    /// Whether a partition is meant.
    pub fn includes(&self, place: &TopicPartition) -> bool {
        let is_in = |wanted: &BTreeSet<i32>| wanted.contains(&place.partition.0);
        *self.topic == *place.topic && self.partitions.as_ref().is_none_or(is_in)
    }
}

/// Reads `TOPIC[:PARTITIONS]`.
pub fn parse(text: &str) -> Result<TopicChoice, String> {
    let Some((topic, list)) = text.rsplit_once(':') else {
        return Ok(TopicChoice { topic: text.to_owned(), partitions: None });
    };
    let wrong = || format!("`{list}` is no list of partitions such as 0,2-5");
    let number = |text: &str| text.trim().parse::<i32>().ok().filter(|n| *n >= 0).ok_or_else(wrong);
    let mut partitions = BTreeSet::new();
    for part in list.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        let is_too_long = usize::try_from(last - first).is_ok_and(|length| length > PARTITIONS_MAX);
        if first > last || is_too_long {
            return Err(wrong());
        }
        partitions.extend(first..=last);
    }
    Ok(TopicChoice { topic: topic.to_owned(), partitions: Some(partitions) })
}

/// The partitions that are meant, as far as they exist; what does not is among the failures.
pub async fn resolve(
    client: &Client,
    choices: &[TopicChoice],
) -> Result<(BTreeSet<TopicPartition>, Vec<Failure>), CliError> {
    let mut names: Vec<&str> = choices.iter().map(|choice| choice.topic.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut known: BTreeMap<String, Vec<PartitionId>> = BTreeMap::new();
    let mut failures = Vec::new();
    for (name, topic) in client.describe_topics(&names).await? {
        match topic {
            Ok(topic) => {
                known.insert(name, topic.partitions.iter().map(|partition| partition.id).collect());
            }
            Err(error) => failures.push(Failure::of(name, &error)),
        }
    }
    let mut places = BTreeSet::new();
    for choice in choices {
        let Some(there) = known.get(&choice.topic) else { continue };
        let place = |id: PartitionId| TopicPartition::new(choice.topic.as_str(), id);
        match &choice.partitions {
            None => places.extend(there.iter().copied().map(place)),
            Some(wanted) => {
                for id in wanted.iter().copied().map(PartitionId) {
                    if there.contains(&id) {
                        places.insert(place(id));
                    } else {
                        failures.push(unknown(&place(id), there.len()));
                    }
                }
            }
        }
    }
    Ok((places, failures))
}

fn unknown(place: &TopicPartition, count: usize) -> Failure {
    let what = format!("find {place}");
    let words = format!("the topic has {count} partitions");
    let code = kr_client::ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    Failure::of(place.to_string(), &kr_client::Error::broker(what, code, Some(&words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_read_as_numbers_and_ranges() {
        let all = parse("orders").unwrap();
        assert_eq!((all.topic.as_str(), all.partitions), ("orders", None));
        let some = parse("orders:0,2-4").unwrap();
        assert_eq!((some.topic.as_str(), some.partitions), ("orders", Some(BTreeSet::from([0, 2, 3, 4]))));
        for wrong in ["orders:", "orders:x", "orders:3-1", "orders:-1", "orders:0-2147483647"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

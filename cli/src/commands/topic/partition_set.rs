//! Numbers of partitions as people type them: `0,2,4-7`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use kr_wire::ids::PartitionId;

/// Some partitions of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionSet(Vec<RangeInclusive<i32>>);

impl PartitionSet {
    /// Whether a partition is one of them.
    pub fn contains(&self, partition: PartitionId) -> bool {
        self.0.iter().any(|range| range.contains(&partition.0))
    }
}

impl FromStr for PartitionSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no list of partitions such as 0,2,4-7");
        let number = |text: &str| text.trim().parse::<i32>().ok().filter(|n| *n >= 0).ok_or_else(wrong);
        let range = |part: &str| match part.split_once('-') {
            Some((first, last)) => Ok(number(first)?..=number(last)?),
            None => number(part).map(|number| number..=number),
        };
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

/// Reads `TOPIC-PARTITION`; the partition is what stands after the last hyphen.
pub fn read_place(text: &str) -> Option<(String, PartitionId)> {
    let (topic, partition) = text.rsplit_once('-').or_else(|| text.rsplit_once(':'))?;
    let partition: i32 = partition.parse().ok().filter(|partition| *partition >= 0)?;
    (!topic.is_empty()).then(|| (topic.to_owned(), PartitionId(partition)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_numbers_and_ranges() {
        let set: PartitionSet = "0,2,4-6".parse().unwrap();
        let inside: Vec<i32> = (0..9).filter(|id| set.contains(PartitionId(*id))).collect();
        assert_eq!(inside, [0, 2, 4, 5, 6]);
        for wrong in ["", "a", "-1", "1-", "1,,2"] {
            assert!(wrong.parse::<PartitionSet>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_partition_stands_after_the_last_hyphen() {
        assert_eq!(read_place("a-b-12"), Some(("a-b".to_owned(), PartitionId(12))));
        assert_eq!(read_place("a:3"), Some(("a".to_owned(), PartitionId(3))));
        for wrong in ["a", "a-", "-1", "a-b", "a--"] {
            assert_eq!(read_place(wrong), None, "{wrong}");
        }
    }
}

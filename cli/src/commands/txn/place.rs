//! A partition as it is typed: `TOPIC-PARTITION`.

use kr_client::admin::TopicPartition;
use kr_wire::ids::PartitionId;

/// Reads `orders-3`; also `orders:3`.
pub fn parse(text: &str) -> Result<TopicPartition, String> {
    let wrong = || format!("`{text}` is not TOPIC-PARTITION");
    let (topic, index) = text.rsplit_once(['-', ':']).ok_or_else(wrong)?;
    let index = index.parse::<i32>().ok().filter(|index| *index >= 0).ok_or_else(wrong)?;
    if topic.is_empty() { Err(wrong()) } else { Ok(TopicPartition::new(topic, PartitionId(index))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_the_partition() {
        assert_eq!(parse("a-b-3").unwrap(), TopicPartition::new("a-b", PartitionId(3)));
        assert_eq!(parse("a:3").unwrap(), TopicPartition::new("a", PartitionId(3)));
        for text in ["a", "-3", "a-", "a-x", "a--1x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

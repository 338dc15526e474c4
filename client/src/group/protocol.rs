//! What consumers of a classic group tell each other through the coordinator, and the range assignor. Pure.
//!
//! Subscriptions and assignments are written in version 0 (`ConsumerProtocolSubscription`,
//! `ConsumerProtocolAssignment`); of newer ones the part that version 0 has is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::PartitionId;
use kr_wire::primitives::{Decoded, Reader, Writer};

use crate::admin::TopicPartition;

/// The name under which the range assignor is known to all clients.
pub const RANGE: &str = "range";

/// Lays out which topics a member wants.
pub fn encode_subscription(topics: &[Arc<str>]) -> Vec<u8> {
    let mut writer = Writer::new(false);
    writer.i16(0);
    writer.array(topics, |writer, topic| writer.string(topic));
    writer.nullable_bytes(None);
    writer.into_vec()
}

/// Reads which topics a member wants.
pub fn decode_subscription(bytes: &[u8]) -> Decoded<Vec<Arc<str>>> {
    let mut reader = Reader::new(bytes, false);
    reader.i16()?;
    reader.array(|reader| reader.string().map(Arc::from))
}

/// Lays out which partitions a member reads.
pub fn encode_assignment(partitions: &[TopicPartition]) -> Vec<u8> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for partition in partitions {
        topics.entry(&partition.topic).or_default().push(partition.partition.0);
    }
    let topics: Vec<(&str, Vec<i32>)> = topics.into_iter().collect();
    let mut writer = Writer::new(false);
    writer.i16(0);
    writer.array(&topics, |writer, (topic, partitions)| {
        writer.string(topic);
        writer.array(partitions, |writer, partition| writer.i32(*partition));
    });
    writer.nullable_bytes(None);
    writer.into_vec()
}

/// Reads which partitions a member reads; no bytes are no partitions.
pub fn decode_assignment(bytes: &[u8]) -> Decoded<Vec<TopicPartition>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = Reader::new(bytes, false);
    reader.i16()?;
    let topics = reader.array(|reader| {
        let topic: Arc<str> = reader.string()?.into();
        let partitions = reader.array(Reader::i32)?;
        Ok((topic, partitions))
    })?;
    let partitions = topics.into_iter().flat_map(|(topic, partitions)| {
        partitions.into_iter().map(move |index| TopicPartition::new(Arc::clone(&topic), PartitionId(index)))
    });
    let mut partitions: Vec<TopicPartition> = partitions.collect();
    partitions.sort();
    Ok(partitions)
}

/// Shares each topic out on its own: members in the order of their ids get neighbouring partitions, the
/// first ones one more where it does not come out even (`RangeAssignor`, without racks).
pub fn range(
    members: &BTreeMap<String, Vec<Arc<str>>>,
    partitions: &BTreeMap<Arc<str>, i32>,
) -> BTreeMap<String, Vec<TopicPartition>> {
    let mut shares: BTreeMap<String, Vec<TopicPartition>> =
        members.keys().map(|member| (member.clone(), Vec::new())).collect();
    for (topic, count) in partitions {
        let wanting: Vec<&String> =
            members.iter().filter(|(_, topics)| topics.contains(topic)).map(|(member, _)| member).collect();
        let Ok(size) = i32::try_from(wanting.len()) else { continue };
        if size == 0 {
            continue;
        }
        let (each, extra) = (count / size, count % size);
        let mut next = 0;
        for (at, member) in (0..).zip(wanting) {
            let share = each + i32::from(at < extra);
            if let Some(share_of) = shares.get_mut(member) {
                let indexes = next..next + share;
                share_of.extend(indexes.map(|i| TopicPartition::new(Arc::clone(topic), PartitionId(i))));
            }
            next += share;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(shares: &BTreeMap<String, Vec<TopicPartition>>, member: &str) -> Vec<String> {
        shares[member].iter().map(TopicPartition::to_string).collect()
    }

    #[test]
    fn range_gives_neighbouring_partitions_and_the_rest_to_the_first() {
        let topics = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
        let members = BTreeMap::from([
            ("a".to_owned(), topics(&["t", "u"])),
            ("b".to_owned(), topics(&["t"])),
            ("c".to_owned(), topics(&["t"])),
        ]);
        let partitions = BTreeMap::from([(Arc::from("t"), 7), (Arc::from("u"), 2), (Arc::from("x"), 1)]);
        let shares = range(&members, &partitions);
        assert_eq!(indexes(&shares, "a"), ["t-0", "t-1", "t-2", "u-0", "u-1"]);
        assert_eq!(indexes(&shares, "b"), ["t-3", "t-4"]);
        assert_eq!(indexes(&shares, "c"), ["t-5", "t-6"]);
    }

    #[test]
    fn assignments_and_subscriptions_read_back() {
        let partitions =
            vec![TopicPartition::new("t", PartitionId(0)), TopicPartition::new("u", PartitionId(3))];
        assert_eq!(decode_assignment(&encode_assignment(&partitions)).unwrap(), partitions);
        assert_eq!(decode_assignment(b"").unwrap(), []);
        let topics: Vec<Arc<str>> = vec!["t".into(), "u".into()];
        assert_eq!(decode_subscription(&encode_subscription(&topics)).unwrap(), topics);
        assert!(decode_assignment(&[0, 0, 0x7f, 0xff, 0xff, 0xff]).is_err());
    }
}

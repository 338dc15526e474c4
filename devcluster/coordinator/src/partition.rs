//! Which partition of `__consumer_offsets` holds a group.

use kr_wire::ids::PartitionId;

/// Names the `__consumer_offsets` partition whose leader coordinates `group_id`, out of `partitions`.
///
/// Java's `String.hashCode` over UTF-16 units, its absolute value (0 for the smallest integer, Kafka's
/// `Utils.abs`), modulo the partition count. A count below one names partition 0.
pub fn partition_for(group_id: &str, partitions: i32) -> PartitionId {
    let hash =
        group_id.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let magnitude = if hash == i32::MIN { 0 } else { hash.abs() };
    PartitionId(magnitude % partitions.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_follows_java_string_hash() {
        // "abc".hashCode() is 96354, "console-consumer-1".hashCode() is negative.
        assert_eq!(partition_for("abc", 50), PartitionId(96354 % 50));
        assert_eq!(partition_for("", 50), PartitionId(0));
        // Outside the basic plane a character counts as its two surrogates.
        assert_eq!(partition_for("\u{1F600}", 1 << 30), PartitionId(0xD83D * 31 + 0xDE00));
    }

    #[test]
    fn partition_of_smallest_hash_is_zero() {
        // A classic string with hashCode Integer.MIN_VALUE.
        assert_eq!(partition_for("polygenelubricants", 50), PartitionId(0));
    }
}

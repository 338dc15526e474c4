//! Which partition a record goes to: by its key as Kafka's Java clients do, or sticky without a key. Pure.

use kr_wire::ids::PartitionId;

/// The partition of a key: murmur2, made positive, modulo the number of partitions (`BuiltInPartitioner`).
pub fn by_key(key: &[u8], partitions: i32) -> PartitionId {
    let positive = (murmur2(key) & 0x7fff_ffff).cast_signed();
    PartitionId(positive % partitions.max(1))
}

/// MurmurHash2, 32 bits, with the seed of `org.apache.kafka.common.utils.Utils#murmur2`.
pub fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    if !rest.is_empty() {
        for (at, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * at);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of Kafka's own `UtilsTest#testMurmur2`.
    #[test]
    fn murmur2_is_kafkas() {
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }

    #[test]
    fn a_key_always_has_the_same_partition() {
        for partitions in 1..20 {
            let partition = by_key(b"order-17", partitions);
            assert!((0..partitions).contains(&partition.0));
            assert_eq!(partition, by_key(b"order-17", partitions));
        }
    }
}

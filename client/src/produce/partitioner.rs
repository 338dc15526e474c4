//! Which partition a record goes to by its key, as the clients of Kafka choose it. Pure.
//!
//! Records without a key, or by chance, are dealt out by [`super::spread`].

use kr_wire::ids::PartitionId;

/// How a partition is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partitioner {
    /// Murmur2, as Kafka's Java clients (`BuiltInPartitioner`).
    #[default]
    Murmur2,
    /// CRC-32, as librdkafka (`consistent_random`): keys without bytes go anywhere.
    Consistent,
    /// FNV-1a, as sarama (`NewHashPartitioner`).
    Fnv1a,
    /// Any, whatever the key.
    Random,
}

impl Partitioner {
    /// The partition of a key; `None` if any will do.
    pub fn by_key(self, key: &[u8], partitions: i32) -> Option<PartitionId> {
        let partitions = partitions.max(1);
        let partition = match self {
            Self::Murmur2 => (murmur2(key) & 0x7fff_ffff).cast_signed() % partitions,
            Self::Consistent if key.is_empty() => return None,
            Self::Consistent => remainder(crc32(key), partitions),
            Self::Fnv1a => remainder(fnv1a(key).cast_signed().unsigned_abs(), partitions),
            Self::Random => return None,
        };
        Some(PartitionId(partition))
    }
}

/// What is left of an unsigned hash is less than the number of partitions.
fn remainder(hash: u32, partitions: i32) -> i32 {
    (hash % partitions.unsigned_abs()).cast_signed()
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

/// CRC-32 of IEEE 802.3; keys are short, so bit by bit will do.
fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    !data.iter().fold(u32::MAX, step)
}

/// FNV-1a, 32 bits.
fn fnv1a(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
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

    /// The check values of both algorithms' definitions.
    #[test]
    fn crc32_and_fnv1a_are_those_of_everybody() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_key_always_has_the_same_partition() {
        for partitioner in [Partitioner::Murmur2, Partitioner::Consistent, Partitioner::Fnv1a] {
            for partitions in 1..20 {
                let partition = partitioner.by_key(b"order-17", partitions).unwrap();
                assert!((0..partitions).contains(&partition.0));
                assert_eq!(Some(partition), partitioner.by_key(b"order-17", partitions));
            }
        }
    }

    #[test]
    fn some_keys_go_anywhere() {
        assert_eq!(Partitioner::Random.by_key(b"k", 3), None);
        assert_eq!(Partitioner::Consistent.by_key(b"", 3), None);
        assert!(Partitioner::Murmur2.by_key(b"", 3).is_some());
    }
}

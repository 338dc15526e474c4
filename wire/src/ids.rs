//! Newtypes for the numbers of Kafka's protocol that must not be mixed up.
//!
//! Sentinels of the wire (-1, empty) do not exist here: what may be absent is an `Option`.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

pub use uuid::Uuid;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// Reads a wire value in which a negative number stands for "none".
            pub fn from_wire(value: $inner) -> Option<Self> {
                (value >= 0).then_some(Self(value))
            }

            /// Writes an optional value with -1 for "none".
            pub fn to_wire(value: Option<Self>) -> $inner {
                value.map_or(-1, |v| v.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }
    };
}

number! {
    /// A broker's or controller's `node.id`.
    NodeId(i32)
}
number! {
    /// Index of a partition in its topic, from 0.
    PartitionId(i32)
}
number! {
    /// Epoch of a partition's leader, or of the quorum's leader in `__cluster_metadata`.
    LeaderEpoch(i32)
}
number! {
    /// Position of a record in a log. Ends are exclusive unless a name says "last".
    Offset(i64)
}
number! {
    /// Identity of an idempotent or transactional producer (KIP-98).
    ProducerId(i64)
}
number! {
    /// Incarnation of a broker's registration: the metadata offset at which it was registered.
    BrokerEpoch(i64)
}

impl Offset {
    /// The first offset of every log.
    pub const ZERO: Self = Self(0);
}

impl Add<i64> for Offset {
    type Output = Self;
    fn add(self, records: i64) -> Self {
        Self(self.0 + records)
    }
}

impl AddAssign<i64> for Offset {
    fn add_assign(&mut self, records: i64) {
        self.0 += records;
    }
}

impl Sub for Offset {
    type Output = i64;
    fn sub(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl Sub<i64> for Offset {
    type Output = Self;
    fn sub(self, records: i64) -> Self {
        Self(self.0 - records)
    }
}

impl LeaderEpoch {
    /// The epoch after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Identity of a topic that survives its name (KIP-516).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicId(pub Uuid);

impl TopicId {
    /// No topic: a name-only reference on the wire.
    pub const ZERO: Self = Self(Uuid::nil());
    /// `__cluster_metadata` (Kafka: `Uuid.METADATA_TOPIC_ID`).
    pub const METADATA: Self = Self(Uuid::from_u128(1));

    /// Whether this is the "no topic" id of the wire.
    pub fn is_zero(self) -> bool {
        self.0.is_nil()
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uuid_text(self.0))
    }
}

/// Identity of a log directory (KIP-858).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryId(pub Uuid);

impl DirectoryId {
    /// Written before directories had ids.
    pub const MIGRATING: Self = Self(Uuid::from_u128(0));
    /// The controller does not know the directory yet.
    pub const UNASSIGNED: Self = Self(Uuid::from_u128(1));
    /// The replica was in a directory that is gone.
    pub const LOST: Self = Self(Uuid::from_u128(2));

    /// Whether the id is one of the first hundred, which are never generated.
    pub fn is_reserved(self) -> bool {
        self.0.as_u128() < 100
    }
}

impl fmt::Display for DirectoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uuid_text(self.0))
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes a uuid as Kafka does: URL-safe base64 of its 16 bytes without padding, 22 characters.
pub fn uuid_text(id: Uuid) -> String {
    let value = id.as_u128();
    // 22 digits of 6 bits hold 132 bits: the last digit carries two bits and four zero bits.
    (0..22)
        .map(|digit| {
            let bits = if digit < 21 { value >> (122 - 6 * digit) } else { value << 4 };
            char::from(ALPHABET[(bits & 63) as usize])
        })
        .collect()
}

/// Reads what [`uuid_text`] writes; `None` for anything else.
pub fn parse_uuid_text(text: &str) -> Option<Uuid> {
    if text.len() != 22 {
        return None;
    }
    let mut value = 0u128;
    for (digit, byte) in text.bytes().enumerate() {
        let bits = ALPHABET.iter().position(|a| *a == byte)? as u128;
        if digit < 21 {
            value = value << 6 | bits;
        } else {
            if bits & 15 != 0 {
                return None;
            }
            value = value << 2 | bits >> 4;
        }
    }
    Some(Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_text_matches_kafkas_reserved_ids() {
        assert_eq!(uuid_text(DirectoryId::MIGRATING.0), "AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(uuid_text(DirectoryId::UNASSIGNED.0), "AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(uuid_text(DirectoryId::LOST.0), "AAAAAAAAAAAAAAAAAAAAAg");
    }

    #[test]
    fn uuid_text_reads_back() {
        for seed in 0..200u128 {
            let id = Uuid::from_u128(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
            assert_eq!(parse_uuid_text(&uuid_text(id)), Some(id));
        }
    }

    #[test]
    fn uuid_text_is_refused_when_malformed() {
        for text in
            ["", "short", "AAAAAAAAAAAAAAAAAAAAA!", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAAA"]
        {
            assert_eq!(parse_uuid_text(text), None, "{text}");
        }
    }
}

//! The transaction index: aborted transactions of a segment, sorted by last offset.
//!
//! ```text
//! 0 version (0)  2     10 first offset  8     26 last stable offset  8
//! 2 producer id  8     18 last offset   8
//! ```

use kr_wire::ids::{Offset, ProducerId};

use crate::log::AbortedTransaction;

/// Bytes of an entry.
pub(crate) const ENTRY: usize = 34;

/// Lays out an entry.
pub(crate) fn encode(entry: &AbortedTransaction) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    bytes[2..10].copy_from_slice(&entry.producer.0.to_be_bytes());
    bytes[10..18].copy_from_slice(&entry.first_offset.0.to_be_bytes());
    bytes[18..26].copy_from_slice(&entry.last_offset.0.to_be_bytes());
    bytes[26..].copy_from_slice(&entry.last_stable_offset.0.to_be_bytes());
    bytes
}

/// Reads a file; `None` when its version is unknown or it ends inside an entry.
pub(crate) fn decode(file: &[u8]) -> Option<Vec<AbortedTransaction>> {
    let (entries, rest) = file.as_chunks::<ENTRY>();
    if !rest.is_empty() {
        return None;
    }
    entries
        .iter()
        .map(|entry| {
            let (version, fields) = entry.split_at(2);
            let number = |at: usize| {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&fields[at * 8..][..8]);
                i64::from_be_bytes(bytes)
            };
            (version == [0, 0]).then(|| AbortedTransaction {
                producer: ProducerId(number(0)),
                first_offset: Offset(number(1)),
                last_offset: Offset(number(2)),
                last_stable_offset: Offset(number(3)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_reads_back() {
        let entry = AbortedTransaction {
            producer: ProducerId(1000),
            first_offset: Offset(5),
            last_offset: Offset(9),
            last_stable_offset: Offset(7),
        };
        let mut file = encode(&entry).to_vec();
        file.extend_from_slice(&encode(&entry));
        assert_eq!(decode(&file), Some(vec![entry, entry]));
        assert_eq!(decode(&file[..40]), None, "torn");
        file[1] = 1;
        assert_eq!(decode(&file), None, "unknown version");
    }
}

//! Whether copies of a log are the same: batch by batch, by offsets, CRC and bytes. Pure.
//!
//! The CRC covers everything in a batch but its base offset and leader epoch, so that the same CRC at the same
//! offsets is the same data.

use std::collections::BTreeMap;

use kr_wire::batch::{Batch, BatchError, Batches};
use kr_wire::ids::Offset;

/// What is compared of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its first offset.
    pub base: Offset,
    /// Its last offset.
    pub last: Offset,
    /// Its checksum.
    pub crc: u32,
    /// Its size in bytes.
    pub bytes: usize,
}

/// Marks of the batches that end at `from` or later and below `below`; a torn one at the end is left out.
///
/// Errors: a batch that cannot be read, or whose CRC is not that of its bytes.
pub fn marks(bytes: &[u8], from: Offset, below: Offset) -> Result<Vec<Mark>, BatchError> {
    let mut marks = Vec::new();
    for batch in Batches::new(bytes) {
        let batch: Batch<'_> = batch?;
        let header = batch.header;
        let last = header.last_offset();
        if last >= below {
            break;
        }
        batch.verify_crc()?;
        if last >= from {
            marks.push(Mark { base: header.base_offset, last, crc: header.crc, bytes: batch.bytes().len() });
        }
    }
    Ok(marks)
}

/// The first difference of a copy from the leader's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is.
    pub offset: Offset,
    /// Whose copy differs.
    pub broker: i32,
    /// The leader's batch there; none when it has none.
    pub leader: Option<Mark>,
    /// The copy's batch there; none when it has none.
    pub copy: Option<Mark>,
}

/// What comparing a part of a log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// The offset to go on at: all copies are compared up to it. None when no copy reaches further.
    pub next: Option<Offset>,
    /// Batches that were compared, and their bytes.
    pub batches: u64,
    /// See `batches`.
    pub bytes: u64,
    /// The first difference of each copy that has one.
    pub differences: Vec<Difference>,
}

/// Compares the marks of copies with the leader's, up to where the shortest of them ends.
pub fn compare(leader: &[Mark], copies: &BTreeMap<i32, Vec<Mark>>) -> Compared {
    let ends = [leader].into_iter().chain(copies.values().map(Vec::as_slice));
    let Some(reach) = ends.map(|marks| marks.last().map(|mark| mark.last)).min().flatten() else {
        return Compared::default();
    };
    let within = |marks: &[Mark]| marks.iter().filter(|mark| mark.base <= reach).copied().collect::<Vec<_>>();
    let expected = within(leader);
    let mut compared = Compared::default();
    for (broker, marks) in copies {
        let copy = within(marks);
        let longer = expected.len().max(copy.len());
        let at = (0..longer).find(|at| {
            expected.get(*at) != copy.get(*at) && {
                // A batch that reaches past the common end may be whole on one side only.
                let reaches_past = |mark: Option<&Mark>| mark.is_some_and(|mark| mark.last > reach);
                !(reaches_past(expected.get(*at)) || reaches_past(copy.get(*at)))
            }
        });
        if let Some(at) = at {
            let (leader, copy) = (expected.get(at).copied(), copy.get(at).copied());
            let offset = leader.iter().chain(&copy).map(|mark| mark.base).min().unwrap_or(reach);
            compared.differences.push(Difference { offset, broker: *broker, leader, copy });
        }
    }
    let whole = expected.iter().filter(|mark| mark.last <= reach);
    compared.batches = whole.clone().count() as u64;
    compared.bytes = whole.map(|mark| mark.bytes as u64).sum();
    compared.next = Some(Offset(reach.0 + 1));
    compared
}

#[cfg(test)]
mod tests {
    use kr_wire::batch::BatchBuilder;

    use super::*;

    fn mark(base: i64, last: i64, crc: u32) -> Mark {
        Mark { base: Offset(base), last: Offset(last), crc, bytes: 100 }
    }

    fn batch(base: i64, value: &str) -> Vec<u8> {
        let mut builder = BatchBuilder::new(Offset(base));
        builder.push(0, None, Some(value.as_bytes()), &[]);
        builder.build().to_vec()
    }

    #[test]
    fn the_same_log_has_no_difference() {
        let log = vec![mark(0, 4, 1), mark(5, 5, 2)];
        let compared = compare(&log, &BTreeMap::from([(2, log.clone()), (3, log.clone())]));
        assert_eq!((compared.next, compared.batches, compared.bytes), (Some(Offset(6)), 2, 200));
        assert_eq!(compared.differences, []);
    }

    #[test]
    fn a_copy_is_compared_as_far_as_it_reaches() {
        let log = vec![mark(0, 4, 1), mark(5, 5, 2)];
        let compared = compare(&log, &BTreeMap::from([(2, vec![mark(0, 4, 1)])]));
        assert_eq!((compared.next, compared.batches), (Some(Offset(5)), 1));
        assert_eq!(compared.differences, []);
        assert_eq!(compare(&log, &BTreeMap::from([(2, Vec::new())])).next, None);
    }

    #[test]
    fn another_checksum_a_missing_batch_and_other_offsets_are_differences() {
        let log = vec![mark(0, 4, 1), mark(5, 5, 2), mark(6, 9, 3)];
        for copy in [
            vec![mark(0, 4, 1), mark(5, 5, 7), mark(6, 9, 3)],
            vec![mark(0, 4, 1), mark(6, 9, 3)],
            vec![mark(0, 4, 1), mark(5, 6, 2), mark(7, 9, 3)],
        ] {
            let compared = compare(&log, &BTreeMap::from([(2, copy)]));
            assert_eq!(compared.differences.len(), 1);
            assert_eq!((compared.differences[0].broker, compared.differences[0].offset), (2, Offset(5)));
        }
    }

    #[test]
    fn marks_are_of_whole_batches_within_the_range() {
        let log = [batch(0, "a"), batch(1, "b"), batch(2, "c")].concat();
        let all = marks(&log, Offset(1), Offset(9)).unwrap();
        assert_eq!(all.iter().map(|mark| mark.base.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(marks(&log, Offset(0), Offset(1)).unwrap().len(), 1);
        assert_eq!(marks(&log[..log.len() - 1], Offset(0), Offset(9)).unwrap().len(), 2);
        assert_ne!(marks(&batch(0, "a"), Offset(0), Offset(9)), marks(&batch(0, "b"), Offset(0), Offset(9)));
        let mut spoilt = log.clone();
        let end = spoilt.len() - 1;
        spoilt[end] ^= 1;
        assert!(marks(&spoilt, Offset(0), Offset(9)).is_err());
    }
}

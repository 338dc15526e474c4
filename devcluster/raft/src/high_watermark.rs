//! The high watermark: what a majority of voters has on disk, once that includes the own epoch.
//!
//! Pure arithmetic; whose offsets go in is the leader's business.

use kr_wire::ids::Offset;

/// Returns the highest offset that a majority has reached; `None` while it is unknown.
///
/// `ends`: one per voter, `None` for a voter that has not been heard of.
pub(crate) fn majority_end(ends: impl IntoIterator<Item = Option<Offset>>) -> Option<Offset> {
    let mut ends: Vec<Option<Offset>> = ends.into_iter().collect();
    // `None` is below every offset, so the unknown come last.
    ends.sort_unstable_by(|a, b| b.cmp(a));
    *ends.get(ends.len() / 2)?
}

/// Whether the majority's end may become the high watermark.
///
/// Only a record of the own epoch on a majority proves that older ones there can no longer be replaced
/// (KIP-595), so the end must lie beyond the LEADER_CHANGE record at `epoch_start`.
pub(crate) fn may_advance(current: Option<Offset>, end: Offset, epoch_start: Offset) -> bool {
    end > epoch_start && current.is_none_or(|current| end > current)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(ends: &[i64]) -> Option<i64> {
        majority_end(ends.iter().map(|end| (*end >= 0).then_some(Offset(*end)))).map(|end| end.0)
    }

    #[test]
    fn majority_end_is_the_middle_or_below() {
        assert_eq!(end(&[7]), Some(7));
        assert_eq!(end(&[7, 5]), Some(5));
        assert_eq!(end(&[3, 7, 5]), Some(5));
        assert_eq!(end(&[3, 7, 5, 6]), Some(5));
        assert_eq!(end(&[1, 9, 5, 6, 7]), Some(6));
    }

    #[test]
    fn majority_end_is_unknown_until_a_majority_is_known() {
        assert_eq!(end(&[9, -1, -1]), None);
        assert_eq!(end(&[9, -1, 4]), Some(4));
        assert_eq!(end(&[]), None);
    }

    #[test]
    fn high_watermark_needs_a_record_of_the_own_epoch() {
        assert!(!may_advance(None, Offset(10), Offset(10)));
        assert!(may_advance(None, Offset(11), Offset(10)));
    }

    #[test]
    fn high_watermark_never_falls() {
        assert!(!may_advance(Some(Offset(12)), Offset(11), Offset(10)));
        assert!(!may_advance(Some(Offset(12)), Offset(12), Offset(10)));
    }
}

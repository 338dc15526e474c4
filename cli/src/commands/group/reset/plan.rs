//! From what is wanted and where things stand to the offset of one partition, as Apache's tool decides it.
//! Pure.
//!
//! Offsets outside of the log are moved to its nearest end (`checkOffsetRange` in `ConsumerGroupCommand`), and
//! the plan says so; `current` alone is taken as it is. A time after the last record is the end of the log.

/// What is wanted of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The first record.
    Earliest,
    /// After the last record.
    Latest,
    /// The committed offset again; after the last record where nothing is committed.
    Current,
    /// So many offsets further, or back when negative.
    Shift(i64),
    /// An offset.
    Exactly(i64),
    /// What a look-up by time found; the end of the log when no record is as late.
    ByTime(Option<i64>),
}

/// Where a partition and the group in it stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the group has committed.
    pub committed: Option<i64>,
    /// The first offset of the log.
    pub start: i64,
    /// The high watermark.
    pub end: i64,
}

/// What becomes of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The offset to commit.
    pub to: i64,
    /// What was wanted, when that lies outside of the log.
    pub wanted: Option<i64>,
    /// Records read again, at most; unknown when nothing is committed.
    pub read_again: Option<i64>,
    /// Records skipped, at most; unknown when nothing is committed.
    pub skipped: Option<i64>,
}

/// Why there is no step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoStep {
    /// A shift needs something to shift.
    #[error("nothing is committed that could be shifted")]
    NothingCommitted,
}

/// Decides on one partition.
pub fn step(wish: Wish, standing: Standing) -> Result<Step, NoStep> {
    let Standing { committed, start, end } = standing;
    let wanted = match wish {
        Wish::Earliest => start,
        Wish::Latest | Wish::ByTime(None) => end,
        Wish::Current => committed.unwrap_or(end),
        Wish::Shift(by) => committed.ok_or(NoStep::NothingCommitted)?.saturating_add(by),
        Wish::Exactly(offset) | Wish::ByTime(Some(offset)) => offset,
    };
    let to = match wish {
        Wish::Current => wanted,
        // A log whose bounds moved between two questions is no reason to panic.
        _ => wanted.min(end).max(start.min(end)),
    };
    // Of what lies outside of the log nothing was or will be read.
    let inside = |offset: i64| offset.min(end).max(start.min(end));
    let way = committed.map(|committed| inside(to).saturating_sub(inside(committed)));
    Ok(Step {
        to,
        wanted: (to != wanted).then_some(wanted),
        read_again: way.map(|way| way.saturating_neg().max(0)),
        skipped: way.map(|way| way.max(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of offsets 10 to 99, read up to 50.
    const STANDING: Standing = Standing { committed: Some(50), start: 10, end: 100 };

    fn to(wish: Wish) -> (i64, Option<i64>, Option<i64>, Option<i64>) {
        let Step { to, wanted, read_again, skipped } = step(wish, STANDING).unwrap();
        (to, wanted, read_again, skipped)
    }

    #[test]
    fn ends_of_the_log_are_real_offsets() {
        assert_eq!(to(Wish::Earliest), (10, None, Some(40), Some(0)));
        assert_eq!(to(Wish::Latest), (100, None, Some(0), Some(50)));
    }

    #[test]
    fn what_lies_outside_of_the_log_is_moved_to_its_nearest_end() {
        assert_eq!(to(Wish::Exactly(5)), (10, Some(5), Some(40), Some(0)));
        assert_eq!(to(Wish::Exactly(101)), (100, Some(101), Some(0), Some(50)));
        assert_eq!(to(Wish::Shift(-1000)), (10, Some(-950), Some(40), Some(0)));
        assert_eq!(to(Wish::Shift(i64::MAX)), (100, Some(i64::MAX), Some(0), Some(50)));
        assert_eq!(to(Wish::Exactly(100)), (100, None, Some(0), Some(50)));
    }

    #[test]
    fn shift_counts_from_what_is_committed() {
        assert_eq!(to(Wish::Shift(-5)), (45, None, Some(5), Some(0)));
        assert_eq!(to(Wish::Shift(5)), (55, None, Some(0), Some(5)));
        let nothing = Standing { committed: None, ..STANDING };
        assert_eq!(step(Wish::Shift(5), nothing), Err(NoStep::NothingCommitted));
    }

    #[test]
    fn a_time_after_the_last_record_is_the_end() {
        assert_eq!(to(Wish::ByTime(None)), (100, None, Some(0), Some(50)));
        assert_eq!(to(Wish::ByTime(Some(20))), (20, None, Some(30), Some(0)));
    }

    #[test]
    fn current_is_taken_as_it_is() {
        assert_eq!(to(Wish::Current), (50, None, Some(0), Some(0)));
        let expired = Standing { committed: Some(3), ..STANDING };
        assert_eq!(step(Wish::Current, expired).unwrap().to, 3);
        let nothing = Standing { committed: None, ..STANDING };
        let step = step(Wish::Current, nothing).unwrap();
        assert_eq!((step.to, step.read_again, step.skipped), (100, None, None));
    }

    #[test]
    fn what_is_deleted_cannot_be_read_again_or_skipped() {
        let expired = Standing { committed: Some(3), ..STANDING };
        let step = step(Wish::Earliest, expired).unwrap();
        assert_eq!((step.to, step.read_again, step.skipped), (10, Some(0), Some(0)));
    }

    #[test]
    fn bounds_that_crossed_do_not_panic() {
        let odd = Standing { committed: Some(1), start: 10, end: 5 };
        assert_eq!(step(Wish::Exactly(7), odd).unwrap().to, 5);
    }
}

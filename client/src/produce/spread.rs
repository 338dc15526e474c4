//! Where records without a key go: dealt out at first, then in turns of many. Pure.
//!
//! The first records go to one partition after the other, so that a few lines are spread as whoever typed them
//! expects. After that a partition gets [`TURN_BYTES`] before the next one has its turn, as in KIP-794, so that
//! a long run has large batches and every partition the same share, however fast it is.

use kr_wire::ids::PartitionId;

/// How many records are dealt out one by one.
const DEALT: u32 = 256;

/// Bytes of records in one turn: the default of Java's `batch.size`.
const TURN_BYTES: usize = 16 * 1024;

/// The turns of one topic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    at: u32,
    dealt: u32,
    bytes: usize,
}

impl Spread {
    /// Begins anywhere, so that many short runs do not all meet in the first partition.
    pub fn beginning_at(seed: u32) -> Self {
        Self { at: seed, dealt: 0, bytes: 0 }
    }

    /// The partition of a record of so many bytes, among `count`; those without a leader are passed over.
    pub fn place(
        &mut self,
        size: usize,
        count: i32,
        has_leader: impl Fn(PartitionId) -> bool,
    ) -> PartitionId {
        let count = count.max(1).unsigned_abs();
        let is_over = self.dealt < DEALT || self.bytes >= TURN_BYTES;
        if is_over {
            let next = |step: u32| self.at.wrapping_add(step) % count;
            let led = (1..=count).map(next).find(|at| has_leader(index(*at)));
            self.at = led.unwrap_or(next(1));
            self.bytes = 0;
            self.dealt = self.dealt.saturating_add(1);
        }
        self.bytes += size;
        index(self.at % count)
    }
}

/// A remainder of an `i32` is one.
fn index(at: u32) -> PartitionId {
    PartitionId(at.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(spread: &mut Spread, records: usize, size: usize, count: i32) -> Vec<usize> {
        let mut shares = vec![0; count as usize];
        for _ in 0..records {
            shares[spread.place(size, count, |_| true).0 as usize] += 1;
        }
        shares
    }

    #[test]
    fn a_short_run_is_dealt_out_record_by_record() {
        for seed in [0, 7, u32::MAX] {
            assert_eq!(placed(&mut Spread::beginning_at(seed), 30, 10, 3), [10, 10, 10]);
        }
    }

    #[test]
    fn a_long_run_stays_for_a_turn_and_is_even_after_all() {
        let mut spread = Spread::beginning_at(0);
        placed(&mut spread, DEALT as usize, 100, 4);
        let first = spread.place(100, 4, |_| true);
        let turn = TURN_BYTES.div_ceil(100);
        let stays = (1..).take_while(|_| spread.place(100, 4, |_| true) == first).count() + 1;
        assert_eq!(stays, turn - 1, "the last record dealt has begun the turn");
        let shares = placed(&mut spread, 4 * 10 * turn, 100, 4);
        assert!(shares.iter().all(|share| share.abs_diff(10 * turn) <= turn), "{shares:?}");
    }

    #[test]
    fn runs_of_one_record_meet_in_no_one_partition() {
        let places = [0, 1, 2, 5].map(|seed| Spread::beginning_at(seed).place(1, 3, |_| true).0);
        assert_eq!(places, [1, 2, 0, 0]);
    }

    #[test]
    fn a_partition_without_a_leader_is_passed_over_unless_there_is_no_other() {
        let mut spread = Spread::beginning_at(0);
        let places: Vec<i32> = (0..4).map(|_| spread.place(1, 3, |id| id.0 != 1).0).collect();
        assert_eq!(places, [2, 0, 2, 0]);
        assert_eq!(spread.place(1, 3, |_| false).0, 1);
    }

    #[test]
    fn a_topic_that_grows_or_is_made_anew_with_less_keeps_the_place_in_range() {
        let mut spread = Spread::beginning_at(90);
        placed(&mut spread, DEALT as usize, 1, 100);
        for count in [100, 3, 1] {
            assert!((0..count).contains(&spread.place(1, count, |_| true).0));
        }
    }
}

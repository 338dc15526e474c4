//! A few numbers over time, and the slope through them.

use std::collections::VecDeque;

use crate::snapshot::Time;

/// How many samples are kept of one thing.
const KEPT: usize = 60;
/// How many of them, the newest, make the rate.
const RATE_OVER: usize = 10;

/// Samples of one number, oldest first, at rising times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    points: VecDeque<(Time, i64)>,
}

impl Samples {
    /// Adds a sample. One that is not newer than the last replaces nothing and is dropped.
    pub fn push(&mut self, at: Time, value: i64) {
        if self.points.back().is_some_and(|(last, _)| *last >= at) {
            return;
        }
        self.points.push_back((at, value));
        if self.points.len() > KEPT {
            self.points.pop_front();
        }
    }

    /// The change for each second over the newest samples; none before there are two.
    pub fn rate(&self) -> Option<f64> {
        let newest = self.points.back()?;
        let oldest = self.points.get(self.points.len().saturating_sub(RATE_OVER))?;
        let millis = newest.0.0 - oldest.0.0;
        (millis > 0).then(|| (newest.1 - oldest.1) as f64 * 1000.0 / millis as f64)
    }

    /// The newest value.
    pub fn last(&self) -> Option<i64> {
        self.points.back().map(|(_, value)| *value)
    }

    /// When a value was reached, between samples by a straight line; none outside of what is known.
    pub fn when(&self, value: i64) -> Option<Time> {
        let after = self.points.iter().position(|(_, at)| *at >= value)?;
        let (time, reached) = self.points[after];
        let Some((before, from)) = after.checked_sub(1).map(|index| self.points[index]) else {
            return (reached == value).then_some(time);
        };
        let share = (value - from) as f64 / (reached - from).max(1) as f64;
        Some(Time(before.0 + ((time.0 - before.0) as f64 * share) as i64))
    }

    /// The values, oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.points.iter().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_needs_two_samples() {
        let mut samples = Samples::default();
        assert_eq!(samples.rate(), None);
        samples.push(Time(1_000), 100);
        assert_eq!(samples.rate(), None);
        samples.push(Time(3_000), 120);
        assert_eq!(samples.rate(), Some(10.0));
    }

    #[test]
    fn sample_that_is_not_newer_is_dropped() {
        let mut samples = Samples::default();
        samples.push(Time(2_000), 5);
        samples.push(Time(2_000), 9);
        samples.push(Time(1_000), 9);
        assert_eq!(samples.values().collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn value_between_two_samples_has_a_time_between_them() {
        let mut samples = Samples::default();
        samples.push(Time(1_000), 0);
        samples.push(Time(2_000), 100);
        assert_eq!(samples.when(25), Some(Time(1_250)));
        assert_eq!(samples.when(101), None);
    }
}

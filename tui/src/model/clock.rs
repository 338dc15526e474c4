//! Moments and spans as the screen says them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::event::When;
use crate::snapshot::Time;

/// The time zone of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(pub TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// `12:04:20`.
    pub fn clock(&self, time: Time) -> String {
        self.format(time, "%H:%M:%S")
    }

    /// `12:04:20` today, `Nov 19 12:04` on other days.
    pub fn moment(&self, time: Time, now: Time) -> String {
        let is_today = self.format(time, "%F") == self.format(now, "%F");
        self.format(time, if is_today { "%H:%M:%S" } else { "%b %d %H:%M" })
    }

    /// `12:04:20.004` where the instant is known, `12:04:20 -2.1s` where it lies in the 2.1 s before.
    pub fn when(&self, when: When) -> String {
        match when {
            When::At(time) => self.format(time, "%H:%M:%S%.3f"),
            When::Between(from, to) if from.0 <= 0 => format!("{} before", self.clock(to)),
            When::Between(from, to) => format!("{} -{}", self.clock(to), span(to.since(from))),
        }
    }

    fn format(&self, time: Time, form: &str) -> String {
        match Timestamp::from_millisecond(time.0) {
            Ok(stamp) => stamp.to_zoned(self.0.clone()).strftime(form).to_string(),
            Err(_) => "?".to_owned(),
        }
    }
}

/// A span in at most seven columns: `12 ms`, `4.2s`, `4m 10s`, `3h 05m`, `12d`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.as_millis() == 0 && span.as_micros() > 0 => "<1ms".to_owned(),
        0 => format!("{}ms", span.as_millis()),
        1..60 => format!("{}.{}s", seconds, span.subsec_millis() / 100),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A number with commas between thousands.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes with a unit: `812 B`, `4.1 MB`. Units are powers of 1,000.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A rate: `+2.0`, `+1,204`, `-3.1`.
pub fn rate(rate: f64) -> String {
    if rate.abs() >= 100.0 {
        let text = count(rate.round() as i64);
        return if rate > 0.0 { format!("+{text}") } else { text };
    }
    format!("{rate:+.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_take_at_most_seven_columns() {
        let said: Vec<String> = [0, 12, 4_249, 59_999, 250_000, 11_100_000, 90_000_000]
            .into_iter()
            .map(|millis| span(Duration::from_millis(millis)))
            .collect();
        assert_eq!(said, ["0ms", "12ms", "4.2s", "59.9s", "4m 10s", "3h 05m", "1d"]);
    }

    #[test]
    fn numbers_have_commas_and_units() {
        assert_eq!(count(0), "0");
        assert_eq!(count(-1_234_567), "-1,234,567");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(999_990_000), "1.0 GB");
        assert_eq!(rate(1_204.4), "+1,204");
        assert_eq!(rate(-2.04), "-2.0");
    }

    #[test]
    fn interval_shows_how_long_it_is() {
        let zone = Zone::default();
        let (from, to) = (Time(1_000), Time(3_100));
        assert_eq!(zone.when(When::At(to)), "00:00:03.100");
        assert_eq!(zone.when(When::Between(from, to)), "00:00:03 -2.1s");
    }
}

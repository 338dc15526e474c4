//! Points in time and ages for people; JSON has raw milliseconds.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// A point in time, to the second, in the zone of this machine: `2026-01-31 12:00:00+01:00`.
pub fn shown(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(at) => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
        // Clients may write any number into a record.
        Err(_) => format!("{ms} ms since 1970"),
    }
}

/// How long ago that was, in one unit: `3m ago`; `just now` for the future, too, which is skew of clocks.
pub fn ago(ms: i64, now: Timestamp) -> String {
    let Ok(at) = Timestamp::from_millisecond(ms) else { return shown(ms) };
    let seconds = now.duration_since(at).max(SignedDuration::ZERO).as_secs();
    match seconds {
        0..2 => "just now".to_owned(),
        2..120 => format!("{seconds}s ago"),
        120..7_200 => format!("{}m ago", seconds / 60),
        7_200..172_800 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_one_unit() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (ms, text) in [
            (1_000_000_000, "just now"),
            (2_000_000_000, "just now"),
            (999_940_000, "60s ago"),
            (999_000_000, "16m ago"),
            (990_000_000, "2h ago"),
            (0, "11d ago"),
        ] {
            assert_eq!(ago(ms, now), text);
        }
    }

    #[test]
    fn a_number_that_is_no_time_is_shown_as_it_is() {
        assert_eq!(shown(i64::MAX), "9223372036854775807 ms since 1970");
    }
}

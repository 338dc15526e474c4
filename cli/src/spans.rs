//! Spans of time and points in time as people type them.
//!
//! | typed | meaning |
//! |---|---|
//! | `30s`, `1h30m`, `PT1H`, `90` | a span; a bare number is seconds |
//! | `now` | this moment |
//! | `2026-01-31T12:00:00Z`, `2026-01-31` | a point in time; without a zone it is local |
//! | `1700000000`, `1700000000000` | seconds, milliseconds, micro- or nanoseconds since 1970 |
//! | `-1h`, `-PT1H`, `PT1H` | that long before now |

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// Reads a span of time that is not negative.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| format!("`{text}` is not a duration such as 30s, 5m or 1h30m"))?;
    Duration::try_from(span).map_err(|_| format!("`{text}` is negative"))
}

/// Reads a point in time as milliseconds since 1970; `None` when it is none.
pub fn parse_time(text: &str, now: Timestamp) -> Option<i64> {
    if text == "now" {
        return Some(now.as_millisecond());
    }
    if let Some(span) = text.strip_prefix('-').or(text.starts_with('P').then_some(text)) {
        let span: SignedDuration = span.parse().ok()?;
        return Some(now.checked_sub(span).ok()?.as_millisecond().max(0));
    }
    if let Ok(number) = text.parse::<u64>() {
        return i64::try_from(since_1970_ms(number)).ok();
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let local = text.parse::<civil::DateTime>().ok()?;
    Some(local.to_zoned(TimeZone::system()).ok()?.timestamp().as_millisecond())
}

/// The unit follows from the size: in each of them, these are times between 1973 and 5138.
fn since_1970_ms(number: u64) -> u64 {
    const FROM: u64 = 100_000_000_000;
    match number {
        0..FROM => number * 1000,
        FROM..100_000_000_000_000 => number,
        100_000_000_000_000..100_000_000_000_000_000 => number / 1000,
        _ => number / 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read_in_every_form() {
        let at = |text| parse_time(text, Timestamp::from_second(1_700_000_000).unwrap());
        for (text, ms) in [
            ("now", 1_700_000_000_000),
            ("1700000000", 1_700_000_000_000),
            ("1700000000000", 1_700_000_000_000),
            ("1700000000000000", 1_700_000_000_000),
            ("1700000000000000000", 1_700_000_000_000),
            ("2023-11-14T22:13:20Z", 1_700_000_000_000),
            ("-1h", 1_699_996_400_000),
            ("-PT1H", 1_699_996_400_000),
            ("PT1H", 1_699_996_400_000),
        ] {
            assert_eq!(at(text), Some(ms), "{text}");
        }
        for wrong in ["", "soon", "-", "1h", "-1700000000x", "2023-13-01"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}

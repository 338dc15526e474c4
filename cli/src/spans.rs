//! Spans of time as people type them: `30s`, `1h30m`, `PT1H`, or a bare number of seconds.

use std::time::Duration;

/// Reads a span of time that is not negative.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| format!("`{text}` is not a duration such as 30s, 5m or 1h30m"))?;
    Duration::try_from(span).map_err(|_| format!("`{text}` is negative"))
}

//! `-o PLACE` and `--until PLACE`: where reading begins and ends. rpk's grammar, and more.
//!
//! | typed | meaning |
//! |---|---|
//! | `start`, `beginning`, `earliest` | the first record |
//! | `end`, `latest` | after the last |
//! | `17` | offset 17 |
//! | `-5`, `+5` | the last 5 offsets of each partition; after its first 5 |
//! | `2026-01-31T12:00:00Z`, `@2026-01-31` | the first record from then on; without a zone it is local |
//! | `@1700000000` | the same, in seconds, milliseconds, microseconds or nanoseconds since 1970 |
//! | `-1h`, `@-PT1H` | the same, that long before now |
//! | `10:20`, `:end`, `@-2h:-1h` | from and until: what is at the second place is not read |

use jiff::Timestamp;
use kr_client::StartAt;
use kr_wire::ids::Offset;

use crate::spans::parse_time;

/// A place that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It looks like a form of output.
    #[error("-o is where to begin, and \"{0}\" is no place")]
    Form(String),
    /// It is nothing known.
    #[error("\"{0}\" is no place to begin")]
    Unknown(String),
    /// It is nothing known to end at.
    #[error("\"{0}\" is no place to end")]
    UnknownEnd(String),
    /// It is no time.
    #[error("\"{0}\" is no time")]
    Time(String),
}

impl PlaceError {
    /// What to type instead.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Form(_) => "the form of the output is --output json, or -J",
            Self::Unknown(_) => "start, end, an offset, -N for the last N, a TIME, or FROM:UNTIL",
            Self::UnknownEnd(_) => "end, an offset, or a TIME",
            Self::Time(_) => "RFC 3339, a date, seconds or milliseconds since 1970, or -1h",
        }
    }
}

/// Where reading ends: what is there is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Where the partition ended at launch.
    End,
    /// An offset.
    Offset(i64),
    /// The first record with at least this timestamp, milliseconds since 1970.
    Timestamp(i64),
}

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where reading begins.
    pub start: StartAt,
    /// Where it ends, if that was said.
    pub until: Option<Until>,
}

/// Reads `-o PLACE`.
pub fn parse(text: &str, now: Timestamp) -> Result<Window, PlaceError> {
    if matches!(text, "json" | "jsonl" | "yaml" | "table" | "wide" | "name" | "csv") {
        return Err(PlaceError::Form(text.to_owned()));
    }
    if let Some(start) = parse_start(text, now) {
        return Ok(Window { start, until: None });
    }
    // A time holds colons itself, so every colon is tried.
    for (at, _) in text.match_indices(':') {
        let (from, until) = (&text[..at], &text[at + 1..]);
        let is_time = from.starts_with('@');
        let start = match from {
            "" | "@" => Some(StartAt::Earliest),
            from => parse_start(from, now),
        };
        let end = match until {
            "" => Some(None),
            until if is_time => parse_time(until, now).map(Until::Timestamp).or(end_word(until)).map(Some),
            until => parse_until(until, now).ok().map(Some),
        };
        if let (Some(start), Some(until)) = (start, end) {
            return Ok(Window { start, until });
        }
    }
    Err(match text.strip_prefix('@') {
        Some(time) => PlaceError::Time(time.to_owned()),
        None => PlaceError::Unknown(text.to_owned()),
    })
}

/// Reads `--until PLACE`.
pub fn parse_until(text: &str, now: Timestamp) -> Result<Until, PlaceError> {
    if let Some(end) = end_word(text) {
        return Ok(end);
    }
    if let Ok(offset) = text.parse::<i64>()
        && offset >= 0
    {
        return Ok(Until::Offset(offset));
    }
    let time = text.strip_prefix('@').unwrap_or(text);
    parse_time(time, now).map(Until::Timestamp).ok_or_else(|| PlaceError::UnknownEnd(text.to_owned()))
}

fn end_word(text: &str) -> Option<Until> {
    matches!(text, "end" | "latest" | "newest").then_some(Until::End)
}

fn parse_start(text: &str, now: Timestamp) -> Option<StartAt> {
    match text {
        "start" | "beginning" | "earliest" | "oldest" | "first" => return Some(StartAt::Earliest),
        "end" | "latest" | "newest" => return Some(StartAt::Latest),
        _ => {}
    }
    if let Some(time) = text.strip_prefix('@') {
        return parse_time(time, now).map(StartAt::Timestamp);
    }
    let Ok(number) = text.parse::<i64>() else {
        return parse_time(text, now).map(StartAt::Timestamp);
    };
    Some(match text.as_bytes().first() {
        Some(b'-') => StartAt::Tail(number.saturating_neg()),
        Some(b'+') => StartAt::Skip(number),
        _ => StartAt::Offset(Offset(number)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }

    fn start(text: &str) -> StartAt {
        let window = parse(text, now()).unwrap();
        assert_eq!(window.until, None, "{text}");
        window.start
    }

    #[test]
    fn places_are_read_in_every_form() {
        assert_eq!(start("beginning"), StartAt::Earliest);
        assert_eq!(start("end"), StartAt::Latest);
        assert_eq!(start("17"), StartAt::Offset(Offset(17)));
        assert_eq!(start("-5"), StartAt::Tail(5));
        assert_eq!(start("-0"), StartAt::Tail(0));
        assert_eq!(start("+5"), StartAt::Skip(5));
        for text in ["@1700000000", "@1700000000000", "@1700000000000000", "@1700000000000000000", "@now"] {
            assert_eq!(start(text), StartAt::Timestamp(1_700_000_000_000), "{text}");
        }
        for text in ["@2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z", "2023-11-15T00:13:20+02:00"] {
            assert_eq!(start(text), StartAt::Timestamp(1_700_000_000_000), "{text}");
        }
        for text in ["@-1h", "-1h", "-PT1H", "@-3600s"] {
            assert_eq!(start(text), StartAt::Timestamp(1_699_996_400_000), "{text}");
        }
        assert!(matches!(start("@2023-11-14"), StartAt::Timestamp(_)));
    }

    #[test]
    fn ranges_have_a_start_and_an_end() {
        let time = StartAt::Timestamp;
        for (text, start, until) in [
            ("10:20", StartAt::Offset(Offset(10)), Some(Until::Offset(20))),
            (":20", StartAt::Earliest, Some(Until::Offset(20))),
            (":end", StartAt::Earliest, Some(Until::End)),
            ("10:", StartAt::Offset(Offset(10)), None),
            ("@-2h:-1h", time(1_699_992_800_000), Some(Until::Timestamp(1_699_996_400_000))),
            ("@-2h:1699996400", time(1_699_992_800_000), Some(Until::Timestamp(1_699_996_400_000))),
            ("@:-1h", StartAt::Earliest, Some(Until::Timestamp(1_699_996_400_000))),
            (
                "@2023-11-14T22:13:20Z:2023-11-14T22:13:21Z",
                time(1_700_000_000_000),
                Some(Until::Timestamp(1_700_000_001_000)),
            ),
        ] {
            assert_eq!(parse(text, now()), Ok(Window { start, until }), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_gets_a_hint() {
        assert_eq!(parse("json", now()), Err(PlaceError::Form("json".to_owned())));
        assert_eq!(parse("somewhere", now()), Err(PlaceError::Unknown("somewhere".to_owned())));
        assert_eq!(parse("@soon", now()), Err(PlaceError::Time("soon".to_owned())));
        assert_eq!(parse_until("-5", now()), Err(PlaceError::UnknownEnd("-5".to_owned())));
    }

    proptest! {
        #[test]
        fn any_text_is_a_place_or_none(text in "[@:0-9a-zTZ+-]{0,24}") {
            let _ = parse(&text, now());
            let _ = parse_until(&text, now());
        }
    }
}

//! `-o PLACE`: where reading begins.
//!
//! | typed | meaning |
//! |---|---|
//! | `start`, `beginning`, `earliest` | the first record |
//! | `end`, `latest` | after the last |
//! | `17` | offset 17 |
//! | `-5` | the last 5 of each partition |
//! | `@2026-01-31T12:00:00Z`, `@2026-01-31` | the first record from then on; without a zone it is local |
//! | `@1700000000`, `@1700000000000` | the same, in seconds or milliseconds since 1970 |
//! | `@-1h`, `-1h` | the same, that long before now |

use jiff::Timestamp;
use kr_client::StartAt;
use kr_wire::ids::Offset;

use crate::spans::parse_time;

/// A place that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// It looks like a form of output.
    #[error("-o is where to begin, and \"{0}\" is no place")]
    Form(String),
    /// It is nothing known.
    #[error("\"{0}\" is no place to begin")]
    Unknown(String),
    /// It is no time.
    #[error("\"{0}\" is no time")]
    Time(String),
}

impl StartError {
    /// What to type instead.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Form(_) => Some("the form of the output is --output json, or -J"),
            Self::Unknown(_) => Some("start, end, an offset, -N for the last N, or @TIME"),
            Self::Time(_) => Some("RFC 3339, a date, seconds or milliseconds since 1970, or -1h"),
        }
    }
}

/// Reads a place.
pub fn parse(text: &str, now: Timestamp) -> Result<StartAt, StartError> {
    match text {
        "start" | "beginning" | "earliest" | "oldest" | "first" => return Ok(StartAt::Earliest),
        "end" | "latest" | "newest" => return Ok(StartAt::Latest),
        "json" | "jsonl" | "yaml" | "table" | "wide" | "name" => {
            return Err(StartError::Form(text.to_owned()));
        }
        _ => {}
    }
    if let Some(time) = text.strip_prefix('@') {
        return parse_time(time, now)
            .map(StartAt::Timestamp)
            .ok_or_else(|| StartError::Time(time.to_owned()));
    }
    match text.parse::<i64>() {
        Ok(offset) if offset >= 0 && !text.starts_with('-') => Ok(StartAt::Offset(Offset(offset))),
        Ok(tail) => Ok(StartAt::Tail(tail.saturating_neg())),
        Err(_) if text.starts_with('-') => {
            parse_time(text, now).map(StartAt::Timestamp).ok_or_else(|| StartError::Unknown(text.to_owned()))
        }
        Err(_) => Err(StartError::Unknown(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Result<StartAt, StartError> {
        parse(text, Timestamp::from_second(1_700_000_000).unwrap())
    }

    #[test]
    fn places_are_read_in_every_form() {
        assert_eq!(at("beginning"), Ok(StartAt::Earliest));
        assert_eq!(at("end"), Ok(StartAt::Latest));
        assert_eq!(at("17"), Ok(StartAt::Offset(Offset(17))));
        assert_eq!(at("-5"), Ok(StartAt::Tail(5)));
        assert_eq!(at("-0"), Ok(StartAt::Tail(0)));
        assert_eq!(at("@1700000000"), Ok(StartAt::Timestamp(1_700_000_000_000)));
        assert_eq!(at("@1700000000000"), Ok(StartAt::Timestamp(1_700_000_000_000)));
        assert_eq!(at("@2023-11-14T22:13:20Z"), Ok(StartAt::Timestamp(1_700_000_000_000)));
        assert_eq!(at("@-1h"), Ok(StartAt::Timestamp(1_699_996_400_000)));
        assert_eq!(at("-1h"), Ok(StartAt::Timestamp(1_699_996_400_000)));
        assert_eq!(at("@now"), Ok(StartAt::Timestamp(1_700_000_000_000)));
        assert!(matches!(at("@2023-11-14"), Ok(StartAt::Timestamp(_))));
    }

    #[test]
    fn what_is_no_place_gets_a_hint() {
        assert_eq!(at("json"), Err(StartError::Form("json".to_owned())));
        assert_eq!(at("somewhere"), Err(StartError::Unknown("somewhere".to_owned())));
        assert_eq!(at("@soon"), Err(StartError::Time("soon".to_owned())));
    }
}

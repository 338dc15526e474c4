//! `--to PLACE`: where a group shall go on.
//!
//! | typed | meaning |
//! |---|---|
//! | `earliest`, `latest` | the ends of the log |
//! | `current` | where it is, committed anew |
//! | `17` | offset 17 |
//! | `+5`, `-5` | 5 further, 5 back |
//! | `2026-01-31T12:00:00Z`, `2026-01-31`, `@1700000000`, `now` | the first record from then on |
//! | `-1h`, `PT1H` | the same, that long before now |
//! | `group:OTHER` | where another group is |
//! | `file:FILE`, `file:-` | what a file says |

use std::path::PathBuf;

use jiff::Timestamp;

use crate::spans::parse_time;

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The first record.
    Earliest,
    /// After the last record.
    Latest,
    /// Where the group is.
    Current,
    /// An offset.
    Offset(i64),
    /// So many offsets further, or back when negative.
    Shift(i64),
    /// The first record with at least this timestamp, milliseconds since 1970.
    Timestamp(i64),
    /// Where another group is.
    Group(String),
    /// What a file says; `-` is standard input.
    File(PathBuf),
}

/// Reads a place.
pub fn parse(text: &str, now: Timestamp) -> Option<Target> {
    match text {
        "earliest" | "start" | "beginning" | "first" | "oldest" => return Some(Target::Earliest),
        "latest" | "end" | "newest" => return Some(Target::Latest),
        "current" => return Some(Target::Current),
        "" => return None,
        _ => {}
    }
    if let Some(group) = text.strip_prefix("group:") {
        return (!group.is_empty()).then(|| Target::Group(group.to_owned()));
    }
    if let Some(file) = text.strip_prefix("file:") {
        return (!file.is_empty()).then(|| Target::File(file.into()));
    }
    if let Some(time) = text.strip_prefix('@') {
        return parse_time(time, now).map(Target::Timestamp);
    }
    match text.parse::<i64>() {
        Ok(shift) if text.starts_with(['+', '-']) => Some(Target::Shift(shift)),
        Ok(offset) => Some(Target::Offset(offset)),
        Err(_) => parse_time(text, now).map(Target::Timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Target> {
        parse(text, Timestamp::from_second(1_700_000_000).unwrap())
    }

    #[test]
    fn places_are_read_in_every_form() {
        for (text, target) in [
            ("earliest", Target::Earliest),
            ("end", Target::Latest),
            ("current", Target::Current),
            ("17", Target::Offset(17)),
            ("+5", Target::Shift(5)),
            ("-5", Target::Shift(-5)),
            ("-1h", Target::Timestamp(1_699_996_400_000)),
            ("PT1H", Target::Timestamp(1_699_996_400_000)),
            ("@1700000000", Target::Timestamp(1_700_000_000_000)),
            ("2023-11-14T22:13:20Z", Target::Timestamp(1_700_000_000_000)),
            ("now", Target::Timestamp(1_700_000_000_000)),
            ("group:other", Target::Group("other".to_owned())),
            ("file:-", Target::File("-".into())),
        ] {
            assert_eq!(at(text), Some(target), "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for wrong in ["", "somewhere", "group:", "file:", "@soon", "5x", "99999999999999999999"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}

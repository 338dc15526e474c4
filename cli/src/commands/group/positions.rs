//! Where groups stand: what they have committed, where the logs begin and end, and the lag between.
//!
//! The end is the high watermark, as Apache's tool counts it. The last stable offset (LSO) is behind it while
//! a transaction is open; consumers that read committed records only cannot pass it.

use std::collections::{BTreeMap, BTreeSet};

use kr_client::admin::{At, FoundOffset, GroupDescription, GroupType, Offsets, TopicPartition};
use kr_client::{Client, Error, ErrorCode};
use kr_wire::fetch::IsolationLevel;

/// Where the log of a partition begins and ends; what is not known is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// The first offset.
    pub start: Option<i64>,
    /// The high watermark.
    pub end: Option<i64>,
    /// The last stable offset.
    pub stable_end: Option<i64>,
}

/// Which bounds are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// The end alone.
    End,
    /// Start, end and last stable offset.
    All,
}

type Found = BTreeMap<TopicPartition, Result<FoundOffset, Error>>;

/// Looks the bounds of logs up; the questions go out together.
pub async fn log_ranges(
    client: &Client,
    places: &BTreeSet<TopicPartition>,
    bounds: Bounds,
) -> BTreeMap<TopicPartition, LogRange> {
    let all = |at: At| places.iter().map(|place| (place.clone(), at)).collect::<Vec<_>>();
    let (first, last) = (all(At::Earliest), all(At::Latest));
    let (starts, ends, stable) = match bounds {
        Bounds::End => {
            (Found::new(), client.offsets_now(&last, IsolationLevel::ReadUncommitted).await, Found::new())
        }
        Bounds::All => {
            // The first question learns who leads; asked together, each would look that up.
            let ends = client.offsets_now(&last, IsolationLevel::ReadUncommitted).await;
            let (starts, stable) = tokio::join!(
                client.offsets_now(&first, IsolationLevel::ReadUncommitted),
                client.offsets_now(&last, IsolationLevel::ReadCommitted),
            );
            (starts, ends, stable)
        }
    };
    let offset = |found: &Found, place: &TopicPartition| {
        let found: &FoundOffset = found.get(place)?.as_ref().ok()?;
        found.offset.map(|offset| offset.0)
    };
    let range = |place: &TopicPartition| {
        let range = LogRange {
            start: offset(&starts, place),
            end: offset(&ends, place),
            stable_end: offset(&stable, place),
        };
        (place.clone(), range)
    };
    places.iter().map(range).collect()
}

/// Records behind, at most: offsets may have gaps. Unknown when either side is.
pub fn lag(committed: Option<i64>, end: Option<i64>) -> Option<i64> {
    end.zip(committed).map(|(end, committed)| end.saturating_sub(committed).max(0))
}

/// The sum of what is known; unknown when nothing is, although there is something.
pub fn total(lags: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    let lags: Vec<Option<i64>> = lags.into_iter().collect();
    let known: Vec<i64> = lags.iter().copied().flatten().collect();
    (!known.is_empty() || lags.is_empty())
        .then(|| known.iter().fold(0i64, |sum, lag| sum.saturating_add(*lag)))
}

/// Offsets of groups whose type is known; a group that is not there has none.
pub async fn offsets_of(
    client: &Client,
    groups: &BTreeMap<String, GroupType>,
) -> BTreeMap<String, Result<Offsets, Error>> {
    let of_type = |is_share: bool| -> Vec<String> {
        let wanted = groups.iter().filter(|(_, group)| (**group == GroupType::Share) == is_share);
        wanted.map(|(id, _)| id.clone()).collect()
    };
    let (share, others) = (of_type(true), of_type(false));
    let (mut offsets, of_share) =
        tokio::join!(client.committed_offsets_of(&others), client.share_offsets_of(&share));
    offsets.extend(of_share);
    for outcome in offsets.values_mut() {
        if outcome.as_ref().is_err_and(|error| error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND)) {
            *outcome = Ok(Offsets::new());
        }
    }
    offsets
}

/// Every partition that a group has an offset in or a member for.
pub fn places_of(group: &GroupDescription, offsets: &Offsets) -> BTreeSet<TopicPartition> {
    let assigned = group.members.iter().flat_map(|member| member.assignment.iter().flatten());
    offsets.keys().chain(assigned).cloned().collect()
}

/// A span of time as people read it: `850ms`, `42s`, `3m12s`, `5h07m`, `12d03h`.
pub fn span(ms: i64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms}ms"),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_never_negative_and_unknown_with_an_unknown_side() {
        assert_eq!(lag(Some(3), Some(10)), Some(7));
        assert_eq!(lag(Some(12), Some(10)), Some(0));
        assert_eq!(lag(None, Some(10)), None);
        assert_eq!(lag(Some(3), None), None);
    }

    #[test]
    fn total_is_of_what_is_known() {
        assert_eq!(total([Some(1), None, Some(2)]), Some(3));
        assert_eq!(total([None]), None);
        assert_eq!(total([]), Some(0));
        assert_eq!(total([Some(i64::MAX), Some(1)]), Some(i64::MAX));
    }

    #[test]
    fn spans_have_two_units_at_most() {
        let shown: Vec<String> =
            [850, 42_000, 192_000, 18_420_000, 1_047_600_000].into_iter().map(span).collect();
        assert_eq!(shown, ["850ms", "42s", "3m12s", "5h07m", "12d03h"]);
    }
}

//! What a reset does to one partition, for people and for programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::{Cell, Item, Page, Style, Table};
use crate::schemas::published;

/// One partition of one group. Offsets are counted, so records are so many at most: offsets may have gaps.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OffsetChange {
    pub group: String,
    pub topic: String,
    pub partition: i32,
    /// What was committed before; null when nothing was.
    pub current: Option<i64>,
    /// What is committed now, or would be.
    pub new: i64,
    /// What was asked for, when it lies outside of the log and `new` is the log's nearest end.
    pub out_of_range: Option<i64>,
    /// The first offset of the log.
    pub start: i64,
    /// The high watermark.
    pub end: i64,
    /// Records that are read again; null when nothing was committed.
    pub read_again: Option<i64>,
    /// Records that are skipped; null when nothing was committed.
    pub skipped: Option<i64>,
    /// Timestamp of the record the group was about to read, milliseconds since 1970; null without one.
    pub current_record_ms: Option<i64>,
    /// Timestamp of the record the group goes on with, milliseconds since 1970; null at the end of the log.
    pub new_record_ms: Option<i64>,
    /// Whether it was read back after the change; null when nothing was changed.
    pub verified: Option<bool>,
}

impl OffsetChange {
    /// The partition's name.
    pub fn place(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }

    /// One line for the question before the change.
    pub fn effect(&self) -> String {
        let current = self.current.map_or_else(|| "nothing".to_owned(), |offset| offset.to_string());
        let mut parts = vec![format!("{} {}: {current} -> {}", self.group, self.place(), self.new)];
        parts.extend(self.read_again.filter(|n| *n > 0).map(|n| format!("{n} records are read again")));
        parts.extend(self.skipped.filter(|n| *n > 0).map(|n| format!("{n} records are skipped")));
        parts.extend(self.new_record_ms.map(|ms| format!("goes on at {}", moment(ms))));
        parts.extend(self.out_of_range.map(|asked| format!("{asked} is out of range")));
        parts.join(", ")
    }

    fn note(&self) -> Cell {
        let done = match self.verified {
            Some(false) => "not verified",
            Some(true) if self.current == Some(self.new) => "as before",
            Some(true) => "set",
            None => "would be set",
        };
        match self.out_of_range {
            Some(asked) => Cell::text(format!("{done}, {asked} is out of range")).styled(Style::Warning),
            None if self.verified == Some(false) => Cell::text(done).styled(Style::Warning),
            None => Cell::text(done),
        }
    }
}

/// A point in time, in UTC.
pub fn moment(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => ms.to_string(),
    }
}

/// Writes a table of changes.
pub fn write<'a>(changes: impl Iterator<Item = &'a OffsetChange>, page: &mut Page) {
    let mut table = Table::new([
        "GROUP",
        "TOPIC",
        "PARTITION",
        "CURRENT",
        "NEW",
        "READ AGAIN",
        "SKIPPED",
        "WAS AT",
        "GOES ON AT",
        "NOTE",
    ]);
    let time = |ms: Option<i64>| Cell::text(ms.map_or_else(|| "-".to_owned(), moment));
    for row in changes {
        table.row([
            Cell::text(&row.group),
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::maybe(row.current),
            Cell::number(row.new),
            Cell::maybe(row.read_again),
            Cell::maybe(row.skipped),
            time(row.current_record_ms),
            time(row.new_record_ms),
            row.note(),
        ]);
    }
    page.table_or(&table, "nothing to set");
}

/// An item of a command that sets offsets: the same shape under each command's name.
macro_rules! item {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub OffsetChange);

        impl From<OffsetChange> for $name {
            fn from(change: OffsetChange) -> Self {
                Self(change)
            }
        }

        impl Item for $name {
            const KIND: &'static str = $kind;

            fn write(items: &[Self], page: &mut Page) {
                write(items.iter().map(|item| &item.0), page);
            }

            fn name(&self) -> String {
                self.0.place()
            }
        }
    )*};
}

item! {
    /// A row of `kr group reset`.
    ResetRow = "kr.group.reset/v1";
    /// A row of `kr group create`.
    CreateRow = "kr.group.create/v1";
    /// A row of `kr group clone`.
    CloneRow = "kr.group.clone/v1";
}

published!(ResetRow, "group reset");
published!(CreateRow, "group create");
published!(CloneRow, "group clone");

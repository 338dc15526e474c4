//! The table of groups. A row is the group's index in the order of ids.

use std::borrow::Cow;
use std::time::Duration;

use crate::snapshot::Group;

use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::{GroupTrack, World};

/// The table.
pub static GROUPS: Table = Table {
    columns: COLUMNS,
    rows: |world| (0..all(world).len() as u64).map(Row).collect(),
    entity: |world, row| at(world, row).map(|group| Entity::Group(group.id.clone())),
    row: |world, entity| match entity {
        Entity::Group(id) => {
            all(world).binary_search_by(|group| group.id.cmp(id)).ok().map(|index| Row(index as u64))
        }
        _ => None,
    },
    fold: None,
    sort: None,
};

const COLUMNS: &[Column] = &[
    Column::text("group", "GROUP", 18, |world, row| match at(world, row) {
        Some(group) => Field::Text(Cow::Borrowed(&group.id)),
        None => Field::Missing("-"),
    })
    .growing()
    .about("its id"),
    Column::text("type", "TYPE", 8, |world, row| {
        text(at(world, row).and_then(|group| group.group_type.as_deref()), "?")
    })
    .ranked(3)
    .about("classic, consumer (KIP-848), share or streams"),
    Column::text("state", "STATE", 8, |world, row| {
        let told = track(world, row).map(|track| &*track.latest.value.state);
        text(told.or_else(|| at(world, row)?.state.as_deref()), "?")
    })
    .toned(|world, row| match at(world, row).and_then(|group| group.state.as_deref()) {
        Some("Stable") => Tone::Good,
        Some("Empty") => Tone::Dim,
        Some("Dead") => Tone::Bad,
        _ => Tone::Warn,
    })
    .about("state, as its coordinator tells it"),
    Column::number("members", "MEMBERS", 7, |world, row| {
        Field::maybe(track(world, row).map(|track| track.latest.value.members.len() as i64), "-")
    })
    .about("members"),
    Column::number("epoch", "EPOCH", 6, |world, row| {
        Field::maybe(track(world, row).and_then(|track| track.latest.value.epoch).map(i64::from), "-")
    })
    .ranked(2)
    .about("group epoch (KIP-848) or generation"),
    Column::number("target", "TARGET", 6, |world, row| {
        Field::maybe(
            track(world, row).and_then(|track| track.latest.value.assignment_epoch).map(i64::from),
            "-",
        )
    })
    .ranked(4)
    .about("epoch of the target assignment (KIP-848)"),
    Column::number("lag", "LAG", 7, |world, row| {
        Field::maybe(track(world, row).and_then(|t| t.lag.last()), "-")
    })
    .about("records between what is committed and the end"),
    Column::number("eta", "ETA", 8, |world, row| {
        track(world, row).map_or(Field::Missing("-"), |track| match catch_up(track) {
            CatchUp::Done => Field::Span(Duration::ZERO),
            CatchUp::In(span) => Field::Span(span),
            CatchUp::Never => Field::Missing("never"),
            CatchUp::Unknown => Field::Missing("-"),
        })
    })
    .ranked(1)
    .about("time until it has caught up at the rate of the last samples"),
    Column::text("trend", "TREND", 8, |world, row| text(track(world, row).and_then(trend), "-"))
        .toned(|world, row| match track(world, row).and_then(trend) {
            Some("rising") => Tone::Warn,
            Some("falling") => Tone::Good,
            _ => Tone::Plain,
        })
        .ranked(1)
        .about("where its lag goes"),
    Column::number("coordinator", "COORD", 6, |world, row| {
        Field::maybe(at(world, row).map(|group| group.coordinator.0.into()), "-")
    })
    .ranked(5)
    .about("its coordinator"),
];

/// When a group will have caught up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// It has.
    Done,
    /// After this time, if it goes on like this.
    In(Duration),
    /// Its lag does not fall.
    Never,
    /// There are not enough samples.
    Unknown,
}

/// Estimates when a group will have caught up.
pub fn catch_up(track: &GroupTrack) -> CatchUp {
    match (track.lag.last(), track.lag.rate()) {
        (Some(0), _) => CatchUp::Done,
        (Some(lag), Some(rate)) if rate < -0.01 => {
            Duration::try_from_secs_f64(lag as f64 / -rate).map_or(CatchUp::Never, CatchUp::In)
        }
        (Some(_), Some(_)) => CatchUp::Never,
        _ => CatchUp::Unknown,
    }
}

/// Where the lag goes; less than a hundredth of the lag each second, and less than a record, is flat.
pub fn trend(track: &GroupTrack) -> Option<&'static str> {
    let rate = track.lag.rate()?;
    let noise = (track.lag.last()? as f64 * 0.01).max(1.0);
    Some(match rate {
        rate if rate > noise => "rising",
        rate if rate < -noise => "falling",
        _ => "flat",
    })
}

fn all(world: &World) -> &[Group] {
    world.groups.as_ref().map_or(&[], |seen| &seen.value.0)
}

fn at(world: &World, row: Row) -> Option<&Group> {
    all(world).get(row.0 as usize)
}

fn track(world: &World, row: Row) -> Option<&GroupTrack> {
    world.group_details.get(&at(world, row)?.id)
}

fn text<'a>(text: Option<&'a str>, missing: &'static str) -> Field<'a> {
    text.map_or(Field::Missing(missing), |text| Field::Text(Cow::Borrowed(text)))
}

//! The table of topics. A row is the topic's index.

use std::borrow::Cow;

use crate::snapshot::Partition;

use super::health::Health;
use super::list::Scope;
use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::{TopicEntry, World};

/// The table.
pub static TOPICS: Table = Table {
    columns: COLUMNS,
    rows: |world| (0..world.topics.len() as u64).map(Row).collect(),
    entity: |world, row| at(world, row).map(|topic| Entity::Topic(topic.columns.name.clone())),
    row: |world, entity| match entity {
        Entity::Topic(name) => {
            let index = world.topics.binary_search_by(|known| known.columns.name.cmp(name)).ok()?;
            Some(Row(index as u64))
        }
        _ => None,
    },
    fold: None,
    sort: None,
};

const COLUMNS: &[Column] = &[
    Column::text("topic", "TOPIC", 20, |world, row| match at(world, row) {
        Some(topic) => Field::Text(Cow::Borrowed(&topic.columns.name)),
        None => Field::Missing("-"),
    })
    .growing()
    .about("its name"),
    Column::number("parts", "PARTS", 6, |world, row| {
        Field::maybe(at(world, row).map(|topic| topic.columns.len() as i64), "-")
    })
    .about("partitions"),
    Column::number("rf", "RF", 3, |world, row| {
        let replicas = at(world, row).and_then(|topic| topic.columns.partitions().next());
        Field::maybe(replicas.map(|(_, partition)| partition.replicas.len() as i64), "-")
    })
    .ranked(2)
    .about("replication factor of its first partition"),
    Column::number("min", "MIN", 4, |world, row| {
        let min = at(world, row).and_then(|topic| world.min_isr(&topic.columns.name));
        Field::maybe(min.map(i64::from), "?")
    })
    .ranked(3)
    .about("min.insync.replicas"),
    Column::number("urp", "URP", 6, |world, row| count(world, row, |_, p| p.isr.len() < p.replicas.len()))
        .toned(|world, row| ill(&count(world, row, |_, p| p.isr.len() < p.replicas.len()), Tone::Warn))
        .about("under-replicated partitions"),
    Column::number("under-min", "<MIN", 5, |world, row| {
        count(world, row, |health, _| health == Health::UnderMin)
    })
    .toned(|world, row| ill(&count(world, row, |health, _| health == Health::UnderMin), Tone::Bad))
    .about("partitions with fewer in sync than min.insync.replicas"),
    Column::number("offline", "OFFLINE", 7, |world, row| count(world, row, |_, p| p.leader.is_none()))
        .toned(|world, row| ill(&count(world, row, |_, p| p.leader.is_none()), Tone::Bad))
        .about("partitions without a leader"),
    Column::number("moved", "MOVED", 6, |world, row| {
        count(world, row, |_, p| p.leader.is_some() && p.leader != p.replicas.first().copied())
    })
    .ranked(1)
    .about("partitions that another than the preferred replica leads"),
    Column::number("epoch", "MAX-EPOCH", 9, |world, row| {
        let epochs = at(world, row).into_iter().flat_map(|topic| topic.columns.partitions());
        Field::maybe(
            epochs.filter_map(|(_, partition)| partition.epoch).max().map(|epoch| epoch.0.into()),
            "?",
        )
    })
    .ranked(4)
    .about("the highest leader epoch of its partitions"),
    Column::number("size", "SIZE", 9, size).ranked(5).about("bytes of all replicas"),
    Column::text("state", "STATE", 11, |world, row| {
        let health = worst(world, row);
        Field::Ranked(health as u8, health.word())
    })
    .toned(|world, row| super::partitions::tone(worst(world, row)))
    .about("the worst of its partitions"),
];

fn at(world: &World, row: Row) -> Option<&TopicEntry> {
    world.topics.get(row.0 as usize)
}

fn count(world: &World, row: Row, is_counted: fn(Health, &Partition<'_>) -> bool) -> Field<'static> {
    let Some(topic) = at(world, row) else { return Field::Missing("-") };
    let min = world.min_isr(&topic.columns.name);
    let partitions = topic.columns.partitions();
    Field::Number(partitions.filter(|(_, p)| is_counted(Health::of(p, min), p)).count() as i64)
}

fn ill(count: &Field<'_>, tone: Tone) -> Tone {
    if count.number().unwrap_or(0.0) > 0.0 { tone } else { Tone::Dim }
}

fn worst(world: &World, row: Row) -> Health {
    let Some(topic) = at(world, row) else { return Health::Well };
    let min = world.min_isr(&topic.columns.name);
    topic.columns.partitions().map(|(_, partition)| Health::of(&partition, min)).max().unwrap_or(Health::Well)
}

fn size(world: &World, row: Row) -> Field<'static> {
    let Some(topic) = at(world, row) else { return Field::Missing("-") };
    let directories =
        world.disks.values().filter_map(|disks| disks.value.directories.as_ref().ok()).flatten();
    let sizes = directories.flat_map(|directory| &directory.replicas);
    let mine = sizes.filter(|(place, _)| place.topic == topic.columns.name).map(|(_, bytes)| *bytes);
    let (found, sum) = mine.fold((false, 0), |(_, sum), bytes| (true, sum + bytes));
    if found { Field::Bytes(sum) } else { Field::Missing("-") }
}

/// Whether a row is in what the list is narrowed to.
pub fn is_in_scope(world: &World, row: Row, scope: &Scope) -> bool {
    at(world, row).is_some_and(|topic| match scope {
        Scope::Topic(name) => topic.columns.name == *name,
        Scope::Broker(id) => topic.columns.partitions().any(|(_, partition)| partition.replicas.contains(id)),
        Scope::Partition(place) => topic.columns.name == place.topic,
        Scope::Ill => worst(world, row).is_ill(),
    })
}
